//! Owns the contract: the facts about an object that others rely on.
//!
//! A contract is read off a C object ([`Contract::from_object`]) or out of the
//! checked-in files (see [`crate::file`]).  It states names, sizes, sections
//! and values, and nothing about how they come about.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::canon::Canon;
use crate::elf::{Place, RETAIN, Reloc, Section, Subject, Symbol, WRITE};
use crate::structs::{self, Entries, To};

/// Prefix of the section names that make a linker set.
pub const SET_PREFIX: &str = "set_";
/// The section whose objects each have a cache line to themselves.
pub const LINES_SECTION: &str = ".data.exclusive_cache_line";

/// What an object must be to stand in for another.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contract {
    /// Where the facts come from, for messages.
    pub origin: String,
    /// Machine, as FreeBSD spells it.
    pub machine: String,
    /// Exported functions.
    pub functions: BTreeSet<String>,
    /// Exported data.
    pub data: BTreeMap<String, Data>,
    /// Linker sets by section name.
    pub sets: BTreeMap<String, Set>,
    /// The section of objects that own a cache line.
    pub lines: Option<Lines>,
    /// Symbols that the object may leave to the kernel.
    pub undefined: BTreeSet<String>,
    /// Whether the object may have an `.eh_frame`.
    pub unwind: bool,
    /// Bytes of code; known only of a C object.
    pub text: Option<u64>,
}

/// An exported data symbol.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    /// `sizeof`.
    pub size: u64,
    /// `D`, `B` or `R`, as nm(1) shows its section.
    pub section: char,
    /// Canonical text of what it is initialised to.
    pub value: String,
}

/// A linker set.
#[derive(Debug, Clone, PartialEq)]
pub struct Set {
    /// Section type, flags without `SHF_GNU_RETAIN`, alignment, entry size.
    pub shape: String,
    /// Canonical text of what each entry points to, in order; of a set of
    /// records, the text of each that differs.
    pub entries: Vec<String>,
}

/// The section of objects that each own a cache line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// Section type, flags, alignment, entry size.
    pub shape: String,
    /// Sizes of its objects, largest first.
    pub sizes: Vec<u64>,
}

impl Contract {
    /// The contract that `subject` fulfils: what its users can see of it.
    pub fn from_object(subject: &Subject) -> Self {
        let exported = |s: &&Symbol| s.global && matches!(s.place, Place::Section(_));
        let mut canon = Canon::new(subject);
        // Sets first: their order decides how shared local objects are
        // numbered, and the exported data has none.
        let sets = sets_of(subject, &mut canon);
        let data = subject
            .symbols
            .iter()
            .filter(exported)
            .filter(|s| !s.is_func());
        Self {
            origin: subject.path.display().to_string(),
            machine: subject.machine.facts().name.to_owned(),
            functions: subject
                .symbols
                .iter()
                .filter(exported)
                .filter(|s| s.is_func())
                .map(|s| s.name.clone())
                .collect(),
            data: data
                .filter_map(|s| data_of(subject, s, &mut canon))
                .collect(),
            sets,
            lines: lines_of(subject),
            undefined: subject
                .symbols
                .iter()
                .filter(|s| s.is_undefined())
                .map(|s| s.name.clone())
                .collect(),
            unwind: subject.section(".eh_frame").is_some(),
            text: Some(text_bytes(subject)),
        }
    }
}

/// Bytes of all executable sections.
pub fn text_bytes(subject: &Subject) -> u64 {
    subject
        .sections
        .iter()
        .filter(|s| s.is_exec())
        .map(|s| s.size)
        .sum()
}

/// What the linker looks at when it merges sections of one name.
fn shape(section: &Section) -> String {
    let odd = section.flags & !RETAIN & !0x7ff;
    let mut shape = format!(
        "{} {} align {} entry size {}",
        section.kind_name(),
        section.flag_letters(),
        section.align,
        section.entsize
    );
    if odd != 0 {
        shape.push_str(&format!(" flags {odd:#x}"));
    }
    shape
}

fn sets_of(subject: &Subject, canon: &mut Canon<'_>) -> BTreeMap<String, Set> {
    let word = subject.machine.facts().word;
    let mut names: Vec<(&str, usize)> = subject
        .sections
        .iter()
        .enumerate()
        .filter(|(_, s)| s.is_alloc() && s.name.starts_with(SET_PREFIX))
        .map(|(index, s)| (s.name.as_str(), index))
        .collect();
    names.sort_unstable();
    let mut sets: BTreeMap<String, Set> = BTreeMap::new();
    for (name, index) in names {
        let section = &subject.sections[index];
        let entries = match structs::of_set(name, word) {
            Entries::Pointers(to) => (0..section.data.len() as u64)
                .step_by(word as usize)
                .map(|offset| canon.pointer(index, offset, to))
                .collect::<Vec<_>>(),
            Entries::Records(record) => {
                let starts = (0..section.data.len() as u64).step_by(record.size as usize);
                let to = To::Struct(record.name);
                let texts = starts.map(|offset| canon.object(index, offset, record.size, to));
                texts.collect::<BTreeSet<_>>().into_iter().collect()
            }
        };
        match sets.get_mut(name) {
            // One set in two sections: the linker would join them.
            Some(set) => set.entries.extend(entries),
            None => {
                sets.insert(
                    name.to_owned(),
                    Set {
                        shape: shape(section),
                        entries,
                    },
                );
            }
        }
    }
    sets
}

fn data_of(subject: &Subject, symbol: &Symbol, canon: &mut Canon<'_>) -> Option<(String, Data)> {
    let Place::Section(index) = symbol.place else {
        return None;
    };
    let section = &subject.sections[index];
    let letter = match (section.is_nobits(), section.flags & WRITE != 0) {
        (true, _) => 'B',
        (false, true) => 'D',
        (false, false) => 'R',
    };
    let word = subject.machine.facts().word;
    // The set whose entry points here says which struct it is.
    let points_here = |r: &Reloc| subject.symbols[r.symbol].name == symbol.name;
    let of = subject
        .sections
        .iter()
        .filter(|set| set.relocs.iter().any(points_here))
        .find_map(|set| match structs::of_set(&set.name, word) {
            Entries::Pointers(To::Struct(name)) => Some(To::Struct(name)),
            _ => None,
        })
        .unwrap_or(To::Any);
    let value = canon.object(index, symbol.value, symbol.size, of);
    Some((
        symbol.name.clone(),
        Data {
            size: symbol.size,
            section: letter,
            value,
        },
    ))
}

fn lines_of(subject: &Subject) -> Option<Lines> {
    let index = subject
        .sections
        .iter()
        .position(|s| s.name == LINES_SECTION)?;
    let mut sizes: Vec<u64> = line_objects(subject, index).map(|s| s.size).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    Some(Lines {
        shape: shape(&subject.sections[index]),
        sizes,
    })
}

/// The objects of section `index`.
pub fn line_objects(subject: &Subject, index: usize) -> impl Iterator<Item = &Symbol> {
    subject
        .symbols
        .iter()
        .filter(move |s| s.is_object() && s.place == Place::Section(index))
}
