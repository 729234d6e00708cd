//! Asynchronous system traps: what a thread is asked to do before it returns to
//! user mode.

use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use super::lock;
use crate::sys::{self, thread};

/// A handler: the thread, and all bits that were set.
type Handler = unsafe extern "C" fn(*mut thread, c_int);

/// The object's handler, of the one slot that it has.
static SUSPEND: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

#[unsafe(no_mangle)]
extern "C" fn ast_register(_slot: c_int, _flags: c_int, _tdp: c_int, handler: Handler) {
    SUSPEND.store(handler as *mut (), Ordering::Relaxed);
}

#[inline(always)]
unsafe fn pending<'a>(td: *mut thread) -> &'a AtomicI32 {
    AtomicI32::from_ptr(&raw mut (*td).td_ast)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ast_sched_locked(td: *mut thread, slot: c_int) {
    (*td).td_ast |= 1 << slot;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ast_unsched_locked(td: *mut thread, slot: c_int) {
    (*td).td_ast &= !(1 << slot);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ast_kclear(td: *mut thread) {
    (*td).td_ast = 0;
}

/// The running thread's way back to user mode.
///
/// # Safety
/// `td` is the running thread, without locks.
pub unsafe fn userret(td: *mut thread) {
    while pending(td).load(Ordering::Relaxed) != 0 {
        lock::thread_lock(td);
        let bits = (*td).td_ast;
        (*td).td_ast = 0;
        lock::thread_unlock(td);
        if bits & (1 << sys::KT_TDA_SUSPEND) != 0 {
            let handler = SUSPEND.load(Ordering::Relaxed);
            // SAFETY: what ast_register was given.
            let handler: Handler = std::mem::transmute(handler);
            handler(td, bits);
        }
    }
}
