//! Owns the question which compiler made a function: the Rust object's or C's.
//!
//! Two witnesses are heard.  The symbol table tells of local symbols whose they
//! are: by the `STT_FILE` entry that they stand under or, where objcopy(1) has
//! taken those away, by their names.  Exported symbols stand apart, so a run of
//! neighbouring functions is followed from a local one of the object over the
//! exported ones that only this object has.  DWARF names the producer of the
//! unit that holds an address.

use std::collections::{BTreeMap, BTreeSet};

use kt_audit::Error;

use crate::dwarf;
use crate::image::{Image, Symbol};

/// Who made a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Maker {
    /// The Rust object.
    Rust,
    /// The object of the C file.
    C,
}

/// What a witness says of one function: the maker, and in which words.
pub type Statement = (Maker, String);

/// What is known of one function.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// By the local symbols around it.
    pub symbols: Option<Statement>,
    /// By the producer of its DWARF unit.
    pub unit: Option<Statement>,
}

impl Origin {
    /// The maker, when the witnesses agree.
    pub fn maker(&self) -> Option<Maker> {
        match (&self.symbols, &self.unit) {
            (Some((one, _)), Some((other, _))) if one != other => None,
            (Some((maker, _)), _) | (_, Some((maker, _))) => Some(*maker),
            (None, None) => None,
        }
    }

    /// Which witnesses spoke.
    pub fn witnesses(&self) -> &'static str {
        match (&self.symbols, &self.unit) {
            (Some(_), Some(_)) => "symbols, DWARF",
            (Some(_), None) => "symbols",
            (None, Some(_)) => "DWARF",
            (None, None) => "nobody",
        }
    }
}

/// How cargo names the objects of the crate, and rustc mangles its names.
const RUST_FILE: &str = "kern_thread.";
const RUST_FILE_PART: &str = "-cgu.";
const RUST_NAME: &str = "_R";
const RUST_NAME_PART: &str = "11kern_thread";

/// The C file, and functions that are static in it.
const C_FILE: &str = "kern_thread.c";
const C_NAMES: [&str; 4] = [
    "thread_count_inc",
    "thread_reap_domain",
    "thread_reap_task_cb",
    "tid_alloc",
];

/// Who made the object that the `STT_FILE` entry `name` stands for, if it is
/// one of the two.
pub fn maker_of_file(name: &str) -> Option<Maker> {
    if name.starts_with(RUST_FILE) && name.contains(RUST_FILE_PART) {
        Some(Maker::Rust)
    } else if name.rsplit('/').next() == Some(C_FILE) {
        Some(Maker::C)
    } else {
        None
    }
}

/// Who made a local symbol, if it is of one of the two objects.
pub fn maker_of(image: &Image, symbol: &Symbol) -> Option<Maker> {
    let name = symbol.name.as_str();
    if !symbol.is_local() {
        None
    } else if let Some(file) = image.file_of(symbol) {
        maker_of_file(file)
    } else if name.starts_with(RUST_NAME) && name.contains(RUST_NAME_PART) {
        Some(Maker::Rust)
    } else {
        C_NAMES.contains(&name).then_some(Maker::C)
    }
}

/// Asks both witnesses about the `functions` of `image`.
pub fn of(image: &Image, functions: &BTreeSet<String>) -> Result<BTreeMap<String, Origin>, Error> {
    let mut origins: BTreeMap<String, Origin> = functions
        .iter()
        .map(|name| (name.clone(), Origin::default()))
        .collect();
    for (name, statement) in by_symbols(image, functions) {
        if let Some(origin) = origins.get_mut(name) {
            origin.symbols = Some(statement);
        }
    }
    let units = dwarf::units(image)?;
    for (name, origin) in &mut origins {
        let address = image.defined(name).find(|s| !s.is_local()).map(|s| s.value);
        let unit = units
            .iter()
            .find(|unit| address.is_some_and(|address| unit.holds(address)));
        origin.unit = unit.map(|unit| {
            let maker = match unit.producer.contains("rustc") {
                true => Maker::Rust,
                false => Maker::C,
            };
            (maker, unit.producer.clone())
        });
    }
    Ok(origins)
}

/// Follows each run of functions from a local one of the two objects to both
/// sides, over exported functions that are in `functions`.
fn by_symbols<'a>(image: &'a Image, functions: &BTreeSet<String>) -> Vec<(&'a str, Statement)> {
    let code: Vec<&Symbol> = image.places().filter(|s| s.is_func()).collect();
    let made: Vec<Option<Statement>> = code
        .iter()
        .map(|symbol| {
            let maker = maker_of(image, symbol)?;
            let words = image.file_of(symbol).unwrap_or(&symbol.name);
            Some((maker, words.to_owned()))
        })
        .collect();
    let joins = |index: usize| {
        let symbol: &Symbol = code[index];
        !symbol.is_local() && functions.contains(&symbol.name)
    };
    let mut told = Vec::new();
    for (start, statement) in made.iter().enumerate() {
        let Some(statement) = statement else { continue };
        let before = (0..start).rev().take_while(|index| joins(*index));
        let after = (start + 1..code.len()).take_while(|index| joins(*index));
        told.extend(
            before
                .chain(after)
                .map(|index| (code[index].name.as_str(), statement.clone())),
        );
    }
    told
}
