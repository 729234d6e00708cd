//! `LIST` of `queue(3)`, for the chains of the thread hash.
//!
//! Links to the next thread may be read without the chain's lock, so that they
//! are read and written atomically: one that is read is followed, and what was
//! written before it was put there is seen.  Links back are the writers' own.
//!
//! Under `INVARIANTS` the links are checked as C's macros check them.

use super::sys;
use core::sync::atomic::{AtomicPtr, Ordering};

/// Head of a chain of threads linked through `td_hash`: `struct tidhashhead`.
#[repr(C)]
pub struct Head {
    /// The first thread, or NULL.
    pub lh_first: *mut sys::thread,
}

/// What a link points at.
///
/// # Safety
///
/// A `lh_first` or `le_next` of a structure that is never unmapped.
#[inline(always)]
unsafe fn follow(link: *mut *mut sys::thread) -> *mut sys::thread {
    // SAFETY: a pointer that everybody accesses atomically.
    unsafe { AtomicPtr::from_ptr(link) }.load(Ordering::Acquire)
}

/// Makes a link point elsewhere.
///
/// A plain store in machine code.  Who reads links without the chain's lock
/// wants what was written before to be seen with it: that is the care of the
/// writer, who has a fence for all of his links.
///
/// # Safety
///
/// The link's chain is locked exclusively.
#[inline(always)]
unsafe fn point(link: *mut *mut sys::thread, to: *mut sys::thread) {
    // SAFETY: as in `follow`.
    unsafe { AtomicPtr::from_ptr(link) }.store(to, Ordering::Relaxed)
}

/// `LIST_FIRST(head)`.
///
/// # Safety
///
/// A head that is never unmapped.
#[inline(always)]
pub unsafe fn first(head: *mut Head) -> *mut sys::thread {
    // SAFETY: by the caller's contract.
    unsafe { follow(&raw mut (*head).lh_first) }
}

/// `LIST_NEXT(td, td_hash)`.
///
/// # Safety
///
/// A thread; if it is on no chain any more, what is returned means nothing.
#[inline(always)]
pub unsafe fn next(td: *mut sys::thread) -> *mut sys::thread {
    // SAFETY: threads are never unmapped.
    unsafe { follow(&raw mut (*td).td_hash.le_next) }
}

/// `LIST_INSERT_HEAD(head, td, td_hash)`.
///
/// # Safety
///
/// The chain's lock is held exclusively, and `td` is on no chain.
#[inline(always)]
pub unsafe fn insert_head(head: *mut Head, td: *mut sys::thread) {
    // SAFETY: the lock makes head and every thread on the chain ours.
    unsafe {
        let first = (*head).lh_first;
        crate::kassert!(
            first.is_null() || (*first).td_hash.le_prev == &raw mut (*head).lh_first,
            c"Bad list head %p first->prev != head",
            head
        );
        point(&raw mut (*td).td_hash.le_next, first);
        if !first.is_null() {
            (*first).td_hash.le_prev = &raw mut (*td).td_hash.le_next;
        }
        point(&raw mut (*head).lh_first, td);
        (*td).td_hash.le_prev = &raw mut (*head).lh_first;
    }
}

/// `LIST_REMOVE(td, td_hash)`.
///
/// The thread keeps its link to the next one.
///
/// # Safety
///
/// The chain's lock is held exclusively, and `td` is on that chain.
#[inline(always)]
pub unsafe fn remove(td: *mut sys::thread) {
    // SAFETY: the lock makes every thread on the chain ours.
    unsafe {
        let next = (*td).td_hash.le_next;
        let prev = (*td).td_hash.le_prev;
        crate::kassert!(
            next.is_null() || (*next).td_hash.le_prev == &raw mut (*td).td_hash.le_next,
            c"Bad link elm %p next->prev != elm",
            td
        );
        crate::kassert!(*prev == td, c"Bad link elm %p prev->next != elm", td);
        if !next.is_null() {
            (*next).td_hash.le_prev = prev;
        }
        point(prev, next);
        #[cfg(QUEUE_MACRO_DEBUG_TRASH)]
        {
            point(&raw mut (*td).td_hash.le_next, super::tailq::TRASH.cast());
            (*td).td_hash.le_prev = super::tailq::TRASH.cast();
        }
    }
}

#[cfg(test)]
mod tests;
