//! The lock of the harness's own bookkeeping.
//!
//! In MODE=smp several host threads run the simulated kernel; what a service
//! writes down for itself is under a [`HostLock`].  It is held for a moment
//! only: the closure given to [`HostLock::with`] must not reach a scheduling
//! point, since a thread that is switched off its CPU would take it along.
//!
//! The lock is written out here, and not the standard library's, so that
//! ThreadSanitizer sees it: that one's slow path is not instrumented.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, Ordering};

/// Data of a service, for one host thread at a time.
pub struct HostLock<T> {
    busy: AtomicBool,
    data: UnsafeCell<T>,
}

// SAFETY: the kernel's structures are shared by raw pointers, which are not
// `Send` by themselves; the lock gives its contents to one host thread at a
// time and hands out no reference that outlives the closure.
unsafe impl<T> Sync for HostLock<T> {}

impl<T> HostLock<T> {
    /// A lock around `value`.
    pub const fn new(value: T) -> Self {
        Self {
            busy: AtomicBool::new(false),
            data: UnsafeCell::new(value),
        }
    }

    /// Runs `f` on the contents.  A panic of another holder ends the process.
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        while self.busy.swap(true, Ordering::Acquire) {
            std::thread::yield_now();
        }
        // SAFETY: nobody else has the contents while `busy` is ours.
        let result = f(unsafe { &mut *self.data.get() });
        self.busy.store(false, Ordering::Release);
        result
    }
}
