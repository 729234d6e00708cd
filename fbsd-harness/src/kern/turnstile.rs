//! Turnstiles: where threads wait for sleep mutexes whose owner is off the CPU.
//!
//! A chain's spin mutex is the thread lock of those who wait on it.

use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::Ordering;

use super::{lock, sched, spin, switch, thread};
use crate::machine::cpu::curthread;
use crate::machine::ext::ext;
use crate::machine::point::point;
use crate::machine::trace::note;
use crate::machine::{allowed, digest, names};
use crate::sys::{self, SRQ_HOLD, TDI_LOCK, mtx, thread as Thread};

const CHAINS: usize = 32;

#[derive(Clone, Copy)]
struct Chain {
    lock: mtx,
    first: *mut Thread,
    last: *mut Thread,
}

struct Chains(UnsafeCell<[Chain; CHAINS]>);

// SAFETY: each chain is guarded by its lock.
unsafe impl Sync for Chains {}

static TABLE: Chains = Chains(UnsafeCell::new(
    [Chain {
        lock: mtx {
            lock_object: sys::lock_object {
                lo_name: c"turnstile chain".as_ptr(),
                lo_flags: sys::MTX_SPIN,
                lo_data: 0,
                lo_witness: ptr::null_mut(),
            },
            mtx_lock: sys::KT_MTX_UNOWNED,
        },
        first: ptr::null_mut(),
        last: ptr::null_mut(),
    }; CHAINS],
));

/// A turnstile: the kernel lends one to each lock that is waited for.  Here
/// threads only own them; waiting threads are linked to the chain themselves.
struct Turnstile {
    owner_count: usize,
}

unsafe fn chain(m: *mut mtx) -> *mut Chain {
    // Where the program put a static must not matter.
    let index = (digest::stable(m as usize) as usize >> 5) % CHAINS;
    TABLE.0.get().cast::<Chain>().add(index)
}

/// Names the chains' locks for reports.
pub fn init() {
    for index in 0..CHAINS {
        let chain = TABLE.0.get().cast::<Chain>().wrapping_add(index);
        names::register(
            chain as usize,
            size_of::<mtx>(),
            &format!("turnstile {index}"),
        );
    }
}

/// A new turnstile, for a new thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn turnstile_alloc() -> *mut sys::turnstile {
    Box::into_raw(Box::new(Turnstile { owner_count: 1 })).cast()
}

/// Frees a thread's turnstile.
#[unsafe(no_mangle)]
unsafe extern "C" fn turnstile_free(ts: *mut sys::turnstile) {
    let ts: *mut Turnstile = ts.cast();
    (*ts).owner_count -= 1;
    drop(Box::from_raw(ts));
}

/// Waits for `m`, whose word was `value` and whose owner was off the CPU;
/// returns when it is worth another try.
pub unsafe fn block(m: *mut mtx, value: usize) {
    allowed::waits(m as usize);
    let chain = chain(m);
    spin::mtx_lock_spin(&raw mut (*chain).lock);
    let word = spin::word(m);
    let now = word.load(Ordering::Relaxed);
    let owner = (now & !sys::KT_MTX_FLAGMASK) as *mut Thread;
    if now & !sys::KT_MTX_FLAGMASK != value & !sys::KT_MTX_FLAGMASK || thread::is_running(owner) {
        spin::mtx_unlock_spin(&raw mut (*chain).lock);
        return;
    }
    if now & sys::KT_MTX_CONTESTED == 0
        && word
            .compare_exchange(
                now,
                now | sys::KT_MTX_CONTESTED,
                Ordering::Relaxed,
                Ordering::Relaxed,
            )
            .is_err()
    {
        spin::mtx_unlock_spin(&raw mut (*chain).lock);
        return;
    }
    let td = curthread();
    point("turnstile_wait", &[m as usize]);
    (*ext(td)).blocked_next = ptr::null_mut();
    (*ext(td)).blocked_on = &raw const (*m).mtx_lock;
    if (*chain).last.is_null() {
        (*chain).first = td;
    } else {
        (*ext((*chain).last)).blocked_next = td;
    }
    (*chain).last = td;
    spin::thread_lock(td);
    (*td).td_blocked = (*td).td_turnstile;
    (*td).td_lockname = (*m).lock_object.lo_name;
    (*td).td_blktick = super::time::now_ticks();
    note("=wants", &[m as usize]);
    thread::set_inhib(td, TDI_LOCK);
    spin::thread_lock_set(td, &raw mut (*chain).lock);
    switch::mi_switch(sys::KT_SW_VOL | sys::KT_SWT_TURNSTILE);
}

/// Releases the contested mutex `m` and makes all who wait for it runnable.
pub unsafe fn wake_all(m: *mut mtx) {
    let chain = chain(m);
    spin::mtx_lock_spin(&raw mut (*chain).lock);
    spin::word(m).store(sys::KT_MTX_UNOWNED, Ordering::Release);
    let on = &raw const (*m).mtx_lock;
    let mut previous: *mut Thread = ptr::null_mut();
    let mut td = (*chain).first;
    while !td.is_null() {
        let next = (*ext(td)).blocked_next;
        if (*ext(td)).blocked_on != on {
            previous = td;
            td = next;
            continue;
        }
        if previous.is_null() {
            (*chain).first = next;
        } else {
            (*ext(previous)).blocked_next = next;
        }
        if next.is_null() {
            (*chain).last = previous;
        }
        // It may still be on its way off the CPU; its lock will be the chain's.
        spin::thread_lock_block_wait(td);
        (*ext(td)).blocked_on = ptr::null();
        (*td).td_blocked = ptr::null_mut();
        (*td).td_lockname = ptr::null();
        thread::clr_inhib(td, TDI_LOCK);
        sched::sched_add(td, (SRQ_HOLD | sys::SRQ_BORING) as i32);
        td = next;
    }
    spin::mtx_unlock_spin(&raw mut (*chain).lock);
    lock::prune();
}
