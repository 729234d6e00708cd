//! Kernel threads of programs, most of them about a process: started with what
//! they do, told the process and for how many ticks by their argument.

use core::ffi::{CStr, c_int, c_void};
use core::ptr;

use super::body::argument;
use crate::capi::kernel::k_kthread_add;
use crate::kern::proc;
use crate::sys::proc_;

/// What a kernel thread does, without locks.
pub type Work = unsafe extern "C" fn(*mut c_void);

/// Ticks are less; what is above is the process's id.
const TICKS: u16 = 16;

/// Starts a kernel thread; an errno.
///
/// # Safety
/// No locks; `work` may be called with the argument.
pub unsafe fn start(name: &'static CStr, work: Work, arg: *mut c_void) -> c_int {
    // SAFETY: by contract; nobody wants to know the thread.
    unsafe { k_kthread_add(ptr::null_mut(), name.as_ptr(), work, arg, ptr::null_mut()) }
}

/// Starts one about a process, for so many ticks; an errno.
///
/// # Safety
/// No locks; `p` is a process, `ticks` less than [`TICKS`], and `work` asks for
/// its [`subject`].
pub unsafe fn start_for(name: &'static CStr, work: Work, p: *mut proc_, ticks: u16) -> c_int {
    // SAFETY: by contract.
    unsafe { start(name, work, argument((*p).p_pid as u16 * TICKS + ticks)) }
}

/// The process that an argument means, null if it is gone, and the ticks, one at
/// least.
pub fn subject(arg: *mut c_void) -> (*mut proc_, c_int) {
    let ticks = usize::from(TICKS);
    let p = proc::find((arg.addr() / ticks) as c_int);
    (p, (arg.addr() % ticks).max(1) as c_int)
}
