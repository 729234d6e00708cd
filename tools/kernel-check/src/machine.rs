//! Owns what depends on the machine: names, relocations, how code is read.

use object::elf;

/// A machine that FreeBSD kernels are built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// x86-64.
    Amd64,
    /// 64-bit Arm.
    Aarch64,
    /// 32-bit x86.
    I386,
    /// 64-bit RISC-V.
    Riscv64,
}

/// What a relocation of a linked kernel is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The kernel adds where it was loaded.
    Relative,
    /// The kernel asks a function which function to use.
    Indirect,
    /// A field that the linker leaves to the kernel when the symbol is a
    /// function that chooses its body at boot (`-z ifunc-noplt`), and only then.
    Late,
}

struct Kind {
    number: u32,
    name: &'static str,
    purpose: Option<Purpose>,
}

const fn kind(number: elf::RelocationType, name: &'static str, purpose: Option<Purpose>) -> Kind {
    Kind {
        number: number.0,
        name,
        purpose,
    }
}

const AMD64: &[Kind] = &[
    kind(
        elf::R_X86_64_IRELATIVE,
        "R_X86_64_IRELATIVE",
        Some(Purpose::Indirect),
    ),
    kind(elf::R_X86_64_PLT32, "R_X86_64_PLT32", Some(Purpose::Late)),
    kind(elf::R_X86_64_PC32, "R_X86_64_PC32", Some(Purpose::Late)),
    kind(elf::R_X86_64_64, "R_X86_64_64", Some(Purpose::Late)),
    kind(elf::R_X86_64_32S, "R_X86_64_32S", Some(Purpose::Late)),
    kind(elf::R_X86_64_RELATIVE, "R_X86_64_RELATIVE", None),
    kind(elf::R_X86_64_GLOB_DAT, "R_X86_64_GLOB_DAT", None),
    kind(elf::R_X86_64_JUMP_SLOT, "R_X86_64_JUMP_SLOT", None),
    kind(elf::R_X86_64_COPY, "R_X86_64_COPY", None),
    kind(elf::R_X86_64_GOTPCREL, "R_X86_64_GOTPCREL", None),
    kind(elf::R_X86_64_GOTPCRELX, "R_X86_64_GOTPCRELX", None),
    kind(elf::R_X86_64_REX_GOTPCRELX, "R_X86_64_REX_GOTPCRELX", None),
    kind(elf::R_X86_64_32, "R_X86_64_32", None),
    kind(elf::R_X86_64_TPOFF32, "R_X86_64_TPOFF32", None),
    kind(elf::R_X86_64_GOTTPOFF, "R_X86_64_GOTTPOFF", None),
];

const AARCH64: &[Kind] = &[
    kind(
        elf::R_AARCH64_RELATIVE,
        "R_AARCH64_RELATIVE",
        Some(Purpose::Relative),
    ),
    kind(
        elf::R_AARCH64_IRELATIVE,
        "R_AARCH64_IRELATIVE",
        Some(Purpose::Indirect),
    ),
    kind(elf::R_AARCH64_ABS64, "R_AARCH64_ABS64", Some(Purpose::Late)),
    kind(elf::R_AARCH64_GLOB_DAT, "R_AARCH64_GLOB_DAT", None),
    kind(elf::R_AARCH64_JUMP_SLOT, "R_AARCH64_JUMP_SLOT", None),
];

const I386: &[Kind] = &[
    kind(
        elf::R_386_RELATIVE,
        "R_386_RELATIVE",
        Some(Purpose::Relative),
    ),
    kind(
        elf::R_386_IRELATIVE,
        "R_386_IRELATIVE",
        Some(Purpose::Indirect),
    ),
    kind(elf::R_386_32, "R_386_32", Some(Purpose::Late)),
    kind(elf::R_386_PC32, "R_386_PC32", Some(Purpose::Late)),
    kind(elf::R_386_GLOB_DAT, "R_386_GLOB_DAT", None),
    kind(elf::R_386_JMP_SLOT, "R_386_JMP_SLOT", None),
    kind(elf::R_386_GOT32X, "R_386_GOT32X", None),
];

const RISCV64: &[Kind] = &[
    kind(
        elf::R_RISCV_RELATIVE,
        "R_RISCV_RELATIVE",
        Some(Purpose::Relative),
    ),
    kind(
        elf::R_RISCV_IRELATIVE,
        "R_RISCV_IRELATIVE",
        Some(Purpose::Indirect),
    ),
    kind(elf::R_RISCV_64, "R_RISCV_64", Some(Purpose::Late)),
    kind(elf::R_RISCV_JUMP_SLOT, "R_RISCV_JUMP_SLOT", None),
];

impl Machine {
    /// The machine that `e_machine` names, or why its kernels can't be checked.
    pub fn from_elf(e_machine: u16) -> Result<Self, String> {
        match elf::Machine(e_machine) {
            elf::EM_X86_64 => Ok(Self::Amd64),
            elf::EM_AARCH64 => Ok(Self::Aarch64),
            elf::EM_386 => Ok(Self::I386),
            elf::EM_RISCV => Ok(Self::Riscv64),
            other => Err(format!(
                "its machine is {}, only amd64, aarch64, i386 and riscv64 are known",
                other.0
            )),
        }
    }

    /// Name as FreeBSD spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Aarch64 => "aarch64",
            Self::I386 => "i386",
            Self::Riscv64 => "riscv64",
        }
    }

    /// `e_machine`.
    pub fn number(self) -> u16 {
        match self {
            Self::Amd64 => elf::EM_X86_64.0,
            Self::Aarch64 => elf::EM_AARCH64.0,
            Self::I386 => elf::EM_386.0,
            Self::Riscv64 => elf::EM_RISCV.0,
        }
    }

    /// The label at which the kernel is entered.
    pub fn entry(self) -> &'static str {
        match self {
            Self::Amd64 | Self::I386 => "btext",
            Self::Aarch64 | Self::Riscv64 => "_start",
        }
    }

    fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Amd64 => AMD64,
            Self::Aarch64 => AARCH64,
            Self::I386 => I386,
            Self::Riscv64 => RISCV64,
        }
    }

    /// What a relocation of this type is there for in a kernel that comes up.
    pub fn purpose(self, number: u32) -> Option<Purpose> {
        let kind = self.kinds().iter().find(|k| k.number == number)?;
        kind.purpose
    }

    /// Whether it is a pointer to which the load address is added.
    pub fn is_relative(self, number: u32) -> bool {
        self.purpose(number) == Some(Purpose::Relative)
    }

    /// Name of a relocation type.
    pub fn reloc_name(self, number: u32) -> String {
        let kind = self.kinds().iter().find(|k| k.number == number);
        kind.map_or_else(|| format!("type {number}"), |k| k.name.to_owned())
    }
}
