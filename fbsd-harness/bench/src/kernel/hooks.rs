//! Subsystems that hear of a thread's life: the processor's part of a thread,
//! umtx, DTrace, select(2), signals, CPU sets.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ptr;

use super::{arena, memory};
use crate::sys::{self, cpuset, ksiginfo, osd, proc_, sdt_probe, sdt_provider, sigqueue, thread};

/// The processor's part of a new thread: its frame and its control block lie
/// at the top of its stack, which has no memory here.
#[unsafe(no_mangle)]
unsafe extern "C" fn cpu_thread_alloc(td: *mut thread) {
    (*td).td_pcb = (*td).td_kstack as *mut _;
    (*td).td_frame = (*td).td_kstack as *mut _;
}

#[unsafe(no_mangle)]
extern "C" fn cpu_thread_clean(_td: *mut thread) {}

#[unsafe(no_mangle)]
extern "C" fn cpu_thread_exit(_td: *mut thread) {}

#[unsafe(no_mangle)]
extern "C" fn cpu_thread_free(_td: *mut thread) {}

/// Room for what umtx keeps of a thread.
const UMTXQ: usize = 192;

#[unsafe(no_mangle)]
unsafe extern "C" fn umtx_thread_init(td: *mut thread) {
    (*td).td_umtxq = arena::permanent(UMTXQ, 64).cast();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn umtx_thread_alloc(td: *mut thread) {
    (*td).td_umtxq.cast::<u8>().write(sys::KT_PRI_MAX as u8);
}

#[unsafe(no_mangle)]
extern "C" fn umtx_thread_exit(_td: *mut thread) {}

#[unsafe(no_mangle)]
extern "C" fn umtx_thread_fini(_td: *mut thread) {}

/// Bytes that DTrace keeps for a thread.
const KDTRACE_THREAD_SIZE: usize = 256;

#[unsafe(no_mangle)]
unsafe extern "C" fn kdtrace_thread_ctor(td: *mut thread) {
    let flags = (sys::M_WAITOK | sys::M_ZERO) as c_int;
    (*td).td_dtrace = memory::fbsd_malloc(KDTRACE_THREAD_SIZE, ptr::null_mut(), flags).cast();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn kdtrace_thread_dtor(td: *mut thread) {
    memory::fbsd_free((*td).td_dtrace.cast(), ptr::null_mut());
    (*td).td_dtrace = ptr::null_mut();
}

#[unsafe(no_mangle)]
extern "C" fn osd_exit(_kind: c_uint, _data: *mut osd) {}

#[unsafe(no_mangle)]
extern "C" fn seltdfini(_td: *mut thread) {}

#[unsafe(no_mangle)]
extern "C" fn rlqentry_free(_entry: *mut c_void) {}

#[unsafe(no_mangle)]
extern "C" fn cpuset_rel(_set: *mut cpuset) {}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigqueue_init(queue: *mut sigqueue, p: *mut proc_) {
    ptr::write_bytes(queue, 0, 1);
    (*queue).sq_list.tqh_last = &raw mut (*queue).sq_list.tqh_first;
    (*queue).sq_proc = p;
    (*queue).sq_flags = sys::SQ_INIT as c_int;
}

#[unsafe(no_mangle)]
extern "C" fn ksiginfo_alloc(_flags: c_int) -> *mut ksiginfo {
    arena::permanent(size_of::<ksiginfo>(), 64).cast()
}

/// No process is stopped by a signal.
#[unsafe(no_mangle)]
extern "C" fn thread_stopped(_p: *mut proc_) {}

#[unsafe(no_mangle)]
extern "C" fn eventratecheck(_last: *mut c_void, _now: *mut c_int, _most: c_int) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn fbsd_printf(_format: *const c_char) -> c_int {
    0
}

/// No probe is on.
#[unsafe(no_mangle)]
static sdt_probes_enabled: std::sync::atomic::AtomicBool =
    std::sync::atomic::AtomicBool::new(false);

/// What a probe would call.
#[unsafe(no_mangle)]
static sdt_probe_func: extern "C" fn(u32, usize, usize, usize, usize, usize) = fired;

extern "C" fn fired(_id: u32, _: usize, _: usize, _: usize, _: usize, _: usize) {}

/// The provider of the object's probe.
#[unsafe(no_mangle)]
// SAFETY: a provider is made of pointers that may be NULL and integers.
static mut sdt_provider_proc: [sdt_provider; 1] = [unsafe { std::mem::zeroed() }];

/// The lockstat probe that the inlined release of a spin mutex passes.
#[unsafe(no_mangle)]
// SAFETY: a probe of zeros is off.
static mut sdt_lockstat___spin__release: [sdt_probe; 1] = [unsafe { std::mem::zeroed() }];
