//! Tests that run the driver as make does.

mod bad_input;
mod debug_info;
mod exerciser;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod exerciser_runner;
mod headers;
mod kernel_kit;
mod kernel_rule;
mod objects;
mod older;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod sanitizers;

mod support;
