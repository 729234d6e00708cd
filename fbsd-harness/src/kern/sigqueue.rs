//! Queues of pending signals, and the zone of their records.
//!
//! A queue here is its set of signals: which ones are pending is what decides
//! about sleeping, stopping and dying.  Records (`ksiginfo`) exist for the
//! SIGCHLD of each process, as in the kernel.

use core::ffi::{c_int, c_void};
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

/// Frees a record.
///
/// # Safety
/// `record` came from [`ksiginfo_alloc`] and is given up; NULL is allowed.
pub unsafe fn ksiginfo_free(record: *mut ksiginfo) {
    let zone = KSIGINFO_ZONE.load(Ordering::Acquire);
    // SAFETY: the caller's promise.
    unsafe { uma::uma_zfree_arg(zone, record.cast::<c_void>(), ptr::null_mut()) };
}

fn bit(signal: c_int) -> (usize, u32) {
    let index = signal as usize - 1;
    (index / 32, 1 << (index % 32))
}

/// Is the signal in the set?
pub fn is_member(set: &sigset_t, signal: c_int) -> bool {
    let (word, bit) = bit(signal);
    set.__bits[word] & bit != 0
}

/// Adds the signal to the set.
pub fn insert(set: &mut sigset_t, signal: c_int) {
    let (word, bit) = bit(signal);
    set.__bits[word] |= bit;
}

/// Takes the signal out of the set.
pub fn remove(set: &mut sigset_t, signal: c_int) {
    let (word, bit) = bit(signal);
    set.__bits[word] &= !bit;
}

/// The lowest signal that is in `set` and not in `masked`.
pub fn first(set: &sigset_t, masked: &sigset_t) -> Option<c_int> {
    (0..4).find_map(|word| {
        let bits = set.__bits[word] & !masked.__bits[word];
        (bits != 0).then(|| (word as u32 * 32 + bits.trailing_zeros() + 1) as c_int)
    })
}

/// Makes a signal pending.
///
/// # Safety
/// The process of the queue is locked.
pub unsafe fn sigqueue_add(queue: *mut sigqueue, signal: c_int) {
    // SAFETY: the caller's promise.
    unsafe { insert(&mut (*queue).sq_signals, signal) };
}

/// Makes a signal not pending any more.
///
/// # Safety
/// The process of the queue is locked.
pub unsafe fn sigqueue_delete(queue: *mut sigqueue, signal: c_int) {
    // SAFETY: the caller's promise.
    unsafe {
        remove(&mut (*queue).sq_signals, signal);
        remove(&mut (*queue).sq_kill, signal);
        remove(&mut (*queue).sq_ptrace, signal);
    }
}

/// Empties a queue.
///
/// # Safety
/// The process of the queue is locked, or nobody else knows it.
pub unsafe fn sigqueue_flush(queue: *mut sigqueue) {
    let empty = sigset_t { __bits: [0; 4] };
    // SAFETY: the caller's promise.
    unsafe {
        (*queue).sq_signals = empty;
        (*queue).sq_kill = empty;
        (*queue).sq_ptrace = empty;
        // Records that belong to somebody else stay with their owner.
        let mut record = (*queue).sq_list.tqh_first;
        while !record.is_null() {
            (*record).ksi_sigq = ptr::null_mut();
            record = (*record).ksi_link.tqe_next;
        }
        let list = &raw mut (*queue).sq_list;
        (*list).tqh_first = ptr::null_mut();
        (*list).tqh_last = &raw mut (*list).tqh_first;
    }
}
