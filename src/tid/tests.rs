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
        *IDS.get() = NO_IDS;
        *MAP.get() = TidBitmap::EMPTY;
        *TID_LOCK.get() = MaybeUninit::zeroed();
    }
}

/// Has so many threads counted, whatever there is.
#[cfg(not(feature = "c-algorithms"))]
pub(crate) fn set_threads(count: c_int) {
    threads().store(count, Ordering::Relaxed);
}

/// Takes an id back.
fn free(tid: Lwpid) {
    let mut ids = IdsLocked::lock(here!());
    // SAFETY: in use, or the assertion says otherwise.
    unsafe {
        #[cfg(feature = "c-algorithms")]
        ids.give_back(tid);
        #[cfg(not(feature = "c-algorithms"))]
        ids.give_back_one(tid);
    }
    ids.unlock(here!());
}

/// The slots in use.
pub(crate) fn in_use() -> Vec<i32> {
    // SAFETY: the test that holds the world has the statics for itself; there
    // are as many slots as the limit.
    let used = |slot| unsafe { (*MAP.get()).test(TidSlot(slot)) };
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
fn alloc_and_free_take_the_lock_once_each() {
    let world = World::booted(32);
    free(alloc());
    assert_eq!(world.count("lock TID lock"), 2);
}

#[test]
fn thread0_must_get_the_first_id() {
    let world = World::booted(32);
    let text = world.panics(|| assert_thread0(alloc()));
    assert_eq!(text, "tid0 100001 != 100000\n");
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
    // SAFETY: in use; the lock's token is not one, which the assertion notices.
    let text = world.panics(|| unsafe { IdsLocked(()).give_back(id(0)) });
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
            unsafe { (*MAP.get()).set(TidSlot(3)) }
        }
        assert_eq!(world.panics(alloc), "unexpectedly ran out of IDs");
    }
}

/// What is done to the ids.
#[derive(Clone, Debug)]
enum Step {
    Take,
    /// Takes one of those in use back.
    Free(prop::sample::Index),
    /// Takes so many in use back at once, from one on.
    FreeSome(prop::sample::Index, usize),
    /// Changes `kern.maxthread`, as somebody with a debugger may: to so many of
    /// 100 of what it was at boot.
    Limit(i32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => Just(Step::Take),
        4 => any::<prop::sample::Index>().prop_map(Step::Free),
        1 => (any::<prop::sample::Index>(), 1usize..20)
            .prop_map(|(from, count)| Step::FreeSome(from, count)),
        1 => prop_oneof![Just(100), 1..=100].prop_map(Step::Limit),
    ];
    vec(step, 1..300)
}

/// Ids as a set: what cannot be wrong.
struct Model {
    used: BTreeSet<i32>,
    next: i32,
    limit: i32,
}

impl Model {
    /// Next-fit: from the id given last on, then from the first one on.
    fn take(&mut self) -> Option<i32> {
        let start = if self.next >= self.limit {
            0
        } else {
            self.next
        };
        let slot = (start..self.limit)
            .chain(0..start)
            .find(|slot| !self.used.contains(slot))?;
        self.used.insert(slot);
        self.next = slot + 1;
        Some(slot)
    }

    /// Some of those in use, but thread0's.
    fn some(&mut self, from: prop::sample::Index, count: usize) -> Vec<i32> {
        let others: Vec<_> = self
            .used
            .iter()
            .copied()
            .filter(|&slot| slot != 0)
            .collect();
        if others.is_empty() {
            return Vec::new();
        }
        let from = from.index(others.len());
        let gone: Vec<_> = others.into_iter().skip(from).take(count).collect();
        gone.iter().for_each(|slot| assert!(self.used.remove(slot)));
        gone
    }
}

/// Takes ids back under one hold of the lock.
fn free_all(tids: &[Lwpid]) {
    let mut ids = IdsLocked::lock(here!());
    // SAFETY: in use.
    unsafe {
        #[cfg(feature = "c-algorithms")]
        tids.iter().for_each(|&tid| ids.give_back(tid));
        #[cfg(not(feature = "c-algorithms"))]
        ids.give_back_all(tids);
    }
    ids.unlock(here!());
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn agrees_with_a_set(maxthread in 2i32..140, steps in steps()) {
        let _world = World::booted(maxthread);
        let mut model = Model { used: BTreeSet::from([0]), next: 1, limit: maxthread };
        for step in steps {
            match step {
                Step::Take => {
                    if let Some(slot) = model.take() {
                        prop_assert_eq!(alloc(), id(slot));
                    }
                }
                Step::Free(index) => {
                    model.some(index, 1).into_iter().for_each(|slot| free(id(slot)));
                }
                Step::FreeSome(index, count) => {
                    let gone: Vec<_> = model.some(index, count).into_iter().map(id).collect();
                    if !gone.is_empty() {
                        free_all(&gone);
                    }
                }
                Step::Limit(percent) => {
                    model.limit = (maxthread * percent / 100).max(1);
                    // SAFETY: the test that holds the world has the statics.
                    unsafe { *count::MAXTHREAD.get() = model.limit }
                }
            }
        }
        // SAFETY: as above; all ids are looked at.
        unsafe { *count::MAXTHREAD.get() = maxthread }
        prop_assert_eq!(in_use(), model.used.into_iter().collect::<Vec<_>>());
    }
}

/// The next id is found when one is given back, and not searched for again.
#[test]
#[cfg(not(feature = "c-algorithms"))]
fn next_id_is_known_after_one_was_given_back() {
    let _world = World::booted(200);
    let known = || {
        let mut ids = IdsLocked::lock(here!());
        let known = ids.ahead().get(TidSlot(200)).map(|slot| slot.0);
        ids.unlock(here!());
        known
    };
    let ids: Vec<_> = (0..10).map(|_| alloc()).collect();
    assert_eq!(known(), None, "the last one was taken");
    free(ids[3]);
    assert_eq!(known(), Some(11), "behind the last one");
    assert_eq!(alloc(), id(11));
    free_all(&ids[..2]);
    assert_eq!(known(), None, "who takes one looks for it");
    free(ids[2]);
    assert_eq!(known(), Some(12));
    // SAFETY: the test that holds the world has the statics for itself.
    unsafe { *count::MAXTHREAD.get() = 12 }
    assert_eq!(known(), Some(12), "for the limit that was");
    assert_eq!(alloc(), id(1), "a lower limit holds at once");
}
