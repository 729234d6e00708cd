//! Allocating and freeing a thread while so many of the ids are in use: the
//! whole, and the part until the zone is asked for a structure, which is the
//! count of threads and the search for an id.
//!
//! Of the ids that are free, `spread` ones lie all over the map and `compact`
//! ones side by side.

use super::{Entry, Parts, Worker, check};
use crate::kernel::boot::MAXTHREAD;
use crate::kernel::zone::{self, Mode};
use crate::machine::clock::{self, Watch};
use crate::object::{thread_alloc, thread_free};
use crate::sys::{KT_NO_PID, lwpid_t, thread};

/// Operations whose instructions are counted.
const COUNTED: u64 = 16;
/// Ids in use: 50, 90, 99, 99.9 and 99.99 of 100.
const USED: [usize; 5] = [500_000, 900_000, 990_000, 999_000, 999_900];
/// Ids free where next to none is; with one the limit on threads is reached.
const FEW: usize = 2;

/// Where free ids lie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Spread,
    Compact,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// thread_alloc() and thread_free().
    Whole,
    /// thread_alloc() until it asks for a structure.
    Id,
}

/// The cases.
pub fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut add = |part: Part, what: String, size, free, place| {
        let (group, unit) = match part {
            Part::Whole => ("alloc", "alloc and free"),
            Part::Id => ("ids", "search"),
        };
        entries.push(Entry {
            name: format!("{group}/{what}"),
            group,
            size,
            threads: 1,
            unit,
            make: Box::new(move || ready(part, free, place)),
        });
    };
    for part in [Part::Whole, Part::Id] {
        add(part, "empty".to_string(), None, MAXTHREAD, Place::Compact);
        for (name, place) in [("spread", Place::Spread), ("compact", Place::Compact)] {
            for used in USED {
                let what = format!("{name}-{used}");
                add(part, what, Some(used as u64), MAXTHREAD - used, place);
            }
        }
        add(part, format!("{FEW}-free"), None, FEW, Place::Spread);
    }
    entries
}

/// Which of the ids are given out for good: those but `free` ones.
///
/// # Errors
/// The limit on threads is not where it should be.
fn fill(free: usize, place: Place) -> Result<Vec<lwpid_t>, String> {
    let mut taken = Vec::new();
    if free >= MAXTHREAD {
        return Ok(taken);
    }
    zone::set_mode(Mode::Dummy);
    // SAFETY: no locks are held; structures are dummies, only ids count.
    unsafe {
        loop {
            let td = thread_alloc(0);
            if td.is_null() {
                break;
            }
            taken.push((*td).td_tid);
        }
    }
    zone::set_mode(Mode::Plain);
    taken.sort_unstable();
    // The limit on threads leaves one id that nobody has.
    let free = free - 1;
    let first = KT_NO_PID as usize;
    let last = taken.last().map_or(0, |&tid| tid as usize);
    // Those of the threads that the kernel runs on are among the rest.
    let room = last + 1 - first;
    check(
        MAXTHREAD - room < 100,
        "the ids are not as many as there should be",
    )?;
    let (given, kept): (Vec<_>, Vec<_>) = match place {
        Place::Compact => {
            let middle = taken.len() / 2 - free / 2;
            let gone = taken[middle..middle + free].to_vec();
            let kept = [&taken[..middle], &taken[middle + free..]].concat();
            (gone, kept)
        }
        Place::Spread => {
            let mut parts = (Vec::new(), Vec::new());
            let number = taken.len();
            for (index, &tid) in taken.iter().enumerate() {
                // As many as `free` of `number`, at the same distance.
                let steps = |at: usize| at * free / number;
                if steps(index + 1) > steps(index) {
                    parts.0.push(tid);
                } else {
                    parts.1.push(tid);
                }
            }
            parts
        }
    };
    give_back(&given);
    Ok(kept)
}

/// Gives ids back that [`fill`] took.
fn give_back(ids: &[lwpid_t]) {
    zone::set_mode(Mode::Dummy);
    let td = zone::dummy().cast::<thread>();
    for &tid in ids {
        // SAFETY: the dummy is a thread as thread_alloc() has made it, with an
        // id that is in use.
        unsafe {
            (*td).td_tid = tid;
            thread_free(td);
        }
    }
    zone::set_mode(Mode::Plain);
}

/// Allocates and frees.
struct Cycle(Part);

impl Worker for Cycle {
    fn run(&mut self, count: u64, watch: &mut Watch) {
        // SAFETY: no locks are held; nobody knows the thread.
        unsafe {
            match self.0 {
                Part::Whole => watch.lap(|| {
                    for _ in 0..count {
                        thread_free(thread_alloc(0));
                    }
                }),
                Part::Id => {
                    zone::set_mode(Mode::Noted);
                    for _ in 0..count {
                        let start = clock::now();
                        let td = thread_alloc(0);
                        watch.add(start, zone::moment());
                        thread_free(td);
                    }
                    zone::set_mode(Mode::Plain);
                }
            }
        }
    }
}

fn ready(part: Part, free: usize, place: Place) -> Result<Parts, String> {
    let taken = fill(free, place)?;
    for _ in 0..2 {
        // SAFETY: no locks are held; nobody knows the thread.
        unsafe {
            let td = thread_alloc(0);
            check(!td.is_null(), "no id is left")?;
            let fresh = taken.binary_search(&(*td).td_tid).is_err();
            thread_free(td);
            check(fresh, "an id was given twice")?;
        }
    }
    Ok(Parts {
        workers: vec![Box::new(Cycle(part))],
        meanwhile: None,
        finish: Box::new(move || give_back(&taken)),
        counted: match part {
            Part::Whole => COUNTED,
            Part::Id => 0,
        },
    })
}
