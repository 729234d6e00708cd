//! The thread hash: from an id to the thread, with its process locked.
//!
//! Chains are guarded by stripes of reader/writer locks.  Exit removes a
//! thread while it holds the process lock, so the order is process lock,
//! then stripe.  A lookup begins at the other end: it notes thread and
//! process, locks the process, and looks whether the thread still is what it
//! was.  Structures of both kinds are never unmapped, so looking is safe even
//! if they have become others.
//!
//! * [`stripe`](mod@stripe): the locks;
//! * [`shared_lock`]: thread and process looked up as the C file does, with
//!   the stripe's lock held shared;
//! * [`sequence`]: the same without writing anything, as long as nobody
//!   changes a chain meanwhile.  The feature `c-algorithms` leaves it out.
//!
//! Ports `tdfind_hash`, `tdfind`, `tidhash_add` and `tidhash_remove`
//! (reference lines 163-168, 1721-1824) and the hash's part of `threadinit`.

#[cfg(not(feature = "c-algorithms"))]
mod sequence;
mod shared_lock;
pub mod stripe;

#[cfg(not(feature = "c-algorithms"))]
use self::sequence::find as find_in_hash;
#[cfg(feature = "c-algorithms")]
use self::shared_lock::find as find_in_hash;
use self::stripe::Stripe;
use crate::here;
use crate::kpi::cell::Global;
use crate::kpi::list::{self, Head};
use crate::kpi::{sys, vars};
use crate::locks::ProcLocked;
use crate::records;
use crate::thread::Thread;
use crate::tid::Lwpid;
use core::ptr;

/// A thread that had more than this many others before it on its chain moves
/// to the front.
const RUN_THRESH: u32 = 16;

/// Buckets that share a stripe.
const BUCKETS_PER_LOCK: sys::u_long = 64;

/// The hash; written once, at boot.
struct TidHash {
    /// The chains, `mask` + 1 of them: a power of two.
    table: *mut Head,
    mask: sys::u_long,
    /// The stripes, `stripe_mask` + 1 of them: a power of two.
    stripes: *mut stripe::Line,
    stripe_mask: sys::u_long,
}

/// See [`TidHash`].
static TIDHASH: Global<TidHash> = Global::new(TidHash {
    table: ptr::null_mut(),
    mask: 0,
    stripes: ptr::null_mut(),
    stripe_mask: 0,
});

/// Makes the hash, for half as many buckets as there may be processes, and a
/// stripe for every 64 buckets.
///
/// # Safety
///
/// Called once, at boot.
pub unsafe fn init() {
    // SAFETY: nobody else runs, and the malloc type is registered.
    unsafe {
        let hash = TIDHASH.get();
        (*hash).table = sys::hashinit(
            vars::maxproc() / 2,
            records::malloc_type(),
            &raw mut (*hash).mask,
        )
        .cast();
        let stripes = ((*hash).mask + 1) / BUCKETS_PER_LOCK;
        (*hash).stripe_mask = stripes.saturating_sub(1);
        (*hash).stripes = stripe::make((*hash).stripe_mask as usize + 1);
    }
}

/// The chain that an id is on: `TIDHASH`.
#[inline(always)]
#[doc(alias = "TIDHASH")]
fn chain(tid: Lwpid) -> *mut Head {
    // SAFETY: constant after boot; the mask keeps the index in the table.
    unsafe {
        let hash = TIDHASH.get();
        (*hash)
            .table
            .add((tid.0 as sys::u_long & (*hash).mask) as usize)
    }
}

/// The stripe that guards that chain: `TIDHASHLOCK`.
#[inline(always)]
#[doc(alias = "TIDHASHLOCK")]
fn stripe(tid: Lwpid) -> Stripe {
    // SAFETY: constant after boot; the mask keeps the index among the stripes.
    unsafe {
        let hash = TIDHASH.get();
        Stripe::from_raw(
            (*hash)
                .stripes
                .add((tid.0 as sys::u_long & (*hash).stripe_mask) as usize),
        )
    }
}

/// The thread of that id, with its process locked.
///
/// `None`: there is none, it is not of process `pid` (-1: any), or its
/// process is still being made; no lock is held then.  The current thread is
/// found without a look at the hash, whether it is in there or not.  No
/// process lock of another and no stripe is held; may sleep.
#[doc(alias = "tdfind")]
pub fn find(tid: Lwpid, pid: sys::pid_t) -> Option<(Thread, ProcLocked)> {
    let td = Thread::current();
    if td.own_tid() == tid {
        let p = td.proc();
        if pid != -1 && p.pid() != pid {
            return None;
        }
        return Some((td, p.lock(here!())));
    }
    loop {
        let (td, p) = find_in_hash(tid, pid)?;
        let pl = p.lock(here!());
        // Between the hash and the process lock the thread may have exited, and
        // its structure may be another thread's, even one of the same id.
        if td.tid() != tid || td.proc() != p {
            pl.unlock(here!());
            continue;
        }
        if pl.is_new() {
            pl.unlock(here!());
            return None;
        }
        return Some((td, pl));
    }
}

/// Puts a thread into the hash.  No stripe is held; may sleep.
///
/// # Safety
///
/// The thread is not in the hash, has its id and is linked to its process.
#[doc(alias = "tidhash_add")]
pub unsafe fn add(td: Thread) {
    let stripe = stripe(td.tid());
    stripe.lock().wlock(here!());
    // SAFETY: the stripe is locked, and the thread is on no chain.
    unsafe {
        stripe.change(|| list::insert_head(chain(td.tid()), td.as_ptr()));
        stripe.lock().wunlock(here!());
    }
}

/// Takes a thread out of the hash.  No stripe is held, the process lock may
/// be; may sleep.
///
/// # Safety
///
/// The thread is in the hash.
#[doc(alias = "tidhash_remove")]
pub unsafe fn remove(td: Thread) {
    let stripe = stripe(td.tid());
    stripe.lock().wlock(here!());
    // SAFETY: the stripe is locked, and the thread is on its chain.
    unsafe {
        stripe.change(|| list::remove(td.as_ptr()));
        stripe.lock().wunlock(here!());
    }
}

#[cfg(test)]
pub(crate) mod tests;
