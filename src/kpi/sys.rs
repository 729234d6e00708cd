//! The kernel's declarations: bindgen's output for the headers of the kernel
//! that will link the object, and by hand what no header declares.
//!
//! This is the only module that declares a kernel function or variable.

#![allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unused_imports,
    dead_code,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    unsafe_op_in_unsafe_fn,
    reason = "generated from C headers: the names and shapes are C's"
)]

mod bindings {
    use super::*;
    include!(env!("KERN_THREAD_BINDINGS_RS"));
}

pub use bindings::*;

use core::ffi::{c_char, c_int, c_void};

// Hand-written: bindgen would declare them the same way, but these names are
// also the C library's, and the tests below run in a process that has one.
#[cfg(not(test))]
unsafe extern "C" {
    /// `malloc(9)`.
    pub fn malloc(size: usize, type_: *mut malloc_type, flags: c_int) -> *mut c_void;
    /// `free(9)`.
    pub fn free(addr: *mut c_void, type_: *mut malloc_type);
    /// `printf(9)`.
    pub fn printf(fmt: *const c_char, ...) -> c_int;
    /// `panic(9)`.
    pub fn panic(fmt: *const c_char, ...) -> !;
}

// In the crate's own tests a Rust function stands in for each kernel function
// that the tested code calls; an explicit import goes before the glob above.
#[cfg(test)]
pub use super::fake::functions::*;
