//! What only `SINGLE_ALLPROC` does, which stops a process from outside.
//!
//! | headers | the single-threader | a process that is stopped or traced |
//! |---|---|---|
//! | without `TDF_DOING_SA` | has no mark | declines |
//! | with it | has the flag meanwhile, so that `thread_unsuspend` of its own process lets it wait | is stopped as any other |
//!
//! Ports what `thread_single` begins with for this mode (reference lines
//! 1249-1257).

use crate::flags::{ProcFlags, ProcFlags2, ThreadFlags};
#[cfg(has_doing_sa)]
use crate::here;
use crate::locks::ProcLocked;
use crate::single::Refused;
use crate::thread::Thread;

/// Waits until nobody else single-threads the process.
///
/// `Err`: it is on its way out, or does not want to be stopped.  The process
/// lock is held on return, and may have been dropped.
#[inline(always)]
pub fn wait_for_turn(mut pl: ProcLocked) -> (Result<(), Refused>, ProcLocked) {
    while pl.flags().intersects(ProcFlags::STOPPED_SINGLE) {
        if pl.flags2().intersects(ProcFlags2::WEXIT) {
            return (Err(Refused), pl);
        }
        pl = pl.sleep_until_single_ends();
    }
    if declines(&pl) {
        return (Err(Refused), pl);
    }
    (Ok(()), pl)
}

/// Is the process stopped by other means already, or exiting?
#[inline(always)]
#[cfg(not(has_doing_sa))]
fn declines(pl: &ProcLocked) -> bool {
    pl.flags()
        .intersects(ProcFlags::STOPPED_SIG.or(ProcFlags::TRACED))
        || pl.flags2().intersects(ProcFlags2::WEXIT)
}

/// Nobody asks, where there is `TDF_DOING_SA`.
#[inline(always)]
#[cfg(has_doing_sa)]
fn declines(_pl: &ProcLocked) -> bool {
    false
}

/// A suspended thread with any of these is not `thread_unsuspend`'s to let go.
#[cfg(not(has_doing_sa))]
pub const KEPT: ThreadFlags = ThreadFlags::NONE;
/// See the other form.
#[cfg(has_doing_sa)]
pub const KEPT: ThreadFlags = ThreadFlags::DOING_SA;

/// The current thread begins to stop another process.
#[inline(always)]
#[cfg_attr(not(has_doing_sa), expect(unused_variables))]
pub fn begin(td: Thread) {
    #[cfg(has_doing_sa)]
    {
        let mut tl = td.lock(here!());
        tl.set_flags(ThreadFlags::DOING_SA);
        tl.unlock(here!());
    }
}

/// ... and has done it.
#[inline(always)]
#[cfg_attr(not(has_doing_sa), expect(unused_variables))]
pub fn end(td: Thread) {
    #[cfg(has_doing_sa)]
    {
        let mut tl = td.lock(here!());
        let flags = tl.flags().without(ThreadFlags::DOING_SA);
        tl.replace_flags(flags);
        tl.unlock(here!());
    }
}

#[cfg(test)]
mod tests;
