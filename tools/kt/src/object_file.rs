//! `kt object`: the shipped object of a configuration and its archive.

use std::path::PathBuf;

use crate::archive;
use crate::bindings;
use crate::config::Config;
use crate::depend;
use crate::error::Result;
use crate::files;
use crate::link;
use crate::report::Stage;
use crate::rust::{self, Rustc};

/// Builds `kern_thread.o` and `libkern_thread.a`, or finds them up to date, and
/// gives the object's path.
pub fn build(config: &Config) -> Result<PathBuf> {
    for note in &config.kernel_flags.notes {
        eprintln!("note: {note}");
    }
    let rustc = Rustc::find(config)?;
    let object = config.out.join("kern_thread.o");
    let library = config.out.join("libkern_thread.a");
    let bindings = bindings::ensure(config)?;
    depend::write(config, &object)?;
    let stamp = rust::inputs(config, &rustc, &bindings)?.stamp(config.out.join(".object"));
    if stamp.is_current(&[&object, &library]) {
        return Ok(object);
    }
    let stage = Stage::start("object", &config.name());
    for stale in [&object, &library] {
        let _ = std::fs::remove_file(stale);
    }
    let compiled = rust::compile(config, &rustc, &bindings)?;
    let names = link::link(config, &rustc, &compiled, &object)?;
    files::write(
        &library,
        archive::single("kern_thread.o", &files::read_bytes(&object)?, &names),
    )?;
    stamp.record()?;
    stage.done();
    Ok(object)
}
