//! `kt all` and `kt test`: everything in its order, counted and summed up.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::audit;
use crate::bindings;
use crate::config::{Config, Implementation, Profile};
use crate::ctests;
use crate::error::{Error, Result, bail};
use crate::files;
use crate::header;
use crate::object_file;
use crate::options::Options;
use crate::process;
use crate::report::Stage;
use crate::setup;
use crate::tally::Tally;

/// The configurations that `kt test` builds and audits: each option at least
/// once, alone where it changes most, and each profile.
const MATRIX: &[(Profile, &str)] = &[
    (Profile::Reference, ""),
    (Profile::Reference, "INVARIANTS INVARIANT_SUPPORT WITNESS"),
    (
        Profile::Reference,
        "INVARIANTS INVARIANT_SUPPORT WITNESS AUDIT HWPMC_HOOKS EPOCH_TRACE KTR LOCK_PROFILING",
    ),
    (Profile::Reference, "-SMP -KDTRACE_HOOKS"),
    (Profile::Reference, "NUMA MAXMEMDOM=8"),
    (Profile::Reference, "MUTEX_NOINLINE RWLOCK_NOINLINE"),
    (Profile::Reference, "KASAN"),
    (Profile::Reference, "KMSAN"),
    (Profile::FreeBsd14, ""),
    (Profile::FreeBsd14, "INVARIANTS INVARIANT_SUPPORT WITNESS"),
    (Profile::FreeBsd15, ""),
    (Profile::FreeBsd15, "INVARIANTS INVARIANT_SUPPORT WITNESS"),
];

/// The option sets whose objects the C unit tests run on.
const TESTED: &[&str] = &["", "INVARIANTS INVARIANT_SUPPORT"];

/// `kt all`: builds, audits and tests the object of one configuration.
pub fn all(config: &Config) -> Result<String> {
    let object = object_file::build(config)?;
    header::check(config)?;
    let audited = audit::run(config)?;
    println!("{}", audited.table.trim_end());
    if !audited.ok {
        bail!("the object breaks rules of the audit: see the lines marked FAILED");
    }
    let tap = ctests::run(config)?;
    let tally = Tally::from_tap(&tap);
    if tally.failed > 0 {
        show_failures(&tap);
        bail!(
            "{} C unit tests failed on {}",
            tally.failed,
            object.display()
        );
    }
    Ok(format!(
        "ok: {} C unit tests passed on {}",
        tally.passed,
        object.display()
    ))
}

/// `kt test`: all that must pass.  The sum is the last line; the error, if
/// any, says that something failed.
pub fn test(config: &Config) -> Result<()> {
    setup::all(config)?;
    let mut sum = cargo_tests(config)?;
    sum += report(
        "bindings match the headers",
        bindings::check(&config.variant(Profile::Reference, Options::default())),
    );
    sum += report("header and prototypes", header::check(config));
    sum += report("same bytes in another folder", same_bytes_elsewhere(config));
    for (profile, options) in MATRIX {
        let variant = config.variant(*profile, Options::parse(options)?);
        sum += audit_one(&Config {
            oracle: None,
            ..variant.clone()
        });
        if *profile == Profile::Reference && config.oracle.is_some() {
            sum += audit_one(&variant);
        } else if *profile == Profile::Reference {
            sum += Tally::skip();
        }
        sum += report(
            &format!("{} prototypes", variant.name()),
            header::check(&variant),
        );
    }
    for options in TESTED {
        let variant = config.variant(Profile::Reference, Options::parse(options)?);
        sum += c_tests(&Config {
            implementation: Implementation::Rust,
            ..variant.clone()
        });
        sum += match config.oracle {
            Some(_) => c_tests(&Config {
                implementation: Implementation::C,
                ..variant
            }),
            None => Tally::skip(),
        };
    }
    if config.oracle.is_none() {
        println!("skipped: comparisons with the C file (give KERN_THREAD_C)");
    }
    println!("{sum}");
    if sum.failed > 0 {
        bail!("{} tests failed", sum.failed);
    }
    Ok(())
}

/// Prints what a check found and counts it.
fn report<T>(what: &str, result: Result<T>) -> Tally {
    match &result {
        Ok(_) => println!("ok: {what}"),
        Err(error) => println!("FAILED: {what}: {error}"),
    }
    Tally::check(result.is_ok())
}

fn audit_one(config: &Config) -> Tally {
    let audited = audit::run(config).and_then(|audited| {
        if !audited.ok {
            println!("{}", audited.table.trim_end());
            bail!("rules broken, baseline {}", audited.baseline);
        }
        Ok(audited)
    });
    let baseline = if config.oracle.is_some() {
        "the C object"
    } else {
        "the contract"
    };
    report(
        &format!("audit of {} against {baseline}", config.name()),
        audited,
    )
}

fn c_tests(config: &Config) -> Tally {
    match ctests::run(config) {
        Ok(tap) => {
            let tally = Tally::from_tap(&tap);
            show_failures(&tap);
            println!(
                "C unit tests on {} ({}): {tally}",
                config.name(),
                config.implementation
            );
            tally
        }
        Err(error) => report::<()>(&format!("C unit tests on {}", config.name()), Err(error)),
    }
}

/// Failed tests and the diagnostics below them.
fn show_failures(tap: &str) {
    let mut failing = false;
    for line in tap.lines() {
        if line.starts_with("ok ") || line.starts_with("not ok ") {
            failing = line.starts_with("not ok ");
        }
        if failing {
            println!("{line}");
        }
    }
}

/// `cargo test` of the whole workspace.
fn cargo_tests(config: &Config) -> Result<Tally> {
    let stage = Stage::start("cargo", "tests of the workspace");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&config.root)
        .args(["test", "--locked", "--workspace", "--no-fail-fast"]);
    let output = process::output(&mut command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut tally = Tally::from_cargo(&text);
    if !output.status.success() {
        println!("{text}\n{}", String::from_utf8_lossy(&output.stderr));
        if tally.failed == 0 {
            tally.failed = 1;
        }
    }
    stage.done();
    println!("cargo tests: {tally}");
    Ok(tally)
}

/// Builds the default object from a copy of the sources in another folder.
fn same_bytes_elsewhere(config: &Config) -> Result<()> {
    let here = config.variant(Profile::Reference, Options::default());
    let first = object_file::build(&here)?;
    let copy = here.out.join("elsewhere/with a longer name");
    if copy.exists() {
        fs::remove_dir_all(&copy).map_err(|e| Error::io("remove", &copy, &e))?;
    }
    for name in ["Cargo.toml", "Cargo.lock", "build.rs", "src", "tools"] {
        copy_tree(&here.root.join(name), &copy.join(name))?;
    }
    let mut there = Config {
        root: copy.clone(),
        ..here.clone()
    };
    there.out = copy.join("target/kt").join(there.name());
    let second = object_file::build(&there)?;
    if files::read_bytes(&first)? != files::read_bytes(&second)? {
        bail!(
            "{} and {} differ: something takes up a path",
            first.display(),
            second.display()
        );
    }
    fs::remove_dir_all(&copy).map_err(|e| Error::io("remove", &copy, &e))
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    if from.is_file() {
        return files::write(to, files::read_bytes(from)?);
    }
    for path in files::tree(from)? {
        let name = path.strip_prefix(from).unwrap_or(&path);
        files::write(&to.join(name), files::read_bytes(&path)?)?;
    }
    Ok(())
}
