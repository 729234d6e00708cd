//! A process with many threads, which wait to run, sleep or are suspended.

use crate::kernel::{proc, registered, sched, sleep};
use crate::object::{tidhash_add, tidhash_remove};
use crate::sys::{P_HADTHREADS, TDF_BOUNDARY, TDF_CANSWAP, TDI_SUSPENDED, TDS_INHIBITED};
use crate::sys::{proc_, thread};

/// What the threads do that are to be stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Wait for the CPU.
    Runnable,
    /// Sleep interruptibly.
    Sleeping,
    /// Are suspended in the kernel.
    Suspended,
    /// Are suspended on their way to user mode.
    AtBoundary,
}

/// The process.
pub struct Crowd {
    /// The process.
    pub p: *mut proc_,
    /// Its first thread.
    pub first: *mut thread,
    /// Those that are to be stopped.
    others: Vec<*mut thread>,
    state: State,
    /// Whether the first one is among them.
    all: bool,
}

// SAFETY: kernel structures are guarded by the kernel's own locks.
unsafe impl Send for Crowd {}

impl Crowd {
    /// A process with so many threads; to be stopped are all, or all but the
    /// first.
    pub fn new(size: usize, state: State, all: bool) -> Self {
        // SAFETY: no locks are held.
        unsafe {
            let (p, first) = proc::new_process();
            let mut others: Vec<_> = (1..size).map(|_| hashed_thread(p)).collect();
            if all {
                others.push(first);
            }
            Self {
                p,
                first,
                others,
                state,
                all,
            }
        }
    }

    /// Brings the threads into their state; those that are gone are made anew.
    ///
    /// # Safety
    /// None of them runs, and all are of the process or, if it has one thread,
    /// dead and stashed.  No locks held.
    pub unsafe fn settle(&mut self) {
        let p = self.p;
        sched::forget_queue();
        if (*p).p_numthreads == 1 && !self.all {
            registered::reap();
            for td in &mut self.others {
                *td = hashed_thread(p);
            }
        }
        (*p).p_flag |= P_HADTHREADS as i32;
        (*p).p_suspcount = 0;
        (*p).p_boundary_count = 0;
        for &td in &self.others {
            (*td).td_ast = 0;
            (*td).td_flags &= !((TDF_BOUNDARY | TDF_CANSWAP) as i32);
            match self.state {
                State::Runnable => sched::make_runnable(td),
                State::Sleeping => sleep::put_to_sleep(td),
                State::Suspended | State::AtBoundary => {
                    (*td).td_inhibitors = TDI_SUSPENDED as i32;
                    (*td).td_state = TDS_INHIBITED;
                    (*p).p_suspcount += 1;
                    if self.state == State::AtBoundary {
                        (*td).td_flags |= TDF_BOUNDARY as i32;
                        (*p).p_boundary_count += 1;
                    }
                }
            }
        }
    }

    /// Does this hold for each thread that was to be stopped?
    pub fn others_are(&self, what: unsafe fn(*mut thread) -> bool) -> bool {
        // SAFETY: nobody changes the threads meanwhile.
        self.others.iter().all(|&td| unsafe { what(td) })
    }

    /// Frees threads and process.
    ///
    /// # Safety
    /// As [`Crowd::settle`].
    pub unsafe fn free(mut self) {
        self.settle();
        sched::forget_queue();
        for &td in self.others.iter().filter(|&&td| td != self.first) {
            tidhash_remove(td);
            proc::free_thread(td);
        }
        proc::free_thread(self.first);
        proc::free_process(self.p);
    }
}

/// A thread of a process, which is in the hash, as one has to be that exits.
unsafe fn hashed_thread(p: *mut proc_) -> *mut thread {
    let td = proc::new_thread(p);
    tidhash_add(td);
    td
}
