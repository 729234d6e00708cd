//! Event handlers: named lists of functions, called in order of priority.
//!
//! The object under test walks the lists itself, by the macros of
//! sys/eventhandler.h: it marks the list as running, calls each handler
//! without the list lock, and has the dead ones pruned by the last one who
//! leaves.  So the lists here are the kernel's own structures.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;

use crate::kern::malloc;
use crate::machine::api::{
    Kind, fail, mtx_init, mtx_lock, mtx_owned, mtx_unlock, point, register_name, sleep, wakeup,
};
use crate::sys::{
    KT_EHE_DEAD_PRIORITY, M_WAITOK, M_ZERO, MTX_DEF, eventhandler_entry,
    eventhandler_entry_thread_ctor, eventhandler_list, malloc_type, mtx, thread_ctor_fn,
};

static mut M_EVENTHANDLER: [malloc_type; 1] = [malloc::new_type(c"eventhandler")];

/// Guards the list of lists.
// SAFETY: a mutex of zeros is one that was not initialised yet.
static mut EVENTHANDLER_MUTEX: mtx = unsafe { core::mem::zeroed() };
/// All lists, linked by `el_link`, newest first.
static mut LISTS: *mut eventhandler_list = ptr::null_mut();

/// What `eventhandler_init` does at boot.
pub fn init() {
    // SAFETY: called once, before there are other threads.
    unsafe { mtx_init(&raw mut EVENTHANDLER_MUTEX, c"eventhandler", MTX_DEF) };
}

/// The list of this name.
///
/// # Safety
/// The current thread has the mutex; `name` is a C string.
unsafe fn find_locked(name: &CStr) -> *mut eventhandler_list {
    // SAFETY: lists are only added, with the mutex held, and never freed.
    unsafe {
        let mut list = LISTS;
        while !list.is_null() && CStr::from_ptr((*list).el_name) != name {
            list = (*list).el_link.tqe_next;
        }
        list
    }
}

/// # Safety
/// `name` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eventhandler_create_list(name: *const c_char) -> *mut eventhandler_list {
    point("eventhandler_create_list", &[]);
    // SAFETY: the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    // SAFETY: the mutex is initialised at boot, before any list.
    unsafe {
        mtx_lock(&raw mut EVENTHANDLER_MUTEX);
        let mut list = find_locked(name);
        mtx_unlock(&raw mut EVENTHANDLER_MUTEX);
        if !list.is_null() {
            return list;
        }
        let new = new_list(name);
        mtx_lock(&raw mut EVENTHANDLER_MUTEX);
        list = find_locked(name);
        if list.is_null() {
            (*new).el_link.tqe_next = LISTS;
            LISTS = new;
            list = new;
        }
        mtx_unlock(&raw mut EVENTHANDLER_MUTEX);
        if list != new {
            malloc::fbsd_free(new.cast(), (&raw mut M_EVENTHANDLER).cast());
        }
        list
    }
}

/// An empty list that is in no other one.
fn new_list(name: &CStr) -> *mut eventhandler_list {
    let list = malloc::fbsd_malloc(
        size_of::<eventhandler_list>() + name.count_bytes() + 1,
        (&raw mut M_EVENTHANDLER).cast(),
        (M_WAITOK | M_ZERO) as c_int,
    )
    .cast::<eventhandler_list>();
    // SAFETY: the block has room for the list and the name, and is ours.
    unsafe {
        let copy = list.add(1).cast::<c_char>();
        ptr::copy_nonoverlapping(name.as_ptr(), copy, name.count_bytes() + 1);
        (*list).el_name = copy;
        let entries = &raw mut (*list).el_entries;
        (*entries).tqh_last = &raw mut (*entries).tqh_first;
        mtx_init(&raw mut (*list).el_lock, c"eventhandler list", MTX_DEF);
    }
    register_name(
        list.addr(),
        size_of::<eventhandler_list>(),
        &format!("handlers of {}", name.to_string_lossy()),
    );
    list
}

/// The list of this name, locked, or NULL.
///
/// # Safety
/// `name` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eventhandler_find_list(name: *const c_char) -> *mut eventhandler_list {
    // SAFETY: the caller's promise; the mutex is initialised at boot.
    unsafe {
        mtx_lock(&raw mut EVENTHANDLER_MUTEX);
        let list = find_locked(CStr::from_ptr(name));
        if !list.is_null() {
            mtx_lock(&raw mut (*list).el_lock);
        }
        mtx_unlock(&raw mut EVENTHANDLER_MUTEX);
        list
    }
}

/// Adds a handler to the list of this name, which is made if need be.  Those
/// with a lower priority number run first.  The tag is the entry itself.
///
/// # Safety
/// `name` is a C string, `handler` suits the event.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eventhandler_register(
    list: *mut eventhandler_list,
    name: *const c_char,
    handler: thread_ctor_fn,
    arg: *mut c_void,
    priority: c_int,
) -> *mut eventhandler_entry {
    let list = if list.is_null() {
        // SAFETY: the caller's promise.
        unsafe { eventhandler_create_list(name) }
    } else {
        list
    };
    let entry = malloc::fbsd_malloc(
        size_of::<eventhandler_entry_thread_ctor>(),
        (&raw mut M_EVENTHANDLER).cast(),
        (M_WAITOK | M_ZERO) as c_int,
    )
    .cast::<eventhandler_entry_thread_ctor>();
    // SAFETY: the entry is ours until it is linked, which happens with the
    // list locked; entries look the same for all events.
    unsafe {
        (*entry).ee.ee_priority = priority;
        (*entry).ee.ee_arg = arg;
        (*entry).eh_func = handler;
        let entry = entry.cast::<eventhandler_entry>();
        mtx_lock(&raw mut (*list).el_lock);
        let mut link = &raw mut (*list).el_entries.tqh_first;
        while !(*link).is_null() && (**link).ee_priority <= priority {
            link = &raw mut (**link).ee_link.tqe_next;
        }
        let next = *link;
        (*entry).ee_link.tqe_next = next;
        (*entry).ee_link.tqe_prev = link;
        if next.is_null() {
            (*list).el_entries.tqh_last = &raw mut (*entry).ee_link.tqe_next;
        } else {
            (*next).ee_link.tqe_prev = &raw mut (*entry).ee_link.tqe_next;
        }
        *link = entry;
        mtx_unlock(&raw mut (*list).el_lock);
        entry
    }
}

/// Removes a handler, or marks it dead for the last one who walks the list;
/// returns, with the list unlocked, when nobody can call it any more.
///
/// # Safety
/// `list` is locked and no other lock is held; `entry` is on it and given up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eventhandler_deregister(
    list: *mut eventhandler_list,
    entry: *mut eventhandler_entry,
) {
    // SAFETY: the caller's promise.
    unsafe {
        if (*list).el_runcount == 0 {
            unlink(list, entry);
        } else {
            (*entry).ee_priority = KT_EHE_DEAD_PRIORITY;
        }
        while (*list).el_runcount > 0 {
            sleep(list.cast(), &raw mut (*list).el_lock, 0, c"evhrm", 0);
        }
        mtx_unlock(&raw mut (*list).el_lock);
    }
}

/// Takes an entry off its list and frees it.
///
/// # Safety
/// `entry` is on `list`, whose lock is held and which nobody walks.
unsafe fn unlink(list: *mut eventhandler_list, entry: *mut eventhandler_entry) {
    // SAFETY: the caller's promise.
    unsafe {
        let (next, prev) = ((*entry).ee_link.tqe_next, (*entry).ee_link.tqe_prev);
        if next.is_null() {
            (*list).el_entries.tqh_last = prev;
        } else {
            (*next).ee_link.tqe_prev = prev;
        }
        *prev = next;
        malloc::fbsd_free(entry.cast(), (&raw mut M_EVENTHANDLER).cast());
    }
}

/// # Safety
/// `list` is locked and nobody walks it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eventhandler_prune_list(list: *mut eventhandler_list) {
    point("eventhandler_prune_list", &[list.addr()]);
    // SAFETY: the caller's promise, checked where it can be.
    unsafe {
        if !mtx_owned(&raw mut (*list).el_lock) || (*list).el_runcount != 0 {
            fail(
                Kind::Lock,
                "eventhandler_prune_list without the lock or while the list is walked".into(),
            );
        }
        let mut pruned = false;
        let mut entry = (*list).el_entries.tqh_first;
        while !entry.is_null() {
            let next = (*entry).ee_link.tqe_next;
            if (*entry).ee_priority == KT_EHE_DEAD_PRIORITY {
                unlink(list, entry);
                pruned = true;
            }
            entry = next;
        }
        if pruned {
            wakeup(list.cast());
        }
    }
}
