//! Owns the comparison with a kernel of the same tree that is linked with the
//! C file: every difference of symbols, linker sets, sections, segments and
//! relocations.  Whether one is in order is said by `expected.toml` alone.

use std::collections::BTreeMap;
use std::fmt;

use kt_audit::Error;
use object::elf;

use crate::expected::Expected;
use crate::image::{Image, Place, Symbol};
use crate::layout;
use crate::origin;
use crate::records::{self, Local, SETS};
use crate::relocs;
use crate::sets;

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A symbol that every object sees.
    Symbol,
    /// A symbol that its object keeps to itself.
    LocalSymbol,
    /// A local symbol of the object that was replaced.
    OwnLocalSymbol,
    /// A linker set.
    Set,
    /// A section.
    Section,
    /// A segment.
    Segment,
    /// A relocation that the kernel applies itself.
    Relocation,
}

impl Subject {
    /// Name in `expected.toml` and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Symbol => "symbol",
            Self::LocalSymbol => "local symbol",
            Self::OwnLocalSymbol => "local symbol of the object",
            Self::Set => "linker set",
            Self::Section => "section",
            Self::Segment => "segment",
            Self::Relocation => "relocation",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What differs.
    pub subject: Subject,
    /// Its name.
    pub name: String,
    /// `added`, `removed`, or which property differs.
    pub change: &'static str,
    /// In the baseline.
    pub from: String,
    /// In the kernel.
    pub to: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} {}: {}",
            self.subject.name(),
            self.name,
            self.change
        )?;
        match (self.from.as_str(), self.to.as_str()) {
            ("", "") => Ok(()),
            ("", to) => write!(out, " ({to})"),
            (from, "") => write!(out, " ({from})"),
            (from, to) => write!(out, " {from} -> {to}"),
        }
    }
}

/// Refuses what can't be compared.
pub fn demand_comparable(kernel: &Image, baseline: &Image) -> Result<(), Error> {
    let (kernel_path, baseline_path) = (kernel.path.display(), baseline.path.display());
    if kernel.data == baseline.data {
        return Err(Error::new(format!(
            "KERNEL {kernel_path} and BASELINE {baseline_path} are the same kernel: give as BASELINE one that is linked with the C file"
        )));
    }
    if kernel.machine != baseline.machine {
        return Err(Error::new(format!(
            "{kernel_path} is for {} and {baseline_path} for {}: give two kernels of one architecture",
            kernel.machine.name(),
            baseline.machine.name()
        )));
    }
    if let Some(stripped) = [kernel, baseline].into_iter().find(|image| image.stripped) {
        return Err(Error::new(format!(
            "{} is stripped, nothing of it can be compared: give kernel.full",
            stripped.path.display()
        )));
    }
    if kernel.files.is_empty() != baseline.files.is_empty() {
        return Err(Error::new(format!(
            "one of {kernel_path} and {baseline_path} has lost its STT_FILE entries: give kernel.full of both"
        )));
    }
    Ok(())
}

/// All differences, symbols first.
pub fn differences(kernel: &Image, baseline: &Image, expected: &Expected) -> Vec<Difference> {
    let mut found = symbols(kernel, baseline);
    if !kernel.files.is_empty() {
        found.extend(local_symbols(kernel, baseline));
    }
    found.extend(linker_sets(kernel, baseline, expected));
    found.extend(sections(kernel, baseline));
    found.extend(segments(kernel, baseline));
    found.extend(relocations(kernel, baseline));
    found
}

/// Pairs what has the same key, in the order of the keys.
fn pairs<'a, T, K: Ord>(
    baseline: impl Iterator<Item = (K, &'a T)>,
    kernel: impl Iterator<Item = (K, &'a T)>,
) -> BTreeMap<K, (Option<&'a T>, Option<&'a T>)> {
    let mut pairs: BTreeMap<K, (Option<&T>, Option<&T>)> = BTreeMap::new();
    for (key, value) in baseline {
        pairs.entry(key).or_default().0 = Some(value);
    }
    for (key, value) in kernel {
        pairs.entry(key).or_default().1 = Some(value);
    }
    pairs
}

/// Symbols that are not local, by name.
fn symbols(kernel: &Image, baseline: &Image) -> Vec<Difference> {
    fn exported(image: &Image) -> impl Iterator<Item = (&str, &Symbol)> {
        let symbols = image.symbols.iter();
        symbols
            .filter(|s| !s.is_local())
            .map(|s| (s.name.as_str(), s))
    }
    let mut found = Vec::new();
    for (name, pair) in pairs(exported(baseline), exported(kernel)) {
        let mut differ = |change, from: String, to: String| {
            if from != to {
                found.push(Difference {
                    subject: Subject::Symbol,
                    name: name.to_owned(),
                    change,
                    from,
                    to,
                });
            }
        };
        match pair {
            (None, Some(new)) => differ("added", String::new(), described(new)),
            (Some(old), None) => differ("removed", described(old), String::new()),
            (Some(old), Some(new)) => {
                differ("type", kind(old), kind(new));
                differ("binding", binding(old).into(), binding(new).into());
                differ("place", place(baseline, old), place(kernel, new));
                differ("size", old.size.to_string(), new.size.to_string());
            }
            (None, None) => {}
        }
    }
    found
}

fn described(symbol: &Symbol) -> String {
    format!(
        "{} {}, {} bytes",
        binding(symbol),
        kind(symbol),
        symbol.size
    )
}

fn kind(symbol: &Symbol) -> String {
    match elf::SymbolType(symbol.kind) {
        elf::STT_NOTYPE => "label".into(),
        elf::STT_FUNC => "function".into(),
        elf::STT_OBJECT => "object".into(),
        elf::STT_GNU_IFUNC => "indirect function".into(),
        other => format!("type {}", other.0),
    }
}

fn binding(symbol: &Symbol) -> &'static str {
    match (symbol.is_local(), symbol.is_weak(), symbol.hidden) {
        (true, ..) => "local",
        (_, true, _) => "weak",
        (_, _, true) => "hidden",
        _ => "global",
    }
}

fn place(image: &Image, symbol: &Symbol) -> String {
    match symbol.place {
        Place::Undefined => "undefined".into(),
        Place::Absolute => "absolute".into(),
        Place::Section(index) => match image.sections.get(index) {
            Some(section) => section.name.clone(),
            None => format!("section {index}"),
        },
    }
}

/// Local symbols by object, name, type and size; how often each is there.
fn local_symbols(kernel: &Image, baseline: &Image) -> Vec<Difference> {
    type Key<'a> = (&'a str, &'a str, u8, u64);
    fn counts(image: &Image) -> BTreeMap<Key<'_>, usize> {
        let mut counts = BTreeMap::new();
        let local = image
            .symbols
            .iter()
            .filter(|s| s.is_local() && s.is_placed());
        // Mapping symbols of Arm and RISC-V say what is code and what is data;
        // a kernel's makefile takes them away.
        let named = local.filter(|s| s.kind != elf::STT_SECTION.0 && !s.name.starts_with('$'));
        for symbol in named {
            let file = image.file_of(symbol).unwrap_or_default();
            let key = (file, symbol.name.as_str(), symbol.kind, symbol.size);
            *counts.entry(key).or_default() += 1;
        }
        counts
    }
    let (old, new) = (counts(baseline), counts(kernel));
    let found = pairs(
        old.iter().map(|(k, n)| (*k, n)),
        new.iter().map(|(k, n)| (*k, n)),
    );
    let differing = found.into_iter().filter(|(_, (old, new))| old != new);
    differing
        .map(|((file, name, _, size), (old, new))| {
            let more = new.copied().unwrap_or(0) > old.copied().unwrap_or(0);
            let what = format!("{file}, {size} bytes");
            Difference {
                subject: match origin::maker_of_file(file) {
                    Some(_) => Subject::OwnLocalSymbol,
                    None => Subject::LocalSymbol,
                },
                name: name.to_owned(),
                change: if more { "added" } else { "removed" },
                from: if more { String::new() } else { what.clone() },
                to: if more { what } else { String::new() },
            }
        })
        .collect()
}

/// Linker sets: their entries by what they say, in order.
fn linker_sets(kernel: &Image, baseline: &Image, expected: &Expected) -> Vec<Difference> {
    let by_name = |image: &Image| -> BTreeMap<String, Vec<String>> {
        let sets = sets::pointer_sets(image);
        sets.map(|set| (set.name.clone(), entries(image, &set.name, expected)))
            .collect()
    };
    let (old, new) = (by_name(baseline), by_name(kernel));
    let mut found = Vec::new();
    let all = pairs(old.iter(), new.iter());
    let count = |entries: &Vec<String>| format!("{} entries", entries.len());
    for (name, pair) in all {
        let mut differ = |change, from, to| {
            found.push(Difference {
                subject: Subject::Set,
                name: name.clone(),
                change,
                from,
                to,
            });
        };
        match pair {
            (None, Some(new)) => differ("added", String::new(), count(new)),
            (Some(old), None) => differ("removed", count(old), String::new()),
            (Some(old), Some(new)) if old != new => {
                let (gone, come) = multiset_difference(old, new);
                if gone.is_empty() && come.is_empty() {
                    let at = old.iter().zip(new).position(|(old, new)| old != new);
                    let at = at.unwrap_or_default();
                    differ("order", format!("entry {at} {}", old[at]), new[at].clone());
                }
                for entry in gone {
                    differ("entry removed", entry, String::new());
                }
                for entry in come {
                    differ("entry added", String::new(), entry);
                }
            }
            _ => {}
        }
    }
    found
}

/// What each entry of a set says: the object's by its contract, others by name
/// and contents.
fn entries(image: &Image, name: &str, expected: &Expected) -> Vec<String> {
    let Some(section) = image.section(name) else {
        return Vec::new();
    };
    let known = SETS.iter().find(|set| set.name == name);
    let targets = sets::targets(image, section);
    let mut texts: Vec<String> = targets
        .iter()
        .map(|target| {
            let Some(target) = target else {
                return "unreadable".into();
            };
            let fields = known.and_then(|set| records::read(image, set, *target, Local::ByName));
            let name = match image.symbol_at(*target) {
                Some(_) => records::name(image, *target),
                None => "unnamed".into(),
            };
            match fields {
                Some(fields) => format!("{name} {}", records::whole_text(&fields)),
                None => name,
            }
        })
        .collect();
    if let Some((set, wanted)) = known.zip(expected.sets.get(name)) {
        for (what, at) in sets::own_places(image, set, wanted) {
            for at in at {
                texts[at].clone_from(&what);
            }
        }
    }
    texts
}

/// What `old` has more often than `new`, and the other way round.
fn multiset_difference(old: &[String], new: &[String]) -> (Vec<String>, Vec<String>) {
    let mut balance: BTreeMap<&String, isize> = BTreeMap::new();
    for entry in old {
        *balance.entry(entry).or_default() -= 1;
    }
    for entry in new {
        *balance.entry(entry).or_default() += 1;
    }
    let of = |sign: isize| {
        let found = balance.iter().filter(move |(_, n)| n.signum() == sign);
        found
            .flat_map(|(entry, n)| vec![(*entry).clone(); n.unsigned_abs()])
            .collect()
    };
    (of(-1), of(1))
}

/// Sections by name, those without a place in memory, too.
fn sections(kernel: &Image, baseline: &Image) -> Vec<Difference> {
    let named = |image: &Image| -> BTreeMap<String, (String, u64)> {
        let sections = image.sections.iter().filter(|s| !s.name.is_empty());
        sections
            .map(|s| (s.name.clone(), (layout::section_letters(s.flags), s.size)))
            .collect()
    };
    flags_and_sizes(Subject::Section, &named(baseline), &named(kernel))
}

/// Segments in their order.
fn segments(kernel: &Image, baseline: &Image) -> Vec<Difference> {
    let named = |image: &Image| -> BTreeMap<String, (String, u64)> {
        let segments = image.segments.iter().enumerate();
        segments
            .map(|(n, s)| {
                let name = format!("{n:02} {}", layout::kind(s.kind));
                (name, (layout::letters(s.flags), s.size))
            })
            .collect()
    };
    flags_and_sizes(Subject::Segment, &named(baseline), &named(kernel))
}

fn flags_and_sizes(
    subject: Subject,
    old: &BTreeMap<String, (String, u64)>,
    new: &BTreeMap<String, (String, u64)>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let text = |(flags, size): &(String, u64)| format!("{flags} {size} bytes");
    for (name, pair) in pairs(old.iter(), new.iter()) {
        let mut differ = |change, from: String, to: String| {
            if from != to {
                found.push(Difference {
                    subject,
                    name: name.clone(),
                    change,
                    from,
                    to,
                });
            }
        };
        match pair {
            (None, Some(new)) => differ("added", String::new(), text(new)),
            (Some(old), None) => differ("removed", text(old), String::new()),
            (Some(old), Some(new)) => {
                differ("flags", old.0.clone(), new.0.clone());
                differ("size", old.1.to_string(), new.1.to_string());
            }
            (None, None) => {}
        }
    }
    found
}

/// Relocations by type, symbol and place.
fn relocations(kernel: &Image, baseline: &Image) -> Vec<Difference> {
    let texts = |image: &Image| -> Vec<String> {
        let relocs = image.relocs.iter();
        relocs.map(|reloc| relocs::text(image, reloc)).collect()
    };
    let (gone, come) = multiset_difference(&texts(baseline), &texts(kernel));
    let difference = |name, change| Difference {
        subject: Subject::Relocation,
        name,
        change,
        from: String::new(),
        to: String::new(),
    };
    let gone = gone.into_iter().map(|name| difference(name, "removed"));
    let come = come.into_iter().map(|name| difference(name, "added"));
    gone.chain(come).collect()
}
