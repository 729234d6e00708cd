//! `kt kernel-check`: is the Rust object in a linked kernel, whole and in order?

use std::path::{Path, PathBuf};

use crate::error::{Error, Result, bail};

/// What to check.
#[derive(Debug)]
pub struct Request {
    /// `KERNEL=`.
    kernel: PathBuf,
}

impl Request {
    /// Reads the request; relative paths are relative to `cwd`.
    pub fn read(lookup: impl Fn(&str) -> Option<String>, cwd: &Path) -> Result<Self> {
        let path = |name: &str| {
            let value = lookup(name)?.trim().to_owned();
            (!value.is_empty()).then(|| cwd.join(value))
        };
        let Some(kernel) = path("KERNEL") else {
            bail!("KERNEL is not given: make kernel-check KERNEL=file");
        };
        Ok(Self { kernel })
    }
}

/// Checks and prints what was found.
pub fn run(request: &Request) -> Result<()> {
    let report = kernel_check::check(&request.kernel).map_err(|e| Error::new(e.to_string()))?;
    println!("{report}");
    if !report.ok() {
        bail!("the kernel is not in order: see the lines that begin with problem");
    }
    Ok(())
}
