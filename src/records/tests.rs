//! The records and sets by which the kernel finds what is here.

use super::*;
use crate::kpi::fake::world::{World, name_of};
use std::ffi::CStr;

/// The text of a record.
fn text<'a>(text: *const core::ffi::c_char) -> &'a str {
    // SAFETY: a literal of the library.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap()
}

#[test]
fn sysctl_is_a_read_only_tunable_int() {
    // SAFETY: written by nobody.
    let oid = unsafe { &*SYSCTL_MAXTHREAD.get() };
    assert_eq!(text(oid.oid_name), "maxthread");
    assert_eq!(text(oid.oid_fmt), "I");
    assert_eq!(text(oid.oid_descr), "Maximum number of threads");
    assert_eq!(oid.oid_arg1, count::MAXTHREAD.get().cast());
    assert_eq!(oid.oid_number, sys::KT_OID_AUTO);
    let kind = oid.oid_kind;
    assert_eq!(kind, sys::KT_SYSCTL_INT_KIND | sys::KT_CTLFLAG_RDTUN);
    assert_eq!(SYSCTL_SET.0, [SYSCTL_MAXTHREAD.get().cast_const()]);
}

#[test]
fn malloc_type_is_named_and_versioned() {
    // SAFETY: written by nobody.
    let type_ = unsafe { &*malloc_type() };
    assert_eq!(text(type_.ks_shortdesc), "tidhash");
    assert_eq!(type_.ks_version, sys::KT_MALLOC_TYPE_VERSION);
}

/// Registered before anybody's malloc, taken away with the same argument.
#[test]
fn malloc_type_is_registered_at_boot() {
    // SAFETY: written by nobody.
    let (init, uninit) = unsafe { (&*TIDHASH_INIT.get(), &*TIDHASH_UNINIT.get()) };
    for (record, order) in [(init, sys::SI_ORDER_THIRD), (uninit, sys::SI_ORDER_ANY)] {
        assert_eq!(record.subsystem, sys::SI_SUB_KMEM);
        assert_eq!(record.order, order);
        assert_eq!(record.udata, malloc_type().cast_const().cast());
        assert!(record.func.is_some());
    }
}

/// C's order: the malloc type's, then the four events as they are declared.
#[test]
fn sets_keep_the_order_of_the_declarations() {
    // SAFETY: written by nobody.
    let entries = unsafe { *SYSINIT_SET.get() };
    assert_eq!(entries[0], TIDHASH_INIT.get());
    assert_eq!(entries[1], events::CREATE_THREAD_CTOR.get());
    assert_eq!(entries[4], events::CREATE_THREAD_FINI.get());
    // SAFETY: as above.
    let subsystems = entries.map(|entry| unsafe { (*entry).subsystem });
    assert_eq!(subsystems[1..], [sys::SI_SUB_EVENTHANDLER; 4]);
    // SAFETY: as above.
    assert_eq!(unsafe { *SYSUNINIT_SET.get() }, [TIDHASH_UNINIT.get()]);
}

#[test]
#[cfg(KDTRACE_HOOKS)]
fn probe_is_proc_lwp_exit() {
    let _world = World::new();
    // SAFETY: sdt(4) alone writes, and there is none.
    let [probe] = unsafe { &*sdt_proc___lwp__exit.get() };
    assert_eq!(text(probe.name), "lwp__exit");
    assert_eq!((text(probe.mod_), text(probe.func)), ("", ""));
    assert_eq!(probe.version as usize, size_of::<sys::sdt_probe>());
    assert_eq!(probe.prov, (&raw mut sys::sdt_provider_proc).cast());
    assert_eq!(PROBE_SET.0, [sdt_proc___lwp__exit.get().cast_const()]);
}

/// The SYSINITs of the event lists each fill their own.
#[test]
fn event_lists_are_created_by_their_sysinits() {
    let _world = World::new();
    let lists = [
        &events::_eventhandler_list_thread_ctor,
        &events::_eventhandler_list_thread_dtor,
        &events::_eventhandler_list_thread_init,
        &events::_eventhandler_list_thread_fini,
    ];
    // SAFETY: the boot of this world.
    unsafe {
        for entry in &(&*SYSINIT_SET.get())[1..] {
            (**entry).func.unwrap()((**entry).udata);
        }
        let names = lists.map(|list| name_of(*list.get()));
        let expected = ["thread_ctor", "thread_dtor", "thread_init", "thread_fini"];
        assert_eq!(names, expected);
    }
}
