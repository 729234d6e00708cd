//! Weeding: what single-threading does to a thread that can't run, so that it
//! gets to where it stops or exits.
//!
//! Ports `weed_inhib` (reference lines 1140-1207).

use crate::flags::ThreadFlags;
use crate::here;
use crate::kpi::sys;
use crate::locks::{ProcLocked, ProcSlocked, ThreadLocked, WakeSwapper};
use crate::single_mode::SingleMode;
use crate::suspend;
use core::ffi::c_int;

/// Shall a suspended thread be let go, to be stopped where the mode wants it?
///
/// The second value says whether it may go on from the user boundary.
#[inline(always)]
fn must_release(mode: SingleMode, tl: &ThreadLocked) -> Option<bool> {
    match mode {
        // To exit, wherever it is.
        SingleMode::Exit => Some(true),
        // At the boundary it is right already; inside the kernel it may hold
        // what the single-threader needs.
        SingleMode::Boundary | SingleMode::NoExit => {
            (!tl.flags().intersects(ThreadFlags::BOUNDARY)).then_some(false)
        }
        // One that an earlier pass has woken from its sleep is where it was
        // wanted.
        SingleMode::AllProc => (!tl.flags().intersects(ThreadFlags::ALLPROCSUSP)).then_some(false),
    }
}

/// Hurries a thread that is inhibited; gives its thread lock up.
///
/// Letting a suspended thread go drops its thread lock, and it may well be
/// asleep underneath: so it is locked, perhaps by another mutex than before,
/// and looked at again.  An interruptible sleep is aborted; one that isn't,
/// or a wait for a lock, has to end by itself.
#[inline(always)]
#[doc(alias = "weed_inhib")]
pub fn weed_inhibited(
    mode: SingleMode,
    mut tl: ThreadLocked,
    pl: &ProcLocked,
    sl: &mut ProcSlocked,
) -> WakeSwapper {
    pl.assert_owned(here!());
    sl.assert_owned(here!());
    tl.assert_owned(here!());
    let td = tl.thread();
    let mut wake = WakeSwapper::NO;
    while tl.is_suspended()
        && let Some(boundary) = must_release(mode, &tl)
    {
        wake = wake.or(suspend::unsuspend_one(tl, sl, boundary));
        tl = td.lock(here!());
    }
    if !tl.can_abort() {
        tl.unlock(here!());
        return wake;
    }
    let error = match mode {
        SingleMode::Exit => sys::EINTR as c_int,
        SingleMode::Boundary | SingleMode::NoExit => sys::KT_ERESTART,
        SingleMode::AllProc => {
            tl.set_flags(ThreadFlags::ALLPROCSUSP);
            sys::KT_ERESTART
        }
    };
    // SAFETY: can_abort() has just said that it sleeps interruptibly.
    wake.or(unsafe { tl.abort_sleep(error) })
}

#[cfg(test)]
mod tests;
