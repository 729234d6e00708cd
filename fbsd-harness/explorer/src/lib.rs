//! Schedules of a simulated machine.
//!
//! A simulated machine is deterministic except for one thing: at each of its
//! scheduling points several ways to go on may be open.  This crate owns that
//! decision and everything that follows from recording it: a schedule is the
//! list of the decisions taken, it has a text form, it can be replayed,
//! enumerated, shortened and drawn.  The crate knows nothing of kernels.
//!
//! * [`point`]: what the machine shows at a scheduling point, [`Strategy`] and
//!   the [`Scheduler`] that asks one and records its answers;
//! * [`random`], [`pct`], [`exhaustive`], [`replay`]: the strategies;
//! * [`schedule`]: the list of decisions and its text form;
//! * [`preemption`]: schedules with preemptions between instructions;
//! * [`tape`]: the decisions of a run as they are taken;
//! * [`trace`]: what happened in a run;
//! * [`history`]: what a trace tells of each thread;
//! * [`picture`]: a run as something to look at;
//! * [`plan`]: which schedules to run; [`spec`]: strategies by name;
//! * [`shrink`]: a shorter schedule that still fails;
//! * [`summary`], [`tap`]: results as text;
//! * [`rng`]: the random numbers, the same on every platform.

#![forbid(unsafe_code)]

pub mod exhaustive;
pub mod history;
pub mod pct;
pub mod picture;
pub mod plan;
pub mod point;
pub mod preemption;
pub mod random;
pub mod replay;
pub mod rng;
pub mod schedule;
pub mod shrink;
pub mod spec;
pub mod summary;
pub mod tap;
pub mod tape;
pub mod trace;

pub use exhaustive::{Exhaustive, Frontier};
pub use pct::Pct;
pub use point::{Decision, Kind, Point, Scheduler, Strategy, ThreadId, Way};
pub use preemption::{Preempted, Preemption};
pub use random::Random;
pub use replay::Replay;
pub use schedule::Schedule;
pub use tape::Tape;
