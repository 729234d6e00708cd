//! The kernel's declarations: bindgen's output for the headers of the kernel
//! that will link the object, and by hand what no header declares.
//!
//! This is the only module that declares a kernel function or variable.

#![allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unused_imports,
    dead_code,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    unsafe_op_in_unsafe_fn,
    reason = "generated from C headers: the names and shapes are C's"
)]

mod bindings {
    use super::*;
    include!(env!("KERN_THREAD_BINDINGS_RS"));
}

pub use bindings::*;

// Its name in headers that do not tell events from packets.
#[cfg(all(not(has_eventratecheck), not(test)))]
pub use bindings::ppsratecheck as eventratecheck;

use core::ffi::{c_char, c_int, c_void};

// Hand-written: bindgen would declare them the same way, but these names are
// also the C library's, and the crate's tests run in a process that has one.
#[cfg(not(test))]
unsafe extern "C" {
    /// `malloc(9)`.
    pub fn malloc(size: usize, type_: *mut malloc_type, flags: c_int) -> *mut c_void;
    /// `free(9)`.
    pub fn free(addr: *mut c_void, type_: *mut malloc_type);
    /// `printf(9)`.
    pub fn printf(fmt: *const c_char, ...) -> c_int;
    /// `panic(9)`.
    pub fn panic(fmt: *const c_char, ...) -> !;
}

// In the crate's own tests a Rust function or static stands in for each of the
// kernel's.  They are named one by one: an explicit import goes before the
// glob above, where another glob would be ambiguous.
#[cfg(test)]
pub use super::fake::{
    events::{
        _callout_stop_safe, callout_init, callout_reset_sbt_on, eventhandler_create_list,
        eventhandler_prune_list, eventratecheck, sysctl_handle_int, taskqueue_drain,
        taskqueue_enqueue,
    },
    locks::{
        __mtx_assert, __mtx_lock_flags, __mtx_lock_spin_flags, __mtx_unlock_flags,
        __mtx_unlock_spin_flags, __rw_rlock, __rw_try_upgrade, _mtx_init, _rw_init_flags,
        _rw_runlock_cookie, _rw_wlock_cookie, _rw_wunlock_cookie, _sleep, _thread_lock,
        spinlock_enter, spinlock_exit, wakeup,
    },
    memory::{
        free, hashinit, malloc, malloc_init, malloc_uninit, pmap_kextract,
        uma_get_cache_align_mask, uma_zalloc_arg, uma_zcreate, uma_zfree_arg, vm_thread_dispose,
        vm_thread_new,
    },
    owned::{
        cpu_thread_alloc, cpu_thread_clean, cpu_thread_exit, cpu_thread_free, cpuset_rel,
        crcowfree, crcowget, crcowsync, credbatch_add, credbatch_final, crfree,
        kdtrace_thread_ctor, kdtrace_thread_dtor, ksiginfo_alloc, lim_cowsync, lim_free, lim_hold,
        osd_exit, priv_check_cred, rlqentry_free, rucollect, ruxagg_locked, seltdfini,
        sigqueue_init, sleepq_alloc, sleepq_free, turnstile_alloc, turnstile_free,
        umtx_thread_alloc, umtx_thread_fini, umtx_thread_init,
    },
    sched::{
        forward_signal, kern_thr_exit, kick_proc0, mi_switch, quiesce_all_cpus, sched_exit_thread,
        sched_relinquish, sched_sizeof_thread, sched_sleep, sched_throw, setrunnable, sleepq_abort,
        sleepq_remove_nested, thread_stopped, umtx_thread_exit,
    },
    text::{panic, printf},
    vars::{
        Giant, M_TEMP, cpu_ticks, hz, lockstat_enabled, max_threads_per_proc, maxproc,
        sdt_lockstat___spin__release, sdt_probe_func, sdt_probes_enabled, sdt_provider_proc,
        sysctl___kern, taskqueue_thread, tick_sbt, ticks, vm_cnt, vm_ndomains,
    },
};

#[cfg(all(test, has_ast_register))]
pub use super::fake::sched::{ast_kclear, ast_register, ast_sched_locked, ast_unsched_locked};
#[cfg(all(test, not(has_ast_register)))]
pub use super::fake::vars::softdep_ast_cleanup;

#[cfg(all(test, not(has_limbatch)))]
pub use super::fake::owned::lim_freen;
#[cfg(all(test, has_limbatch))]
pub use super::fake::owned::{limbatch_add, limbatch_final};

#[cfg(all(test, WITNESS))]
pub use super::fake::locks::{witness_restore, witness_save, witness_thread_exit};

// The slow paths of what is done in place.
#[cfg(all(test, not(LOCK_DEBUG)))]
pub use super::fake::locks::{
    __mtx_lock_sleep, __mtx_unlock_sleep, __rw_rlock_int, __rw_try_upgrade_int, __rw_wlock_hard,
    __rw_wunlock_hard, _mtx_lock_spin_cookie, _rw_runlock_cookie_int,
};
