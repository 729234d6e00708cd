//! Handlers are called in order, unlocked, and a dead one is not.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the structures are the world's own"
)]

use super::*;
use crate::events::_eventhandler_list_thread_ctor as LIST;
use crate::here;
use crate::kpi::fake::events::{kill, subscribe};
use crate::kpi::fake::locks::is_held;
use crate::kpi::fake::world::{World, called, name, name_of};
use std::ptr;

/// A world with the event's list, and without handlers.
fn world() -> World {
    let world = World::booted(200);
    world.forget_log();
    world
}

/// Invokes the event for a thread `td`.
fn run(world: &World) {
    let td = world.loose_thread("td").as_ptr();
    unsafe { invoke(&LIST, c"thread_ctor", td, here!()) }
}

/// The list's run count.
fn runcount() -> u32 {
    unsafe { (**LIST.get()).el_runcount }
}

/// A handler that notes its argument and thread.
unsafe extern "C" fn note(arg: *mut c_void, td: *mut sys::thread) {
    assert!(!is_held(unsafe { &raw const (**LIST.get()).el_lock }));
    assert_eq!(runcount(), 1, "entries are kept while one runs");
    called(format_args!("handler {} {}", name_of(arg), name_of(td)));
}

/// An argument of that name.
fn argument(text: &'static str) -> *mut c_void {
    let arg = ptr::from_ref(text).cast::<c_void>().cast_mut();
    name(arg, text);
    arg
}

#[test]
fn empty_list_costs_no_lock() {
    let world = world();
    run(&world);
    assert!(world.log().is_empty());
}

#[test]
fn handlers_run_in_order_and_unlocked() {
    let world = world();
    subscribe(&LIST, note, argument("first"));
    subscribe(&LIST, note, argument("second"));
    run(&world);
    assert_eq!(
        world.log(),
        [
            "lock thread_ctor",
            "unlock thread_ctor",
            "handler first td",
            "lock thread_ctor",
            "unlock thread_ctor",
            "handler second td",
            "lock thread_ctor",
            "eventhandler_prune_list thread_ctor",
            "unlock thread_ctor",
        ]
    );
    assert_eq!(runcount(), 0);
}

#[test]
fn dead_entry_is_skipped_and_pruned() {
    let world = world();
    subscribe(&LIST, note, argument("first"));
    kill(subscribe(&LIST, note, argument("dead")));
    subscribe(&LIST, note, argument("third"));
    run(&world);
    let calls = world.calls();
    assert_eq!(
        calls,
        [
            "handler first td",
            "handler third td",
            "eventhandler_prune_list thread_ctor"
        ]
    );
    run(&world);
    assert_eq!(world.calls(), calls, "pruning kept the others");
}

/// A handler deregisters the next one while it runs: that is not called, and
/// only the last to leave the list prunes it.
#[test]
fn entry_killed_by_a_handler_is_not_called() {
    let world = world();
    subscribe(&LIST, note, argument("first"));
    let second = subscribe(&LIST, note, argument("second"));
    world.on("handler first td", move || kill(second));
    run(&world);
    assert_eq!(
        world.calls(),
        ["handler first td", "eventhandler_prune_list thread_ctor"]
    );
}

/// Somebody else still runs the list: its dead entries stay.
#[test]
fn list_that_another_runs_is_not_pruned() {
    let world = world();
    kill(subscribe(&LIST, note, argument("dead")));
    unsafe { (**LIST.get()).el_runcount = 1 }
    run(&world);
    assert_eq!(world.log(), ["lock thread_ctor", "unlock thread_ctor"]);
    assert_eq!(runcount(), 1);
}

/// The count is unsigned: an overflow shows as 0.
#[test]
#[cfg(INVARIANTS)]
fn runcount_overflow_and_underflow_are_caught() {
    let world = world();
    subscribe(&LIST, note, argument("first"));
    unsafe { (**LIST.get()).el_runcount = u32::MAX }
    let text = world.panics(|| run(&world));
    assert_eq!(text, "eventhandler_invoke: runcount overflow");

    unsafe {
        (**LIST.get()).el_runcount = 0;
        (**LIST.get()).el_lock.mtx_lock = sys::KT_MTX_UNOWNED;
    }
    world.on("handler first td", || unsafe {
        (**LIST.get()).el_runcount = 0
    });
    let text = world.panics(|| run(&world));
    assert_eq!(text, "eventhandler_invoke: runcount underflow");
}
