//! Event handlers of threads that stay with their process: the constructors
//! and destructors of the process zone call them, not `thread_alloc`.

use crate::kern::eventhandler::eventhandler_prune_list;
use crate::machine::api::*;
use crate::sys::{KT_EHE_DEAD_PRIORITY, eventhandler_entry_thread_ctor, eventhandler_list, thread};

unsafe extern "C" {
    static _eventhandler_list_thread_ctor: *mut eventhandler_list;
    static _eventhandler_list_thread_dtor: *mut eventhandler_list;
}

/// The thread of a cached process is used again.
///
/// # Safety
/// `td` is the only thread of a process that nobody else knows; no locks.
pub unsafe fn thread_ctor(td: *mut thread) {
    // SAFETY: by contract; boot makes the list.
    unsafe { invoke(_eventhandler_list_thread_ctor, td) }
}

/// The thread of a process goes to the cache with it.
///
/// # Safety
/// As [`thread_ctor`].
pub unsafe fn thread_dtor(td: *mut thread) {
    // SAFETY: by contract; boot makes the list.
    unsafe { invoke(_eventhandler_list_thread_dtor, td) }
}

/// `EVENTHANDLER_DIRECT_INVOKE`: handlers are called without the list's lock,
/// and dead ones are left to whoever leaves last.
unsafe fn invoke(list: *mut eventhandler_list, td: *mut thread) {
    // SAFETY: lists are never freed; entries only go when nobody runs the list.
    unsafe {
        if (*list).el_entries.tqh_first.is_null() {
            return;
        }
        mtx_lock(&raw mut (*list).el_lock);
        (*list).el_runcount += 1;
        let mut entry = (*list).el_entries.tqh_first;
        while !entry.is_null() {
            if (*entry).ee_priority != KT_EHE_DEAD_PRIORITY {
                mtx_unlock(&raw mut (*list).el_lock);
                let typed = entry.cast::<eventhandler_entry_thread_ctor>();
                if let Some(func) = (*typed).eh_func {
                    func((*entry).ee_arg, td);
                }
                mtx_lock(&raw mut (*list).el_lock);
            }
            entry = (*entry).ee_link.tqe_next;
        }
        (*list).el_runcount -= 1;
        if (*list).el_runcount == 0 {
            eventhandler_prune_list(list);
        }
        mtx_unlock(&raw mut (*list).el_lock);
    }
}
