//! Owns the reasons: why lines and branches can't be covered, checked in.
//!
//! ```text
//! [[uncovered]]
//! file = "src/alloc.rs"
//! line = "if pages != 0"          # part of the line
//! to = "return None"              # part of the line that the branch leads to
//! within = "thread_alloc"         # the object's function that holds it
//! options = "INVARIANTS -WITNESS" # configurations it is for
//! reason = "..."
//! ```
//!
//! Only `file`, `line` and `reason` have to be there; `options` may name features
//! of the library, too.  What has a reason counts as not covered all the same.
//! A reason for something that is covered, or is not there, is wrong; `chance =
//! true` says that threads that run in parallel may cover it or not.

use serde::Deserialize;

use crate::Result;
use crate::count::{Coverage, FileCount};
use crate::source::Line;

/// What can't be covered, and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    file: String,
    line: String,
    to: Option<String>,
    within: Option<String>,
    options: Option<String>,
    reason: String,
    #[serde(default)]
    chance: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    uncovered: Vec<Entry>,
}

/// Reads a file of reasons.
pub fn parse(text: &str) -> Result<Vec<Entry>> {
    let entries: Entries = toml::from_str(text).map_err(|cause| cause.to_string())?;
    Ok(entries.uncovered)
}

impl Entry {
    /// Whether it is for a configuration.
    fn is_for(&self, options: &[String]) -> bool {
        let has = |word: &str| options.iter().any(|option| option == word);
        let mut words = self.options.iter().flat_map(|text| text.split_whitespace());
        words.all(|word| match word.strip_prefix('-') {
            Some(word) => !has(word),
            None => has(word),
        })
    }
}

/// Notes the reasons with what they are for; says which are wrong.
pub fn apply(coverage: &mut Coverage, entries: &[Entry], options: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    // Lines that branches lead to may be in other files.
    let texts = coverage.files.clone();
    let text = |line: &Line| -> String {
        let file = texts.get(&line.file);
        file.and_then(|file| line_text(file, line.number))
            .unwrap_or_default()
    };
    for entry in entries.iter().filter(|entry| entry.is_for(options)) {
        let Some(file) = coverage.files.get_mut(&entry.file) else {
            continue;
        };
        let (mut there, mut used) = (false, false);
        let of = |function: &str| entry.within.as_deref().is_none_or(|name| name == function);
        let FileCount { text: own, lines } = file;
        for (&number, line) in lines.iter_mut() {
            let matches = own
                .get(number as usize - 1)
                .is_some_and(|text| text.contains(&entry.line));
            if !matches || !line.functions.iter().any(|function| of(function)) {
                continue;
            }
            if entry.to.is_none() {
                there = true;
                if !line.covered {
                    line.reason = Some(entry.reason.clone());
                    used = true;
                }
            }
            for branch in line
                .branches
                .iter_mut()
                .filter(|branch| of(&branch.function))
            {
                for arm in &mut branch.arms {
                    let leads = match (&entry.to, &arm.to) {
                        (None, _) => true,
                        (Some(part), Some(to)) => text(to).contains(part),
                        (Some(part), None) => part == ELSEWHERE,
                    };
                    if !leads {
                        continue;
                    }
                    there = true;
                    if !arm.covered {
                        arm.reason = Some(entry.reason.clone());
                        used = true;
                    }
                }
            }
        }
        let what = format!("{}: \"{}\"", entry.file, entry.line);
        if !there {
            wrong.push(format!("{what} is not there: drop or correct its reason"));
        } else if !used && !entry.chance {
            wrong.push(format!("{what} is covered: drop its reason"));
        }
    }
    wrong
}

/// In `to`: out of the function.
const ELSEWHERE: &str = "elsewhere";

fn line_text(file: &FileCount, number: u32) -> Option<String> {
    file.text.get(number as usize - 1).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::{Arm, Branch, LineCount};

    /// One line that was run, with a branch that was taken one way.
    fn coverage() -> Coverage {
        let arm = |covered| Arm {
            to: None,
            covered,
            reason: None,
        };
        let line = LineCount {
            covered: true,
            functions: ["f".to_string()].into(),
            branches: vec![Branch {
                at: 0,
                function: "f".to_string(),
                arms: vec![arm(true), arm(false)],
            }],
            ..LineCount::default()
        };
        let mut coverage = Coverage {
            object: "c".to_string(),
            files: Default::default(),
        };
        let file = coverage.files.entry("a.c".to_string()).or_default();
        file.text = vec!["if (x)".to_string(), "y = 1;".to_string()];
        file.lines.insert(1, line);
        file.lines.insert(
            2,
            LineCount {
                covered: true,
                functions: ["f".to_string()].into(),
                ..LineCount::default()
            },
        );
        coverage
    }

    fn wrong(entry: &str, options: &[&str]) -> usize {
        let text = format!("[[uncovered]]\nfile = \"a.c\"\nreason = \"why\"\n{entry}");
        let entries = parse(&text).expect("an entry");
        let options: Vec<String> = options.iter().map(ToString::to_string).collect();
        apply(&mut coverage(), &entries, &options).len()
    }

    #[test]
    fn a_reason_is_for_something_that_is_not_covered() {
        assert_eq!(wrong("line = \"if (x)\"", &[]), 0);
        assert_eq!(wrong("line = \"if (x)\"\nwithin = \"f\"", &[]), 0);
        assert_eq!(wrong("line = \"if (x)\"\nto = \"elsewhere\"", &[]), 0);
        assert_eq!(wrong("line = \"if (x)\"\nwithin = \"g\"", &[]), 1);
        assert_eq!(wrong("line = \"if (z)\"", &[]), 1);
        assert_eq!(wrong("line = \"y = 1;\"", &[]), 1);
        assert_eq!(wrong("line = \"y = 1;\"\nchance = true", &[]), 0);
    }

    #[test]
    fn a_reason_may_be_for_some_configurations() {
        let entry = "line = \"y = 1;\"\noptions = \"INVARIANTS -WITNESS\"";
        assert_eq!(wrong(entry, &["INVARIANTS"]), 1);
        assert_eq!(wrong(entry, &["INVARIANTS", "WITNESS"]), 0);
        assert_eq!(wrong(entry, &[]), 0);
    }
}
