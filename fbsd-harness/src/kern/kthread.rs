//! Kernel processes and threads.
