//! Processes and threads: made, linked and taken apart by the object.

use std::ffi::c_int;
use std::ptr;
use std::sync::Mutex;

use super::lock::{self, proc_lock, proc_slock, proc_unlock};
use super::{arena, cred, limit};
use crate::machine::cpu::{self, curthread, this};
use crate::object;
use crate::sys::{
    self, MTX_SPIN, P_HADTHREADS, PRS_NORMAL, TDB_EXIT, TDS_RUNNING, plimit, proc_, sysentvec,
    thread, ucred,
};

/// What all processes have in common.
struct Common {
    sysent: *mut sysentvec,
    cred: *mut ucred,
    limits: *mut plimit,
    next_pid: c_int,
    /// Structures to use again: they are never given back, as in the kernel.
    free: Vec<*mut proc_>,
}

// SAFETY: the pointers are to kernel structures, which have locks of their own.
unsafe impl Send for Common {}

static COMMON: Mutex<Option<Common>> = Mutex::new(None);

fn with_common<R>(work: impl FnOnce(&mut Common) -> R) -> R {
    let mut common = COMMON.lock().unwrap_or_else(|error| error.into_inner());
    work(common.get_or_insert_with(|| Common {
        sysent: arena::permanent(size_of::<sysentvec>(), 64).cast(),
        cred: cred::new(),
        limits: limit::new(),
        next_pid: 1,
        free: Vec::new(),
    }))
}

/// A process without threads.
fn bare_process() -> *mut proc_ {
    with_common(|common| {
        let p = common
            .free
            .pop()
            .unwrap_or_else(|| arena::permanent(size_of::<proc_>(), 64).cast());
        // SAFETY: a structure of zeros that nobody knows.
        unsafe {
            ptr::write_bytes(p, 0, 1);
            (*p).p_mtx = lock::new(c"process lock", 0);
            (*p).p_slock = lock::new(c"process slock", MTX_SPIN);
            (*p).p_statmtx = lock::new(c"pstatl", MTX_SPIN);
            (*p).p_state = PRS_NORMAL;
            (*p).p_pid = common.next_pid;
            (*p).p_flag = P_HADTHREADS as c_int;
            (*p).p_sysent = common.sysent;
            (*p).p_ucred = common.cred;
            (*p).p_limit = common.limits;
            (*p).p_threads.tqh_last = &raw mut (*p).p_threads.tqh_first;
        }
        common.next_pid += 1;
        p
    })
}

/// A process with its first thread, which does not run.
///
/// # Safety
/// After boot; no locks held.
pub unsafe fn new_process() -> (*mut proc_, *mut thread) {
    let p = bare_process();
    let td = allocate(p);
    object::proc_linkup(p, td);
    place(td);
    (p, td)
}

/// The first process and thread, at boot.
///
/// # Safety
/// Called once, when nobody runs on this CPU.
pub unsafe fn first_process() {
    let p = bare_process();
    let td = arena::permanent(4096, 4096).cast::<thread>();
    object::proc_linkup0(p, td);
    place(td);
    (*td).td_tid = sys::KT_THREAD0_TID;
    (*td).td_realucred = (*p).p_ucred;
    (*td).td_ucred = (*p).p_ucred;
    (*td).td_limit = (*p).p_limit;
    run_here(td);
}

/// Makes a new thread's place one on this CPU.
unsafe fn place(td: *mut thread) {
    (*td).td_lock = &raw mut (*this()).lock;
    (*td).td_md.md_spinlock_count = 1;
    (*td).td_critnest = 1;
}

/// Makes `td` the one that runs on this CPU.
///
/// # Safety
/// `td` runs nowhere else and waits on no queue.
pub unsafe fn run_here(td: *mut thread) {
    (*td).td_lock = &raw mut (*this()).lock;
    (*td).td_md.md_spinlock_count = 0;
    (*td).td_critnest = 0;
    (*td).td_inhibitors = 0;
    (*td).td_state = TDS_RUNNING;
    (*td).td_oncpu = (*this()).pcpu.pc_cpuid as c_int;
    cpu::set_curthread(td);
}

/// A thread with what it gets from its process, not linked.
unsafe fn allocate(p: *mut proc_) -> *mut thread {
    let td = object::thread_alloc(0);
    if td.is_null() {
        eprintln!("error: a case wants more threads than there may be");
        std::process::abort();
    }
    proc_lock(p);
    object::thread_cow_get_proc(td, p);
    proc_unlock(p);
    td
}

/// A thread of a process, which does not run and is not in the hash.
///
/// # Safety
/// `p` is a process; no locks held.
pub unsafe fn new_thread(p: *mut proc_) -> *mut thread {
    let td = allocate(p);
    proc_lock(p);
    object::thread_link(td, p);
    proc_unlock(p);
    place(td);
    td
}

/// Takes a thread out of its process and frees it.
///
/// # Safety
/// Nobody runs `td` or knows it; it is not in the hash.
pub unsafe fn free_thread(td: *mut thread) {
    let p = (*td).td_proc;
    proc_lock(p);
    object::thread_unlink(td);
    proc_unlock(p);
    object::thread_cow_free(td);
    object::thread_free(td);
}

/// Frees a process without threads.
///
/// # Safety
/// Nobody knows `p` any more.
pub unsafe fn free_process(p: *mut proc_) {
    with_common(|common| common.free.push(p));
}

/// A structure of a thread that is dead: unlinked, and counted as exiting.
///
/// # Safety
/// `td` is a thread of a process of several, which nobody runs.
pub unsafe fn make_dead(td: *mut thread) {
    let p = (*td).td_proc;
    proc_lock(p);
    object::thread_unlink(td);
    proc_unlock(p);
    (*p).p_exitthreads += 1;
}

/// The end of the running thread, which is not the last of its process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kern_thr_exit(td: *mut thread) -> c_int {
    let p = (*td).td_proc;
    proc_lock(p);
    (*p).p_pendingexits += 1;
    (*td).td_dbgflags |= TDB_EXIT as c_int;
    (*p).p_pendingexits -= 1;
    object::tidhash_remove(td);
    proc_slock(p);
    object::thread_exit()
}

/// As [`kern_thr_exit`], for who enters a thread's code.
///
/// # Safety
/// The running thread may exit.
pub unsafe extern "C" fn exit_running(_: usize) {
    kern_thr_exit(curthread());
}
