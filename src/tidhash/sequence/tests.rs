//! The lookup that writes nothing: what disturbs it, and that it ends then.
//!
//! No call happens in the middle of a walk, so its parts are called one by one,
//! with the disturbance in between.  Everything in between is tried by
//! `make preempt`.

use super::*;
#[cfg(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)))]
use crate::kpi::fake::vars::watch_locks;
use crate::kpi::fake::world::World;
use crate::tidhash::tests::{chain_ids, id, long_chain, lookup};
use crate::tidhash::{add, remove};

/// A step that changes the chain of a [`long_chain`].
type Change = fn(&[Thread]);

/// Removes the thread 5.
fn removal(threads: &[Thread]) {
    // SAFETY: in the hash.
    unsafe { remove(threads[5]) }
}

/// Removes a thread and adds it again, where it was: the chain is the same.
fn removal_and_addition(threads: &[Thread]) {
    // SAFETY: in the hash; not in the hash any more.
    unsafe {
        remove(threads[18]);
        add(threads[18]);
    }
}

/// Moves the thread 0, which is deep in the chain, to the front.
fn move_to_front(_: &[Thread]) {
    assert!(lookup(id(0), -1).is_some());
}

const CHANGES: [Change; 3] = [removal, removal_and_addition, move_to_front];

/// The first look of a lookup.
fn look() -> Seen {
    stripe(id(0)).count().look().expect("nobody is at work")
}

fn first() -> *mut sys::thread {
    // SAFETY: the chain of the world.
    unsafe { list::first(chain(id(0))) }
}

#[test]
fn walk_past_which_nothing_changes_counts() {
    let (_world, q, threads) = long_chain();
    let (stripe, seen) = (stripe(id(0)), look());
    assert!(walk::<19>(first(), id(5)) == Stop::At(threads[5]));
    let found = Ok(Some((threads[5], q)));
    assert!(outcome(stripe, seen, Some(threads[5]), -1) == found);
    assert!(outcome(stripe, seen, Some(threads[5]), 7) == found);
    assert!(outcome(stripe, seen, Some(threads[5]), 8) == Ok(None));
    assert!(outcome(stripe, seen, None, -1) == Ok(None));
}

/// Found or not found: after any change neither counts.
#[test]
fn walk_past_which_something_changes_does_not_count() {
    for change in CHANGES {
        let (_world, _, threads) = long_chain();
        let (stripe, seen) = (stripe(id(0)), look());
        change(&threads);
        for td in [None, Some(threads[5])] {
            assert!(outcome(stripe, seen, td, -1) == Err(Disturbed));
            assert!(outcome(stripe, seen, td, 8) == Err(Disturbed));
        }
    }
}

/// A lookup in the middle of a change waits for the lock, as in C.
#[test]
fn chain_that_is_being_changed_is_looked_at_under_the_lock() {
    let (world, _, threads) = long_chain();
    // SAFETY: nobody else runs.
    unsafe {
        stripe(id(0)).count().change(|| {
            assert!(stripe(id(0)).count().look().is_none());
            assert!(lookup(id(5), -1) == Some(threads[5]));
        });
    }
    assert_eq!(world.calls(), ["rlock", "runlock"]);
    assert!(lookup(id(5), -1) == Some(threads[5]));
    assert_eq!(world.calls(), [""; 0]);
}

/// Begins deep in the chain, after a change that the first look has not seen.
fn disturbed_deep(world: &World, raw: *mut sys::thread, tid: Lwpid) -> Option<Thread> {
    let seen = look();
    // SAFETY: nobody else runs.
    unsafe { stripe(tid).count().change(|| {}) }
    world.forget_log();
    find_deep(stripe(tid), chain(tid), seen, raw, tid, -1).map(|(td, _)| td)
}

/// Found, or at the end, or before more threads: the lookup begins again under
/// the lock.
#[test]
fn deep_walk_that_is_disturbed_begins_again_under_the_lock() {
    let (world, _, threads) = long_chain();
    for raw in [threads[5].as_ptr(), threads[3].as_ptr(), first()] {
        assert!(disturbed_deep(&world, raw, id(5)) == Some(threads[5]));
        assert_eq!(world.calls(), ["rlock", "runlock"]);
    }
}

/// A walk that has come upon threads in a circle ends.
#[test]
fn walk_in_a_circle_ends() {
    let (world, _, threads) = long_chain();
    let circle = ["a", "b"].map(|name| world.loose_thread(name).as_ptr());
    // SAFETY: threads of the world that are on no chain.
    unsafe {
        (*circle[0]).td_hash.le_next = circle[1];
        (*circle[1]).td_hash.le_next = circle[0];
    }
    assert!(matches!(walk::<100>(circle[0], id(5)), Stop::Before(_)));
    assert!(disturbed_deep(&world, circle[0], id(5)) == Some(threads[5]));
}

/// While the lookup of a deep thread waits for the lock, the thread exits.
#[test]
fn deep_thread_may_exit_before_the_lock_is_there() {
    let (world, _, threads) = long_chain();
    let td = threads[0];
    world.on("rlock", move || {
        // SAFETY: in the hash.
        unsafe { remove(td) }
    });
    assert!(lookup(id(0), -1).is_none());
    assert_eq!(world.calls(), ["rlock", "wlock", "wunlock", "runlock"]);
}

/// Somebody else moves it to the front: it is found there, under the lock, and
/// stays where it is.
#[test]
fn deep_thread_may_move_before_the_lock_is_there() {
    let (world, _, threads) = long_chain();
    world.on("rlock", || assert!(lookup(id(0), -1).is_some()));
    assert!(lookup(id(0), -1) == Some(threads[0]));
    let other = ["rlock", "try_upgrade", "wunlock"];
    assert_eq!(
        world.calls(),
        [&["rlock"], &other[..], &["runlock"]].concat()
    );
    assert_eq!(chain_ids(0)[0], 0);
}

/// Nobody has the lock and nobody watches: no call is made.
#[test]
#[cfg(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)))]
fn deep_thread_moves_by_one_exchange_of_a_free_lock() {
    let (world, _, threads) = long_chain();
    watch_locks(false);
    assert!(lookup(id(0), 7) == Some(threads[0]));
    assert_eq!(world.calls(), [""; 0]);
    assert_eq!(chain_ids(0)[..2], [0, 18]);
    assert!(lookup(id(1), 8).is_none(), "another process's");
    assert_eq!(chain_ids(0)[0], 0);
    // Whoever wants the lock gets it, and sees an even count.
    removal(&threads);
    assert!(lookup(id(5), -1).is_none());
}

/// Others read the chain: the lookup joins them, and moves nothing.
#[test]
#[cfg(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)))]
fn deep_thread_stays_while_others_have_the_lock() {
    let (world, _, threads) = long_chain();
    watch_locks(false);
    stripe(id(0)).lock().rlock(here!());
    world.forget_log();
    assert!(lookup(id(0), -1) == Some(threads[0]));
    assert_eq!(world.calls(), ["rlock", "try_upgrade", "runlock"]);
    assert_eq!(chain_ids(0)[0], 18);
}

/// Between the walk and the lock somebody has removed the thread: it is not moved,
/// and looked for again.
#[test]
#[cfg(not(any(LOCK_DEBUG, RWLOCK_NOINLINE)))]
fn chain_may_change_before_a_free_lock_is_taken() {
    let (world, _, threads) = long_chain();
    let (stripe, chain, seen) = (stripe(id(0)), chain(id(0)), look());
    removal(&[threads[0]; 6]);
    watch_locks(false);
    world.forget_log();
    let raw = threads[0].as_ptr();
    assert!(find_deep(stripe, chain, seen, raw, id(0), -1).is_none());
    assert_eq!(world.calls(), ["wunlock", "rlock", "runlock"]);
    assert_eq!(chain_ids(0)[0], 18, "nothing was moved");
}

/// So it is if what the walk came upon is another process's.
#[test]
fn another_process_found_by_a_disturbed_walk_does_not_count() {
    let (world, _, threads) = long_chain();
    let seen = look();
    move_to_front(&threads);
    world.forget_log();
    let raw = threads[5].as_ptr();
    let found = find_deep(stripe(id(5)), chain(id(5)), seen, raw, id(5), 8);
    assert!(found.is_none());
    assert_eq!(world.calls(), ["rlock", "runlock"]);
}

#[test]
fn count_comes_around() {
    let count = Count(AtomicUsize::new(usize::MAX - 1));
    let seen = count.look().expect("even");
    // SAFETY: nobody else runs.
    unsafe { count.change(|| assert!(count.look().is_none())) }
    assert_eq!(count.look(), Some(Seen(0)));
    assert!(!count.is_still(seen));
}
