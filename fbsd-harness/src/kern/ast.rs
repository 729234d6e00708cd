//! Asynchronous system traps: what a thread does before it returns to user
//! mode, and the points in user mode at which it is interrupted.

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, Ordering};

use super::{lock, spin, time};
use crate::machine::cpu::{cpu, curcpu, curthread};
use crate::machine::ext::ext;
use crate::machine::point::{misuse, point};
use crate::machine::trace::note;
use crate::sys::{self, ASTR_ASTF_REQUIRED, ASTR_KCLEAR, ASTR_TDP, thread};

/// A handler: the thread, and all bits that were set.
type Handler = unsafe extern "C" fn(*mut thread, c_int);

#[derive(Clone, Copy)]
struct Slot {
    handler: Option<Handler>,
    flags: u32,
    tdp: c_int,
}

const SLOTS: usize = sys::KT_TDA_MAX as usize;

struct Slots(UnsafeCell<[Slot; SLOTS]>);

// SAFETY: written while booting only.
unsafe impl Sync for Slots {}

static HANDLERS: Slots = Slots(UnsafeCell::new(
    [Slot {
        handler: None,
        flags: 0,
        tdp: 0,
    }; SLOTS],
));

/// Installs a handler, once per slot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ast_register(slot: c_int, flags: c_int, tdp: c_int, handler: Handler) {
    point(
        "ast_register",
        &[slot as usize, flags as usize, tdp as usize],
    );
    let slots = &mut *HANDLERS.0.get();
    let Some(entry) = slots.get_mut(slot as usize) else {
        misuse(format!("ast_register of slot {slot}"));
    };
    if entry.handler.is_some() {
        misuse(format!("ast_register of slot {slot}, which is in use"));
    }
    *entry = Slot {
        handler: Some(handler),
        flags: flags as u32,
        tdp,
    };
}

unsafe fn pending<'a>(td: *mut thread) -> &'a AtomicI32 {
    AtomicI32::from_ptr(&raw mut (*td).td_ast)
}

/// td_ast_pending(): a look without locks.
#[inline]
pub unsafe fn ast_pending(td: *mut thread, slot: c_int) -> bool {
    pending(td).load(Ordering::Relaxed) & (1 << slot) != 0
}

/// Asks for a handler to be run by `td`.  Thread lock held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ast_sched_locked(td: *mut thread, slot: c_int) {
    point("ast_sched_locked", &[td as usize, slot as usize]);
    spin::assert_thread_locked(td, "ast_sched_locked");
    pending(td).fetch_or(1 << slot, Ordering::Relaxed);
}

/// Takes the request back.  Thread lock held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ast_unsched_locked(td: *mut thread, slot: c_int) {
    point("ast_unsched_locked", &[td as usize, slot as usize]);
    spin::assert_thread_locked(td, "ast_unsched_locked");
    pending(td).fetch_and(!(1 << slot), Ordering::Relaxed);
}

/// Asks for a handler to be run by `td`, no thread lock held.
pub unsafe fn ast_sched(td: *mut thread, slot: c_int) {
    spin::thread_lock(td);
    ast_sched_locked(td, slot);
    spin::thread_unlock(td);
}

/// Runs the handlers that want to know about a thread's end and forgets all
/// requests.  `td` may never have run, and then has no lock.
#[unsafe(no_mangle)]
unsafe extern "C" fn ast_kclear(td: *mut thread) {
    point("ast_kclear", &[td as usize]);
    let bits = if td == curthread() {
        take(td)
    } else {
        pending(td).swap(0, Ordering::Relaxed)
    };
    run(td, bits, true);
}

unsafe fn take(td: *mut thread) -> c_int {
    spin::thread_lock(td);
    let bits = pending(td).swap(0, Ordering::Relaxed);
    spin::thread_unlock(td);
    bits
}

unsafe fn run(td: *mut thread, bits: c_int, clearing: bool) {
    for slot in 0..SLOTS {
        let Slot {
            handler,
            flags,
            tdp,
        } = (*HANDLERS.0.get())[slot];
        let Some(handler) = handler else {
            continue;
        };
        if clearing && flags & ASTR_KCLEAR == 0
            || flags & ASTR_ASTF_REQUIRED != 0 && bits & (1 << slot) == 0
            || flags & ASTR_TDP != 0 && (*td).td_pflags & tdp == 0
        {
            continue;
        }
        handler(td, bits);
    }
}

/// Leaves user mode: for the trace.
pub unsafe fn kernel_enter(td: *mut thread) {
    if (*ext(td)).user {
        (*ext(td)).user = false;
        note("=kernel", &[td as usize]);
    }
}

/// The way back to user mode: runs handlers until none is asked for.
pub unsafe fn userret(td: *mut thread) {
    lock::assert_none("return to user mode");
    kernel_enter(td);
    loop {
        point("userret", &[td as usize]);
        if pending(td).load(Ordering::Relaxed) == 0 {
            break;
        }
        let bits = take(td);
        run(td, bits, false);
        lock::assert_none("return to user mode");
    }
}

/// One instruction in user mode: a place where the thread may be preempted and
/// where an interrupt makes it look at its ASTs.
pub unsafe fn user_tick() {
    let td = curthread();
    let before = (*td).td_generation;
    if !(*ext(td)).user {
        lock::assert_none("user mode");
        (*ext(td)).user = true;
        note("=user", &[td as usize]);
    }
    point("user", &[]);
    let me = cpu(curcpu());
    let now = time::now_ticks();
    let clock = (*me).tick_seen != now;
    (*me).tick_seen = now;
    let ipi = (*me).ipi.swap(false, Ordering::Acquire);
    if (ipi || clock || (*td).td_generation != before) && pending(td).load(Ordering::Relaxed) != 0 {
        userret(td);
    }
}
