//! The runner: the program around the simulated kernel.
