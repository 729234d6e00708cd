//! The boot, in order, and through the functions that C calls.

use super::*;
use crate::count::tests::counted;
use crate::export;
use crate::kpi::fake::world::{World, with_asts, zeroed};
use crate::tid::tests::in_use;
use std::ptr;

#[test]
fn boot_calls_in_order() {
    let world = World::new();
    // SAFETY: once in this world.
    unsafe { threadinit() }
    assert_eq!(
        world.log(),
        with_asts([
            "mtx_init TID lock",
            "malloc M_TIDHASH",
            "lock TID lock",
            "unlock TID lock",
            "uma_zcreate THREAD",
            "hashinit 32 M_TIDHASH",
            "malloc M_TIDHASH",
            "rw_init tidhash",
            "callout_init",
            "callout_reset 21000",
            "ast_register 16",
        ])
    );
    assert_eq!((counted(), in_use()), (1, vec![0]));
}

/// A thread's whole life, through the C functions.
#[test]
fn thread_lives_and_dies() {
    let world = World::booted(200);
    let p = world.own_proc().as_ptr();
    // SAFETY: the calls of fork, exit and reaping, with the locks they want.
    unsafe {
        let td = export::thread_alloc(0);
        assert!(!td.is_null());
        export::thread_link(td, p);
        export::tidhash_add(td);
        assert_eq!(export::tdfind((*td).td_tid, -1), td);
        world.own_proc().unlock_for_c();

        export::tidhash_remove(td);
        let locked = world.lock_proc(world.own_proc());
        export::thread_unlink(td);
        locked.unlock(crate::here!());
        assert_eq!(export::tdfind((*td).td_tid, -1), ptr::null_mut());

        (*p).p_exitthreads += 1;
        (*td).td_limit = zeroed();
        export::thread_stash(td);
        export::thread_reap_barrier();
        assert_eq!((*td).td_tid, -1);
    }
    assert_eq!((counted(), in_use()), (1, vec![0]));
}
