//! Single-threading: every mode, by how many threads there are and what they
//! do.  An operation is `thread_single()` and, for the modes that end,
//! `thread_single_end()`; what the other threads do meanwhile is part of it.

use super::crowd::{Crowd, State};
use super::{Entry, Parts, Worker, check};
use crate::kernel::lock::{proc_lock, proc_unlock};
use crate::kernel::{proc, sched};
use crate::machine::clock::Watch;
use crate::machine::cpu::curthread;
use crate::object::{thread_single, thread_single_end};
use crate::sys::{SINGLE_ALLPROC, SINGLE_BOUNDARY, SINGLE_EXIT, SINGLE_NO_EXIT};

/// Threads of the process.
const SIZES: [usize; 6] = [1, 8, 64, 512, 4096, 32_768];
/// With more, stepping takes too long.
const COUNTED: usize = 512;

/// The modes, and the state in which a thread counts as suspended for it.
const MODES: [(&str, u32, State); 4] = [
    ("no-exit", SINGLE_NO_EXIT, State::Suspended),
    ("boundary", SINGLE_BOUNDARY, State::AtBoundary),
    ("allproc", SINGLE_ALLPROC, State::Suspended),
    ("exit", SINGLE_EXIT, State::Suspended),
];

/// The cases.
pub fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    for (mode_name, mode, suspended) in MODES {
        let states = [
            ("runnable", State::Runnable),
            ("sleeping", State::Sleeping),
            ("suspended", suspended),
        ];
        for (state_name, state) in states {
            for size in SIZES {
                // Alone, whoever single-threads has nobody to stop.
                if size == 1 && mode != SINGLE_ALLPROC && state != State::Runnable {
                    continue;
                }
                entries.push(Entry {
                    name: format!("single/{mode_name}-{state_name}-{size}"),
                    group: "single",
                    size: Some(size as u64),
                    threads: 1,
                    unit: "single-threading",
                    make: Box::new(move || ready(mode, size, state)),
                });
            }
        }
    }
    entries
}

/// Single-threads a process.
struct Singles {
    crowd: Crowd,
    mode: u32,
}

impl Singles {
    /// Does so; `meanwhile` runs before it ends.
    unsafe fn once(&self, meanwhile: impl FnOnce()) -> i32 {
        let p = self.crowd.p;
        let mode = self.mode as i32;
        proc_lock(p);
        let error = thread_single(p, mode);
        meanwhile();
        if self.mode != SINGLE_EXIT && error == 0 {
            thread_single_end(p, mode);
        }
        proc_unlock(p);
        error
    }

    /// As one of the process's own threads, unless the mode wants another's.
    unsafe fn by_whom<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        let before = curthread();
        if self.mode != SINGLE_ALLPROC {
            proc::run_here(self.crowd.first);
        }
        let result = work(self);
        proc::run_here(before);
        result
    }
}

impl Worker for Singles {
    fn run(&mut self, count: u64, watch: &mut Watch) {
        // SAFETY: the process is this case's; no locks are held.
        unsafe {
            self.by_whom(|this| {
                for _ in 0..count {
                    this.crowd.settle();
                    watch.lap(|| this.once(|| ()));
                }
            });
        }
    }

    fn finish(self: Box<Self>) {
        // SAFETY: nobody runs the threads.
        unsafe { self.crowd.free() }
    }
}

fn ready(mode: u32, size: usize, state: State) -> Result<Parts, String> {
    let mut singles = Singles {
        crowd: Crowd::new(size, state, mode == SINGLE_ALLPROC),
        mode,
    };
    // SAFETY: as for `run`.
    let (error, stopped, left) = unsafe {
        singles.by_whom(|this| {
            this.crowd.settle();
            let mut stopped = mode == SINGLE_EXIT;
            let error = this.once(|| {
                stopped |= this.crowd.others_are(|td| sched::is_suspended(td));
            });
            (error, stopped, (*this.crowd.p).p_numthreads)
        })
    };
    let wanted = if mode == SINGLE_EXIT { 1 } else { size as i32 };
    check(error == 0, "thread_single() refuses")?;
    check(stopped && left == wanted, "a thread was not stopped")?;
    Ok(Parts {
        workers: vec![Box::new(singles)],
        meanwhile: None,
        finish: Box::new(|| ()),
        counted: u64::from(size <= COUNTED),
    })
}
