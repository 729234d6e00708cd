//! `kt coverage`: which lines and branches of the objects the tests reach.
//!
//! How it is measured is told in the crate `kt-coverage`.  Here its runtime is
//! linked with each object into the C unit tests and into the scenarios, and
//! these are run: the unit tests, every scenario under some schedules, some
//! seconds of MODE=smp, and generated programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use kt_coverage::code::Code;
use kt_coverage::count::Coverage;
use kt_coverage::plan::Plan;
use kt_coverage::{html, reasons, table};
use kt_diff::generate::Source;
use kt_diff::run::{Run, Subject};
use kt_diff::side::Side;
use proptest::strategy::ValueTree;

use crate::config::{Config, Implementation, Profile};
use crate::ctests;
use crate::error::{Error, Result, bail};
use crate::files;
use crate::hosted;
use crate::process;
use crate::program::{Parts, Suite};
use crate::report::Stage;
use crate::tap;
use crate::variables;

/// Of thousand lines, and of thousand branches, so many have to be covered.
const WANTED: (usize, usize) = (980, 950);

/// The variable that names the plan to the runtime.
const VARIABLE: &str = "KT_COVERAGE";

/// How much is run: make's variables.
#[derive(Debug)]
pub struct Request {
    /// `IMPL=`: this object alone.
    only: Option<Implementation>,
    /// `SCHEDULES=` of each scenario.
    schedules: u64,
    /// `RUNS=` of generated programs.
    runs: u64,
    /// `TIME=`: seconds of MODE=smp.
    time: u64,
    /// `SEED=`.
    seed: u64,
}

impl Request {
    /// Reads the request; `lookup` gives the value of a variable.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let value = variables::set(&lookup);
        let number = |name: &str, default: u64| {
            variables::number(&lookup, name).map(|number| number.unwrap_or(default))
        };
        Ok(Self {
            only: match value("IMPL").as_deref() {
                None => None,
                Some("c") => Some(Implementation::C),
                Some(_) => Some(Implementation::Rust),
            },
            schedules: number("SCHEDULES", 40)?,
            runs: number("RUNS", 800)?,
            time: number("TIME", 10)?,
            seed: number("SEED", 1)?,
        })
    }
}

/// Measures, prints the tables, writes the report.
pub fn run(config: &Config, request: &Request) -> Result<()> {
    if config.profile != Profile::Reference {
        bail!(
            "coverage is measured with PROFILE=ref, which the scenarios are for: leave PROFILE={} out",
            config.profile
        );
    }
    let both = [Implementation::Rust, Implementation::C];
    let wanted = both.into_iter().filter(|&implementation| {
        let there = implementation == Implementation::Rust || config.oracle.is_some();
        request.only.map_or(there, |only| only == implementation)
    });
    let mut measured = Vec::new();
    let mut wrong = Vec::new();
    for implementation in wanted {
        let config = Config {
            implementation,
            ..config.clone()
        };
        let mut coverage = measure(&config, request)?;
        wrong.extend(explain(&config, &mut coverage)?);
        measured.push(coverage);
    }
    let page = config.out.join("coverage/index.html");
    files::write(&page, html::page(&config.name(), &measured))?;
    for coverage in &measured {
        println!("{}", table::table(coverage));
        for line in table::unexplained(coverage) {
            println!("{line}");
        }
    }
    for line in &wrong {
        println!("{line}");
    }
    println!("report: {}", page.display());
    println!("coverage: {}", sum(&measured));
    judge(&measured, &wrong)
}

/// The numbers of all objects in a line.
fn sum(measured: &[Coverage]) -> String {
    let parts = measured.iter().map(|coverage| {
        let totals = coverage.totals();
        let (lines, branches) = (totals.lines.percent(), totals.branches.percent());
        format!("{} lines {lines} branches {branches}", coverage.object)
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn judge(measured: &[Coverage], wrong: &[String]) -> Result<()> {
    for coverage in measured {
        let totals = coverage.totals();
        if totals.lines.of_thousand() < WANTED.0 || totals.branches.of_thousand() < WANTED.1 {
            bail!(
                "of the {} object's lines {} of 100 have to be covered, of its branches {}: see what was never reached above",
                coverage.object,
                WANTED.0 / 10,
                WANTED.1 / 10
            );
        }
    }
    match wrong.len() {
        0 => Ok(()),
        number => bail!("{number} of the reasons in {REASONS} are wrong: see above"),
    }
}

/// Where the reasons are.
const REASONS: &str = "tools/coverage/reasons";

/// Notes the reasons; gives those that are wrong.
fn explain(config: &Config, coverage: &mut Coverage) -> Result<Vec<String>> {
    let path = config
        .root
        .join(REASONS)
        .join(format!("{}.toml", coverage.object));
    let entries = reasons::parse(&files::read(&path)?)
        .map_err(|cause| Error::new(format!("{}: {cause}", path.display())))?;
    let words = config.options.words();
    let words = words
        .split_whitespace()
        .chain(config.features.iter().copied());
    let options: Vec<String> = words.map(str::to_string).collect();
    Ok(reasons::apply(coverage, &entries, &options))
}

/// Runs everything on the object of a configuration.
fn measure(config: &Config, request: &Request) -> Result<Coverage> {
    let object = hosted::build(config)?;
    let bytes = files::read_bytes(&object)?;
    let folder = config
        .out
        .join("coverage")
        .join(config.implementation.to_string());
    let code = Code::read(&bytes).map_err(Error::new)?;
    let stage = Stage::start("coverage", &format!("{}: programs", config.name()));
    let runtime = runtime(config, &folder)?;
    let units = folder.join("ctests");
    ctests::measured(config, &runtime, &units)?;
    let parts = Parts::build(Suite::Scenarios, config)?.with(runtime);
    let scenarios = parts.link(&object, &folder)?;
    stage.done();

    let plan = folder.join("plan");
    files::write(&plan, Plan::new(&code).file(&code))?;
    let measured = |program: &Path| {
        let mut command = Command::new(program);
        command.env(VARIABLE, &plan);
        command
    };
    let of = format!("the {} object", config.implementation);
    let stage = Stage::start("coverage", &format!("{of}: C unit tests"));
    complete(&mut measured(&units), "the C unit tests")?;
    stage.done();
    let number = |number: u64| number.to_string();
    let pictures = folder.join("pictures");
    let stage = Stage::start("coverage", &format!("{of}: scenarios"));
    let seed = number(request.seed);
    let mut all = measured(&scenarios);
    all.args(["run", "--brief", "--schedules", &number(request.schedules)])
        .args(["--seed", &seed, "--out"])
        .arg(&pictures);
    complete(&mut all, "the scenarios")?;
    stage.done();
    let stage = Stage::start("coverage", &format!("{of}: MODE=smp"));
    let mut parallel = measured(&scenarios);
    parallel
        .args([
            "run",
            "--brief",
            "--mode",
            "smp",
            "--time",
            &number(request.time),
        ])
        .args(["--seed", &seed, "--out"])
        .arg(&pictures);
    complete(&mut parallel, "the scenarios with MODE=smp")?;
    stage.done();
    let stage = Stage::start("coverage", &format!("{of}: generated programs"));
    let mut side =
        Side::start_as("measured", &scenarios, &mut measured(&scenarios)).map_err(Error::new)?;
    programs(&mut side, request).map_err(Error::new)?;
    drop(side);
    stage.done();

    let root = config.root.clone();
    let oracle = config.oracle.clone();
    let name = config.implementation.to_string();
    let own = |path: &str| match config.implementation {
        Implementation::Rust => own_rust(&root, path),
        Implementation::C => own_c(oracle.as_deref(), path),
    };
    let text = |file: &str| {
        let path = match (config.implementation, &oracle) {
            (Implementation::C, Some(oracle)) => oracle.clone(),
            _ => root.join(file),
        };
        files::read(&path).map_err(|cause| cause.to_string())
    };
    let seen = files::read_bytes(&plan)?;
    Coverage::new(&name, &bytes, &seen, own, text).map_err(Error::new)
}

/// The name of a file of `src/`, if a path of the debug data is one.
fn own_rust(root: &Path, path: &str) -> Option<String> {
    let path = path.trim_start_matches("./");
    let start = path
        .rfind("src/")
        .filter(|_| !path.starts_with("/rustc/") && !path.starts_with("/cargo/"))?;
    let name = &path[start..];
    root.join(name).is_file().then(|| name.to_string())
}

/// The C file's name, if a path of the debug data is its.
fn own_c(oracle: Option<&Path>, path: &str) -> Option<String> {
    let oracle = oracle?;
    let name = oracle.file_name()?.to_string_lossy().into_owned();
    (Path::new(path) == oracle || path.ends_with(&format!("/{name}"))).then_some(name)
}

/// Compiles the runtime.
fn runtime(config: &Config, folder: &Path) -> Result<PathBuf> {
    let source = config.root.join("tools/coverage/runtime/coverage.c");
    let object = folder.join("runtime.o");
    files::make_dir(folder)?;
    let mut command = Command::new("cc");
    command
        .args(["-O2", "-fno-pic", "-Wall", "-Wextra", "-Werror", "-c"])
        .arg(&source)
        .arg("-o")
        .arg(&object);
    process::run(&mut command, "the runtime of coverage does not compile")?;
    Ok(object)
}

/// Runs a program none of whose tests may fail.
fn complete(command: &mut Command, what: &str) -> Result<()> {
    match tap::first_failure(command)? {
        None => Ok(()),
        Some(failed) => bail!("{what} fail while coverage is measured: {}", failed.title),
    }
}

/// Runs generated programs, each under another schedule.
fn programs(side: &mut Side, request: &Request) -> kt_diff::Result<()> {
    let mut source = Source::new(request.seed);
    for number in 0..request.runs {
        let run = Run {
            subject: Subject::Program(source.program()?.current()),
            schedule: format!("random:{number}"),
        };
        side.request(&run)?;
        side.ended()?;
    }
    Ok(())
}
