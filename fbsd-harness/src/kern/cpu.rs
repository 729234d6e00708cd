//! The machine-dependent part of a thread: its PCB and trap frame, which live
//! at the top of its kernel stack.
//!
//! What is checked is the order: a thread has a stack when its part is made,
//! and still has it when the part is taken down.

use core::ptr;

use crate::kern::{uma, vm};
use crate::machine::api::{Kind, curthread, fail, name_of, point, proc_locked, proc_slocked};
use crate::sys::{pcb, thread, trapframe};

/// Bytes from the trap frame to the top of the stack.
const BOTH: usize = size_of::<pcb>().next_multiple_of(64) + size_of::<trapframe>();
const _: () = assert!(BOTH.next_multiple_of(64) <= vm::STACK_BYTES);

fn require_stack(td: *mut thread, what: &str) {
    // SAFETY: the callers pass thread structures on.
    if !unsafe { vm::has_stack(td) } {
        fail(
            Kind::Memory,
            format!(
                "{what} of {}, which has no kernel stack",
                name_of(td.addr())
            ),
        );
    }
}

/// # Safety
/// `td` is a thread that nobody runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cpu_thread_alloc(td: *mut thread) {
    point("cpu_thread_alloc", &[td.addr()]);
    uma::assert_live(td.cast(), "cpu_thread_alloc");
    require_stack(td, "cpu_thread_alloc");
    // SAFETY: the stack has room for both, and belongs to the thread.
    unsafe {
        let pcb = vm::top_of_stack(td, size_of::<pcb>()).cast::<pcb>();
        let frame = vm::top_of_stack(td, BOTH).cast::<trapframe>();
        ptr::write_bytes(pcb, 0, 1);
        ptr::write_bytes(frame, 0, 1);
        (*td).td_pcb = pcb;
        (*td).td_frame = frame;
    }
}

/// # Safety
/// `td` is a thread that nobody runs any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cpu_thread_free(td: *mut thread) {
    point("cpu_thread_free", &[td.addr()]);
    uma::assert_live(td.cast(), "cpu_thread_free");
    // SAFETY: the caller's promise.
    unsafe { clean(td, "cpu_thread_free") };
}

/// # Safety
/// `td` is a thread that nobody runs any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cpu_thread_clean(td: *mut thread) {
    point("cpu_thread_clean", &[td.addr()]);
    uma::assert_live(td.cast(), "cpu_thread_clean");
    // SAFETY: the caller's promise.
    unsafe { clean(td, "cpu_thread_clean") };
}

/// Takes down what the PCB refers to; a second time there is nothing to do.
///
/// # Safety
/// `td` is a thread that nobody runs any more.
unsafe fn clean(td: *mut thread, what: &str) {
    require_stack(td, what);
    // SAFETY: the PCB lives on the stack, which is still there.
    unsafe { (*(*td).td_pcb).pcb_tssp = ptr::null_mut() };
}

/// # Safety
/// `td` is the current thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cpu_thread_exit(td: *mut thread) {
    point("cpu_thread_exit", &[td.addr()]);
    uma::assert_live(td.cast(), "cpu_thread_exit");
    // SAFETY: the caller's promise; the process of a thread that exits stays.
    unsafe {
        if td != curthread() {
            fail(
                Kind::Invariant,
                format!(
                    "cpu_thread_exit of {} by another thread",
                    name_of(td.addr())
                ),
            );
        }
        let p = (*td).td_proc;
        if !proc_locked(p) || !proc_slocked(p) {
            fail(
                Kind::Lock,
                "cpu_thread_exit without the process lock and spin lock".into(),
            );
        }
    }
}
