//! The count beside the ids: guarded by their lock.
//!
//! Who counts a thread takes an id for it, and who uncounts one gives an id back,
//! so both are done under one hold of the lock that the id needs anyway, and an
//! atomic instruction on another line of memory is saved each time.
//!
//! # Who can tell
//!
//! What the count decides is the same.  A thread is refused if and only if so many
//! are counted at one moment of the call.  In the C file that is the moment of an
//! atomic addition; here it is a look without the lock, for a refusal, or the
//! moment at which the lock is held, for an admission.  The C file counts a thread
//! that it is about to refuse, for a moment, and may refuse others because of
//! that; here what is refused was never counted, and what is admitted counts from
//! the admission on, not while privileges are asked for.  So each outcome is one
//! that the C file has, too, for some order of the same calls.
//!
//! While many threads are reaped the count goes down with their ids, 16 at a time,
//! in the C file 32 at a time and after all else: whoever waits for room gets it
//! sooner, never later
//! (docs/divergences.md).
//!
//! Privileges are asked for as often as in C, and with no lock held, before the
//! id is taken: so the calls are those of C, in C's order.  Only if others come in
//! between the look and the lock are they asked for after a hold of the lock in
//! vain.

use super::{is_reserved, is_too_many, maxthread, may_use_reserve};
use crate::here;
use crate::kpi::seldom::seldom;
use crate::tid::{self, IdsLocked, Lwpid};
use core::ffi::c_int;
use core::sync::atomic::{AtomicI32, Ordering};

/// The limit under which anybody may have the next thread, or [`NO_ROOM`].
///
/// Written under the ids' lock, and seldom; looked at without it, to ask for
/// privileges before the lock is taken.  The count itself would do, but it is
/// written all the time: who looks at it takes its line of memory away from who
/// has the lock.  It is a limit and no flag because `kern.maxthread` may change
/// under a debugger: then it says nothing any more.  In memory it lies among what
/// is written at boot alone.
pub(super) static ROOM_UNDER: AtomicI32 = AtomicI32::new(NO_ROOM);

/// The next thread is one of the last ones, which are the superuser's, whatever
/// the limit: it is no limit's value.
pub(super) const NO_ROOM: c_int = c_int::MIN;

/// Notes whether there is room under the limit, now that there are so many threads.
#[inline(always)]
fn note_room(_ids: &IdsLocked, count: c_int) {
    let room_under = match is_reserved(count.wrapping_add(1)) {
        true => NO_ROOM,
        false => maxthread(),
    };
    if ROOM_UNDER.load(Ordering::Relaxed) != room_under {
        set_room(room_under);
    }
}

/// [`note_room`], where something changes.
#[cold]
#[inline(never)]
fn set_room(room_under: c_int) {
    ROOM_UNDER.store(room_under, Ordering::Relaxed);
}

/// Counts a thread, if there is room, and takes an id for it.
#[inline(always)]
#[doc(alias = "thread_count_inc_try")]
pub(super) fn try_admit() -> Option<Lwpid> {
    if ROOM_UNDER.load(Ordering::Relaxed) == maxthread() {
        let tid = admit(false);
        if tid.is_some() {
            return tid;
        }
        // Others were faster.
    }
    seldom();
    try_admit_seldom()
}

/// The same for one of the last threads, after others were reaped, and at boot:
/// asks for privileges if they are needed.
#[inline(never)]
pub(super) fn try_admit_seldom() -> Option<Lwpid> {
    let count = tid::threads_lately().wrapping_add(1);
    let mut privileged = is_reserved(count);
    if privileged && (!may_use_reserve() || is_too_many(count)) {
        return None;
    }
    loop {
        let tid = admit(privileged);
        if tid.is_some() || privileged || !may_use_reserve() {
            return tid;
        }
        // Others were faster, up to the reserve.
        privileged = true;
    }
}

/// Counts a thread, if there still is room, and takes an id for it; takes and
/// drops the ids' lock.
#[inline(always)]
fn admit(may_use_reserve: bool) -> Option<Lwpid> {
    let mut ids = IdsLocked::lock(here!());
    let count = ids.threads().wrapping_add(1);
    let mut tid = None;
    if !is_reserved(count) || (may_use_reserve && !is_too_many(count)) {
        ids.set_threads(count);
        note_room(&ids, count);
        tid = Some(ids.take());
    }
    ids.unlock(here!());
    tid
}

/// Uncounts so many threads.
#[inline(always)]
fn uncount(ids: &mut IdsLocked, n: c_int) {
    let count = ids.threads().wrapping_sub(n);
    ids.set_threads(count);
    note_room(ids, count);
}

/// Uncounts a thread and takes its id back.
///
/// # Safety
///
/// The id is in use, and nobody will use it any more.
#[doc(alias = "tid_free")]
#[doc(alias = "thread_count_dec")]
pub unsafe fn leave(tid: Lwpid) {
    let mut ids = IdsLocked::lock(here!());
    // SAFETY: by the caller's contract.
    unsafe { ids.give_back_one(tid) }
    uncount(&mut ids, 1);
    ids.unlock(here!());
}

/// Uncounts some threads and takes their ids back under one hold of the lock.
///
/// # Safety
///
/// The ids are in use, and nobody will use them any more.
#[doc(alias = "tid_free_batch")]
#[doc(alias = "thread_count_sub")]
pub unsafe fn leave_batch(batch: &[Lwpid]) {
    let mut ids = IdsLocked::lock(here!());
    // SAFETY: by the caller's contract.
    unsafe { ids.give_back_all(batch) }
    uncount(&mut ids, batch.len() as c_int);
    ids.unlock(here!());
}
