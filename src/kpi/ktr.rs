//! `ktr(9)`: the kernel's trace ring.

use super::site::Site;
use super::sys;
use core::ffi::CStr;

/// `KTR_PROC`: processes and threads come and go.
pub const PROC: u32 = sys::KT_KTR_PROC;
/// `KTR_EVH`: event handlers run.
pub const EVH: u32 = sys::KT_KTR_EVH;

/// `CTR6`: leaves a line in the ring, if the class is compiled in.
///
/// # Safety
///
/// The arguments are what the format says; strings live for ever, or as long
/// as the kernel does.
#[inline(always)]
pub unsafe fn trace(class: u32, site: Site, format: &'static CStr, args: [sys::u_long; 6]) {
    if sys::KT_KTR_COMPILE & class != 0 {
        let [a, b, c, d, e, f] = args;
        // SAFETY: by the caller's contract; may be called anywhere.
        unsafe {
            sys::ktr_tracepoint(
                class.into(),
                site.file(),
                site.line(),
                format.as_ptr(),
                a,
                b,
                c,
                d,
                e,
                f,
            );
        }
    }
}
