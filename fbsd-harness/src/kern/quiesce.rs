//! `quiesce_all_cpus`: a context switch on every CPU.

use core::ffi::{c_char, c_int};

use crate::kern::malloc;
use crate::machine::api::{
    curthread, ncpus, point, sched_bind, sched_unbind, thread_lock, thread_unlock,
};
use crate::sys::KT_PDROP;

/// Binds the current thread to each CPU in turn, so that each of them switches
/// and publishes the dead thread it may hold.  With `PDROP`, the only way in
/// which it is used here, idle threads are not waited for.
///
/// # Safety
/// `_wmesg` is not used; the current thread holds no lock.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quiesce_all_cpus(_wmesg: *const c_char, priority: c_int) -> c_int {
    point("quiesce_all_cpus", &[]);
    malloc::assert_may_sleep("quiesce_all_cpus");
    if priority & KT_PDROP == 0 {
        crate::machine::api::fail(
            crate::machine::api::Kind::Internal,
            "quiesce_all_cpus is simulated with PDROP only".into(),
        );
    }
    let td = curthread();
    // SAFETY: `td` is the current thread and holds no lock.
    unsafe {
        for cpu in 0..ncpus() {
            thread_lock(td);
            sched_bind(td, cpu);
            thread_unlock(td);
        }
        thread_lock(td);
        sched_unbind(td);
        thread_unlock(td);
    }
    0
}
