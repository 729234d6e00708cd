//! Single-threading and its end, with the other threads played by hooks.

use super::*;
use crate::flags::ThreadFlags;
use crate::kpi::fake::process::Sleep;
use crate::kpi::fake::world::{World, spinning, with_asts};
use crate::kpi::tailq;
use crate::proc::Proc;
use crate::thread::State;
use sys::{
    P_HADTHREADS as HAD, P_SINGLE_BOUNDARY as SB, P_SINGLE_EXIT as SX, P_STOPPED_SIG as SIG,
    P_STOPPED_SINGLE as SS, P_TOTAL_STOP as TOTAL,
};

#[cfg(INVARIANTS)]
mod assertions;

const NO_EXIT: c_int = sys::SINGLE_NO_EXIT as c_int;
const EXIT: c_int = sys::SINGLE_EXIT as c_int;
const BOUNDARY: c_int = sys::SINGLE_BOUNDARY as c_int;
const ALLPROC: c_int = sys::SINGLE_ALLPROC as c_int;

/// A world whose own process has two other threads, `a` and `b`.
fn three() -> (World, Proc, [Thread; 2]) {
    let world = World::new();
    let p = world.own_proc();
    p.set_p_flag(HAD);
    let others = [world.thread("a", p), world.thread("b", p)];
    (world, p, others)
}

/// Single-threads with the process lock held before and after.
fn single_thread(world: &World, p: Proc, mode: c_int) -> Result<(), Refused> {
    let (result, pl) = single(world.lock_proc(p), mode);
    assert_eq!(spinning(), 0);
    assert!(pl.proc() == p);
    pl.unlock(here!());
    result
}

/// Takes a thread off its process, as its exit does.
fn leave(td: Thread) {
    let p = td.proc().as_ptr();
    // SAFETY: on the list.
    unsafe {
        tailq::remove(p, td.as_ptr());
        (*p).p_numthreads -= 1;
    }
}

#[test]
fn process_without_threads_is_single_already() {
    let world = World::new();
    for mode in [NO_EXIT, EXIT, BOUNDARY] {
        assert_eq!(single_thread(&world, world.own_proc(), mode), Ok(()));
        assert_eq!(world.own_proc().p_flag(), 0);
        assert_eq!(world.log(), ["unlock p.mtx"]);
    }
}

/// The flags of each mode, while the others are waited for.
#[test]
fn modes_set_their_flags() {
    for (mode, flags) in [
        (NO_EXIT, HAD | SS),
        (BOUNDARY, HAD | SS | SB),
        (EXIT, HAD | SS | SX),
    ] {
        let (world, p, others) = three();
        let td = Thread::current();
        world.on("mi_switch voluntary", move || {
            assert_eq!(p.p_flag(), flags as c_int);
            assert!(p.single() == Some(td));
            for other in others {
                match mode {
                    EXIT => leave(other),
                    BOUNDARY => drop(other.suspended_at_boundary()),
                    _ => drop(other.suspended()),
                }
            }
            td.resume();
        });
        assert_eq!(single_thread(&world, p, mode), Ok(()), "mode {mode}");
        world.assert_all_used();
    }
}

/// What another mode has left is taken away.
#[test]
fn modes_replace_each_others_flags() {
    for (mode, flags) in [
        (SingleMode::NoExit, SS),
        (SingleMode::Exit, SS | SX),
        (SingleMode::Boundary, SS | SB),
        (SingleMode::AllProc, SS | TOTAL),
    ] {
        let (world, p, _) = three();
        p.set_p_flag(HAD | SX | SB);
        let mut pl = world.lock_proc(p);
        mark(Thread::current(), &mut pl, mode);
        pl.unlock(here!());
        assert_eq!(p.p_flag(), (HAD | flags) as c_int, "{mode:?}");
    }
}

/// One pass: running threads are told and interrupted, one that could run is
/// told, one that sleeps is woken; then the single-threader suspends itself.
#[test]
fn pass_hurries_every_other_thread() {
    let (world, p, [a, b]) = three();
    let c = world.thread("c", p).asleep(Sleep::Interruptible);
    b.set_state(State::RUNQ);
    let td = Thread::current();
    world.on("mi_switch voluntary", move || {
        for other in [a, b, c] {
            assert!(other.suspend_ast_pending());
            other.suspended();
        }
        td.resume();
    });
    assert_eq!(single_thread(&world, p, NO_EXIT), Ok(()));
    let mut expected = vec!["ast_sched a"];
    expected.extend(cfg!(SMP).then_some("forward_signal a"));
    expected.extend([
        "ast_sched b",
        "ast_sched c",
        "sleepq_abort c -1",
        "thread_stopped p",
        "ast_unsched self",
        "sched_sleep self",
        "mi_switch voluntary",
    ]);
    assert_eq!(world.calls(), with_asts(expected));
}

/// Nobody is left to wait for after the first pass: it does not suspend.
#[test]
fn others_that_are_suspended_already_are_not_waited_for() {
    let (world, p, [a, b]) = three();
    a.suspended_at_boundary();
    b.suspended_at_boundary();
    assert_eq!(single_thread(&world, p, BOUNDARY), Ok(()));
    assert_eq!(
        world.log(),
        [
            "lock p.slock",
            // Their switches are over.
            "lock a.lock",
            "unlock a.lock",
            "lock b.lock",
            "unlock b.lock",
            "unlock p.slock",
            "unlock p.mtx",
        ]
    );
}

/// With a stop signal on top nobody is hurried; once that has gone they are.
#[test]
fn other_reason_to_stop_defers_the_pass() {
    let (world, p, [a, b]) = three();
    p.set_p_flag(HAD | SIG);
    let td = Thread::current();
    world.on("mi_switch voluntary", move || {
        assert!(!a.suspend_ast_pending());
        td.resume();
        p.set_p_flag((p.p_flag() as u32) & !SIG);
    });
    world.on("mi_switch voluntary", move || {
        assert!(a.suspend_ast_pending());
        a.suspended();
        b.suspended();
        td.resume();
    });
    assert_eq!(single_thread(&world, p, NO_EXIT), Ok(()));
    world.assert_all_used();
}

/// The swapper is woken once for a pass, with only the spin lock held.
#[test]
#[cfg(has_swapper)]
fn pass_wakes_the_swapper_once() {
    let (world, p, others) = three();
    for td in others {
        td.asleep(Sleep::Interruptible);
    }
    world.answer("sleepq_abort a", 1);
    world.answer("sleepq_abort b", 1);
    let td = Thread::current();
    world.on("mi_switch voluntary", move || {
        for other in others {
            other.suspended();
        }
        td.resume();
    });
    assert_eq!(single_thread(&world, p, NO_EXIT), Ok(()));
    assert_eq!(world.count("kick_proc0"), 1);
}

/// The survivor waits until the dead have left their CPUs, with no lock held.
#[test]
fn exit_waits_for_threads_on_their_way_out() {
    let (world, p, [a, b]) = three();
    leave(b);
    p.exitthreads().store(2, Ordering::Relaxed);
    let td = Thread::current();
    world.on("mi_switch voluntary", move || {
        leave(a);
        td.resume();
    });
    for left in [1, 0] {
        world.on("sched_relinquish self", move || {
            assert_eq!(p.p_flag(), 0, "the process has one thread by then");
            assert!(p.single().is_none());
            p.exitthreads().store(left, Ordering::Relaxed);
        });
    }
    assert_eq!(single_thread(&world, p, EXIT), Ok(()));
    world.assert_all_used();
    assert_eq!(p.p_flag(), 0);
}

#[test]
fn second_single_threader_has_to_give_way() {
    for mode in [NO_EXIT, EXIT, BOUNDARY] {
        let (world, p, [a, _]) = three();
        p.set_single(Some(a));
        assert_eq!(single_thread(&world, p, mode), Err(Refused));
        assert_eq!(p.p_flag(), HAD as c_int);
        assert_eq!(world.log(), ["unlock p.mtx"]);
    }
}

/// The same thread may go on to another mode: `execve` does.
#[test]
fn single_threader_can_change_the_mode() {
    let (world, p, [a, b]) = three();
    p.set_single(Some(Thread::current()));
    p.set_p_flag(HAD | SS | SB);
    a.suspended_at_boundary();
    b.suspended_at_boundary();
    let td = Thread::current();
    world.on("mi_switch voluntary", move || {
        assert_eq!(p.stopped(), (1, 0), "released from the boundary");
        assert_eq!(p.p_flag(), (HAD | SS | SX) as c_int);
        leave(a);
        leave(b);
        td.resume();
    });
    assert_eq!(single_thread(&world, p, EXIT), Ok(()));
    world.assert_all_used();
}

/// A world with another process of one sleeping thread.
fn stranger() -> (World, Proc, Thread) {
    let world = World::new();
    let q = world.proc("q");
    let td = world.thread("a", q);
    (world, q, td)
}

/// A kernel thread stops a whole process: all its threads, and not itself.
#[test]
fn allproc_stops_another_process() {
    let (world, q, a) = stranger();
    a.asleep(Sleep::Interruptible);
    let td = Thread::current();
    world.on("mi_switch voluntary", move || {
        assert_eq!(q.p_flag(), (SS | TOTAL) as c_int);
        assert!(a.has_flags(sys::TDF_ALLPROCSUSP));
        a.suspended();
        let mut tl = td.lock(here!());
        tl.clear_suspended();
        tl.unlock(here!());
    });
    assert_eq!(single_thread(&world, q, ALLPROC), Ok(()));
    assert_eq!(q.stopped(), (1, 0));
    assert_eq!(world.own_proc().stopped(), (0, 0));
    assert!(q.single() == Some(td));
}

#[test]
#[cfg(not(has_doing_sa))]
fn allproc_is_refused_by_stopped_traced_and_exiting_processes() {
    for (p_flag, p_flag2) in [
        (SIG, 0),
        (sys::P_TRACED, 0),
        (0, sys::P2_WEXIT),
        (SS, sys::P2_WEXIT),
    ] {
        let (world, q, _) = stranger();
        q.set_p_flag(p_flag);
        // SAFETY: structures of the world.
        unsafe { (*q.as_ptr()).p_flag2 = p_flag2 as c_int }
        assert_eq!(single_thread(&world, q, ALLPROC), Err(Refused));
        assert_eq!(q.p_flag(), p_flag as c_int, "nothing is marked");
        assert_eq!(world.log(), ["unlock q.mtx"], "nobody sleeps for it");
    }
}

/// It waits for somebody else's single-threading to end, and looks again.
#[test]
fn allproc_waits_for_its_turn() {
    let (world, q, a) = stranger();
    q.set_p_flag(SS);
    world.on("sleep q.flag thrsgl", || {});
    world.on("sleep q.flag thrsgl", move || {
        q.set_p_flag(0);
        a.suspended();
    });
    assert_eq!(single_thread(&world, q, ALLPROC), Ok(()));
    world.assert_all_used();
    assert_eq!(q.p_flag(), (SS | TOTAL) as c_int);
}

/// What C does with an int that is no mode.
#[test]
fn int_that_is_no_mode_panics() {
    let (world, p, _) = three();
    let text = world.panics(|| single_thread(&world, p, 7));
    if cfg!(INVARIANTS) {
        assert_eq!(text, "invalid mode 7");
    } else {
        assert_eq!(text, "calc_remaining: wrong mode 7");
        assert_eq!(p.p_flag(), (HAD | SS) as c_int, "marked before that");
        assert!(p.single() == Some(Thread::current()));
    }
}

#[test]
#[cfg(not(INVARIANTS))]
fn int_that_is_no_mode_passes_where_nothing_is_to_be_done() {
    let (world, p, [a, _]) = three();
    p.set_single(Some(a));
    assert_eq!(single_thread(&world, p, -1), Err(Refused));
    p.set_p_flag(0);
    assert_eq!(single_thread(&world, p, -1), Ok(()));
    assert_eq!(p.p_flag(), 0);
}

/// What remains in each mode, of five threads: two at the boundary, and one
/// suspended elsewhere.
#[test]
fn remaining_counts_what_the_mode_is_after() {
    let (world, p, others) = three();
    for other in others {
        other.suspended_at_boundary();
    }
    world.thread("c", p).suspended();
    world.thread("d", p);
    let (pl, sl) = world.lock_both(p);
    let counts = [NO_EXIT, EXIT, BOUNDARY, ALLPROC]
        .map(|mode| remaining(&pl, &sl, SingleMode::from_c(mode).unwrap()));
    assert_eq!(counts, [2, 5, 3, 2]);
    sl.unlock(here!());
    pl.unlock(here!());
}

/// Ends single-threading with the process lock held before and after.
fn end(world: &World, p: Proc, mode: c_int) {
    let pl = single_end(world.lock_proc(p), mode);
    assert_eq!(spinning(), 0);
    pl.unlock(here!());
}

#[test]
fn end_lets_everybody_go() {
    for (mode, flags) in [(NO_EXIT, SS), (BOUNDARY, SS | SB)] {
        let (world, p, [a, b]) = three();
        p.set_p_flag(HAD | flags);
        p.set_single(Some(Thread::current()));
        a.suspended_at_boundary();
        b.asleep(Sleep::Interruptible).suspended_at_boundary();
        end(&world, p, mode);
        assert_eq!(p.p_flag(), HAD as c_int);
        assert!(p.single().is_none());
        assert_eq!(p.stopped(), (0, 0));
        assert_eq!(
            world.calls(),
            ["setrunnable a", "setrunnable b", "wakeup p.flag"]
        );
    }
}

/// A stop that has come on top keeps them where they are.
#[test]
fn end_leaves_threads_with_another_reason_alone() {
    let (world, p, [a, b]) = three();
    p.set_p_flag(HAD | SS | SIG);
    p.set_single(Some(Thread::current()));
    a.suspended();
    b.suspended();
    end(&world, p, NO_EXIT);
    assert_eq!(p.p_flag(), (HAD | SIG) as c_int);
    assert_eq!(p.stopped(), (2, 0));
    assert_eq!(world.calls(), ["wakeup p.flag"]);
}

#[test]
fn end_of_allproc_lets_the_other_process_go() {
    let (world, q, a) = stranger();
    q.set_p_flag(SS | TOTAL);
    q.set_single(Some(Thread::current()));
    a.suspended().add_flags(sys::TDF_ALLPROCSUSP);
    end(&world, q, ALLPROC);
    assert_eq!((q.p_flag(), q.stopped()), (0, (0, 0)));
    assert!(!a.own_flags().intersects(ThreadFlags::ALLPROCSUSP));
    assert_eq!(world.calls(), ["setrunnable a", "wakeup q.flag"]);
}

/// Which threads `thread_unsuspend` lets go: with no reason left all, with
/// single-threading alone its thread once the others have stopped.
#[test]
fn unsuspend_lets_go_whom_it_should() {
    let all: &[&str] = &["setrunnable a", "setrunnable b"];
    for (p_flag, both_stopped, expected) in [
        (0, true, all),
        (SIG, true, &[][..]),
        (SS | SIG, true, &[]),
        (SS, true, &["setrunnable a"]),
        (SS, false, &[]),
    ] {
        let world = World::new();
        let p = world.own_proc();
        let [a, b] = ["a", "b"].map(|name| world.thread(name, p));
        let me = Thread::current();
        a.suspended();
        b.suspended();
        if both_stopped && p_flag != 0 {
            me.suspended();
        }
        p.set_p_flag(p_flag);
        p.set_single(Some(a));
        let (pl, mut sl) = world.lock_both(p);
        unsuspend(&pl, &mut sl);
        assert_eq!(world.calls(), expected, "{p_flag:x} {both_stopped}");
        sl.unlock(here!());
        pl.unlock(here!());
    }
}

/// `SINGLE_ALLPROC`'s thread is another process's, and stays.
#[test]
fn unsuspend_leaves_a_foreign_single_threader() {
    let (world, q, a) = stranger();
    a.suspended();
    q.set_p_flag(SS | TOTAL);
    q.set_single(Some(Thread::current().suspended()));
    let (pl, mut sl) = world.lock_both(q);
    unsuspend(&pl, &mut sl);
    assert!(world.calls().is_empty());
    sl.unlock(here!());
    pl.unlock(here!());
}

/// A single-threader that a debugger had stopped at the boundary goes on from
/// there, and still counts: it does not leave it.
#[test]
fn unsuspended_single_threader_keeps_its_boundary() {
    let (world, p, [a, b]) = three();
    let me = Thread::current().suspended_at_boundary();
    a.suspended();
    b.suspended();
    p.set_p_flag(HAD | SS);
    p.set_single(Some(me));
    let (pl, mut sl) = world.lock_both(p);
    unsuspend(&pl, &mut sl);
    assert_eq!(
        (world.calls(), p.stopped()),
        (vec!["setrunnable self".into()], (2, 1))
    );
    assert!(me.has_flags(sys::TDF_BOUNDARY) && !me.is_suspended());
    sl.unlock(here!());
    pl.unlock(here!());
}

/// Whoever is let go may need the swapper: once, without the spin lock.
#[test]
#[cfg(has_swapper)]
fn letting_go_wakes_the_swapper() {
    let (world, p, [a, b]) = three();
    a.suspended();
    b.suspended();
    world.answer("setrunnable b", 1);
    p.set_p_flag(HAD | SS);
    p.set_single(Some(Thread::current()));
    world.on("kick_proc0", || assert_eq!(spinning(), 0));
    end(&world, p, NO_EXIT);
    assert_eq!(world.count("kick_proc0"), 1);

    a.suspended();
    world.answer("setrunnable a", 1);
    let (pl, mut sl) = world.lock_both(p);
    unsuspend(&pl, &mut sl);
    assert_eq!(world.count("kick_proc0"), 1);
    sl.unlock(here!());
    pl.unlock(here!());
}

/// A process of more threads than caches hold: all are stopped, and all let go.
#[test]
fn large_process_is_stopped_and_let_go() {
    let world = World::new();
    let p = world.own_proc();
    p.set_p_flag(HAD);
    let others: Vec<_> = (0..1025)
        .map(|n| world.thread(format_args!("t{n}"), p))
        .collect();
    let td = Thread::current();
    let stopped = others.clone();
    world.on("mi_switch voluntary", move || {
        for other in stopped {
            let _ = other.suspended();
        }
        td.resume();
    });
    assert_eq!(single_thread(&world, p, NO_EXIT), Ok(()));
    assert_eq!(p.stopped(), (1025, 0));
    single_end(world.lock_proc(p), NO_EXIT).unlock(here!());
    assert_eq!(p.stopped(), (0, 0));
    for other in others {
        // SAFETY: the world has one CPU, which is here.
        assert_eq!(unsafe { (*other.as_ptr()).td_inhibitors }, 0);
    }
}
