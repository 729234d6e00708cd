//! The machines that an object can be for: one row each, with everything that
//! the compilers, the headers and the linker want to be told.

use std::fmt;

/// `ARCH=`, by FreeBSD's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arch {
    /// x86-64.
    Amd64,
    /// 32-bit x86.
    I386,
    /// 64-bit Arm.
    Aarch64,
    /// 64-bit RISC-V.
    Riscv64,
}

/// What a machine's tools are told.
#[derive(Debug)]
pub struct Facts {
    /// FreeBSD's name.
    pub name: &'static str,
    /// zig's name of the processor in a target.
    pub zig: &'static str,
    /// clang's target.
    pub clang: &'static str,
    /// The folder of this machine's headers in the packages.
    pub headers: &'static str,
    /// Links of a kernel build's include folder, and where in the `sys`
    /// folder of a source tree they lead.
    pub links: &'static [(&'static str, &'static str)],
    /// The processor, and registers that compilers have to leave alone, as
    /// clang wants to be told.
    pub clang_cpu: &'static [&'static str],
    /// The same as zig's clang wants to be told.
    pub zig_cpu: &'static [&'static str],
    /// The processor of a Linux program that kernel code is linked into, as
    /// zig wants to be told.
    pub program_cpu: &'static [&'static str],
    /// What the kernel's makefiles add to the C compiler's flags.
    pub c_flags: &'static [&'static str],
    /// rustc's target without an operating system; a name that ends in
    /// `.json` is a file of the repository.
    pub rust_target: &'static str,
    /// The flags that make rustc's code kernel code.
    pub rust_flags: &'static [&'static str],
    /// The linker's emulation; the suffix makes OSABI FreeBSD.
    pub emulation: &'static str,
    /// The program that runs this machine's programs on others.
    pub emulator: &'static str,
}

const AMD64: Facts = Facts {
    name: "amd64",
    zig: "x86_64",
    clang: "x86_64-unknown-freebsd",
    headers: "x86_64-freebsd-none",
    links: &[("machine", "amd64/include"), ("x86", "x86/include")],
    clang_cpu: &[],
    zig_cpu: &[],
    program_cpu: &[],
    c_flags: &[
        "-mcmodel=kernel",
        "-mno-red-zone",
        "-mno-mmx",
        "-mno-sse",
        // zig turns this one on again by itself.
        "-mno-sse2",
        "-msoft-float",
    ],
    rust_target: "x86_64-unknown-none",
    rust_flags: &["-Ccode-model=kernel", "-Cno-redzone=yes"],
    emulation: "elf_x86_64_fbsd",
    emulator: "qemu-x86_64",
};

const I386: Facts = Facts {
    name: "i386",
    zig: "x86",
    clang: "i686-unknown-freebsd",
    headers: "x86-freebsd-none",
    links: &[("machine", "i386/include"), ("x86", "x86/include")],
    clang_cpu: &["-march=i686"],
    zig_cpu: &["-mcpu=i686"],
    // Vector registers want an aligned stack, which kernel code does not keep.
    program_cpu: &["-mcpu=i686"],
    c_flags: &["-mno-mmx", "-mno-sse", "-mno-sse2", "-msoft-float"],
    rust_target: "tools/kt/targets/i386-kernel.json",
    rust_flags: &[],
    emulation: "elf_i386_fbsd",
    emulator: "qemu-i386",
};

const AARCH64: Facts = Facts {
    name: "aarch64",
    zig: "aarch64",
    clang: "aarch64-unknown-freebsd",
    headers: "aarch64-freebsd-none",
    links: &[("machine", "arm64/include")],
    clang_cpu: &["-ffixed-x18"],
    zig_cpu: &["-mcpu=generic+reserve_x18-neon-fp_armv8"],
    program_cpu: &["-mcpu=generic+reserve_x18"],
    c_flags: &["-mgeneral-regs-only", "-mno-omit-leaf-frame-pointer"],
    rust_target: "aarch64-unknown-none-softfloat",
    rust_flags: &[
        "-Ccode-model=small",
        // x18 holds the address of the processor's data.
        "-Zfixed-x18",
        // As in C; a copy of a few words would become a call of memcpy.
        "-Ctarget-feature=-strict-align",
    ],
    emulation: "aarch64elf_fbsd",
    emulator: "qemu-aarch64",
};

const RISCV64: Facts = Facts {
    name: "riscv64",
    zig: "riscv64",
    clang: "riscv64-unknown-freebsd",
    headers: "riscv64-freebsd-none",
    links: &[("machine", "riscv/include")],
    clang_cpu: &["-march=rv64imafdc"],
    zig_cpu: &["-mcpu=generic_rv64+m+a+f+d+c"],
    program_cpu: &["-mcpu=generic_rv64+m+a+c", "-mabi=lp64"],
    c_flags: &[
        "-mabi=lp64",
        "-mcmodel=medium",
        "-mno-omit-leaf-frame-pointer",
        // Objects with a cache line of their own keep their symbols.
        "-mllvm",
        "-enable-global-merge=false",
    ],
    rust_target: "riscv64imac-unknown-none-elf",
    rust_flags: &[
        "-Ccode-model=medium",
        // Objects with a cache line of their own keep their symbols.
        "-Cllvm-args=-riscv-enable-global-merge=false",
        // This machine has a flag of its own beside the one for all.
        "-Cllvm-args=-riscv-min-jump-table-entries=1000000",
    ],
    emulation: "elf64lriscv_fbsd",
    emulator: "qemu-riscv64",
};

impl Arch {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Amd64, Self::I386, Self::Aarch64, Self::Riscv64];

    /// The machine that FreeBSD calls so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arch| arch.facts().name == name)
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

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().name)
    }
}
