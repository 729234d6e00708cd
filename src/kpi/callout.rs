//! The parts of `callout(9)` that C has as macros.

use super::sys;
use core::ffi::{c_int, c_void};
use core::ptr;

/// `callout_reset`: runs `handler(NULL)` after `ticks`, on any CPU.
///
/// # Safety
///
/// `c` is an initialised callout that outlives the call it arms.
#[inline(always)]
pub unsafe fn reset(
    c: *mut sys::callout,
    ticks: c_int,
    handler: unsafe extern "C" fn(*mut c_void),
) {
    // SAFETY: by the caller's contract; tick_sbt is fixed at boot.
    unsafe {
        sys::callout_reset_sbt_on(
            c,
            sys::tick_sbt.wrapping_mul(sys::sbintime_t::from(ticks)),
            0,
            Some(handler),
            ptr::null_mut(),
            -1,
            sys::KT_C_HARDCLOCK,
        );
    }
}

/// `callout_drain`: stops it and waits until a running handler is done.
///
/// # Safety
///
/// `c` is initialised or zero-filled; the caller may sleep and holds no lock
/// that the handler takes.
#[inline(always)]
pub unsafe fn drain(c: *mut sys::callout) {
    // SAFETY: by the caller's contract.
    unsafe {
        #[cfg(has_callout_drain_arg)]
        sys::_callout_stop_safe(c, sys::KT_CS_DRAIN, None);
        #[cfg(not(has_callout_drain_arg))]
        sys::_callout_stop_safe(c, sys::KT_CS_DRAIN);
    }
}
