//! Threads and their processes: linking, unlinking, and a new process's
//! first thread.
//!
//! Ports `proc_linkup0`, `proc_linkup`, `thread_link` and `thread_unlink`
//! (reference lines 488-516, 1065-1113).

use crate::flags::ThreadFlags;
use crate::here;
use crate::kpi::{sys, tailq};
use crate::locks::ProcLocked;
#[cfg(EPOCH_TRACE)]
use crate::mpass;
use crate::proc::Proc;
use crate::thread::{State, Thread};
use core::ffi::c_int;
use core::ptr;

/// Links thread0 to proc0, whose list of threads is not even empty yet.
///
/// # Safety
///
/// Called once, by the machine-dependent boot.
pub unsafe fn proc_linkup0(p: Proc, td: Thread) {
    // SAFETY: nobody else runs.
    unsafe {
        tailq::init(p.as_ptr());
        proc_linkup(p, td);
    }
}

/// Links a new process and its first thread.
///
/// # Safety
///
/// Nobody else sees the process or the thread; its list of threads is empty.
/// No locks held; may sleep.
#[inline(always)]
pub unsafe fn proc_linkup(p: Proc, td: Thread) {
    // SAFETY: by the caller's contract.
    unsafe {
        let raw = p.as_ptr();
        sys::sigqueue_init(&raw mut (*raw).p_sigqueue, raw);
        (*raw).p_ksi = sys::ksiginfo_alloc(sys::M_WAITOK as c_int);
        // NULL for proc0, which is linked before there is a zone for these.
        if !(*raw).p_ksi.is_null() {
            (*(*raw).p_ksi).ksi_flags = (sys::KSI_EXT | sys::KSI_INS) as c_int;
        }
        (*raw).p_mqnotifier.lh_first = ptr::null_mut();
        (*raw).p_numthreads = 0;
        thread_link(td, p);
    }
}

/// Links a thread to a process, as its last.
///
/// # Safety
///
/// The process lock is held, unless nobody else sees the process: proc0 has
/// no lock yet when thread0 is linked, so this can't be asserted.  `td` is on
/// no process's list.
#[inline(always)]
pub unsafe fn thread_link(td: Thread, p: Proc) {
    // SAFETY: by the caller's contract.
    unsafe {
        let raw = td.as_ptr();
        td.set_state(State::INACTIVE);
        td.set_proc(p);
        (*raw).td_flags = ThreadFlags::INMEM.bits();
        (*raw).td_contested.lh_first = ptr::null_mut();
        let [first, second] = &mut (*raw).td_lprof;
        first.lh_first = ptr::null_mut();
        second.lh_first = ptr::null_mut();
        #[cfg(EPOCH_TRACE)]
        {
            (*raw).td_epochs.slh_first = ptr::null_mut();
        }
        sys::sigqueue_init(&raw mut (*raw).td_sigqueue, p.as_ptr());
        sys::callout_init(&raw mut (*raw).td_slpcallout, 1);
        tailq::insert_tail(p.as_ptr(), raw);
        let numthreads = &raw mut (*p.as_ptr()).p_numthreads;
        *numthreads = (*numthreads).wrapping_add(1);
    }
}

/// Unlinks a thread from its process.
///
/// `td_proc` stays: the switch that stashes the thread, and the handlers of
/// its end, still read it.
///
/// # Safety
///
/// The thread is linked to that process.
#[inline(always)]
pub unsafe fn thread_unlink(td: Thread, pl: &mut ProcLocked) {
    pl.assert_owned(here!());
    // SAFETY: the process lock is held and the thread is on the list.
    unsafe {
        let raw = td.as_ptr();
        #[cfg(EPOCH_TRACE)]
        mpass!(
            (*raw).td_epochs.slh_first.is_null(),
            c"SLIST_EMPTY(&td->td_epochs)"
        );
        tailq::remove(pl.proc().as_ptr(), raw);
        let numthreads = &raw mut (*pl.proc().as_ptr()).p_numthreads;
        *numthreads = (*numthreads).wrapping_sub(1);
    }
}

#[cfg(test)]
mod tests;
