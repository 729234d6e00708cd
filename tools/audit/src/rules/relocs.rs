//! Rule on relocations: only those that the kernel's linker and its
//! self-relocation are known to take.
//!
//! A GOT reference in particular leaves a dynamic relocation in a kernel
//! linked with `-z ifunc-noplt`, and that kernel dies before its console works.

use object::elf;

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
            let kind = name_of(reloc.kind);
            let place = subject.location(index, reloc.offset);
            details.push(format!("{kind} of {} at {place}", symbol.name));
        }
    }
    vec![Row::none("forbidden relocations", details)]
}

/// Names of the types that compilers are likely to emit.
fn name_of(kind: u32) -> String {
    let name = match elf::RelocationType(kind) {
        elf::R_X86_64_32 => "32",
        elf::R_X86_64_GOT32 => "GOT32",
        elf::R_X86_64_GOTPCREL => "GOTPCREL",
        elf::R_X86_64_GOTPCRELX => "GOTPCRELX",
        elf::R_X86_64_REX_GOTPCRELX => "REX_GOTPCRELX",
        elf::R_X86_64_TPOFF32 => "TPOFF32",
        elf::R_X86_64_GOTTPOFF => "GOTTPOFF",
        elf::R_X86_64_TLSGD => "TLSGD",
        elf::R_X86_64_PC64 => "PC64",
        other => return format!("type {}", other.0),
    };
    format!("R_X86_64_{name}")
}
