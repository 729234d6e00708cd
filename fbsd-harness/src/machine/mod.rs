//! The simulated machine: CPUs, threads' stacks, scheduling points, the trace.
//!
//! A simulated CPU is a `struct pcpu` and an idle thread; a simulated thread is
//! a `struct thread` and a coroutine.  In MODE=det one host thread plays all
//! CPUs: at each scheduling point it asks the explorer which CPU does the next
//! step, sets the GS base to that CPU's pcpu and switches stacks.  In MODE=smp
//! every CPU is a host thread and coroutines move between them.  Kernel code is
//! the same in both: it reads curthread from GS and takes the locks it needs.
//!
//! * [`allowed`]: what may differ between two objects;
//! * [`coro`]: stacks and the context switch;
//! * [`cpu`]: CPUs, pcpu, GS;
//! * [`digest`]: a run as numbers that two programs can compare;
//! * [`ext`]: what the harness keeps behind each `struct thread`;
//! * [`heap`]: a run's own heap, at fixed addresses;
//! * [`parallel`]: host threads for MODE=smp;
//! * [`point`]: scheduling points, the ways to go on, spinning, idling;
//! * [`step`]: preemption between instructions of the object;
//! * [`trace`]: what happened;
//! * [`names`]: what addresses are called in reports;
//! * [`stuck`]: the report when nobody can go on;
//! * [`run`]: starting the machine;
//! * [`sanitize`]: what sanitizers are told.

pub mod allowed;
pub mod api;
pub mod coro;
pub mod cpu;
pub mod digest;
pub mod ext;
pub mod heap;
pub mod names;
pub mod parallel;
pub mod point;
pub mod run;
pub mod sanitize;
pub mod step;
pub mod stuck;
pub mod trace;
