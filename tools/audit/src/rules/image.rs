//! Rules on the file: its header, its sections, what it says of the machine
//! that built it.

use object::elf;

use crate::contract::Contract;
use crate::elf::{ALLOC, EXEC, Subject, TLS, WRITE};
use crate::report::Row;
use crate::rules::Rules;

/// Loaded sections that the kernel's linker script has a place for, by how
/// their names begin.
const KNOWN: [&str; 7] = [
    ".text",
    ".rodata",
    ".data",
    ".bss",
    "set_",
    ".note",
    ".eh_frame",
];

/// Sections that need run-time support no kernel has, by how their names
/// begin, and why.
const FORBIDDEN: [(&str, &str); 11] = [
    (".init", "nobody runs it"),
    (".fini", "nobody runs it"),
    (".ctors", "nobody runs it"),
    (".dtors", "nobody runs it"),
    (".tdata", "thread-local storage"),
    (".tbss", "thread-local storage"),
    (".got", "global offset table"),
    (".plt", "procedure linkage table"),
    (".gcc_except_table", "exception table"),
    (".eh_frame_hdr", "exception table"),
    (".preinit_array", "nobody runs it"),
];

/// All rows of this module.
pub fn rows(subject: &Subject, contract: &Contract, rules: &Rules) -> Vec<Row> {
    let mut rows = vec![header(subject, contract, rules), sections(subject)];
    rows.push(unwind(subject, contract));
    rows.push(stack_note(subject));
    rows.push(paths(subject, rules));
    rows
}

/// A relocatable FreeBSD object for the contract's machine.
fn header(subject: &Subject, contract: &Contract, rules: &Rules) -> Row {
    let machine = subject.machine.facts().name;
    let mut details = Vec::new();
    if machine != contract.machine {
        details.push(format!(
            "the object is for {machine}, the contract for {}",
            contract.machine
        ));
    }
    if subject.file_type != elf::ET_REL.0 {
        details.push(format!("e_type is {}, not relocatable", subject.file_type));
    }
    if let Some(osabi) = rules.osabi.filter(|osabi| *osabi != subject.osabi) {
        details.push(format!("OSABI is {}, not {osabi}", subject.osabi));
    }
    let found = format!(
        "{machine}, type {}, OSABI {}",
        subject.file_type, subject.osabi
    );
    let osabi = rules
        .osabi
        .map_or_else(|| "any".into(), |osabi| osabi.to_string());
    let expected = format!(
        "{}, type {}, OSABI {osabi}",
        contract.machine,
        elf::ET_REL.0
    );
    Row::limit("ELF header", found, expected, details)
}

/// Code is never writable, and nothing needs a run-time linker or start files.
fn sections(subject: &Subject) -> Row {
    let mut details = Vec::new();
    for section in subject.sections.iter().filter(|s| s.flags & ALLOC != 0) {
        let name = &section.name;
        if section.flags & (WRITE | EXEC) == WRITE | EXEC {
            details.push(format!("{name} is writable and executable"));
        }
        let text = name.starts_with(".text");
        if text != section.is_exec() {
            let is = if text { "not executable" } else { "executable" };
            details.push(format!("{name} is {is}"));
        }
        let forbidden = FORBIDDEN.iter().find(|(start, _)| name.starts_with(start));
        if let Some((_, why)) = forbidden {
            details.push(format!("{name}: {why}"));
        } else if section.flags & TLS != 0 {
            details.push(format!("{name}: thread-local storage"));
        } else if !KNOWN.iter().any(|start| name.starts_with(start)) {
            details.push(format!("{name}: not in the kernel's linker script"));
        }
    }
    Row::none("forbidden sections", details)
}

/// The kernel never unwinds by table.  A little `.eh_frame` does no harm, but
/// there is no reason to have what C has not.
fn unwind(subject: &Subject, contract: &Contract) -> Row {
    let tables = subject.sections.iter().filter(|s| s.name == ".eh_frame");
    let bytes: u64 = tables.map(|s| s.size).sum();
    let mut details = Vec::new();
    if bytes > 0 && !contract.unwind {
        details.push("the contract has no .eh_frame: build without unwind tables".into());
    }
    let expected = if contract.unwind {
        "none, or as C"
    } else {
        "none"
    };
    Row::limit(
        "unwind tables",
        format!("{bytes} bytes"),
        expected.into(),
        details,
    )
}

/// Without this note a linker may give the whole program an executable stack.
fn stack_note(subject: &Subject) -> Row {
    let (found, details) = match subject.section(".note.GNU-stack") {
        None => ("no note", vec!["missing section .note.GNU-stack".into()]),
        Some(note) if note.is_exec() => ("executable", vec!["the note asks for it".into()]),
        Some(_) => ("not executable", Vec::new()),
    };
    Row::limit("stack", found.into(), "not executable".into(), details)
}

/// Two builds in two directories must give the same bytes, so no directory
/// may appear in them.
fn paths(subject: &Subject, rules: &Rules) -> Row {
    let mut details = Vec::new();
    for section in &subject.sections {
        for path in rules.forbidden_paths.iter().filter(|path| !path.is_empty()) {
            let bytes = path.as_bytes();
            let Some(at) = section.data.windows(bytes.len()).position(|w| w == bytes) else {
                continue;
            };
            let from = section.data[..at]
                .iter()
                .rposition(|b| *b == 0)
                .map_or(0, |nul| nul + 1);
            let rest = &section.data[from..];
            let end = rest
                .iter()
                .position(|b| *b == 0)
                .unwrap_or(rest.len())
                .min(200);
            let text = String::from_utf8_lossy(&rest[..end]).into_owned();
            details.push(format!("{}: {text}", section.name));
        }
    }
    Row::none("build paths", details)
}
