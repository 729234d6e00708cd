//! The counter and the limit.

use super::*;

/// Forgets every thread and the limit.
pub(crate) fn power_off() {
    nthreads().store(0, Ordering::Relaxed);
    // SAFETY: the world that ends has the statics for itself.
    unsafe {
        *MAXTHREAD.get() = 0;
        *CUR_FAIL.get() = 0;
    }
}
