//! The thread's side of umtx(2): the queue entry that each thread owns, and
//! the checks that a thread comes and goes without a trace in it.

use core::ffi::c_int;
use core::ptr;

use crate::kern::{malloc, uma};
use crate::machine::api::{Kind, fail, name_of, point};
use crate::sys::{KT_PRI_MAX, M_WAITOK, M_ZERO, malloc_type, thread, umtx_q, umtxq_queue};

static mut M_UMTX: [malloc_type; 1] = [malloc::new_type(c"umtx")];

fn require(holds: bool, td: *mut thread, what: &str) {
    if !holds {
        fail(
            Kind::Invariant,
            format!("umtx of {}: {what}", name_of(td.addr())),
        );
    }
}

/// # Safety
/// `td` is a thread structure that nobody else knows yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn umtx_thread_init(td: *mut thread) {
    point("umtx_thread_init", &[td.addr()]);
    let flags = (M_WAITOK | M_ZERO) as c_int;
    let entry =
        malloc::fbsd_malloc(size_of::<umtx_q>(), (&raw mut M_UMTX).cast(), flags).cast::<umtx_q>();
    // SAFETY: the blocks are ours and have these sizes; `td` is the caller's.
    unsafe {
        let contested = &raw mut (*entry).uq_pi_contested;
        (*contested).tqh_first = ptr::null_mut();
        (*contested).tqh_last = &raw mut (*contested).tqh_first;
        (*entry).uq_spare_queue =
            malloc::fbsd_malloc(size_of::<umtxq_queue>(), (&raw mut M_UMTX).cast(), flags).cast();
        (*entry).uq_thread = td;
        (*td).td_umtxq = entry;
    }
}

/// # Safety
/// `td` was initialised by [`umtx_thread_init`] and is given up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn umtx_thread_fini(td: *mut thread) {
    point("umtx_thread_fini", &[td.addr()]);
    // SAFETY: the caller's promise.
    unsafe {
        let entry = (*td).td_umtxq;
        require(!entry.is_null(), td, "no queue entry");
        malloc::fbsd_free((*entry).uq_spare_queue.cast(), (&raw mut M_UMTX).cast());
        malloc::fbsd_free(entry.cast(), (&raw mut M_UMTX).cast());
        (*td).td_umtxq = ptr::null_mut();
    }
}

/// # Safety
/// `td` was initialised and is being allocated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn umtx_thread_alloc(td: *mut thread) {
    point("umtx_thread_alloc", &[td.addr()]);
    uma::assert_live(td.cast(), "umtx_thread_alloc");
    // SAFETY: the caller's promise; nobody else uses the entry.
    unsafe {
        let entry = (*td).td_umtxq;
        require(!entry.is_null(), td, "no queue entry");
        (*entry).uq_inherited_pri = KT_PRI_MAX as u8;
        require((*entry).uq_flags == 0, td, "uq_flags is not 0");
        require((*entry).uq_thread == td, td, "uq_thread is another thread");
        require((*entry).uq_pi_blocked.is_null(), td, "uq_pi_blocked is set");
        require(
            (*entry).uq_pi_contested.tqh_first.is_null(),
            td,
            "uq_pi_contested is not empty",
        );
    }
}

/// A thread that dies gives up what it owns.  The mutexes of user mode that a
/// simulated thread may own need no cleaning; what matters is that the call
/// comes where it may fault and sleep.
///
/// # Safety
/// `td` is the current thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn umtx_thread_exit(td: *mut thread) {
    point("umtx_thread_exit", &[td.addr()]);
    uma::assert_live(td.cast(), "umtx_thread_exit");
    malloc::assert_may_sleep("umtx_thread_exit");
    // SAFETY: the caller's promise.
    unsafe {
        let entry = (*td).td_umtxq;
        require((*entry).uq_flags == 0, td, "exits while it is queued");
        require(
            c_int::from((*entry).uq_inherited_pri) == KT_PRI_MAX,
            td,
            "was never reset by umtx_thread_alloc",
        );
        (*td).td_rb_list = 0;
        (*td).td_rbp_list = 0;
        (*td).td_rb_inact = 0;
    }
}
