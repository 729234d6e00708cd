//! `vm_cnt`: the system's counters.  Only `v_swtch` counts here.
//!
//! On amd64 a counter is an offset from each CPU's `struct pcpu`: the object
//! adds to what lies there, relative to %gs.  The counters point to the slot
//! that a kernel uses before its per-CPU memory exists.

use core::mem::offset_of;

use crate::machine::api::{ncpus, pcpu_of};
use crate::sys::{pcpu, vmmeter};

const EARLY_COUNTER: usize = offset_of!(pcpu, pc_early_dummy_counter);

// SAFETY: counters are pointers; those of zero are never used.
/// The system's counters.
#[unsafe(no_mangle)]
pub static mut vm_cnt: vmmeter = unsafe { core::mem::zeroed() };

/// Gives `v_swtch` its place; before the first context switch.
pub fn init() {
    // SAFETY: called at boot, when nobody else runs.
    unsafe { vm_cnt.v_swtch = core::ptr::without_provenance_mut(EARLY_COUNTER) };
}

/// Context switches so far, all CPUs.
pub fn switches() -> u64 {
    (0..ncpus())
        // SAFETY: the CPUs exist; the counter is read as a whole.
        .map(|cpu| unsafe { (&raw const (*pcpu_of(cpu)).pc_early_dummy_counter).read_volatile() })
        .sum()
}
