//! What can be set before boot, and the kernel's limits that are variables.

use core::sync::atomic::{AtomicI32, AtomicI64, Ordering};

use crate::kern::{hooks, privilege, vm};

/// `maxproc`: processes of the system.
#[unsafe(no_mangle)]
pub static maxproc: AtomicI32 = AtomicI32::new(100);
/// `max_threads_per_proc`: threads of one process.
#[unsafe(no_mangle)]
pub static max_threads_per_proc: AtomicI32 = AtomicI32::new(1500);

/// The loader tunable kern.maxthread; 0 if it is not set.
static MAXTHREAD: AtomicI32 = AtomicI32::new(0);
/// Kernel stacks that can be allocated before one allocation fails; negative
/// if none does.
static STACKS: AtomicI64 = AtomicI64::new(-1);

/// Sets what a scenario asks for by name; false if there is no such name.
pub fn set(name: &str, value: i64) -> bool {
    let small = value as i32;
    match name {
        "maxthread" => MAXTHREAD.store(small, Ordering::Relaxed),
        "maxproc" => maxproc.store(small, Ordering::Relaxed),
        "max_threads_per_proc" => max_threads_per_proc.store(small, Ordering::Relaxed),
        "domains" => vm::set_domains(small),
        "stacks" => STACKS.store(value, Ordering::Relaxed),
        _ => return change(name, value),
    }
    true
}

/// Sets what may change at any time; false if there is no such name.
pub fn change(name: &str, value: i64) -> bool {
    match name {
        "suser_enabled" => privilege::set_suser_enabled(value != 0),
        "policy" => privilege::set_policy(value as i32),
        "pmc_samplers" => hooks::set_samplers(value as i32),
        _ => return false,
    }
    true
}

/// The tunable kern.maxthread, if it is set.
pub fn maxthread_tunable() -> Option<i32> {
    match MAXTHREAD.load(Ordering::Relaxed) {
        0 => None,
        value => Some(value),
    }
}

/// Puts into force what has to wait until boot is over.
pub fn after_boot() {
    let stacks = STACKS.load(Ordering::Relaxed);
    if stacks >= 0 {
        vm::fail_stacks(stacks as u32, 1);
    }
}
