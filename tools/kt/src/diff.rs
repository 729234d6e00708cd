//! `kt diff`: the same runs on the C object and on the Rust object.
//!
//! What is compared, and how, is told in the crate `kt-diff`.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use kt_diff::allowed::{self, Entry};
use kt_diff::compare::{self, Finding, Order, Outcome, Sides, What};
use kt_diff::report::{self, Fields};
use kt_diff::run::{Run, Subject};
use kt_diff::seeds;
use kt_diff::side::Side;

use crate::again;
use crate::bindings;
use crate::config::{Config, FEATURES, Implementation};
use crate::error::{Error, Result, bail};
use crate::files;
use crate::process;
use crate::program::{self, Suite};
use crate::report::Stage;
use crate::variables;

/// Runs unless `RUNS` says otherwise.
const RUNS: u64 = 2000;
/// After so many divergences a comparison ends.
const ENOUGH: usize = 5;
/// Seconds between two lines about how far it is.
const INTERVAL: u64 = 10;

/// What may differ.
const ALLOWED: &str = "fbsd-harness/diff/allowed.toml";

/// Where the regression list is.
const LIST: &str = "fbsd-harness/diff/regressions.txt";

/// What is to be compared: make's variables.
#[derive(Debug)]
pub struct Request {
    /// `SEED=`.
    seed: u64,
    /// `RUNS=`.
    runs: u64,
    /// `ONLY=`: scenarios, and no generated programs.
    only: Option<String>,
    /// `REPLAY=` with `ONLY=` or `PROGRAM=`: one run.
    replay: Option<Run>,
    /// The make command that compares the same objects again.
    again: String,
}

/// Variables that choose the objects.
pub const OBJECT_VARIABLES: &[&str] = &[
    "KERN_THREAD_C",
    "PROFILE",
    "OPTIONS",
    "TOOLCHAIN",
    "FEATURES",
];

impl Request {
    /// Reads the request; `lookup` gives the value of a variable.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let value = variables::set(&lookup);
        Ok(Self {
            seed: variables::number(&lookup, "SEED")?.unwrap_or(1),
            runs: variables::number(&lookup, "RUNS")?.unwrap_or(RUNS),
            replay: replay(value("REPLAY"), value("ONLY"), value("PROGRAM"))?,
            only: value("ONLY"),
            again: again::command("diff", OBJECT_VARIABLES, value),
        })
    }

    /// Whether it runs everything: what no such comparison shows does not exist.
    fn is_full(&self) -> bool {
        self.only.is_none() && self.replay.is_none() && self.runs >= RUNS
    }

    /// The regression list, and a few runs.
    pub fn few(config: &Config) -> Self {
        Self {
            seed: 1,
            runs: FEW,
            only: None,
            replay: None,
            again: format!("make diff KERN_THREAD_C=<file>{}", config.variables()),
        }
    }
}

/// Runs of a comparison among other tests.
const FEW: u64 = 600;

/// The one run that `REPLAY` asks for.
fn replay(
    schedule: Option<String>,
    scenario: Option<String>,
    program: Option<String>,
) -> Result<Option<Run>> {
    let (schedule, subject) = match (schedule, scenario, program) {
        (None, _, None) => return Ok(None),
        (None, _, Some(_)) => bail!("PROGRAM= under which schedule? give REPLAY= too"),
        (Some(schedule), Some(id), None) => (schedule, Subject::Scenario(id)),
        (Some(schedule), None, Some(text)) => match text.parse() {
            Ok(program) => (schedule, Subject::Program(program)),
            Err(cause) => bail!("PROGRAM=\"{text}\": {cause}"),
        },
        (Some(schedule), _, _) => {
            bail!("REPLAY={schedule} of what? give ONLY=scenario or PROGRAM=\"...\"")
        }
    };
    Ok(Some(Run { subject, schedule }))
}

/// Compares, prints each finding and the last line.
pub fn run(config: &Config, request: &Request) -> Result<()> {
    if config.oracle.is_none() {
        bail!("nothing to compare with: give KERN_THREAD_C=<path of FreeBSD's kern_thread.c>");
    }
    let stage = Stage::start("diff", &format!("{}: the two programs", config.name()));
    let programs = [Implementation::C, Implementation::Rust].map(|implementation| {
        program::build(
            Suite::Scenarios,
            &Config {
                implementation,
                ..config.clone()
            },
        )
    });
    let [c, rust] = programs;
    let (c, rust) = (c?, rust?);
    stage.done();
    let allowed = Allowed::read(config)?;
    let (c_side, rust_side) = (Side::start("C", &c), Side::start("Rust", &rust));
    let mut sides = allowed.between(c_side.map_err(Error::new)?, rust_side.map_err(Error::new)?)?;
    let fields = allowed.fields;
    if let Some(run) = &request.replay {
        return replay_one(&mut sides, run, &fields, request);
    }
    let only = request.only.as_deref();
    let order = order(config, request.seed, request.runs, only, &c)?;
    let outcome = comparison(&mut sides, &order, &fields, request)?;
    let (divergences, failures) = (
        outcome.count(What::Divergence),
        outcome.count(What::Failure),
    );
    if failures > 0 {
        // Of the program or the simulated kernel, and equal: no divergence.
        println!("diff: {failures} of the runs fail, on both sides alike");
    }
    if outcome.programs > 0 {
        print!("{}", outcome.situations());
    }
    println!("diff: {} runs, {divergences} divergences", outcome.runs);
    if divergences > 0 {
        bail!("the objects differ: each divergence above says how to see it again");
    }
    if let Some(entry) = sides.unused()
        && request.is_full()
    {
        bail!(
            "{ALLOWED}: no run differs as entry {} allows: take it out",
            entry.id
        );
    }
    Ok(())
}

/// What two sides may differ in; nothing by default.
#[derive(Default)]
pub struct Allowed {
    entries: Vec<Entry>,
    fields: Fields,
}

impl Allowed {
    /// Reads the checked-in file, for the structures and features of a
    /// configuration.
    pub fn read(config: &Config) -> Result<Self> {
        let all = allowed::parse(&files::read(&config.root.join(ALLOWED))?).map_err(refused)?;
        let mut entries = Vec::new();
        for entry in all {
            if entry.binds(&config.features, FEATURES).map_err(refused)? {
                entries.push(entry);
            }
        }
        Ok(Self {
            entries,
            fields: fields(config)?,
        })
    }

    /// Puts two programs side by side that may differ in this.
    pub fn between(&self, c: Side, rust: Side) -> Result<Sides> {
        let sides = Sides::new(c, rust);
        sides.allowing(&self.entries, &self.fields).map_err(refused)
    }
}

/// What is wrong with the file of allowed divergences.
fn refused(cause: String) -> Error {
    Error::new(format!("{ALLOWED}: {cause}"))
}

/// The names of the fields of this configuration's structures.
fn fields(config: &Config) -> Result<Fields> {
    let layout = bindings::ensure(config)?.join("layout.rs");
    Ok(Fields::parse(&files::read(&layout)?))
}

/// The runs that are wanted; of some scenarios (`only`), or of everything.
pub fn order(
    config: &Config,
    seed: u64,
    runs: u64,
    only: Option<&str>,
    program: &Path,
) -> Result<Order> {
    let list = config.root.join(LIST);
    let seeds = seeds::parse(&files::read(&list)?)
        .map_err(|cause| Error::new(format!("{}: {cause}", list.display())))?;
    Ok(Order {
        seed,
        runs,
        scenarios: scenarios(program, only)?,
        seeds: if only.is_none() { seeds } else { Vec::new() },
        programs: only.is_none(),
        enough: ENOUGH,
        reduce: true,
    })
}

/// The ids of the scenarios that are linked into a program.
pub fn scenarios(program: &Path, only: Option<&str>) -> Result<Vec<String>> {
    let mut command = Command::new(program);
    command.arg("list").args(only);
    let output = process::output(&mut command)?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        bail!("{}", text.trim_start_matches("error: ").trim());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let ids = text.lines().filter_map(|line| line.strip_prefix("  "));
    Ok(ids
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_string)
        .collect())
}

/// Carries an order out; says how far it is and what it found.
fn comparison(
    sides: &mut Sides,
    order: &Order,
    fields: &Fields,
    request: &Request,
) -> Result<Outcome> {
    let started = Instant::now();
    let mut told = 0;
    let mut heard = |runs: u64, finding: Option<(&Finding, &mut Sides)>| {
        let seconds = started.elapsed().as_secs();
        if seconds >= told + INTERVAL {
            told = seconds;
            eprintln!("diff      {runs} of {} runs ({seconds} s)", order.runs);
        }
        if let Some((finding, sides)) = finding {
            println!(
                "{}",
                report::describe(finding, sides, fields, &request.again)?
            );
        }
        Ok(())
    };
    compare::compare(sides, order, &mut heard).map_err(Error::new)
}

/// Repeats one run and shows where the sides part.
fn replay_one(sides: &mut Sides, run: &Run, fields: &Fields, request: &Request) -> Result<()> {
    let (c, rust) = sides.both(run).map_err(Error::new)?;
    if sides.same(run, &c, &rust).map_err(Error::new)? {
        println!(
            "both sides: {} after {} steps {}",
            c.verdict, c.steps, c.message
        );
        println!("diff: 1 runs, 0 divergences");
        return Ok(());
    }
    let finding = Finding {
        what: What::Divergence,
        found: run.clone(),
        least: run.clone(),
    };
    let text = report::describe(&finding, sides, fields, &request.again).map_err(Error::new)?;
    println!("{text}");
    println!("diff: 1 runs, 1 divergences");
    bail!("the sides differ: see above")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(variables: &[(&str, &str)]) -> Result<Request> {
        Request::read(variables::of(variables))
    }

    #[test]
    fn a_command_that_repeats_names_the_objects() {
        let request = request(&[
            ("KERN_THREAD_C", "a.c"),
            ("OPTIONS", "NUMA MAXMEMDOM=8"),
            ("RUNS", "20"),
        ])
        .expect("valid");
        assert_eq!((request.runs, request.seed), (20, 1));
        assert_eq!(
            request.again,
            "make diff KERN_THREAD_C=a.c OPTIONS=\"NUMA MAXMEMDOM=8\""
        );
    }

    #[test]
    fn a_replay_is_of_a_scenario_or_of_a_program() {
        let of = |variables| {
            request(variables)
                .expect("valid")
                .replay
                .expect("a run")
                .subject
        };
        assert_eq!(
            of(&[("REPLAY", "5A"), ("ONLY", "S33")]),
            Subject::Scenario("S33".to_string())
        );
        let program = of(&[("REPLAY", "5A"), ("PROGRAM", "; spin:1; start:0")]);
        assert!(matches!(program, Subject::Program(program) if program.steps() == 2));
        for (variables, wrong) in [
            (&[("REPLAY", "5A")][..], "of what?"),
            (&[("PROGRAM", "; ; ")], "REPLAY="),
            (&[("REPLAY", "-"), ("PROGRAM", "; jump; ")], "jump"),
            (&[("RUNS", "many")], "RUNS=many"),
        ] {
            let message = request(variables).expect_err("refused").to_string();
            assert!(message.contains(wrong), "{message}");
        }
    }

    /// The lists that are checked in are ones that `make diff` can read.
    #[test]
    fn the_lists_are_in_order() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let text = std::fs::read_to_string(root.join(ALLOWED)).expect("the list");
        allowed::parse(&text).expect("every entry is whole");
        let text = std::fs::read_to_string(root.join(LIST)).expect("the list");
        seeds::parse(&text).expect("every line is a run");
    }
}
