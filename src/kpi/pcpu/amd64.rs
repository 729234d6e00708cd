//! amd64: `%gs:0` is this CPU's `struct pcpu`, and a counter's handle is an
//! offset from there.

use crate::kpi::sys::{self, pcpu};
use core::arch::asm;
use core::ffi::c_int;
use core::mem::offset_of;

/// The thread that runs here: `curthread`.
#[inline(always)]
pub fn curthread() -> *mut sys::thread {
    let td: *mut sys::thread;
    // SAFETY: in the kernel %gs points at this CPU's struct pcpu. The
    // value is the same wherever the thread runs, so the load is pure.
    unsafe {
        asm!("mov {}, qword ptr gs:[{off}]", out(reg) td,
            off = const offset_of!(pcpu, pc_curthread),
            options(pure, nomem, nostack, preserves_flags));
    }
    td
}

/// The number of this CPU; 0 is the one that booted.
#[inline(always)]
#[cfg(INVARIANTS)]
fn cpuid() -> u32 {
    let cpuid: u32;
    // SAFETY: as in domain().
    unsafe {
        asm!("mov {:e}, dword ptr gs:[{off}]", out(reg) cpuid,
            off = const offset_of!(pcpu, pc_cpuid),
            options(readonly, nostack, preserves_flags));
    }
    cpuid
}

/// The memory domain of this CPU: `PCPU_GET(domain)`.
#[inline(always)]
pub fn domain() -> c_int {
    let domain: c_int;
    // SAFETY: as in curthread(); not pure, the CPU may change.
    unsafe {
        asm!("mov {:e}, dword ptr gs:[{off}]", out(reg) domain,
            off = const offset_of!(pcpu, pc_domain),
            options(readonly, nostack, preserves_flags));
    }
    domain
}

/// When this CPU last switched threads, in `cpu_ticks()` units.
#[inline(always)]
pub fn switchtime() -> u64 {
    let time: u64;
    // SAFETY: as in domain().
    unsafe {
        asm!("mov {}, qword ptr gs:[{off}]", out(reg) time,
            off = const offset_of!(pcpu, pc_switchtime),
            options(readonly, nostack, preserves_flags));
    }
    time
}

/// `PCPU_SET(switchtime)`.
#[inline(always)]
pub fn set_switchtime(time: u64) {
    // SAFETY: writes one field of this CPU's own structure.
    unsafe {
        asm!("mov qword ptr gs:[{off}], {}", in(reg) time,
            off = const offset_of!(pcpu, pc_switchtime),
            options(nostack, preserves_flags));
    }
}

/// `PCPU_SET(switchticks)`, in `ticks`.
#[inline(always)]
pub fn set_switchticks(ticks: c_int) {
    // SAFETY: as in set_switchtime().
    unsafe {
        asm!("mov dword ptr gs:[{off}], {:e}", in(reg) ticks,
            off = const offset_of!(pcpu, pc_switchticks),
            options(nostack, preserves_flags));
    }
}

/// Hands the exiting thread to whoever runs next on this CPU, who
/// stashes it: `PCPU_SET(deadthread)`.
#[inline(always)]
pub fn set_deadthread(td: *mut sys::thread) {
    // SAFETY: as in set_switchtime().
    unsafe {
        asm!("mov qword ptr gs:[{off}], {}", in(reg) td,
            off = const offset_of!(pcpu, pc_deadthread),
            options(nostack, preserves_flags));
    }
}

/// Adds one to a `counter(9)`, whose handle is an offset from `%gs`.
///
/// # Safety
///
/// `counter` is a live counter of the kernel.
#[inline(always)]
pub unsafe fn counter_u64_inc(counter: sys::counter_u64_t) {
    crate::kassert!(
        cpuid() == 0 || counter as usize != offset_of!(pcpu, pc_early_dummy_counter),
        c"EARLY_COUNTER used on AP"
    );
    // SAFETY: the caller's counter is this CPU's slot at %gs:(counter);
    // one instruction, so no critical section is needed.
    unsafe {
        asm!("add qword ptr gs:[{}], 1", in(reg) counter, options(nostack));
    }
}
