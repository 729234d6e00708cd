//! `mutex(9)`: sleep mutexes, spin mutexes and the thread lock.
//!
//! Without `LOCK_DEBUG` and `MUTEX_NOINLINE` the uncontested case is done in
//! place, on the lock word, and the kernel is called for the rest; with
//! either every operation is a call.  A kernel with `LOCK_DEBUG` counts on
//! seeing them all.

use super::site::Site;
use super::sys;
use core::sync::atomic::AtomicUsize;
#[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
use {super::pcpu::curthread, super::seldom::seldom, core::sync::atomic::Ordering};

/// The lock word of a mutex that nobody holds.
///
/// The headers type a lock word `uintptr_t`, which bindgen takes for one or
/// the other 64-bit integer depending on the release; hence the casts here.
#[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
#[allow(clippy::unnecessary_cast, reason = "see above")]
const UNOWNED: usize = sys::KT_MTX_UNOWNED as usize;

/// The bits of a lock word that are not the owner's address.
#[allow(clippy::unnecessary_cast, reason = "as for UNOWNED")]
const FLAGS: usize = sys::KT_MTX_FLAGMASK as usize;

/// A mutex of the kernel: the address of a `struct mtx` that lives as long
/// as somebody may lock it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Mutex(*mut sys::mtx);

/// What an assertion on a mutex demands.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum Owned {
    /// `MA_OWNED`: the current thread holds it.
    Yes = sys::KT_MA_OWNED,
    /// `MA_NOTOWNED`: the current thread does not.
    No = sys::KT_MA_NOTOWNED,
}

/// Whether `lockstat(4)` watches: then every lock operation takes the slow
/// path, which has the probes.
#[inline(always)]
#[cfg(not(any(LOCK_DEBUG, all(MUTEX_NOINLINE, RWLOCK_NOINLINE))))]
pub(super) fn lockstat_enabled() -> bool {
    #[cfg(KDTRACE_HOOKS)]
    // SAFETY: a bool of the kernel that DTrace sets at any moment.
    return unsafe { core::ptr::read_volatile(&raw const sys::lockstat_enabled) };
    #[cfg(not(KDTRACE_HOOKS))]
    false
}

impl Mutex {
    /// # Safety
    ///
    /// `mtx` points at a mutex that outlives every use of the result.
    #[inline(always)]
    pub const unsafe fn from_raw(mtx: *mut sys::mtx) -> Self {
        Self(mtx)
    }

    /// The lock word: the owner's address and flag bits, or `MTX_UNOWNED`.
    #[inline(always)]
    fn word_ptr(self) -> *mut usize {
        // SAFETY: a field of the mutex that the type vouches for.
        unsafe { (&raw mut (*self.0).mtx_lock).cast() }
    }

    /// The lock word, for atomic access.
    #[inline(always)]
    fn word(self) -> &'static AtomicUsize {
        // SAFETY: the word is only ever accessed atomically, and the mutex
        // outlives the reference, which no caller keeps.
        unsafe { AtomicUsize::from_ptr(self.word_ptr()) }
    }

    /// `_mtx_init` of a sleep mutex with a name and no witness type.
    ///
    /// # Safety
    ///
    /// The mutex is zero-filled and nobody uses it yet.
    pub unsafe fn init(self, name: &'static core::ffi::CStr) {
        // SAFETY: by the caller's contract; the name lives for ever.
        unsafe {
            sys::_mtx_init(
                self.word_ptr().cast(),
                name.as_ptr(),
                core::ptr::null(),
                sys::MTX_DEF as i32,
            );
        }
    }

    /// `mtx_lock`: takes a sleep mutex; may block, so no spin lock is held.
    #[inline(always)]
    #[cfg_attr(not(any(LOCK_DEBUG, MUTEX_NOINLINE)), expect(unused_variables))]
    pub fn lock(self, site: Site) {
        #[cfg(any(LOCK_DEBUG, MUTEX_NOINLINE))]
        // SAFETY: a live mutex, and nothing else is asked of the caller.
        unsafe {
            sys::__mtx_lock_flags(self.word_ptr().cast(), 0, site.file(), site.line());
        }
        #[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
        if let Some(seen) = self.fast(UNOWNED, curthread() as usize, Ordering::Acquire) {
            // SAFETY: as above; the slow path wants the word that was seen.
            unsafe { sys::__mtx_lock_sleep(self.word_ptr().cast(), seen as _) }
        }
    }

    /// `mtx_unlock`: gives a sleep mutex up.
    ///
    /// # Safety
    ///
    /// The current thread holds it, and relies on that no longer.
    #[inline(always)]
    #[cfg_attr(not(any(LOCK_DEBUG, MUTEX_NOINLINE)), expect(unused_variables))]
    pub unsafe fn unlock(self, site: Site) {
        #[cfg(any(LOCK_DEBUG, MUTEX_NOINLINE))]
        // SAFETY: a live mutex; that it is held is the tokens' business.
        unsafe {
            sys::__mtx_unlock_flags(self.word_ptr().cast(), 0, site.file(), site.line());
        }
        #[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
        if let Some(seen) = self.fast(curthread() as usize, UNOWNED, Ordering::Release) {
            // SAFETY: as above.
            unsafe { sys::__mtx_unlock_sleep(self.word_ptr().cast(), seen as _) }
        }
    }

    /// One try to change the word; the word that was in the way otherwise.
    #[inline(always)]
    #[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
    fn fast(self, from: usize, to: usize, order: Ordering) -> Option<usize> {
        if lockstat_enabled() {
            seldom();
            return Some(from);
        }
        let result = self
            .word()
            .compare_exchange(from, to, order, Ordering::Relaxed);
        match result {
            Ok(_) => None,
            Err(seen) => {
                seldom();
                Some(seen)
            }
        }
    }

    /// `mtx_lock_spin`: takes a spin mutex, and with it a critical section.
    #[inline(always)]
    #[cfg_attr(not(any(LOCK_DEBUG, MUTEX_NOINLINE)), expect(unused_variables))]
    pub fn lock_spin(self, site: Site) {
        #[cfg(any(LOCK_DEBUG, MUTEX_NOINLINE))]
        // SAFETY: a live mutex.
        unsafe {
            sys::__mtx_lock_spin_flags(self.word_ptr().cast(), 0, site.file(), site.line());
        }
        #[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
        {
            // SAFETY: no precondition; left again by unlock_spin().
            unsafe { sys::spinlock_enter() }
            #[cfg(SMP)]
            if let Some(seen) = self.fast(UNOWNED, curthread() as usize, Ordering::Acquire) {
                // SAFETY: a live mutex, inside the critical section.
                unsafe { sys::_mtx_lock_spin_cookie(self.word_ptr().cast(), seen as _) }
            }
            #[cfg(not(SMP))]
            {
                let me = curthread() as usize;
                if self.word().load(Ordering::Relaxed) == me {
                    self.recurse(1);
                } else {
                    self.word().store(me, Ordering::Relaxed);
                }
            }
        }
    }

    /// `mtx_unlock_spin`: gives a spin mutex up, and its critical section.
    ///
    /// # Safety
    ///
    /// The current thread holds it, and relies on that no longer.
    #[inline(always)]
    #[cfg_attr(not(any(LOCK_DEBUG, MUTEX_NOINLINE)), expect(unused_variables))]
    pub unsafe fn unlock_spin(self, site: Site) {
        #[cfg(any(LOCK_DEBUG, MUTEX_NOINLINE))]
        // SAFETY: a live mutex; that it is held is the tokens' business.
        unsafe {
            sys::__mtx_unlock_spin_flags(self.word_ptr().cast(), 0, site.file(), site.line());
        }
        #[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
        {
            if self.recursed() {
                seldom();
                self.recurse(-1);
            } else {
                super::sdt::lockstat_spin_release(self.0);
                self.word().store(UNOWNED, Ordering::Release);
            }
            // SAFETY: leaves the critical section that the lock entered.
            unsafe { sys::spinlock_exit() }
        }
    }

    /// `mtx_recursed`; the owner asks.
    #[inline(always)]
    #[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
    fn recursed(self) -> bool {
        // SAFETY: the recursion count is the owner's to read.
        unsafe { (*self.0).lock_object.lo_data != 0 }
    }

    /// Adds to the recursion count.
    #[inline(always)]
    #[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
    fn recurse(self, by: i32) {
        // SAFETY: the recursion count is the owner's to write.
        unsafe {
            let data = &raw mut (*self.0).lock_object.lo_data;
            data.write(data.read().wrapping_add_signed(by));
        }
    }

    /// `mtx_owned`: does the current thread hold it?
    #[inline(always)]
    pub fn owned(self) -> bool {
        use core::sync::atomic::Ordering;
        let owner = self.word().load(Ordering::Relaxed) & !FLAGS;
        owner == super::pcpu::curthread() as usize
    }

    /// `mtx_assert`; nothing without `INVARIANTS`.
    #[inline(always)]
    #[cfg_attr(not(INVARIANTS), expect(unused_variables))]
    pub fn assert(self, what: Owned, site: Site) {
        #[cfg(INVARIANTS)]
        // SAFETY: a live mutex.
        unsafe {
            sys::__mtx_assert(
                self.word_ptr().cast(),
                what as i32,
                site.file(),
                site.line(),
            );
        }
    }

    /// The `struct lock_object` that sleep queues and witness(4) know it by.
    #[inline(always)]
    pub fn lock_object(self) -> *mut sys::lock_object {
        // SAFETY: a field of the mutex that the type vouches for.
        unsafe { &raw mut (*self.0).lock_object }
    }
}

/// `thread_lock`: takes whatever lock the thread has at the moment that it
/// is taken; spins while the thread is between two locks.
///
/// # Safety
///
/// `td` is a live thread.
#[inline(always)]
#[cfg_attr(not(LOCK_DEBUG), expect(unused_variables))]
pub unsafe fn thread_lock(td: *mut sys::thread, site: Site) {
    // SAFETY: by the caller's contract, in each of the three forms.
    unsafe {
        #[cfg(LOCK_PROFILING)]
        sys::thread_lock_flags_(td, 0, site.file(), site.line());
        #[cfg(all(LOCK_DEBUG, not(LOCK_PROFILING)))]
        sys::_thread_lock(td, 0, site.file(), site.line());
        #[cfg(not(LOCK_DEBUG))]
        sys::_thread_lock(td);
    }
}

#[cfg(test)]
mod tests;
