//! Owns what depends on the machine: one row per architecture.
//!
//! Only amd64 is filled in.  An object for another machine is refused here, so
//! that no rule has to wonder which instruction set it looks at.

use object::elf;

/// A machine whose objects can be audited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// x86-64.
    Amd64,
}

/// One relocation type and what the audit may assume of it.
#[derive(Debug)]
pub struct RelocKind {
    /// ELF number.
    pub number: u32,
    /// Name without the machine's prefix.
    pub name: &'static str,
    /// Distance from the relocated field to the address that the addend is
    /// relative to: 4 for a PC-relative field at the end of its instruction.
    pub bias: i64,
}

/// What is known of a machine.
#[derive(Debug)]
pub struct Facts {
    /// Name as FreeBSD spells it.
    pub name: &'static str,
    /// The only relocations that FreeBSD's kernel linker and the kernel's
    /// self-relocation are known to take in loaded sections.
    pub relocs: &'static [RelocKind],
    /// The relocation that stores a whole pointer in data.
    pub pointer: u32,
    /// Bytes in a cache line (`CACHE_LINE_SIZE`).
    pub cache_line: u64,
}

const fn reloc(number: elf::RelocationType, name: &'static str, bias: i64) -> RelocKind {
    RelocKind {
        number: number.0,
        name,
        bias,
    }
}

static AMD64: Facts = Facts {
    name: "amd64",
    relocs: &[
        reloc(elf::R_X86_64_64, "64", 0),
        reloc(elf::R_X86_64_PC32, "PC32", 4),
        reloc(elf::R_X86_64_PLT32, "PLT32", 4),
        reloc(elf::R_X86_64_32S, "32S", 0),
    ],
    pointer: elf::R_X86_64_64.0,
    cache_line: 64,
};

impl Machine {
    /// The machine that `e_machine` names, or why it cannot be audited.
    pub fn from_elf(e_machine: u16) -> Result<Self, String> {
        match elf::Machine(e_machine) {
            elf::EM_X86_64 => Ok(Self::Amd64),
            elf::EM_AARCH64 => Err("it is for aarch64; only amd64 objects are audited".into()),
            elf::EM_386 => Err("it is for i386; only amd64 objects are audited".into()),
            other => Err(format!(
                "its machine is {}; only amd64 objects are audited",
                other.0
            )),
        }
    }

    /// The machine's row.
    pub fn facts(self) -> &'static Facts {
        match self {
            Self::Amd64 => &AMD64,
        }
    }
}

impl Facts {
    /// The allowed relocation with this number.
    pub fn reloc(&self, number: u32) -> Option<&'static RelocKind> {
        self.relocs.iter().find(|r| r.number == number)
    }
}
