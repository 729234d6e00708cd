//! The counter, the limit, its reserve, and the complaint.

use super::*;
use crate::kpi::fake::world::World;
use crate::kpi::fake::{pcpu, vars as fake_vars};
use crate::kpi::sys::proc_;
use crate::tid::tests::in_use;
use std::sync::atomic::Ordering;

/// Forgets every thread and the limit.
pub(crate) fn power_off() {
    // SAFETY: the world that ends has the statics for itself.
    unsafe {
        *MAXTHREAD.get() = 0;
        *CUR_FAIL.get() = 0;
    }
    set_counted(0);
}

/// How many threads are counted.
#[cfg(feature = "c-algorithms")]
pub(crate) fn counted() -> c_int {
    how::nthreads().load(Ordering::Relaxed)
}

/// Has so many counted, whatever there is.
#[cfg(feature = "c-algorithms")]
fn set_counted(threads: c_int) {
    how::nthreads().store(threads, Ordering::Relaxed);
}

/// How many threads are counted.
#[cfg(not(feature = "c-algorithms"))]
pub(crate) fn counted() -> c_int {
    crate::tid::threads_lately()
}

/// Has so many counted, whatever there is.
#[cfg(not(feature = "c-algorithms"))]
fn set_counted(threads: c_int) {
    crate::tid::tests::set_threads(threads);
    let reserved = is_reserved(threads + 1);
    let room_under = if reserved { how::NO_ROOM } else { maxthread() };
    how::ROOM_UNDER.store(room_under, Ordering::Relaxed);
}

/// Is a thread admitted?
fn inc() -> bool {
    admit().is_some()
}

/// A world for 200 threads, of which as many are counted.
fn world_with(threads: c_int) -> World {
    let world = World::booted(200);
    set_counted(threads);
    let td = Thread::current();
    // SAFETY: structures of the world.
    unsafe {
        (*(*td.as_ptr()).td_ucred).cr_ruid = 1001;
        let p: *mut proc_ = td.proc().as_ptr();
        (*p).p_pid = 77;
    }
    world
}

#[test]
fn boot_counts_thread0() {
    let _world = World::booted(200);
    assert_eq!(counted(), 1);
}

#[test]
fn last_hundred_are_not_asked_for_below_the_reserve() {
    let world = world_with(98);
    assert!(inc());
    assert_eq!(counted(), 99);
    assert_eq!(world.count("priv_check_cred"), 0);
}

/// Reaping may make room, so the reserve is asked for again after it; and a
/// refused thread is not counted.
#[test]
fn unprivileged_thread_is_refused_the_reserve() {
    let world = world_with(99);
    assert!(!inc());
    assert_eq!(counted(), 99);
    assert_eq!(
        world.log(),
        [
            "priv_check_cred",
            "priv_check_cred",
            "eventratecheck 1",
            "printf maxthread limit exceeded by uid 1001 (pid 77); \
             consider increasing kern.maxthread",
        ]
    );
}

#[test]
fn complaint_is_left_out_when_there_was_one_lately() {
    let world = world_with(99);
    world.answer("eventratecheck", 0);
    assert!(!inc());
    assert_eq!(
        world.log(),
        ["priv_check_cred", "priv_check_cred", "eventratecheck 1"]
    );
}

#[test]
fn superuser_may_use_the_reserve() {
    let world = world_with(99);
    for _ in 99..199 {
        world.answer("priv_check_cred", 0);
        assert!(inc());
    }
    world.assert_all_used();
    assert_eq!(counted(), 199);
}

/// The check of privileges comes first even where it can't help any more.
#[test]
fn limit_holds_for_the_superuser() {
    let world = world_with(199);
    world.answer("priv_check_cred", 0);
    world.answer("priv_check_cred", 0);
    assert!(!inc());
    world.assert_all_used();
    assert_eq!(counted(), 199);
}

/// The second try comes after every domain's zombies have been reaped.
#[test]
fn zombies_of_other_domains_make_room() {
    let world = world_with(1);
    fake_vars::set_domains(2);
    let td = world.exited(1, 1)[0];
    world.stash(td);
    set_counted(99);
    assert!(inc());
    assert_eq!(counted(), 99, "one reaped, one counted");
    assert_eq!(world.count("priv_check_cred"), 1);
    assert_eq!(td.tid(), crate::tid::Lwpid::NONE);
}

/// This domain's zombies go before there is any need.
#[test]
fn own_domain_is_reaped_before_the_first_try() {
    let world = world_with(1);
    fake_vars::set_domains(2);
    pcpu::set_domain(1);
    let (near, far) = (world.exited(1, 1)[0], world.exited(1, 0)[0]);
    world.stash(near);
    world.stash(far);
    assert!(inc());
    assert_eq!(near.tid(), crate::tid::Lwpid::NONE);
    assert_ne!(far.tid(), crate::tid::Lwpid::NONE);
}

#[test]
#[cfg(feature = "c-algorithms")]
fn sub_uncounts() {
    let _world = world_with(50);
    sub(20);
    assert_eq!(counted(), 30);
}

/// A thread takes an id with it when it is counted, and gives it back when it is
/// not counted any more.
#[test]
fn leaving_uncounts_and_frees_the_id() {
    let _world = World::booted(200);
    let first = admit().expect("room");
    assert_eq!((counted(), in_use()), (2, vec![0, 1]));
    // SAFETY: in use.
    unsafe { leave(first) }
    assert_eq!((counted(), in_use()), (1, vec![0]));
}

/// Ids and count have one lock, so that it is taken once for both.
#[test]
#[cfg(not(feature = "c-algorithms"))]
fn the_lock_is_taken_once_for_id_and_count() {
    let world = World::booted(200);
    let tids: Vec<_> = (0..3).map(|_| admit().expect("room")).collect();
    assert_eq!(world.count("lock TID lock"), 3);
    world.forget_log();
    // SAFETY: in use.
    unsafe { leave_batch(&tids) }
    assert_eq!(world.log(), ["lock TID lock", "unlock TID lock"]);
    assert_eq!((counted(), in_use()), (1, vec![0]));
}

/// The reserve begins with one thread and ends with it: what says so follows the
/// count both ways.
#[test]
#[cfg(not(feature = "c-algorithms"))]
fn the_limit_with_room_follows_the_count() {
    let world = world_with(97);
    let reserved = || how::ROOM_UNDER.load(Ordering::Relaxed) != 200;
    let tids: Vec<_> = (97..99).map(|_| admit().expect("room")).collect();
    assert!(reserved(), "thread 100 is the superuser's");
    // SAFETY: in use.
    unsafe { leave(tids[0]) }
    assert!(!reserved());
    let again = admit().expect("room");
    assert!(reserved());
    // SAFETY: in use.
    unsafe { leave_batch(&[tids[1], again]) }
    assert!(!reserved());
    assert_eq!(world.count("priv_check_cred"), 0);
}

/// Whoever has looked may be late: then the count decides, under the lock.
#[test]
#[cfg(not(feature = "c-algorithms"))]
fn others_may_be_faster() {
    let world = world_with(99);
    how::ROOM_UNDER.store(200, Ordering::Relaxed);
    world.answer("priv_check_cred", 0);
    assert!(inc(), "the superuser may have it");
    world.assert_all_used();
    assert_eq!(counted(), 100);
    how::ROOM_UNDER.store(200, Ordering::Relaxed);
    assert!(!inc(), "others may not");
    assert_eq!(counted(), 100);
    // The other way round nobody is asked for privileges that are not needed.
    let world = {
        drop(world);
        world_with(50)
    };
    how::ROOM_UNDER.store(how::NO_ROOM, Ordering::Relaxed);
    assert!(inc());
    assert_eq!(world.count("priv_check_cred"), 0);
}

/// Others are faster up to the reserve, between the look and the lock: then
/// privileges decide, on the fast way and on the other, and once.
#[test]
#[cfg(not(feature = "c-algorithms"))]
fn others_may_be_faster_up_to_the_reserve() {
    for fast in [true, false] {
        for privileged in [true, false] {
            let world = world_with(98);
            if !fast {
                how::ROOM_UNDER.store(how::NO_ROOM, Ordering::Relaxed);
            }
            world.on("lock TID lock", || crate::tid::tests::set_threads(99));
            if privileged {
                world.answer("priv_check_cred", 0);
            }
            let tid = how::try_admit();
            assert_eq!(tid.is_some(), privileged, "{fast}");
            assert_eq!(world.count("priv_check_cred"), 1, "{fast}");
            assert_eq!(counted(), 99 + c_int::from(privileged));
        }
    }
}

/// A limit that somebody lowers with a debugger holds at once, and privileges are
/// asked for before the lock is taken, as in C.
#[test]
#[cfg(not(feature = "c-algorithms"))]
fn a_lowered_limit_is_looked_at_without_the_lock() {
    let world = world_with(50);
    for limit in [151, 0] {
        // SAFETY: the test that holds the world has the statics for itself.
        unsafe { *MAXTHREAD.get() = limit }
        world.forget_log();
        assert!(!inc());
        assert_eq!(world.count("priv_check_cred"), 2, "{limit}");
        assert_eq!(world.count("lock TID lock"), 0, "{limit}");
    }
}

/// Whoever is refused was not counted at any time.
#[test]
#[cfg(not(feature = "c-algorithms"))]
fn who_is_refused_is_not_counted_meanwhile() {
    let world = world_with(99);
    let seen = std::rc::Rc::new(std::cell::Cell::new(0));
    let during = std::rc::Rc::clone(&seen);
    world.on("priv_check_cred", move || during.set(counted()));
    assert!(!inc());
    assert_eq!(seen.get(), 99);
}

#[test]
fn limit_is_processes_times_threads() {
    let _world = World::new();
    // SAFETY: the boot of this world.
    unsafe { init_limit() }
    assert_eq!(maxthread(), 64 * 8);
}

#[test]
fn limit_is_capped() {
    let _world = World::new();
    fake_vars::set_maxproc(1_000_000);
    // SAFETY: the boot of this world.
    unsafe { init_limit() }
    assert_eq!(maxthread(), DEFAULT_MAX);
}

#[test]
fn tunable_goes_before_the_default() {
    let _world = World::new();
    // SAFETY: the boot of this world.
    unsafe {
        *MAXTHREAD.get() = 123;
        init_limit();
    }
    assert_eq!(maxthread(), 123);
}
