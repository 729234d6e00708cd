//! `kt mutants`: cargo-mutants on `src/`, the tests driven by [`crate::judge`].
//!
//! cargo-mutants leaves unsafe functions alone.  It is given a copy of the
//! repository in which functions of the library are not marked unsafe: what
//! they do is in unsafe blocks of their own, so the copy compiles to the same
//! object.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use serde::Deserialize;

use crate::arch::Arch;
use crate::config::{Config, Profile};
use crate::ctests;
use crate::error::{Error, Result, bail};
use crate::files;
use crate::judge;
use crate::options::Options;
use crate::process;
use crate::program::{Parts, Suite};
use crate::report::Stage;
use crate::rust::Rustc;
use crate::survivors::{self, Mutant};
use crate::variables;

/// Of 100 changes so many have to be noticed.
const WANTED: usize = 95;

/// After so many seconds a tree is given up; what may never end has limits of
/// its own, far shorter.
const TIMEOUT: &str = "1800";

/// Code that no configuration of [`judge::cases`] compiles.
const OTHER_MACHINES: &str = "src/kpi/pcpu/{aarch64,i386,riscv64}.rs";

/// What does not belong into the copy.
const LEFT_OUT: &[&str] = &[".git", ".venv", ".venv-15", "target"];

/// The list of survivors.
const SURVIVORS: &str = "tools/mutants/survivors.toml";

/// make's variables.
pub struct Request {
    only: Option<String>,
    jobs: String,
}

impl Request {
    /// Reads them; `lookup` gives the value of a variable.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let value = variables::set(&lookup);
        let jobs = value("JOBS").unwrap_or_else(|| "2".to_string());
        if !jobs.parse().is_ok_and(|jobs: usize| jobs > 0) {
            bail!("JOBS={jobs} is no number of jobs");
        }
        Ok(Self {
            only: value("ONLY"),
            jobs,
        })
    }
}

/// Tries every change; gives the last line.
pub fn run(config: &Config, request: &Request) -> Result<String> {
    let present = process::output(&mut cargo_mutants(&["--version"]));
    if !present.is_ok_and(|output| output.status.success()) {
        return Ok(
            "mutants: skipped: cargo-mutants is not installed: cargo install --locked cargo-mutants"
                .to_string(),
        );
    }
    let listed = survivors::parse(&files::read(&config.root.join(SURVIVORS))?)
        .map_err(|cause| Error::new(format!("{SURVIVORS}: {cause}")))?;
    let config = &config.on(Arch::Amd64, Profile::Reference, Options::default());
    prepare(config)?;
    let folder = config.root.join("target/mutants");
    let tree = copy(&config.root, &folder.join("tree"))?;
    judge::forget(&config.root)?;
    attempt(config, request, &folder, &tree)?;
    let results = read_results(&folder.join("mutants.out"), &config.root)?;
    if results.is_empty() {
        bail!("no change to src/ has ONLY in its name: cargo mutants --list shows the names");
    }
    conclude(&results, &listed, request.only.is_none())
}

fn cargo_mutants(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg("mutants").args(arguments);
    command
}

/// Builds what the trees share.
fn prepare(config: &Config) -> Result<()> {
    for case in judge::cases() {
        ctests::build(&case.config(config)?)?;
    }
    Parts::build(Suite::Scenarios, config).map(drop)
}

/// Copies the repository, without what is made and without `unsafe fn`.
fn copy(root: &Path, tree: &Path) -> Result<PathBuf> {
    let stage = Stage::start("mutants", "copy of the sources");
    if tree.exists() {
        fs::remove_dir_all(tree).map_err(|cause| Error::io("remove", tree, &cause))?;
    }
    let entries = fs::read_dir(root).map_err(|cause| Error::io("read", root, &cause))?;
    for entry in entries {
        let path = entry
            .map_err(|cause| Error::io("read", root, &cause))?
            .path();
        let left_out = |name: &str| path.file_name() == Some(name.as_ref());
        if LEFT_OUT.iter().any(|name| left_out(name)) {
            continue;
        }
        let found = match path.is_dir() {
            true => files::tree(&path)?,
            false => vec![path],
        };
        for path in found {
            let below = path.strip_prefix(root).unwrap_or(&path);
            let mut bytes = files::read_bytes(&path)?;
            if is_library(below) {
                bytes = without_unsafe(&files::read(&path)?).into_bytes();
            }
            files::write(&tree.join(below), bytes)?;
        }
    }
    stage.done();
    Ok(tree.to_path_buf())
}

/// Whether a file of the repository is the library's source, bindings aside.
fn is_library(path: &Path) -> bool {
    path.starts_with("src")
        && !path.starts_with("src/bindings")
        && path.extension().is_some_and(|extension| extension == "rs")
}

/// Takes the mark off functions that have a name: the types of pointers to
/// unsafe functions keep it.
fn without_unsafe(source: &str) -> String {
    let mut result = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(place) = rest.find("unsafe ") {
        let (before, found) = rest.split_at(place);
        let after = &found["unsafe ".len()..];
        let function = after.strip_prefix("extern \"C\" ").unwrap_or(after);
        result.push_str(before);
        if !function.starts_with("fn ") {
            result.push_str("unsafe ");
        }
        rest = after;
    }
    result + rest
}

/// Runs cargo-mutants; what it says is progress.
fn attempt(config: &Config, request: &Request, folder: &Path, tree: &Path) -> Result<()> {
    let driver = env::current_exe().map_err(|cause| Error::new(format!("who am I: {cause}")))?;
    let runner = Rustc::find(config)?
        .host()
        .to_uppercase()
        .replace(['-', '.'], "_");
    let mut command = cargo_mutants(&["--package=kern_thread", "--gitignore=false"]);
    command
        .current_dir(tree)
        .arg("--dir")
        .arg(tree)
        .arg("--output")
        .arg(folder)
        .arg("--cap-lints=true")
        .args(["--exclude", OTHER_MACHINES])
        .args(["--timeout", TIMEOUT, "--jobs", &request.jobs])
        .env("KT_JUDGE", driver)
        .env(judge::HOME, &config.root)
        // Lines of debug data would make every object differ.
        .env("CARGO_PROFILE_KERNEL_DEBUG", "false")
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env(
            format!("CARGO_TARGET_{runner}_RUNNER"),
            "sh tools/mutants/limited.sh",
        )
        .stdout(io::stderr())
        .stderr(io::stderr());
    if let Some(only) = &request.only {
        command.args(["--re", only]);
    }
    command.args(["--", "--lib", "--test=c_tests"]);
    let stage = Stage::start("mutants", "changes to src/");
    let status = command
        .status()
        .map_err(|cause| Error::new(format!("cannot run cargo mutants: {cause}")))?;
    stage.done();
    // 2: some were not noticed; 3: some did not end.
    match status.code() {
        Some(0 | 2 | 3) => Ok(()),
        _ => bail!(
            "cargo mutants failed: see {}",
            folder.join("mutants.out/log").display()
        ),
    }
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Caught,
    Survived,
    /// No object differs in any configuration.
    Unchanged,
    /// It does not compile.
    Refused,
}

struct Outcome {
    mutant: Mutant,
    /// `<line>:<column>`.
    place: String,
    fate: Fate,
}

#[derive(Deserialize)]
struct Report {
    outcomes: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    scenario: Scenario,
    summary: String,
    log_path: PathBuf,
}

#[derive(Deserialize)]
enum Scenario {
    Baseline,
    Mutant { name: String },
}

/// Reads what cargo-mutants has written.
fn read_results(folder: &Path, root: &Path) -> Result<Vec<Outcome>> {
    let path = folder.join("outcomes.json");
    let report: Report = serde_json::from_str(&files::read(&path)?)
        .map_err(|cause| Error::new(format!("{}: {cause}", path.display())))?;
    let mut results = Vec::new();
    for entry in report.outcomes {
        let Scenario::Mutant { name } = entry.scenario else {
            continue;
        };
        let log = folder.join(&entry.log_path);
        let fate = match entry.summary.as_str() {
            "Unviable" => Fate::Refused,
            "Timeout" => Fate::Caught,
            "CaughtMutant" if judged(&files::read(&log)?) => Fate::Caught,
            "MissedMutant" => survived(&files::read(&log)?),
            _ => bail!("{name} was not tested: see {}", log.display()),
        };
        let (mutant, place) = locate(&name, |file| files::read(&root.join(file)))?;
        results.push(Outcome {
            mutant,
            place,
            fate,
        });
    }
    Ok(results)
}

/// The name of the test that runs [`crate::judge`].
const JUDGE: &str = "the_kernel_object_of_these_sources_passes";

/// Did a failing run end with a unit test or a verdict?
fn judged(log: &str) -> bool {
    let failed = log.contains(&format!("test {JUDGE} ... FAILED"));
    !failed || log.lines().any(|line| line.starts_with(judge::MARK))
}

/// Did the tests let a change pass, or was there none?
fn survived(log: &str) -> Fate {
    let verdict = log.lines().find_map(|line| line.strip_prefix(judge::MARK));
    match verdict {
        Some(judge::UNCHANGED) => Fate::Unchanged,
        _ => Fate::Survived,
    }
}

/// Splits `src/a.rs:12:5: change` and looks the line up.
fn locate(name: &str, read: impl Fn(&str) -> Result<String>) -> Result<(Mutant, String)> {
    let parts: Vec<&str> = name.splitn(4, ':').collect();
    let [file, line, column, change] = parts[..] else {
        bail!("cargo mutants names a change {name:?}: its version is not known here");
    };
    let source = read(file)?;
    let number: usize = line.parse().unwrap_or(0);
    let text = source.lines().nth(number.wrapping_sub(1));
    let mutant = Mutant {
        name: format!("{file}:{change}"),
        line: text.unwrap_or_default().trim().to_string(),
    };
    Ok((mutant, format!("{line}:{column}")))
}

/// Prints the table and what is wrong; gives the last line.
fn conclude(results: &[Outcome], listed: &[Mutant], whole: bool) -> Result<String> {
    let mut table: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for outcome in results {
        let file = outcome.mutant.name.split(':').next().unwrap_or_default();
        table.entry(file).or_default()[outcome.fate as usize] += 1;
    }
    println!(
        "{:26} {:>6} {:>8} {:>9} {:>11}",
        "file", "caught", "survived", "same code", "no compile"
    );
    let mut sum = [0; 4];
    for (file, counts) in &table {
        let [caught, survived, unchanged, refused] = counts;
        println!("{file:26} {caught:>6} {survived:>8} {unchanged:>9} {refused:>11}");
        for (sum, count) in sum.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    let [caught, survived, unchanged, refused] = sum;
    println!(
        "{:26} {caught:>6} {survived:>8} {unchanged:>9} {refused:>11}",
        "all"
    );

    let with = |fate: Fate| {
        let found = results.iter().filter(move |outcome| outcome.fate == fate);
        found.map(|outcome| outcome.mutant.clone()).collect()
    };
    let survivors: Vec<Mutant> = with(Fate::Survived);
    let mut differences = survivors::compare(listed, &survivors, &with(Fate::Caught));
    if !whole {
        differences.unknown.clear();
    }
    for (what, mutants) in [
        ("not caught, not listed", &differences.unlisted),
        ("listed, but caught", &differences.caught),
        ("listed, but no survivor", &differences.unknown),
    ] {
        for mutant in mutants {
            let place = results.iter().find(|outcome| outcome.mutant == *mutant);
            let place = place.map_or("", |outcome| outcome.place.as_str());
            println!("{what}: {} ({place}: {})", mutant.name, mutant.line);
        }
    }
    let viable = caught + survived;
    let percent = (caught * 1000).checked_div(viable).unwrap_or(1000);
    let line = format!(
        "mutants: {caught} of {viable} caught ({}.{}%)",
        percent / 10,
        percent % 10
    );
    if !differences.unlisted.is_empty() {
        bail!("{line}; some are neither caught nor listed: add a test, or a reason to {SURVIVORS}");
    }
    if !differences.caught.is_empty() || !differences.unknown.is_empty() {
        bail!("{line}; some that are listed do not survive: take them out of {SURVIVORS}");
    }
    if whole && percent < WANTED * 10 {
        bail!("{line}; fewer than {WANTED} of 100");
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_functions_with_names_lose_the_mark() {
        let source = "pub unsafe fn a() {}\npub unsafe extern \"C\" fn b() {}\n\
                      type C = unsafe extern \"C\" fn();\nunsafe extern \"C\" { fn d(); }\n\
                      unsafe { e() }\n";
        let expected = "pub fn a() {}\npub extern \"C\" fn b() {}\n\
                        type C = unsafe extern \"C\" fn();\nunsafe extern \"C\" { fn d(); }\n\
                        unsafe { e() }\n";
        assert_eq!(without_unsafe(source), expected);
    }

    #[test]
    fn a_change_is_named_by_its_source_line() {
        let (mutant, place) = locate("src/a.rs:2:5: replace < with <= in f", |file| {
            assert_eq!(file, "src/a.rs");
            Ok("one\n    a < b\n".to_string())
        })
        .expect("a name");
        assert_eq!(mutant.name, "src/a.rs: replace < with <= in f");
        assert_eq!((mutant.line.as_str(), place.as_str()), ("a < b", "2:5"));
        assert!(locate("baseline", |_| Ok(String::new())).is_err());
    }

    #[test]
    fn the_verdict_is_read_from_the_log() {
        assert_eq!(survived("test\njudge: unchanged\nok\n"), Fate::Unchanged);
        assert_eq!(survived("test\njudge: not caught\nok\n"), Fate::Survived);
        assert_eq!(survived("nothing\n"), Fate::Survived);
        let failed = format!("test {JUDGE} ... FAILED\n");
        assert!(judged("test one ... FAILED\n"));
        assert!(judged(&format!("judge: caught by S01\n{failed}")));
        assert!(!judged(&failed));
    }
}
