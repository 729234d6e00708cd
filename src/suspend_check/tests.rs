//! "Shall I stop here?": the return matrix, the way out, and the AST.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the structures are the world's own"
)]

use super::*;
use crate::kpi::fake::locks::is_held;
use crate::kpi::fake::world::{World, called, spinning, with_asts};
use crate::proc::Proc;
use sys::{
    P_SINGLE_BOUNDARY as SB, P_SINGLE_EXIT as SX, P_STOPPED_SIG as SIG, P_STOPPED_SINGLE as SS,
    P_STOPPED_TRACE as TRACE, P_TRACED as TRACED, TDF_SBDRY as SBDRY, TDF_SEINTR as SEINTR,
    TDF_SERESTART as SERESTART,
};

/// What becomes of the thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// It goes on, or returns an error.
    Returns(c_int),
    /// It stops, and goes on with 0 once the reason has gone.
    Stops,
    /// It exits.
    Dies,
    /// An assertion fails; without `INVARIANTS` it returns 0.
    Asserts(&'static str),
}
use Outcome::{Asserts, Dies, Returns, Stops};

/// Who single-threads the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Single {
    Nobody,
    Another,
    Me,
}
use Single::{Another, Me, Nobody};

/// One row: `p_flag`, `td_flags`, debugger's wish, single-threader; then what
/// is expected in the kernel and at the boundary.
type Row = (u32, u32, bool, Single, Outcome, Outcome);

const UNSAFE: Outcome = Asserts("TDF_SBDRY set for unsafe thread_suspend_check");

#[rustfmt::skip]
const MATRIX: &[Row] = &[
    // No reason to stop.
    (0,                0,     false, Nobody,  Returns(0),        Returns(0)),
    (TRACED,           0,     false, Nobody,  Returns(0),        Returns(0)),
    (0,                0,     true,  Nobody,  Returns(0),        Returns(0)),
    (SX | SB,          0,     false, Nobody,  Returns(0),        Returns(0)),
    (0,                SBDRY, false, Nobody,  Returns(0),        Returns(0)),
    // Somebody else single-threads.
    (SS | SX,          0,     false, Another, Returns(EINTR),    Dies),
    (SS | SB,          0,     false, Another, Returns(ERESTART), Stops),
    (SS,               0,     false, Another, Stops,             Stops),
    // Other reasons.
    (SIG,              0,     false, Nobody,  Stops,             Stops),
    (TRACE,            0,     false, Nobody,  Stops,             Stops),
    (SIG | TRACE,      0,     false, Nobody,  Stops,             Stops),
    (TRACED,           0,     true,  Nobody,  Stops,             Stops),
    // Both: the rule for the boundary needs single-threading alone.
    (SIG | SS | SB,    0,     false, Another, Stops,             Stops),
    (SIG | SS | SX,    0,     false, Another, Returns(EINTR),    Dies),
    (SIG | SS,         0,     false, Another, Stops,             Stops),
    // Deferred stops; exit and boundary go before them.
    (SIG,              SBDRY,             false, Nobody,  Returns(0),        UNSAFE),
    (SS,               SBDRY,             false, Another, Returns(0),        UNSAFE),
    (TRACED,           SBDRY,             true,  Nobody,  Returns(0),        UNSAFE),
    (SIG,              SBDRY | SEINTR,    false, Nobody,  Returns(EINTR),    UNSAFE),
    (SIG,              SBDRY | SERESTART, false, Nobody,  Returns(ERESTART), UNSAFE),
    (SS | SX,          SBDRY,             false, Another, Returns(EINTR),    UNSAFE),
    (SS | SB,          SBDRY,             false, Another, Returns(ERESTART), UNSAFE),
    (SIG,              SEINTR,            false, Nobody,  Stops,             Stops),
    // The single-threader itself goes on, unless there is another reason.
    (SS,               0,     false, Me,      Returns(0),        Returns(0)),
    (SS | SX,          0,     false, Me,      Returns(0),        Returns(0)),
    (SS | SB,          0,     false, Me,      Returns(0),        Returns(0)),
    (SS,               SBDRY, false, Me,      Returns(0),        Returns(0)),
    (SS | SIG,         0,     false, Me,      Stops,             Stops),
    (SS | TRACE,       0,     false, Me,      Stops,             Stops),
    (SS | SB | SIG,    0,     false, Me,      Stops,             Stops),
    (SS | SX | SIG,    0,     false, Me,      Returns(EINTR),    Stops),
];

/// A world with a second thread, set up as the row says.
fn set_up(&(p_flag, td_flags, debugger, single, ..): &Row) -> (World, Thread, Proc) {
    let world = World::new();
    let (td, p) = (Thread::current(), world.own_proc());
    let other = world.thread("other", p);
    p.set_p_flag(p_flag);
    p.set_single(match single {
        Nobody => None,
        Another => Some(other),
        Me => Some(td),
    });
    td.add_flags(td_flags);
    if debugger {
        unsafe { (*td.as_ptr()).td_dbgflags = sys::TDB_SUSPEND as c_int }
    }
    (world, td, p)
}

/// Checks what the current thread does against what is expected of it.
fn assert_outcome(row: &Row, place: Where, expected: Outcome) {
    let (world, td, p) = set_up(row);
    let in_kernel = place == Where::IN_KERNEL;
    let case = format!("{row:x?} in the kernel: {in_kernel}");
    let pl = world.lock_proc(p);
    match expected {
        Returns(error) => {
            let (result, pl) = check(pl, place);
            assert_eq!(result, error, "{case}");
            assert!(world.log().is_empty(), "{case}");
            assert!(is_held(p.mtx_ptr()), "{case}");
            pl.unlock(here!());
        }
        Stops => {
            world.on("mi_switch involuntary", move || {
                assert_eq!(p.stopped(), (1, c_int::from(!in_kernel)));
                assert_eq!(td.has_flags(sys::TDF_BOUNDARY), !in_kernel);
                assert!(!is_held(p.mtx_ptr()) && !is_held(p.slock_ptr()));
                td.resume();
                p.set_p_flag(0);
            });
            let (result, pl) = check(pl, place);
            assert_eq!(result, 0, "{case}");
            assert_eq!((p.stopped(), spinning()), ((0, 0), 0), "{case}");
            assert!(is_held(p.mtx_ptr()), "{case}");
            world.assert_all_used();
            pl.unlock(here!());
        }
        Dies => {
            assert_eq!(world.dies(|| check(pl, place)), "kern_thr_exit", "{case}");
            assert!(!is_held(p.mtx_ptr()), "{case}");
        }
        Asserts(text) => {
            if cfg!(INVARIANTS) {
                assert_eq!(world.panics(|| check(pl, place).0), text, "{case}");
            } else {
                let (result, pl) = check(pl, place);
                let own = td.own_flags();
                let both = ThreadFlags::SEINTR.or(ThreadFlags::SERESTART);
                let silent = !own.intersects(both);
                assert_eq!(result == 0, silent, "{case}");
                pl.unlock(here!());
            }
        }
    }
}

#[test]
fn return_matrix_in_the_kernel() {
    for row in MATRIX {
        assert_outcome(row, Where::IN_KERNEL, row.4);
    }
}

#[test]
fn return_matrix_at_the_boundary() {
    for row in MATRIX {
        assert_outcome(row, Where::BOUNDARY, row.5);
    }
}

/// `needed` looks at the same reasons, and at nothing else.
#[test]
fn needed_is_a_reason_to_stop() {
    for row in MATRIX {
        let (world, td, p) = set_up(row);
        let pl = world.lock_proc(p);
        let (p_flag, _, debugger, ..) = *row;
        let wanted = p_flag & sys::P_STOPPED != 0 || (p_flag & TRACED != 0 && debugger);
        assert_eq!(needed(td, &pl), wanted, "{row:x?}");
        pl.unlock(here!());
    }
}

/// The calls of a stop at the boundary, in order: the process lock goes
/// before the thread lock is taken, the spin lock after.
#[test]
fn stop_calls_in_order() {
    let (world, td, p) = set_up(&(SIG, 0, false, Nobody, Stops, Stops));
    world.on("mi_switch involuntary", move || {
        td.resume();
        p.set_p_flag(0);
    });
    let pl = world.lock_proc(p);
    let (_, pl) = check(pl, Where::BOUNDARY);
    assert_eq!(
        world.log(),
        with_asts([
            "lock p.slock",
            "thread_stopped p",
            "unlock p.mtx",
            "lock self.lock",
            "ast_unsched self",
            "sched_sleep self",
            "unlock p.slock",
            "mi_switch involuntary",
            "lock p.mtx",
        ])
    );
    pl.unlock(here!());
}

/// A thread that goes on looks again, and may have to stop again.
#[test]
fn stop_is_repeated_while_there_is_a_reason() {
    let (world, td, p) = set_up(&(SIG, 0, false, Nobody, Stops, Stops));
    world.on("mi_switch involuntary", move || {
        td.resume();
        p.set_p_flag(TRACE);
    });
    world.on("mi_switch involuntary", move || {
        td.resume();
        p.set_p_flag(0);
    });
    let (error, pl) = check(world.lock_proc(p), Where::BOUNDARY);
    assert_eq!(error, 0);
    world.assert_all_used();
    pl.unlock(here!());
}

/// After a stop in the kernel single-threading may have begun to exit.
#[test]
fn reason_of_the_second_look_decides() {
    let (world, td, p) = set_up(&(SIG, 0, false, Nobody, Stops, Stops));
    let other = Some(p.all_threads()[1]);
    world.on("mi_switch involuntary", move || {
        td.resume();
        p.set_single(other);
        p.set_p_flag(SS | SX);
    });
    let (error, pl) = check(world.lock_proc(p), Where::IN_KERNEL);
    assert_eq!(error, EINTR);
    pl.unlock(here!());
}

/// The last thread that the single-threader waits for wakes it, before it is
/// counted itself; with another reason to stop it does not.
#[test]
fn last_thread_wakes_the_single_threader() {
    for (p_flag, wakes) in [(SS, 1), (SS | SIG, 0)] {
        let (world, td, p) = set_up(&(p_flag, 0, false, Another, Stops, Stops));
        let other = p.all_threads()[1].suspended();
        world.on("setrunnable other", move || assert!(!td.is_suspended()));
        world.on("mi_switch involuntary", move || {
            td.resume();
            p.set_p_flag(0);
        });
        let (_, pl) = check(world.lock_proc(p), Where::IN_KERNEL);
        assert_eq!(world.count("setrunnable other"), wakes);
        assert_eq!(other.is_suspended(), wakes == 0);
        pl.unlock(here!());
    }
}

/// The emulation layer's function of the test's system call vector.
unsafe extern "C" fn detach(_td: *mut sys::thread) {
    called("sv_thread_detach");
}

/// What may sleep happens with no lock held, in C's order.
#[test]
fn death_calls_in_order() {
    for with_detach in [false, true] {
        let (world, _, p) = set_up(&(SS | SX, 0, false, Another, Stops, Stops));
        if with_detach {
            unsafe { (*(*p.as_ptr()).p_sysent).sv_thread_detach = Some(detach) }
        }
        let pl = world.lock_proc(p);
        world.dies(|| check(pl, Where::BOUNDARY));
        let mut expected = vec!["unlock p.mtx"];
        expected.extend(with_detach.then_some("sv_thread_detach"));
        expected.extend(["umtx_thread_exit self", "kern_thr_exit self"]);
        assert_eq!(world.log(), expected);
    }
}

#[test]
fn thread_that_comes_back_from_its_exit_panics() {
    let (world, _, p) = set_up(&(SS | SX, 0, false, Another, Stops, Stops));
    world.answer("kern_thr_exit", 1);
    let pl = world.lock_proc(p);
    let text = world.panics(|| check(pl, Where::BOUNDARY).0);
    assert_eq!(text, "stopped thread did not exit");
}

#[test]
#[cfg(INVARIANTS)]
fn contradictory_deferral_is_caught() {
    let (world, _, p) = set_up(&(SIG, SBDRY | SEINTR | SERESTART, false, Nobody, Stops, Stops));
    let pl = world.lock_proc(p);
    let text = world.panics(|| check(pl, Where::IN_KERNEL).0);
    assert_eq!(text, "both TDF_SEINTR and TDF_SERESTART");
}

#[test]
#[cfg(INVARIANTS)]
fn single_threading_by_nobody_is_caught() {
    let (world, _, p) = set_up(&(SS, 0, false, Nobody, Stops, Stops));
    let pl = world.lock_proc(p);
    let text = world.panics(|| check(pl, Where::IN_KERNEL).0);
    assert_eq!(text, "singlethread not set");
}

/// What a loop of the current thread does, which holds no locks.
fn loop_check(td: Thread, sleep: bool) -> c_int {
    unsafe { check_susp(td, sleep) }
}

/// A world whose current thread has the AST pending.
fn pending(p_flag: u32) -> (World, Thread, Proc) {
    let (world, td, p) = set_up(&(p_flag, 0, false, Another, Stops, Stops));
    let mut tl = td.lock(here!());
    tl.schedule_suspend_ast();
    tl.unlock(here!());
    world.forget_log();
    (world, td, p)
}

/// A loop that has no AST pending takes no lock.
#[test]
fn loop_without_ast_goes_on_unlocked() {
    let (world, td, _) = set_up(&(SS | SX, 0, false, Another, Stops, Stops));
    for other_asts in [false, true] {
        td.set_other_asts(other_asts);
        assert_eq!(loop_check(td, true), 0);
    }
    assert!(world.log().is_empty());
}

#[test]
fn loop_is_told_what_to_return() {
    for (p_flag, sleep, error) in [
        (0, false, 0),
        (0, true, 0),
        (SS | SX, false, EINTR),
        (SS | SX, true, EINTR),
        // The bit alone is enough here.
        (SX, true, EINTR),
        (SS, false, ERESTART),
        (SIG, false, ERESTART),
        (SS | SB, false, ERESTART),
    ] {
        let (world, td, p) = pending(p_flag);
        assert_eq!(loop_check(td, sleep), error, "{p_flag:x} {sleep}");
        assert!(!is_held(p.mtx_ptr()));
        assert_eq!(world.log(), ["lock p.mtx", "unlock p.mtx"]);
    }
}

/// A loop that may sleep stops where it is, as at the boundary.
#[test]
fn loop_that_may_sleep_stops() {
    let (world, td, p) = pending(SIG);
    world.on("mi_switch involuntary", move || {
        assert_eq!(p.stopped(), (1, 1));
        td.resume();
        p.set_p_flag(0);
    });
    assert_eq!(loop_check(td, true), 0);
    world.assert_all_used();
    assert!(!is_held(p.mtx_ptr()));
}

#[test]
#[cfg(has_ast_register)]
fn ast_stops_at_the_boundary() {
    let (world, td, p) = pending(SIG);
    world.on("mi_switch involuntary", move || {
        assert_eq!(p.stopped(), (1, 1));
        td.resume();
        p.set_p_flag(0);
    });
    unsafe { ast_suspend(td.as_ptr(), sys::KT_TDA_SUSPEND) }
    world.assert_all_used();
    assert!(!is_held(p.mtx_ptr()));
}

#[test]
#[cfg(INVARIANTS)]
fn locks_are_asserted() {
    use crate::kpi::mutex::Mutex;
    let (world, td, p) = set_up(&(SIG, 0, false, Nobody, Stops, Stops));
    let token = || unsafe { ProcLocked::assume(p) };
    let text = world.panics(|| needed(td, &token()));
    assert_eq!(text, "mutex p.mtx not owned");
    let text = world.panics(|| check(token(), Where::IN_KERNEL).0);
    assert_eq!(text, "mutex p.mtx not owned");

    unsafe { Mutex::from_raw(&raw mut sys::Giant) }.lock(here!());
    let pl = world.lock_proc(p);
    let text = world.panics(|| check(pl, Where::IN_KERNEL).0);
    assert_eq!(text, "mutex Giant owned");
}
