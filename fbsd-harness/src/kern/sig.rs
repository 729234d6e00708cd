//! Sending signals.
//!
//! A signal is a bit: in the process's set if it was sent to the process, in
//! the thread's if it was sent to a thread; no `ksiginfo` is queued.  What
//! stopping, continuing and killing do to threads, and in which order and under
//! which locks, is the kernel's: see [`tdsendsignal`].  Stops are in
//! [`super::sig_stop`], taking a signal is in [`super::sig_take`].

use core::ffi::c_int;
use core::ptr;

use crate::kern::proc;
use crate::kern::sig_set::{Property, STOPS, add, delete, empty, first, is_member, property};
use crate::kern::sig_stop::{
    abort_sleep, forward_signal, sig_suspend_threads, td_can_abort, thread_stopped,
};
use crate::kern::sig_take;
use crate::machine::api::*;
use crate::object::*;
use crate::sys::{
    CLD_CONTINUED, CLD_DUMPED, CLD_EXITED, CLD_KILLED, CLD_STOPPED, EINTR, KT_ERESTART,
    P_CONTINUED, P_PPWAIT, P_STATCHILD, P_STOPPED_SIG, P_TRACED, P_WEXIT, P_WKILLED, PRS_NORMAL,
    PRS_ZOMBIE, SIGCHLD, SIGCONT, SIGKILL, TDA_SIG, TDF_SBDRY, TDF_SEINTR, TDF_SERESTART,
    TDF_SINTR, WCOREFLAG, proc_, sigacts, sigset_t, thread,
};

/// What a process does with a signal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Default,
    Hold,
    Catch,
}

/// Registers the AST.
pub fn init() {
    sig_take::init();
}

/// Signals of a thread that wait and are not blocked.  Process lock.
///
/// # Safety
/// `td` belongs to a locked process.
pub unsafe fn pending(td: *const thread) -> sigset_t {
    let mut set = empty();
    // SAFETY: by contract.
    unsafe {
        let of_thread = (*td).td_sigqueue.sq_signals.__bits;
        let of_proc = (*(*td).td_proc).p_sigqueue.sq_signals.__bits;
        let mask = (*td).td_sigmask.__bits;
        for i in 0..set.__bits.len() {
            set.__bits[i] = (of_thread[i] | of_proc[i]) & !mask[i];
        }
    }
    set
}

/// Makes a thread look at its signals when it returns to user mode.  Process
/// lock.
///
/// # Safety
/// `td` belongs to a locked process.
pub unsafe fn signotify(td: *mut thread) {
    // SAFETY: by contract.
    unsafe {
        if first(&pending(td)).is_some() {
            ast_sched(td, TDA_SIG as c_int);
        }
    }
}

/// Takes a signal out of all sets of a process.  Process lock.
///
/// # Safety
/// `p` is valid and locked.
pub unsafe fn sigqueue_delete_proc(p: *mut proc_, signo: c_int) {
    // SAFETY: by contract.
    unsafe {
        delete(&mut (*p).p_sigqueue.sq_signals, signo);
        for td in proc::threads(p) {
            delete(&mut (*td).td_sigqueue.sq_signals, signo);
        }
    }
}

/// Drops all signals of a process that exits.
///
/// # Safety
/// `td` is the only thread of `p`.
pub unsafe fn flush(p: *mut proc_, td: *mut thread) {
    // SAFETY: by contract.
    unsafe {
        (*p).p_sigqueue.sq_signals = empty();
        (*td).td_sigqueue.sq_signals = empty();
    }
}

/// An exiting thread gives up its signals; what it was chosen for goes to
/// another thread.  Process lock.
///
/// # Safety
/// `td` is the current thread.
pub unsafe fn tdsigcleanup(td: *mut thread) {
    // SAFETY: by contract.
    unsafe {
        let p = (*td).td_proc;
        (*td).td_sigqueue.sq_signals = empty();
        if (*p).p_numthreads == 1 {
            return;
        }
        let unblocked = (*td).td_sigmask;
        (*td).td_sigmask = sigset_t { __bits: [!0; 4] };
        for signo in 1..=128 {
            if is_member(&(*p).p_sigqueue.sq_signals, signo) && !is_member(&unblocked, signo) {
                let other = sigtd(p, signo);
                signotify(other);
                let acts = (*p).p_sigacts;
                let caught = is_member(&(*acts).ps_sigcatch, signo)
                    && !is_member(&(*other).td_sigmask, signo);
                if proc::has(p, P_TRACED) || caught {
                    tdsigwakeup(other, signo, Action::Catch, intrval(acts, signo));
                }
            }
        }
    }
}

unsafe fn intrval(acts: *const sigacts, signo: c_int) -> c_int {
    // SAFETY: valid signal actions.
    let interrupts = unsafe { is_member(&(*acts).ps_sigintr, signo) };
    if interrupts {
        EINTR as c_int
    } else {
        KT_ERESTART
    }
}

/// The thread that a signal to the process goes to.  Process lock.
unsafe fn sigtd(p: *mut proc_, signo: c_int) -> *mut thread {
    // SAFETY: the caller holds the lock; a process has a thread.
    unsafe {
        let me = curthread();
        if (*me).td_proc == p
            && !is_member(&(*me).td_sigmask, signo)
            && proc::threads(p).any(|td| td == me)
        {
            return me;
        }
        let open = proc::threads(p).find(|&td| !is_member(&(*td).td_sigmask, signo));
        open.unwrap_or((*p).p_threads.tqh_first)
    }
}

/// Sends a signal to a process.  Process lock.
///
/// # Safety
/// `p` is valid and locked.
pub unsafe fn pksignal(p: *mut proc_, signo: c_int) {
    // SAFETY: by contract.
    unsafe { tdsendsignal(p, ptr::null_mut(), signo) }
}

/// Sends a signal to a thread, or to the process if `td` is null.  Process
/// lock.
///
/// # Safety
/// `p` is valid and locked, `td` null or one of its threads.
pub unsafe fn tdsendsignal(p: *mut proc_, td: *mut thread, signo: c_int) {
    // SAFETY: by contract.
    unsafe {
        point("tdsendsignal", &[p as usize, td as usize, signo as usize]);
        if (*p).p_state == PRS_ZOMBIE {
            return;
        }
        let to_thread = !td.is_null();
        let td = if to_thread { td } else { sigtd(p, signo) };
        let acts = (*p).p_sigacts;
        mtx_lock(&raw mut (*acts).ps_mtx);
        if is_member(&(*acts).ps_sigignore, signo) && !proc::has(p, P_TRACED) {
            mtx_unlock(&raw mut (*acts).ps_mtx);
            return;
        }
        let action = if is_member(&(*td).td_sigmask, signo) {
            Action::Hold
        } else if is_member(&(*acts).ps_sigcatch, signo) {
            Action::Catch
        } else {
            Action::Default
        };
        let interrupt = intrval(acts, signo);
        mtx_unlock(&raw mut (*acts).ps_mtx);

        let property = property(signo);
        match property {
            Property::Continue => {
                for stop in STOPS {
                    sigqueue_delete_proc(p, stop as c_int);
                }
            }
            Property::Stop => {
                sigqueue_delete_proc(p, SIGCONT as c_int);
                proc::clear_flags(p, P_CONTINUED);
            }
            _ => {}
        }
        let set = if to_thread {
            &raw mut (*td).td_sigqueue.sq_signals
        } else {
            &raw mut (*p).p_sigqueue.sq_signals
        };
        add(&mut *set, signo);
        signotify(td);
        let continues = property == Property::Continue && proc::has(p, P_STOPPED_SIG);
        if action == Action::Hold && !continues {
            return;
        }
        if proc::shouldstop(p) != 0 {
            signal_stopped(p, td, set, signo, action, interrupt);
        } else if (*p).p_state == PRS_NORMAL {
            signal_running(p, td, signo, action, interrupt);
        } else {
            delete(&mut *set, signo);
        }
    }
}

/// A signal to a process that is stopped or being single-threaded.
unsafe fn signal_stopped(
    p: *mut proc_,
    td: *mut thread,
    set: *mut sigset_t,
    signo: c_int,
    action: Action,
    interrupt: c_int,
) {
    // SAFETY: as `tdsendsignal`.
    unsafe {
        let traced = proc::has(p, P_TRACED);
        match property(signo) {
            _ if signo == SIGKILL as c_int => {
                if !traced {
                    proc::clear_flags(p, P_STOPPED_SIG);
                    run_fast(p, td, signo, action, interrupt);
                }
            }
            Property::Continue if traced => {}
            Property::Continue => {
                proc::clear_flags(p, P_STOPPED_SIG);
                proc_slock(p);
                if (*p).p_numthreads == (*p).p_suspcount {
                    proc_sunlock(p);
                    proc::set(p, P_CONTINUED);
                    (*p).p_xsig = SIGCONT;
                    proc_lock((*p).p_pptr);
                    childproc_jobstate(p, CLD_CONTINUED);
                    proc_unlock((*p).p_pptr);
                    proc_slock(p);
                }
                match action {
                    Action::Catch => {
                        proc_sunlock(p);
                        run_fast(p, td, signo, action, interrupt);
                    }
                    Action::Default | Action::Hold => {
                        thread_unsuspend(p);
                        proc_sunlock(p);
                        if action == Action::Default {
                            delete(&mut *set, signo);
                        }
                    }
                }
            }
            Property::Stop => {
                if !traced {
                    proc::set(p, P_STOPPED_SIG);
                    delete(&mut *set, signo);
                }
            }
            _ => {
                proc_slock(p);
                thread_lock(td);
                if td_can_abort(td) {
                    abort_sleep(td, interrupt);
                } else {
                    thread_unlock(td);
                }
                proc_sunlock(p);
            }
        }
    }
}

/// A signal to a process that runs.
unsafe fn signal_running(
    p: *mut proc_,
    td: *mut thread,
    signo: c_int,
    action: Action,
    interrupt: c_int,
) {
    // SAFETY: as `tdsendsignal`.
    unsafe {
        if proc::has(p, P_TRACED) || action == Action::Catch {
            tdsigwakeup(td, signo, action, interrupt);
            return;
        }
        if property(signo) != Property::Stop {
            run_fast(p, td, signo, action, interrupt);
            return;
        }
        if proc::has(p, P_PPWAIT | P_WEXIT) {
            return;
        }
        proc::set(p, P_STOPPED_SIG);
        (*p).p_xsig = signo as u32;
        proc_slock(p);
        sig_suspend_threads(td, p);
        if (*p).p_numthreads == (*p).p_suspcount {
            thread_stopped(p);
            proc_sunlock(p);
            sigqueue_delete_proc(p, signo);
        } else {
            proc_sunlock(p);
        }
    }
}

/// The signal applies to all threads, and they are to run.
unsafe fn run_fast(p: *mut proc_, td: *mut thread, signo: c_int, action: Action, interrupt: c_int) {
    // SAFETY: as `tdsendsignal`.
    unsafe {
        tdsigwakeup(td, signo, action, interrupt);
        proc_slock(p);
        thread_unsuspend(p);
        proc_sunlock(p);
    }
}

/// Wakes the thread that a signal is for, if it sleeps interruptibly.
unsafe fn tdsigwakeup(td: *mut thread, signo: c_int, action: Action, interrupt: c_int) {
    // SAFETY: as `tdsendsignal`.
    unsafe {
        let p = (*td).td_proc;
        let property = property(signo);
        proc_slock(p);
        thread_lock(td);
        if td_on_sleepq(td) {
            let flags = (*td).td_flags as u32;
            let deferred = flags & (TDF_SBDRY | TDF_SERESTART | TDF_SEINTR) == TDF_SBDRY;
            if flags & TDF_SINTR == 0 || property == Property::Stop && deferred {
                thread_unlock(td);
                proc_sunlock(p);
                return;
            }
            if property == Property::Continue && action == Action::Default {
                thread_unlock(td);
                proc_sunlock(p);
                delete(&mut (*p).p_sigqueue.sq_signals, signo);
                delete(&mut (*td).td_sigqueue.sq_signals, signo);
                return;
            }
            abort_sleep(td, interrupt);
            proc_sunlock(p);
            return;
        }
        if td_is_running(td) && td != curthread() {
            forward_signal(td);
        }
        proc_sunlock(p);
        thread_unlock(td);
    }
}

/// A kill that a debugger cannot lose.  Process lock.
///
/// # Safety
/// `p` is valid and locked.
pub unsafe fn proc_wkilled(p: *mut proc_) {
    // SAFETY: by contract.
    unsafe { proc::set(p, P_WKILLED) }
}

/// Tells a parent that its child stopped, was trapped or continued.  Locks of
/// the process and of its parent.
///
/// # Safety
/// `p` is valid, both locks are held.
pub unsafe fn childproc_jobstate(p: *mut proc_, reason: u32) {
    // SAFETY: by contract.
    unsafe {
        let parent = (*p).p_pptr;
        note("childproc_jobstate", &[p as usize, reason as usize]);
        let ext = proc::ext(p);
        match reason {
            CLD_STOPPED => ext.stop_reports += 1,
            CLD_CONTINUED => ext.cont_reports += 1,
            _ => ext.trap_reports += 1,
        }
        proc::set(parent, P_STATCHILD);
        wakeup(parent.cast());
        sigparent(p, reason);
    }
}

/// Tells a parent that its child exited.  Locks as [`childproc_jobstate`].
///
/// # Safety
/// As there.
pub unsafe fn childproc_exited(p: *mut proc_) {
    // SAFETY: by contract.
    unsafe {
        let reason = match (*p).p_xsig {
            0 => CLD_EXITED,
            signo if signo & WCOREFLAG != 0 => CLD_DUMPED,
            _ => CLD_KILLED,
        };
        proc::set((*p).p_pptr, P_STATCHILD);
        sigparent(p, reason);
    }
}

unsafe fn sigparent(p: *mut proc_, reason: u32) {
    // SAFETY: as `childproc_jobstate`; p_ksi is set when a process is linked up.
    unsafe {
        let ksi = (*p).p_ksi;
        if !ksi.is_null() {
            (*ksi).ksi_info.si_signo = SIGCHLD as c_int;
            (*ksi).ksi_info.si_code = reason as c_int;
            (*ksi).ksi_info.si_pid = (*p).p_pid;
        }
        pksignal((*p).p_pptr, SIGCHLD as c_int);
    }
}
