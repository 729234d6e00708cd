//! What a run looked like, as numbers that two programs can compare.
//!
//! The same scenario or program, run with the same decisions on two objects,
//! has to do the same: the same calls with the same arguments, and after each
//! of them the same values in every thread, every process, every block of
//! malloc(9) (credentials, limits, CPU sets, the object's own tables) and in what
//! the services count ([`others`]).  Large tables are looked at when a function of
//! the object returns.  The programs differ in where the object's code and data lie, so an address counts as what
//! it is the address of: memory of the run's heap as it is, since equal runs
//! allocate equally; a static of the program as its name, if it was given one;
//! a stack as the thread's whose it is, since frames differ.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::allowed::{self, Structure};
use super::{coro, heap, names};
use crate::kern::host_lock::HostLock;
use crate::kern::{callout, malloc, proc, sysctl, taskqueue, thread, uma, vm};
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

/// A number that stands for a message: addresses in it count as what they are the
/// addresses of.  0 where objects are not compared.
pub fn message(message: &str) -> usize {
    if !watched() {
        return 0;
    }
    let mut digest = 0;
    let mut rest = without_place(message);
    while let Some(start) = rest.find("0x") {
        let (before, number) = rest.split_at(start);
        digest = step(digest, text(before));
        let end = number[2..].find(|c: char| !c.is_ascii_hexdigit());
        let (number, after) = number.split_at(end.map_or(number.len(), |end| end + 2));
        let address = usize::from_str_radix(&number[2..], 16).unwrap_or_default();
        digest = step(digest, stable(address));
        rest = after;
    }
    // Small, so that a report shows it as a number.
    (step(digest, text(rest)) >> 48) as usize
}

/// A message without the " at FILE:LINE" at its end: the objects have sources of
/// their own.
fn without_place(message: &str) -> &str {
    let place = message.trim_end().rsplit_once(" at ");
    let known = place.and_then(|(text, at)| {
        let (file, line) = at.rsplit_once(':')?;
        let is_place = !file.contains(' ') && line.parse::<u32>().is_ok();
        is_place.then_some(text)
    });
    known.unwrap_or(message)
}

/// A static of the program got a name.
pub fn named(start: usize, name: &str) {
    if in_program(start) {
        STATICS.with(|statics| statics.insert(start, text(name)));
    }
}

/// Whether a word is an address of the program, or a number like one.  Programs
/// differ in size: were the end taken as it is, a number between the ends of two
/// of them (a word of the bitmap of ids, for one) would count as an address in
/// the larger one alone.
fn in_program(word: usize) -> bool {
    const ROUND: usize = 16 << 20;
    let start = (&raw const __executable_start).addr();
    let end = (&raw const _end).addr().next_multiple_of(ROUND);
    (start..end).contains(&word)
}

/// What a static without a name counts as.
const A_STATIC: u64 = 0x5354_4154;

/// What a word of memory or an argument counts as.
#[inline]
pub fn stable(word: usize) -> u64 {
    /// What an address on the host thread's own stack, which ctl has, counts as.
    const A_STACK: u64 = 0x5354_4b00_0000;
    /// What memory counts as that a rule leaves to the object.
    const OF_ITS_OWN: u64 = 0x4f57_4e00;
    /// Where Linux puts that stack, somewhere.
    const HOST_STACK: std::ops::Range<usize> = 0x7f00_0000_0000..0x8000_0000_0000;
    // Most words are 0 or small numbers.
    if word < (&raw const __executable_start).addr() {
        return word as u64;
    }
    if in_program(word) {
        return STATICS.with(|statics| statics.get(&word).copied().unwrap_or(A_STATIC));
    }
    if HOST_STACK.contains(&word) {
        return A_STACK;
    }
    if heap::is_own(word) {
        return OF_ITS_OWN;
    }
    coro::stack_of(word).map_or(word as u64, |index| A_STACK + 1 + index as u64)
}

/// How much of the state is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// All but large blocks.
    Usual,
    /// All.
    Whole,
}

/// Blocks of more bytes are large: the tables of thread ids.
const LARGE: usize = 2048;

/// A word of the state and where it is.
struct Word {
    /// The object that it belongs to.
    start: usize,
    /// What kind of object it is.
    kind: Kind,
    /// Its offset there, or its place in a list.
    offset: usize,
    /// What it holds.
    word: usize,
}

/// What words belong to.
#[derive(Clone, Copy)]
enum Kind {
    /// A thread or a process, which have names.
    Named(Structure),
    /// A large block.
    Table,
    /// Something else.
    Other(&'static str),
}

impl Word {
    /// What it counts as.  A table's numbers may well be the address of some
    /// static, and its pointers to statics are to none that has a name.
    fn stable(&self) -> u64 {
        match self.kind {
            Kind::Table if in_program(self.word) => A_STATIC,
            _ => stable(self.word),
        }
    }

    /// What it is for a reader.
    fn shown(&self) -> String {
        match self.kind {
            Kind::Table if in_program(self.word) => "static".to_string(),
            _ => shown(self.word),
        }
    }
}

/// The words at `start`.
fn words(kind: Kind, start: usize, size: usize, f: &mut impl FnMut(Word)) {
    for offset in (0..size / size_of::<usize>()).map(|index| index * size_of::<usize>()) {
        // SAFETY: threads and processes are type-stable memory, blocks are held;
        // another thread of the run does not run now.
        let word = unsafe { ((start + offset) as *const usize).read_volatile() };
        let word = match kind {
            Kind::Named(structure) => allowed::masked(structure, offset, word),
            Kind::Table | Kind::Other(_) => word,
        };
        f(Word {
            start,
            kind,
            offset,
            word,
        });
    }
}

/// The digest of the state.
pub fn state(depth: Depth) -> u64 {
    let mut digest = 0;
    each(depth, |word| digest = step(digest, word.stable()));
    digest
}

/// Calls `f` with every word of the state.
fn each(depth: Depth, mut f: impl FnMut(Word)) {
    let (td_kind, p_kind) = (
        Kind::Named(Structure::Thread),
        Kind::Named(Structure::Process),
    );
    thread::for_each(|td| words(td_kind, td as usize, size_of::<Thread>(), &mut f));
    proc::for_each(|p| words(p_kind, p as usize, size_of::<proc_>(), &mut f));
    malloc::for_each(
        |start, size| {
            if size <= LARGE {
                words(Kind::Other("block"), start, size, &mut f);
            } else if depth == Depth::Whole {
                words(Kind::Table, start, size, &mut f);
            }
        },
        |start, size, rule| {
            if depth == Depth::Whole {
                let mut own = |word: Word| allowed::aside(rule, word.stable());
                words(Kind::Table, start, size, &mut own);
            }
        },
    );
    others(|kind, start, offset, word| {
        f(Word {
            start,
            kind: Kind::Other(kind),
            offset,
            word,
        });
    });
}

/// Calls `f` with what services keep: the kind of object, its address, a place
/// in it, what is there.
fn others(mut f: impl FnMut(&'static str, usize, usize, usize)) {
    thread::for_each(|td| {
        let ext = super::ext::ext(td);
        // SAFETY: listed threads have extensions; nobody else runs now.
        unsafe {
            f(
                "waits for the lock",
                td as usize,
                0,
                (*ext).blocked_on as usize,
            );
            for &lock in &(&(*ext).held)[..(*ext).nheld] {
                match allowed::is_own_lock(lock as usize) {
                    Some(rule) => allowed::aside(rule, stable(lock as usize)),
                    None => f("holds the lock", td as usize, 0, lock as usize),
                }
            }
        }
    });
    callout::for_each(|c, due| f("callout", c as usize, 0, due as usize));
    taskqueue::for_each(|place, task| f("task", 0, place, task as usize));
    uma::for_each(|zone, live, items| {
        f("live items of", zone, 0, live);
        f("items of", zone, 1, items);
    });
    f("kernel stacks", 0, 0, vm::stacks_in_use());
    f("maxthread", 0, 0, sysctl::maxthread() as usize);
}

/// Every word of the state that is not 0: a line with what it belongs to, the
/// offset and what it counts as.  What is no thread or process has a star.
pub fn written_down(depth: Depth) -> String {
    let mut lines = String::new();
    each(depth, |word| {
        if word.word != 0 {
            let owner = match word.kind {
                Kind::Named(_) => names::of(word.start),
                Kind::Table => format!("*table {}", shown(word.start)),
                Kind::Other(kind) => format!("*{kind} {}", shown(word.start)),
            };
            let line = format!("{owner} {:#x} {}\n", word.offset, word.shown());
            lines.push_str(&line);
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
