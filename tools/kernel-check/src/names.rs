//! Rules on symbol names: nothing undefined, nothing of Rust's runtime,
//! nothing defined by both the C and the Rust object.

use std::collections::{BTreeMap, BTreeSet};

use crate::expected::Expected;
use crate::image::{Image, Place, Symbol};
use crate::origin::{self, Maker};
use crate::report::{Report, Table};

/// What the library's panic handler calls.
const SENTINEL: &str = "kern_thread_rust_panic_reached";

/// Parts of names of code that no kernel has, mangled or not.
const RUNTIME: [&str; 8] = [
    "rust_eh_personality",
    "rust_begin_unwind",
    "__rust_",
    "__rdl_",
    "4core9panicking",
    "4core3fmt",
    "5alloc5alloc",
    "3std2rt",
];

/// All rules of this module.
pub fn check(image: &Image, expected: &Expected) -> Report {
    let mut report = Report::default();
    undefined(image, expected, &mut report);
    for symbol in &image.symbols {
        let name = symbol.name.as_str();
        if name == SENTINEL {
            report.problem(format!(
                "{name}: a panic path of the Rust object is in the kernel"
            ));
        } else if RUNTIME.iter().any(|part| name.contains(part)) {
            report.problem(format!("{name} is of Rust's runtime, which no kernel has"));
        }
    }
    duplicates(image, &mut report);
    report
}

fn undefined(image: &Image, expected: &Expected, report: &mut Report) {
    let mut weak = BTreeSet::new();
    let tables = image.symbols.iter().chain(&image.dynamic);
    let mut strong = BTreeSet::new();
    for symbol in tables.filter(|s| s.place == Place::Undefined && !s.name.is_empty()) {
        match symbol.is_weak() {
            true => weak.insert(symbol.name.as_str()),
            false => strong.insert(symbol.name.as_str()),
        };
    }
    for name in &strong {
        report.problem(format!("{name} is undefined"));
    }
    for name in &weak {
        if expected.wants.contains(*name) {
            report.problem(format!(
                "{name} is undefined (weak), and the object uses it"
            ));
        }
    }
    let mut table = Table::lines(format!(
        "undefined symbols: {}, weak ones: {}",
        strong.len(),
        weak.len()
    ));
    table
        .rows
        .extend(weak.iter().map(|name| vec![(*name).to_owned()]));
    report.tables.push(table);
}

/// No object of the C file beside the Rust object, and no internal static of
/// the one under the name that it has in the other.
fn duplicates(image: &Image, report: &mut Report) {
    let mut internals: BTreeMap<Maker, BTreeMap<String, &Symbol>> = BTreeMap::new();
    let mut files: BTreeMap<Maker, BTreeSet<&str>> = BTreeMap::new();
    for file in &image.files {
        if let Some(maker) = origin::maker_of_file(file) {
            files.entry(maker).or_default().insert(file);
        }
    }
    for symbol in image.symbols.iter().filter(|s| s.is_placed()) {
        let Some(maker) = origin::maker_of(image, symbol) else {
            continue;
        };
        let base = base_name(&symbol.name).to_ascii_lowercase();
        internals.entry(maker).or_default().insert(base, symbol);
    }
    if let Some(files) = files.get(&Maker::Rust).filter(|files| files.len() > 1) {
        let files: Vec<&str> = files.iter().copied().collect();
        report.problem(format!(
            "the Rust object is linked twice: {}",
            files.join(", ")
        ));
    }
    let rust = internals.remove(&Maker::Rust).unwrap_or_default();
    let c = internals.remove(&Maker::C).unwrap_or_default();
    if !rust.is_empty() && !c.is_empty() {
        let both: Vec<&str> = c
            .iter()
            .filter(|(base, _)| rust.contains_key(*base))
            .map(|(_, symbol)| symbol.name.as_str())
            .collect();
        report.problem(format!(
            "the object of kern_thread.c is in the kernel, too{}{}",
            if both.is_empty() {
                ""
            } else {
                ", both define "
            },
            both.join(", ")
        ));
    }
}

/// The last part of a mangled name: `7tidhash7TIDHASH` ends in `TIDHASH`.
fn base_name(name: &str) -> &str {
    if !name.starts_with("_R") {
        return name;
    }
    let end = name
        .rfind(|c: char| c.is_ascii_digit())
        .map_or(0, |at| at + 1);
    &name[end..]
}
