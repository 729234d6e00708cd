//! Kernel options: the words of `OPTIONS=` and of a kernel build directory's
//! `opt_*.h`, checked and resolved into one set.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::error::{Error, Result, bail};

/// Every option that changes the object, sorted; `true` marks one that carries a value.
const KNOWN: &[(&str, bool)] = &[
    ("AUDIT", false),
    ("EPOCH_TRACE", false),
    ("HWPMC_HOOKS", false),
    ("INVARIANTS", false),
    ("INVARIANT_SUPPORT", false),
    ("KASAN", false),
    ("KDTRACE_HOOKS", false),
    ("KMSAN", false),
    ("KTR", false),
    ("LOCK_PROFILING", false),
    ("MAXMEMDOM", true),
    ("MUTEX_NOINLINE", false),
    ("NUMA", false),
    ("QUEUE_MACRO_DEBUG_TRASH", false),
    ("RWLOCK_NOINLINE", false),
    ("SMP", false),
    ("WITNESS", false),
];

/// Options that change what the file's macros do, and that the library does not
/// follow.
const REFUSED: &[&str] = &["KASSERT_PANIC_OPTIONAL", "QUEUE_MACRO_DEBUG_TRACE", "TSLOG"];

/// What a GENERIC kernel has and a plain `make object` assumes.
const DEFAULT: &[&str] = &["KDTRACE_HOOKS", "SMP"];

/// The kernel accepts up to `DOMAINSET_SETSIZE` memory domains.
const MAX_MEMORY_DOMAINS: u32 = 256;

/// A resolved set of kernel options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options(BTreeMap<&'static str, Option<u32>>);

impl Default for Options {
    fn default() -> Self {
        Self(DEFAULT.iter().map(|&word| (word, None)).collect())
    }
}

impl Options {
    /// Parses `OPTIONS="WORD -WORD WORD=n ..."`: words are added to the default
    /// set, a leading minus takes one away.
    pub fn parse(text: &str) -> Result<Self> {
        let mut added: BTreeMap<&'static str, Option<u32>> = BTreeMap::new();
        let mut removed: Vec<&'static str> = Vec::new();
        for item in text.split_whitespace() {
            if let Some(name) = item.strip_prefix('-') {
                if let Some((name, _)) = name.split_once('=') {
                    bail!(
                        "OPTIONS: -{name} takes an option away and carries no value: write -{name}"
                    );
                }
                removed.push(known(name)?.0);
                continue;
            }
            let (word, value) = parse_word(item)?;
            if let Some(earlier) = added.insert(word, value)
                && earlier != value
            {
                bail!("OPTIONS: {word} is given twice with different values: keep one");
            }
        }
        if let Some(word) = removed.iter().find(|word| added.contains_key(*word)) {
            bail!("OPTIONS: {word} and -{word} contradict each other: keep one");
        }
        let mut set = Self::default().0;
        set.extend(added);
        for word in removed {
            set.remove(word);
        }
        Self(set).checked()
    }

    /// Reads the options of a configured kernel from its `opt_*.h`.
    pub fn from_kernel_build_dir(dir: &Path) -> Result<Self> {
        let mut set = BTreeMap::new();
        for file in option_headers(dir)? {
            let text = std::fs::read_to_string(&file).map_err(|e| Error::io("read", &file, &e))?;
            for line in text.lines() {
                let mut words = line.split_whitespace();
                if words.next() != Some("#define") {
                    continue;
                }
                let Some(name) = words.next() else {
                    continue;
                };
                if REFUSED.contains(&name) {
                    bail!(
                        "{}: the library does not follow {name}: configure the kernel without it",
                        file.display()
                    );
                }
                let Some(&(word, has_value)) = KNOWN.iter().find(|(word, _)| *word == name) else {
                    continue;
                };
                let value = words.next().unwrap_or("1");
                let value = if has_value {
                    Some(number(word, value)?)
                } else {
                    None
                };
                set.insert(word, value);
            }
        }
        Self(set).checked()
    }

    /// FreeBSD's own rule: INVARIANTS calls functions that INVARIANT_SUPPORT compiles.
    fn checked(self) -> Result<Self> {
        if self.has("INVARIANTS") && !self.has("INVARIANT_SUPPORT") {
            bail!(
                "OPTIONS: INVARIANTS needs INVARIANT_SUPPORT, as in every FreeBSD kernel: add INVARIANT_SUPPORT"
            );
        }
        Ok(self)
    }

    /// Whether `word` is set.
    pub fn has(&self, word: &str) -> bool {
        self.0.contains_key(word)
    }

    /// The set as sorted words, a value attached with `=`.
    pub fn words(&self) -> String {
        let words: Vec<String> = self.0.iter().map(|(w, v)| with_value(w, *v, "=")).collect();
        words.join(" ")
    }

    /// The compiler flags that define the options.
    pub fn defines(&self) -> impl Iterator<Item = String> + '_ {
        self.0
            .iter()
            .map(|(word, value)| format!("-D{}", with_value(word, *value, "=")))
    }

    /// The difference from the default set, as a part of a directory name: empty for the default.
    pub fn slug(&self) -> String {
        let removed = DEFAULT
            .iter()
            .filter(|word| !self.has(word))
            .map(|word| format!("no{word}"));
        let added = self
            .0
            .iter()
            .filter(|(word, _)| !DEFAULT.contains(word))
            .map(|(word, value)| with_value(word, *value, ""));
        removed.chain(added).collect::<Vec<_>>().join("+")
    }
}

/// Whether an option of this name changes what the file's macros do.
pub fn matters(name: &str) -> bool {
    KNOWN.iter().any(|(word, _)| *word == name) || REFUSED.contains(&name)
}

/// The `opt_*.h` files of a kernel build directory, sorted.
pub fn option_headers(dir: &Path) -> Result<Vec<std::path::PathBuf>> {
    let entries = std::fs::read_dir(dir).map_err(|e| Error::io("read", dir, &e))?;
    let mut files: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.starts_with("opt_") && name.ends_with(".h"))
        })
        .collect();
    files.sort();
    if !files.iter().any(|path| path.ends_with("opt_global.h")) {
        bail!(
            "KERNBUILDDIR={} holds no opt_global.h: give the directory that `make buildkernel` configured, e.g. /usr/obj/usr/src/amd64.amd64/sys/GENERIC",
            dir.display()
        );
    }
    Ok(files)
}

fn with_value(word: &str, value: Option<u32>, separator: &str) -> String {
    let mut text = word.to_string();
    if let Some(value) = value {
        let _ = write!(text, "{separator}{value}");
    }
    text
}

fn known(name: &str) -> Result<(&'static str, bool)> {
    match KNOWN.iter().find(|(word, _)| *word == name) {
        Some(entry) => Ok(*entry),
        None => {
            let all: Vec<&str> = KNOWN.iter().map(|(word, _)| *word).collect();
            bail!("OPTIONS: unknown word {name}: known are {}", all.join(" "))
        }
    }
}

fn parse_word(item: &str) -> Result<(&'static str, Option<u32>)> {
    let (name, value) = match item.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (item, None),
    };
    match (known(name)?, value) {
        ((word, false), None) => Ok((word, None)),
        ((word, true), Some(value)) => Ok((word, Some(number(word, value)?))),
        ((word, false), Some(_)) => bail!("OPTIONS: {word} carries no value: write {word}"),
        ((word, true), None) => bail!("OPTIONS: {word} needs a value: write {word}=8"),
    }
}

fn number(word: &str, value: &str) -> Result<u32> {
    match value.parse() {
        Ok(n) if (1..=MAX_MEMORY_DOMAINS).contains(&n) => Ok(n),
        _ => bail!("OPTIONS: {word}={value} is no number from 1 to {MAX_MEMORY_DOMAINS}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Options::parse(text).expect_err(text).to_string()
    }

    #[test]
    fn empty_text_is_the_default_set() {
        let options = Options::parse("").expect("default");
        assert_eq!(options.words(), "KDTRACE_HOOKS SMP");
        assert_eq!(options.slug(), "");
    }

    #[test]
    fn words_are_added_and_taken_away() {
        let options = Options::parse("WITNESS -SMP MAXMEMDOM=8 NUMA").expect("valid");
        assert_eq!(options.words(), "KDTRACE_HOOKS MAXMEMDOM=8 NUMA WITNESS");
        assert_eq!(options.slug(), "noSMP+MAXMEMDOM8+NUMA+WITNESS");
        let defines: Vec<String> = options.defines().collect();
        assert!(defines.contains(&"-DMAXMEMDOM=8".to_string()));
        assert!(defines.contains(&"-DWITNESS".to_string()));
    }

    #[test]
    fn the_order_of_words_does_not_matter() {
        assert_eq!(
            Options::parse("INVARIANT_SUPPORT INVARIANTS").expect("valid"),
            Options::parse("INVARIANTS INVARIANT_SUPPORT SMP").expect("valid"),
        );
    }

    #[test]
    fn bad_words_are_one_line_that_names_them() {
        for (text, expected) in [
            ("INVARIANT", "unknown word INVARIANT"),
            ("-NONSENSE", "unknown word NONSENSE"),
            ("INVARIANTS", "INVARIANTS needs INVARIANT_SUPPORT"),
            ("SMP -SMP", "SMP and -SMP contradict"),
            ("MAXMEMDOM=4 MAXMEMDOM=8", "MAXMEMDOM is given twice"),
            ("MAXMEMDOM", "MAXMEMDOM needs a value"),
            ("MAXMEMDOM=", "is no number"),
            ("MAXMEMDOM=0", "is no number"),
            ("MAXMEMDOM=257", "is no number"),
            ("SMP=1", "SMP carries no value"),
            ("-MAXMEMDOM=8", "carries no value"),
        ] {
            let message = error(text);
            assert!(message.contains(expected), "{text}: {message}");
            assert!(!message.contains('\n'));
        }
    }

    #[test]
    fn invariants_without_support_is_refused_after_a_removal() {
        assert!(error("INVARIANTS -INVARIANT_SUPPORT").contains("needs INVARIANT_SUPPORT"));
    }

    #[test]
    fn a_kernel_build_directory_decides_alone() {
        let dir = crate::scratch::Scratch::new("opt");
        dir.write(
            "opt_global.h",
            "#define INVARIANTS 1\n#define INVARIANT_SUPPORT 1\n#define VIMAGE 1\n",
        );
        dir.write("opt_vm.h", "#define MAXMEMDOM 4\n");
        dir.write("other.h", "#define WITNESS 1\n");
        let options = Options::from_kernel_build_dir(dir.path()).expect("valid");
        assert_eq!(options.words(), "INVARIANTS INVARIANT_SUPPORT MAXMEMDOM=4");
        assert_eq!(
            options.slug(),
            "noKDTRACE_HOOKS+noSMP+INVARIANTS+INVARIANT_SUPPORT+MAXMEMDOM4"
        );
    }

    #[test]
    fn a_directory_without_opt_global_is_no_kernel_build_directory() {
        let dir = crate::scratch::Scratch::new("noopt");
        let message = Options::from_kernel_build_dir(dir.path())
            .expect_err("empty")
            .to_string();
        assert!(message.contains("holds no opt_global.h"), "{message}");
    }
}
