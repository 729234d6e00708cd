//! What is measured: the cases, and how one is run.

mod check;
mod crowd;
mod ids;
mod life;
mod reap;
mod single;
mod tdfind;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::kernel::{boot, lock};
use crate::machine::clock::Watch;
use crate::machine::{cpu, step};

/// A case.
pub struct Entry {
    /// Its name.
    pub name: String,
    /// The group that its name begins with.
    pub group: &'static str,
    /// How large it is, if that is what the cases of the group differ in.
    pub size: Option<u64>,
    /// Host threads that are measured.
    pub threads: usize,
    /// What an operation is.
    pub unit: &'static str,
    /// Makes it ready and tries it once.
    make: Box<dyn Fn() -> Result<Parts, String>>,
}

/// A measured thread's part of a case.
pub trait Worker: Send {
    /// Does `count` operations on this CPU, under the watch.
    fn run(&mut self, count: u64, watch: &mut Watch);

    /// Leaves the kernel as it was before.
    fn finish(self: Box<Self>) {}
}

/// What a case consists of once it is ready.
pub struct Parts {
    /// One for each measured thread.
    workers: Vec<Box<dyn Worker>>,
    /// What somebody else does again and again meanwhile.
    meanwhile: Option<Box<dyn FnMut() + Send>>,
    /// Takes apart what is not a worker's.
    finish: Box<dyn FnOnce()>,
    /// Operations whose instructions are counted; none if that takes too long.
    counted: u64,
}

/// All cases.
pub fn all() -> Vec<Entry> {
    let mut entries = tdfind::entries();
    entries.extend(check::entries());
    entries.extend(ids::entries());
    entries.extend(life::entries());
    entries.extend(reap::entries());
    entries.extend(single::entries());
    entries
}

/// A case that is ready.
pub struct Prepared {
    parts: Parts,
}

impl Prepared {
    /// Makes a case ready.
    pub fn new(entry: &Entry) -> Result<Self, String> {
        Ok(Self {
            parts: (entry.make)()?,
        })
    }

    /// Lets each worker do `count` operations; gives the nanoseconds that the
    /// slowest one took.
    pub fn run(&mut self, count: u64) -> f64 {
        let workers = &mut self.parts.workers;
        if let ([worker], None) = (&mut workers[..], &self.parts.meanwhile) {
            let mut watch = Watch::default();
            worker.run(count, &mut watch);
            return watch.nanoseconds();
        }
        let gate = Gate::new(workers.len() + usize::from(self.parts.meanwhile.is_some()));
        let slowest = Mutex::new(0.0_f64);
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            if let Some(work) = &mut self.parts.meanwhile {
                let (gate, over) = (&gate, &over);
                scope.spawn(move || {
                    // SAFETY: the last CPU is who disturbs.
                    unsafe { boot::start_cpu(cpu::COUNT - 1) };
                    gate.pass();
                    while !over.load(Ordering::Relaxed) {
                        work();
                    }
                });
            }
            let measured: Vec<_> = workers
                .iter_mut()
                .enumerate()
                .map(|(number, worker)| {
                    let (gate, slowest) = (&gate, &slowest);
                    scope.spawn(move || {
                        // SAFETY: CPU 0's host thread waits for this one meanwhile.
                        unsafe { boot::start_cpu(number) };
                        cpu::stay_on(number);
                        let mut watch = Watch::default();
                        gate.pass();
                        worker.run(count, &mut watch);
                        let mut slowest = slowest.lock().unwrap_or_else(|e| e.into_inner());
                        *slowest = slowest.max(watch.nanoseconds());
                    })
                })
                .collect();
            for thread in measured {
                let _ = thread.join();
            }
            over.store(true, Ordering::Relaxed);
        });
        slowest.into_inner().unwrap_or_else(|e| e.into_inner())
    }

    /// The object's instructions of one operation, on average.
    pub fn count(&mut self) -> Option<f64> {
        let counted = self.parts.counted;
        if counted == 0 {
            return None;
        }
        let worker = &mut self.parts.workers[0];
        let before = step::taken();
        worker.run(counted, &mut Watch::of_instructions());
        Some((step::taken() - before) as f64 / counted as f64)
    }

    /// Leaves the kernel as it was before.
    pub fn finish(self) {
        for worker in self.parts.workers {
            worker.finish();
        }
        (self.parts.finish)();
    }
}

/// Lets host threads start together.
struct Gate {
    missing: AtomicUsize,
}

impl Gate {
    fn new(count: usize) -> Self {
        Self {
            missing: AtomicUsize::new(count),
        }
    }

    fn pass(&self) {
        let mut looks = 0;
        self.missing.fetch_sub(1, Ordering::AcqRel);
        while self.missing.load(Ordering::Acquire) != 0 {
            lock::pause(&mut looks);
        }
    }
}

/// Pointers to kernel structures, for a worker that another host thread runs.
struct Shared<T>(*mut T);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shared<T> {}

impl<T> Shared<T> {
    fn get(self) -> *mut T {
        self.0
    }
}

// SAFETY: kernel structures are guarded by the kernel's own locks.
unsafe impl<T> Send for Shared<T> {}

/// An error if something is not as the case wants it.
fn check(holds: bool, what: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(format!("the case is not what it should be: {what}"))
    }
}
