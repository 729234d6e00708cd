//! System calls: the way into the kernel, and back.

use core::ffi::c_int;

use crate::machine::api::*;
use crate::object::thread_cow_update;
use crate::sys::{KT_ERESTART, thread};
use crate::user::entry;

/// Enters the kernel: credentials and limits that changed are taken over.
///
/// # Safety
/// The current thread is in user mode.
pub unsafe fn enter(name: &'static str) -> *mut thread {
    // SAFETY: by contract.
    unsafe {
        entry::user_point();
        let td = curthread();
        let p = (*td).td_proc;
        kernel_enter(td);
        note(name, &[td as usize]);
        if (*td).td_cowgen != (&raw const (*p).p_cowgen).read_volatile() {
            thread_cow_update(td);
        }
        td
    }
}

/// Runs a system call: `handler` in kernel mode, then ASTs; again if it
/// returns ERESTART.
///
/// # Safety
/// The current thread is in user mode; `handler` leaves no lock.
pub unsafe fn run(name: &'static str, mut handler: impl FnMut(*mut thread) -> c_int) -> c_int {
    // SAFETY: by contract.
    unsafe {
        loop {
            let td = enter(name);
            let error = handler(td);
            note("syscall return", &[td as usize, error as usize]);
            userret(td);
            if error != KT_ERESTART {
                return error;
            }
            entry::ext(td).restarts += 1;
        }
    }
}
