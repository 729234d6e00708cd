//! riscv64: tp holds the address of this CPU's `struct pcpu`.

use crate::kpi::sys::{self, pcpu};
use core::arch::asm;
use core::ffi::c_int;
use core::mem::offset_of;
use core::sync::atomic::{AtomicU64, Ordering};

/// The thread that runs here: `curthread`.
#[inline(always)]
pub fn curthread() -> *mut sys::thread {
    let td: *mut sys::thread;
    // SAFETY: in the kernel tp points at this CPU's struct pcpu. The value is
    // the same wherever the thread runs, so the load is pure.
    unsafe {
        asm!("ld {}, {off}(tp)", out(reg) td,
            off = const offset_of!(pcpu, pc_curthread),
            options(pure, nomem, nostack, preserves_flags));
    }
    td
}

/// The memory domain of this CPU: `PCPU_GET(domain)`.
#[inline(always)]
pub fn domain() -> c_int {
    let domain: c_int;
    // SAFETY: as in curthread(); not pure, the CPU may change.
    unsafe {
        asm!("lw {}, {off}(tp)", out(reg) domain,
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
        asm!("ld {}, {off}(tp)", out(reg) time,
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
        asm!("sd {}, {off}(tp)", in(reg) time,
            off = const offset_of!(pcpu, pc_switchtime),
            options(nostack, preserves_flags));
    }
}

/// `PCPU_SET(switchticks)`, in `ticks`.
#[inline(always)]
pub fn set_switchticks(ticks: c_int) {
    // SAFETY: as in set_switchtime().
    unsafe {
        asm!("sw {}, {off}(tp)", in(reg) ticks,
            off = const offset_of!(pcpu, pc_switchticks),
            options(nostack, preserves_flags));
    }
}

/// Hands the exiting thread to whoever runs next on this CPU, who stashes
/// it: `PCPU_SET(deadthread)`.
#[inline(always)]
pub fn set_deadthread(td: *mut sys::thread) {
    // SAFETY: as in set_switchtime().
    unsafe {
        asm!("sd {}, {off}(tp)", in(reg) td,
            off = const offset_of!(pcpu, pc_deadthread),
            options(nostack, preserves_flags));
    }
}

/// How far this CPU's copies of per-CPU memory lie from the first CPU's.
#[inline(always)]
fn zpcpu_offset() -> usize {
    let offset: usize;
    // SAFETY: as in domain().
    unsafe {
        asm!("ld {}, {off}(tp)", out(reg) offset,
            off = const offset_of!(pcpu, pc_zpcpu_offset),
            options(readonly, nostack, preserves_flags));
    }
    offset
}

/// Adds one to a `counter(9)`, whose handle is the first CPU's copy.
///
/// # Safety
///
/// `counter` is a live counter of the kernel.
#[inline(always)]
pub unsafe fn counter_u64_inc(counter: sys::counter_u64_t) {
    // SAFETY: by the caller's contract every CPU has a copy. The addition is
    // atomic, because the thread may have left the CPU since.
    let copy = unsafe { AtomicU64::from_ptr(counter.wrapping_byte_add(zpcpu_offset()).cast()) };
    copy.fetch_add(1, Ordering::Relaxed);
}
