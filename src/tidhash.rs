//! The thread hash: from an id to the thread, with its process locked.
//!
//! Chains are guarded by stripes of reader/writer locks.  Exit removes a
//! thread while it holds the process lock, so the order is process lock,
//! then stripe.  A lookup begins at the other end: it notes thread and
//! process under the stripe, drops that, locks the process, and looks whether
//! the thread still is what it was.  Structures of both kinds are never
//! unmapped, so looking is safe even if they have become others.
//!
//! Ports `tdfind_hash`, `tdfind`, `tidhash_add` and `tidhash_remove`
//! (reference lines 163-168, 1721-1824) and the hash's part of `threadinit`.

use crate::here;
use crate::kpi::cell::Global;
use crate::kpi::list::{self, Head};
use crate::kpi::rwlock::RwLock;
use crate::kpi::{sys, vars};
use crate::locks::ProcLocked;
use crate::proc::Proc;
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
    /// The stripes, `lock_mask` + 1 of them: a power of two.
    locks: *mut sys::rwlock,
    lock_mask: sys::u_long,
}

/// See [`TidHash`].
static TIDHASH: Global<TidHash> = Global::new(TidHash {
    table: ptr::null_mut(),
    mask: 0,
    locks: ptr::null_mut(),
    lock_mask: 0,
});

/// Makes the hash, for half as many buckets as there may be processes, and a
/// stripe for every 64 buckets.
///
/// # Safety
///
/// Called once, at boot.
pub unsafe fn init() {
    // SAFETY: nobody else runs; M_WAITOK never fails; the locks are zeroed
    // and `lock_mask` + 1 in number.
    unsafe {
        let hash = TIDHASH.get();
        (*hash).table = sys::hashinit(
            vars::maxproc() / 2,
            records::malloc_type(),
            &raw mut (*hash).mask,
        )
        .cast();
        let stripes = ((*hash).mask + 1) / BUCKETS_PER_LOCK;
        (*hash).lock_mask = stripes.saturating_sub(1);
        let count = (*hash).lock_mask as usize + 1;
        (*hash).locks = sys::malloc(
            size_of::<sys::rwlock>() * count,
            records::malloc_type(),
            (sys::M_WAITOK | sys::M_ZERO) as i32,
        )
        .cast();
        for i in 0..count {
            RwLock::from_raw((*hash).locks.add(i)).init(c"tidhash");
        }
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
fn stripe(tid: Lwpid) -> RwLock {
    // SAFETY: constant after boot; the mask keeps the index among the locks.
    unsafe {
        let hash = TIDHASH.get();
        RwLock::from_raw(
            (*hash)
                .locks
                .add((tid.0 as sys::u_long & (*hash).lock_mask) as usize),
        )
    }
}

/// The thread of that id and its process, as they were a moment ago.
///
/// `pid` -1 stands for any process.  A thread found deep in its chain moves
/// to the front, if nobody else reads the chain at the time.
#[inline(always)]
#[doc(alias = "tdfind_hash")]
fn find_in_hash(tid: Lwpid, pid: sys::pid_t) -> Option<(Thread, Proc)> {
    let mut run = 0;
    let mut exclusive = false;
    let mut found = None;
    stripe(tid).rlock(here!());
    // SAFETY: under the stripe the chain stands still, and every thread on it
    // has its process.
    unsafe {
        let mut raw = (*chain(tid)).lh_first;
        while let Some(td) = Thread::from_nullable(raw) {
            if td.tid() != tid {
                run += 1;
                raw = (*raw).td_hash.le_next;
                continue;
            }
            let p = td.proc();
            if pid != -1 && p.pid() != pid {
                break;
            }
            if run > RUN_THRESH && stripe(tid).try_upgrade(here!()) {
                list::remove(raw);
                list::insert_head(chain(td.tid()), raw);
                stripe(tid).wunlock(here!());
                exclusive = true;
            }
            found = Some((td, p));
            break;
        }
    }
    if !exclusive {
        // SAFETY: held shared since the top.
        unsafe { stripe(tid).runlock(here!()) }
    }
    found
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
    if td.tid() == tid {
        if pid != -1 && td.proc().pid() != pid {
            return None;
        }
        return Some((td, td.proc().lock(here!())));
    }
    loop {
        let (td, p) = find_in_hash(tid, pid)?;
        let pl = p.lock(here!());
        // Between stripe and process lock the thread may have exited, and its
        // structure may be another thread's, even one of the same id.
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
    stripe(td.tid()).wlock(here!());
    // SAFETY: the stripe is held, and the thread is on no chain.
    unsafe {
        list::insert_head(chain(td.tid()), td.as_ptr());
        stripe(td.tid()).wunlock(here!());
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
    stripe(td.tid()).wlock(here!());
    // SAFETY: the stripe is held, and the thread is on its chain.
    unsafe {
        list::remove(td.as_ptr());
        stripe(td.tid()).wunlock(here!());
    }
}

#[cfg(test)]
pub(crate) mod tests;
