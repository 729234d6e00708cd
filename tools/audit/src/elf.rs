//! Owns the reading of an ELF relocatable object into plain tables.
//!
//! Every rule works on [`Subject`], so `object` is named here and nowhere
//! else.  Raw section types, flags and relocation numbers are kept: the rules
//! are about exactly those numbers.

use std::path::{Path, PathBuf};

use object::elf;
use object::read::elf::{FileHeader, Rel, Rela, SectionHeader, Sym};
use object::{Endianness, FileKind, SymbolIndex};

use crate::Error;
use crate::machine::Machine;

/// Section is loaded (`SHF_ALLOC`).
pub const ALLOC: u64 = 0x2;
/// Section is writable (`SHF_WRITE`).
pub const WRITE: u64 = 0x1;
/// Section is executable (`SHF_EXECINSTR`).
pub const EXEC: u64 = 0x4;
/// Section may be merged by the linker (`SHF_MERGE`).
pub const MERGE: u64 = 0x10;
/// Section holds NUL-terminated strings (`SHF_STRINGS`).
pub const STRINGS: u64 = 0x20;
/// Section holds thread-local storage (`SHF_TLS`).
pub const TLS: u64 = 0x400;
/// `#[used]` and C's `retain` attribute set this (`SHF_GNU_RETAIN`).
pub const RETAIN: u64 = 0x20_0000;

/// A section as the object's section header table describes it.
#[derive(Debug, Clone)]
pub struct Section {
    /// Name.
    pub name: String,
    /// `sh_type`.
    pub kind: u32,
    /// `sh_flags`.
    pub flags: u64,
    /// `sh_size`.
    pub size: u64,
    /// `sh_addralign`.
    pub align: u64,
    /// `sh_entsize`.
    pub entsize: u64,
    /// Contents; empty for `SHT_NOBITS`.
    pub data: Vec<u8>,
    /// Relocations that apply to this section, by rising offset.
    pub relocs: Vec<Reloc>,
}

impl Section {
    /// Whether the kernel loads it.
    pub fn is_alloc(&self) -> bool {
        self.flags & ALLOC != 0
    }

    /// Whether it holds code.
    pub fn is_exec(&self) -> bool {
        self.flags & EXEC != 0
    }

    /// Whether it occupies no space in the file (`.bss`).
    pub fn is_nobits(&self) -> bool {
        self.kind == elf::SHT_NOBITS.0
    }

    /// The addend that a relocation without one finds at `offset`: 32 bits.
    fn word_at(&self, offset: u64) -> i64 {
        let bytes = usize::try_from(offset)
            .ok()
            .and_then(|at| self.data.get(at..at.checked_add(4)?));
        bytes.map_or(0, |b| {
            i64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        })
    }

    /// The relocation at exactly `offset`.
    pub fn reloc_at(&self, offset: u64) -> Option<&Reloc> {
        let at = self.relocs.partition_point(|r| r.offset < offset);
        self.relocs.get(at).filter(|r| r.offset == offset)
    }

    /// The relocations in `range`.
    pub fn relocs_in(&self, range: std::ops::Range<u64>) -> &[Reloc] {
        let from = self.relocs.partition_point(|r| r.offset < range.start);
        let to = self.relocs.partition_point(|r| r.offset < range.end);
        &self.relocs[from..to]
    }

    /// Flags as letters (`WA`, `AX`, ...), with `SHF_GNU_RETAIN` left out.
    pub fn flag_letters(&self) -> String {
        const LETTERS: [(u64, char); 8] = [
            (WRITE, 'W'),
            (ALLOC, 'A'),
            (EXEC, 'X'),
            (MERGE, 'M'),
            (STRINGS, 'S'),
            (0x80, 'L'),
            (0x200, 'G'),
            (TLS, 'T'),
        ];
        LETTERS
            .iter()
            .filter(|(bit, _)| self.flags & bit != 0)
            .map(|(_, letter)| letter)
            .collect()
    }

    /// `sh_type` by name where it is one that a kernel object may have.
    pub fn kind_name(&self) -> String {
        match elf::SectionType(self.kind) {
            elf::SHT_PROGBITS => "PROGBITS".into(),
            elf::SHT_NOBITS => "NOBITS".into(),
            elf::SHT_NOTE => "NOTE".into(),
            other => format!("{:#x}", other.0),
        }
    }
}

/// A relocation.
#[derive(Debug, Clone)]
pub struct Reloc {
    /// Where in the section it applies.
    pub offset: u64,
    /// Machine-specific type.
    pub kind: u32,
    /// Index into [`Subject::symbols`].
    pub symbol: usize,
    /// Addend, wherever the file has it.
    pub addend: i64,
}

/// Where a symbol lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Defined elsewhere.
    Undefined,
    /// A number, not an address.
    Absolute,
    /// Allocated by the linker (`SHN_COMMON`).
    Common,
    /// In the section with this index.
    Section(usize),
}

/// A symbol-table entry.
#[derive(Debug, Clone)]
pub struct Symbol {
    /// Name; empty for section symbols.
    pub name: String,
    /// `STT_*`.
    pub kind: u8,
    /// `STB_LOCAL` is false, `STB_GLOBAL` and `STB_WEAK` are true.
    pub global: bool,
    /// `STB_WEAK`.
    pub weak: bool,
    /// Other than `STV_DEFAULT`: lost to modules once the kernel is linked.
    pub hidden: bool,
    /// Where it is defined.
    pub place: Place,
    /// Offset in its section.
    pub value: u64,
    /// Size in bytes.
    pub size: u64,
}

impl Symbol {
    /// Whether it is a function.
    pub fn is_func(&self) -> bool {
        self.kind == elf::STT_FUNC.0
    }

    /// Whether it is a data object.
    pub fn is_object(&self) -> bool {
        self.kind == elf::STT_OBJECT.0
    }

    /// Whether it is thread-local.
    pub fn is_tls(&self) -> bool {
        self.kind == elf::STT_TLS.0
    }

    /// Whether another object defines it.
    pub fn is_undefined(&self) -> bool {
        self.place == Place::Undefined && !self.name.is_empty()
    }
}

/// The object under audit.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Where it was read from.
    pub path: PathBuf,
    /// Machine.
    pub machine: Machine,
    /// `e_type`.
    pub file_type: u16,
    /// `EI_OSABI`.
    pub osabi: u8,
    /// Sections; index 0 is the null section.
    pub sections: Vec<Section>,
    /// Symbols; index 0 is the null symbol.
    pub symbols: Vec<Symbol>,
}

impl Subject {
    /// Reads the object file at `path`.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let data = std::fs::read(path).map_err(|e| {
            Error::new(format!(
                "cannot read {}: {e}: build the object first",
                path.display()
            ))
        })?;
        Self::parse(path, &data)
    }

    /// Reads an object held in memory; `path` is what messages call it.
    pub fn parse(path: &Path, data: &[u8]) -> Result<Self, Error> {
        let bad = |why: String| {
            Error::new(format!(
                "{} is not an ELF relocatable object that can be audited: {why}: rebuild it",
                path.display()
            ))
        };
        match FileKind::parse(data) {
            Ok(FileKind::Elf64) => {
                Self::parse_elf::<elf::FileHeader64<Endianness>>(path, data).map_err(bad)
            }
            Ok(FileKind::Elf32) => {
                Self::parse_elf::<elf::FileHeader32<Endianness>>(path, data).map_err(bad)
            }
            Ok(kind) => Err(bad(format!("it is {kind:?}"))),
            Err(e) => Err(bad(e.to_string())),
        }
    }

    fn parse_elf<Elf>(path: &Path, data: &[u8]) -> Result<Self, String>
    where
        Elf: FileHeader<Endian = Endianness>,
    {
        let text = |e: object::read::Error| e.to_string();
        let utf8 = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();

        let header = Elf::parse(data).map_err(text)?;
        let endian = header.endian().map_err(text)?;
        let machine = Machine::from_elf(header.e_machine(endian).0)?;
        let pointer = if header.is_type_64() { 8 } else { 4 };
        if pointer != machine.facts().word {
            return Err(format!(
                "it is for another {}, with pointers of {pointer} bytes",
                machine.facts().name
            ));
        }
        let table = header.sections(endian, data).map_err(text)?;
        let symtab = table.symbols(endian, data, elf::SHT_SYMTAB).map_err(text)?;

        let mut sections = Vec::new();
        for header in table.iter() {
            let contents = header.data(endian, data).map_err(text)?;
            sections.push(Section {
                name: utf8(table.section_name(endian, header).map_err(text)?),
                kind: header.sh_type(endian).0,
                flags: header.sh_flags(endian).0,
                size: header.sh_size(endian).into(),
                align: header.sh_addralign(endian).into(),
                entsize: header.sh_entsize(endian).into(),
                data: contents.to_vec(),
                relocs: Vec::new(),
            });
        }

        let mut symbols = Vec::new();
        for (index, symbol) in symtab.enumerate() {
            let section = symtab.symbol_section(endian, symbol, index).map_err(text)?;
            let place = match section {
                Some(section) if section.0 < sections.len() => Place::Section(section.0),
                Some(section) => return Err(format!("symbol in section {}", section.0)),
                None if symbol.is_absolute(endian) => Place::Absolute,
                None if symbol.is_common(endian) => Place::Common,
                None => Place::Undefined,
            };
            let symbol = Symbol {
                name: utf8(symtab.symbol_name(endian, symbol).map_err(text)?),
                kind: symbol.st_type().0,
                global: !symbol.is_local(),
                weak: symbol.is_weak(),
                hidden: symbol.st_visibility() != elf::STV_DEFAULT,
                place,
                value: symbol.st_value(endian).into(),
                size: symbol.st_size(endian).into(),
            };
            if let Place::Section(index) = place {
                let end = symbol.value.checked_add(symbol.size);
                if end.is_none_or(|end| end > sections[index].size) {
                    return Err(format!("symbol {} reaches beyond its section", symbol.name));
                }
            }
            symbols.push(symbol);
        }

        for header in table.iter() {
            let rela = header.rela(endian, data).map_err(text)?;
            let rel = header.rel(endian, data).map_err(text)?;
            if rela.is_none() && rel.is_none() {
                continue;
            }
            let target = header.sh_info(endian) as usize;
            let section = sections
                .get_mut(target)
                .ok_or("relocations of no section")?;
            for rela in rela.iter().flat_map(|(relas, _)| relas.iter()) {
                section.relocs.push(Reloc {
                    offset: rela.r_offset(endian).into(),
                    kind: rela.r_type(endian, false).0,
                    symbol: rela.symbol(endian, false).unwrap_or(SymbolIndex(0)).0,
                    addend: rela.r_addend(endian).into(),
                });
            }
            for rel in rel.iter().flat_map(|(rels, _)| rels.iter()) {
                let offset = rel.r_offset(endian).into();
                section.relocs.push(Reloc {
                    offset,
                    kind: rel.r_type(endian).0,
                    symbol: rel.symbol(endian).unwrap_or(SymbolIndex(0)).0,
                    addend: section.word_at(offset),
                });
            }
            for reloc in &section.relocs {
                if reloc.symbol >= symbols.len() {
                    return Err(format!("a relocation of {} names no symbol", section.name));
                }
                if reloc.offset >= section.size {
                    return Err(format!("a relocation lies beyond {}", section.name));
                }
            }
            section.relocs.sort_by_key(|r| r.offset);
        }

        Ok(Self {
            path: path.to_path_buf(),
            machine,
            file_type: header.e_type(endian).0,
            osabi: header.e_ident().os_abi.0,
            sections,
            symbols,
        })
    }

    /// The section called `name`.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.name == name)
    }

    /// The functions of section `index` that have a size, by rising offset.
    pub fn functions_in(&self, index: usize) -> Vec<&Symbol> {
        let mut found: Vec<&Symbol> = self
            .symbols
            .iter()
            .filter(|s| s.is_func() && s.size > 0 && s.place == Place::Section(index))
            .collect();
        found.sort_by_key(|s| (s.value, !s.global));
        found
    }

    /// The named symbol that covers `offset` of section `index`, the smallest
    /// and an exported one before others.
    pub fn covering(&self, index: usize, offset: u64) -> Option<&Symbol> {
        self.symbols
            .iter()
            .filter(|s| {
                s.place == Place::Section(index)
                    && (s.is_func() || s.is_object())
                    && s.value <= offset
                    && offset < s.value + s.size
            })
            .min_by_key(|s| (s.size, !s.global))
    }

    /// `function+0xoffset` for messages.
    pub fn location(&self, index: usize, offset: u64) -> String {
        match self.covering(index, offset) {
            Some(symbol) => format!("{}+{:#x}", symbol.name, offset - symbol.value),
            None => format!("{}+{offset:#x}", self.sections[index].name),
        }
    }
}
