//! The thread hash: chains against a model, and the lookup's second look: with
//! the feature `c-algorithms` and without, where the stripe's lock is not taken.

use super::*;
use crate::kpi::fake::cases;
use crate::kpi::fake::locks::is_held;
use crate::kpi::fake::vars as fake_vars;
use crate::kpi::fake::world::World;
use crate::proc::Proc;
use proptest::collection::vec;
use proptest::prelude::*;
use std::iter;

/// Forgets the hash, whose memory goes with the world.
pub(crate) fn power_off() {
    // SAFETY: the world that ends has the statics for itself.
    unsafe {
        *TIDHASH.get() = TidHash {
            table: ptr::null_mut(),
            mask: 0,
            stripes: ptr::null_mut(),
            stripe_mask: 0,
        };
    }
}

/// The id that many above the first.
pub(super) fn id(n: i32) -> Lwpid {
    Lwpid(Lwpid::THREAD0.0 + n)
}

/// A booted world whose hash has that many buckets, and a process `q` (pid 7)
/// with threads of the ids from 0 on, which are not in the hash.
pub(super) fn world_with(buckets: i32, threads: i32) -> (World, Proc, Vec<Thread>) {
    let world = World::new();
    fake_vars::set_maxproc(2 * buckets);
    world.boot(200);
    let q = world.proc("q");
    // SAFETY: structures of the world.
    unsafe { (*q.as_ptr()).p_pid = 7 }
    let threads = (0..threads)
        .map(|n| {
            let td = world.thread(format_args!("t{n}"), q);
            td.set_tid(id(n));
            td
        })
        .collect();
    Thread::current().set_tid(id(150));
    (world, q, threads)
}

/// The ids on a bucket's chain, as numbers from the first id.
pub(super) fn chain_ids(bucket: i32) -> Vec<i32> {
    // SAFETY: the chain's links.
    unsafe {
        let first = Thread::from_nullable((*chain(id(bucket))).lh_first);
        iter::successors(first, |td| {
            Thread::from_nullable((*td.as_ptr()).td_hash.le_next)
        })
        .map(|td| td.tid().0 - id(0).0)
        .collect()
    }
}

/// Looks an id up and gives the process lock back.
pub(super) fn lookup(tid: Lwpid, pid: i32) -> Option<Thread> {
    find(tid, pid).map(|(td, pl)| {
        assert!(
            is_held(pl.proc().mtx_ptr()),
            "found with its process locked"
        );
        assert!(pl.proc() == td.proc());
        pl.unlock(here!());
        td
    })
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Add(usize),
    Remove(usize),
    Find(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0usize..64).prop_map(Step::Add),
        1 => (0usize..64).prop_map(Step::Remove),
        4 => (0usize..64).prop_map(Step::Find),
    ]
}

proptest! {
    #![proptest_config(cases(96))]

    /// Two chains: added first, found by id, moved to the front from behind
    /// the 17th place, removed from anywhere.
    #[test]
    fn chains_agree_with_a_model(steps in vec(step(), 1..200)) {
        let (_world, _, threads) = world_with(2, 64);
        let mut model = [vec![], vec![]];
        for step in steps {
            let (Step::Add(n) | Step::Remove(n) | Step::Find(n)) = step;
            let chain: &mut Vec<usize> = &mut model[n % 2];
            let place = chain.iter().position(|&m| m == n);
            match (step, place) {
                (Step::Add(_), None) => {
                    // SAFETY: not in the hash.
                    unsafe { add(threads[n]) }
                    chain.insert(0, n);
                }
                (Step::Remove(_), Some(place)) => {
                    // SAFETY: in the hash.
                    unsafe { remove(threads[n]) }
                    chain.remove(place);
                }
                (Step::Find(_), place) => {
                    let found = lookup(id(n as i32), -1);
                    prop_assert!(found == place.map(|_| threads[n]));
                    if let Some(place) = place.filter(|&place| place > 16) {
                        chain.remove(place);
                        chain.insert(0, n);
                    }
                }
                _ => {}
            }
            for (bucket, chain) in model.iter().enumerate() {
                let real = chain_ids(bucket as i32);
                prop_assert!(real.iter().map(|&n| n as usize).eq(chain.iter().copied()));
            }
        }
    }
}

/// What a lookup close to the front of a chain does with the stripe's lock.
const LOOKED: &[&str] = if cfg!(any(feature = "c-algorithms", QUEUE_MACRO_DEBUG_TRASH)) {
    &["rlock", "runlock"]
} else {
    &[]
};

/// A world with threads 0 to 18 on one chain: 18 first, 0 at place 19.
pub(super) fn long_chain() -> (World, Proc, Vec<Thread>) {
    let (world, q, threads) = world_with(1, 19);
    for &td in &threads {
        // SAFETY: not in the hash.
        unsafe { add(td) }
    }
    world.forget_log();
    (world, q, threads)
}

/// 16 others before it: it stays.  17: it moves.
#[test]
fn deep_thread_moves_to_the_front() {
    let (world, ..) = long_chain();
    lookup(id(2), -1);
    assert_eq!(chain_ids(0)[0], 18);
    assert_eq!(world.calls(), LOOKED);

    lookup(id(1), -1);
    assert_eq!(chain_ids(0)[0], 1);
    assert_eq!(world.calls(), ["rlock", "try_upgrade", "wunlock"]);
}

/// Another reader keeps the chain as it is; the lookup goes on all the same.
#[test]
fn chain_that_is_being_read_stays() {
    let (world, _, threads) = long_chain();
    stripe(id(0)).lock().rlock(here!());
    world.forget_log();
    assert!(lookup(id(0), -1) == Some(threads[0]));
    assert_eq!(chain_ids(0)[0], 18);
    assert_eq!(world.calls(), ["rlock", "try_upgrade", "runlock"]);
    // SAFETY: held since the beginning.
    unsafe { stripe(id(0)).lock().runlock(here!()) }
}

/// A deep thread of the wrong process does not move.
#[test]
fn pid_is_checked_before_the_move() {
    let (world, ..) = long_chain();
    assert!(lookup(id(0), 8).is_none());
    assert_eq!(world.log(), LOOKED);
    assert_eq!(chain_ids(0)[0], 18);
}

#[test]
fn pid_must_be_the_threads_or_any() {
    let (_world, _, threads) = long_chain();
    assert!(lookup(id(3), 7) == Some(threads[3]));
    assert!(lookup(id(3), -1) == Some(threads[3]));
    assert!(lookup(id(3), 0).is_none());
    assert!(lookup(id(99), -1).is_none());
}

/// The current thread is found though it is not in the hash.
#[test]
fn current_thread_is_found_without_the_hash() {
    let (world, ..) = long_chain();
    let td = Thread::current();
    // SAFETY: structures of the world.
    unsafe { (*td.proc().as_ptr()).p_pid = 5 }
    assert!(lookup(td.tid(), -1) == Some(td));
    assert!(lookup(td.tid(), 5) == Some(td));
    assert!(lookup(td.tid(), 7).is_none());
    let locked = ["lock p.mtx", "unlock p.mtx"];
    assert_eq!(world.log(), [locked, locked].concat());
}

#[test]
fn thread_of_a_process_in_the_making_is_not_found() {
    let (world, q, _) = long_chain();
    // SAFETY: structures of the world.
    unsafe { (*q.as_ptr()).p_state = sys::PRS_NEW }
    assert!(lookup(id(5), -1).is_none());
    let locked = ["lock q.mtx", "unlock q.mtx"];
    assert_eq!(world.log(), [LOOKED, &locked].concat());
}

/// Between stripe and process lock the thread exits and its structure goes to
/// another: the lookup begins again, and finds nobody of that id.
#[test]
fn thread_that_has_become_another_is_looked_up_again() {
    let (world, _, threads) = long_chain();
    let td = threads[5];
    world.on("lock q.mtx", move || {
        // SAFETY: in the hash.
        unsafe { remove(td) }
        td.set_tid(id(170));
    });
    assert!(lookup(id(5), -1).is_none());
    let exit = ["lock q.mtx", "wlock", "wunlock", "unlock q.mtx"];
    assert_eq!(world.log(), [LOOKED, &exit, LOOKED].concat());
}

/// The same id in another process: the second lookup finds it there.
#[test]
fn id_that_has_moved_to_another_process_is_found_there() {
    let (world, _, threads) = long_chain();
    let (td, r) = (threads[5], world.proc("r"));
    world.on("lock q.mtx", move || {
        // SAFETY: structures of the world.
        unsafe { (*td.as_ptr()).td_proc = r.as_ptr() }
    });
    assert!(lookup(id(5), -1) == Some(td));
    assert_eq!(world.count("lock r.mtx"), 1);
}

/// A stripe for every 64 buckets, and at least one.
#[test]
fn stripes_are_one_for_64_buckets() {
    for (buckets, stripes) in [(1, 1), (32, 1), (64, 1), (128, 2), (1024, 16)] {
        let (_world, ..) = world_with(buckets, 0);
        // SAFETY: the test that holds the world has the statics for itself.
        let hash = unsafe { &*TIDHASH.get() };
        assert_eq!(hash.mask + 1, buckets as sys::u_long);
        assert_eq!(hash.stripe_mask + 1, stripes, "{buckets} buckets");
    }
}
