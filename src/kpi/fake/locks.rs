//! Mutexes, reader/writer locks and the thread lock.
//!
//! Their words are kept as the kernel keeps them, so that what the library
//! does in place and what it has done here can be mixed.  Taking a lock that
//! somebody holds is a deadlock, which no test wants: a hook on the line
//! `lock <name>` can have the holder give it up first.

use super::world::{called, name_of, spin_enter, spin_exit, spinning};
use super::{pcpu, process};
use crate::kpi::sys;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The lock word that a function is given the address of.
unsafe fn word<'a>(c: *const usize) -> &'a AtomicUsize {
    unsafe { AtomicUsize::from_ptr(c.cast_mut()) }
}

/// The current thread, as it stands in a lock word.
fn me() -> usize {
    pcpu::curthread().expose_provenance()
}

/// Does the current thread hold the mutex of that word?
unsafe fn held(c: *const usize) -> bool {
    unsafe { word(c) }.load(Ordering::Relaxed) & !sys::KT_MTX_FLAGMASK == me()
}

/// The lock object in front of a mutex's word.
unsafe fn object(c: *mut usize) -> *mut sys::lock_object {
    unsafe { c.byte_sub(std::mem::offset_of!(sys::mtx, mtx_lock)).cast() }
}

/// Takes a mutex; one that may recurse is taken once more.
unsafe fn take(c: *mut usize) {
    unsafe {
        called(format_args!("lock {}", name_of(c)));
        if held(c) && (*object(c)).lo_flags & RECURSABLE != 0 {
            (*object(c)).lo_data += 1;
            return;
        }
        let taken = word(c).compare_exchange(
            sys::KT_MTX_UNOWNED,
            me(),
            Ordering::Acquire,
            Ordering::Relaxed,
        );
        assert!(taken.is_ok(), "deadlock on {}", name_of(c));
    }
}

/// Gives a mutex up.
unsafe fn give_up(c: *mut usize) {
    unsafe {
        called(format_args!("unlock {}", name_of(c)));
        assert!(held(c), "{} is not held", name_of(c));
        if (*object(c)).lo_data > 0 {
            (*object(c)).lo_data -= 1;
            return;
        }
        word(c).store(sys::KT_MTX_UNOWNED, Ordering::Release);
    }
}

/// `LO_RECURSABLE`.
const RECURSABLE: u32 = 0x0008_0000;

/// Lets a mutex recurse, like `Giant`.
pub fn make_recursable(lock: *mut sys::mtx) {
    unsafe { (*lock).lock_object.lo_flags |= RECURSABLE }
}

/// Does the current thread hold the mutex?
pub fn is_held(lock: *const sys::mtx) -> bool {
    unsafe { held(&raw const (*lock).mtx_lock) }
}

pub unsafe fn _mtx_init(c: *mut usize, name: *const c_char, _type: *const c_char, _opts: c_int) {
    unsafe {
        let name = CStr::from_ptr(name).to_str().expect("names are ASCII");
        process::name_lock(object(c).cast(), name);
        called(format_args!("mtx_init {name}"));
        word(c).store(sys::KT_MTX_UNOWNED, Ordering::Relaxed);
    }
}

#[cfg(not(LOCK_DEBUG))]
pub unsafe fn __mtx_lock_sleep(c: *mut usize, _seen: usize) {
    assert_eq!(spinning(), 0, "a sleep mutex is taken under a spin lock");
    unsafe { take(c) }
}

#[cfg(not(LOCK_DEBUG))]
pub unsafe fn __mtx_unlock_sleep(c: *mut usize, _seen: usize) {
    unsafe { give_up(c) }
}

#[cfg(not(LOCK_DEBUG))]
pub unsafe fn _mtx_lock_spin_cookie(c: *mut usize, _seen: usize) {
    assert!(spinning() > 0, "a spin lock without a critical section");
    unsafe { take(c) }
}

pub unsafe fn __mtx_lock_flags(c: *mut usize, _opts: c_int, file: *const c_char, line: c_int) {
    assert_site(file, line);
    assert_eq!(spinning(), 0, "a sleep mutex is taken under a spin lock");
    unsafe { take(c) }
}

pub unsafe fn __mtx_unlock_flags(c: *mut usize, _opts: c_int, file: *const c_char, line: c_int) {
    assert_site(file, line);
    unsafe { give_up(c) }
}

pub unsafe fn __mtx_lock_spin_flags(c: *mut usize, _opts: c_int, file: *const c_char, line: c_int) {
    assert_site(file, line);
    spin_enter();
    unsafe { take(c) }
}

pub unsafe fn __mtx_unlock_spin_flags(
    c: *mut usize,
    _opts: c_int,
    file: *const c_char,
    line: c_int,
) {
    assert_site(file, line);
    unsafe { give_up(c) }
    spin_exit();
}

/// `mtx_assert`: fails with the kernel's texts.
pub unsafe fn __mtx_assert(c: *const usize, what: c_int, file: *const c_char, line: c_int) {
    assert_site(file, line);
    let held = unsafe { held(c) };
    match what {
        sys::KT_MA_OWNED => assert!(held, "mutex {} not owned", name_of(c)),
        sys::KT_MA_NOTOWNED => assert!(!held, "mutex {} owned", name_of(c)),
        _ => panic!("mtx_assert of {what}"),
    }
}

/// Calls that carry a place carry one of the library's, or none where the
/// kernel keeps none.
fn assert_site(file: *const c_char, line: c_int) {
    if cfg!(not(LOCK_DEBUG)) {
        assert!(file.is_null() && line == 0);
        return;
    }
    // SAFETY: a literal of the library.
    let file = unsafe { CStr::from_ptr(file) }.to_str().expect("a path");
    assert!(file.ends_with(".rs") && line > 0, "{file}:{line}");
}

/// The place at which the fake `witness(4)` says that a lock was taken.
#[cfg(WITNESS)]
const WITNESSED: (&CStr, c_int) = (c"witnessed", 42);

#[cfg(WITNESS)]
pub unsafe fn witness_save(
    lock: *mut sys::lock_object,
    file: *mut *const c_char,
    line: *mut c_int,
) {
    called(format_args!("witness_save {}", name_of(lock)));
    unsafe { (*file, *line) = (WITNESSED.0.as_ptr(), WITNESSED.1) }
}

#[cfg(WITNESS)]
pub unsafe fn witness_restore(lock: *mut sys::lock_object, file: *const c_char, line: c_int) {
    called(format_args!("witness_restore {}", name_of(lock)));
    assert_eq!((unsafe { CStr::from_ptr(file) }, line), WITNESSED);
}

#[cfg(WITNESS)]
pub unsafe fn witness_thread_exit(td: *mut sys::thread) {
    called(format_args!("witness_thread_exit {}", name_of(td)));
}

pub unsafe fn spinlock_enter() {
    spin_enter();
}

pub unsafe fn spinlock_exit() {
    spin_exit();
}

#[cfg(not(LOCK_DEBUG))]
pub unsafe fn _thread_lock(td: *mut sys::thread) {
    unsafe { take_thread_lock(td) }
}

#[cfg(LOCK_DEBUG)]
pub unsafe fn _thread_lock(td: *mut sys::thread, _opts: c_int, file: *const c_char, line: c_int) {
    assert_site(file, line);
    unsafe { take_thread_lock(td) }
}

/// Takes whatever lock the thread has.
pub(super) unsafe fn take_thread_lock(td: *mut sys::thread) {
    spin_enter();
    unsafe { take(&raw mut (*(*td).td_lock).mtx_lock) }
}

/// Gives the thread lock up where a callee does that, which is no call.
pub(super) unsafe fn drop_thread_lock(td: *mut sys::thread) {
    unsafe {
        let c = &raw mut (*(*td).td_lock).mtx_lock;
        assert!(held(c), "{} is not held", name_of(c));
        word(c).store(sys::KT_MTX_UNOWNED, Ordering::Release);
    }
    spin_exit();
}

pub unsafe fn _sleep(
    chan: *const c_void,
    lock: *mut sys::lock_object,
    _pri: c_int,
    wmesg: *const c_char,
    _sbt: sys::sbintime_t,
    _pr: sys::sbintime_t,
    _flags: c_int,
) -> c_int {
    assert_eq!(spinning(), 0, "a sleep under a spin lock");
    unsafe {
        let wmesg = CStr::from_ptr(wmesg).to_str().expect("texts are ASCII");
        let c = &raw mut (*lock.cast::<sys::mtx>()).mtx_lock;
        assert!(held(c), "{} is not held", name_of(c));
        word(c).store(sys::KT_MTX_UNOWNED, Ordering::Release);
        let woken = called(format_args!("sleep {} {wmesg}", name_of(chan)));
        assert!(woken, "nobody wakes the sleeper on {}", name_of(chan));
        word(c).store(me(), Ordering::Relaxed);
    }
    0
}

pub unsafe fn wakeup(chan: *const c_void) {
    called(format_args!("wakeup {}", name_of(chan)));
}

pub unsafe fn _rw_init_flags(c: *mut usize, name: *const c_char, _opts: c_int) {
    unsafe {
        let name = CStr::from_ptr(name).to_str().expect("names are ASCII");
        called(format_args!("rw_init {name}"));
        word(c).store(sys::KT_RW_UNLOCKED, Ordering::Relaxed);
    }
}

/// A reader's share of the lock word: `RW_ONE_READER`.
const ONE_READER: usize = 1 << 5;

#[cfg(not(LOCK_DEBUG))]
pub unsafe fn __rw_rlock_int(rw: *mut sys::rwlock) {
    unsafe { read_lock(&raw mut (*rw).rw_lock) }
}

pub unsafe fn __rw_rlock(c: *mut usize, file: *const c_char, line: c_int) {
    assert_site(file, line);
    unsafe { read_lock(c) }
}

unsafe fn read_lock(c: *mut usize) {
    called("rlock");
    let seen = unsafe { word(c) }.fetch_add(ONE_READER, Ordering::Acquire);
    assert!(seen & sys::KT_RW_UNLOCKED != 0, "deadlock on a stripe");
}

#[cfg(not(LOCK_DEBUG))]
pub unsafe fn _rw_runlock_cookie_int(rw: *mut sys::rwlock) {
    unsafe { read_unlock(&raw mut (*rw).rw_lock) }
}

pub unsafe fn _rw_runlock_cookie(c: *mut usize, file: *const c_char, line: c_int) {
    assert_site(file, line);
    unsafe { read_unlock(c) }
}

unsafe fn read_unlock(c: *mut usize) {
    called("runlock");
    let seen = unsafe { word(c) }.fetch_sub(ONE_READER, Ordering::Release);
    assert!(
        seen & sys::KT_RW_UNLOCKED != 0 && seen >= ONE_READER,
        "the stripe is not read-locked"
    );
}

#[cfg(not(LOCK_DEBUG))]
pub unsafe fn __rw_try_upgrade_int(rw: *mut sys::rwlock) -> c_int {
    unsafe { try_upgrade(&raw mut (*rw).rw_lock) }
}

pub unsafe fn __rw_try_upgrade(c: *mut usize, file: *const c_char, line: c_int) -> c_int {
    assert_site(file, line);
    unsafe { try_upgrade(c) }
}

/// Succeeds for the only reader.
unsafe fn try_upgrade(c: *mut usize) -> c_int {
    called("try_upgrade");
    let alone = ONE_READER | sys::KT_RW_UNLOCKED;
    unsafe { word(c) }
        .compare_exchange(alone, me(), Ordering::Acquire, Ordering::Relaxed)
        .is_ok()
        .into()
}

#[cfg(not(LOCK_DEBUG))]
pub unsafe fn __rw_wlock_hard(c: *mut usize, _seen: usize) {
    unsafe { write_lock(c) }
}

pub unsafe fn _rw_wlock_cookie(c: *mut usize, file: *const c_char, line: c_int) {
    assert_site(file, line);
    unsafe { write_lock(c) }
}

unsafe fn write_lock(c: *mut usize) {
    called("wlock");
    let taken = unsafe { word(c) }.compare_exchange(
        sys::KT_RW_UNLOCKED,
        me(),
        Ordering::Acquire,
        Ordering::Relaxed,
    );
    assert!(taken.is_ok(), "deadlock on a stripe");
}

#[cfg(not(LOCK_DEBUG))]
pub unsafe fn __rw_wunlock_hard(c: *mut usize, _seen: usize) {
    unsafe { write_unlock(c) }
}

pub unsafe fn _rw_wunlock_cookie(c: *mut usize, file: *const c_char, line: c_int) {
    assert_site(file, line);
    unsafe { write_unlock(c) }
}

unsafe fn write_unlock(c: *mut usize) {
    called("wunlock");
    let seen = unsafe { word(c) }.swap(sys::KT_RW_UNLOCKED, Ordering::Release);
    assert_eq!(seen, me(), "the stripe is not write-locked");
}
