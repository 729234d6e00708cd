//! Allowed divergences: what may differ between the two objects, why nobody who
//! calls them can tell, and what covers it all the same.
//!
//! ```toml
//! [[allowed]]
//! id = "lookup-lock"
//! events = ["rw_rlock", "rw_runlock"]     # names; a * at the end stands for any rest
//! object = "tidhash"                      # what the first argument is called; any if left out
//! functions = ["tdfind"]                  # the exported functions that it happens in
//! why = "no caller holds the lock or sees it"
//! covered-by = "tdfind's results, scenarios S68 and S69"
//! ```
//!
//! `unless = "c-algorithms"` takes an entry out where the Rust object has that
//! feature.  Instead of events, `field = "thread.td_rw_rlocks"` is a field of a thread or
//! a process (`proc.p_...`), and `memory = "tidhash"` a type of malloc(9) whose
//! blocks have addresses and contents of the object's own.
//!
//! Both programs leave out what the entries allow, and digest it apart: an
//! entry is used if that digest differs between the sides.  `seldom = true` says of
//! an entry that a whole comparison may well not use it.

use std::collections::BTreeSet;

use crate::Result;
use crate::report::Fields;

/// Entries at most.
pub const MOST: usize = 32;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub id: String,
    /// What may differ.
    what: What,
    /// The feature of the Rust object with which there is no such difference.
    unless: Option<String>,
    /// Whether it may be unused.
    pub seldom: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Events {
        events: Vec<String>,
        object: String,
        functions: Vec<String>,
    },
    Field(String),
    Memory(String),
}

/// Keys that every entry has.
const ALWAYS: [&str; 3] = ["id", "why", "covered-by"];

/// The key of what an entry does not go with.
const UNLESS: &str = "unless";

/// The key of an entry that may be unused.
const SELDOM: &str = "seldom";

/// Reads the entries of a file.
pub fn parse(text: &str) -> Result<Vec<Entry>> {
    let table: toml::Table = text
        .parse()
        .map_err(|cause: toml::de::Error| cause.message().replace('\n', " "))?;
    if let Some(key) = table.keys().find(|key| *key != "allowed") {
        return Err(format!("{key} is unknown: entries begin with [[allowed]]"));
    }
    let none = Vec::new();
    let values = match table.get("allowed") {
        None => &none,
        Some(value) => value
            .as_array()
            .ok_or("entries begin with [[allowed]], in two brackets")?,
    };
    if values.len() > MOST {
        return Err(format!("more than {MOST} entries"));
    }
    let mut ids = BTreeSet::new();
    let mut entries = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let entry = entry(value).map_err(|cause| format!("entry {}: {cause}", index + 1))?;
        if !ids.insert(entry.id.clone()) {
            return Err(format!("entry {} is there twice", entry.id));
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn entry(value: &toml::Value) -> Result<Entry> {
    let table = value.as_table().ok_or("it is no table")?;
    let string = |key: &str| -> Result<Option<String>> {
        let Some(value) = table.get(key) else {
            return Ok(None);
        };
        match value.as_str().map(str::trim) {
            Some(text) if !text.is_empty() && !text.contains(['\t', '\n']) => {
                Ok(Some(text.to_string()))
            }
            _ => Err(format!("{key} has to be a line of text")),
        }
    };
    for key in ALWAYS {
        string(key)?.ok_or_else(|| format!("{key} is missing"))?;
    }
    let id = string("id")?.unwrap_or_default();
    let (what, keys): (What, &[&str]) =
        match (table.get("events"), string("field")?, string("memory")?) {
            (Some(events), None, None) => {
                let functions = table.get("functions").ok_or("functions is missing")?;
                let what = What::Events {
                    events: names("events", events)?,
                    object: string("object")?.unwrap_or_else(|| "*".to_string()),
                    functions: names("functions", functions)?,
                };
                (what, &["events", "object", "functions"])
            }
            (None, Some(field), None) => (What::Field(field), &["field"]),
            (None, None, Some(kind)) => (What::Memory(kind), &["memory"]),
            _ => return Err("give one of events, field and memory".to_string()),
        };
    let unless = string(UNLESS)?;
    let seldom = match table.get(SELDOM).map(toml::Value::as_bool) {
        None => false,
        Some(Some(seldom)) => seldom,
        Some(None) => return Err(format!("{SELDOM} has to be true or false")),
    };
    let general = [UNLESS, SELDOM];
    let known = |key: &str| [&general[..], &ALWAYS, keys].concat().contains(&key);
    match table.keys().find(|key| !known(key)) {
        Some(key) => Err(format!("{key} has no meaning here")),
        None => Ok(Entry {
            id,
            what,
            unless,
            seldom,
        }),
    }
}

/// A list of names.
fn names(key: &str, value: &toml::Value) -> Result<Vec<String>> {
    let wrong = || format!("{key} has to be a list of names");
    let names: Option<Vec<String>> = value
        .as_array()
        .ok_or_else(wrong)?
        .iter()
        .map(|name| name.as_str().filter(|name| !name.is_empty()))
        .map(|name| name.map(str::to_string))
        .collect();
    names.filter(|names| !names.is_empty()).ok_or_else(wrong)
}

impl Entry {
    /// Whether it is about objects of which the Rust one has these features, out
    /// of those that are `known`.
    pub fn binds(&self, features: &[&str], known: &[&str]) -> Result<bool> {
        match self.unless.as_deref() {
            None => Ok(true),
            Some(feature) if known.contains(&feature) => Ok(!features.contains(&feature)),
            Some(feature) => Err(format!("entry {}: there is no feature {feature}", self.id)),
        }
    }

    /// The requests by which a program is told of the entry, whose number is
    /// `index`.
    pub fn requests(&self, index: usize, fields: &Fields) -> Result<Vec<String>> {
        Ok(match &self.what {
            What::Events {
                events,
                object,
                functions,
            } => {
                let pairs = functions
                    .iter()
                    .flat_map(|function| events.iter().map(move |event| (function, event)));
                pairs
                    .map(|(function, event)| {
                        format!("allow\t{index}\tevent\t{function}\t{event}\t{object}")
                    })
                    .collect()
            }
            What::Field(name) => {
                let place = name.split_once('.');
                let place = place.and_then(|(structure, field)| {
                    Some((structure, fields.place(structure, field)?))
                });
                let Some((structure, (offset, size))) = place else {
                    return Err(format!(
                        "entry {}: there is no field {name} in this configuration",
                        self.id
                    ));
                };
                vec![format!(
                    "allow\t{index}\tfield\t{structure}\t{offset}\t{size}"
                )]
            }
            What::Memory(kind) => vec![format!("allow\t{index}\tmemory\t{kind}\t\t")],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(lines: &str) -> String {
        format!("[[allowed]]\nid = \"a\"\nwhy = \"b\"\ncovered-by = \"c\"\n{lines}\n")
    }

    fn fields() -> Fields {
        Fields::parse(
            "layout_field!(thread, td_flags, \"struct thread\", \"td_flags\", 264, 4);\n\
             layout_field!(proc_, p_flag, \"struct proc\", \"p_flag\", 184, 4);\n",
        )
    }

    fn requests(lines: &str) -> Vec<String> {
        let entries = parse(&file(lines)).expect("an entry");
        entries[0].requests(3, &fields()).expect("known fields")
    }

    #[test]
    fn an_empty_file_allows_nothing() {
        assert_eq!(parse("# nothing\n"), Ok(Vec::new()));
    }

    #[test]
    fn programs_are_told_what_is_allowed() {
        assert_eq!(
            requests("events = [\"rw_rlock\", \"=acquire\"]\nfunctions = [\"tdfind\"]"),
            [
                "allow\t3\tevent\ttdfind\trw_rlock\t*",
                "allow\t3\tevent\ttdfind\t=acquire\t*"
            ]
        );
        assert_eq!(
            requests("field = \"proc.p_flag\""),
            ["allow\t3\tfield\tproc\t184\t4"]
        );
        assert_eq!(
            requests("memory = \"tidhash\""),
            ["allow\t3\tmemory\ttidhash\t\t"]
        );
    }

    /// What a feature takes away does not differ with it.
    #[test]
    fn an_entry_may_be_about_objects_without_a_feature() {
        let known = ["c-algorithms"];
        let entries = parse(&file("memory = \"tidhash\"\nunless = \"c-algorithms\""));
        let entry = &entries.expect("an entry")[0];
        assert_eq!(entry.binds(&[], &known), Ok(true));
        assert_eq!(entry.binds(&["c-algorithms"], &known), Ok(false));
        let error = entry.binds(&[], &[]).expect_err("unknown");
        assert!(error.contains("c-algorithms"), "{error}");
        let entries = parse(&file("memory = \"tidhash\"")).expect("an entry");
        assert_eq!(entries[0].binds(&["c-algorithms"], &known), Ok(true));
    }

    #[test]
    fn an_entry_may_be_used_seldom() {
        let seldom = |line: &str| parse(&file(&format!("field = \"a\"\n{line}")));
        assert!(seldom("seldom = true").expect("an entry")[0].seldom);
        assert!(!seldom("").expect("an entry")[0].seldom);
    }

    /// A malformed entry is told in one line that names it.
    #[test]
    fn what_is_wrong_with_an_entry_is_said() {
        for (text, wrong) in [
            (file(""), "entry 1: give one of"),
            (
                file("field = \"a\"\nmemory = \"b\""),
                "entry 1: give one of",
            ),
            (file("events = [\"a\"]"), "functions is missing"),
            (
                file("events = []\nfunctions = [\"tdfind\"]"),
                "events has to be a list",
            ),
            (file("field = \"\""), "field has to be a line"),
            (
                file("field = \"a\"\nseldom = 1"),
                "seldom has to be true or false",
            ),
            (
                file("field = \"a\"\nobject = \"b\""),
                "object has no meaning",
            ),
            (
                "[[allowed]]\nid = \"a\"\nwhy = \"b\"\nfield = \"c\"".to_string(),
                "covered-by is missing",
            ),
            (
                file("field = \"a\"") + &file("field = \"b\""),
                "there twice",
            ),
            ("[allowed]\nid = \"a\"".to_string(), "two brackets"),
            ("[[allow]]\nid = \"a\"".to_string(), "allow is unknown"),
            ("[[allowed".to_string(), ""),
        ] {
            let error = parse(&text).expect_err("malformed");
            assert!(error.contains(wrong), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
        let unknown = parse(&file("field = \"thread.td_other\"")).expect("an entry");
        let error = unknown[0].requests(0, &fields()).expect_err("unknown");
        assert!(error.contains("td_other"), "{error}");
    }
}
