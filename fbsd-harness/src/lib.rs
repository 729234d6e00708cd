//! A FreeBSD kernel, simulated in a Linux process, for one object file:
//! `kern_thread.o`.  Everything that the object leaves undefined is here, over
//! the kernel's own structures, and works: threads sleep, switch, exit and die.
//!
//! * [`sys`]: the kernel's types and constants, from its headers;
//! * [`machine`]: CPUs, coroutines, scheduling points, the trace;
//! * [`kern`]: the kernel's services, one module per concern, each with the C
//!   functions that the object calls and the Rust functions for the others;
//! * [`user`]: processes in user mode and what drives them: the scenarios' API;
//! * [`runner`]: the program around it;
//! * [`report`]: how a run ends.
//!
//! A run happens in a process of its own, forked by the runner: nothing is ever
//! torn down, and a crash is the failure of one run.

#![allow(non_camel_case_types)]

pub mod kern;
pub mod machine;
pub mod report;
pub mod runner;
pub mod sys;
pub mod user;
