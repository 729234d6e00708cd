//! Stopping a process for job control or a debugger, and deferring stops.

use core::ffi::c_int;

use crate::kern::{proc, sig};
use crate::machine::api::*;
use crate::object::*;
use crate::sys::{
    CLD_STOPPED, CLD_TRAPPED, EINTR, KT_ERESTART, P_STOPPED_SIG, P_TRACED, P_WAITED,
    SIGDEFERSTOP_EINTR, SIGDEFERSTOP_ERESTART, SIGDEFERSTOP_OFF, SIGDEFERSTOP_SILENT, TDA_SUSPEND,
    TDF_SBDRY, TDF_SEINTR, TDF_SERESTART, TDF_SINTR, proc_, thread,
};

unsafe extern "C" {
    /// Interrupts the CPU that a thread runs on, so that it sees its ASTs.
    pub fn forward_signal(td: *mut thread);
    /// Wakes the swapper.
    fn kick_proc0();
}

/// Ends a thread's sleep; the swapper is told if it was swapped out.  Thread
/// lock, given up.
///
/// # Safety
/// The thread sleeps interruptibly.
pub unsafe fn abort_sleep(td: *mut thread, error: c_int) {
    // SAFETY: by contract.
    unsafe {
        if sleepq_abort(td, error) != 0 {
            kick_proc0();
        }
    }
}

/// `TD_CAN_ABORT`: asleep, interruptibly.
///
/// # Safety
/// Thread lock.
pub unsafe fn td_can_abort(td: *mut thread) -> bool {
    // SAFETY: by contract.
    unsafe { td_on_sleepq(td) && (*td).td_flags & TDF_SINTR as c_int != 0 }
}

/// What a thread with deferred stops makes of one: nothing, or an errno.
///
/// # Safety
/// `td` is valid; its flags only change under its lock or in itself.
pub unsafe fn td_sbdry_errno(td: *const thread) -> Option<c_int> {
    // SAFETY: by contract.
    let flags = unsafe { (*td).td_flags as u32 };
    if flags & TDF_SEINTR != 0 {
        Some(EINTR as c_int)
    } else if flags & TDF_SERESTART != 0 {
        Some(KT_ERESTART)
    } else {
        None
    }
}

/// Makes all threads of a process stop: interruptible sleepers where they are,
/// others when they reach user mode.  Process lock and spin lock.
///
/// # Safety
/// The locks are held; `td` is the thread that the signal is for.
pub unsafe fn sig_suspend_threads(td: *mut thread, p: *mut proc_) {
    // SAFETY: by contract.
    unsafe {
        point("sig_suspend_threads", &[p as usize]);
        for td2 in proc::threads(p) {
            thread_lock(td2);
            ast_sched_locked(td2, TDA_SUSPEND as c_int);
            if td_is_sleeping(td2) && (*td2).td_flags & TDF_SINTR as c_int != 0 {
                if (*td2).td_flags & TDF_SBDRY as c_int != 0 {
                    if let Some(error) = td_sbdry_errno(td2) {
                        abort_sleep(td2, error);
                        continue;
                    }
                } else if !td_is_suspended(td2) {
                    thread_suspend_one(td2);
                }
            } else if !td_is_suspended(td2) && td_is_running(td2) && td2 != td {
                forward_signal(td2);
            }
            thread_unlock(td2);
        }
    }
}

/// Tells the parent when the last thread of a process has stopped.  Process
/// lock and spin lock; the spin lock may be dropped for a while.
///
/// # Safety
/// The locks are held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_stopped(p: *mut proc_) {
    // SAFETY: by contract.
    unsafe {
        point("thread_stopped", &[p as usize]);
        let mut stopped = (*p).p_suspcount;
        if (*curthread()).td_proc == p {
            stopped += 1;
        }
        if proc::has(p, P_STOPPED_SIG) && stopped == (*p).p_numthreads {
            proc_sunlock(p);
            proc::clear_flags(p, P_WAITED);
            let parent = (*p).p_pptr;
            proc_lock(parent);
            let reason = if proc::has(p, P_TRACED) {
                CLD_TRAPPED
            } else {
                CLD_STOPPED
            };
            sig::childproc_jobstate(p, reason);
            proc_unlock(parent);
            proc_slock(p);
        }
    }
}

const DEFER: u32 = TDF_SBDRY | TDF_SEINTR | TDF_SERESTART;

/// Defers stops of the current thread; the result goes to [`sigallowstop`].
///
/// # Safety
/// `td` is the current thread; no locks.
pub unsafe fn sigdeferstop(td: *mut thread, mode: u32) -> u32 {
    // SAFETY: by contract; only the thread itself changes these flags.
    unsafe {
        let now = (*td).td_flags as u32 & DEFER;
        let next = match mode {
            SIGDEFERSTOP_OFF => 0,
            SIGDEFERSTOP_SILENT => TDF_SBDRY,
            SIGDEFERSTOP_EINTR => TDF_SBDRY | TDF_SEINTR,
            SIGDEFERSTOP_ERESTART => TDF_SBDRY | TDF_SERESTART,
            _ => now,
        };
        set_defer(td, next);
        now
    }
}

/// Ends what [`sigdeferstop`] began.  Does not stop: that is for the return to
/// user mode, or the next sleep.
///
/// # Safety
/// As there.
pub unsafe fn sigallowstop(td: *mut thread, before: u32) {
    // SAFETY: by contract.
    unsafe { set_defer(td, before) }
}

unsafe fn set_defer(td: *mut thread, flags: u32) {
    // SAFETY: the current thread.
    unsafe {
        if (*td).td_flags as u32 & DEFER != flags {
            thread_lock(td);
            (*td).td_flags = ((*td).td_flags as u32 & !DEFER | flags) as c_int;
            thread_unlock(td);
        }
    }
}
