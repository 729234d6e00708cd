//! `kt hosted`: a copy of an object that links into a Linux process.
//!
//! Sections and relocations stay byte for byte.  The OSABI becomes 0, and the
//! kernel functions whose names a C library also uses get a prefix: the string
//! table moves to the end of the file, where there is room for longer names.

use std::path::{Path, PathBuf};

use object::LittleEndian as LE;
use object::elf::{FileHeader64, SectionHeader64, Sym64};
use object::pod;
use object::read::elf::{FileHeader as _, SectionHeader as _, Sym as _};

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
    host(&files::read_bytes(object)?)
        .map_err(|cause| Error::new(format!("{}: {cause}", object.display())))
}

/// The hosted form of an ELF object.
fn host(object: &[u8]) -> std::result::Result<Vec<u8>, object::Error> {
    let header = FileHeader64::<LE>::parse(object)?;
    let sections = header.sections(LE, object)?;
    let symbols = sections.symbols(LE, object, object::elf::SHT_SYMTAB)?;
    let mut strings = Vec::new();
    let mut renamed: Vec<(usize, u32)> = Vec::new();
    let string_section = &sections.section(symbols.string_section())?;
    strings.extend(string_section.data(LE, object)?);
    for (index, symbol) in symbols.enumerate() {
        let name = symbol.name(LE, symbols.strings())?;
        if symbol.is_undefined(LE) && COLLIDING.iter().any(|word| word.as_bytes() == name) {
            renamed.push((index.0, strings.len() as u32));
            strings.extend(PREFIX.bytes());
            strings.extend(name);
            strings.push(0);
        }
    }
    let table_offset = sections.section(symbols.section())?.sh_offset(LE) as usize;
    let section_headers = header.e_shoff(LE) as usize;
    let string_header =
        section_headers + symbols.string_section().0 * size_of::<SectionHeader64<LE>>();

    let mut hosted = object.to_vec();
    hosted[OSABI_OFFSET] = object::elf::ELFOSABI_NONE.0;
    for (index, name) in renamed {
        let place = table_offset + index * size_of::<Sym64<LE>>();
        if let Ok((symbol, _)) = pod::from_bytes_mut::<Sym64<LE>>(&mut hosted[place..]) {
            symbol.st_name.set(LE, name);
        }
    }
    let strings_offset = hosted.len() as u64;
    if let Ok((section, _)) =
        pod::from_bytes_mut::<SectionHeader64<LE>>(&mut hosted[string_header..])
    {
        section.sh_offset.set(LE, strings_offset);
        section.sh_size.set(LE, strings.len() as u64);
    }
    hosted.extend(strings);
    Ok(hosted)
}
