//! Owns what the object must show in a kernel: the contract of the audit, for
//! the release and the options that the kernel itself tells.

use std::collections::{BTreeMap, BTreeSet};

use kt_audit::Error;

use crate::image::Image;
use crate::records::Fields;
use crate::tracepoints;

/// The object's part in a kernel.
#[derive(Debug)]
pub struct Expected {
    /// Which contract it is.
    pub origin: String,
    /// Exported functions.
    pub functions: BTreeSet<String>,
    /// Exported data.
    pub data: BTreeSet<String>,
    /// Records by linker set, in order.
    pub sets: BTreeMap<String, Vec<Fields>>,
    /// What the object asks of the rest of the kernel, under any options.
    pub wants: BTreeSet<String>,
}

/// Functions that only some releases have.
const OLDER: &str = "thread_alloc_stack";
const NEWER: &str = "thread_recycle";
/// Kernels with KDTRACE_HOOKS have the proc provider.
const PROVIDER: &str = "sdt_provider_proc";
/// Options that add to what the object asks for.
const ALL_OPTIONS: &str = "SMP KDTRACE_HOOKS INVARIANTS INVARIANT_SUPPORT WITNESS AUDIT \
     HWPMC_HOOKS EPOCH_TRACE KTR LOCK_PROFILING NUMA";

/// What the contract says of `image`.
pub fn of(image: &Image) -> Result<Expected, Error> {
    let has = |name: &str| image.defined(name).next().is_some();
    let profile = if has(OLDER) && !has(NEWER) {
        "14"
    } else if image.section(tracepoints::SET).is_some() {
        "15"
    } else {
        "ref"
    };
    let mut options = vec!["SMP".to_owned()];
    options.extend(has(PROVIDER).then(|| "KDTRACE_HOOKS".to_owned()));
    let contract = kt_audit::contract_for(profile, image.machine.name(), &options)?;
    let everything: Vec<String> = ALL_OPTIONS.split_whitespace().map(str::to_owned).collect();
    let mut wants = contract.undefined.clone();
    wants.extend(kt_audit::contract_for(profile, image.machine.name(), &everything)?.undefined);
    let texts = contract.sets.values().flat_map(|set| &set.entries);
    let shared: BTreeMap<String, Fields> = texts.flat_map(|text| objects(text)).collect();
    let entry = |text: &String| match contract.data.get(text) {
        Some(exported) => fields(&exported.value, &shared),
        None => fields(text, &shared),
    };
    let sets = contract
        .sets
        .iter()
        .map(|(name, set)| (name.clone(), set.entries.iter().map(entry).collect()))
        .collect();
    Ok(Expected {
        origin: contract.origin,
        functions: contract.functions,
        data: contract.data.keys().cloned().collect(),
        sets,
        wants,
    })
}

/// The `name = value` lines of an entry's canonical text.  A pointer to
/// another local object is told by that object's own lines, which follow, or
/// by those of `shared` when an earlier entry has had them.
fn fields(text: &str, shared: &BTreeMap<String, Fields>) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in pairs(text) {
        fields.push((name.to_owned(), value.to_owned()));
        if let Some(object) = value.strip_suffix(" again") {
            fields.extend(shared.get(object).into_iter().flatten().cloned());
        }
    }
    fields
}

/// The local objects that an entry's text describes inside of it, with the
/// lines behind each.
fn objects(text: &str) -> Vec<(String, Fields)> {
    let none = BTreeMap::new();
    let inside = text.match_indices(" = local object ").map(|(at, _)| {
        let rest = &text[at + " = ".len()..];
        let name = rest.split(':').next().unwrap_or_default();
        (name.to_owned(), fields(rest, &none))
    });
    inside.collect()
}

fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines()
        .filter_map(|line| line.trim().split_once(" = "))
}
