//! MODE=smp: a host thread for every CPU, one for the clock, and the watch for
//! a machine that stands still.

use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::coro;
use super::cpu::{become_cpu, cpu, curthread, curthread_of, ncpus};
use super::ext::ext;
use super::stuck;
use crate::kern::time;

/// The host's time for a tick.
const TICK: Duration = Duration::from_millis(1);
/// Ticks for which all CPUs may be idle, or only poll.
const PATIENCE: u64 = 15_000;

/// When a thread last got a CPU that is neither the harness's own nor polls.
static PROGRESS: AtomicU64 = AtomicU64::new(0);

/// Starts all CPUs but the first, and the clock.
pub fn start() {
    for number in 1..ncpus() {
        thread::spawn(move || {
            become_cpu(number);
            let mut own = 0;
            // SAFETY: this host thread is the CPU from now on; its own stack is left for good.
            unsafe {
                coro::sim_switch(
                    &raw mut own,
                    &raw const (*ext(curthread())).rsp,
                    ptr::null_mut(),
                    0,
                    ptr::null(),
                    0,
                );
            }
        });
    }
    thread::spawn(|| {
        loop {
            thread::sleep(TICK);
            time::advance(1);
            watch();
        }
    });
}

/// The running thread has got a CPU.
pub unsafe fn progress() {
    let ext = ext(curthread());
    if !(*ext).internal && !(*ext).polling {
        PROGRESS.store(time::uptime(), Ordering::Relaxed);
    }
}

fn watch() {
    if time::uptime() < PROGRESS.load(Ordering::Relaxed) + PATIENCE {
        return;
    }
    let only_waits = |number: usize| {
        let td = curthread_of(number);
        // SAFETY: threads on CPUs have extensions; a racy look.
        unsafe { td == (*cpu(number)).idle || (*ext(td)).internal || (*ext(td)).polling }
    };
    if (0..ncpus()).all(only_waits) {
        stuck::deadlock("nobody has gone on for a long time");
    }
}
