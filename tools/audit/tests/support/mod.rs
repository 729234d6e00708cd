//! A small object that breaks no rule, described as plain tables so that a
//! test can break exactly one thing of it and write it out.

#![allow(dead_code, reason = "each test binary uses its part of this module")]

use std::path::Path;

use iced_x86::code_asm::{CodeAssembler, eax, rbp, rsp};
use kt_audit::{Contract, Report, Rules, Subject, audit};
use object::write::{Object, Relocation, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, FileFlags, RelocationFlags, SectionFlags, SectionKind,
    SymbolFlags, SymbolKind, SymbolScope, elf,
};

pub const WRITE: u64 = 1;
pub const ALLOC: u64 = 2;
pub const EXEC: u64 = 4;

pub const ABS64: u32 = elf::R_X86_64_64.0;
pub const PC32: u32 = elf::R_X86_64_PC32.0;
pub const PLT32: u32 = elf::R_X86_64_PLT32.0;

/// A section of the sample.
#[derive(Debug, Clone)]
pub struct Section {
    pub name: String,
    pub kind: u32,
    pub flags: u64,
    pub align: u64,
    pub data: Vec<u8>,
    /// Offset, symbol, type, addend.
    pub relocs: Vec<(u64, String, u32, i64)>,
}

/// Where a symbol of the sample is.
#[derive(Debug, Clone, PartialEq)]
pub enum Home {
    Undefined,
    Common,
    In(String),
}

/// A symbol of the sample.
#[derive(Debug, Clone)]
pub struct Sym {
    pub name: String,
    pub kind: SymbolKind,
    pub global: bool,
    pub weak: bool,
    pub hidden: bool,
    pub home: Home,
    pub value: u64,
    pub size: u64,
}

/// The object.
#[derive(Debug, Clone)]
pub struct Sample {
    pub architecture: Architecture,
    pub osabi: u8,
    pub sections: Vec<Section>,
    pub symbols: Vec<Sym>,
}

impl Sample {
    /// An object that keeps every rule.
    pub fn good() -> Self {
        let mut s = Self {
            architecture: Architecture::X86_64,
            osabi: elf::ELFOSABI_FREEBSD.0,
            sections: Vec::new(),
            symbols: Vec::new(),
        };
        let progbits = elf::SHT_PROGBITS.0;
        s.add_section(".text", progbits, ALLOC | EXEC, 16);
        s.add_section(".rodata", progbits, ALLOC, 8);
        s.add_section(".rodata.str1.1", progbits, ALLOC | 0x30, 1);
        s.add_section(".data", progbits, ALLOC | WRITE, 16);
        s.add_section(".bss", elf::SHT_NOBITS.0, ALLOC | WRITE, 16);
        s.add_section(".data.exclusive_cache_line", progbits, ALLOC | WRITE, 64);
        s.add_section("set_sysinit_set", progbits, ALLOC | WRITE, 8);
        s.add_section("set_sysctl_set", progbits, ALLOC, 8);
        s.add_section(".note.GNU-stack", progbits, 0, 1);

        for name in [
            "malloc_init",
            "kernel_call",
            "sysctl_handle_int",
            "sysctl___kern",
        ] {
            s.undefined(name);
        }
        s.section(".rodata.str1.1").data = b"tidhash\0maxthread\0".to_vec();
        s.section(".bss").data = vec![0; 16];
        s.object("list_head", true, ".bss", 0, 8);
        s.object("limit", false, ".bss", 8, 4);
        s.section(".data.exclusive_cache_line").data = vec![0; 68];
        s.object("id_lock", false, ".data.exclusive_cache_line", 0, 32);
        s.object("count", false, ".data.exclusive_cache_line", 64, 4);

        // struct sysinit at 0, struct malloc_type at 32, struct sysctl_oid at
        // 144, an exported datum at 256.
        let mut data = vec![0; 264];
        data[0..8].copy_from_slice(&0x0000_0002_0180_0000u64.to_le_bytes());
        data[40..48].copy_from_slice(&2_020_110_501u64.to_le_bytes());
        data[184..192].copy_from_slice(&0x800c_0002_ffff_ffffu64.to_le_bytes());
        data[256..264].copy_from_slice(&7u64.to_le_bytes());
        s.section(".data").data = data;
        s.object("type_sysinit", false, ".data", 0, 32);
        s.object("type", false, ".data", 32, 112);
        s.object("limit_oid", false, ".data", 144, 112);
        s.object("tunable", true, ".data", 256, 8);
        s.pointer(".data", 16, "malloc_init", 0);
        s.pointer(".data", 24, "type", 0);
        s.pointer(".data", 48, ".rodata.str1.1", 0);
        s.pointer(".data", 152, "sysctl___kern", 0);
        s.pointer(".data", 192, "limit", 0);
        s.pointer(".data", 208, ".rodata.str1.1", 8);
        s.pointer(".data", 216, "sysctl_handle_int", 0);
        s.set_entry("set_sysinit_set", "type_sysinit");
        s.set_entry("set_sysctl_set", "limit_oid");

        s.framed("exported", true, |a| a.mov(eax, 1));
        s.framed("internal", false, |a| a.mov(eax, 2));
        let call = s.function(
            "caller",
            true,
            &[0x55, 0x48, 0x89, 0xe5, 0xe8, 0, 0, 0, 0, 0x5d, 0xc3],
        );
        s.reloc(".text", call + 5, "kernel_call", PLT32, -4);
        s
    }

    pub fn add_section(&mut self, name: &str, kind: u32, flags: u64, align: u64) -> &mut Section {
        self.sections.push(Section {
            name: name.into(),
            kind,
            flags,
            align,
            data: Vec::new(),
            relocs: Vec::new(),
        });
        self.section(name)
    }

    pub fn section(&mut self, name: &str) -> &mut Section {
        self.sections
            .iter_mut()
            .find(|s| s.name == name)
            .expect("a section of the sample")
    }

    pub fn symbol(&mut self, name: &str) -> &mut Sym {
        self.symbols
            .iter_mut()
            .find(|s| s.name == name)
            .expect("a symbol of the sample")
    }

    pub fn undefined(&mut self, name: &str) {
        self.symbols.push(Sym {
            name: name.into(),
            kind: SymbolKind::Unknown,
            global: true,
            weak: false,
            hidden: false,
            home: Home::Undefined,
            value: 0,
            size: 0,
        });
    }

    pub fn object(&mut self, name: &str, global: bool, section: &str, value: u64, size: u64) {
        self.symbols.push(Sym {
            name: name.into(),
            kind: SymbolKind::Data,
            global,
            weak: false,
            hidden: false,
            home: Home::In(section.into()),
            value,
            size,
        });
    }

    pub fn reloc(&mut self, section: &str, offset: u64, symbol: &str, kind: u32, addend: i64) {
        self.section(section)
            .relocs
            .push((offset, symbol.into(), kind, addend));
    }

    /// A pointer in data; `to` is a symbol or a section.
    pub fn pointer(&mut self, section: &str, offset: u64, to: &str, addend: i64) {
        self.section(section).relocs.retain(|r| r.0 != offset);
        self.reloc(section, offset, to, ABS64, addend);
    }

    pub fn set_entry(&mut self, set: &str, to: &str) {
        let section = self.section(set);
        let offset = section.data.len() as u64;
        section.data.resize(section.data.len() + 8, 0);
        self.pointer(set, offset, to, 0);
    }

    /// A function of these bytes at the end of `.text`; gives its offset.
    pub fn function(&mut self, name: &str, global: bool, code: &[u8]) -> u64 {
        let text = self.section(".text");
        while !text.data.len().is_multiple_of(16) {
            text.data.push(0xcc);
        }
        let value = text.data.len() as u64;
        text.data.extend_from_slice(code);
        self.symbols.push(Sym {
            name: name.into(),
            kind: SymbolKind::Text,
            global,
            weak: false,
            hidden: false,
            home: Home::In(".text".into()),
            value,
            size: code.len() as u64,
        });
        value
    }

    /// A function whose whole body is `body`.
    pub fn code<F>(&mut self, name: &str, global: bool, body: F) -> u64
    where
        F: FnOnce(&mut CodeAssembler) -> Result<(), iced_x86::IcedError>,
    {
        let mut a = CodeAssembler::new(64).expect("64-bit code");
        body(&mut a).expect("an instruction");
        let code = a.assemble(0).expect("assembled code");
        self.function(name, global, &code)
    }

    /// A function with a frame around `body`.
    pub fn framed<F>(&mut self, name: &str, global: bool, body: F) -> u64
    where
        F: FnOnce(&mut CodeAssembler) -> Result<(), iced_x86::IcedError>,
    {
        self.code(name, global, |a| {
            a.push(rbp)?;
            a.mov(rbp, rsp)?;
            body(a)?;
            a.pop(rbp)?;
            a.ret()
        })
    }

    /// The object file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Object::new(BinaryFormat::Elf, self.architecture, Endianness::Little);
        out.flags = FileFlags::Elf {
            os_abi: elf::OsAbi(self.osabi),
            abi_version: 0,
            e_flags: elf::FileFlags(0),
        };
        let mut sections = Vec::new();
        let mut symbols: Vec<(String, SymbolId)> = Vec::new();
        for section in &self.sections {
            let nobits = section.kind == elf::SHT_NOBITS.0;
            let kind = match nobits {
                true => SectionKind::UninitializedData,
                false => SectionKind::Data,
            };
            let id = out.add_section(Vec::new(), section.name.clone().into(), kind);
            out.section_mut(id).flags = SectionFlags::Elf {
                sh_type: elf::SectionType(section.kind),
                sh_flags: elf::SectionFlags(section.flags),
            };
            if nobits {
                out.append_section_bss(id, section.data.len() as u64, section.align);
            } else {
                out.append_section_data(id, &section.data, section.align);
            }
            symbols.push((section.name.clone(), out.section_symbol(id)));
            sections.push(id);
        }
        for symbol in &self.symbols {
            let section = match &symbol.home {
                Home::Undefined => SymbolSection::Undefined,
                Home::Common => SymbolSection::Common,
                Home::In(name) => {
                    let index = self.sections.iter().position(|s| s.name == *name);
                    SymbolSection::Section(sections[index.expect("a section of the sample")])
                }
            };
            let id = out.add_symbol(Symbol {
                name: symbol.name.clone().into(),
                value: symbol.value,
                size: symbol.size,
                kind: symbol.kind,
                scope: match (symbol.global, symbol.hidden) {
                    (true, false) => SymbolScope::Dynamic,
                    (true, true) => SymbolScope::Linkage,
                    (false, _) => SymbolScope::Compilation,
                },
                weak: symbol.weak,
                section,
                flags: SymbolFlags::None,
            });
            symbols.push((symbol.name.clone(), id));
        }
        for (section, id) in self.sections.iter().zip(&sections) {
            for (offset, name, kind, addend) in &section.relocs {
                let found = symbols.iter().find(|(known, _)| known == name);
                out.add_relocation(
                    *id,
                    Relocation {
                        offset: *offset,
                        symbol: found.expect("a symbol of the sample").1,
                        addend: *addend,
                        flags: RelocationFlags::Elf {
                            r_type: elf::RelocationType(*kind),
                        },
                    },
                )
                .expect("a relocation");
            }
        }
        out.write().expect("an object file")
    }

    /// The object as the audit reads it.
    pub fn subject(&self) -> Subject {
        Subject::parse(Path::new("sample.o"), &self.bytes()).expect("a readable object")
    }

    /// The audit against the contract of the good object.
    pub fn audit(&self) -> Report {
        self.audit_with(&Rules::shipped())
    }

    /// The same with other limits.
    pub fn audit_with(&self, rules: &Rules) -> Report {
        audit(
            &self.subject(),
            &Contract::from_object(&Self::good().subject()),
            rules,
        )
    }
}

/// Asserts that `report` fails in `rule` alone and that a detail has `text`.
#[track_caller]
pub fn fails_only(report: &Report, rule: &str, text: &str) {
    let failed: Vec<&str> = report
        .rows
        .iter()
        .filter(|r| !r.ok)
        .map(|r| r.rule)
        .collect();
    assert_eq!(failed, [rule], "\n{report}");
    let details = &report.row(rule).expect("the row").details;
    assert!(
        details.iter().any(|d| d.contains(text)),
        "no detail with {text:?}:\n{report}"
    );
}

/// Asserts that every rule holds.
#[track_caller]
pub fn holds(report: &Report) {
    assert!(report.ok(), "\n{report}");
}
