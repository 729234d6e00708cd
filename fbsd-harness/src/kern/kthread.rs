//! Kernel processes and kernel threads.

use core::ffi::{CStr, c_int, c_void};

use crate::kern::proc;
use crate::kern::{cpuset, exit, fork, sig, umtx};
use crate::machine::api::*;
use crate::object::*;
use crate::sys::{
    EINVAL, ENOMEM, KT_PDROP, KT_PWAIT, P_HADTHREADS, P_KPROC, P_SYSTEM, RFFDG, RFPROC,
    TDF_KTH_SUSP, TDP_KTHREAD, proc_, thread,
};
use crate::user::entry::{self, Body};

/// Makes a process that runs in kernel mode only.
///
/// # Safety
/// No locks; `func` takes `arg`.
pub unsafe fn kproc_create(name: &CStr, func: Body, arg: *mut c_void) -> Result<*mut proc_, c_int> {
    // SAFETY: by contract; `prepare` runs before the process does.
    unsafe {
        let mut prepare = |p: *mut proc_, td: *mut thread| {
            proc_lock(p);
            proc::set(p, P_SYSTEM | P_KPROC);
            (*td).td_pflags |= TDP_KTHREAD as c_int;
            proc_unlock(p);
            entry::set_body(td, func, arg);
        };
        let mut new = fork::Fork {
            flags: RFPROC | RFFDG,
            name: Some(name),
            entry: start,
            prepare: &mut prepare,
        };
        fork::fork1(curthread(), &mut new)
    }
}

/// Adds a thread to a kernel process.
///
/// # Safety
/// No locks; `p` is a kernel process that does not exit; `func` takes `arg`.
pub unsafe fn kthread_add(
    p: *mut proc_,
    name: &CStr,
    func: Body,
    arg: *mut c_void,
) -> Result<*mut thread, c_int> {
    // SAFETY: by contract; the thread is ours until it is linked.
    unsafe {
        let newtd = thread_alloc(fork::KSTACK_PAGES);
        if newtd.is_null() {
            return Err(ENOMEM as c_int);
        }
        proc_lock(p);
        let oldtd = (*p).p_threads.tqh_first;
        fork::inherit(newtd, oldtd);
        proc::copy_name(&mut (*newtd).td_name, name);
        (*newtd).td_proc = p;
        thread_cow_get_proc(newtd, p);
        entry::set_body(newtd, func, arg);
        proc::set(p, P_HADTHREADS);
        thread_link(newtd, p);
        (*newtd).td_pflags |= TDP_KTHREAD as c_int;
        cpu_fork(newtd, start, newtd.cast());
        (*newtd).td_cpuset = cpuset::cpuset_inherit((*oldtd).td_cpuset);
        proc::made_thread(p, newtd);
        proc_unlock(p);
        tidhash_add(newtd);
        start_thread(newtd);
        Ok(newtd)
    }
}

/// Where a kernel thread starts: its function, then its end.
fn start(td: *mut c_void) {
    // SAFETY: the argument is the thread itself, and it is the current one.
    unsafe {
        entry::run_body(td.cast());
        kthread_exit()
    }
}

/// Ends the current kernel thread; the last one takes its process along.
///
/// # Safety
/// No locks.
pub unsafe fn kthread_exit() -> ! {
    // SAFETY: by contract.
    unsafe {
        let td = curthread();
        let p = (*td).td_proc;
        wakeup(td.cast());
        proc_lock(p);
        if (*p).p_numthreads == 1 {
            proc_unlock(p);
            wakeup(p.cast());
            exit::exit1(td, 0, 0);
        }
        tidhash_remove(td);
        umtx::umtx_thread_exit(td);
        sig::tdsigcleanup(td);
        proc_slock(p);
        thread_exit()
    }
}

/// Asks a kernel thread to suspend itself, and waits for it.
///
/// # Safety
/// No locks; `td` is a kernel thread.
pub unsafe fn kthread_suspend(td: *mut thread, timo: c_int) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let p = (*td).td_proc;
        if (*td).td_pflags & TDP_KTHREAD as c_int == 0 {
            return EINVAL as c_int;
        }
        proc_lock(p);
        (*td).td_flags |= TDF_KTH_SUSP as c_int;
        wakeup((&raw const (*td).td_flags).cast());
        sleep(
            (&raw const (*td).td_flags).cast(),
            &raw mut (*p).p_mtx,
            KT_PWAIT | KT_PDROP,
            c"suspkt",
            timo,
        )
    }
}

/// Lets a suspended kernel thread go on.
///
/// # Safety
/// As [`kthread_suspend`].
pub unsafe fn kthread_resume(td: *mut thread) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let p = (*td).td_proc;
        if (*td).td_pflags & TDP_KTHREAD as c_int == 0 {
            return EINVAL as c_int;
        }
        proc_lock(p);
        (*td).td_flags &= !(TDF_KTH_SUSP as c_int);
        wakeup((&raw const (*td).td_flags).cast());
        proc_unlock(p);
        0
    }
}

/// Suspends the current kernel thread if somebody asked for it.
///
/// # Safety
/// No locks; the current thread is a kernel thread.
pub unsafe fn kthread_suspend_check() {
    // SAFETY: by contract.
    unsafe {
        let td = curthread();
        let p = (*td).td_proc;
        proc_lock(p);
        let flags = &raw const (*td).td_flags;
        while flags.read_volatile() & TDF_KTH_SUSP as c_int != 0 {
            wakeup(flags.cast());
            sleep(flags.cast(), &raw mut (*p).p_mtx, KT_PWAIT, c"ktsusp", 0);
        }
        proc_unlock(p);
    }
}
