//! Rules on linker sets: the object's entries are there, once, in C's order
//! and side by side; no entry of any set points to nothing.

use crate::expected::Expected;
use crate::image::{Image, Section};
use crate::origin::{self, Maker};
use crate::records::{self, Fields, Local, SETS, Set};
use crate::report::{Report, Table};
use crate::tracepoints;

/// Sections with a set's name that hold data, not pointers to it.
const DATA_SETS: [&str; 3] = ["set_pcpu", "set_vnet", tracepoints::SET];
const PREFIX: &str = "set_";

/// The linker sets of a kernel that hold pointers.
pub fn pointer_sets(image: &Image) -> impl Iterator<Item = &Section> {
    image.sections.iter().filter(|s| {
        s.is_alloc() && s.name.starts_with(PREFIX) && !DATA_SETS.contains(&s.name.as_str())
    })
}

/// Where the entries of a set point to; an entry that can't be read is none.
pub fn targets(image: &Image, set: &Section) -> Vec<Option<u64>> {
    let slots = (set.address..set.address + set.size).step_by(image.pointer as usize);
    slots.map(|slot| image.pointer_at(slot)).collect()
}

/// All rules of this module.
pub fn check(image: &Image, expected: &Expected) -> Report {
    let mut report = Report::default();
    let mut counts = 0;
    let mut sets = 0;
    for section in pointer_sets(image) {
        sets += 1;
        for (index, target) in targets(image, section).into_iter().enumerate() {
            counts += 1;
            let wrong = match target {
                None => "can't be read",
                Some(0) => "is null",
                Some(target) if image.section_at(target).is_none() => "points outside the kernel",
                Some(_) => continue,
            };
            report.problem(format!("entry {index} of {} {wrong}", section.name));
        }
    }
    let mut table = Table::new(
        format!("linker sets: {counts} entries in {sets} sets, those of the object:"),
        &["set", "entry", "what it says"],
    );
    // Without local symbols nothing tells where a record ends.
    for set in SETS.iter().filter(|_| !image.stripped) {
        if let Some(wanted) = expected.sets.get(set.name) {
            own_entries(image, set, wanted, &mut table, &mut report);
        }
    }
    report.tables.push(table);
    report
}

/// Where the object's entries are in `set`: for each of `wanted`, its text and
/// the entries that say the same.
pub fn own_places(image: &Image, set: &Set, wanted: &[Fields]) -> Vec<(String, Vec<usize>)> {
    let Some(section) = image.section(set.name) else {
        return Vec::new();
    };
    let found: Vec<Option<String>> = targets(image, section)
        .into_iter()
        .map(|target| records::read(image, set, target?, Local::ByUse))
        .map(|fields| Some(records::text(&fields?, set.compared)))
        .collect();
    let places = wanted.iter().map(|wanted| {
        let wanted = records::text(wanted, set.compared);
        let same = |n: &usize| found[*n].as_ref() == Some(&wanted);
        let at = (0..found.len()).filter(same).collect();
        (wanted, at)
    });
    places.collect()
}

/// The entries of `set` that are the object's.
fn own_entries(
    image: &Image,
    set: &Set,
    wanted: &[Fields],
    table: &mut Table,
    report: &mut Report,
) {
    let name = set.name;
    let Some(section) = image.section(name) else {
        report.problem(format!("{name} is missing"));
        return;
    };
    let places = own_places(image, set, wanted);
    for (what, at) in &places {
        match at[..] {
            [] => report.problem(format!("{name} has no entry {what}")),
            [_] => {}
            _ => report.problem(format!("{name} has {} entries {what}", at.len())),
        }
        for at in at {
            table.push([name.to_owned(), at.to_string(), what.clone()]);
        }
    }
    let first: Vec<usize> = places
        .iter()
        .filter_map(|(_, at)| at.first().copied())
        .collect();
    if first.windows(2).any(|pair| pair[1] != pair[0] + 1) {
        let order: Vec<String> = first.iter().map(ToString::to_string).collect();
        report.problem(format!(
            "{name} has the object's entries at {}, not side by side in C's order",
            order.join(", ")
        ));
    }
    for (index, target) in targets(image, section).into_iter().enumerate() {
        let Some(symbol) = target.and_then(|target| image.symbol_at(target)) else {
            continue;
        };
        let ours = origin::maker_of(image, symbol) == Some(Maker::Rust);
        if ours && !places.iter().any(|(_, at)| at.contains(&index)) {
            report.problem(format!(
                "entry {index} of {name} is the Rust object's {} and C's object has no such entry",
                symbol.name
            ));
        }
    }
}
