//! Queues of pending signals, empty, and the zone of signal records.
//!
//! What is in a queue is the business of the signal code, which keeps the sets
//! and no records: which signals are pending decides about sleeping, stopping
//! and dying.  Records (`ksiginfo`) exist for the SIGCHLD of each process, as
//! in the kernel.

use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::kern::uma;
use crate::machine::api::point;
use crate::sys::{
    M_NOWAIT, M_WAITOK, M_ZERO, SQ_INIT, ksiginfo, proc_, sigqueue, sigset_t, uma_zone,
};

static KSIGINFO_ZONE: AtomicPtr<uma_zone> = AtomicPtr::new(ptr::null_mut());

/// Makes the zone of records.  Before that, [`ksiginfo_alloc`] gives NULL.
pub fn init() {
    // SAFETY: the name stays, and a zone without functions suits any item.
    let zone = unsafe {
        uma::uma_zcreate(
            c"ksiginfo".as_ptr(),
            size_of::<ksiginfo>(),
            None,
            None,
            None,
            None,
            align_of::<ksiginfo>() as c_int - 1,
            0,
        )
    };
    KSIGINFO_ZONE.store(zone, Ordering::Release);
}

/// # Safety
/// `queue` is memory for a queue that nobody else uses yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigqueue_init(queue: *mut sigqueue, p: *mut proc_) {
    point("sigqueue_init", &[queue.addr(), p.addr()]);
    let empty = sigset_t { __bits: [0; 4] };
    // SAFETY: the caller's promise.
    unsafe {
        (*queue).sq_signals = empty;
        (*queue).sq_kill = empty;
        (*queue).sq_ptrace = empty;
        let list = &raw mut (*queue).sq_list;
        (*list).tqh_first = ptr::null_mut();
        (*list).tqh_last = &raw mut (*list).tqh_first;
        (*queue).sq_proc = p;
        (*queue).sq_flags = SQ_INIT as c_int;
    }
}

/// A zeroed record; NULL only while the zone does not exist.  The caller says
/// with malloc flags whether it can wait.
#[unsafe(no_mangle)]
pub extern "C" fn ksiginfo_alloc(flags: c_int) -> *mut ksiginfo {
    point("ksiginfo_alloc", &[]);
    let zone = KSIGINFO_ZONE.load(Ordering::Acquire);
    if zone.is_null() {
        return ptr::null_mut();
    }
    let wait = flags & (M_WAITOK | M_NOWAIT) as c_int;
    // SAFETY: the zone exists.
    unsafe { uma::uma_zalloc_arg(zone, ptr::null_mut(), wait | M_ZERO as c_int) }.cast()
}
