//! A stripe: the lock of some chains, and the count of the changes to them.
//!
//! Beside each lock stands its [`Count`], and both have a cache line for
//! themselves: whoever writes there changes a chain, so that lookups, which
//! only read the count, share the line among all CPUs.
//!
//! With the feature `c-algorithms` a stripe is a lock and nothing else, as in
//! the C file.

#[cfg(not(feature = "c-algorithms"))]
use super::sequence::Count;
use crate::kpi::rwlock::RwLock;
use crate::kpi::sys;
use crate::records;
use core::ffi::c_void;

/// What there is of a stripe.  All-zero is one that is not initialised yet.
///
/// The layout module checks that the line is the headers' `CACHE_LINE_SIZE`.
#[cfg_attr(feature = "c-algorithms", repr(transparent))]
#[cfg_attr(
    all(not(feature = "c-algorithms"), cache_line_128),
    repr(C, align(128))
)]
#[cfg_attr(
    all(not(feature = "c-algorithms"), not(cache_line_128)),
    repr(C, align(64))
)]
pub struct Line {
    lock: sys::rwlock,
    #[cfg(not(feature = "c-algorithms"))]
    count: Count,
}

/// A stripe of the hash.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Stripe(*mut Line);

impl Stripe {
    /// # Safety
    ///
    /// `line` points at what [`make`] made, which is never freed.
    #[inline(always)]
    pub const unsafe fn from_raw(line: *mut Line) -> Self {
        Self(line)
    }

    /// Its lock.
    #[inline(always)]
    pub fn lock(self) -> RwLock {
        // SAFETY: lives for ever, as the type vouches.
        unsafe { RwLock::from_raw(&raw mut (*self.0).lock) }
    }

    /// Its count of changes.
    #[inline(always)]
    #[cfg(not(feature = "c-algorithms"))]
    pub fn count(self) -> &'static Count {
        // SAFETY: lives for ever, and is only accessed atomically.
        unsafe { &(*self.0).count }
    }

    /// Changes a chain, with lookups knowing.
    ///
    /// # Safety
    ///
    /// The lock is held exclusively.
    #[inline(always)]
    pub unsafe fn change(self, how: impl FnOnce()) {
        #[cfg(feature = "c-algorithms")]
        how();
        // SAFETY: nobody else changes anything while the lock is held.
        #[cfg(not(feature = "c-algorithms"))]
        unsafe {
            self.count().change(how);
        }
    }
}

/// What more memory is asked for than the stripes take, to begin with a cache
/// line: `malloc(9)` promises no such alignment.
const SLACK: usize = align_of::<Line>() - align_of::<sys::rwlock>();

/// The first line in memory that has so much slack.
#[inline(always)]
fn first_line(memory: *mut c_void) -> *mut Line {
    let slack = memory.addr().wrapping_neg() % align_of::<Line>();
    memory.wrapping_byte_add(slack).cast()
}

/// Makes so many stripes.
///
/// # Safety
///
/// Called at boot, when the malloc type is known.
pub unsafe fn make(count: usize) -> *mut Line {
    // SAFETY: M_WAITOK never fails; zeroed memory for so many lines, behind an
    // address that is rounded up by no more than the slack, since malloc(9)
    // aligns for any structure that does not want more by itself.
    unsafe {
        let lines = first_line(sys::malloc(
            size_of::<Line>() * count + SLACK,
            records::malloc_type(),
            (sys::M_WAITOK | sys::M_ZERO) as i32,
        ));
        for i in 0..count {
            Stripe(lines.add(i)).lock().init(c"tidhash");
        }
        lines
    }
}

#[cfg(test)]
mod tests;
