//! Rule on relocations: only those that the kernel's linker and its
//! self-relocation are known to take.
//!
//! A GOT reference in particular leaves a dynamic relocation in a kernel
//! linked with `-z ifunc-noplt`, and that kernel dies before its console works.

use crate::elf::Subject;
use crate::report::Row;

/// Sections whose relocations the kernel never applies itself.
const UNWIND: &str = ".eh_frame";

/// All rows of this module.
pub fn rows(subject: &Subject) -> Vec<Row> {
    let facts = subject.machine.facts();
    let mut details = Vec::new();
    let loaded = |name: &str, alloc: bool| alloc && name != UNWIND;
    for (index, section) in subject.sections.iter().enumerate() {
        if !loaded(&section.name, section.is_alloc()) {
            continue;
        }
        for reloc in section
            .relocs
            .iter()
            .filter(|r| facts.reloc(r.kind).is_none())
        {
            let symbol = &subject.symbols[reloc.symbol];
            let kind = facts.reloc_name(reloc.kind);
            let place = subject.location(index, reloc.offset);
            details.push(format!("{kind} of {} at {place}", symbol.name));
        }
    }
    vec![Row::none("forbidden relocations", details)]
}
