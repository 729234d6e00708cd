//! The standing invariants of a process: its counts are what they count.
//!
//! They hold whenever nobody has the process's spin lock, so they are compared
//! each time that somebody releases it, as well as when a scenario asks for it.
//! Exempt are parked processes, whose states a scenario makes up, and what it
//! calls a hazard.

use core::ffi::{c_char, c_int};
use core::mem::offset_of;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::kern::lock::slow_paths;
use crate::kern::proc;
use crate::machine::api::*;
use crate::sys::{KT_MTX_FLAGMASK, PRS_NEW, TDF_BOUNDARY, mtx, proc_, thread};

/// `SIM_HAZARD_BND` of sim.h: `p_boundary_count` may be wrong.
pub const HAZARD_BND: c_int = 1;
/// `SIM_HAZARD_SUSP`: `p_suspcount` may be wrong.
pub const HAZARD_SUSP: c_int = 2;

/// What the spin locks of all processes are called: the same string.
static SLOCK_NAME: AtomicPtr<c_char> = AtomicPtr::new(ptr::null_mut());

/// Learns the name from a process that has its locks.
pub fn init(p: *const proc_) {
    // SAFETY: proc0's locks are initialised at boot.
    let name = unsafe { (*p).p_slock.lock_object.lo_name };
    SLOCK_NAME.store(name.cast_mut(), Ordering::Relaxed);
}

/// The running thread has released a lock: if it was the spin lock of a
/// process, its counts have to be right.
///
/// # Safety
/// `m` is a mutex; nobody else runs (MODE=det).
#[inline]
pub unsafe fn released(m: *mut mtx) {
    // SAFETY: by contract; only processes have locks of this name.
    unsafe {
        let name = (*m).lock_object.lo_name;
        if !name.is_null() && name == SLOCK_NAME.load(Ordering::Relaxed) {
            check(m.byte_sub(offset_of!(proc_, p_slock)).cast());
        }
    }
}

/// Checks all processes.  In MODE=smp they don't stand still for it.
///
/// # Safety
/// No locks held by the caller.
pub unsafe fn all() {
    if smp_mode() {
        return;
    }
    // SAFETY: processes are type-stable.
    unsafe {
        for p in proc::all().0 {
            proc_lock(p);
            proc_slock(p);
            check(p);
            proc_sunlock(p);
            proc_unlock(p);
        }
    }
}

/// Compares the counts of one process with what they count.
unsafe fn check(p: *mut proc_) {
    // SAFETY: nobody else changes the process meanwhile.
    unsafe {
        if (*p).p_state == PRS_NEW || (*p).p_emuldata.is_null() || proc::ext(p).parked {
            return;
        }
        let hazards = proc::ext(p).hazards;
        let (mut linked, mut suspended, mut at_boundary) = (0, 0, 0);
        for td in proc::threads(p) {
            linked += 1;
            suspended += c_int::from(td_is_suspended(td) && !stops_another(td));
            at_boundary += c_int::from(is_at_boundary(td));
        }
        if !is_linking(p) {
            require(p, "p_numthreads", (*p).p_numthreads, linked, "are linked");
        }
        if hazards & HAZARD_SUSP == 0 {
            require(
                p,
                "p_suspcount",
                (*p).p_suspcount,
                suspended,
                "have TDI_SUSPENDED",
            );
        }
        if hazards & HAZARD_BND == 0 {
            require(
                p,
                "p_boundary_count",
                (*p).p_boundary_count,
                at_boundary,
                "have TDF_BOUNDARY",
            );
        }
    }
}

/// May a thread of the process be half linked?  Who links one has the process
/// lock alone, and where instructions are scheduling points he may be preempted
/// between the list and the count.
unsafe fn is_linking(p: *const proc_) -> bool {
    // SAFETY: the caller's process.
    let word = unsafe { (&raw const (*p).p_mtx.mtx_lock).read_volatile() };
    let owner = word & !KT_MTX_FLAGMASK;
    !slow_paths() && owner != 0 && owner != curthread() as usize
}

/// Does the thread wait for another process to stop?  It is suspended then, but
/// its own process does not count it.
unsafe fn stops_another(td: *const thread) -> bool {
    // SAFETY: processes are type-stable.
    unsafe {
        let all = proc::all().0;
        all.iter()
            .any(|&q| q != (*td).td_proc && (*q).p_singlethread.cast_const() == td)
    }
}

unsafe fn is_at_boundary(td: *const thread) -> bool {
    // SAFETY: a linked thread.
    unsafe { (*td).td_flags & TDF_BOUNDARY as c_int != 0 }
}

fn require(p: *mut proc_, what: &str, found: c_int, threads: c_int, are: &str) {
    if found != threads {
        let name = name_of(p as usize);
        fail(
            Kind::Invariant,
            format!("{what} of {name} is {found}, but {threads} of its threads {are}"),
        );
    }
}
