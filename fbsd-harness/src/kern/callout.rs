//! Callouts: functions that softclock's thread runs when their time has come.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ptr;

use super::{gate, lock, spin, thread, time};
use crate::machine::cpu::curthread;
use crate::machine::names;
use crate::machine::point::{misuse, point};
use crate::sys::{self, CALLOUT_ACTIVE, CALLOUT_PENDING, callout, lock_object, mtx, sbintime_t};

/// A callout's function.
pub type Function = unsafe extern "C" fn(*mut c_void);

/// The list of armed callouts, by time, and what softclock is doing.
struct Wheel {
    lock: mtx,
    first: *mut callout,
    running: *mut callout,
    thread: *mut sys::thread,
}

struct Cell(UnsafeCell<Wheel>);

// SAFETY: guarded by the lock in it.
unsafe impl Sync for Cell {}

static WHEEL: Cell = Cell(UnsafeCell::new(Wheel {
    lock: mtx {
        lock_object: lock_object {
            lo_name: c"callout".as_ptr(),
            lo_flags: sys::MTX_SPIN,
            lo_data: 0,
            lo_witness: ptr::null_mut(),
        },
        mtx_lock: sys::KT_MTX_UNOWNED,
    },
    first: ptr::null_mut(),
    running: ptr::null_mut(),
    thread: ptr::null_mut(),
}));

fn wheel() -> *mut Wheel {
    WHEEL.0.get()
}

fn wheel_lock() -> *mut mtx {
    // SAFETY: the address only.
    unsafe { &raw mut (*wheel()).lock }
}

/// Names the lock for reports.
pub fn init() {
    names::register(wheel_lock() as usize, size_of::<mtx>(), "callout lock");
}

/// When the first armed callout is due; without locks, for the machine.
pub fn next_due() -> Option<sbintime_t> {
    // SAFETY: det looks while nobody runs; smp's clock looks again.
    unsafe {
        let first = (&raw const (*wheel()).first).read_volatile();
        if first.is_null() {
            None
        } else {
            Some((&raw const (*first).c_time).read_volatile())
        }
    }
}

/// Calls `f` with each armed callout and when it is due, without locks.
pub fn for_each(mut f: impl FnMut(*mut callout, sbintime_t)) {
    // SAFETY: det looks while nobody runs.
    unsafe {
        let mut c = (*wheel()).first;
        while !c.is_null() {
            f(c, (*c).c_time);
            c = *next_of(c);
        }
        if !(*wheel()).running.is_null() {
            f((*wheel()).running, 0);
        }
    }
}

unsafe fn next_of(c: *mut callout) -> *mut *mut callout {
    &raw mut (*c).c_links.sle.sle_next
}

unsafe fn insert(c: *mut callout) {
    let mut link = &raw mut (*wheel()).first;
    while !(*link).is_null() && (**link).c_time <= (*c).c_time {
        link = next_of(*link);
    }
    *next_of(c) = *link;
    *link = c;
    (*c).c_iflags |= CALLOUT_PENDING as i16;
    (*c).c_flags |= CALLOUT_ACTIVE as i16;
}

unsafe fn remove(c: *mut callout) -> bool {
    if (*c).c_iflags & CALLOUT_PENDING as i16 == 0 {
        return false;
    }
    let mut link = &raw mut (*wheel()).first;
    while *link != c {
        if (*link).is_null() {
            misuse("a callout is pending and not on the list".to_string());
        }
        link = next_of(*link);
    }
    *link = *next_of(c);
    (*c).c_iflags &= !(CALLOUT_PENDING as i16);
    true
}

/// Initialises a callout.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn callout_init(c: *mut callout, _mpsafe: c_int) {
    if (*c).c_iflags & CALLOUT_PENDING as i16 != 0 {
        misuse("callout_init of a callout that is armed".to_string());
    }
    c.write_bytes(0, 1);
}

/// Arms a callout for a point in time, moving it if it is armed.  Says whether
/// it was.
pub unsafe fn arm(c: *mut callout, due: sbintime_t, function: Function, arg: *mut c_void) -> bool {
    spin::mtx_lock_spin(wheel_lock());
    let pending = remove(c);
    (*c).c_time = due;
    (*c).c_func = Some(function);
    (*c).c_arg = arg;
    insert(c);
    spin::mtx_unlock_spin(wheel_lock());
    pending
}

#[unsafe(no_mangle)]
unsafe extern "C" fn callout_reset_sbt_on(
    c: *mut callout,
    sbt: sbintime_t,
    _precision: sbintime_t,
    function: Function,
    arg: *mut c_void,
    _cpu: c_int,
    flags: c_int,
) -> c_int {
    point(
        "callout_reset",
        &[c as usize, (sbt / time::TICK_SBT) as usize],
    );
    let now = if flags & sys::KT_C_ABSOLUTE != 0 {
        0
    } else {
        time::sbinuptime()
    };
    c_int::from(arm(c, now + sbt, function, arg))
}

/// Disarms a callout.  1: it was armed; 0: it runs; -1: neither.
pub unsafe fn callout_stop(c: *mut callout) -> c_int {
    stop(c, false)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _callout_stop_safe(
    c: *mut callout,
    flags: c_int,
    drain: Option<Function>,
) -> c_int {
    point("callout_stop", &[c as usize, flags as usize]);
    if drain.is_some() {
        misuse("_callout_stop_safe with a drain function".to_string());
    }
    stop(c, flags & sys::KT_CS_DRAIN != 0)
}

unsafe fn stop(c: *mut callout, drain: bool) -> c_int {
    if drain {
        lock::assert_none("callout_drain");
    }
    spin::mtx_lock_spin(wheel_lock());
    let pending = remove(c);
    (*c).c_flags &= !(CALLOUT_ACTIVE as i16);
    let running = (*wheel()).running == c && (*wheel()).thread != curthread();
    spin::mtx_unlock_spin(wheel_lock());
    if running && drain {
        gate::wait_until(c"a callout to finish", || {
            (&raw const (*wheel()).running).read_volatile() != c
        });
    }
    match (pending, running) {
        (_, true) if !drain => 0,
        (true, _) => 1,
        _ => -1,
    }
}

/// Starts the thread that runs callouts.
pub unsafe fn start() {
    let td = thread::new_internal("softclock", softclock, ptr::null_mut());
    (*wheel()).thread = td;
    thread::start(td);
}

/// The thread that runs callouts.
unsafe fn softclock(_arg: *mut c_void) {
    loop {
        gate::wait_until(c"callouts that are due", is_due);
        spin::mtx_lock_spin(wheel_lock());
        while is_due() {
            let c = (*wheel()).first;
            remove(c);
            let (function, arg) = ((*c).c_func, (*c).c_arg);
            (*wheel()).running = c;
            spin::mtx_unlock_spin(wheel_lock());
            point("softclock", &[c as usize]);
            if let Some(function) = function {
                function(arg);
            }
            lock::assert_none("end of a callout");
            spin::mtx_lock_spin(wheel_lock());
            (&raw mut (*wheel()).running).write_volatile(ptr::null_mut());
        }
        spin::mtx_unlock_spin(wheel_lock());
    }
}

fn is_due() -> bool {
    next_due().is_some_and(|due| due <= time::sbinuptime())
}
