//! `Giant`: asserted absent nearly everywhere, and put aside around a switch
//! by the one place that may still meet it.

use super::mutex::{Mutex, Owned};
use super::site::Site;
use super::sys;

/// The mutex `Giant`.
#[inline(always)]
fn giant() -> Mutex {
    // SAFETY: a static mutex of the kernel.
    unsafe { Mutex::from_raw(&raw mut sys::Giant) }
}

/// `mtx_assert(&Giant, MA_NOTOWNED)`.
#[inline(always)]
pub fn assert_not_owned(site: Site) {
    giant().assert(Owned::No, site);
}

/// What `DROP_GIANT` has put aside, to be picked up on every path.
#[must_use = "Giant stays dropped until it is picked up"]
pub struct Dropped {
    depth: u32,
    #[cfg(WITNESS)]
    witness: (*const core::ffi::c_char, core::ffi::c_int),
}

/// `DROP_GIANT`: gives `Giant` up as often as the current thread holds it.
#[inline(always)]
pub fn drop_giant(site: Site) -> Dropped {
    let mut dropped = Dropped {
        depth: 0,
        #[cfg(WITNESS)]
        witness: (core::ptr::null(), 0),
    };
    if giant().owned() {
        release(&mut dropped, site);
    }
    dropped
}

/// The rare half of [`drop_giant`].
#[cold]
#[inline(never)]
fn release(dropped: &mut Dropped, site: Site) {
    #[cfg(WITNESS)]
    // SAFETY: the current thread holds Giant, so witness(4) knows where.
    unsafe {
        sys::witness_save(
            giant().lock_object(),
            &raw mut dropped.witness.0,
            &raw mut dropped.witness.1,
        );
    }
    while giant().owned() && !scheduler_stopped() {
        // SAFETY: held, as the loop has just seen.
        unsafe { giant().unlock(site) }
        dropped.depth += 1;
    }
}

impl Dropped {
    /// `PICKUP_GIANT`: takes it as often as it was given up.
    #[inline(always)]
    pub fn pick_up(self, site: Site) {
        assert_not_owned(site);
        if self.depth > 0 {
            self.reacquire(site);
        }
    }

    /// The rare half of [`Dropped::pick_up`].
    #[cold]
    #[inline(never)]
    fn reacquire(self, site: Site) {
        for _ in 0..self.depth {
            giant().lock(site);
        }
        #[cfg(WITNESS)]
        // SAFETY: held again; the place is the one saved when it was dropped.
        unsafe {
            sys::witness_restore(giant().lock_object(), self.witness.0, self.witness.1);
        }
    }
}

/// `SCHEDULER_STOPPED()`: after a panic locks are no longer real.
#[inline(always)]
fn scheduler_stopped() -> bool {
    #[cfg(has_scheduler_stopped)]
    // SAFETY: a bool that another CPU's panic(9) may set.
    return unsafe { core::ptr::read_volatile(&raw const sys::scheduler_stopped) };
    #[cfg(not(has_scheduler_stopped))]
    // SAFETY: the current thread's own byte.
    return unsafe { (*super::pcpu::curthread()).td_stopsched != 0 };
}

#[cfg(test)]
mod tests;
