//! Mutexes and thread locks, on the kernel's own lock words: the object takes
//! a free mutex inline.  Who waits spins, and lets other host threads run after
//! a while, since the owner's may have been preempted.

use std::ffi::{CStr, c_char, c_int};
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use crate::machine::cpu::curthread;
use crate::sys::{self, lock_object, mtx, proc_, thread};

/// Lock statistics, which would make the object call the slow paths.
#[unsafe(no_mangle)]
static lockstat_enabled: AtomicBool = AtomicBool::new(false);

/// The lock that entry points must not own.
#[unsafe(no_mangle)]
static mut Giant: mtx = new(c"Giant", 0);

/// Looks at a lock before a waiter lets other host threads run.
const PATIENCE: u32 = 2000;

/// A free mutex.
pub const fn new(name: &'static CStr, flags: u32) -> mtx {
    mtx {
        lock_object: lock_object {
            lo_name: name.as_ptr(),
            lo_flags: flags | sys::LO_INITIALIZED,
            lo_data: 0,
            lo_witness: ptr::null_mut(),
        },
        mtx_lock: sys::KT_MTX_UNOWNED,
    }
}

/// One more look at a lock in vain.
#[inline]
pub fn pause(looks: &mut u32) {
    *looks += 1;
    if (*looks).is_multiple_of(PATIENCE) {
        std::thread::yield_now();
    } else {
        std::hint::spin_loop();
    }
}

#[inline(always)]
unsafe fn word<'a>(word: *mut usize) -> &'a AtomicUsize {
    AtomicUsize::from_ptr(word)
}

/// Takes a lock word for the running thread; a recursion counts.
#[inline(always)]
unsafe fn acquire(c: *mut usize) {
    let me = curthread() as usize;
    let free = sys::KT_MTX_UNOWNED;
    let taken = word(c).compare_exchange(free, me, Ordering::Acquire, Ordering::Relaxed);
    if taken.is_err() {
        acquire_hard(c, me);
    }
}

#[cold]
unsafe fn acquire_hard(c: *mut usize, me: usize) {
    let free = sys::KT_MTX_UNOWNED;
    let mut looks = 0;
    if word(c).load(Ordering::Relaxed) == me {
        let m: *mut mtx = c.wrapping_byte_sub(offset_of!(mtx, mtx_lock)).cast();
        (*m).lock_object.lo_data += 1;
        return;
    }
    loop {
        if word(c).load(Ordering::Relaxed) == free
            && word(c)
                .compare_exchange(free, me, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
        {
            return;
        }
        pause(&mut looks);
    }
}

/// Releases a lock word, or one of its recursions.
#[inline(always)]
unsafe fn release(m: *mut mtx) {
    if (*m).lock_object.lo_data == 0 {
        word(&raw mut (*m).mtx_lock).store(sys::KT_MTX_UNOWNED, Ordering::Release);
    } else {
        (*m).lock_object.lo_data -= 1;
    }
}

/// mtx_lock().
#[inline(always)]
pub unsafe fn mtx_lock(m: *mut mtx) {
    acquire(&raw mut (*m).mtx_lock);
}

/// mtx_unlock().
#[inline(always)]
pub unsafe fn mtx_unlock(m: *mut mtx) {
    release(m);
}

/// PROC_LOCK.
#[inline(always)]
pub unsafe fn proc_lock(p: *mut proc_) {
    mtx_lock(&raw mut (*p).p_mtx);
}

/// PROC_UNLOCK.
#[inline(always)]
pub unsafe fn proc_unlock(p: *mut proc_) {
    mtx_unlock(&raw mut (*p).p_mtx);
}

/// PROC_SLOCK.
#[inline(always)]
pub unsafe fn proc_slock(p: *mut proc_) {
    spinlock_enter();
    acquire(&raw mut (*p).p_slock.mtx_lock);
}

/// Takes a spin mutex inside a section.
#[inline(always)]
pub unsafe fn spin_acquire(m: *mut mtx) {
    acquire(&raw mut (*m).mtx_lock);
}

/// Releases a spin mutex and stays in the section.
#[inline(always)]
pub unsafe fn spin_release(m: *mut mtx) {
    release(m);
}

/// thread_lock().
#[inline(always)]
pub unsafe fn thread_lock(td: *mut thread) {
    _thread_lock(td);
}

/// thread_unlock().
#[inline(always)]
pub unsafe fn thread_unlock(td: *mut thread) {
    release((*td).td_lock);
    spinlock_exit();
}

/// Gives `td`, whose lock is held, another one, which is held too, and
/// releases the old one.
#[inline(always)]
pub unsafe fn thread_lock_set(td: *mut thread, new: *mut mtx) {
    let old = (*td).td_lock;
    AtomicPtr::from_ptr(&raw mut (*td).td_lock).store(new, Ordering::Release);
    release(old);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn spinlock_enter() {
    let td = curthread();
    if (*td).td_md.md_spinlock_count == 0 {
        (*td).td_md.md_spinlock_count = 1;
        (*td).td_critnest += 1;
    } else {
        (*td).td_md.md_spinlock_count += 1;
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn spinlock_exit() {
    let td = curthread();
    (*td).td_md.md_spinlock_count -= 1;
    if (*td).td_md.md_spinlock_count == 0 {
        (*td).td_critnest -= 1;
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _mtx_lock_spin_cookie(c: *mut usize, _v: usize) {
    acquire(c);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __mtx_lock_sleep(c: *mut usize, _v: usize) {
    acquire(c);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __mtx_unlock_sleep(c: *mut usize, _v: usize) {
    release(c.wrapping_byte_sub(offset_of!(mtx, mtx_lock)).cast());
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _mtx_init(
    c: *mut usize,
    name: *const c_char,
    _type: *const c_char,
    opts: c_int,
) {
    let m: *mut mtx = c.wrapping_byte_sub(offset_of!(mtx, mtx_lock)).cast();
    *m = new(c"", opts as u32);
    (*m).lock_object.lo_name = name;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _thread_lock(td: *mut thread) {
    spinlock_enter();
    let place = AtomicPtr::from_ptr(&raw mut (*td).td_lock);
    loop {
        let m = place.load(Ordering::Acquire);
        acquire(&raw mut (*m).mtx_lock);
        if place.load(Ordering::Relaxed) == m {
            return;
        }
        release(m);
    }
}
