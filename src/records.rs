//! The records by which the kernel finds what this file brings: a malloc
//! type, the sysctl `kern.maxthread` and the probe proc:::lwp-exit; and the
//! linker sets with these and with the event lists of [`crate::events`].
//!
//! Order in a set is C's, which is that of the declarations there.
//!
//! Ports the `MALLOC_DEFINE`, `SYSCTL_INT` and `SDT_PROBE_DEFINE` (reference
//! lines 155, 158-159, 126).

use crate::count;
use crate::events;
use crate::kpi::cell::Global;
use crate::kpi::linker_set::{self, InitFn, Set, WritableSet};
use crate::kpi::sys;
use core::ffi::c_void;
use core::mem;

/// `M_TIDHASH`: the memory of the id bitmap and of the thread hash.
static M_TIDHASH: Global<[sys::malloc_type; 1]> = Global::new([sys::malloc_type {
    ks_version: sys::KT_MALLOC_TYPE_VERSION,
    ks_shortdesc: c"tidhash".as_ptr(),
    // SAFETY: pointers, integers and arrays of them: zero is a value.
    ..unsafe { mem::zeroed() }
}]);

/// `M_TIDHASH`, for `malloc(9)`.
#[inline(always)]
pub fn malloc_type() -> *mut sys::malloc_type {
    M_TIDHASH.get().cast()
}

/// `malloc_init` as SYSINIT calls it.
const MALLOC_INIT: InitFn =
    // SAFETY: functions with a pointer argument each; constness aside the
    // types agree, as C's casts have it.
    unsafe { mem::transmute(sys::malloc_init as unsafe extern "C" fn(*mut c_void)) };

/// `malloc_uninit` as SYSUNINIT calls it.
const MALLOC_UNINIT: InitFn =
    // SAFETY: as for MALLOC_INIT.
    unsafe { mem::transmute(sys::malloc_uninit as unsafe extern "C" fn(*mut c_void)) };

/// Has the boot register `M_TIDHASH`.
static TIDHASH_INIT: Global<sys::sysinit> = linker_set::sysinit(
    sys::SI_SUB_KMEM,
    sys::SI_ORDER_THIRD,
    MALLOC_INIT,
    M_TIDHASH.get().cast_const().cast(),
);

/// Has an unload, which a kernel never sees, deregister it.
static TIDHASH_UNINIT: Global<sys::sysinit> = linker_set::sysinit(
    sys::SI_SUB_KMEM,
    sys::SI_ORDER_ANY,
    MALLOC_UNINIT,
    M_TIDHASH.get().cast_const().cast(),
);

#[used]
#[unsafe(link_section = "set_sysinit_set")]
static SYSINIT_SET: WritableSet<sys::sysinit, 5> = WritableSet::new([
    TIDHASH_INIT.get(),
    events::CREATE_THREAD_CTOR.get(),
    events::CREATE_THREAD_DTOR.get(),
    events::CREATE_THREAD_INIT.get(),
    events::CREATE_THREAD_FINI.get(),
]);

#[used]
#[unsafe(link_section = "set_sysuninit_set")]
static SYSUNINIT_SET: WritableSet<sys::sysinit, 1> = WritableSet::new([TIDHASH_UNINIT.get()]);

/// `kern.maxthread`, a tunable that can't be changed later.
static SYSCTL_MAXTHREAD: Global<sys::sysctl_oid> = Global::new(sys::sysctl_oid {
    // SAFETY: the address of a field of a static of the kernel.
    oid_parent: unsafe { &raw mut sys::sysctl___kern.oid_children },
    oid_number: sys::KT_OID_AUTO,
    oid_kind: sys::KT_SYSCTL_INT_KIND | sys::KT_CTLFLAG_RDTUN,
    oid_arg1: count::MAXTHREAD.get().cast(),
    oid_arg2: 0,
    oid_name: c"maxthread".as_ptr(),
    oid_handler: Some(sys::sysctl_handle_int),
    oid_fmt: c"I".as_ptr(),
    oid_descr: c"Maximum number of threads".as_ptr(),
    // SAFETY: pointers and integers: zero is a value.
    ..unsafe { mem::zeroed() }
});

#[used]
#[unsafe(link_section = "set_sysctl_set")]
static SYSCTL_SET: Set<sys::sysctl_oid, 1> = Set([SYSCTL_MAXTHREAD.get()]);

/// The probe proc:::lwp-exit: a thread has begun to exit.
#[cfg(KDTRACE_HOOKS)]
#[unsafe(no_mangle)]
pub static sdt_proc___lwp__exit: Global<[sys::sdt_probe; 1]> = Global::new([sys::sdt_probe {
    version: size_of::<sys::sdt_probe>() as core::ffi::c_int,
    prov: (&raw mut sys::sdt_provider_proc).cast(),
    mod_: c"".as_ptr(),
    func: c"".as_ptr(),
    name: c"lwp__exit".as_ptr(),
    // SAFETY: pointers and integers: zero is a value.
    ..unsafe { mem::zeroed() }
}]);

#[cfg(KDTRACE_HOOKS)]
#[used]
#[unsafe(link_section = "set_sdt_probes_set")]
static PROBE_SET: Set<[sys::sdt_probe; 1], 1> = Set([sdt_proc___lwp__exit.get()]);

/// `SDT_PROBE0(proc, , , lwp__exit)`: fires the probe.
#[inline(always)]
pub fn probe_lwp_exit() {
    #[cfg(KDTRACE_HOOKS)]
    crate::sdt_probe!(sdt_proc___lwp__exit, 0);
}

#[cfg(test)]
mod tests;
