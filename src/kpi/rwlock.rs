//! `rwlock(9)`, as far as the thread hash needs it.

use super::site::Site;
use super::sys;
#[cfg(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)))]
use {
    super::mutex::lockstat_enabled,
    super::pcpu::curthread,
    super::seldom::seldom,
    core::sync::atomic::{AtomicUsize, Ordering},
};

/// The lock word of a lock that nobody holds.
///
/// For the casts see [`super::mutex`].
#[cfg(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)))]
#[allow(clippy::unnecessary_cast, reason = "see above")]
const UNLOCKED: usize = sys::KT_RW_UNLOCKED as usize;

/// A reader/writer lock of the kernel: the address of a `struct rwlock` that
/// lives as long as somebody may lock it.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct RwLock(*mut sys::rwlock);

impl RwLock {
    /// # Safety
    ///
    /// `rw` points at a lock that outlives every use of the result.
    #[inline(always)]
    pub const unsafe fn from_raw(rw: *mut sys::rwlock) -> Self {
        Self(rw)
    }

    /// Where the lock word is.
    #[inline(always)]
    fn word_ptr(self) -> *mut usize {
        // SAFETY: a field of the lock that the type vouches for.
        unsafe { (&raw mut (*self.0).rw_lock).cast() }
    }

    /// `rw_init`.
    ///
    /// # Safety
    ///
    /// The lock is zero-filled and nobody uses it yet.
    pub unsafe fn init(self, name: &'static core::ffi::CStr) {
        // SAFETY: by the caller's contract; the name lives for ever.
        unsafe { sys::_rw_init_flags(self.word_ptr().cast(), name.as_ptr(), 0) }
    }

    /// `rw_rlock`: shared; may block.
    #[inline(always)]
    #[cfg_attr(not(LOCK_DEBUG), expect(unused_variables))]
    pub fn rlock(self, site: Site) {
        // SAFETY: a live lock.
        unsafe {
            #[cfg(LOCK_DEBUG)]
            sys::__rw_rlock(self.word_ptr().cast(), site.file(), site.line());
            #[cfg(not(LOCK_DEBUG))]
            sys::__rw_rlock_int(self.0);
        }
    }

    /// `rw_runlock`.
    ///
    /// # Safety
    ///
    /// The current thread holds it, and relies on that no longer.
    #[inline(always)]
    #[cfg_attr(not(LOCK_DEBUG), expect(unused_variables))]
    pub unsafe fn runlock(self, site: Site) {
        // SAFETY: a live lock; that it is held shared is the caller's care.
        unsafe {
            #[cfg(LOCK_DEBUG)]
            sys::_rw_runlock_cookie(self.word_ptr().cast(), site.file(), site.line());
            #[cfg(not(LOCK_DEBUG))]
            sys::_rw_runlock_cookie_int(self.0);
        }
    }

    /// `rw_try_upgrade`: from shared to exclusive if there is no other
    /// reader; still held shared otherwise.
    #[inline(always)]
    #[cfg_attr(not(LOCK_DEBUG), expect(unused_variables))]
    pub fn try_upgrade(self, site: Site) -> bool {
        // SAFETY: a live lock, held shared.
        unsafe {
            #[cfg(LOCK_DEBUG)]
            return sys::__rw_try_upgrade(self.word_ptr().cast(), site.file(), site.line()) != 0;
            #[cfg(not(LOCK_DEBUG))]
            return sys::__rw_try_upgrade_int(self.0) != 0;
        }
    }

    /// `rw_wlock`: exclusive; may block.
    #[inline(always)]
    #[cfg_attr(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)), expect(unused_variables))]
    pub fn wlock(self, site: Site) {
        #[cfg(any(LOCK_DEBUG, RWLOCK_NOINLINE))]
        // SAFETY: a live lock.
        unsafe {
            sys::_rw_wlock_cookie(self.word_ptr().cast(), site.file(), site.line());
        }
        #[cfg(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)))]
        if let Some(seen) = self.fast(UNLOCKED, curthread() as usize, Ordering::Acquire) {
            // SAFETY: a live lock; the slow path wants the word seen.
            unsafe { sys::__rw_wlock_hard(self.word_ptr().cast(), seen as _) }
        }
    }

    /// Takes the lock exclusively if nobody has it, as `rw_wlock` does in place;
    /// whether it could.  Never where every operation has to be a call, nor while
    /// lockstat(4) watches.
    ///
    /// Unlike `rw_try_wlock()`, which is a function, it needs no more of the
    /// kernel than C does.
    #[inline(always)]
    #[cfg(not(feature = "c-algorithms"))]
    #[must_use = "the lock may be held"]
    pub fn wlock_if_free(self) -> bool {
        #[cfg(any(LOCK_DEBUG, RWLOCK_NOINLINE))]
        return false;
        #[cfg(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)))]
        self.fast(UNLOCKED, curthread() as usize, Ordering::Acquire)
            .is_none()
    }

    /// `rw_wunlock`.
    ///
    /// # Safety
    ///
    /// The current thread holds it, and relies on that no longer.
    #[inline(always)]
    #[cfg_attr(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)), expect(unused_variables))]
    pub unsafe fn wunlock(self, site: Site) {
        #[cfg(any(LOCK_DEBUG, RWLOCK_NOINLINE))]
        // SAFETY: a live lock; that it is held is the caller's care.
        unsafe {
            sys::_rw_wunlock_cookie(self.word_ptr().cast(), site.file(), site.line());
        }
        #[cfg(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)))]
        if let Some(seen) = self.fast(curthread() as usize, UNLOCKED, Ordering::Release) {
            // SAFETY: as above.
            unsafe { sys::__rw_wunlock_hard(self.word_ptr().cast(), seen as _) }
        }
    }

    /// `rw_wunlock`, unless others want the lock or lockstat(4) watches: then it is
    /// still held.  Whether it was given up.
    ///
    /// # Safety
    ///
    /// The current thread holds it, and relies on that no longer if it was given up.
    #[inline(always)]
    #[cfg(not(feature = "c-algorithms"))]
    #[must_use = "the lock may still be held"]
    pub unsafe fn wunlock_if_unwanted(self) -> bool {
        #[cfg(any(LOCK_DEBUG, RWLOCK_NOINLINE))]
        return false;
        #[cfg(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)))]
        self.fast(curthread() as usize, UNLOCKED, Ordering::Release)
            .is_none()
    }

    /// `rw_wunlock` by a call, where it is seldom done: nothing in place.
    ///
    /// # Safety
    ///
    /// As for [`RwLock::wunlock`].
    #[inline(always)]
    #[cfg(not(feature = "c-algorithms"))]
    #[cfg_attr(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)), expect(unused_variables))]
    pub unsafe fn wunlock_by_call(self, site: Site) {
        // SAFETY: a live lock; that it is held is the caller's care.  With the owner
        // alone for the word that was seen, the slow path looks again.
        unsafe {
            #[cfg(any(LOCK_DEBUG, RWLOCK_NOINLINE))]
            sys::_rw_wunlock_cookie(self.word_ptr().cast(), site.file(), site.line());
            #[cfg(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)))]
            sys::__rw_wunlock_hard(self.word_ptr().cast(), curthread() as usize as _);
        }
    }

    /// One try to change the word; the word that was in the way otherwise.
    #[inline(always)]
    #[cfg(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)))]
    fn fast(self, from: usize, to: usize, order: Ordering) -> Option<usize> {
        if lockstat_enabled() {
            seldom();
            return Some(from);
        }
        // SAFETY: the word is only ever accessed atomically.
        let word = unsafe { AtomicUsize::from_ptr(self.word_ptr()) };
        match word.compare_exchange(from, to, order, Ordering::Relaxed) {
            Ok(_) => None,
            Err(seen) => {
                seldom();
                Some(seen)
            }
        }
    }
}
