//! Resource limits: `struct plimit`, shared by processes and threads.

use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use super::arena;
use crate::machine::cpu::curthread;
use crate::sys::{limbatch, plimit, thread};

/// New limits, with a reference that stays.
pub fn new() -> *mut plimit {
    let limits = arena::permanent(size_of::<plimit>(), 64).cast::<plimit>();
    // SAFETY: the block has the size of limits, which may be zeros, and is
    // nobody else's.
    unsafe { (*limits).pl_refcnt = 1 };
    limits
}

unsafe fn count<'a>(limits: *mut plimit) -> &'a AtomicI32 {
    AtomicI32::from_ptr(&raw mut (*limits).pl_refcnt)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn lim_hold(limits: *mut plimit) -> *mut plimit {
    count(limits).fetch_add(1, Ordering::Relaxed);
    limits
}

#[unsafe(no_mangle)]
unsafe extern "C" fn lim_free(limits: *mut plimit) {
    count(limits).fetch_sub(1, Ordering::Release);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn lim_cowsync() -> *mut plimit {
    let td = curthread();
    let p = (*td).td_proc;
    if (*td).td_limit == (*p).p_limit {
        return ptr::null_mut();
    }
    let old = (*td).td_limit;
    (*td).td_limit = lim_hold((*p).p_limit);
    old
}

#[unsafe(no_mangle)]
unsafe extern "C" fn limbatch_add(batch: *mut limbatch, td: *mut thread) {
    if (*batch).limp != (*td).td_limit {
        if !(*batch).limp.is_null() {
            limbatch_final(batch);
        }
        (*batch).limp = (*td).td_limit;
        (*batch).count = 0;
    }
    (*batch).count += 1;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn limbatch_final(batch: *mut limbatch) {
    count((*batch).limp).fetch_sub((*batch).count, Ordering::Release);
}
