//! Callouts, tasks, event handlers and sysctl variables: the object registers
//! some, and the cases call them.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::{arena, lock};
use crate::sys::{callout, eventhandler_list, sysctl_oid, task};

#[unsafe(no_mangle)]
unsafe extern "C" fn callout_init(c: *mut callout, _mpsafe: c_int) {
    ptr::write_bytes(c, 0, 1);
}

#[unsafe(no_mangle)]
extern "C" fn callout_reset_sbt_on(
    _c: *mut callout,
    _sbt: i64,
    _precision: i64,
    _function: *mut c_void,
    _argument: *mut c_void,
    _cpu: c_int,
    _flags: c_int,
) -> c_int {
    0
}

/// No callout is ever armed.
#[unsafe(no_mangle)]
unsafe extern "C" fn _callout_stop_safe(
    c: *mut callout,
    _flags: c_int,
    _drain: *mut c_void,
) -> c_int {
    c_int::from((&raw const (*c).c_iflags).read_volatile() != 0)
}

/// The queue that the object uses.
#[unsafe(no_mangle)]
static taskqueue_thread: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

/// The function that reaps, which the object hands over as a task.
static REAP: AtomicUsize = AtomicUsize::new(0);

#[unsafe(no_mangle)]
unsafe extern "C" fn taskqueue_enqueue(_queue: *mut c_void, t: *mut task) -> c_int {
    if let Some(function) = (*t).ta_func {
        REAP.store(function as usize, Ordering::Relaxed);
        function((*t).ta_context, 1);
    }
    0
}

#[unsafe(no_mangle)]
extern "C" fn taskqueue_drain(_queue: *mut c_void, _t: *mut task) {}

#[unsafe(no_mangle)]
extern "C" fn quiesce_all_cpus(_message: *const c_char, _priority: c_int) -> c_int {
    0
}

/// Reaps all zombies, as the kernel's task does every few seconds.
///
/// # Safety
/// After boot; no locks held.
#[inline(always)]
pub unsafe fn reap() {
    let function = REAP.load(Ordering::Relaxed);
    // SAFETY: the task's function.
    let function: unsafe extern "C" fn(*mut c_void, c_int) = std::mem::transmute(function);
    function(ptr::null_mut(), 1);
}

/// A list of event handlers, empty as in most kernels.
#[unsafe(no_mangle)]
extern "C" fn eventhandler_create_list(name: *const c_char) -> *mut eventhandler_list {
    let list = arena::permanent(size_of::<eventhandler_list>(), 64).cast::<eventhandler_list>();
    // SAFETY: the block has the size of a list, which may be zeros, and is
    // nobody else's.
    unsafe {
        (*list).el_name = name.cast_mut();
        (*list).el_lock = lock::new(c"eventhandler list", 0);
        let entries = &raw mut (*list).el_entries;
        (*entries).tqh_last = &raw mut (*entries).tqh_first;
    }
    list
}

#[unsafe(no_mangle)]
extern "C" fn eventhandler_prune_list(_list: *mut eventhandler_list) {}

/// The node that the object's variable hangs on.
#[unsafe(no_mangle)]
// SAFETY: a node of zeros has no parent, no children and no handler.
static mut sysctl___kern: sysctl_oid = unsafe { std::mem::zeroed() };

/// Nobody reads variables.
#[unsafe(no_mangle)]
extern "C" fn sysctl_handle_int(
    _oid: *mut sysctl_oid,
    _arg1: *mut c_void,
    _arg2: i64,
    _request: *mut c_void,
) -> c_int {
    0
}
