//! Sets of signals, what signals do by default, and what a process does with
//! them (`struct sigacts`).

use core::ffi::c_int;

use crate::machine::api::*;
use crate::sys::{
    MTX_DEF, SIGABRT, SIGBUS, SIGCHLD, SIGCONT, SIGEMT, SIGFPE, SIGILL, SIGINFO, SIGIO, SIGQUIT,
    SIGSEGV, SIGSTOP, SIGSYS, SIGTHR, SIGTRAP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH, proc_,
    sigacts, sigset_t,
};

/// What a signal does by default.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Property {
    Kill,
    Core,
    Stop,
    Continue,
    Ignore,
}

/// The default action of a signal.
pub fn property(signo: c_int) -> Property {
    match signo as u32 {
        SIGQUIT | SIGILL | SIGTRAP | SIGABRT | SIGEMT | SIGFPE | SIGBUS | SIGSEGV | SIGSYS => {
            Property::Core
        }
        SIGSTOP | SIGTSTP | SIGTTIN | SIGTTOU => Property::Stop,
        SIGCONT => Property::Continue,
        SIGURG | SIGCHLD | SIGIO | SIGWINCH | SIGINFO | SIGTHR => Property::Ignore,
        _ => Property::Kill,
    }
}

/// `SIGISMEMBER`.
pub fn is_member(set: &sigset_t, signo: c_int) -> bool {
    let bit = signo as usize - 1;
    set.__bits[bit / 32] & 1 << (bit % 32) != 0
}

/// `SIGADDSET`.
pub fn add(set: &mut sigset_t, signo: c_int) {
    let bit = signo as usize - 1;
    set.__bits[bit / 32] |= 1 << (bit % 32);
}

/// `SIGDELSET`.
pub fn delete(set: &mut sigset_t, signo: c_int) {
    let bit = signo as usize - 1;
    set.__bits[bit / 32] &= !(1 << (bit % 32));
}

/// The lowest signal of a set.
pub fn first(set: &sigset_t) -> Option<c_int> {
    (1..=128).find(|&signo| is_member(set, signo))
}

/// Signals that stop.
pub const STOPS: [u32; 4] = [SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU];

/// Takes all stop signals out of a set.
pub fn delete_stops(set: &mut sigset_t) {
    for stop in STOPS {
        delete(set, stop as c_int);
    }
}

/// Signal actions of a process without handlers.
pub fn sigacts_alloc() -> *mut sigacts {
    // SAFETY: zeroes are SIG_DFL and empty sets.
    let mut acts: Box<sigacts> = unsafe { Box::new(core::mem::zeroed()) };
    for signo in 1..=128 {
        if property(signo) == Property::Ignore {
            add(&mut acts.ps_sigignore, signo);
        }
    }
    let acts = Box::into_raw(acts);
    // SAFETY: fresh memory.
    unsafe { mtx_init(&raw mut (*acts).ps_mtx, c"sigacts", MTX_DEF) };
    acts
}

/// A copy for a child.
///
/// # Safety
/// `from` is valid.
pub unsafe fn sigacts_copy(from: *mut sigacts) -> *mut sigacts {
    let to = sigacts_alloc();
    // SAFETY: both are valid, `to` is nobody else's.
    unsafe {
        mtx_lock(&raw mut (*from).ps_mtx);
        (*to).ps_sigintr = (*from).ps_sigintr;
        (*to).ps_sigignore = (*from).ps_sigignore;
        (*to).ps_sigcatch = (*from).ps_sigcatch;
        mtx_unlock(&raw mut (*from).ps_mtx);
    }
    to
}

/// Releases what [`sigacts_alloc`] made.
///
/// # Safety
/// Nobody uses `acts` any more.
pub unsafe fn sigacts_free(acts: *mut sigacts) {
    // SAFETY: by contract.
    unsafe {
        mtx_destroy(&raw mut (*acts).ps_mtx);
        drop(Box::from_raw(acts));
    }
}

/// An exec resets caught signals.  Process lock.
///
/// # Safety
/// `p` is the current process.
pub unsafe fn execsigs(p: *mut proc_) {
    // SAFETY: by contract.
    unsafe {
        let acts = (*p).p_sigacts;
        mtx_lock(&raw mut (*acts).ps_mtx);
        (*acts).ps_sigcatch = empty();
        (*acts).ps_sigintr = empty();
        mtx_unlock(&raw mut (*acts).ps_mtx);
    }
}

/// The empty set.
pub fn empty() -> sigset_t {
    sigset_t { __bits: [0; 4] }
}
