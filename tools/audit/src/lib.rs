//! The object audit: may this object take the place of C's `kern_thread.o`?
//!
//! [`Subject`] is the object under audit, [`Contract`] the facts that others
//! rely on, [`Rules`] the limits that no contract states, and [`audit`] the
//! comparison.  Objects are read with the `object` crate and instructions
//! decoded with `iced-x86`, `yaxpeax-arm` and `raki`; no other tool's output is
//! read.
//!
//! | module | owns |
//! |---|---|
//! | [`elf`] | reading an object |
//! | [`machine`] | what depends on the architecture |
//! | [`isa`] | instructions as the rules see them |
//! | [`canon`], [`structs`] | the canonical text of initialised data |
//! | [`contract`], [`mod@file`], [`condition`] | contracts, their files, their options |
//! | [`rules`] | the rules, one module per subject |
//! | [`report`] | the table |

pub mod canon;
pub mod condition;
pub mod contract;
pub mod elf;
pub mod file;
pub mod isa;
pub mod machine;
pub mod report;
pub mod rules;
pub mod structs;

use std::fmt;

pub use contract::Contract;
pub use elf::Subject;
pub use file::contract_for;
pub use report::{Report, Row};
pub use rules::{Frame, Rules, audit, frames};

/// Why an audit could not be made: one line that says how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    /// An error with this text.
    pub fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
