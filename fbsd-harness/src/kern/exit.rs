//! exit(2): a process gives up its other threads, then its resources, and
//! becomes a zombie.  [`super::exit_wait`] is the parent's side.

use core::ffi::{c_int, c_void};

use crate::kern::proc::{self, PROCTREE};
use crate::kern::{fork, limits, procctl, sig, umtx};
use crate::machine::api::*;
use crate::object::*;
use crate::sys::{
    P_HADTHREADS, P_STOPPED_SIG, P_TRACED, P_WEXIT, P2_WEXIT, PRS_ZOMBIE, SINGLE_EXIT, proc_,
    thread,
};

/// Marks a process as one that will exit: stops of foreign single-threaders
/// are refused from now on.  Process lock.
///
/// # Safety
/// `p` is the current process.
pub unsafe fn proc_set_p2_wexit(p: *mut proc_) {
    // SAFETY: by contract.
    unsafe { (*p).p_flag2 |= P2_WEXIT as c_int }
}

/// Ends the current process with an exit code or a signal.
///
/// # Safety
/// `td` is the current thread; no locks.
pub unsafe fn exit1(td: *mut thread, code: c_int, signo: c_int) -> ! {
    // SAFETY: by contract; the locks are taken in the kernel's order.
    unsafe {
        let p = (*td).td_proc;
        point("exit1", &[p as usize]);
        proc_lock(p);
        proc_set_p2_wexit(p);
        // A stop, or the death that somebody else has in mind for this thread,
        // comes first.
        thread_suspend_check(0);
        while proc::has(p, P_HADTHREADS) {
            if thread_single(p, SINGLE_EXIT as c_int) == 0 {
                break;
            }
            thread_suspend_check(0);
        }
        assert_alone(p);
        (*p).p_xexit = code as u32;
        (*p).p_xsig = signo as u32;
        proc::clear_flags(p, P_STOPPED_SIG);
        if proc::shouldstop(p) != 0 {
            fail(
                Kind::Invariant,
                format!("exiting process {} is stopped", name_of(p as usize)),
            );
        }
        proc::set(p, P_WEXIT);
        while (*p).p_lock > 0 {
            sleep(
                (&raw const (*p).p_lock).cast(),
                &raw mut (*p).p_mtx,
                0,
                c"exithold",
                0,
            );
        }
        proc_unlock(p);

        umtx::umtx_thread_exit(td);
        proc_lock(p);
        fork::release_parent(p);
        proc_unlock(p);
        limits::lim_free((*p).p_limit);
        (*p).p_limit = core::ptr::null_mut();
        tidhash_remove(td);

        PROCTREE.lock();
        proc_lock(p);
        proc::clear_flags(p, P_TRACED);
        (*p).p_ptevents = 0;
        proc_unlock(p);
        reparent_children(p);
        become_zombie(p, td)
    }
}

unsafe fn assert_alone(p: *mut proc_) {
    // SAFETY: the caller holds the process lock.
    let n = unsafe { (*p).p_numthreads };
    if n != 1 {
        fail(
            Kind::Invariant,
            format!("process {} exits with {n} threads", name_of(p as usize)),
        );
    }
}

/// Orphans become children of the reaper; it is told of those that are
/// zombies.  `proctree` held.
unsafe fn reparent_children(p: *mut proc_) {
    // SAFETY: proctree guards the list.
    unsafe {
        procctl::abandon(p);
        let heir = (*p).p_reaper;
        for child in proc::children(p).collect::<Vec<_>>() {
            proc::disown(child);
            proc::adopt(heir, child);
            if (*child).p_state == PRS_ZOMBIE {
                wakeup(heir.cast());
            }
        }
    }
}

/// The last steps, up to the point where the parent may reap.  `proctree` held.
unsafe fn become_zombie(p: *mut proc_, td: *mut thread) -> ! {
    // SAFETY: the process has this thread only.
    unsafe {
        let parent = (*p).p_pptr;
        proc_lock(p);
        proc_lock(parent);
        sig::childproc_exited(p);
        PROCTREE.unlock();
        sig::flush(p, td);
        wakeup(parent.cast::<c_void>());
        wakeup((&raw const (*p).p_pwait).cast());
        proc_slock(p);
        (*p).p_state = PRS_ZOMBIE;
        proc_unlock(parent);
        thread_exit()
    }
}
