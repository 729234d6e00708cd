//! `kt kernel-add`, `kernel-remove` and `kernel-status`: the kernel kit, which
//! teaches a FreeBSD source tree the option `KERN_THREAD_RS`.
//!
//! Two files of the tree change, both or neither, and only by what
//! `fbsd-harness/kernel/*.in` say; everything else about the tree is checked
//! and left alone.

mod edit;
mod replace;
mod status;
mod tree;

use std::path::{Path, PathBuf};

use crate::config;
use crate::error::{Error, Result, bail};
use edit::{Edits, State};
use tree::Tree;

/// What the other targets take and these do not.
const FOREIGN: &[&str] = &[
    "PROFILE",
    "ARCH",
    "OPTIONS",
    "KERN_THREAD_C",
    "TOOLCHAIN",
    "FEATURES",
    "IMPL",
    "DESTDIR",
    "PREFIX",
];

/// What is asked for.
pub struct Request {
    /// This project.
    root: PathBuf,
    /// `SYSDIR=`.
    sysdir: Option<PathBuf>,
    /// `KERNBUILDDIR=`, for the status alone.
    kernbuilddir: Option<PathBuf>,
}

impl Request {
    /// Reads the request of `subcommand`; `lookup` and `cwd` as for
    /// [`config::Config::read`].
    pub fn read(
        subcommand: &str,
        lookup: impl Fn(&str) -> Option<String>,
        cwd: &Path,
    ) -> Result<Self> {
        let value = |name: &str| {
            let value = lookup(name)?.trim().to_string();
            (!value.is_empty()).then_some(value)
        };
        for name in FOREIGN {
            if value(name).is_some() {
                bail!("{subcommand} does not take {name}: leave it out");
            }
        }
        let request = Self {
            root: std::fs::canonicalize(config::repository(cwd)?)
                .map_err(|e| Error::io("read", cwd, &e))?,
            sysdir: value("SYSDIR").map(|text| cwd.join(text)),
            kernbuilddir: value("KERNBUILDDIR").map(|text| cwd.join(text)),
        };
        if request.kernbuilddir.is_some() && subcommand != "kernel-status" {
            bail!("{subcommand} changes a source tree, not a kernel: leave KERNBUILDDIR out");
        }
        Ok(request)
    }

    /// The tree of `SYSDIR`, with the kit's edits.
    fn open(&self) -> Result<(Tree, Edits)> {
        let Some(sysdir) = &self.sysdir else {
            bail!("the sys folder of a FreeBSD source tree is needed: give SYSDIR=/usr/src/sys");
        };
        Ok((Tree::open(sysdir)?, Edits::read(&self.root)?))
    }
}

/// `kt kernel-add`.
pub fn add(request: &Request) -> Result<String> {
    let (tree, edits) = request.open()?;
    match edits.state(&tree)? {
        State::Absent => {
            replace::all(&edits.add(&tree, &request.root)?)?;
            Ok(format!(
                "added: kernels of {} that are configured with `options KERN_THREAD_RS` take kern_thread.o from {}",
                tree.path().display(),
                request.root.display()
            ))
        }
        State::Added(project) if project == request.root => Ok(format!(
            "already added: {} takes kern_thread.o from {}; nothing was changed",
            tree.path().display(),
            project.display()
        )),
        State::Added(project) => bail!(
            "{} takes kern_thread.o from {} already: run make kernel-remove first",
            tree.path().display(),
            project.display()
        ),
    }
}

/// `kt kernel-remove`.
pub fn remove(request: &Request) -> Result<String> {
    let (tree, edits) = request.open()?;
    match edits.state(&tree)? {
        State::Absent => bail!(
            "{} does not have the option KERN_THREAD_RS: there is nothing to remove",
            tree.path().display()
        ),
        State::Added(_) => {
            replace::all(&edits.remove(&tree)?)?;
            Ok(format!(
                "removed: {} is as it was before make kernel-add",
                tree.path().display()
            ))
        }
    }
}

/// `kt kernel-status`: of a tree, of a configured kernel, or of both.
pub fn status(request: &Request) -> Result<String> {
    let mut lines = Vec::new();
    if request.sysdir.is_some() || request.kernbuilddir.is_none() {
        let (tree, edits) = request.open()?;
        lines.push(match edits.state(&tree)? {
            State::Absent => format!("not added: {}", tree.path().display()),
            State::Added(project) => format!(
                "added: {} takes kern_thread.o from {}",
                tree.path().display(),
                project.display()
            ),
        });
    }
    if let Some(dir) = &request.kernbuilddir {
        lines.push(status::of_kernel(dir)?);
    }
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(subcommand: &str, variables: &[(&str, &str)]) -> Result<Request> {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| value.to_string())
        };
        Request::read(subcommand, lookup, Path::new(env!("CARGO_MANIFEST_DIR")))
    }

    #[test]
    fn what_is_missing_or_too_much_is_named() {
        for (subcommand, variables, expected) in [
            (
                "kernel-add",
                vec![("SYSDIR", "/s"), ("OPTIONS", "WITNESS")],
                "does not take OPTIONS",
            ),
            (
                "kernel-remove",
                vec![("SYSDIR", "/s"), ("KERNBUILDDIR", "/k")],
                "leave KERNBUILDDIR out",
            ),
        ] {
            let error = read(subcommand, &variables).err().expect("refused");
            assert!(error.to_string().contains(expected), "{error}");
        }
        assert!(read("kernel-status", &[("KERNBUILDDIR", "/k")]).is_ok());
        let nothing = read("kernel-add", &[("SYSDIR", " ")]).expect("read");
        let error = add(&nothing).expect_err("no tree").to_string();
        assert!(error.contains("give SYSDIR="), "{error}");
    }
}
