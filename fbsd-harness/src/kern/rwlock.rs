//! Reader-writer locks, on the kernel's own lock words.
//!
//! The tid hash is the only user: nobody sleeps with one held, so waiting means
//! letting others run until the word changes.

use std::ffi::{CStr, c_char, c_int};
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{lock, spin};
use crate::machine::cpu::curthread;
use crate::machine::ext::{Gate, ext};
use crate::machine::point::{misuse, point};
use crate::machine::{allowed, names};
use crate::sys::{self, lock_object, rwlock, thread as Thread};

const READ: usize = sys::RW_LOCK_READ as usize;
const ONE_READER: usize = sys::KT_RW_ONE_READER;
const FREE: usize = sys::KT_RW_UNLOCKED;
const FLAGS: usize = (sys::RW_LOCK_READ
    | sys::RW_LOCK_READ_WAITERS
    | sys::RW_LOCK_WRITE_WAITERS
    | sys::RW_LOCK_WRITE_SPINNER
    | sys::RW_LOCK_WRITER_RECURSED) as usize;

fn of_word(word: *mut usize) -> *mut rwlock {
    word.wrapping_byte_sub(offset_of!(rwlock, rw_lock)).cast()
}

unsafe fn word<'a>(rw: *mut rwlock) -> &'a AtomicUsize {
    AtomicUsize::from_ptr(&raw mut (*rw).rw_lock)
}

unsafe fn name(rw: *mut rwlock) -> String {
    names::of(rw as usize)
}

unsafe fn init(rw: *mut rwlock, name: *const c_char) {
    (*rw).lock_object = lock_object {
        lo_name: name,
        lo_flags: sys::LO_INITIALIZED,
        lo_data: 0,
        lo_witness: ptr::null_mut(),
    };
    word(rw).store(FREE, Ordering::Release);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _rw_init_flags(c: *mut usize, name: *const c_char, _opts: c_int) {
    let rw = of_word(c);
    point("rw_init", &[rw as usize]);
    init(rw, name);
    if !name.is_null() {
        names::register(
            rw as usize,
            size_of::<rwlock>(),
            &CStr::from_ptr(name).to_string_lossy(),
        );
    }
}

/// Lets others run until the lock's word is not `seen`.
unsafe fn wait_change(rw: *mut rwlock, seen: usize) {
    allowed::waits(rw as usize);
    let td = curthread();
    let owner = (seen & !FLAGS) as *mut Thread;
    if seen & READ == 0 && owner == td {
        misuse(format!("waits for the rwlock {} that it owns", name(rw)));
    }
    let changed = || word(rw).load(Ordering::Relaxed) != seen;
    spin::thread_lock(td);
    (*ext(td)).gate = Some(Gate::new("reader-writer lock", &changed));
    super::switch::mi_switch(sys::KT_SW_VOL | sys::KT_SWT_TURNSTILE);
}

/// Takes the lock shared.
pub unsafe fn rw_rlock(rw: *mut rwlock) {
    point("rw_rlock", &[rw as usize]);
    spin::may_block("rw_rlock");
    loop {
        let value = word(rw).load(Ordering::Relaxed);
        if value & READ == 0 {
            wait_change(rw, value);
        } else if word(rw)
            .compare_exchange(
                value,
                value + ONE_READER,
                Ordering::Acquire,
                Ordering::Relaxed,
            )
            .is_ok()
        {
            break;
        }
    }
    (*curthread()).td_rw_rlocks += 1;
}

/// Releases it.
pub unsafe fn rw_runlock(rw: *mut rwlock) {
    loop {
        let value = word(rw).load(Ordering::Relaxed);
        if value & READ == 0 || value < ONE_READER {
            misuse(format!(
                "releases the rwlock {} that nobody reads",
                name(rw)
            ));
        }
        if word(rw)
            .compare_exchange(
                value,
                value - ONE_READER,
                Ordering::Release,
                Ordering::Relaxed,
            )
            .is_ok()
        {
            break;
        }
    }
    (*curthread()).td_rw_rlocks -= 1;
    point("rw_runlock", &[rw as usize]);
}

/// Takes the lock exclusively.
pub unsafe fn rw_wlock(rw: *mut rwlock) {
    point("rw_wlock", &[rw as usize]);
    spin::may_block("rw_wlock");
    let me = curthread() as usize;
    loop {
        let value = word(rw).load(Ordering::Relaxed);
        if value != FREE {
            wait_change(rw, value);
        } else if word(rw)
            .compare_exchange(FREE, me, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
        {
            break;
        }
    }
    lock::acquired(rw.cast(), false);
}

/// Releases it.
pub unsafe fn rw_wunlock(rw: *mut rwlock) {
    if word(rw).load(Ordering::Relaxed) & !FLAGS != curthread() as usize {
        misuse(format!(
            "releases the rwlock {} that it does not own",
            name(rw)
        ));
    }
    lock::released(rw.cast());
    word(rw).store(FREE, Ordering::Release);
    point("rw_wunlock", &[rw as usize]);
}

/// Turns the only reader into the writer.
unsafe fn try_upgrade(rw: *mut rwlock) -> bool {
    point("rw_try_upgrade", &[rw as usize]);
    let td = curthread();
    let upgraded = word(rw)
        .compare_exchange(
            FREE + ONE_READER,
            td as usize,
            Ordering::AcqRel,
            Ordering::Relaxed,
        )
        .is_ok();
    if upgraded {
        (*td).td_rw_rlocks -= 1;
        lock::acquired(rw.cast(), false);
    }
    upgraded
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __rw_rlock_int(rw: *mut rwlock) {
    rw_rlock(rw);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __rw_rlock(c: *mut usize, _file: *const c_char, _line: c_int) {
    rw_rlock(of_word(c));
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _rw_runlock_cookie_int(rw: *mut rwlock) {
    rw_runlock(rw);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _rw_runlock_cookie(c: *mut usize, _file: *const c_char, _line: c_int) {
    rw_runlock(of_word(c));
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __rw_try_upgrade_int(rw: *mut rwlock) -> c_int {
    c_int::from(try_upgrade(rw))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __rw_try_upgrade(c: *mut usize, _file: *const c_char, _line: c_int) -> c_int {
    c_int::from(try_upgrade(of_word(c)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _rw_wlock_cookie(c: *mut usize, _file: *const c_char, _line: c_int) {
    rw_wlock(of_word(c));
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _rw_wunlock_cookie(c: *mut usize, _file: *const c_char, _line: c_int) {
    rw_wunlock(of_word(c));
}

/// The slow path of rw_wlock(); with lock statistics on also the way of an
/// uncontended lock.
#[unsafe(no_mangle)]
unsafe extern "C" fn __rw_wlock_hard(c: *mut usize, _v: usize) {
    rw_wlock(of_word(c));
}

/// The slow path of rw_wunlock().
#[unsafe(no_mangle)]
unsafe extern "C" fn __rw_wunlock_hard(c: *mut usize, _v: usize) {
    rw_wunlock(of_word(c));
}
