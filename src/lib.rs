//! FreeBSD's `sys/kern/kern_thread.c` in Rust: every thread of the kernel is
//! created, linked, counted, found, suspended, single-threaded, exited and
//! reaped here.
//!
//! The object made from this crate takes the place of the C file's object in
//! a kernel: same symbols, same ABI, same behaviour, to the order of calls.
//!
//! # Map
//!
//! | file | what it owns | C |
//! |---|---|---|
//! | [`export`] | the functions that the kernel calls | all of them |
//! | [`alloc`] | a thread is made, recycled, freed | `thread_alloc`, `thread_recycle`, `thread_free` |
//! | [`zone`] | the zone of thread structures | `thread_ctor`, `thread_dtor`, `thread_init`, `thread_fini` |
//! | [`count`] | how many threads, and the limit | `thread_count_inc`, `kern.maxthread` |
//! | [`tid`], [`tid_bitmap`] | ids | `tid_alloc`, `tid_free` |
//! | [`tidhash`] | from an id to a thread | `tdfind`, `tidhash_add`, `tidhash_remove` |
//! | [`link`] | threads and their process | `proc_linkup`, `thread_link`, `thread_unlink` |
//! | [`cow`] | credentials and limits | `thread_cow_*` |
//! | [`single`], [`single_mode`], [`all_proc`], [`weed`] | one thread stops or ends the others | `thread_single`, `thread_single_end`, `thread_unsuspend` |
//! | [`suspend_check`] | "shall I stop here?" | `thread_suspend_check`, `thread_check_susp` |
//! | [`suspend`] | one thread is stopped and let go | `thread_suspend_switch`, `thread_run_flash` |
//! | [`exit`] | a thread's end | `thread_exit`, `thread_wait` |
//! | [`reap`], [`reap_batch`] | what is left of it | `thread_stash`, `thread_reap_barrier` |
//! | [`boot`] | all of this is set up | `threadinit` |
//! | [`events`], [`records`] | event lists, sysctl, malloc type, probe, linker sets | `EVENTHANDLER_LIST_DEFINE`, `SYSCTL_INT`, `MALLOC_DEFINE`, `SDT_PROBE_DEFINE` |
//! | [`thread`], [`proc`], [`flags`] | the structures, field by field | `struct thread`, `struct proc` |
//! | [`locks`] | which lock is held, as a type | `PROC_LOCK`, `PROC_SLOCK`, `thread_lock` |
//! | [`kpi`] | the kernel's functions and macros | the headers |
//! | [`layout`] | the structures' layouts, asserted | `_Static_assert` |
//!
//! "The reference" is the C file at the revision that is replaced: FreeBSD's
//! `sys/kern/kern_thread.c` of 1824 lines, in which `thread_single()` begins at
//! line 1222.  It is not in this repository.  "Reference line" is the line of a
//! function's return type there.
//!
//! Kernel options are `cfg`s of the same name (`INVARIANTS`, `SMP`, ...), which
//! `build.rs` takes from the build; see docs/building.md.

#![cfg_attr(not(test), no_std)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the map is for who reads the source: all but `export` is private"
)]

mod all_proc;
mod alloc;
mod boot;
mod count;
mod cow;
mod events;
mod exit;
pub mod export;
mod flags;
mod kpi;
mod layout;
mod link;
mod locks;
mod proc;
mod reap;
mod reap_batch;
mod records;
mod single;
mod single_mode;
mod suspend;
mod suspend_check;
mod thread;
mod tid;
mod tid_bitmap;
mod tidhash;
mod weed;
mod zone;

/// Never linked: no code here can panic, and the undefined function that this
/// calls is how the build sees it if some could.
#[cfg(all(not(test), panic = "abort"))]
#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn kern_thread_rust_panic_reached() -> !;
    }
    // SAFETY: never reached; an object that has this call does not link.
    unsafe { kern_thread_rust_panic_reached() }
}
