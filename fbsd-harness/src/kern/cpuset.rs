//! CPU sets: reference-counted, shared by threads.
//!
//! Only the counting matters here; no thread is kept off a CPU by its set.

use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::kern::malloc;
use crate::machine::api::{Kind, curthread, fail, name_of, point, register_name, thread_locked};
use crate::sys::{M_WAITOK, M_ZERO, cpuset, malloc_type};

static mut M_CPUSET: [malloc_type; 1] = [malloc::new_type(c"cpuset")];

/// The reference count of a set.
///
/// # Safety
/// `set` is a set that the caller has a reference to.
unsafe fn count<'a>(set: *mut cpuset) -> &'a AtomicU32 {
    // SAFETY: the caller's promise; the count is only used as an atomic.
    unsafe { AtomicU32::from_ptr(&raw mut (*set).cs_ref) }
}

/// A new set with one reference.
pub fn cpuset_create() -> *mut cpuset {
    let set = malloc::fbsd_malloc(
        size_of::<cpuset>(),
        (&raw mut M_CPUSET).cast(),
        (M_WAITOK | M_ZERO) as c_int,
    )
    .cast::<cpuset>();
    // SAFETY: the block has the size of a set and is ours.
    unsafe { (*set).cs_ref = 1 };
    register_name(set.addr(), size_of::<cpuset>(), "cpuset");
    set
}

/// Every set that exists.
pub fn all() -> Vec<*mut cpuset> {
    malloc::blocks_of((&raw const M_CPUSET).cast())
        .into_iter()
        .map(<*mut _>::cast)
        .collect()
}

/// Takes a reference.
///
/// # Safety
/// `set` is a set that has a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cpuset_ref(set: *mut cpuset) -> *mut cpuset {
    // SAFETY: the caller's promise.
    if unsafe { count(set) }.fetch_add(1, Ordering::Relaxed) == 0 {
        fail(
            Kind::Invariant,
            format!(
                "cpuset_ref of {}, which has no references",
                name_of(set.addr())
            ),
        );
    }
    set
}

/// # Safety
/// The caller gives a reference up.  NULL fails the run.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cpuset_rel(set: *mut cpuset) {
    point("cpuset_rel", &[set.addr()]);
    if set.is_null() {
        fail(Kind::Invariant, "cpuset_rel of NULL".into());
    }
    // SAFETY: curthread is a thread.
    if unsafe { thread_locked(curthread()) } {
        fail(Kind::Lock, "cpuset_rel with a thread lock held".into());
    }
    // SAFETY: the caller's promise.
    match unsafe { count(set) }.fetch_sub(1, Ordering::AcqRel) {
        0 => fail(
            Kind::Invariant,
            format!(
                "cpuset_rel of {}, which has no references",
                name_of(set.addr())
            ),
        ),
        // SAFETY: that was the last reference.
        1 => unsafe { malloc::fbsd_free(set.cast(), (&raw mut M_CPUSET).cast()) },
        _ => {}
    }
}

/// The set that a new thread shares with the one that makes it; NULL if that
/// one has none.
///
/// # Safety
/// `set` is NULL or a set that has a reference.
pub unsafe fn cpuset_inherit(set: *mut cpuset) -> *mut cpuset {
    if set.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the caller's promise.
    unsafe { cpuset_ref(set) }
}
