//! Subsystems that only want to hear of a thread's life: DTrace, OSD, auditing,
//! hwpmc, KTR, witness, the sanitizers, select(2), range locks.  They check what they
//! are shown and keep what belongs to a thread in pairs.

use core::ffi::{c_char, c_int, c_uint, c_ulong, c_void};
use core::ptr;
use core::sync::atomic::{AtomicI32, Ordering};

use crate::kern::malloc;
use crate::machine::api::{Kind, fail, name_of, note, point};
use crate::sys::{M_WAITOK, M_ZERO, malloc_type, osd, thread};

static mut M_KDTRACE: [malloc_type; 1] = [malloc::new_type(c"kdtrace")];
static mut M_AUDIT: [malloc_type; 1] = [malloc::new_type(c"audit")];

/// Bytes that DTrace keeps for a thread.
const KDTRACE_THREAD_SIZE: usize = 256;

/// # Safety
/// `td` is a thread that is being allocated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdtrace_thread_ctor(td: *mut thread) {
    point("kdtrace_thread_ctor", &[td.addr()]);
    let data = malloc::fbsd_malloc(
        KDTRACE_THREAD_SIZE,
        (&raw mut M_KDTRACE).cast(),
        (M_WAITOK | M_ZERO) as c_int,
    );
    // SAFETY: the caller's promise.
    unsafe { (*td).td_dtrace = data.cast() };
}

/// # Safety
/// `td` is a thread that is being freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kdtrace_thread_dtor(td: *mut thread) {
    point("kdtrace_thread_dtor", &[td.addr()]);
    // SAFETY: the caller's promise.
    unsafe {
        malloc::fbsd_free((*td).td_dtrace.cast(), (&raw mut M_KDTRACE).cast());
        (*td).td_dtrace = ptr::null_mut();
    }
}

/// Frees what modules attached to an object; nothing is ever attached here.
///
/// # Safety
/// `data` belongs to the caller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osd_exit(_kind: c_uint, data: *mut osd) {
    point("osd_exit", &[data.addr()]);
    // SAFETY: the caller's promise.
    if unsafe { (*data).osd_nslots } != 0 {
        fail(
            Kind::Invariant,
            "osd_exit of an object with slots that nobody registered".into(),
        );
    }
}

/// # Safety
/// `td` is a thread that is being freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seltdfini(td: *mut thread) {
    point("seltdfini", &[td.addr()]);
    // SAFETY: the caller's promise; select(2) is not simulated, so there is
    // nothing to free.
    unsafe { (*td).td_sel = ptr::null_mut() };
}

#[unsafe(no_mangle)]
extern "C" fn rlqentry_free(entry: *mut c_void) {
    point("rlqentry_free", &[entry.addr()]);
    if !entry.is_null() {
        fail(
            Kind::Memory,
            "rlqentry_free of an entry that was never allocated".into(),
        );
    }
}

/// # Safety
/// `td` is a thread that is being allocated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn audit_thread_alloc(td: *mut thread) {
    point("audit_thread_alloc", &[td.addr()]);
    let record = malloc::fbsd_malloc(16, (&raw mut M_AUDIT).cast(), M_WAITOK as c_int);
    // SAFETY: the caller's promise.
    unsafe { (*td).td_ar = record.cast() };
}

/// # Safety
/// `td` is a thread that is being freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn audit_thread_free(td: *mut thread) {
    point("audit_thread_free", &[td.addr()]);
    // SAFETY: the caller's promise.
    unsafe {
        malloc::fbsd_free((*td).td_ar.cast(), (&raw mut M_AUDIT).cast());
        (*td).td_ar = ptr::null_mut();
    }
}

/// What hwpmc installs: called with a thread, a function code and an argument.
pub type PmcHook = unsafe extern "C" fn(*mut thread, c_int, *mut c_void) -> c_int;

/// `pmc_hook`: set while hwpmc is loaded.
#[unsafe(no_mangle)]
pub static mut pmc_hook: Option<PmcHook> = Some(pmc_loaded);
/// `pmc_ss_count`: system-wide samplers at work.
#[unsafe(no_mangle)]
pub static pmc_ss_count: AtomicI32 = AtomicI32::new(0);

unsafe extern "C" fn pmc_loaded(td: *mut thread, function: c_int, _arg: *mut c_void) -> c_int {
    point("pmc_hook", &[td.addr(), function as usize]);
    0
}

/// Sets how many system-wide samplers are at work.
pub fn set_samplers(n: i32) {
    pmc_ss_count.store(n, Ordering::Relaxed);
}

/// A KTR record.  The arguments are of no interest here: the trace of the run
/// says more.
///
/// # Safety
/// Nothing is dereferenced.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ktr_tracepoint(
    _mask: u64,
    _file: *const c_char,
    _line: c_int,
    _format: *const c_char,
    arg1: c_ulong,
    _arg2: c_ulong,
    _arg3: c_ulong,
    _arg4: c_ulong,
    _arg5: c_ulong,
    _arg6: c_ulong,
) {
    note("ktr_tracepoint", &[arg1 as usize]);
}

fn require_thread(td: *mut thread, what: &str) {
    // SAFETY: the callers pass a thread on.
    if unsafe { (*td).td_kstack } == 0 {
        fail(
            Kind::Memory,
            format!(
                "{what} of {}, which has no kernel stack",
                name_of(td.addr())
            ),
        );
    }
}

#[unsafe(no_mangle)]
extern "C" fn kasan_thread_alloc(td: *mut thread) {
    point("kasan_thread_alloc", &[td.addr()]);
    require_thread(td, "kasan_thread_alloc");
}

#[unsafe(no_mangle)]
extern "C" fn kmsan_thread_alloc(td: *mut thread) {
    point("kmsan_thread_alloc", &[td.addr()]);
    require_thread(td, "kmsan_thread_alloc");
}

#[unsafe(no_mangle)]
extern "C" fn kmsan_thread_free(td: *mut thread) {
    point("kmsan_thread_free", &[td.addr()]);
}

/// Witness is told that a thread which it knows exits.
#[unsafe(no_mangle)]
extern "C" fn witness_thread_exit(td: *mut thread) {
    point("witness_thread_exit", &[td.addr()]);
}

/// Where a lock was taken, kept over a release: nothing is kept here.
///
/// # Safety
/// `file` and `line` are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn witness_save(
    _lock: *mut c_void,
    file: *mut *const c_char,
    line: *mut c_int,
) {
    // SAFETY: the caller's promise.
    unsafe {
        *file = c"".as_ptr();
        *line = 0;
    }
}

/// The counterpart of [`witness_save`].
#[unsafe(no_mangle)]
extern "C" fn witness_restore(_lock: *mut c_void, _file: *const c_char, _line: c_int) {}

/// Lock profiling is told that a thread is gone.
#[unsafe(no_mangle)]
extern "C" fn lock_profile_thread_exit(td: *mut thread) {
    point("lock_profile_thread_exit", &[td.addr()]);
}
