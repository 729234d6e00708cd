//! What scenarios may ask of the services and change in them: the C functions
//! of scenarios/sim_services.h.

use core::ffi::{CStr, c_char, c_int, c_long, c_uint, c_ulong, c_void};
use core::ptr;

use crate::kern::{leak, malloc, sdt, settings, sysctl, uma, vm, vmmeter};
use crate::machine::api::{Kind, fail, ncpus, pcpu_of};
use crate::report;
use crate::sys::{KT_NO_PID, lwpid_t, sdt_probe};

/// `struct sim_zone`.
#[repr(C)]
pub struct SimZone {
    size: usize,
    align_mask: usize,
    flags: c_uint,
    has_ctor: bool,
    has_dtor: bool,
    has_init: bool,
    has_fini: bool,
    items: usize,
    live: usize,
}

/// # Safety
/// `name` is a C string.
unsafe fn text<'a>(name: *const c_char) -> std::borrow::Cow<'a, str> {
    // SAFETY: the caller's promise; scenarios pass literals.
    unsafe { CStr::from_ptr(name) }.to_string_lossy()
}

/// # Safety
/// `name` is a C string, `answer` has room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_zone(name: *const c_char, answer: *mut SimZone) -> bool {
    // SAFETY: the caller's promise.
    let Some(zone) = uma::find(&unsafe { text(name) }) else {
        return false;
    };
    let [has_ctor, has_dtor, has_init, has_fini] = zone.hooks();
    // SAFETY: the caller's promise.
    unsafe {
        *answer = SimZone {
            size: zone.size(),
            align_mask: zone.align_mask(),
            flags: zone.flags(),
            has_ctor,
            has_dtor,
            has_init,
            has_fini,
            items: zone.items(),
            live: zone.live(),
        };
    }
    true
}

/// # Safety
/// `name` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_blocks(name: *const c_char) -> c_ulong {
    // SAFETY: the caller's promise.
    malloc::blocks_named(&unsafe { text(name) }).len() as c_ulong
}

/// # Safety
/// `name` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_block_size(name: *const c_char, n: c_ulong) -> c_ulong {
    // SAFETY: the caller's promise.
    malloc::blocks_named(&unsafe { text(name) })
        .get(n as usize)
        .map_or(0, |(_, size)| *size as c_ulong)
}

/// # Safety
/// `name` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_type_registered(name: *const c_char) -> bool {
    // SAFETY: the caller's promise.
    malloc::is_registered(&unsafe { text(name) })
}

/// # Safety
/// `name` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_sysctl_int(name: *const c_char) -> *mut c_int {
    // SAFETY: the caller's promise.
    sysctl::int(&unsafe { text(name) })
}

#[unsafe(no_mangle)]
extern "C" fn sim_tid_used(tid: lwpid_t) -> bool {
    leak::ids_in_use().contains(&i64::from(tid - KT_NO_PID))
}

#[unsafe(no_mangle)]
extern "C" fn sim_tids_used() -> c_ulong {
    leak::ids_in_use().len() as c_ulong
}

#[unsafe(no_mangle)]
extern "C" fn sim_tid_mark(tid: lwpid_t, used: bool) {
    leak::mark_id(i64::from(tid - KT_NO_PID), used);
}

/// # Safety
/// `name` is a C string.
unsafe fn zone_named(name: *const c_char) -> &'static uma::Zone {
    // SAFETY: the caller's promise.
    let name = unsafe { text(name) };
    match uma::find(&name) {
        Some(zone) => zone,
        None => fail(Kind::Check, format!("there is no zone {name}")),
    }
}

/// # Safety
/// `name` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_zone_unguard(name: *const c_char) {
    // SAFETY: the caller's promise.
    let zone = unsafe { zone_named(name) };
    zone.allow_writes(0..zone.size());
}

/// # Safety
/// `name` is a C string, `item` an item of that zone that nobody uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_zone_fini(name: *const c_char, item: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { zone_named(name).finish(item) };
}

/// # Safety
/// `name` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_named(name: *const c_char) -> *mut c_void {
    // SAFETY: the caller's promise; the arena lives as long as the run.
    unsafe {
        let arena = report::arena();
        if arena.is_null() {
            return ptr::null_mut();
        }
        let names = &(&(*arena).names)[..(*arena).names_len as usize];
        let wanted = text(name);
        names
            .iter()
            .find(|entry| entry.name() == wanted)
            .map_or(ptr::null_mut(), |entry| {
                ptr::with_exposed_provenance_mut(entry.start)
            })
    }
}

#[unsafe(no_mangle)]
extern "C" fn sim_check_leaks() {
    leak::check();
}

#[unsafe(no_mangle)]
extern "C" fn sim_check_thread_count() {
    leak::check_thread_count();
}

#[unsafe(no_mangle)]
extern "C" fn sim_fail_stacks(after: c_uint, n: c_uint) {
    vm::fail_stacks(after, n);
}

#[unsafe(no_mangle)]
extern "C" fn sim_stacks_in_use() -> c_ulong {
    vm::stacks_in_use() as c_ulong
}

#[unsafe(no_mangle)]
extern "C" fn sim_cpu_domain(cpu: c_int, domain: c_int) {
    if cpu as usize >= ncpus() || !vm::has_domain(domain) {
        fail(
            Kind::Check,
            format!("there is no CPU {cpu} or no memory domain {domain}"),
        );
    }
    // SAFETY: the CPU exists; the number is read as a whole.
    unsafe { (&raw mut (*pcpu_of(cpu as usize)).pc_domain).write_volatile(domain) };
}

#[unsafe(no_mangle)]
extern "C" fn sim_switches() -> c_ulong {
    vmmeter::switches() as c_ulong
}

/// # Safety
/// `probe` is a probe.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_sdt_enable(probe: *mut sdt_probe, id: c_uint) {
    // SAFETY: the caller's promise.
    unsafe { sdt::enable(probe, id) };
}

#[unsafe(no_mangle)]
extern "C" fn sim_sdt_count() -> c_ulong {
    sdt::count() as c_ulong
}

/// # Safety
/// `name` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_change(name: *const c_char, value: c_long) {
    // SAFETY: the caller's promise.
    let name = unsafe { text(name) };
    if !settings::change(&name, value) {
        fail(Kind::Check, format!("{name} cannot be changed after boot"));
    }
}
