//! [`Proc`]: a process, and the fields of `struct proc` that this file of the
//! kernel reads and writes.
//!
//! A field that a lock guards is reached through the token of that lock (see
//! [`crate::locks`]), so that code without the lock does not compile.

use crate::flags::{ProcFlags, ProcFlags2};
use crate::kpi::seldom::seldom;
use crate::kpi::sys;
use crate::locks::{ProcLocked, ProcSlocked};
use crate::prefetch_thread;
use crate::thread::Thread;
use core::ffi::c_int;
use core::marker::PhantomData;
use core::mem::offset_of;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicI32, Ordering};

/// A process: the address of a `struct proc`.
///
/// # Invariants
///
/// The address is that of a `struct proc` from the process zone, or of proc0.
/// The zone never gives memory back, so the structure can be read for ever; it
/// may have become another process.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
#[doc(alias = "proc")]
pub struct Proc(NonNull<sys::proc_>);

impl Proc {
    /// # Safety
    ///
    /// `p` is the address of a `struct proc`, not NULL.
    #[inline(always)]
    pub const unsafe fn from_raw(p: *mut sys::proc_) -> Self {
        // SAFETY: by the caller's contract.
        Self(unsafe { NonNull::new_unchecked(p) })
    }

    /// The address.
    #[inline(always)]
    pub const fn as_ptr(self) -> *mut sys::proc_ {
        self.0.as_ptr()
    }

    /// `p_pid`: constant while the process has a thread that others can find.
    #[inline(always)]
    #[doc(alias = "p_pid")]
    pub fn pid(self) -> sys::pid_t {
        // SAFETY: of type-stable memory; an int can't tear.
        unsafe { AtomicI32::from_ptr(&raw mut (*self.as_ptr()).p_pid) }.load(Ordering::Relaxed)
    }

    /// `p_exitthreads`, threads between `thread_exit()` and `thread_stash()`:
    /// changed atomically.
    #[inline(always)]
    #[doc(alias = "p_exitthreads")]
    pub fn exitthreads(self) -> &'static AtomicI32 {
        // SAFETY: the field is only accessed atomically, and the structure
        // lives for ever.
        unsafe { AtomicI32::from_ptr(&raw mut (*self.as_ptr()).p_exitthreads) }
    }

    /// The first thread: `FIRST_THREAD_IN_PROC`.
    ///
    /// # Safety
    ///
    /// The process has one, and the caller keeps the list still.
    #[inline(always)]
    #[doc(alias = "FIRST_THREAD_IN_PROC")]
    pub unsafe fn first_thread(self) -> Thread {
        // SAFETY: by the caller's contract.
        unsafe { Thread::from_raw((*self.as_ptr()).p_threads.tqh_first) }
    }
}

/// More threads than this are not in a core's caches when they are wanted: then it
/// pays to ask for them ahead.
const CACHED: c_int = 1024;

/// Walks the threads of a process, whose process lock is held.
pub struct Threads<'a, 'p> {
    link: *const *mut sys::thread,
    /// Lent, so that the link can stay in a register.
    ahead: &'a mut Ahead<'p>,
}

impl Iterator for Threads<'_, '_> {
    type Item = Thread;

    #[inline(always)]
    fn next(&mut self) -> Option<Thread> {
        // SAFETY: the link of the list's head or of the thread handed out
        // last, and thread structures are never unmapped.
        let td = unsafe { Thread::from_nullable(*self.link) }?;
        // SAFETY: a live thread's field.
        self.link = unsafe { &raw const (*td.as_ptr()).td_plist.tqe_next };
        if self.ahead.is_wanted() {
            seldom();
            self.ahead.fetch(td);
        }
        Some(td)
    }
}

/// Asks for the threads of a list ahead of a walk, from both of its ends.
///
/// A thread's link has to be there before the next thread can be asked for, so that
/// a walk waits for memory once for each of them, however early it asks.  From the
/// list's other end the same can go on at the same time: when the walk comes to the
/// second half, all of that is there already.
pub struct Ahead<'p> {
    /// The last thread that was asked for from the end.
    last: *mut sys::thread,
    /// How many are still to be asked for from there; negative for short lists, of
    /// which none are.
    behind: c_int,
    /// The process's lock keeps the list still meanwhile.
    still: PhantomData<&'p ProcLocked>,
}

impl Ahead<'_> {
    /// For short lists.
    const NOTHING: Self = Self {
        last: ptr::null_mut(),
        behind: -1,
        still: PhantomData,
    };

    /// For a list of so many threads.
    ///
    /// # Safety
    ///
    /// There are so many, more than none, and the list is kept still while the result
    /// is used.
    #[cold]
    #[inline(never)]
    unsafe fn of(p: Proc, threads: c_int) -> Self {
        Self {
            // SAFETY: by the caller's contract there is a last thread.
            last: unsafe { before((*p.as_ptr()).p_threads.tqh_last) },
            behind: threads / 2,
            still: PhantomData,
        }
    }

    /// Is anything to be asked for?
    #[inline(always)]
    fn is_wanted(&self) -> bool {
        self.behind >= 0
    }

    /// Asks for the thread that comes next after `td`, and for one from the end.
    ///
    /// Of each it is the line with the links, and with the pointer to the lock that
    /// is taken first.
    #[cold]
    #[inline(never)]
    fn fetch(&mut self, td: Thread) {
        // SAFETY: a live thread, whose link is NULL or points at another; hints,
        // whatever becomes of it.
        unsafe {
            let link = &raw const (*td.as_ptr()).td_plist.tqe_next;
            if let Some(next) = Thread::from_nullable(ptr::read_volatile(link)) {
                prefetch_thread!(next, td_lock);
            }
        }
        if self.behind > 0 {
            self.behind -= 1;
            // SAFETY: half of the list's threads have others before them.
            unsafe {
                self.last = before((*self.last).td_plist.tqe_prev);
                prefetch_thread!(Thread::from_raw(self.last), td_lock);
            }
        }
    }
}

/// The thread whose link to the next one this is.
#[inline(always)]
const fn before(link: *mut *mut sys::thread) -> *mut sys::thread {
    link.wrapping_byte_sub(offset_of!(sys::thread, td_plist.tqe_next))
        .cast()
}

/// Fields that the process lock guards.
impl ProcLocked {
    /// The threads of the process: `FOREACH_THREAD_IN_PROC`.
    ///
    /// The link to the next thread is read when the next one is asked for, not
    /// before: the thread handed out last has to be on the list still.  `ahead` is
    /// this process's.
    #[inline(always)]
    #[doc(alias = "FOREACH_THREAD_IN_PROC")]
    pub fn threads<'a, 'p>(&'p self, ahead: &'a mut Ahead<'p>) -> Threads<'a, 'p> {
        Threads {
            // SAFETY: of type-stable memory.
            link: unsafe { &raw const (*self.proc().as_ptr()).p_threads.tqh_first },
            ahead,
        }
    }

    /// What asks for the threads of the process ahead of one walk.
    #[inline(always)]
    pub fn ahead(&self) -> Ahead<'_> {
        match self.has_many_threads() {
            // SAFETY: the token is the lock that keeps the list still.
            true => unsafe { Ahead::of(self.proc(), self.numthreads()) },
            false => Ahead::NOTHING,
        }
    }

    /// Are there more threads than the caches hold?
    #[inline(always)]
    pub fn has_many_threads(&self) -> bool {
        // Elsewhere nobody is asked: see the prefetch module.
        let many = cfg!(target_arch = "x86_64") && self.numthreads() > CACHED;
        if many {
            seldom();
        }
        many
    }

    /// Asks for what a thread of the process writes when it leaves its CPU for good or
    /// for long, and for the same of the one that comes after it: when many are to
    /// stop or to exit and one CPU runs them all, that one is the next to do so, and
    /// what is asked for now is there by then.
    ///
    /// # Safety
    ///
    /// The thread is linked to this process.
    #[cold]
    #[inline(never)]
    pub unsafe fn fetch_leaving(&self, td: Thread) {
        debug_assert!(self.proc() == td.proc(), "another process's thread");
        // SAFETY: by the caller's contract and under the lock that the token is, its
        // link is NULL or points at another thread.
        let next = unsafe { Thread::from_nullable((*td.as_ptr()).td_plist.tqe_next) };
        for td in [Some(td), next].into_iter().flatten() {
            prefetch_thread!(td, td_plist td_tid td_flags td_swvoltick td_ru.ru_maxrss td_ru.ru_nvcsw td_runtime td_generation td_state td_allocdomain);
        }
    }

    /// `p_flag`.
    #[inline(always)]
    pub fn flags(&self) -> ProcFlags {
        // SAFETY: the token is the lock that guards the field.
        ProcFlags::from_bits(unsafe { (*self.proc().as_ptr()).p_flag })
    }

    /// Sets `p_flag`, in one store: others look at it without the lock.
    #[inline(always)]
    pub fn replace_flags(&mut self, flags: ProcFlags) {
        // SAFETY: as for flags().
        unsafe { (*self.proc().as_ptr()).p_flag = flags.bits() }
    }

    /// `p_flag |= set`.
    #[inline(always)]
    pub fn set_flags(&mut self, set: ProcFlags) {
        // SAFETY: as for flags().
        unsafe { (*self.proc().as_ptr()).p_flag |= set.bits() }
    }

    /// `p_flag &= ~clear`.
    #[inline(always)]
    pub fn clear_flags(&mut self, clear: ProcFlags) {
        // SAFETY: as for flags().
        unsafe { (*self.proc().as_ptr()).p_flag &= !clear.bits() }
    }

    /// `p_flag2`.
    #[inline(always)]
    pub fn flags2(&self) -> ProcFlags2 {
        // SAFETY: as for flags().
        ProcFlags2::from_bits(unsafe { (*self.proc().as_ptr()).p_flag2 })
    }

    /// `p_numthreads`, threads linked to the process.
    #[inline(always)]
    #[doc(alias = "p_numthreads")]
    pub fn numthreads(&self) -> c_int {
        // SAFETY: as for flags().
        unsafe { (*self.proc().as_ptr()).p_numthreads }
    }

    /// `p_singlethread`, the thread that single-threads the process.
    ///
    /// Written under both process locks, so one is enough to read it.
    #[inline(always)]
    #[doc(alias = "p_singlethread")]
    pub fn singlethread(&self) -> Option<Thread> {
        // SAFETY: as for flags().
        unsafe { Thread::from_nullable((*self.proc().as_ptr()).p_singlethread) }
    }

    /// `p_cowgen`, the generation of credentials and limits.
    #[inline(always)]
    #[doc(alias = "p_cowgen")]
    pub fn cowgen(&self) -> sys::u_int {
        // SAFETY: as for flags().
        unsafe { (*self.proc().as_ptr()).p_cowgen }
    }

    /// Is the process still being made (`PRS_NEW`)?
    #[inline(always)]
    #[doc(alias = "p_state")]
    pub fn is_new(&self) -> bool {
        // SAFETY: as for flags().
        unsafe { (*self.proc().as_ptr()).p_state == sys::PRS_NEW }
    }
}

/// Fields that the process spin lock guards.
impl ProcSlocked {
    /// `p_suspcount`, threads that are suspended.
    #[inline(always)]
    #[doc(alias = "p_suspcount")]
    pub fn suspcount(&self) -> c_int {
        // SAFETY: the token is the lock that guards the field.
        unsafe { (*self.proc().as_ptr()).p_suspcount }
    }

    /// `p_suspcount += by`.
    #[inline(always)]
    pub fn add_suspcount(&mut self, by: c_int) {
        // SAFETY: as for suspcount().
        unsafe {
            let count = &raw mut (*self.proc().as_ptr()).p_suspcount;
            *count = (*count).wrapping_add(by);
        }
    }

    /// `p_boundary_count`, threads suspended at the user boundary.
    #[inline(always)]
    #[doc(alias = "p_boundary_count")]
    pub fn boundary_count(&self) -> c_int {
        // SAFETY: as for suspcount().
        unsafe { (*self.proc().as_ptr()).p_boundary_count }
    }

    /// `p_boundary_count += by`.
    #[inline(always)]
    pub fn add_boundary_count(&mut self, by: c_int) {
        // SAFETY: as for suspcount().
        unsafe {
            let count = &raw mut (*self.proc().as_ptr()).p_boundary_count;
            *count = (*count).wrapping_add(by);
        }
    }

    /// Sets `p_singlethread`, which takes both process locks.
    #[inline(always)]
    pub fn set_singlethread(&mut self, pl: &mut ProcLocked, td: Option<Thread>) {
        debug_assert!(pl.proc() == self.proc(), "tokens of two processes");
        // SAFETY: as for suspcount().
        unsafe { (*self.proc().as_ptr()).p_singlethread = Thread::nullable(td) }
    }
}

#[cfg(test)]
mod tests;
