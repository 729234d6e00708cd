//! Suspending one thread, and letting it go: the primitives.
//!
//! A suspended thread has `TDI_SUSPENDED` among its inhibitors and is counted
//! in its process's `p_suspcount`; one that was suspended on its way to user
//! mode has `TDF_BOUNDARY` too and is counted in `p_boundary_count`.  Both
//! counts change under the process spin lock.
//!
//! Ports `thread_suspend_switch`, `thread_suspend_one`,
//! `thread_unsuspend_one` and `thread_run_flash` (reference lines 1545-1630).

use crate::flags::ThreadFlags;
use crate::here;
use crate::kassert;
use crate::kpi::{giant, sys};
use crate::locks::{ProcLocked, ProcSlocked, ThreadLocked, WakeSwapper};
#[cfg(INVARIANTS)]
use crate::mpass;
use crate::thread::Thread;

/// Suspends the current thread until somebody lets it go.
///
/// Both process locks are dropped while it is off its CPU.  The spin lock is
/// held until the thread is marked and its thread lock is taken: whoever gets
/// the spin lock next finds it suspended, and can't wake it before it has
/// left its CPU.
///
/// `p` may be another process than the thread's (`SINGLE_ALLPROC`); then the
/// counts of `p` do not change.
///
/// # Safety
///
/// `td` is the current thread, and no lock but these two is held.
#[inline(always)]
#[doc(alias = "thread_suspend_switch")]
pub unsafe fn switch(td: Thread, pl: ProcLocked, mut sl: ProcSlocked) -> (ProcLocked, ProcSlocked) {
    kassert!(!td.is_suspended(), c"already suspended");
    pl.assert_owned(here!());
    sl.assert_owned(here!());
    let p = pl.proc();
    if p == td.proc() {
        sl = pl.notify_stopped(sl);
        sl.add_suspcount(1);
    }
    pl.unlock(here!());
    let mut tl = td.lock(here!());
    tl.unschedule_suspend_ast();
    tl.set_suspended();
    tl.sched_sleep();
    sl.unlock(here!());
    let giant = giant::drop_giant(here!());
    // SAFETY: the current thread's lock; the process locks are dropped, and so
    // is Giant.
    unsafe { tl.switch_away(sys::KT_SW_VOL_SUSPEND) }
    giant.pick_up(here!());
    let pl = p.lock(here!());
    let sl = p.lock_spin(here!());
    (pl, sl)
}

/// [`switch`], called by its exported name.
///
/// `thread_single()` stands above `thread_suspend_switch()` in every stack trace
/// of a stopped process, and fbt has probes on both, as in C.
///
/// # Safety
///
/// As for [`switch`].
#[inline(always)]
pub unsafe fn switch_by_name(
    td: Thread,
    pl: ProcLocked,
    sl: ProcSlocked,
) -> (ProcLocked, ProcSlocked) {
    let p = pl.keep_held();
    sl.keep_held();
    // SAFETY: by the caller's contract; the tokens given up are the two locks
    // that the callee wants, and gives back.
    unsafe {
        crate::export::thread_suspend_switch(td.as_ptr(), p.as_ptr());
        (ProcLocked::assume(p), ProcSlocked::assume(p))
    }
}

/// Marks a thread suspended and counts it; its caller sees to the rest.
///
/// The locks stay held.
#[inline(always)]
#[doc(alias = "thread_suspend_one")]
pub fn suspend_one(tl: &mut ThreadLocked, sl: &mut ProcSlocked) {
    debug_assert!(
        tl.thread().proc() == sl.proc(),
        "another process's spin lock"
    );
    sl.assert_owned(here!());
    tl.assert_owned(here!());
    kassert!(!tl.is_suspended(), c"already suspended");
    sl.add_suspcount(1);
    tl.unschedule_suspend_ast();
    tl.set_suspended();
    tl.sched_sleep();
}

/// Lets a suspended thread go; gives its thread lock up.
///
/// `sl` is the process that the caller works on.  A thread of another one
/// (the single-threader of `SINGLE_ALLPROC`) is not counted there.
/// `boundary` says whether a thread at the user boundary may go on from it.
#[doc(alias = "thread_unsuspend_one")]
pub fn unsuspend_one(mut tl: ThreadLocked, sl: &mut ProcSlocked, boundary: bool) -> WakeSwapper {
    tl.assert_owned(here!());
    kassert!(tl.is_suspended(), c"Thread not suspended");
    tl.clear_suspended();
    let flags = tl.flags().without(ThreadFlags::ALLPROCSUSP);
    tl.replace_flags(flags);
    if tl.thread().proc() == sl.proc() {
        sl.assert_owned(here!());
        sl.add_suspcount(-1);
        if boundary && flags.intersects(ThreadFlags::BOUNDARY) {
            tl.replace_flags(flags.without(ThreadFlags::BOUNDARY));
            sl.add_boundary_count(-1);
        }
    }
    // SAFETY: suspended, so it has been running.
    unsafe { tl.set_runnable() }
}

/// Wakes the thread that single-threads a process, since all that it waits
/// for has come about.
///
/// # Safety
///
/// The process is stopped by single-threading alone, and its single-threader
/// is suspended.
#[inline]
pub unsafe fn wake_single_threader(pl: &ProcLocked, sl: &mut ProcSlocked) {
    // SAFETY: single-threading sets p_singlethread before it drops the process
    // lock with the flag set.
    let single = unsafe { pl.singlethread().unwrap_unchecked() };
    unsuspend_one(single.lock(here!()), sl, false).act();
}

/// Has a suspended thread run for once, to write a core dump for a debugger;
/// it suspends itself again.
///
/// If it was suspended while asleep, it is taken off its sleep queue.  Here,
/// and nowhere else, the process spin lock is taken under a thread lock.
///
/// # Safety
///
/// `td` is a suspended thread of that process, and no thread lock is held.
#[doc(alias = "thread_run_flash")]
pub unsafe fn run_flash(td: Thread, pl: &ProcLocked) {
    pl.assert_owned(here!());
    let mut tl = if td.on_sleepq() {
        // SAFETY: on a sleep queue. As in C, nobody wakes the channel of a
        // thread that a debugger has stopped. The callee returns with the
        // thread lock held.
        unsafe {
            sys::sleepq_remove_nested(td.as_ptr());
            ThreadLocked::assume(td)
        }
    } else {
        td.lock(here!())
    };
    tl.assert_owned(here!());
    kassert!(tl.is_suspended(), c"Thread not suspended");
    tl.clear_suspended();
    let mut sl = pl.proc().lock_spin(here!());
    #[cfg(INVARIANTS)]
    mpass!(sl.suspcount() > 0, c"p->p_suspcount > 0");
    sl.add_suspcount(-1);
    sl.unlock(here!());
    // SAFETY: suspended, so it has been running.
    unsafe { tl.set_runnable() }.act();
}

#[cfg(test)]
mod tests;
