//! How many threads there are, and the limit.
//!
//! `nthreads` counts every thread that has an id: live ones, the last one of
//! each process that waits in its zone, and zombies.  It is raised first and
//! lowered again when that was too much, so that it never needs a lock.
//!
//! Ports `thread_count_inc_try` to `thread_count_dec` (reference lines
//! 157-161, 175-227).

use crate::kpi::cell::{CacheLine, Global};
use crate::kpi::{sys, vars};
use crate::reap;
use crate::thread::Thread;
use core::ffi::c_int;
use core::sync::atomic::{AtomicI32, Ordering};

/// `kern.maxthread`: the limit, 0 until the boot has chosen one.  A tunable;
/// read-only once the machine runs.
pub static MAXTHREAD: Global<c_int> = Global::new(0);

/// The most threads there are by default.
const DEFAULT_MAX: c_int = if cfg!(target_pointer_width = "64") {
    1_000_000
} else {
    100_000
};

/// How many threads below the limit only the superuser may create.
const RESERVED: c_int = 100;

/// Threads counted; atomic.
#[unsafe(link_section = ".data.exclusive_cache_line")]
static NTHREADS: CacheLine<c_int> = CacheLine::new(0);

/// The counter, for atomic access.
#[inline(always)]
fn nthreads() -> &'static AtomicI32 {
    // SAFETY: only ever accessed atomically.
    unsafe { AtomicI32::from_ptr(NTHREADS.get()) }
}

/// `maxthread`.
#[inline(always)]
pub fn maxthread() -> c_int {
    // SAFETY: written by the tunable's fetch and threadinit() alone, both
    // before there is a second thread.
    unsafe { *MAXTHREAD.get() }
}

/// Chooses the limit unless a tunable has.
///
/// # Safety
///
/// Called once, at boot.
pub unsafe fn init_limit() {
    if maxthread() == 0 {
        let wanted = vars::maxproc().wrapping_mul(vars::max_threads_per_proc());
        // SAFETY: by the caller's contract nobody reads it meanwhile.
        unsafe { *MAXTHREAD.get() = wanted.min(DEFAULT_MAX) }
    }
}

/// Counts a thread if the limit, or the reserve, allows it.
#[doc(alias = "thread_count_inc_try")]
fn try_inc() -> bool {
    let count = nthreads().fetch_add(1, Ordering::Relaxed).wrapping_add(1);
    if count >= maxthread().wrapping_sub(RESERVED) && (!may_use_reserve() || count >= maxthread()) {
        nthreads().fetch_sub(1, Ordering::Relaxed);
        return false;
    }
    true
}

/// Is the current thread privileged to create one of the last threads?
fn may_use_reserve() -> bool {
    let td = Thread::current();
    // SAFETY: the current thread's own credentials.
    unsafe { sys::priv_check_cred((*td.as_ptr()).td_ucred, sys::PRIV_MAXPROC as c_int) == 0 }
}

/// Counts a new thread; reaps first, everywhere if need be.
///
/// No locks held; may sleep.  Says at most once a second that the limit is
/// reached.
#[doc(alias = "thread_count_inc")]
pub fn inc() -> bool {
    reap::reap_local();
    if try_inc() {
        return true;
    }
    reap::reap_all();
    if try_inc() {
        return true;
    }
    complain();
    false
}

/// When the limit was last complained of, and how often since; races make a
/// message too many or too few.
static LAST_FAIL: Global<sys::timeval> = Global::new(sys::timeval {
    tv_sec: 0,
    tv_usec: 0,
});
/// See [`LAST_FAIL`].
static CUR_FAIL: Global<c_int> = Global::new(0);

/// The message of the limit, rate-limited.
#[cold]
fn complain() {
    // SAFETY: eventratecheck() copes with racing callers, as it does in C;
    // the current thread's credentials and process are its own.
    unsafe {
        if sys::eventratecheck(LAST_FAIL.get(), CUR_FAIL.get(), 1) != 0 {
            let td = Thread::current();
            crate::kprintf!(
                c"maxthread limit exceeded by uid %u (pid %d); consider increasing kern.maxthread\n",
                (*(*td.as_ptr()).td_ucred).cr_ruid,
                td.proc().pid(),
            );
        }
    }
}

/// Uncounts `n` threads.
#[inline(always)]
#[doc(alias = "thread_count_sub")]
pub fn sub(n: c_int) {
    nthreads().fetch_sub(n, Ordering::Relaxed);
}

/// Uncounts one thread.
#[inline(always)]
#[doc(alias = "thread_count_dec")]
pub fn dec() {
    sub(1);
}

#[cfg(test)]
pub(crate) mod tests;
