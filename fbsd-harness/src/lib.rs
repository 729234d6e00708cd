//! A FreeBSD kernel, simulated in a Linux process, for one object file:
//! `kern_thread.o`.  Everything that the object leaves undefined is here, over
//! the kernel's own structures, and works: threads sleep, switch, exit and die.
//!
//! * [`sys`]: the kernel's types and constants, from its headers;
//! * [`machine`]: CPUs, coroutines, scheduling points, the trace;
//! * [`capi`]: the scenarios' API, as sim.h declares it;
//! * [`kern`]: the kernel's services, one module per concern, each with the C
//!   functions that the object calls and the Rust functions for the others;
//! * [`object`]: what the object exports;
//! * [`calls`]: calls of it, written down;
//! * [`user`]: processes in user mode and what drives them;
//! * [`program`]: generated programs;
//! * [`runner`]: the program around it;
//! * [`report`]: how a run ends.
//!
//! A run happens in a process of its own, forked by the runner: nothing is ever
//! torn down, and a crash is the failure of one run.

#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the map is for who reads the source: a program's modules are private"
)]
#![allow(non_camel_case_types)]
// Kernel code: a function's contract (which locks are held, which thread runs,
// what is alive) covers its whole body.  It is stated once, at the function.
#![allow(unsafe_op_in_unsafe_fn)]
#![deny(unused_must_use)]

mod calls;
mod capi;
mod kern;
mod machine;
mod object;
mod program;
mod report;
mod runner;
mod sys;
mod user;
