//! Credentials, limits, and the other things that a thread owns.

use super::world::{asked, called, name_of, zeroed};
use crate::kpi::sys;
use std::ffi::c_int;
use std::ptr;

pub unsafe fn priv_check_cred(_cred: *mut sys::ucred, privilege: c_int) -> c_int {
    assert_eq!(privilege, sys::PRIV_MAXPROC as c_int);
    asked("priv_check_cred", sys::EINTR.into()) as c_int
}

pub unsafe fn crcowget(cred: *mut sys::ucred) -> *mut sys::ucred {
    called(format_args!("crcowget {}", name_of(cred)));
    cred
}

pub unsafe fn crcowfree(td: *mut sys::thread) {
    called(format_args!("crcowfree {}", name_of(td)));
    unsafe { (*td).td_realucred = ptr::null_mut() }
}

/// Credentials to give back, if the process has others than the thread.
pub unsafe fn crcowsync() -> *mut sys::ucred {
    called("crcowsync");
    unsafe {
        let td = super::pcpu::curthread();
        let (old, new) = ((*td).td_ucred, (*(*td).td_proc).p_ucred);
        if old == new {
            return ptr::null_mut();
        }
        ((*td).td_realucred, (*td).td_ucred) = (new, new);
        old
    }
}

pub unsafe fn crfree(cred: *mut sys::ucred) {
    called(format_args!("crfree {}", name_of(cred)));
}

/// Gives the last run back when another begins, as the kernel's inline does.
pub unsafe fn credbatch_add(batch: *mut sys::credbatch, td: *mut sys::thread) {
    unsafe {
        if (*batch).cred != (*td).td_realucred {
            if !(*batch).cred.is_null() {
                credbatch_process(batch);
            }
            (*batch).cred = (*td).td_realucred;
        }
        (*batch).ref_ += 1;
        (*td).td_realucred = ptr::null_mut();
    }
    called("credbatch_add");
}

unsafe fn credbatch_process(batch: *mut sys::credbatch) {
    unsafe {
        called(format_args!(
            "credentials {} {}",
            name_of((*batch).cred),
            (*batch).ref_
        ));
        (*batch).ref_ = 0;
    }
}

pub unsafe fn credbatch_final(batch: *mut sys::credbatch) {
    unsafe { credbatch_process(batch) }
    called("credbatch_final");
}

pub unsafe fn lim_hold(limit: *mut sys::plimit) -> *mut sys::plimit {
    called(format_args!("lim_hold {}", name_of(limit)));
    limit
}

pub unsafe fn lim_free(limit: *mut sys::plimit) {
    called(format_args!("lim_free {}", name_of(limit)));
}

/// Limits to give back, if the process has others than the thread.
pub unsafe fn lim_cowsync() -> *mut sys::plimit {
    called("lim_cowsync");
    unsafe {
        let td = super::pcpu::curthread();
        let (old, new) = ((*td).td_limit, (*(*td).td_proc).p_limit);
        if old == new {
            return ptr::null_mut();
        }
        (*td).td_limit = new;
        old
    }
}

/// As [`credbatch_add`].
#[cfg(has_limbatch)]
pub unsafe fn limbatch_add(batch: *mut sys::limbatch, td: *mut sys::thread) {
    unsafe {
        if (*batch).limp != (*td).td_limit {
            if !(*batch).limp.is_null() {
                limbatch_process(batch);
            }
            (*batch).limp = (*td).td_limit;
        }
        (*batch).count += 1;
    }
    called("limbatch_add");
}

#[cfg(has_limbatch)]
unsafe fn limbatch_process(batch: *mut sys::limbatch) {
    unsafe {
        called(format_args!(
            "limits {} {}",
            name_of((*batch).limp),
            (*batch).count
        ));
        (*batch).count = 0;
    }
}

#[cfg(has_limbatch)]
pub unsafe fn limbatch_final(batch: *mut sys::limbatch) {
    unsafe { limbatch_process(batch) }
    called("limbatch_final");
}

#[cfg(not(has_limbatch))]
pub unsafe fn lim_freen(limit: *mut sys::plimit, count: c_int) {
    called(format_args!("limits {} {count}", name_of(limit)));
}

/// Functions that take the thread and tell only that they were called.
macro_rules! noted {
    ($($name:ident)*) => {
        $(pub unsafe fn $name(td: *mut sys::thread) {
            called(format_args!("{} {}", stringify!($name), name_of(td)));
        })*
    };
}

noted! {
    cpu_thread_alloc cpu_thread_clean cpu_thread_exit cpu_thread_free
    kdtrace_thread_ctor kdtrace_thread_dtor seltdfini
    umtx_thread_alloc umtx_thread_fini umtx_thread_init
}

pub unsafe fn cpuset_rel(set: *mut sys::cpuset) {
    called(format_args!("cpuset_rel {}", name_of(set)));
}

pub unsafe fn osd_exit(kind: u32, _osd: *mut sys::osd) {
    called(format_args!("osd_exit {kind}"));
}

pub unsafe fn rlqentry_free(_entry: *mut sys::rl_q_entry) {
    called("rlqentry_free");
}

pub unsafe fn sleepq_alloc() -> *mut sys::sleepqueue {
    called("sleepq_alloc");
    ptr::null_mut()
}

pub unsafe fn sleepq_free(_queue: *mut sys::sleepqueue) {
    called("sleepq_free");
}

pub unsafe fn turnstile_alloc() -> *mut sys::turnstile {
    called("turnstile_alloc");
    ptr::null_mut()
}

pub unsafe fn turnstile_free(_turnstile: *mut sys::turnstile) {
    called("turnstile_free");
}

pub unsafe fn sigqueue_init(queue: *mut sys::sigqueue, p: *mut sys::proc_) {
    called(format_args!("sigqueue_init {}", name_of(p)));
    unsafe { (*queue).sq_proc = p }
}

/// NULL, as before there is a zone for these, unless the test has one.
pub unsafe fn ksiginfo_alloc(_flags: c_int) -> *mut sys::ksiginfo_t {
    match asked("ksiginfo_alloc", 0) {
        0 => ptr::null_mut(),
        _ => zeroed(),
    }
}

pub unsafe fn rucollect(_to: *mut sys::rusage, _from: *mut sys::rusage) {
    called("rucollect");
}

pub unsafe fn ruxagg_locked(p: *mut sys::proc_, td: *mut sys::thread) {
    called(format_args!("ruxagg_locked {} {}", name_of(p), name_of(td)));
}
