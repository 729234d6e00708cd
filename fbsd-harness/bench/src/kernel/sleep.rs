//! Sleeping threads, which cases prepare, and what ends their sleep.

use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::arena;
use super::lock;
use super::sched;
use crate::sys::{
    self, TDF_SINTR, TDF_TIMEOUT, TDI_SLEEPING, TDS_INHIBITED, lock_object, mtx, thread,
};

/// Sleep queue chains; their locks are the thread locks of who sleeps.
const CHAINS: usize = 256;

#[repr(align(64))]
struct Chain(mtx);

static mut LOCKS: [Chain; CHAINS] =
    [const { Chain(lock::new(c"sleepq chain", sys::MTX_SPIN)) }; CHAINS];

/// Room for a sleep queue and for a turnstile.
const QUEUE: usize = 128;

fn queue<T>() -> *mut T {
    arena::permanent(QUEUE, 64).cast()
}

#[unsafe(no_mangle)]
extern "C" fn sleepq_alloc() -> *mut c_void {
    queue()
}

#[unsafe(no_mangle)]
extern "C" fn sleepq_free(_queue: *mut c_void) {}

#[unsafe(no_mangle)]
extern "C" fn turnstile_alloc() -> *mut c_void {
    queue()
}

#[unsafe(no_mangle)]
extern "C" fn turnstile_free(_turnstile: *mut c_void) {}

/// Makes `td` sleep interruptibly, on a channel of its own.
///
/// # Safety
/// `td` runs nowhere and waits on no queue.
pub unsafe fn put_to_sleep(td: *mut thread) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let chain = NEXT.fetch_add(1, Ordering::Relaxed) % CHAINS;
    (*td).td_lock = &raw mut LOCKS[chain].0;
    (*td).td_wchan = td.cast();
    (*td).td_wmesg = c"bench".as_ptr();
    (*td).td_intrval = 0;
    (*td).td_flags |= TDF_SINTR as c_int;
    (*td).td_inhibitors = TDI_SLEEPING as c_int;
    (*td).td_state = TDS_INHIBITED;
}

/// Takes a thread off its queue.  Thread lock held.
unsafe fn remove(td: *mut thread) {
    (*td).td_wmesg = std::ptr::null();
    (*td).td_wchan = std::ptr::null();
    (*td).td_flags &= !((TDF_SINTR | TDF_TIMEOUT) as c_int);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sleepq_abort(td: *mut thread, error: c_int) -> c_int {
    (*td).td_intrval = error;
    remove(td);
    sched::clear_inhibitor(td, TDI_SLEEPING);
    sched::setrunnable(td, 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sleepq_remove_nested(td: *mut thread) {
    lock::thread_lock(td);
    remove(td);
}

/// Nobody sleeps on what the object wakes.
#[unsafe(no_mangle)]
extern "C" fn wakeup(_channel: *const c_void) {}

/// No case makes the object sleep.
#[unsafe(no_mangle)]
extern "C" fn _sleep(
    _channel: *const c_void,
    _lock: *mut lock_object,
    _priority: c_int,
    _message: *const c_char,
    _timeout: sys::sbintime_t,
    _precision: sys::sbintime_t,
    _flags: c_int,
) -> c_int {
    eprintln!("error: the object sleeps, which no case asks for");
    std::process::abort();
}
