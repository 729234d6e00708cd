//! Owns the way from an instruction to its line of the sources.
//!
//! An instruction belongs to the innermost inlined function that the sources
//! hold: what comes from a header or from Rust's core library counts where it
//! is used.

use std::collections::BTreeMap;

use addr2line::Context;
use gimli::{DwarfSections, EndianSlice, LittleEndian};
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionKind};

use crate::Result;
use crate::code::Code;

/// Where the text is taken to be, away from 0, which debug data uses for what
/// was thrown away.
const BIAS: u64 = 0x10_0000;

/// A line of a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// The file, as the report names it.
    pub file: String,
    /// Its number, from 1.
    pub number: u32,
}

/// The line of each instruction; those without one are of no line.
pub type Lines = BTreeMap<u32, Line>;

/// Finds the lines.  `own` says what a file of the debug data is called if it
/// is one of the sources.
pub fn lines(bytes: &[u8], code: &Code, own: impl Fn(&str) -> Option<String>) -> Result<Lines> {
    let wrong = |cause: &dyn std::fmt::Display| format!("the debug data cannot be read: {cause}");
    let file = object::File::parse(bytes).map_err(|cause| wrong(&cause))?;
    let sections = DwarfSections::load(|id| linked(&file, id.name()))
        .map_err(|cause: object::Error| wrong(&cause))?;
    let dwarf = sections.borrow(|data| EndianSlice::new(data, LittleEndian));
    let context = Context::from_dwarf(dwarf).map_err(|cause| wrong(&cause))?;
    let mut lines = Lines::new();
    let instructions = code.blocks.values().flat_map(|block| &block.instructions);
    for &at in instructions {
        let mut frames = context
            .find_frames(BIAS + u64::from(at))
            .skip_all_loads()
            .map_err(|cause| wrong(&cause))?;
        while let Some(frame) = frames.next().map_err(|cause| wrong(&cause))? {
            let place = frame.location.as_ref().and_then(|place| {
                let number = place.line.filter(|&number| number != 0)?;
                Some(Line {
                    file: own(place.file?)?,
                    number,
                })
            });
            if let Some(line) = place {
                lines.insert(at, line);
                break;
            }
        }
    }
    match lines.is_empty() {
        true => Err("the object has no debug data that leads to its sources".to_string()),
        false => Ok(lines),
    }
}

/// A section as it is once the text is at [`BIAS`].
fn linked(file: &object::File, name: &str) -> std::result::Result<Vec<u8>, object::Error> {
    let Some(section) = file.section_by_name(name) else {
        return Ok(Vec::new());
    };
    let mut data = section.data()?.to_vec();
    for (place, relocation) in section.relocations() {
        let RelocationTarget::Symbol(index) = relocation.target() else {
            continue;
        };
        let symbol = file.symbol_by_index(index)?;
        let base = match symbol.section_index() {
            Some(index) if file.section_by_index(index)?.kind() == SectionKind::Text => BIAS,
            _ => 0,
        };
        let value = (base + symbol.address()).wrapping_add_signed(relocation.addend());
        let (start, length) = (place as usize, usize::from(relocation.size() / 8));
        if let Some(room) = data.get_mut(start..start + length) {
            room.copy_from_slice(&value.to_le_bytes()[..length]);
        }
    }
    Ok(data)
}
