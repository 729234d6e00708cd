//! The lookup that writes nothing.
//!
//! Beside each stripe's lock stands a count.  Who changes a chain, with the
//! lock held exclusively, makes the count odd before and even after.  A lookup
//! notes the count, walks the chain without the lock, and looks at the count
//! again at the end: if it is the same even number, nobody has changed a chain
//! of the stripe meanwhile, and the walk has seen what one under the lock would
//! have seen.  Otherwise it has seen something or other, forgets it, and does
//! what the C file does ([`shared_lock`]): so it always ends, and waits for a
//! writer where the C file waits.
//!
//! A thread found deep in its chain moves to the front.  For that the lock is
//! taken exclusively, by one exchange of its word if nobody has it; otherwise
//! the lookup is done again as in the C file, which takes it shared and upgrades.
//!
//! # Why this is right
//!
//! A *change* is what is done between an odd count and the next even one.
//! Changes of a stripe follow each other, since its lock is held exclusively.
//!
//! **What a walk reads is there.**  It reads heads of chains, which are never
//! freed, and threads and processes, whose zones never give memory back
//! (`UMA_ZONE_NOFREE`).  It reads a thread only if a link points at it; links
//! point at threads that have been put into the hash at some time.  Such a
//! thread had an id, a process and a link then, and has some today: they are
//! written when a thread is made, linked and hashed, and not cleared in between,
//! so that `td_proc` may be stale, but is never NULL again.  That the walk sees
//! them as they were when the link to the thread was written, or later, is the
//! doing of two orders: a change begins with a release fence, before any link is
//! written, and links are read with acquire.  (The option
//! `QUEUE_MACRO_DEBUG_TRASH` does clear links: with it lookups take the lock.)
//!
//! **A walk that counts has seen one state of the chain.**  Let `n` be the even
//! count that the walk noted, and found again at its end.
//!
//! * *Nothing is older than the changes up to `n`.*  The last of them stored
//!   `n` with release, and the walk loaded it with acquire.  What was written
//!   before a thread was added (its id, its process, the process's id) is seen
//!   for the same reason.
//! * *Nothing is newer.*  The change that follows stores `n + 1`, and after a
//!   release fence its links.  If the walk had read one of these, its acquire
//!   fence before the second look at the count would make that look see `n + 1`
//!   or what came after it.  The same holds for everything else that is written
//!   only after a thread was removed: the links of the chain that it is added
//!   to, its next id, its next process.  Each is stored with release, or behind
//!   a release fence, by somebody who came after the removal: he has got the
//!   thread from a list or zone whose lock passed from the one to the other.
//!   The process's next id is stored by C code, as a plain store.  On each of
//!   our machines all other CPUs see a store at once (x86, ARMv8 and RISC-V are
//!   multi-copy atomic), so who sees this one sees the removal that came first.
//!
//! So between the two looks the chain was the one that the walk has seen, and
//! each thread on it had that id and that process: they do not change while a
//! thread is in the hash.  Under the lock that is taken to move a thread no
//! change can begin: if the count still is `n` there, the chain still is that one.
//!
//! | what may happen under a walk | what becomes of it |
//! |---|---|
//! | the thread that it stands on is removed | it goes on from there, or ends there; the count has changed |
//! | removed and added to the same chain | it sees some threads again; the count has changed |
//! | removed, and added to another chain | it goes on along that one, whose stripe may be another; the count of the stripe in which it began has changed, by the removal |
//! | that again and again, so that it never comes to an end | it looks at the count after each [`ROUND`] of those that are deep |
//! | the id is given to another thread, or the thread another id, or another process, or the process another id | first the thread was removed: the count has changed |
//! | a thread, or a process, is freed and made again | likewise |
//! | the count comes around to `n` | that takes 2^63 changes of one stripe, on i386 2^31, while one walk is interrupted: minutes of nothing but threads that start and exit there, and then exactly that many. Even so a thread that was found has to be the right one under its process's lock; "there is none" could be wrong |
//! | the count is read while it is written | it is one aligned word: the value before or the one after |
//!
//! **A walk ends.**  If nothing changes, the chain ends.  If something does,
//! the next look at the count ends the walk.
//!
//! **Nobody can tell.**  The result is that of a lookup by the C file's way at
//! one moment between the two looks; in the C file that is the moment at which
//! it has the lock.  What comes next, under the process lock, is the same.

use super::stripe::Stripe;
use super::{RUN_THRESH, chain, shared_lock, stripe};
use crate::here;
use crate::kpi::list::{self, Head};
use crate::kpi::rolled::rolled;
use crate::kpi::sys;
use crate::proc::Proc;
use crate::thread::Thread;
use crate::tid::Lwpid;
use core::sync::atomic::{AtomicUsize, Ordering, fence};

/// Threads of a round of a walk.  So few that each load instruction is executed again
/// soon: a processor that learns their strides can be ahead of it.
const ROUND: u32 = 4;

// The first thread and some rounds are those that are not deep.
const _: () = assert!(RUN_THRESH.is_multiple_of(ROUND));

/// How often the chains of a stripe have been changed: twice the changes, odd
/// during one.
#[repr(transparent)]
pub struct Count(AtomicUsize);

/// What a count was when nobody changed a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen(usize);

impl Count {
    /// Changes a chain.
    ///
    /// # Safety
    ///
    /// The stripe's lock is held exclusively.
    #[inline(always)]
    pub unsafe fn change(&self, how: impl FnOnce()) {
        let before = self.0.load(Ordering::Relaxed);
        self.0.store(before.wrapping_add(1), Ordering::Relaxed);
        // No link is seen without the odd count.
        fence(Ordering::Release);
        how();
        // The even count is not seen without the links.
        self.0.store(before.wrapping_add(2), Ordering::Release);
    }

    /// The count, unless a chain is being changed.
    #[inline(always)]
    pub fn look(&self) -> Option<Seen> {
        let count = self.0.load(Ordering::Acquire);
        count.is_multiple_of(2).then_some(Seen(count))
    }

    /// Has nobody changed a chain since that look?  Then what was read since
    /// counts.
    #[inline(always)]
    pub fn is_still(&self, seen: Seen) -> bool {
        fence(Ordering::Acquire);
        self.0.load(Ordering::Relaxed) == seen.0
    }

    /// Is it that number still, as far as this CPU knows?  A loop goes on as long as
    /// it is, so that it ends whatever it has come upon.  That proves nothing of what
    /// was read: [`Count::is_still`] does, at the end.
    ///
    /// Compared in memory, which compilers don't do with an atomic variable; in
    /// straight code it would only be one more jump.
    #[inline(always)]
    pub fn goes_on(&self, seen: Seen) -> bool {
        #[cfg(all(target_arch = "x86_64", not(miri)))]
        // SAFETY: reads the word, which can't tear.
        unsafe {
            core::arch::asm!(
                "cmp qword ptr [{count}], {seen}",
                "je {same}",
                count = in(reg) self.0.as_ptr(),
                seen = in(reg) seen.0,
                same = label { return true },
                options(nostack, readonly),
            );
            false
        }
        #[cfg(not(all(target_arch = "x86_64", not(miri))))]
        {
            self.0.load(Ordering::Relaxed) == seen.0
        }
    }
}

/// Somebody has changed a chain: what was read meanwhile does not count.
#[derive(PartialEq, Eq, Debug)]
pub struct Disturbed;

/// Where a walk along a chain stopped.
#[derive(PartialEq)]
pub enum Stop {
    /// At the thread of that id.
    At(Thread),
    /// At the end of the chain.
    End,
    /// After so many others, before this one.
    Before(*mut sys::thread),
}

/// The thread of that id and its process, as they were a moment ago.
///
/// `pid` -1 stands for any process.  A thread found deep in its chain moves
/// to the front, if nobody else has the stripe's lock at the time.
#[inline(always)]
pub fn find(tid: Lwpid, pid: sys::pid_t) -> Option<(Thread, Proc)> {
    if cfg!(QUEUE_MACRO_DEBUG_TRASH) {
        return shared_lock::find(tid, pid);
    }
    let (stripe, chain) = (stripe(tid), chain(tid));
    let Some(seen) = stripe.count().look() else {
        return shared_lock::find(tid, pid);
    };
    let td = 'walk: {
        // SAFETY: the head of a chain, which is never unmapped.
        let mut raw = match walk::<1>(unsafe { list::first(chain) }, tid) {
            Stop::At(td) => break 'walk Some(td),
            Stop::End => break 'walk None,
            Stop::Before(next) => next,
        };
        // Unrolled, these rounds would be half of the function.
        let mut rounds = rolled((RUN_THRESH / ROUND) as usize);
        loop {
            match walk::<ROUND>(raw, tid) {
                Stop::At(td) => break 'walk Some(td),
                Stop::End => break 'walk None,
                Stop::Before(next) => raw = next,
            }
            rounds -= 1;
            if rounds == 0 {
                return find_deep(stripe, chain, seen, raw, tid, pid);
            }
        }
    };
    ended(stripe, seen, td, tid, pid)
}

/// Goes past up to `N` threads that have another id, beginning with `raw`.
#[inline(always)]
pub fn walk<const N: u32>(mut raw: *mut sys::thread, tid: Lwpid) -> Stop {
    for _ in 0..N {
        // SAFETY: links point at threads, or at nothing.
        let Some(td) = (unsafe { Thread::from_nullable(raw) }) else {
            return Stop::End;
        };
        if td.has_tid(tid) {
            return Stop::At(td);
        }
        // SAFETY: threads are never unmapped.
        raw = unsafe { list::next(raw) };
    }
    Stop::Before(raw)
}

/// What a walk has found that has ended at `td`.
#[inline(always)]
pub fn outcome(
    stripe: Stripe,
    seen: Seen,
    td: Option<Thread>,
    pid: sys::pid_t,
) -> Result<Option<(Thread, Proc)>, Disturbed> {
    let found = td
        .map(|td| (td, td.proc()))
        .filter(|(_, p)| pid == -1 || p.pid() == pid);
    match stripe.count().is_still(seen) {
        true => Ok(found),
        false => Err(Disturbed),
    }
}

/// Ends a lookup whose walk has ended at `td`, and leaves the chain as it is.
#[inline(always)]
fn ended(
    stripe: Stripe,
    seen: Seen,
    td: Option<Thread>,
    tid: Lwpid,
    pid: sys::pid_t,
) -> Option<(Thread, Proc)> {
    match outcome(stripe, seen, td, pid) {
        Ok(found) => found,
        Err(Disturbed) => shared_lock::find(tid, pid),
    }
}

/// Goes on with a lookup that is deep in the chain, and moves the thread that
/// it finds there to the front, as the C file does.
///
/// If somebody has the lock or has changed the chain, and where lock operations are
/// calls (in a kernel with lock debugging, or while lockstat(4) watches), it is
/// looked up once more under the lock, and moved by the calls of C: so the chain is
/// in the order in which it would be in C.
///
/// Each call that it makes is its last act, so that it saves hardly a register.
#[cold]
#[inline(never)]
fn find_deep(
    stripe: Stripe,
    chain: *mut Head,
    seen: Seen,
    mut raw: *mut sys::thread,
    tid: Lwpid,
    pid: sys::pid_t,
) -> Option<(Thread, Proc)> {
    let td = loop {
        match walk::<ROUND>(raw, tid) {
            Stop::At(td) => break td,
            Stop::End => return ended(stripe, seen, None, tid, pid),
            Stop::Before(next) => raw = next,
        }
        if !stripe.count().goes_on(seen) {
            return shared_lock::find(tid, pid);
        }
    };
    let p = td.proc();
    if pid != -1 && p.pid() != pid {
        return ended(stripe, seen, None, tid, pid);
    }
    if !stripe.lock().wlock_if_free() {
        return shared_lock::find(tid, pid);
    }
    // If the count is what it was, the thread still is where it was found, and stays
    // there while the lock is held.
    if !stripe.count().is_still(seen) {
        // SAFETY: taken above.
        return unsafe { find_again(stripe, tid, pid) };
    }
    // SAFETY: the lock was taken above, and the thread is on the chain.
    unsafe {
        shared_lock::move_to_front(stripe, chain, td);
        match stripe.lock().wunlock_if_unwanted() {
            true => Some((td, p)),
            false => found_and_wanted(stripe, td, p),
        }
    }
}

/// Gives the lock up and looks again.
///
/// # Safety
///
/// The current thread has the stripe's lock exclusively, and relies on that no
/// longer.
#[cold]
#[inline(never)]
unsafe fn find_again(stripe: Stripe, tid: Lwpid, pid: sys::pid_t) -> Option<(Thread, Proc)> {
    // SAFETY: by the caller's contract.
    unsafe { stripe.lock().wunlock_by_call(here!()) }
    shared_lock::find(tid, pid)
}

/// Gives the lock up, for which others wait or which lockstat(4) watches, after a
/// lookup that has found these.
///
/// # Safety
///
/// As for [`find_again`].
#[cold]
#[inline(never)]
unsafe fn found_and_wanted(stripe: Stripe, td: Thread, p: Proc) -> Option<(Thread, Proc)> {
    // SAFETY: by the caller's contract.
    unsafe { stripe.lock().wunlock_by_call(here!()) }
    Some((td, p))
}

#[cfg(all(test, not(QUEUE_MACRO_DEBUG_TRASH)))]
mod tests;
