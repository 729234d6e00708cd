//! `kt soak`: everything that looks for differences and failures, mixed, for as
//! long as one likes.
//!
//! * [`mix`]: the kinds of work and their shares of the time;
//! * [`mod@bench`], [`words`]: a job of a kind carried out, by the programs that
//!   `make diff` and `make scenarios` run;
//! * [`campaign`]: two workers, and what is counted, saved and kept;
//! * [`state`]: what is saved, so that a soak goes on where it stopped;
//! * [`failures`]: the failing cases;
//! * [`host`]: CPUs, signals, and a lock on the folder;
//! * [`check`]: the test of all that with the real programs.

mod bench;
mod campaign;
pub mod check;
mod failures;
mod host;
mod mix;
mod state;
mod words;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use self::bench::{Bench, Objects, Program};
use self::campaign::{Campaign, Hand};
use self::failures::{Failure, Failures};
use self::host::{Cpus, Lock};
use self::state::{Job, State, Totals};
use crate::again;
use crate::config::{Config, Implementation};
use crate::diff;
use crate::error::{Result, bail};
use crate::files;
use crate::preempt;
use crate::program::{self, Suite};
use crate::report::Stage;
use crate::scenarios;
use crate::variables;

/// Scenarios in which threads meet without a lock: reapers and exits, zombie
/// lists, the end of single-threading, the tid hash.
const MEETING: &str = "S21,S22,S24,S40,S41,S42,S43,S68,S69";
/// Scenarios of hundreds of thousands of instructions, which take minutes to
/// step through.
const LONG: [&str; 3] = ["S03", "S05", "S18"];
/// Seconds unless `TIME` says otherwise.
const TIME: u64 = 60;

/// How long, and from where: make's variables.
#[derive(Debug)]
pub struct Request {
    /// `TIME=`, in seconds.
    time: u64,
    /// `SEED=`.
    seed: u64,
    /// `RESTART=`: what was saved does not count.
    restart: bool,
    /// Where state and failures are kept, if not in the configuration's folder.
    folder: Option<PathBuf>,
    /// The command that compares.
    compare_again: String,
    /// The commands that run scenarios on the C object and on the Rust object,
    /// and those that preempt inside them.
    run_again: [String; 2],
    preempt_again: [String; 2],
}

impl Request {
    /// Reads the request; `lookup` gives the value of a variable.
    pub fn read(lookup: impl Fn(&str) -> Option<String>, folder: Option<PathBuf>) -> Result<Self> {
        let value = variables::set(&lookup);
        let compare_again = again::command("diff", diff::OBJECT_VARIABLES, |name| {
            // Comparing needs it, whether or not this soak had it.
            let absent = (name == "KERN_THREAD_C").then(|| "file".to_string());
            value(name).or(absent)
        });
        Ok(Self {
            time: variables::number(&lookup, "TIME")?.unwrap_or(TIME),
            seed: variables::number(&lookup, "SEED")?.unwrap_or(1),
            restart: value("RESTART").is_some_and(|text| text.trim() != "0"),
            folder,
            compare_again,
            run_again: commands(Suite::Scenarios.target(), &lookup),
            preempt_again: commands("preempt", &lookup),
        })
    }
}

/// The commands for a target on the C object and on the Rust object.
fn commands(target: &str, lookup: impl Fn(&str) -> Option<String>) -> [String; 2] {
    [Implementation::C, Implementation::Rust].map(|implementation| {
        again::command(target, scenarios::OBJECT_VARIABLES, |name| match name {
            "IMPL" => Some(implementation.to_string()),
            // The Rust object is the same with and without it.
            "KERN_THREAD_C" if implementation == Implementation::Rust => None,
            _ => lookup(name),
        })
    })
}

/// Soaks; the last line has the figures, the error says that there was something.
pub fn run(config: &Config, request: &Request) -> Result<()> {
    let folder = request.folder.clone();
    let folder = folder.unwrap_or_else(|| config.out.join("soak"));
    let _lock = Lock::take(&folder)?;
    let objects = objects(config, request)?;
    let kinds = mix::kinds(objects.c.is_some());
    if objects.c.is_none() {
        println!(
            "comparison with C skipped: give KERN_THREAD_C=<path of FreeBSD's kern_thread.c>; \
             generated programs are run twice on the Rust object"
        );
    }
    let path = folder.join("state.json");
    let state = begin(&path, request, &digest(&objects)?)?;
    let failures = folder.join("failures.txt");
    let stop = Arc::new(AtomicBool::new(false));
    let give_up = Arc::new(AtomicBool::new(false));
    host::stop_on_signals(&stop)?;
    let (cpus, objects) = (Cpus::all()?, Arc::new(objects));
    let hands = (0..cpus.workers()).map(|worker| Bench {
        objects: Arc::clone(&objects),
        seed: request.seed,
        give_up: Arc::clone(&give_up),
        cpus,
        worker,
        folder: folder.clone(),
        sides: None,
    });
    let campaign = Campaign {
        time: Duration::from_secs(request.time),
        kinds,
        stop: Arc::clone(&stop),
        give_up: Arc::clone(&give_up),
        path,
        failures: Failures::open(&failures)?,
    };
    let totals = campaign
        .run(state, hands.collect(), |line| println!("{line}"))?
        .totals;
    println!("{}", totals.last_line());
    if totals.divergences + totals.failures > 0 {
        bail!(
            "{} divergences and {} failures: {} has the commands that show them again",
            totals.divergences,
            totals.failures,
            failures.display()
        );
    }
    Ok(())
}

/// Builds the programs.
fn objects(config: &Config, request: &Request) -> Result<Objects> {
    let stage = Stage::start("soak", &format!("{}: the programs", config.name()));
    let [c_again, rust_again] = &request.run_again;
    let [c_preempt, rust_preempt] = &request.preempt_again;
    let rust = program(config, Implementation::Rust, rust_again, rust_preempt)?;
    let c = match &config.oracle {
        Some(_) => Some(program(config, Implementation::C, c_again, c_preempt)?),
        None => None,
    };
    stage.done();
    let scenarios = diff::scenarios(&rust.path, None)?;
    let short = scenarios.iter().filter(|id| !LONG.contains(&id.as_str()));
    Ok(Objects {
        allowed: diff::Allowed::read(config)?,
        short: short.cloned().collect(),
        scenarios,
        meeting: diff::scenarios(&rust.path, Some(MEETING))?,
        c,
        rust,
        compare_again: request.compare_again.clone(),
        pictures: config.out.join("pictures"),
    })
}

/// Builds the program with one object.
fn program(
    config: &Config,
    implementation: Implementation,
    run_again: &str,
    preempt_again: &str,
) -> Result<Program> {
    let config = Config {
        implementation,
        ..config.clone()
    };
    let path = program::build(Suite::Scenarios, &config)?;
    Ok(Program {
        implementation,
        functions: preempt::functions(&config, &path)?,
        path,
        run_again: run_again.to_string(),
        preempt_again: preempt_again.to_string(),
    })
}

/// Tells these programs from other builds of them.
fn digest(objects: &Objects) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for program in objects.c.iter().chain([&objects.rust]) {
        files::read_bytes(&program.path)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// The state to go on from, said if it is one that was saved.
fn begin(path: &Path, request: &Request, objects: &str) -> Result<State> {
    if request.restart {
        let _ = fs::remove_file(path);
    }
    let Some(state) = State::resume(path, request.seed, objects)? else {
        return Ok(State::new(request.seed, objects));
    };
    match state.totals == Totals::default() {
        true => println!(
            "resumed: SEED={} with objects that are not those of before, counted anew",
            request.seed
        ),
        false => println!("resumed: SEED={} after {}", request.seed, state.totals),
    }
    Ok(state)
}

impl Hand for Bench {
    fn settle(&mut self) {
        self.cpus.stay_on(self.worker);
    }

    fn carry_out(&mut self, job: Job, found: &mut dyn FnMut(Failure)) -> Result<Option<Totals>> {
        Bench::carry_out(self, job, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(variables: &[(&str, &str)]) -> Result<Request> {
        Request::read(variables::of(variables), None)
    }

    /// Each failure is shown again by a command for the object that it is of.
    #[test]
    fn commands_name_the_objects() {
        let variables = [
            ("TIME", "9"),
            ("KERN_THREAD_C", "a.c"),
            ("OPTIONS", "INVARIANTS INVARIANT_SUPPORT"),
            ("RESTART", "1"),
        ];
        let with_c = request(&variables).expect("valid");
        assert_eq!((with_c.time, with_c.seed, with_c.restart), (9, 1, true));
        let options = "OPTIONS=\"INVARIANTS INVARIANT_SUPPORT\"";
        assert_eq!(
            with_c.run_again,
            [
                format!("make scenarios IMPL=c KERN_THREAD_C=a.c {options}"),
                format!("make scenarios IMPL=rust {options}")
            ]
        );
        assert_eq!(
            with_c.compare_again,
            format!("make diff KERN_THREAD_C=a.c {options}")
        );
        assert_eq!(
            with_c.preempt_again[1],
            format!("make preempt IMPL=rust {options}")
        );
        let alone = request(&[("RESTART", "0")]).expect("valid");
        assert_eq!((alone.time, alone.restart), (TIME, false));
        assert_eq!(alone.compare_again, "make diff KERN_THREAD_C=file");
        let message = request(&[("TIME", "long")]).expect_err("refused");
        assert_eq!(message.to_string(), "TIME=long is no number");
    }
}
