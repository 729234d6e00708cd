//! Owns the checked-in contracts: how a contract file is read and written.
//!
//! `contracts/ref.toml` states what the reference's object shows; entries that
//! depend on kernel options carry a condition (`when`).  A file for another
//! FreeBSD release names `ref` as its `base` and lists only what differs, each
//! difference with its reason (`why`).  These are contracts for amd64; a file
//! for another machine lists what differs there, whatever the release, whose
//! name (`PROFILE_15`) its conditions may use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::condition::Options;
use crate::contract::{Contract, Data, Lines, Set};

/// The checked-in contracts by profile.
const PROFILES: [(&str, &str); 3] = [
    ("ref", include_str!("../contracts/ref.toml")),
    ("14", include_str!("../contracts/14.toml")),
    ("15", include_str!("../contracts/15.toml")),
];

/// What differs on other machines than amd64.
const MACHINES: [(&str, &str); 3] = [
    ("i386", include_str!("../contracts/i386.toml")),
    ("aarch64", include_str!("../contracts/aarch64.toml")),
    ("riscv64", include_str!("../contracts/riscv64.toml")),
];

/// A contract file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    /// Profile whose contract this one changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unwind: Option<bool>,
    /// Names for conditions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    conditions: BTreeMap<String, String>,
    /// What the base has and this contract has not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without: Vec<Names>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Lines>,
    functions: Vec<Names>,
    undefined: Vec<Names>,
    data: Vec<DataEntry>,
    sets: Vec<SetEntry>,
}

/// Symbols that stand under one condition.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    when: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    why: String,
    names: BTreeSet<String>,
}

/// An exported datum under a condition; see [`Data`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DataEntry {
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    when: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    why: String,
    size: u64,
    section: char,
    value: String,
}

/// A linker set under a condition; see [`Set`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SetEntry {
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    when: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    why: String,
    shape: String,
    entries: Vec<String>,
}

/// The checked-in contract of `profile` on `machine` for the resolved
/// `options`.
pub fn contract_for(profile: &str, machine: &str, options: &[String]) -> Result<Contract, Error> {
    let (mut contract, conditions) = resolve(profile_text(profile)?, options)?;
    contract.origin = format!("contract {profile}");
    if contract.machine == machine {
        return Ok(contract);
    }
    let Some((_, text)) = MACHINES.iter().find(|(name, _)| *name == machine) else {
        return Err(Error::new(format!(
            "no contract for {machine}: use amd64, i386, aarch64 or riscv64"
        )));
    };
    let file = parse(text)?;
    demand_reasons(&file)?;
    let mut words = options.to_vec();
    words.push(format!("PROFILE_{profile}"));
    apply(&mut contract, file, &Options::new(&words, &conditions))?;
    contract.origin = format!("contract {profile} on {machine}");
    Ok(contract)
}

fn profile_text(profile: &str) -> Result<&'static str, Error> {
    let Some((_, text)) = PROFILES.iter().find(|(name, _)| *name == profile) else {
        let known: Vec<&str> = PROFILES.iter().map(|(name, _)| *name).collect();
        let known = known.join(", ");
        return Err(Error::new(format!(
            "no contract for profile {profile}: use one of {known}"
        )));
    };
    Ok(text)
}

impl Contract {
    /// Reads a contract file for the resolved `options`.
    pub fn load(path: &Path, options: &[String]) -> Result<Self, Error> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|e| {
            Error::new(format!(
                "cannot read the contract {shown}: {e}: give another file"
            ))
        })?;
        let mut contract = resolve(&text, options)
            .map_err(|e| Error::new(format!("{shown}: {e}")))?
            .0;
        contract.origin = shown.to_string();
        Ok(contract)
    }

    /// The text of a contract file that states this contract for all options.
    pub fn to_toml(&self) -> String {
        let names = |names: &BTreeSet<String>| {
            vec![Names {
                names: names.clone(),
                ..Names::default()
            }]
        };
        let data = self.data.iter().map(|(name, data)| DataEntry {
            name: name.clone(),
            when: String::new(),
            why: String::new(),
            size: data.size,
            section: data.section,
            value: data.value.clone(),
        });
        let sets = self.sets.iter().map(|(name, set)| SetEntry {
            name: name.clone(),
            when: String::new(),
            why: String::new(),
            shape: set.shape.clone(),
            entries: set.entries.clone(),
        });
        let file = File {
            machine: Some(self.machine.clone()),
            unwind: Some(self.unwind),
            lines: self.lines.clone(),
            functions: names(&self.functions),
            undefined: names(&self.undefined),
            data: data.collect(),
            sets: sets.collect(),
            ..File::default()
        };
        toml::to_string_pretty(&file).unwrap_or_default()
    }

    /// Writes this contract to `path`, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let shown = path.display();
        let failed = |e: std::io::Error| {
            Error::new(format!(
                "cannot write {shown}: {e}: check the directory and its space"
            ))
        };
        let part = path.with_extension("part");
        std::fs::write(&part, self.to_toml()).map_err(failed)?;
        std::fs::rename(&part, path).map_err(|e| {
            let _ = std::fs::remove_file(&part);
            failed(e)
        })
    }
}

/// The contract that `text` states for `options`, and the conditions that it
/// or its base has named.
fn resolve(text: &str, options: &[String]) -> Result<(Contract, BTreeMap<String, String>), Error> {
    let file = parse(text)?;
    let (mut contract, mut conditions) = match &file.base {
        Some(base) => resolve(profile_text(base)?, options)?,
        None => Default::default(),
    };
    conditions.extend(file.conditions.clone());
    if file.base.is_some() {
        demand_reasons(&file)?;
    }
    apply(&mut contract, file, &Options::new(options, &conditions))?;
    Ok((contract, conditions))
}

fn parse(text: &str) -> Result<File, Error> {
    toml::from_str(text).map_err(|e| {
        let message = e.message().replace('\n', " ");
        Error::new(format!(
            "a contract does not parse: {message}: correct the file"
        ))
    })
}

/// Changes `contract` by what `file` states for `options`.
fn apply(contract: &mut Contract, file: File, options: &Options<'_>) -> Result<(), Error> {
    for gone in &file.without {
        if options.allow(&gone.when)? {
            remove(contract, &gone.names);
        }
    }
    for names in &file.functions {
        if options.allow(&names.when)? {
            contract.functions.extend(names.names.iter().cloned());
        }
    }
    for names in &file.undefined {
        if options.allow(&names.when)? {
            contract.undefined.extend(names.names.iter().cloned());
        }
    }
    for entry in file.data {
        if options.allow(&entry.when)? {
            let DataEntry {
                name,
                size,
                section,
                value,
                ..
            } = entry;
            let data = Data {
                size,
                section,
                value,
            };
            contract.data.insert(name, data);
        }
    }
    for entry in file.sets {
        if options.allow(&entry.when)? {
            let SetEntry {
                name,
                shape,
                entries,
                ..
            } = entry;
            contract.sets.insert(name, Set { shape, entries });
        }
    }
    contract.machine = file
        .machine
        .unwrap_or(std::mem::take(&mut contract.machine));
    contract.unwind = file.unwind.unwrap_or(contract.unwind);
    contract.lines = file.lines.or(contract.lines.take());
    Ok(())
}

/// A difference from the base needs a reason.
fn demand_reasons(file: &File) -> Result<(), Error> {
    let lists = [&file.without, &file.functions, &file.undefined];
    let names = lists
        .into_iter()
        .flatten()
        .map(|n| (n.names.first().cloned(), &n.why));
    let data = file.data.iter().map(|e| (Some(e.name.clone()), &e.why));
    let sets = file.sets.iter().map(|e| (Some(e.name.clone()), &e.why));
    for (name, why) in names.chain(data).chain(sets) {
        if why.trim().is_empty() {
            let name = name.unwrap_or_default();
            return Err(Error::new(format!(
                "a contract with a base changes {name} without a reason: add `why`"
            )));
        }
    }
    Ok(())
}

/// Takes `names` out of whichever table has them.  A name may be missing when
/// the base has it under other options only.
fn remove(contract: &mut Contract, names: &BTreeSet<String>) {
    for name in names {
        contract.functions.remove(name);
        contract.undefined.remove(name);
        contract.data.remove(name);
        contract.sets.remove(name);
    }
}
