//! `kt all` and `kt test`: everything in its order, counted and summed up.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::audit::{self, Audited};
use crate::bindings;
use crate::config::{Config, Implementation, Profile};
use crate::ctests;
use crate::error::{Error, Result, bail};
use crate::files;
use crate::header;
use crate::matrix::{CASES, Case};
use crate::object_file;
use crate::options::Options;
use crate::parity;
use crate::process;
use crate::report::Stage;
use crate::setup;
use crate::tally::Tally;

/// `kt all`: builds, audits and tests the object of one configuration.
pub fn all(config: &Config) -> Result<String> {
    let object = object_file::build(config)?;
    header::check(config)?;
    let audited = audit::run(config)?;
    println!("{}", audited.report.to_string().trim_end());
    if !audited.report.ok() {
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
    let default = config.variant(Profile::Reference, Options::default());
    sum += report("bindings match the headers", bindings::check(&default));
    sum += report(
        "same bytes in another folder",
        same_bytes_elsewhere(&default),
    );
    let mut parity = String::new();
    for case in CASES {
        let variant = case.config(config)?;
        let (tally, line) = audit_by_contract(case, &variant);
        sum += tally;
        parity.push_str(&line);
        sum += report(
            &format!("prototypes of {}", variant.name()),
            header::check(&variant),
        );
        sum += c_tests(&variant, Implementation::Rust);
        if case.profile == Profile::Reference {
            sum += beside_c(&variant);
        }
    }
    sum += report("parity table of the README", parity::check(config, &parity));
    if config.oracle.is_none() {
        println!("skipped: comparisons with the C file (give KERN_THREAD_C)");
    }
    println!("{sum}");
    if sum.failed > 0 {
        bail!("{} tests failed", sum.failed);
    }
    Ok(())
}

/// The audit against the checked-in contract, and its line of the parity table.
fn audit_by_contract(case: &Case, config: &Config) -> (Tally, String) {
    let config = Config {
        oracle: None,
        ..config.clone()
    };
    let audited = audit::run(&config);
    let line = audited
        .as_ref()
        .map(|audited| parity::line(case, &audited.report));
    let line = line.unwrap_or_default();
    let what = format!("audit of {} by the contract", config.name());
    (report(&what, audited.and_then(verdict)), line)
}

/// What needs the C file: the audit against its object, and the C unit tests on it.
fn beside_c(config: &Config) -> Tally {
    if config.oracle.is_none() {
        return Tally {
            skipped: 2,
            ..Tally::default()
        };
    }
    let what = format!("audit of {} beside C", config.name());
    let mut sum = report(&what, audit::run(config).and_then(verdict));
    sum += c_tests(config, Implementation::C);
    sum
}

fn verdict(audited: Audited) -> Result<()> {
    if !audited.report.ok() {
        println!("{}", audited.report.to_string().trim_end());
        bail!("rules broken, compared with {}", audited.baseline);
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

fn c_tests(config: &Config, implementation: Implementation) -> Tally {
    let config = Config {
        implementation,
        ..config.clone()
    };
    let what = format!("C unit tests on {} ({implementation})", config.name());
    match ctests::run(&config) {
        Ok(tap) => {
            let tally = Tally::from_tap(&tap);
            show_failures(&tap);
            println!("{what}: {tally}");
            tally
        }
        Err(error) => report::<()>(&what, Err(error)),
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

/// Builds an object from a copy of the sources in another folder.
fn same_bytes_elsewhere(here: &Config) -> Result<()> {
    let first = object_file::build(here)?;
    let copy = here.out.join("elsewhere/with a longer name");
    if copy.exists() {
        fs::remove_dir_all(&copy).map_err(|e| Error::io("remove", &copy, &e))?;
    }
    let mut names = vec!["Cargo.toml", "Cargo.lock", "build.rs", "src"];
    let members = workspace_members(&here.root)?;
    names.extend(members.iter().map(String::as_str));
    for name in names {
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

/// The folders of the workspace's other packages: cargo wants to see them all.
fn workspace_members(root: &Path) -> Result<Vec<String>> {
    let path = root.join("Cargo.toml");
    let manifest: toml::Table = files::read(&path)?
        .parse()
        .map_err(|cause| Error::new(format!("{}: {cause}", path.display())))?;
    let members = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("members"));
    let members = members
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten();
    Ok(members
        .filter_map(toml::Value::as_str)
        .map(str::to_string)
        .collect())
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
