//! `kt hosted`: a copy of an object that links into a Linux process.
//!
//! Sections and relocations stay byte for byte.  The OSABI becomes 0, and the
//! kernel functions whose names a C library also uses get a prefix: the string
//! table moves to the end of the file, where there is room for longer names.

use std::path::{Path, PathBuf};

use object::elf::{FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, SectionHeader as _, Sym as _};
use object::{FileKind, LittleEndian as LE};

use crate::config::{Config, Implementation};
use crate::error::{Error, Result};
use crate::files;
use crate::object_file;
use crate::oracle;

/// Kernel functions that libc has too, with other arguments.
const COLLIDING: &[&str] = &["malloc", "free", "printf"];
const PREFIX: &str = "fbsd_";
const OSABI_OFFSET: usize = 7;

/// Builds the object under test and its hosted copy; gives the copy's path.
pub fn build(config: &Config) -> Result<PathBuf> {
    let object = match config.implementation {
        Implementation::Rust => object_file::build(config)?,
        Implementation::C => oracle::build(config)?,
    };
    let copy = config
        .out
        .join("hosted")
        .join(object.file_name().unwrap_or_default());
    files::write(&copy, convert(&object)?)?;
    Ok(copy)
}

/// The hosted form of an object file.
pub fn convert(object: &Path) -> Result<Vec<u8>> {
    let bytes = files::read_bytes(object)?;
    let hosted = match FileKind::parse(&*bytes) {
        Ok(FileKind::Elf32) => host::<FileHeader32<LE>>(&bytes),
        _ => host::<FileHeader64<LE>>(&bytes),
    };
    hosted.map_err(|cause| Error::new(format!("{}: {cause}", object.display())))
}

/// The hosted form of an ELF object of 32 or 64 bits.
fn host<Header: FileHeader<Endian = LE>>(
    object: &[u8],
) -> std::result::Result<Vec<u8>, object::Error> {
    let header = Header::parse(object)?;
    let sections = header.sections(LE, object)?;
    let symbols = sections.symbols(LE, object, object::elf::SHT_SYMTAB)?;
    let mut strings = Vec::new();
    let mut renamed: Vec<(usize, usize)> = Vec::new();
    let string_section = &sections.section(symbols.string_section())?;
    strings.extend(string_section.data(LE, object)?);
    for (index, symbol) in symbols.enumerate() {
        let name = symbol.name(LE, symbols.strings())?;
        if symbol.is_undefined(LE) && COLLIDING.iter().any(|word| word.as_bytes() == name) {
            renamed.push((index.0, strings.len()));
            strings.extend(PREFIX.bytes());
            strings.extend(name);
            strings.push(0);
        }
    }
    let table_offset = offset(sections.section(symbols.section())?.sh_offset(LE));
    let string_header = offset(header.e_shoff(LE))
        + symbols.string_section().0 * size_of::<Header::SectionHeader>();

    let mut hosted = object.to_vec();
    hosted[OSABI_OFFSET] = object::elf::ELFOSABI_NONE.0;
    for (index, name) in renamed {
        // A symbol begins with its name, 32 bits in both classes.
        let place = table_offset + index * size_of::<Header::Sym>();
        put(&mut hosted, place, name, 4);
    }
    // A section's name and type, 32 bits each, stand before its flags, address,
    // offset and size, of the class's width each.
    let width = if header.is_type_64() { 8 } else { 4 };
    let strings_offset = hosted.len();
    put(
        &mut hosted,
        string_header + 8 + 2 * width,
        strings_offset,
        width,
    );
    put(
        &mut hosted,
        string_header + 8 + 3 * width,
        strings.len(),
        width,
    );
    hosted.extend(strings);
    Ok(hosted)
}

/// An offset in a file that is in memory.
fn offset<T: Into<u64>>(word: T) -> usize {
    word.into() as usize
}

/// Writes the low `width` bytes of a number, little end first.
fn put(bytes: &mut [u8], place: usize, number: usize, width: usize) {
    bytes[place..place + width].copy_from_slice(&number.to_le_bytes()[..width]);
}
