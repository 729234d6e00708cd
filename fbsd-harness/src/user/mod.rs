//! User mode: bodies, the way into the kernel and back, and the system calls
//! that processes make in scenarios.
//!
//! * [`entry`]: what a thread runs, user-mode points, parking;
//! * [`syscall`]: entry, return and restart of a system call;
//! * [`sleep`]: sleeps of all kinds: timed, on channels, pipes and disks;
//! * [`umtx`]: waits on words of user memory, and the casueword retry loop.

pub mod entry;
pub mod sleep;
pub mod syscall;
pub mod umtx;
