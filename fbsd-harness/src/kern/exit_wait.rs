//! wait4(2): finding, reporting and reaping children.

use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::kern::proc::{self, ALLPROC, PROCTREE};
use crate::kern::{cred, sig_set};
use crate::machine::api::*;
use crate::object::*;
use crate::sys::{
    ECHILD, KT_MTX_UNOWNED, KT_PCATCH, KT_PWAIT, P_CONTINUED, P_STATCHILD, P_STOPPED_SIG,
    P_STOPPED_TRACE, P_TRACED, P_WAITED, PRS_ZOMBIE, SIGCONT, WCONTINUED, WNOHANG, WUNTRACED,
    pid_t, proc_, thread,
};

/// What a wait found: a child and its status.
pub type Waited = (pid_t, c_int);

/// Waits for a child of the current process: `pid`, or any if -1.  Pid 0 is
/// WNOHANG's answer that none has anything to say.
///
/// # Safety
/// No locks; `td` is the current thread.
pub unsafe fn kern_wait4(td: *mut thread, pid: pid_t, options: c_int) -> Result<Waited, c_int> {
    // SAFETY: by contract; each lock is released on every path.
    unsafe {
        let q = (*td).td_proc;
        loop {
            proc_lock(q);
            proc::clear_flags(q, P_STATCHILD);
            proc_unlock(q);
            let mut found = false;
            PROCTREE.lock();
            let children: Vec<_> = proc::children(q).collect();
            for p in children {
                if pid != -1 && (*p).p_pid != pid {
                    continue;
                }
                found = true;
                proc_lock(p);
                if (*p).p_state == PRS_ZOMBIE {
                    return Ok(proc_reap(p));
                }
                if let Some(waited) = job_state(p, options) {
                    proc_unlock(p);
                    PROCTREE.unlock();
                    return Ok(waited);
                }
                proc_unlock(p);
            }
            if !found {
                PROCTREE.unlock();
                return Err(ECHILD as c_int);
            }
            if options & WNOHANG as c_int != 0 {
                PROCTREE.unlock();
                return Ok((0, 0));
            }
            proc_lock(q);
            PROCTREE.unlock();
            let mut error = 0;
            if proc::has(q, P_STATCHILD) {
                proc::clear_flags(q, P_STATCHILD);
            } else {
                error = sleep(
                    q.cast(),
                    &raw mut (*q).p_mtx,
                    KT_PWAIT | KT_PCATCH,
                    c"wait",
                    0,
                );
            }
            proc_unlock(q);
            if error != 0 {
                return Err(error);
            }
        }
    }
}

/// A stop or continuation to report.  Process lock.
unsafe fn job_state(p: *mut proc_, options: c_int) -> Option<Waited> {
    // SAFETY: the caller holds the lock.
    unsafe {
        let traced = proc::has(p, P_TRACED);
        proc_slock(p);
        let stopped = (*p).p_suspcount == (*p).p_numthreads
            && !proc::has(p, P_WAITED)
            && if traced {
                proc::has(p, P_STOPPED_TRACE)
            } else {
                options & WUNTRACED as c_int != 0 && proc::has(p, P_STOPPED_SIG)
            };
        proc_sunlock(p);
        if stopped {
            proc::set(p, P_WAITED);
            return Some(((*p).p_pid, w_stopcode((*p).p_xsig as c_int)));
        }
        if options & WCONTINUED as c_int != 0 && proc::has(p, P_CONTINUED) {
            proc::clear_flags(p, P_CONTINUED);
            return Some(((*p).p_pid, SIGCONT as c_int));
        }
        None
    }
}

/// `W_STOPCODE(sig)`.
fn w_stopcode(signo: c_int) -> c_int {
    signo << 8 | 0o177
}

/// Releases a zombie: process and last thread go back to the cache.
/// `proctree` and the process lock are held, and given up.
unsafe fn proc_reap(p: *mut proc_) -> Waited {
    // SAFETY: a zombie has no user but the one that holds proctree.
    unsafe {
        let waited = (
            (*p).p_pid,
            ((*p).p_xexit << 8) as c_int | (*p).p_xsig as c_int,
        );
        // As mtx_spin_wait_unlocked(): thread_exit() gives the spin lock up only
        // once it has its thread lock, and thread_wait() waits for that one.
        let slock = AtomicUsize::from_ptr(&raw mut (*p).p_slock.mtx_lock);
        spin_until("exiting thread's process slock", || {
            slock.load(Ordering::Acquire) == KT_MTX_UNOWNED
        });
        proc_unlock(p);
        point("proc_reap", &[p as usize]);
        proc::disown(p);
        ALLPROC.lock();
        proc::delist(p);
        ALLPROC.unlock();
        PROCTREE.unlock();

        proc_lock(p);
        (*p).p_xexit = 0;
        (*p).p_xsig = 0;
        proc_unlock(p);
        cred::proc_unset_cred(p);
        sig_set::sigacts_free((*p).p_sigacts);
        (*p).p_sigacts = ptr::null_mut();
        thread_wait(p);
        proc::free(p);
        waited
    }
}
