//! exit1, wait4 and reaping.
