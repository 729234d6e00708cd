//! What a debugger reads in the object that ships: functions by C's names,
//! every instruction with its line, no path of the machine that built it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use addr2line::Context;
use gimli::{DebuggingInformationEntry, Dwarf, DwarfSections, EndianSlice, LittleEndian, Unit};
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SymbolKind};

use crate::support::default_object;

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// The object's exported functions, with where each begins and ends.
fn functions(file: &object::File) -> BTreeMap<String, (u64, u64)> {
    let exported = file.symbols().filter(|symbol| {
        symbol.is_global() && symbol.is_definition() && symbol.kind() == SymbolKind::Text
    });
    exported
        .map(|symbol| {
            let name = symbol.name().expect("a name").to_string();
            (name, (symbol.address(), symbol.address() + symbol.size()))
        })
        .collect()
}

/// A section as it is once the object is linked at address 0.
fn linked(file: &object::File, name: &str) -> Vec<u8> {
    let Some(section) = file.section_by_name(name) else {
        return Vec::new();
    };
    let mut data = section.data().expect("readable").to_vec();
    for (offset, relocation) in section.relocations() {
        let RelocationTarget::Symbol(index) = relocation.target() else {
            panic!("{name}: a relocation without a symbol");
        };
        let symbol = file.symbol_by_index(index).expect("a symbol");
        let value = symbol.address().wrapping_add_signed(relocation.addend());
        let bytes = usize::from(relocation.size() / 8);
        let at = usize::try_from(offset).expect("an offset");
        data[at..at + bytes].copy_from_slice(&value.to_le_bytes()[..bytes]);
    }
    data
}

fn debug_info(file: &object::File) -> DwarfSections<Vec<u8>> {
    DwarfSections::load(|section| Ok::<_, gimli::Error>(linked(file, section.name())))
        .expect("debug sections")
}

fn borrowed(sections: &DwarfSections<Vec<u8>>) -> Dwarf<Slice<'_>> {
    sections.borrow(|data| Slice::new(data, LittleEndian))
}

/// The text of an attribute.
fn text(
    dwarf: &Dwarf<Slice>,
    unit: &Unit<Slice>,
    entry: &DebuggingInformationEntry<Slice>,
    name: gimli::DwAt,
) -> Option<String> {
    let value = entry.attr_value(name)?;
    let text = dwarf.attr_string(unit, value).expect("a string");
    Some(text.to_string_lossy().into_owned())
}

/// One function as DWARF describes it.
struct Described {
    /// With what the linker calls it, if that is another name.
    names: (String, Option<String>),
    /// File and line of its definition.
    place: (String, u64),
}

/// The described functions by their address, and the files of the line table.
fn described(dwarf: &Dwarf<Slice>) -> (BTreeMap<u64, Described>, Vec<String>) {
    let mut units = dwarf.units();
    let header = units.next().expect("readable").expect("a unit");
    // ctfconvert and link-time optimisation both make this one.
    assert!(units.next().expect("readable").is_none(), "several units");
    // What every debugger and elftoolchain's libdwarf of FreeBSD 14 read.
    assert_eq!(header.version(), 4);
    let unit = dwarf.unit(header).expect("a unit");
    let lines = unit.line_program.clone().expect("a line table");
    let file_name = |index| {
        let file = lines.header().file(index).expect("a file");
        let directory = file.directory(lines.header()).expect("a folder");
        let part = |value| {
            let text = dwarf.attr_string(&unit, value).expect("a string");
            text.to_string_lossy().into_owned()
        };
        format!("{}/{}", part(directory), part(file.path_name()))
    };
    let files = (1..=lines.header().file_names().len() as u64).map(file_name);
    let files = files.collect();
    let mut found = BTreeMap::new();
    let mut entries = unit.entries();
    while let Some(entry) = entries.next_dfs().expect("readable") {
        if entry.tag() != gimli::DW_TAG_subprogram {
            continue;
        }
        let Some(gimli::AttributeValue::Addr(address)) = entry.attr_value(gimli::DW_AT_low_pc)
        else {
            continue;
        };
        let number = |name| {
            let value = entry.attr_value(name)?;
            match value {
                gimli::AttributeValue::FileIndex(index) => Some(index),
                other => other.udata_value(),
            }
        };
        let Some(name) = text(dwarf, &unit, entry, gimli::DW_AT_name) else {
            continue;
        };
        let linkage = text(dwarf, &unit, entry, gimli::DW_AT_linkage_name);
        let file = number(gimli::DW_AT_decl_file).expect("a file");
        let line = number(gimli::DW_AT_decl_line).expect("a line");
        let described = Described {
            names: (name, linkage),
            place: (file_name(file), line),
        };
        found.insert(address, described);
    }
    (found, files)
}

/// `break thread_single`, `list thread_single`: each exported function has C's
/// name and no other, and its place in the sources is where it is defined.
#[test]
fn functions_have_their_names_and_places() {
    let bytes = fs::read(default_object()).expect("built");
    let file = object::File::parse(&*bytes).expect("an object");
    let sections = debug_info(&file);
    let (described, _) = described(&borrowed(&sections));
    let functions = functions(&file);
    assert_eq!(functions.len(), 29);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (name, (start, _)) in functions {
        let found = &described[&start];
        assert_eq!(found.names, (name.clone(), None));
        let (file, line) = &found.place;
        let source = fs::read_to_string(root.join(file)).expect("a file of this project");
        let index = usize::try_from(*line).expect("a line") - 1;
        let line = source.lines().nth(index).expect("a line of it");
        assert!(
            line.contains(&format!("fn {name}(")),
            "{name}: {file}: {line}"
        );
    }
}

/// `addr2line -f -i`: from any instruction of an exported function through what
/// was inlined there out to that function.
#[test]
fn every_instruction_leads_to_its_function() {
    let bytes = fs::read(default_object()).expect("built");
    let file = object::File::parse(&*bytes).expect("an object");
    let sections = debug_info(&file);
    let context = Context::from_dwarf(borrowed(&sections)).expect("a context");
    let mut inlined = 0;
    for (name, (start, end)) in functions(&file) {
        for address in start..end {
            let mut frames = context
                .find_frames(address)
                .skip_all_loads()
                .expect("frames");
            let mut last = None;
            let mut depth = 0;
            while let Some(frame) = frames.next().expect("a frame") {
                let function = frame.function.expect("a function");
                last = Some(function.raw_name().expect("text").into_owned());
                let location = frame.location.expect("a place");
                assert!(location.file.is_some(), "{name}+{:#x}", address - start);
                depth += 1;
            }
            assert_eq!(
                last.as_deref(),
                Some(&*name),
                "{name}+{:#x}",
                address - start
            );
            inlined = inlined.max(depth);
        }
    }
    // The library is inlined into its exports: without these frames a place in
    // thread_single() would not say which part of it that is.
    assert!(inlined > 3, "{inlined} frames at most");
}

/// Debuggers look for `src/single.rs` where they are told to; nothing says
/// where this machine keeps it.
#[test]
fn paths_are_relative_to_the_sources() {
    let bytes = fs::read(default_object()).expect("built");
    let file = object::File::parse(&*bytes).expect("an object");
    let sections = debug_info(&file);
    let (_, files) = described(&borrowed(&sections));
    assert!(
        files.iter().any(|file| file.ends_with("src/single.rs")),
        "{files:?}"
    );
    for file in files {
        let known = ["src/", "./src/", "/rustc/", "/cargo/"];
        assert!(known.iter().any(|start| file.starts_with(start)), "{file}");
    }
}
