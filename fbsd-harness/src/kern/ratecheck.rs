//! Rate limits on virtual time: `eventratecheck`, which `ppsratecheck` is a
//! name for.

use core::ffi::c_int;

use crate::machine::api::{hz, point, ticks};
use crate::sys::timeval;

/// May an event that happens at most `limit` times a second (any number of
/// times if negative) be reported now?  `last` holds the ticks of the second's
/// beginning, `count` the events since.
///
/// # Safety
/// Both are valid; races between callers only blur the count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eventratecheck(
    last: *mut timeval,
    count: *mut c_int,
    limit: c_int,
) -> c_int {
    point("eventratecheck", &[]);
    let now = ticks();
    // SAFETY: the caller's promise.
    unsafe {
        let elapsed = now.wrapping_sub((*last).tv_sec as c_int) as u32;
        let allowed = if (*last).tv_sec == 0 || elapsed >= hz() {
            (*last).tv_sec = i64::from(now);
            *count = 1;
            limit != 0
        } else {
            *count += 1;
            limit < 0 || *count <= limit
        };
        c_int::from(allowed)
    }
}
