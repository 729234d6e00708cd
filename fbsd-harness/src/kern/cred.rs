//! Credentials: `struct ucred`, shared by processes and threads.
//!
//! `cr_users` counts the processes and threads that have a credential as
//! theirs, `cr_ref` all references; both are under `cr_mtx`.  References that a
//! thread takes on its own credential are kept in `td_ucredref` without the
//! lock and folded back when the thread changes or loses the credential.

use core::ffi::c_int;
use core::ptr;

use crate::kern::{malloc, uma};
use crate::machine::api::{
    Kind, curthread, fail, mtx_destroy, mtx_init, mtx_lock, mtx_unlock, point, proc_locked,
    register_name,
};
use crate::sys::{
    M_WAITOK, M_ZERO, MTX_DEF, PRS_NEW, PRS_ZOMBIE, TDS_INACTIVE, credbatch, malloc_type, prison,
    proc_, thread, ucred, uid_t,
};

static mut M_CRED: [malloc_type; 1] = [malloc::new_type(c"cred")];

/// The two jails that there are: that of the host, and one for prisoners.
static JAILS: [u8; 2] = [0; 2];

/// `prison0`, the jail of everybody who is not in one.
pub fn prison0() -> *mut prison {
    ptr::from_ref(&JAILS[0]).cast_mut().cast()
}

/// A jail whose root does not get the host's privileges.
pub fn a_jail() -> *mut prison {
    ptr::from_ref(&JAILS[1]).cast_mut().cast()
}

/// Is this the credential of a prisoner?
///
/// # Safety
/// `cr` is a credential.
pub unsafe fn jailed(cr: *const ucred) -> bool {
    // SAFETY: the caller's promise; the field does not change.
    unsafe { (*cr).cr_prison != prison0() }
}

fn require(holds: bool, what: &str) {
    if !holds {
        fail(Kind::Invariant, format!("credentials: {what}"));
    }
}

/// A new credential with one reference and no users.
#[unsafe(no_mangle)]
pub extern "C" fn crget() -> *mut ucred {
    let cr = malloc::fbsd_malloc(
        size_of::<ucred>(),
        (&raw mut M_CRED).cast(),
        (M_WAITOK | M_ZERO) as c_int,
    )
    .cast::<ucred>();
    // SAFETY: the block has the size of a credential and is ours alone.
    unsafe {
        mtx_init(&raw mut (*cr).cr_mtx, c"cred", MTX_DEF);
        (*cr).cr_ref = 1;
        (*cr).cr_groups = (&raw mut (*cr).cr_smallgroups).cast();
        (*cr).cr_agroups = (*cr).cr_smallgroups.len() as i32;
        (*cr).cr_prison = prison0();
    }
    register_name(cr.addr(), size_of::<ucred>(), "cred");
    cr
}

/// Every credential that exists.
pub fn all() -> Vec<*mut ucred> {
    malloc::blocks_of((&raw const M_CRED).cast())
        .into_iter()
        .map(<*mut _>::cast)
        .collect()
}

/// A new credential with the identity of `old`.
///
/// # Safety
/// `old` is a credential that the caller has a reference to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crdup(old: *const ucred) -> *mut ucred {
    let new = crget();
    // SAFETY: identities don't change once a credential is in use, and nobody
    // else knows `new`.
    unsafe {
        (*new).cr_uid = (*old).cr_uid;
        (*new).cr_ruid = (*old).cr_ruid;
        (*new).cr_svuid = (*old).cr_svuid;
        (*new).cr_rgid = (*old).cr_rgid;
        (*new).cr_svgid = (*old).cr_svgid;
        (*new).cr_prison = (*old).cr_prison;
        (*new).cr_flags = (*old).cr_flags;
    }
    new
}

/// Takes a reference.
///
/// # Safety
/// `cr` is a credential that the caller has a reference to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crhold(cr: *mut ucred) -> *mut ucred {
    let td = curthread();
    // SAFETY: `td` is the current thread, `cr` the caller's.
    unsafe {
        if (*td).td_realucred == cr {
            (*td).td_ucredref += 1;
            return cr;
        }
        mtx_lock(&raw mut (*cr).cr_mtx);
        (*cr).cr_ref += 1;
        mtx_unlock(&raw mut (*cr).cr_mtx);
    }
    cr
}

/// Freeing takes time: it is done after the process was unlocked.
pub fn require_unlocked(what: &str) {
    // SAFETY: the process of the current thread exists.
    unsafe {
        if proc_locked((*curthread()).td_proc) {
            fail(Kind::Lock, format!("{what} with the process locked"));
        }
    }
}

/// Drops a reference; frees the credential with the last one.
///
/// # Safety
/// The caller gives a reference up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crfree(cr: *mut ucred) {
    point("crfree", &[cr.addr()]);
    require_unlocked("crfree");
    let td = curthread();
    // SAFETY: `td` is the current thread, `cr` the caller's.
    unsafe {
        if (*td).td_realucred == cr {
            require(
                (*cr).cr_users > 0,
                "crfree of one's own credential without users",
            );
            (*td).td_ucredref -= 1;
            return;
        }
        mtx_lock(&raw mut (*cr).cr_mtx);
        (*cr).cr_ref -= 1;
        release_locked(cr);
    }
}

/// Unlocks a credential and frees it if nothing refers to it.
///
/// # Safety
/// The current thread has `cr_mtx` and takes part in no count.
unsafe fn release_locked(cr: *mut ucred) {
    // SAFETY: the lock is held, so the counts stand still; with both at zero
    // nobody else can name the credential.
    unsafe {
        if (*cr).cr_users > 0 || (*cr).cr_ref > 0 {
            mtx_unlock(&raw mut (*cr).cr_mtx);
            return;
        }
        require((*cr).cr_ref == 0, "a reference count fell below zero");
        mtx_unlock(&raw mut (*cr).cr_mtx);
        mtx_destroy(&raw mut (*cr).cr_mtx);
        malloc::fbsd_free(cr.cast(), (&raw mut M_CRED).cast());
    }
}

/// Makes a new process or thread a user of `cr`.
///
/// # Safety
/// `cr` is a credential in use, and stays so during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crcowget(cr: *mut ucred) -> *mut ucred {
    point("crcowget", &[cr.addr()]);
    // SAFETY: the caller's promise.
    unsafe {
        mtx_lock(&raw mut (*cr).cr_mtx);
        require((*cr).cr_users > 0, "crcowget of a credential without users");
        (*cr).cr_users += 1;
        (*cr).cr_ref += 1;
        mtx_unlock(&raw mut (*cr).cr_mtx);
    }
    cr
}

/// Ends a thread's use of its credential.  Returns the credential, with the
/// reference still to be dropped, if the thread was its last user.
///
/// # Safety
/// `td` is the current thread or one that nobody runs.
unsafe fn unuse(td: *mut thread) -> *mut ucred {
    // SAFETY: the caller's promise; the counts are changed under the lock.
    unsafe {
        let cr = (*td).td_realucred;
        require(
            !cr.is_null(),
            "a thread gives up a credential that it has not",
        );
        require(cr == (*td).td_ucred, "td_realucred is not td_ucred");
        mtx_lock(&raw mut (*cr).cr_mtx);
        (*cr).cr_ref += (*td).td_ucredref;
        (*td).td_ucredref = 0;
        require((*cr).cr_users > 0, "cr_users fell below zero");
        (*cr).cr_users -= 1;
        let last = (*cr).cr_users == 0;
        if last {
            require((*cr).cr_ref > 0, "a user without a reference");
        } else {
            (*cr).cr_ref -= 1;
        }
        mtx_unlock(&raw mut (*cr).cr_mtx);
        (*td).td_realucred = ptr::null_mut();
        if last { cr } else { ptr::null_mut() }
    }
}

/// # Safety
/// `td` is a thread that nobody runs and that has a credential.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crcowfree(td: *mut thread) {
    point("crcowfree", &[td.addr()]);
    uma::assert_live(td.cast(), "crcowfree");
    // SAFETY: the caller's promise.
    unsafe {
        let cr = unuse(td);
        if !cr.is_null() {
            crfree(cr);
        }
    }
}

/// Makes the current thread use its process's credential.  Returns the old one
/// if it has to be freed by the caller.
#[unsafe(no_mangle)]
extern "C" fn crcowsync() -> *mut ucred {
    let td = curthread();
    point("crcowsync", &[td.addr()]);
    // SAFETY: the process of the current thread is locked, so `p_ucred` stands
    // still; the thread's own fields are its own.
    unsafe {
        let p = (*td).td_proc;
        require(proc_locked(p), "crcowsync without the process lock");
        require(
            (*td).td_realucred == (*td).td_ucred,
            "crcowsync with a temporary credential",
        );
        if (*td).td_realucred == (*p).p_ucred {
            return ptr::null_mut();
        }
        let new = crcowget((*p).p_ucred);
        let old = unuse(td);
        (*td).td_realucred = new;
        (*td).td_ucred = new;
        old
    }
}

/// Takes a batch's users and references off its credential.
///
/// # Safety
/// The batch was filled by [`credbatch_add`].
unsafe fn flush(batch: *mut credbatch) {
    // SAFETY: the threads of the batch were users until now.
    unsafe {
        let cr = (*batch).cred;
        let users = (*batch).users;
        mtx_lock(&raw mut (*cr).cr_mtx);
        require(
            (*cr).cr_users >= users as u32,
            "a batch has more threads than the credential has users",
        );
        (*cr).cr_users -= users as u32;
        (*cr).cr_ref += i64::from((*batch).ref_) - i64::from(users);
        release_locked(cr);
    }
}

/// # Safety
/// `batch` is prepared, `td` a dead thread that has a credential.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn credbatch_add(batch: *mut credbatch, td: *mut thread) {
    point("credbatch_add", &[td.addr()]);
    uma::assert_live(td.cast(), "credbatch_add");
    // SAFETY: the caller's promise.
    unsafe {
        require(
            (*td).td_state == TDS_INACTIVE,
            "credbatch_add of a thread that is not inactive",
        );
        let cr = (*td).td_realucred;
        require(
            !cr.is_null(),
            "credbatch_add of a thread without a credential",
        );
        require(cr == (*td).td_ucred, "td_realucred is not td_ucred");
        require(
            (*cr).cr_users > 0,
            "credbatch_add of a credential without users",
        );
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
}

/// # Safety
/// `batch` was filled by [`credbatch_add`] and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn credbatch_final(batch: *mut credbatch) {
    point("credbatch_final", &[]);
    // SAFETY: the caller's promise.
    unsafe {
        require(
            !(*batch).cred.is_null() && (*batch).users > 0,
            "credbatch_final of an empty batch",
        );
        flush(batch);
    }
}

/// Gives a new process its first credential.
///
/// # Safety
/// `p` is not known to others yet, `cr` is in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proc_set_cred_init(p: *mut proc_, cr: *mut ucred) {
    // SAFETY: the caller's promise.
    unsafe { (*p).p_ucred = crcowget(cr) };
}

/// Replaces a process's credential; the caller drops the reference to the old
/// one after unlocking the process.
///
/// # Safety
/// `p` is locked; `new` is the caller's alone and becomes the process's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proc_set_cred(p: *mut proc_, new: *mut ucred) {
    // SAFETY: the caller's promise.
    unsafe {
        let old = (*p).p_ucred;
        require(!old.is_null(), "proc_set_cred of a process without one");
        require(proc_locked(p), "proc_set_cred without the process lock");
        require((*new).cr_users == 0, "proc_set_cred to a credential in use");
        mtx_lock(&raw mut (*old).cr_mtx);
        require((*old).cr_users > 0, "cr_users fell below zero");
        (*old).cr_users -= 1;
        mtx_unlock(&raw mut (*old).cr_mtx);
        (*p).p_ucred = new;
        (*new).cr_users = 1;
        update_cow(p);
    }
}

/// `PROC_UPDATE_COW`: tells the process's threads that credentials or limits
/// changed.
///
/// # Safety
/// `p` is locked.
pub unsafe fn update_cow(p: *mut proc_) {
    // SAFETY: the generation is written under the process lock only, and read
    // without it.
    unsafe {
        let generation = core::sync::atomic::AtomicU32::from_ptr(&raw mut (*p).p_cowgen);
        let now = generation.load(core::sync::atomic::Ordering::Relaxed);
        generation.store(now.wrapping_add(1), core::sync::atomic::Ordering::Relaxed);
    }
}

/// Takes the credential off a process that nobody uses any more.
///
/// # Safety
/// `p` is a zombie or was never made known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn proc_unset_cred(p: *mut proc_) {
    // SAFETY: the caller's promise.
    unsafe {
        require(
            (*p).p_state == PRS_ZOMBIE || (*p).p_state == PRS_NEW,
            "proc_unset_cred of a live process",
        );
        let cr = (*p).p_ucred;
        (*p).p_ucred = ptr::null_mut();
        mtx_lock(&raw mut (*cr).cr_mtx);
        require((*cr).cr_users > 0, "cr_users fell below zero");
        (*cr).cr_users -= 1;
        mtx_unlock(&raw mut (*cr).cr_mtx);
        crfree(cr);
    }
}

/// What setuid(2) does to the credential of `p`: all three user ids change.
///
/// # Safety
/// The current thread holds no lock; `p` has a credential and stays.
pub unsafe fn setuid(p: *mut proc_, uid: uid_t, jail: *mut prison) {
    let new = crget();
    // SAFETY: `new` is ours until it is set; the rest is done under the lock.
    unsafe {
        crate::machine::api::proc_lock(p);
        let old = (*p).p_ucred;
        (*new).cr_rgid = (*old).cr_rgid;
        (*new).cr_svgid = (*old).cr_svgid;
        (*new).cr_flags = (*old).cr_flags;
        (*new).cr_prison = jail;
        (*new).cr_uid = uid;
        (*new).cr_ruid = uid;
        (*new).cr_svuid = uid;
        proc_set_cred(p, new);
        crate::machine::api::proc_unlock(p);
        crfree(old);
    }
}
