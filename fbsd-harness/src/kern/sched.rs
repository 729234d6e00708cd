//! The scheduler: one run queue and lock per CPU, first come first served but
//! for the explorer, which may pick any thread of a queue.

use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{spin, switch, thread};
use crate::machine::cpu::{self, Cpu, cpu as cpu_of, curcpu, curthread, curthread_of, ncpus};
use crate::machine::ext::ext;
use crate::machine::point::{misuse, pick, point};
use crate::machine::{names, trace};
use crate::sys::{
    self, SRQ_HOLD, SRQ_HOLDTD, TDF_CANSWAP, TDF_SWAPINREQ, TDI_SWAPPED, TDS_CAN_RUN,
    TDS_INHIBITED, TDS_RUNNING, TDS_RUNQ, mtx, proc_, thread as Thread,
};

/// Most runnable threads that one decision looks at.
const CANDIDATES: usize = 24;

/// Where a thread of a CPU's queue is counted; its gate is what it was when it
/// was queued.
unsafe fn counter<'a>(it: *mut Cpu, td: *mut Thread) -> &'a AtomicUsize {
    if (*ext(td)).gate.is_some() {
        &(*it).gated
    } else {
        &(*it).queued
    }
}

/// Is there anybody on a CPU's queue?
pub unsafe fn is_busy(number: usize) -> bool {
    let it = cpu_of(number);
    (*it).queued.load(Ordering::Relaxed) + (*it).gated.load(Ordering::Relaxed) != 0
}

/// Appends `td` to the queue of a CPU whose lock is held.
unsafe fn enqueue(it: *mut Cpu, td: *mut Thread) {
    (*td).td_runq.tqe_next = ptr::null_mut();
    (*td).td_runq.tqe_prev = (*it).queue.last.cast();
    if (*it).queue.last.is_null() {
        (*it).queue.first = td;
    } else {
        (*(*it).queue.last).td_runq.tqe_next = td;
    }
    (*it).queue.last = td;
    counter(it, td).fetch_add(1, Ordering::Relaxed);
    thread::set_state(td, TDS_RUNQ);
}

/// Takes `td` out of the queue of a CPU whose lock is held.
unsafe fn dequeue(it: *mut Cpu, td: *mut Thread) {
    let next = (*td).td_runq.tqe_next;
    let previous: *mut Thread = (*td).td_runq.tqe_prev.cast();
    if previous.is_null() {
        (*it).queue.first = next;
    } else {
        (*previous).td_runq.tqe_next = next;
    }
    if next.is_null() {
        (*it).queue.last = previous;
    } else {
        (*next).td_runq.tqe_prev = previous.cast();
    }
    counter(it, td).fetch_sub(1, Ordering::Relaxed);
}

/// May `td`, on a run queue, run now?  Its gate is open and it has left the
/// CPU that it ran on before.
unsafe fn is_open(td: *mut Thread) -> bool {
    if spin::lock_of(td) == spin::blocked() && !cpu::smp_mode() {
        return false;
    }
    (*ext(td)).gate.is_none_or(|gate| gate.is_open())
}

/// May `td` move to another CPU?
unsafe fn is_movable(td: *mut Thread) -> bool {
    (*td).td_pinned == 0 && !(*ext(td)).bound && spin::lock_of(td) != spin::blocked()
}

/// The first thread of a CPU's queue that may run, and is `wanted`.
unsafe fn first(number: usize, wanted: unsafe fn(*mut Thread) -> bool) -> Option<*mut Thread> {
    let mut td = (*cpu_of(number)).queue.first;
    while !td.is_null() {
        if wanted(td) && is_open(td) {
            return Some(td);
        }
        td = (*td).td_runq.tqe_next;
    }
    None
}

unsafe fn any(_td: *mut Thread) -> bool {
    true
}

/// What a CPU would run instead of its thread.  (det, without locks)
pub unsafe fn queued_for(number: usize) -> Option<*mut Thread> {
    first(number, any)
}

/// What an idle CPU would run: of its own queue or of another one.  (det)
pub unsafe fn work_for(number: usize) -> Option<*mut Thread> {
    queued_for(number).or_else(|| victim_of(number).map(|(_, td)| td))
}

/// A thread that the idle CPU `number` may take from another CPU's queue.
unsafe fn victim_of(number: usize) -> Option<(usize, *mut Thread)> {
    (0..ncpus())
        .filter(|&other| other != number)
        .find_map(|other| first(other, is_movable).map(|td| (other, td)))
}

/// Has the queue of the CPU `here` a thread that may run?
pub unsafe fn has_work(here: usize) -> bool {
    let it = cpu_of(here);
    if !cpu::smp_mode() {
        return queued_for(here).is_some();
    }
    (*it).looks.fetch_add(1, Ordering::Relaxed);
    if !is_busy(here) {
        return false;
    }
    spin::mtx_lock_spin(&raw mut (*it).lock);
    let found = queued_for(here).is_some();
    spin::mtx_unlock_spin(&raw mut (*it).lock);
    found
}

/// In the idle thread: moves a thread from another queue to this CPU's; says
/// whether there was one to move.
pub unsafe fn steal(here: usize) -> bool {
    let other = if cpu::smp_mode() {
        (0..ncpus()).find(|&other| other != here && is_busy(other))
    } else {
        victim_of(here).map(|(other, _)| other)
    };
    let Some(other) = other else {
        return false;
    };
    let from = cpu_of(other);
    let to = cpu_of(here);
    spin::mtx_lock_spin(&raw mut (*from).lock);
    let Some(td) = first(other, is_movable) else {
        spin::mtx_unlock_spin(&raw mut (*from).lock);
        return false;
    };
    dequeue(from, td);
    spin::spinlock_enter();
    spin::thread_lock_block(td);
    spin::mtx_unlock_spin(&raw mut (*from).lock);
    spin::mtx_lock_spin(&raw mut (*to).lock);
    (*ext(td)).cpu = here as u8;
    enqueue(to, td);
    spin::thread_lock_unblock(td, &raw mut (*to).lock);
    spin::mtx_unlock_spin(&raw mut (*to).lock);
    spin::leave();
    true
}

/// Takes the next thread for the CPU `here` from its queue, whose lock is
/// held; the idle thread if there is none.
pub unsafe fn choose(here: usize) -> *mut Thread {
    let it = cpu_of(here);
    let mut candidates = [ptr::null_mut(); CANDIDATES];
    let mut count = 0;
    let mut td = (*it).queue.first;
    while !td.is_null() && count < CANDIDATES {
        if is_open(td) {
            candidates[count] = td;
            count += 1;
        }
        td = (*td).td_runq.tqe_next;
    }
    if count == 0 {
        return (*it).idle;
    }
    let next = candidates[pick(here, &candidates[..count])];
    dequeue(it, next);
    (*ext(next)).gate = None;
    (*ext(next)).yielded = false;
    next
}

/// Puts the running thread, whose lock is the held lock of the CPU `here`, on
/// a queue again; gives the lock that it gets once it is off the CPU.
pub unsafe fn requeue(td: *mut Thread, here: usize) -> *mut mtx {
    let target = usize::from((*ext(td)).cpu);
    let it = cpu_of(target);
    if target == here {
        enqueue(it, td);
    } else {
        spin::lock_quietly(&raw mut (*it).lock);
        enqueue(it, td);
        spin::unlock_quietly(&raw mut (*it).lock);
    }
    &raw mut (*it).lock
}

/// The CPU for a thread that becomes runnable: the least loaded one, of equals
/// the one where it ran last, then the first.
unsafe fn pick_cpu(td: *mut Thread) -> usize {
    let last = usize::from((*ext(td)).cpu).min(ncpus() - 1);
    if (*ext(td)).bound || (*td).td_pinned != 0 {
        return last;
    }
    let load = |number: usize| {
        let it = cpu_of(number);
        // SAFETY: a machine's CPUs live for ever; racy in smp, as in the kernel.
        unsafe {
            let running = curthread_of(number) != (*it).idle;
            (*it).queued.load(Ordering::Relaxed) + usize::from(running)
        }
    };
    let mut best = last;
    for number in 0..ncpus() {
        if load(number) < load(best) {
            best = number;
        }
    }
    best
}

/// Makes a thread that can run runnable.  Thread lock held; released, unless
/// SRQ_HOLDTD (the new lock stays held) or SRQ_HOLD (the old one does).
pub unsafe fn sched_add(td: *mut Thread, flags: c_int) {
    point("sched_add", &[td as usize]);
    spin::assert_thread_locked(td, "sched_add");
    if thread::state(td) != TDS_CAN_RUN || (*td).td_inhibitors != 0 {
        misuse(format!(
            "sched_add of {}, which is {}",
            names::of(td as usize),
            thread::state_text(td)
        ));
    }
    let target = pick_cpu(td);
    let it = cpu_of(target);
    let queue_lock = &raw mut (*it).lock;
    if spin::lock_of(td) != queue_lock {
        spin::spinlock_enter();
        let old = spin::thread_lock_block(td);
        if flags & SRQ_HOLD as c_int == 0 {
            spin::mtx_unlock_spin(old);
        }
        spin::mtx_lock_spin(queue_lock);
        spin::thread_lock_unblock(td, queue_lock);
        spin::leave();
    }
    (*ext(td)).cpu = target as u8;
    enqueue(it, td);
    if flags & SRQ_HOLDTD as c_int == 0 {
        spin::thread_unlock(td);
    }
}

/// Makes a thread runnable if it can run.  Thread lock held, released in every
/// case without SRQ flags.  1: the swapper has to bring it in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn setrunnable(td: *mut Thread, flags: c_int) -> c_int {
    point("setrunnable", &[td as usize]);
    spin::assert_thread_locked(td, "setrunnable");
    if (*(*td).td_proc).p_state == sys::PRS_ZOMBIE {
        crate::kern::console::panic(format!(
            "setrunnable: pid {} is a zombie",
            (*(*td).td_proc).p_pid
        ));
    }
    let mut swap_in = 0;
    match thread::state(td) {
        TDS_RUNNING | TDS_RUNQ => (),
        TDS_CAN_RUN => {
            (*td).td_flags &= !(TDF_CANSWAP as c_int);
            (*td).td_slptick = 0;
            trace::note("=wake", &[td as usize]);
            sched_add(td, flags | sys::SRQ_BORING as c_int);
            return 0;
        }
        TDS_INHIBITED => {
            if (*td).td_inhibitors == TDI_SWAPPED as c_int
                && (*td).td_flags & TDF_SWAPINREQ as c_int == 0
            {
                (*td).td_flags |= TDF_SWAPINREQ as c_int;
                swap_in = 1;
            }
        }
        state => {
            crate::kern::console::panic(format!("setrunnable: state is 0x{state:x}"));
        }
    }
    if flags & (SRQ_HOLD | SRQ_HOLDTD) as c_int == 0 {
        spin::thread_unlock(td);
    }
    swap_in
}

/// Tells the scheduler that the running thread or a stopped one goes to sleep.
/// Thread lock held and kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sched_sleep(td: *mut Thread, prio: c_int) {
    point("sched_sleep", &[td as usize, prio as usize]);
    spin::assert_thread_locked(td, "sched_sleep");
    (*td).td_slptick = super::time::now_ticks();
    if thread::is_suspended(td) || prio >= sys::KT_PSOCK {
        (*td).td_flags |= TDF_CANSWAP as c_int;
    }
    if prio != 0 {
        (*td).td_priority = prio as u8;
    }
}

/// The parent, or the thread that stays, takes over what the child has used.
#[unsafe(no_mangle)]
unsafe extern "C" fn sched_exit_thread(td: *mut Thread, child: *mut Thread) {
    point("sched_exit_thread", &[td as usize, child as usize]);
    let p: *mut proc_ = (*child).td_proc;
    if !spin::mtx_owned(&raw mut (*p).p_mtx) || !spin::proc_slocked(p) {
        misuse("sched_exit_thread without PROC_LOCK and PROC_SLOCK".to_string());
    }
    spin::thread_lock(td);
    (*ext(td)).inherited += 1;
    spin::thread_unlock(td);
}

/// Lets others run; no locks held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sched_relinquish(td: *mut Thread) {
    spin::thread_lock(td);
    (*ext(td)).yielded = true;
    switch::mi_switch(sys::KT_SW_VOL | sys::KT_SWT_RELINQUISH);
}

/// Keeps the running thread on one CPU from now on, moving it there first.
/// Thread lock held and kept.
pub unsafe fn sched_bind(td: *mut Thread, number: usize) {
    spin::assert_thread_locked(td, "sched_bind");
    (*ext(td)).bound = true;
    (*ext(td)).cpu = number as u8;
    if curcpu() == number {
        return;
    }
    switch::mi_switch(sys::KT_SW_VOL | sys::KT_SWT_BIND);
    spin::thread_lock(td);
}

/// Ends sched_bind().  Thread lock held.
pub unsafe fn sched_unbind(td: *mut Thread) {
    spin::assert_thread_locked(td, "sched_unbind");
    (*ext(td)).bound = false;
}

/// Sends the AST interrupt to the CPU that runs `td`.  Thread lock held; the
/// thread has to be running.
#[unsafe(no_mangle)]
unsafe extern "C" fn forward_signal(td: *mut Thread) {
    point("forward_signal", &[td as usize]);
    spin::assert_thread_locked(td, "forward_signal");
    if !thread::is_running(td) {
        crate::kern::console::panic("forward_signal: thread is not TDS_RUNNING".to_string());
    }
    let number = (&raw const (*td).td_oncpu).read_volatile();
    if td == curthread() || number == sys::KT_NOCPU {
        return;
    }
    (*cpu_of(number as usize))
        .ipi
        .store(true, Ordering::Release);
}
