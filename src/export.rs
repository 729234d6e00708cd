//! The functions that the rest of the kernel calls, by their C names.
//!
//! Nothing is decided here: each turns C's arguments and preconditions into
//! types, and calls the function that does the work.  The prototypes are the
//! kernel's own; `include/kern_thread.h` is generated from this file and
//! compiled together with `<sys/proc.h>`, so that they can't part.
//!
//! "PL" and "SL" below are the process lock and the process spin lock.

use crate::kpi::sys::{lwpid_t, pid_t, proc_, thread};
use crate::locks::{ProcLocked, ProcSlocked, ThreadLocked};
use crate::proc::Proc;
use crate::suspend_check::Where;
use crate::thread::Thread;
use crate::tid::Lwpid;
use crate::{alloc, boot, cow, exit, link, reap, single, suspend, suspend_check, tidhash};
use core::ffi::c_int;
use core::ptr;

/// Links thread0 to proc0 (reference line 496).
///
/// # Safety
///
/// Called once, by the machine-dependent boot, before anything else here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proc_linkup0(p: *mut proc_, td: *mut thread) {
    // SAFETY: by the caller's contract.
    unsafe { link::proc_linkup0(Proc::from_raw(p), Thread::from_raw(td)) }
}

/// Links a new process and its first thread (reference line 503).
///
/// # Safety
///
/// Nobody else sees `p` or `td`.  No locks held; may sleep.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proc_linkup(p: *mut proc_, td: *mut thread) {
    // SAFETY: by the caller's contract.
    unsafe { link::proc_linkup(Proc::from_raw(p), Thread::from_raw(td)) }
}

/// Makes what threads need, once (reference line 538).
///
/// # Safety
///
/// Called once, at boot, with no locks held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn threadinit() {
    // SAFETY: by the caller's contract.
    unsafe { boot::threadinit() }
}

/// Takes over the thread that its CPU has just left for good (reference line
/// 618).
///
/// # Safety
///
/// `td` has exited and nothing runs on its stack.  Called inside a switch; no
/// lock is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_stash(td: *mut thread) {
    // SAFETY: by the caller's contract.
    unsafe { reap::stash(Thread::from_raw(td)) }
}

/// Returns once every thread that had exited before is reaped (reference line
/// 755).
///
/// # Safety
///
/// No locks held; sleeps.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_reap_barrier() {
    reap::barrier();
}

/// A new thread with an id and a stack of `pages` pages, or NULL (reference
/// line 780).
///
/// # Safety
///
/// No locks held; may sleep.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_alloc(pages: c_int) -> *mut thread {
    Thread::nullable(alloc::alloc(pages))
}

/// A stack of `pages` pages for a process's old thread; 0 or `ENOMEM`
/// (reference line 808).
///
/// # Safety
///
/// `td` is linked to a process that is being made, and not running.  No locks
/// held; may sleep.
#[cfg(has_thread_recycle)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_recycle(td: *mut thread, pages: c_int) -> c_int {
    // SAFETY: by the caller's contract.
    unsafe { alloc::recycle(Thread::from_raw(td), pages) }
}

/// A stack of `pages` pages for a thread without one; 1, or 0 (FreeBSD 14 has
/// this in place of `thread_recycle`).
///
/// # Safety
///
/// `td` is linked to a process that is being made, and not running.  No locks
/// held; may sleep.
#[cfg(not(has_thread_recycle))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_alloc_stack(td: *mut thread, pages: c_int) -> c_int {
    // SAFETY: by the caller's contract.
    c_int::from(unsafe { alloc::alloc_stack(Thread::from_raw(td), pages) })
}

/// Frees a thread (reference line 846).
///
/// # Safety
///
/// `td` is dead or never ran, and unlinked.  No locks held; may sleep.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_free(td: *mut thread) {
    // SAFETY: by the caller's contract.
    unsafe { alloc::free(Thread::from_raw(td)) }
}

/// Credentials and limits of the process for its first thread (reference line
/// 858).
///
/// # Safety
///
/// PL is held; `newtd` is the caller's alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_cow_get_proc(newtd: *mut thread, p: *mut proc_) {
    // SAFETY: by the caller's contract.
    unsafe {
        let pl = ProcLocked::assume(Proc::from_raw(p));
        cow::get_from_proc(Thread::from_raw(newtd), &pl);
        pl.keep_held();
    }
}

/// Credentials and limits of the current thread for a new one (reference line
/// 869).
///
/// # Safety
///
/// `td` is the current thread; `newtd` is the caller's alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_cow_get(newtd: *mut thread, td: *mut thread) {
    // SAFETY: by the caller's contract.
    unsafe { cow::get(Thread::from_raw(newtd), Thread::from_raw(td)) }
}

/// Gives a thread's credentials and limits back (reference line 880).
///
/// # Safety
///
/// `td` is dead or was never linked; not called twice.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_cow_free(td: *mut thread) {
    // SAFETY: by the caller's contract.
    unsafe { cow::free(Thread::from_raw(td)) }
}

/// Catches up with the process's credentials and limits (reference line 890).
///
/// # Safety
///
/// `td` is the current thread; no locks held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_cow_update(td: *mut thread) {
    // SAFETY: by the caller's contract.
    unsafe { cow::update(Thread::from_raw(td)) }
}

/// Notes that the thread has caught up (reference line 909).
///
/// # Safety
///
/// `td` is the current thread; PL is held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_cow_synced(td: *mut thread) {
    // SAFETY: by the caller's contract.
    unsafe {
        let td = Thread::from_raw(td);
        let pl = ProcLocked::assume(td.proc());
        cow::synced(td, &pl);
        pl.keep_held();
    }
}

/// Ends the current thread (reference line 931).
///
/// # Safety
///
/// PL and SL are held, and no other lock; both are given up.  The thread is off
/// the thread hash.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_exit() -> ! {
    let p = Thread::current().proc();
    // SAFETY: by the caller's contract.
    unsafe { exit::exit(ProcLocked::assume(p), ProcSlocked::assume(p)) }
}

/// Cleans up the last thread of an exited process (reference line 1044).
///
/// # Safety
///
/// `p` is a zombie that the caller has taken hold of.  No locks held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_wait(p: *mut proc_) {
    // SAFETY: by the caller's contract.
    unsafe { exit::wait(Proc::from_raw(p)) }
}

/// Links a thread to a process (reference line 1070).
///
/// # Safety
///
/// PL is held or nobody else sees `p`; `td` is not linked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_link(td: *mut thread, p: *mut proc_) {
    // SAFETY: by the caller's contract.
    unsafe { link::thread_link(Thread::from_raw(td), Proc::from_raw(p)) }
}

/// Unlinks a thread from its process (reference line 1099).
///
/// # Safety
///
/// PL is held; `td` is linked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_unlink(td: *mut thread) {
    // SAFETY: by the caller's contract.
    unsafe {
        let td = Thread::from_raw(td);
        let mut pl = ProcLocked::assume(td.proc());
        link::thread_unlink(td, &mut pl);
        pl.keep_held();
    }
}

/// Single-threads a process; 0, or 1 if the caller has to give way (reference
/// line 1222).
///
/// # Safety
///
/// PL is held, on return too, and may be dropped in between; no other lock is
/// held.  `p` is the current process, or for `SINGLE_ALLPROC` another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_single(p: *mut proc_, mode: c_int) -> c_int {
    // SAFETY: by the caller's contract.
    let (result, pl) = single::single(unsafe { ProcLocked::assume(Proc::from_raw(p)) }, mode);
    pl.keep_held();
    c_int::from(result.is_err())
}

/// Should the current thread stop? (reference line 1364)
///
/// # Safety
///
/// PL of the current process is held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_suspend_check_needed() -> bool {
    let td = Thread::current();
    // SAFETY: by the caller's contract.
    let pl = unsafe { ProcLocked::assume(td.proc()) };
    let needed = suspend_check::needed(td, &pl);
    pl.keep_held();
    needed
}

/// Stops the current thread while it should; 0, or an error to return with
/// (reference line 1410).
///
/// # Safety
///
/// PL of the current process is held, on return too, and may be dropped in
/// between; no other lock is held.  With `return_instead` 0 the thread may
/// not come back.
// Called by its name in here, too, and to be seen in stack traces then.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_suspend_check(return_instead: c_int) -> c_int {
    let place = Where::from_c(return_instead);
    // SAFETY: by the caller's contract.
    let pl = unsafe { ProcLocked::assume(Thread::current().proc()) };
    let (error, pl) = suspend_check::check(pl, place);
    pl.keep_held();
    error
}

/// Has a loop in the kernel look for a stop; 0, `EINTR` or `ERESTART`
/// (reference line 1521).
///
/// # Safety
///
/// `td` is the current thread; no locks held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_check_susp(td: *mut thread, sleep: bool) -> c_int {
    // SAFETY: by the caller's contract.
    unsafe { suspend_check::check_susp(Thread::from_raw(td), sleep) }
}

/// Suspends the current thread on behalf of a process (reference line 1545).
///
/// # Safety
///
/// `td` is the current thread; PL and SL of `p` are held, on return too, and
/// dropped in between.
// As thread_suspend_check().
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_suspend_switch(td: *mut thread, p: *mut proc_) {
    // SAFETY: by the caller's contract.
    let (td, pl, sl) = unsafe {
        let p = Proc::from_raw(p);
        (
            Thread::from_raw(td),
            ProcLocked::assume(p),
            ProcSlocked::assume(p),
        )
    };
    // SAFETY: by the caller's contract.
    let (pl, sl) = unsafe { suspend::switch(td, pl, sl) };
    pl.keep_held();
    sl.keep_held();
}

/// Marks a thread suspended (reference line 1573).
///
/// # Safety
///
/// SL of the thread's process and the thread lock are held, on return too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_suspend_one(td: *mut thread) {
    // SAFETY: by the caller's contract.
    let (mut tl, mut sl) = unsafe {
        let td = Thread::from_raw(td);
        (ThreadLocked::assume(td), ProcSlocked::assume(td.proc()))
    };
    suspend::suspend_one(&mut tl, &mut sl);
    tl.keep_held();
    sl.keep_held();
}

/// Has a suspended thread run for once (reference line 1607).
///
/// # Safety
///
/// PL of the thread's process is held; SL and thread locks are not.  The thread
/// is suspended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_run_flash(td: *mut thread) {
    // SAFETY: by the caller's contract.
    unsafe {
        let td = Thread::from_raw(td);
        let pl = ProcLocked::assume(td.proc());
        suspend::run_flash(td, &pl);
        pl.keep_held();
    }
}

/// Lets the threads of a process go after a stop (reference line 1635).
///
/// # Safety
///
/// PL and SL of `p` are held, on return too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_unsuspend(p: *mut proc_) {
    // SAFETY: by the caller's contract.
    let (pl, mut sl) = unsafe {
        let p = Proc::from_raw(p);
        (ProcLocked::assume(p), ProcSlocked::assume(p))
    };
    single::unsuspend(&pl, &mut sl);
    pl.keep_held();
    sl.keep_held();
}

/// Ends single-threading (reference line 1673).
///
/// # Safety
///
/// PL of `p` is held, on return too, and SL is not.  `p` is single-threaded in
/// that mode, by the current thread unless that is `SINGLE_ALLPROC`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn thread_single_end(p: *mut proc_, mode: c_int) {
    // SAFETY: by the caller's contract.
    let pl = single::single_end(unsafe { ProcLocked::assume(Proc::from_raw(p)) }, mode);
    pl.keep_held();
}

/// The thread of that id with PL held, or NULL (reference line 1775).
///
/// # Safety
///
/// No process lock is held; may sleep.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tdfind(tid: lwpid_t, pid: pid_t) -> *mut thread {
    match tidhash::find(Lwpid(tid), pid) {
        Some((td, pl)) => {
            pl.keep_held();
            td.as_ptr()
        }
        None => ptr::null_mut(),
    }
}

/// Puts a thread into the thread hash (reference line 1809).
///
/// # Safety
///
/// `td` is linked, has an id, and is not in the hash.  May sleep.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tidhash_add(td: *mut thread) {
    // SAFETY: by the caller's contract.
    unsafe { tidhash::add(Thread::from_raw(td)) }
}

/// Takes a thread out of the thread hash (reference line 1817).
///
/// # Safety
///
/// `td` is in the hash.  May sleep.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tidhash_remove(td: *mut thread) {
    // SAFETY: by the caller's contract.
    unsafe { tidhash::remove(Thread::from_raw(td)) }
}
