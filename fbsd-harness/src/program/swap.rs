//! The swapper of programs: a kernel thread that swaps one process out for some
//! ticks.  Who wakes a thread of it meanwhile is told that the swapper is
//! wanted, and calls `kick_proc0`; the threads go on when time is up.

use core::ffi::{c_int, c_void};

use super::about;
use crate::kern::proc;
use crate::kern::thread::state;
use crate::machine::api::*;
use crate::sys::{
    P_INMEM, P_SYSTEM, P_WEXIT, PRS_NORMAL, TDF_CANSWAP, TDF_INMEM, TDF_SWAPINREQ, TDI_SWAPPED,
    TDS_CAN_RUN, TDS_INHIBITED, proc_, thread,
};

/// Has a process swapped out for so many ticks; an errno.
///
/// # Safety
/// No locks; `p` is a process, `ticks` less than 16.
pub unsafe fn out(p: *mut proc_, ticks: u16) -> c_int {
    // SAFETY: by contract.
    unsafe { about::start_for(c"swap", swapper, p, ticks) }
}

/// Swaps out, sleeps, swaps in.
unsafe extern "C" fn swapper(arg: *mut c_void) {
    let (p, ticks) = about::subject(arg);
    // SAFETY: a kernel thread without locks; processes are type-stable, and
    // one whose threads are all swapped out stays.
    unsafe {
        if p.is_null() || !swap_out(p) {
            return;
        }
        pause(c"swapper", ticks);
        swap_in(p);
    }
}

/// Swaps a process out if each of its threads may be; whether it did.
unsafe fn swap_out(p: *mut proc_) -> bool {
    // SAFETY: the process lock keeps its threads, the thread lock their state.
    unsafe {
        proc_lock(p);
        let mut may = (*p).p_state == PRS_NORMAL
            && !proc::has(p, P_WEXIT | P_SYSTEM)
            && proc::has(p, P_INMEM)
            && (*p).p_lock == 0;
        for td in proc::threads(p) {
            thread_lock(td);
            may &= rests(td);
            thread_unlock(td);
        }
        // Nobody wakes a thread between the two passes: it would be left out.
        let mut out = 0;
        for td in proc::threads(p).filter(|_| may) {
            thread_lock(td);
            if rests(td) {
                (*td).td_flags &= !(TDF_INMEM as c_int);
                td_set_inhib(td, TDI_SWAPPED);
                out += 1;
            }
            thread_unlock(td);
        }
        if out > 0 {
            proc::clear_flags(p, P_INMEM);
        }
        note("=swapped out", &[p as usize, out]);
        proc_unlock(p);
        out > 0
    }
}

/// Whether a thread may be swapped out.  Thread lock.
unsafe fn rests(td: *mut thread) -> bool {
    // SAFETY: by contract.
    unsafe {
        state(td) == TDS_INHIBITED
            && (*td).td_inhibitors & TDI_SWAPPED as c_int == 0
            && (*td).td_flags & TDF_CANSWAP as c_int != 0
    }
}

/// Brings a process back.
unsafe fn swap_in(p: *mut proc_) {
    // SAFETY: as `swap_out`.
    unsafe {
        proc_lock(p);
        for td in proc::threads(p) {
            thread_lock(td);
            if (*td).td_inhibitors & TDI_SWAPPED as c_int == 0 {
                thread_unlock(td);
                continue;
            }
            (*td).td_flags |= TDF_INMEM as c_int;
            (*td).td_flags &= !(TDF_SWAPINREQ as c_int);
            td_clr_inhib(td, TDI_SWAPPED);
            if state(td) == TDS_CAN_RUN {
                setrunnable(td, 0);
            } else {
                thread_unlock(td);
            }
        }
        proc::set(p, P_INMEM);
        note("=swapped in", &[p as usize]);
        proc_unlock(p);
    }
}
