//! The two programs: each object, as it ships, linked with the kernel that
//! measures it (`fbsd-harness/bench`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arch::Arch;
use crate::config::{Config, Implementation};
use crate::error::{Error, Result, bail};
use crate::files::{self, Inputs};
use crate::hosted;
use crate::object_file;
use crate::oracle;
use crate::process;
use crate::program;
use crate::report::Stage;

/// An object and the program that was linked with it.
pub struct Built {
    /// As it goes into a kernel.
    pub object: PathBuf,
    /// What measures it.
    pub program: PathBuf,
}

/// Both.
pub struct Both {
    /// Of the C file.
    pub c: Built,
    /// The one that ships.
    pub rust: Built,
}

/// Where a program lies in memory.  The two run by turns on one CPU: with a branch
/// of each at one address, a processor that does not tell its predictions apart by
/// process predicts the one's from the other's, which cost calls of 2.5 nanoseconds
/// a third more on an AMD EPYC.  A kernel has one of the two only.
/// Within 2 MB both lie alike.
fn base(implementation: Implementation) -> u64 {
    match implementation {
        Implementation::C => 0x0040_0000,
        Implementation::Rust => 0x1260_0000,
    }
}

/// Builds both programs.
pub fn build(config: &Config) -> Result<Both> {
    if config.oracle.is_none() {
        bail!("nothing to compare with: give KERN_THREAD_C=<path of FreeBSD's kern_thread.c>");
    }
    if config.arch != Arch::Amd64 {
        bail!(
            "the objects are measured on amd64 alone: leave ARCH={} out",
            config.arch
        );
    }
    let stage = Stage::start("bench", &format!("{}: the two programs", config.name()));
    let kernel = program::kernel_library(
        config,
        "fbsd-bench",
        "the kernel that measures does not compile",
    )?;
    let both = Both {
        c: Built {
            object: oracle::build(config)?,
            program: link(config, Implementation::C, &kernel)?,
        },
        rust: Built {
            object: object_file::build(config)?,
            program: link(config, Implementation::Rust, &kernel)?,
        },
    };
    stage.done();
    Ok(both)
}

/// Links an object with it.
fn link(config: &Config, implementation: Implementation, kernel: &Path) -> Result<PathBuf> {
    let object = hosted::build(&Config {
        implementation,
        ..config.clone()
    })?;
    let script = config.root.join("fbsd-harness/bench/object.ld");
    let folder = config.out.join(format!("bench-{implementation}"));
    let program = folder.join("bench");
    let base = format!("-Wl,-Ttext-segment={:#x}", base(implementation));
    let inputs = Inputs::new()
        .file(&object)?
        .file(kernel)?
        .file(&script)?
        .text(&base);
    let stamp = inputs.stamp(folder.join(".bench"));
    if stamp.is_current(&[&program]) {
        return Ok(program);
    }
    files::make_dir(&folder)?;
    let temporary = files::temporary_name(&program);
    let mut command = Command::new("cc");
    command
        .args(["-static", "-no-pie", "-o"])
        .arg(&temporary)
        .arg(object)
        .arg(kernel)
        .arg("-T")
        .arg(script)
        .arg(base)
        .args(["-lpthread", "-lm"]);
    process::run(&mut command, "the program that measures does not link")?;
    fs::rename(&temporary, &program).map_err(|cause| Error::io("write", &program, &cause))?;
    stamp.record()?;
    Ok(program)
}
