//! What the kernel's other modules use of the machine and of locks, scheduling,
//! sleeping and time: `use crate::machine::api::*;`.
//!
//! A new thread of the object's is started as the kernel does it: `cpu_fork`
//! gives it a coroutine, then `start_thread` makes it runnable.  A kernel
//! function that the object calls begins with [`point`].  There is no sx lock:
//! allproc and proctree are sleep mutexes here and not held over a sleep.

pub use super::cpu::{curthread, ncpus, pcpu_of, smp_mode};
pub use super::ext::THREAD_SIZE;
pub use super::names::{of as name_of, register as register_name};
pub use super::point::{point, spin_until, yield_point};
pub use super::trace::note;
pub use crate::kern::ast::{
    ast_register, ast_sched, ast_sched_locked, kernel_enter, user_tick, userret,
};
pub use crate::kern::gate::{poll, wait_until};
pub use crate::kern::mutex::{
    mtx_destroy, mtx_init, mtx_lock, mtx_unlock, proc_lock, proc_locked, proc_unlock,
};
pub use crate::kern::sched::{sched_bind, sched_unbind, setrunnable};
pub use crate::kern::sleep::{pause, sleep, sleepq_abort, tsleep, wakeup};
pub use crate::kern::spin::{
    may_block, mtx_owned, proc_slock, proc_slocked, proc_sunlock, thread_lock, thread_locked,
    thread_unlock,
};
pub use crate::kern::switch::mi_switch;
pub use crate::kern::taskqueue::{
    queue as taskqueue_thread, task_init, taskqueue_drain, taskqueue_enqueue,
};
pub use crate::kern::thread::{
    clr_inhib as td_clr_inhib, cpu_fork, is_running as td_is_running,
    is_sleeping as td_is_sleeping, is_suspended as td_is_suspended, on_sleepq as td_on_sleepq,
    proc0_ptr as proc0, set_inhib as td_set_inhib, set_state as td_set_state,
    start as start_thread, thread0_ptr as thread0,
};
pub use crate::kern::time::{advance, now_ticks as ticks, rate as hz};
pub use crate::report::{Kind, fail};
