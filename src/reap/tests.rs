//! Reaping.

use super::*;

/// Forgets every zombie.
pub(crate) fn power_off() {
    for domain in &DOMAINS {
        domain.zombies.store(ptr::null_mut(), Ordering::Relaxed);
        domain.reapticks.store(0, Ordering::Relaxed);
    }
}
