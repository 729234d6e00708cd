//! procctl(2): reapers, and PROC_REAP_KILL.
//!
//! A reaper is the parent of the orphans among its descendants, and can signal
//! them all.  The kernel's `taskqueue_thread` stops each target with
//! SINGLE_ALLPROC, so that no fork of it escapes, signals it and ends the stop.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::kern::proc::{self, PROCTREE};
use crate::kern::sig;
use crate::machine::api::*;
use crate::object::*;
use crate::sys::{
    EBUSY, ESRCH, P_KPROC, P_STOPPED_SIG, P_STOPPED_SINGLE, P_STOPPED_TRACE, P_SYSTEM,
    P_TREE_REAPER, P_WEXIT, P2_WEXIT, PRS_NORMAL, PRS_ZOMBIE, SINGLE_ALLPROC, pid_t, proc_, task,
};

/// PROC_REAP_ACQUIRE: the current process is the reaper of processes that it
/// and its descendants make from now on.
///
/// # Safety
/// No locks.
pub unsafe fn reap_acquire() -> c_int {
    // SAFETY: by contract; proctree guards the flag.
    unsafe {
        let p = (*curthread()).td_proc;
        PROCTREE.lock();
        let error = if is_reaper(p) { EBUSY as c_int } else { 0 };
        (*p).p_treeflag |= P_TREE_REAPER;
        PROCTREE.unlock();
        error
    }
}

/// PROC_REAP_KILL: signals all descendants of the current process that it
/// reaps, and those that they fork meanwhile; with a `subtree`, those below its
/// child of this id.  How many there were, or the last error.
///
/// # Safety
/// No locks.
pub unsafe fn reap_kill(signo: c_int, subtree: pid_t) -> Result<c_int, c_int> {
    // SAFETY: by contract; proctree guards the family, and a held process
    // does not exit.
    unsafe {
        let reaper = (*curthread()).td_proc;
        let mut seen = Vec::new();
        let mut result = Err(ESRCH as c_int);
        while let Some(target) = hold_next(reaper, subtree, &mut seen) {
            let error = reaper_kill(target, signo, &|| {});
            proc_lock(target);
            proc::release(target);
            proc_unlock(target);
            // A stop that was refused does not keep the signal back.
            if error == 0 || error == EBUSY as c_int {
                result = Ok(result.unwrap_or(0) + 1);
            }
        }
        result
    }
}

/// Holds a process that `reaper` reaps, is alive and was not seen yet.
unsafe fn hold_next(
    reaper: *mut proc_,
    subtree: pid_t,
    seen: &mut Vec<pid_t>,
) -> Option<*mut proc_> {
    // SAFETY: as `reap_kill`.
    unsafe {
        PROCTREE.lock();
        let mut found = None;
        for p in proc::all().0 {
            let mine = (*p).p_reaper == reaper && p != reaper;
            let meant = subtree == 0 || (*p).p_reapsubtree == subtree;
            if !mine || !meant || seen.contains(&(*p).p_pid) {
                continue;
            }
            proc_lock(p);
            let alive = (*p).p_state == PRS_NORMAL && !proc::has(p, P_WEXIT);
            if alive {
                proc::hold(p);
            }
            proc_unlock(p);
            if alive {
                seen.push((*p).p_pid);
                found = Some(p);
                break;
            }
        }
        PROCTREE.unlock();
        found
    }
}

unsafe fn is_reaper(p: *const proc_) -> bool {
    // SAFETY: the caller holds proctree.
    unsafe { (*p).p_treeflag & P_TREE_REAPER != 0 }
}

/// Gives the new child of a process its reaper.  `proctree` held.
///
/// # Safety
/// Both are processes.
pub unsafe fn inherit(parent: *mut proc_, child: *mut proc_) {
    // SAFETY: by contract.
    unsafe {
        if is_reaper(parent) {
            (*child).p_reaper = parent;
            (*child).p_reapsubtree = (*child).p_pid;
        } else {
            (*child).p_reaper = (*parent).p_reaper;
            (*child).p_reapsubtree = (*parent).p_reapsubtree;
        }
    }
}

/// Whom `p` reaps is reaped by its own reaper from now on.  `proctree` held.
///
/// # Safety
/// `p` exits.
pub unsafe fn abandon(p: *mut proc_) {
    // SAFETY: by contract.
    unsafe {
        for child in proc::all().0 {
            if (*child).p_reaper == p {
                (*child).p_reaper = (*p).p_reaper;
            }
        }
    }
}

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
