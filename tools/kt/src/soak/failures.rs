//! The file that keeps every failing case: a line each, what it is and the
//! command that shows it again, with a tab between them.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files;

/// A failing case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What, in a few words.
    pub what: String,
    /// The command that shows it again.
    pub again: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        write!(f, "{}\t{}", one_line(&self.what), one_line(&self.again))
    }
}

/// The file.  Lines are added to it and nothing else.
pub struct Failures {
    path: PathBuf,
    known: BTreeSet<String>,
}

impl Failures {
    /// Reads what is there.
    pub fn open(path: &Path) -> Result<Self> {
        let text = match path.exists() {
            true => files::read(path)?,
            false => String::new(),
        };
        Ok(Self {
            path: path.to_path_buf(),
            known: text.lines().map(str::to_string).collect(),
        })
    }

    /// Adds a case unless it is there; whether it was added.  It is on the disk
    /// when this returns.
    pub fn keep(&mut self, failure: &Failure) -> Result<bool> {
        let line = failure.to_string();
        if self.known.contains(&line) {
            return Ok(false);
        }
        let failed = |cause: std::io::Error| Error::io("write", &self.path, &cause);
        if let Some(folder) = self.path.parent() {
            files::make_dir(folder)?;
        }
        // A line that a crash of the host has cut off stays by itself.
        let whole =
            fs::read(&self.path).map_or(true, |text| text.last().is_none_or(|&c| c == b'\n'));
        let gap = if whole { "" } else { "\n" };
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .map_err(failed)?;
        file.write_all(format!("{gap}{line}\n").as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failed)?;
        self.known.insert(line);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn failure(schedule: &str) -> Failure {
        Failure {
            what: "divergence".to_string(),
            again: format!("make diff ONLY=S40 REPLAY={schedule}"),
        }
    }

    /// Each case once, in this soak and in the next one, and none is lost.
    #[test]
    fn a_case_is_kept_once() {
        let dir = Scratch::new("soak-failures");
        let path = dir.path().join("soak/failures.txt");
        let mut kept = Failures::open(&path).expect("nothing yet");
        assert!(kept.keep(&failure("5A")).expect("kept"));
        assert!(!kept.keep(&failure("5A")).expect("known"));
        let mut next = Failures::open(&path).expect("read");
        assert!(!next.keep(&failure("5A")).expect("known"));
        assert!(next.keep(&failure("6A")).expect("kept"));
        assert_eq!(
            files::read(&path).expect("there"),
            "divergence\tmake diff ONLY=S40 REPLAY=5A\n\
             divergence\tmake diff ONLY=S40 REPLAY=6A\n"
        );
    }

    #[test]
    fn a_line_stays_a_line() {
        let dir = Scratch::new("soak-lines");
        dir.write("failures.txt", "divergence\tmake di");
        let path = dir.path().join("failures.txt");
        let mut kept = Failures::open(&path).expect("read");
        let words = Failure {
            what: "panic:\nnobody\tknows".to_string(),
            ..failure("5A")
        };
        assert!(kept.keep(&words).expect("kept"));
        let text = files::read(&path).expect("there");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            lines[1],
            "panic: nobody knows\tmake diff ONLY=S40 REPLAY=5A"
        );
    }
}
