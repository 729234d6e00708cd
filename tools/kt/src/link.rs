//! From cargo's object file to the one that ships: one `.text`, one `.data`,
//! linker sets as they are, nothing that no export needs, OSABI FreeBSD.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use object::{Object, ObjectSymbol};

use crate::arch::Arch;
use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::files;
use crate::process;
use crate::rust::Rustc;
use crate::setup;

/// What the sections of the object are.  Linker sets, debug sections and
/// `.note.GNU-stack` are not named and stay what they are; strings keep a
/// section of their own, as in an object that clang wrote.
///
/// First come functions that are called all the time and mostly return after a few
/// instructions, which thus lie in one line of 64 bytes (amd64, default options),
/// whatever else changes; `thread_cow_update` is longer and begins a line.
const SCRIPT: &str = "\
SECTIONS
{
	.text : ALIGN(64) {
		*(.text.thread_check_susp)
		. = ALIGN(64);
		*(.text.thread_suspend_check_needed)
		. = ALIGN(64);
		*(.text.thread_suspend_check)
		. = ALIGN(64);
		*(.text.thread_cow_update)
		*(.text .text.*)
	}
	.rodata.str1.1 : { *(.rodata.str*) }
	.rodata : { *(.rodata .rodata.*) }
	.data.exclusive_cache_line : { *(.data.exclusive_cache_line) }
	.data.read_mostly : { *(.data.read_mostly) }
	.data : { *(.data .data.*) }
	.bss : { *(.bss .bss.*) }
	/DISCARD/ : { *(.eh_frame .llvm_addrsig .debug_gdb_scripts) }
}
";

/// Links `input` into `output` and gives the exported names, sorted.
pub fn link(
    config: &Config,
    rustc: &Rustc,
    input: &Path,
    output: &Path,
) -> Result<BTreeSet<String>> {
    let exports = exported_names(input)?;
    let script = config.out.join("kern_thread.ld");
    files::write(&script, SCRIPT)?;
    let temporary = files::temporary_name(output);
    let mut command = linker(config, rustc)?;
    command
        .args(["-m", config.arch.facts().emulation])
        .args(["-r", "--gc-sections", "-T"])
        .arg(&script);
    // Debug data of RISC-V refers to strings by local labels, which would be
    // thrown away with their references left behind.
    if config.arch == Arch::Riscv64 {
        command.arg("--discard-none");
    }
    for name in &exports {
        command.args(["-u", name]);
    }
    command.arg("-o").arg(&temporary).arg(input);
    process::run(&mut command, "the object does not link")?;
    let linked = exported_names(&temporary)?;
    if linked != exports {
        let _ = fs::remove_file(&temporary);
        bail!(
            "linking changed the exported names: {:?}",
            linked.symmetric_difference(&exports)
        );
    }
    fs::rename(&temporary, output).map_err(|e| Error::io("write", output, &e))?;
    Ok(exports)
}

/// rustup's lld, else one that is installed, else zig's.
pub fn linker(config: &Config, rustc: &Rustc) -> Result<Command> {
    let lld = rustc.lld();
    if lld.is_file() {
        let mut command = Command::new(lld);
        command.args(["-flavor", "gnu"]);
        return Ok(command);
    }
    if setup::ON_FREEBSD {
        return Ok(Command::new("ld.lld"));
    }
    let mut command = Command::new(setup::zig(config)?);
    command.arg("ld.lld");
    Ok(command)
}

/// The names that other objects see.  Rust's own internals are local after
/// link-time optimisation; one that is not would be a leak and is refused.
fn exported_names(path: &Path) -> Result<BTreeSet<String>> {
    let bytes = files::read_bytes(path)?;
    let broken = |cause| Error::new(format!("{} is no object file: {cause}", path.display()));
    let file = object::File::parse(&*bytes).map_err(broken)?;
    let mut names = BTreeSet::new();
    for symbol in file
        .symbols()
        .filter(|symbol| symbol.is_definition() && symbol.is_global())
    {
        let name = symbol.name().map_err(broken)?;
        let internal = ["_R", "_ZN", "__rust", "rust_"]
            .iter()
            .any(|prefix| name.starts_with(prefix));
        if internal {
            bail!(
                "{}: the internal symbol {name} is visible outside the library",
                path.display()
            );
        }
        names.insert(name.to_string());
    }
    Ok(names)
}
