//! Rules on the functions and data that the object exports: there, once,
//! visible to modules, made by rustc, begun with a frame, and small on the
//! stack.

use std::collections::BTreeMap;

use kt_audit::{Frame, Rules};

use crate::code;
use crate::expected::Expected;
use crate::image::{Image, Symbol};
use crate::origin::{Maker, Origin};
use crate::report::{Report, Table};

/// Names of the compiler's own that a kernel also has, as functions that
/// choose their body at boot: a call of one from this object is a relocation
/// that C's object does not have.
const MEMORY: [&str; 5] = ["memcpy", "memmove", "memset", "memcmp", "bcmp"];

/// The tables of functions and what is wrong with them; `own` are all
/// functions of the object.
pub fn check(
    image: &Image,
    expected: &Expected,
    origins: &BTreeMap<String, Origin>,
    own: &[&Symbol],
) -> Report {
    let mut report = Report::default();
    let found: Vec<&Symbol> = expected
        .functions
        .iter()
        .filter_map(|name| exported(image, name, &mut report))
        .collect();
    let mut table = Table::new(
        format!(
            "functions: {} of {} of {}, {} bytes",
            found.len(),
            expected.functions.len(),
            expected.origin,
            bytes(&found)
        ),
        &["function", "address", "size", "frame", "made by", "told by"],
    );
    for (function, frame) in found.iter().zip(frames(image, &found, &mut report)) {
        let origin = &origins[&function.name];
        let maker = match origin.maker() {
            Some(Maker::Rust) => "rustc",
            Some(Maker::C) => "C",
            None => "?",
        };
        table.push([
            function.name.clone(),
            format!("{:#x}", function.value),
            function.size.to_string(),
            shown(frame),
            maker.to_owned(),
            origin.witnesses().to_owned(),
        ]);
    }
    report.tables.push(table);
    let local: Vec<&Symbol> = own.iter().copied().filter(|s| s.is_local()).collect();
    let largest = frames(image, &local, &mut report).into_iter().max();
    report.tables.push(Table::lines(format!(
        "local functions: {}, {} bytes, largest frame {}",
        local.len(),
        bytes(&local),
        shown(largest.flatten())
    )));
    makers(image, &found, origins, &mut report);
    data(image, expected, &mut report);
    report
}

fn bytes(functions: &[&Symbol]) -> u64 {
    functions.iter().map(|function| function.size).sum()
}

fn shown(frame: Option<u64>) -> String {
    frame.map_or_else(|| "-".into(), |bytes| bytes.to_string())
}

/// The size of each function's frame, and what is wrong with its code.
fn frames(image: &Image, functions: &[&Symbol], report: &mut Report) -> Vec<Option<u64>> {
    let limit = Rules::shipped().frame_limit;
    let frames = code::frames(image, functions);
    let mut sizes = Vec::new();
    for function in functions {
        let name = function.name.as_str();
        let home = image.section_at(function.value);
        if !function.is_func() || !home.is_some_and(|s| s.is_exec()) {
            report.problem(format!("{name} is not a function in code"));
        }
        let frame = frames.iter().find(|frame| frame.function == name);
        match frame {
            Some(Frame {
                fault: Some(fault), ..
            }) => report.problem(format!("{name}: {fault}")),
            Some(frame) if frame.bytes > limit => report.problem(format!(
                "{name} uses {} bytes of stack, at most {limit} are allowed",
                frame.bytes
            )),
            Some(_) => {}
            None => report.problem(format!("{name} has no code that can be read")),
        }
        sizes.push(frame.map(|frame| frame.bytes));
        for callee in code::callees(image, function) {
            let callee = image.symbol_at(callee).filter(|s| s.value == callee);
            if let Some(callee) = callee.filter(|s| MEMORY.contains(&s.name.as_str())) {
                report.problem(format!("{name} calls {}, which C's does not", callee.name));
            }
        }
    }
    sizes
}

/// The one exported definition of `name`.
fn exported<'a>(image: &'a Image, name: &str, report: &mut Report) -> Option<&'a Symbol> {
    let all: Vec<&Symbol> = image
        .symbols
        .iter()
        .filter(|s| s.name == name && s.is_placed())
        .collect();
    let mut global = all.iter().copied().filter(|s| !s.is_local());
    let Some(first) = global.next() else {
        report.problem(match all.first() {
            Some(local) => format!(
                "{name} is local to {}: modules can't link to it",
                image.file_of(local).unwrap_or("its object")
            ),
            None => format!("{name} is missing"),
        });
        return None;
    };
    if all.len() > 1 {
        report.problem(format!("{name} is defined {} times", all.len()));
    }
    if first.is_weak() {
        report.problem(format!(
            "{name} is weak: another object could take its place"
        ));
    }
    let visible = image
        .dynamic
        .iter()
        .any(|s| s.name == name && s.value == first.value);
    if first.hidden || (!image.dynamic.is_empty() && !visible) {
        report.problem(format!("{name} is hidden: modules can't link to it"));
    }
    Some(first)
}

/// Every function is rustc's, and somebody says so.
fn makers(
    image: &Image,
    found: &[&Symbol],
    origins: &BTreeMap<String, Origin>,
    report: &mut Report,
) {
    let mut silent = Vec::new();
    for function in found {
        let origin = &origins[&function.name];
        match (origin.maker(), &origin.symbols, &origin.unit) {
            (Some(Maker::Rust), ..) => {}
            (Some(Maker::C), Some((_, words)), _) | (Some(Maker::C), None, Some((_, words))) => {
                report.problem(format!("{} comes from C: {words}", function.name));
            }
            (None, Some((_, file)), Some((_, unit))) => report.problem(format!(
                "{} comes from {file} by its neighbours and from {unit} by its debug data",
                function.name
            )),
            _ => silent.push(function.name.as_str()),
        }
    }
    if silent.is_empty() {
        return;
    }
    let who = match silent.len() == found.len() {
        true => "the functions".to_owned(),
        false => silent.join(", "),
    };
    let why = match image.stripped {
        true => "the kernel is stripped (no .symtab, no DWARF): check kernel.full",
        false => "no local symbol beside them and no DWARF covers them",
    };
    report.problem(format!("nothing tells who made {who}: {why}"));
}

/// The exported data: once each, visible.
fn data(image: &Image, expected: &Expected, report: &mut Report) {
    let mut table = Table::new("exported data", &["symbol", "address", "size", "section"]);
    for name in &expected.data {
        let Some(symbol) = exported(image, name, report) else {
            continue;
        };
        if !symbol.is_object() {
            report.problem(format!("{name} is not a data object"));
        }
        let section = image.section_at(symbol.value);
        if !section.is_some_and(|s| s.is_write()) {
            report.problem(format!("{name} can't be written to"));
        }
        table.push([
            name.clone(),
            format!("{:#x}", symbol.value),
            symbol.size.to_string(),
            section.map(|s| s.name.clone()).unwrap_or_default(),
        ]);
    }
    report.tables.push(table);
}
