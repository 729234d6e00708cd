//! `EVENTHANDLER(9)`: calls everybody who asked to know of an event.

use super::cell::Global;
use super::mutex::Mutex;
#[cfg(INVARIANTS)]
use super::mutex::Owned;
use super::site::Site;
use super::sys;
use core::ffi::{CStr, c_void};
use core::sync::atomic::{AtomicPtr, Ordering};

/// The static that holds a list's address from boot on.
pub type List = Global<*mut sys::eventhandler_list>;

/// A handler of the four thread events.
type Handler = unsafe extern "C" fn(*mut c_void, *mut sys::thread);

/// `EVENTHANDLER_DIRECT_INVOKE` of a list of thread events.
///
/// The list's lock is dropped around each handler, which may sleep; an entry
/// that is taken off meanwhile stays until nobody runs the list any more.
///
/// # Safety
///
/// The list has been created (its SYSINIT has run), and `td` is a thread in
/// the state that the event promises to handlers.  The caller may sleep.
#[inline(always)]
pub unsafe fn invoke(list: &List, name: &'static CStr, td: *mut sys::thread, site: Site) {
    // SAFETY: created at boot and never replaced or freed.
    let list = unsafe { *list.get() };
    // SAFETY: the list lives for ever. An unlocked look, as in C: an empty list
    // costs no lock.
    let first = unsafe { AtomicPtr::from_ptr(&raw mut (*list).el_entries.tqh_first) };
    if !first.load(Ordering::Relaxed).is_null() {
        // SAFETY: by the caller's contract.
        unsafe { call_all(list, name, td, site) }
    }
}

/// Calls the handlers of a list.
///
/// # Safety
///
/// As for [`invoke`], whose list this is.
#[cold]
#[inline(never)]
#[cfg_attr(
    not(KTR),
    expect(unused_variables, reason = "the trace alone names the event")
)]
unsafe fn call_all(
    list: *mut sys::eventhandler_list,
    name: &'static CStr,
    td: *mut sys::thread,
    site: Site,
) {
    // SAFETY: the lock lives as long as the list.
    let lock = unsafe { Mutex::from_raw(&raw mut (*list).el_lock) };
    lock.lock(site);
    #[cfg(INVARIANTS)]
    lock.assert(Owned::Yes, site);
    // SAFETY: list and entries are ours while its lock is held; an entry that
    // was current when the lock was dropped is not freed, because el_runcount
    // keeps eventhandler_prune_list() away. Nobody registers NULL.
    unsafe {
        (*list).el_runcount = (*list).el_runcount.wrapping_add(1);
        crate::kassert!(
            (*list).el_runcount > 0,
            c"eventhandler_invoke: runcount overflow"
        );
        #[cfg(KTR)]
        super::ktr::trace(super::ktr::EVH, site, name, [0; 6]);
        let mut entry = (*list).el_entries.tqh_first;
        while !entry.is_null() {
            if (*entry).ee_priority != sys::KT_EHE_DEAD_PRIORITY {
                lock.unlock(site);
                let typed = entry.cast::<sys::eventhandler_entry_thread_ctor>();
                #[cfg(KTR)]
                super::ktr::trace(
                    super::ktr::EVH,
                    site,
                    c"eventhandler_invoke: executing %p",
                    [
                        (*typed).eh_func.map_or(0, |f| f as usize as sys::u_long),
                        0,
                        0,
                        0,
                        0,
                        0,
                    ],
                );
                let handler: Handler = (*typed).eh_func.unwrap_unchecked();
                handler((*entry).ee_arg, td);
                lock.lock(site);
            }
            entry = (*entry).ee_link.tqe_next;
        }
        crate::kassert!(
            (*list).el_runcount > 0,
            c"eventhandler_invoke: runcount underflow"
        );
        (*list).el_runcount = (*list).el_runcount.wrapping_sub(1);
        if (*list).el_runcount == 0 {
            sys::eventhandler_prune_list(list);
        }
        lock.unlock(site);
    }
}

#[cfg(test)]
mod tests;
