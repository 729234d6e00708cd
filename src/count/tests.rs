//! The counter, the limit, its reserve, and the complaint.

use super::*;
use crate::kpi::fake::world::World;
use crate::kpi::fake::{pcpu, vars as fake_vars};
use crate::kpi::sys::proc_;

/// Forgets every thread and the limit.
pub(crate) fn power_off() {
    nthreads().store(0, Ordering::Relaxed);
    // SAFETY: the world that ends has the statics for itself.
    unsafe {
        *MAXTHREAD.get() = 0;
        *CUR_FAIL.get() = 0;
    }
}

/// How many threads are counted.
pub(crate) fn counted() -> c_int {
    nthreads().load(Ordering::Relaxed)
}

/// A world for 200 threads, of which as many are counted.
fn world_with(threads: c_int) -> World {
    let world = World::booted(200);
    nthreads().store(threads, Ordering::Relaxed);
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
    assert!(world.log().is_empty(), "no check of privileges");
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
    nthreads().store(99, Ordering::Relaxed);
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
fn sub_and_dec_uncount() {
    let _world = world_with(50);
    sub(20);
    dec();
    assert_eq!(counted(), 29);
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
