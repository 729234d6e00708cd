//! [`Thread`]: a thread, and the fields of `struct thread` that this file of
//! the kernel reads and writes.
//!
//! A field that a lock guards is reached through the token of that lock (see
//! [`crate::locks`]); one that belongs to the thread's maker or reaper, or is
//! read racily on purpose, says so.

use crate::flags::{DebugFlags, Inhibitors, ThreadFlags};
use crate::kpi::mutex::Mutex;
use crate::kpi::{ast, pcpu, sys};
use crate::locks::{ProcLocked, ThreadLocked};
use crate::proc::Proc;
use crate::tid::Lwpid;
use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, Ordering};

/// A thread: the address of a `struct thread`.
///
/// # Invariants
///
/// The address is that of a `struct thread` from the thread zone, or of
/// thread0.  The zone never gives memory back (`UMA_ZONE_NOFREE`), so the
/// structure can be read for ever; it may have become another thread.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
#[doc(alias = "thread")]
pub struct Thread(NonNull<sys::thread>);

/// `td_state`: what a thread does, or why it does nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
#[doc(alias = "td_state")]
pub struct State(sys::thread_td_states);

impl State {
    /// Being made, or dead.
    pub const INACTIVE: Self = Self(sys::TDS_INACTIVE);
    /// Something keeps it from running: see [`Inhibitors`].
    pub const INHIBITED: Self = Self(sys::TDS_INHIBITED);
    /// Could run, and is on no queue.
    pub const CAN_RUN: Self = Self(sys::TDS_CAN_RUN);
    /// On a run queue.
    #[cfg(any(INVARIANTS, test))]
    pub const RUNQ: Self = Self(sys::TDS_RUNQ);
    /// On a CPU.
    #[cfg(any(INVARIANTS, SMP, test))]
    pub const RUNNING: Self = Self(sys::TDS_RUNNING);
}

impl Thread {
    /// # Safety
    ///
    /// `td` is the address of a `struct thread`, not NULL.
    #[inline(always)]
    pub const unsafe fn from_raw(td: *mut sys::thread) -> Self {
        // SAFETY: by the caller's contract.
        Self(unsafe { NonNull::new_unchecked(td) })
    }

    /// # Safety
    ///
    /// `td` is NULL or the address of a `struct thread`.
    #[inline(always)]
    pub const unsafe fn from_nullable(td: *mut sys::thread) -> Option<Self> {
        match NonNull::new(td) {
            Some(td) => Some(Self(td)),
            None => None,
        }
    }

    /// The address, or NULL.
    #[inline(always)]
    pub const fn nullable(td: Option<Self>) -> *mut sys::thread {
        match td {
            Some(td) => td.as_ptr(),
            None => ptr::null_mut(),
        }
    }

    /// The thread that runs here: `curthread`.
    #[inline(always)]
    #[doc(alias = "curthread")]
    pub fn current() -> Self {
        // SAFETY: some thread always runs, and it is one of the zone's.
        unsafe { Self::from_raw(pcpu::curthread()) }
    }

    /// The address.
    #[inline(always)]
    pub const fn as_ptr(self) -> *mut sys::thread {
        self.0.as_ptr()
    }

    /// `td_proc`: the process that it belongs, or belonged, to.
    ///
    /// Stays after the thread is unlinked.  Constant while the thread is
    /// linked; whoever looks at a thread that may be recycled checks again
    /// under the process lock.
    #[inline(always)]
    #[doc(alias = "td_proc")]
    pub fn proc(self) -> Proc {
        // SAFETY: of type-stable memory, and only stored to atomically once
        // others can look; set before the thread can be seen, and never NULL
        // again.
        unsafe {
            let p = AtomicPtr::from_ptr(&raw mut (*self.as_ptr()).td_proc);
            Proc::from_raw(p.load(Ordering::Relaxed))
        }
    }

    /// Sets `td_proc`: while the thread is being linked.
    ///
    /// A lookup that still has the structure's last thread in hand may be
    /// looking: if it sees this, it sees that the last thread has left the hash.
    #[inline(always)]
    pub fn set_proc(self, p: Proc) {
        // SAFETY: of type-stable memory.
        unsafe { AtomicPtr::from_ptr(&raw mut (*self.as_ptr()).td_proc) }
            .store(p.as_ptr(), Ordering::Release);
    }

    /// `td_tid`, the thread's id; -1 once freed.
    #[inline(always)]
    #[doc(alias = "td_tid")]
    pub fn tid(self) -> Lwpid {
        // SAFETY: of type-stable memory; an int can't tear.
        Lwpid(
            unsafe { AtomicI32::from_ptr(&raw mut (*self.as_ptr()).td_tid) }
                .load(Ordering::Relaxed),
        )
    }

    /// `td_tid == tid`, as [`Thread::tid`] sees it.
    #[inline(always)]
    #[cfg(not(feature = "c-algorithms"))]
    pub fn has_tid(self, tid: Lwpid) -> bool {
        // What compilers make of an atomic variable is loaded first, and then
        // compared: one instruction more for each thread that a lookup goes past.
        #[cfg(all(target_arch = "x86_64", not(miri)))]
        // SAFETY: reads an int of type-stable memory, which can't tear.
        unsafe {
            core::arch::asm!(
                "cmp dword ptr [{td} + {field}], {tid:e}",
                "je {same}",
                td = in(reg) self.as_ptr(),
                field = const core::mem::offset_of!(sys::thread, td_tid),
                tid = in(reg) tid.0,
                same = label { return true },
                options(nostack, readonly),
            );
            false
        }
        #[cfg(not(all(target_arch = "x86_64", not(miri))))]
        {
            self.tid() == tid
        }
    }

    /// `td_tid` of the current thread, which nobody changes.
    #[inline(always)]
    pub fn own_tid(self) -> Lwpid {
        debug_assert!(self == Self::current(), "another thread's id");
        // SAFETY: of type-stable memory; constant while the thread runs.
        Lwpid(unsafe { (*self.as_ptr()).td_tid })
    }

    /// Sets `td_tid`: the thread's maker or reaper does.
    ///
    /// For lookups as [`Thread::set_proc`].
    #[inline(always)]
    pub fn set_tid(self, tid: Lwpid) {
        // SAFETY: as for tid().
        unsafe { AtomicI32::from_ptr(&raw mut (*self.as_ptr()).td_tid) }
            .store(tid.0, Ordering::Release);
    }

    /// `td_state`; racy unless the thread lock is held.
    #[inline(always)]
    pub fn state(self) -> State {
        // SAFETY: of type-stable memory, accessed atomically by all.
        State(
            unsafe { AtomicU32::from_ptr(&raw mut (*self.as_ptr()).td_state) }
                .load(Ordering::Relaxed),
        )
    }

    /// Sets `td_state`: under the thread lock, or by the thread's maker.
    #[inline(always)]
    pub fn set_state(self, state: State) {
        // SAFETY: as for state().
        unsafe { AtomicU32::from_ptr(&raw mut (*self.as_ptr()).td_state) }
            .store(state.0, Ordering::Relaxed);
    }

    /// Is the AST that looks for stops waiting for the thread?  Racy.
    #[inline(always)]
    #[doc(alias = "td_ast_pending")]
    pub fn suspend_ast_pending(self) -> bool {
        // SAFETY: a structure of type-stable memory.
        unsafe { ast::suspend_pending(self.as_ptr()) }
    }

    /// Is it on a sleep queue (`TD_ON_SLEEPQ`)?
    ///
    /// The sleep queue code writes `td_wchan` under the thread lock.
    #[inline(always)]
    #[doc(alias = "TD_ON_SLEEPQ")]
    pub fn on_sleepq(self) -> bool {
        // SAFETY: of type-stable memory; a pointer can't tear.
        let wchan = unsafe {
            AtomicPtr::from_ptr((&raw mut (*self.as_ptr()).td_wchan).cast::<*mut c_void>())
        };
        !wchan.load(Ordering::Relaxed).is_null()
    }

    /// `td_flags`: the current thread may read its own without the lock.
    #[inline(always)]
    pub fn own_flags(self) -> ThreadFlags {
        // SAFETY: of type-stable memory; an int can't tear.
        let flags = unsafe { AtomicI32::from_ptr(&raw mut (*self.as_ptr()).td_flags) };
        ThreadFlags::from_bits(flags.load(Ordering::Relaxed))
    }

    /// Is it suspended?  The current thread may ask that of itself; of another
    /// only an assertion, or who holds its lock.
    #[inline(always)]
    #[doc(alias = "TD_IS_SUSPENDED")]
    pub fn is_suspended(self) -> bool {
        // SAFETY: of type-stable memory; an int can't tear.
        let inhibitors = unsafe { AtomicI32::from_ptr(&raw mut (*self.as_ptr()).td_inhibitors) };
        Inhibitors::from_bits(inhibitors.load(Ordering::Relaxed)).intersects(Inhibitors::SUSPENDED)
    }

    /// `td_kstack`, the address of its kernel stack, or 0.
    #[inline(always)]
    #[doc(alias = "td_kstack")]
    pub fn has_kstack(self) -> bool {
        // SAFETY: of type-stable memory; its maker or reaper asks.
        unsafe { (*self.as_ptr()).td_kstack != 0 }
    }

    /// `td_kstack_pages`, the size of the kernel stack.
    #[inline(always)]
    #[cfg(has_thread_recycle)]
    #[doc(alias = "td_kstack_pages")]
    #[allow(
        clippy::unnecessary_cast,
        reason = "an int in FreeBSD 14, a short in 15"
    )]
    pub fn kstack_pages(self) -> core::ffi::c_int {
        // SAFETY: of type-stable memory; its maker or reaper asks.
        unsafe { (*self.as_ptr()).td_kstack_pages as core::ffi::c_int }
    }

    /// `td_lock`, the mutex that guards the thread at this moment.
    #[inline(always)]
    #[doc(alias = "td_lock")]
    pub fn lock_now(self) -> Mutex {
        // SAFETY: td_lock always points at a mutex of the scheduler, a sleep
        // queue or a turnstile, none of which is ever freed.
        unsafe {
            let lock = AtomicPtr::from_ptr(&raw mut (*self.as_ptr()).td_lock);
            Mutex::from_raw(lock.load(Ordering::Relaxed))
        }
    }

    /// Is the thread to stop because a debugger says so?
    #[inline(always)]
    #[doc(alias = "td_dbgflags")]
    pub fn debugger_suspends(self, _pl: &ProcLocked) -> bool {
        // SAFETY: the token is the lock that guards the field.
        let flags = DebugFlags::from_bits(unsafe { (*self.as_ptr()).td_dbgflags });
        flags.intersects(DebugFlags::SUSPEND)
    }
}

/// Fields that the thread lock guards.
impl ThreadLocked {
    /// `td_flags`.
    #[inline(always)]
    pub fn flags(&self) -> ThreadFlags {
        self.thread().own_flags()
    }

    /// `td_flags |= set`.
    #[inline(always)]
    pub fn set_flags(&mut self, set: ThreadFlags) {
        // SAFETY: the token is the lock that guards the field.
        unsafe { (*self.thread().as_ptr()).td_flags |= set.bits() }
    }

    /// `td_flags = flags`: what [`ThreadLocked::flags`] has said, changed.
    #[inline(always)]
    pub fn replace_flags(&mut self, flags: ThreadFlags) {
        // SAFETY: as for set_flags().
        unsafe { (*self.thread().as_ptr()).td_flags = flags.bits() }
    }

    /// Is it suspended?
    #[inline(always)]
    pub fn is_suspended(&self) -> bool {
        self.thread().is_suspended()
    }

    /// May its sleep be aborted (`TD_CAN_ABORT`)?
    #[inline(always)]
    #[doc(alias = "TD_CAN_ABORT")]
    pub fn can_abort(&self) -> bool {
        self.thread().on_sleepq() && self.flags().intersects(ThreadFlags::SINTR)
    }

    /// `TD_SET_SUSPENDED`: one more reason not to run.
    #[inline(always)]
    #[doc(alias = "TD_SET_SUSPENDED")]
    pub fn set_suspended(&mut self) {
        self.thread().set_state(State::INHIBITED);
        // SAFETY: the token is the lock that guards the field.
        unsafe { (*self.thread().as_ptr()).td_inhibitors |= Inhibitors::SUSPENDED.bits() }
    }

    /// `TD_CLR_SUSPENDED`: it can run once no reason is left.
    #[inline(always)]
    #[doc(alias = "TD_CLR_SUSPENDED")]
    pub fn clear_suspended(&mut self) {
        // SAFETY: the token is the lock that guards the field.
        unsafe {
            let inhibitors = &raw mut (*self.thread().as_ptr()).td_inhibitors;
            let left = *inhibitors & !Inhibitors::SUSPENDED.bits();
            if left != *inhibitors {
                *inhibitors = left;
                if left == 0 {
                    self.thread().set_state(State::CAN_RUN);
                }
            }
        }
    }
}
