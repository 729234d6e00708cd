//! Reaping: so many dead threads at a time, all with one credential or with two
//! by turns.

use super::{Entry, Parts, Shared, Worker, check};
use crate::kernel::{cred, proc, registered};
use crate::machine::clock::Watch;
use crate::object::thread_stash;
use crate::sys::{proc_, ucred};

/// Dead threads.
const SIZES: [usize; 5] = [1, 16, 32, 1000, 100_000];
/// With more, stepping takes too long.
const COUNTED: usize = 1000;

/// The cases.
pub fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    for (name, creds) in [("one-cred", 1), ("mixed-creds", 2)] {
        for size in SIZES.into_iter().filter(|&size| size >= creds) {
            entries.push(Entry {
                name: format!("reap/{name}-{size}"),
                group: "reap",
                size: Some(size as u64),
                threads: 1,
                unit: "reaping",
                make: Box::new(move || ready(size, creds)),
            });
        }
    }
    entries
}

/// Makes dead threads and reaps them.
struct Reaping {
    p: Shared<proc_>,
    creds: Vec<Shared<ucred>>,
    size: usize,
}

impl Reaping {
    /// So many threads of the process die.
    fn die(&self) {
        let p = self.p.get();
        // SAFETY: the process is the case's, and no locks are held.
        unsafe {
            let dead: Vec<_> = (0..self.size)
                .map(|number| {
                    let Shared(cred) = self.creds[number % self.creds.len()];
                    (*p).p_ucred = cred;
                    proc::new_thread(p)
                })
                .collect();
            for td in dead {
                proc::make_dead(td);
                thread_stash(td);
            }
        }
    }
}

impl Worker for Reaping {
    fn run(&mut self, count: u64, watch: &mut Watch) {
        for _ in 0..count {
            self.die();
            // SAFETY: no locks are held.
            watch.lap(|| unsafe { registered::reap() });
        }
    }
}

fn ready(size: usize, number: usize) -> Result<Parts, String> {
    // SAFETY: no locks are held.
    let (p, td) = unsafe { proc::new_process() };
    // SAFETY: the process is the case's.
    let first = unsafe { (*p).p_ucred };
    let mut creds = vec![Shared(first)];
    creds.extend((1..number).map(|_| Shared(cred::new())));
    let mut reaping = Reaping {
        p: Shared(p),
        creds,
        size,
    };
    let references = || -> Vec<i64> {
        let all = reaping.creds.iter();
        // SAFETY: nobody changes them meanwhile.
        all.map(|&Shared(cred)| unsafe { cred::references(cred) })
            .collect()
    };
    let before = references();
    reaping.die();
    // SAFETY: no locks are held.
    unsafe { registered::reap() };
    // SAFETY: the process is the case's.
    let left = unsafe { ((*p).p_numthreads, (*p).p_exitthreads) };
    check(
        left == (1, 0) && references() == before,
        "something is not reaped",
    )?;
    reaping.run(1, &mut Watch::default());
    Ok(Parts {
        workers: vec![Box::new(reaping)],
        meanwhile: None,
        finish: Box::new(move || {
            // SAFETY: nobody runs the thread, which was never in the hash.
            unsafe {
                (*p).p_ucred = first;
                proc::free_thread(td);
                proc::free_process(p);
            }
        }),
        counted: u64::from(size <= COUNTED),
    })
}
