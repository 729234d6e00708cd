//! The scenarios' API, as `scenarios/sim.h` declares and explains it.
//!
//! * [`check`]: checks, invariants; [`panic`]: expected panics;
//! * [`control`]: processes and waiting, from the controller;
//! * [`calls`]: system calls of bodies (`u_*`);
//! * [`kernel`]: what others do to a process (`k_*`);
//! * [`history`]: the trace and counters.
//!
//! The functions are called by C: pointers are what sim.h says they are, and
//! the caller is on a thread of the simulated machine.  They have no contract
//! beyond that.

pub mod calls;
mod check;
pub mod control;
mod history;
pub mod kernel;
pub mod panic;

use core::ffi::CStr;

use crate::kern::{leak, proc, proc_check};
use crate::machine::api::*;
use crate::user::{sleep, umtx};

/// A string of a scenario: its literals live as long as the program.
unsafe fn text(string: *const core::ffi::c_char) -> &'static CStr {
    CStr::from_ptr(string)
}

/// Runs a scenario in the controller's thread, from the state after boot to a
/// machine at rest with nothing left over.
///
/// # Safety
/// Once, in the controller's thread, without locks.
pub unsafe fn controller(body: unsafe extern "C" fn()) {
    proc::init();
    sleep::init();
    umtx::init();
    control::init();
    body();
    control::clean_up();
    if !smp_mode() {
        // Kernel threads may still be exiting; time passes once nobody runs.
        pause(c"rest", 1);
        proc_check::all();
        leak::check();
        leak::check_thread_count();
    }
}
