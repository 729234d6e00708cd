//! Time and what threads used: ticks, `struct rusage`, `vm_cnt`.

use std::ffi::c_int;
use std::mem::offset_of;
use std::sync::atomic::{AtomicI32, Ordering};

use crate::machine::cpu::{Cpu, this};
use crate::sys::{self, pcpu, proc_, rusage, thread, vmmeter};

/// Ticks of a second.
const HZ: c_int = 1000;

#[unsafe(no_mangle)]
static hz: c_int = HZ;

#[unsafe(no_mangle)]
static ticks: AtomicI32 = AtomicI32::new(0);

/// A tick, in units of 2^-32 seconds.
#[unsafe(no_mangle)]
static tick_sbt: sys::sbintime_t = (1 << 32) / HZ as sys::sbintime_t;

/// What the object calls for the time: the processor's own counter.
#[unsafe(no_mangle)]
static cpu_ticks: extern "C" fn() -> u64 = tsc;

extern "C" fn tsc() -> u64 {
    // SAFETY: every amd64 processor has the instruction.
    unsafe { std::arch::x86_64::_rdtsc() }
}

/// Where `v_swtch` is in each CPU's structure: the padding at its end.
const V_SWTCH: usize = offset_of!(pcpu, __pad).next_multiple_of(align_of::<u64>());

/// The system's counters; `v_swtch` is an offset from `%gs`.
#[unsafe(no_mangle)]
// SAFETY: counters are pointers; those of zero are never used.
static mut vm_cnt: vmmeter = unsafe { std::mem::zeroed() };

/// Gives `v_swtch` its place.
pub fn init() {
    // SAFETY: at boot, before the first switch.
    unsafe { vm_cnt.v_swtch = std::ptr::without_provenance_mut(V_SWTCH) };
}

/// What mi_switch() notes of the thread that it takes off the CPU.
///
/// # Safety
/// `td` is the running thread.
pub unsafe fn note_switch(td: *mut thread, flags: c_int) {
    let now = ticks.load(Ordering::Relaxed);
    if flags & sys::KT_SW_VOL != 0 {
        (*td).td_ru.ru_nvcsw += 1;
        (*td).td_swvoltick = now;
    } else {
        (*td).td_ru.ru_nivcsw += 1;
        (*td).td_swinvoltick = now;
    }
    let cpu: *mut Cpu = this();
    let time = tsc();
    let runtime = time.wrapping_sub((*cpu).pcpu.pc_switchtime);
    (*td).td_runtime = (*td).td_runtime.wrapping_add(runtime);
    (*td).td_incruntime = (*td).td_incruntime.wrapping_add(runtime);
    (*cpu).pcpu.pc_switchtime = time;
    (*cpu).pcpu.pc_switchticks = now;
    (*td).td_generation = (*td).td_generation.wrapping_add(1);
    *cpu.byte_add(V_SWTCH).cast::<u64>() += 1;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ruxagg_locked(p: *mut proc_, td: *mut thread) {
    for total in [&raw mut (*p).p_rux, &raw mut (*td).td_rux] {
        (*total).rux_runtime = (*total).rux_runtime.wrapping_add((*td).td_incruntime);
        (*total).rux_uticks += u64::from((*td).td_uticks);
        (*total).rux_sticks += u64::from((*td).td_sticks);
        (*total).rux_iticks += u64::from((*td).td_iticks);
    }
    (*td).td_incruntime = 0;
    (*td).td_uticks = 0;
    (*td).td_sticks = 0;
    (*td).td_iticks = 0;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rucollect(total: *mut rusage, part: *mut rusage) {
    let (total, part) = (&mut *total, &*part);
    total.ru_maxrss = total.ru_maxrss.max(part.ru_maxrss);
    total.ru_ixrss += part.ru_ixrss;
    total.ru_idrss += part.ru_idrss;
    total.ru_isrss += part.ru_isrss;
    total.ru_minflt += part.ru_minflt;
    total.ru_majflt += part.ru_majflt;
    total.ru_nswap += part.ru_nswap;
    total.ru_inblock += part.ru_inblock;
    total.ru_oublock += part.ru_oublock;
    total.ru_msgsnd += part.ru_msgsnd;
    total.ru_msgrcv += part.ru_msgrcv;
    total.ru_nsignals += part.ru_nsignals;
    total.ru_nvcsw += part.ru_nvcsw;
    total.ru_nivcsw += part.ru_nivcsw;
}
