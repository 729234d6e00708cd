//! Rules on what other objects see: functions, data, linker sets.
//!
//! A kernel and its modules find these by name, size and section.  Function
//! names alone do not make a drop-in: a list head of the wrong size or a set
//! entry with another order value boots and fails later.

use std::collections::BTreeSet;

use crate::contract::{Contract, LINES_SECTION, Lines, line_objects};
use crate::elf::{Place, Subject, Symbol};
use crate::report::Row;

/// All rows of this module.
pub fn rows(subject: &Subject, contract: &Contract) -> Vec<Row> {
    let own = Contract::from_object(subject);
    vec![
        functions(subject, &own, contract),
        data(subject, &own, contract),
        sets(&own, contract),
        lines(subject, &own, contract),
    ]
}

/// The same exported functions, each a global `STT_FUNC` in executable memory.
fn functions(subject: &Subject, own: &Contract, contract: &Contract) -> Row {
    let mut details = Vec::new();
    for missing in contract.functions.difference(&own.functions) {
        details.push(format!("missing function {missing}"));
    }
    for extra in own.functions.difference(&contract.functions) {
        details.push(format!("function {extra} must be local"));
    }
    let mut matched = 0;
    for symbol in &subject.symbols {
        let Place::Section(index) = symbol.place else {
            continue;
        };
        if !symbol.global || !symbol.is_func() || !contract.functions.contains(&symbol.name) {
            continue;
        }
        if let Some(why) = binding(symbol) {
            details.push(why);
        } else if symbol.size == 0 {
            details.push(format!("function {} has no size", symbol.name));
        } else if subject.sections[index].is_exec() {
            matched += 1;
        } else {
            let section = &subject.sections[index].name;
            details.push(format!(
                "function {} is in {section}, not in code",
                symbol.name
            ));
        }
    }
    Row::count("functions", matched, contract.functions.len(), details)
}

/// How an exported symbol falls short of one that modules can link to.
fn binding(symbol: &Symbol) -> Option<String> {
    let why = match (symbol.hidden, symbol.weak) {
        (true, _) => "hidden: modules would not find it",
        (false, true) => "weak: another object could take its place",
        (false, false) => return None,
    };
    Some(format!("{} is {why}", symbol.name))
}

/// The same exported data: name, size, kind of section, initial value.
fn data(subject: &Subject, own: &Contract, contract: &Contract) -> Row {
    let exported = subject
        .symbols
        .iter()
        .filter(|s| s.global && contract.data.contains_key(&s.name));
    let mut details: Vec<String> = exported.filter_map(binding).collect();
    let mut matched = 0;
    for (name, wanted) in &contract.data {
        let Some(found) = own.data.get(name) else {
            details.push(format!("missing data symbol {name}"));
            continue;
        };
        if found == wanted {
            matched += 1;
        }
        if found.size != wanted.size {
            details.push(format!(
                "{name} has {} bytes, not {}",
                found.size, wanted.size
            ));
        }
        if found.section != wanted.section {
            details.push(format!(
                "{name} is {}, not {}",
                found.section, wanted.section
            ));
        }
        if found.value != wanted.value {
            details.push(format!(
                "{name}:{}",
                difference(&wanted.value, &found.value)
            ));
        }
    }
    for extra in own
        .data
        .keys()
        .filter(|name| !contract.data.contains_key(*name))
    {
        details.push(format!("data symbol {extra} must be local"));
    }
    Row::count("data symbols", matched, contract.data.len(), details)
}

/// The same linker sets: the section's shape, because the linker joins
/// sections of one name and one odd part changes the whole, and each entry
/// with all that it points to, in order.
fn sets(own: &Contract, contract: &Contract) -> Row {
    let mut details = Vec::new();
    let mut matched = 0;
    for (name, wanted) in &contract.sets {
        let Some(found) = own.sets.get(name) else {
            details.push(format!("missing linker set {name}"));
            continue;
        };
        if found.shape != wanted.shape {
            details.push(format!("{name} is {}, not {}", found.shape, wanted.shape));
        }
        if found.entries.len() != wanted.entries.len() {
            let (found, wanted) = (found.entries.len(), wanted.entries.len());
            details.push(format!("{name} has {found} entries, not {wanted}"));
        }
        for (index, (wanted, found)) in wanted.entries.iter().zip(&found.entries).enumerate() {
            if wanted == found {
                matched += 1;
            } else {
                details.push(format!("{name}[{index}]:{}", difference(wanted, found)));
            }
        }
    }
    for extra in own
        .sets
        .keys()
        .filter(|name| !contract.sets.contains_key(*name))
    {
        details.push(format!("linker set {extra} is not in the contract"));
    }
    let total = contract.sets.values().map(|set| set.entries.len()).sum();
    Row::count("set entries", matched, total, details)
}

/// Objects that processors write all the time must not share a cache line
/// with others, or with each other.
fn lines(subject: &Subject, own: &Contract, contract: &Contract) -> Row {
    const RULE: &str = "cache-line objects";
    let line = subject.machine.facts().cache_line;
    let Some(wanted) = &contract.lines else {
        let details: Vec<String> = own
            .lines
            .iter()
            .map(|_| format!("{LINES_SECTION} is not in the contract"))
            .collect();
        return Row::count(RULE, 0, 0, details);
    };
    let Some(found) = &own.lines else {
        let details = vec![format!("missing section {LINES_SECTION}")];
        return Row::count(RULE, 0, wanted.sizes.len(), details);
    };
    let mut details = Vec::new();
    if found.shape != wanted.shape {
        details.push(format!(
            "{LINES_SECTION} is {}, not {}",
            found.shape, wanted.shape
        ));
    }
    let index = subject
        .sections
        .iter()
        .position(|s| s.name == LINES_SECTION)
        .unwrap_or_default();
    let mut used = BTreeSet::new();
    for object in line_objects(subject, index) {
        if object.value % line != 0 {
            details.push(format!("{} does not begin a cache line", object.name));
        }
        let last = (object.value + object.size.max(1) - 1) / line;
        for shared in (object.value / line..=last).filter(|n| !used.insert(*n)) {
            details.push(format!("{} shares cache line {shared}", object.name));
        }
    }
    if found.sizes.len() != wanted.sizes.len() {
        details.push(format!(
            "objects of {:?} bytes, not {:?}",
            found.sizes, wanted.sizes
        ));
    }
    let matched = matching_sizes(wanted, found, line, &mut details);
    Row::count(RULE, matched, wanted.sizes.len(), details)
}

/// An object may fill up the rest of its own last line; that is how a Rust
/// type asks for a line of its own.
fn matching_sizes(wanted: &Lines, found: &Lines, line: u64, details: &mut Vec<String>) -> usize {
    let mut matched = 0;
    for (wanted, found) in wanted.sizes.iter().zip(&found.sizes) {
        if (*wanted..=wanted.next_multiple_of(line)).contains(found) {
            matched += 1;
        } else {
            details.push(format!("an object of {found} bytes, not {wanted}"));
        }
    }
    matched
}

/// The lines in which two canonical texts differ.
fn difference(wanted: &str, found: &str) -> String {
    let mut text = String::new();
    for line in wanted
        .lines()
        .filter(|line| !found.lines().any(|other| other == *line))
    {
        text.push_str(&format!("\n  expected {}", line.trim_start()));
    }
    for line in found
        .lines()
        .filter(|line| !wanted.lines().any(|other| other == *line))
    {
        text.push_str(&format!("\n  found    {}", line.trim_start()));
    }
    if text.is_empty() {
        text.push_str(" the same fields in another order");
    }
    text
}
