//! What a program's threads do in user mode.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use fbsd_program::Call;

use super::program;
use crate::capi::calls::*;
use crate::machine::api::*;
use crate::sys::{self, lwpid_t, proc_};
use crate::user::sleep::{self, Pipe};

/// Threads and processes that the bodies of a run may make, and images.
const BUDGET: i32 = 24;
static LEFT: AtomicI32 = AtomicI32::new(BUDGET);

/// The futex.
static WORD: AtomicU32 = AtomicU32::new(0);
/// Whether casuewords conflict; the controller's.
pub static CONFLICT: AtomicI32 = AtomicI32::new(0);
/// The pipe.
static mut PIPE: Pipe = Pipe::new();

/// The pipe of the run.
pub fn pipe() -> *mut Pipe {
    &raw mut PIPE
}

/// Signals that programs send: of each kind of default action, and caught ones.
const SIGNALS: [u32; 7] = [
    sys::SIGSTOP,
    sys::SIGCONT,
    sys::SIGKILL,
    sys::SIGTERM,
    sys::SIGUSR1,
    sys::SIGTSTP,
    sys::SIGSEGV,
];

/// The signal that a number means.
pub fn signal(number: u16) -> c_int {
    SIGNALS[usize::from(number) % SIGNALS.len()] as c_int
}

/// May the process be sent this signal?  SIGCONT takes a SIGSTOP away that a
/// debugger attached with; if the process has not seen it, the simulated one
/// neither stops nor dies.
pub fn sendable(p: *const proc_, signo: c_int) -> bool {
    // SAFETY: processes are type-stable memory; a racy look.
    let attaching = unsafe { (*p).p_flag2 } & sys::P2_PTRACE_FSTP as c_int != 0;
    signo != sys::SIGCONT as c_int || !attaching
}

/// A body's number as the argument of [`body`].
pub fn argument(number: u16) -> *mut c_void {
    core::ptr::without_provenance_mut(usize::from(number))
}

/// May another thread, process or image be made?
fn affordable() -> bool {
    LEFT.fetch_sub(1, Ordering::Relaxed) > 0
}

/// A thread of the program: the body with this number.
///
/// # Safety
/// In user mode, as a body of a scenario.
pub unsafe extern "C" fn body(number: *mut c_void) {
    let program = program();
    let bodies = &program.bodies;
    let Some(calls) = bodies.get(number.addr() % bodies.len().max(1)) else {
        return;
    };
    let mut last = 0;
    for &call in calls {
        // SAFETY: by contract.
        unsafe { carry_out(call, &mut last) };
    }
}

/// Sleeps in the kernel, for [`Call::Defer`].
unsafe extern "C" fn nap(_arg: *mut c_void) -> c_int {
    // SAFETY: called without locks.
    unsafe { sleep::nanosleep(2) }
}

/// One call; `last` is the thread that this one made last.  What a call
/// returns is part of the trace already, and nothing depends on it.
///
/// # Safety
/// As [`body`].
unsafe fn carry_out(call: Call, last: &mut lwpid_t) {
    // SAFETY: by contract; the statics live as long as the run.
    unsafe {
        match call {
            Call::Spin { n } => u_spin(c_int::from(n as u8 % 8)),
            Call::New { body: number } if affordable() => {
                let tid = u_thr_new(body, argument(number));
                if tid > 0 {
                    *last = tid;
                }
            }
            Call::ThrExit {} => {
                u_thr_exit();
            }
            Call::Fork { body: number } if affordable() => {
                u_fork(body, argument(number));
            }
            Call::Vfork { body: number } if affordable() => {
                u_vfork(body, argument(number));
            }
            Call::Rfork {} => {
                u_rfork(sys::RFFDG as c_int, None, core::ptr::null_mut());
            }
            Call::Exec { body: number } if affordable() => {
                u_execve(true, Some(body), argument(number));
            }
            Call::New { .. } | Call::Fork { .. } | Call::Vfork { .. } | Call::Exec { .. } => (),
            Call::NoExec {} => {
                u_execve(false, None, core::ptr::null_mut());
            }
            Call::Exit { code } => u_exit(c_int::from(code)),
            Call::Sleep { ticks } => {
                u_nanosleep(c_int::from(ticks));
            }
            // What nothing interrupts must not last for ever.
            Call::Disk { ticks } => {
                u_disk_wait(c_int::from(ticks.max(1)));
            }
            Call::Read {} => {
                u_pipe_read(pipe());
            }
            Call::Write {} => {
                u_pipe_write(pipe());
            }
            Call::UmtxWait { ticks } => {
                let value = WORD.load(Ordering::Relaxed);
                u_umtx_wait(WORD.as_ptr(), value, c_int::from(ticks));
            }
            Call::SigSuspend {} => {
                u_sigsuspend();
            }
            Call::Crash {} => u_crash(),
            Call::UmtxWake { n } => {
                WORD.fetch_add(1, Ordering::Relaxed);
                u_umtx_wake(WORD.as_ptr(), c_int::from(n));
            }
            Call::Cas { sleeps } => {
                u_cas_retry(CONFLICT.as_ptr(), sleeps % 2 == 1);
            }
            Call::Defer { mode } => {
                u_deferstop(c_int::from(mode % 4) + 1, nap, core::ptr::null_mut());
            }
            Call::Suspend { ticks } => {
                u_thr_suspend(c_int::from(ticks));
            }
            Call::Wake {} => {
                u_thr_wake(*last);
            }
            Call::ThrKill { signal: number } => {
                if sendable((*curthread()).td_proc, signal(number)) {
                    u_thr_kill(*last, signal(number));
                }
            }
            Call::Kill { signal: number } => {
                if sendable((*curthread()).td_proc, signal(number)) {
                    u_kill(u_getpid(), signal(number));
                }
            }
            Call::Catch { signal: number } => {
                u_sigcatch(signal(number), number % 2 == 1);
            }
            Call::Block { signal: number } => {
                u_sigblock(signal(number));
            }
            Call::Unblock { signal: number } => {
                u_sigunblock(signal(number));
            }
            Call::SetUid { uid } => {
                u_setuid(u32::from(uid));
            }
            Call::SetLimit { limit } => {
                u_setrlimit(i64::from(limit));
            }
            Call::Wait {} => {
                u_wait4(-1, core::ptr::null_mut(), 0);
            }
            Call::Abi {} => {
                u_abi_linux();
            }
        }
        note("=did", &[*last as usize]);
    }
}
