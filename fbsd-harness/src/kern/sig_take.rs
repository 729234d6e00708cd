//! Taking signals: on the way back to user mode, before an interruptible sleep
//! and in sigsuspend(2).

use core::ffi::c_int;

use crate::kern::proc;
use crate::kern::sig;
use crate::kern::sig_set::{self, Property};
use crate::kern::sig_stop::{sig_suspend_threads, td_sbdry_errno};
use crate::kern::{exit, ptrace};
use crate::machine::api::*;
use crate::object::*;
use crate::sys::{
    EINTR, KT_ERESTART, KT_PCATCH, P_PPWAIT, P_SINGLE_EXIT, P_STOPPED_SIG, P_TRACED, P_WEXIT,
    P2_PTRACE_FSTP, SIGSTOP, SINGLE_NO_EXIT, TDA_SIG, TDA_SIGSUSPEND, TDB_FSTP, TDF_SBDRY,
    TDF_SEINTR, TDF_SERESTART, TDP_OLDMASK, WCOREFLAG, proc_, sigset_t, thread,
};

/// What [`issignal`] found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Nothing,
    /// To be taken with [`postsig`].
    Signal(c_int),
    /// A stop, in a section that turns stops into errors.
    DeferredStop,
}

/// Registers the ASTs.
pub fn init() {
    let required = crate::sys::ASTR_ASTF_REQUIRED as c_int;
    // SAFETY: boot.
    unsafe {
        ast_register(TDA_SIG as c_int, required, 0, ast_sig);
        ast_register(TDA_SIGSUSPEND as c_int, required, 0, ast_sigsuspend);
    }
}

/// Takes all signals that wait for the current thread.
unsafe extern "C" fn ast_sig(td: *mut thread, _tda: c_int) {
    // SAFETY: an AST runs in its thread, without locks.
    unsafe {
        let p = (*td).td_proc;
        proc_lock(p);
        take_all(td);
        proc_unlock(p);
    }
}

/// The mask from before a sigsuspend(2) that no handler put back.
unsafe extern "C" fn ast_sigsuspend(td: *mut thread, _tda: c_int) {
    // SAFETY: as `ast_sig`.
    unsafe {
        let p = (*td).td_proc;
        proc_lock(p);
        if (*td).td_pflags & TDP_OLDMASK as c_int != 0 {
            (*td).td_pflags &= !(TDP_OLDMASK as c_int);
            (*td).td_sigmask = (*td).td_oldsigmask;
            sig::signotify(td);
        }
        proc_unlock(p);
    }
}

/// Takes what can be taken now; how many signals had an action.  Process lock.
unsafe fn take_all(td: *mut thread) -> u32 {
    // SAFETY: the current thread.
    unsafe {
        let acts = (*(*td).td_proc).p_sigacts;
        let mut taken = 0;
        mtx_lock(&raw mut (*acts).ps_mtx);
        while let Found::Signal(signo) = cursig(td) {
            taken += u32::from(postsig(td, signo));
        }
        mtx_unlock(&raw mut (*acts).ps_mtx);
        taken
    }
}

/// Is there a signal for the current thread?  Process lock, `ps_mtx`.
unsafe fn cursig(td: *mut thread) -> Found {
    // SAFETY: the current thread, locks held.
    unsafe {
        match sig_set::first(&sig::pending(td)) {
            Some(_) => issignal(td),
            None => Found::Nothing,
        }
    }
}

/// The next signal with an action; stops happen in here.  Process lock,
/// `ps_mtx`, both dropped while stopped.
unsafe fn issignal(td: *mut thread) -> Found {
    // SAFETY: the current thread, locks held.
    unsafe {
        let p = (*td).td_proc;
        let acts = (*p).p_sigacts;
        loop {
            let mut set = sig::pending(td);
            let defer = (*td).td_flags as u32 & (TDF_SBDRY | TDF_SERESTART | TDF_SEINTR);
            if proc::has(p, P_PPWAIT) || defer == TDF_SBDRY {
                sig_set::delete_stops(&mut set);
            }
            let Some(first) = sig_set::first(&set) else {
                return Found::Nothing;
            };
            let traced = proc::has(p, P_TRACED);
            let mut signo = first;
            if traced
                && (*p).p_flag2 & P2_PTRACE_FSTP as c_int != 0
                && sig_set::is_member(&set, SIGSTOP as c_int)
            {
                // The stop of the attach comes before anything else.
                signo = SIGSTOP as c_int;
                (*td).td_dbgflags |= TDB_FSTP as c_int;
            }
            if !traced && sig_set::is_member(&(*acts).ps_sigignore, signo) {
                forget(td, signo);
                continue;
            }
            if traced {
                forget(td, signo);
                mtx_unlock(&raw mut (*acts).ps_mtx);
                signo = ptrace::ptracestop(td, signo, true);
                mtx_lock(&raw mut (*acts).ps_mtx);
                if signo == 0 {
                    continue;
                }
                if sig_set::is_member(&(*td).td_sigmask, signo) || !proc::has(p, P_TRACED) {
                    sig_set::add(&mut (*td).td_sigqueue.sq_signals, signo);
                    continue;
                }
            }
            if sig_set::is_member(&(*acts).ps_sigcatch, signo) {
                return Found::Signal(signo);
            }
            match sig_set::property(signo) {
                Property::Stop if proc::has(p, P_TRACED | P_WEXIT | P_SINGLE_EXIT) => {}
                Property::Stop if td_sbdry_errno(td).is_some() => return Found::DeferredStop,
                Property::Stop => {
                    mtx_unlock(&raw mut (*acts).ps_mtx);
                    forget(td, signo);
                    proc::set(p, P_STOPPED_SIG);
                    (*p).p_xsig = signo as u32;
                    proc_slock(p);
                    sig_suspend_threads(td, p);
                    thread_suspend_switch(td, p);
                    proc_sunlock(p);
                    mtx_lock(&raw mut (*acts).ps_mtx);
                    continue;
                }
                Property::Continue | Property::Ignore => {}
                Property::Kill | Property::Core => return Found::Signal(signo),
            }
            forget(td, signo);
        }
    }
}

/// Takes a signal out of the thread's and the process's sets.
unsafe fn forget(td: *mut thread, signo: c_int) {
    // SAFETY: the current thread, process lock.
    unsafe {
        sig_set::delete(&mut (*td).td_sigqueue.sq_signals, signo);
        sig_set::delete(&mut (*(*td).td_proc).p_sigqueue.sq_signals, signo);
    }
}

/// Does what a signal is for: a handler, or death.  Process lock, `ps_mtx`.
unsafe fn postsig(td: *mut thread, signo: c_int) -> bool {
    // SAFETY: the current thread, locks held.
    unsafe {
        let p = (*td).td_proc;
        let acts = (*p).p_sigacts;
        // One that the debugger put in place of another is in no set.
        forget(td, signo);
        if sig_set::is_member(&(*acts).ps_sigcatch, signo) {
            note("sendsig", &[td as usize, signo as usize]);
            proc::ext(p).caught[signo as usize - 1] += 1;
            if (*td).td_pflags & TDP_OLDMASK as c_int != 0 {
                (*td).td_pflags &= !(TDP_OLDMASK as c_int);
                (*td).td_sigmask = (*td).td_oldsigmask;
            }
            return true;
        }
        mtx_unlock(&raw mut (*acts).ps_mtx);
        sigexit(td, signo)
    }
}

/// Ends the current process because of a signal, with a core dump if it is one
/// for that and nobody else is single-threading.  Process lock, given up.
///
/// # Safety
/// `td` is the current thread.
pub unsafe fn sigexit(td: *mut thread, signo: c_int) -> ! {
    // SAFETY: by contract.
    unsafe {
        let p = (*td).td_proc;
        point("sigexit", &[p as usize, signo as usize]);
        exit::proc_set_p2_wexit(p);
        let mut status = signo;
        if sig_set::property(signo) == Property::Core
            && thread_single(p, SINGLE_NO_EXIT as c_int) == 0
        {
            (*p).p_sig = signo;
            proc_unlock(p);
            coredump(p);
            status |= WCOREFLAG as c_int;
        } else {
            proc_unlock(p);
        }
        exit::exit1(td, 0, status)
    }
}

/// Writes a core: time passes without the process lock.
///
/// # Safety
/// No locks; the process runs one thread.
pub unsafe fn coredump(p: *mut proc_) {
    // SAFETY: by contract.
    unsafe {
        point("coredump", &[p as usize]);
        pause(c"core", 1);
        proc::ext(p).coredumps += 1;
    }
}

/// What keeps the current thread from sleeping interruptibly: 0, EINTR or
/// ERESTART.  Process lock; stops happen in here.
///
/// # Safety
/// `td` is the current thread, its process is locked.
pub unsafe fn sleep_signal(td: *mut thread) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let acts = (*(*td).td_proc).p_sigacts;
        mtx_lock(&raw mut (*acts).ps_mtx);
        let error = match cursig(td) {
            Found::Nothing => 0,
            Found::DeferredStop => td_sbdry_errno(td).unwrap_or(KT_ERESTART),
            Found::Signal(signo) if sig_set::is_member(&(*acts).ps_sigintr, signo) => {
                EINTR as c_int
            }
            Found::Signal(_) => KT_ERESTART,
        };
        mtx_unlock(&raw mut (*acts).ps_mtx);
        error
    }
}

/// sigsuspend(2): waits until a signal had an action.
///
/// # Safety
/// `td` is the current thread; no locks.
pub unsafe fn kern_sigsuspend(td: *mut thread, mask: sigset_t) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let p = (*td).td_proc;
        proc_lock(p);
        (*td).td_oldsigmask = (*td).td_sigmask;
        (*td).td_pflags |= TDP_OLDMASK as c_int;
        ast_sched(td, TDA_SIGSUSPEND as c_int);
        (*td).td_sigmask = mask;
        sig::signotify(td);
        loop {
            let channel = (&raw const (*p).p_sigacts).cast();
            while sleep(channel, &raw mut (*p).p_mtx, KT_PCATCH, c"pause", 0) == 0 {}
            thread_suspend_check(0);
            if take_all(td) != 0 {
                break;
            }
        }
        proc_unlock(p);
        EINTR as c_int
    }
}
