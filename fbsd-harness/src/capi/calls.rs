//! System calls of bodies: the `u_*` functions of sim.h.

use core::ffi::{c_int, c_long, c_ulong, c_void};
use core::ptr;

use crate::kern::sig_take::{kern_sigsuspend, sigexit};
use crate::kern::{
    cred, exec, exit_wait, fork, limits, proc, procctl, sig, sig_set, sig_stop, thr,
};
use crate::machine::api::*;
use crate::sys::{
    EINVAL, ESRCH, RFFDG, RFMEM, RFPPWAIT, RFPROC, SIGKILL, SIGSEGV, SIGSTOP, lwpid_t, pid_t,
    rlimit, thread, uid_t,
};
use crate::user::entry::{self, Body};
use crate::user::sleep::{self, Channel, Pipe};
use crate::user::syscall::run;
use crate::user::umtx;

/// `RLIMIT_NOFILE`.
const RLIMIT_NOFILE: usize = 8;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_spin(n: c_int) {
    for _ in 0..n {
        entry::user_point();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_spin_rounds(n: c_int) {
    for _ in 0..n {
        entry::user_spin();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_spin_until(flag: *const c_int) {
    while flag.read_volatile() == 0 {
        entry::user_spin();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_spin_forever() {
    loop {
        entry::user_spin();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_pause() {
    entry::user_wait(c"u_pause", || false);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_pause_until(flag: *const c_int) {
    entry::user_wait(c"u_pause_until", || flag.read_volatile() != 0);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_syscall(
    handler: unsafe extern "C" fn(*mut c_void) -> c_int,
    arg: *mut c_void,
) -> c_int {
    run("sys_scenario", |_| handler(arg))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_thr_new(body: Body, arg: *mut c_void) -> lwpid_t {
    let mut tid = 0;
    let error = run("sys_thr_new", |td| {
        let fault = core::mem::take(&mut entry::ext(td).fault);
        match thr::thread_create(
            td,
            entry::start,
            |new| entry::set_body(new, body, arg),
            fault,
        ) {
            Ok(new) => {
                tid = new;
                0
            }
            Err(error) => error,
        }
    });
    if error == 0 { tid } else { -error }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_thr_new_fault() {
    entry::ext(curthread()).fault = true;
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_thr_exit() -> c_int {
    run("sys_thr_exit", |td| thr::thr_exit(td, ptr::null_mut()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_thr_exit_to(done: *mut c_int) -> c_int {
    run("sys_thr_exit", |td| thr::thr_exit(td, done))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_thr_self() -> lwpid_t {
    (*curthread()).td_tid
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_thr_kill(tid: lwpid_t, signo: c_int) -> c_int {
    run("sys_thr_kill", |td| {
        thr::thr_kill(td, (*(*td).td_proc).p_pid, tid, signo)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_thr_kill2(pid: pid_t, tid: lwpid_t, signo: c_int) -> c_int {
    run("sys_thr_kill2", |td| thr::thr_kill(td, pid, tid, signo))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_thr_suspend(ticks: c_int) -> c_int {
    run("sys_thr_suspend", |td| thr::thr_suspend(td, ticks))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_thr_wake(tid: lwpid_t) -> c_int {
    run("sys_thr_wake", |td| thr::thr_wake(td, tid))
}

/// A new process whose main thread runs `body`; its id or -errno.
unsafe fn new_process(name: &'static str, flags: u32, body: Body, arg: *mut c_void) -> pid_t {
    let mut pid = 0;
    let error = run(name, |td| {
        let mut prepare = |_, new: *mut thread| entry::set_main_body(new, body, arg);
        let mut new = fork::Fork {
            flags,
            name: None,
            entry: entry::start,
            prepare: &mut prepare,
        };
        match fork::fork1(td, &mut new) {
            Ok(child) => {
                pid = (*child).p_pid;
                0
            }
            Err(error) => error,
        }
    });
    if error == 0 { pid } else { -error }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_fork(body: Body, arg: *mut c_void) -> pid_t {
    new_process("sys_fork", RFPROC | RFFDG, body, arg)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_vfork(body: Body, arg: *mut c_void) -> pid_t {
    new_process("sys_vfork", RFPROC | RFFDG | RFPPWAIT | RFMEM, body, arg)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_rfork(flags: c_int, body: Option<Body>, arg: *mut c_void) -> pid_t {
    let flags = flags as u32;
    if flags & RFPROC != 0 {
        return match body {
            Some(body) => new_process("sys_rfork", flags, body, arg),
            None => -(EINVAL as c_int),
        };
    }
    -run("sys_rfork", |td| {
        fork::fork_norfproc(td, flags, || alone(td))
    })
}

/// Calls the hook of a thread that is alone in its process.
unsafe fn alone(td: *mut thread) {
    if let Some((hook, arg)) = entry::ext(td).alone {
        hook(arg);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_set_alone_hook(hook: Option<Body>, arg: *mut c_void) {
    entry::ext(curthread()).alone = hook.map(|hook| (hook, arg));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_execve(ok: bool, body: Option<Body>, arg: *mut c_void) -> c_int {
    let error = run("sys_execve", |td| exec::kern_execve(td, ok, || alone(td)));
    match body {
        Some(body) if error == 0 => entry::new_image(body, arg),
        _ => error,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_exit(code: c_int) -> ! {
    entry::sys_exit(code)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_wait4(pid: pid_t, status: *mut c_int, options: c_int) -> pid_t {
    let mut waited = (0, 0);
    let error = run("sys_wait4", |td| {
        match exit_wait::kern_wait4(td, pid, options) {
            Ok(found) => {
                waited = found;
                0
            }
            Err(error) => error,
        }
    });
    if error != 0 {
        return -error;
    }
    if !status.is_null() {
        *status = waited.1;
    }
    waited.0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_getpid() -> pid_t {
    (*(*curthread()).td_proc).p_pid
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_kill(pid: pid_t, signo: c_int) -> c_int {
    run("sys_kill", |_| {
        let p = proc::find(pid);
        if p.is_null() {
            return ESRCH as c_int;
        }
        super::kernel::kill(p, pid, signo)
    })
}

/// Changes the actions of the process for a signal that can be caught.
unsafe fn sigaction(name: &'static str, signo: c_int, catch: bool, restart: bool) -> c_int {
    if [SIGKILL, SIGSTOP].contains(&(signo as u32)) {
        return EINVAL as c_int;
    }
    run(name, |td| {
        let p = (*td).td_proc;
        proc_lock(p);
        let acts = (*p).p_sigacts;
        mtx_lock(&raw mut (*acts).ps_mtx);
        sig_set::delete(&mut (*acts).ps_sigintr, signo);
        sig_set::delete(&mut (*acts).ps_sigcatch, signo);
        sig_set::delete(&mut (*acts).ps_sigignore, signo);
        if catch {
            sig_set::add(&mut (*acts).ps_sigcatch, signo);
            if !restart {
                sig_set::add(&mut (*acts).ps_sigintr, signo);
            }
        } else {
            sig_set::add(&mut (*acts).ps_sigignore, signo);
        }
        mtx_unlock(&raw mut (*acts).ps_mtx);
        proc_unlock(p);
        0
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_sigcatch(signo: c_int, restart: bool) -> c_int {
    sigaction("sys_sigaction", signo, true, restart)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_sigignore(signo: c_int) -> c_int {
    sigaction("sys_sigaction", signo, false, false)
}

/// Changes the current thread's mask.
unsafe fn sigprocmask(change: impl Fn(&mut crate::sys::sigset_t)) -> c_int {
    run("sys_sigprocmask", |td| {
        let p = (*td).td_proc;
        proc_lock(p);
        change(&mut (*td).td_sigmask);
        sig::signotify(td);
        proc_unlock(p);
        0
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_sigblock(signo: c_int) -> c_int {
    if [SIGKILL, SIGSTOP].contains(&(signo as u32)) {
        return EINVAL as c_int;
    }
    sigprocmask(|mask| sig_set::add(mask, signo))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_sigunblock(signo: c_int) -> c_int {
    sigprocmask(|mask| sig_set::delete(mask, signo))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_sigsuspend() -> c_int {
    run("sys_sigsuspend", |td| kern_sigsuspend(td, sig_set::empty()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_crash() -> ! {
    entry::user_point();
    let td = curthread();
    note("trap", &[td as usize]);
    proc_lock((*td).td_proc);
    sigexit(td, SIGSEGV as c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_nanosleep(ticks: c_int) -> c_int {
    run("sys_nanosleep", |_| sleep::nanosleep(ticks))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_disk_wait(ticks: c_int) -> c_int {
    run("sys_read", |td| sleep::disk_wait(td, ticks))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_sleep(channel: *mut Channel, interruptible: bool) -> c_int {
    run("sys_sleep", |_| sleep::wait(channel, interruptible, 0))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_pipe_read(pipe: *mut Pipe) -> c_int {
    run("sys_read", |_| sleep::pipe_read(pipe))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_pipe_write(pipe: *mut Pipe) -> c_int {
    run("sys_write", |_| sleep::pipe_write(pipe))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_umtx_wait(word: *const u32, value: u32, ticks: c_int) -> c_int {
    run("sys__umtx_op", |td| umtx::wait(td, word, value, ticks))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_umtx_wake(word: *const u32, n: c_int) -> c_int {
    run("sys__umtx_op", |_| {
        umtx::wake(word as usize, n);
        0
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_cas_retry(conflict: *const c_int, can_sleep: bool) -> c_int {
    run("sys__umtx_op", |td| {
        umtx::cas_retry(td, conflict, can_sleep)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_deferstop(
    mode: c_int,
    handler: unsafe extern "C" fn(*mut c_void) -> c_int,
    arg: *mut c_void,
) -> c_int {
    run("sys_fcntl", |td| {
        let before = sig_stop::sigdeferstop(td, mode as u32);
        let error = handler(arg);
        sig_stop::sigallowstop(td, before);
        error
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_setuid(uid: uid_t) -> c_int {
    run("sys_setuid", |td| {
        let p = (*td).td_proc;
        cred::setuid(p, uid, (*(*p).p_ucred).cr_prison);
        0
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_setrlimit(cur: c_long) -> c_int {
    run("sys_setrlimit", |_| {
        limits::setrlimit(
            RLIMIT_NOFILE,
            rlimit {
                rlim_cur: cur,
                rlim_max: cur,
            },
        );
        0
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_abi_linux() -> c_int {
    run("sys_personality", |td| {
        let p = (*td).td_proc;
        proc_lock(p);
        (*p).p_sysent = proc::ABI_LINUX.get();
        proc_unlock(p);
        0
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_thread_count() -> c_int {
    let mut count = 0;
    run("sys_sysctl", |_| {
        let (processes, _) = proc::all();
        let threads = processes
            .iter()
            .map(|&p| (&raw const (*p).p_numthreads).read_volatile());
        count = threads.sum();
        0
    });
    count
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_reap_acquire() -> c_int {
    run("sys_procctl", |_| procctl::reap_acquire())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn u_reap_kill(signo: c_int, subtree: pid_t) -> c_int {
    let mut killed = 0;
    let error = run("sys_procctl", |_| {
        match procctl::reap_kill(signo, subtree) {
            Ok(n) => {
                killed = n;
                0
            }
            Err(error) => error,
        }
    });
    if error == 0 { killed } else { -error }
}

/// System calls of a thread that were restarted.
#[unsafe(no_mangle)]
unsafe extern "C" fn sim_restarts(td: *mut thread) -> c_ulong {
    (&raw const entry::ext(td).restarts).read_volatile()
}
