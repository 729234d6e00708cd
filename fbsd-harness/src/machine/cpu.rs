//! The simulated CPUs: their pcpu, and GS, which says on which one code runs.

use std::arch::asm;
use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use super::ext::Gate;
use crate::sys::{lock_object, mtx, pcpu, thread};

/// Most CPUs that a run may have.
pub const MAX_CPUS: usize = 8;

/// A run queue: threads linked through `td_runq`.
pub struct Queue {
    /// The first thread.
    pub first: *mut thread,
    /// The last one.
    pub last: *mut thread,
}

/// A CPU: what the kernel's pcpu and the scheduler's per-CPU queue hold.
#[repr(C, align(128))]
pub struct Cpu {
    /// The scheduler's lock of this CPU: the thread lock of the thread that
    /// runs here and of those on the run queue.
    pub lock: mtx,
    /// Runnable threads, oldest first.
    pub queue: Queue,
    /// How many of them may run.
    pub queued: AtomicUsize,
    /// How many wait for their gate to open.
    pub gated: AtomicUsize,
    /// smp: how often it has looked for something to do, or polled.
    pub looks: AtomicUsize,
    /// Its idle thread.
    pub idle: *mut thread,
    /// An interrupt waits for the next point in user mode.
    pub ipi: AtomicBool,
    /// The last tick that interrupted user mode here.
    pub tick_seen: c_int,
    /// smp: the last tick at which its thread's turn was looked at.
    pub turn_seen: c_int,
    /// det: what it spins on.
    pub spin: Option<Gate>,
    /// det: its thread is in a retry loop.
    pub yields: bool,
    /// det: the explorer wants its thread preempted.
    pub preempt: bool,
}

impl Cpu {
    const fn new() -> Self {
        Self {
            lock: mtx {
                lock_object: lock_object {
                    lo_name: ptr::null(),
                    lo_flags: 0,
                    lo_data: 0,
                    lo_witness: ptr::null_mut(),
                },
                mtx_lock: 0,
            },
            queue: Queue {
                first: ptr::null_mut(),
                last: ptr::null_mut(),
            },
            queued: AtomicUsize::new(0),
            gated: AtomicUsize::new(0),
            looks: AtomicUsize::new(0),
            idle: ptr::null_mut(),
            ipi: AtomicBool::new(false),
            tick_seen: 0,
            turn_seen: 0,
            spin: None,
            yields: false,
            preempt: false,
        }
    }
}

struct Cpus(UnsafeCell<[Cpu; MAX_CPUS]>);

// SAFETY: in det one host thread uses it; in smp each field has its own rule:
// the queue is guarded by the lock, atomics are atomics, the rest is the CPU's.
unsafe impl Sync for Cpus {}

static CPUS: Cpus = Cpus(UnsafeCell::new([const { Cpu::new() }; MAX_CPUS]));
static SMP: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static PCPUS: [AtomicPtr<pcpu>; MAX_CPUS] = [const { AtomicPtr::new(ptr::null_mut()) }; MAX_CPUS];
static HAS_WRGSBASE: AtomicBool = AtomicBool::new(false);

/// Does each CPU run on a host thread of its own (MODE=smp)?
#[inline(always)]
pub fn smp_mode() -> bool {
    SMP.load(Ordering::Relaxed)
}

/// How many CPUs the machine has.
#[inline]
pub fn ncpus() -> usize {
    COUNT.load(Ordering::Relaxed)
}

/// The CPU number `cpu`.
#[inline]
pub fn cpu(cpu: usize) -> *mut Cpu {
    debug_assert!(cpu < MAX_CPUS);
    CPUS.0.get().cast::<Cpu>().wrapping_add(cpu)
}

/// The pcpu of a CPU.
#[inline]
pub fn pcpu_of(cpu: usize) -> *mut pcpu {
    PCPUS[cpu].load(Ordering::Relaxed)
}

/// The thread that a CPU runs.
#[inline]
pub fn curthread_of(cpu: usize) -> *mut thread {
    // SAFETY: the machine's pcpus live as long as the process.
    unsafe { (&raw const (*pcpu_of(cpu)).pc_curthread).read_volatile() }
}

/// Sets up the pcpus of a machine of `count` CPUs.
pub fn init(count: usize, smp: bool) {
    assert!((1..=MAX_CPUS).contains(&count));
    const HWCAP2_FSGSBASE: libc::c_ulong = 2;
    // SAFETY: reads the process' auxiliary vector.
    let hwcap = unsafe { libc::getauxval(libc::AT_HWCAP2) };
    HAS_WRGSBASE.store(hwcap & HWCAP2_FSGSBASE != 0, Ordering::Relaxed);
    SMP.store(smp, Ordering::Relaxed);
    COUNT.store(count, Ordering::Relaxed);
    for (number, slot) in PCPUS.iter().enumerate().take(count) {
        let layout = std::alloc::Layout::new::<pcpu>();
        // SAFETY: a pcpu is plain data, all-zero is valid, the size is not zero.
        unsafe {
            let pc = std::alloc::alloc_zeroed(layout).cast::<pcpu>();
            assert!(!pc.is_null());
            (*pc).pc_cpuid = number as u32;
            (*pc).pc_prvspace = pc;
            slot.store(pc, Ordering::Relaxed);
        }
    }
}

/// Makes this host thread be CPU `number`: points GS at its pcpu.
#[inline]
pub fn become_cpu(number: usize) {
    let base = pcpu_of(number) as usize;
    if HAS_WRGSBASE.load(Ordering::Relaxed) {
        // SAFETY: the Linux kernel allows the instruction; user space does not use GS.
        unsafe { asm!("wrgsbase {}", in(reg) base, options(nostack, preserves_flags)) };
    } else {
        const ARCH_SET_GS: libc::c_long = 0x1001;
        // SAFETY: sets the GS base of this host thread.
        unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SET_GS, base) };
    }
}

/// The running thread.
#[inline(always)]
pub fn curthread() -> *mut thread {
    let td: *mut thread;
    // SAFETY: GS is set before any thread runs.  Not `pure`: it differs after a switch.
    unsafe { asm!("mov {}, gs:[0]", out(reg) td, options(nostack, preserves_flags, readonly)) };
    td
}

/// The number of the CPU that this code runs on.
#[inline(always)]
pub fn curcpu() -> usize {
    let number: u32;
    // SAFETY: as `curthread`.
    unsafe {
        asm!("mov {:e}, gs:[{}]", out(reg) number,
            const std::mem::offset_of!(pcpu, pc_cpuid),
            options(nostack, preserves_flags, readonly))
    };
    number as usize
}
