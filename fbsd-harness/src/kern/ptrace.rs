//! ptrace(2): stopping for a debugger, and what the debugger does.
//!
//! The debugger is the traced process's parent; tracing does not change
//! parents here.  Its functions are called with no locks.

use core::ffi::c_int;
use core::ptr;

use crate::kern::proc;
use crate::kern::proc_check::HAZARD_SUSP;
use crate::kern::sig_stop::sig_suspend_threads;
use crate::kern::{sig, sig_take};
use crate::machine::api::*;
use crate::object::*;
use crate::sys::{
    EBUSY, ESRCH, KT_PWAIT, P_SINGLE_EXIT, P_STOPPED_SIG, P_STOPPED_TRACE, P_TRACED, P_WAITED,
    P_WKILLED, P2_PTRACE_FSTP, PRS_ZOMBIE, PTRACE_LWP, SIGKILL, SIGSTOP, TDA_SUSPEND, TDB_BORN,
    TDB_COREDUMPREQ, TDB_EXIT, TDB_FSTP, TDB_SSWITCH, TDB_SUSPEND, TDB_XSIG, proc_, thread,
};

/// Stops the process for its debugger, because of a signal that the current
/// thread is about to take or of another event, and returns the signal to take
/// (0: none).  Process lock, dropped while stopped.
///
/// # Safety
/// `td` is the current thread, its process is locked.
pub unsafe fn ptracestop(td: *mut thread, signo: c_int, is_signal: bool) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let p = (*td).td_proc;
        point("ptracestop", &[td as usize, signo as usize]);
        (*td).td_xsig = signo;
        set(td, TDB_XSIG);
        proc_slock(p);
        while proc::has(p, P_TRACED) && is(td, TDB_XSIG) {
            if proc::has(p, P_WKILLED) {
                // Whoever is unsuspended first reports the debugger's kill.
                clear(td, TDB_XSIG);
                (*td).td_xsig = SIGKILL as c_int;
                (*p).p_ptevents = 0;
                break;
            }
            if proc::has(p, P_SINGLE_EXIT) && !is(td, TDB_EXIT) {
                clear(td, TDB_XSIG);
                proc_sunlock(p);
                return 0;
            }
            let attaching = (*p).p_flag2 & P2_PTRACE_FSTP as c_int != 0;
            if is(td, TDB_FSTP) || !attaching && (*p).p_xthread.is_null() {
                (*p).p_xsig = signo as u32;
                (*p).p_xthread = td;
                // On a sleep queue: the sleep decides after the attach.
                if (*td).td_wchan.is_null() {
                    clear(td, TDB_FSTP);
                }
                (*p).p_flag2 &= !(P2_PTRACE_FSTP as c_int);
                proc::set(p, P_STOPPED_SIG | P_STOPPED_TRACE);
                sig_suspend_threads(td, p);
            }
            wait_for_debugger(td, p);
            if (*p).p_xthread == td {
                (*p).p_xthread = ptr::null_mut();
            }
        }
        proc_sunlock(p);
        if !is_signal && (*td).td_xsig != 0 && (*td).td_xsig != signo {
            sig::tdsendsignal(p, td, (*td).td_xsig);
        }
        (*td).td_xsig
    }
}

/// One stop, longer if the debugger suspended this thread; core dumps that the
/// debugger asks for are written meanwhile.  Process lock and spin lock.
unsafe fn wait_for_debugger(td: *mut thread, p: *mut proc_) {
    // SAFETY: as `ptracestop`.
    unsafe {
        loop {
            set(td, TDB_SSWITCH);
            thread_suspend_switch(td, p);
            clear(td, TDB_SSWITCH);
            if is(td, TDB_COREDUMPREQ) {
                proc_sunlock(p);
                proc_unlock(p);
                sig_take::coredump(p);
                proc_lock(p);
                clear(td, TDB_COREDUMPREQ);
                wakeup(p.cast());
                proc_slock(p);
                continue;
            }
            if !proc::has(p, P_TRACED) || !is(td, TDB_SUSPEND) || proc::has(p, P_SINGLE_EXIT) {
                return;
            }
        }
    }
}

unsafe fn is(td: *const thread, flag: u32) -> bool {
    // SAFETY: the caller holds the process lock.
    unsafe { (&raw const (*td).td_dbgflags).read_volatile() & flag as c_int != 0 }
}

unsafe fn set(td: *mut thread, flags: u32) {
    // SAFETY: the caller holds the process lock.
    unsafe { (*td).td_dbgflags |= flags as c_int }
}

unsafe fn clear(td: *mut thread, flags: u32) {
    // SAFETY: the caller holds the process lock.
    unsafe { (*td).td_dbgflags &= !(flags as c_int) }
}

/// Runs `f` with a live process locked.
unsafe fn with_locked(p: *mut proc_, f: impl FnOnce() -> c_int) -> c_int {
    // SAFETY: processes are type-stable.
    unsafe {
        proc_lock(p);
        let error = if (*p).p_state == PRS_ZOMBIE {
            ESRCH as c_int
        } else {
            f()
        };
        proc_unlock(p);
        error
    }
}

/// Is it stopped, all of it, for its debugger?  Process lock.
unsafe fn is_stopped(p: *mut proc_) -> bool {
    // SAFETY: the caller holds the lock.
    unsafe {
        proc::has(p, P_TRACED)
            && proc::has(p, P_STOPPED_SIG | P_STOPPED_TRACE)
            && (*p).p_suspcount == (*p).p_numthreads
    }
}

/// PT_ATTACH: traces a process and stops it.
///
/// # Safety
/// `p` is a process, no locks; so for all that follow.
pub unsafe fn attach(p: *mut proc_) -> c_int {
    // SAFETY: by contract.
    unsafe {
        with_locked(p, || {
            if proc::has(p, P_TRACED) {
                return EBUSY as c_int;
            }
            note("ptrace attach", &[p as usize]);
            proc::set(p, P_TRACED);
            (*p).p_flag2 |= P2_PTRACE_FSTP as c_int;
            (*p).p_ptevents = 0;
            (*p).p_xthread = ptr::null_mut();
            if proc::has(p, P_STOPPED_SIG) {
                proc_slock(p);
                proc::clear_flags(p, P_STOPPED_SIG | P_WAITED);
                thread_unsuspend(p);
                proc_sunlock(p);
            }
            sig::pksignal(p, SIGSTOP as c_int);
            0
        })
    }
}

/// Runs `f` with a stopped process locked, for one of its threads.
unsafe fn with_thread(p: *mut proc_, td: *mut thread, f: impl FnOnce()) -> c_int {
    // SAFETY: as `with_locked`.
    unsafe {
        with_locked(p, || {
            if !is_stopped(p) {
                return EBUSY as c_int;
            }
            // It may have exited since it was looked up.
            if !proc::threads(p).any(|linked| linked == td) {
                return ESRCH as c_int;
            }
            f();
            0
        })
    }
}

/// PT_SUSPEND: keeps a thread from running when the process continues.
///
/// # Safety
/// As [`attach`]; `td` was one of its threads.
pub unsafe fn suspend(p: *mut proc_, td: *mut thread) -> c_int {
    // SAFETY: by contract.
    unsafe {
        with_thread(p, td, || {
            set(td, TDB_SUSPEND);
            ast_sched(td, TDA_SUSPEND as c_int);
        })
    }
}

/// PT_RESUME.
///
/// # Safety
/// As [`suspend`].
pub unsafe fn resume(p: *mut proc_, td: *mut thread) -> c_int {
    // SAFETY: by contract.
    unsafe { with_thread(p, td, || clear(td, TDB_SUSPEND)) }
}

/// PT_CONTINUE, PT_KILL and the second half of PT_DETACH: the stopped process
/// goes on, its reporting thread with a signal or none.  Process lock.
unsafe fn send(p: *mut proc_, signo: c_int) {
    // SAFETY: the caller holds the lock.
    unsafe {
        if signo == SIGKILL as c_int {
            // It works whichever thread sees it first.
            sig::proc_wkilled(p);
        }
        if !proc::has(p, P_STOPPED_SIG | P_STOPPED_TRACE) {
            if signo != 0 {
                sig::pksignal(p, signo);
            }
            return;
        }
        let td = (*p).p_xthread;
        if !td.is_null() {
            clear(td, TDB_XSIG);
            (*td).td_xsig = signo;
            // Another thread may report at once.
            (*p).p_xthread = ptr::null_mut();
        }
        (*p).p_xsig = signo as u32;
        proc_slock(p);
        proc::clear_flags(p, P_STOPPED_TRACE | P_STOPPED_SIG | P_WAITED);
        thread_unsuspend(p);
        proc_sunlock(p);
    }
}

/// PT_CONTINUE.
///
/// # Safety
/// As [`attach`].
pub unsafe fn cont(p: *mut proc_, signo: c_int) -> c_int {
    // SAFETY: by contract.
    unsafe {
        with_locked(p, || {
            if !is_stopped(p) {
                return EBUSY as c_int;
            }
            send(p, signo);
            0
        })
    }
}

/// PT_DETACH.
///
/// # Safety
/// As [`attach`].
pub unsafe fn detach(p: *mut proc_) -> c_int {
    // SAFETY: by contract.
    unsafe {
        with_locked(p, || {
            if !is_stopped(p) {
                return EBUSY as c_int;
            }
            proc::clear_flags(p, P_TRACED);
            (*p).p_flag2 &= !(P2_PTRACE_FSTP as c_int);
            (*p).p_ptevents = 0;
            for td in proc::threads(p) {
                clear(td, TDB_SUSPEND | TDB_FSTP | TDB_BORN);
                if (*p).p_xthread != td {
                    clear(td, TDB_XSIG);
                }
            }
            send(p, 0);
            0
        })
    }
}

/// PT_KILL.
///
/// # Safety
/// As [`attach`].
pub unsafe fn kill(p: *mut proc_) -> c_int {
    // SAFETY: by contract.
    unsafe {
        with_locked(p, || {
            if !proc::has(p, P_TRACED) {
                return EBUSY as c_int;
            }
            send(p, SIGKILL as c_int);
            0
        })
    }
}

/// PT_COREDUMP: a thread in [`ptracestop`] runs for as long as it takes to
/// write a core.
///
/// # Safety
/// As [`attach`].
pub unsafe fn coredump(p: *mut proc_) -> c_int {
    // SAFETY: by contract.
    unsafe {
        with_locked(p, || {
            if !is_stopped(p) {
                return EBUSY as c_int;
            }
            let Some(td) = proc::threads(p).find(|&td| is(td, TDB_SSWITCH)) else {
                return EBUSY as c_int;
            };
            set(td, TDB_COREDUMPREQ);
            // It clears TDI_SUSPENDED before it has the spin lock to count.
            let hazards = proc::ext(p).hazards;
            proc::ext(p).hazards |= HAZARD_SUSP;
            thread_run_flash(td);
            proc::ext(p).hazards = hazards;
            while is(td, TDB_COREDUMPREQ) {
                sleep(p.cast(), &raw mut (*p).p_mtx, KT_PWAIT, c"crdmp", 0);
            }
            0
        })
    }
}

/// PT_LWP_EVENTS.
///
/// # Safety
/// As [`attach`].
pub unsafe fn lwp_events(p: *mut proc_, on: bool) -> c_int {
    // SAFETY: by contract.
    unsafe {
        with_locked(p, || {
            if !proc::has(p, P_TRACED) {
                return EBUSY as c_int;
            }
            (*p).p_ptevents = if on {
                (*p).p_ptevents | PTRACE_LWP
            } else {
                (*p).p_ptevents & !PTRACE_LWP
            };
            0
        })
    }
}

/// Waits until a process is stopped as a whole, and takes the report.
///
/// # Safety
/// As [`attach`].
pub unsafe fn wait_stopped(p: *mut proc_) -> c_int {
    // SAFETY: by contract; the condition only reads.
    unsafe {
        let stopped = || {
            let volatile = (&raw const (*p).p_suspcount).read_volatile();
            (&raw const (*p).p_state).read_volatile() == PRS_ZOMBIE
                || proc::has(p, P_STOPPED_SIG | P_STOPPED_TRACE)
                    && volatile == (&raw const (*p).p_numthreads).read_volatile()
                    && !proc::has(p, P_WAITED)
        };
        loop {
            wait_until(c"a stopped process", stopped);
            let error = with_locked(p, || {
                if !stopped() {
                    return EBUSY as c_int;
                }
                proc::set(p, P_WAITED);
                0
            });
            if error != EBUSY as c_int {
                return error;
            }
        }
    }
}
