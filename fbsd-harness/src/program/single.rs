//! SINGLE_ALLPROC by kernel threads of programs.  The kernel's own callers look
//! first whether the process is single-threaded already; these do not, so that
//! `thread_single()` has to wait until that is over.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicI32, Ordering};

use super::{about, hang};
use crate::capi::control::sim_ticks;
use crate::kern::proc;
use crate::machine::api::*;
use crate::object::{thread_single, thread_single_end};
use crate::report;
use crate::sys::{PRS_NORMAL, SINGLE_ALLPROC, proc_};

/// Kernel threads that are at it.
static SINGLERS: AtomicI32 = AtomicI32::new(0);
/// How long the end waits for them, in rounds of two ticks.
const ROUNDS: u32 = 64;

/// Whether a kernel thread single-threads a process.
pub fn goes_on() -> bool {
    SINGLERS.load(Ordering::Relaxed) > 0
}

/// Has a kernel thread stop a process for so many ticks; an errno.
///
/// # Safety
/// No locks; `p` is a process, `ticks` less than 16.
pub unsafe fn process(p: *mut proc_, ticks: u16) -> c_int {
    SINGLERS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: by contract.
    let error = unsafe { about::start_for(c"single", singler, p, ticks) };
    if error != 0 {
        SINGLERS.fetch_sub(1, Ordering::Relaxed);
    }
    error
}

/// Waits until none is at it; a run with one that never ends is over.
///
/// # Safety
/// The controller, without locks.
pub unsafe fn wait_for_all() {
    for _ in 0..ROUNDS {
        if !goes_on() {
            return;
        }
        // SAFETY: by contract.
        unsafe { sim_ticks(2) };
    }
    if hang::is_known() {
        note("=hang", &[]);
        report::pass();
    }
}

/// Stops the process, sleeps and lets it go on.
unsafe extern "C" fn singler(arg: *mut c_void) {
    let (p, ticks) = about::subject(arg);
    // SAFETY: a kernel thread without locks; processes are type-stable, and a
    // held one stays.
    unsafe {
        if !p.is_null() {
            proc_lock(p);
            if (*p).p_state == PRS_NORMAL {
                proc::hold(p);
                if thread_single(p, SINGLE_ALLPROC as c_int) == 0 {
                    proc_unlock(p);
                    pause(c"single", ticks);
                    proc_lock(p);
                    thread_single_end(p, SINGLE_ALLPROC as c_int);
                }
                proc::release(p);
            }
            proc_unlock(p);
        }
    }
    SINGLERS.fetch_sub(1, Ordering::Relaxed);
}
