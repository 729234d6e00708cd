//! `Giant` is given up as often as it is held, and taken as often again.

use super::*;
use crate::here;
use crate::kpi::fake::locks::make_recursable;
use crate::kpi::fake::world::World;
use crate::thread::Thread;

/// A world whose current thread holds `Giant` that often.
fn world_with_giant(depth: usize) -> World {
    let world = World::new();
    make_recursable(&raw mut sys::Giant);
    (0..depth).for_each(|_| giant().lock(here!()));
    world.forget_log();
    world
}

/// What witness(4) is told while Giant is held, or nothing.
fn witness(call: &'static str, depth: usize) -> Option<&'static str> {
    (cfg!(WITNESS) && depth > 0).then_some(call)
}

#[test]
fn giant_is_dropped_and_picked_up_to_its_depth() {
    for depth in 0..4 {
        let world = world_with_giant(depth);
        let dropped = drop_giant(here!());
        assert!(!giant().owned());
        let mut expected = Vec::from_iter(witness("witness_save Giant", depth));
        expected.extend(vec!["unlock Giant"; depth]);
        assert_eq!(world.log(), expected);
        dropped.pick_up(here!());
        assert_eq!(giant().owned(), depth > 0);
        let mut expected = vec!["lock Giant"; depth];
        expected.extend(witness("witness_restore Giant", depth));
        assert_eq!(world.log(), expected);
    }
}

#[test]
fn giant_of_another_thread_is_left_alone() {
    let world = world_with_giant(1);
    let me = Thread::current();
    world.run(world.loose_thread("other"));
    drop_giant(here!()).pick_up(here!());
    assert!(world.log().is_empty());
    world.run(me);
    assert!(giant().owned());
}

/// After a panic unlocking does nothing, and the loop must still end.
#[test]
fn stopped_scheduler_ends_the_loop() {
    let world = world_with_giant(2);
    // SAFETY: the current thread's own field.
    unsafe { (*Thread::current().as_ptr()).td_stopsched = 1 }
    let dropped = drop_giant(here!());
    assert_eq!(dropped.depth, 0);
    assert_eq!(world.count("unlock Giant"), 0);
    assert!(giant().owned());
}

#[test]
#[cfg(INVARIANTS)]
fn held_giant_is_caught() {
    let world = world_with_giant(1);
    let text = world.panics(|| assert_not_owned(here!()));
    assert_eq!(text, "mutex Giant owned");
}
