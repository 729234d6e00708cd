//! The thread hash.

use super::*;

/// Forgets the hash, whose memory goes with the world.
pub(crate) fn power_off() {
    // SAFETY: the world that ends has the statics for itself.
    unsafe {
        *TIDHASH.get() = TidHash {
            table: ptr::null_mut(),
            mask: 0,
            locks: ptr::null_mut(),
            lock_mask: 0,
        };
    }
}
