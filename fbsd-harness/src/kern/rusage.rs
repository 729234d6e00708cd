//! Accounting of what threads used: `struct rusage` and `struct rusage_ext`.

use core::ffi::c_long;

use crate::machine::api::{Kind, fail, mtx_owned, name_of, point, thread_locked};
use crate::sys::{proc_, rusage, rusage_ext, thread};

/// Adds what a thread used since it was last asked.
///
/// # Safety
/// `total` and `td` are guarded by locks that the caller has.
unsafe fn add(total: *mut rusage_ext, td: *const thread) {
    // SAFETY: the caller's promise.
    unsafe {
        (*total).rux_runtime = (*total).rux_runtime.wrapping_add((*td).td_incruntime);
        (*total).rux_uticks += u64::from((*td).td_uticks);
        (*total).rux_sticks += u64::from((*td).td_sticks);
        (*total).rux_iticks += u64::from((*td).td_iticks);
    }
}

/// # Safety
/// `td` is a thread whose lock is held; so is the statistics lock of `p`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ruxagg_locked(p: *mut proc_, td: *mut thread) {
    point("ruxagg_locked", &[p.addr(), td.addr()]);
    // SAFETY: the caller's promise, checked where it can be.
    unsafe {
        if !thread_locked(td) || !mtx_owned(&raw mut (*p).p_statmtx) {
            fail(
                Kind::Lock,
                format!(
                    "ruxagg_locked of {} without the thread lock and the statistics lock",
                    name_of(td.addr())
                ),
            );
        }
        add(&raw mut (*p).p_rux, td);
        add(&raw mut (*td).td_rux, td);
        (*td).td_incruntime = 0;
        (*td).td_uticks = 0;
        (*td).td_sticks = 0;
        (*td).td_iticks = 0;
    }
}

/// # Safety
/// Both are valid, and nobody else changes them meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rucollect(total: *mut rusage, part: *mut rusage) {
    point("rucollect", &[]);
    // SAFETY: the caller's promise.
    let (total, part) = unsafe { (&mut *total, &*part) };
    total.ru_maxrss = total.ru_maxrss.max(part.ru_maxrss);
    let sums: [(&mut c_long, c_long); 13] = [
        (&mut total.ru_ixrss, part.ru_ixrss),
        (&mut total.ru_idrss, part.ru_idrss),
        (&mut total.ru_isrss, part.ru_isrss),
        (&mut total.ru_minflt, part.ru_minflt),
        (&mut total.ru_majflt, part.ru_majflt),
        (&mut total.ru_nswap, part.ru_nswap),
        (&mut total.ru_inblock, part.ru_inblock),
        (&mut total.ru_oublock, part.ru_oublock),
        (&mut total.ru_msgsnd, part.ru_msgsnd),
        (&mut total.ru_msgrcv, part.ru_msgrcv),
        (&mut total.ru_nsignals, part.ru_nsignals),
        (&mut total.ru_nvcsw, part.ru_nvcsw),
        (&mut total.ru_nivcsw, part.ru_nivcsw),
    ];
    for (sum, more) in sums {
        *sum += more;
    }
}
