//! Credentials: `struct ucred`, shared by processes and threads, counted under
//! their mutex.

use std::ffi::c_int;
use std::ptr;

use super::arena;
use super::lock::{self, mtx_lock, mtx_unlock};
use crate::machine::cpu::curthread;
use crate::sys::{credbatch, proc_, thread, ucred};

/// A new credential, with a reference and a user that stay.
pub fn new() -> *mut ucred {
    let cr = arena::permanent(size_of::<ucred>(), 64).cast::<ucred>();
    // SAFETY: the block has the size of a credential, which may be zeros, and is
    // nobody else's.
    unsafe {
        (*cr).cr_mtx = lock::new(c"cred", 0);
        (*cr).cr_ref = 1;
        (*cr).cr_users = 1;
    }
    cr
}

/// How many references a credential has.
///
/// # Safety
/// `cr` is a credential that nobody changes meanwhile.
pub unsafe fn references(cr: *const ucred) -> i64 {
    (*cr).cr_ref
}

/// Everybody may exceed limits.
#[unsafe(no_mangle)]
extern "C" fn priv_check_cred(_cr: *mut ucred, _privilege: c_int) -> c_int {
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn crcowget(cr: *mut ucred) -> *mut ucred {
    mtx_lock(&raw mut (*cr).cr_mtx);
    (*cr).cr_users += 1;
    (*cr).cr_ref += 1;
    mtx_unlock(&raw mut (*cr).cr_mtx);
    cr
}

/// Ends a thread's use of its credential; gives the credential if the thread
/// was its last user, with the reference still to be dropped.
unsafe fn unuse(td: *mut thread) -> *mut ucred {
    let cr = (*td).td_realucred;
    mtx_lock(&raw mut (*cr).cr_mtx);
    (*cr).cr_ref += (*td).td_ucredref;
    (*td).td_ucredref = 0;
    (*cr).cr_users -= 1;
    let last = (*cr).cr_users == 0;
    if !last {
        (*cr).cr_ref -= 1;
    }
    mtx_unlock(&raw mut (*cr).cr_mtx);
    (*td).td_realucred = ptr::null_mut();
    if last { cr } else { ptr::null_mut() }
}

/// Drops a reference.  Credentials have one that stays.
#[unsafe(no_mangle)]
unsafe extern "C" fn crfree(cr: *mut ucred) {
    mtx_lock(&raw mut (*cr).cr_mtx);
    (*cr).cr_ref -= 1;
    mtx_unlock(&raw mut (*cr).cr_mtx);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn crcowfree(td: *mut thread) {
    let cr = unuse(td);
    if !cr.is_null() {
        crfree(cr);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn crcowsync() -> *mut ucred {
    let td = curthread();
    let p: *mut proc_ = (*td).td_proc;
    if (*td).td_realucred == (*p).p_ucred {
        return ptr::null_mut();
    }
    let new = crcowget((*p).p_ucred);
    let old = unuse(td);
    (*td).td_realucred = new;
    (*td).td_ucred = new;
    old
}

/// Takes a batch's users and references off its credential.
unsafe fn flush(batch: *mut credbatch) {
    let cr = (*batch).cred;
    mtx_lock(&raw mut (*cr).cr_mtx);
    (*cr).cr_users -= (*batch).users as u32;
    (*cr).cr_ref += i64::from((*batch).ref_) - i64::from((*batch).users);
    mtx_unlock(&raw mut (*cr).cr_mtx);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn credbatch_add(batch: *mut credbatch, td: *mut thread) {
    let cr = (*td).td_realucred;
    if (*batch).cred != cr {
        if !(*batch).cred.is_null() {
            flush(batch);
        }
        (*batch).cred = cr;
        (*batch).users = 0;
        (*batch).ref_ = 0;
    }
    (*batch).users += 1;
    (*batch).ref_ += (*td).td_ucredref as i32;
    (*td).td_ucredref = 0;
    (*td).td_realucred = ptr::null_mut();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn credbatch_final(batch: *mut credbatch) {
    flush(batch);
}
