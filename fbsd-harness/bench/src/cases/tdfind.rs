//! Looking threads up by id: the own one, at a place of a chain, in vain, and
//! by two threads at a time.
//!
//! The ids are chosen so that they share a chain or a stripe; they are no ids
//! of the bitmap, and the threads never exit.

use super::{Entry, Parts, Shared, Worker, check};
use crate::kernel::boot;
use crate::kernel::lock::proc_unlock;
use crate::kernel::proc;
use crate::machine::clock::Watch;
use crate::machine::cpu::curthread;
use crate::object::{tdfind, tidhash_add, tidhash_remove};
use crate::sys::{lwpid_t, thread};

/// Chains of the hash: the largest power of two up to half of `maxproc`.
const CHAINS: lwpid_t = 1 << (boot::MAXPROC as u32 / 2).ilog2();
/// Stripes: one for 64 chains.
const STRIPES: lwpid_t = CHAINS / 64;
/// The first id that is used: far above the bitmap's, on a chain of nobody's.
const FIRST: lwpid_t = 1 << 24;
/// Places of chains that are looked at.
const PLACES: [usize; 4] = [1, 4, 16, 64];
/// From here on a thread that was found moves to the front.
const MOVES: usize = 18;
/// Operations whose instructions are counted.
const COUNTED: u64 = 64;
/// What an operation is called.
const UNIT: &str = "lookup";

/// The cases.
pub fn entries() -> Vec<Entry> {
    let entry = |name: &str, size, threads, make: Box<dyn Fn() -> Result<Parts, String>>| Entry {
        name: format!("tdfind/{name}"),
        group: "tdfind",
        size,
        threads,
        unit: UNIT,
        make,
    };
    let mut entries = vec![entry("self", None, 1, Box::new(own))];
    entries.extend(PLACES.map(|place| {
        entry(
            &format!("hit-{place}"),
            Some(place as u64),
            1,
            Box::new(move || hit(place)),
        )
    }));
    entries.push(entry("miss", None, 1, Box::new(miss)));
    entries.push(entry("two-one-stripe", None, 2, Box::new(|| two(false))));
    entries.push(entry("two-third-changes", None, 2, Box::new(|| two(true))));
    entries
}

/// Looks ids up in turn; each is found or none is.
struct Lookup {
    ids: Vec<lwpid_t>,
    next: usize,
    hits: bool,
}

impl Lookup {
    fn new(ids: Vec<lwpid_t>, hits: bool) -> Self {
        Self { ids, next: 0, hits }
    }
}

impl Worker for Lookup {
    fn run(&mut self, count: u64, watch: &mut Watch) {
        let Self { ids, next, hits } = self;
        watch.lap(|| {
            for _ in 0..count {
                let id = ids[*next];
                *next += 1;
                if *next == ids.len() {
                    *next = 0;
                }
                // SAFETY: no locks are held; who is found has its process
                // locked, and threads of cases stay.
                unsafe {
                    let td = tdfind(id, -1);
                    if *hits {
                        proc_unlock((*td).td_proc);
                    }
                }
            }
        });
    }
}

/// A process whose threads are in the hash by ids of our choice.
struct Chain {
    threads: Vec<*mut thread>,
    /// Their ids of the bitmap.
    real: Vec<lwpid_t>,
}

impl Chain {
    /// With these ids, the first one at the front of its chain.
    fn new(ids: &[lwpid_t]) -> Self {
        // SAFETY: no locks are held; the threads are this case's alone.
        unsafe {
            let (p, first) = proc::new_process();
            let mut threads = vec![first];
            threads.extend((1..ids.len()).map(|_| proc::new_thread(p)));
            let real = threads.iter().map(|&td| (*td).td_tid).collect();
            for (&td, &id) in threads.iter().zip(ids).rev() {
                (*td).td_tid = id;
                tidhash_add(td);
            }
            Self { threads, real }
        }
    }

    /// Frees threads and process.
    fn free(self) {
        // SAFETY: the threads are in the hash, and nobody looks any more.
        unsafe {
            let p = (*self.threads[0]).td_proc;
            for (td, real) in self.threads.into_iter().zip(self.real) {
                tidhash_remove(td);
                (*td).td_tid = real;
                proc::free_thread(td);
            }
            proc::free_process(p);
        }
    }
}

/// Does a lookup find whom it should?
fn finds(id: lwpid_t, whom: *mut thread) -> Result<(), String> {
    // SAFETY: no locks are held.
    unsafe {
        let td = tdfind(id, -1);
        if !td.is_null() {
            proc_unlock((*td).td_proc);
        }
        check(td == whom, "tdfind() finds another thread")
    }
}

/// One worker that looks up.
fn alone(lookup: Lookup, finish: impl FnOnce() + 'static) -> Parts {
    Parts {
        workers: vec![Box::new(lookup)],
        meanwhile: None,
        finish: Box::new(finish),
        counted: COUNTED,
    }
}

/// The running thread looks itself up.
fn own() -> Result<Parts, String> {
    // SAFETY: the running thread.
    let (td, id) = unsafe { (curthread(), (*curthread()).td_tid) };
    finds(id, td)?;
    Ok(alone(Lookup::new(vec![id], true), || ()))
}

/// Always the thread at that place of its chain.
fn hit(place: usize) -> Result<Parts, String> {
    let ids: Vec<_> = (0..place as lwpid_t).map(|n| FIRST + n * CHAINS).collect();
    let chain = Chain::new(&ids);
    let mut wanted = vec![ids[place - 1]];
    if place >= MOVES {
        // Who was found goes to the front, and the one before is last.
        wanted = ids.iter().rev().copied().collect();
    }
    // Each is where it should be, in the second round as in the first.
    for id in wanted.iter().chain(&wanted) {
        let index = ids.iter().position(|other| other == id).unwrap_or(0);
        let td = chain.threads[index];
        check(
            place_of(td, &ids, &chain.threads) == place,
            "a thread is at another place",
        )?;
        finds(*id, td)?;
    }
    Ok(alone(Lookup::new(wanted, true), || chain.free()))
}

/// The place of a thread among those of its chain.
fn place_of(td: *mut thread, ids: &[lwpid_t], threads: &[*mut thread]) -> usize {
    let mut behind = 0;
    // SAFETY: the threads are in the hash, and nobody else changes it.
    let mut next = unsafe { (*td).td_hash.le_next };
    while !next.is_null() && threads.contains(&next) {
        behind += 1;
        // SAFETY: as above.
        next = unsafe { (*next).td_hash.le_next };
    }
    ids.len() - behind
}

/// An id that nobody has, on a chain of four.
fn miss() -> Result<Parts, String> {
    let ids: Vec<_> = (0..4).map(|n| FIRST + n * CHAINS).collect();
    let chain = Chain::new(&ids);
    let missing = FIRST + 4 * CHAINS;
    finds(missing, std::ptr::null_mut())?;
    Ok(alone(Lookup::new(vec![missing], false), || chain.free()))
}

/// Two threads look up threads of different processes, on two chains of one
/// stripe; a third one may add and remove another thread of that stripe.
fn two(changes: bool) -> Result<Parts, String> {
    let mut ids = [FIRST, FIRST + STRIPES].into_iter();
    let (Some(a), Some(b)) = (ids.next(), ids.next()) else {
        return Err("two ids are wanted".to_string());
    };
    let chains = [Chain::new(&[a]), Chain::new(&[b])];
    finds(a, chains[0].threads[0])?;
    finds(b, chains[1].threads[0])?;
    let other = Chain::new(&[FIRST + 2 * STRIPES]);
    let changed = Shared(other.threads[0]);
    let meanwhile: Option<Box<dyn FnMut() + Send>> = changes.then(|| {
        let change = move || {
            let td = changed.get();
            // SAFETY: the thread is in the hash before and after.
            unsafe {
                tidhash_remove(td);
                tidhash_add(td);
            }
            rest();
        };
        Box::new(change) as Box<dyn FnMut() + Send>
    });
    let lookup = |id| Box::new(Lookup::new(vec![id], true)) as Box<dyn Worker>;
    Ok(Parts {
        workers: vec![lookup(a), lookup(b)],
        meanwhile,
        finish: Box::new(|| {
            chains.into_iter().for_each(Chain::free);
            other.free();
        }),
        counted: 0,
    })
}

/// Pauses between two changes of who disturbs: about as long as a lookup.
fn rest() {
    for _ in 0..RESTS {
        std::hint::spin_loop();
    }
}

/// Pauses of the processor.
const RESTS: u32 = 20;
