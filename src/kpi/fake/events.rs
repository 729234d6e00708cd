//! Event handlers, callouts, tasks, and the message's rate limit.

use super::process::name_lock;
use super::world::{asked, called, name, name_of, zeroed};
use crate::events as lists;
use crate::kpi::eventhandler::List;
use crate::kpi::sys;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

/// Every list of the library.
fn all_lists() -> [(&'static List, &'static CStr); 4] {
    [
        (&lists::_eventhandler_list_thread_ctor, c"thread_ctor"),
        (&lists::_eventhandler_list_thread_dtor, c"thread_dtor"),
        (&lists::_eventhandler_list_thread_init, c"thread_init"),
        (&lists::_eventhandler_list_thread_fini, c"thread_fini"),
    ]
}

/// What the SYSINITs do.
pub(super) fn create_lists() {
    for (list, name) in all_lists() {
        unsafe { *list.get() = eventhandler_create_list(name.as_ptr()) }
    }
}

/// The lists go with the world that made them.
pub(super) fn power_off() {
    for (list, _) in all_lists() {
        unsafe { *list.get() = ptr::null_mut() }
    }
}

pub unsafe fn eventhandler_create_list(text: *const c_char) -> *mut sys::eventhandler_list {
    let list: *mut sys::eventhandler_list = zeroed();
    let text = unsafe { CStr::from_ptr(text) }.to_str().expect("ASCII");
    name(list, text);
    name_lock(unsafe { &raw const (*list).el_lock }, text);
    unsafe { (*list).el_entries.tqh_last = &raw mut (*list).el_entries.tqh_first }
    list
}

/// Takes the dead entries off, as the kernel does.
pub unsafe fn eventhandler_prune_list(list: *mut sys::eventhandler_list) {
    called(format_args!("eventhandler_prune_list {}", name_of(list)));
    unsafe {
        let mut link = &raw mut (*list).el_entries.tqh_first;
        while !(*link).is_null() {
            let entry = *link;
            let next = &raw mut (*entry).ee_link.tqe_next;
            if (*entry).ee_priority == sys::KT_EHE_DEAD_PRIORITY {
                *link = *next;
            } else {
                link = next;
            }
        }
        (*list).el_entries.tqh_last = link;
    }
}

/// Puts a handler on a list, as its last.
pub fn subscribe(
    list: &List,
    handler: unsafe extern "C" fn(*mut c_void, *mut sys::thread),
    arg: *mut c_void,
) -> *mut sys::eventhandler_entry {
    let entry: *mut sys::eventhandler_entry_thread_ctor = zeroed();
    unsafe {
        (*entry).eh_func = Some(handler);
        (*entry).ee.ee_arg = arg;
        let head = &raw mut (**list.get()).el_entries;
        *(*head).tqh_last = entry.cast();
        (*head).tqh_last = &raw mut (*entry).ee.ee_link.tqe_next;
    }
    entry.cast()
}

/// Marks a handler deregistered, as happens while its list runs.
pub fn kill(entry: *mut sys::eventhandler_entry) {
    unsafe { (*entry).ee_priority = sys::KT_EHE_DEAD_PRIORITY }
}

pub unsafe fn callout_init(_callout: *mut sys::callout, mpsafe: c_int) {
    assert_eq!(mpsafe, 1, "a callout that takes Giant");
    called("callout_init");
}

pub unsafe fn callout_reset_sbt_on(
    callout: *mut sys::callout,
    sbt: sys::sbintime_t,
    _precision: sys::sbintime_t,
    handler: Option<unsafe extern "C" fn(*mut c_void)>,
    arg: *mut c_void,
    cpu: c_int,
    _flags: c_int,
) -> c_int {
    assert!(arg.is_null() && cpu == -1, "as callout_reset() has it");
    unsafe { (*callout).c_func = handler }
    called(format_args!("callout_reset {sbt}"));
    0
}

pub unsafe fn _callout_stop_safe(
    _callout: *mut sys::callout,
    flags: c_int,
    drained: Option<unsafe extern "C" fn(*mut c_void)>,
) -> c_int {
    assert!(flags == sys::KT_CS_DRAIN && drained.is_none());
    called("callout_drain");
    0
}

pub unsafe fn taskqueue_enqueue(_queue: *mut sys::taskqueue, task: *mut sys::task) -> c_int {
    called("taskqueue_enqueue");
    unsafe { (*task).ta_pending += 1 }
    0
}

/// Waits until the task has run: here it runs now.
pub unsafe fn taskqueue_drain(_queue: *mut sys::taskqueue, task: *mut sys::task) {
    called("taskqueue_drain");
    unsafe {
        let pending = std::mem::take(&mut (*task).ta_pending);
        if pending != 0 {
            (*task).ta_func.expect("a task's function")((*task).ta_context, pending.into());
        }
    }
}

pub unsafe extern "C" fn sysctl_handle_int(
    _oid: *mut sys::sysctl_oid,
    _arg1: *mut c_void,
    _arg2: sys::intmax_t,
    _req: *mut sys::sysctl_req,
) -> c_int {
    0
}

pub unsafe fn eventratecheck(
    _last: *mut sys::timeval,
    _count: *mut c_int,
    per_second: c_int,
) -> c_int {
    asked(format_args!("eventratecheck {per_second}"), 1) as c_int
}
