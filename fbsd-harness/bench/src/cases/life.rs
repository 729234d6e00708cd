//! A thread's life: made, linked, put into the hash, taken out, its exit, and
//! what the reaping does.

use super::{Entry, Parts, Shared, Worker, check};
use crate::kernel::{proc, registered, sched};
use crate::machine::clock::Watch;
use crate::machine::context;
use crate::machine::cpu::{curthread, set_curthread};
use crate::object::tidhash_add;
use crate::sys::proc_;

/// Operations whose instructions are counted.
const COUNTED: u64 = 8;

/// The cases.
pub fn entries() -> Vec<Entry> {
    [("one", 1), ("two", 2)]
        .map(|(name, threads)| Entry {
            name: format!("life/{name}"),
            group: "life",
            size: None,
            threads,
            unit: "life",
            make: Box::new(move || ready(threads)),
        })
        .into()
}

/// Has threads of a process live and die on its CPU.
struct Lives(Shared<proc_>);

impl Worker for Lives {
    fn run(&mut self, count: u64, watch: &mut Watch) {
        let p = self.0.get();
        // SAFETY: the process is this worker's, and no locks are held.
        watch.lap(|| unsafe {
            for _ in 0..count {
                live(p);
            }
        });
    }
}

/// One life.  The process has another thread.
unsafe fn live(p: *mut proc_) {
    let before = curthread();
    let td = proc::new_thread(p);
    tidhash_add(td);
    proc::run_here(td);
    context::enter(proc::exit_running, 0);
    set_curthread(before);
    sched::bury();
    registered::reap();
}

fn ready(threads: usize) -> Result<Parts, String> {
    // SAFETY: no locks are held.
    let processes: Vec<_> = (0..threads)
        .map(|_| unsafe { proc::new_process() })
        .collect();
    for &(p, _) in &processes {
        // SAFETY: the process is the case's.
        let left = unsafe {
            live(p);
            ((*p).p_numthreads, (*p).p_exitthreads)
        };
        check(left == (1, 0), "a thread is left")?;
    }
    let workers = processes
        .iter()
        .map(|&(p, _)| Box::new(Lives(Shared(p))) as Box<dyn Worker>);
    Ok(Parts {
        workers: workers.collect(),
        meanwhile: None,
        counted: COUNTED,
        finish: Box::new(move || {
            for (p, td) in processes {
                // SAFETY: nobody runs the thread, which was never in the hash.
                unsafe {
                    proc::free_thread(td);
                    proc::free_process(p);
                }
            }
        }),
    })
}
