//! Event handler lists.
