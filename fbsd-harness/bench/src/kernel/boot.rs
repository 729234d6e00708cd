//! Booting: the linker set's initialisers, the first thread, `threadinit`, and
//! a thread for each CPU.

use std::ffi::c_int;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{memory, proc, usage};
use crate::machine::cpu::{self, become_cpu};
use crate::object;
use crate::sys::{SI_SUB_DONE, SI_SUB_DUMMY, sysinit};

/// `maxproc` of a machine with 16 Gbytes of memory.
pub const MAXPROC: c_int = 21_780;

#[unsafe(no_mangle)]
static maxproc: c_int = MAXPROC;

/// `kern.threads.max_threads_per_proc`; with `maxproc` it makes more than the
/// most threads that there may be.
#[unsafe(no_mangle)]
static max_threads_per_proc: c_int = 1500;

/// `kern.maxthread`, as the object makes it of the two.
pub const MAXTHREAD: usize = 1_000_000;

/// Bytes that the object has asked for at boot.
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// Bytes that the object has asked for at boot.
pub fn bytes() -> usize {
    BYTES.load(Ordering::Relaxed)
}

unsafe extern "C" {
    static __start_set_sysinit_set: [*const sysinit; 0];
    static __stop_set_sysinit_set: [*const sysinit; 0];
    fn thread_reap_barrier();
}

/// Boots the kernel on this host thread, which becomes CPU 0.
pub fn boot() {
    cpu::init();
    become_cpu(0);
    usage::init();
    // SAFETY: at boot, in the order of the kernel's; nobody else runs.
    unsafe {
        run_initialisers();
        proc::first_process();
        memory::take_asked();
        object::threadinit();
        BYTES.store(memory::take_asked(), Ordering::Relaxed);
        // Makes the function known that reaps.
        thread_reap_barrier();
        populate();
    }
}

/// Runs the initialisers of the linker set.
unsafe fn run_initialisers() {
    let mut entry = (&raw const __start_set_sysinit_set).cast::<*const sysinit>();
    let stop = (&raw const __stop_set_sysinit_set).cast();
    while entry < stop {
        let init = *entry;
        if ![SI_SUB_DUMMY, SI_SUB_DONE].contains(&(*init).subsystem)
            && let Some(function) = (*init).func
        {
            function((*init).udata);
        }
        entry = entry.add(1);
    }
}

/// Makes this host thread the CPU `number`, running a thread of a process of
/// its own.
///
/// # Safety
/// No other host thread is that CPU; the one before is gone.
pub unsafe fn start_cpu(number: usize) {
    become_cpu(number);
    if (*cpu::cpu(number)).pcpu.pc_curthread.is_null() {
        eprintln!("error: CPU {number} has nobody to run");
        std::process::abort();
    }
}

/// Gives each CPU but the first a thread to run.  On CPU 0.
///
/// # Safety
/// Once, when all else is ready.
unsafe fn populate() {
    for number in 1..cpu::COUNT {
        let (_, td) = proc::new_process();
        become_cpu(number);
        proc::run_here(td);
        become_cpu(0);
    }
}
