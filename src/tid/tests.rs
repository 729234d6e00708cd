//! Ids.

use super::*;

/// Forgets every id.
pub(crate) fn power_off() {
    // SAFETY: the world that ends has the statics for itself.
    unsafe {
        *IDS.get() = Ids {
            map: TidBitmap::EMPTY,
            try_next: TidSlot(0),
        };
        *TID_LOCK.get() = MaybeUninit::zeroed();
    }
}
