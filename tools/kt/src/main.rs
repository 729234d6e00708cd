//! `kt`, the build driver behind the Makefile.
//!
//! One program knows how the object is made: which headers, which flags, which
//! options, in which order.  It reads its configuration from the environment
//! (see [`config`]), prints progress on stderr and results on stdout, and ends
//! with one line when something is wrong.

mod again;
mod arch;
mod archive;
mod audit;
mod bench;
mod bindings;
mod checks;
mod compiler;
mod config;
mod coverage;
mod ctests;
mod depend;
mod diff;
mod diff_sensitivity;
mod edits;
mod elsewhere;
mod error;
mod exerciser;
mod files;
mod functions;
mod header;
mod hosted;
mod judge;
mod kbi;
mod kernel;
mod kernel_check;
mod kernel_flags;
mod layout;
mod link;
mod matrix;
mod mutants;
mod needs;
mod object_file;
mod options;
mod oracle;
mod parity;
mod preempt;
mod preempt_sensitivity;
mod process;
mod program;
mod report;
mod rust;
mod sanitize;
mod scenarios;
#[cfg(test)]
mod scratch;
mod sensitivity;
mod setup;
mod soak;
mod staging;
mod stub_kernel;
mod suite;
mod survivors;
mod table;
mod tally;
mod tap;
mod units;
mod variables;
mod wrong;
mod wrong_library;

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::program::Suite;
use crate::sanitize::Sanitizer;

fn command() -> Command {
    let check = || {
        Arg::new("check")
            .long("check")
            .action(ArgAction::SetTrue)
            .help("Compare with the checked-in files instead of writing them")
    };
    Command::new("kt")
        .about("Builds and checks the kern_thread object; configured by environment variables (docs/building.md)")
        .subcommand_required(true)
        .subcommands([
            Command::new("all").about("Build, audit and test the object"),
            Command::new("test").about("Run everything that must pass"),
            Command::new("setup").about("Install the pinned packages"),
            Command::new("bindings").about("Generate the Rust bindings").arg(check()),
            Command::new("object").about("Build kern_thread.o and libkern_thread.a"),
            Command::new("cobject").about("Compile KERN_THREAD_C"),
            Command::new("hosted").about("Make the copy of the object (IMPL=) that links into a process"),
            Command::new("header").about("Generate include/kern_thread.h").arg(check()),
            Command::new("c-tests").about("Prepare the C unit tests for the object (IMPL=)"),
            Command::new("scenarios").about("Run the regression scenarios on the object (IMPL=)"),
            Command::new("exerciser-test")
                .about("Run the exerciser's tests on the simulated kernel, on the object (IMPL=)"),
            Command::new("sensitivity").about("Run the scenarios on wrong versions of KERN_THREAD_C"),
            Command::new("diff").about("Compare the object with that of KERN_THREAD_C, run by run"),
            Command::new("diff-sensitivity")
                .about("Compare wrong versions of KERN_THREAD_C with the object, which differs from each"),
            Command::new("soak")
                .about("Mix comparisons and scenarios for TIME seconds, resumably")
                .arg(
                    Arg::new("folder")
                        .long("folder")
                        .value_parser(clap::value_parser!(std::path::PathBuf))
                        .help("Where state and failures are kept instead of the configuration's folder"),
                ),
            Command::new("coverage")
                .about("Measure which lines and branches of the object, and of KERN_THREAD_C's, the tests reach"),
            Command::new("bench")
                .about("Measure the object and that of KERN_THREAD_C side by side")
                .arg(
                    Arg::new("from")
                        .long("from")
                        .value_parser(clap::value_parser!(std::path::PathBuf))
                        .help("Show the figures of this bench.json again instead of measuring"),
                ),
            Command::new("preempt")
                .about("Run scenarios with preemptions between instructions of the object (IMPL=)"),
            Command::new("preempt-sensitivity")
                .about("Show wrong versions of KERN_THREAD_C that only such preemptions tell"),
            Command::new("audit").about("Audit the object"),
            Command::new("kernel-check").about("Check a linked kernel (KERNEL, BASELINE)"),
            Command::new("parity").about("Write the README's parity table"),
            Command::new("check").about("Formatting, lints and documentation"),
            Command::new("miri").about("Run the library's unit tests under Miri"),
            Command::new("mutants").about("Change the library in every way that cargo-mutants knows"),
            Command::new("judge").about("Test the changed library of this tree (for kt mutants)"),
            Command::new("asan").about("The library's tests and the scenarios under AddressSanitizer"),
            Command::new("tsan").about("The library's tests and the scenarios under ThreadSanitizer"),
            Command::new("kernel-add").about("Add the option KERN_THREAD_RS to a FreeBSD source tree (SYSDIR)"),
            Command::new("kernel-remove").about("Take it out again (SYSDIR)"),
            Command::new("kernel-status").about("Say whether a tree (SYSDIR) or a configured kernel (KERNBUILDDIR) has it"),
            Command::new("exerciser")
                .about("Build the program that tests a live kernel's threads")
                .arg(
                    Arg::new("host")
                        .long("host")
                        .action(ArgAction::SetTrue)
                        .help("Build what tests its runner on Linux"),
                ),
            Command::new("install").about("Install object, archive, header and kernel kit (DESTDIR, PREFIX)"),
        ])
}

fn run(arguments: &ArgMatches) -> Result<()> {
    let cwd =
        std::env::current_dir().map_err(|e| Error::new(format!("no current directory: {e}")))?;
    let lookup = |name: &str| std::env::var(name).ok();
    let Some((name, arguments)) = arguments.subcommand() else {
        bail!("no subcommand: see kt --help");
    };
    // The kernel kit edits a tree and builds nothing.
    let kit = match name {
        "kernel-add" => Some(kernel::add as fn(&kernel::Request) -> Result<String>),
        "kernel-remove" => Some(kernel::remove as _),
        "kernel-status" => Some(kernel::status as _),
        _ => None,
    };
    if let Some(run) = kit {
        println!("{}", run(&kernel::Request::read(name, lookup, &cwd)?)?);
        return Ok(());
    }
    if name == "judge" {
        return judge::run(&cwd);
    }
    let config = Config::read(lookup, &cwd)?;
    match name {
        "all" => println!("{}", suite::all(&config)?),
        "test" => suite::test(&config)?,
        "setup" => setup::all(&config)?,
        "bindings" if arguments.get_flag("check") => bindings::check(&config)?,
        "bindings" => println!("{}", bindings::regenerate(&config)?.display()),
        "object" => println!("{}", object_file::build(&config)?.display()),
        "cobject" => println!("{}", oracle::build(&config)?.display()),
        "hosted" => println!("{}", hosted::build(&config)?.display()),
        "header" if arguments.get_flag("check") => header::check(&config)?,
        "header" => println!("{}", header::write(&config)?.display()),
        "c-tests" => println!("{}", ctests::prepare(&config)?.makefile.display()),
        "scenarios" => simulate(Suite::Scenarios, &config)?,
        "exerciser-test" => simulate(Suite::Exerciser, &config)?,
        "sensitivity" => {
            let schedules = std::env::var("SCHEDULES")
                .ok()
                .filter(|text| !text.is_empty());
            sensitivity::run(&config, schedules.as_deref())?;
        }
        "diff" => diff::run(&config, &diff::Request::read(lookup)?)?,
        "diff-sensitivity" => {
            diff_sensitivity::run(&config, &diff_sensitivity::Request::read(lookup)?)?;
        }
        "soak" => {
            let folder = arguments.get_one("folder").cloned();
            soak::run(&config, &soak::Request::read(lookup, folder)?)?;
        }
        "coverage" => coverage::run(&config, &coverage::Request::read(lookup)?)?,
        "bench" => {
            let from = arguments.get_one("from").cloned();
            bench::run(&config, &bench::Request::read(lookup, &cwd, from)?)?;
        }
        "preempt" => {
            let request = preempt::Request::read(lookup)?;
            if preempt::run(&config, &request)?.failed > 0 {
                bail!("scenarios failed: see the lines marked not ok");
            }
        }
        "preempt-sensitivity" => preempt_sensitivity::run(&config)?,
        "audit" => {
            let audited = audit::run(&config)?;
            println!(
                "baseline: {}\n{}",
                audited.baseline,
                audited.report.to_string().trim_end()
            );
            if !audited.report.ok() {
                bail!("the object breaks rules of the audit: see the lines marked FAILED");
            }
            println!("audit: ok");
        }
        "kernel-check" => {
            let lookup = |name: &str| std::env::var(name).ok();
            kernel_check::run(&kernel_check::Request::read(lookup, &cwd)?)?;
        }
        "parity" => parity::write(&config)?,
        "check" => checks::check(&config)?,
        "miri" => println!("{}", checks::miri(&config)?),
        "mutants" => println!(
            "{}",
            mutants::run(&config, &mutants::Request::read(lookup)?)?
        ),
        "asan" => println!("{}", sanitize::run(Sanitizer::Address, &config)?),
        "tsan" => println!("{}", sanitize::run(Sanitizer::Thread, &config)?),
        "exerciser" => {
            let kind = match arguments.get_flag("host") {
                true => exerciser::Kind::Host,
                false => exerciser::Kind::Live,
            };
            println!("{}", exerciser::build(&config, kind)?.display());
        }
        "install" => println!("installed: {}", checks::install(&config)?.display()),
        other => bail!("{other} is no subcommand: see kt --help"),
    }
    Ok(())
}

/// Runs a suite on the simulated kernel, as make's variables ask for.
fn simulate(suite: Suite, config: &Config) -> Result<()> {
    let request = scenarios::Request::read(suite, |name| std::env::var(name).ok())?;
    if scenarios::run(config, &request)?.failed > 0 {
        bail!("{} failed: see the lines marked not ok", suite.parts());
    }
    Ok(())
}

fn main() -> ExitCode {
    match run(&command().get_matches()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
