//! Tables of numbers that a C probe leaves in an object file: pairs of 64-bit
//! words in a section of their own, read and never run.

use std::path::Path;

use object::{Object, ObjectSection};

use crate::error::{Error, Result, bail};
use crate::files;

const SECTION: &str = ".kt_table";

/// Reads the table of an object file.
pub fn read(path: &Path) -> Result<Vec<(u64, u64)>> {
    let bytes = files::read_bytes(path)?;
    let broken = |cause| Error::new(format!("{} is no object file: {cause}", path.display()));
    let file = object::File::parse(&*bytes).map_err(broken)?;
    let Some(section) = file.section_by_name(SECTION) else {
        bail!("{} has no section {SECTION}", path.display());
    };
    let data = section.data().map_err(broken)?;
    let words = data.chunks_exact(8).map(|chunk| {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    let words: Vec<u64> = words.collect();
    Ok(words
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .collect())
}
