//! A directory for one unit test, removed when the test ends.

use std::path::{Path, PathBuf};

/// Owns the directory.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes an empty directory; `name` keeps the tests of one process apart.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kt-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("temporary directory");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file below it, with the folders that its name needs.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("inside the scratch directory"))
            .expect("folder");
        std::fs::write(path, text).expect("file");
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
