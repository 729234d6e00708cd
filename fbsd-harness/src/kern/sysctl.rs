//! sysctl(9): the node that the object's variable hangs on, and the variables
//! of the linker set, by name.

use core::ffi::{CStr, c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::machine::api::{Kind, fail};
use crate::sys::{CTLFLAG_TUN, EPERM, sysctl_oid, sysctl_req};

// SAFETY: a node of zeros has no parent, no children and no handler.
/// The node "kern".
#[unsafe(no_mangle)]
pub static mut sysctl___kern: sysctl_oid = unsafe { core::mem::zeroed() };

unsafe extern "C" {
    static __start_set_sysctl_set: [*mut sysctl_oid; 0];
    static __stop_set_sysctl_set: [*mut sysctl_oid; 0];
}

/// The variable of this name below "kern".
pub fn find(name: &str) -> *mut sysctl_oid {
    // SAFETY: the linker puts the marks around the pointers of the set.
    unsafe {
        let mut entry = (&raw const __start_set_sysctl_set).cast::<*mut sysctl_oid>();
        let stop = (&raw const __stop_set_sysctl_set).cast();
        while entry < stop {
            let oid = *entry;
            if (*oid).oid_parent == (&raw mut sysctl___kern).cast()
                && CStr::from_ptr((*oid).oid_name).to_bytes() == name.as_bytes()
            {
                return oid;
            }
            entry = entry.add(1);
        }
    }
    fail(
        Kind::Internal,
        format!("the object has no variable kern.{name}"),
    )
}

/// Where an integer variable lives.
pub fn int(name: &str) -> *mut c_int {
    // SAFETY: the node is one of the set.
    unsafe { (*find(name)).oid_arg1.cast() }
}

/// The value of kern.maxthread; found once, since it is asked for often.
pub fn maxthread() -> c_int {
    static PLACE: AtomicPtr<c_int> = AtomicPtr::new(ptr::null_mut());
    let mut place = PLACE.load(Ordering::Relaxed);
    if place.is_null() {
        place = int("maxthread");
        PLACE.store(place, Ordering::Relaxed);
    }
    // SAFETY: the variable is an int of the object, which lives for ever.
    unsafe { place.read_volatile() }
}

/// Sets a loader tunable: before the variable's owner is initialised.
pub fn set_tunable(name: &str, value: c_int) {
    let oid = find(name);
    // SAFETY: nobody else runs at boot.
    unsafe {
        if (*oid).oid_kind & CTLFLAG_TUN == 0 {
            fail(Kind::Check, format!("kern.{name} is not a tunable"));
        }
        *(*oid).oid_arg1.cast::<c_int>() = value;
    }
}

/// Reads or, where allowed, writes an int.
///
/// # Safety
/// `arg1` points to an int or is NULL; `request` has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysctl_handle_int(
    _oid: *mut sysctl_oid,
    arg1: *mut c_void,
    arg2: i64,
    request: *mut sysctl_req,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        let value = if arg1.is_null() {
            arg2 as c_int
        } else {
            *arg1.cast::<c_int>()
        };
        if !(*request).oldptr.is_null() {
            ptr::write((*request).oldptr.cast::<c_int>(), value);
        }
        if (*request).newptr.is_null() {
            return 0;
        }
        if arg1.is_null() {
            return EPERM as c_int;
        }
        *arg1.cast::<c_int>() = *(*request).newptr.cast::<c_int>();
    }
    0
}
