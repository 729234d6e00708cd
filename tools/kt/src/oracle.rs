//! `kt cobject`: the C file that was ported, compiled for the same
//! configuration.  It is the oracle of the audit and of the C unit tests.

use std::path::{Path, PathBuf};

use crate::arch::Arch;
use crate::config::{Config, Profile};
use crate::error::{Result, bail};
use crate::files::{self, Inputs};
use crate::report::Stage;
use crate::staging;

/// Compiles `KERN_THREAD_C` and gives the object's path.
pub fn build(config: &Config) -> Result<PathBuf> {
    let Some(source) = &config.oracle else {
        bail!("no C file to compile: give KERN_THREAD_C=<path of FreeBSD's kern_thread.c>");
    };
    if config.profile != Profile::Reference && config.sysdir.is_none() {
        bail!(
            "KERN_THREAD_C is an oracle for PROFILE=ref alone: the C file does not compile with the headers of PROFILE={}",
            config.profile
        );
    }
    if !source.is_file() {
        bail!(
            "KERN_THREAD_C={} is not a file: give the path of FreeBSD's kern_thread.c",
            source.display()
        );
    }
    let staged = staging::stage(config)?;
    let object = config.out.join("kern_thread_c.o");
    let stamp = Inputs::new()
        .text(staged.compiler.command_line())
        .text(staged.compiler.flags().join(" "))
        .tree(&staged.compiler.include.join("."))?
        .file(source)?
        .stamp(config.out.join(".cobject"));
    if config.sysdir.is_none() && stamp.is_current(&[&object]) {
        return Ok(object);
    }
    let stage = Stage::start("cobject", &config.name());
    if config.arch == Arch::I386 && config.sysdir.is_none() {
        let copy = without_frame_assertions(config, source)?;
        staged.compiler.compile(&copy, &object, &[])?;
    } else {
        staged.compiler.compile(source, &object, &[])?;
    }
    stamp.record()?;
    stage.done();
    Ok(object)
}

/// On i386 the packaged headers lack four bytes that the C file's revision has
/// between `td_pflags` and `td_frame` (docs/divergences.md): a copy of the
/// file without the assertions of the two offsets behind them compiles.
fn without_frame_assertions(config: &Config, source: &Path) -> Result<PathBuf> {
    let copy = config.out.join("i386/kern_thread.c");
    files::write(&copy, strip_assertions(&files::read(source)?))?;
    Ok(copy)
}

/// Blanks the assertions out that a 32-bit `td_frame` and `td_emuldata` fail;
/// lines keep their numbers.
fn strip_assertions(source: &str) -> String {
    const START: &str = "_Static_assert(";
    const GONE: [&str; 2] = [
        "offsetof(struct thread, td_frame) == 0x318,",
        "offsetof(struct thread, td_emuldata) == 0x35c,",
    ];
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find(START) {
        let end = rest[start..]
            .find(';')
            .map_or(rest.len(), |at| start + at + 1);
        let (statement, after) = (&rest[start..end], &rest[end..]);
        text.push_str(&rest[..start]);
        if GONE
            .iter()
            .any(|gone| statement[START.len()..].starts_with(gone))
        {
            text.extend(statement.chars().filter(|&c| c == '\n'));
        } else {
            text.push_str(statement);
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_assertions_go_and_lines_stay() {
        let source = "a\n_Static_assert(offsetof(struct thread, td_frame) == 0x4b8,\n \"x\");\n\
                      _Static_assert(offsetof(struct thread, td_frame) == 0x318,\n \"x\");\n\
                      _Static_assert(offsetof(struct thread, td_emuldata) == 0x35c,\n \"x\");\nb\n";
        let stripped = strip_assertions(source);
        assert_eq!(
            stripped,
            "a\n_Static_assert(offsetof(struct thread, td_frame) == 0x4b8,\n \"x\");\n\n\n\n\nb\n"
        );
    }
}
