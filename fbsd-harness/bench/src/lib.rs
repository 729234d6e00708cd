//! A kernel that is no slower than it has to be, in a Linux process, around
//! one object file: `kern_thread.o`.  The object's operations are timed and
//! their instructions counted on it; what compares two objects runs two such
//! programs in turns.
//!
//! * [`sys`]: the kernel's types and constants, from its headers;
//! * [`object`]: what the object exports;
//! * [`machine`]: CPUs, the clock, leaving code in the middle, single steps;
//! * [`kernel`]: what the object calls;
//! * [`cases`]: what is measured;
//! * [`serve`]: the program's commands.

#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the map is for who reads the source: a program's modules are private"
)]
#![allow(non_camel_case_types)]
// Kernel code: a function's contract (which locks are held, which thread runs,
// what is alive) covers its whole body.  It is stated once, at the function.
#![allow(unsafe_op_in_unsafe_fn)]
#![deny(unused_must_use)]

mod cases;
mod kernel;
mod machine;
mod object;
mod serve;
mod sys;

use std::ffi::{c_char, c_int};

/// The program: boots and serves.
#[unsafe(no_mangle)]
extern "C" fn main(_argc: c_int, _argv: *const *const c_char) -> c_int {
    kernel::boot::boot();
    machine::clock::init();
    serve::serve()
}
