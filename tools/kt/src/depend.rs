//! `kern_thread.d`, beside an object that was built for a configured kernel:
//! what it was made from, as a line of a makefile.
//!
//! A kernel's makefile reads such a file for each of its objects and by it
//! knows when to make one again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::compiler::Compiler;
use crate::config::Config;
use crate::error::Result;
use crate::files;

/// Files and folders of this project that the object depends on.
const OWN: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "build.rs",
    "fbsd-harness/kernel/object.sh",
    "src",
    "tools/kt/include",
    "tools/kt/src",
];

/// Writes the file of a configuration with `SYSDIR` and `KERNBUILDDIR`.
pub fn write(config: &Config, object: &Path) -> Result<()> {
    let (Some(_), Some(kernbuilddir)) = (&config.sysdir, &config.kernbuilddir) else {
        return Ok(());
    };
    let compiler = Compiler::new(config)?;
    let headers = compiler.headers(&config.root.join("src/bindings/wrapper.h"))?;
    let mut needed = BTreeSet::new();
    for header in headers {
        needed.extend(origin(&header, &config.out, kernbuilddir));
    }
    for name in OWN {
        let path = config.root.join(name);
        if path.is_dir() {
            needed.extend(files::tree(&path)?);
        } else {
            needed.insert(path);
        }
    }
    let mut text = String::from("kern_thread.o:");
    for path in needed {
        let _ = write!(text, " \\\n\t{}", path.display());
    }
    text.push('\n');
    files::write(&object.with_extension("d"), text)
}

/// Where a header comes from, links followed: one that was staged for this
/// configuration is a copy of the kernel's, or made from others.
fn origin(header: &Path, out: &Path, kernbuilddir: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(header).ok()?;
    if !real.starts_with(out) {
        return Some(real);
    }
    let copied = kernbuilddir.join(real.file_name()?);
    copied.is_file().then_some(copied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_staged_header_stands_for_the_kernel_s() {
        let dir = Scratch::new("depend");
        for file in [
            "sys/proc.h",
            "out/opt_a.h",
            "out/offset.inc",
            "kernel/opt_a.h",
        ] {
            dir.write(file, "");
        }
        let root = fs::canonicalize(dir.path()).expect("there");
        std::os::unix::fs::symlink(root.join("sys"), root.join("out/machine")).expect("link");
        let origin = |name: &str| origin(&root.join(name), &root.join("out"), &root.join("kernel"));
        assert_eq!(origin("sys/proc.h"), Some(root.join("sys/proc.h")));
        assert_eq!(origin("out/machine/proc.h"), Some(root.join("sys/proc.h")));
        assert_eq!(origin("out/opt_a.h"), Some(root.join("kernel/opt_a.h")));
        assert_eq!(origin("out/offset.inc"), None);
        assert_eq!(origin("sys/gone.h"), None);
    }
}
