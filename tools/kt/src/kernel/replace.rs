//! New contents for several files: all of them or none.

use std::fs::{self, File, Metadata};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, bail};
use crate::files;

/// A file and its new contents.
pub struct Change {
    /// Which.
    pub path: PathBuf,
    /// What it holds now.
    pub old: String,
    /// What it shall hold.
    pub new: String,
}

/// A change whose new contents lie beside the file already.
struct Staged<'a> {
    change: &'a Change,
    /// The file itself, where a symbolic link leads to it.
    target: PathBuf,
    metadata: Metadata,
    temporary: PathBuf,
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Makes every change, or none and says why.
pub fn all(changes: &[Change]) -> Result<()> {
    for change in changes {
        writable(&change.path)?;
    }
    let staged = changes.iter().map(stage).collect::<Result<Vec<_>>>()?;
    swap_in(&staged)
}

/// Refuses a file that somebody has made read-only, also to root, whom its mode
/// does not stop.
fn writable(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    for read_only in [path, folder] {
        let metadata = fs::metadata(read_only).map_err(|e| Error::io("read", read_only, &e))?;
        if metadata.permissions().mode() & 0o222 == 0 {
            bail!(
                "{} is read-only: make it writable (chmod u+w), nothing was changed",
                read_only.display()
            );
        }
    }
    match File::options().write(true).open(path) {
        Ok(_) => Ok(()),
        Err(cause) => bail!(
            "{} is read-only to you ({cause}): nothing was changed",
            path.display()
        ),
    }
}

/// Writes the new contents beside the file, with its owner and mode.
fn stage(change: &Change) -> Result<Staged<'_>> {
    let failed = |what: &'static str| {
        move |cause: std::io::Error| {
            Error::new(format!(
                "cannot {what} {}: {cause}; nothing was changed",
                change.path.display()
            ))
        }
    };
    let target = fs::canonicalize(&change.path).map_err(failed("read"))?;
    let staged = Staged {
        change,
        metadata: fs::metadata(&target).map_err(failed("read"))?,
        temporary: files::temporary_name(&target),
        target,
    };
    staged
        .write(&change.new)
        .map_err(failed("replace, as its owner,"))?;
    Ok(staged)
}

impl Staged<'_> {
    fn write(&self, contents: &str) -> std::io::Result<()> {
        let _ = fs::remove_file(&self.temporary);
        let mut file = File::create_new(&self.temporary)?;
        file.write_all(contents.as_bytes())?;
        if file.metadata()?.uid() != self.metadata.uid() {
            chown(&self.temporary, Some(self.metadata.uid()), None)?;
        }
        // Whose group it is does not matter enough to give up.
        let _ = chown(&self.temporary, None, Some(self.metadata.gid()));
        file.set_permissions(self.metadata.permissions())?;
        file.sync_all()
    }

    /// Writes the old contents back, with their time.
    fn put_back(&self) -> std::io::Result<()> {
        self.write(&self.change.old)?;
        File::options()
            .write(true)
            .open(&self.temporary)?
            .set_modified(self.metadata.modified()?)?;
        fs::rename(&self.temporary, &self.target)
    }
}

/// Renames every file into its place; when one fails, those before go back.
fn swap_in(staged: &[Staged]) -> Result<()> {
    for (done, next) in staged.iter().enumerate() {
        let Err(cause) = fs::rename(&next.temporary, &next.target) else {
            continue;
        };
        for earlier in &staged[..done] {
            if let Err(cause) = earlier.put_back() {
                bail!(
                    "{} was changed and cannot be put back: {cause}",
                    earlier.target.display()
                );
            }
        }
        bail!(
            "cannot write {}: {cause}; nothing was changed",
            next.target.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn change(path: PathBuf, new: &str) -> Change {
        let old = fs::read_to_string(&path).expect("there");
        let new = new.to_string();
        Change { path, old, new }
    }

    /// Names, contents, modes and times of all files below a folder.
    fn everything(dir: &Path) -> Vec<(PathBuf, Vec<u8>, u32, std::time::SystemTime)> {
        let files = files::tree(dir).expect("readable");
        let one = |path: PathBuf| {
            let metadata = fs::metadata(&path).expect("there");
            let contents = fs::read(&path).expect("readable");
            let time = metadata.modified().expect("a time");
            (path, contents, metadata.permissions().mode(), time)
        };
        files.into_iter().map(one).collect()
    }

    #[test]
    fn all_files_get_their_contents_and_keep_mode_and_links() {
        let dir = Scratch::new("replace");
        dir.write("real/a", "old a");
        dir.write("b", "old b");
        let a = dir.path().join("a");
        std::os::unix::fs::symlink("real/a", &a).expect("link");
        fs::set_permissions(&a, fs::Permissions::from_mode(0o640)).expect("mode");
        let changes = [
            change(a.clone(), "new a"),
            change(dir.path().join("b"), "new b"),
        ];
        all(&changes).expect("replaced");
        assert_eq!(
            fs::read_link(&a).expect("still a link"),
            Path::new("real/a")
        );
        let mode = fs::metadata(&a).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        let contents: Vec<_> = everything(dir.path()).into_iter().map(|f| f.1).collect();
        assert_eq!(contents, [b"new a", b"new b", b"new a"]);
    }

    #[test]
    fn a_failure_at_the_last_file_puts_the_first_back() {
        let dir = Scratch::new("rollback");
        dir.write("a", "old a");
        dir.write("folder/file", "");
        let before = everything(dir.path());
        let first = change(dir.path().join("a"), "new a");
        let staged = vec![
            stage(&first).expect("staged"),
            Staged {
                // No file can be renamed to a folder.
                target: dir.path().join("folder"),
                temporary: dir.path().join("no such file"),
                metadata: fs::metadata(dir.path()).expect("there"),
                change: &first,
            },
        ];
        let error = swap_in(&staged).expect_err("fails").to_string();
        assert!(error.contains("nothing was changed"), "{error}");
        drop(staged);
        assert_eq!(everything(dir.path()), before);
    }

    #[test]
    fn what_is_read_only_is_refused_to_root_too() {
        let dir = Scratch::new("readonly");
        dir.write("d/a", "old");
        dir.write("d/b", "old");
        let (a, b) = (dir.path().join("d/a"), dir.path().join("d/b"));
        let set = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("mode");
        };
        let attempt = || all(&[change(a.clone(), "new"), change(b.clone(), "new")]);
        set(&b, 0o444);
        let before = everything(dir.path());
        let error = attempt().expect_err("a read-only file").to_string();
        assert!(error.contains("d/b is read-only"), "{error}");
        assert_eq!(everything(dir.path()), before);
        set(&b, 0o644);
        set(&dir.path().join("d"), 0o555);
        let error = attempt().expect_err("a read-only folder").to_string();
        set(&dir.path().join("d"), 0o755);
        assert!(error.contains("/d is read-only"), "{error}");
        assert_eq!(fs::read_to_string(&a).expect("there"), "old");
    }
}
