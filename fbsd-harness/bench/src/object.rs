//! The object under test: the functions of `kern_thread.o` that the kernel and
//! the cases call.  The locks that each wants are those of the C file.

use core::ffi::{c_int, c_void};

use crate::sys::{lwpid_t, pid_t, proc_, thread};

unsafe extern "C" {
    pub fn proc_linkup0(p: *mut proc_, td: *mut thread);
    pub fn proc_linkup(p: *mut proc_, td: *mut thread);
    pub fn threadinit();
    pub fn thread_alloc(pages: c_int) -> *mut thread;
    pub fn thread_free(td: *mut thread);
    pub fn thread_stash(td: *mut thread);
    pub fn thread_cow_get_proc(newtd: *mut thread, p: *mut proc_);
    pub fn thread_cow_free(td: *mut thread);
    pub fn thread_cow_update(td: *mut thread);
    pub fn thread_exit() -> !;
    pub fn thread_link(td: *mut thread, p: *mut proc_);
    pub fn thread_unlink(td: *mut thread);
    pub fn thread_single(p: *mut proc_, mode: c_int) -> c_int;
    pub fn thread_single_end(p: *mut proc_, mode: c_int);
    pub fn thread_suspend_check_needed() -> bool;
    pub fn thread_suspend_check(return_instead: c_int) -> c_int;
    pub fn thread_check_susp(td: *mut thread, sleep: bool) -> c_int;
    pub fn tdfind(tid: lwpid_t, pid: pid_t) -> *mut thread;
    pub fn tidhash_add(td: *mut thread);
    pub fn tidhash_remove(td: *mut thread);
}

unsafe extern "C" {
    static bench_object_start: c_void;
    static bench_object_end: c_void;
}

/// Where the object's instructions are.
pub fn text() -> std::ops::Range<usize> {
    (&raw const bench_object_start) as usize..(&raw const bench_object_end) as usize
}
