//! The kernel programming interface, as this file of the kernel uses it.
//!
//! What C gets from headers stands here: [`sys`] declares the kernel's
//! functions, variables and structures, and the other modules say again, in
//! Rust, what the headers' inline functions and macros do.  Nothing outside
//! of this folder declares a kernel function, and nothing in here knows what a
//! thread is for.

pub mod assert;
pub mod ast;
pub mod callout;
pub mod cell;
pub mod eventhandler;
pub mod frame;
pub mod giant;
#[cfg(HWPMC_HOOKS)]
pub mod hwpmc;
#[cfg(KTR)]
pub mod ktr;
pub mod linker_set;
pub mod list;
pub mod mutex;
pub mod pcpu;
pub mod prefetch;
pub mod printf;
#[cfg(not(feature = "c-algorithms"))]
pub mod rolled;
pub mod rwlock;
pub mod sdt;
pub mod seldom;
pub mod site;
pub mod sys;
pub mod tailq;
pub mod vars;

#[cfg(test)]
pub(crate) mod fake;
