//! Tests that run the driver as make does.

mod bad_input;
mod debug_info;
mod exerciser;
mod headers;
mod kernel_kit;
mod kernel_rule;
mod objects;
mod older;

mod support;
