//! Whom a request from outside finds, and who lets its thread go.

use super::*;
use crate::here;
use crate::kpi::fake::world::World;
use crate::kpi::sys;
use std::ffi::c_int;
use sys::{P_STOPPED_SIG as SIG, P_STOPPED_SINGLE as SS, P_TRACED as TRACED, P2_WEXIT};

/// What a request finds that waits for a process with these flags.
fn outcome(p_flag: u32, p_flag2: u32) -> Result<(), Refused> {
    let world = World::new();
    let q = world.proc("q");
    q.set_p_flag(p_flag);
    // SAFETY: a structure of the world.
    unsafe { (*q.as_ptr()).p_flag2 = p_flag2 as c_int }
    world.on("sleep q.flag thrsgl", move || q.set_p_flag(p_flag & !SS));
    let (result, pl) = wait_for_turn(world.lock_proc(q));
    pl.unlock(here!());
    result
}

/// One that single-threads on its way out is not waited for.
#[test]
fn exiting_process_is_not_waited_for() {
    assert_eq!(outcome(SS, P2_WEXIT), Err(Refused));
    assert_eq!(outcome(SS, 0), Ok(()));
}

/// After the wait, too, the newer form leaves a process alone that is stopped,
/// traced or exiting; the older one stops it.
#[test]
fn stopped_processes_decline_in_the_newer_form() {
    let newer = !cfg!(has_doing_sa);
    for (p_flag, p_flag2) in [(SIG, 0), (TRACED, 0), (0, P2_WEXIT), (SS | SIG, 0)] {
        let declined = outcome(p_flag, p_flag2) == Err(Refused);
        assert_eq!(declined, newer, "{p_flag:x} {p_flag2:x}");
    }
}

/// The thread is marked for as long as it stops another process.
#[test]
#[cfg(has_doing_sa)]
fn thread_is_marked_meanwhile() {
    let world = World::new();
    let q = world.proc("q");
    let a = world.thread("a", q);
    let td = Thread::current();
    world.on("mi_switch voluntary", move || {
        assert!(td.has_flags(sys::TDF_DOING_SA));
        assert_eq!(q.p_flag(), (SS | sys::P_TOTAL_STOP) as c_int);
        a.suspended();
        let mut tl = td.lock(here!());
        tl.clear_suspended();
        tl.unlock(here!());
    });
    let (result, pl) = crate::single::single(world.lock_proc(q), sys::SINGLE_ALLPROC as c_int);
    pl.unlock(here!());
    assert_eq!(result, Ok(()));
    assert!(!td.has_flags(sys::TDF_DOING_SA));
    world.assert_all_used();
}

/// Its own process's stop ends meanwhile: it stays where it waits for the
/// other process, and its siblings go.
#[test]
#[cfg(has_doing_sa)]
fn marked_thread_is_not_let_go_with_its_process() {
    let world = World::new();
    let p = world.own_proc();
    let me = Thread::current().add_flags(sys::TDF_DOING_SA).suspended();
    world.thread("a", p).suspended();
    let (pl, mut sl) = world.lock_both(p);
    crate::single::unsuspend(&pl, &mut sl);
    assert_eq!(world.calls(), ["setrunnable a"]);
    assert!(me.is_suspended());
    sl.unlock(here!());
    pl.unlock(here!());
}

/// Whoever ended single-threading of its process lets it go all the same, as
/// in C.
#[test]
#[cfg(has_doing_sa)]
fn end_of_single_threading_lets_a_marked_thread_go() {
    let world = World::new();
    let p = world.own_proc();
    let td = world
        .thread("a", p)
        .add_flags(sys::TDF_DOING_SA)
        .suspended();
    p.set_p_flag(SS);
    p.set_single(Some(Thread::current()));
    let pl = crate::single::single_end(world.lock_proc(p), sys::SINGLE_NO_EXIT as c_int);
    pl.unlock(here!());
    assert!(!td.is_suspended());
}
