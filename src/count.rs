//! How many threads there are, and the limit: who may have an id.
//!
//! Counted is every thread that has an id: live ones, the last one of each
//! process that waits in its zone, and zombies.
//!
//! * [`beside_ids`]: the count is guarded by the ids' lock, which is taken for
//!   the id anyway;
//! * [`apart`]: the count is an atomic variable, as in the C file.  The feature
//!   `c-algorithms` has this one.
//!
//! Ports `thread_count_inc_try` to `thread_count_dec` (reference lines
//! 157-161, 175-227).

#[cfg(feature = "c-algorithms")]
mod apart;
#[cfg(not(feature = "c-algorithms"))]
mod beside_ids;

#[cfg(feature = "c-algorithms")]
use self::apart as how;
#[cfg(not(feature = "c-algorithms"))]
use self::beside_ids as how;
#[cfg(feature = "c-algorithms")]
pub use self::how::sub;
pub use self::how::{leave, leave_batch};
use crate::kpi::cell::Global;
use crate::kpi::{sys, vars};
use crate::reap;
use crate::thread::Thread;
use crate::tid::{self, Lwpid};
use core::ffi::c_int;

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

/// Is one of the last threads, if so many are counted with it, the superuser's?
#[inline(always)]
fn is_reserved(count: c_int) -> bool {
    count >= maxthread().wrapping_sub(RESERVED)
}

/// Are so many too many, whoever asks?
#[inline(always)]
fn is_too_many(count: c_int) -> bool {
    count >= maxthread()
}

/// Is the current thread privileged to create one of the last threads?
fn may_use_reserve() -> bool {
    let td = Thread::current();
    // SAFETY: the current thread's own credentials.
    unsafe { sys::priv_check_cred((*td.as_ptr()).td_ucred, sys::PRIV_MAXPROC as c_int) == 0 }
}

/// Counts a new thread and gives it its id; reaps first, everywhere if need be.
///
/// `None`: the limit is reached; that is said at most once a second.  No locks
/// held; may sleep.
#[inline(always)]
#[doc(alias = "thread_count_inc")]
pub fn admit() -> Option<Lwpid> {
    reap::reap_local();
    how::try_admit().or_else(admit_after_all)
}

/// [`admit`] for thread0, at boot: not another copy of the way that is to be fast.
///
/// As in C it gets an id even if it is refused.  C looks for threads to reap first,
/// too: none has exited yet.
#[inline(always)]
pub fn admit_thread0() -> Lwpid {
    how::try_admit_seldom().unwrap_or_else(refused_thread0)
}

/// [`admit_thread0`], where there was no room.
#[cold]
#[inline(never)]
fn refused_thread0() -> Lwpid {
    admit_after_all().unwrap_or_else(tid::alloc)
}

/// Goes on with [`admit`] where there was no room.
#[cold]
#[inline(never)]
fn admit_after_all() -> Option<Lwpid> {
    reap::reap_all();
    let tid = how::try_admit_seldom();
    if tid.is_none() {
        complain();
    }
    tid
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

#[cfg(test)]
pub(crate) mod tests;
