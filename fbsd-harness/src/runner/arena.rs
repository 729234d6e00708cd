//! The memory through which a run tells the runner what it did.
//!
//! A run may crash or be killed at any instruction, so what the runner wants
//! to know lies where it outlives the process: the result, the counters and
//! the trace in a [`report::Arena`], the decisions beside it.

use std::io;
use std::ptr::slice_from_raw_parts_mut;
use std::sync::atomic::Ordering;

use fbsd_explorer::trace::Trace;
use fbsd_explorer::{Decision, Tape, tape};

use super::convert;
use crate::machine::allowed;
use crate::report::{self, Kind};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All checks passed.
    Passed,
    /// The scenario failed.
    Failed(Kind),
    /// The process died, and wrote no result.
    Died,
}

impl Verdict {
    /// Its name in a report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(kind) => kind.name(),
            Self::Died => "crash",
        }
    }
}

/// Decisions that a run may record.
const DECISIONS: usize = 1 << 20;

/// One run's memory; used for one run at a time.
pub struct Arena {
    report: *mut report::Arena,
    tape: *mut [u8],
}

/// A result as the run wrote it.
#[derive(Clone, Debug)]
pub struct Written {
    /// How it ended.
    pub verdict: Verdict,
    /// Scheduling points.
    pub steps: u64,
    /// Why.
    pub text: String,
}

/// The kind of failure that a run wrote down.
fn kind(code: u32) -> Kind {
    const KINDS: [Kind; 9] = [
        Kind::Check,
        Kind::Panic,
        Kind::Deadlock,
        Kind::Livelock,
        Kind::Lock,
        Kind::Invariant,
        Kind::Leak,
        Kind::Memory,
        Kind::Internal,
    ];
    let known = KINDS.into_iter().find(|kind| *kind as u32 == code);
    known.unwrap_or(Kind::Internal)
}

/// How many numbers a run leaves.
pub const COUNTERS: usize = 8;

impl Arena {
    /// Maps an arena.  Pages that no run touches cost nothing.
    pub fn new() -> io::Result<Self> {
        let size = Tape::size(DECISIONS);
        // SAFETY: a fresh mapping at an address of the system's choice.
        let tape = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if tape == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            report: report::Arena::create(),
            tape: slice_from_raw_parts_mut(tape.cast(), size),
        })
    }

    /// Forgets the last run; no process uses the arena now.
    pub fn reset(&mut self) {
        // SAFETY: a live mapping that only this process uses now.
        unsafe { &*self.report }
            .state
            .store(report::RUNNING, Ordering::Relaxed);
        // An empty tape forgets the last run's decisions.
        let _ = self.tape();
    }

    /// Makes this process the run of this arena; in the forked child, once.
    pub fn enter(&self) -> Tape<'static> {
        report::Arena::enter(self.report);
        self.tape()
    }

    /// The result, if the run wrote one.
    pub fn written(&self) -> Option<Written> {
        let arena = self.report();
        let verdict = match arena.state.load(Ordering::Acquire) {
            report::PASSED => Verdict::Passed,
            report::FAILED => Verdict::Failed(kind(arena.kind)),
            _ => return None,
        };
        let length = (arena.text_len as usize).min(arena.text.len());
        Some(Written {
            verdict,
            steps: arena.steps,
            text: String::from_utf8_lossy(&arena.text[..length]).into_owned(),
        })
    }

    /// The decisions of the run.
    pub fn decisions(&self) -> Vec<Decision> {
        // SAFETY: a live mapping; the run that wrote it is gone.
        tape::decisions(unsafe { &*self.tape })
    }

    /// The hash of the run's events.
    pub fn hash(&self) -> u64 {
        self.report().hash
    }

    /// The numbers that the run left.
    pub fn counters(&self) -> [u64; COUNTERS] {
        self.report().counters
    }

    /// Events before the run went a way of its own, if it did.
    pub fn parted(&self) -> Option<u64> {
        self.report().parted.checked_sub(1)
    }

    /// Digests of what rules allow to differ.
    pub fn aside(&self) -> [u64; allowed::MOST] {
        self.report().aside
    }

    /// The run's events.
    pub fn trace(&self) -> Trace {
        convert::trace(self.report())
    }

    /// What threads and processes held at each of them.
    pub fn states(&self) -> Vec<u64> {
        let arena = self.report();
        let stored = (arena.events as usize).min(arena.records.len());
        arena.records[..stored]
            .iter()
            .map(|record| record.state)
            .collect()
    }

    fn report(&self) -> &report::Arena {
        // SAFETY: a live mapping, zeroed or written by runs that are gone; the
        // run that goes on, if any, is only asked for when it has ended.
        unsafe { &*self.report }
    }

    fn tape(&self) -> Tape<'static> {
        // SAFETY: the mapping is never unmapped; the run has one tape, and the
        // runner reads when it is gone.
        Tape::new(unsafe { &mut *self.tape })
    }
}
