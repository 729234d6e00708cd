//! Calls of the object, written down where objects are compared.
//!
//! The program is linked with `--wrap` for every function that the object
//! exports: who calls `thread_alloc` calls `__wrap_thread_alloc` here, which
//! notes the arguments, calls the object's function (`__real_thread_alloc`) and
//! notes the result.  The object's calls of its own functions stay what they
//! are.  None of this is a scheduling point.

use core::ffi::c_int;

use crate::machine::api::curthread;
use crate::machine::ext::ext;
use crate::machine::{digest, trace};
use crate::sys::{lwpid_t, pid_t, proc_, thread};

/// An argument or a result as a word.
trait Word {
    fn word(self) -> usize;
}

impl Word for c_int {
    fn word(self) -> usize {
        self as usize
    }
}

impl Word for bool {
    fn word(self) -> usize {
        usize::from(self)
    }
}

impl<T> Word for *mut T {
    fn word(self) -> usize {
        self.addr()
    }
}

/// The running thread enters an exported function.
fn enter(event: &'static str, args: &[usize]) {
    if !digest::watched() {
        return;
    }
    trace::note(event, args);
    // SAFETY: the running thread has an extension, which only it writes to.
    unsafe {
        let ext = ext(curthread());
        if let Some(slot) = (*ext).inside.get_mut((*ext).ninside) {
            // Without the mark of an entry.
            *slot = Some(&event[1..]);
        }
        (*ext).ninside += 1;
    }
}

/// It comes back.
fn leave(event: &'static str, result: &[usize]) {
    if !digest::watched() {
        return;
    }
    // SAFETY: as in `enter`.
    unsafe { (*ext(curthread())).ninside -= 1 };
    trace::note(event, result);
}

/// Functions with a result.
macro_rules! with_result {
    ($(fn $name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => { $(
        #[unsafe(export_name = concat!("__wrap_", stringify!($name)))]
        unsafe extern "C" fn $name($($arg: $type),*) -> $result {
            unsafe extern "C" {
                #[link_name = concat!("__real_", stringify!($name))]
                fn real($($arg: $type),*) -> $result;
            }
            enter(concat!(">", stringify!($name)), &[$($arg.word()),*]);
            // SAFETY: what the function wants is its caller's business.
            let result = unsafe { real($($arg),*) };
            leave(concat!("<", stringify!($name)), &[result.word()]);
            result
        }
    )* };
}

/// Functions without one.
macro_rules! without_result {
    ($(fn $name:ident($($arg:ident: $type:ty),*);)*) => { $(
        #[unsafe(export_name = concat!("__wrap_", stringify!($name)))]
        unsafe extern "C" fn $name($($arg: $type),*) {
            unsafe extern "C" {
                #[link_name = concat!("__real_", stringify!($name))]
                fn real($($arg: $type),*);
            }
            enter(concat!(">", stringify!($name)), &[$($arg.word()),*]);
            // SAFETY: as above.
            unsafe { real($($arg),*) };
            leave(concat!("<", stringify!($name)), &[]);
        }
    )* };
}

with_result! {
    fn tdfind(tid: lwpid_t, pid: pid_t) -> *mut thread;
    fn thread_alloc(pages: c_int) -> *mut thread;
    fn thread_check_susp(td: *mut thread, sleep: bool) -> c_int;
    fn thread_recycle(td: *mut thread, pages: c_int) -> c_int;
    fn thread_single(p: *mut proc_, mode: c_int) -> c_int;
    fn thread_suspend_check(return_instead: c_int) -> c_int;
    fn thread_suspend_check_needed() -> bool;
}

without_result! {
    fn proc_linkup(p: *mut proc_, td: *mut thread);
    fn proc_linkup0(p: *mut proc_, td: *mut thread);
    fn thread_cow_free(td: *mut thread);
    fn thread_cow_get(newtd: *mut thread, td: *mut thread);
    fn thread_cow_get_proc(newtd: *mut thread, p: *mut proc_);
    fn thread_cow_synced(td: *mut thread);
    fn thread_cow_update(td: *mut thread);
    fn thread_free(td: *mut thread);
    fn thread_link(td: *mut thread, p: *mut proc_);
    fn thread_reap_barrier();
    fn thread_run_flash(td: *mut thread);
    fn thread_single_end(p: *mut proc_, mode: c_int);
    fn thread_stash(td: *mut thread);
    fn thread_suspend_one(td: *mut thread);
    fn thread_suspend_switch(td: *mut thread, p: *mut proc_);
    fn thread_unlink(td: *mut thread);
    fn thread_unsuspend(p: *mut proc_);
    fn thread_wait(p: *mut proc_);
    fn threadinit();
    fn tidhash_add(td: *mut thread);
    fn tidhash_remove(td: *mut thread);
}

/// The one that does not return.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_thread_exit() -> ! {
    unsafe extern "C" {
        fn __real_thread_exit() -> !;
    }
    enter(">thread_exit", &[]);
    // SAFETY: as above.
    unsafe { __real_thread_exit() }
}
