//! The two ways in which FreeBSD itself hangs, and programs with it.
//!
//! `thread_single(SINGLE_ALLPROC)` refuses a process that has stopped for a
//! signal or a debugger, but waits for one that gets a stop signal after that
//! look.  Its last thread then stops in `thread_suspend_switch()`, or in
//! `thread_suspend_check()` with two reasons to stop, and neither wakes the
//! singler; nor does `thread_unsuspend()` one of another process.  The singler
//! waits for ever, and whoever waits for it.
//!
//! It also waits for a singler of the process itself to finish.  When that one
//! gets through with SINGLE_EXIT, as in execve(2), nobody calls `wakeup()`.  The
//! kernel's callers look first; [`super::single`] does not.

use std::ffi::CStr;

use fbsd_program::Situation;

use crate::kern::{proc, thread};
use crate::machine::api::*;
use crate::report;
use crate::sys::{P_STOPPED_SINGLE, P_TOTAL_STOP, proc_};

/// Whether a process is in one of these states.
pub fn is_known() -> bool {
    // It may have been sent SIGCONT or SIGKILL since it got the stop signal.
    let stopped = report::has_met(Situation::StopWhileSingle.bit());
    // SAFETY: nobody runs while the machine looks; processes are type-stable.
    proc::all()
        .0
        .into_iter()
        .any(|p| unsafe { stopped && keeps_singler(p) || is_waited_for(p) })
}

/// All threads are suspended, and so is the singler.
unsafe fn keeps_singler(p: *mut proc_) -> bool {
    // SAFETY: the caller's process; a singler does not exit.
    unsafe {
        let singler = (*p).p_singlethread;
        proc::has(p, P_STOPPED_SINGLE)
            && proc::has(p, P_TOTAL_STOP)
            && !singler.is_null()
            && (*singler).td_proc != p
            && td_is_suspended(singler)
            && (*p).p_suspcount == (*p).p_numthreads
    }
}

/// Somebody waits for the end of single-threading, which is over.
unsafe fn is_waited_for(p: *mut proc_) -> bool {
    let mut waits = false;
    // SAFETY: the caller's process, and live threads; messages are literals.
    unsafe {
        if !proc::has(p, P_STOPPED_SINGLE) {
            let channel = (&raw const (*p).p_flag).cast();
            thread::for_each(|td| {
                waits |= td_is_sleeping(td)
                    && (*td).td_wchan == channel
                    && CStr::from_ptr((*td).td_wmesg) == c"thrsgl";
            });
        }
    }
    waits
}
