//! Owns what depends on the machine: one row per architecture.
//!
//! An object for another machine is refused here, so that no rule has to
//! wonder which instruction set it looks at.

use object::elf;

use crate::isa::Frames;

/// A machine whose objects can be audited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// x86-64.
    Amd64,
    /// 32-bit x86.
    I386,
    /// 64-bit Arm.
    Aarch64,
    /// 64-bit RISC-V.
    Riscv64,
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
    /// How the names of its relocations begin.
    pub prefix: &'static str,
    /// The only relocations that FreeBSD's kernel linker and the kernel's
    /// self-relocation are known to take in loaded sections: those of C's
    /// object.
    pub relocs: &'static [RelocKind],
    /// Others that compilers are likely to emit, for messages.
    pub forbidden: &'static [RelocKind],
    /// Bytes in a pointer.
    pub word: u64,
    /// Bytes in a cache line (`CACHE_LINE_SIZE`).
    pub cache_line: u64,
    /// The instruction that the kernel turns into a jump where a probe is.
    pub patchpoint: &'static [u8],
    /// How functions make their frames.
    pub frames: Frames,
}

const fn reloc(number: elf::RelocationType, name: &'static str) -> RelocKind {
    biased(number, name, 0)
}

const fn biased(number: elf::RelocationType, name: &'static str, bias: i64) -> RelocKind {
    RelocKind {
        number: number.0,
        name,
        bias,
    }
}

static AMD64: Facts = Facts {
    name: "amd64",
    prefix: "R_X86_64_",
    relocs: &[
        reloc(elf::R_X86_64_64, "64"),
        biased(elf::R_X86_64_PC32, "PC32", 4),
        biased(elf::R_X86_64_PLT32, "PLT32", 4),
        reloc(elf::R_X86_64_32S, "32S"),
    ],
    forbidden: &[
        reloc(elf::R_X86_64_32, "32"),
        reloc(elf::R_X86_64_GOT32, "GOT32"),
        reloc(elf::R_X86_64_GOTPCREL, "GOTPCREL"),
        reloc(elf::R_X86_64_GOTPCRELX, "GOTPCRELX"),
        reloc(elf::R_X86_64_REX_GOTPCRELX, "REX_GOTPCRELX"),
        reloc(elf::R_X86_64_TPOFF32, "TPOFF32"),
        reloc(elf::R_X86_64_GOTTPOFF, "GOTTPOFF"),
        reloc(elf::R_X86_64_TLSGD, "TLSGD"),
        reloc(elf::R_X86_64_PC64, "PC64"),
    ],
    word: 8,
    cache_line: 64,
    patchpoint: &[0x66, 0x0f, 0x1f, 0x04, 0x00],
    frames: Frames {
        register: "rbp",
        begin: "does not begin with push rbp",
        then: "does not set rbp after pushing it",
        at_once: true,
    },
};

static I386: Facts = Facts {
    name: "i386",
    prefix: "R_386_",
    relocs: &[
        reloc(elf::R_386_32, "32"),
        biased(elf::R_386_PC32, "PC32", 4),
    ],
    forbidden: &[
        reloc(elf::R_386_GOT32, "GOT32"),
        reloc(elf::R_386_GOT32X, "GOT32X"),
        reloc(elf::R_386_GOTOFF, "GOTOFF"),
        reloc(elf::R_386_GOTPC, "GOTPC"),
        reloc(elf::R_386_PLT32, "PLT32"),
        reloc(elf::R_386_TLS_GD, "TLS_GD"),
        reloc(elf::R_386_TLS_IE, "TLS_IE"),
        reloc(elf::R_386_TLS_LE, "TLS_LE"),
    ],
    word: 4,
    cache_line: 64,
    patchpoint: &[0x90; 5],
    frames: Frames {
        register: "ebp",
        begin: "does not begin with push ebp",
        then: "does not set ebp after pushing it",
        at_once: true,
    },
};

static AARCH64: Facts = Facts {
    name: "aarch64",
    prefix: "R_AARCH64_",
    relocs: &[
        reloc(elf::R_AARCH64_ABS64, "ABS64"),
        reloc(elf::R_AARCH64_ADR_PREL_PG_HI21, "ADR_PREL_PG_HI21"),
        reloc(elf::R_AARCH64_ADD_ABS_LO12_NC, "ADD_ABS_LO12_NC"),
        reloc(elf::R_AARCH64_LDST8_ABS_LO12_NC, "LDST8_ABS_LO12_NC"),
        reloc(elf::R_AARCH64_LDST32_ABS_LO12_NC, "LDST32_ABS_LO12_NC"),
        reloc(elf::R_AARCH64_LDST64_ABS_LO12_NC, "LDST64_ABS_LO12_NC"),
        reloc(elf::R_AARCH64_CALL26, "CALL26"),
        reloc(elf::R_AARCH64_JUMP26, "JUMP26"),
    ],
    forbidden: &[
        reloc(elf::R_AARCH64_ADR_GOT_PAGE, "ADR_GOT_PAGE"),
        reloc(elf::R_AARCH64_LD64_GOT_LO12_NC, "LD64_GOT_LO12_NC"),
        reloc(elf::R_AARCH64_GOT_LD_PREL19, "GOT_LD_PREL19"),
        reloc(elf::R_AARCH64_LDST128_ABS_LO12_NC, "LDST128_ABS_LO12_NC"),
        reloc(elf::R_AARCH64_PREL32, "PREL32"),
        reloc(elf::R_AARCH64_PREL64, "PREL64"),
        reloc(elf::R_AARCH64_ABS32, "ABS32"),
    ],
    word: 8,
    cache_line: 128,
    patchpoint: &[0x1f, 0x20, 0x03, 0xd5],
    frames: Frames {
        register: "x29",
        begin: "does not begin by making room on the stack",
        then: "does not save x29 and set it before anything else",
        at_once: false,
    },
};

static RISCV64: Facts = Facts {
    name: "riscv64",
    prefix: "R_RISCV_",
    relocs: &[
        reloc(elf::R_RISCV_64, "64"),
        reloc(elf::R_RISCV_CALL_PLT, "CALL_PLT"),
        reloc(elf::R_RISCV_PCREL_HI20, "PCREL_HI20"),
        reloc(elf::R_RISCV_PCREL_LO12_I, "PCREL_LO12_I"),
        reloc(elf::R_RISCV_PCREL_LO12_S, "PCREL_LO12_S"),
    ],
    forbidden: &[
        reloc(elf::R_RISCV_GOT_HI20, "GOT_HI20"),
        reloc(elf::R_RISCV_TLS_GOT_HI20, "TLS_GOT_HI20"),
        reloc(elf::R_RISCV_TLS_GD_HI20, "TLS_GD_HI20"),
        reloc(elf::R_RISCV_HI20, "HI20"),
        reloc(elf::R_RISCV_32, "32"),
        reloc(elf::R_RISCV_RELAX, "RELAX"),
        reloc(elf::R_RISCV_ALIGN, "ALIGN"),
    ],
    word: 8,
    cache_line: 64,
    patchpoint: &[0x13, 0x00, 0x00, 0x00],
    frames: Frames {
        register: "s0",
        begin: "does not begin by making room on the stack",
        then: "does not save s0 and set it before anything else",
        at_once: false,
    },
};

impl Machine {
    /// The machine that `e_machine` names, or why it cannot be audited.
    pub fn from_elf(e_machine: u16) -> Result<Self, String> {
        match elf::Machine(e_machine) {
            elf::EM_X86_64 => Ok(Self::Amd64),
            elf::EM_386 => Ok(Self::I386),
            elf::EM_AARCH64 => Ok(Self::Aarch64),
            elf::EM_RISCV => Ok(Self::Riscv64),
            other => Err(format!(
                "its machine is {}; amd64, i386, aarch64 and riscv64 objects are audited",
                other.0
            )),
        }
    }

    /// The machine's row.
    pub fn facts(self) -> &'static Facts {
        match self {
            Self::Amd64 => &AMD64,
            Self::I386 => &I386,
            Self::Aarch64 => &AARCH64,
            Self::Riscv64 => &RISCV64,
        }
    }
}

impl Facts {
    /// The allowed relocation with this number.
    pub fn reloc(&self, number: u32) -> Option<&'static RelocKind> {
        self.relocs.iter().find(|r| r.number == number)
    }

    /// The name of a relocation that is not allowed.
    pub fn reloc_name(&self, number: u32) -> String {
        let known = self.forbidden.iter().find(|r| r.number == number);
        match known {
            Some(kind) => format!("{}{}", self.prefix, kind.name),
            None => format!("{}type {number}", self.prefix),
        }
    }
}
