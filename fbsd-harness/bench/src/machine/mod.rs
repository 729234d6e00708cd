//! The machine: CPUs, which are host threads; leaving a thread's code in the
//! middle; the clock; instructions that are counted.

pub mod clock;
pub mod context;
pub mod cpu;
pub mod step;
