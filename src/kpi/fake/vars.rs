//! The kernel's variables.
//!
//! Statics, because the library takes their addresses; only the test that
//! holds the world reads or writes them.

use super::world::{name_of, zeroed};
use super::{process, world};
use crate::kpi::sys;
use std::ffi::c_int;
use std::mem::zeroed as zero;

pub static mut Giant: sys::mtx = unsafe { zero() };
pub static mut M_TEMP: [sys::malloc_type; 1] = unsafe { zero() };
pub static mut cpu_ticks: sys::cpu_tick_f = Some(read_cpu_ticks);
pub static mut hz: c_int = 0;
pub static mut lockstat_enabled: bool = false;
pub static mut max_threads_per_proc: c_int = 0;
pub static mut maxproc: c_int = 0;
pub static mut sdt_lockstat___spin__release: [sys::sdt_probe; 1] = unsafe { zero() };
pub static mut sdt_probe_func: sys::sdt_probe_func_t = Some(probe_fired);
pub static mut sdt_probes_enabled: bool = false;
#[cfg(not(has_ast_register))]
pub static mut softdep_ast_cleanup: Option<unsafe extern "C" fn(*mut sys::thread)> =
    Some(soft_updates);
pub static mut sdt_provider_proc: [sys::sdt_provider; 1] = unsafe { zero() };
pub static mut sysctl___kern: sys::sysctl_oid = unsafe { zero() };
pub static mut taskqueue_thread: *mut sys::taskqueue = std::ptr::null_mut();
pub static mut tick_sbt: sys::sbintime_t = 0;
pub static mut ticks: c_int = 0;
pub static mut vm_cnt: sys::vmmeter = unsafe { zero() };
pub static mut vm_ndomains: c_int = 0;

/// The id of the probe that a spin lock's release fires.
const SPIN_RELEASE: sys::id_t = 77;

/// What `cpu_ticks()` reads.
pub const CPU_TICKS: u64 = 1_000;

unsafe extern "C" fn read_cpu_ticks() -> u64 {
    CPU_TICKS
}

/// Takes over what soft updates have left a thread.
#[cfg(not(has_ast_register))]
unsafe extern "C" fn soft_updates(td: *mut sys::thread) {
    world::called(format_args!("softdep_ast_cleanup {}", name_of(td)));
    unsafe { (*td).td_su = std::ptr::null_mut() }
}

/// What DTrace sees.
unsafe extern "C" fn probe_fired(id: u32, arg: usize, _: usize, _: usize, _: usize, _: usize) {
    if sys::id_t::from(id) == SPIN_RELEASE {
        // Only compared: the log is about which lock it was.
        let lock = std::ptr::without_provenance::<sys::mtx>(arg);
        world::called(format_args!("unlock {}", name_of(lock)));
    } else {
        world::called(format_args!("probe {id}"));
    }
}

/// Sets the variables as a machine has them when it begins to boot.
///
/// Every lock operation takes the slow path, where it can be seen.
pub(super) fn power_on() {
    watch_locks(true);
    unsafe {
        sdt_lockstat___spin__release[0].id = SPIN_RELEASE;
        (hz, ticks, tick_sbt) = (100, 10_000, 42);
        (maxproc, max_threads_per_proc) = (64, 8);
        vm_ndomains = 1;
        vm_cnt.v_swtch = zeroed();
        process::name_lock(&raw const Giant, "Giant");
        world::name(&raw const M_TEMP, "M_TEMP");
    }
    world::name(crate::records::malloc_type(), "M_TIDHASH");
}

/// Forgets what belongs to the world that ends.
pub(super) fn power_off() {
    unsafe {
        Giant = zero();
        vm_cnt.v_swtch = std::ptr::null_mut();
        taskqueue_thread = std::ptr::null_mut();
    }
}

/// Has lock operations be seen in the log, or take the fast path.
///
/// A kernel with lock debugging has no fast path, and sees them always.
pub fn watch_locks(watch: bool) {
    unsafe {
        lockstat_enabled = watch;
        sdt_probes_enabled = watch;
    }
}

/// Lets time pass.
pub fn pass_ticks(passed: c_int) {
    unsafe { ticks = ticks.wrapping_add(passed) }
}

/// Sets the limit on processes, by which the thread hash is made.
pub fn set_maxproc(processes: c_int) {
    unsafe { maxproc = processes }
}

/// Sets how many memory domains the machine has.
pub fn set_domains(domains: c_int) {
    unsafe { vm_ndomains = domains }
}

/// Threads switched to so far.
pub fn switches() -> u64 {
    unsafe { *vm_cnt.v_swtch }
}
