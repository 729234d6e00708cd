//! What a run looked like, as numbers that two programs can compare.
//!
//! The same scenario or program, run with the same decisions on two objects,
//! has to do the same: the same calls with the same arguments, and after each
//! of them the same values in every thread and every process.  The programs
//! differ in where the object's code and data lie, so an address counts as what
//! it is the address of: memory of the run's heap as it is, since equal runs
//! allocate equally; a static of the program as its name, if it was given one;
//! a stack as the thread's whose it is, since frames differ.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{coro, names};
use crate::kern::host_lock::HostLock;
use crate::kern::{proc, thread};
use crate::sys::{proc_, thread as Thread};

unsafe extern "C" {
    static __executable_start: u8;
    static _end: u8;
}

/// Whether events come with a digest of the state.
static WATCH: AtomicBool = AtomicBool::new(false);
/// The event before which the state is to be written down; 0: none.
static STOP_AT: AtomicU64 = AtomicU64::new(0);

/// Statics of the program that were given names.
static STATICS: HostLock<BTreeMap<usize, u64>> = HostLock::new(BTreeMap::new());

/// Starts digesting the state; `stop_at` is the position of the event at which
/// the run ends with its state written down.  Before the run.
pub fn watch(stop_at: Option<u64>) {
    WATCH.store(true, Ordering::Relaxed);
    // Positions begin at 0, the stored ones at 1.
    STOP_AT.store(stop_at.map_or(0, |at| at + 1), Ordering::Relaxed);
}

/// Whether events come with a digest of the state.
#[inline(always)]
pub fn watched() -> bool {
    WATCH.load(Ordering::Relaxed)
}

/// Whether the run ends at the event with this position.
#[inline]
pub fn ends_at(position: u64) -> bool {
    STOP_AT.load(Ordering::Relaxed) == position + 1
}

const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;

/// Folds a number into a digest.
#[inline(always)]
pub fn step(digest: u64, value: u64) -> u64 {
    (digest ^ value).wrapping_mul(PRIME).rotate_left(29)
}

/// The digest of some text.
pub fn text(text: &str) -> u64 {
    text.bytes().fold(text.len() as u64, |digest, byte| {
        step(digest, u64::from(byte))
    })
}

/// A static of the program got a name.
pub fn named(start: usize, name: &str) {
    if in_program(start) {
        STATICS.with(|statics| statics.insert(start, text(name)));
    }
}

fn in_program(word: usize) -> bool {
    let start = (&raw const __executable_start).addr();
    let end = (&raw const _end).addr();
    (start..end).contains(&word)
}

/// What a word of memory or an argument counts as.
#[inline]
pub fn stable(word: usize) -> u64 {
    /// What a static without a name counts as.
    const A_STATIC: u64 = 0x5354_4154;
    /// What an address on the host thread's own stack, which ctl has, counts as.
    const A_STACK: u64 = 0x5354_4b00_0000;
    /// Where Linux puts that stack, somewhere.
    const HOST_STACK: std::ops::Range<usize> = 0x7f00_0000_0000..0x8000_0000_0000;
    if in_program(word) {
        return STATICS.with(|statics| statics.get(&word).copied().unwrap_or(A_STATIC));
    }
    if HOST_STACK.contains(&word) {
        return A_STACK;
    }
    coro::stack_of(word).map_or(word as u64, |index| A_STACK + 1 + index as u64)
}

/// The words of a structure.
fn words<T>(start: *const T) -> impl Iterator<Item = (usize, usize)> {
    (0..size_of::<T>() / size_of::<usize>()).map(move |index| {
        // SAFETY: threads and processes are type-stable memory; another thread
        // of the run does not run now.
        let word = unsafe { start.cast::<usize>().add(index).read_volatile() };
        (index * size_of::<usize>(), word)
    })
}

/// The digest of every thread and every process.
pub fn state() -> u64 {
    let mut digest = 0;
    each(|_, word| digest = step(digest, stable(word)));
    digest
}

/// Calls `f` with every word of every thread and process, and where it is.
fn each(mut f: impl FnMut(Place, usize)) {
    thread::for_each(|td| {
        for (offset, word) in words::<Thread>(td) {
            f((td as usize, offset), word);
        }
    });
    proc::for_each(|p| {
        for (offset, word) in words::<proc_>(p) {
            f((p as usize, offset), word);
        }
    });
}

/// A structure's address and an offset in it.
type Place = (usize, usize);

/// Every word of every thread and process: a line with what it belongs to, the
/// offset and what it counts as.
pub fn written_down() -> String {
    let mut lines = String::new();
    each(|(start, offset), word| {
        if word != 0 {
            lines.push_str(&format!(
                "{} {offset:#x} {}\n",
                names::of(start),
                shown(word)
            ));
        }
    });
    lines
}

/// A word for a reader.
fn shown(word: usize) -> String {
    if in_program(word) || coro::stack_of(word).is_some() {
        let name = names::of(word);
        return match name.starts_with("0x") {
            true if in_program(word) => "static".to_string(),
            true => "stack".to_string(),
            false => name.replace(' ', "_"),
        };
    }
    format!("{word:#x}")
}
