//! Sleeping and waking: _sleep and wakeup, the check for signals and stops
//! before a sleep, timeouts, and what ends an interruptible sleep early.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use super::sleepq::{self, chain_of, first_of, lookup, remove_thread, resume_thread};
use super::vm::kick_proc0;
use super::{ast, callout, lock, mutex, sched, sig_take, spin, switch, thread, time};
use crate::machine::cpu::curthread;
use crate::machine::point::{misuse, point};
use crate::sys::{
    self, EINTR, EWOULDBLOCK, TDF_SIGWAIT, TDF_SINTR, TDF_TIMEOUT, TDI_SLEEPING, lock_object, mtx,
    sbintime_t, thread as Thread,
};

unsafe extern "C" {
    fn thread_suspend_check(return_instead: c_int) -> c_int;
}

/// Sleeps on `chan`, with the sleep mutex `lock` (or none) released meanwhile.
#[unsafe(no_mangle)]
unsafe extern "C" fn _sleep(
    chan: *const c_void,
    lock: *mut lock_object,
    priority: c_int,
    wmesg: *const c_char,
    sbt: sbintime_t,
    _precision: sbintime_t,
    _flags: c_int,
) -> c_int {
    // A mutex begins with its lock object.
    sleep_sbt(chan, lock.cast(), priority, wmesg, sbt)
}

/// msleep(9): `ticks` 0 is no timeout.  0, EINTR, ERESTART or EWOULDBLOCK.
pub unsafe fn sleep(
    chan: *const c_void,
    m: *mut mtx,
    priority: c_int,
    wmesg: &'static CStr,
    ticks: c_int,
) -> c_int {
    sleep_sbt(
        chan,
        m,
        priority,
        wmesg.as_ptr(),
        time::TICK_SBT * sbintime_t::from(ticks),
    )
}

/// tsleep(9).
pub unsafe fn tsleep(
    chan: *const c_void,
    priority: c_int,
    wmesg: &'static CStr,
    ticks: c_int,
) -> c_int {
    sleep(chan, ptr::null_mut(), priority, wmesg, ticks)
}

/// Sleeps for some ticks, uninterruptibly.
pub unsafe fn pause(wmesg: &'static CStr, ticks: c_int) {
    // Not on the stack: where the host puts that must not matter.
    static CHANNEL: u8 = 0;
    tsleep((&raw const CHANNEL).cast(), 0, wmesg, ticks.max(1));
}

unsafe fn sleep_sbt(
    chan: *const c_void,
    m: *mut mtx,
    priority: c_int,
    wmesg: *const c_char,
    sbt: sbintime_t,
) -> c_int {
    point("sleep", &[chan as usize, m as usize, sbt as usize]);
    let td = curthread();
    if chan.is_null() {
        misuse("sleeps on the null channel".to_string());
    }
    spin::may_block("sleep");
    if lock::holds_other_than(m) {
        misuse(format!(
            "sleeps with other locks held{}",
            lock::list_held(td)
        ));
    }
    let catches = priority & sys::KT_PCATCH != 0;
    let level = priority & sys::KT_PRIMASK;
    sleepq::sleepq_lock(chan);
    if !m.is_null() {
        mutex::mtx_unlock(m);
    }
    sleepq::sleepq_add(chan, wmesg, catches);
    if sbt != 0 {
        set_timeout(td, sbt);
    }
    let result = match (sbt != 0, catches) {
        (false, false) => {
            wait(chan, level);
            0
        }
        (false, true) => wait_sig(chan, level),
        (true, false) => {
            wait(chan, level);
            check_timeout()
        }
        (true, true) => {
            let caught = catch_signals(chan, level);
            let timeout = check_timeout();
            if caught != 0 {
                caught
            } else if (*td).td_intrval != 0 {
                (*td).td_intrval
            } else {
                timeout
            }
        }
    };
    if !m.is_null() && priority & sys::KT_PDROP == 0 {
        mutex::mtx_lock(m);
    }
    result
}

/// Arms the timeout of the running thread.  Chain locked.
unsafe fn set_timeout(td: *mut Thread, sbt: sbintime_t) {
    (*td).td_sleeptimo = time::sbinuptime() + sbt;
    callout::arm(
        &raw mut (*td).td_slpcallout,
        (*td).td_sleeptimo,
        sleepq_timeout,
        td.cast(),
    );
}

unsafe fn wait(wchan: *const c_void, level: c_int) {
    spin::thread_lock(curthread());
    switch_out(wchan, level);
}

unsafe fn wait_sig(wchan: *const c_void, level: c_int) -> c_int {
    let caught = catch_signals(wchan, level);
    if caught != 0 {
        caught
    } else {
        (*curthread()).td_intrval
    }
}

unsafe fn check_timeout() -> c_int {
    let td = curthread();
    let mut result = 0;
    if (*td).td_sleeptimo != 0 {
        if (*td).td_sleeptimo <= time::sbinuptime() {
            result = EWOULDBLOCK as c_int;
        }
        (*td).td_sleeptimo = 0;
    }
    result
}

/// Goes to sleep unless a signal or a stop is pending.  Chain locked, released.
unsafe fn catch_signals(wchan: *const c_void, level: c_int) -> c_int {
    let td = curthread();
    let chain_lock = &raw mut (*chain_of(wchan)).lock;
    let result = check_ast(chain_lock);
    if result == 0 {
        switch_out(wchan, level);
    } else {
        if thread::on_sleepq(td) {
            remove_thread(lookup(wchan), td);
        }
        spin::mtx_unlock_spin(chain_lock);
        spin::thread_unlock(td);
    }
    result
}

/// The check before an interruptible sleep.  Chain locked; returns with the
/// chain and the thread lock held, which is what closes the window between the
/// check and the sleep.
unsafe fn check_ast(chain_lock: *mut mtx) -> c_int {
    let td = curthread();
    spin::thread_lock(td);
    if !ast::ast_pending(td, sys::KT_TDA_SIG) && !ast::ast_pending(td, sys::KT_TDA_SUSPEND) {
        return 0;
    }
    spin::thread_unlock(td);
    spin::mtx_unlock_spin(chain_lock);
    let p = (*td).td_proc;
    mutex::proc_lock(p);
    let mut result = 0;
    if ast::ast_pending(td, sys::KT_TDA_SUSPEND) {
        result = thread_suspend_check(1);
    }
    if result == 0 && ast::ast_pending(td, sys::KT_TDA_SIG) {
        result = sig_take::sleep_signal(td);
    }
    spin::proc_slock(p);
    spin::mtx_lock_spin(chain_lock);
    mutex::proc_unlock(p);
    spin::thread_lock(td);
    spin::proc_sunlock(p);
    result
}

/// Sleeps, unless the thread was woken or timed out since it was queued.
/// Chain and thread locked; both released.
unsafe fn switch_out(wchan: *const c_void, level: c_int) {
    let td = curthread();
    let chain_lock = &raw mut (*chain_of(wchan)).lock;
    if !(*td).td_sleepqueue.is_null() {
        spin::mtx_unlock_spin(chain_lock);
        spin::thread_unlock(td);
        return;
    }
    if (*td).td_flags & TDF_TIMEOUT as c_int != 0 {
        remove_thread(lookup(wchan), td);
        spin::mtx_unlock_spin(chain_lock);
        spin::thread_unlock(td);
        return;
    }
    sched::sched_sleep(td, level);
    spin::thread_lock_set(td, chain_lock);
    thread::set_inhib(td, TDI_SLEEPING);
    switch::mi_switch(sys::KT_SW_VOL | sys::KT_SWT_SLEEPQ);
    if !thread::is_running(td) {
        misuse("runs after a sleep without being runnable".to_string());
    }
}

/// The end of a timed sleep.  It may come late, when the thread has stopped
/// sleeping or has become another one; `td_sleeptimo` tells.
unsafe extern "C" fn sleepq_timeout(arg: *mut c_void) {
    let td: *mut Thread = arg.cast();
    spin::thread_lock(td);
    if (*td).td_sleeptimo == 0 || (*td).td_sleeptimo > (*td).td_slpcallout.c_time {
        // It does not want a timeout, or not yet.
    } else if thread::is_sleeping(td) && thread::on_sleepq(td) {
        (*td).td_flags |= TDF_TIMEOUT as c_int;
        let sq = lookup((*td).td_wchan);
        if resume_thread(sq, td, false) != 0 {
            kick_proc0();
        }
        return;
    } else if thread::on_sleepq(td) {
        (*td).td_flags |= TDF_TIMEOUT as c_int;
    }
    spin::thread_unlock(td);
}

/// Ends an interruptible sleep with an errno.  Thread lock held, released in
/// every case.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sleepq_abort(td: *mut Thread, intrval: c_int) -> c_int {
    point("sleepq_abort", &[td as usize, intrval as usize]);
    spin::assert_thread_locked(td, "sleepq_abort");
    if !thread::on_sleepq(td) || (*td).td_flags & TDF_SINTR as c_int == 0 {
        misuse("sleepq_abort of a thread that is in no interruptible sleep".to_string());
    }
    let for_sigwait = intrval == 0 && (*td).td_flags & TDF_SIGWAIT as c_int != 0;
    if intrval != EINTR as c_int && intrval != sys::KT_ERESTART && !for_sigwait {
        misuse(format!("sleepq_abort with the error {intrval}"));
    }
    if (*td).td_flags & TDF_TIMEOUT as c_int != 0 {
        spin::thread_unlock(td);
        return 0;
    }
    (*td).td_intrval = intrval;
    if !thread::is_sleeping(td) {
        spin::thread_unlock(td);
        return 0;
    }
    resume_thread(lookup((*td).td_wchan), td, false)
}

/// Takes a thread off its sleep queue without waking it.  Returns with its
/// lock held.
#[unsafe(no_mangle)]
unsafe extern "C" fn sleepq_remove_nested(td: *mut Thread) {
    point("sleepq_remove_nested", &[td as usize]);
    if !thread::on_sleepq(td) {
        misuse("sleepq_remove_nested of a thread that is on no sleep queue".to_string());
    }
    let wchan = (*td).td_wchan;
    let chain_lock = &raw mut (*chain_of(wchan)).lock;
    spin::mtx_lock_spin(chain_lock);
    spin::thread_lock(td);
    remove_thread(lookup(wchan), td);
    spin::mtx_unlock_spin(chain_lock);
}

/// Wakes all who sleep on `chan`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wakeup(chan: *const c_void) {
    wake(chan, usize::MAX);
}

/// Wakes one thread that sleeps on `chan`.
pub unsafe fn wakeup_one(chan: *const c_void) {
    wake(chan, 1);
}

unsafe fn wake(chan: *const c_void, most: usize) {
    point("wakeup", &[chan as usize]);
    sleepq::sleepq_lock(chan);
    let mut swapped = 0;
    let mut count = 0;
    while count < most {
        let sq = lookup(chan);
        let td = first_of(sq);
        if td.is_null() {
            break;
        }
        swapped |= resume_thread(sq, td, true);
        count += 1;
    }
    sleepq::sleepq_release(chan);
    if swapped != 0 {
        kick_proc0();
    }
}
