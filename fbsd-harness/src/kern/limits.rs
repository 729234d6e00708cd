//! Resource limits: `struct plimit`, shared by processes and threads and
//! replaced as a whole when one of them changes.

use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::{AtomicI32, Ordering};

use crate::kern::{cred, malloc, uma};
use crate::machine::api::{
    Kind, curthread, fail, point, proc_lock, proc_locked, proc_unlock, register_name,
};
use crate::object::thread_cow_synced;
use crate::sys::{M_WAITOK, M_ZERO, limbatch, malloc_type, plimit, proc_, rlimit, thread};

static mut M_PLIMIT: [malloc_type; 1] = [malloc::new_type(c"plimit")];

fn require(holds: bool, what: &str) {
    if !holds {
        fail(Kind::Invariant, format!("limits: {what}"));
    }
}

/// The reference count of a set of limits.
///
/// # Safety
/// `limits` is a set of limits that the caller has a reference to.
unsafe fn count<'a>(limits: *mut plimit) -> &'a AtomicI32 {
    // SAFETY: the caller's promise; the count is only used as an atomic.
    unsafe { AtomicI32::from_ptr(&raw mut (*limits).pl_refcnt) }
}

/// New limits, all zero, with one reference.
#[unsafe(no_mangle)]
pub extern "C" fn lim_alloc() -> *mut plimit {
    let limits = malloc::fbsd_malloc(
        size_of::<plimit>(),
        (&raw mut M_PLIMIT).cast(),
        (M_WAITOK | M_ZERO) as c_int,
    )
    .cast::<plimit>();
    // SAFETY: the block has the size of a set of limits and is ours.
    unsafe { (*limits).pl_refcnt = 1 };
    register_name(limits.addr(), size_of::<plimit>(), "limits");
    limits
}

/// Every set of limits that exists.
pub fn all() -> Vec<*mut plimit> {
    malloc::blocks_of((&raw const M_PLIMIT).cast())
        .into_iter()
        .map(<*mut _>::cast)
        .collect()
}

/// # Safety
/// `limits` is a set of limits that has a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lim_hold(limits: *mut plimit) -> *mut plimit {
    point("lim_hold", &[limits.addr()]);
    // SAFETY: the caller's promise.
    let before = unsafe { count(limits) }.fetch_add(1, Ordering::Relaxed);
    require(before > 0, "lim_hold of limits without references");
    limits
}

/// # Safety
/// The caller gives a reference up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lim_free(limits: *mut plimit) {
    point("lim_free", &[limits.addr()]);
    cred::require_unlocked("lim_free");
    // SAFETY: the caller's promise.
    unsafe { drop_references(limits, 1) };
}

/// Drops `n` references and frees the limits with the last one.
///
/// # Safety
/// The caller gives `n` references up.
unsafe fn drop_references(limits: *mut plimit, n: i32) {
    // SAFETY: the caller's promise.
    let before = unsafe { count(limits) }.fetch_sub(n, Ordering::AcqRel);
    require(before >= n, "more references dropped than were taken");
    if before == n {
        // SAFETY: that was the last reference.
        unsafe { malloc::fbsd_free(limits.cast(), (&raw mut M_PLIMIT).cast()) };
    }
}

/// Makes the current thread use its process's limits.  Returns the old ones,
/// for the caller to free, if they differ.
#[unsafe(no_mangle)]
extern "C" fn lim_cowsync() -> *mut plimit {
    let td = curthread();
    point("lim_cowsync", &[td.addr()]);
    // SAFETY: the process of the current thread is locked, so `p_limit` stands
    // still; `td_limit` is the thread's own.
    unsafe {
        let p = (*td).td_proc;
        require(proc_locked(p), "lim_cowsync without the process lock");
        if (*td).td_limit == (*p).p_limit {
            return ptr::null_mut();
        }
        let old = (*td).td_limit;
        (*td).td_limit = lim_hold((*p).p_limit);
        old
    }
}

/// # Safety
/// `batch` is prepared, `td` a dead thread that has limits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn limbatch_add(batch: *mut limbatch, td: *mut thread) {
    point("limbatch_add", &[td.addr()]);
    uma::assert_live(td.cast(), "limbatch_add");
    // SAFETY: the caller's promise.
    unsafe {
        require(
            !(*td).td_limit.is_null(),
            "limbatch_add of a thread without limits",
        );
        if (*batch).limp != (*td).td_limit {
            if !(*batch).limp.is_null() {
                drop_references((*batch).limp, (*batch).count);
            }
            (*batch).limp = (*td).td_limit;
            (*batch).count = 0;
        }
        (*batch).count += 1;
    }
}

/// # Safety
/// `batch` was filled by [`limbatch_add`] and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn limbatch_final(batch: *mut limbatch) {
    point("limbatch_final", &[]);
    // SAFETY: the caller's promise.
    unsafe {
        require(
            !(*batch).limp.is_null() && (*batch).count > 0,
            "limbatch_final of an empty batch",
        );
        drop_references((*batch).limp, (*batch).count);
    }
}

/// What fork does: the child shares the parent's limits.
///
/// # Safety
/// `parent` is locked, `child` not known to others yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lim_fork(parent: *mut proc_, child: *mut proc_) {
    // SAFETY: the caller's promise.
    unsafe { (*child).p_limit = lim_hold((*parent).p_limit) };
}

/// What setrlimit(2) of the current thread does to its process: the process
/// gets a copy of its limits in which one differs, and the thread takes it at
/// once if nothing else changed.
///
/// # Safety
/// The current thread holds no lock; `which` is a resource.
pub unsafe fn setrlimit(which: usize, limit: rlimit) {
    let new = lim_alloc();
    // SAFETY: `new` is ours until it is set, and what belongs to the process
    // is changed with its lock held.
    unsafe {
        let td = curthread();
        let p = (*td).td_proc;
        proc_lock(p);
        let old = (*p).p_limit;
        (*new).pl_rlimit = (*old).pl_rlimit;
        (*new).pl_rlimit[which] = limit;
        (*p).p_limit = new;
        cred::update_cow(p);
        let mut given_up = 1;
        if (*p).p_cowgen.wrapping_sub((*td).td_cowgen) == 1 {
            require(lim_cowsync() == old, "the thread had other limits");
            thread_cow_synced(td);
            given_up = 2;
        }
        proc_unlock(p);
        drop_references(old, given_up);
    }
}
