//! A FreeBSD source tree: whether a folder is one, and one that the kit knows.

use std::path::{Path, PathBuf};

use crate::error::{Result, bail};
use crate::files;

/// What every `sys` folder has, and the kit reads or changes.
const PARTS: &[&str] = &[
    "conf/files",
    "conf/options",
    "kern/kern_thread.c",
    "sys/param.h",
];

/// `__FreeBSD_version` of the trees that the library follows: main of July
/// 2022, the oldest that was tried, up to and with 15.x.
const FIRST_VERSION: u32 = 1_400_063;
const END_VERSION: u32 = 1_600_000;

/// A tree that the kit knows.
pub struct Tree(PathBuf);

impl Tree {
    /// Accepts `SYSDIR` or says what it lacks.
    pub fn open(sysdir: &Path) -> Result<Self> {
        if sysdir.join("sys/conf/files").is_file() {
            bail!(
                "SYSDIR={} holds the sys folder: give SYSDIR={}",
                sysdir.display(),
                sysdir.join("sys").display()
            );
        }
        for part in PARTS {
            if !sysdir.join(part).is_file() {
                bail!(
                    "SYSDIR={} has no {part}: give the sys folder of a FreeBSD source tree, e.g. /usr/src/sys",
                    sysdir.display()
                );
            }
        }
        // Its own path, whatever links lead to it: it is shown to people.
        let path = std::fs::canonicalize(sysdir).unwrap_or_else(|_| sysdir.to_path_buf());
        let version = version(&files::read(&path.join("sys/param.h"))?);
        match version {
            Some(version) if (FIRST_VERSION..END_VERSION).contains(&version) => Ok(Self(path)),
            Some(version) => bail!(
                "SYSDIR={} is FreeBSD with __FreeBSD_version {version}: the library follows {FIRST_VERSION} (14-CURRENT of July 2022) to 15.x",
                sysdir.display()
            ),
            None => bail!(
                "SYSDIR={}: sys/param.h does not say __FreeBSD_version: the library follows {FIRST_VERSION} (14-CURRENT of July 2022) to 15.x",
                sysdir.display()
            ),
        }
    }

    /// The `sys` folder.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// The number that `#define __FreeBSD_version` gives.
fn version(param_h: &str) -> Option<u32> {
    param_h.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        if (words.next(), words.next()) != (Some("#define"), Some("__FreeBSD_version")) {
            return None;
        }
        words.next()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_definition_s() {
        let text = "/* #define __FreeBSD_version 1 */\n#undef __FreeBSD_version\n\
                    #define\t__FreeBSD_version 1500012\t/* x */\n";
        assert_eq!(version(text), Some(1_500_012));
        assert_eq!(version("#define __FreeBSD_version\n"), None);
    }
}
