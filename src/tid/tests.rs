//! Ids: next-fit, wrap-around, batches, and what goes wrong.

use super::*;
use crate::kpi::fake::cases;
use crate::kpi::fake::world::World;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Forgets every id.
pub(crate) fn power_off() {
    // SAFETY: the world that ends has the statics for itself.
    unsafe {
        *IDS.get() = Ids {
            map: TidBitmap::EMPTY,
            try_next: TidSlot(0),
        };
        *TID_LOCK.get() = MaybeUninit::zeroed();
    }
}

/// Takes an id back.
fn free(tid: Lwpid) {
    // SAFETY: in use, or the assertion says otherwise.
    unsafe { super::free(tid) }
}

/// The slots in use.
pub(crate) fn in_use() -> Vec<i32> {
    // SAFETY: the test that holds the world has the statics for itself; there
    // are as many slots as the limit.
    let used = |slot| unsafe { (*IDS.get()).map.test(TidSlot(slot)) };
    (0..count::maxthread()).filter(|&slot| used(slot)).collect()
}

/// The id that many above thread0's.
fn id(slot: i32) -> Lwpid {
    Lwpid(Lwpid::THREAD0.0 + slot)
}

#[test]
fn ids_are_handed_out_in_order_behind_thread0() {
    let _world = World::booted(8);
    assert_eq!([alloc(), alloc(), alloc()], [id(1), id(2), id(3)]);
    assert_eq!(in_use(), [0, 1, 2, 3]);
}

/// A stale id must not name a new thread as long as there are other ids.
#[test]
fn freed_id_rests_until_the_search_wraps() {
    let _world = World::booted(6);
    let first = alloc();
    free(first);
    for slot in 2..6 {
        assert_eq!(alloc(), id(slot));
    }
    assert_eq!(alloc(), first, "after the last id the search wraps");
}

/// The id that was given last may be behind the only free one.
#[test]
fn search_wraps_from_the_middle() {
    let _world = World::booted(6);
    for _ in 1..6 {
        alloc();
    }
    free(id(4));
    assert_eq!(alloc(), id(4));
    free(id(2));
    assert_eq!(alloc(), id(2), "nothing is free from 5 on");
}

#[test]
fn batch_is_freed_under_one_hold_of_the_lock() {
    let world = World::booted(32);
    let ids: Vec<_> = (0..5).map(|_| alloc()).collect();
    world.forget_log();
    // SAFETY: in use.
    unsafe { free_batch(&ids) }
    assert_eq!(world.log(), ["lock TID lock", "unlock TID lock"]);
    assert_eq!(in_use(), [0]);
}

#[test]
fn alloc_and_free_take_the_lock_once_each() {
    let world = World::booted(32);
    free(alloc());
    assert_eq!(world.count("lock TID lock"), 2);
}

#[test]
fn thread0_must_get_the_first_id() {
    let world = World::booted(32);
    assert_eq!(world.panics(claim_thread0), "tid0 100001 != 100000\n");
}

#[test]
#[cfg(INVARIANTS)]
fn id_that_is_not_allocated_is_caught() {
    let world = World::booted(32);
    let text = world.panics(|| free(id(9)));
    assert_eq!(text, "thread ID 100009 not allocated\n");
}

/// The first id is the first above all process ids.
#[test]
#[cfg(INVARIANTS)]
fn process_id_is_no_thread_id() {
    let world = World::booted(32);
    free(id(0));
    let text = world.panics(|| free(Lwpid(99_999)));
    assert_eq!(text, "tid_free_locked: invalid tid 99999\n");
}

#[test]
#[cfg(INVARIANTS)]
fn id_lock_is_asserted() {
    let world = World::booted(32);
    // SAFETY: the test that holds the world has the statics for itself.
    let text = world.panics(|| unsafe { free_locked(&mut *IDS.get(), id(0)) });
    assert_eq!(text, "mutex TID lock not owned");
}

/// A limit that is lowered later holds for the ids at once, as in C.
#[test]
fn ids_stay_below_a_lowered_limit() {
    let _world = World::booted(32);
    for _ in 1..4 {
        alloc();
    }
    free(id(1));
    // SAFETY: the test that holds the world has the statics for itself.
    unsafe { *count::MAXTHREAD.get() = 5 }
    assert_eq!([alloc(), alloc()], [id(4), id(1)]);
}

/// Both searches can fail: from the middle, and from the first id on.
#[test]
#[cfg(INVARIANTS)]
fn running_out_of_ids_is_caught() {
    for allocated_before in [3, 4] {
        let world = World::booted(4);
        for _ in 1..allocated_before {
            alloc();
        }
        if allocated_before == 3 {
            // SAFETY: the test that holds the world has the statics.
            unsafe { (*IDS.get()).map.set(TidSlot(3)) }
        }
        assert_eq!(world.panics(alloc), "unexpectedly ran out of IDs");
    }
}

proptest! {
    #![proptest_config(cases(96))]

    /// Next-fit on a set: `Some` frees one of the ids in use, `None` takes
    /// the next.
    #[test]
    fn agrees_with_a_set(
        maxthread in 2i32..140,
        steps in vec(proptest::option::of(any::<prop::sample::Index>()), 1..300),
    ) {
        let _world = World::booted(maxthread);
        let mut used = BTreeSet::from([0]);
        let mut next = 1;
        for step in steps {
            match step {
                Some(index) if used.len() > 1 => {
                    let &slot = used.iter().nth(1 + index.index(used.len() - 1)).unwrap();
                    used.remove(&slot);
                    free(id(slot));
                }
                _ if used.len() < maxthread as usize => {
                    let mut round = (next..maxthread).chain(0..next);
                    let slot = round.find(|slot| !used.contains(slot)).unwrap();
                    used.insert(slot);
                    next = slot + 1;
                    prop_assert_eq!(alloc(), id(slot));
                }
                _ => {}
            }
        }
        prop_assert_eq!(in_use(), used.into_iter().collect::<Vec<_>>());
    }
}
