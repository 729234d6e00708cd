//! MODE=smp: a host thread for every CPU, one for the clock, and the watch for
//! a machine that stands still.

use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::coro;
use super::cpu::{MAX_CPUS, become_cpu, cpu, curcpu, curthread, curthread_of, ncpus};
use super::ext::ext;
use super::{sanitize, stuck};
use crate::kern::{sched, switch, time};

/// The host's time for a tick, while somebody is at work.
const TICK: Duration = Duration::from_millis(1);
/// How often the clock looks whether anybody is.
const GLANCE: Duration = Duration::from_micros(50);
/// Times that a CPU has to have looked for work in vain to count as idle.
const LOOKS: usize = 2;
/// Ticks for which all CPUs may be idle, or only poll.
const PATIENCE: u64 = 15_000;

/// When a thread last got a CPU that is neither the harness's own nor polls.
static PROGRESS: AtomicU64 = AtomicU64::new(0);

/// How often a thread has got a CPU, but for idle ones and those that poll.
static ARRIVALS: AtomicU64 = AtomicU64::new(0);

/// Starts all CPUs but the first, and the clock.
pub fn start() {
    for number in 1..ncpus() {
        thread::spawn(move || {
            become_cpu(number);
            sanitize::start(number, false);
            let mut own = 0;
            // SAFETY: this host thread is the CPU from now on; its own stack is left for good.
            unsafe {
                coro::switch(
                    &raw mut own,
                    &raw const (*ext(curthread())).rsp,
                    (*ext(curthread())).stack,
                    ptr::null_mut(),
                    0,
                    ptr::null(),
                    0,
                );
            }
        });
    }
    thread::spawn(run_clock);
}

/// Lets a tick pass every [`TICK`] while somebody is at work, and goes straight
/// to the next timer when nobody is: when all CPUs have looked for work in vain
/// since the last thread got one.
fn run_clock() {
    let mut looks = looks_now();
    let mut quiet = None;
    let mut last = Instant::now();
    loop {
        thread::sleep(GLANCE);
        let arrivals = ARRIVALS.load(Ordering::SeqCst);
        if !(0..ncpus()).all(has_nothing) {
            quiet = None;
        } else if quiet != Some(arrivals) {
            quiet = Some(arrivals);
            looks = looks_now();
        } else if (0..ncpus()).all(|number| looks_of(number) >= looks[number] + LOOKS) {
            quiet = None;
            last = Instant::now();
            skip();
        }
        if last.elapsed() >= TICK {
            last = Instant::now();
            time::advance(1);
        }
    }
}

/// Nobody has anything to do before the next timer: goes there.
fn skip() {
    let Some(next) = time::next_event() else {
        stuck::deadlock("nobody can go on and no timer is set");
    };
    if next > PROGRESS.load(Ordering::Relaxed) + PATIENCE {
        stuck::deadlock("nobody can go on, whatever time passes");
    }
    time::advance(next.saturating_sub(time::uptime()));
}

fn looks_of(number: usize) -> usize {
    // SAFETY: a machine's CPUs live for ever.
    unsafe { (*cpu(number)).looks.load(Ordering::Relaxed) }
}

fn looks_now() -> [usize; MAX_CPUS] {
    std::array::from_fn(looks_of)
}

/// Has a CPU nothing to do, or nothing but to poll?
fn has_nothing(number: usize) -> bool {
    let td = curthread_of(number);
    // SAFETY: threads on CPUs have extensions; a racy look.
    unsafe {
        (*cpu(number)).queued.load(Ordering::Relaxed) == 0
            && (td == (*cpu(number)).idle || (&raw const (*ext(td)).polling).read_volatile())
    }
}

/// Preempts the running thread, once a tick, if it may be and others wait.
#[inline]
pub fn end_turn() {
    let td = curthread();
    let here = curcpu();
    let me = cpu(here);
    let now = time::now_ticks();
    // SAFETY: the running thread's CPU, which only it writes to here; if it was
    // moved to another one in between, a turn there ends early.
    unsafe {
        if (*me).turn_seen == now || (*td).td_critnest != 0 || td == (*me).idle {
            return;
        }
        (*me).turn_seen = now;
        let ext = ext(td);
        if sched::is_busy(here) && !(*ext).preempted {
            (*ext).preempted = true;
            switch::preempt();
            (*ext).preempted = false;
        }
    }
}

/// The running thread has got a CPU.
pub unsafe fn arrived() {
    let td = curthread();
    let ext = ext(td);
    if (*ext).polling || td == (*cpu(curcpu())).idle {
        return;
    }
    ARRIVALS.fetch_add(1, Ordering::SeqCst);
    if !(*ext).internal {
        PROGRESS.store(time::uptime(), Ordering::Relaxed);
    }
}
