//! Owns the reading of a linked kernel into plain tables.
//!
//! Every rule works on [`Image`], so `object` is named here, in `dwarf.rs` and
//! in `relocs.rs` alone.  Nothing of the file is trusted: whatever points
//! outside of it ends the reading with one line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kt_audit::Error;
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader, Rel, Rela, SectionHeader, Sym, SymbolTable};
use object::{Endianness, FileKind, SectionIndex, SymbolIndex};

use crate::machine::Machine;

/// A section, as the section header table describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Name.
    pub name: String,
    /// `sh_type`.
    pub kind: u32,
    /// `sh_flags`.
    pub flags: u64,
    /// `sh_addr`.
    pub address: u64,
    /// `sh_offset`.
    pub offset: u64,
    /// `sh_size`.
    pub size: u64,
}

impl Section {
    /// Whether the kernel loads it.
    pub fn is_alloc(&self) -> bool {
        self.flags & elf::SHF_ALLOC.0 != 0
    }

    /// Whether it is in the file.
    pub fn has_bytes(&self) -> bool {
        self.kind != elf::SHT_NOBITS.0
    }

    /// Whether it holds code.
    pub fn is_exec(&self) -> bool {
        self.flags & elf::SHF_EXECINSTR.0 != 0
    }

    /// Whether it can be written to.
    pub fn is_write(&self) -> bool {
        self.flags & elf::SHF_WRITE.0 != 0
    }

    fn holds(&self, address: u64) -> bool {
        self.is_alloc() && address >= self.address && address - self.address < self.size
    }
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// `p_type`.
    pub kind: u32,
    /// `p_flags`.
    pub flags: u32,
    /// Bytes in memory.
    pub size: u64,
}

/// Where a symbol lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: the linker has not found it.
    Undefined,
    /// A number, or a place that the linker script has made up.
    Absolute,
    /// In the section with this index.
    Section(usize),
}

/// A symbol-table entry.
#[derive(Debug, Clone)]
pub struct Symbol {
    /// Name.
    pub name: String,
    /// `STT_*`.
    pub kind: u8,
    /// `STB_*`.
    pub bind: u8,
    /// Other than `STV_DEFAULT`.
    pub hidden: bool,
    /// Where it is defined.
    pub place: Place,
    /// Address.
    pub value: u64,
    /// Size in bytes.
    pub size: u64,
    /// Index into [`Image::files`] of the object that a local symbol is from.
    pub file: Option<usize>,
}

impl Symbol {
    /// Whether it is a function, one that chooses its body at boot included.
    pub fn is_func(&self) -> bool {
        self.kind == elf::STT_FUNC.0 || self.is_ifunc()
    }

    /// Whether it chooses its body at boot.
    pub fn is_ifunc(&self) -> bool {
        self.kind == elf::STT_GNU_IFUNC.0
    }

    /// Whether it is a data object.
    pub fn is_object(&self) -> bool {
        self.kind == elf::STT_OBJECT.0
    }

    /// `STB_LOCAL`.
    pub fn is_local(&self) -> bool {
        self.bind == elf::STB_LOCAL.0
    }

    /// `STB_WEAK`.
    pub fn is_weak(&self) -> bool {
        self.bind == elf::STB_WEAK.0
    }

    /// Whether it is defined in a section.
    pub fn is_placed(&self) -> bool {
        matches!(self.place, Place::Section(_))
    }
}

/// A relocation that the kernel applies to itself while it starts.
#[derive(Debug, Clone)]
pub struct Reloc {
    /// The address that it changes.
    pub address: u64,
    /// Machine-specific type.
    pub kind: u32,
    /// The symbol that it names.
    pub symbol: Option<Symbol>,
    /// Addend, where the entry has one.
    pub addend: Option<i64>,
}

/// A linked kernel.
#[derive(Debug)]
pub struct Image {
    /// Where it was read from.
    pub path: PathBuf,
    /// Machine.
    pub machine: Machine,
    /// Bytes of a pointer.
    pub pointer: u64,
    /// Sections; index 0 is the null section.
    pub sections: Vec<Section>,
    /// Segments.
    pub segments: Vec<Segment>,
    /// `.symtab`, or `.dynsym` in a kernel that was stripped of it.
    pub symbols: Vec<Symbol>,
    /// `.dynsym`: what modules link to.
    pub dynamic: Vec<Symbol>,
    /// Whether there is no `.symtab`.
    pub stripped: bool,
    /// Names of the objects that local symbols are from (`STT_FILE`).
    pub files: Vec<String>,
    /// Relocations in loaded sections.
    pub relocs: Vec<Reloc>,
    /// The whole file.
    pub data: Vec<u8>,
    /// The whole file with the debug data, when it is another.
    debug: Option<Vec<u8>>,
    /// Defined symbols with a place, by address.
    by_address: Vec<usize>,
    /// Pointers that self-relocation fills in.
    relative: BTreeMap<u64, u64>,
}

impl Image {
    /// Reads the kernel at `path`.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let data = std::fs::read(path).map_err(|e| {
            Error::new(format!(
                "cannot read {}: {e}: give a kernel that has been built",
                path.display()
            ))
        })?;
        Self::parse(path, data)
    }

    /// Reads a kernel held in memory; `path` is what messages call it.
    pub fn parse(path: &Path, data: Vec<u8>) -> Result<Self, Error> {
        let shown = path.display();
        let parsed = match FileKind::parse(&*data) {
            Ok(FileKind::Elf64) => Self::parse_elf::<FileHeader64<Endianness>>(path, &data),
            Ok(FileKind::Elf32) => Self::parse_elf::<FileHeader32<Endianness>>(path, &data),
            _ => {
                return Err(Error::new(format!(
                    "{shown} is not an ELF file: give the kernel, kernel.full or kernel.debug of a build"
                )));
            }
        };
        let mut image = parsed.map_err(|why| {
            Error::new(format!(
                "{shown} cannot be read as a kernel: {why}: build or copy it again"
            ))
        })?;
        image.data = data;
        image.demand_kernel()?;
        Ok(image)
    }

    fn parse_elf<Elf>(path: &Path, data: &[u8]) -> Result<Self, String>
    where
        Elf: FileHeader<Endian = Endianness>,
    {
        let text = |e: object::read::Error| format!("{e} (is it complete?)");
        let header = Elf::parse(data).map_err(text)?;
        let endian = header.endian().map_err(text)?;
        let machine = Machine::from_elf(header.e_machine(endian).0)?;
        if header.e_type(endian) == elf::ET_REL {
            return Err("it is an object that has not been linked".into());
        }
        let table = header.sections(endian, data).map_err(text)?;
        let mut sections = Vec::new();
        for header in table.iter() {
            let name = table.section_name(endian, header).map_err(text)?;
            let section = Section {
                name: String::from_utf8_lossy(name).into_owned(),
                kind: header.sh_type(endian).0,
                flags: header.sh_flags(endian).0,
                address: header.sh_addr(endian).into(),
                offset: header.sh_offset(endian).into(),
                size: header.sh_size(endian).into(),
            };
            let end = section.offset.checked_add(section.size);
            if section.kind != elf::SHT_NULL.0
                && section.has_bytes()
                && end.is_none_or(|end| end > data.len() as u64)
            {
                return Err(format!(
                    "it is truncated, section {} ends outside of it",
                    section.name
                ));
            }
            if section.address.checked_add(section.size).is_none() {
                return Err(format!("section {} has no end", section.name));
            }
            sections.push(section);
        }
        let program = header.program_headers(endian, data).map_err(text)?;
        let segments = program.iter().map(|segment| Segment {
            kind: segment.p_type(endian).0,
            flags: segment.p_flags(endian).0,
            size: segment.p_memsz(endian).into(),
        });
        let segments = segments.collect();

        let static_table = table.symbols(endian, data, elf::SHT_SYMTAB).map_err(text)?;
        let dynamic_table = table.symbols(endian, data, elf::SHT_DYNSYM).map_err(text)?;
        let mut files = Vec::new();
        let mut symbols = symbols_of::<Elf>(endian, &static_table, &mut files)?;
        let dynamic = symbols_of::<Elf>(endian, &dynamic_table, &mut Vec::new())?;
        let endless = |s: &&Symbol| s.value.checked_add(s.size).is_none();
        if let Some(symbol) = symbols.iter().chain(&dynamic).find(endless) {
            return Err(format!("symbol {} has no end", symbol.name));
        }
        let stripped = symbols.is_empty();
        if stripped {
            symbols.clone_from(&dynamic);
        }

        let mut relocs = Vec::new();
        for (header, section) in table.iter().zip(&sections) {
            if !section.is_alloc() {
                continue;
            }
            let named =
                |index: Option<SymbolIndex>| index.and_then(|index| dynamic.get(index.0).cloned());
            if let Some((entries, _)) = header.rela(endian, data).map_err(text)? {
                relocs.extend(entries.iter().map(|entry| Reloc {
                    address: entry.r_offset(endian).into(),
                    kind: entry.r_type(endian, false).0,
                    symbol: named(entry.symbol(endian, false)),
                    addend: Some(entry.r_addend(endian).into()),
                }));
            }
            if let Some((entries, _)) = header.rel(endian, data).map_err(text)? {
                relocs.extend(entries.iter().map(|entry| Reloc {
                    address: entry.r_offset(endian).into(),
                    kind: entry.r_type(endian).0,
                    symbol: named(entry.symbol(endian)),
                    addend: None,
                }));
            }
        }
        let relative = relocs
            .iter()
            .filter(|r| machine.is_relative(r.kind))
            .filter_map(|r| Some((r.address, r.addend? as u64)))
            .collect();
        let mut by_address: Vec<usize> = (0..symbols.len())
            .filter(|index| symbols[*index].is_placed() && !symbols[*index].name.is_empty())
            .collect();
        by_address.sort_by_key(|index| (symbols[*index].value, *index));
        Ok(Self {
            path: path.to_path_buf(),
            machine,
            pointer: if header.is_class_64() { 8 } else { 4 },
            sections,
            segments,
            symbols,
            dynamic,
            stripped,
            files,
            relocs,
            data: Vec::new(),
            debug: None,
            by_address,
            relative,
        })
    }

    /// The assembler start of every FreeBSD kernel defines `kernbase`; the
    /// name of its entry depends on the machine.
    fn demand_kernel(&self) -> Result<(), Error> {
        for name in ["kernbase", self.machine.entry()] {
            if !self.symbols.iter().any(|s| s.name == name) {
                return Err(Error::new(format!(
                    "{} is not a FreeBSD kernel: it has no symbol {name}: \
                     give the kernel, kernel.full or kernel.debug of a build",
                    self.path.display()
                )));
            }
        }
        Ok(())
    }

    /// The defined symbols called `name`.
    pub fn defined<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Symbol> {
        self.symbols
            .iter()
            .filter(move |s| s.name == name && s.place != Place::Undefined)
    }

    /// The section called `name`.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.name == name)
    }

    /// The loaded section at `address`.
    pub fn section_at(&self, address: u64) -> Option<&Section> {
        self.sections.iter().find(|s| s.holds(address))
    }

    /// Named places by rising address.
    pub fn places(&self) -> impl DoubleEndedIterator<Item = &Symbol> {
        self.by_address.iter().map(|index| &self.symbols[*index])
    }

    /// The symbol that begins at or covers `address`; a function or object
    /// before a label, an exported one before others.
    pub fn symbol_at(&self, address: u64) -> Option<&Symbol> {
        /// Objects that overlap, such as an array and its parts, are few.
        const NEAR: usize = 64;
        let to = self
            .by_address
            .partition_point(|index| self.symbols[*index].value <= address);
        self.by_address[to.saturating_sub(NEAR)..to]
            .iter()
            .map(|index| &self.symbols[*index])
            .filter(|s| s.value == address || address - s.value < s.size)
            .min_by_key(|s| {
                let label = !(s.is_func() || s.is_object());
                (label, u64::MAX - s.value, s.is_local())
            })
    }

    /// `size` bytes at `address`, where the file has them.
    pub fn bytes(&self, address: u64, size: u64) -> Option<&[u8]> {
        let section = self.section_at(address)?;
        let from = address - section.address;
        if !section.has_bytes() || from.checked_add(size)? > section.size {
            return None;
        }
        let from = usize::try_from(section.offset.checked_add(from)?).ok()?;
        self.data.get(from..from.checked_add(size as usize)?)
    }

    /// The little-endian number of `size` bytes at `address`.
    pub fn number(&self, address: u64, size: u64) -> Option<u64> {
        let bytes = self.bytes(address, size)?.iter().rev();
        Some(bytes.fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// The pointer at `address`, as it is once the kernel has relocated itself.
    pub fn pointer_at(&self, address: u64) -> Option<u64> {
        match self.relative.get(&address) {
            Some(target) => Some(*target),
            None => self.number(address, self.pointer),
        }
    }

    /// The printable NUL-terminated string in read-only data at `address`.
    pub fn string(&self, address: u64) -> Option<&str> {
        let section = self.section_at(address)?;
        if section.is_write() || section.is_exec() {
            return None;
        }
        let rest = self.bytes(address, section.size - (address - section.address))?;
        let bytes = &rest[..rest.iter().position(|byte| *byte == 0)?];
        let printable = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
        bytes
            .iter()
            .all(printable)
            .then(|| str::from_utf8(bytes).unwrap_or_default())
    }

    /// The file that holds the debug data.
    pub fn debug_data(&self) -> &[u8] {
        self.debug.as_deref().unwrap_or(&self.data)
    }

    /// Takes the debug data of `other`, and its symbols if they tell more.
    pub fn take_debug(&mut self, other: Self) {
        if self.stripped || (self.files.is_empty() && !other.files.is_empty()) {
            self.stripped = other.stripped;
            self.symbols = other.symbols;
            self.files = other.files;
            self.by_address = other.by_address;
        }
        self.debug = Some(other.data);
    }

    /// The object that a local symbol is from.
    pub fn file_of(&self, symbol: &Symbol) -> Option<&str> {
        symbol.file.map(|file| self.files[file].as_str())
    }
}

/// All entries of a symbol table; entries of type `STT_FILE` go to `files`.
fn symbols_of<Elf>(
    endian: Endianness,
    table: &SymbolTable<'_, Elf>,
    files: &mut Vec<String>,
) -> Result<Vec<Symbol>, String>
where
    Elf: FileHeader<Endian = Endianness>,
{
    let text = |e: object::read::Error| format!("{e} (is it complete?)");
    let mut symbols = Vec::with_capacity(table.len());
    for (index, symbol) in table.enumerate() {
        let section = table.symbol_section(endian, symbol, index).map_err(text)?;
        let name = table.symbol_name(endian, symbol).map_err(text)?;
        let name = String::from_utf8_lossy(name).into_owned();
        let local = symbol.is_local();
        if symbol.st_type() == elf::STT_FILE {
            files.push(name.clone());
        }
        symbols.push(Symbol {
            name,
            kind: symbol.st_type().0,
            bind: symbol.st_bind().0,
            hidden: symbol.st_visibility() != elf::STV_DEFAULT,
            place: match section {
                Some(SectionIndex(index)) => Place::Section(index),
                None if symbol.is_undefined(endian) => Place::Undefined,
                None => Place::Absolute,
            },
            value: symbol.st_value(endian).into(),
            size: symbol.st_size(endian).into(),
            file: files.len().checked_sub(1).filter(|_| local),
        });
    }
    Ok(symbols)
}
