//! The assertion of FreeBSD's that programs may fail, with INVARIANTS.
//!
//! A stop signal that comes during `thread_single(SINGLE_BOUNDARY)`, as in
//! execve(2) and rfork(2), only marks the process.  `thread_single_end()` then
//! leaves the other threads at the boundary, suspended for the stop, and yet
//! asserts that none is there ("inconsistent boundary count").  Without
//! INVARIANTS SIGCONT lets them go on.

use core::ffi::c_int;

use crate::kern::proc;
use crate::machine::api::*;
use crate::sys::{P_STOPPED_SIG, P_STOPPED_SINGLE, P_STOPPED_TRACE, TDF_BOUNDARY};

/// Whether a panic of the running thread is this one, in this state.
pub fn is_known(text: &str) -> bool {
    // SAFETY: nobody else runs while a thread panics.
    unsafe {
        let singler = curthread();
        let p = (*singler).td_proc;
        let mut others = proc::threads(p).filter(|&td| td != singler);
        text == format!("inconsistent boundary count {}", (*p).p_boundary_count)
            && proc::has(p, P_STOPPED_SIG | P_STOPPED_TRACE)
            && !proc::has(p, P_STOPPED_SINGLE)
            && (*p).p_boundary_count == (*p).p_numthreads - 1
            && others.all(|td| td_is_suspended(td) && (*td).td_flags & TDF_BOUNDARY as c_int != 0)
    }
}
