//! The CPUs: each is a host thread with the kernel's per-CPU data at `%gs`.

use std::arch::asm;
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::kernel::{lock, memory, sched, zone};
use crate::sys::{self, mtx, pcpu, thread};

/// CPUs of the machine: two for the measured threads, one for who disturbs them.
pub const COUNT: usize = 3;

/// What a CPU has to itself.
#[repr(C, align(128))]
pub struct Cpu {
    /// The kernel's part, which the object knows.
    pub pcpu: pcpu,
    /// The lock of the run queue and of the threads that run here or wait to.
    pub lock: mtx,
    /// Threads that wait to run.
    pub queue: sched::Queue,
    /// Where a thread's code was entered that is to be left in the middle:
    /// the stack pointer, or 0.
    pub entered: usize,
    /// Free threads.
    pub threads: zone::Bucket,
    /// Free blocks of malloc(9).
    pub blocks: memory::Blocks,
}

static CPUS: [AtomicPtr<Cpu>; COUNT] = [const { AtomicPtr::new(ptr::null_mut()) }; COUNT];

/// A CPU.
pub fn cpu(number: usize) -> *mut Cpu {
    CPUS[number].load(Ordering::Relaxed)
}

/// Makes the CPUs.
pub fn init() {
    for (number, slot) in CPUS.iter().enumerate() {
        // SAFETY: per-CPU data of zeros is valid.
        let zero: pcpu = unsafe { std::mem::zeroed() };
        let cpu = Box::leak(Box::new(Cpu {
            pcpu: zero,
            lock: lock::new(c"sched lock", sys::MTX_SPIN),
            queue: sched::Queue::new(),
            entered: 0,
            threads: zone::Bucket::new(),
            blocks: memory::Blocks::new(),
        }));
        cpu.pcpu.pc_cpuid = number as u32;
        cpu.pcpu.pc_prvspace = (&raw mut *cpu).cast();
        slot.store(cpu, Ordering::Relaxed);
    }
}

/// Makes this host thread the CPU `number`.
pub fn become_cpu(number: usize) {
    const ARCH_SET_GS: libc::c_long = 0x1001;
    // SAFETY: sets the GS base of this host thread, which nothing else uses.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SET_GS, cpu(number) as usize) };
}

/// Has this host thread run on one of the host's processors only, if the process
/// may use several.
pub fn stay_on(number: usize) {
    // SAFETY: sets of processors are plain bits; 0 is the calling host thread.
    unsafe {
        let mut allowed: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size_of_val(&allowed), &raw mut allowed) != 0 {
            return;
        }
        let most = libc::CPU_SETSIZE as usize;
        let mut processors = (0..most).filter(|&one| libc::CPU_ISSET(one, &allowed));
        if let Some(one) = processors.nth(number) {
            let mut only: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(one, &mut only);
            libc::sched_setaffinity(0, size_of_val(&only), &raw const only);
        }
    }
}

/// The CPU that this code runs on.
#[inline(always)]
pub fn this() -> *mut Cpu {
    let cpu: *mut Cpu;
    // SAFETY: every host thread that runs kernel code has become a CPU; it
    // stays the same one.
    unsafe {
        asm!("mov {}, gs:[{}]", out(reg) cpu, const offset_of!(pcpu, pc_prvspace),
            options(pure, nostack, preserves_flags, readonly))
    };
    cpu
}

/// The running thread.
#[inline(always)]
pub fn curthread() -> *mut thread {
    let td: *mut thread;
    // SAFETY: as `this`; not `pure`, since it differs after a switch.
    unsafe { asm!("mov {}, gs:[0]", out(reg) td, options(nostack, preserves_flags, readonly)) };
    td
}

/// Makes `td` the running thread of this CPU.
///
/// # Safety
/// `td` runs nowhere else.
#[inline(always)]
pub unsafe fn set_curthread(td: *mut thread) {
    (&raw mut (*this()).pcpu.pc_curthread).write_volatile(td);
}
