//! `TAILQ` of `queue(3)`, for the list of a process's threads.
//!
//! Under `INVARIANTS` the links are checked as C's macros check them.

use super::sys;

/// What the links of a removed element hold where the kernel wants to find
/// uses of them: `TRASHIT`.
#[cfg(QUEUE_MACRO_DEBUG_TRASH)]
#[doc(alias = "TRASHIT")]
pub const TRASH: *mut core::ffi::c_void = core::ptr::without_provenance_mut(usize::MAX);

/// `TAILQ_INIT(&p->p_threads)`.
///
/// # Safety
///
/// `p` is a process that nobody else sees yet.
#[inline(always)]
pub unsafe fn init(p: *mut sys::proc_) {
    // SAFETY: by the caller's contract the list is ours alone.
    unsafe {
        let head = &raw mut (*p).p_threads;
        (*head).tqh_first = core::ptr::null_mut();
        (*head).tqh_last = &raw mut (*head).tqh_first;
    }
}

/// `TAILQ_INSERT_TAIL(&p->p_threads, td, td_plist)`.
///
/// # Safety
///
/// The process lock is held, or nobody else sees the process yet; `td` is on
/// no process's list.
#[inline(always)]
pub unsafe fn insert_tail(p: *mut sys::proc_, td: *mut sys::thread) {
    // SAFETY: by the caller's contract the list and its threads' links are
    // ours to change.
    unsafe {
        let head = &raw mut (*p).p_threads;
        let last = (*head).tqh_last;
        crate::kassert!(
            (*last).is_null(),
            c"Bad tailq NEXT(%p->tqh_last) != NULL",
            head
        );
        (*td).td_plist.tqe_next = core::ptr::null_mut();
        (*td).td_plist.tqe_prev = last;
        *last = td;
        (*head).tqh_last = &raw mut (*td).td_plist.tqe_next;
    }
}

/// `TAILQ_REMOVE(&p->p_threads, td, td_plist)`.
///
/// # Safety
///
/// The process lock is held and `td` is on the process's list.
#[inline(always)]
pub unsafe fn remove(p: *mut sys::proc_, td: *mut sys::thread) {
    // SAFETY: by the caller's contract the list and its threads' links are
    // ours to change.
    unsafe {
        let next = (*td).td_plist.tqe_next;
        let prev = (*td).td_plist.tqe_prev;
        crate::kassert!(
            next.is_null() || (*next).td_plist.tqe_prev == &raw mut (*td).td_plist.tqe_next,
            c"Bad link elm %p next->prev != elm",
            td
        );
        crate::kassert!(*prev == td, c"Bad link elm %p prev->next != elm", td);
        if next.is_null() {
            (*p).p_threads.tqh_last = prev;
        } else {
            (*next).td_plist.tqe_prev = prev;
        }
        *prev = next;
        #[cfg(QUEUE_MACRO_DEBUG_TRASH)]
        {
            (*td).td_plist.tqe_next = TRASH.cast();
            (*td).td_plist.tqe_prev = TRASH.cast();
        }
    }
}

#[cfg(test)]
mod tests;
