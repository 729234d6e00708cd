//! Waiting for conditions that nobody announces: for controllers and for the
//! harness's own threads.  The thread stays runnable but is not run before its
//! condition holds.

use std::ffi::{CStr, c_char, c_int};
use std::sync::atomic::Ordering;

use super::{lock, sched, spin, switch};
use crate::machine::cpu::{cpu, curcpu, curthread, smp_mode};
use crate::machine::ext::{Gate, ext};
use crate::machine::point;
use crate::sys;

/// Lets others run until `condition` holds.  No locks held.  The condition is
/// called in any thread and only reads memory.
pub unsafe fn wait_until<F: Fn() -> bool>(what: &'static CStr, condition: F) {
    lock::assert_none("waiting for a condition");
    while !condition() {
        pass(Gate::new(text(what), &condition));
    }
}

/// Gives up the CPU until the gate opens.
unsafe fn pass(gate: Gate) {
    let td = curthread();
    spin::thread_lock(td);
    (*ext(td)).gate = Some(gate);
    switch::mi_switch(sys::KT_SW_VOL | sys::KT_SWT_RELINQUISH);
}

/// One round of polling for a condition that only the caller can evaluate:
/// returns after others have done something, or time has passed.  `polls`
/// counts the rounds: later ones are longer.  No locks held.
pub unsafe fn poll(what: *const c_char, polls: c_int) {
    lock::assert_none("polling");
    let td = curthread();
    (*ext(td)).polling = true;
    if smp_mode() {
        (*cpu(curcpu())).looks.fetch_add(1, Ordering::Relaxed);
        sched::sched_relinquish(td);
    } else {
        let mark = point::Activity::now(4 << polls.clamp(0, 5));
        pass(Gate::new(text(CStr::from_ptr(what)), &|| mark.is_over()));
    }
    (*ext(td)).polling = false;
}

/// C's text as Rust's.
fn text(what: &'static CStr) -> &'static str {
    what.to_str().unwrap_or("something")
}
