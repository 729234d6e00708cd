//! The scheduler: a queue of threads per CPU, first come first served.
//!
//! A case's thread that waits in the object lets the others run, as a kernel
//! does: each goes the way back to user mode until it is suspended or exits,
//! at which point its code is left for good.

use std::ffi::c_int;
use std::ptr;

use super::{ast, lock, usage};
use crate::machine::context;
use crate::machine::cpu::{curthread, set_curthread, this};
use crate::object::thread_stash;
use crate::sys::{
    self, TDF_CANSWAP, TDI_SUSPENDED, TDS_CAN_RUN, TDS_INHIBITED, TDS_RUNNING, TDS_RUNQ, thread,
};

/// What the scheduler keeps behind `struct thread`, in bytes.
const TD_SCHED: usize = 96;

#[unsafe(no_mangle)]
extern "C" fn sched_sizeof_thread() -> c_int {
    (size_of::<thread>() + TD_SCHED) as c_int
}

/// Threads that wait to run, linked by `td_runq`.
pub struct Queue {
    first: *mut thread,
    last: *mut thread,
}

impl Queue {
    /// An empty queue.
    pub const fn new() -> Self {
        Self {
            first: ptr::null_mut(),
            last: ptr::null_mut(),
        }
    }

    /// Appends a thread that is on no queue.
    #[inline]
    unsafe fn push(&mut self, td: *mut thread) {
        (*td).td_runq.tqe_next = ptr::null_mut();
        if self.first.is_null() {
            self.first = td;
        } else {
            (*self.last).td_runq.tqe_next = td;
        }
        self.last = td;
    }

    /// Takes the first thread.
    #[inline]
    unsafe fn pop(&mut self) -> *mut thread {
        let td = self.first;
        if !td.is_null() {
            self.first = (*td).td_runq.tqe_next;
        }
        td
    }
}

/// Forgets the threads that wait to run here.
///
/// # Safety
/// The caller knows them and puts them where it wants.
pub unsafe fn forget_queue() {
    (*this()).queue = Queue::new();
}

/// TD_CLR_INHIB: thread lock held.
#[inline]
pub unsafe fn clear_inhibitor(td: *mut thread, inhibitor: u32) {
    (*td).td_inhibitors &= !(inhibitor as c_int);
    if (*td).td_inhibitors == 0 {
        (*td).td_state = TDS_CAN_RUN;
    }
}

/// Queues a thread whose lock is held; it gets this CPU's, which is held then.
#[inline]
unsafe fn enqueue(td: *mut thread) {
    let cpu = this();
    let own = &raw mut (*cpu).lock;
    if (*td).td_lock != own {
        lock::spin_acquire(own);
        lock::thread_lock_set(td, own);
    }
    (*td).td_state = TDS_RUNQ;
    (*cpu).queue.push(td);
}

/// Puts a thread that nobody runs on this CPU's queue.
///
/// # Safety
/// `td` is on no queue and its lock is not held.
pub unsafe fn make_runnable(td: *mut thread) {
    (*td).td_inhibitors = 0;
    lock::thread_lock(td);
    enqueue(td);
    lock::thread_unlock(td);
}

/// Thread lock held, released.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn setrunnable(td: *mut thread, _flags: c_int) -> c_int {
    if (*td).td_state == TDS_CAN_RUN {
        (*td).td_flags &= !(TDF_CANSWAP as c_int);
        (*td).td_slptick = 0;
        enqueue(td);
    }
    lock::thread_unlock(td);
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sched_sleep(td: *mut thread, _prio: c_int) {
    (*td).td_slptick = 1;
    if (*td).td_inhibitors & TDI_SUSPENDED as c_int != 0 {
        (*td).td_flags |= TDF_CANSWAP as c_int;
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sched_exit_thread(td: *mut thread, _child: *mut thread) {
    lock::thread_lock(td);
    lock::thread_unlock(td);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sched_relinquish(td: *mut thread) {
    lock::thread_lock(td);
    mi_switch(sys::KT_SW_VOL | sys::KT_SWT_RELINQUISH);
}

#[unsafe(no_mangle)]
extern "C" fn forward_signal(_td: *mut thread) {}

#[unsafe(no_mangle)]
extern "C" fn kick_proc0() {}

/// Thread lock held, released.
#[unsafe(no_mangle)]
unsafe extern "C" fn mi_switch(flags: c_int) {
    let td = curthread();
    usage::note_switch(td, flags);
    if (*td).td_state == TDS_RUNNING {
        enqueue(td);
    }
    lock::spin_release((*td).td_lock);
    if context::is_inside() {
        context::leave();
    }
    loop {
        let next = (*this()).queue.pop();
        if next == td {
            break;
        }
        if next.is_null() {
            eprintln!("error: nobody is left to run");
            std::process::abort();
        }
        run(next);
    }
    arrive(td);
}

/// Thread lock held, released.
#[unsafe(no_mangle)]
unsafe extern "C" fn sched_throw(td: *mut thread) -> ! {
    lock::spin_release((*td).td_lock);
    context::leave()
}

/// `td` runs from now on; who died here before is put away.
unsafe fn arrive(td: *mut thread) {
    (*td).td_state = TDS_RUNNING;
    set_curthread(td);
    bury();
    (*td).td_md.md_spinlock_count = 0;
    (*td).td_critnest = 0;
}

/// Puts the thread that died on this CPU away.
///
/// # Safety
/// The thread's code was left.
pub unsafe fn bury() {
    let pc = &raw mut (*this()).pcpu;
    let dead = (*pc).pc_deadthread;
    if !dead.is_null() {
        (*pc).pc_deadthread = ptr::null_mut();
        thread_stash(dead);
    }
}

/// Lets `td` go back to user mode, which it does not reach.
unsafe fn run(td: *mut thread) {
    arrive(td);
    context::enter(return_to_user, td as usize);
}

unsafe extern "C" fn return_to_user(td: usize) {
    ast::userret(td as *mut thread);
    eprintln!("error: a thread returned to user mode that was to be stopped");
    std::process::abort();
}

/// Is the thread suspended and off its CPU?
///
/// # Safety
/// Nobody changes the thread meanwhile.
pub unsafe fn is_suspended(td: *mut thread) -> bool {
    (*td).td_state == TDS_INHIBITED && (*td).td_inhibitors & TDI_SUSPENDED as c_int != 0
}
