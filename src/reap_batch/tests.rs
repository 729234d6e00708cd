//! Batches: how often a lock or a counter is touched, and in which order
//! references go.

use super::*;
use crate::count::tests::counted;
use crate::kpi::fake::cases;
use crate::kpi::fake::world::{World, name, zeroed};
use crate::reap;
use crate::tid::tests::in_use;
use proptest::collection::vec;
use proptest::prelude::*;

/// A world that has counted these threads beside thread0.
fn world_with(threads: c_int) -> World {
    let world = World::booted(1000);
    for _ in 0..threads {
        assert!(count::admit().is_some());
    }
    world.forget_log();
    world
}

#[test]
#[cfg(feature = "c-algorithms")]
fn counter_is_touched_once_for_32() {
    let _world = world_with(70);
    let mut batch = CountBatch::new();
    let mut seen = Vec::new();
    for _ in 0..70 {
        batch.add();
        batch.process();
        seen.push(counted());
    }
    let expected = |n: c_int| 71 - n / 32 * 32;
    assert_eq!(seen, (1..=70).map(expected).collect::<Vec<_>>());
    batch.finish();
    assert_eq!(counted(), 1);
}

#[test]
fn empty_batches_touch_nothing() {
    let world = world_with(1);
    TidBatch::new(&mut TidBatch::room()).finish();
    CountBatch::new().finish();
    assert!(world.log().is_empty());
    assert_eq!(counted(), 2);
}

/// A thread with an id, which is counted.
fn counted_thread(world: &World, n: usize) -> Thread {
    let td = world.loose_thread(n);
    td.set_tid(count::admit().expect("room"));
    td
}

#[test]
fn full_batch_is_freed_at_once() {
    let world = World::booted(1000);
    let mut room = TidBatch::room();
    let mut batch = TidBatch::new(&mut room);
    for n in 1..=TID_BATCH + 1 {
        let td = counted_thread(&world, n);
        world.forget_log();
        // SAFETY: processed at once.
        unsafe { batch.add(td) }
        batch.process();
        assert_eq!(
            world.count("lock TID lock"),
            usize::from(n == TID_BATCH),
            "{n}"
        );
    }
    world.forget_log();
    batch.finish();
    assert_eq!(world.log(), ["lock TID lock", "unlock TID lock"]);
    assert_eq!(in_use(), [0]);
}

/// The threads are uncounted with their ids.
#[test]
#[cfg(not(feature = "c-algorithms"))]
fn batch_of_ids_uncounts_their_threads() {
    let world = World::booted(1000);
    let mut room = TidBatch::room();
    let mut batch = TidBatch::new(&mut room);
    for n in 1..=5 {
        let td = counted_thread(&world, n);
        // SAFETY: there is room.
        unsafe { batch.add(td) }
        batch.process();
    }
    assert_eq!(counted(), 6);
    batch.finish();
    assert_eq!(counted(), 1);
}

#[test]
#[cfg(INVARIANTS)]
fn id_too_many_without_process_is_caught() {
    let world = World::booted(100);
    let mut room = TidBatch::room();
    let mut batch = TidBatch::new(&mut room);
    let td = world.loose_thread("td");
    // SAFETY: the last one breaks the contract, and the assertion says so.
    let text = unsafe {
        (0..TID_BATCH).for_each(|_| batch.add(td));
        world.panics(|| batch.add(td))
    };
    assert_eq!(text, format!("tidbatch_add: count too high {TID_BATCH}"));
}

#[test]
#[cfg(INVARIANTS)]
fn impossible_count_is_caught_by_each_function() {
    let world = World::booted(100);
    let mut room = TidBatch::room();
    let mut batch = TidBatch::new(&mut room);
    batch.n = TID_BATCH + 1;
    let count = batch.n;
    let text = world.panics(|| batch.process());
    assert_eq!(text, format!("tidbatch_process: count too high {count}"));
    let text = world.panics(|| batch.finish());
    assert_eq!(text, format!("tidbatch_final: count too high {count}"));
}

/// Lengths of the runs of equal values.
fn runs(values: &[usize]) -> Vec<(usize, usize)> {
    let runs = values.chunk_by(|a, b| a == b);
    runs.map(|run| (run[0], run.len())).collect()
}

proptest! {
    #![proptest_config(cases(64))]

    /// Reaping `n` zombies frees each once, takes the id lock once for a batch,
    /// and gives references back in runs of equal ones.
    #[test]
    fn reaping_frees_all_in_batches(owners in vec(0usize..3, 0..200)) {
        let world = World::booted(1000);
        let owned: Vec<(*mut sys::ucred, *mut sys::plimit)> =
            (0..3).map(|_| (zeroed(), zeroed())).collect();
        for (i, &(cred, limit)) in owned.iter().enumerate() {
            name(cred, format_args!("cred{i}"));
            name(limit, format_args!("limit{i}"));
        }
        let n = owners.len();
        // Stashed last is reaped first.
        for (td, &owner) in world.exited(n, 0).into_iter().zip(&owners).rev() {
            // SAFETY: a thread of the world.
            unsafe { ((*td.as_ptr()).td_realucred, (*td.as_ptr()).td_limit) = owned[owner] }
            world.stash(td);
        }
        reap::reap_local();
        let log = world.log();

        let count = |line: &str| log.iter().filter(|l| l.starts_with(line)).count();
        prop_assert_eq!(count("lock TID lock"), n.div_ceil(TID_BATCH));
        prop_assert_eq!(count("uma_zfree "), n);
        prop_assert_eq!(count("credbatch_add"), n);
        prop_assert_eq!(count("limbatch_add"), if cfg!(has_limbatch) { n } else { 0 });
        prop_assert_eq!(in_use(), [0]);
        prop_assert_eq!(counted(), 1);

        let lines = |word: &str| log.iter().filter(|l| l.starts_with(word)).cloned().collect();
        let expected = |word: &str, what: &str| -> Vec<String> {
            let runs = runs(&owners).into_iter();
            runs.map(|(owner, length)| format!("{word} {what}{owner} {length}")).collect()
        };
        let credentials: Vec<String> = lines("credentials");
        prop_assert_eq!(credentials, expected("credentials", "cred"));
        let limits: Vec<String> = lines("limits");
        prop_assert_eq!(limits, expected("limits", "limit"));
    }

    /// What is left is given back in C's order: ids, credentials, limits.
    #[test]
    fn leftovers_go_in_c_order(n in 1usize..40) {
        let world = World::booted(1000);
        world.exited(n, 0).into_iter().for_each(|td| world.stash(td));
        reap::reap_local();
        let log = world.log();
        let place = |line: &str| log.iter().rposition(|l| l.starts_with(line)).unwrap();
        let last_free = place("uma_zfree");
        let credentials = place("credbatch_final");
        if n % 16 != 0 {
            let ids = place("lock TID lock");
            prop_assert!(last_free < ids && ids < credentials);
        }
        prop_assert!(last_free < credentials && credentials < place("limits"));
    }
}
