//! Owns the list of differences from a C kernel that are in order, each with
//! its reason: `differences.toml`.

use std::collections::BTreeSet;

use kt_audit::Error;
use serde::Deserialize;

use crate::compare::Difference;

const TEXT: &str = include_str!("../differences.toml");

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    difference: Vec<Reason>,
}

/// Differences that one reason explains.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// What may differ, as [`crate::compare::Subject::name`] calls it.
    subject: String,
    /// Which of them; one `*` stands for any text.  `FUNCTIONS` are those that
    /// the object exports.
    names: Vec<String>,
    /// How they may differ.
    changes: Vec<String>,
    /// The reason.
    pub why: String,
}

/// Stands for the functions that the object exports.
const FUNCTIONS: &str = "FUNCTIONS";

/// The reasons of `differences.toml`.
pub fn read() -> Result<Vec<Reason>, Error> {
    let file: File = toml::from_str(TEXT).map_err(|e| {
        let message = e.message().replace('\n', " ");
        Error::new(format!(
            "differences.toml does not parse: {message}: correct the file"
        ))
    })?;
    Ok(file.difference)
}

impl Reason {
    /// Whether it explains `difference`.
    pub fn explains(&self, difference: &Difference, functions: &BTreeSet<String>) -> bool {
        let named = |name: &String| match name.as_str() {
            FUNCTIONS => functions.contains(&difference.name),
            pattern => matches(pattern, &difference.name),
        };
        self.subject == difference.subject.name()
            && self
                .changes
                .iter()
                .any(|change| change == difference.change)
            && self.names.iter().any(named)
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the data file: it parses and every entry says why.
    #[test]
    fn each_difference_has_its_reason() {
        let reasons = read().expect("differences.toml parses");
        assert!(reasons.iter().all(|reason| !reason.why.trim().is_empty()));
    }

    /// Guards against a pattern that allows more than it says.
    #[test]
    fn a_star_stands_for_any_text() {
        assert!(matches(".debug_*", ".debug_info"));
        assert!(matches("*LOAD", "03 LOAD"));
        assert!(!matches(".debug_*", ".data"));
        assert!(!matches("ab*bc", "abc"));
        assert!(!matches("version", "version_2"));
    }
}
