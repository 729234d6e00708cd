//! Critical sections, spin mutexes, and thread locks: the spin mutex of a
//! thread that is another one whenever the thread changes its place.

use std::ffi::{c_char, c_int};
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::lock;
use crate::machine::cpu::curthread;
use crate::machine::point::{misuse, point, spin_until};
use crate::machine::trace::note;
use crate::machine::{allowed, names};
use crate::sys::{self, MTX_SPIN, lock_object, mtx, proc_};

/// The lock of threads that are leaving their CPU: nobody ever owns it.
#[unsafe(no_mangle)]
static mut blocked_lock: mtx = mtx {
    lock_object: lock_object {
        lo_name: c"blocked lock".as_ptr(),
        lo_flags: MTX_SPIN,
        lo_data: 0,
        lo_witness: ptr::null_mut(),
    },
    // An owner that no thread is, as in the kernel.
    mtx_lock: 0xdead_c0de,
};

/// [`blocked_lock`]'s address.
#[inline]
pub fn blocked() -> *mut mtx {
    &raw mut blocked_lock
}

/// The mutex that has this lock word.
#[inline]
pub fn of_word(word: *mut usize) -> *mut mtx {
    word.wrapping_byte_sub(offset_of!(mtx, mtx_lock)).cast()
}

/// The lock word as an atomic.
#[inline]
pub unsafe fn word<'a>(m: *mut mtx) -> &'a AtomicUsize {
    AtomicUsize::from_ptr(&raw mut (*m).mtx_lock)
}

/// Enters a section without preemption.
#[inline]
pub unsafe fn critical_enter() {
    (*curthread()).td_critnest += 1;
}

/// Leaves it.
#[inline]
pub unsafe fn critical_exit() {
    let td = curthread();
    if (*td).td_critnest == 0 {
        misuse("critical_exit without critical_enter".to_string());
    }
    (*td).td_critnest -= 1;
}

/// Blocks interrupts and preemption, nestable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spinlock_enter() {
    let td = curthread();
    if (*td).td_md.md_spinlock_count == 0 {
        (*td).td_md.md_spinlock_count = 1;
        critical_enter();
    } else {
        (*td).td_md.md_spinlock_count += 1;
    }
}

/// The inverse; a scheduling point, since the object releases spin locks
/// inline just before it calls this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn spinlock_exit() {
    leave();
    lock::prune();
    point("spinlock_exit", &[]);
}

/// spinlock_exit() without being a scheduling point.
pub unsafe fn leave() {
    let td = curthread();
    if (*td).td_md.md_spinlock_count <= 0 {
        misuse("spinlock_exit without spinlock_enter".to_string());
    }
    (*td).td_md.md_spinlock_count -= 1;
    if (*td).td_md.md_spinlock_count == 0 {
        critical_exit();
    }
}

/// Takes a spin mutex.
pub unsafe fn mtx_lock_spin(m: *mut mtx) {
    spinlock_enter();
    acquire(m);
}

/// Takes a spin mutex inside spinlock_enter(): recursion counts.
unsafe fn acquire(m: *mut mtx) {
    point("mtx_lock_spin", &[m as usize]);
    acquire_quietly(m);
}

/// The same without a scheduling point before it.
unsafe fn acquire_quietly(m: *mut mtx) {
    let td = curthread() as usize;
    loop {
        match word(m).compare_exchange(
            sys::KT_MTX_UNOWNED,
            td,
            Ordering::Acquire,
            Ordering::Relaxed,
        ) {
            Ok(_) => break,
            Err(owner) if owner == td => {
                (*m).lock_object.lo_data += 1;
                return;
            }
            Err(owner) if owner == sys::KT_MTX_DESTROYED => {
                misuse(format!("locks the destroyed spin mutex {}", lock::name(m)));
            }
            Err(_) => spin_on(m, "spin mutex", || {
                word(m).load(Ordering::Relaxed) == sys::KT_MTX_UNOWNED
            }),
        }
    }
    lock::acquired(m, true);
}

/// Spins because of a lock until `condition` holds, and tells the trace.
pub unsafe fn spin_on(m: *mut mtx, what: &'static str, condition: impl Fn() -> bool) {
    allowed::waits(m as usize);
    note("=spins", &[m as usize]);
    spin_until(what, condition);
    note("=kernel", &[curthread() as usize]);
}

/// Releases a spin mutex and leaves its section.
pub unsafe fn mtx_unlock_spin(m: *mut mtx) {
    release(m);
    spinlock_exit();
}

/// Releases a spin mutex without leaving its section and without a scheduling
/// point: for the middle of a switch.
pub unsafe fn release(m: *mut mtx) {
    if !mtx_owned(m) {
        misuse(format!(
            "unlocks the spin mutex {} that it does not own",
            lock::name(m)
        ));
    }
    if (*m).lock_object.lo_data > 0 {
        (*m).lock_object.lo_data -= 1;
        return;
    }
    lock::released(m);
    word(m).store(sys::KT_MTX_UNOWNED, Ordering::Release);
}

/// Takes a spin mutex without a scheduling point: for the middle of a switch.
pub unsafe fn lock_quietly(m: *mut mtx) {
    spinlock_enter();
    acquire_quietly(m);
}

/// Releases a spin mutex without a scheduling point.
pub unsafe fn unlock_quietly(m: *mut mtx) {
    release(m);
    leave();
}

/// Does the running thread own the mutex, sleep or spin?
#[inline]
pub unsafe fn mtx_owned(m: *mut mtx) -> bool {
    word(m).load(Ordering::Relaxed) & !sys::KT_MTX_FLAGMASK == curthread() as usize
}

/// The slow path of mtx_lock_spin(), inside spinlock_enter(); with lock
/// statistics on also the way of an uncontended lock.
#[unsafe(no_mangle)]
unsafe extern "C" fn _mtx_lock_spin_cookie(c: *mut usize, _v: usize) {
    acquire(of_word(c));
}

/// mtx_lock_spin() under LOCK_DEBUG.
#[unsafe(no_mangle)]
unsafe extern "C" fn __mtx_lock_spin_flags(
    c: *mut usize,
    _opts: c_int,
    _file: *const c_char,
    _line: c_int,
) {
    mtx_lock_spin(of_word(c));
}

/// mtx_unlock_spin() under LOCK_DEBUG.
#[unsafe(no_mangle)]
unsafe extern "C" fn __mtx_unlock_spin_flags(
    c: *mut usize,
    _opts: c_int,
    _file: *const c_char,
    _line: c_int,
) {
    mtx_unlock_spin(of_word(c));
}

/// The thread's lock as it is now.
#[inline]
pub unsafe fn lock_of(td: *mut sys::thread) -> *mut mtx {
    AtomicPtr::from_ptr(&raw mut (*td).td_lock).load(Ordering::Acquire)
}

/// Takes the lock of `td`, whichever it is by the time it is taken.
#[unsafe(no_mangle)]
unsafe extern "C" fn _thread_lock(td: *mut sys::thread) {
    thread_lock(td);
}

/// thread_lock() under LOCK_PROFILING.
#[unsafe(no_mangle)]
unsafe extern "C" fn thread_lock_flags_(
    td: *mut sys::thread,
    _opts: c_int,
    _file: *const c_char,
    _line: c_int,
) {
    thread_lock(td);
}

/// Takes the lock of `td`.
pub unsafe fn thread_lock(td: *mut sys::thread) {
    spinlock_enter();
    point("thread_lock", &[td as usize]);
    take_thread_lock(td);
}

/// The same without a scheduling point before it, inside spinlock_enter().
unsafe fn take_thread_lock(td: *mut sys::thread) {
    loop {
        let m = lock_of(td);
        if m == blocked() {
            spin_on(m, "thread lock of a thread that is leaving its CPU", || {
                lock_of(td) != blocked()
            });
            continue;
        }
        if m.is_null() {
            misuse(format!(
                "thread_lock of {}, which has no lock yet",
                names::of(td as usize)
            ));
        }
        let me = curthread() as usize;
        match word(m).compare_exchange(
            sys::KT_MTX_UNOWNED,
            me,
            Ordering::Acquire,
            Ordering::Relaxed,
        ) {
            Ok(_) => {
                if lock_of(td) == m {
                    lock::acquired(m, true);
                    return;
                }
                word(m).store(sys::KT_MTX_UNOWNED, Ordering::Release);
            }
            Err(owner) if owner == me => {
                (*m).lock_object.lo_data += 1;
                return;
            }
            Err(_) => spin_on(m, "thread lock", || {
                lock_of(td) != m || word(m).load(Ordering::Relaxed) == sys::KT_MTX_UNOWNED
            }),
        }
    }
}

/// Releases the lock that `td` has now.
pub unsafe fn thread_unlock(td: *mut sys::thread) {
    mtx_unlock_spin(lock_of(td));
}

/// Does the running thread own the lock of `td`?
pub unsafe fn thread_locked(td: *mut sys::thread) -> bool {
    mtx_owned(lock_of(td))
}

/// Marks `td` as leaving its place; the lock that it had stays owned and is
/// the caller's to give up.
pub unsafe fn thread_lock_block(td: *mut sys::thread) -> *mut mtx {
    let m = lock_of(td);
    if !mtx_owned(m) {
        misuse(format!(
            "{} is to be moved without its lock",
            names::of(td as usize)
        ));
    }
    AtomicPtr::from_ptr(&raw mut (*td).td_lock).store(blocked(), Ordering::Relaxed);
    m
}

/// Gives a thread that [`thread_lock_block`] marked its new lock.
pub unsafe fn thread_lock_unblock(td: *mut sys::thread, m: *mut mtx) {
    AtomicPtr::from_ptr(&raw mut (*td).td_lock).store(m, Ordering::Release);
}

/// Waits until `td` has left its CPU.
pub unsafe fn thread_lock_block_wait(td: *mut sys::thread) {
    spin_until("thread that is leaving its CPU", || {
        lock_of(td) != blocked()
    });
}

/// Replaces the lock of `td`, which is owned, by `m`, which is owned too, and
/// releases the old one.
pub unsafe fn thread_lock_set(td: *mut sys::thread, m: *mut mtx) {
    let old = lock_of(td);
    if !mtx_owned(old) || !mtx_owned(m) {
        misuse(format!(
            "the lock of {} is replaced without both locks",
            names::of(td as usize)
        ));
    }
    thread_lock_unblock(td, m);
    mtx_unlock_spin(old);
}

/// PROC_SLOCK.
pub unsafe fn proc_slock(p: *mut proc_) {
    mtx_lock_spin(&raw mut (*p).p_slock);
}

/// PROC_SUNLOCK.
pub unsafe fn proc_sunlock(p: *mut proc_) {
    mtx_unlock_spin(&raw mut (*p).p_slock);
}

/// Is PROC_SLOCK owned?
pub unsafe fn proc_slocked(p: *mut proc_) -> bool {
    mtx_owned(&raw mut (*p).p_slock)
}

/// Fails the run if the running thread is in a critical section: it is about
/// to do something that may block.
pub unsafe fn may_block(what: &str) {
    let td = curthread();
    if (*td).td_critnest != 0 {
        misuse(format!(
            "{what} with a spin lock or critical section held{}",
            lock::list_held(td)
        ));
    }
}

/// Fails the run unless `td`'s lock is owned.
pub unsafe fn assert_thread_locked(td: *mut sys::thread, what: &str) {
    if !thread_locked(td) {
        misuse(format!(
            "{what} without the thread lock of {}",
            names::of(td as usize)
        ));
    }
}
