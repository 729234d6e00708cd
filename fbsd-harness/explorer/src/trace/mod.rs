//! Traces: what happened in a run, event by event.
//!
//! * [`event`]: what an event can be;
//! * [`text`]: a trace as lines to read.

pub mod event;
pub mod text;

use crate::point::ThreadId;
pub use event::{Arg, Event, ObjectId, ProcessId, State};

/// An event and where it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place among the run's events.
    pub step: u64,
    /// The CPU.
    pub cpu: u8,
    /// The thread, or [`event::NO_THREAD`].
    pub thread: ThreadId,
    /// What happened.
    pub event: Event,
}

/// A run's events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// In the order in which they happened.
    pub entries: Vec<Entry>,
    /// Whether the run went on after the last entry.
    pub cut: bool,
}
