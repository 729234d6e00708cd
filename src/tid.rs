//! Thread ids: which are in use, and the next one.
//!
//! An id is handed out next-fit: the search starts behind the id given last
//! and wraps, so that a freed id rests for as long as there are others, and
//! a stale id seldom names a new thread.
//!
//! Guarded by `tid_lock`, a sleep mutex that is held over nothing else:
//! [`IdsLocked`] is the token.  Ports `tid_alloc` and `tid_free_locked` (reference
//! lines 152-153, 229-288); `tid_free` and `tid_free_batch` are in [`crate::count`],
//! beside what uncounts a thread.

#[cfg(not(feature = "c-algorithms"))]
mod ahead;

#[cfg(not(feature = "c-algorithms"))]
use self::ahead::Ahead;
use crate::count;
use crate::here;
use crate::kpi::cell::{CacheLine, Global};
use crate::kpi::mutex::Mutex;
#[cfg(INVARIANTS)]
use crate::kpi::mutex::Owned;
use crate::kpi::site::Site;
use crate::kpi::sys;
use crate::records;
use crate::tid_bitmap::{IdBitmap, TidBitmap, TidSlot};
use crate::{kassert, kpanic};
use core::ffi::c_int;
use core::hint::black_box;
use core::mem::MaybeUninit;
#[cfg(not(feature = "c-algorithms"))]
use core::sync::atomic::{AtomicI32, Ordering};

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

/// Where the search for an id begins, and how many threads there are.
struct Ids {
    try_next: TidSlot,
    #[cfg(not(feature = "c-algorithms"))]
    ahead: Ahead,
    /// The threads counted: see [`crate::count`].  Written under the lock, and
    /// looked at without it.
    #[cfg(not(feature = "c-algorithms"))]
    threads: c_int,
}

/// No id has been given.
const NO_IDS: Ids = Ids {
    try_next: TidSlot(0),
    #[cfg(not(feature = "c-algorithms"))]
    ahead: Ahead::UNKNOWN,
    #[cfg(not(feature = "c-algorithms"))]
    threads: 0,
};

/// Which ids are in use.  Where the bits are is constant after boot; the bits are
/// guarded by [`TID_LOCK`].
static MAP: Global<TidBitmap> = Global::new(TidBitmap::EMPTY);

/// Guards [`IDS`], and the bits of [`MAP`].
#[unsafe(link_section = ".data.exclusive_cache_line")]
static TID_LOCK: CacheLine<MaybeUninit<sys::mtx>> = CacheLine::new(MaybeUninit::zeroed());

/// Guarded by [`TID_LOCK`].
#[cfg(feature = "c-algorithms")]
static IDS: Global<Ids> = Global::new(NO_IDS);

/// Guarded by [`TID_LOCK`], and all that whoever has it writes besides the
/// bitmap: a line of its own, so that those who wait for the lock do not take it
/// away.
#[cfg(not(feature = "c-algorithms"))]
#[unsafe(link_section = ".data.exclusive_cache_line")]
static IDS: CacheLine<Ids> = CacheLine::new(NO_IDS);

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
        // The compiler is not to see who else has the address: it would take the
        // static apart, and the line with it.
        black_box(IDS.get());
        *MAP.get() = TidBitmap::from_raw(words.cast(), len);
    }
}

/// `tid_lock` is held by the current thread.
#[must_use = "the ids' lock stays held"]
pub struct IdsLocked(());

impl IdsLocked {
    /// Takes `tid_lock`; may sleep.
    #[inline(always)]
    pub fn lock(site: Site) -> Self {
        tid_lock().lock(site);
        Self(())
    }

    /// Drops `tid_lock`.
    #[inline(always)]
    pub fn unlock(self, site: Site) {
        // SAFETY: the token is the lock, and ends here.
        unsafe { tid_lock().unlock(site) }
    }

    /// The map of ids.
    #[inline(always)]
    fn map(&mut self) -> &mut TidBitmap {
        // SAFETY: the token is the lock that guards it.
        unsafe { &mut *MAP.get() }
    }

    /// Where the search begins that ends at `end`.
    #[inline(always)]
    fn start(&self, end: TidSlot) -> TidSlot {
        // SAFETY: the token is the lock that guards it.
        let try_next = unsafe { (*IDS.get()).try_next };
        if try_next >= end {
            TidSlot(0)
        } else {
            try_next
        }
    }

    /// The next free slot, if there is one.
    #[cfg_attr(feature = "c-algorithms", inline(always))]
    #[cfg_attr(not(feature = "c-algorithms"), inline(never))]
    fn search(&mut self, end: TidSlot) -> Option<TidSlot> {
        let start = self.start(end);
        let map = self.map();
        map.first_clear_from(start, end)
            .or_else(|| map.first_clear_from(TidSlot(0), end))
    }

    /// Takes the next free id.
    ///
    /// There is one: the caller has counted the thread, and the limit on
    /// threads is the number of ids.
    #[inline(always)]
    pub fn take(&mut self) -> Lwpid {
        // Read again, as in C: who lowers it under a debugger has lower ids at
        // once.
        let end = TidSlot(count::maxthread());
        #[cfg(not(feature = "c-algorithms"))]
        let known = self.ahead().get(end);
        #[cfg(feature = "c-algorithms")]
        let known = None;
        let slot = match known.or_else(|| self.search(end)) {
            Some(slot) => slot,
            // In C an assertion; without one it goes through a wild address at
            // once.
            None => kpanic!(c"unexpectedly ran out of IDs"),
        };
        #[cfg(not(feature = "c-algorithms"))]
        self.ahead().forget();
        // SAFETY: the search finds slots below the length; the token.
        unsafe {
            self.map().set(slot);
            (*IDS.get()).try_next = TidSlot(slot.0 + 1);
        }
        Lwpid::from_slot(slot)
    }

    /// Is this an id that can be taken back?
    #[inline(always)]
    #[cfg_attr(not(INVARIANTS), expect(unused_variables))]
    fn assert_in_use(&mut self, tid: Lwpid) {
        #[cfg(INVARIANTS)]
        tid_lock().assert(Owned::Yes, here!());
        kassert!(
            tid.0 >= Lwpid::BASE,
            c"%s: invalid tid %d\n",
            c"tid_free_locked".as_ptr(),
            tid.0
        );
        kassert!(
            // SAFETY: an id above the last one is a caller's error, as in C.
            unsafe { self.map().test(tid.slot()) },
            c"thread ID %d not allocated\n",
            tid.0
        );
    }

    /// Takes an id back.
    ///
    /// # Safety
    ///
    /// The id is in use, and nobody will use it any more.
    #[inline(always)]
    #[doc(alias = "tid_free_locked")]
    pub unsafe fn give_back(&mut self, tid: Lwpid) {
        self.assert_in_use(tid);
        // SAFETY: an id in use has a slot below the length.
        unsafe { self.map().clear(tid.slot()) }
    }
}

/// The threads counted, for whoever has the lock to write.
#[cfg(not(feature = "c-algorithms"))]
fn threads() -> &'static AtomicI32 {
    // SAFETY: of a static, and only ever accessed atomically.
    unsafe { AtomicI32::from_ptr(&raw mut (*IDS.get()).threads) }
}

/// The threads counted, as they were a moment ago.
#[inline(always)]
#[cfg(not(feature = "c-algorithms"))]
pub fn threads_lately() -> c_int {
    threads().load(Ordering::Relaxed)
}

#[cfg(not(feature = "c-algorithms"))]
impl IdsLocked {
    /// The next free id, if it is known.
    #[inline(always)]
    fn ahead(&mut self) -> &mut Ahead {
        // SAFETY: the token is the lock that guards it.
        unsafe { &mut (*IDS.get()).ahead }
    }

    /// [`IdsLocked::give_back`] of one id, after which the next one is known.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(always)]
    pub unsafe fn give_back_one(&mut self, tid: Lwpid) {
        // SAFETY: by the caller's contract.
        unsafe { self.give_back(tid) }
        let end = TidSlot(count::maxthread());
        if self.ahead().get(end).is_some() {
            let start = self.start(end);
            self.ahead().freed(tid.slot(), start);
        } else {
            self.look_ahead(end);
        }
    }

    /// [`IdsLocked::give_back`] of some ids, after which the next one is not known: its
    /// word may be another CPU's, and whoever takes an id needs that anyway.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(always)]
    pub unsafe fn give_back_all(&mut self, tids: &[Lwpid]) {
        // SAFETY: ids in use have slots below the length; an id that is among them
        // twice is noticed if each is looked at alone.
        unsafe {
            if cfg!(INVARIANTS) {
                tids.iter().for_each(|&tid| self.give_back(tid));
            } else {
                self.map().clear_all(tids.iter().map(|tid| tid.slot()));
            }
        }
        self.ahead().forget();
    }

    /// Looks for the next id.
    #[inline(never)]
    fn look_ahead(&mut self, end: TidSlot) {
        match self.search(end) {
            Some(slot) => self.ahead().set(slot, end),
            None => self.ahead().forget(),
        }
    }

    /// The threads counted.
    #[inline(always)]
    pub fn threads(&self) -> c_int {
        threads().load(Ordering::Relaxed)
    }

    /// So many threads are counted from now on.
    #[inline(always)]
    pub fn set_threads(&mut self, count: c_int) {
        threads().store(count, Ordering::Relaxed);
    }
}

/// Takes the next free id: see [`IdsLocked::take`].  Takes and drops
/// `tid_lock`; may sleep.
#[doc(alias = "tid_alloc")]
pub fn alloc() -> Lwpid {
    let mut ids = IdsLocked::lock(here!());
    let tid = ids.take();
    ids.unlock(here!());
    tid
}

/// Is this thread0's id, the first one?  Panics, as C does, if it is another.
pub fn assert_thread0(tid0: Lwpid) {
    if tid0 != Lwpid::THREAD0 {
        kpanic!(c"tid0 %d != %d\n", tid0.0, Lwpid::THREAD0.0);
    }
}

#[cfg(test)]
pub(crate) mod tests;
