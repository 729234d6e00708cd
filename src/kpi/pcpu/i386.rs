//! i386: `%fs:0` is this CPU's `struct pcpu`.
//!
//! What is 64 bits wide is reached through the address that the structure has
//! of itself, in two instructions; its callers hold a spin lock.

use crate::kpi::sys::{self, pcpu};
use core::arch::asm;
use core::ffi::c_int;
use core::mem::offset_of;
use core::sync::atomic::{Ordering, compiler_fence};

/// The thread that runs here: `curthread`.
#[inline(always)]
pub fn curthread() -> *mut sys::thread {
    let td: *mut sys::thread;
    // SAFETY: in the kernel %fs points at this CPU's struct pcpu. The value is
    // the same wherever the thread runs, so the load is pure.
    unsafe {
        asm!("mov {}, dword ptr fs:[{off}]", out(reg) td,
            off = const offset_of!(pcpu, pc_curthread),
            options(pure, nomem, nostack, preserves_flags));
    }
    td
}

/// This CPU's structure; the caller stays on this CPU.
#[inline(always)]
fn this_cpu() -> *mut pcpu {
    let cpu: *mut pcpu;
    // SAFETY: as in curthread(); not pure, the CPU may change.
    unsafe {
        asm!("mov {}, dword ptr fs:[{off}]", out(reg) cpu,
            off = const offset_of!(pcpu, pc_prvspace),
            options(readonly, nostack, preserves_flags));
    }
    cpu
}

/// The memory domain of this CPU: `PCPU_GET(domain)`.
#[inline(always)]
pub fn domain() -> c_int {
    let domain: c_int;
    // SAFETY: as in this_cpu().
    unsafe {
        asm!("mov {}, dword ptr fs:[{off}]", out(reg) domain,
            off = const offset_of!(pcpu, pc_domain),
            options(readonly, nostack, preserves_flags));
    }
    domain
}

/// When this CPU last switched threads, in `cpu_ticks()` units.
///
/// In two loads: the caller holds a spin lock.
#[inline(always)]
pub fn switchtime() -> u64 {
    // SAFETY: the caller stays on this CPU, whose structure is its own.
    unsafe { (*this_cpu()).pc_switchtime }
}

/// `PCPU_SET(switchtime)`.
///
/// In two stores: the caller holds a spin lock.
#[inline(always)]
pub fn set_switchtime(time: u64) {
    // SAFETY: as in switchtime().
    unsafe { (*this_cpu()).pc_switchtime = time }
}

/// `PCPU_SET(switchticks)`, in `ticks`.
#[inline(always)]
pub fn set_switchticks(ticks: c_int) {
    // SAFETY: writes one field of this CPU's own structure.
    unsafe {
        asm!("mov dword ptr fs:[{off}], {}", in(reg) ticks,
            off = const offset_of!(pcpu, pc_switchticks),
            options(nostack, preserves_flags));
    }
}

/// Hands the exiting thread to whoever runs next on this CPU, who stashes
/// it: `PCPU_SET(deadthread)`.
#[inline(always)]
pub fn set_deadthread(td: *mut sys::thread) {
    // SAFETY: as in set_switchticks().
    unsafe {
        asm!("mov dword ptr fs:[{off}], {}", in(reg) td,
            off = const offset_of!(pcpu, pc_deadthread),
            options(nostack, preserves_flags));
    }
}

/// Adds one to a `counter(9)`, whose handle is the first CPU's copy.
///
/// # Safety
///
/// `counter` is a live counter of the kernel.
#[inline(always)]
pub unsafe fn counter_u64_inc(counter: sys::counter_u64_t) {
    // SAFETY: by the caller's contract; cpu_feature is fixed at boot.
    unsafe {
        if sys::cpu_feature & sys::CPUID_CX8 == 0 {
            inc_in_critical_section(counter);
        } else {
            inc_cmpxchg8b(counter);
        }
    }
}

/// Where the processor has no 64-bit exchange there is one CPU, and only
/// another thread on it has to be kept away.
///
/// # Safety
///
/// As for [`counter_u64_inc`].
#[cold]
#[inline(never)]
unsafe fn inc_in_critical_section(counter: sys::counter_u64_t) {
    let td = curthread();
    // SAFETY: the count of critical sections is the current thread's own, an
    // interrupt leaves it as it finds it; in a critical section the CPU and its
    // copy of the counter stay the same.
    unsafe {
        (*td).td_critnest = (*td).td_critnest.wrapping_add(1);
        compiler_fence(Ordering::SeqCst);
        let copy: *mut u64 = counter
            .wrapping_byte_add((*this_cpu()).pc_zpcpu_offset)
            .cast();
        *copy = (*copy).wrapping_add(1);
        crate::kassert!((*td).td_critnest != 0, c"critical_exit: td_critnest == 0");
        compiler_fence(Ordering::SeqCst);
        (*td).td_critnest = (*td).td_critnest.wrapping_sub(1);
        compiler_fence(Ordering::SeqCst);
        if core::ptr::read_volatile(&raw const (*td).td_owepreempt) != 0 {
            sys::critical_exit_preempt();
        }
    }
}

/// One 64-bit exchange at `%fs`, which an interrupt does not divide; other CPUs
/// do not write this copy.
///
/// # Safety
///
/// As for [`counter_u64_inc`]; the processor has cmpxchg8b.
#[inline(always)]
unsafe fn inc_cmpxchg8b(counter: sys::counter_u64_t) {
    let offset = (counter as usize).wrapping_sub((&raw const sys::__pcpu) as usize);
    // SAFETY: the copies lie from each other as the CPUs' structures do, so
    // the offset from the first one's is the offset from %fs.
    unsafe {
        asm!(
            "mov eax, dword ptr fs:[{offset}]",
            "mov edx, dword ptr fs:[{offset} + 4]",
            "2:",
            "mov ebx, eax",
            "mov ecx, edx",
            "add ebx, 1",
            "adc ecx, 0",
            "cmpxchg8b qword ptr fs:[{offset}]",
            "jnz 2b",
            offset = in(reg) offset,
            out("eax") _,
            out("ebx") _,
            out("ecx") _,
            out("edx") _,
            options(nostack),
        );
    }
}
