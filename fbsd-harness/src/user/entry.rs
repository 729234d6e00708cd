//! What a thread runs: its body, in user mode or as a kernel thread.

use core::ffi::{CStr, c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::kern::{exit, proc, ptrace, thr};
use crate::machine::api::*;
use crate::sys::{
    self, SIGTRAP, SW_INVOL, SW_VOL, SWT_IWAIT, SWT_NEEDRESCHED, TDB_BORN, TDI_IWAIT, proc_, thread,
};
use crate::user::syscall;

/// A C function of a scenario.
pub type Body = unsafe extern "C" fn(*mut c_void);

/// What the harness keeps about one life of a thread.  `td_emuldata` points to
/// it.
pub struct UserThread {
    body: Option<Body>,
    arg: *mut c_void,
    /// The thread that its process began with: its return is an exit.
    main: bool,
    /// System calls that were restarted.
    pub restarts: u64,
    /// The next thr_new fails when it copies the id out.
    pub fault: bool,
    /// Called where this thread is alone in its process.
    pub alone: Option<(Body, *mut c_void)>,
}

/// The harness's data of a thread; made when first asked for.
///
/// # Safety
/// `td` is a thread in use.
pub unsafe fn ext(td: *mut thread) -> &'static mut UserThread {
    // SAFETY: the field is the harness's alone; the data is never freed, and
    // used by the thread itself or by who makes it.
    unsafe {
        if (*td).td_emuldata.is_null() {
            let new = UserThread {
                body: None,
                arg: ptr::null_mut(),
                main: false,
                restarts: 0,
                fault: false,
                alone: None,
            };
            (*td).td_emuldata = Box::into_raw(Box::new(new)).cast();
        }
        &mut *(*td).td_emuldata.cast::<UserThread>()
    }
}

/// Gives a new thread what it is to run, and a clean record.
///
/// # Safety
/// `td` does not run yet; `body` takes `arg`.
pub unsafe fn set_body(td: *mut thread, body: Body, arg: *mut c_void) {
    // SAFETY: by contract.
    let ext = unsafe { ext(td) };
    *ext = UserThread {
        body: Some(body),
        arg,
        main: false,
        restarts: 0,
        fault: false,
        alone: None,
    };
}

/// As [`set_body`], for the thread that a process begins with.
///
/// # Safety
/// As there.
pub unsafe fn set_main_body(td: *mut thread, body: Body, arg: *mut c_void) {
    // SAFETY: by contract.
    unsafe {
        set_body(td, body, arg);
        ext(td).main = true;
    }
}

/// Calls the body.
///
/// # Safety
/// `td` is the current thread and has a body.
pub unsafe fn run_body(td: *mut thread) {
    // SAFETY: by contract.
    unsafe {
        let UserThread { body, arg, .. } = *ext(td);
        if let Some(body) = body {
            body(arg);
        }
    }
}

/// Where a user thread starts in the kernel; its argument is itself.
pub fn start(td: *mut c_void) {
    let td = td.cast::<thread>();
    // SAFETY: the machine starts the thread that it was made for.
    unsafe {
        fork_return(td);
        run_body(td);
        finish(td)
    }
}

/// A debugger hears of a thread's start; then ASTs, as on every return to user
/// mode.
unsafe fn fork_return(td: *mut thread) {
    // SAFETY: the current thread, no locks.
    unsafe {
        let p = (*td).td_proc;
        if (*td).td_dbgflags & TDB_BORN as c_int != 0 {
            proc_lock(p);
            ptrace::ptracestop(td, SIGTRAP as c_int, false);
            (*td).td_dbgflags &= !(TDB_BORN as c_int);
            proc_unlock(p);
        }
        userret(td);
        user_point();
    }
}

/// What a body's return means.
unsafe fn finish(td: *mut thread) -> ! {
    // SAFETY: the current thread, in user mode.
    unsafe {
        if !ext(td).main {
            syscall::run("sys_thr_exit", |td| thr::thr_exit(td, ptr::null_mut()));
        }
        sys_exit(0)
    }
}

/// exit(2).
///
/// # Safety
/// The current thread is in user mode.
pub unsafe fn sys_exit(code: c_int) -> ! {
    // SAFETY: by contract.
    unsafe {
        syscall::enter("sys_exit");
        exit::exit1(curthread(), code, 0)
    }
}

/// After a successful exec: the new image's body, as the process's main thread.
///
/// # Safety
/// The current thread is in user mode and alone; `body` takes `arg`.
pub unsafe fn new_image(body: Body, arg: *mut c_void) -> ! {
    // SAFETY: by contract.
    unsafe {
        let td = curthread();
        let ext = ext(td);
        (ext.body, ext.arg, ext.main) = (Some(body), arg, true);
        run_body(td);
        finish(td)
    }
}

/// One instruction of user mode: interrupts and ASTs are taken here.  A thread
/// of a parked process stays.
///
/// # Safety
/// The current thread is in user mode.
pub unsafe fn user_point() {
    // SAFETY: by contract.
    unsafe {
        user_tick();
        let td = curthread();
        while is_parked((*td).td_proc) {
            park(td);
            userret(td);
        }
    }
}

/// Rounds of loops in user mode that make a tick of virtual time.
const ROUNDS_PER_TICK: u32 = 32;

/// Rounds so far.
static ROUNDS: AtomicU32 = AtomicU32::new(0);

/// A round of a loop in user mode that waits for others; they take time.
///
/// # Safety
/// The current thread is in user mode.
pub unsafe fn user_spin() {
    // SAFETY: by contract.
    unsafe {
        let td = curthread();
        let before = (*td).td_generation;
        yield_point("user spin", &[td as usize]);
        if (*td).td_generation != before {
            // It was off its CPU, and came back as from an interrupt.
            userret(td);
        }
        let rounds = ROUNDS.fetch_add(1, Ordering::Relaxed) + 1;
        if !smp_mode() && rounds.is_multiple_of(ROUNDS_PER_TICK) {
            // The clock's interrupt: a tick, and the end of a time slice.
            advance(1);
            thread_lock(td);
            mi_switch((SW_INVOL | SWT_NEEDRESCHED) as c_int);
            userret(td);
        }
        user_point();
    }
}

fn is_parked(p: *const proc_) -> bool {
    // SAFETY: the flag belongs to the controller; it may be read at any time.
    unsafe { (&raw const proc::ext(p).parked).read_volatile() }
}

/// Leaves the CPU, with an inhibitor that neither signals nor thread_single()
/// act on.
unsafe fn park(td: *mut thread) {
    // SAFETY: the current thread; mi_switch gives the lock up.
    unsafe {
        thread_lock(td);
        td_set_inhib(td, TDI_IWAIT as _);
        mi_switch((SW_VOL | SWT_IWAIT) as c_int);
    }
}

/// Waits in user mode until `cond` holds; ASTs are taken meanwhile.
///
/// # Safety
/// The current thread is in user mode; `cond` only reads.
pub unsafe fn user_wait(what: &'static CStr, cond: impl Fn() -> bool) {
    // SAFETY: by contract.
    unsafe {
        loop {
            user_point();
            if cond() {
                return;
            }
            let td = curthread();
            let p = (*td).td_proc;
            wait_until(what, || {
                cond() || is_parked(p) || (&raw const (*td).td_ast).read_volatile() != 0
            });
            userret(td);
        }
    }
}

/// Parks all threads of a process, and waits until they are.
///
/// # Safety
/// Controller; the threads are in user mode, or on their way.
pub unsafe fn park_all(p: *mut proc_) {
    // SAFETY: by contract.
    unsafe {
        proc::ext(p).parked = true;
        wait_until(c"parked threads", || {
            proc::threads(p).all(|td| is_iwait(td) && !td_is_running(td) && !is_switching(td))
        });
    }
}

unsafe fn is_iwait(td: *const thread) -> bool {
    // SAFETY: the thread is linked.
    unsafe { (&raw const (*td).td_inhibitors).read_volatile() & TDI_IWAIT as c_int != 0 }
}

/// Is the thread still leaving its CPU?
unsafe fn is_switching(td: *const thread) -> bool {
    // SAFETY: the thread is linked.
    unsafe { (&raw const (*td).td_oncpu).read_volatile() != sys::KT_NOCPU }
}

/// Lets parked threads go on.
///
/// # Safety
/// As [`park_all`], which came before.
pub unsafe fn unpark_all(p: *mut proc_) {
    // SAFETY: by contract.
    unsafe {
        proc::ext(p).parked = false;
        proc_lock(p);
        for td in proc::threads(p) {
            thread_lock(td);
            if is_iwait(td) {
                td_clr_inhib(td, TDI_IWAIT as _);
                setrunnable(td, 0);
            } else {
                thread_unlock(td);
            }
        }
        proc_unlock(p);
    }
}
