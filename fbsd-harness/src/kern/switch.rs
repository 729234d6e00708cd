//! The context switch: mi_switch, the hand-over of thread locks, the end of a
//! thread, the start of the next one.
//!
//! A thread that leaves its CPU has `blocked_lock` as its lock until its
//! registers are saved; its dead body, if it exits, lies in the CPU's pcpu
//! until the next thread there has taken over and stashes it.

use std::ffi::c_int;
use std::ptr;

use super::{lock, sched, spin, thread, time, vmmeter};
use crate::machine::coro;
use crate::machine::cpu::{cpu, curcpu, curthread, pcpu_of, smp_mode};
use crate::machine::ext::ext;
use crate::machine::point::{misuse, point};
use crate::machine::{names, parallel, sanitize};
use crate::report::{self, Counter, Kind};
use crate::sys::{self, TDS_CAN_RUN, TDS_RUNNING, mtx, thread as Thread};

unsafe extern "C" {
    fn thread_stash(td: *mut Thread);
}

/// Gives up the CPU: for good measure if the thread can still run, else until
/// somebody makes it runnable.  Thread lock held once, nothing else; released.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mi_switch(flags: c_int) {
    let td = curthread();
    point("mi_switch", &[td as usize, flags as usize]);
    spin::assert_thread_locked(td, "mi_switch");
    if (*td).td_critnest != 1 || (*td).td_md.md_spinlock_count != 1 {
        misuse(format!(
            "mi_switch in a critical section or with another spin lock held{}",
            lock::list_held(td)
        ));
    }
    if flags & (sys::KT_SW_VOL | sys::KT_SW_INVOL) == 0 {
        misuse(format!(
            "mi_switch({flags:#x}): neither voluntary nor involuntary"
        ));
    }
    if flags & sys::KT_SW_VOL != 0 {
        (*td).td_ru.ru_nvcsw += 1;
        (*td).td_swvoltick = time::now_ticks();
    } else {
        (*td).td_ru.ru_nivcsw += 1;
        (*td).td_swinvoltick = time::now_ticks();
    }
    let pc = pcpu_of(curcpu());
    let now = time::cpu_ticks_now();
    let runtime = now.wrapping_sub((*pc).pc_switchtime);
    (*td).td_runtime = (*td).td_runtime.wrapping_add(runtime);
    (*td).td_incruntime = (*td).td_incruntime.wrapping_add(runtime);
    (*pc).pc_switchtime = now;
    (*td).td_generation = (*td).td_generation.wrapping_add(1);
    vmmeter::count_switch(pc);
    (*pc).pc_switchticks = time::now_ticks();
    sched_switch(td);
    arrive();
    spin::spinlock_exit();
}

/// The first thing that a thread does on a CPU, still in the switch's critical
/// section: puts the dead thread of that CPU away.
unsafe fn arrive() {
    point("switch_in", &[curthread() as usize]);
    if smp_mode() {
        parallel::arrived();
    }
    let pc = pcpu_of(curcpu());
    let dead = (*pc).pc_deadthread;
    if !dead.is_null() {
        (*pc).pc_deadthread = ptr::null_mut();
        sanitize::poison((*ext(dead)).stack.addr(), coro::STACK);
        thread_stash(dead);
    }
}

/// Takes the running thread off the CPU and runs another one.
unsafe fn sched_switch(td: *mut Thread) {
    let here = curcpu();
    let me = cpu(here);
    let queue_lock = &raw mut (*me).lock;
    (*td).td_lastcpu = (*td).td_oncpu;
    (*td).td_oncpu = sys::KT_NOCPU;
    (*td).td_owepreempt = 0;
    let mut keep = spin::thread_lock_block(td);
    spin::spinlock_enter();
    if td == (*me).idle {
        thread::set_state(td, TDS_CAN_RUN);
    } else if thread::is_running(td) {
        if keep != queue_lock {
            misuse("mi_switch of a running thread with a lock that is not its CPU's".to_string());
        }
        keep = sched::requeue(td, here);
    } else if keep != queue_lock {
        spin::unlock_quietly(keep);
        spin::lock_quietly(queue_lock);
    }
    let next = sched::choose(here);
    thread::set_state(next, TDS_RUNNING);
    spin::unlock_quietly(queue_lock);
    if next == td {
        spin::thread_lock_unblock(td, keep);
    } else {
        cpu_switch(td, next, keep);
    }
    (*td).td_oncpu = curcpu() as c_int;
    (*ext(td)).cpu = curcpu() as u8;
    if (*td).td_md.md_spinlock_count != 1 {
        misuse(format!(
            "spinlock count {} after a switch",
            (*td).td_md.md_spinlock_count
        ));
    }
}

/// Saves `old`, gives it the lock `keep`, and goes on with `next`.
unsafe fn cpu_switch(old: *mut Thread, next: *mut Thread, keep: *mut mtx) {
    // Others may run here: `old` is off its lock but still on the CPU.
    point("switch_out", &[old as usize, next as usize]);
    coro::check((*ext(old)).stack, || names::of(old as usize));
    let here = curcpu();
    let pc = pcpu_of(here);
    (&raw mut (*pc).pc_curthread).write_volatile(next);
    coro::switch(
        &raw mut (*ext(old)).rsp,
        &raw const (*ext(next)).rsp,
        (*ext(next)).stack,
        (&raw mut (*old).td_lock).cast(),
        keep as usize,
        if smp_mode() {
            (&raw const (*next).td_lock).cast()
        } else {
            ptr::null()
        },
        spin::blocked() as usize,
    );
}

/// Ends the running thread, whose lock is held: the CPU goes on with another
/// one.  `td` is INACTIVE and, unless it is the last of its process, the CPU's
/// dead thread.
#[unsafe(no_mangle)]
unsafe extern "C" fn sched_throw(td: *mut Thread) -> ! {
    point("sched_throw", &[td as usize]);
    let here = curcpu();
    let me = cpu(here);
    let queue_lock = &raw mut (*me).lock;
    if td != curthread() {
        misuse("sched_throw of another thread".to_string());
    }
    spin::assert_thread_locked(td, "sched_throw");
    if thread::state(td) != sys::TDS_INACTIVE {
        misuse(format!(
            "sched_throw of a thread that is {}",
            thread::state_text(td)
        ));
    }
    if (*td).td_critnest != 1 || (*td).td_md.md_spinlock_count != 1 {
        misuse(format!(
            "sched_throw with other spin locks held{}",
            lock::list_held(td)
        ));
    }
    (*td).td_lastcpu = (*td).td_oncpu;
    (*td).td_oncpu = sys::KT_NOCPU;
    let keep = spin::thread_lock_block(td);
    if keep != queue_lock {
        misuse("sched_throw with a lock that is not the CPU's".to_string());
    }
    spin::spinlock_enter();
    let next = sched::choose(here);
    thread::set_state(next, TDS_RUNNING);
    spin::unlock_quietly(queue_lock);
    lock::prune();
    if !smp_mode() && (*ext(td)).nheld != 0 {
        misuse(format!(
            "a thread dies with locks held{}",
            lock::list_held(td)
        ));
    }
    report::count(Counter::ThreadsExited);
    cpu_switch(td, next, queue_lock);
    report::fail(
        Kind::Internal,
        format!("the dead thread {} runs", names::of(td as usize)),
    );
}

/// Where every coroutine starts: fork_trampoline and fork_exit.
pub extern "C" fn fork_trampoline() -> ! {
    // SAFETY: a new thread has been switched to, in the switch's critical section.
    unsafe {
        let td = curthread();
        sanitize::begin((*ext(td)).stack);
        (*td).td_oncpu = curcpu() as c_int;
        (*ext(td)).cpu = curcpu() as u8;
        arrive();
        spin::spinlock_exit();
        let ext = ext(td);
        if let Some(entry) = (*ext).entry {
            entry((*ext).arg);
        }
        report::fail(
            Kind::Internal,
            format!(
                "{} has returned from its first function",
                names::of(td as usize)
            ),
        );
    }
}

/// An interrupt that ends the running thread's turn.
pub unsafe fn preempt() {
    let td = curthread();
    if (*td).td_critnest != 0 {
        return;
    }
    spin::thread_lock(td);
    mi_switch(sys::KT_SW_INVOL | sys::KT_SW_PREEMPT | sys::KT_SWT_REMOTEPREEMPT);
}
