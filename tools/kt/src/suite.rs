//! `kt all` and `kt test`: everything in its order, counted and summed up.

use std::env;

use crate::arch::Arch;
use crate::audit::{self, Audited};
use crate::bindings;
use crate::config::{Config, Implementation, Profile};
use crate::ctests;
use crate::diff;
use crate::elsewhere;
use crate::error::{Result, bail};
use crate::header;
use crate::matrix::{CASES, Case};
use crate::object_file;
use crate::options::Options;
use crate::parity;
use crate::preempt;
use crate::program::Suite;
use crate::rust::Rustc;
use crate::scenarios;
use crate::setup;
use crate::soak;
use crate::stub_kernel;
use crate::tally::Tally;
use crate::units;

/// `kt all`: builds, audits and tests the object of one configuration.
pub fn all(config: &Config) -> Result<String> {
    let object = object_file::build(config)?;
    header::check(config)?;
    let audited = audit::run(config)?;
    println!("{}", audited.report.to_string().trim_end());
    if !audited.report.ok() {
        bail!("the object breaks rules of the audit: see the lines marked FAILED");
    }
    if let Err(missing) = ctests::emulator(config.arch) {
        println!("skipped: {missing}");
        return Ok(format!("ok: audit passed on {}", object.display()));
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
    // The simulated kernel is an amd64 program of the reference's revision.
    if config.profile != Profile::Reference || config.arch != Arch::Amd64 {
        return Ok(format!(
            "ok: {} C unit tests passed on {}",
            tally.passed,
            object.display()
        ));
    }
    println!("C unit tests: {tally}");
    let request = scenarios::Request::read(Suite::Scenarios, |name| env::var(name).ok())?;
    let tally = scenarios::run(config, &request)?;
    if tally.failed > 0 {
        bail!("{} scenarios failed on {}", tally.failed, object.display());
    }
    Ok(format!(
        "ok: {} scenarios passed on {}",
        tally.passed,
        object.display()
    ))
}

/// `kt test`: all that must pass.  The sum is the last line; the error, if
/// any, says that something failed.
pub fn test(config: &Config) -> Result<()> {
    let config = &config.on(Arch::Amd64, Profile::Reference, Options::default());
    setup::all(config)?;
    let mut sum = units::workspace(config)?;
    let invariants = Options::parse("INVARIANTS INVARIANT_SUPPORT")?;
    sum += units::library(&config.variant(Profile::Reference, invariants))?;
    sum += report("bindings match the headers", bindings::check(config));
    sum += report(
        "same bytes in another folder",
        elsewhere::same_bytes(config),
    );
    let mut parity = Vec::new();
    for case in CASES {
        let variant = case.config(config)?;
        if let Some(why) = not_here(&variant) {
            println!("skipped: {}: {why}", variant.name());
            sum.skipped += 1;
            parity.push(None);
            continue;
        }
        let (tally, line) = audit_by_contract(case, &variant);
        sum += tally;
        parity.push(Some(line));
        sum += report(
            &format!("prototypes of {}", variant.name()),
            header::check(&variant),
        );
        sum += c_tests(&variant, Implementation::Rust);
        sum += report(
            &format!("kernel-check of {} among stubs", variant.name()),
            stub_kernel::check(&variant),
        );
        if case.profile == Profile::Reference {
            sum += beside_c(case, &variant);
        }
    }
    for options in ["", "INVARIANTS INVARIANT_SUPPORT WITNESS"] {
        let variant = config.variant(Profile::Reference, Options::parse(options)?);
        sum += simulated(Suite::Scenarios, &variant);
        sum += simulated(Suite::Exerciser, &variant);
        sum += preempted(&variant);
        sum += compared(&variant);
        sum += compared(&variant.with_c_algorithms());
    }
    sum += scenarios_on_rust(&config.with_c_algorithms());
    sum += report(
        "a soak that is interrupted goes on",
        soak::check::check(config),
    );
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

/// Why a configuration of `kt test` can't be built here.
fn not_here(config: &Config) -> Option<String> {
    if config.arch != Arch::Amd64 && config.sysdir.is_some() {
        return Some(
            "other machines are tested with the packaged headers: leave SYSDIR out".into(),
        );
    }
    Rustc::lacks_core(config).map(|why| why.to_string())
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

/// What needs the C file: the audit against its object, and the C unit tests
/// on it, which is the same with the library's features and without.
fn beside_c(case: &Case, config: &Config) -> Tally {
    if config.oracle.is_none() {
        return skipped();
    }
    let what = format!("audit of {} beside C", config.name());
    let mut sum = report(&what, audit::run(config).and_then(verdict));
    if !case.c_algorithms {
        sum += c_tests(config, Implementation::C);
    }
    sum
}

/// One test that could not be run.
fn skipped() -> Tally {
    Tally {
        skipped: 1,
        ..Tally::default()
    }
}

/// A suite on the C object, if there is one, and on the Rust object: what the C
/// file fails is wrong.
fn simulated(suite: Suite, config: &Config) -> Tally {
    on_both(config, suite.parts(), |config| {
        scenarios::run(config, &scenarios::Request::all(suite, config))
    })
}

/// The scenarios on the Rust object alone.
fn scenarios_on_rust(config: &Config) -> Tally {
    let config = &Config {
        implementation: Implementation::Rust,
        ..config.clone()
    };
    let request = scenarios::Request::all(Suite::Scenarios, config);
    counted("scenarios", config, scenarios::run(config, &request))
}

/// Some preemptions between instructions of both objects.
fn preempted(config: &Config) -> Tally {
    on_both(config, "preemption", |config| {
        preempt::run(config, &preempt::Request::few(config))
    })
}

fn on_both(config: &Config, what: &str, run: impl Fn(&Config) -> Result<Tally>) -> Tally {
    let mut sum = Tally::default();
    for implementation in [Implementation::C, Implementation::Rust] {
        if implementation == Implementation::C && config.oracle.is_none() {
            sum += skipped();
            continue;
        }
        let config = Config {
            implementation,
            ..config.clone()
        };
        sum += counted(what, &config, run(&config));
    }
    sum
}

/// What was counted; an error counts as a failure.
fn counted(what: &str, config: &Config, tally: Result<Tally>) -> Tally {
    tally.unwrap_or_else(|error| report::<()>(&format!("{what} on {}", config.name()), Err(error)))
}

/// Some runs on both objects, the regression list first.
fn compared(config: &Config) -> Tally {
    if config.oracle.is_none() {
        return skipped();
    }
    report(
        &format!("runs on both objects of {}", config.name()),
        diff::run(config, &diff::Request::few(config)),
    )
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
    if let Err(missing) = ctests::emulator(config.arch) {
        println!("skipped: {what}: {missing}");
        return skipped();
    }
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
