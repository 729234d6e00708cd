//! The thread zone and what it does to a `struct thread`: once when the
//! memory is new (`init`), on every allocation (`ctor`) and release (`dtor`),
//! and before the memory would go away (`fini`).
//!
//! The zone frees nothing (`UMA_ZONE_NOFREE`): a `struct thread` stays one
//! for ever, which lookups that race with exit rely on.
//!
//! Ports `thread_ctor` to `thread_fini` (reference lines 378-486) and the
//! `uma_zcreate` of `threadinit`.

use crate::events;
use crate::here;
#[cfg(INVARIANTS)]
use crate::kpanic;
use crate::kpi::cell::Global;
use crate::kpi::{ast, sys};
use crate::mpass;
use crate::thread::{State, Thread};
use core::ffi::{c_int, c_void};
use core::ptr;

/// The zone; set at boot.
static THREAD_ZONE: Global<sys::uma_zone_t> = Global::new(ptr::null_mut());

/// Low bits of a thread's address that are 0, because locks keep flags there.
const ADDRESS_FLAG_BITS: u32 = 32 - 1;

/// `UMA_ALIGN_CACHE_AND_MASK(32 - 1)`: aligned so that these bits are free,
/// and to a cache line.
#[inline(always)]
#[cfg(has_cache_align_mask)]
fn alignment() -> c_int {
    // SAFETY: no precondition.
    (unsafe { sys::uma_get_cache_align_mask() } | ADDRESS_FLAG_BITS) as c_int
}

/// Headers before `UMA_ALIGN_CACHE_AND_MASK`: aligned so that these bits are
/// free.
#[inline(always)]
#[cfg(not(has_cache_align_mask))]
fn alignment() -> c_int {
    ADDRESS_FLAG_BITS as c_int
}

/// How the zone gets its memory: it never gives any back.
#[cfg(any(has_cache_align_mask, not(target_arch = "aarch64")))]
const FLAGS: u32 = sys::UMA_ZONE_NOFREE;
/// arm64 before that wants threads in the direct map: the loss of another
/// mapping while superpages change is handled by code that needs `curthread`.
#[cfg(all(not(has_cache_align_mask), target_arch = "aarch64"))]
const FLAGS: u32 = sys::UMA_ZONE_NOFREE | sys::UMA_ZONE_CONTIG;

/// Makes the zone.
///
/// # Safety
///
/// Called once, at boot, after thread0 has its id.
pub unsafe fn init() {
    // SAFETY: the functions fit the zone's size; nobody uses the zone yet.
    unsafe {
        *THREAD_ZONE.get() = sys::uma_zcreate(
            c"THREAD".as_ptr(),
            sys::sched_sizeof_thread() as usize,
            Some(thread_ctor),
            Some(thread_dtor),
            Some(thread_init),
            Some(thread_fini),
            alignment(),
            FLAGS,
        );
    }
}

/// A constructed `struct thread`; may sleep, never fails.
pub fn alloc() -> Thread {
    // SAFETY: made at boot; M_WAITOK never returns NULL.
    unsafe {
        let item = sys::uma_zalloc_arg(*THREAD_ZONE.get(), ptr::null_mut(), sys::M_WAITOK as c_int);
        Thread::from_raw(item.cast())
    }
}

/// Destructs a `struct thread` and gives it back.
///
/// # Safety
///
/// The thread is dead and the caller's alone.
pub unsafe fn free(td: Thread) {
    // SAFETY: by the caller's contract.
    unsafe { sys::uma_zfree_arg(*THREAD_ZONE.get(), td.as_ptr().cast(), ptr::null_mut()) }
}

/// Prepares a thread for use: the zone's constructor.
///
/// # Safety
///
/// `mem` is an item of the zone.
unsafe extern "C" fn thread_ctor(
    mem: *mut c_void,
    _size: c_int,
    _arg: *mut c_void,
    _flags: c_int,
) -> c_int {
    // SAFETY: an initialised item that nobody else has.
    unsafe {
        let td = Thread::from_raw(mem.cast());
        let raw = td.as_ptr();
        td.set_state(State::INACTIVE);
        (*raw).td_lastcpu = sys::KT_NOCPU;
        (*raw).td_oncpu = sys::KT_NOCPU;
        // It is not running, so it is inside the switch that will bring it
        // onto a CPU, which is a critical section.
        (*raw).td_critnest = 1;
        (*raw).td_lend_user_pri = sys::KT_PRI_MAX as u8;
        #[cfg(AUDIT)]
        sys::audit_thread_alloc(raw);
        #[cfg(KDTRACE_HOOKS)]
        sys::kdtrace_thread_ctor(raw);
        sys::umtx_thread_alloc(raw);
        mpass!((*raw).td_sel.is_null(), c"td->td_sel == NULL");
    }
    0
}

/// Cleans a thread up after use: the zone's destructor.
///
/// # Safety
///
/// `mem` is an item of the zone that is no longer in use.
unsafe extern "C" fn thread_dtor(mem: *mut c_void, _size: c_int, _arg: *mut c_void) {
    // SAFETY: an item that nobody else has.
    unsafe {
        let td = Thread::from_raw(mem.cast());
        let raw = td.as_ptr();
        #[cfg(INVARIANTS)]
        match td.state() {
            State::INACTIVE => {}
            // Somebody still runs it, or will.
            State::INHIBITED | State::RUNNING | State::CAN_RUN | State::RUNQ => {
                kpanic!(c"bad state for thread unlinking")
            }
            _ => kpanic!(c"bad thread state"),
        }
        #[cfg(AUDIT)]
        sys::audit_thread_free(raw);
        #[cfg(KDTRACE_HOOKS)]
        sys::kdtrace_thread_dtor(raw);
        // osd_thread_exit().
        sys::osd_exit(sys::OSD_THREAD, &raw mut (*raw).td_osd);
        ast::clear(raw);
        sys::seltdfini(raw);
    }
}

/// The memory domain that an address lies in: `vm_phys_domain(vtophys(td))`.
#[inline(always)]
fn memory_domain(raw: *mut sys::thread) -> c_int {
    #[cfg_attr(
        not(NUMA),
        expect(unused_variables, reason = "C asks for the address even so")
    )]
    // SAFETY: a mapped kernel address.
    let pa = unsafe { sys::pmap_kextract(raw as sys::vm_offset_t) };
    #[cfg(NUMA)]
    {
        if crate::kpi::vars::vm_ndomains() == 1 {
            return 0;
        }
        // SAFETY: the kernel's table of memory ranges ends with an empty one.
        unsafe {
            let mut range = sys::mem_affinity;
            while (*range).end != 0 {
                if (*range).start <= pa && (*range).end >= pa {
                    return (*range).domain;
                }
                range = range.add(1);
            }
        }
        -1
    }
    #[cfg(not(NUMA))]
    0
}

/// Makes what a thread keeps through all its lives: the zone's init.
///
/// # Safety
///
/// `mem` is new memory of the zone.
unsafe extern "C" fn thread_init(mem: *mut c_void, _size: c_int, _flags: c_int) -> c_int {
    // SAFETY: memory that nobody else has.
    unsafe {
        let td = Thread::from_raw(mem.cast());
        let raw = td.as_ptr();
        (*raw).td_allocdomain = memory_domain(raw) as u8;
        (*raw).td_sleepqueue = sys::sleepq_alloc();
        (*raw).td_turnstile = sys::turnstile_alloc();
        #[cfg(has_rlqe)]
        {
            (*raw).td_rlqe = ptr::null_mut();
        }
        events::thread_init(td, here!());
        sys::umtx_thread_init(raw);
        (*raw).td_kstack = 0;
        (*raw).td_sel = ptr::null_mut();
    }
    0
}

/// Gives back what [`thread_init`] has made: the zone's fini.
///
/// # Safety
///
/// `mem` is an item of the zone that will not be used again.
unsafe extern "C" fn thread_fini(mem: *mut c_void, _size: c_int) {
    // SAFETY: an item that nobody else has.
    unsafe {
        let td = Thread::from_raw(mem.cast());
        let raw = td.as_ptr();
        events::thread_fini(td, here!());
        #[cfg(has_rlqe)]
        sys::rlqentry_free((*raw).td_rlqe);
        sys::turnstile_free((*raw).td_turnstile);
        sys::sleepq_free((*raw).td_sleepqueue);
        sys::umtx_thread_fini(raw);
        mpass!((*raw).td_sel.is_null(), c"td->td_sel == NULL");
    }
}

#[cfg(test)]
mod tests;
