//! Tokens cost nothing, and take and give up the locks that they stand for.

use super::*;
use crate::here;
use crate::kpi::fake::locks::is_held;
use crate::kpi::fake::world::{World, spinning};

/// In machine code a token is the pointer that C passes anyway.
#[test]
fn tokens_are_one_pointer() {
    const POINTER: usize = size_of::<*mut u8>();
    assert_eq!(size_of::<ProcLocked>(), POINTER);
    assert_eq!(size_of::<ProcSlocked>(), POINTER);
    assert_eq!(size_of::<ThreadLocked>(), POINTER);
    assert_eq!(size_of::<Option<ThreadLocked>>(), POINTER);
}

/// NULL stands for `None`.
#[test]
fn optional_thread_is_one_pointer() {
    assert_eq!(size_of::<Option<Thread>>(), size_of::<*mut sys::thread>());
    assert_eq!(size_of::<Option<Proc>>(), size_of::<*mut sys::proc_>());
}

/// Without lock debugging a place in the source is nothing at all.
#[test]
fn site_is_nothing_without_lock_debugging() {
    assert_eq!(size_of::<Site>() == 0, !cfg!(LOCK_DEBUG));
}

#[test]
fn process_lock_is_taken_and_given_up() {
    let world = World::new();
    let p = world.own_proc();
    let pl = p.lock(here!());
    assert!(is_held(p.mtx_ptr()) && pl.proc() == p);
    pl.assert_owned(here!());
    pl.unlock(here!());
    assert!(!is_held(p.mtx_ptr()));
    assert_eq!(world.log(), ["lock p.mtx", "unlock p.mtx"]);
}

#[test]
fn process_spin_lock_is_taken_and_given_up() {
    let world = World::new();
    let p = world.own_proc();
    let sl = p.lock_spin(here!());
    assert!(is_held(p.slock_ptr()) && spinning() == 1);
    sl.assert_owned(here!());
    sl.unlock(here!());
    assert!(!is_held(p.slock_ptr()) && spinning() == 0);
    assert_eq!(world.log(), ["lock p.slock", "unlock p.slock"]);
}

/// A lock that C is returned to with stays held.
#[test]
fn kept_lock_stays_held() {
    let world = World::new();
    let p = world.own_proc();
    p.lock(here!()).keep_held();
    assert!(is_held(p.mtx_ptr()));
}

/// The thread lock may be another mutex when it is given up: whatever
/// `td_lock` points at then.
#[test]
fn thread_unlock_follows_td_lock() {
    let world = World::new();
    let (a, b) = (world.loose_thread("a"), world.loose_thread("b"));
    let tl = a.lock(here!());
    let other = b.lock(here!());
    // SAFETY: structures of the world; what a scheduler does under both.
    unsafe { (*a.as_ptr()).td_lock = (*b.as_ptr()).td_lock }
    other.keep_held();
    world.forget_log();
    tl.unlock(here!());
    assert_eq!(world.log(), ["unlock b.lock"]);
}

#[test]
#[cfg(has_swapper)]
fn swapper_is_woken_once_if_anybody_needs_it() {
    let world = World::new();
    let td = world.loose_thread("td");
    WakeSwapper::NO.or(WakeSwapper::NO).act();
    assert!(world.log().is_empty());

    world.answer("setrunnable td", 1);
    // SAFETY: it has been running.
    let wake = unsafe { td.lock(here!()).set_runnable() };
    world.forget_log();
    WakeSwapper::NO.or(wake).or(WakeSwapper::NO).act();
    assert_eq!(world.log(), ["kick_proc0"]);
}

/// Abort and wake-up give the thread lock up, whatever they find.
#[test]
fn waking_gives_the_thread_lock_up() {
    use crate::kpi::fake::process::Sleep;
    let world = World::new();
    let td = world
        .thread("td", world.own_proc())
        .asleep(Sleep::Interruptible);
    // SAFETY: it sleeps interruptibly.
    let _ = unsafe { td.lock(here!()).abort_sleep(sys::EINTR as c_int) };
    assert_eq!(spinning(), 0);
    // SAFETY: it has been running.
    let _ = unsafe { td.lock(here!()).set_runnable() };
    assert_eq!(spinning(), 0);
    assert_eq!(world.calls(), ["sleepq_abort td 4", "setrunnable td"]);
}

/// The sleeper holds the process lock again afterwards.
#[test]
fn sleep_drops_and_retakes_the_process_lock() {
    let world = World::new();
    let p = world.own_proc();
    let pl = p.lock(here!());
    world.on("sleep p.flag thrsgl", move || {
        assert!(!is_held(p.mtx_ptr()));
        let pl = p.lock(here!());
        pl.wake_waiters();
        pl.unlock(here!());
    });
    let pl = pl.sleep_until_single_ends();
    assert!(is_held(p.mtx_ptr()));
    pl.unlock(here!());
    assert_eq!(world.count("wakeup p.flag"), 1);
}

#[test]
#[cfg(INVARIANTS)]
fn token_for_a_lock_that_is_not_held_is_caught() {
    let world = World::new();
    let p = world.own_proc();
    let td = Thread::current();
    // SAFETY: the contract is broken, and the assertion says so.
    let (pl, sl, tl) = unsafe {
        (
            ProcLocked::assume(p),
            ProcSlocked::assume(p),
            ThreadLocked::assume(td),
        )
    };
    let text = world.panics(|| pl.assert_owned(here!()));
    assert_eq!(text, "mutex p.mtx not owned");
    let text = world.panics(|| sl.assert_owned(here!()));
    assert_eq!(text, "mutex p.slock not owned");
    let text = world.panics(|| tl.assert_owned(here!()));
    assert_eq!(text, "mutex self.lock not owned");
}
