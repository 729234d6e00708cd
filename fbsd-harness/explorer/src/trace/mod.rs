//! Traces: what happened in a run, event by event.
//!
//! * [`event`]: what an event can be;
//! * [`write`]: recording events into a block of memory that another process
//!   may read, even if this one dies in the middle;
//! * [`read`]: the events of such a block;
//! * [`text`]: a trace as lines to read.
//!
//! The record holds no addresses, times or other things that differ between
//! two runs of one schedule: equal runs give equal bytes, and equal hashes.

mod code;
pub mod event;
pub mod read;
pub mod text;
pub mod write;

pub use event::{Arg, Event, ObjectId, ProcessId, State};
pub use read::{Entry, ReadError, Trace};
pub use write::Writer;
