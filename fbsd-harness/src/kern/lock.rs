//! What locks a thread holds, and the rules between locks.  MODE=det only: in
//! MODE=smp the object takes locks inline and nobody sees it.

use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{proc_check, spin};
use crate::machine::cpu::{curthread, smp_mode};
use crate::machine::ext::{MAX_HELD, ext};
use crate::machine::point::misuse;
use crate::machine::{names, trace};
use crate::report::{self, Kind};
use crate::sys::{self, mtx, thread};

/// Whether lock statistics are on, which makes the object's inline locks call
/// the slow paths: then every lock is a scheduling point.
#[unsafe(no_mangle)]
static lockstat_enabled: AtomicBool = AtomicBool::new(false);

/// Makes inline locks call the slow paths.
pub fn set_slow_paths(on: bool) {
    lockstat_enabled.store(on, Ordering::Relaxed);
}

/// Do inline locks call the slow paths?
pub fn slow_paths() -> bool {
    lockstat_enabled.load(Ordering::Relaxed)
}

/// A lock's name for reports: its own if it was registered, else the kernel's.
pub unsafe fn name(m: *mut mtx) -> String {
    let name = names::of(m as usize);
    if name.starts_with("0x") && !(*m).lock_object.lo_name.is_null() {
        let kernel = CStr::from_ptr((*m).lock_object.lo_name).to_string_lossy();
        return format!("{kernel} {name}");
    }
    name
}

/// The running thread has got `m`.
#[inline]
pub unsafe fn acquired(m: *mut mtx, spin: bool) {
    if smp_mode() {
        return;
    }
    let held = ext(curthread());
    if spin {
        check_order(m);
    }
    if (*held).nheld == MAX_HELD {
        report::fail(
            Kind::Lock,
            format!("more than {MAX_HELD} locks held{}", list_held(curthread())),
        );
    }
    (*held).held[(*held).nheld] = &raw mut (*m).mtx_lock;
    (*held).nheld += 1;
    trace::note("=acquire", &[m as usize]);
}

/// The running thread gives `m` up.
#[inline]
pub unsafe fn released(m: *mut mtx) {
    if smp_mode() {
        return;
    }
    let held = ext(curthread());
    let word = &raw mut (*m).mtx_lock;
    let mut index = (*held).nheld;
    while index > 0 {
        index -= 1;
        if (*held).held[index] == word {
            remove(held, index);
            trace::note("=release", &[m as usize]);
            proc_check::released(m);
            return;
        }
    }
}

unsafe fn remove(held: *mut crate::machine::ext::ThreadExt, index: usize) {
    let count = (*held).nheld;
    (*held).held.copy_within(index + 1..count, index);
    (*held).nheld = count - 1;
}

/// Forgets the locks that the object has released inline.
#[inline]
pub unsafe fn prune() {
    if smp_mode() {
        return;
    }
    let td = curthread();
    let held = ext(td);
    let mut index = (*held).nheld;
    while index > 0 {
        index -= 1;
        let word = (*held).held[index];
        if word.read_volatile() & !sys::KT_MTX_FLAGMASK != td as usize {
            let m = spin::of_word(word);
            trace::note("=release", &[m as usize]);
            remove(held, index);
            proc_check::released(m);
        }
    }
}

/// The static order of the spin locks, by the kernel's names for them.
fn rank(m: *mut mtx) -> u32 {
    // SAFETY: initialised mutexes have names that live for ever.
    let name = unsafe {
        if (*m).lock_object.lo_name.is_null() {
            return 0;
        }
        CStr::from_ptr((*m).lock_object.lo_name).to_bytes()
    };
    match name {
        b"process slock" => 1,
        b"pstatl" | b"process statlock" => 2,
        b"sleepq chain" => 3,
        b"turnstile chain" => 4,
        b"sched lock" => 5,
        b"callout" => 6,
        _ => 0,
    }
}

/// Spin locks have an order: process slock, statlock, sleep queue, turnstile,
/// scheduler, callout.  The kernel breaks it in one place: thread_run_flash
/// takes the slock with the thread lock held.
unsafe fn check_order(m: *mut mtx) {
    let new = rank(m);
    if new == 0 {
        return;
    }
    let held = ext(curthread());
    for &word in &(&(*held).held)[..(*held).nheld] {
        let other = spin::of_word(word);
        let old = rank(other);
        let run_flash = new == 1 && (old == 3 || old == 5) && (*held).nheld == 2;
        if old > new && !run_flash {
            misuse(format!(
                "lock order: {} taken while {} is held",
                name(m),
                name(other)
            ));
        }
        if old == 1 && new == 1 {
            misuse(format!("{} taken while {} is held", name(m), name(other)));
        }
    }
}

/// The order of process locks and the tid hash: a lookup must not take the
/// former while it holds the latter, since an exiting thread does the opposite.
pub unsafe fn check_before_sleepable(m: *mut mtx) {
    prune();
    let td = curthread();
    let hash_locked = (*td).td_rw_rlocks != 0
        || (&(*ext(td)).held)[..(*ext(td)).nheld]
            .iter()
            .any(|&word| is_called(spin::of_word(word), b"tidhash"));
    if hash_locked && is_called(m, b"process lock") {
        misuse(format!(
            "lock order: {} taken while a tid hash lock is held",
            name(m)
        ));
    }
}

/// Is this the kernel's name of the lock?
unsafe fn is_called(m: *mut mtx, wanted: &[u8]) -> bool {
    let name = (*m).lock_object.lo_name;
    !name.is_null() && CStr::from_ptr(name).to_bytes() == wanted
}

/// ", holds a, b", or nothing.
pub unsafe fn list_held(td: *mut thread) -> String {
    let held = ext(td);
    let held = &(&(*held).held)[..(*held).nheld];
    if held.is_empty() {
        return String::new();
    }
    let names: Vec<String> = held.iter().map(|&word| name(spin::of_word(word))).collect();
    format!(", holds {}", names.join(", "))
}

/// Does the running thread hold any lock but `except`?  (det)
pub unsafe fn holds_other_than(except: *mut mtx) -> bool {
    prune();
    let held = ext(curthread());
    (&(*held).held)[..(*held).nheld]
        .iter()
        .any(|&word| spin::of_word(word) != except)
}

/// Fails the run unless the running thread holds no lock at all.
pub unsafe fn assert_none(what: &str) {
    let td = curthread();
    if (*td).td_rw_rlocks != 0 {
        misuse(format!("{what} with a reader-writer lock held"));
    }
    if smp_mode() {
        return;
    }
    prune();
    if (*ext(td)).nheld != 0 || (*td).td_critnest != 0 {
        misuse(format!("{what} with locks held{}", list_held(td)));
    }
}
