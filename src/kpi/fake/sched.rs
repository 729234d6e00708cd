//! Switching, sleep queues, ASTs and CPUs.
//!
//! A thread that switches away goes on when the test says so: a hook on
//! `mi_switch` is what the rest of the machine does meanwhile.

use super::locks::{drop_thread_lock, is_held, take_thread_lock};
use super::pcpu;
use super::world::{asked, called, gone, name_of, spinning};
use crate::kpi::sys;
use crate::proc::Proc;
use crate::thread::{State, Thread};
use std::ffi::{CStr, c_char, c_int};

/// What an AST's handler looks like.
#[cfg(has_ast_register)]
type AstHandler = Option<unsafe extern "C" fn(*mut sys::thread, c_int)>;

unsafe fn assert_thread_locked(td: *mut sys::thread) {
    assert!(
        is_held(unsafe { (*td).td_lock }),
        "the thread lock of {} is not held",
        name_of(td)
    );
}

pub unsafe fn mi_switch(flags: c_int) {
    unsafe {
        let td = pcpu::curthread();
        assert_eq!(spinning(), 1, "switched away with spin locks held");
        drop_thread_lock(td);
        let how = match flags {
            sys::KT_SW_VOL_SUSPEND => "voluntary",
            sys::KT_SW_INVOL_SUSPEND => "involuntary",
            _ => panic!("mi_switch({flags})"),
        };
        let resumed = called(format_args!("mi_switch {how}"));
        assert!(resumed, "nobody lets {} go on", name_of(td));
        Thread::from_raw(td).set_state(State::RUNNING);
    }
}

pub unsafe fn setrunnable(td: *mut sys::thread, _flags: c_int) -> c_int {
    unsafe {
        assert_thread_locked(td);
        let td_ = Thread::from_raw(td);
        if td_.state() == State::CAN_RUN {
            td_.set_state(State::RUNQ);
        }
        drop_thread_lock(td);
        asked(format_args!("setrunnable {}", name_of(td)), 0) as c_int
    }
}

pub unsafe fn sleepq_abort(td: *mut sys::thread, error: c_int) -> c_int {
    unsafe {
        assert_thread_locked(td);
        assert!(Thread::from_raw(td).on_sleepq(), "aborts no sleep");
        assert!((*td).td_flags & sys::TDF_SINTR as c_int != 0, "PCATCH");
        wake(td);
        drop_thread_lock(td);
        asked(format_args!("sleepq_abort {} {error}", name_of(td)), 0) as c_int
    }
}

pub unsafe fn sleepq_remove_nested(td: *mut sys::thread) {
    unsafe {
        called(format_args!("sleepq_remove_nested {}", name_of(td)));
        take_thread_lock(td);
        wake(td);
    }
}

/// Takes a thread off its sleep queue.
unsafe fn wake(td: *mut sys::thread) {
    unsafe {
        (*td).td_wchan = std::ptr::null();
        (*td).td_inhibitors &= !(sys::TDI_SLEEPING as c_int);
        if (*td).td_inhibitors == 0 {
            Thread::from_raw(td).set_state(State::RUNQ);
        }
    }
}

pub unsafe fn sched_sleep(td: *mut sys::thread, _prio: c_int) {
    unsafe { assert_thread_locked(td) }
    assert!(
        unsafe { Thread::from_raw(td) }.is_suspended(),
        "the scheduler is told before the thread is marked"
    );
    called(format_args!("sched_sleep {}", name_of(td)));
}

pub unsafe fn sched_exit_thread(td: *mut sys::thread, child: *mut sys::thread) {
    called(format_args!(
        "sched_exit_thread {} {}",
        name_of(td),
        name_of(child)
    ));
}

pub unsafe fn sched_throw(td: *mut sys::thread) {
    unsafe { assert_thread_locked(td) }
    assert_eq!(spinning(), 1, "thrown with spin locks held");
    called(format_args!("sched_throw {}", name_of(td)));
    unsafe { drop_thread_lock(td) }
    gone("sched_throw")
}

pub unsafe fn sched_relinquish(td: *mut sys::thread) {
    assert_eq!(spinning(), 0, "relinquished with spin locks held");
    called(format_args!("sched_relinquish {}", name_of(td)));
}

pub unsafe fn sched_sizeof_thread() -> c_int {
    size_of::<sys::thread>() as c_int
}

pub unsafe fn thread_stopped(p: *mut sys::proc_) {
    unsafe {
        assert!(is_held(&raw const (*p).p_mtx), "PROC_LOCK");
        assert!(is_held(&raw const (*p).p_slock), "PROC_SLOCK");
    }
    called(format_args!("thread_stopped {}", name_of(p)));
}

pub unsafe fn forward_signal(td: *mut sys::thread) {
    unsafe { assert_thread_locked(td) }
    called(format_args!("forward_signal {}", name_of(td)));
}

pub unsafe fn kick_proc0() {
    called("kick_proc0");
}

#[cfg(has_ast_register)]
pub unsafe fn ast_register(ast: c_int, _flags: c_int, _tdp: c_int, handler: AstHandler) {
    assert!(handler.is_some(), "an AST without a handler");
    called(format_args!("ast_register {ast}"));
}

#[cfg(has_ast_register)]
pub unsafe fn ast_sched_locked(td: *mut sys::thread, tda: c_int) {
    assert_eq!(tda, sys::KT_TDA_SUSPEND);
    unsafe {
        assert_thread_locked(td);
        (*td).td_ast |= 1 << tda;
    }
    called(format_args!("ast_sched {}", name_of(td)));
}

#[cfg(has_ast_register)]
pub unsafe fn ast_unsched_locked(td: *mut sys::thread, tda: c_int) {
    assert_eq!(tda, sys::KT_TDA_SUSPEND);
    unsafe {
        assert_thread_locked(td);
        (*td).td_ast &= !(1 << tda);
    }
    called(format_args!("ast_unsched {}", name_of(td)));
}

#[cfg(has_ast_register)]
pub unsafe fn ast_kclear(td: *mut sys::thread) {
    called(format_args!("ast_kclear {}", name_of(td)));
}

pub unsafe fn quiesce_all_cpus(wmesg: *const c_char, _prio: c_int) -> c_int {
    assert!(unsafe { CStr::from_ptr(wmesg) }.is_empty());
    called("quiesce_all_cpus");
    0
}

pub unsafe fn umtx_thread_exit(td: *mut sys::thread) {
    called(format_args!("umtx_thread_exit {}", name_of(td)));
}

/// Never returns for a thread that has others beside it; a test can have it
/// return all the same.
pub unsafe fn kern_thr_exit(td: *mut sys::thread) -> c_int {
    assert!(
        !is_held(unsafe { Proc::from_raw((*td).td_proc).mtx_ptr() }),
        "exits with the process locked"
    );
    if asked(format_args!("kern_thr_exit {}", name_of(td)), 0) != 0 {
        return 0;
    }
    gone("kern_thr_exit")
}
