//! Linking and unlinking.

use super::*;
use crate::kpi::fake::world::{World, zeroed};

#[test]
fn linked_thread_is_the_last_and_counted() {
    let world = World::new();
    let p = world.own_proc();
    let (me, td) = (Thread::current(), world.loose_thread("td"));
    td.add_flags(sys::TDF_SINTR);
    // SAFETY: on no list.
    unsafe { thread_link(td, p) }
    assert!(p.all_threads() == [me, td]);
    assert!(td.proc() == p && td.state() == State::INACTIVE);
    assert!(
        td.own_flags() == ThreadFlags::INMEM,
        "as a new thread has them"
    );
    let pl = world.lock_proc(p);
    assert_eq!(pl.numthreads(), 2);
    pl.unlock(here!());
}

#[test]
fn link_calls_in_order() {
    let world = World::new();
    let td = world.loose_thread("td");
    // SAFETY: on no list.
    unsafe { thread_link(td, world.own_proc()) }
    assert_eq!(world.log(), ["sigqueue_init p", "callout_init"]);
}

/// Whoever stashes the thread still reads its process.
#[test]
fn unlinked_thread_keeps_its_process() {
    let world = World::new();
    let p = world.own_proc();
    let td = world.thread("td", p);
    let mut pl = world.lock_proc(p);
    // SAFETY: on the list.
    unsafe { thread_unlink(td, &mut pl) }
    assert_eq!(pl.numthreads(), 1);
    assert!(p.all_threads() == [Thread::current()]);
    assert!(td.proc() == p);
    pl.unlock(here!());
}

#[test]
#[cfg(INVARIANTS)]
fn unlink_without_the_process_lock_is_caught() {
    let world = World::new();
    let p = world.own_proc();
    let td = world.thread("td", p);
    // SAFETY: the contract is broken, and the assertion says so.
    let text = world.panics(|| unsafe { thread_unlink(td, &mut ProcLocked::assume(p)) });
    assert_eq!(text, "mutex p.mtx not owned");
}

/// proc0's list is made here; a signal record is there only once its zone is.
#[test]
fn proc0_is_linked_from_nothing() {
    let world = World::new();
    let td = world.loose_thread("thread0");
    let p: *mut sys::proc_ = zeroed();
    // SAFETY: zero-filled structures that nobody else has.
    unsafe {
        (*p).p_numthreads = 9;
        let p = Proc::from_raw(p);
        proc_linkup0(p, td);
        assert!(p.all_threads() == [td]);
        assert_eq!((*p.as_ptr()).p_numthreads, 1);
        assert!((*p.as_ptr()).p_ksi.is_null());
    }
    assert_eq!(
        world.log(),
        [
            "sigqueue_init ?",
            "ksiginfo_alloc",
            "sigqueue_init ?",
            "callout_init"
        ]
    );
}

#[test]
fn signal_record_is_marked_as_the_processs_own() {
    let world = World::new();
    let td = world.loose_thread("td");
    world.answer("ksiginfo_alloc", 1);
    let p = world.proc("q");
    // SAFETY: structures that nobody else has.
    unsafe {
        proc_linkup(p, td);
        let flags = (*(*p.as_ptr()).p_ksi).ksi_flags;
        assert_eq!(flags, (sys::KSI_EXT | sys::KSI_INS) as c_int);
    }
}
