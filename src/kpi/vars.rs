//! The kernel's variables, read the way C reads them.

use super::sys;
use core::ffi::c_int;
use core::sync::atomic::{AtomicI32, Ordering};

/// The clock, in ticks of `1/hz` seconds; wraps.
#[inline(always)]
pub fn ticks() -> c_int {
    // SAFETY: `ticks` is an int of the kernel, changed by the clock alone.
    unsafe { AtomicI32::from_ptr(&raw mut sys::ticks) }.load(Ordering::Relaxed)
}

/// Ticks a second; fixed at boot.
#[inline(always)]
pub fn hz() -> c_int {
    // SAFETY: not written after boot.
    unsafe { sys::hz }
}

/// How many memory domains the machine has; fixed at boot, at least 1.
#[inline(always)]
pub fn vm_ndomains() -> c_int {
    // SAFETY: not written after boot.
    unsafe { sys::vm_ndomains }
}

/// The limit on processes; fixed before `threadinit()`.
#[inline(always)]
pub fn maxproc() -> c_int {
    // SAFETY: not written after boot.
    unsafe { sys::maxproc }
}

/// The limit on threads of one process.
#[inline(always)]
pub fn max_threads_per_proc() -> c_int {
    // SAFETY: read once, while the machine boots on one CPU.
    unsafe { sys::max_threads_per_proc }
}

/// A clock that never goes back, in units of its own.
#[inline(always)]
pub fn cpu_ticks() -> u64 {
    // SAFETY: the pointer is set before the first thread can exit, and the
    // function it holds may be called anywhere.
    unsafe { (sys::cpu_ticks.unwrap_unchecked())() }
}
