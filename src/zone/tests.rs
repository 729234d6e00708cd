//! What the zone's four functions do to a structure.

use super::*;
use crate::events::{_eventhandler_list_thread_fini, _eventhandler_list_thread_init};
use crate::kpi::fake::events::subscribe;
use crate::kpi::fake::world::{World, called, with_asts};

unsafe extern "C" fn note(_arg: *mut c_void, _td: *mut sys::thread) {
    called("handler");
}

#[test]
fn new_structure_is_initialised_then_constructed() {
    let world = World::booted(200);
    subscribe(&_eventhandler_list_thread_init, note, ptr::null_mut());
    alloc();
    let mut expected = vec![
        "sleepq_alloc",
        "turnstile_alloc",
        "handler",
        "eventhandler_prune_list thread_init",
        "umtx_thread_init item1",
    ];
    expected.extend(cfg!(KDTRACE_HOOKS).then_some("kdtrace_thread_ctor item1"));
    expected.extend(["umtx_thread_alloc item1", "uma_zalloc item1"]);
    assert_eq!(world.calls(), expected);
}

/// A structure that comes back is constructed again, not initialised: what
/// `init` has made is kept.
#[test]
fn used_structure_is_constructed_alone() {
    let world = World::booted(200);
    let td = alloc();
    td.set_state(State::INACTIVE);
    // SAFETY: the caller's alone.
    unsafe { free(td) }
    world.forget_log();
    assert!(alloc() == td);
    assert!(!world.log().contains(&"sleepq_alloc".to_owned()));
}

#[test]
fn constructor_prepares_for_the_first_switch() {
    let _world = World::booted(200);
    let td = alloc();
    td.set_state(State::RUNNING);
    // SAFETY: the caller's alone; the constructor may run on anything.
    unsafe {
        let raw = td.as_ptr();
        ((*raw).td_lastcpu, (*raw).td_oncpu, (*raw).td_critnest) = (3, 3, 0);
        assert_eq!(thread_ctor(raw.cast(), 0, ptr::null_mut(), 0), 0);
        assert_eq!((*raw).td_lastcpu, sys::KT_NOCPU);
        assert_eq!((*raw).td_oncpu, sys::KT_NOCPU);
        assert_eq!((*raw).td_critnest, 1);
        assert_eq!((*raw).td_lend_user_pri, sys::KT_PRI_MAX as u8);
    }
    assert!(td.state() == State::INACTIVE);
}

#[test]
fn destructor_calls_in_order() {
    let world = World::booted(200);
    let td = alloc();
    world.forget_log();
    // SAFETY: the caller's alone.
    unsafe { free(td) }
    let mut expected = vec!["uma_zfree item1"];
    expected.extend(cfg!(KDTRACE_HOOKS).then_some("kdtrace_thread_dtor item1"));
    expected.extend(["osd_exit 0", "ast_kclear item1", "seltdfini item1"]);
    assert_eq!(world.log(), with_asts(expected));
}

/// The zone never gives memory back, so only a test calls this.
#[test]
fn fini_undoes_init() {
    let world = World::booted(200);
    subscribe(&_eventhandler_list_thread_fini, note, ptr::null_mut());
    let td = alloc();
    world.forget_log();
    // SAFETY: the caller's alone.
    unsafe { thread_fini(td.as_ptr().cast(), 0) }
    let mut expected = vec!["handler", "eventhandler_prune_list thread_fini"];
    expected.extend(cfg!(has_rlqe).then_some("rlqentry_free"));
    expected.extend(["turnstile_free", "sleepq_free", "umtx_thread_fini item1"]);
    assert_eq!(world.calls(), expected);
}
