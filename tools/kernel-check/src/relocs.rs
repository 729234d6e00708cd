//! Rule on the relocations that a kernel applies to itself while it starts.
//!
//! It knows few types and can't say what it does not know: its console does
//! not work yet.  A reference through a table of addresses (GOTPCREL) is the
//! one that a compiler puts in unasked.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::image::{Image, Place, Reloc, Symbol};
use crate::machine::Purpose;
use crate::records;
use crate::report::{Report, Table};

/// All rules of this module; `own` are the addresses of the object's code.
pub fn check(image: &Image, own: &[Range<u64>]) -> Report {
    let mut report = Report::default();
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for reloc in &image.relocs {
        let ours = own.iter().any(|range| range.contains(&reloc.address));
        let kind = image.machine.reloc_name(reloc.kind);
        let count = counts.entry(kind).or_default();
        count.0 += 1;
        count.1 += usize::from(ours);
        if let Some(why) = fault(image, reloc) {
            report.problem(format!("{}: {why}", text(image, reloc)));
        }
    }
    let mut table = Table::new(
        format!(
            "relocations that the kernel applies itself: {}",
            image.relocs.len()
        ),
        &["type", "kernel", "the object's functions"],
    );
    for (kind, (all, ours)) in counts {
        table.push([kind, all.to_string(), ours.to_string()]);
    }
    report.tables.push(table);
    report
}

/// `type of symbol at place`.
pub fn text(image: &Image, reloc: &Reloc) -> String {
    let kind = image.machine.reloc_name(reloc.kind);
    let place = records::name(image, reloc.address);
    let of = reloc.symbol.as_ref().filter(|s| !s.name.is_empty());
    let of = of.map_or_else(String::new, |s| format!(" of {}", s.name));
    format!("{kind}{of} at {place}")
}

/// Why a kernel with this relocation does not come up.  One of a symbol that is
/// not there is told where undefined symbols are.
fn fault(image: &Image, reloc: &Reloc) -> Option<&'static str> {
    let symbol = reloc.symbol.as_ref();
    if symbol.is_some_and(|s| s.place == Place::Undefined && !s.is_weak() && !s.name.is_empty()) {
        return None;
    }
    match image.machine.purpose(reloc.kind) {
        None => Some("the kernel would not come up"),
        Some(Purpose::Relative | Purpose::Indirect) => None,
        Some(Purpose::Late) if symbol.is_some_and(Symbol::is_ifunc) => None,
        Some(Purpose::Late) => {
            Some("only functions that choose their body at boot may be left to it")
        }
    }
}
