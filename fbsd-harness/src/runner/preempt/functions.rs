//! The functions of the object under test: a file that the build writes beside
//! the program, a line each with address, size (both hexadecimal) and name.

use std::fs;

use crate::machine::step::Function;

/// Reads the file.
pub fn read(path: &str) -> Result<Vec<Function>, String> {
    let text = fs::read_to_string(path).map_err(|cause| format!("{path}: {cause}"))?;
    let functions: Option<Vec<Function>> = text.lines().map(function).collect();
    match functions {
        Some(functions) if !functions.is_empty() => Ok(functions),
        _ => Err(format!(
            "{path} is no list of functions: let make preempt write it"
        )),
    }
}

fn function(line: &str) -> Option<Function> {
    let mut words = line.splitn(3, ' ');
    let start = usize::from_str_radix(words.next()?, 16).ok()?;
    let size = usize::from_str_radix(words.next()?, 16).ok()?;
    Some(Function {
        code: start..start.checked_add(size)?,
        name: words.next()?.to_string(),
    })
}
