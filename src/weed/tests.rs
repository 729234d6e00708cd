//! Weeding: each mode against each way of not running.

use super::*;
use crate::kpi::fake::process::Sleep::{self, Interruptible, Uninterruptible};
use crate::kpi::fake::world::{World, spinning};
use crate::thread::{State, Thread};
use SingleMode::{AllProc, Boundary, Exit, NoExit};

const MODES: [SingleMode; 4] = [Exit, Boundary, NoExit, AllProc];

/// How a thread is suspended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Suspended {
    No,
    InKernel,
    AtBoundary,
}
use Suspended::{AtBoundary, InKernel, No};

/// What is done to a thread, as the log has it.
const RELEASE: &str = "setrunnable a";
const EINTR: &str = "sleepq_abort a 4";
const ERESTART: &str = "sleepq_abort a -1";

/// One row: how it is suspended, whether `SINGLE_ALLPROC` has put it to sleep
/// before, how it sleeps; then what each of [`MODES`] does.
type Row = (Suspended, bool, Option<Sleep>, [&'static [&'static str]; 4]);

#[rustfmt::skip]
const MATRIX: &[Row] = &[
    (InKernel,   false, None, [&[RELEASE], &[RELEASE], &[RELEASE], &[RELEASE]]),
    (InKernel,   true,  None, [&[RELEASE], &[RELEASE], &[RELEASE], &[]]),
    (AtBoundary, false, None, [&[RELEASE], &[],        &[],        &[RELEASE]]),
    (AtBoundary, true,  None, [&[RELEASE], &[],        &[],        &[]]),
    // Blocked on a lock.
    (No,         false, None, [&[], &[], &[], &[]]),

    (No,         false, Some(Interruptible), [&[EINTR], &[ERESTART], &[ERESTART], &[ERESTART]]),
    (No,         true,  Some(Interruptible), [&[EINTR], &[ERESTART], &[ERESTART], &[ERESTART]]),
    (InKernel,   false, Some(Interruptible), [
        &[RELEASE, EINTR], &[RELEASE, ERESTART], &[RELEASE, ERESTART], &[RELEASE, ERESTART],
    ]),
    (InKernel,   true,  Some(Interruptible), [
        &[RELEASE, EINTR], &[RELEASE, ERESTART], &[RELEASE, ERESTART], &[ERESTART],
    ]),

    (No,         false, Some(Uninterruptible), [&[], &[], &[], &[]]),
    (InKernel,   false, Some(Uninterruptible), [&[RELEASE], &[RELEASE], &[RELEASE], &[RELEASE]]),
    (AtBoundary, false, Some(Uninterruptible), [&[RELEASE], &[], &[], &[RELEASE]]),
];

/// A world and its thread `a`, as the row says.
fn set_up(&(suspended, allproc, sleep, _): &Row) -> (World, Thread) {
    let world = World::new();
    let td = world.thread("a", world.own_proc());
    td.set_state(State::INHIBITED);
    if let Some(how) = sleep {
        td.asleep(how);
    }
    match suspended {
        No => td,
        InKernel => td.suspended(),
        AtBoundary => td.suspended_at_boundary(),
    };
    if allproc {
        td.add_flags(sys::TDF_ALLPROCSUSP);
    }
    (world, td)
}

/// Weeds the thread, and returns whether the swapper is to be woken.
fn weed(world: &World, td: Thread, mode: SingleMode) -> bool {
    let (pl, mut sl) = world.lock_both(world.own_proc());
    let tl = td.lock(here!());
    let wake = weed_inhibited(mode, tl, &pl, &mut sl);
    assert_eq!(
        spinning(),
        1,
        "the thread lock is given up, the spin lock not"
    );
    sl.unlock(here!());
    pl.unlock(here!());
    wake != WakeSwapper::NO
}

#[test]
fn each_mode_hurries_each_kind_of_thread() {
    for row in MATRIX {
        for (mode, expected) in MODES.into_iter().zip(row.3) {
            let (world, td) = set_up(row);
            weed(&world, td, mode);
            assert_eq!(world.calls(), expected, "{mode:?} {:?}", &row.0);
        }
    }
}

/// Who is let go is no longer counted as suspended; a thread that was at the
/// boundary leaves it for `SINGLE_EXIT` alone.
#[test]
fn released_threads_are_uncounted() {
    for row in MATRIX {
        for (mode, expected) in MODES.into_iter().zip(row.3) {
            let (world, td) = set_up(row);
            weed(&world, td, mode);
            let released = expected.contains(&RELEASE);
            let suspended = row.0 != No && !released;
            let boundary = row.0 == AtBoundary && !(released && mode == Exit);
            assert_eq!(
                world.own_proc().stopped(),
                (c_int::from(suspended), c_int::from(boundary)),
                "{mode:?} {:?}",
                &row.0
            );
            assert_eq!(td.is_suspended(), suspended);
            assert_eq!(td.has_flags(sys::TDF_BOUNDARY), boundary);
        }
    }
}

/// `SINGLE_ALLPROC` marks whom it wakes from a sleep, so that its next pass
/// leaves it where it suspends itself; no other mode does.
#[test]
fn allproc_marks_the_sleepers_that_it_wakes() {
    for row in MATRIX {
        for (mode, expected) in MODES.into_iter().zip(row.3) {
            let (world, td) = set_up(row);
            weed(&world, td, mode);
            let aborted = expected.iter().any(|call| call.starts_with("sleepq_abort"));
            let kept = row.1 && !expected.contains(&RELEASE);
            let marked = kept || (mode == AllProc && aborted);
            assert_eq!(td.has_flags(sys::TDF_ALLPROCSUSP), marked, "{mode:?}");
        }
    }
}

/// The lock is dropped with the release, and what it was may have changed.
#[test]
fn released_thread_is_locked_anew() {
    let (world, td) = set_up(&MATRIX[0]);
    let other = world.loose_thread("b");
    world.on("setrunnable a", move || {
        // SAFETY: structures of the world; what a scheduler may do.
        unsafe { (*td.as_ptr()).td_lock = (*other.as_ptr()).td_lock }
    });
    weed(&world, td, Exit);
    let log = world.log();
    let locked: Vec<_> = log.iter().filter(|l| l.ends_with(".lock")).collect();
    assert_eq!(locked, ["lock a.lock", "lock b.lock", "unlock b.lock"]);
}

/// A thread that suspends itself again in between is let go again.
#[test]
fn thread_that_suspends_again_is_released_again() {
    let (world, td) = set_up(&MATRIX[0]);
    world.on("setrunnable a", move || {
        td.suspended();
    });
    weed(&world, td, NoExit);
    assert_eq!(world.calls(), [RELEASE, RELEASE]);
}

/// The swapper is woken for either call, once both are done.
#[test]
fn swapper_is_asked_for_by_either_call() {
    let row = &MATRIX[7];
    assert_eq!(row.3[0], [RELEASE, EINTR]);
    for (release, abort) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let (world, td) = set_up(row);
        world.answer("setrunnable", release);
        world.answer("sleepq_abort", abort);
        let woken = weed(&world, td, Exit);
        assert_eq!(woken, cfg!(has_swapper) && release + abort > 0);
    }
}

/// A token without its lock, even for a thread that is left alone.
#[test]
#[cfg(INVARIANTS)]
fn locks_are_asserted() {
    for (held, text) in [
        ([false, true, true], "mutex p.mtx not owned"),
        ([true, false, true], "mutex p.slock not owned"),
        ([true, true, false], "mutex a.lock not owned"),
    ] {
        let (world, td) = set_up(&(No, false, Some(Uninterruptible), [&[]; 4]));
        let p = world.own_proc();
        if held[0] {
            p.lock(here!()).keep_held();
        }
        if held[1] {
            p.lock_spin(here!()).keep_held();
        }
        if held[2] {
            td.lock(here!()).keep_held();
        }
        // SAFETY: the contract is broken, and the assertion says so.
        let (pl, mut sl, tl) = unsafe {
            (
                ProcLocked::assume(p),
                ProcSlocked::assume(p),
                ThreadLocked::assume(td),
            )
        };
        let said = world.panics(|| weed_inhibited(Exit, tl, &pl, &mut sl) == WakeSwapper::NO);
        assert_eq!(said, text);
    }
}
