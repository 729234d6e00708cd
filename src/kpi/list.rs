//! `LIST` of `queue(3)`, for the chains of the thread hash.
//!
//! Under `INVARIANTS` the links are checked as C's macros check them.

use super::sys;

/// Head of a chain of threads linked through `td_hash`: `struct tidhashhead`.
#[repr(C)]
pub struct Head {
    /// The first thread, or NULL.
    pub lh_first: *mut sys::thread,
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
        (*td).td_hash.le_next = first;
        if !first.is_null() {
            (*first).td_hash.le_prev = &raw mut (*td).td_hash.le_next;
        }
        (*head).lh_first = td;
        (*td).td_hash.le_prev = &raw mut (*head).lh_first;
    }
}

/// `LIST_REMOVE(td, td_hash)`.
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
        *prev = next;
        #[cfg(QUEUE_MACRO_DEBUG_TRASH)]
        {
            (*td).td_hash.le_next = super::tailq::TRASH.cast();
            (*td).td_hash.le_prev = super::tailq::TRASH.cast();
        }
    }
}

#[cfg(test)]
mod tests;
