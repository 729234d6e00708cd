//! What the objects take: sections, the largest stack frame, memory.

use std::path::Path;

use kt_audit::{Frame, Subject};

use super::figures::Size;
use crate::error::{Error, Result};
use crate::functions;

/// The section of the code.
pub const TEXT: &str = ".text";
/// Sections by what their names begin with.
const SECTIONS: &[&str] = &[TEXT, ".rodata", ".data", ".bss"];

/// Compares two object files.
pub fn of_objects(c: &Path, rust: &Path) -> Result<Vec<Size>> {
    let (c, rust) = (read(c)?, read(rust)?);
    let mut sizes: Vec<Size> = SECTIONS
        .iter()
        .map(|name| Size {
            name: name.to_string(),
            c: section(&c, name),
            rust: section(&rust, name),
            note: String::new(),
        })
        .collect();
    let (of_c, of_rust) = (largest(&c), largest(&rust));
    sizes.push(Size {
        name: "largest stack frame".to_string(),
        c: of_c.bytes,
        rust: of_rust.bytes,
        note: format!(
            "{}, {}",
            of_c.function,
            functions::readable(&of_rust.function)
        ),
    });
    Ok(sizes)
}

/// What the objects have asked the kernel for with a million threads allowed.
pub fn of_memory(c: u64, rust: u64) -> Size {
    Size {
        name: MEMORY.to_string(),
        c,
        rust,
        note: String::new(),
    }
}

/// The name of that size.
const MEMORY: &str = "memory at maxthread = 1,000,000";

fn read(path: &Path) -> Result<Subject> {
    Subject::read(path).map_err(|cause| Error::new(cause.to_string()))
}

/// Bytes of the sections that the kernel loads and that have this name, or go
/// on with a dot after it.
fn section(object: &Subject, name: &str) -> u64 {
    let named = |full: &str| {
        full.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let sections = object.sections.iter();
    sections
        .filter(|section| section.is_alloc() && named(&section.name))
        .map(|section| section.size)
        .sum()
}

fn largest(object: &Subject) -> Frame {
    let frames = kt_audit::frames(object).into_iter();
    frames.max_by_key(|frame| frame.bytes).unwrap_or(Frame {
        function: "none".to_string(),
        bytes: 0,
        fault: None,
    })
}
