//! The count apart from the ids: an atomic variable.
//!
//! It is raised first and lowered again when that was too much, so that it needs
//! no lock; threads that are refused count for others meanwhile.
//!
//! Ports `thread_count_inc_try`, `thread_count_sub` and `thread_count_dec`
//! (reference lines 161, 175-190, 214-227), and the order in which their callers
//! give ids and counts back.

use super::{is_reserved, is_too_many, may_use_reserve};
use crate::here;
use crate::kpi::cell::CacheLine;
use crate::tid::{self, IdsLocked, Lwpid};
use core::ffi::c_int;
use core::sync::atomic::{AtomicI32, Ordering};

/// Threads counted; atomic.
#[unsafe(link_section = ".data.exclusive_cache_line")]
static NTHREADS: CacheLine<c_int> = CacheLine::new(0);

/// The counter, for atomic access.
#[inline(always)]
pub(super) fn nthreads() -> &'static AtomicI32 {
    // SAFETY: only ever accessed atomically.
    unsafe { AtomicI32::from_ptr(NTHREADS.get()) }
}

/// Counts a thread if the limit, or the reserve, allows it.
#[doc(alias = "thread_count_inc_try")]
fn try_inc() -> bool {
    let count = nthreads().fetch_add(1, Ordering::Relaxed).wrapping_add(1);
    if is_reserved(count) && (!may_use_reserve() || is_too_many(count)) {
        sub(1);
        return false;
    }
    true
}

/// Counts a thread, if there is room, and takes an id for it.
#[inline(never)]
pub(super) fn try_admit() -> Option<Lwpid> {
    try_inc().then(tid::alloc)
}

/// One function is enough.
pub(super) use self::try_admit as try_admit_seldom;

/// Uncounts a thread and takes its id back.
///
/// # Safety
///
/// The id is in use, and nobody will use it any more.
#[doc(alias = "tid_free")]
#[doc(alias = "thread_count_dec")]
pub unsafe fn leave(tid: Lwpid) {
    // SAFETY: by the caller's contract.
    unsafe { leave_batch(&[tid]) }
    sub(1);
}

/// Takes ids back under one hold of their lock; their threads stay counted.
///
/// # Safety
///
/// The ids are in use, and nobody will use them any more.
#[doc(alias = "tid_free_batch")]
pub unsafe fn leave_batch(batch: &[Lwpid]) {
    let mut ids = IdsLocked::lock(here!());
    for &tid in batch {
        // SAFETY: by the caller's contract.
        unsafe { ids.give_back(tid) }
    }
    ids.unlock(here!());
}

/// Uncounts `n` threads.
#[inline(always)]
#[doc(alias = "thread_count_sub")]
pub fn sub(n: c_int) {
    nthreads().fetch_sub(n, Ordering::Relaxed);
}
