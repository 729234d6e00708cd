//! Idle threads: one per CPU, runs when nothing else does.

use std::ffi::c_void;

use super::{sched, spin, switch};
use crate::machine::cpu::{curcpu, curthread};
use crate::machine::point;
use crate::sys;

/// The idle thread of a CPU.
pub unsafe fn idle_loop(_arg: *mut c_void) {
    loop {
        let here = curcpu();
        if sched::has_work(here) {
            spin::thread_lock(curthread());
            switch::mi_switch(sys::KT_SW_VOL | sys::KT_SWT_IDLE);
        } else if !sched::steal(here) {
            point::idle();
        }
    }
}
