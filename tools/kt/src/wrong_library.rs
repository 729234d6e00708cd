//! Wrong versions of the library: [`Edit`]s of a file of `src/`, each built into
//! an object of its own, and with the simulated kernel into a program.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::bindings;
use crate::config::{Config, Implementation};
use crate::edits::Edit;
use crate::error::{Error, Result};
use crate::files;
use crate::hosted;
use crate::link;
use crate::program::{Parts, Suite};
use crate::rust::{self, Rustc};
use crate::wrong::OBJECT;

/// The folder of the library's sources.
const SOURCES: &str = "src";

/// What a tree with a wrong version does not need.
const LEFT_OUT: &[&str] = &[".git", SOURCES, "target"];

/// What every wrong version is built with.
pub struct Bench {
    home: Config,
    parts: Parts,
    folder: PathBuf,
}

impl Bench {
    /// A bench that builds in the folder `name` of the configuration.
    pub fn new(config: &Config, name: &str) -> Result<Self> {
        let home = Config {
            implementation: Implementation::Rust,
            ..config.clone()
        };
        Ok(Self {
            parts: Parts::build(Suite::Scenarios, &home)?,
            folder: home.out.join(name),
            home,
        })
    }

    /// Builds a wrong version, which is one of `file`, lets `judge` look at the
    /// program, and removes it.
    pub fn with<T>(
        &self,
        edit: &Edit,
        file: &str,
        judge: impl FnOnce(&Path) -> Result<T>,
    ) -> Result<T> {
        let folder = self.folder.join(&edit.id);
        let tree = folder.join("tree");
        self.copy(&tree)?;
        let file = tree.join(file);
        files::write(&file, edit.apply(&files::read(&file)?)?)?;
        let object = folder.join(OBJECT);
        let linked = self
            .object(&tree)
            .map_err(|cause| Error::new(format!("edit {}: {cause}", edit.id)))?;
        files::write(&object, hosted::convert(&linked)?)?;
        let judged = judge(&self.parts.link(&object, &folder)?)?;
        remove(&folder)?;
        Ok(judged)
    }

    /// A tree with sources of its own, and links to everything else.
    fn copy(&self, tree: &Path) -> Result<()> {
        remove(tree)?;
        files::make_dir(tree)?;
        let root = &self.home.root;
        for path in files::tree(&root.join(SOURCES))? {
            let below = path.strip_prefix(root).unwrap_or(&path);
            files::write(&tree.join(below), files::read_bytes(&path)?)?;
        }
        let entries = fs::read_dir(root).map_err(|cause| Error::io("read", root, &cause))?;
        for entry in entries {
            let name = entry
                .map_err(|cause| Error::io("read", root, &cause))?
                .file_name();
            if !LEFT_OUT.iter().any(|left_out| name == *left_out) {
                let copy = tree.join(&name);
                symlink(root.join(&name), &copy)
                    .map_err(|cause| Error::io("write", &copy, &cause))?;
            }
        }
        Ok(())
    }

    /// The object of the library in a tree.
    fn object(&self, tree: &Path) -> Result<PathBuf> {
        let out = tree.join("target/kt").join(self.home.name());
        let there = Config {
            root: tree.to_path_buf(),
            out: out.clone(),
            ..self.home.clone()
        };
        let rustc = Rustc::find(&self.home)?;
        let compiled = rust::recompile(&there, &rustc, &bindings::ensure(&self.home)?)?;
        let linked = out.join("kern_thread.o");
        link::link(&there, &rustc, &compiled, &linked)?;
        Ok(linked)
    }
}

/// Removes a folder, if it is there.
fn remove(folder: &Path) -> Result<()> {
    match folder.exists() {
        true => fs::remove_dir_all(folder).map_err(|cause| Error::io("remove", folder, &cause)),
        false => Ok(()),
    }
}
