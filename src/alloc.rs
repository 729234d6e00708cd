//! Threads come and go: `thread_alloc`, `thread_recycle` (FreeBSD 14:
//! `thread_alloc_stack`) and `thread_free`.
//!
//! A thread that the zone hands out is counted, has an id, a kernel stack and
//! what the machine-dependent code wants; freeing undoes that in the reverse
//! order.  No locks are held in any of these, and all may sleep.
//!
//! Ports reference lines 777-856.

use crate::count;
use crate::events;
use crate::here;
use crate::kassert;
use crate::kpi::{callout, sys};
use crate::thread::Thread;
use crate::tid::Lwpid;
use crate::zone;
use core::ffi::c_int;
use core::ptr;

/// Tells the sanitizers' runtimes of a thread's new stack, where the kernel
/// has them.
#[inline(always)]
#[cfg_attr(
    not(any(has_kasan_thread_alloc, has_kmsan_thread_alloc)),
    expect(unused_variables, reason = "no sanitizer wants to know")
)]
fn sanitizers_thread_alloc(td: Thread) {
    // SAFETY: a thread with a stack that is not running.
    #[cfg(has_kasan_thread_alloc)]
    unsafe {
        sys::kasan_thread_alloc(td.as_ptr());
    }
    // SAFETY: as above.
    #[cfg(has_kmsan_thread_alloc)]
    unsafe {
        sys::kmsan_thread_alloc(td.as_ptr());
    }
}

/// Allocates a thread with a stack of `pages` pages (0: the default).
///
/// The result has an id and no process.  `None`: the limit on threads is
/// reached, or there is no address space for a stack; everything is as it was
/// before.
#[doc(alias = "thread_alloc")]
pub fn alloc(pages: c_int) -> Option<Thread> {
    let tid = count::admit()?;
    let td = zone::alloc();
    kassert!(!td.has_kstack(), c"thread_alloc got thread with kstack");
    // SAFETY: a thread without a stack that nobody else has.
    unsafe {
        if !new_stack(td, pages) {
            zone::free(td);
            count::leave(tid);
            return None;
        }
        td.set_tid(tid);
        clear_syscall_args(td);
        sanitizers_thread_alloc(td);
        sys::cpu_thread_alloc(td.as_ptr());
        events::thread_ctor(td, here!());
    }
    Some(td)
}

/// Gives a thread a kernel stack: `vm_thread_new`.
///
/// # Safety
///
/// The thread has none and is not running.
#[inline(always)]
unsafe fn new_stack(td: Thread, pages: c_int) -> bool {
    // SAFETY: by the caller's contract.
    unsafe { sys::vm_thread_new(td.as_ptr(), pages) != 0 }
}

/// Zeroes the arguments of the system call that the structure's last thread
/// was in.
///
/// Word by word with volatile stores: what the compiler would call instead is
/// not in every kernel's reach (see docs/kernel-code.md).
///
/// # Safety
///
/// The thread is the caller's alone.
#[inline(always)]
unsafe fn clear_syscall_args(td: Thread) {
    // SAFETY: by the caller's contract.
    unsafe {
        let args = (&raw mut (*td.as_ptr()).td_sa.args).cast::<sys::syscallarg_t>();
        let count = size_of_val(&(*td.as_ptr()).td_sa.args) / size_of::<sys::syscallarg_t>();
        for i in 0..count {
            ptr::write_volatile(args.add(i), 0);
        }
    }
}

/// Makes a process's old thread ready for its next life with a stack of
/// `pages` pages; 0 or `ENOMEM`.
///
/// A stack of that size is kept.  After a failure the thread has none, and
/// stays with its process.
///
/// # Safety
///
/// The thread is linked to a process that is being made, and not running.
#[doc(alias = "thread_recycle")]
#[cfg(has_thread_recycle)]
pub unsafe fn recycle(td: Thread, pages: c_int) -> c_int {
    // SAFETY: by the caller's contract.
    unsafe {
        if !td.has_kstack() || td.kstack_pages() != pages {
            if td.has_kstack() {
                sys::vm_thread_dispose(td.as_ptr());
            }
            if !new_stack(td, pages) {
                return sys::ENOMEM as c_int;
            }
            sys::cpu_thread_alloc(td.as_ptr());
        }
    }
    sanitizers_thread_alloc(td);
    0
}

/// Gives a stackless thread a stack of `pages` pages: whether it could.
///
/// FreeBSD 14's form of [`recycle`], whose callers dispose of an old stack.
///
/// # Safety
///
/// The thread is linked to a process that is being made, and not running.
#[doc(alias = "thread_alloc_stack")]
#[cfg(not(has_thread_recycle))]
pub unsafe fn alloc_stack(td: Thread, pages: c_int) -> bool {
    kassert!(
        !td.has_kstack(),
        c"thread_alloc_stack called on a thread with kstack"
    );
    // SAFETY: by the caller's contract.
    unsafe {
        if !new_stack(td, pages) {
            return false;
        }
        sys::cpu_thread_alloc(td.as_ptr());
    }
    true
}

/// Takes a dead thread apart and gives it to the zone; id and count are the
/// caller's to give back.
///
/// # Safety
///
/// The thread is dead, unlinked and the caller's alone.  No locks held.
#[doc(alias = "thread_free_batched")]
pub unsafe fn free_batched(td: Thread) {
    // SAFETY: by the caller's contract.
    unsafe {
        let raw = td.as_ptr();
        #[cfg(LOCK_PROFILING)]
        sys::lock_profile_thread_exit(raw);
        if !(*raw).td_cpuset.is_null() {
            sys::cpuset_rel((*raw).td_cpuset);
        }
        (*raw).td_cpuset = ptr::null_mut();
        // Before the stack goes: machine-dependent state may lie on it.
        sys::cpu_thread_free(raw);
        if td.has_kstack() {
            sys::vm_thread_dispose(raw);
        }
        callout::drain(&raw mut (*raw).td_slpcallout);
        td.set_tid(Lwpid::NONE);
        #[cfg(has_kmsan_thread_alloc)]
        sys::kmsan_thread_free(raw);
        zone::free(td);
    }
}

/// Frees a thread that never ran, or whose caller knows that it is dead.
///
/// # Safety
///
/// As for [`free_batched`].
#[doc(alias = "thread_free")]
pub unsafe fn free(td: Thread) {
    // SAFETY: by the caller's contract.
    unsafe {
        events::thread_dtor(td, here!());
        let tid = td.tid();
        free_batched(td);
        count::leave(tid);
    }
}

#[cfg(test)]
mod tests;
