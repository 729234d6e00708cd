//! Credentials and limits of a thread: references to the process's, taken
//! when the thread is made and renewed when it next enters the kernel after
//! they changed (copy on write, with `p_cowgen` as generation).
//!
//! Ports `thread_cow_get_proc` to `thread_cow_synced` (reference lines
//! 858-920).

use crate::here;
use crate::kpi::seldom::seldom;
use crate::kpi::{frame, sys};
use crate::locks::ProcLocked;
use crate::mpass;
use crate::thread::Thread;

/// Gives a new thread credentials, limits and their generation.
///
/// # Safety
///
/// `cred` and `limit` can't go away meanwhile, nor the generation change;
/// `newtd` is the caller's alone.
#[inline(always)]
unsafe fn share(newtd: Thread, cred: *mut sys::ucred, limit: *mut sys::plimit, cowgen: sys::u_int) {
    // SAFETY: by the caller's contract.
    unsafe {
        let new = newtd.as_ptr();
        (*new).td_realucred = sys::crcowget(cred);
        (*new).td_ucred = (*new).td_realucred;
        (*new).td_limit = sys::lim_hold(limit);
        (*new).td_cowgen = cowgen;
    }
}

/// Gives a new thread what its process has: the first thread of a process.
///
/// # Safety
///
/// `newtd` is the caller's alone.
#[doc(alias = "thread_cow_get_proc")]
pub unsafe fn get_from_proc(newtd: Thread, pl: &ProcLocked) {
    pl.assert_owned(here!());
    let p = pl.proc().as_ptr();
    // SAFETY: the process lock keeps credentials and limits where they are.
    unsafe { share(newtd, (*p).p_ucred, (*p).p_limit, pl.cowgen()) }
}

/// Gives a new thread what the thread that makes it has, even if the process
/// has gone on: the new thread catches up by itself.
///
/// # Safety
///
/// `newtd` is the caller's alone; `td` is the current thread, with no
/// temporary credentials.
#[doc(alias = "thread_cow_get")]
pub unsafe fn get(newtd: Thread, td: Thread) {
    // SAFETY: the current thread's references keep both alive.
    unsafe {
        let old = td.as_ptr();
        mpass!(
            (*old).td_realucred == (*old).td_ucred,
            c"td->td_realucred == td->td_ucred"
        );
        share(
            newtd,
            (*old).td_realucred,
            (*old).td_limit,
            (*old).td_cowgen,
        );
    }
}

/// Gives a thread's references back, if it has any.
///
/// # Safety
///
/// The thread is dead or was never linked.  Not to be called twice: the
/// pointer to the limits stays.
#[doc(alias = "thread_cow_free")]
pub unsafe fn free(td: Thread) {
    // SAFETY: by the caller's contract.
    unsafe {
        let raw = td.as_ptr();
        if !(*raw).td_realucred.is_null() {
            sys::crcowfree(raw);
        }
        if !(*raw).td_limit.is_null() {
            sys::lim_free((*raw).td_limit);
        }
    }
}

/// Has the current thread catch up with its process.
///
/// Takes and drops the process lock; what was the last reference is freed
/// after that, since freeing may sleep.
///
/// # Safety
///
/// `td` is the current thread, and no locks are held.
#[doc(alias = "thread_cow_update")]
pub unsafe fn update(td: Thread) {
    let pl = td.proc().lock(here!());
    // SAFETY: both work on the current thread, whose process lock is held.
    let (old_cred, old_limit) = unsafe { (sys::crcowsync(), sys::lim_cowsync()) };
    // SAFETY: the current thread's own field.
    unsafe { (*td.as_ptr()).td_cowgen = pl.cowgen() }
    if old_cred.is_null() && old_limit.is_null() {
        pl.unlock(here!());
    } else {
        seldom();
        // SAFETY: references that were handed to us.
        unsafe { give_back(pl, old_cred, old_limit) }
    }
    frame::keep();
}

/// Gives up the process lock, and after it the references that a thread had before
/// it caught up; either may be NULL.
///
/// Out of line, so that [`update`] has next to nothing to keep in registers.
///
/// # Safety
///
/// The references are the caller's, and end here.
#[inline(never)]
unsafe fn give_back(pl: ProcLocked, cred: *mut sys::ucred, limit: *mut sys::plimit) {
    pl.unlock(here!());
    // SAFETY: by the caller's contract.
    unsafe {
        if !cred.is_null() {
            sys::crfree(cred);
        }
        if !limit.is_null() {
            sys::lim_free(limit);
        }
    }
}

/// Notes that a thread has what its process has, without looking again.
///
/// # Safety
///
/// `td` is the current thread and has just made the only change.
#[doc(alias = "thread_cow_synced")]
pub unsafe fn synced(td: Thread, pl: &ProcLocked) {
    pl.assert_owned(here!());
    // SAFETY: the current thread's own fields, and the process lock.
    unsafe {
        let raw = td.as_ptr();
        #[cfg(INVARIANTS)]
        {
            let p = pl.proc().as_ptr();
            mpass!(
                (*raw).td_cowgen != (*p).p_cowgen,
                c"td->td_cowgen != p->p_cowgen"
            );
            mpass!(
                (*raw).td_ucred == (*p).p_ucred,
                c"td->td_ucred == p->p_ucred"
            );
            mpass!(
                (*raw).td_limit == (*p).p_limit,
                c"td->td_limit == p->p_limit"
            );
        }
        (*raw).td_cowgen = pl.cowgen();
    }
}

#[cfg(test)]
mod tests;
