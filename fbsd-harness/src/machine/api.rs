//! What the kernel's other modules use of the machine and of locks, scheduling,
//! sleeping and time: `use crate::machine::api::*;`.
//!
//! A new thread of the object's is started as the kernel does it: `cpu_fork`
//! gives it a coroutine, then `start_thread` makes it runnable.  A kernel
//! function that the object calls begins with [`point`].  There is no sx lock:
//! allproc and proctree are sleep mutexes here and not held over a sleep.

pub use super::cpu::{curcpu, curthread, curthread_of, ncpus, pcpu_of, smp_mode};
pub use super::ext::{THREAD_SIZE, ThreadExt, ext};
pub use super::names::{of as name_of, register as register_name};
pub use super::point::{misuse, point, spin_until, steps, yield_point};
pub use super::run::{invariants, lock_debug};
pub use super::trace::{len as trace_len, note};
pub use crate::kern::ast::{
    ast_pending, ast_register, ast_sched, ast_sched_locked, ast_unsched_locked, kernel_enter,
    user_tick, userret,
};
pub use crate::kern::callout::{callout_drain, callout_init, callout_reset, callout_stop};
pub use crate::kern::gate::{poll, wait_until};
pub use crate::kern::lock::{assert_none as assert_no_locks, list_held};
pub use crate::kern::mutex::{
    assert_proc_locked, mtx_destroy, mtx_init, mtx_lock, mtx_trylock, mtx_unlock, proc_lock,
    proc_locked, proc_unlock,
};
pub use crate::kern::rwlock::{rw_init, rw_rlock, rw_runlock, rw_wlock, rw_wunlock};
pub use crate::kern::sched::{
    sched_add, sched_bind, sched_relinquish, sched_sleep, sched_unbind, setrunnable,
};
pub use crate::kern::sleep::{pause, sleep, sleepq_abort, tsleep, wakeup, wakeup_one};
pub use crate::kern::sleepq::sleepers;
pub use crate::kern::spin::{
    assert_thread_locked, critical_enter, critical_exit, may_block, mtx_lock_spin, mtx_owned,
    mtx_unlock_spin, proc_slock, proc_slocked, proc_statlock, proc_statunlock, proc_sunlock,
    spinlock_enter, spinlock_exit, thread_lock, thread_locked, thread_unlock,
};
pub use crate::kern::switch::mi_switch;
pub use crate::kern::taskqueue::{
    queue as taskqueue_thread, task_init, taskqueue_drain, taskqueue_enqueue,
};
pub use crate::kern::thread::{
    clr_inhib as td_clr_inhib, cpu_fork, for_each as for_each_thread,
    is_inhibited as td_is_inhibited, is_running as td_is_running, is_sleeping as td_is_sleeping,
    is_suspended as td_is_suspended, new_internal as new_internal_thread, on_lock as td_on_lock,
    on_sleepq as td_on_sleepq, proc0_ptr as proc0, set_inhib as td_set_inhib,
    set_state as td_set_state, start as start_thread, state as td_state,
    state_text as td_state_text, thread0_ptr as thread0,
};
pub use crate::kern::time::{advance, now_ticks as ticks, rate as hz, sbinuptime, uptime};
pub use crate::report::{Kind, fail};
