//! Stopping all processes, and letting them go on.

use core::ffi::c_int;

use crate::kern::proc::{self, ALLPROC};
use crate::machine::api::*;
use crate::object::*;
use crate::sys::{
    P_KPROC, P_STOPPED_SIG, P_STOPPED_SINGLE, P_SYSTEM, P_TOTAL_STOP, P2_WEXIT, PRS_NEW,
    PRS_ZOMBIE, SINGLE_ALLPROC, proc_,
};

/// What one pass over the processes saw.
#[derive(Default)]
struct Pass {
    stopped_some: bool,
    seen_exiting: bool,
    seen_stopped: bool,
    refused: bool,
}

/// Stops all processes but the kernel's.  Passes are made until one finds
/// nothing to do and no process was made meanwhile.
///
/// # Safety
/// No locks; the current thread is a kernel thread.
pub unsafe fn stop_all_proc() {
    // SAFETY: by contract.
    unsafe {
        loop {
            ALLPROC.lock();
            let (processes, generation) = proc::all();
            ALLPROC.unlock();
            let mut pass = Pass::default();
            for p in processes {
                stop_one(p, &mut pass);
            }
            ALLPROC.lock();
            let grown = proc::all().1 != generation;
            ALLPROC.unlock();
            if !grown
                && !pass.stopped_some
                && !pass.seen_exiting
                && !pass.seen_stopped
                && !pass.refused
            {
                return;
            }
            poll(c"stop_all_proc".as_ptr(), 0);
        }
    }
}

unsafe fn stop_one(p: *mut proc_, pass: &mut Pass) {
    // SAFETY: processes are type-stable.
    unsafe {
        proc_lock(p);
        if (*p).p_state == PRS_ZOMBIE
            || proc::has(p, P_KPROC | P_SYSTEM | P_TOTAL_STOP | P_STOPPED_SIG)
        {
            proc_unlock(p);
            return;
        }
        // A process that is being made has threads without a lock yet.
        if (*p).p_state == PRS_NEW || (*p).p_flag2 & P2_WEXIT as c_int != 0 {
            pass.seen_exiting = true;
            proc_unlock(p);
            return;
        }
        if proc::shouldstop(p) == P_STOPPED_SINGLE as c_int {
            pass.seen_stopped = true;
            proc_unlock(p);
            return;
        }
        proc::hold(p);
        if thread_single(p, SINGLE_ALLPROC as c_int) == 0 {
            pass.stopped_some = true;
        } else {
            pass.refused = true;
        }
        proc::release(p);
        proc_unlock(p);
    }
}

/// Ends what [`stop_all_proc`] began.
///
/// # Safety
/// As there.
pub unsafe fn resume_all_proc() {
    // SAFETY: by contract.
    unsafe {
        loop {
            ALLPROC.lock();
            let (processes, _) = proc::all();
            ALLPROC.unlock();
            let mut left = false;
            for p in processes {
                proc_lock(p);
                if proc::has(p, P_TOTAL_STOP) {
                    proc::hold(p);
                    thread_single_end(p, SINGLE_ALLPROC as c_int);
                    proc::release(p);
                    left = true;
                }
                proc_unlock(p);
            }
            if !left {
                return;
            }
        }
    }
}
