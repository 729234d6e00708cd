//! `malloc(9)`, zones, hash tables and kernel stacks.

use super::world::{allocate, asked, called, name, name_of, release, zeroed};
use crate::kpi::list::Head;
use crate::kpi::sys;
use std::ffi::{CStr, c_char, c_int, c_void};

pub unsafe fn malloc(size: usize, type_: *mut sys::malloc_type, flags: c_int) -> *mut c_void {
    assert!(
        flags & sys::M_WAITOK as c_int != 0,
        "a malloc that may fail"
    );
    called(format_args!("malloc {}", name_of(type_)));
    allocate(size).cast()
}

pub unsafe fn free(address: *mut c_void, type_: *mut sys::malloc_type) {
    called(format_args!("free {}", name_of(type_)));
    release(address.cast());
}

pub unsafe extern "C" fn malloc_init(_type: *mut c_void) {}

pub unsafe extern "C" fn malloc_uninit(_type: *mut c_void) {}

pub unsafe fn hashinit(
    count: c_int,
    type_: *mut sys::malloc_type,
    mask: *mut sys::u_long,
) -> *mut c_void {
    called(format_args!("hashinit {count} {}", name_of(type_)));
    // The largest power of two that is not above the count.
    let buckets = 1usize << count.ilog2();
    unsafe { *mask = buckets as sys::u_long - 1 }
    allocate(buckets * size_of::<Head>()).cast()
}

/// A zone: what it does to its items, and those that are free.
struct Zone {
    size: usize,
    ctor: sys::uma_ctor,
    dtor: sys::uma_dtor,
    init: sys::uma_init,
    free: *mut FreeItem,
    made: usize,
}

/// A free item, beside the item itself, which keeps what it holds.
struct FreeItem {
    item: *mut c_void,
    next: *mut FreeItem,
}

pub unsafe fn uma_zcreate(
    name_: *const c_char,
    size: usize,
    ctor: sys::uma_ctor,
    dtor: sys::uma_dtor,
    init: sys::uma_init,
    fini: sys::uma_fini,
    align: c_int,
    flags: u32,
) -> sys::uma_zone_t {
    assert!(fini.is_some(), "the zone has all four functions");
    assert!(align & 31 == 31, "locks keep flags in an item's address");
    assert_eq!(flags, sys::UMA_ZONE_NOFREE);
    let text = unsafe { CStr::from_ptr(name_) }.to_str().expect("ASCII");
    called(format_args!("uma_zcreate {text}"));
    let zone: *mut Zone = zeroed();
    unsafe {
        zone.write(Zone {
            size,
            ctor,
            dtor,
            init,
            free: std::ptr::null_mut(),
            made: 0,
        });
    }
    zone.cast()
}

pub unsafe fn uma_zalloc_arg(zone: sys::uma_zone_t, arg: *mut c_void, flags: c_int) -> *mut c_void {
    unsafe {
        let zone: *mut Zone = zone.cast();
        let size = (*zone).size as c_int;
        let item = if (*zone).free.is_null() {
            let item = allocate((*zone).size).cast();
            (*zone).made += 1;
            name(item, format_args!("item{}", (*zone).made));
            (*zone).init.expect("checked")(item, size, flags);
            item
        } else {
            let first = (*zone).free;
            (*zone).free = (*first).next;
            let item = (*first).item;
            release(first.cast());
            item
        };
        (*zone).ctor.expect("a constructor")(item, size, arg, flags);
        called(format_args!("uma_zalloc {}", name_of(item)));
        item
    }
}

pub unsafe fn uma_zfree_arg(zone: sys::uma_zone_t, item: *mut c_void, arg: *mut c_void) {
    unsafe {
        let zone: *mut Zone = zone.cast();
        called(format_args!("uma_zfree {}", name_of(item)));
        (*zone).dtor.expect("a destructor")(item, (*zone).size as c_int, arg);
        let free: *mut FreeItem = zeroed();
        free.write(FreeItem {
            item,
            next: (*zone).free,
        });
        (*zone).free = free;
    }
}

pub unsafe fn uma_get_cache_align_mask() -> u32 {
    63
}

pub unsafe fn pmap_kextract(address: sys::vm_offset_t) -> sys::vm_paddr_t {
    address as sys::vm_paddr_t
}

pub unsafe fn vm_thread_new(td: *mut sys::thread, pages: c_int) -> c_int {
    let line = format!("vm_thread_new {} {pages}", name_of(td));
    let made = asked(line, 1) as c_int;
    if made != 0 {
        unsafe {
            (*td).td_kstack = 0x1000;
            (*td).td_kstack_pages = if pages == 0 { 4 } else { pages } as _;
        }
    }
    made
}

pub unsafe fn vm_thread_dispose(td: *mut sys::thread) {
    called(format_args!("vm_thread_dispose {}", name_of(td)));
    unsafe {
        (*td).td_kstack = 0;
        (*td).td_kstack_pages = 0;
    }
}
