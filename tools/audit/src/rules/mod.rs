//! Owns the list of rules and the limits that they take as input.
//!
//! A rule is a function from the object to rows of the report.  The order
//! here is the order of the table: first what users of the object see, then
//! what the linker sees, then the machine code.

mod code;
mod exports;
mod image;
mod names;
mod relocs;
mod stack;

use object::elf;

use crate::contract::Contract;
use crate::elf::Subject;
use crate::report::Report;

pub use stack::{Frame, frames};

/// Limits that are not part of a contract.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The `EI_OSABI` that the object must carry, if it matters.
    pub osabi: Option<u8>,
    /// Bytes that one function may have on the stack.
    pub frame_limit: u64,
    /// Code may be this many times as large as the contract's object.
    pub text_ratio: Option<f64>,
    /// Whether each function must begin with its frame.
    pub frame_first: bool,
    /// Texts that no debug data or string may contain: build directories.
    pub forbidden_paths: Vec<String>,
}

impl Rules {
    /// The rules for the object that ships.
    pub fn shipped() -> Self {
        Self {
            osabi: Some(elf::ELFOSABI_FREEBSD.0),
            frame_limit: 512,
            text_ratio: None,
            frame_first: true,
            forbidden_paths: Vec::new(),
        }
    }

    /// The rules that a C object meets when it is audited against itself.
    /// A cross compiler leaves OSABI alone, and clang may move the frame of a
    /// local function behind an early return.
    pub fn reference() -> Self {
        Self {
            osabi: None,
            frame_first: false,
            ..Self::shipped()
        }
    }
}

/// Compares `subject` with `contract` under `rules`.
pub fn audit(subject: &Subject, contract: &Contract, rules: &Rules) -> Report {
    let mut rows = Vec::new();
    rows.extend(exports::rows(subject, contract));
    rows.extend(names::rows(subject, contract));
    rows.extend(image::rows(subject, contract, rules));
    rows.extend(relocs::rows(subject));
    rows.extend(code::rows(subject, contract, rules));
    Report { rows }
}
