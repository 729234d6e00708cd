//! The end of a thread: `thread_exit`, in the thread's own context, and
//! `thread_wait`, when the process's parent collects what is left.
//!
//! A thread can't free the stack that it stands on.  It unlinks itself, puts
//! itself in its CPU's `pc_deadthread` and switches away for the last time;
//! the next thread on that CPU stashes it ([`crate::reap::stash`]).  The last
//! thread of a process stays linked, and is used again with it.
//!
//! Ports reference lines 922-1063.

use crate::cow;
use crate::flags::ProcFlags;
use crate::here;
use crate::kpanic;
#[cfg(KTR)]
use crate::kpi::ktr;
use crate::kpi::{callout, giant, pcpu, sys, vars};
use crate::link;
use crate::locks::{ProcLocked, ProcSlocked, ProcStatLocked};
use crate::proc::Proc;
use crate::reap;
use crate::records;
use crate::suspend;
use crate::thread::{State, Thread};
#[cfg(INVARIANTS)]
use crate::{kassert, mpass};
use core::ptr;
use core::sync::atomic::Ordering;

/// Ends the current thread; never returns.
///
/// Takes both process locks and gives both up, in the order that whoever
/// waits relies on: the process lock goes before the thread lock is taken,
/// the spin lock after, so that a single-threader that gets the spin lock
/// finds this thread's lock held until its CPU has left its stack.
///
/// # Safety
///
/// The tokens are the current thread's process's, no other lock is held, and
/// the thread is off the tid hash.
#[inline(always)]
#[doc(alias = "thread_exit")]
pub unsafe fn exit(mut pl: ProcLocked, mut sl: ProcSlocked) -> ! {
    let td = Thread::current();
    let p = pl.proc();
    if pl.has_many_threads() {
        // SAFETY: the current thread, which is unlinked below at the earliest.
        unsafe { pl.fetch_leaving(td) }
    }

    sl.assert_owned(here!());
    giant::assert_not_owned(here!());
    pl.assert_owned(here!());
    #[cfg(KTR)]
    trace_exit(td, p);
    records::probe_lwp_exit();
    #[cfg(INVARIANTS)]
    // SAFETY: the current thread's own fields.
    unsafe {
        let raw = td.as_ptr();
        kassert!(
            (*raw).td_sigqueue.sq_list.tqh_first.is_null(),
            c"signal pending"
        );
        mpass!(
            (*raw).td_realucred == (*raw).td_ucred,
            c"td->td_realucred == td->td_ucred"
        );
    }

    // SAFETY: the current thread, for the last time.
    unsafe { sys::cpu_thread_exit(td.as_ptr()) }

    // A process that never had threads, or whose last one this is after
    // SINGLE_EXIT, keeps the thread.
    if pl.flags().intersects(ProcFlags::HADTHREADS) {
        if pl.numthreads() <= 1 {
            kpanic!(c"thread_exit: Last thread exiting on its own");
        }
        // SAFETY: linked, and both process locks are held.
        unsafe { leave_process(td, &mut pl, &mut sl) }
        pcpu::set_deadthread(td.as_ptr());
    }
    #[cfg(HWPMC_HOOKS)]
    // SAFETY: the current thread.
    unsafe {
        crate::kpi::hwpmc::thread_exit(td.as_ptr(), pl.flags().intersects(ProcFlags::HWPMC));
    }
    pl.unlock(here!());
    let stat = p.lock_accounts(here!());
    let tl = td.lock(here!());
    sl.unlock(here!());

    // SAFETY: the current thread, whose lock is held.
    unsafe { close_accounts(td, &stat) }
    stat.unlock(here!());

    td.set_state(State::INACTIVE);
    #[cfg(WITNESS)]
    // SAFETY: the current thread holds nothing but its own lock.
    unsafe {
        sys::witness_thread_exit(td.as_ptr());
    }
    #[cfg(KTR)]
    // SAFETY: one pointer, for `%p`.
    unsafe {
        ktr::trace(
            ktr::PROC,
            here!(),
            c"thread_exit: cpu_throw() thread %p",
            [td.as_ptr() as sys::u_long, 0, 0, 0, 0, 0],
        );
    }
    // SAFETY: inactive, with its own thread lock held, which goes with it.
    unsafe { sys::sched_throw(tl.keep_held().as_ptr()) }
    kpanic!(c"I'm a teapot!")
}

/// Leaves a trace of the exit.
#[cfg(KTR)]
fn trace_exit(td: Thread, p: Proc) {
    // SAFETY: a pointer, a long and a string, as the format says; the string is
    // part of type-stable memory.
    unsafe {
        let name = &raw const (*td.as_ptr()).td_name;
        let pid = p.pid() as sys::u_long;
        ktr::trace(
            ktr::PROC,
            here!(),
            c"thread_exit: thread %p (pid %ld, %s)",
            [
                td.as_ptr() as sys::u_long,
                pid,
                name as sys::u_long,
                0,
                0,
                0,
            ],
        );
    }
}

/// Takes the current thread out of its process, which has others, and wakes
/// the single-threader if this was the last one it waited for.
///
/// # Safety
///
/// `td` is the current thread and linked.
#[inline(always)]
unsafe fn leave_process(td: Thread, pl: &mut ProcLocked, sl: &mut ProcSlocked) {
    let p = pl.proc();
    p.exitthreads().fetch_add(1, Ordering::Relaxed);
    // SAFETY: linked to this process; there is another thread.
    unsafe {
        link::thread_unlink(td, pl);
        sys::sched_exit_thread(p.first_thread().as_ptr(), td.as_ptr());
    }
    // Not so for SINGLE_EXIT's survivor: it has cleared the flag.
    if pl.flags().only_single() && pl.numthreads() == sl.suspcount() {
        // SAFETY: so it is stopped; and all threads that are left are suspended,
        // the single-threader among them.
        unsafe { suspend::wake_single_threader(pl, sl) }
    }
}

/// What `mi_switch()` does to the clocks, and the process's share of what the
/// thread has used.
///
/// # Safety
///
/// `td` is the current thread, and its lock is held.
#[inline(always)]
unsafe fn close_accounts(td: Thread, stat: &ProcStatLocked) {
    let p = stat.proc();
    let now = vars::cpu_ticks();
    let runtime = now.wrapping_sub(pcpu::switchtime());
    // SAFETY: by the caller's contract the fields are ours.
    unsafe {
        let raw = td.as_ptr();
        (*raw).td_runtime = (*raw).td_runtime.wrapping_add(runtime);
        (*raw).td_incruntime = (*raw).td_incruntime.wrapping_add(runtime);
        pcpu::set_switchtime(now);
        pcpu::set_switchticks(vars::ticks());
        pcpu::counter_u64_inc(sys::vm_cnt.v_swtch);

        (*raw).td_ru.ru_nvcsw += 1;
        sys::ruxagg_locked(p.as_ptr(), raw);
        sys::rucollect(&raw mut (*p.as_ptr()).p_ru, &raw mut (*raw).td_ru);
    }
}

/// Cleans up the last thread of a process that has exited.
///
/// The thread stays with the process; its references are given back.  No
/// locks held; may sleep.
///
/// # Safety
///
/// The process is a zombie that its parent has taken hold of.
#[doc(alias = "thread_wait")]
pub unsafe fn wait(p: Proc) {
    giant::assert_not_owned(here!());
    #[cfg(INVARIANTS)]
    // SAFETY: the process is the caller's alone.
    unsafe {
        let raw = p.as_ptr();
        kassert!(
            (*raw).p_numthreads == 1,
            c"multiple threads in thread_wait()"
        );
        kassert!(
            p.exitthreads().load(Ordering::Relaxed) == 0,
            c"p_exitthreads leaking"
        );
    }
    // SAFETY: there is exactly one thread, and it is dead or dying.
    unsafe {
        let td = p.first_thread();
        // Its lock is free only once its CPU has left it for good.
        td.lock(here!()).unlock(here!());
        let raw = td.as_ptr();
        #[cfg(LOCK_PROFILING)]
        sys::lock_profile_thread_exit(raw);
        sys::cpuset_rel((*raw).td_cpuset);
        (*raw).td_cpuset = ptr::null_mut();
        sys::cpu_thread_clean(raw);
        cow::free(td);
        callout::drain(&raw mut (*raw).td_slpcallout);
    }
    reap::reap_local();
}

#[cfg(test)]
mod tests;
