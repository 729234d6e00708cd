//! A thread is made, fails to be made, recycled and freed.

use super::*;
use crate::count::tests::counted;
use crate::events::{_eventhandler_list_thread_ctor, _eventhandler_list_thread_dtor};
use crate::kpi::fake::events::subscribe;
use crate::kpi::fake::world::{World, called};
use crate::tid::tests::in_use;
use std::ffi::c_void;

/// A handler that notes the id that the thread has at the time.
unsafe extern "C" fn note(_arg: *mut c_void, td: *mut sys::thread) {
    // SAFETY: a thread of the world.
    called(format_args!("handler {}", unsafe { (*td).td_tid }));
}

/// The log without what the zone and the other owners do.
fn milestones(world: &World) -> Vec<String> {
    let words = [
        "lock TID lock",
        "uma_",
        "vm_thread_",
        "cpu_thread_",
        "handler",
        "callout_drain",
        "cpuset_rel",
    ];
    let mut log = world.log();
    log.retain(|line| words.iter().any(|word| line.starts_with(word)));
    log
}

#[test]
fn thread_gets_count_id_structure_and_stack_in_order() {
    let world = World::booted(200);
    subscribe(&_eventhandler_list_thread_ctor, note, ptr::null_mut());
    let td = alloc(6).unwrap();
    assert_eq!(
        milestones(&world),
        [
            "lock TID lock",
            "uma_zalloc item1",
            "vm_thread_new item1 6",
            "cpu_thread_alloc item1",
            "handler 100001",
        ]
    );
    assert_eq!(td.tid(), Lwpid(100_001));
    assert_eq!((counted(), in_use()), (2, vec![0, 1]));
}

#[test]
fn thread_without_a_stack_leaves_nothing_behind() {
    let world = World::booted(200);
    world.answer("vm_thread_new", 0);
    assert!(alloc(0).is_none());
    assert_eq!(
        milestones(&world),
        [
            "lock TID lock",
            "uma_zalloc item1",
            "vm_thread_new item1 0",
            "uma_zfree item1",
            "lock TID lock",
        ]
    );
    assert_eq!((counted(), in_use()), (1, vec![0]));
}

#[test]
fn thread_beyond_the_limit_costs_neither_id_nor_structure() {
    let world = World::booted(102);
    world.answer("priv_check_cred", 0);
    assert!(alloc(0).is_some(), "the superuser's");
    world.forget_log();
    assert!(alloc(0).is_none());
    assert!(milestones(&world).is_empty());
}

/// What the last system call of the structure's last thread was, the new one
/// does not see.
#[test]
fn system_call_arguments_are_cleared() {
    let _world = World::booted(200);
    let td = alloc(0).unwrap();
    // SAFETY: a thread that nobody else has.
    unsafe {
        (*td.as_ptr()).td_sa.args = [-1; 8];
        free(td);
        let again = alloc(0).unwrap();
        assert!(again == td, "the zone hands the same structure out");
        assert_eq!((*again.as_ptr()).td_sa.args, [0; 8]);
    }
}

/// Handlers see the id; it is given back when the structure is, and the count
/// goes last.
#[test]
fn thread_is_freed_in_the_reverse_order() {
    let world = World::booted(200);
    subscribe(&_eventhandler_list_thread_dtor, note, ptr::null_mut());
    let td = alloc(0).unwrap();
    world.forget_log();
    // SAFETY: never ran.
    unsafe { free(td) }
    assert_eq!(
        milestones(&world),
        [
            "handler 100001",
            "cpu_thread_free item1",
            "vm_thread_dispose item1",
            "callout_drain",
            "uma_zfree item1",
            "lock TID lock",
        ]
    );
    assert_eq!(td.tid(), Lwpid::NONE);
    assert_eq!((counted(), in_use()), (1, vec![0]));
}

#[test]
fn cpu_set_is_released_once() {
    let world = World::booted(200);
    let td = alloc(0).unwrap();
    let set = td.as_ptr().cast();
    // SAFETY: a thread that nobody else has; the set is an address only.
    unsafe {
        (*td.as_ptr()).td_cpuset = set;
        world.forget_log();
        free(td);
        assert!((*td.as_ptr()).td_cpuset.is_null());
    }
    let log = milestones(&world);
    assert_eq!(log[0], "cpuset_rel item1", "before the stack goes");
}

/// A stack of the right size is kept, another replaced; after a failure there
/// is none.
#[test]
#[cfg(has_thread_recycle)]
fn recycled_thread_gets_the_stack_that_is_asked_for() {
    let made = ["vm_thread_new td 8", "cpu_thread_alloc td"];
    let replaced = [&["vm_thread_dispose td"][..], &made].concat();
    for (pages, had, answer, result, calls) in [
        (4, true, 1, 0, vec![]),
        (8, true, 1, 0, replaced.clone()),
        (8, false, 1, 0, made.to_vec()),
        (8, true, 0, sys::ENOMEM as c_int, replaced[..2].to_vec()),
    ] {
        let world = World::booted(200);
        let td = world.loose_thread("td");
        if !had {
            // SAFETY: a thread that nobody else has.
            unsafe { (*td.as_ptr()).td_kstack = 0 }
        }
        world.answer("vm_thread_new", answer);
        // SAFETY: not running.
        assert_eq!(unsafe { recycle(td, pages) }, result);
        assert_eq!(milestones(&world), calls);
        assert_eq!(td.has_kstack(), result == 0);
    }
}

/// A thread whose stack its caller has disposed of gets one, or has none.
#[test]
#[cfg(not(has_thread_recycle))]
fn stackless_thread_gets_the_stack_that_is_asked_for() {
    for (answer, calls) in [
        (1, vec!["vm_thread_new td 8", "cpu_thread_alloc td"]),
        (0, vec!["vm_thread_new td 8"]),
    ] {
        let world = World::booted(200);
        let td = world.loose_thread("td");
        // SAFETY: a thread that nobody else has.
        unsafe { (*td.as_ptr()).td_kstack = 0 }
        world.answer("vm_thread_new", answer);
        // SAFETY: not running.
        assert_eq!(unsafe { alloc_stack(td, 8) }, answer != 0);
        assert_eq!(milestones(&world), calls);
        assert_eq!(td.has_kstack(), answer != 0);
    }
}

#[test]
#[cfg(all(INVARIANTS, not(has_thread_recycle)))]
fn second_stack_is_caught() {
    let world = World::booted(200);
    let td = world.loose_thread("td");
    // SAFETY: not running; what follows is what the assertion is for.
    let text = world.panics(|| unsafe { alloc_stack(td, 8) });
    assert_eq!(text, "thread_alloc_stack called on a thread with kstack");
}

#[test]
#[cfg(INVARIANTS)]
fn structure_with_a_stack_is_caught() {
    let world = World::booted(200);
    let td = alloc(0).unwrap();
    // SAFETY: never ran; what follows is what the assertion is for.
    unsafe {
        free(td);
        (*td.as_ptr()).td_kstack = 0x1000;
    }
    let text = world.panics(|| alloc(0).is_some());
    assert_eq!(text, "thread_alloc got thread with kstack");
}
