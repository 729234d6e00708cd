//! Owns the reading of machine code in a linked kernel: what a function uses,
//! where its calls go, how deep its frame is.

use std::collections::BTreeSet;

use kt_audit::elf as audit_elf;
use kt_audit::{Frame, Subject};
use object::elf;

use crate::image::{Image, Symbol};
use crate::references::{self, References};

/// Where the calls of `function` go, and its jumps to other functions.
pub fn callees(image: &Image, function: &Symbol) -> BTreeSet<u64> {
    let own = function.value..function.value + function.size;
    let mut targets = references::of(image, function).code;
    targets.retain(|target| !own.contains(target));
    targets
}

/// Exported names and strings that `function` and the local functions it calls
/// refer to.
pub fn uses(image: &Image, function: &Symbol) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![function];
    while let Some(function) = open.pop() {
        if !seen.insert(function.value) {
            continue;
        }
        let References { code, data } = references::of(image, function);
        for address in code.into_iter().chain(data) {
            if let Some(string) = image.string(address) {
                names.insert(format!("{string:?}"));
                continue;
            }
            match image.symbol_at(address) {
                // A jump back to the start of a function is no use of another.
                Some(symbol) if symbol.value == function.value => {}
                Some(symbol) if !symbol.is_local() => {
                    names.insert(symbol.name.clone());
                }
                Some(symbol) if symbol.is_func() && symbol.value == address => open.push(symbol),
                _ => {}
            }
        }
    }
    names
}

/// The frames of `functions`, by name, as the audit of the object measures
/// them; none where the audit does not know the machine.
pub fn frames(image: &Image, functions: &[&Symbol]) -> Vec<Frame> {
    let Ok(machine) = kt_audit::machine::Machine::from_elf(image.machine.number()) else {
        return Vec::new();
    };
    let mut subject = Subject {
        path: image.path.clone(),
        machine,
        file_type: elf::ET_REL.0,
        osabi: 0,
        sections: Vec::new(),
        symbols: Vec::new(),
    };
    // A section for each function: the audit sees no code but theirs.
    for function in functions {
        let Some(bytes) = image.bytes(function.value, function.size) else {
            continue;
        };
        subject.symbols.push(audit_elf::Symbol {
            name: function.name.clone(),
            kind: elf::STT_FUNC.0,
            global: true,
            weak: false,
            hidden: false,
            place: audit_elf::Place::Section(subject.sections.len()),
            value: 0,
            size: function.size,
        });
        subject.sections.push(audit_elf::Section {
            name: ".text".into(),
            kind: elf::SHT_PROGBITS.0,
            flags: audit_elf::ALLOC | audit_elf::EXEC,
            size: function.size,
            align: 1,
            entsize: 0,
            data: bytes.to_vec(),
            relocs: Vec::new(),
        });
    }
    kt_audit::frames(&subject)
}
