//! What others do to a process: the `k_*` functions of sim.h.

use core::ffi::{c_char, c_int, c_void};
use core::ptr;

use super::text;
use crate::kern::{kthread, proc, procctl, ptrace, sig, stopall, thr};
use crate::machine::api::*;
use crate::sys::{ESRCH, PRS_NORMAL, pid_t, proc_, thread};
use crate::user::entry::Body;

/// kill(2) of one process, which may be reaped and used again meanwhile.
pub unsafe fn kill(p: *mut proc_, pid: pid_t, signo: c_int) -> c_int {
    proc_lock(p);
    let there = (*p).p_state == PRS_NORMAL && (*p).p_pid == pid;
    if there && signo != 0 {
        sig::pksignal(p, signo);
    }
    proc_unlock(p);
    if there { 0 } else { ESRCH as c_int }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_kill(p: *mut proc_, signo: c_int) -> c_int {
    kill(p, (*p).p_pid, signo)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_thr_kill(td: *mut thread, signo: c_int) -> c_int {
    thr::thr_kill(curthread(), -1, (*td).td_tid, signo)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_ptrace_attach(p: *mut proc_) -> c_int {
    ptrace::attach(p)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_wait_stopped(p: *mut proc_) -> c_int {
    ptrace::wait_stopped(p)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_ptrace_suspend(p: *mut proc_, td: *mut thread) -> c_int {
    ptrace::suspend(p, td)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_ptrace_resume(p: *mut proc_, td: *mut thread) -> c_int {
    ptrace::resume(p, td)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_ptrace_cont(p: *mut proc_, signo: c_int) -> c_int {
    ptrace::cont(p, signo)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_ptrace_detach(p: *mut proc_) -> c_int {
    ptrace::detach(p)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_ptrace_kill(p: *mut proc_) -> c_int {
    ptrace::kill(p)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_ptrace_coredump(p: *mut proc_) -> c_int {
    ptrace::coredump(p)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_ptrace_lwp_events(p: *mut proc_, on: bool) -> c_int {
    ptrace::lwp_events(p, on)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_reaper_kill(p: *mut proc_, signo: c_int) -> c_int {
    procctl::reaper_kill(p, signo, &|| {})
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_reaper_kill_hook(
    p: *mut proc_,
    signo: c_int,
    hook: Body,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the hook takes its argument, as the scenario declares.
    procctl::reaper_kill(p, signo, &|| unsafe { hook(arg) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_stop_all_proc() {
    stopall::stop_all_proc();
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_resume_all_proc() {
    stopall::resume_all_proc();
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_kproc_create(
    name: *const c_char,
    func: Body,
    arg: *mut c_void,
) -> *mut proc_ {
    match kthread::kproc_create(text(name), func, arg) {
        Ok(p) => p,
        Err(error) => fail(
            Kind::Check,
            format!("kproc {:?} cannot be made: error {error}", text(name)),
        ),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_kthread_add(
    p: *mut proc_,
    name: *const c_char,
    func: Body,
    arg: *mut c_void,
    tdp: *mut *mut thread,
) -> c_int {
    let p = if p.is_null() { proc0() } else { p };
    let (td, error) = match kthread::kthread_add(p, text(name), func, arg) {
        Ok(td) => (td, 0),
        Err(error) => (ptr::null_mut(), error),
    };
    if !tdp.is_null() {
        *tdp = td;
    }
    error
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_kthread_suspend(td: *mut thread, ticks: c_int) -> c_int {
    kthread::kthread_suspend(td, ticks)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_kthread_resume(td: *mut thread) -> c_int {
    kthread::kthread_resume(td)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_kthread_suspend_check() {
    kthread::kthread_suspend_check();
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn k_kthread_exit() -> ! {
    kthread::kthread_exit()
}

/// Signals that a process caught, and reports about it.
#[unsafe(no_mangle)]
unsafe extern "C" fn sim_caught(p: *const proc_, signo: c_int) -> u64 {
    (&raw const proc::ext(p).caught[signo as usize - 1]).read_volatile()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_stop_reports(p: *const proc_) -> u64 {
    (&raw const proc::ext(p).stop_reports).read_volatile()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_cont_reports(p: *const proc_) -> u64 {
    (&raw const proc::ext(p).cont_reports).read_volatile()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_trap_reports(p: *const proc_) -> u64 {
    (&raw const proc::ext(p).trap_reports).read_volatile()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_coredumps(p: *const proc_) -> u64 {
    (&raw const proc::ext(p).coredumps).read_volatile()
}

#[unsafe(no_mangle)]
extern "C" fn sim_detach_calls() -> u64 {
    proc::detached()
}
