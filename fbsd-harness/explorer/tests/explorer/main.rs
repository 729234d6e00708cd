//! Tests of the explorer, most of them on a toy machine with planted bugs.

mod plans;
mod strategies;
mod texts;
mod toy;
