//! `kt kernel-check`: is the Rust object in a linked kernel, whole and in
//! order, and how does the kernel differ from one with the C file?

use std::path::{Path, PathBuf};

use crate::error::{Error, Result, bail};

/// What to check.
#[derive(Debug)]
pub struct Request {
    /// `KERNEL=`.
    kernel: PathBuf,
    /// `BASELINE=`.
    baseline: Option<PathBuf>,
}

impl Request {
    /// Reads the request; relative paths are relative to `cwd`.
    pub fn read(lookup: impl Fn(&str) -> Option<String>, cwd: &Path) -> Result<Self> {
        let path = |name: &str| {
            let value = lookup(name)?.trim().to_owned();
            (!value.is_empty()).then(|| cwd.join(value))
        };
        let Some(kernel) = path("KERNEL") else {
            bail!("KERNEL is not given: make kernel-check KERNEL=file [BASELINE=file]");
        };
        Ok(Self {
            kernel,
            baseline: path("BASELINE"),
        })
    }
}

/// Checks and prints what was found.
pub fn run(request: &Request) -> Result<()> {
    let report = kernel_check::check(&request.kernel, request.baseline.as_deref())
        .map_err(|e| Error::new(e.to_string()))?;
    println!("{report}");
    if !report.ok() {
        bail!("the kernel is not in order: see the lines that begin with problem");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(variables: &[(&str, &str)]) -> Result<Request> {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| value.to_string())
        };
        Request::read(lookup, Path::new("/where/make/runs"))
    }

    /// Guards what the documentation says of relative paths.
    #[test]
    fn paths_are_relative_to_where_make_runs() {
        let request = request(&[("KERNEL", "a/kernel"), ("BASELINE", " /b/kernel ")]);
        let request = request.expect("both given");
        assert_eq!(request.kernel, Path::new("/where/make/runs/a/kernel"));
        assert_eq!(request.baseline.as_deref(), Some(Path::new("/b/kernel")));
    }

    /// Guards the message for a call without a kernel.
    #[test]
    fn a_kernel_has_to_be_given() {
        let message = request(&[("KERNEL", ""), ("BASELINE", "c")]);
        let message = message.expect_err("refused").to_string();
        assert!(message.starts_with("KERNEL is not given: "), "{message}");
    }
}
