//! Statically defined tracing probes, `SDT(9)`.

#![cfg_attr(
    not(KDTRACE_HOOKS),
    expect(unused_variables, reason = "no probes without the option")
)]

use super::sys;

/// Fires a probe with one argument, if somebody has enabled it: two loads and
/// two branches otherwise.
///
/// # Safety
///
/// `probe` is a probe of the kernel or of this library.
#[inline(always)]
#[cfg(KDTRACE_HOOKS)]
pub unsafe fn fire(probe: *const sys::sdt_probe, arg0: usize) {
    // SAFETY: the id is written by sdt(4) alone, and stale values only make
    // one firing too many or too few; sdt_probe_func always holds a function.
    unsafe {
        // An id is 32 bits wide where it is used; id_t is wider.
        if sys::sdt_probes_enabled && (*probe).id != 0 {
            cold_fire((*probe).id as u32, arg0);
        }
    }
}

/// The call itself, out of line.
///
/// # Safety
///
/// `id` is the id of an enabled probe.
#[cold]
#[inline(never)]
#[cfg(KDTRACE_HOOKS)]
unsafe fn cold_fire(id: u32, arg0: usize) {
    // SAFETY: the kernel keeps a function there from boot on.
    unsafe { (sys::sdt_probe_func.unwrap_unchecked())(id, arg0, 0, 0, 0, 0) }
}

/// The probe lockstat:::spin-release, and lock profiling's notice of it.
#[inline(always)]
pub fn lockstat_spin_release(lock: *mut sys::mtx) {
    #[cfg(KDTRACE_HOOKS)]
    // SAFETY: a probe of the kernel.
    unsafe {
        fire(
            (&raw const sys::sdt_lockstat___spin__release).cast(),
            lock as usize,
        );
    }
}
