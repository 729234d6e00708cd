//! procctl(PROC_REAP_KILL) of one process.
//!
//! The kernel's `taskqueue_thread` stops the target with SINGLE_ALLPROC, so
//! that no fork of it escapes, signals it and ends the stop.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::kern::{proc, sig};
use crate::machine::api::*;
use crate::object::*;
use crate::sys::{
    EBUSY, ESRCH, P_KPROC, P_STOPPED_SIG, P_STOPPED_SINGLE, P_STOPPED_TRACE, P_SYSTEM, P2_WEXIT,
    PRS_ZOMBIE, SINGLE_ALLPROC, proc_, task,
};

/// One signal to one process.
struct Work<'a> {
    task: UnsafeCell<MaybeUninit<task>>,
    target: *mut proc_,
    signo: c_int,
    stopped: &'a dyn Fn(),
    error: c_int,
    done: AtomicBool,
}

/// Sends a signal as a reaper does, and waits until it is sent.  `stopped` is
/// called in the task's thread while the target is stopped.
///
/// # Safety
/// No locks; `target` is a process.
pub unsafe fn reaper_kill(target: *mut proc_, signo: c_int, stopped: &dyn Fn()) -> c_int {
    // Not on the stack: the task is a channel, and has its address everywhere.
    let mut work = Box::new(Work {
        task: UnsafeCell::new(MaybeUninit::zeroed()),
        target,
        signo,
        stopped,
        error: 0,
        done: AtomicBool::new(false),
    });
    let context = &raw mut *work;
    // SAFETY: the task is drained, so that the work outlives its use.
    unsafe {
        let task = (*context).task.get().cast::<task>();
        task_init(task, reap_kill_work, context.cast());
        taskqueue_enqueue(taskqueue_thread(), task);
        taskqueue_drain(taskqueue_thread(), task);
        if !(*context).done.load(Ordering::Acquire) {
            fail(Kind::Internal, "a drained task did not run".into());
        }
        (*context).error
    }
}

unsafe extern "C" fn reap_kill_work(context: *mut c_void, _pending: c_int) {
    // SAFETY: `reaper_kill` waits for the task.
    unsafe {
        let work = context.cast::<Work>();
        let p = (*work).target;
        proc_lock(p);
        (*work).error = if (*p).p_state == PRS_ZOMBIE || (*p).p_flag2 & P2_WEXIT as c_int != 0 {
            ESRCH as c_int
        } else {
            reap_kill_proc_locked(p, (*work).signo, (*work).stopped)
        };
        proc_unlock(p);
        (*work).done.store(true, Ordering::Release);
    }
}

/// The target's process lock is held.
unsafe fn reap_kill_proc_locked(p: *mut proc_, signo: c_int, stopped: &dyn Fn()) -> c_int {
    const STAYS: u32 = P_KPROC | P_SYSTEM | P_STOPPED_SIG | P_STOPPED_SINGLE | P_STOPPED_TRACE;
    // SAFETY: by contract.
    unsafe {
        let mut error = 0;
        let mut ended = true;
        if !proc::has(p, STAYS) {
            ended = thread_single(p, SINGLE_ALLPROC as c_int) != 0;
            if ended {
                error = EBUSY as c_int;
            } else {
                stopped();
            }
        }
        sig::pksignal(p, signo);
        if !ended {
            thread_single_end(p, SINGLE_ALLPROC as c_int);
        }
        error
    }
}
