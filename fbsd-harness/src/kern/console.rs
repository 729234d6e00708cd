//! The console: what the kernel printed.
