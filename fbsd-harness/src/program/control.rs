//! What a program's controller does.

use core::ffi::c_int;
use core::sync::atomic::{AtomicBool, Ordering};

use fbsd_program::Action;

use super::body::{self, CONFLICT, argument, body, sendable, signal};
use super::{about, reach, single, swap};
use crate::capi::control::{
    sim_pipe_write, sim_rest, sim_thread, sim_threads_made, sim_ticks, try_process,
};
use crate::capi::kernel::*;
use crate::kern::{exit_wait, proc, sleep, vm};
use crate::machine::api::*;
use crate::object::{thread_alloc, thread_free, thread_unsuspend};
use crate::sys::{self, PRS_NORMAL, proc_, thread};

/// Names of the processes that a controller starts; there are no more.
const NAMES: [&core::ffi::CStr; 8] = [c"p0", c"p1", c"p2", c"p3", c"p4", c"p5", c"p6", c"p7"];

/// Carries the actions out, and leaves the machine so that all can end.
///
/// # Safety
/// The controller, without locks.
pub unsafe fn run(actions: &[Action]) {
    let mut started = 0;
    // SAFETY: by contract.
    unsafe {
        for &action in actions {
            carry_out(action, &mut started);
            note("=acted", &[]);
        }
        CONFLICT.store(0, Ordering::Relaxed);
        vm::fail_stacks(0, 0);
        single::wait_for_all();
        resume_all();
        end_all();
        // Kernel threads end by themselves.
        sim_ticks(c_int::from(KTHREAD_TICKS) + 1);
        reach::end();
    }
}

/// All processes were stopped: who single-threads one would wait for the
/// controller.
static ALL_STOPPED: AtomicBool = AtomicBool::new(false);

/// Lets all processes go on.
unsafe fn resume_all() {
    // SAFETY: the controller, without locks.
    unsafe { k_resume_all_proc() };
    ALL_STOPPED.store(false, Ordering::Relaxed);
}

/// Whether a process is traced.
fn traced() -> bool {
    // SAFETY: processes are type-stable; only the controller attaches.
    proc::all()
        .0
        .into_iter()
        .any(|p| unsafe { proc::has(p, sys::P_TRACED) })
}

/// Kernel threads sleep for less.
const KTHREAD_TICKS: u16 = 8;

/// How often the end asks processes to die: one that stops for its debugger
/// meanwhile has to be asked again, and so have the children of one that forks.
const ASKED: u32 = 64;

/// Kills every process, its children too: a parent that waits for a child to
/// exec cannot be reaped before that child is gone.
unsafe fn end_all() {
    for _ in 0..ASKED {
        // SAFETY: the controller, without locks; what it finds is there until
        // it lets others run, and `kill` looks again.
        unsafe {
            let mut left = false;
            for p in proc::all().0 {
                let system = p == proc0() || (*p).p_flag & sys::P_KPROC as c_int != 0;
                if system || (*p).p_state != PRS_NORMAL {
                    continue;
                }
                left = true;
                // Who is suspended by the debugger does not even die.
                for td in proc::threads(p) {
                    (*td).td_dbgflags &= !(sys::TDB_SUSPEND as c_int);
                }
                if !proc::has(p, sys::P_TRACED) {
                    k_kill(p, sys::SIGKILL as c_int);
                    continue;
                }
                k_ptrace_kill(p);
                // The kill reaches no thread that the debugger kept when it
                // let the others go on.
                proc_lock(p);
                proc_slock(p);
                thread_unsuspend(p);
                proc_sunlock(p);
                proc_unlock(p);
            }
            if !left {
                return;
            }
            sim_ticks(2);
        }
    }
}

/// The living child of the controller's with this number.
unsafe fn child(number: u16) -> Option<*mut proc_> {
    // SAFETY: children of proc0 are reaped by the controller alone; system
    // processes are nobody's target.
    let living: Vec<_> = unsafe {
        proc::children(proc0())
            .filter(|&p| (*p).p_state == PRS_NORMAL && (*p).p_flag & sys::P_KPROC as c_int == 0)
            .collect()
    };
    // The newest child comes first in the kernel's list.
    living
        .iter()
        .rev()
        .nth(usize::from(number) % living.len().max(1))
        .copied()
}

/// A thread that the process made, if it still is one of its threads.
unsafe fn member(p: *mut proc_, number: u16) -> Option<*mut thread> {
    // SAFETY: threads are type-stable, and nobody runs while we look.
    unsafe {
        let made = sim_threads_made(p).max(1);
        let td = sim_thread(p, c_int::from(number) % made);
        (!td.is_null() && (*td).td_proc == p && (*td).td_tid > 0).then_some(td)
    }
}

unsafe fn carry_out(action: Action, started: &mut usize) {
    // SAFETY: the controller holds no lock, and what it looks up is there until
    // it lets others run.
    unsafe {
        match action {
            Action::Start { body: number } => {
                if let Some(name) = NAMES.get(*started) {
                    *started += 1;
                    // A refusal is an answer like any other.
                    let _ = try_process(name, body, argument(number), &mut |_, _| {});
                }
            }
            // Time passes when nobody runs: who retries would run for ever.
            Action::Ticks { ticks } => {
                CONFLICT.store(0, Ordering::Relaxed);
                sim_ticks(c_int::from(ticks.max(1)));
            }
            Action::Rest {} => {
                CONFLICT.store(0, Ordering::Relaxed);
                sim_rest();
            }
            // Who stops all waits until nobody is traced, and who lets all go on
            // would end what other kernel threads are about.
            Action::StopAll {} if single::goes_on() || traced() => (),
            Action::StopAll {} => {
                ALL_STOPPED.store(true, Ordering::Relaxed);
                k_stop_all_proc();
            }
            Action::ResumeAll {} if single::goes_on() => (),
            Action::ResumeAll {} => resume_all(),
            Action::KernelThread { ticks } => {
                let arg = argument(ticks % KTHREAD_TICKS);
                // A refusal is an answer like any other.
                let _ = about::start(c"k", kernel_thread, arg);
            }
            Action::Conflict { on } => CONFLICT.store(i32::from(on % 2), Ordering::Relaxed),
            Action::Write {} => sim_pipe_write(body::pipe()),
            Action::Alloc { n } => alloc(n),
            Action::Stacks { after } => vm::fail_stacks(u32::from(after), 1),
            Action::Reap {} => {
                // ECHILD is an answer like any other.
                let _ = exit_wait::kern_wait4(curthread(), -1, sys::WNOHANG as c_int);
            }
            Action::Kill { process, .. }
            | Action::ThrKill { process, .. }
            | Action::Attach { process }
            | Action::Detach { process }
            | Action::Continue { process, .. }
            | Action::TraceSuspend { process, .. }
            | Action::TraceResume { process, .. }
            | Action::TraceKill { process }
            | Action::Swap { process, .. }
            | Action::Single { process, .. }
            | Action::Reaper { process, .. } => {
                if let Some(p) = child(process).filter(|&p| sendable(p, sent(action))) {
                    of_process(action, p);
                }
            }
        }
    }
}

/// The signal that an action sends; 0 if none.
fn sent(action: Action) -> c_int {
    match action {
        Action::Kill { signal: number, .. }
        | Action::ThrKill { signal: number, .. }
        | Action::Continue { signal: number, .. }
        | Action::Reaper { signal: number, .. } => signal(number),
        _ => 0,
    }
}

/// What is done to a process.
unsafe fn of_process(action: Action, p: *mut proc_) {
    // SAFETY: as in `carry_out`.
    let error = unsafe {
        match action {
            Action::Kill { signal: number, .. } => k_kill(p, signal(number)),
            Action::ThrKill {
                thread,
                signal: number,
                ..
            } => match member(p, thread) {
                Some(td) => k_thr_kill(td, signal(number)),
                None => 0,
            },
            // A process that stops for its debugger keeps who single-threads it
            // waiting.
            Action::Attach { .. } if single::goes_on() => 0,
            Action::Attach { .. } => k_ptrace_attach(p),
            Action::Detach { .. } => k_ptrace_detach(p),
            Action::Continue { signal: number, .. } => match number % 2 {
                0 => k_ptrace_cont(p, 0),
                _ => k_ptrace_cont(p, signal(number)),
            },
            Action::TraceSuspend { thread, .. } => match member(p, thread) {
                Some(td) => k_ptrace_suspend(p, td),
                None => 0,
            },
            Action::TraceResume { thread, .. } => match member(p, thread) {
                Some(td) => k_ptrace_resume(p, td),
                None => 0,
            },
            Action::TraceKill { .. } => k_ptrace_kill(p),
            Action::Reaper { signal: number, .. } => k_reaper_kill(p, signal(number)),
            Action::Single { .. } if ALL_STOPPED.load(Ordering::Relaxed) => 0,
            Action::Single { ticks, .. } => single::process(p, ticks % KTHREAD_TICKS),
            Action::Swap { ticks, .. } => swap::out(p, ticks % KTHREAD_TICKS),
            _ => 0,
        }
    };
    note("=result", &[error as usize]);
}

/// Threads that are allocated at once, at most.
const ALLOCATED: u16 = 128;

/// Allocates threads and frees them again, as fork does when it fails late.
unsafe fn alloc(n: u16) {
    // SAFETY: the controller without locks; nobody else knows the threads.
    unsafe {
        let threads: Vec<_> = (0..n % ALLOCATED)
            .map(|_| thread_alloc(0))
            .take_while(|td| !td.is_null())
            .collect();
        note("=allocated", &[threads.len()]);
        for td in threads {
            thread_free(td);
        }
    }
}

/// A kernel thread of the program's.
unsafe extern "C" fn kernel_thread(ticks: *mut core::ffi::c_void) {
    // SAFETY: a kernel thread without locks.
    unsafe { sleep::pause(c"k", ticks.addr().max(1) as c_int) }
}
