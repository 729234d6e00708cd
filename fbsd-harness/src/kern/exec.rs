//! execve(2): the old image goes while only one thread may run.
//!
//! All others are stopped at the user boundary first, where they hold no
//! kernel resource; a failure lets them go on, success kills them.

use core::ffi::c_int;

use crate::kern::{fork, proc, sig_set};
use crate::machine::api::*;
use crate::object::*;
use crate::sys::{KT_ERESTART, P_EXEC, P_HADTHREADS, SINGLE_BOUNDARY, SINGLE_EXIT, thread};

/// exec format error: what a failing exec returns here.
const ENOEXEC: c_int = 8;

/// Replaces the image, or fails to if not `ok`.  `alone` is called with the
/// other threads at the boundary.  0: the caller is the only thread and runs
/// the new image.
///
/// # Safety
/// No locks; `td` is the current thread.
pub unsafe fn kern_execve(td: *mut thread, ok: bool, alone: impl FnOnce()) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let error = pre_execve(td);
        if error != 0 {
            return error;
        }
        let error = do_execve(td, ok, alone);
        post_execve(td, error);
        error
    }
}

unsafe fn pre_execve(td: *mut thread) -> c_int {
    // SAFETY: as `kern_execve`.
    unsafe {
        let p = (*td).td_proc;
        let mut error = 0;
        if proc::has(p, P_HADTHREADS) {
            proc_lock(p);
            if thread_single(p, SINGLE_BOUNDARY as c_int) != 0 {
                error = KT_ERESTART;
            }
            proc_unlock(p);
        }
        error
    }
}

unsafe fn do_execve(td: *mut thread, ok: bool, alone: impl FnOnce()) -> c_int {
    // SAFETY: as `kern_execve`.
    unsafe {
        let p = (*td).td_proc;
        point("do_execve", &[p as usize]);
        alone();
        if !ok {
            return ENOEXEC;
        }
        proc_lock(p);
        proc::set(p, P_EXEC);
        sig_set::execsigs(p);
        fork::release_parent(p);
        proc_unlock(p);
        0
    }
}

unsafe fn post_execve(td: *mut thread, error: c_int) {
    // SAFETY: as `kern_execve`.
    unsafe {
        let p = (*td).td_proc;
        if proc::has(p, P_HADTHREADS) {
            proc_lock(p);
            if error == 0 {
                thread_single(p, SINGLE_EXIT as c_int);
            } else {
                thread_single_end(p, SINGLE_BOUNDARY as c_int);
            }
            proc_unlock(p);
        }
    }
}
