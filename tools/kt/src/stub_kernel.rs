//! The object linked into something that `kernel-check` takes for a kernel:
//! every name that the object asks for is there, and nothing behind it.  So
//! `make test` sees object and check agree in every configuration, without a
//! kernel at hand.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use object::{Object, ObjectSymbol};

use crate::arch::Arch;
use crate::config::{Config, Profile};
use crate::error::{Error, Result, bail};
use crate::files;
use crate::link;
use crate::object_file;
use crate::oracle;
use crate::process;
use crate::rust::Rustc;
use crate::staging;

/// What the linker defines for a linker set that has entries.
const SET_ENDS: [&str; 2] = ["__start_set_", "__stop_set_"];
/// The ends of a set that has none here; headers name them in every file.
const NO_ENTRIES: [&str; 2] = ["__start_set_pcpu", "__stop_set_pcpu"];

/// Checks the object in such a kernel, beside the C object if there is one.
pub fn check(config: &Config) -> Result<()> {
    let rust = object_file::build(config)?;
    let c = match (config.profile, &config.oracle) {
        (Profile::Reference, Some(_)) => Some(oracle::build(config)?),
        _ => None,
    };
    let mut wanted = undefined(&rust)?;
    if let Some(c) = &c {
        wanted.extend(undefined(c)?);
    }
    wanted.extend(NO_ENTRIES.map(String::from));
    let folder = config.out.join("stub-kernel");
    let stubs = folder.join("stubs.o");
    let source = folder.join("stubs.c");
    files::write(&source, stub_source(config.arch, &wanted))?;
    staging::stage(config)?
        .compiler
        .compile(&source, &stubs, &[])?;
    let kernel = link_kernel(config, &rust, &stubs, &folder.join("kernel"))?;
    let baseline = match &c {
        Some(c) => Some(link_kernel(config, c, &stubs, &folder.join("kernel-c"))?),
        None => None,
    };
    let report = kernel_check::check(&kernel, baseline.as_deref());
    let report = report.map_err(|e| Error::new(e.to_string()))?;
    match report.problems.first() {
        None => Ok(()),
        Some(first) => bail!("{} problems, the first is: {first}", report.problems.len()),
    }
}

/// The names that an object leaves to the rest of the kernel.
fn undefined(path: &Path) -> Result<BTreeSet<String>> {
    let bytes = files::read_bytes(path)?;
    let broken = |cause| Error::new(format!("{} is no object file: {cause}", path.display()));
    let file = object::File::parse(&*bytes).map_err(broken)?;
    let mut names = BTreeSet::new();
    for symbol in file.symbols().filter(ObjectSymbol::is_undefined) {
        let name = symbol.name().map_err(broken)?;
        if !name.is_empty() {
            names.insert(name.to_string());
        }
    }
    Ok(names)
}

/// A function of one instruction for each name, and what makes it a kernel.
fn stub_source(arch: Arch, wanted: &BTreeSet<String>) -> String {
    let (entry, pointer) = match arch {
        Arch::Amd64 => ("btext", ".quad"),
        Arch::I386 => ("btext", ".long"),
        Arch::Aarch64 | Arch::Riscv64 => ("_start", ".quad"),
    };
    let mut text = String::from("__asm__(\n");
    let mut line = |line: &str| {
        let _ = writeln!(text, "\"{line}\\n\"");
    };
    line(&format!(
        ".globl kernbase; .set kernbase, {:#x}",
        base(arch)
    ));
    line(".text");
    let entry = [entry.to_string()];
    let set_end = |name: &&String| {
        SET_ENDS.iter().any(|start| name.starts_with(start)) && !NO_ENTRIES.contains(&name.as_str())
    };
    for name in entry.iter().chain(wanted.iter().filter(|n| !set_end(n))) {
        line(&format!(
            ".globl {name}; .type {name},%function; .p2align 4; {name}: nop; .size {name}, .-{name}"
        ));
    }
    line(".data; .p2align 3");
    for name in wanted.iter().filter(set_end) {
        line(&format!("{pointer} {name}"));
    }
    line(".text");
    text.push_str(");\n");
    text
}

/// Where the kernel is linked to: the amd64 code model wants the last two
/// gigabytes, the others anything.
fn base(arch: Arch) -> u64 {
    match arch {
        Arch::Amd64 => 0xffff_ffff_8020_0000,
        Arch::I386 | Arch::Aarch64 | Arch::Riscv64 => 0x40_0000,
    }
}

/// Links as a kernel's makefile does, without its linker script.
fn link_kernel(config: &Config, object: &Path, stubs: &Path, output: &Path) -> Result<PathBuf> {
    let mut command = link::linker(config, &Rustc::find(config)?)?;
    command
        .args(["-m", config.arch.facts().emulation])
        .args(["-Bdynamic", "--export-dynamic", "--discard-locals"])
        .args(["--dynamic-linker", "/red/herring", "-z", "norelro"])
        .arg(format!("--image-base={:#x}", base(config.arch)))
        .arg("-o")
        .arg(output)
        .args([object, stubs]);
    process::run(&mut command, "the object does not link into a kernel")?;
    Ok(output.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the stubs: the linker's own names are used, not defined.
    #[test]
    fn ends_of_sets_are_left_to_the_linker() {
        let wanted = ["panic", "__start_set_sysinit_set", "__stop_set_pcpu"];
        let wanted = wanted.iter().map(ToString::to_string).collect();
        let source = stub_source(Arch::Amd64, &wanted);
        assert!(
            source.contains("\".quad __start_set_sysinit_set\\n\""),
            "{source}"
        );
        for name in ["btext", "panic", "__stop_set_pcpu"] {
            assert!(source.contains(&format!("{name}: nop")), "{source}");
        }
    }
}
