//! Statics that C code, or another CPU, changes.

use core::cell::UnsafeCell;

/// A static of the kernel: memory that is read and written through pointers,
/// under a lock that the static's own comment names.
///
/// Its `UnsafeCell` also decides where it goes: a static with one is in
/// writable memory, which the linker-set records need to match C's.
#[repr(transparent)]
pub struct Global<T>(UnsafeCell<T>);

// SAFETY: a Global gives out raw pointers only. Whoever goes through one
// holds the lock that the static's comment names, uses atomics, or reads what
// was written once, while the machine booted on one CPU.
unsafe impl<T> Sync for Global<T> {}

impl<T> Global<T> {
    /// A static with this first value.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Where it is.
    #[inline(always)]
    pub const fn get(&self) -> *mut T {
        self.0.get()
    }
}

/// A [`Global`] that has its cache line for itself: `__exclusive_cache_line`.
///
/// The layout module checks that the line is the headers' `CACHE_LINE_SIZE`.
#[cfg_attr(cache_line_128, repr(C, align(128)))]
#[cfg_attr(not(cache_line_128), repr(C, align(64)))]
pub struct CacheLine<T>(Global<T>);

impl<T> CacheLine<T> {
    /// A static with this first value.
    pub const fn new(value: T) -> Self {
        Self(Global::new(value))
    }

    /// Where it is.
    #[inline(always)]
    pub const fn get(&self) -> *mut T {
        self.0.get()
    }
}
