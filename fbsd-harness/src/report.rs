//! How a run ends.
