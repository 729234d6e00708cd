//! "Shall I stop here?": asked by every thread on its way to user mode, and
//! by sleeps and loops in the kernel that must not outlast a stop.
//!
//! Ports `thread_suspend_check_needed`, `thread_suspend_check`,
//! `thread_check_susp` and `ast_suspend` (reference lines 518-531, 1364-1543).

use crate::flags::{ProcFlags, ThreadFlags};
use crate::here;
use crate::kassert;
use crate::kpanic;
use crate::kpi::seldom::seldom;
use crate::kpi::{frame, giant, sys};
use crate::locks::ProcLocked;
use crate::suspend;
use crate::thread::Thread;
use core::ffi::c_int;

/// What a thread that can't stop where it is has to return.
const EINTR: c_int = sys::EINTR as c_int;
/// The same, and the system call is to be restarted.
const ERESTART: c_int = sys::KT_ERESTART;

/// Is there a reason for the current thread to stop?
///
/// The process has one, or a debugger wants this very thread stopped.
#[inline(always)]
#[doc(alias = "thread_suspend_check_needed")]
pub fn needed(td: Thread, pl: &ProcLocked) -> bool {
    pl.assert_owned(here!());
    stop_wanted(td, pl)
}

/// [`needed`], without its assertion.
#[inline(always)]
fn stop_wanted(td: Thread, pl: &ProcLocked) -> bool {
    let flags = pl.flags();
    // One look for both, as mostly there is neither.
    if !flags.intersects(ProcFlags::STOPPED.or(ProcFlags::TRACED)) {
        return false;
    }
    seldom();
    !flags.should_stop().is_empty() || td.debugger_suspends(pl)
}

/// May the current thread stop or exit in the middle of what it does, or must
/// it return and say so?  C's `return_instead`, as it came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Where(c_int);

impl Where {
    /// At the user boundary: it can stop here, and die here.
    #[cfg(test)]
    pub const BOUNDARY: Self = Self(0);

    /// Inside the kernel: it can stop here unless it is wanted at the
    /// boundary; then it returns an error to get there.
    #[cfg(test)]
    pub const IN_KERNEL: Self = Self(1);

    /// What a C caller says.
    #[inline(always)]
    pub const fn from_c(return_instead: c_int) -> Self {
        Self(return_instead)
    }

    /// Is it inside the kernel?
    #[inline(always)]
    const fn in_kernel(self) -> bool {
        self.0 != 0
    }
}

/// Stops the current thread for as long as there is a reason to.
///
/// | `p_flag` | in the kernel | at the boundary |
/// |---|---|---|
/// | no reason to stop | 0 | 0 |
/// | single-threading by this thread, and no other reason | 0 | 0 |
/// | `P_SINGLE_EXIT`, whoever set it | `EINTR` | see the next rows |
/// | `P_SINGLE_BOUNDARY`, and no other reason | `ERESTART` | see the next rows |
/// | any, with `TDF_SBDRY` | 0, `EINTR` or `ERESTART` by `TDF_SEINTR`, `TDF_SERESTART` | the same, after an assertion |
/// | `P_SINGLE_EXIT` by another thread | | exits |
/// | any other | stops | stops |
///
/// The first row that fits counts.
///
/// After a stop everything is looked at again.  The process lock is held on
/// return, and was dropped if the thread stopped.
#[inline(always)]
#[doc(alias = "thread_suspend_check")]
pub fn check(pl: ProcLocked, place: Where) -> (c_int, ProcLocked) {
    let td = Thread::current();
    giant::assert_not_owned(here!());
    pl.assert_owned(here!());
    if !needed(td, &pl) {
        return (0, pl);
    }
    let stopped = stop(place, td, pl);
    frame::keep();
    stopped
}

/// [`check`], once there is a reason to stop.
///
/// Out of line, so that [`check`] saves no register.
#[inline(never)]
fn stop(place: Where, td: Thread, mut pl: ProcLocked) -> (c_int, ProcLocked) {
    let p = pl.proc();
    let in_kernel = place.in_kernel();
    loop {
        let flags = pl.flags();
        if flags.only_single() {
            kassert!(pl.singlethread().is_some(), c"singlethread not set");
            // The single-threader itself goes on.
            if pl.singlethread() == Some(td) {
                return (0, pl);
            }
        }
        if in_kernel {
            if flags.intersects(ProcFlags::SINGLE_EXIT) {
                return (EINTR, pl);
            }
            if flags.only_single() && flags.intersects(ProcFlags::SINGLE_BOUNDARY) {
                return (ERESTART, pl);
            }
        }
        let own = td.own_flags();
        if own.intersects(ThreadFlags::SBDRY) {
            return (deferred_stop(own, place), pl);
        }
        if flags.intersects(ProcFlags::SINGLE_EXIT) && pl.singlethread() != Some(td) {
            die(td, pl);
        }

        if pl.has_many_threads() {
            // SAFETY: the current thread, which is linked until it exits.
            unsafe { pl.fetch_leaving(td) }
        }
        let mut sl = p.lock_spin(here!());
        sl = pl.notify_stopped(sl);
        // The single-threader waits for this thread, if for nobody else: wake
        // it before this thread is counted.
        if pl.flags().only_single() && pl.numthreads() == sl.suspcount().wrapping_add(1) {
            // SAFETY: so it is stopped; and all threads but this one are
            // suspended, the single-threader among them.
            unsafe { suspend::wake_single_threader(&pl, &mut sl) }
        }
        pl.unlock(here!());
        let mut tl = td.lock(here!());
        suspend::suspend_one(&mut tl, &mut sl);
        if !in_kernel {
            sl.add_boundary_count(1);
            tl.set_flags(ThreadFlags::BOUNDARY);
        }
        sl.unlock(here!());
        // SAFETY: the current thread's lock, and no other is held.
        unsafe { tl.switch_away(sys::KT_SW_INVOL_SUSPEND) }
        pl = p.lock(here!());
        if !needed(td, &pl) {
            return (0, pl);
        }
    }
}

/// [`check`] at the user boundary, called by its exported name, so that stack
/// traces and fbt see the function that they see in C.
fn check_by_name(pl: ProcLocked) -> (c_int, ProcLocked) {
    let p = pl.keep_held();
    // SAFETY: the token given up is the lock that the callee wants, and gives
    // back.
    unsafe {
        let error = crate::export::thread_suspend_check(0);
        (error, ProcLocked::assume(p))
    }
}

/// What a thread with deferred stops returns.
#[inline(always)]
#[cfg_attr(not(INVARIANTS), expect(unused_variables))]
fn deferred_stop(own: ThreadFlags, place: Where) -> c_int {
    let both = ThreadFlags::SEINTR.or(ThreadFlags::SERESTART);
    kassert!(
        place.in_kernel(),
        c"TDF_SBDRY set for unsafe thread_suspend_check"
    );
    kassert!(own.and(both) != both, c"both TDF_SEINTR and TDF_SERESTART");
    if !own.intersects(both) {
        0
    } else if own.intersects(ThreadFlags::SEINTR) {
        EINTR
    } else {
        ERESTART
    }
}

/// Exits, because the single-threader wants to be alone.
///
/// What may sleep on the way out is done here, where no lock is held.
#[inline(always)]
fn die(td: Thread, pl: ProcLocked) -> ! {
    let p = pl.proc();
    pl.unlock(here!());
    // SAFETY: the current thread, with no locks held; a process always has a
    // system call vector, which outlives it.
    unsafe {
        // An emulation layer may want to tell user mode of the thread's end.
        if let Some(detach) = (*(*p.as_ptr()).p_sysent).sv_thread_detach {
            detach(td.as_ptr());
        }
        sys::umtx_thread_exit(td.as_ptr());
        sys::kern_thr_exit(td.as_ptr());
    }
    kpanic!(c"stopped thread did not exit")
}

/// Lets a loop in the kernel that may never end by itself see a stop.
///
/// 0: go on.  `EINTR`: the thread has to exit.  `ERESTART`: it has to stop,
/// and `sleep` did not allow that here.  Looks for a pending AST without a
/// lock first, which is enough for a loop that comes back.
///
/// # Safety
///
/// `td` is the current thread, and no locks are held.
#[doc(alias = "thread_check_susp")]
pub unsafe fn check_susp(td: Thread, sleep: bool) -> c_int {
    if !td.suspend_ast_pending() {
        return 0;
    }
    let error = check_pending(td, sleep);
    frame::keep();
    error
}

/// [`check_susp`], once the AST is pending.
#[inline(never)]
fn check_pending(td: Thread, sleep: bool) -> c_int {
    let mut error = 0;
    let mut pl = td.proc().lock(here!());
    if pl.flags().intersects(ProcFlags::SINGLE_EXIT) {
        error = EINTR;
    } else if stop_wanted(td, &pl) {
        if sleep {
            (error, pl) = check_by_name(pl);
        } else {
            error = ERESTART;
        }
    }
    pl.unlock(here!());
    error
}

/// The AST: a thread that is to stop does so on its way to user mode.
///
/// Where there are no handlers to register, `ast()` does this itself.
///
/// # Safety
///
/// Called by the AST code for the current thread, with no locks held.
#[cfg(has_ast_register)]
pub unsafe extern "C" fn ast_suspend(td: *mut sys::thread, _tda: c_int) {
    // SAFETY: the current thread.
    let p = unsafe { Thread::from_raw(td) }.proc();
    let (_, pl) = check_by_name(p.lock(here!()));
    pl.unlock(here!());
}

#[cfg(test)]
mod tests;
