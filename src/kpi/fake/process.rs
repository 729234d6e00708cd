//! Processes and threads to test with.

use super::world::{World, name, zeroed};
use crate::kpi::{sys, tailq};
use crate::proc::Proc;
use crate::thread::{State, Thread};
use std::ffi::c_int;
use std::fmt::Display;
use std::sync::atomic::Ordering;

/// The sleep that a thread may be in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sleep {
    /// It may be interrupted: `PCATCH`.
    Interruptible,
    /// It ends by itself.
    Uninterruptible,
}

impl World {
    /// A process without threads.
    pub fn proc(&self, called: impl Display) -> Proc {
        let p: *mut sys::proc_ = zeroed();
        unsafe {
            tailq::init(p);
            (*p).p_state = sys::PRS_NORMAL;
            (*p).p_sysent = zeroed();
            name(p, &called);
            name(&raw const (*p).p_flag, format_args!("{called}.flag"));
            for (lock, suffix) in [
                (&raw const (*p).p_mtx, "mtx"),
                (&raw const (*p).p_slock, "slock"),
                (&raw const (*p).p_statmtx, "statmtx"),
            ] {
                name_lock(lock, format_args!("{called}.{suffix}"));
            }
            Proc::from_raw(p)
        }
    }

    /// Gives a thread credentials and limits, named like it.
    pub fn own(&self, td: Thread, called: impl Display) {
        let (cred, limit): (*mut sys::ucred, *mut sys::plimit) = (zeroed(), zeroed());
        name(cred, format_args!("{called}.cred"));
        name(limit, format_args!("{called}.limit"));
        unsafe {
            (*td.as_ptr()).td_ucred = cred;
            (*td.as_ptr()).td_realucred = cred;
            (*td.as_ptr()).td_limit = limit;
        }
    }

    /// A running thread of a process, on the list after those that are there.
    pub fn thread(&self, called: impl Display, p: Proc) -> Thread {
        let td = self.loose_thread(called);
        unsafe {
            (*td.as_ptr()).td_proc = p.as_ptr();
            tailq::insert_tail(p.as_ptr(), td.as_ptr());
            (*p.as_ptr()).p_numthreads += 1;
        }
        td
    }

    /// A thread of no process.
    pub fn loose_thread(&self, called: impl Display) -> Thread {
        let td: *mut sys::thread = zeroed();
        let lock: *mut sys::mtx = zeroed();
        name(td, &called);
        name_lock(lock, format_args!("{called}.lock"));
        unsafe {
            (*td).td_lock = lock;
            (*td).td_flags = sys::TDF_INMEM as c_int;
            (*td).td_kstack = 0x1000;
            (*td).td_kstack_pages = 4;
            let td = Thread::from_raw(td);
            td.set_state(State::RUNNING);
            td
        }
    }

    /// Threads of the current process that have exited, of one memory domain,
    /// and are about to be stashed.  The world has been booted.
    pub fn exited(&self, count: usize, domain: u8) -> Vec<Thread> {
        let p = self.own_proc();
        let limit = zeroed();
        let threads = (0..count).map(|_| {
            let td = crate::alloc::alloc(0).expect("below the limit");
            unsafe {
                (*td.as_ptr()).td_proc = p.as_ptr();
                (*td.as_ptr()).td_allocdomain = domain;
                (*td.as_ptr()).td_limit = limit;
            }
            p.exitthreads().fetch_add(1, Ordering::Relaxed);
            td
        });
        let threads = threads.collect();
        self.forget_log();
        threads
    }

    /// Has the next thread on its CPU stash a thread that has exited.
    pub fn stash(&self, td: Thread) {
        unsafe { crate::reap::stash(td) }
    }

    /// The process that is there from the beginning.
    pub fn own_proc(&self) -> Proc {
        Thread::current().proc()
    }

    /// Holds the process lock for a caller in C.
    pub fn lock_proc(&self, p: Proc) -> crate::locks::ProcLocked {
        let pl = p.lock(crate::here!());
        self.log();
        pl
    }

    /// Holds both process locks for a caller in C.
    pub fn lock_both(&self, p: Proc) -> (crate::locks::ProcLocked, crate::locks::ProcSlocked) {
        let pl = p.lock(crate::here!());
        let sl = p.lock_spin(crate::here!());
        self.log();
        (pl, sl)
    }
}

/// Names a mutex, by each address that it is known by.
pub fn name_lock(lock: *const sys::mtx, called: impl Display) {
    name(lock, &called);
    name(unsafe { &raw const (*lock).mtx_lock }, &called);
}

/// What tests look at and set, without a lock token.
impl Proc {
    /// `p_flag`.
    pub fn p_flag(self) -> c_int {
        unsafe { (*self.as_ptr()).p_flag }
    }

    /// Gives the process lock up for a caller in C that holds it.
    pub fn unlock_for_c(self) {
        unsafe { crate::locks::ProcLocked::assume(self) }.unlock(crate::here!());
    }

    /// Sets `p_flag`.
    pub fn set_p_flag(self, flags: u32) {
        unsafe { (*self.as_ptr()).p_flag = flags as c_int }
    }

    /// The threads on the list.
    pub fn all_threads(self) -> Vec<Thread> {
        // SAFETY: the world has one CPU, which is here.
        let pl = unsafe { crate::locks::ProcLocked::assume(self) };
        pl.threads(&mut pl.ahead()).collect()
    }

    /// `p_suspcount` and `p_boundary_count`.
    pub fn stopped(self) -> (c_int, c_int) {
        unsafe {
            (
                (*self.as_ptr()).p_suspcount,
                (*self.as_ptr()).p_boundary_count,
            )
        }
    }

    /// Sets `p_singlethread`.
    pub fn set_single(self, td: Option<Thread>) {
        unsafe { (*self.as_ptr()).p_singlethread = Thread::nullable(td) }
    }

    /// `p_singlethread`.
    pub fn single(self) -> Option<Thread> {
        unsafe { Thread::from_nullable((*self.as_ptr()).p_singlethread) }
    }
}

/// What tests look at and set, without a lock token.
impl Thread {
    /// Sets flags of `td_flags`.
    pub fn add_flags(self, flags: u32) -> Self {
        unsafe { (*self.as_ptr()).td_flags |= flags as c_int }
        self
    }

    /// Are these flags of `td_flags` set?
    pub fn has_flags(self, flags: u32) -> bool {
        unsafe { (*self.as_ptr()).td_flags & flags as c_int == flags as c_int }
    }

    /// Has every AST pending but the one that looks for stops, or none.
    pub fn set_other_asts(self, pending: bool) {
        let all = if pending { !0 } else { 0 };
        unsafe {
            #[cfg(has_ast_register)]
            {
                (*self.as_ptr()).td_ast = all & !(1 << sys::KT_TDA_SUSPEND);
            }
            #[cfg(not(has_ast_register))]
            {
                (*self.as_ptr()).td_flags = all & sys::TDF_ASTPENDING as c_int;
            }
        }
    }

    /// Puts it to sleep.
    pub fn asleep(self, how: Sleep) -> Self {
        unsafe {
            (*self.as_ptr()).td_wchan = self.as_ptr().cast();
            (*self.as_ptr()).td_inhibitors |= sys::TDI_SLEEPING as c_int;
        }
        self.set_state(State::INHIBITED);
        match how {
            Sleep::Interruptible => self.add_flags(sys::TDF_SINTR),
            Sleep::Uninterruptible => self,
        }
    }

    /// Suspends it inside the kernel, and counts it.
    pub fn suspended(self) -> Self {
        unsafe {
            (*self.as_ptr()).td_inhibitors |= sys::TDI_SUSPENDED as c_int;
            (*(*self.as_ptr()).td_proc).p_suspcount += 1;
        }
        self.set_state(State::INHIBITED);
        self
    }

    /// Suspends it at the user boundary, and counts it.
    pub fn suspended_at_boundary(self) -> Self {
        unsafe { (*(*self.as_ptr()).td_proc).p_boundary_count += 1 }
        self.suspended().add_flags(sys::TDF_BOUNDARY)
    }

    /// Does what `thread_unsuspend_one()` does to a thread, as if another CPU
    /// had: see [`World::on`].
    pub fn resume(self) {
        unsafe {
            let (raw, p) = (self.as_ptr(), (*self.as_ptr()).td_proc);
            assert!(self.is_suspended(), "resumed without being suspended");
            (*raw).td_inhibitors &= !(sys::TDI_SUSPENDED as c_int);
            (*p).p_suspcount -= 1;
            if self.has_flags(sys::TDF_BOUNDARY) {
                (*raw).td_flags &= !(sys::TDF_BOUNDARY as c_int);
                (*p).p_boundary_count -= 1;
            }
        }
    }
}

impl Proc {
    /// The address of the process lock.
    pub fn mtx_ptr(self) -> *const sys::mtx {
        unsafe { &raw const (*self.as_ptr()).p_mtx }
    }

    /// The address of the process spin lock.
    pub fn slock_ptr(self) -> *const sys::mtx {
        unsafe { &raw const (*self.as_ptr()).p_slock }
    }
}
