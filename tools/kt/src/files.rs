//! Files that are never seen half-written, and stamps that say whether a stage
//! has anything to do.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Reads a text file.
pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| Error::io("read", path, &e))
}

/// Reads a binary file.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| Error::io("read", path, &e))
}

/// Makes a folder and those above it.
pub fn make_dir(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|e| Error::io("create", path, &e))
}

/// Writes `path` by way of a temporary file beside it; a file that has these
/// contents already is left alone, so that its time stays.
pub fn write(path: &Path, contents: impl AsRef<[u8]>) -> Result<()> {
    let contents = contents.as_ref();
    if fs::read(path).is_ok_and(|old| old == contents) {
        return Ok(());
    }
    if let Some(dir) = path.parent() {
        make_dir(dir)?;
    }
    let temporary = temporary_name(path);
    fs::write(&temporary, contents).map_err(|e| Error::io("write", &temporary, &e))?;
    fs::rename(&temporary, path).map_err(|e| Error::io("write", path, &e))
}

/// A name beside `path` for output that is not complete yet.
pub fn temporary_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

/// All files below `dir`, sorted.
pub fn tree(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).map_err(|e| Error::io("read", &dir, &e))? {
            let path = entry.map_err(|e| Error::io("read", &dir, &e))?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Collects what a stage depends on.
#[derive(Default)]
pub struct Inputs(DefaultHasher);

impl Inputs {
    /// Starts with the driver itself: a changed driver does everything again.
    pub fn new() -> Self {
        let mut inputs = Self::default();
        if let Ok(meta) = std::env::current_exe().and_then(fs::metadata) {
            meta.len().hash(&mut inputs.0);
            meta.modified().ok().hash(&mut inputs.0);
        }
        inputs
    }

    /// Adds a piece of text.
    pub fn text(mut self, text: impl AsRef<str>) -> Self {
        text.as_ref().hash(&mut self.0);
        self
    }

    /// Adds the name and the contents of a file.
    pub fn file(mut self, path: &Path) -> Result<Self> {
        path.hash(&mut self.0);
        read_bytes(path)?.hash(&mut self.0);
        Ok(self)
    }

    /// Adds every file below a folder.
    pub fn tree(mut self, dir: &Path) -> Result<Self> {
        for path in tree(dir)? {
            self = self.file(&path)?;
        }
        Ok(self)
    }

    /// Ends the collection: `path` is the file that remembers it.
    pub fn stamp(self, path: PathBuf) -> Stamp {
        Stamp {
            path,
            value: format!("{:016x}\n", self.0.finish()),
        }
    }
}

/// Remembers the inputs with which a stage last succeeded.
pub struct Stamp {
    path: PathBuf,
    value: String,
}

impl Stamp {
    /// Whether nothing has changed since and all `outputs` are there.
    pub fn is_current(&self, outputs: &[&Path]) -> bool {
        outputs.iter().all(|path| path.exists())
            && fs::read_to_string(&self.path).is_ok_and(|old| old == self.value)
    }

    /// Notes that the stage has succeeded.
    pub fn record(&self) -> Result<()> {
        write(&self.path, &self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_stamp_holds_until_an_input_changes_or_an_output_goes() {
        let dir = Scratch::new("stamp");
        dir.write("in/a", "one");
        let stamp = || {
            let inputs = Inputs::new()
                .text("x")
                .tree(&dir.path().join("in"))
                .expect("inputs");
            inputs.stamp(dir.path().join("stamp"))
        };
        let output = dir.path().join("out");
        assert!(!stamp().is_current(&[]));
        stamp().record().expect("recorded");
        assert!(stamp().is_current(&[]));
        assert!(!stamp().is_current(&[&output]));
        dir.write("in/a", "two");
        assert!(!stamp().is_current(&[]));
    }

    #[test]
    fn writing_the_same_again_keeps_the_file() {
        let dir = Scratch::new("write");
        let path = dir.path().join("sub/file");
        write(&path, "text").expect("written");
        let before = fs::metadata(&path)
            .expect("there")
            .modified()
            .expect("time");
        write(&path, "text").expect("written");
        assert_eq!(
            fs::metadata(&path)
                .expect("there")
                .modified()
                .expect("time"),
            before
        );
        assert_eq!(tree(dir.path()).expect("tree"), [path]);
    }
}
