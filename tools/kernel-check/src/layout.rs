//! Rules on sections and segments: nothing writable and executable, no unwind
//! table that speaks of the object; and the sizes.

use std::ops::Range;

use object::elf;

use crate::dwarf;
use crate::image::Image;
use crate::report::{Report, Table};

/// All rules of this module; `own` are the addresses of the object's code.
pub fn check(image: &Image, own: &[Range<u64>]) -> Report {
    let mut report = Report::default();
    let mut table = Table::new("segments", &["type", "flags", "bytes"]);
    for segment in &image.segments {
        let flags = letters(segment.flags);
        if segment.kind == elf::PT_LOAD.0 && flags.contains('W') && flags.contains('E') {
            report.problem(format!(
                "a segment of {} bytes is writable and executable",
                segment.size
            ));
        }
        table.push([kind(segment.kind), flags, segment.size.to_string()]);
    }
    report.tables.push(table);
    let mut table = Table::new("loaded sections", &["section", "flags", "bytes"]);
    for section in image.sections.iter().filter(|s| s.is_alloc()) {
        if section.is_write() && section.is_exec() {
            report.problem(format!(
                "section {} is writable and executable",
                section.name
            ));
        }
        table.push([
            section.name.clone(),
            section_letters(section.flags),
            section.size.to_string(),
        ]);
    }
    report.tables.push(table);
    for address in dwarf::unwound(image, own) {
        report.problem(format!(
            ".eh_frame speaks of {}: the object must bring no unwind table",
            crate::records::name(image, address)
        ));
    }
    report
}

/// `p_flags` as readelf(1) shows them.
pub fn letters(flags: u32) -> String {
    let letter = |bit: u32, letter: char| if flags & bit != 0 { letter } else { ' ' };
    let letters = [
        letter(elf::PF_R.0, 'R'),
        letter(elf::PF_W.0, 'W'),
        letter(elf::PF_X.0, 'E'),
    ];
    letters.iter().collect::<String>().trim().to_owned()
}

/// `sh_flags` as readelf(1) shows those that a kernel has.
pub fn section_letters(flags: u64) -> String {
    let letters = [
        (elf::SHF_WRITE.0, 'W'),
        (elf::SHF_ALLOC.0, 'A'),
        (elf::SHF_EXECINSTR.0, 'X'),
        (elf::SHF_MERGE.0, 'M'),
        (elf::SHF_STRINGS.0, 'S'),
    ];
    letters
        .iter()
        .filter(|(bit, _)| flags & *bit != 0)
        .map(|(_, letter)| *letter)
        .collect()
}

/// Name of a segment's type.
pub fn kind(kind: u32) -> String {
    match elf::ProgramType(kind) {
        elf::PT_LOAD => "LOAD".into(),
        elf::PT_DYNAMIC => "DYNAMIC".into(),
        elf::PT_INTERP => "INTERP".into(),
        elf::PT_NOTE => "NOTE".into(),
        elf::PT_PHDR => "PHDR".into(),
        elf::PT_GNU_STACK => "GNU_STACK".into(),
        elf::PT_GNU_RELRO => "GNU_RELRO".into(),
        elf::PT_GNU_EH_FRAME => "GNU_EH_FRAME".into(),
        elf::PT_TLS => "TLS".into(),
        other => format!("{:#x}", other.0),
    }
}
