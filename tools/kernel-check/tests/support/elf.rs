//! Writes a linked ELF64 file from plain tables, as ld.lld lays one out:
//! local symbols grouped by `STT_FILE` entries, exported ones behind them and
//! once more in `.dynsym`.

use std::collections::BTreeMap;

/// How a symbol is bound; `STB_GLOBAL` is the default.
pub const LOCAL: u8 = 0;
const GLOBAL: u8 = 1;
pub const WEAK: u8 = 2;

/// Sections that are none.
pub const UNDEFINED: &str = "";
pub const ABS: &str = "*ABS*";

const FUNC: u8 = 2;
const OBJECT: u8 = 1;
const FILE: u8 = 4;

#[derive(Debug, Clone)]
pub struct Section {
    pub name: String,
    pub flags: u64,
    pub address: u64,
    /// Contents; of `.bss` only their length counts.
    pub data: Vec<u8>,
}

#[derive(Debug, Clone)]
pub struct Symbol {
    pub name: String,
    pub section: String,
    pub value: u64,
    pub size: u64,
    pub kind: u8,
    pub bind: u8,
    /// Name of the object that a local symbol is from.
    pub file: Option<String>,
}

impl Symbol {
    pub fn new(name: &str, section: &str, value: u64, size: u64) -> Self {
        Self {
            name: name.into(),
            section: section.into(),
            value,
            size,
            kind: 0,
            bind: GLOBAL,
            file: None,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Kernel {
    pub machine: u16,
    pub sections: Vec<Section>,
    pub symbols: Vec<Symbol>,
    /// Flags, address, size in memory.
    pub segments: Vec<(u32, u64, u64)>,
    /// Address, type, name of the symbol.
    pub relocs: Vec<(u64, u32, String)>,
    /// Whether `.symtab` is left out.
    pub stripped: bool,
    /// Whether entries for files are left out.
    pub without_files: bool,
    /// Whether loaded sections are left out, as in `kernel.debug`.
    pub without_bytes: bool,
}

impl Kernel {
    pub fn new() -> Self {
        Self {
            machine: object::elf::EM_X86_64.0,
            sections: Vec::new(),
            symbols: Vec::new(),
            segments: Vec::new(),
            relocs: Vec::new(),
            stripped: false,
            without_files: false,
            without_bytes: false,
        }
    }

    pub fn section(&mut self, name: &str, flags: u64, address: u64) {
        self.sections.push(Section {
            name: name.into(),
            flags,
            address,
            data: Vec::new(),
        });
    }

    pub fn segment(&mut self, flags: u32, address: u64, size: u64) {
        self.segments.push((flags, address, size));
    }

    pub fn in_section(&mut self, name: &str) -> &mut Section {
        let found = self.sections.iter_mut().find(|s| s.name == name);
        found.expect("a section of the sample")
    }

    pub fn symbol(&mut self, name: &str) -> &mut Symbol {
        let found = self.symbols.iter_mut().find(|s| s.name == name);
        found.expect("a symbol of the sample")
    }

    pub fn address(&self, name: &str) -> u64 {
        let found = self.symbols.iter().find(|s| s.name == name);
        found.expect("a symbol of the sample").value
    }

    /// Bytes at the end of a section, with a symbol for them.
    fn place(
        &mut self,
        section: &str,
        align: usize,
        name: &str,
        file: Option<&str>,
        bytes: &[u8],
    ) -> &mut Symbol {
        let home = self.in_section(section);
        let padded = home.data.len().next_multiple_of(align);
        home.data.resize(padded, 0);
        let value = home.address + padded as u64;
        home.data.extend_from_slice(bytes);
        let mut symbol = Symbol::new(name, section, value, bytes.len() as u64);
        symbol.file = file.map(str::to_owned);
        symbol.bind = if file.is_some() { LOCAL } else { GLOBAL };
        symbol.kind = if section == ".text" { FUNC } else { OBJECT };
        self.symbols.push(symbol);
        self.symbols.last_mut().expect("just pushed")
    }

    /// Where the next function will be.
    pub fn next_code(&mut self) -> u64 {
        let text = self.in_section(".text");
        text.address + text.data.len().next_multiple_of(16) as u64
    }

    pub fn function(&mut self, name: &str, file: Option<&str>, code: &[u8]) -> &mut Symbol {
        self.place(".text", 16, name, file, code)
    }

    pub fn data(&mut self, name: &str, file: Option<&str>, bytes: &[u8]) -> u64 {
        self.place(".data", 16, name, file, bytes).value
    }

    pub fn bss(&mut self, name: &str, file: Option<&str>, size: usize) -> u64 {
        self.place(".bss", 8, name, file, &vec![0; size]).value
    }

    /// A string in read-only data.
    pub fn string(&mut self, text: &str) -> u64 {
        let rodata = self.in_section(".rodata");
        let address = rodata.address + rodata.data.len() as u64;
        rodata.data.extend(text.bytes());
        rodata.data.push(0);
        address
    }

    /// One more entry of a linker set.
    pub fn entry(&mut self, set: &str, to: &str) {
        let to = self.address(to);
        self.in_section(set).data.extend(to.to_le_bytes());
    }

    /// Entry `index` of a linker set.
    pub fn entry_mut(&mut self, set: &str, index: usize) -> &mut [u8] {
        &mut self.in_section(set).data[index * 8..index * 8 + 8]
    }

    pub fn swap_entries(&mut self, set: &str, one: usize, other: usize) {
        for byte in 0..8 {
            self.in_section(set)
                .data
                .swap(one * 8 + byte, other * 8 + byte);
        }
    }

    pub fn reloc(&mut self, address: u64, kind: u32, symbol: &str) {
        self.relocs.push((address, kind, symbol.into()));
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let exported: Vec<&Symbol> = self.symbols.iter().filter(|s| s.bind != LOCAL).collect();
        let mut files: BTreeMap<&str, Vec<&Symbol>> = BTreeMap::new();
        for symbol in self.symbols.iter().filter(|s| s.bind == LOCAL) {
            files
                .entry(symbol.file.as_deref().unwrap_or_default())
                .or_default()
                .push(symbol);
        }
        let mut local = Vec::new();
        for (file, symbols) in &files {
            if !self.without_files && !file.is_empty() {
                let mut entry = Symbol::new(file, ABS, 0, 0);
                entry.bind = LOCAL;
                entry.kind = FILE;
                local.push(entry);
            }
            local.extend(symbols.iter().map(|s| (*s).clone()));
        }

        let mut out = Writer::new(self);
        let (dynsym, dynstr) = self.table(&exported);
        let all: Vec<&Symbol> = local.iter().chain(exported.iter().copied()).collect();
        let (symtab, strtab) = self.table(&all);
        let relocs = self.relocs.iter().flat_map(|(address, kind, name)| {
            let index = exported
                .iter()
                .position(|s| s.name == *name)
                .map_or(0, |at| at + 1);
            let info = (index as u64) << 32 | u64::from(*kind);
            [*address, info, 0].into_iter().flat_map(u64::to_le_bytes)
        });
        let relocs: Vec<u8> = relocs.collect();
        let count = self.sections.len() as u32;
        for section in &self.sections {
            let (kind, data) = match section.name.as_str() {
                ".bss" => (8, &section.data),
                ".rela.dyn" if self.without_bytes => (8, &relocs),
                ".rela.dyn" => (4, &relocs),
                _ if self.without_bytes && section.flags & 2 != 0 => (8, &section.data),
                _ => (1, &section.data),
            };
            out.section(section, kind, data, count + 1, 0);
        }
        let plain = |name: &str, flags| Section {
            name: name.into(),
            flags,
            address: 0,
            data: Vec::new(),
        };
        out.section(&plain(".dynsym", 0), 11, &dynsym, count + 2, 1);
        out.section(&plain(".dynstr", 0), 3, &dynstr, 0, 0);
        if !self.stripped {
            out.section(
                &plain(".symtab", 0),
                2,
                &symtab,
                count + 4,
                local.len() as u32 + 1,
            );
            out.section(&plain(".strtab", 0), 3, &strtab, 0, 0);
        }
        out.finish(self)
    }

    /// A symbol table and its strings.
    fn table(&self, symbols: &[&Symbol]) -> (Vec<u8>, Vec<u8>) {
        let (mut table, mut strings) = (vec![0; 24], vec![0]);
        for symbol in symbols {
            let section = match symbol.section.as_str() {
                UNDEFINED => 0,
                ABS => 0xfff1,
                name => {
                    let found = self.sections.iter().position(|s| s.name == name);
                    found.expect("a section of the sample") as u16 + 1
                }
            };
            table.extend((strings.len() as u32).to_le_bytes());
            table.extend([symbol.bind << 4 | symbol.kind, 0]);
            table.extend(section.to_le_bytes());
            table.extend(symbol.value.to_le_bytes());
            table.extend(symbol.size.to_le_bytes());
            strings.extend(symbol.name.bytes());
            strings.push(0);
        }
        (table, strings)
    }
}

/// The file while it grows: contents first, the section headers at its end.
struct Writer {
    bytes: Vec<u8>,
    headers: Vec<u8>,
    names: Vec<u8>,
}

impl Writer {
    fn new(kernel: &Kernel) -> Self {
        Self {
            bytes: vec![0; 64 + 56 * kernel.segments.len()],
            headers: vec![0; 64],
            names: vec![0],
        }
    }

    fn section(&mut self, section: &Section, kind: u32, data: &[u8], link: u32, info: u32) {
        let entry: u64 = match kind {
            2 | 4 | 11 => 24,
            _ => 0,
        };
        self.bytes.resize(self.bytes.len().next_multiple_of(16), 0);
        let h = &mut self.headers;
        h.extend((self.names.len() as u32).to_le_bytes());
        h.extend(kind.to_le_bytes());
        h.extend(section.flags.to_le_bytes());
        h.extend(section.address.to_le_bytes());
        h.extend((self.bytes.len() as u64).to_le_bytes());
        h.extend((data.len() as u64).to_le_bytes());
        h.extend(link.to_le_bytes());
        h.extend(info.to_le_bytes());
        h.extend(16u64.to_le_bytes());
        h.extend(entry.to_le_bytes());
        self.names.extend(section.name.bytes());
        self.names.push(0);
        if kind != 8 {
            self.bytes.extend_from_slice(data);
        }
    }

    fn finish(mut self, kernel: &Kernel) -> Vec<u8> {
        let names = Section {
            name: ".shstrtab".into(),
            flags: 0,
            address: 0,
            data: Vec::new(),
        };
        let mut strings = self.names.clone();
        strings.extend(b".shstrtab\0");
        self.section(&names, 3, &strings, 0, 0);
        self.bytes.resize(self.bytes.len().next_multiple_of(16), 0);
        let offset = self.bytes.len() as u64;
        let count = (self.headers.len() / 64) as u16;
        let mut header = b"\x7fELF\x02\x01\x01\x09".to_vec();
        header.resize(16, 0);
        header.extend(2u16.to_le_bytes());
        header.extend(kernel.machine.to_le_bytes());
        header.extend(1u32.to_le_bytes());
        header.extend(0u64.to_le_bytes());
        header.extend(64u64.to_le_bytes());
        header.extend(offset.to_le_bytes());
        header.extend(0u32.to_le_bytes());
        for half in [64, 56, kernel.segments.len() as u16, 64, count, count - 1] {
            header.extend(half.to_le_bytes());
        }
        for (flags, address, size) in &kernel.segments {
            header.extend(1u32.to_le_bytes());
            header.extend(flags.to_le_bytes());
            for word in [0, *address, *address, 0, *size, 0x1000] {
                header.extend(word.to_le_bytes());
            }
        }
        self.bytes[..header.len()].copy_from_slice(&header);
        self.bytes.extend(self.headers);
        self.bytes
    }
}
