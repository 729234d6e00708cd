//! Suspending and letting go: counts, flags, and the order of calls.

use super::*;
use crate::kpi::fake::process::Sleep;
use crate::kpi::fake::world::{World, spinning, with_asts};

/// Suspends the current thread on behalf of a process until the hook lets it
/// go, with the process's locks held before and after.
fn switch_in(world: &World, p: crate::proc::Proc) {
    let (pl, sl) = world.lock_both(p);
    // SAFETY: the current thread, and no other lock is held.
    let (pl, sl) = unsafe { switch(Thread::current(), pl, sl) };
    assert!(pl.proc() == p && sl.proc() == p);
    assert_eq!(spinning(), 1, "the spin lock alone");
    sl.unlock(here!());
    pl.unlock(here!());
}

/// Both process locks are given up, the spin lock last, when the thread is
/// marked and its lock is held; both are taken again.
#[test]
fn switch_gives_locks_up_in_order() {
    let world = World::new();
    let (td, p) = (Thread::current(), world.own_proc());
    world.on("mi_switch voluntary", move || {
        assert!(td.is_suspended());
        assert_eq!(p.stopped(), (1, 0));
        td.resume();
    });
    switch_in(&world, p);
    assert_eq!(
        world.log(),
        with_asts([
            "thread_stopped p",
            "unlock p.mtx",
            "lock self.lock",
            "ast_unsched self",
            "sched_sleep self",
            "unlock p.slock",
            "mi_switch voluntary",
            "lock p.mtx",
            "lock p.slock",
            "unlock p.slock",
            "unlock p.mtx",
        ])
    );
    assert_eq!(p.stopped(), (0, 0));
}

/// The single-threader of `SINGLE_ALLPROC` is not one of the process's.
#[test]
fn switch_for_another_process_counts_nothing() {
    let world = World::new();
    let (td, q) = (Thread::current(), world.proc("q"));
    world.on("mi_switch voluntary", move || {
        assert!(td.is_suspended());
        assert_eq!(q.stopped(), (0, 0));
        assert_eq!(td.proc().stopped(), (0, 0));
        let mut tl = td.lock(here!());
        tl.clear_suspended();
        tl.unlock(here!());
    });
    switch_in(&world, q);
    assert_eq!(world.count("thread_stopped q"), 0);
}

#[test]
#[cfg(INVARIANTS)]
fn switch_of_a_suspended_thread_is_caught() {
    let world = World::new();
    Thread::current().suspended();
    let p = world.own_proc();
    let text = world.panics(|| switch_in(&world, p));
    assert_eq!(text, "already suspended");
}

#[test]
fn suspend_one_marks_and_counts() {
    let world = World::new();
    let p = world.own_proc();
    let td = world.thread("a", p);
    let mut sl = p.lock_spin(here!());
    let mut tl = td.lock(here!());
    tl.schedule_suspend_ast();
    world.forget_log();
    suspend_one(&mut tl, &mut sl);
    assert_eq!(world.log(), with_asts(["ast_unsched a", "sched_sleep a"]));
    assert!(td.is_suspended() && !td.suspend_ast_pending());
    assert_eq!(p.stopped(), (1, 0));
    tl.unlock(here!());
    sl.unlock(here!());
}

/// Has a suspended thread of the process run for once.
fn flash(td: Thread, pl: &ProcLocked) {
    // SAFETY: so it is, or the assertion says otherwise.
    unsafe { run_flash(td, pl) }
}

/// Every case of letting go: whose thread, suspended where, and whether it
/// may go on from the boundary; and the counts afterwards.
#[test]
fn unsuspend_one_counts_what_it_lets_go() {
    for (own, at_boundary, leave, counts, still_at_boundary) in [
        (true, false, false, (0, 0), false),
        (true, false, true, (0, 0), false),
        (true, true, false, (0, 1), true),
        (true, true, true, (0, 0), false),
        (false, false, true, (1, 0), false),
        (false, true, true, (1, 1), true),
    ] {
        let world = World::new();
        let p = world.own_proc();
        let td = world.thread("a", p);
        match at_boundary {
            true => td.suspended_at_boundary(),
            false => td.suspended(),
        };
        td.add_flags(sys::TDF_ALLPROCSUSP);
        let worked_on = if own { p } else { world.proc("q") };
        let mut sl = worked_on.lock_spin(here!());
        let tl = td.lock(here!());
        assert!(unsuspend_one(tl, &mut sl, leave) == WakeSwapper::NO);
        sl.unlock(here!());
        assert!(!td.is_suspended());
        assert!(!td.has_flags(sys::TDF_ALLPROCSUSP));
        assert_eq!(p.stopped(), counts, "{own} {at_boundary} {leave}");
        assert_eq!(td.has_flags(sys::TDF_BOUNDARY), still_at_boundary);
        assert_eq!(world.count("setrunnable a"), 1);
    }
}

/// A thread that also sleeps stays inhibited.
#[test]
fn unsuspended_sleeper_still_sleeps() {
    use crate::thread::State;
    let world = World::new();
    let p = world.own_proc();
    let td = world
        .thread("a", p)
        .asleep(Sleep::Uninterruptible)
        .suspended();
    let mut sl = p.lock_spin(here!());
    let _ = unsuspend_one(td.lock(here!()), &mut sl, true);
    sl.unlock(here!());
    assert!(td.state() == State::INHIBITED);
    assert!(td.on_sleepq());
}

/// Here alone the spin lock is taken under the thread lock.
#[test]
fn flash_takes_the_spin_lock_under_the_thread_lock() {
    let world = World::new();
    let p = world.own_proc();
    let td = world.thread("a", p).suspended();
    let pl = world.lock_proc(p);
    flash(td, &pl);
    assert_eq!(
        world.log(),
        [
            "lock a.lock",
            "lock p.slock",
            "unlock p.slock",
            "setrunnable a"
        ]
    );
    assert!(!td.is_suspended());
    assert_eq!((p.stopped(), spinning()), ((0, 0), 0));
    pl.unlock(here!());
}

#[test]
fn flash_takes_a_sleeper_off_its_queue() {
    let world = World::new();
    let p = world.own_proc();
    let td = world
        .thread("a", p)
        .asleep(Sleep::Interruptible)
        .suspended();
    let pl = world.lock_proc(p);
    flash(td, &pl);
    assert_eq!(world.calls(), ["sleepq_remove_nested a", "setrunnable a"]);
    assert!(!td.on_sleepq());
    pl.unlock(here!());
}

#[test]
#[cfg(INVARIANTS)]
fn flash_and_unsuspend_of_a_running_thread_are_caught() {
    let world = World::new();
    let p = world.own_proc();
    let td = world.thread("a", p);
    let (pl, mut sl) = world.lock_both(p);
    let text = world.panics(|| unsuspend_one(td.lock(here!()), &mut sl, true));
    assert_eq!(text, "Thread not suspended");
    sl.unlock(here!());

    let td = world.thread("b", p);
    let text = world.panics(|| flash(td, &pl));
    assert_eq!(text, "Thread not suspended");
}

#[test]
#[cfg(INVARIANTS)]
fn flash_with_nobody_counted_is_caught() {
    let world = World::new();
    let p = world.own_proc();
    let td = world.thread("a", p).suspended();
    // SAFETY: structures of the world.
    unsafe { (*p.as_ptr()).p_suspcount = 0 }
    let pl = world.lock_proc(p);
    let text = world.panics(|| flash(td, &pl));
    let expected = "Assertion p->p_suspcount > 0 failed at src/suspend.rs:";
    assert!(text.starts_with(expected), "{text}");
}

/// A token without its lock, wherever C asserts the lock.
#[test]
#[cfg(INVARIANTS)]
fn locks_are_asserted() {
    let world = World::new();
    let p = world.own_proc();
    let [a, b] = ["a", "b"].map(|name| world.thread(name, p));
    b.suspended();
    // SAFETY: the contracts are broken, and the assertions say so.
    let (pl, sl, tl) = unsafe {
        (
            || ProcLocked::assume(p),
            || ProcSlocked::assume(p),
            |td| ThreadLocked::assume(td),
        )
    };
    let process_lock = "mutex p.mtx not owned";
    // SAFETY: as above.
    let switched = || unsafe { switch(Thread::current(), pl(), sl()) };
    assert_eq!(world.panics(switched), process_lock);
    assert_eq!(world.panics(|| flash(b, &pl())), process_lock);

    let held = world.lock_proc(p);
    let spin_lock = "mutex p.slock not owned";
    assert_eq!(world.panics(switched), spin_lock);
    held.unlock(here!());
    let suspended = |td| world.panics(|| suspend_one(&mut tl(td), &mut sl()));
    let released = |td| world.panics(|| unsuspend_one(tl(td), &mut sl(), true) == WakeSwapper::NO);
    assert_eq!(suspended(a), spin_lock);
    assert_eq!(released(b), "mutex b.lock not owned");

    let held = b.lock(here!());
    assert_eq!(released(b), spin_lock);
    held.unlock(here!());
    p.lock_spin(here!()).keep_held();
    assert_eq!(suspended(a), "mutex a.lock not owned");
}

#[test]
#[cfg(INVARIANTS)]
fn thread_is_not_suspended_twice() {
    let world = World::new();
    let p = world.own_proc();
    let td = world.thread("a", p).suspended();
    let mut sl = p.lock_spin(here!());
    let mut tl = td.lock(here!());
    let text = world.panics(|| suspend_one(&mut tl, &mut sl));
    assert_eq!(text, "already suspended");
}
