//! Reader-writer locks, on the kernel's own lock words: the object takes a free
//! one for writing inline.  A writer that finds readers holds new ones off by
//! the spinner's bit, as the kernel's adaptive locks do.

use std::ffi::{c_char, c_int};
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::lock::pause;
use crate::machine::cpu::curthread;
use crate::sys::{self, lock_object, rwlock};

const READ: usize = sys::RW_LOCK_READ as usize;
const SPINNER: usize = sys::RW_LOCK_WRITE_SPINNER as usize;
const ONE_READER: usize = sys::KT_RW_ONE_READER;
const FREE: usize = sys::KT_RW_UNLOCKED;

fn of_word(word: *mut usize) -> *mut rwlock {
    word.wrapping_byte_sub(offset_of!(rwlock, rw_lock)).cast()
}

#[inline(always)]
unsafe fn word<'a>(rw: *mut rwlock) -> &'a AtomicUsize {
    AtomicUsize::from_ptr(&raw mut (*rw).rw_lock)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _rw_init_flags(c: *mut usize, name: *const c_char, _opts: c_int) {
    let rw = of_word(c);
    (*rw).lock_object = lock_object {
        lo_name: name,
        lo_flags: sys::LO_INITIALIZED,
        lo_data: 0,
        lo_witness: ptr::null_mut(),
    };
    (*rw).rw_lock = FREE;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __rw_rlock_int(rw: *mut rwlock) {
    let mut looks = 0;
    let mut value = word(rw).load(Ordering::Relaxed);
    loop {
        if value & (READ | SPINNER) == READ {
            let more = value + ONE_READER;
            match word(rw).compare_exchange_weak(value, more, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => break,
                Err(now) => value = now,
            }
        } else {
            pause(&mut looks);
            value = word(rw).load(Ordering::Relaxed);
        }
    }
    (*curthread()).td_rw_rlocks += 1;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _rw_runlock_cookie_int(rw: *mut rwlock) {
    let mut value = word(rw).load(Ordering::Relaxed);
    while let Err(now) = word(rw).compare_exchange_weak(
        value,
        value - ONE_READER,
        Ordering::Release,
        Ordering::Relaxed,
    ) {
        value = now;
    }
    (*curthread()).td_rw_rlocks -= 1;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __rw_try_upgrade_int(rw: *mut rwlock) -> c_int {
    let td = curthread();
    let value = word(rw).load(Ordering::Relaxed);
    let upgraded = value & !SPINNER == FREE + ONE_READER
        && word(rw)
            .compare_exchange(value, td as usize, Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
    if upgraded {
        (*td).td_rw_rlocks -= 1;
    }
    c_int::from(upgraded)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __rw_wlock_hard(c: *mut usize, _v: usize) {
    let rw = of_word(c);
    let me = curthread() as usize;
    let mut looks = 0;
    loop {
        let value = word(rw).load(Ordering::Relaxed);
        let next = if value & !SPINNER == FREE {
            me
        } else if value & READ != 0 {
            value | SPINNER
        } else {
            value
        };
        let changed = next != value
            && word(rw)
                .compare_exchange(value, next, Ordering::Acquire, Ordering::Relaxed)
                .is_ok();
        if changed && next == me {
            return;
        }
        pause(&mut looks);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __rw_wunlock_hard(c: *mut usize, _v: usize) {
    word(of_word(c)).store(FREE, Ordering::Release);
}
