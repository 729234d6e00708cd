//! What `hwpmc(4)` wants to hear of a thread that exits.

use super::sys;
use core::ffi::c_int;
use core::ptr;

/// Tells the module that a thread goes away.
///
/// `using` says whether the process's counters are being used
/// (`PMC_PROC_IS_USING_PMCS`).
///
/// # Safety
///
/// `td` is the current thread.
#[inline(always)]
pub unsafe fn thread_exit(td: *mut sys::thread, using: bool) {
    // SAFETY: by the caller's contract; pmc_ss_count is a counter that any CPU
    // may change.
    unsafe {
        if using {
            call(td, sys::KT_PMC_FN_CSW_OUT);
            call(td, sys::KT_PMC_FN_THR_EXIT);
        } else if ptr::read_volatile(&raw const sys::pmc_ss_count) > 0 {
            call(td, sys::KT_PMC_FN_THR_EXIT_LOG);
        }
    }
}

/// `PMC_CALL_HOOK_UNLOCKED`: nothing while the module is not loaded.
///
/// # Safety
///
/// As for [`thread_exit`].
unsafe fn call(td: *mut sys::thread, function: c_int) {
    // SAFETY: the hook is set before the module's first process and cleared
    // after its last.
    unsafe {
        if let Some(hook) = sys::pmc_hook {
            hook(td, function, ptr::null_mut());
        }
    }
}
