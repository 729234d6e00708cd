//! `kt exerciser`: the program that tests the threads of a live kernel, a
//! static FreeBSD/amd64 program without a C library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arch::Arch;
use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::files::{self, Inputs};
use crate::process;
use crate::report::Stage;
use crate::setup;

/// A program without start-up files and without a library.
const FLAGS: &[&str] = &[
    "-O2",
    "-std=gnu17",
    "-g0",
    "-ffreestanding",
    "-fno-pic",
    "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables",
    "-fno-sanitize=all",
    "-Wall",
    "-Wextra",
    "-Werror",
];

/// One static image at fixed addresses, marked as FreeBSD's.
const LINK: &[&str] = &[
    "-m",
    "elf_x86_64_fbsd",
    "-static",
    "--no-dynamic-linker",
    "--build-id=none",
    "-z",
    "noexecstack",
    "--fatal-warnings",
];

/// Which program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The one for FreeBSD.
    Live,
    /// The same runner with tests of its own, for amd64 Linux.
    Host,
}

/// Builds the program and gives its path.
pub fn build(config: &Config, kind: Kind) -> Result<PathBuf> {
    if config.arch != Arch::Amd64 {
        bail!("the exerciser is a program for amd64 alone: leave ARCH out");
    }
    let sources = sources(&config.root, kind)?;
    let (cc, ld) = tools(config)?;
    let (name, system) = match kind {
        Kind::Live => ("exerciser", "FreeBSD/amd64"),
        Kind::Host => ("exerciser-host", "its runner, for Linux/amd64"),
    };
    let out = config.root.join("target/kt").join(name);
    let program = out.join(name);
    let mut inputs = Inputs::new()
        .text(format!("{cc:?} {FLAGS:?} {ld:?} {LINK:?}"))
        .tree(&config.root.join("fbsd-harness/kernel/exerciser"))?;
    for source in &sources {
        inputs = inputs.text(source.to_string_lossy());
    }
    let stamp = inputs.stamp(out.join(".exerciser"));
    if stamp.is_current(&[&program]) {
        return Ok(program);
    }
    let stage = Stage::start("exerciser", system);
    files::make_dir(&out)?;
    let mut objects = Vec::new();
    for source in &sources {
        objects.push(compile(&cc, source, &out)?);
    }
    let temporary = files::temporary_name(&program);
    let mut link = command(&ld);
    link.args(LINK).arg("-o").arg(&temporary).args(&objects);
    process::run(&mut link, "the exerciser does not link")?;
    fs::rename(&temporary, &program).map_err(|e| Error::io("write", &program, &e))?;
    stamp.record()?;
    stage.done();
    Ok(program)
}

/// The tests, and the backend for a live kernel; for the host the backend's C
/// with other tests and another kernel.
fn sources(root: &Path, kind: Kind) -> Result<Vec<PathBuf>> {
    let dir = root.join("fbsd-harness/kernel/exerciser");
    let mut found = Vec::new();
    for path in files::tree(&dir)? {
        let test = path.parent() == Some(&dir);
        let live = path.parent() == Some(&dir.join("live"));
        let host = path.parent() == Some(&dir.join("host"));
        let c = path.extension().is_some_and(|e| e == "c");
        let assembly = path.extension().is_some_and(|e| e == "S");
        if match kind {
            Kind::Live => (c || assembly) && (test || live),
            Kind::Host => c && (live || host),
        } {
            found.push(path);
        }
    }
    Ok(found)
}

/// The C compiler and the linker, each with its first arguments.
fn tools(config: &Config) -> Result<(Vec<String>, Vec<String>)> {
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    if setup::ON_FREEBSD {
        return Ok((
            words(&["cc", "-target", "x86_64-unknown-freebsd14.0"]),
            words(&["ld.lld"]),
        ));
    }
    let zig = setup::zig(config)?.display().to_string();
    Ok((
        words(&[&zig, "cc", "-target", "x86_64-freebsd.14.0-none"]),
        words(&[&zig, "ld.lld"]),
    ))
}

fn command(words: &[String]) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

fn compile(cc: &[String], source: &Path, out: &Path) -> Result<PathBuf> {
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let object = out.join(format!("{name}.o"));
    let mut command = command(cc);
    // Failed checks name the file: without the folder that it was built in.
    if let Some(dir) = source.parent() {
        command.current_dir(dir);
    }
    command.args(FLAGS).args(["-c", name.as_ref()]);
    command.arg("-o").arg(&object);
    process::run(&mut command, &format!("{name} does not compile"))?;
    Ok(object)
}
