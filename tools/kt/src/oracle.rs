//! `kt cobject`: the C file that was ported, compiled for the same
//! configuration.  It is the oracle of the audit and of the C unit tests.

use std::path::PathBuf;

use crate::config::{Config, Profile};
use crate::error::{Result, bail};
use crate::files::Inputs;
use crate::report::Stage;
use crate::staging;

/// Compiles `KERN_THREAD_C` and gives the object's path.
pub fn build(config: &Config) -> Result<PathBuf> {
    let Some(source) = &config.oracle else {
        bail!("no C file to compile: give KERN_THREAD_C=<path of FreeBSD's kern_thread.c>");
    };
    if config.profile != Profile::Reference {
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
    staged.compiler.compile(source, &object, &[])?;
    stamp.record()?;
    stage.done();
    Ok(object)
}
