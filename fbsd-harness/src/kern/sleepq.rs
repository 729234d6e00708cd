//! Sleep queues: where threads wait for wakeup(), interruptibly or not.
//!
//! A chain's spin mutex is the thread lock of those who sleep on it.  Each
//! thread owns a queue; the first one to sleep on a channel lends its queue to
//! the channel, later ones put theirs by, and whoever leaves takes one back, so
//! that `td_sleepqueue` is null exactly while a thread is queued.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use super::{spin, thread};
use crate::machine::cpu::curthread;
use crate::machine::point::misuse;
use crate::machine::{digest, names};
use crate::sys::{
    self, TDF_SINTR, TDF_TIMEOUT, TDI_SLEEPING, lock_object, mtx, sleepqueue, thread as Thread,
};

const CHAINS: usize = 64;

/// A sleep queue.
pub struct Queue {
    /// The channel that it is lent to.
    wchan: *const c_void,
    /// Those who sleep, oldest first, linked through `td_slpq`.
    first: *mut Thread,
    last: *mut Thread,
    /// The next queue of the chain, or of the queues put by.
    next: *mut Queue,
    /// Queues put by: those of the sleepers but one.
    spare: *mut Queue,
}

/// Sleep queues whose channels have one hash, and their lock.
#[derive(Clone, Copy)]
pub struct Chain {
    /// The chain's lock.
    pub lock: mtx,
    queues: *mut Queue,
}

struct Chains(UnsafeCell<[Chain; CHAINS]>);

// SAFETY: each chain is guarded by its lock.
unsafe impl Sync for Chains {}

static TABLE: Chains = Chains(UnsafeCell::new(
    [Chain {
        lock: mtx {
            lock_object: lock_object {
                lo_name: c"sleepq chain".as_ptr(),
                lo_flags: sys::MTX_SPIN,
                lo_data: 0,
                lo_witness: ptr::null_mut(),
            },
            mtx_lock: sys::KT_MTX_UNOWNED,
        },
        queues: ptr::null_mut(),
    }; CHAINS],
));

/// The chain of a channel.
pub fn chain_of(wchan: *const c_void) -> *mut Chain {
    // Where the program put a static must not matter.
    let address = digest::stable(wchan as usize) as usize;
    let index = ((address >> 8) ^ (address >> 3)) % CHAINS;
    TABLE.0.get().cast::<Chain>().wrapping_add(index)
}

/// Names the chains' locks for reports.
pub fn init() {
    for index in 0..CHAINS {
        let chain = TABLE.0.get().cast::<Chain>().wrapping_add(index);
        names::register(chain as usize, size_of::<mtx>(), &format!("sleepq {index}"));
    }
}

/// A new sleep queue, for a new thread.
#[unsafe(no_mangle)]
pub extern "C" fn sleepq_alloc() -> *mut sleepqueue {
    Box::into_raw(Box::new(Queue {
        wchan: ptr::null(),
        first: ptr::null_mut(),
        last: ptr::null_mut(),
        next: ptr::null_mut(),
        spare: ptr::null_mut(),
    }))
    .cast()
}

/// Frees a thread's sleep queue.
#[unsafe(no_mangle)]
unsafe extern "C" fn sleepq_free(sq: *mut sleepqueue) {
    let sq: *mut Queue = sq.cast();
    if !(*sq).first.is_null() {
        misuse("sleepq_free of a queue that is in use".to_string());
    }
    drop(Box::from_raw(sq));
}

/// Locks the chain of a channel.
pub unsafe fn sleepq_lock(wchan: *const c_void) {
    spin::mtx_lock_spin(&raw mut (*chain_of(wchan)).lock);
}

/// Unlocks it.
pub unsafe fn sleepq_release(wchan: *const c_void) {
    spin::mtx_unlock_spin(&raw mut (*chain_of(wchan)).lock);
}

/// The queue that is lent to a channel, or null.  Chain locked.
pub unsafe fn lookup(wchan: *const c_void) -> *mut Queue {
    let mut sq = (*chain_of(wchan)).queues;
    while !sq.is_null() && (*sq).wchan != wchan {
        sq = (*sq).next;
    }
    sq
}

/// Queues the running thread on a channel.  Chain locked.
pub unsafe fn sleepq_add(wchan: *const c_void, wmesg: *const c_char, interruptible: bool) {
    let td = curthread();
    let mine: *mut Queue = (*td).td_sleepqueue.cast();
    if mine.is_null() || !(*td).td_wchan.is_null() {
        misuse("sleepq_add of a thread that is queued".to_string());
    }
    let mut sq = lookup(wchan);
    if sq.is_null() {
        let chain = chain_of(wchan);
        sq = mine;
        (*sq).wchan = wchan;
        (*sq).next = (*chain).queues;
        (*chain).queues = sq;
    } else {
        (*mine).next = (*sq).spare;
        (*sq).spare = mine;
    }
    spin::thread_lock(td);
    let links = &raw mut (*td).__bindgen_anon_1.td_slpq;
    (*links).tqe_next = ptr::null_mut();
    (*links).tqe_prev = (*sq).last.cast();
    if (*sq).last.is_null() {
        (*sq).first = td;
    } else {
        (*(*sq).last).__bindgen_anon_1.td_slpq.tqe_next = td;
    }
    (*sq).last = td;
    (*td).td_sleepqueue = ptr::null_mut();
    (*td).td_sqqueue = 0;
    (*td).td_wchan = wchan;
    (*td).td_wmesg = wmesg;
    if interruptible {
        (*td).td_intrval = 0;
        (*td).td_flags |= TDF_SINTR as c_int;
    }
    (*td).td_flags &= !(TDF_TIMEOUT as c_int);
    spin::thread_unlock(td);
}

/// Takes `td` out of its queue and gives it a queue back.  Chain and thread
/// locked.  Does not clear TDI_SLEEPING.
pub unsafe fn remove_thread(sq: *mut Queue, td: *mut Thread) {
    if sq.is_null() || (*td).td_wchan != (*sq).wchan {
        misuse(format!(
            "{} is not on the sleep queue",
            names::of(td as usize)
        ));
    }
    let chain = chain_of((*sq).wchan);
    let links = &raw mut (*td).__bindgen_anon_1.td_slpq;
    let next = (*links).tqe_next;
    let previous: *mut Thread = (*links).tqe_prev.cast();
    if previous.is_null() {
        (*sq).first = next;
    } else {
        (*previous).__bindgen_anon_1.td_slpq.tqe_next = next;
    }
    if next.is_null() {
        (*sq).last = previous;
    } else {
        (*next).__bindgen_anon_1.td_slpq.tqe_prev = previous.cast();
    }
    let mine = if (*sq).spare.is_null() {
        unlink(chain, sq);
        sq
    } else {
        let spare = (*sq).spare;
        (*sq).spare = (*spare).next;
        spare
    };
    (*mine).next = ptr::null_mut();
    (*td).td_sleepqueue = mine.cast();
    if (*td).td_flags & TDF_TIMEOUT as c_int == 0
        && (*td).td_sleeptimo != 0
        && spin::lock_of(td) == &raw mut (*chain).lock
    {
        super::callout::callout_stop(&raw mut (*td).td_slpcallout);
    }
    (*td).td_wmesg = ptr::null();
    (&raw mut (*td).td_wchan).write_volatile(ptr::null());
    (*td).td_flags &= !((TDF_SINTR | TDF_TIMEOUT) as c_int);
}

unsafe fn unlink(chain: *mut Chain, sq: *mut Queue) {
    let mut link = &raw mut (*chain).queues;
    while *link != sq {
        link = &raw mut (**link).next;
    }
    *link = (*sq).next;
    (*sq).wchan = ptr::null();
}

/// Dequeues `td` and makes it runnable if it sleeps already.  Chain locked and
/// kept, thus also the lock of a thread that sleeps; another lock is taken and
/// released here.
pub unsafe fn resume_thread(sq: *mut Queue, td: *mut Thread, hold: bool) -> c_int {
    let chain = chain_of((*sq).wchan);
    let chain_lock = &raw mut (*chain).lock;
    spin::thread_lock_block_wait(td);
    let asleep = spin::lock_of(td) == chain_lock;
    if !asleep {
        spin::thread_lock(td);
    }
    remove_thread(sq, td);
    if thread::is_sleeping(td) {
        thread::clr_inhib(td, TDI_SLEEPING);
        let flags = if hold && asleep {
            sys::SRQ_HOLD as c_int
        } else {
            0
        };
        return super::sched::setrunnable(td, flags);
    }
    if !asleep || !hold {
        spin::thread_unlock(td);
    }
    0
}

/// The queue's oldest sleeper, or null.
pub unsafe fn first_of(sq: *mut Queue) -> *mut Thread {
    if sq.is_null() {
        ptr::null_mut()
    } else {
        (*sq).first
    }
}
