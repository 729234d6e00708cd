//! Which lines and branches of an object were reached, by program counter.
//!
//! The object that ships is linked with a runtime (`runtime/coverage.c`) into
//! the test programs.  The runtime puts an int3 wherever something can still be
//! learned, so that what is measured is true of these very instructions.
//!
//! * [`code`]: the object's instructions, blocks and jumps;
//! * [`plan`]: where to put an int3, and what was seen there;
//! * [`source`]: the source line of each instruction;
//! * [`count`]: lines and branches, covered and not;
//! * [`reasons`]: why something can't be covered, checked in;
//! * [`table`]: the numbers as text; [`html`]: the report.

pub mod code;
pub mod count;
pub mod html;
pub mod plan;
pub mod reasons;
pub mod source;
pub mod table;

/// A result with a message of one line.
pub type Result<T> = std::result::Result<T, String>;
