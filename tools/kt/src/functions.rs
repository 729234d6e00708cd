//! The functions of the object in a program that was linked with it, for
//! whoever steps through them: a line each with address, size (hexadecimal)
//! and name.

use std::fmt::Write as _;
use std::path::Path;

use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};

use crate::error::{Error, Result, bail};
use crate::files;

/// An exported function, by which the object's code is found in the program.
const LANDMARK: &str = "tdfind";

/// The list for `object`, the hosted object that `program` was linked with.
pub fn list(object: &Path, program: &Path) -> Result<String> {
    let offset = landmark(object)?;
    let address = landmark(program)?;
    let bytes = files::read_bytes(object)?;
    let file = parse(object, &bytes)?;
    let text = file.section_by_name(".text").map(|section| section.index());
    let mut functions: Vec<(u64, u64, String)> = file
        .symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.is_definition())
        .filter(|symbol| symbol.section_index() == text)
        .map(|symbol| {
            let start = address - offset + symbol.address();
            let name = symbol.name().unwrap_or_default();
            (start, symbol.size(), readable(name))
        })
        .collect();
    functions.sort();
    let mut lines = String::new();
    for (start, size, name) in functions {
        let _ = writeln!(lines, "{start:x} {size:x} {name}");
    }
    Ok(lines)
}

/// The address of [`LANDMARK`].
fn landmark(path: &Path) -> Result<u64> {
    let bytes = files::read_bytes(path)?;
    let file = parse(path, &bytes)?;
    match file
        .symbols()
        .find(|symbol| symbol.is_definition() && symbol.name() == Ok(LANDMARK))
    {
        Some(symbol) => Ok(symbol.address()),
        None => bail!(
            "{} has no function {LANDMARK}: run make clean, then again",
            path.display()
        ),
    }
}

fn parse<'a>(path: &Path, bytes: &'a [u8]) -> Result<object::File<'a>> {
    object::File::parse(bytes)
        .map_err(|cause| Error::new(format!("{} is no object file: {cause}", path.display())))
}

/// A function's name without its crate.
pub fn readable(name: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(name));
    name.replace("kern_thread::", "")
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn names_are_for_readers() {
        let mangled = "_RNvNtCs88ulWWroJGa_11kern_thread4reap11reap_domain";
        assert_eq!(readable(mangled), "reap::reap_domain");
        assert_eq!(readable("tdfind"), "tdfind");
    }
}
