//! The list of a process's threads against a `Vec`.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the structures are the world's own"
)]

use super::*;
use crate::kpi::fake::cases;
use crate::kpi::fake::world::World;
use crate::thread::Thread;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

proptest! {
    #![proptest_config(cases(96))]

    /// `Some` removes one of the list, `None` inserts the next; both ends and
    /// every link stay right, which the walk and the next steps would show.
    #[test]
    fn agrees_with_a_vec(steps in vec(proptest::option::weighted(0.4, any::<Index>()), 1..60)) {
        let world = World::new();
        let p = world.proc("q");
        let mut model: Vec<Thread> = Vec::new();
        for (i, step) in steps.into_iter().enumerate() {
            match step {
                Some(index) if !model.is_empty() => {
                    let td = model.remove(index.index(model.len()));
                    unsafe { remove(p.as_ptr(), td.as_ptr()) }
                }
                _ => {
                    let td = world.loose_thread(i);
                    model.push(td);
                    unsafe { insert_tail(p.as_ptr(), td.as_ptr()) }
                }
            }
            prop_assert!(p.all_threads() == model);
        }
    }
}

/// A process, and two threads on its list.
#[cfg(INVARIANTS)]
fn two(world: &World) -> (*mut sys::proc_, *mut sys::thread, *mut sys::thread) {
    let p = world.proc("q");
    let (a, b) = (world.thread("a", p), world.thread("b", p));
    (p.as_ptr(), a.as_ptr(), b.as_ptr())
}

#[test]
#[cfg(INVARIANTS)]
fn tail_that_is_not_the_last_is_caught() {
    let world = World::new();
    let (p, a, _b) = two(&world);
    // As if nobody had moved the tail when b came.
    unsafe { (*p).p_threads.tqh_last = &raw mut (*a).td_plist.tqe_next }
    let c = world.loose_thread("c").as_ptr();
    let text = world.panics(|| unsafe { insert_tail(p, c) });
    assert_eq!(text, "Bad tailq NEXT(?->tqh_last) != NULL");
}

#[test]
#[cfg(INVARIANTS)]
fn next_that_points_elsewhere_is_caught() {
    let world = World::new();
    let (p, a, b) = two(&world);
    unsafe { (*b).td_plist.tqe_prev = &raw mut (*p).p_threads.tqh_first }
    let text = world.panics(|| unsafe { remove(p, a) });
    assert_eq!(text, "Bad link elm a next->prev != elm");
}

/// Removing twice.
#[test]
#[cfg(INVARIANTS)]
fn element_that_is_not_on_the_list_is_caught() {
    let world = World::new();
    let (p, _a, b) = two(&world);
    unsafe { remove(p, b) }
    let text = world.panics(|| unsafe { remove(p, b) });
    assert_eq!(text, "Bad link elm b prev->next != elm");
}
