//! `vm_cnt`: the system's counters.  Only `v_swtch` counts here.
//!
//! On amd64 a counter is an offset from each CPU's `struct pcpu`: the object
//! adds to what lies there, relative to %gs.  In a kernel that is per-CPU
//! memory behind the structure; here it is the padding at its end.

use core::mem::offset_of;

use crate::machine::api::{ncpus, pcpu_of};
use crate::sys::{pcpu, vmmeter};

/// Where `v_swtch` is, in each CPU's structure.
const V_SWTCH: usize = offset_of!(pcpu, __pad).next_multiple_of(align_of::<u64>());

// SAFETY: counters are pointers; those of zero are never used.
/// The system's counters.
#[unsafe(no_mangle)]
pub static mut vm_cnt: vmmeter = unsafe { core::mem::zeroed() };

/// Gives `v_swtch` its place; before the first context switch.
pub fn init() {
    // SAFETY: called at boot, when nobody else runs.
    unsafe { vm_cnt.v_swtch = core::ptr::without_provenance_mut(V_SWTCH) };
}

/// The counter of one CPU.
fn counter(pc: *mut pcpu) -> *mut u64 {
    pc.wrapping_byte_add(V_SWTCH).cast()
}

/// Counts a context switch of the CPU `pc`.
///
/// # Safety
/// `pc` is the current CPU's, which nobody else counts for.
pub unsafe fn count_switch(pc: *mut pcpu) {
    // SAFETY: the structure has room for the counter.
    unsafe { *counter(pc) += 1 };
}

/// Context switches so far, all CPUs.
pub fn switches() -> u64 {
    (0..ncpus())
        // SAFETY: the CPU exists; the counter is read as a whole.
        .map(|cpu| unsafe { counter(pcpu_of(cpu)).read_volatile() })
        .sum()
}
