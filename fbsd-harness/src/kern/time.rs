//! Virtual time: ticks, and the CPU time that a thread uses.

use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use super::callout;
use crate::machine::cpu::smp_mode;
use crate::machine::point;
use crate::sys::sbintime_t;

/// Ticks in a second.
const HZ: c_int = 100;
/// A tick as binary fixed-point time.
pub const TICK_SBT: sbintime_t = (1 << 32) / HZ as sbintime_t;
/// What `ticks` is at boot: it overflows ten minutes later.
const FIRST: c_int = c_int::MAX - HZ * 600;

#[unsafe(no_mangle)]
static hz: c_int = HZ;
#[unsafe(no_mangle)]
static tick_sbt: sbintime_t = TICK_SBT;
#[unsafe(no_mangle)]
static ticks: AtomicI32 = AtomicI32::new(FIRST);

/// The kernel's CPU clock: a function pointer, as there.
#[unsafe(no_mangle)]
static cpu_ticks: unsafe extern "C" fn() -> u64 = read_cpu_clock;

static UPTIME: AtomicU64 = AtomicU64::new(0);

/// Ticks in a second.
pub fn rate() -> u32 {
    HZ as u32
}

/// Ticks since boot; does not overflow.
#[inline]
pub fn uptime() -> u64 {
    UPTIME.load(Ordering::Relaxed)
}

/// The kernel's tick counter; overflows.
#[inline]
pub fn now_ticks() -> c_int {
    ticks.load(Ordering::Relaxed)
}

/// The time since boot.
#[inline]
pub fn sbinuptime() -> sbintime_t {
    uptime() as sbintime_t * TICK_SBT
}

/// Lets time pass, whatever else is going on.
pub fn advance(by: u64) {
    let now = UPTIME.fetch_add(by, Ordering::Relaxed) + by;
    ticks.store(FIRST.wrapping_add(now as c_int), Ordering::Relaxed);
}

/// When the next callout is due, in ticks since boot; not before the next tick.
pub fn next_event() -> Option<u64> {
    let due = callout::next_due()?;
    let tick = (due as u64).div_ceil(TICK_SBT as u64);
    Some(tick.max(uptime() + 1))
}

/// The kernel's CPU clock.
#[inline]
pub fn cpu_ticks_now() -> u64 {
    if smp_mode() {
        // SAFETY: the instruction exists on every amd64.
        return unsafe { core::arch::x86_64::_rdtsc() };
    }
    point::steps()
}

unsafe extern "C" fn read_cpu_clock() -> u64 {
    cpu_ticks_now()
}
