//! fork(2), vfork(2), rfork(2).
//!
//! A new process takes a cached `struct proc` and, if it has one, the thread
//! of its former life ([`thread_recycle`]); without, it gets a new thread.
//! rfork without RFPROC changes the caller, alone if it has threads.

use core::ffi::{CStr, c_int, c_void};
use core::mem::offset_of;
use core::ptr;
use std::ffi::CString;

use crate::kern::proc::{self, ALLPROC, PROCTREE};
use crate::kern::{cpuset, cred, limits, procctl, sig, sig_set};
use crate::machine::api::*;
use crate::object::*;
use crate::sys::{
    self, ENOMEM, KT_ERESTART, P_CONTROLT, P_HADTHREADS, P_INMEM, P_PPWAIT, P_SUGID, P_SYSTEM,
    PRS_NEW, PRS_NORMAL, RFCFDG, RFFDG, RFMEM, RFPPWAIT, SINGLE_BOUNDARY, TDF_INMEM, TDP_RFPPWAIT,
    proc_, thread,
};

/// Pages of a kernel stack.
pub const KSTACK_PAGES: c_int = 4;

/// What a fork makes.
pub struct Fork<'a> {
    pub flags: u32,
    /// `p_comm`; the parent's if there is none.
    pub name: Option<&'a CStr>,
    /// Kernel-mode start of the new main thread.
    pub entry: unsafe fn(*mut c_void),
    /// Called once the process is complete, and before anybody sees it run:
    /// more threads, other credentials.
    pub prepare: &'a mut dyn FnMut(*mut proc_, *mut thread),
}

/// Zeroes and copies what a new thread shares with the one that makes it.
///
/// # Safety
/// `newtd` is not linked or not runnable yet; `td` is the current thread or a
/// thread of the same process.
pub unsafe fn inherit(newtd: *mut thread, td: *mut thread) {
    let zero = offset_of!(thread, td_flags)..offset_of!(thread, td_sigmask);
    let copy = offset_of!(thread, td_sigmask)..offset_of!(thread, td_pcb);
    // SAFETY: plain old data in both ranges, by contract nobody else's.
    unsafe {
        ptr::write_bytes(newtd.cast::<u8>().add(zero.start), 0, zero.len());
        ptr::copy_nonoverlapping(
            td.cast::<u8>().add(copy.start),
            newtd.cast::<u8>().add(copy.start),
            copy.len(),
        );
        (*newtd).td_name = (*td).td_name;
    }
}

/// Makes a process.  On success it is linked and its main thread is runnable.
///
/// # Safety
/// No locks; `td` is the current thread.
pub unsafe fn fork1(td: *mut thread, fork: &mut Fork) -> Result<*mut proc_, c_int> {
    // SAFETY: by contract; the process is ours until it is on the lists.
    unsafe {
        let p1 = (*td).td_proc;
        let name: CString = fork
            .name
            .map_or_else(|| proc::ext(p1).name.clone(), Into::into);
        let p2 = proc::alloc(&name);
        let mut td2 = (*p2).p_threads.tqh_first;
        if td2.is_null() {
            td2 = thread_alloc(KSTACK_PAGES);
            if td2.is_null() {
                proc::free(p2);
                return Err(ENOMEM as c_int);
            }
            proc_linkup(p2, td2);
        } else {
            let error = thread_recycle(td2, KSTACK_PAGES);
            if error != 0 {
                proc::free(p2);
                return Err(error);
            }
        }
        Ok(do_fork(td, p1, p2, td2, fork))
    }
}

/// fork's part that cannot fail.
unsafe fn do_fork(
    td: *mut thread,
    p1: *mut proc_,
    p2: *mut proc_,
    td2: *mut thread,
    fork: &mut Fork,
) -> *mut proc_ {
    // SAFETY: as `fork1`.
    unsafe {
        PROCTREE.lock();
        ALLPROC.lock();
        (*p2).p_state = PRS_NEW;
        proc::clear(p2);
        proc::enlist(p2);
        tidhash_add(td2);
        proc::made_thread(p2, td2);
        ALLPROC.unlock();
        PROCTREE.unlock();

        (*p2).p_sigacts = sig_set::sigacts_copy((*p1).p_sigacts);
        proc_lock(p2);
        proc_lock(p1);
        inherit(td2, td);
        (*td2).td_flags = TDF_INMEM as c_int;
        (*td2).td_lend_user_pri = sys::KT_PRI_MAX as _;
        (*td2).td_cpuset = cpuset::cpuset_inherit((*td).td_cpuset);
        (*p2).p_flag = P_INMEM as c_int;
        (*p2).p_flag2 = 0;
        (*p2).p_treeflag = 0;
        (*p2).p_xexit = 0;
        (*p2).p_xsig = 0;
        (*p2).p_pptr = ptr::null_mut();
        (*p2).p_children.lh_first = ptr::null_mut();
        (*p2).p_sysent = (*p1).p_sysent;
        if (*p1).p_flag & P_SYSTEM as c_int == 0 {
            (*p2).p_flag |= (*p1).p_flag & (P_SUGID | P_CONTROLT) as c_int;
        }
        let parent_name = (*p1).p_comm;
        (*p2).p_comm = parent_name;
        if let Some(name) = fork.name {
            proc::copy_name(&mut (*p2).p_comm, name);
            proc::copy_name(&mut (*td2).td_name, name);
        }
        cred::proc_set_cred_init(p2, (*td).td_ucred);
        (*p2).p_limit = limits::lim_hold((*p1).p_limit);
        thread_cow_get_proc(td2, p2);
        proc_unlock(p1);
        proc_unlock(p2);

        cpu_fork(td2, fork.entry, td2.cast());
        crate::report::count(crate::report::Counter::ProcessesCreated);
        if fork.flags & RFPPWAIT != 0 {
            (*td).td_pflags |= TDP_RFPPWAIT as c_int;
            (*td).td_rfppwait_p = p2;
            proc_lock(p2);
            proc::set(p2, P_PPWAIT);
            proc_unlock(p2);
            ast_sched(td, sys::TDA_VFORK as c_int);
        }
        PROCTREE.lock();
        procctl::inherit(p1, p2);
        proc::adopt(p1, p2);
        PROCTREE.unlock();

        proc_lock(p2);
        proc_slock(p2);
        (*p2).p_state = PRS_NORMAL;
        proc_sunlock(p2);
        proc_unlock(p2);
        (fork.prepare)(p2, td2);
        start_thread(td2);
        p2
    }
}

/// rfork without RFPROC: descriptors of the caller's process are copied or
/// cleared, with all its other threads at the boundary.  `alone` is called
/// there.
///
/// # Safety
/// No locks; `td` is the current thread.
pub unsafe fn fork_norfproc(td: *mut thread, flags: u32, alone: impl FnOnce()) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let p = (*td).td_proc;
        let single = (*p).p_flag as u32 & (P_HADTHREADS | P_SYSTEM) == P_HADTHREADS
            && (flags & (RFCFDG | RFFDG) != 0 || flags & RFMEM == 0);
        if single {
            proc_lock(p);
            if thread_single(p, SINGLE_BOUNDARY as c_int) != 0 {
                proc_unlock(p);
                return KT_ERESTART;
            }
            proc_unlock(p);
        }
        point("fdunshare", &[p as usize]);
        alone();
        if single {
            proc_lock(p);
            thread_single_end(p, SINGLE_BOUNDARY as c_int);
            proc_unlock(p);
        }
        0
    }
}

/// A vfork parent's wait, on its way back to user mode: until the child execs
/// or exits, able to be stopped or killed every second.
unsafe extern "C" fn ast_vfork(td: *mut thread, _tda: c_int) {
    // SAFETY: an AST runs in its thread, without locks.
    unsafe {
        if (*td).td_pflags & TDP_RFPPWAIT as c_int == 0 {
            return;
        }
        (*td).td_pflags &= !(TDP_RFPPWAIT as c_int);
        let p = (*td).td_proc;
        let p2 = (*td).td_rfppwait_p;
        'again: loop {
            proc_lock(p2);
            while proc::has(p2, P_PPWAIT) {
                proc_lock(p);
                if thread_suspend_check_needed() {
                    proc_unlock(p2);
                    thread_suspend_check(0);
                    proc_unlock(p);
                    continue 'again;
                }
                proc_unlock(p);
                let wait = (&raw const (*p2).p_pwait).cast();
                sleep(
                    wait,
                    &raw mut (*p2).p_mtx,
                    sys::KT_PWAIT,
                    c"ppwait",
                    hz() as c_int,
                );
            }
            proc_unlock(p2);
            break;
        }
    }
}

/// Ends a vfork parent's wait for `p`.  Process lock.
///
/// # Safety
/// `p` is the current process.
pub unsafe fn release_parent(p: *mut proc_) {
    // SAFETY: by contract.
    unsafe {
        if proc::has(p, P_PPWAIT) {
            proc::clear_flags(p, P_PPWAIT);
            wakeup((&raw const (*p).p_pwait).cast());
            // Stop signals are no longer deferred.
            sig::signotify(curthread());
        }
    }
}

/// Registers the AST of vfork.
pub fn init() {
    // SAFETY: boot.
    unsafe {
        ast_register(
            sys::TDA_VFORK as c_int,
            sys::ASTR_ASTF_REQUIRED as c_int,
            0,
            ast_vfork,
        );
    }
}
