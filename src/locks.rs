//! Tokens: that a lock is held is a value, and giving the lock up takes it.
//!
//! | token | lock | C |
//! |---|---|---|
//! | [`ProcLocked`] | `p_mtx`, a sleep mutex | `PROC_LOCK` |
//! | [`ProcSlocked`] | `p_slock`, a spin mutex | `PROC_SLOCK` |
//! | [`ProcStatLocked`] | `p_statmtx`, a spin mutex | `PROC_STATLOCK` |
//! | [`ThreadLocked`] | whatever `td_lock` points at | `thread_lock` |
//!
//! A token holds the process or thread whose lock it stands for: what it gives
//! access to are that one's fields.  In machine code it is the pointer that C
//! passes anyway.  It can't be copied, and a second one takes a second lock
//! operation, which panics or deadlocks.  A function that needs a lock takes
//! the token by reference; one that gives the lock up takes it by value, and
//! returns it if it takes the lock again.  Where two tokens have to be of one
//! process, test builds check that.  Lock order is `p_mtx`, `p_slock`,
//! `p_statmtx`, thread lock; `thread_run_flash()` alone takes the last two the other way round.
//!
//! Dropping a token does nothing: C leaves locks held on return in places
//! (`tdfind()`), and [`ProcLocked::keep_held`] says so there.
//!
//! No token outlives a switch: `mi_switch()` takes the [`ThreadLocked`], and
//! its caller has no other left.

use crate::kpi::mutex::{self, Mutex, Owned};
use crate::kpi::site::Site;
use crate::kpi::{ast, sys};
use crate::proc::Proc;
use crate::thread::Thread;
use core::ffi::c_int;

/// The process lock of a process is held by the current thread.
#[must_use = "the process lock stays held"]
#[repr(transparent)]
pub struct ProcLocked(Proc);

/// The process spin lock of a process is held by the current thread, which is
/// in a critical section.
#[must_use = "the process spin lock stays held"]
#[repr(transparent)]
pub struct ProcSlocked(Proc);

/// The lock of a process's resource accounts is held by the current thread,
/// which is in a critical section.
#[must_use = "the accounts' lock stays held"]
#[repr(transparent)]
pub struct ProcStatLocked(Proc);

/// The thread lock of a thread is held by the current thread, which is in a
/// critical section.  Which mutex that is can change under the token.
#[must_use = "the thread lock stays held"]
#[repr(transparent)]
pub struct ThreadLocked(Thread);

/// The mutexes of a process; reached through their tokens only.
impl Proc {
    /// `p_mtx`, the process lock.
    #[inline(always)]
    #[doc(alias = "p_mtx")]
    fn mtx(self) -> Mutex {
        // SAFETY: a mutex that lives as long as the structure: for ever.
        unsafe { Mutex::from_raw(&raw mut (*self.as_ptr()).p_mtx) }
    }

    /// `p_slock`, the process spin lock.
    #[inline(always)]
    #[doc(alias = "p_slock")]
    fn slock(self) -> Mutex {
        // SAFETY: as for mtx().
        unsafe { Mutex::from_raw(&raw mut (*self.as_ptr()).p_slock) }
    }

    /// `p_statmtx`, the lock of the resource accounts.
    #[inline(always)]
    #[doc(alias = "p_statmtx")]
    fn statmtx(self) -> Mutex {
        // SAFETY: as for mtx().
        unsafe { Mutex::from_raw(&raw mut (*self.as_ptr()).p_statmtx) }
    }
}

impl Proc {
    /// `PROC_LOCK`: may block; no spin lock is held.
    #[inline(always)]
    #[doc(alias = "PROC_LOCK")]
    pub fn lock(self, site: Site) -> ProcLocked {
        self.mtx().lock(site);
        ProcLocked(self)
    }

    /// `PROC_SLOCK`: spins.
    #[inline(always)]
    #[doc(alias = "PROC_SLOCK")]
    pub fn lock_spin(self, site: Site) -> ProcSlocked {
        self.slock().lock_spin(site);
        ProcSlocked(self)
    }

    /// `PROC_STATLOCK`: spins.
    #[inline(always)]
    #[doc(alias = "PROC_STATLOCK")]
    pub fn lock_accounts(self, site: Site) -> ProcStatLocked {
        self.statmtx().lock_spin(site);
        ProcStatLocked(self)
    }
}

impl ProcStatLocked {
    /// `PROC_STATUNLOCK`.
    #[inline(always)]
    #[doc(alias = "PROC_STATUNLOCK")]
    pub fn unlock(self, site: Site) {
        // SAFETY: the token is the lock, and ends here.
        unsafe { self.0.statmtx().unlock_spin(site) }
    }

    /// The process.
    #[inline(always)]
    pub fn proc(&self) -> Proc {
        self.0
    }
}

impl ProcLocked {
    /// The token of a lock that the caller in C holds.
    ///
    /// # Safety
    ///
    /// The current thread holds the process lock of `p`, and there is no
    /// other token for it.
    #[inline(always)]
    pub unsafe fn assume(p: Proc) -> Self {
        Self(p)
    }

    /// `PROC_UNLOCK`.
    #[inline(always)]
    #[doc(alias = "PROC_UNLOCK")]
    pub fn unlock(self, site: Site) {
        // SAFETY: the token is the lock, and ends here.
        unsafe { self.0.mtx().unlock(site) }
    }

    /// Returns to C with the lock held.
    #[inline(always)]
    pub fn keep_held(self) -> Proc {
        self.0
    }

    /// The process.
    #[inline(always)]
    pub fn proc(&self) -> Proc {
        self.0
    }

    /// `PROC_LOCK_ASSERT(p, MA_OWNED)`, where C has one.
    #[inline(always)]
    #[doc(alias = "PROC_LOCK_ASSERT")]
    pub fn assert_owned(&self, site: Site) {
        self.0.mtx().assert(Owned::Yes, site);
    }

    /// `thread_stopped`: tells the parent if everybody has stopped.
    ///
    /// Drops and retakes the spin lock when it does.
    #[inline(always)]
    #[doc(alias = "thread_stopped")]
    pub fn notify_stopped(&self, sl: ProcSlocked) -> ProcSlocked {
        debug_assert!(self.0 == sl.0, "tokens of two processes");
        // SAFETY: both process locks are held, before and after.
        unsafe { sys::thread_stopped(self.0.as_ptr()) }
        sl
    }

    /// `msleep(&p->p_flag, &p->p_mtx, PCATCH, "thrsgl", 0)`: sleeps until the
    /// process is no longer single-threaded, a signal comes, or the current
    /// thread's own process is stopped.  The lock is dropped meanwhile.
    #[inline(always)]
    #[doc(alias = "msleep")]
    pub fn sleep_until_single_ends(self) -> Self {
        // SAFETY: the lock is held and is retaken; p_flag is an address only.
        unsafe {
            sys::_sleep(
                (&raw const (*self.0.as_ptr()).p_flag).cast(),
                self.0.mtx().lock_object(),
                sys::KT_PCATCH,
                c"thrsgl".as_ptr(),
                // C has `tick_sbt * 0` here; it is no time-out.
                0,
                0,
                sys::KT_C_HARDCLOCK,
            );
        }
        self
    }

    /// `wakeup(&p->p_flag)`: ends such sleeps.
    #[inline(always)]
    pub fn wake_waiters(&self) {
        // SAFETY: an address only.
        unsafe { sys::wakeup((&raw const (*self.0.as_ptr()).p_flag).cast()) }
    }
}

impl ProcSlocked {
    /// The token of a lock that the caller in C holds.
    ///
    /// # Safety
    ///
    /// The current thread holds the process spin lock of `p`, and there is no
    /// other token for it.
    #[inline(always)]
    pub unsafe fn assume(p: Proc) -> Self {
        Self(p)
    }

    /// `PROC_SUNLOCK`.
    #[inline(always)]
    #[doc(alias = "PROC_SUNLOCK")]
    pub fn unlock(self, site: Site) {
        // SAFETY: the token is the lock, and ends here.
        unsafe { self.0.slock().unlock_spin(site) }
    }

    /// Returns to C with the lock held.
    #[inline(always)]
    pub fn keep_held(self) -> Proc {
        self.0
    }

    /// The process.
    #[inline(always)]
    pub fn proc(&self) -> Proc {
        self.0
    }

    /// `PROC_SLOCK_ASSERT(p, MA_OWNED)`, where C has one.
    #[inline(always)]
    #[doc(alias = "PROC_SLOCK_ASSERT")]
    pub fn assert_owned(&self, site: Site) {
        self.0.slock().assert(Owned::Yes, site);
    }
}

impl Thread {
    /// `thread_lock`: spins while the thread is leaving its CPU.
    #[inline(always)]
    #[doc(alias = "thread_lock")]
    pub fn lock(self, site: Site) -> ThreadLocked {
        // SAFETY: type-stable memory, whose td_lock is a mutex even between two
        // threads' lives.
        unsafe { mutex::thread_lock(self.as_ptr(), site) }
        ThreadLocked(self)
    }
}

/// Does a thread that was made runnable need the swapper to bring its stack
/// back, so that `kick_proc0()` is due?  Never without a swapper.
#[must_use = "the swapper has to be woken"]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WakeSwapper(c_int);

/// What `setrunnable` and `sleepq_abort` return: an int with a swapper,
/// nothing without.
#[cfg(has_swapper)]
impl From<c_int> for WakeSwapper {
    #[inline(always)]
    fn from(wanted: c_int) -> Self {
        Self(wanted)
    }
}

/// See the other form.
#[cfg(not(has_swapper))]
impl From<()> for WakeSwapper {
    #[inline(always)]
    fn from((): ()) -> Self {
        Self::NO
    }
}

impl WakeSwapper {
    /// Nobody needs the swapper.
    pub const NO: Self = Self(0);

    /// `wakeup_swapper |= other`.
    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// `if (wakeup_swapper) kick_proc0()`; no thread lock is held.
    #[inline(always)]
    #[doc(alias = "kick_proc0")]
    pub fn act(self) {
        #[cfg(has_swapper)]
        if self.0 != 0 {
            // SAFETY: may be called under process locks.
            unsafe { sys::kick_proc0() }
        }
    }
}

impl ThreadLocked {
    /// The token of a lock that the caller in C, or C code just called, holds.
    ///
    /// # Safety
    ///
    /// The current thread holds the thread lock of `td`, and there is no
    /// other token for it.
    #[inline(always)]
    pub unsafe fn assume(td: Thread) -> Self {
        Self(td)
    }

    /// `thread_unlock`: releases what `td_lock` points at now.
    #[inline(always)]
    #[doc(alias = "thread_unlock")]
    pub fn unlock(self, site: Site) {
        // SAFETY: the token is the lock, and ends here.
        unsafe { self.mutex().unlock_spin(site) }
    }

    /// Returns to C with the lock held.
    #[inline(always)]
    pub fn keep_held(self) -> Thread {
        self.0
    }

    /// The thread.
    #[inline(always)]
    pub fn thread(&self) -> Thread {
        self.0
    }

    /// The mutex that the thread lock is now.
    #[inline(always)]
    fn mutex(&self) -> Mutex {
        self.0.lock_now()
    }

    /// `THREAD_LOCK_ASSERT(td, MA_OWNED)`, where C has one.
    #[inline(always)]
    #[doc(alias = "THREAD_LOCK_ASSERT")]
    #[cfg_attr(not(INVARIANTS), expect(unused_variables))]
    pub fn assert_owned(&self, site: Site) {
        #[cfg(INVARIANTS)]
        self.mutex().assert(Owned::Yes, site);
    }

    /// Has the thread check for stops on its way to user mode.
    #[inline(always)]
    #[doc(alias = "ast_sched_locked")]
    pub fn schedule_suspend_ast(&mut self) {
        // SAFETY: the thread lock is held.
        unsafe { ast::schedule_suspend(self.0.as_ptr()) }
    }

    /// The check is done.
    #[inline(always)]
    #[doc(alias = "ast_unsched_locked")]
    pub fn unschedule_suspend_ast(&mut self) {
        // SAFETY: the thread lock is held.
        unsafe { ast::unschedule_suspend(self.0.as_ptr()) }
    }

    /// `sched_sleep(td, 0)`: tells the scheduler that it goes to sleep, which
    /// must already see why (`TDI_SUSPENDED`).
    #[inline(always)]
    pub fn sched_sleep(&mut self) {
        // SAFETY: the thread lock is held.
        unsafe { sys::sched_sleep(self.0.as_ptr(), 0) }
    }

    /// `forward_signal(td)`: has the CPU that runs the thread look at its
    /// ASTs.
    ///
    /// # Safety
    ///
    /// The thread is running.
    #[inline(always)]
    #[cfg(SMP)]
    pub unsafe fn forward_signal(&self) {
        // SAFETY: by the caller's contract, and the thread lock is held.
        unsafe { sys::forward_signal(self.0.as_ptr()) }
    }

    /// `setrunnable(td, 0)`: puts it on a run queue if it can run; gives the
    /// thread lock up in every case.
    ///
    /// # Safety
    ///
    /// The thread has run before, or has been made ready to.
    #[inline(always)]
    #[doc(alias = "setrunnable")]
    #[cfg_attr(
        not(has_swapper),
        expect(
            clippy::unit_arg,
            reason = "the kernel's function returns nothing then"
        )
    )]
    pub unsafe fn set_runnable(self) -> WakeSwapper {
        // SAFETY: by the caller's contract; the callee drops the lock.
        WakeSwapper::from(unsafe { sys::setrunnable(self.0.as_ptr(), 0) })
    }

    /// `sleepq_abort(td, error)`: ends an interruptible sleep with an error;
    /// gives the thread lock up in every case.
    ///
    /// # Safety
    ///
    /// The thread is on a sleep queue, interruptibly.
    #[inline(always)]
    #[doc(alias = "sleepq_abort")]
    #[cfg_attr(
        not(has_swapper),
        expect(
            clippy::unit_arg,
            reason = "the kernel's function returns nothing then"
        )
    )]
    pub unsafe fn abort_sleep(self, error: c_int) -> WakeSwapper {
        // SAFETY: by the caller's contract; the callee drops the lock.
        WakeSwapper::from(unsafe { sys::sleepq_abort(self.0.as_ptr(), error) })
    }

    /// `mi_switch(flags)`: runs somebody else, until the current thread is
    /// chosen again.  Gives the thread lock up.
    ///
    /// # Safety
    ///
    /// The token is the current thread's, and no other lock is held.
    #[inline(always)]
    #[doc(alias = "mi_switch")]
    pub unsafe fn switch_away(self, flags: c_int) {
        // SAFETY: by the caller's contract.
        unsafe { sys::mi_switch(flags) }
    }
}

#[cfg(test)]
mod tests;
