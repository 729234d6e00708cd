//! execve as far as threads see it.
