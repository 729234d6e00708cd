//! `struct pcpu` of the world's one CPU.

use super::world::cpu;
use crate::kpi::sys;
use std::ffi::c_int;

pub fn curthread() -> *mut sys::thread {
    cpu(|cpu| cpu.pc_curthread)
}

pub fn domain() -> c_int {
    cpu(|cpu| cpu.pc_domain)
}

/// Moves the CPU to another memory domain.
pub fn set_domain(domain: c_int) {
    cpu(|cpu| cpu.pc_domain = domain);
}

pub fn switchtime() -> u64 {
    cpu(|cpu| cpu.pc_switchtime)
}

pub fn set_switchtime(time: u64) {
    cpu(|cpu| cpu.pc_switchtime = time);
}

pub fn switchticks() -> c_int {
    cpu(|cpu| cpu.pc_switchticks)
}

pub fn set_switchticks(ticks: c_int) {
    cpu(|cpu| cpu.pc_switchticks = ticks);
}

pub fn deadthread() -> *mut sys::thread {
    cpu(|cpu| cpu.pc_deadthread)
}

pub fn set_deadthread(td: *mut sys::thread) {
    cpu(|cpu| cpu.pc_deadthread = td);
}

pub unsafe fn counter_u64_inc(counter: sys::counter_u64_t) {
    unsafe { *counter += 1 }
}
