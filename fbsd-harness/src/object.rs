//! The object under test: the functions that `kern_thread.o` exports, as the
//! kernel's other files call them.
//!
//! The locks that each wants are those of the C file; the callers in
//! [`crate::kern`] and [`crate::user`] follow the real callers' protocol.

use core::ffi::c_int;

use crate::sys::{lwpid_t, pid_t, proc_, thread};

unsafe extern "C" {
    pub fn proc_linkup(p: *mut proc_, td: *mut thread);
    pub fn thread_alloc(pages: c_int) -> *mut thread;
    pub fn thread_recycle(td: *mut thread, pages: c_int) -> c_int;
    pub fn thread_free(td: *mut thread);
    pub fn thread_cow_get_proc(newtd: *mut thread, p: *mut proc_);
    pub fn thread_cow_get(newtd: *mut thread, td: *mut thread);
    pub fn thread_cow_free(td: *mut thread);
    pub fn thread_cow_update(td: *mut thread);
    pub fn thread_cow_synced(td: *mut thread);
    pub fn thread_exit() -> !;
    pub fn thread_wait(p: *mut proc_);
    pub fn thread_link(td: *mut thread, p: *mut proc_);
    pub fn thread_single(p: *mut proc_, mode: c_int) -> c_int;
    pub fn thread_single_end(p: *mut proc_, mode: c_int);
    pub fn thread_suspend_check_needed() -> bool;
    pub fn thread_suspend_check(return_instead: c_int) -> c_int;
    pub fn thread_check_susp(td: *mut thread, sleep: bool) -> c_int;
    pub fn thread_suspend_switch(td: *mut thread, p: *mut proc_);
    pub fn thread_suspend_one(td: *mut thread);
    pub fn thread_run_flash(td: *mut thread);
    pub fn thread_unsuspend(p: *mut proc_);
    pub fn tdfind(tid: lwpid_t, pid: pid_t) -> *mut thread;
    pub fn tidhash_add(td: *mut thread);
    pub fn tidhash_remove(td: *mut thread);
}
