//! Single-threading: `thread_single` and `thread_single_end`.
//!
//! One thread asks all others of a process to exit (before `exit` and after
//! a successful `execve`), or to stop at the user boundary (before `execve`,
//! some forks) or anywhere (core dumps); or a kernel thread stops a whole
//! process.  It marks the process, hurries every thread on ([`crate::weed`]),
//! and suspends itself until the last of them wakes it.
//!
//! Ports reference lines 1115-1138, 1209-1362 and 1632-1719 (`calc_remaining`,
//! `remain_for_mode`, `thread_single`, `thread_unsuspend`, `thread_single_end`).

use crate::all_proc;
use crate::flags::{ProcFlags, ThreadFlags};
use crate::here;
use crate::kassert;
use crate::kpanic;
use crate::kpi::{giant, sys};
use crate::locks::{ProcLocked, ProcSlocked, WakeSwapper};
use crate::single_mode::SingleMode;
use crate::suspend;
use crate::thread::{State, Thread};
use crate::weed;
use core::ffi::c_int;
use core::sync::atomic::Ordering;

/// Somebody else single-threads the process, or it is on its way out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused;

/// How many threads there still are of the kind that the mode wants to be
/// rid of.
#[inline(always)]
#[doc(alias = "calc_remaining")]
fn remaining(pl: &ProcLocked, sl: &ProcSlocked, mode: SingleMode) -> c_int {
    debug_assert!(pl.proc() == sl.proc(), "tokens of two processes");
    pl.assert_owned(here!());
    sl.assert_owned(here!());
    // Both are read, so that no branch is needed.
    let (at_boundary, suspended) = (sl.boundary_count(), sl.suspcount());
    let gone_by = match mode {
        SingleMode::Exit => 0,
        SingleMode::Boundary => at_boundary,
        SingleMode::NoExit | SingleMode::AllProc => suspended,
    };
    pl.numthreads().wrapping_sub(gone_by)
}

/// Single-threads the process.
///
/// `mode` as in C: an int that is no mode panics, at the place where C does.
/// `Ok`: no other thread is running, or none is left.  `Err`: the caller has
/// to give way.  The process lock is held on return, and may have been
/// dropped; the spin lock is not held.
#[inline(always)]
#[doc(alias = "thread_single")]
pub fn single(pl: ProcLocked, mode: c_int) -> (Result<(), Refused>, ProcLocked) {
    let td = Thread::current();
    kassert!(SingleMode::from_c(mode).is_some(), c"invalid mode %d", mode);
    kassert!(
        (mode == sys::SINGLE_ALLPROC as c_int) == (td.proc() != pl.proc()),
        c"mode %d proc %p curproc %p",
        mode,
        pl.proc().as_ptr(),
        td.proc().as_ptr()
    );
    giant::assert_not_owned(here!());
    pl.assert_owned(here!());

    match SingleMode::from_c(mode) {
        Some(mode) => single_by_mode(td, pl, mode),
        None => single_by_no_mode(td, pl, mode),
    }
}

/// What C does with an int that is no mode, without `INVARIANTS`: nothing to
/// a process that needs no single-threading; another is marked, and then the
/// count of what remains panics.
#[cold]
#[inline(never)]
fn single_by_no_mode(
    td: Thread,
    mut pl: ProcLocked,
    mode: c_int,
) -> (Result<(), Refused>, ProcLocked) {
    if !pl.flags().intersects(ProcFlags::HADTHREADS) {
        return (Ok(()), pl);
    }
    if pl.singlethread().is_some_and(|other| other != td) {
        return (Err(Refused), pl);
    }
    mark(td, &mut pl, SingleMode::NoExit);
    let mut sl = pl.proc().lock_spin(here!());
    sl.set_singlethread(&mut pl, Some(td));
    kpanic!(c"calc_remaining: wrong mode %d", mode)
}

/// [`single`], once the mode is known.
#[inline(always)]
fn single_by_mode(
    td: Thread,
    mut pl: ProcLocked,
    mode: SingleMode,
) -> (Result<(), Refused>, ProcLocked) {
    if mode == SingleMode::AllProc {
        let turn;
        (turn, pl) = all_proc::wait_for_turn(pl);
        if turn.is_err() {
            return (turn, pl);
        }
    } else if !pl.flags().intersects(ProcFlags::HADTHREADS) {
        return (Ok(()), pl);
    }
    if pl.singlethread().is_some_and(|other| other != td) {
        return (Err(Refused), pl);
    }

    mark(td, &mut pl, mode);
    let mut sl = pl.proc().lock_spin(here!());
    sl.set_singlethread(&mut pl, Some(td));
    (pl, sl) = wait_for_others(td, pl, sl, mode);
    match mode {
        SingleMode::Exit => (pl, sl) = unthread(td, pl, sl),
        SingleMode::Boundary => wait_for_switches(td, &pl),
        SingleMode::NoExit | SingleMode::AllProc => {}
    }
    sl.unlock(here!());
    if mode == SingleMode::AllProc {
        all_proc::end(td);
    }
    (Ok(()), pl)
}

/// Sets the flags that say what the other threads shall do.
#[inline(always)]
fn mark(td: Thread, pl: &mut ProcLocked, mode: SingleMode) {
    let wanted = match mode {
        SingleMode::Exit => ProcFlags::SINGLE_EXIT,
        SingleMode::Boundary => ProcFlags::SINGLE_BOUNDARY,
        SingleMode::NoExit => ProcFlags::NONE,
        SingleMode::AllProc => ProcFlags::TOTAL_STOP,
    };
    let others = ProcFlags::SINGLE_EXIT.or(ProcFlags::SINGLE_BOUNDARY);
    pl.replace_flags(pl.flags().without(others).or(wanted));
    if mode == SingleMode::AllProc {
        all_proc::begin(td);
    }
    pl.set_flags(ProcFlags::STOPPED_SINGLE);
}

/// Hurries the others and suspends itself until they are as the mode wants.
///
/// While there is another reason to stop (a signal, a debugger), nobody is
/// hurried: whoever ends that stop lets the single-threader go first.
#[inline(always)]
fn wait_for_others(
    td: Thread,
    mut pl: ProcLocked,
    mut sl: ProcSlocked,
    mode: SingleMode,
) -> (ProcLocked, ProcSlocked) {
    let done = mode.remainder();
    while remaining(&pl, &sl, mode) != done {
        if pl.flags().only_single() {
            hurry_others(td, &pl, &mut sl, mode).act();
            if remaining(&pl, &sl, mode) == done {
                break;
            }
        }
        // SAFETY: the current thread, which holds these two locks alone.
        (pl, sl) = unsafe { suspend::switch_by_name(td, pl, sl) };
    }
    (pl, sl)
}

/// One pass over the other threads: each is told to check for stops, and what
/// keeps it from getting there is ended.
#[inline(always)]
fn hurry_others(
    td: Thread,
    pl: &ProcLocked,
    sl: &mut ProcSlocked,
    mode: SingleMode,
) -> WakeSwapper {
    let mut wake = WakeSwapper::NO;
    for other in pl.threads(&mut pl.ahead()) {
        if other == td {
            continue;
        }
        let mut tl = other.lock(here!());
        tl.schedule_suspend_ast();
        let state = other.state();
        if state == State::INHIBITED {
            wake = wake.or(weed::weed_inhibited(mode, tl, pl, sl));
            continue;
        }
        #[cfg(SMP)]
        if state == State::RUNNING {
            // SAFETY: it is running, and its lock keeps it so.
            unsafe { tl.forward_signal() }
        }
        tl.unlock(here!());
    }
    wake
}

/// The process has one thread now, and is no longer a threaded one.
///
/// Waits until the others have left their CPUs: whoever single-threads to
/// exit goes on to take apart what they were standing on.  Meanwhile both
/// locks are dropped.
#[inline(always)]
fn unthread(td: Thread, mut pl: ProcLocked, mut sl: ProcSlocked) -> (ProcLocked, ProcSlocked) {
    let p = pl.proc();
    kassert!(pl.numthreads() == 1, c"Unthreading with >1 threads");
    sl.set_singlethread(&mut pl, None);
    pl.clear_flags(
        ProcFlags::STOPPED_SINGLE
            .or(ProcFlags::SINGLE_EXIT)
            .or(ProcFlags::HADTHREADS),
    );
    while p.exitthreads().load(Ordering::Relaxed) != 0 {
        sl.unlock(here!());
        pl.unlock(here!());
        // SAFETY: the current thread, with no locks held.
        unsafe { sys::sched_relinquish(td.as_ptr()) }
        pl = p.lock(here!());
        sl = p.lock_spin(here!());
    }
    (pl, sl)
}

/// Waits until all others have left their CPUs.
///
/// A thread counts itself at the boundary while it still runs, on the address
/// space that `execve` is about to destroy.  Its thread lock can be taken
/// only once the switch is over.
#[inline(always)]
fn wait_for_switches(td: Thread, pl: &ProcLocked) {
    for other in pl.threads(&mut pl.ahead()) {
        if other == td {
            continue;
        }
        let tl = other.lock(here!());
        kassert!(
            tl.flags().intersects(ThreadFlags::BOUNDARY),
            c"td %p not on boundary",
            other.as_ptr()
        );
        kassert!(tl.is_suspended(), c"td %p is not suspended", other.as_ptr());
        tl.unlock(here!());
    }
}

/// Ends single-threading: whoever was stopped for it goes on, unless there is
/// another reason to stop.
///
/// The current thread single-threads the process, in this mode.
#[inline(always)]
#[doc(alias = "thread_single_end")]
pub fn single_end(mut pl: ProcLocked, mode: c_int) -> ProcLocked {
    kassert!(SingleMode::from_c(mode).is_some(), c"invalid mode %d", mode);
    pl.assert_owned(here!());
    #[cfg(INVARIANTS)]
    assert_end(&pl, mode);
    // Without INVARIANTS an int that is no mode does what NO_EXIT does.
    let mode = SingleMode::from_c(mode).unwrap_or(SingleMode::NoExit);

    pl.clear_flags(
        ProcFlags::STOPPED_SINGLE
            .or(ProcFlags::SINGLE_EXIT)
            .or(ProcFlags::SINGLE_BOUNDARY)
            .or(ProcFlags::TOTAL_STOP),
    );
    let mut sl = pl.proc().lock_spin(here!());
    sl.set_singlethread(&mut pl, None);
    let mut wake = WakeSwapper::NO;
    if pl.numthreads() != mode.remainder() && pl.flags().should_stop().is_empty() {
        wake = unsuspend_all(&pl, &mut sl, ThreadFlags::NONE);
    }
    kassert!(
        mode != SingleMode::Boundary || sl.boundary_count() == 0,
        c"inconsistent boundary count %d",
        sl.boundary_count()
    );
    sl.unlock(here!());
    wake.act();
    pl.wake_waiters();
    pl
}

/// What has to be true of an end.
#[cfg(INVARIANTS)]
#[inline(always)]
fn assert_end(pl: &ProcLocked, mode: c_int) {
    let allproc = mode == sys::SINGLE_ALLPROC as c_int;
    kassert!(
        allproc == pl.flags().intersects(ProcFlags::TOTAL_STOP),
        c"mode %d does not match P_TOTAL_STOP",
        mode
    );
    kassert!(
        allproc || pl.singlethread() == Some(Thread::current()),
        c"thread_single_end from other thread %p %p",
        Thread::current().as_ptr(),
        Thread::nullable(pl.singlethread())
    );
    kassert!(
        mode != sys::SINGLE_BOUNDARY as c_int || pl.flags().intersects(ProcFlags::SINGLE_BOUNDARY),
        c"mis-matched SINGLE_BOUNDARY flags %x",
        pl.flags().bits()
    );
}

/// Lets every suspended thread of the process go that has none of the flags
/// `kept`.
#[inline(always)]
fn unsuspend_all(pl: &ProcLocked, sl: &mut ProcSlocked, kept: ThreadFlags) -> WakeSwapper {
    let mut wake = WakeSwapper::NO;
    for td in pl.threads(&mut pl.ahead()) {
        let tl = td.lock(here!());
        if tl.is_suspended() && (kept.is_empty() || !tl.flags().intersects(kept)) {
            wake = wake.or(suspend::unsuspend_one(tl, sl, true));
        } else {
            tl.unlock(here!());
        }
    }
    wake
}

/// Lets the threads of a process go after a stop has ended.
///
/// If single-threading is still on, then only the single-threader, and only
/// once all others have stopped; one of another process is left alone.
#[inline(always)]
#[doc(alias = "thread_unsuspend")]
pub fn unsuspend(pl: &ProcLocked, sl: &mut ProcSlocked) {
    debug_assert!(pl.proc() == sl.proc(), "tokens of two processes");
    pl.assert_owned(here!());
    sl.assert_owned(here!());
    let mut wake = WakeSwapper::NO;
    if pl.flags().should_stop().is_empty() {
        wake = unsuspend_all(pl, sl, all_proc::KEPT);
    } else if pl.flags().only_single() && pl.numthreads() == sl.suspcount() {
        // SAFETY: stopped by single-threading, so there is a single-threader.
        let single = unsafe { pl.singlethread().unwrap_unchecked() };
        if single.proc() == pl.proc() {
            wake = suspend::unsuspend_one(single.lock(here!()), sl, false);
        }
    }
    wake.act();
}

#[cfg(test)]
mod tests;
