//! Which rare situations a run meets: a look at every process at each event.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, Ordering};

use fbsd_program::Situation;

use crate::kern::host_lock::HostLock;
use crate::kern::proc;
use crate::machine::api::*;
use crate::report;
use crate::sys::{
    EPROCLIM, P_SINGLE_BOUNDARY, P_SINGLE_EXIT, P_STOPPED_SIG, P_STOPPED_SINGLE, P_STOPPED_TRACE,
    P_TOTAL_STOP, TDB_SUSPEND, TDF_ALLPROCSUSP, TDF_SBDRY, proc_, thread,
};

/// Who had a thread id last: a thread of a process.
static HOLDERS: HostLock<BTreeMap<i32, (usize, i32)>> = HostLock::new(BTreeMap::new());

/// The program is over; what the harness does to look for leaks does not count.
static OVER: AtomicBool = AtomicBool::new(false);

/// Ends the looks.
pub fn end() {
    OVER.store(true, Ordering::Relaxed);
}

/// An event of the running thread.
pub fn look(event: &str, args: &[usize]) {
    if OVER.load(Ordering::Relaxed) {
        return;
    }
    // SAFETY: in det nobody else runs now; the first argument of `switch_in`
    // is the thread.
    let mut met = unsafe {
        match (event, args) {
            ("eventratecheck", _) => Situation::MaxThread.bit(),
            ("kick_proc0", _) => Situation::SwapIn.bit(),
            ("=no stack", _) => Situation::NoStack.bit(),
            ("=hang", _) => Situation::Hang.bit(),
            ("=accepted panic", _) => Situation::Assertion.bit(),
            ("syscall return", &[_, error, ..]) if error == EPROCLIM as usize => {
                Situation::PerProcess.bit()
            }
            ("switch_in", &[td, ..]) => reused(td as *const thread),
            _ => 0,
        }
    };
    // SAFETY: the running thread; processes are type-stable.
    unsafe {
        met |= of_thread(curthread());
        proc::for_each(|p| met |= of_process(p));
    }
    report::met(met);
}

/// What a thread that begins to run shows.
unsafe fn reused(td: *const thread) -> u64 {
    // SAFETY: the caller's thread.
    let (tid, holder) = unsafe { ((*td).td_tid, (td.addr(), (*(*td).td_proc).p_pid)) };
    let before = HOLDERS.with(|holders| holders.insert(tid, holder));
    // Idle threads have none.
    match before {
        Some(other) if other != holder && tid > 0 => Situation::TidReuse.bit(),
        _ => 0,
    }
}

unsafe fn of_thread(td: *const thread) -> u64 {
    // SAFETY: the caller's thread.
    unsafe {
        let mut met = 0;
        let flags = (*td).td_flags as u32;
        if flags & TDF_ALLPROCSUSP != 0 {
            met |= Situation::AllProcSleeper.bit();
        }
        if flags & TDF_SBDRY != 0 && proc::shouldstop((*td).td_proc) != 0 {
            met |= Situation::DeferredStop.bit();
        }
        if (*td).td_dbgflags as u32 & TDB_SUSPEND != 0 {
            met |= Situation::DebuggerSuspends.bit();
        }
        let message = (*td).td_wmesg;
        if !message.is_null() && CStr::from_ptr(message) == c"thrsgl" {
            met |= Situation::AllProcWaits.bit();
        }
        met
    }
}

unsafe fn of_process(p: *mut proc_) -> u64 {
    // SAFETY: the caller's process.
    unsafe {
        let mut met = 0;
        if (*p).p_exitthreads > 1 {
            met |= Situation::Zombies.bit();
        }
        if !proc::has(p, P_STOPPED_SINGLE) {
            return met;
        }
        met |= if proc::has(p, P_TOTAL_STOP) {
            Situation::AllProc.bit()
        } else if proc::has(p, P_SINGLE_EXIT) {
            Situation::Exit.bit()
        } else if proc::has(p, P_SINGLE_BOUNDARY) {
            Situation::Boundary.bit()
        } else {
            Situation::NoExit.bit()
        };
        if proc::has(p, P_STOPPED_SIG) {
            met |= Situation::StopWhileSingle.bit();
        }
        if proc::has(p, P_STOPPED_TRACE) {
            met |= Situation::TraceWhileSingle.bit();
        }
        met
    }
}
