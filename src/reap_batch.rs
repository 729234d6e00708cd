//! Batches: what reaping many threads gives back, put together so that a
//! lock or a contended counter is touched once for many.
//!
//! Ports `struct tidbatch`, `struct tdcountbatch` and their functions
//! (reference lines 290-376), and the inline halves of `credbatch` and
//! `limbatch`.

#![allow(
    clippy::new_without_default,
    reason = "an empty batch is where one begins, not a default of anything"
)]

use crate::count;
use crate::kassert;
use crate::kpi::sys;
#[cfg(not(has_limbatch))]
use crate::mpass;
use crate::thread::Thread;
use crate::tid::Lwpid;
#[cfg(any(feature = "c-algorithms", INVARIANTS, not(has_limbatch), test))]
use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::ptr;

/// Ids freed under one hold of the id lock.  Whoever waits for room need not wait
/// for the end of a long reaping.
const TID_BATCH: usize = 16;

/// Threads uncounted by one atomic.
#[cfg(feature = "c-algorithms")]
const COUNT_BATCH: c_int = 32;

/// Room for the ids of a batch.
pub type TidRoom = [MaybeUninit<Lwpid>; TID_BATCH];

/// Ids to free.
///
/// # Invariants
///
/// The first `n` entries of `tab` are initialised, and `n` is at most as many as
/// there is room for.
#[doc(alias = "tidbatch")]
pub struct TidBatch<'a> {
    /// Lent, so that `n` can stay in a register.
    tab: &'a mut TidRoom,
    n: usize,
}

impl<'a> TidBatch<'a> {
    /// Room for a batch.
    #[inline(always)]
    pub const fn room() -> TidRoom {
        [const { MaybeUninit::uninit() }; TID_BATCH]
    }

    /// An empty batch: `tidbatch_prep`.
    #[inline(always)]
    #[doc(alias = "tidbatch_prep")]
    pub fn new(tab: &'a mut TidRoom) -> Self {
        Self { tab, n: 0 }
    }

    /// Notes a thread's id.
    ///
    /// # Safety
    ///
    /// [`Self::process`] has been called since the last one, so there is room;
    /// the thread is dead and will not need its id any more.
    #[inline(always)]
    #[doc(alias = "tidbatch_add")]
    pub unsafe fn add(&mut self, td: Thread) {
        kassert!(
            self.n < TID_BATCH,
            c"%s: count too high %d",
            c"tidbatch_add".as_ptr(),
            self.n as c_int
        );
        let tab: *mut MaybeUninit<Lwpid> = self.tab.as_mut_ptr();
        // SAFETY: by the caller's contract `n` is below the length.
        unsafe { tab.add(self.n).write(MaybeUninit::new(td.tid())) }
        self.n += 1;
    }

    /// Frees the ids once the batch is full; whether it was.
    #[inline(always)]
    #[doc(alias = "tidbatch_process")]
    pub fn process(&mut self) -> bool {
        self.assert_count(c"tidbatch_process");
        let full = self.n == TID_BATCH;
        if full {
            self.flush();
            self.n = 0;
        }
        full
    }

    /// Frees the ids that are left; nothing follows.
    #[inline(always)]
    #[doc(alias = "tidbatch_final")]
    pub fn finish(&self) {
        self.assert_count(c"tidbatch_final");
        if self.n != 0 {
            self.flush();
        }
    }

    /// Is the count sane?
    #[inline(always)]
    #[cfg_attr(not(INVARIANTS), expect(unused_variables))]
    fn assert_count(&self, func: &core::ffi::CStr) {
        kassert!(
            self.n <= TID_BATCH,
            c"%s: count too high %d",
            func.as_ptr(),
            self.n as c_int
        );
    }

    /// Frees the ids noted.
    #[inline(always)]
    fn flush(&self) {
        // SAFETY: the first `n` entries are initialised, and are ids that were
        // given up to add().
        unsafe {
            count::leave_batch(core::slice::from_raw_parts(
                self.tab.as_ptr().cast(),
                self.n,
            ))
        }
    }
}

/// Threads to uncount.
#[doc(alias = "tdcountbatch")]
#[cfg(feature = "c-algorithms")]
pub struct CountBatch(c_int);

#[cfg(feature = "c-algorithms")]
impl CountBatch {
    /// An empty batch: `tdcountbatch_prep`.
    #[inline(always)]
    #[doc(alias = "tdcountbatch_prep")]
    pub fn new() -> Self {
        Self(0)
    }

    /// Notes one thread.
    #[inline(always)]
    #[doc(alias = "tdcountbatch_add")]
    pub fn add(&mut self) {
        self.0 += 1;
    }

    /// Uncounts them once there are many.
    #[inline(always)]
    #[doc(alias = "tdcountbatch_process")]
    pub fn process(&mut self) {
        if self.0 == COUNT_BATCH {
            count::sub(self.0);
            self.0 = 0;
        }
    }

    /// Uncounts those that are left; nothing follows.
    #[inline(always)]
    #[doc(alias = "tdcountbatch_final")]
    pub fn finish(&self) {
        if self.0 != 0 {
            count::sub(self.0);
        }
    }
}

/// The ids' batch uncounts their threads.
#[cfg(not(feature = "c-algorithms"))]
pub struct CountBatch(());

#[cfg(not(feature = "c-algorithms"))]
impl CountBatch {
    /// Nothing to note.
    #[inline(always)]
    pub fn new() -> Self {
        Self(())
    }

    /// See [`TidBatch::add`].
    #[inline(always)]
    pub fn add(&mut self) {}

    /// See [`TidBatch::process`].
    #[inline(always)]
    pub fn process(&mut self) {}

    /// See [`TidBatch::finish`].
    #[inline(always)]
    pub fn finish(&self) {}
}

/// References to credentials to give back; runs of equal ones go at once.
///
/// The kernel's `struct credbatch` and functions, with their order of calls.
#[doc(alias = "credbatch")]
pub struct CredBatch(sys::credbatch);

impl CredBatch {
    /// An empty batch: `credbatch_prep`.
    #[inline(always)]
    #[doc(alias = "credbatch_prep")]
    pub fn new() -> Self {
        Self(sys::credbatch {
            cred: ptr::null_mut(),
            users: 0,
            ref_: 0,
        })
    }

    /// Takes over a dead thread's reference.
    ///
    /// # Safety
    ///
    /// The thread is dead, the caller's alone, and has a reference of its own.
    #[inline(always)]
    #[doc(alias = "credbatch_add")]
    pub unsafe fn add(&mut self, td: Thread) {
        // SAFETY: by the caller's contract.
        unsafe { sys::credbatch_add(&raw mut self.0, td.as_ptr()) }
    }

    /// Gives the last run back.
    ///
    /// # Safety
    ///
    /// A thread has been added, and nothing follows.
    #[inline(always)]
    #[doc(alias = "credbatch_final")]
    pub unsafe fn finish(&mut self) {
        // SAFETY: by the caller's contract.
        unsafe { sys::credbatch_final(&raw mut self.0) }
    }
}

/// References to resource limits to give back; as [`CredBatch`].
#[doc(alias = "limbatch")]
#[cfg(has_limbatch)]
pub struct LimBatch(sys::limbatch);

#[cfg(has_limbatch)]
impl LimBatch {
    /// An empty batch: `limbatch_prep`.
    #[inline(always)]
    #[doc(alias = "limbatch_prep")]
    pub fn new() -> Self {
        Self(sys::limbatch {
            limp: ptr::null_mut(),
            count: 0,
        })
    }

    /// Takes over a dead thread's reference.
    ///
    /// # Safety
    ///
    /// The thread is dead, the caller's alone, and has a reference of its own.
    #[inline(always)]
    #[doc(alias = "limbatch_add")]
    pub unsafe fn add(&mut self, td: Thread) {
        // SAFETY: by the caller's contract.
        unsafe { sys::limbatch_add(&raw mut self.0, td.as_ptr()) }
    }

    /// Gives the last run back.
    ///
    /// # Safety
    ///
    /// A thread has been added, and nothing follows.
    #[inline(always)]
    #[doc(alias = "limbatch_final")]
    pub unsafe fn finish(&mut self) {
        // SAFETY: by the caller's contract.
        unsafe { sys::limbatch_final(&raw mut self.0) }
    }
}

/// References to resource limits to give back, where the kernel has no batch
/// of them.
#[cfg(not(has_limbatch))]
pub struct LimBatch {
    limit: *mut sys::plimit,
    count: c_int,
}

#[cfg(not(has_limbatch))]
impl LimBatch {
    /// An empty batch.
    #[inline(always)]
    pub fn new() -> Self {
        Self {
            limit: ptr::null_mut(),
            count: 0,
        }
    }

    /// Takes over a dead thread's reference.
    ///
    /// # Safety
    ///
    /// The thread is dead, the caller's alone, and has a reference of its own.
    #[inline(always)]
    pub unsafe fn add(&mut self, td: Thread) {
        // SAFETY: by the caller's contract.
        let limit = unsafe { (*td.as_ptr()).td_limit };
        mpass!(!limit.is_null(), c"itd->td_limit != NULL");
        if self.limit != limit && self.count != 0 {
            self.flush();
            self.count = 0;
        }
        self.limit = limit;
        self.count += 1;
    }

    /// Gives the last run back.
    ///
    /// # Safety
    ///
    /// A thread has been added, and nothing follows.
    #[inline(always)]
    pub unsafe fn finish(&mut self) {
        mpass!(self.count != 0, c"limcount != 0");
        self.flush();
    }

    /// Gives the run back.
    #[inline(always)]
    fn flush(&self) {
        // SAFETY: as many references to these limits as have been taken over.
        unsafe { sys::lim_freen(self.limit, self.count) }
    }
}

/// Gives back what is left in all of them.  They are lent, not given: moving the
/// ids would be a call of memcpy on riscv64.
///
/// # Safety
///
/// As for the parts: a thread has been added to each.
#[inline(always)]
pub unsafe fn finish(
    tids: &TidBatch<'_>,
    creds: &mut CredBatch,
    limits: &mut LimBatch,
    threads: &CountBatch,
) {
    tids.finish();
    // SAFETY: by the caller's contract.
    unsafe {
        creds.finish();
        #[cfg(has_limbatch)]
        limits.finish();
    }
    threads.finish();
    // SAFETY: by the caller's contract.
    #[cfg(not(has_limbatch))]
    unsafe {
        limits.finish();
    }
}

#[cfg(test)]
mod tests;
