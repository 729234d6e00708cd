//! Sleep mutexes, on the kernel's own lock words: the object's inline code
//! takes and releases a free mutex without a call.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;
use std::sync::atomic::Ordering;

use super::{console, lock, spin, thread, turnstile};
use crate::machine::cpu::curthread;
use crate::machine::names;
use crate::machine::point::{misuse, point};
use crate::sys::{self, MTX_RECURSE, lock_object, mtx, proc_, thread as Thread};

/// The lock that entry points must not own.
#[unsafe(no_mangle)]
static mut Giant: mtx = mtx {
    lock_object: lock_object {
        lo_name: c"Giant".as_ptr(),
        lo_flags: sys::LO_RECURSABLE,
        lo_data: 0,
        lo_witness: ptr::null_mut(),
    },
    mtx_lock: sys::KT_MTX_UNOWNED,
};

/// Initialises a mutex; `opts` as mtx_init()'s.
pub unsafe fn mtx_init(m: *mut mtx, name: &'static CStr, opts: u32) {
    init(m, name.as_ptr(), opts);
}

unsafe fn init(m: *mut mtx, name: *const c_char, opts: u32) {
    (*m).lock_object = lock_object {
        lo_name: name,
        lo_flags: (opts & sys::MTX_SPIN)
            | if opts & MTX_RECURSE != 0 {
                sys::LO_RECURSABLE
            } else {
                0
            }
            | sys::LO_INITIALIZED,
        lo_data: 0,
        lo_witness: ptr::null_mut(),
    };
    spin::word(m).store(sys::KT_MTX_UNOWNED, Ordering::Release);
}

/// Ends a mutex's life; it is free.
pub unsafe fn mtx_destroy(m: *mut mtx) {
    if spin::word(m).load(Ordering::Relaxed) != sys::KT_MTX_UNOWNED {
        misuse(format!(
            "destroys the mutex {}, which is owned",
            lock::name(m)
        ));
    }
    (*m).lock_object.lo_flags &= !sys::LO_INITIALIZED;
    spin::word(m).store(sys::KT_MTX_DESTROYED, Ordering::Release);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _mtx_init(
    c: *mut usize,
    name: *const c_char,
    _type: *const c_char,
    opts: c_int,
) {
    let m = spin::of_word(c);
    point("mtx_init", &[m as usize]);
    init(m, name, opts as u32);
    if !name.is_null() {
        names::register(
            m as usize,
            size_of::<mtx>(),
            &CStr::from_ptr(name).to_string_lossy(),
        );
    }
}

/// Takes a sleep mutex, sleeping on its turnstile if the owner is off the CPU.
pub unsafe fn mtx_lock(m: *mut mtx) {
    point("mtx_lock", &[m as usize]);
    spin::may_block("mtx_lock");
    lock::check_before_sleepable(m);
    let td = curthread();
    let me = td as usize;
    let word = spin::word(m);
    loop {
        let value = word.load(Ordering::Relaxed);
        if value == sys::KT_MTX_UNOWNED {
            if word
                .compare_exchange(value, me, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
            {
                break;
            }
            continue;
        }
        if value == sys::KT_MTX_DESTROYED {
            misuse(format!("locks the destroyed mutex {}", lock::name(m)));
        }
        let owner = (value & !sys::KT_MTX_FLAGMASK) as *mut Thread;
        if owner as usize == me {
            if (*m).lock_object.lo_flags & sys::LO_RECURSABLE == 0 {
                misuse(format!("locks the mutex {} that it owns", lock::name(m)));
            }
            (*m).lock_object.lo_data += 1;
            word.fetch_or(sys::KT_MTX_RECURSED, Ordering::Relaxed);
            return;
        }
        if !owner.is_null() && thread::is_running(owner) {
            spin::spin_on(m, "mutex whose owner runs", || {
                let now = word.load(Ordering::Relaxed);
                now & !sys::KT_MTX_FLAGMASK != value & !sys::KT_MTX_FLAGMASK
                    || !thread::is_running(owner)
            });
            continue;
        }
        turnstile::block(m, value);
    }
    lock::acquired(m, false);
}

/// Releases a sleep mutex and wakes those who wait for it.
pub unsafe fn mtx_unlock(m: *mut mtx) {
    if !spin::mtx_owned(m) {
        misuse(format!(
            "unlocks the mutex {} that it does not own",
            lock::name(m)
        ));
    }
    let word = spin::word(m);
    if word.load(Ordering::Relaxed) & sys::KT_MTX_RECURSED != 0 {
        (*m).lock_object.lo_data -= 1;
        if (*m).lock_object.lo_data == 0 {
            word.fetch_and(!sys::KT_MTX_RECURSED, Ordering::Relaxed);
        }
        return;
    }
    lock::released(m);
    let me = curthread() as usize;
    if word
        .compare_exchange(
            me,
            sys::KT_MTX_UNOWNED,
            Ordering::Release,
            Ordering::Relaxed,
        )
        .is_err()
    {
        turnstile::wake_all(m);
    }
    point("mtx_unlock", &[m as usize]);
}

/// The slow path of mtx_lock(); with lock statistics on also the way of an
/// uncontended lock.
#[unsafe(no_mangle)]
unsafe extern "C" fn __mtx_lock_sleep(c: *mut usize, _v: usize) {
    mtx_lock(spin::of_word(c));
}

/// The slow path of mtx_unlock().
#[unsafe(no_mangle)]
unsafe extern "C" fn __mtx_unlock_sleep(c: *mut usize, _v: usize) {
    mtx_unlock(spin::of_word(c));
}

/// mtx_lock() under LOCK_DEBUG or MUTEX_NOINLINE.
#[unsafe(no_mangle)]
unsafe extern "C" fn __mtx_lock_flags(
    c: *mut usize,
    _opts: c_int,
    _file: *const c_char,
    _line: c_int,
) {
    mtx_lock(spin::of_word(c));
}

/// mtx_unlock() under LOCK_DEBUG or MUTEX_NOINLINE.
#[unsafe(no_mangle)]
unsafe extern "C" fn __mtx_unlock_flags(
    c: *mut usize,
    _opts: c_int,
    _file: *const c_char,
    _line: c_int,
) {
    mtx_unlock(spin::of_word(c));
}

/// mtx_assert() under INVARIANTS.
#[unsafe(no_mangle)]
unsafe extern "C" fn __mtx_assert(c: *const usize, what: c_int, file: *const c_char, line: c_int) {
    let m = spin::of_word(c.cast_mut());
    let at = || {
        let file = if file.is_null() {
            c"?"
        } else {
            CStr::from_ptr(file)
        };
        format!("{}:{line}", file.to_string_lossy())
    };
    let name = || {
        let name = (*m).lock_object.lo_name;
        let name = if name.is_null() {
            c"?"
        } else {
            CStr::from_ptr(name)
        };
        name.to_string_lossy().into_owned()
    };
    let owned = spin::mtx_owned(m);
    let kind = what & !(sys::KT_MA_RECURSED | sys::KT_MA_NOTRECURSED);
    if kind == sys::KT_MA_OWNED {
        if !owned {
            console::panic(format!("mutex {} not owned at {}", name(), at()));
        }
        let recursed = (*m).lock_object.lo_data != 0;
        if what & sys::KT_MA_RECURSED != 0 && !recursed {
            console::panic(format!("mutex {} not recursed at {}", name(), at()));
        }
        if what & sys::KT_MA_NOTRECURSED != 0 && recursed {
            console::panic(format!("mutex {} recursed at {}", name(), at()));
        }
    } else if kind == sys::KT_MA_NOTOWNED {
        if owned {
            console::panic(format!("mutex {} owned at {}", name(), at()));
        }
    } else {
        console::panic(format!("unknown mtx_assert at {}", at()));
    }
}

/// PROC_LOCK.
pub unsafe fn proc_lock(p: *mut proc_) {
    mtx_lock(&raw mut (*p).p_mtx);
}

/// PROC_UNLOCK.
pub unsafe fn proc_unlock(p: *mut proc_) {
    mtx_unlock(&raw mut (*p).p_mtx);
}

/// Is PROC_LOCK owned by the running thread?
pub unsafe fn proc_locked(p: *mut proc_) -> bool {
    spin::mtx_owned(&raw mut (*p).p_mtx)
}
