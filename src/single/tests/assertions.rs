//! What `INVARIANTS` asserts of single-threading.

use super::*;
use crate::kpi::mutex::Mutex;
use crate::locks::{ProcLocked, ProcSlocked};

#[test]
fn mode_must_fit_the_process() {
    let (world, p, _) = three();
    let q = world.proc("q");
    let text = world.panics(|| single_thread(&world, p, ALLPROC));
    assert_eq!(text, "mode 3 proc p curproc p");
    let text = world.panics(|| single_thread(&world, q, EXIT));
    assert_eq!(text, "mode 1 proc q curproc p");
}

/// A token without its lock, wherever C asserts the lock.
#[test]
fn locks_are_asserted() {
    let (world, p, _) = three();
    // SAFETY: the contract is broken, and the assertions say so.
    let token = || unsafe { (ProcLocked::assume(p), ProcSlocked::assume(p)) };
    let said = |f: fn(ProcLocked, ProcSlocked)| {
        let (pl, sl) = token();
        world.panics(|| f(pl, sl))
    };
    let process_lock = "mutex p.mtx not owned";
    assert_eq!(said(|pl, _| drop(single(pl, EXIT))), process_lock);
    assert_eq!(said(|pl, _| drop(single_end(pl, EXIT))), process_lock);
    assert_eq!(said(|pl, mut sl| unsuspend(&pl, &mut sl)), process_lock);
    let count: fn(ProcLocked, ProcSlocked) = |pl, sl| {
        remaining(&pl, &sl, SingleMode::Exit);
    };
    assert_eq!(said(count), process_lock);

    let pl = world.lock_proc(p);
    let spin_lock = "mutex p.slock not owned";
    assert_eq!(said(|pl, mut sl| unsuspend(&pl, &mut sl)), spin_lock);
    assert_eq!(said(count), spin_lock);
    pl.unlock(here!());
}

#[test]
fn giant_must_not_be_held() {
    let (world, p, _) = three();
    // SAFETY: a static of the fake kernel.
    unsafe { Mutex::from_raw(&raw mut sys::Giant) }.lock(here!());
    let text = world.panics(|| single_thread(&world, p, EXIT));
    assert_eq!(text, "mutex Giant owned");
}

#[test]
fn unthreading_leaves_one_thread() {
    let (world, p, _) = three();
    let (pl, sl) = world.lock_both(p);
    let text = world.panics(|| drop(unthread(Thread::current(), pl, sl)));
    assert_eq!(text, "Unthreading with >1 threads");
}

/// All others are at the boundary once their thread locks can be taken.
#[test]
fn others_must_be_suspended_at_the_boundary() {
    let (world, p, [a, b]) = three();
    let pl = world.lock_proc(p);
    a.suspended_at_boundary();
    b.suspended();
    let text = world.panics(|| wait_for_switches(Thread::current(), &pl));
    assert_eq!(text, "td b not on boundary");

    let (world, p, [a, b]) = {
        drop((world, pl));
        three()
    };
    let pl = world.lock_proc(p);
    a.suspended_at_boundary();
    b.add_flags(sys::TDF_BOUNDARY);
    let text = world.panics(|| wait_for_switches(Thread::current(), &pl));
    assert_eq!(text, "td b is not suspended");
}

#[test]
fn end_must_fit_the_beginning() {
    let (world, p, [a, _]) = three();
    let said = |mode, flags, single: Option<Thread>| {
        p.set_p_flag(flags);
        p.set_single(single);
        // SAFETY: the panic before has left it held.
        unsafe { (*p.as_ptr()).p_mtx.mtx_lock = sys::KT_MTX_UNOWNED }
        world.panics(|| end(&world, p, mode))
    };
    let me = Some(Thread::current());
    assert_eq!(said(9, SS, me), "invalid mode 9");
    let text = "mode 3 does not match P_TOTAL_STOP";
    assert_eq!(said(ALLPROC, SS, me), text);
    let text = "thread_single_end from other thread self a";
    assert_eq!(said(NO_EXIT, SS, Some(a)), text);
    let text = "mis-matched SINGLE_BOUNDARY flags 80000";
    assert_eq!(said(BOUNDARY, SS, me), text);
}

/// The last thread at the boundary was not counted out.
#[test]
fn end_with_a_thread_left_at_the_boundary_is_caught() {
    let (world, p, _) = three();
    p.set_p_flag(SS | SB);
    p.set_single(Some(Thread::current()));
    // SAFETY: structures of the world.
    unsafe { (*p.as_ptr()).p_boundary_count = 1 }
    let text = world.panics(|| end(&world, p, BOUNDARY));
    assert_eq!(text, "inconsistent boundary count 1");
}
