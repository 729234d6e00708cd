//! Processes, time and waiting, from the controller.

use core::cell::Cell;
use core::ffi::{c_char, c_int, c_long, c_ulong, c_void};
use core::ptr;

use super::text;
use crate::kern::lock::slow_paths;
use crate::kern::proc::{self, KernelMutex};
use crate::kern::{cpuset, cred, exit_wait, fork, proc_check, settings, sig};
use crate::machine::allowed;
use crate::machine::api::*;
use crate::machine::run::set_cpus;
use crate::object::*;
use crate::sys::{
    self, P_HADTHREADS, PRS_ZOMBIE, RFFDG, RFPROC, SIGKILL, lwpid_t, pid_t, proc_, thread, ucred,
    uid_t,
};
use crate::user::entry::{self, Body};
use crate::user::sleep;

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_set(name: *const c_char, value: c_long) {
    let name = text(name).to_string_lossy();
    if !settings::set(&name, value) {
        fail(Kind::Check, format!("there is no setting {name}"));
    }
}

#[unsafe(no_mangle)]
extern "C" fn sim_cpus(n: c_int) {
    if !set_cpus(n as usize) {
        fail(Kind::Check, format!("there cannot be {n} CPUs"));
    }
}

#[unsafe(no_mangle)]
extern "C" fn sim_is_smp() -> bool {
    smp_mode()
}

#[unsafe(no_mangle)]
extern "C" fn sim_traces_locks() -> bool {
    slow_paths()
}

unsafe extern "C" {
    static sim_c_algorithms: c_int;
}

#[unsafe(no_mangle)]
extern "C" fn sim_traces_c_algorithms() -> bool {
    // SAFETY: a constant of the scenarios' shim.
    unsafe { sim_c_algorithms != 0 && !allowed::given() }
}

#[unsafe(no_mangle)]
extern "C" fn sim_omits_events() -> bool {
    allowed::given()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_wait_step(
    polls: *mut c_ulong,
    what: *const c_char,
    _file: *const c_char,
    _line: c_int,
) {
    poll(what, (*polls).min(c_int::MAX as c_ulong) as c_int);
    *polls += 1;
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_ticks(n: c_int) {
    pause(c"ticks", n);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_rest() {
    // Time passes only when nobody can run.
    pause(c"rest", 1);
    proc_check::all();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_yield() {
    poll(c"others".as_ptr(), 0);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_proc(name: *const c_char, body: Body, arg: *mut c_void) -> *mut proc_ {
    make_process(name, body, arg, &mut |_, _| {})
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_proc_as(
    name: *const c_char,
    uid: uid_t,
    body: Body,
    arg: *mut c_void,
) -> *mut proc_ {
    make_process(name, body, arg, &mut |p, td| {
        cred::setuid(p, uid, cred::prison0());
        // It has not run: it starts with the credentials of its process.
        let stale = (*td).td_limit;
        cred::crcowfree(td);
        proc_lock(p);
        thread_cow_get_proc(td, p);
        proc_unlock(p);
        crate::kern::limits::lim_free(stale);
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_proc_threads(
    name: *const c_char,
    body: Body,
    arg: *mut c_void,
    n: c_int,
    bodies: *const Body,
    args: *const *mut c_void,
) -> *mut proc_ {
    let mut others = Vec::new();
    let p = make_process(name, body, arg, &mut |p, main| {
        for i in 0..n as usize {
            let arg = if args.is_null() {
                ptr::null_mut()
            } else {
                *args.add(i)
            };
            others.push(add_thread(p, main, *bodies.add(i), arg));
        }
    });
    for td in others {
        start_thread(td);
    }
    p
}

/// Makes a process, a child of proc0; `complete` sees it before it runs.
unsafe fn make_process(
    name: *const c_char,
    body: Body,
    arg: *mut c_void,
    complete: &mut dyn FnMut(*mut proc_, *mut thread),
) -> *mut proc_ {
    let name = text(name);
    match try_process(name, body, arg, complete) {
        Ok(p) => p,
        Err(error) => fail(
            Kind::Check,
            format!("process {name:?} cannot be made: error {error}"),
        ),
    }
}

/// As `make_process`; the errno if the kernel refuses.
///
/// # Safety
/// The controller, without locks; `body` may be called with `arg`.
pub unsafe fn try_process(
    name: &'static core::ffi::CStr,
    body: Body,
    arg: *mut c_void,
    complete: &mut dyn FnMut(*mut proc_, *mut thread),
) -> Result<*mut proc_, c_int> {
    let mut prepare = |p: *mut proc_, td: *mut thread| {
        entry::set_main_body(td, body, arg);
        complete(p, td);
    };
    let mut new = fork::Fork {
        flags: RFPROC | RFFDG,
        name: Some(name),
        entry: entry::start,
        prepare: &mut prepare,
    };
    fork::fork1(curthread(), &mut new)
}

/// Adds a thread to a process that has not run; it is not started.
unsafe fn add_thread(
    p: *mut proc_,
    main: *mut thread,
    body: Body,
    arg: *mut c_void,
) -> *mut thread {
    let td = thread_alloc(fork::KSTACK_PAGES);
    if td.is_null() {
        fail(
            Kind::Check,
            "a thread of a new process cannot be made".into(),
        );
    }
    fork::inherit(td, main);
    (*td).td_proc = p;
    proc_lock(p);
    thread_cow_get_proc(td, p);
    proc::set(p, P_HADTHREADS);
    thread_link(td, p);
    cpu_fork(td, entry::start, td.cast());
    (*td).td_cpuset = cpuset::cpuset_inherit((*main).td_cpuset);
    entry::set_body(td, body, arg);
    proc::made_thread(p, td);
    proc_unlock(p);
    tidhash_add(td);
    td
}

unsafe extern "C" fn stay(_arg: *mut c_void) {
    entry::user_wait(c"the end of parking", || false);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_proc_parked(name: *const c_char, n: c_int) -> *mut proc_ {
    let mut others = Vec::new();
    let p = make_process(name, stay, ptr::null_mut(), &mut |p, main| {
        proc::ext(p).parked = true;
        for _ in 1..n {
            others.push(add_thread(p, main, stay, ptr::null_mut()));
        }
    });
    for td in others {
        start_thread(td);
    }
    entry::park_all(p);
    p
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_park(p: *mut proc_) {
    entry::park_all(p);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_unpark(p: *mut proc_) {
    entry::unpark_all(p);
}

/// The nth thread that a process made: its id and where it lived.
fn made(p: *mut proc_, n: c_int) -> Option<(lwpid_t, *mut thread)> {
    proc::ext(p).made.with(|made| made.get(n as usize).copied())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_thread(p: *mut proc_, n: c_int) -> *mut thread {
    made(p, n).map_or(ptr::null_mut(), |made| made.1)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_tid(p: *mut proc_, n: c_int) -> lwpid_t {
    made(p, n).map_or(-1, |made| made.0)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_threads_made(p: *mut proc_) -> c_int {
    proc::ext(p).made.with(|made| made.len()) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn sim_find(pid: pid_t) -> *mut proc_ {
    proc::find(pid)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_find_name(name: *const c_char) -> *mut proc_ {
    proc::find_name(text(name))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_is_zombie(p: *mut proc_) -> bool {
    (&raw const (*p).p_state).read_volatile() == PRS_ZOMBIE
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_join(p: *mut proc_) -> c_int {
    match exit_wait::kern_wait4(curthread(), (*p).p_pid, 0) {
        Ok((_, status)) => status,
        Err(error) => fail(
            Kind::Check,
            format!(
                "{} cannot be waited for: error {error}",
                name_of(p as usize)
            ),
        ),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_wakeup(channel: *mut sleep::Channel) {
    sleep::wake(channel);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_pipe_write(pipe: *mut sleep::Pipe) {
    sleep::pipe_write(pipe);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_sleep(
    channel: *mut sleep::Channel,
    interruptible: bool,
    ticks: c_int,
) -> c_int {
    sleep::wait(channel, interruptible, ticks)
}

/// The controller's own credential while it has another one.
struct Own(Cell<*mut ucred>);
// SAFETY: the controller's alone.
unsafe impl Sync for Own {}
static OWN: Own = Own(Cell::new(ptr::null_mut()));

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_become(uid: uid_t, jailed: bool) {
    let td = curthread();
    let own = OWN.0.replace(ptr::null_mut());
    if !own.is_null() {
        let borrowed = (*td).td_ucred;
        ((*td).td_ucred, (*td).td_realucred) = (own, own);
        (*borrowed).cr_users -= 1;
        cred::crfree(borrowed);
    }
    if uid == 0 && !jailed {
        return;
    }
    let new = cred::crget();
    ((*new).cr_uid, (*new).cr_ruid, (*new).cr_svuid) = (uid, uid, uid);
    (*new).cr_prison = if jailed {
        cred::a_jail()
    } else {
        cred::prison0()
    };
    (*new).cr_users = 1;
    OWN.0.set((*td).td_ucred);
    ((*td).td_ucred, (*td).td_realucred) = (new, new);
}

/// Ends what a scenario left: processes are killed and reaped.
///
/// # Safety
/// The controller, without locks.
pub unsafe fn clean_up() {
    sim_become(0, false);
    loop {
        let (all, _) = proc::all();
        let Some(&p) = all
            .iter()
            .find(|&&p| p != proc0() && (*p).p_pptr == proc0())
        else {
            if all.len() == 1 {
                return;
            }
            poll(c"orphans".as_ptr(), 4);
            continue;
        };
        if !proc::has(p, sys::P_KPROC) {
            finish_off(p);
        }
        if let Err(error) = exit_wait::kern_wait4(curthread(), (*p).p_pid, 0) {
            fail(
                Kind::Internal,
                format!("{} cannot be reaped: error {error}", name_of(p as usize)),
            );
        }
    }
}

/// Makes sure that a process ends.
unsafe fn finish_off(p: *mut proc_) {
    if proc::ext(p).parked {
        entry::unpark_all(p);
    }
    proc_lock(p);
    if proc::has(p, sys::P_TOTAL_STOP) {
        thread_single_end(p, sys::SINGLE_ALLPROC as c_int);
    }
    if (*p).p_state != PRS_ZOMBIE && proc::has(p, sys::P_TRACED) {
        proc_unlock(p);
        crate::kern::ptrace::kill(p);
        proc_lock(p);
    }
    sig::pksignal(p, SIGKILL as c_int);
    proc_unlock(p);
}

/// A lock for scenarios whose threads block on one.
static SCENARIO_LOCK: KernelMutex = KernelMutex::new();

/// Initialises the scenarios' lock.
pub fn init() {
    SCENARIO_LOCK.init(c"scenario");
}

#[unsafe(no_mangle)]
extern "C" fn sim_lock() {
    SCENARIO_LOCK.lock();
}

#[unsafe(no_mangle)]
extern "C" fn sim_step() {
    yield_point("step", &[]);
}

#[unsafe(no_mangle)]
extern "C" fn sim_unlock() {
    SCENARIO_LOCK.unlock();
}
