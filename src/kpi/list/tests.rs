//! A hash chain's links, and what is said of bad ones.  That chains agree
//! with a model is tested with the hash.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the structures are the world's own"
)]

use super::*;
use crate::kpi::fake::world::{World, zeroed};
use std::iter;

/// The threads of a chain, by id.
fn ids(head: *mut Head) -> Vec<i32> {
    unsafe {
        let first = (*head).lh_first;
        let threads = iter::successors((!first.is_null()).then_some(first), |&td| {
            let next = (*td).td_hash.le_next;
            (!next.is_null()).then_some(next)
        });
        threads.map(|td| (*td).td_tid).collect()
    }
}

/// A chain of the threads 3, 2, 1, inserted in the order 1, 2, 3.
fn chain(world: &World) -> (*mut Head, [*mut sys::thread; 3]) {
    let head: *mut Head = zeroed();
    let threads = ["a", "b", "c"].map(|name| world.loose_thread(name).as_ptr());
    for (id, &td) in (1..).zip(&threads) {
        unsafe {
            (*td).td_tid = id;
            insert_head(head, td);
        }
    }
    (head, threads)
}

#[test]
fn inserted_last_is_first() {
    let world = World::new();
    assert_eq!(ids(chain(&world).0), [3, 2, 1]);
}

#[test]
fn first_middle_and_last_can_be_removed() {
    for (removed, left) in [(0, [3, 2]), (1, [3, 1]), (2, [2, 1])] {
        let world = World::new();
        let (head, threads) = chain(&world);
        unsafe { remove(threads[removed]) }
        assert_eq!(ids(head), left);
    }
}

#[test]
#[cfg(INVARIANTS)]
fn bad_links_are_caught() {
    let world = World::new();
    let (head, [a, b, c]) = chain(&world);
    unsafe {
        (*c).td_hash.le_prev = &raw mut (*a).td_hash.le_next;
        let text = world.panics(|| insert_head(head, world.loose_thread("d").as_ptr()));
        assert_eq!(text, "Bad list head ? first->prev != head");

        let text = world.panics(|| remove(c));
        assert_eq!(text, "Bad link elm c prev->next != elm");

        (*a).td_hash.le_prev = &raw mut (*head).lh_first;
        let text = world.panics(|| remove(b));
        assert_eq!(text, "Bad link elm b next->prev != elm");
    }
}
