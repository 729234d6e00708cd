//! The lookup under the stripe's lock, held shared: the C file's.
//!
//! It is the whole lookup with the feature `c-algorithms`, and otherwise what
//! [`super::sequence`] falls back on: when it was disturbed, and to move a thread
//! when the lock is not free or has to be taken by a call.
//!
//! Ports `tdfind_hash` (reference lines 1734-1772).

use super::stripe::Stripe;
use super::{RUN_THRESH, chain, stripe};
use crate::here;
use crate::kpi::list::{self, Head};
use crate::kpi::sys;
use crate::proc::Proc;
use crate::thread::Thread;
use crate::tid::Lwpid;

/// The thread of that id and its process, as they were a moment ago.
///
/// `pid` -1 stands for any process.  A thread found deep in its chain moves
/// to the front, if nobody else reads the chain at the time.
#[cfg_attr(feature = "c-algorithms", inline(always))]
#[cfg_attr(not(feature = "c-algorithms"), cold)]
#[cfg_attr(not(feature = "c-algorithms"), inline(never))]
#[doc(alias = "tdfind_hash")]
pub fn find(tid: Lwpid, pid: sys::pid_t) -> Option<(Thread, Proc)> {
    stripe(tid).lock().rlock(here!());
    let mut run = 0;
    // SAFETY: taken above.  Under the lock the chain stands still, and every
    // thread on it has its process.
    unsafe {
        let mut raw = list::first(chain(tid));
        while let Some(td) = Thread::from_nullable(raw) {
            if td.tid() != tid {
                run += 1;
                raw = list::next(raw);
                continue;
            }
            let p = td.proc();
            if pid != -1 && p.pid() != pid {
                break;
            }
            if run <= RUN_THRESH || !moves_to_front(stripe(tid), td, tid) {
                stripe(tid).lock().runlock(here!());
            }
            return Some((td, p));
        }
        stripe(tid).lock().runlock(here!());
    }
    None
}

/// Moves a thread to the front of its chain and gives the lock up, unless
/// others read the chain: then the lock is still held.
///
/// # Safety
///
/// The stripe's lock is held shared, and the thread, which has that id, is on a
/// chain of it.
#[inline(always)]
pub unsafe fn moves_to_front(stripe: Stripe, td: Thread, tid: Lwpid) -> bool {
    if !stripe.lock().try_upgrade(here!()) {
        return false;
    }
    // SAFETY: the lock is held exclusively now, and was held all the time.
    unsafe {
        move_to_front(stripe, chain(tid), td);
        stripe.lock().wunlock(here!());
    }
    true
}

/// Moves a thread to the front of its chain.
///
/// # Safety
///
/// The stripe's lock is held exclusively, and the thread is on that chain of it.
#[inline(always)]
pub unsafe fn move_to_front(stripe: Stripe, chain: *mut Head, td: Thread) {
    // SAFETY: by the caller's contract.
    unsafe {
        stripe.change(|| {
            list::remove(td.as_ptr());
            list::insert_head(chain, td.as_ptr());
        });
    }
}
