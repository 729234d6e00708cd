//! Thread ids: which are in use, and the next one.
//!
//! An id is handed out next-fit: the search starts behind the id given last
//! and wraps, so that a freed id rests for as long as there are others, and
//! a stale id seldom names a new thread.
//!
//! Guarded by `tid_lock`, a sleep mutex that is held over nothing else.
//! Ports `tid_alloc`, `tid_free_locked`, `tid_free` and `tid_free_batch`
//! (reference lines 152-153, 229-288).

use crate::count;
use crate::here;
use crate::kpi::cell::{CacheLine, Global};
use crate::kpi::mutex::Mutex;
#[cfg(INVARIANTS)]
use crate::kpi::mutex::Owned;
use crate::kpi::sys;
use crate::records;
use crate::tid_bitmap::{IdBitmap, TidBitmap, TidSlot};
use crate::{kassert, kpanic};
use core::ffi::c_int;
use core::mem::MaybeUninit;

/// The id of a thread, unique among threads and above all process ids; -1 in
/// the structure of a freed thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
#[doc(alias = "lwpid_t")]
pub struct Lwpid(pub sys::lwpid_t);

impl Lwpid {
    /// What a freed thread has for an id.
    pub const NONE: Self = Self(-1);

    /// thread0's id.
    #[doc(alias = "THREAD0_TID")]
    pub const THREAD0: Self = Self(sys::KT_THREAD0_TID);

    /// The first id: ids begin where process ids end.
    const BASE: sys::lwpid_t = sys::KT_NO_PID;

    /// The id of a slot of the bitmap.
    #[inline(always)]
    const fn from_slot(slot: TidSlot) -> Self {
        Self(slot.0.wrapping_add(Self::BASE))
    }

    /// The slot of an id of a thread.
    #[inline(always)]
    const fn slot(self) -> TidSlot {
        TidSlot(self.0.wrapping_sub(Self::BASE))
    }
}

/// Which ids are in use, and where the search begins.
struct Ids {
    map: TidBitmap,
    try_next: TidSlot,
}

/// Guards [`IDS`].
#[unsafe(link_section = ".data.exclusive_cache_line")]
static TID_LOCK: CacheLine<MaybeUninit<sys::mtx>> = CacheLine::new(MaybeUninit::zeroed());

/// Guarded by [`TID_LOCK`].
static IDS: Global<Ids> = Global::new(Ids {
    map: TidBitmap::EMPTY,
    try_next: TidSlot(0),
});

/// The lock's handle.
#[inline(always)]
fn tid_lock() -> Mutex {
    // SAFETY: a static; initialised before the first thread is counted.
    unsafe { Mutex::from_raw(TID_LOCK.get().cast()) }
}

/// Makes lock and bitmap for `maxthread` ids, all free.
///
/// # Safety
///
/// Called once, at boot, before any other function of this module.
pub unsafe fn init(maxthread: c_int) {
    let len = maxthread as usize;
    // SAFETY: the lock is zeroed and unused; M_TIDHASH is registered by then;
    // M_WAITOK never fails, and M_ZERO clears every bit.
    unsafe {
        tid_lock().init(c"TID lock");
        let words = sys::malloc(
            TidBitmap::bytes(len),
            records::malloc_type(),
            (sys::M_WAITOK | sys::M_ZERO) as c_int,
        );
        (*IDS.get()).map = TidBitmap::from_raw(words.cast(), len);
    }
}

/// Takes the next free id.
///
/// There is one: the caller has counted the thread, and the limit on threads
/// is the number of ids.  Takes and drops `tid_lock`; may sleep.
#[doc(alias = "tid_alloc")]
pub fn alloc() -> Lwpid {
    tid_lock().lock(here!());
    // SAFETY: the lock is held.
    let ids = unsafe { &mut *IDS.get() };
    // Read again, as in C: who lowers it under a debugger has lower ids at once.
    let end = TidSlot(count::maxthread());
    let start = if ids.try_next >= end {
        TidSlot(0)
    } else {
        ids.try_next
    };
    let slot = match ids.map.first_clear_from(start, end) {
        Some(slot) => slot,
        None => {
            kassert!(start != TidSlot(0), c"unexpectedly ran out of IDs");
            match ids.map.first_clear_from(TidSlot(0), end) {
                Some(slot) => slot,
                // In C an assertion; without one it goes through a wild
                // address at once.
                None => kpanic!(c"unexpectedly ran out of IDs"),
            }
        }
    };
    // SAFETY: the search finds slots below the length.
    unsafe { ids.map.set(slot) }
    ids.try_next = TidSlot(slot.0 + 1);
    // SAFETY: taken above; `ids` is not used again.
    unsafe { tid_lock().unlock(here!()) }
    Lwpid::from_slot(slot)
}

/// Takes an id back; `tid_lock` is held.
///
/// # Safety
///
/// The id is in use.
#[inline(always)]
#[doc(alias = "tid_free_locked")]
unsafe fn free_locked(ids: &mut Ids, tid: Lwpid) {
    #[cfg(INVARIANTS)]
    tid_lock().assert(Owned::Yes, here!());
    kassert!(
        tid.0 >= Lwpid::BASE,
        c"%s: invalid tid %d\n",
        c"tid_free_locked".as_ptr(),
        tid.0
    );
    // SAFETY: an id in use has a slot below the length.
    unsafe {
        kassert!(
            ids.map.test(tid.slot()),
            c"thread ID %d not allocated\n",
            tid.0
        );
        ids.map.clear(tid.slot());
    }
}

/// Takes an id back.  Takes and drops `tid_lock`; may sleep.
///
/// # Safety
///
/// The id is in use, and nobody will use it any more.
#[doc(alias = "tid_free")]
pub unsafe fn free(tid: Lwpid) {
    tid_lock().lock(here!());
    // SAFETY: the lock is held; the rest by the caller's contract.
    unsafe {
        free_locked(&mut *IDS.get(), tid);
        tid_lock().unlock(here!());
    }
}

/// Takes some ids back under one hold of `tid_lock`; may sleep.
///
/// # Safety
///
/// The ids are in use, and nobody will use them any more.
#[doc(alias = "tid_free_batch")]
pub unsafe fn free_batch(batch: &[Lwpid]) {
    tid_lock().lock(here!());
    // SAFETY: the lock is held.
    let ids = unsafe { &mut *IDS.get() };
    for &tid in batch {
        // SAFETY: by the caller's contract.
        unsafe { free_locked(ids, tid) }
    }
    // SAFETY: taken above; `ids` is not used again.
    unsafe { tid_lock().unlock(here!()) }
}

/// Claims thread0's id, the first one.
///
/// Panics, as C does, if it is another.
pub fn claim_thread0() {
    let tid0 = alloc();
    if tid0 != Lwpid::THREAD0 {
        kpanic!(c"tid0 %d != %d\n", tid0.0, Lwpid::THREAD0.0);
    }
}

#[cfg(test)]
pub(crate) mod tests;
