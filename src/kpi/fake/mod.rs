//! A small kernel for the crate's own tests: Rust functions and variables in
//! the place of those that [`super::sys`] declares.
//!
//! | file | what it fakes |
//! |---|---|
//! | [`world`] | the machine: who runs, what exists, what has been called |
//! | [`process`] | processes and threads to test with |
//! | [`locks`] | mutexes, rwlocks, the thread lock, sleeping on a lock |
//! | [`sched`] | switching, sleep queues, ASTs, CPUs |
//! | [`memory`] | malloc, zones, hash tables, kernel stacks |
//! | [`owned`] | credentials, limits, and what else a thread owns |
//! | [`events`] | event handlers, callouts, tasks, probes |
//! | [`vars`] | the kernel's variables |
//! | [`pcpu`] | `struct pcpu` |
//! | [`text`] | `panic(9)`, `printf(9)` and their formats |
//!
//! There is one kernel, as there is one set of the library's statics: a test
//! that calls it holds [`world::World`], and has it for itself.  Nothing in
//! here is C or assembly, and what a test makes is freed with its world, so
//! that Miri can run all of it.

#![allow(
    non_upper_case_globals,
    clippy::undocumented_unsafe_blocks,
    clippy::too_many_arguments,
    reason = "names, signatures and contracts are C's; pointers are the world's own structures"
)]

#[cfg(not(any(KDTRACE_HOOKS, LOCK_DEBUG)))]
compile_error!("the tests see locks through lockstat(4) or lock debugging: add KDTRACE_HOOKS");
#[cfg(not(has_swapper))]
compile_error!("the tests are written for the structures of FreeBSD 14: use its bindings");

pub mod events;
pub mod locks;
pub mod memory;
pub mod owned;
pub mod pcpu;
pub mod process;
pub mod sched;
pub mod text;
pub mod vars;
pub mod world;

/// How many cases a property is tried on.
///
/// Nothing is written beside the sources, and Miri gets by with few.
pub fn cases(count: u32) -> proptest::test_runner::Config {
    proptest::test_runner::Config {
        cases: if cfg!(miri) { 4 } else { count },
        failure_persistence: None,
        ..Default::default()
    }
}
