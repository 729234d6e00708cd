//! Compares two objects that claim to be the same.
//!
//! Each is linked with the simulated kernel into a program of its own.  Both
//! programs are asked for the same run: a scenario or a generated program, and
//! a schedule.  A run is equal on both sides if it ends in the same way after
//! the same events: each call of a kernel function with its arguments, each
//! call of the object with its result, each lock taken and given up, and at each
//! of them the state: every word of every thread and process, and what the
//! simulated kernel's services keep.  What may differ is left out on both sides.
//!
//! * [`side`]: a program that carries runs out;
//! * [`run`]: what can be run, and how it ended;
//! * [`generate`]: programs at random, which shrink;
//! * [`allowed`]: what may differ;
//! * [`compare`]: many runs on both sides;
//! * [`shrink`]: the least run that still differs;
//! * [`report`]: two traces side by side, and the state that differs;
//! * [`seeds`]: the runs that once showed something, checked in.

pub mod allowed;
pub mod compare;
pub mod generate;
pub mod report;
pub mod run;
pub mod seeds;
pub mod shrink;
pub mod side;

/// A result with a message of one line.
pub type Result<T> = std::result::Result<T, String>;
