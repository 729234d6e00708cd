//! The lock of the harness's own bookkeeping.
//!
//! In MODE=smp several host threads run the simulated kernel; what a service
//! writes down for itself is under a [`HostLock`].  It is held for a moment
//! only: the closure given to [`HostLock::with`] must not reach a scheduling
//! point, since a thread that is switched off its CPU would take it along.

use std::sync::{Mutex, PoisonError};

/// Data of a service, for one host thread at a time.
pub struct HostLock<T>(Mutex<T>);

// SAFETY: the kernel's structures are shared by raw pointers, which are not
// `Send` by themselves; the lock gives its contents to one host thread at a
// time and hands out no reference that outlives the closure.
unsafe impl<T> Sync for HostLock<T> {}

impl<T> HostLock<T> {
    /// A lock around `value`.
    pub const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Runs `f` on the contents.  A panic of another holder ends the process,
    /// so there is no poisoned state to mind.
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
