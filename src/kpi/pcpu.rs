//! `struct pcpu`: what this CPU knows.
//!
//! A field is read or written in one instruction, so each access is wholly one
//! CPU's; code that needs two fields of one CPU holds a spin lock.

#[cfg(all(not(test), target_arch = "x86_64"))]
#[path = "pcpu/amd64.rs"]
mod machine;

#[cfg(all(not(test), target_arch = "aarch64"))]
#[path = "pcpu/aarch64.rs"]
mod machine;

#[cfg(all(not(test), target_arch = "x86"))]
#[path = "pcpu/i386.rs"]
mod machine;

#[cfg(all(not(test), target_arch = "riscv64"))]
#[path = "pcpu/riscv64.rs"]
mod machine;

#[cfg(not(test))]
pub use machine::*;

#[cfg(test)]
pub use super::fake::pcpu::*;
