//! What the kit changes in a tree: one block of lines in `conf/files`, one in
//! `conf/options`.
//!
//! A tree has the kit's blocks if there is a text that adding turns into what
//! the file is, byte for byte.  So what was edited since, or comes from a kit
//! with other blocks, is never mistaken for this kit's, and removing gives the
//! file as it was.

use std::path::{Path, PathBuf};

use super::replace::Change;
use super::tree::Tree;
use crate::error::{Result, bail};
use crate::files;

/// The first line of each block, up to the project's path.
const BEGIN: &str = "# Begin kern_thread in Rust, added by make kernel-add in ";
/// The last line of each block.
const END: &str = "# End kern_thread in Rust\n";

/// What the tree says.
#[derive(Debug, PartialEq, Eq)]
pub enum State {
    /// As FreeBSD made it.
    Absent,
    /// With the blocks, which name this project.
    Added(PathBuf),
}

/// The line at which a block goes in, and what becomes of it.
enum Anchor {
    /// This line stays behind the block.
    Before(&'static str),
    /// A line of this word and `standard`, which the block replaces.
    Standard(&'static str),
}

/// One file of the tree.
struct Edit {
    /// Below the `sys` folder.
    file: &'static str,
    anchor: Anchor,
    /// The block, with `@DIR@` for the project and `@BLANKS@` for what was
    /// between the two words of a replaced line.
    block: String,
}

/// Both files.
pub struct Edits([Edit; 2]);

impl Edits {
    /// Reads the kit's blocks.
    pub fn read(root: &Path) -> Result<Self> {
        let block = |name: &str| files::read(&root.join("fbsd-harness/kernel").join(name));
        Ok(Self([
            Edit {
                file: "conf/options",
                anchor: Anchor::Before("KSTACK_PAGES"),
                block: block("options.in")?,
            },
            Edit {
                file: "conf/files",
                anchor: Anchor::Standard("kern/kern_thread.c"),
                block: block("files.in")?,
            },
        ]))
    }

    /// Whether the blocks are in; refuses what is neither with nor without.
    pub fn state(&self, tree: &Tree) -> Result<State> {
        let mut states = Vec::new();
        for edit in &self.0 {
            let path = tree.path().join(edit.file);
            let text = files::read(&path)?;
            let state = if !mentioned(&text) {
                edit.place(&text, &path)?;
                State::Absent
            } else if let Some((_, project)) = edit.taken_out(&text) {
                State::Added(project)
            } else {
                bail!(
                    "{} has lines about KERN_THREAD_RS that are not this kit's: another version added them or they were edited; take them out by hand or with the kit that added them",
                    path.display()
                );
            };
            states.push(state);
        }
        let (Some(first), Some(last)) = (states.pop(), states.pop()) else {
            bail!("the kit changes no file");
        };
        if first != last {
            bail!(
                "{}: conf/options and conf/files disagree about KERN_THREAD_RS: take its lines out of the one that has them",
                tree.path().display()
            );
        }
        Ok(first)
    }

    /// The files with the blocks of `project`.
    pub fn add(&self, tree: &Tree, project: &Path) -> Result<Vec<Change>> {
        let name = written(project)?;
        self.changes(tree, |edit, text, path| {
            let place = edit.place(text, path)?;
            Ok(edit.put_in(text, &place, name))
        })
    }

    /// The files without the blocks.
    pub fn remove(&self, tree: &Tree) -> Result<Vec<Change>> {
        self.changes(tree, |edit, text, path| match edit.taken_out(text) {
            Some((original, _)) => Ok(original),
            None => bail!("{} changed while it was read", path.display()),
        })
    }

    fn changes(
        &self,
        tree: &Tree,
        new: impl Fn(&Edit, &str, &Path) -> Result<String>,
    ) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        for edit in &self.0 {
            let path = tree.path().join(edit.file);
            let old = files::read(&path)?;
            let new = new(edit, &old, &path)?;
            changes.push(Change { path, old, new });
        }
        Ok(changes)
    }
}

/// Where a block goes: the anchor's line, and the blanks within it.
struct Place {
    line: usize,
    blanks: String,
}

impl Edit {
    /// The anchor's line in a text without the block.
    fn place(&self, text: &str, path: &Path) -> Result<Place> {
        let mut places = Vec::new();
        for (line, content) in text.split_inclusive('\n').enumerate() {
            if let Some(blanks) = self.anchor.blanks(content) {
                places.push(Place { line, blanks });
            }
        }
        let (Some(place), true) = (places.pop(), places.is_empty()) else {
            bail!(
                "{} does not have the line `{}` exactly once: the kit does not know this tree",
                path.display(),
                self.anchor.shown()
            );
        };
        Ok(place)
    }

    /// `text` with the block at its place.
    fn put_in(&self, text: &str, place: &Place, project: &str) -> String {
        let block = self.block.replace("@DIR@", project);
        let block = block.replace("@BLANKS@", &place.blanks);
        let mut new = String::with_capacity(text.len() + block.len());
        for (line, content) in text.split_inclusive('\n').enumerate() {
            if line == place.line {
                new.push_str(&block);
            }
            if line != place.line || matches!(self.anchor, Anchor::Before(_)) {
                new.push_str(content);
            }
        }
        new
    }

    /// The text that [`Edit::put_in`] turns into this one, and for which project.
    fn taken_out(&self, text: &str) -> Option<(String, PathBuf)> {
        let (before, rest) = text.split_once(BEGIN)?;
        let (block, after) = rest.split_once(END)?;
        let (project, block) = block.split_once('\n')?;
        let mut original = before.to_string();
        if let Anchor::Standard(word) = self.anchor {
            let blanks = block.strip_prefix(word)?;
            let blanks = &blanks[..blanks.find(|c| !is_blank(c))?];
            original.push_str(&format!("{word}{blanks}standard\n"));
        }
        original.push_str(after);
        if mentioned(&original) {
            return None;
        }
        let place = self.place(&original, Path::new("")).ok()?;
        (self.put_in(&original, &place, project) == text)
            .then(|| (original, PathBuf::from(project)))
    }
}

impl Anchor {
    /// The blanks between the two words, if `line` is the anchor's.
    fn blanks(&self, line: &str) -> Option<String> {
        let line = line.strip_suffix('\n')?;
        match self {
            Self::Before(word) => (line.trim_end_matches(is_blank) == *word).then(String::new),
            Self::Standard(word) => {
                let rest = line.strip_prefix(word)?.strip_suffix("standard")?;
                (!rest.is_empty() && rest.chars().all(is_blank)).then(|| rest.to_string())
            }
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Before(word) => word.to_string(),
            Self::Standard(word) => format!("{word} standard"),
        }
    }
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

/// Whether a file says anything of the option or has a mark of the kit.
fn mentioned(text: &str) -> bool {
    text.contains("kern_thread in Rust") || text.to_ascii_uppercase().contains("KERN_THREAD_RS")
}

/// The project's path as the kernel's makefile and config(8) can carry it.
fn written(project: &Path) -> Result<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,@".contains(c);
    match project.to_str() {
        Some(name) if name.starts_with('/') && name.chars().all(plain) => Ok(name),
        _ => bail!(
            "{}: the kernel's makefiles cannot carry this path: move this project to one of letters, digits and /._-+,@",
            project.display()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: &str =
        "kern/a.c\tstandard\nkern/kern_thread.c \t standard\nkern/b.c\toptional b\n";

    fn edits() -> Edits {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        Edits::read(&root).expect("the kit's files")
    }

    fn put_in(edit: &Edit, text: &str, project: &str) -> String {
        let place = edit.place(text, Path::new("f")).expect("a place");
        edit.put_in(text, &place, project)
    }

    #[test]
    fn taking_out_gives_every_byte_back() {
        let Edits([options, files]) = edits();
        for (edit, text) in [
            (&files, FILES),
            (&options, "A\nKSTACK_PAGES \t\nKSTACK_MAX_PAGES\n"),
            (&options, "KSTACK_PAGES\nlast line without its end"),
        ] {
            let added = put_in(edit, text, "/home/me/project");
            assert!(added.contains("/home/me/project"));
            assert_eq!(
                edit.taken_out(&added),
                Some((text.to_string(), PathBuf::from("/home/me/project")))
            );
        }
    }

    #[test]
    fn a_block_that_was_touched_or_moved_is_not_the_kit_s() {
        let Edits([_, files]) = edits();
        let added = put_in(&files, FILES, "/p");
        let touched = [
            added.replacen("opt_global.h", "opt_other.h", 1),
            added.replacen("U/p}", "U/q}", 1),
            added.replacen("optional !kern_thread_rs", "standard", 1),
            added.replacen(END, "", 1),
            added.replacen(BEGIN, "# Begun ", 1),
            format!("{added}{}", &added[added.find(BEGIN).expect("marked")..]),
            format!("{added}kern/kern_thread.c\tstandard\n"),
        ];
        for text in touched {
            assert_ne!(text, added);
            assert_eq!(files.taken_out(&text), None, "{text}");
        }
    }

    #[test]
    fn an_anchor_is_wanted_once() {
        let Edits([options, files]) = edits();
        let refused = |edit: &Edit, text: &str| edit.place(text, Path::new("f")).is_err();
        assert!(refused(&files, ""));
        assert!(refused(&files, &FILES.repeat(2)));
        assert!(refused(&files, "kern/kern_thread.c\toptional kse\n"));
        assert!(refused(&files, "kern/kern_thread.cstandard\n"));
        assert!(refused(&options, "KSTACK_PAGES\topt_kstack_pages.h\n"));
        assert!(!refused(&options, "KSTACK_PAGES\n"));
    }

    #[test]
    fn a_path_that_makefiles_cannot_carry_is_refused() {
        for bad in ["/home/a b", "/home/a:b", "/home/$x", "/home/it's", "home"] {
            let error = written(Path::new(bad)).expect_err(bad).to_string();
            assert!(error.contains("cannot carry"), "{error}");
        }
        assert!(written(Path::new("/home/me_1/kern-thread+2.0")).is_ok());
    }
}
