//! `kt judge`: does anything in the fast part of `make test` notice that the
//! library of this tree differs from the repository's?
//!
//! `tests/c_tests.rs` runs it in a copy of the repository in which cargo-mutants
//! has changed one thing.  What does not depend on `src/` (bindings, compiled
//! tests, the simulated kernel) is the repository's own; what it makes stays in
//! the copy.  The first tree that it sees is the unchanged one, whose objects it
//! keeps.  Where a later tree has the same object, byte for byte, there is
//! nothing to notice.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fmt, fs};

use crate::arch::Arch;
use crate::bindings;
use crate::config::{Config, Profile};
use crate::ctests;
use crate::error::{Error, Result, bail};
use crate::files;
use crate::hosted;
use crate::link;
use crate::matrix::{CASES, Case};
use crate::process;
use crate::program::{Parts, Suite};
use crate::rust::{self, Rustc};
use crate::tap;
use crate::units;

/// The environment variable that names the repository.
pub const HOME: &str = "KT_JUDGE_HOME";

/// What begins the line with the verdict.
pub const MARK: &str = "judge: ";

/// The verdict on a tree none of whose objects differs.
pub const UNCHANGED: &str = "unchanged";

/// The options with which everything is tried; the other configurations run
/// the C unit tests alone.
const FULL: [&str; 2] = ["", "INVARIANTS INVARIANT_SUPPORT WITNESS"];

/// Schedules for each scenario.
const SCHEDULES: &str = "20";

enum Verdict {
    /// By what.
    Caught(String),
    NotCaught,
    /// The same object in every configuration.
    Unchanged,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caught(by) => write!(f, "caught by {by}"),
            Self::NotCaught => f.write_str("not caught"),
            Self::Unchanged => f.write_str(UNCHANGED),
        }
    }
}

/// The folder of the unchanged tree's objects.
pub fn baseline(home: &Path) -> PathBuf {
    home.join("target/mutants/baseline")
}

/// The configurations that it tries, those with the scenarios first: amd64's,
/// other releases with the default options.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    let tried = |case: &&Case| {
        case.arch == Arch::Amd64
            && (case.profile == Profile::Reference || case.options.is_empty())
            && !is_full(case)
    };
    CASES
        .iter()
        .filter(|case| is_full(case))
        .chain(CASES.iter().filter(tried))
}

/// Judges the tree that it runs in and prints the verdict; an error if the
/// change is caught.  One without a verdict is about something else.
pub fn run(tree: &Path) -> Result<()> {
    let Some(home) = env::var_os(HOME) else {
        bail!("{HOME} is not set: run make mutants");
    };
    let home = PathBuf::from(home);
    let complete = baseline(&home).join("complete");
    let court = Court {
        home: Config::read(|_| None, &home)?,
        tree: tree.to_path_buf(),
        first: !complete.exists(),
    };
    let verdict = court.judge()?;
    println!("{MARK}{verdict}");
    if let Verdict::Caught(by) = verdict {
        bail!("{by}");
    }
    if court.first {
        files::write(&complete, "")?;
    }
    Ok(())
}

/// A changed library, compiled for one configuration.
struct Changed {
    /// The configuration in the repository.
    home: Config,
    /// The hosted object.
    object: PathBuf,
    folder: PathBuf,
}

struct Court {
    /// The repository's default configuration.
    home: Config,
    tree: PathBuf,
    /// Is this the unchanged tree?
    first: bool,
}

impl Court {
    /// Quickest first.
    fn judge(&self) -> Result<Verdict> {
        let mut changed = Vec::new();
        for case in cases().filter(|case| is_full(case)) {
            match self.compile(case)? {
                Built::Changed(object) => {
                    if let Some(by) = c_tests(&object)? {
                        return Ok(Verdict::Caught(by));
                    }
                    changed.push(object);
                }
                Built::Same => {}
                Built::Refused(by) => return Ok(Verdict::Caught(by)),
            }
        }
        for object in &changed {
            let caught = match object.home.uses_checked_in_bindings() {
                // Cargo has run these before it came here.
                true => None,
                false => self.unit_tests(&object.home)?,
            };
            if let Some(by) = caught {
                return Ok(Verdict::Caught(by));
            }
            if let Some(by) = scenarios(object)? {
                return Ok(Verdict::Caught(by));
            }
        }
        let mut differs = !changed.is_empty();
        for case in cases().filter(|case| !is_full(case)) {
            match self.compile(case)? {
                Built::Changed(object) => {
                    differs = true;
                    if let Some(by) = c_tests(&object)? {
                        return Ok(Verdict::Caught(by));
                    }
                }
                Built::Same => {}
                Built::Refused(by) => return Ok(Verdict::Caught(by)),
            }
        }
        Ok(match differs {
            true => Verdict::NotCaught,
            false => Verdict::Unchanged,
        })
    }

    /// Builds the object of a configuration.
    fn compile(&self, case: &Case) -> Result<Built> {
        let home = case.config(&self.home)?;
        let folder = self.tree.join("target/kt").join(home.name());
        let here = Config {
            root: self.tree.clone(),
            out: folder.clone(),
            ..home.clone()
        };
        let rustc = Rustc::find(&home)?;
        // What cargo test has compiled and this does not is not of this
        // configuration.
        let compiled = match rust::recompile(&here, &rustc, &bindings::ensure(&home)?) {
            Ok(compiled) => self.tree.join(compiled),
            Err(error) if self.first => return Err(error),
            Err(_) => return Ok(Built::Same),
        };
        let linked = folder.join("kern_thread.o");
        let linker = Config {
            out: folder.clone(),
            ..home.clone()
        };
        if let Err(error) = link::link(&linker, &rustc, &compiled, &linked) {
            return Ok(Built::Refused(error.to_string()));
        }
        let bytes = files::read_bytes(&linked)?;
        let kept = baseline(&self.home.root).join(format!("{}.o", home.name()));
        if self.first {
            files::write(&kept, &bytes)?;
        } else if files::read_bytes(&kept)? == bytes {
            return Ok(Built::Same);
        }
        let object = folder.join("hosted.o");
        files::write(&object, hosted::convert(&linked)?)?;
        Ok(Built::Changed(Box::new(Changed {
            home,
            object,
            folder,
        })))
    }

    /// The library's unit tests with the options of a configuration.
    fn unit_tests(&self, home: &Config) -> Result<Option<String>> {
        let here = Config {
            root: self.tree.clone(),
            out: self.tree.join("target/kt").join(home.name()),
            ..home.clone()
        };
        let mut command = units::library_command(&here, &bindings::ensure(home)?);
        let passed = process::output(&mut command)?.status.success();
        Ok((!passed).then(|| format!("unit tests of {}", home.name())))
    }
}

enum Built {
    /// Not what it was.
    Changed(Box<Changed>),
    /// The unchanged tree's, or none in this configuration.
    Same,
    /// What no build would let through.
    Refused(String),
}

fn is_full(case: &Case) -> bool {
    case.arch == Arch::Amd64
        && case.profile == Profile::Reference
        && !case.c_algorithms
        && FULL.contains(&case.options)
}

/// The first C unit test that fails.
fn c_tests(changed: &Changed) -> Result<Option<String>> {
    let name = changed.home.name();
    let program = changed.folder.join("ctests");
    if let Err(error) = ctests::link(&changed.home, &changed.object, &program) {
        return Ok(Some(format!("{name}: {error}")));
    }
    first_failure(
        Command::new(&program).arg("-x"),
        &format!("C unit tests of {name}"),
    )
}

/// The first scenario that fails.
fn scenarios(changed: &Changed) -> Result<Option<String>> {
    let parts = Parts::build(Suite::Scenarios, &changed.home)?;
    let folder = changed.folder.join("scenarios");
    let program = match parts.link(&changed.object, &folder) {
        Ok(program) => program,
        Err(error) => return Ok(Some(error.to_string())),
    };
    let what = format!("scenarios of {}", changed.home.name());
    first_failure(
        Command::new(&program).args(["run", "--fail-fast", "--brief", "--schedules", SCHEDULES]),
        &what,
    )
}

/// Runs a program that writes TAP: what failed first, if anything.
fn first_failure(command: &mut Command, what: &str) -> Result<Option<String>> {
    let output = process::output(command)?;
    if output.status.success() {
        return Ok(None);
    }
    let failures = tap::failures(&String::from_utf8_lossy(&output.stdout));
    Ok(Some(match failures.first() {
        Some(failed) => format!("{what}: {}", failed.title),
        None => format!("{what}: {}", output.status),
    }))
}

/// Empties the folder of the unchanged tree's objects.
pub fn forget(home: &Path) -> Result<()> {
    let folder = baseline(home);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|cause| Error::io("remove", &folder, &cause))?;
    }
    Ok(())
}
