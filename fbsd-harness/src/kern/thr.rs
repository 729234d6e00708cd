//! The thr_*(2) system calls: threads of a process.

use core::ffi::{c_int, c_void};

use crate::kern::proc;
use crate::kern::{cpuset, fork, ptrace, sig, sig_stop, umtx};
use crate::machine::api::*;
use crate::object::*;
use crate::sys::{
    EFAULT, EINTR, ENOMEM, EPROCLIM, ESRCH, ETIMEDOUT, EWOULDBLOCK, KT_ERESTART, KT_PCATCH,
    P_HADTHREADS, PTRACE_LWP, SIGTRAP, TDA_SUSPEND, TDB_BORN, TDB_EXIT, TDF_THRWAKEUP, TDP_WAKEUP,
    lwpid_t, pid_t, proc_, thread,
};
use crate::user;

unsafe extern "C" {
    static max_threads_per_proc: c_int;
}

/// thr_new(2)'s kernel half.  The new thread starts in `entry` with itself as
/// its argument; `prepare` sees it first.  `fault`: its id cannot be copied
/// out.
///
/// # Safety
/// No locks; `td` is the current thread.
pub unsafe fn thread_create(
    td: *mut thread,
    entry: unsafe fn(*mut c_void),
    prepare: impl FnOnce(*mut thread),
    fault: bool,
) -> Result<lwpid_t, c_int> {
    // SAFETY: by contract; the new thread is ours until it is linked.
    unsafe {
        let p = (*td).td_proc;
        // Checked without a lock, as an approximation.
        if (&raw const (*p).p_numthreads).read_volatile() >= max_threads_per_proc {
            return Err(EPROCLIM as c_int);
        }
        let newtd = thread_alloc(fork::KSTACK_PAGES);
        if newtd.is_null() {
            return Err(ENOMEM as c_int);
        }
        fork::inherit(newtd, td);
        (*newtd).td_proc = p;
        thread_cow_get(newtd, td);
        if fault {
            thread_cow_free(newtd);
            thread_free(newtd);
            return Err(EFAULT as c_int);
        }
        let tid = (*newtd).td_tid;
        proc_lock(p);
        proc::set(p, P_HADTHREADS);
        thread_link(newtd, p);
        cpu_fork(newtd, entry, newtd.cast());
        (*newtd).td_cpuset = cpuset::cpuset_inherit((*td).td_cpuset);
        prepare(newtd);
        proc::made_thread(p, newtd);
        if proc::shouldstop(p) != 0 {
            ast_sched(newtd, TDA_SUSPEND as c_int);
        }
        if (*p).p_ptevents & PTRACE_LWP != 0 {
            (*newtd).td_dbgflags |= TDB_BORN as c_int;
        }
        proc_unlock(p);
        tidhash_add(newtd);
        start_thread(newtd);
        Ok(tid)
    }
}

/// Ends the current thread.  Returns 0 if it is the last one that does not
/// exit: the process has to.
///
/// # Safety
/// `td` is the current thread; no locks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kern_thr_exit(td: *mut thread) -> c_int {
    // SAFETY: by contract.
    unsafe {
        point("kern_thr_exit", &[td as usize]);
        let p = (*td).td_proc;
        proc_lock(p);
        if (*p).p_numthreads == (*p).p_pendingexits + 1 {
            proc_unlock(p);
            return 0;
        }
        (*p).p_pendingexits += 1;
        (*td).td_dbgflags |= TDB_EXIT as c_int;
        if (*p).p_ptevents & PTRACE_LWP != 0 {
            ptrace::ptracestop(td, SIGTRAP as c_int, false);
        }
        tidhash_remove(td);
        (*p).p_pendingexits -= 1;
        sig::tdsigcleanup(td);
        proc_slock(p);
        sig_stop::thread_stopped(p);
        thread_exit()
    }
}

/// Whether a thread that tdfind() has found is one of its process still.
///
/// tdfind() also finds one that was in the hash when it looked there and has
/// exited before the process was locked: its id is cleared when it is freed, and
/// that needs no process lock.  FreeBSD's callers write to it all the same; here
/// they do not, because what is written to freed threads is a failure.
///
/// # Safety
/// The process is locked.
unsafe fn is_alive(p: *mut proc_, td: *mut thread) -> bool {
    // SAFETY: by contract.
    unsafe { proc::threads(p).any(|other| other == td) }
}

/// thr_kill(2) and thr_kill2(2): pid -1 is any process; tid -1 is every other
/// thread of the caller's process.
///
/// # Safety
/// No locks.
pub unsafe fn thr_kill(td: *mut thread, pid: pid_t, tid: lwpid_t, signo: c_int) -> c_int {
    // SAFETY: by contract; tdfind returns with the process locked.
    unsafe {
        if tid != -1 {
            let target = tdfind(tid, pid);
            if target.is_null() {
                return ESRCH as c_int;
            }
            let p = (*target).td_proc;
            if signo != 0 && is_alive(p, target) {
                sig::tdsendsignal(p, target, signo);
            }
            proc_unlock(p);
            return 0;
        }
        let p = (*td).td_proc;
        proc_lock(p);
        let mut error = ESRCH as c_int;
        for other in proc::threads(p) {
            if other != td {
                error = 0;
                if signo != 0 {
                    sig::tdsendsignal(p, other, signo);
                }
            }
        }
        proc_unlock(p);
        error
    }
}

/// thr_suspend(2): sleeps until thr_wake(2), for ever if `timo` is 0.
///
/// # Safety
/// No locks; `td` is the current thread.
pub unsafe fn thr_suspend(td: *mut thread, timo: c_int) -> c_int {
    // SAFETY: by contract.
    unsafe {
        if (*td).td_pflags & TDP_WAKEUP as c_int != 0 {
            (*td).td_pflags &= !(TDP_WAKEUP as c_int);
            return 0;
        }
        let p = (*td).td_proc;
        proc_lock(p);
        let mut error = 0;
        if (*td).td_flags & TDF_THRWAKEUP as c_int == 0 {
            error = sleep(td.cast(), &raw mut (*p).p_mtx, KT_PCATCH, c"lthr", timo);
        }
        if (*td).td_flags & TDF_THRWAKEUP as c_int != 0 {
            thread_lock(td);
            (*td).td_flags &= !(TDF_THRWAKEUP as c_int);
            thread_unlock(td);
            proc_unlock(p);
            return 0;
        }
        proc_unlock(p);
        match error {
            e if e == EWOULDBLOCK as c_int => ETIMEDOUT as c_int,
            e if e == KT_ERESTART && timo != 0 => EINTR as c_int,
            e => e,
        }
    }
}

/// thr_wake(2).
///
/// # Safety
/// No locks; `td` is the current thread.
pub unsafe fn thr_wake(td: *mut thread, tid: lwpid_t) -> c_int {
    // SAFETY: by contract; tdfind returns with the process locked.
    unsafe {
        if tid == (*td).td_tid {
            (*td).td_pflags |= TDP_WAKEUP as c_int;
            return 0;
        }
        let p = (*td).td_proc;
        let target = tdfind(tid, (*p).p_pid);
        if target.is_null() {
            return ESRCH as c_int;
        }
        if is_alive(p, target) {
            thread_lock(target);
            (*target).td_flags |= TDF_THRWAKEUP as c_int;
            thread_unlock(target);
        }
        wakeup(target.cast());
        proc_unlock(p);
        0
    }
}

/// thr_exit(2): tells a joiner, then ends the thread.
///
/// # Safety
/// No locks; `td` is the current thread; `state` is null or valid.
pub unsafe fn thr_exit(td: *mut thread, state: *mut c_int) -> c_int {
    // SAFETY: by contract.
    unsafe {
        umtx::umtx_thread_exit(td);
        if !state.is_null() {
            state.write_volatile(1);
            user::umtx::wake(state as usize, i32::MAX);
        }
        kern_thr_exit(td)
    }
}
