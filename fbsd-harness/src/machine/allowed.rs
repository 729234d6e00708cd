//! What may differ between two objects that are compared: events that one
//! makes in a function of its own accord, fields, memory of its own.
//!
//! Who compares gives the rules before the run.  Events that a rule allows are
//! no events of the run: they are neither recorded nor scheduling points, so that
//! a schedule means the same with and without them.  What rules allow is
//! digested apart, a number for each rule: the rule is of use where the sides
//! have different numbers.
//!
//! One thing cannot be left out: waiting for a lock whose taking is allowed.
//! Then the other side, which has no such lock, goes another way.  The run says
//! that it parted there, and is compared up to that event.

use crate::kern::host_lock::HostLock;
use crate::report;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cpu::curthread;
use super::ext::{MAX_INSIDE, ext};
use super::{digest, names};

/// Rules at most.
pub const MOST: usize = 32;

/// A structure whose fields are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// `struct thread`.
    Thread,
    /// `struct proc`.
    Process,
}

/// What a rule allows.
enum What {
    Event {
        function: String,
        event: String,
        object: String,
    },
    Field {
        structure: Structure,
        bytes: std::ops::Range<usize>,
    },
    Memory(String),
}

struct Rule {
    number: usize,
    what: What,
}

static RULES: HostLock<Vec<Rule>> = HostLock::new(Vec::new());
/// Whether there are any: asked at every event.
static ANY: AtomicBool = AtomicBool::new(false);

/// Adds a rule, as who compares writes it: its number, its kind and three
/// fields.
pub fn add(fields: &[&str]) -> Option<()> {
    let &[number, kind, first, second, third] = fields else {
        return None;
    };
    let what = match kind {
        "event" => What::Event {
            function: first.to_string(),
            event: second.to_string(),
            object: third.to_string(),
        },
        "field" => {
            let start: usize = second.parse().ok()?;
            let size: usize = third.parse().ok()?;
            What::Field {
                structure: match first {
                    "thread" => Structure::Thread,
                    "proc" => Structure::Process,
                    _ => return None,
                },
                bytes: start..start + size,
            }
        }
        "memory" => What::Memory(first.to_string()),
        _ => return None,
    };
    let number = number.parse().ok().filter(|&number| number < MOST)?;
    if let What::Field { bytes, .. } = &what {
        for offset in bytes.clone() {
            WITH_FIELD
                .get(offset / size_of::<usize>())?
                .store(true, Ordering::Relaxed);
        }
    }
    RULES.with(|rules| rules.push(Rule { number, what }));
    ANY.store(true, Ordering::Relaxed);
    Some(())
}

/// Which words of threads or processes have fields that a rule names: asked for
/// every word.
static WITH_FIELD: [AtomicBool; WORDS] = [const { AtomicBool::new(false) }; WORDS];
/// Words of a thread or a process at most.
const WORDS: usize = 1024;

/// Whether there are rules.
#[inline(always)]
pub fn given() -> bool {
    ANY.load(Ordering::Relaxed)
}

/// Whether there are any for this run.
#[inline(always)]
fn any() -> bool {
    given() && digest::watched()
}

/// The number of the first rule that `allows`.
fn find(allows: impl Fn(&What) -> bool) -> Option<usize> {
    if !any() {
        return None;
    }
    RULES.with(|rules| {
        let rule = rules.iter().find(|rule| allows(&rule.what));
        rule.map(|rule| rule.number)
    })
}

/// Does the pattern, which may end with a star, cover the text?
fn covers(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => pattern == text,
    }
}

/// The exported function that the running thread is in, the innermost one.
fn inside() -> &'static str {
    // SAFETY: the running thread has an extension.
    unsafe {
        let ext = ext(curthread());
        let last = (*ext).ninside.min(MAX_INSIDE).checked_sub(1);
        last.and_then(|last| (*ext).inside[last]).unwrap_or("-")
    }
}

/// Leaves an event out that a rule allows; false: it counts.
#[inline]
pub fn leaves_out(event: &str, args: &[usize]) -> bool {
    if !any() {
        return false;
    }
    let Some(rule) = find(|what| match what {
        What::Event {
            function,
            event: pattern,
            object,
        } => covers(pattern, event) && covers(function, inside()) && is_called(args, object),
        _ => false,
    }) else {
        return false;
    };
    aside(rule, digest::text(event));
    for &arg in args {
        aside(rule, digest::stable(arg));
    }
    true
}

fn is_called(args: &[usize], object: &str) -> bool {
    object == "*"
        || args
            .first()
            .is_some_and(|&arg| covers(object, &names::of(arg)))
}

/// Is this the lock word of an object that an event rule names?
pub fn is_own_lock(word: usize) -> Option<usize> {
    find(|what| match what {
        What::Event { object, .. } => object != "*" && covers(object, &names::of(word)),
        _ => false,
    })
}

/// The running thread is about to wait for a lock.
pub fn waits(lock: usize) {
    if !any() || is_own_lock(lock).is_none() {
        return;
    }
    let arena = report::arena();
    // SAFETY: the arena lives as long as the run; det has one host thread.
    unsafe {
        if !arena.is_null() && (*arena).parted == 0 {
            (*arena).parted = (*arena).events + 1;
        }
    }
}

/// What counts of the word at `offset` of a structure.
#[inline]
pub fn masked(structure: Structure, offset: usize, word: usize) -> usize {
    let named = WITH_FIELD.get(offset / size_of::<usize>());
    if !named.is_some_and(|named| named.load(Ordering::Relaxed)) {
        return word;
    }
    let mut kept = word;
    RULES.with(|rules| {
        for rule in rules.iter() {
            let What::Field {
                structure: of,
                bytes,
            } = &rule.what
            else {
                continue;
            };
            for byte in 0..size_of::<usize>() {
                if *of == structure && bytes.contains(&(offset + byte)) {
                    let bits = 0xff << (byte * 8);
                    aside(rule.number, (kept & bits) as u64);
                    kept &= !bits;
                }
            }
        }
    });
    kept
}

/// The rule by which blocks of a malloc type are the object's own business.
pub fn memory(kind: &str) -> Option<usize> {
    find(|what| matches!(what, What::Memory(own) if own == kind))
}

/// Folds a number into the digest of what a rule allows.
pub fn aside(rule: usize, value: u64) {
    let arena = report::arena();
    if arena.is_null() {
        return;
    }
    // SAFETY: the arena lives as long as the run; det has one host thread.
    unsafe { (*arena).aside[rule] = digest::step((*arena).aside[rule], value) };
}
