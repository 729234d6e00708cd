//! Credentials and limits: shared, given back, and caught up with.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the structures are the world's own"
)]

use super::*;
use crate::kpi::fake::locks::is_held;
use crate::kpi::fake::world::{World, name, zeroed};
use crate::proc::Proc;
use std::ptr;

/// A world whose process has what its thread has, in generation 1.
fn in_step() -> (World, Thread, Proc) {
    let world = World::new();
    let (td, p) = (Thread::current(), world.own_proc());
    unsafe {
        let (raw, p) = (td.as_ptr(), p.as_ptr());
        ((*p).p_ucred, (*p).p_limit) = ((*raw).td_ucred, (*raw).td_limit);
        ((*p).p_cowgen, (*raw).td_cowgen) = (1, 1);
    }
    (world, td, p)
}

/// The process goes on to other credentials and limits.
fn go_on(p: Proc) {
    let (cred, limit): (*mut sys::ucred, *mut sys::plimit) = (zeroed(), zeroed());
    name(cred, "new.cred");
    name(limit, "new.limit");
    unsafe { ((*p.as_ptr()).p_ucred, (*p.as_ptr()).p_limit) = (cred, limit) }
    unsafe { (*p.as_ptr()).p_cowgen += 1 }
}

/// What a thread has, as addresses.
fn owned(td: Thread) -> (*mut sys::ucred, *mut sys::ucred, *mut sys::plimit, u32) {
    let raw = td.as_ptr();
    unsafe {
        (
            (*raw).td_realucred,
            (*raw).td_ucred,
            (*raw).td_limit,
            (*raw).td_cowgen,
        )
    }
}

#[test]
fn first_thread_gets_the_processs() {
    let (world, _, p) = in_step();
    go_on(p);
    let new = world.loose_thread("new");
    let pl = world.lock_proc(p);
    unsafe { get_from_proc(new, &pl) }
    pl.unlock(here!());
    assert_eq!(world.calls(), ["crcowget new.cred", "lim_hold new.limit"]);
    let (cred, limit) = unsafe { ((*p.as_ptr()).p_ucred, (*p.as_ptr()).p_limit) };
    assert_eq!(owned(new), (cred, cred, limit, 2));
}

/// Even if the process has gone on: the new thread catches up by itself.
#[test]
fn further_thread_gets_its_makers() {
    let (world, td, p) = in_step();
    go_on(p);
    let new = world.loose_thread("new");
    unsafe { get(new, td) }
    assert_eq!(world.log(), ["crcowget self.cred", "lim_hold self.limit"]);
    assert_eq!(owned(new), owned(td));
}

#[test]
fn what_is_there_is_given_back() {
    for (cred, limit, calls) in [
        (true, true, &["crcowfree self", "lim_free self.limit"][..]),
        (true, false, &["crcowfree self"]),
        (false, true, &["lim_free self.limit"]),
        (false, false, &[]),
    ] {
        let (world, td, _) = in_step();
        unsafe {
            if !cred {
                (*td.as_ptr()).td_realucred = ptr::null_mut();
            }
            if !limit {
                (*td.as_ptr()).td_limit = ptr::null_mut();
            }
            free(td);
        }
        assert_eq!(world.log(), calls);
    }
}

/// Old references are given back once the process lock is dropped.
#[test]
fn update_catches_up_and_frees_unlocked() {
    let (world, td, p) = in_step();
    go_on(p);
    world.on("crfree", move || assert!(!is_held(p.mtx_ptr())));
    unsafe { update(td) }
    assert_eq!(
        world.log(),
        [
            "lock p.mtx",
            "crcowsync",
            "lim_cowsync",
            "unlock p.mtx",
            "crfree self.cred",
            "lim_free self.limit",
        ]
    );
    assert_eq!(owned(td).3, 2);
}

#[test]
fn update_without_a_change_frees_nothing() {
    let (world, td, p) = in_step();
    unsafe { (*p.as_ptr()).p_cowgen = 5 }
    unsafe { update(td) }
    assert_eq!(world.calls(), ["crcowsync", "lim_cowsync"]);
    assert_eq!(owned(td).3, 5);
}

#[test]
fn synced_takes_the_generation_alone() {
    let (world, td, p) = in_step();
    unsafe { (*p.as_ptr()).p_cowgen = 5 }
    let pl = world.lock_proc(p);
    unsafe { synced(td, &pl) }
    pl.unlock(here!());
    assert!(world.calls().is_empty());
    assert_eq!(owned(td).3, 5);
}

#[test]
#[cfg(INVARIANTS)]
fn synced_out_of_step_is_caught() {
    let said = |spoil: fn(*mut sys::thread, *mut sys::proc_)| {
        let (world, td, p) = in_step();
        unsafe { (*p.as_ptr()).p_cowgen = 2 }
        spoil(td.as_ptr(), p.as_ptr());
        let pl = world.lock_proc(p);
        let text = world.panics(|| unsafe { synced(td, &pl) });
        let end = text.find(" at src/cow.rs:").expect("a place in cow.rs");
        text[..end].to_owned()
    };
    assert_eq!(
        said(|td, p| unsafe { (*td).td_cowgen = (*p).p_cowgen }),
        "Assertion td->td_cowgen != p->p_cowgen failed"
    );
    assert_eq!(
        said(|td, _| unsafe { (*td).td_ucred = ptr::null_mut() }),
        "Assertion td->td_ucred == p->p_ucred failed"
    );
    assert_eq!(
        said(|td, _| unsafe { (*td).td_limit = ptr::null_mut() }),
        "Assertion td->td_limit == p->p_limit failed"
    );
}

/// Credentials that are borrowed for a while can't be handed on.
#[test]
#[cfg(INVARIANTS)]
fn temporary_credentials_are_not_shared() {
    let (world, td, _) = in_step();
    unsafe { (*td.as_ptr()).td_ucred = zeroed() }
    let new = world.loose_thread("new");
    let text = world.panics(|| unsafe { get(new, td) });
    assert!(text.contains("td->td_realucred == td->td_ucred"), "{text}");
}

#[test]
#[cfg(INVARIANTS)]
fn process_lock_is_asserted() {
    let (world, td, p) = in_step();
    unsafe {
        let pl = ProcLocked::assume(p);
        for text in [
            world.panics(|| get_from_proc(td, &pl)),
            world.panics(|| synced(td, &pl)),
        ] {
            assert_eq!(text, "mutex p.mtx not owned");
        }
    }
}
