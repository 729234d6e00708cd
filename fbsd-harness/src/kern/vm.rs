//! Kernel stacks, memory domains, counters.
