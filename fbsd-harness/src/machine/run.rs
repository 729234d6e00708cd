//! Starting the machine: from a process of one host thread to a booted kernel
//! whose first thread runs a scenario.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use fbsd_explorer::Scheduler;

use super::cpu::{self, MAX_CPUS, become_cpu, cpu as cpu_of, ncpus, pcpu_of};
use super::ext::{THREAD_SIZE, ext};
use super::step::Steps;
use super::{heap, names, parallel, point, sanitize, step};
use crate::kern::{boot, callout, idle, lock, sleepq, spin, taskqueue, thread, turnstile};
use crate::report;
use crate::sys::{self, mtx};

unsafe extern "C" {
    static sim_smp: c_int;
}

/// CPUs of a machine unless a scenario asks for another number.
const DEFAULT_CPUS: usize = 2;

static WANTED_CPUS: AtomicUsize = AtomicUsize::new(DEFAULT_CPUS);

/// A run.
pub struct Config {
    /// Who chooses at scheduling points.
    pub scheduler: Scheduler<'static>,
    /// After how many of them the run counts as a livelock.
    pub step_limit: u64,
    /// Whether CPUs run in parallel (MODE=smp).
    pub smp: bool,
    /// Who may preempt between the object's instructions.
    pub steps: Option<Steps>,
    /// Called before boot.
    pub setup: Option<unsafe extern "C" fn()>,
    /// The scenario, for the first thread.
    pub body: unsafe extern "C" fn(),
}

/// Sets the number of CPUs, before boot.  An object built without SMP gets one.
pub fn set_cpus(count: usize) -> bool {
    let valid = (1..=MAX_CPUS).contains(&count);
    if valid {
        WANTED_CPUS.store(count, Ordering::Relaxed);
    }
    valid
}

/// Boots the machine and runs the scenario on it; ends the process.
pub fn run(config: Config) -> ! {
    heap::start();
    // SAFETY: the process has one thread, and nothing of the kernel exists yet.
    unsafe {
        if let Some(setup) = config.setup {
            setup();
        }
        let wanted = WANTED_CPUS.load(Ordering::Relaxed);
        cpu::init(if sim_smp != 0 { wanted } else { 1 }, config.smp);
        point::start(config.scheduler, config.step_limit);
        thread::reserve();
        // Between instructions, a lock that is taken inline needs no call.
        lock::set_slow_paths(!config.smp && config.steps.is_none());
        become_cpu(0);
        sanitize::start(0, true);
        prepare_locks();
        prepare_thread0();
        for number in 0..ncpus() {
            prepare_idle(number);
        }
        (*pcpu_of(0)).pc_curthread = thread::thread0_ptr();
        boot::boot();
        lock::assert_none("boot");
        callout::start();
        taskqueue::start();
        if config.smp {
            parallel::start();
        }
        super::trace::note("=begin", &[]);
        if let Some(steps) = config.steps {
            step::start(steps);
        }
        crate::capi::controller(config.body);
        report::pass()
    }
}

unsafe fn prepare_locks() {
    for number in 0..ncpus() {
        let m = &raw mut (*cpu_of(number)).lock;
        (*m).lock_object.lo_name = c"sched lock".as_ptr();
        (*m).lock_object.lo_flags = sys::MTX_SPIN;
        (*m).mtx_lock = sys::KT_MTX_UNOWNED;
        names::register(
            m as usize,
            size_of::<mtx>(),
            &format!("sched lock {number}"),
        );
    }
    names::register(spin::blocked() as usize, size_of::<mtx>(), "blocked lock");
    sleepq::init();
    turnstile::init();
    callout::init();
}

/// thread0 runs on the host thread's own stack, with CPU 0's lock.
unsafe fn prepare_thread0() {
    let td = thread::thread0_ptr();
    (*pcpu_of(0)).pc_curthread = td;
    names::register(td as usize, THREAD_SIZE, "ctl");
    names::register(
        thread::proc0_ptr() as usize,
        size_of::<sys::proc_>(),
        "proc0",
    );
    thread::adopt(td, false);
    (*td).td_lock = &raw mut (*cpu_of(0)).lock;
    (*td).td_oncpu = 0;
    (*td).td_sleepqueue = sleepq::sleepq_alloc();
    (*td).td_turnstile = turnstile::turnstile_alloc();
}

unsafe fn prepare_idle(number: usize) {
    let td = thread::new_internal(
        &format!("idle {number}"),
        idle::idle_loop,
        ptr::null_mut::<c_void>(),
    );
    (*td).td_lock = &raw mut (*cpu_of(number)).lock;
    (*td).td_oncpu = number as c_int;
    (*ext(td)).cpu = number as u8;
    thread::set_state(td, sys::TDS_RUNNING);
    (*cpu_of(number)).idle = td;
    let pc = pcpu_of(number);
    (*pc).pc_idlethread = td;
    if number != 0 {
        (*pc).pc_curthread = td;
    } else {
        thread::set_state(td, sys::TDS_CAN_RUN);
    }
}
