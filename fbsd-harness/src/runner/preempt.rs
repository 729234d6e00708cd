//! Preemption between instructions of the object under test.
//!
//! Scheduling points are calls of the kernel, which is too coarse where the
//! object looks at shared memory without a lock, changes it by atomic
//! operations or takes a lock inline.  Here every instruction of the object is
//! a scheduling point, and lock statistics are off, so that locks are taken
//! inline.  A scenario is run under the schedule without preemption and once
//! more for every way besides going on that the machine has before any
//! instruction; then under random schedules, with two or three preemptions at
//! random.
//!
//! * [`branch`]: those runs; [`functions`]: the object's functions.

mod branch;
mod functions;
mod shorten;

use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use clap::ArgMatches;
use fbsd_explorer::rng::Rng;
use fbsd_explorer::summary::{Outcome as Became, Summary};
use fbsd_explorer::trace::text;
use fbsd_explorer::{Preempted, spec, tap};

use self::branch::{Branch, Follow, Memory, Which};
use super::arena::Verdict;
use super::child::{Ended, Mode, Slot, parallel_runs, wait_any};
use super::registry::{self, Scenario};
use super::single::DET;
use super::{cli, failure, host};
use crate::machine::step::{Function, Preempter, Steps};

/// The scenarios in which threads meet without a lock: reapers and exits, the
/// zombie lists, the end of single-threading, the tid hash.
const SCENARIOS: &str = "S21,S22,S24,S40,S41,S42,S43,S68,S69";
/// Runs with several preemptions that branch off one run.
const BRANCHES: u64 = 25;
/// A run with all its branches takes long.
const MODE: Mode = Mode {
    seconds: 1200,
    ..DET
};

/// What `preempt` was asked for.
struct Order<'a> {
    functions: Vec<Function>,
    runs: u64,
    seed: u64,
    most: u64,
    out: &'a Path,
    again: &'a str,
}

/// What became of a scenario.
#[derive(Default)]
struct Outcome {
    instructions: u64,
    /// With one preemption, and how many are possible.
    ones: u64,
    possible: u64,
    /// With several.
    more: u64,
    failures: u64,
    /// The first failure.
    failed: Option<Preempted>,
    time: Duration,
}

/// A place for one run with its branches at a time.
struct Bench {
    slot: Slot,
    memory: Memory,
}

/// The `preempt` subcommand; whether everything passed.
pub fn run(arguments: &ArgMatches) -> Result<bool, String> {
    let ids = match cli::ids(arguments) {
        ids if ids.is_empty() => SCENARIOS.to_string(),
        ids => ids,
    };
    let scenarios = registry::select(&ids)?;
    let order = Order {
        functions: functions::read(cli::text(arguments, "functions"))?,
        runs: cli::numeral(arguments, "runs"),
        seed: cli::numeral(arguments, "seed"),
        most: cli::numeral(arguments, "most"),
        out: Path::new(cli::text(arguments, "out")),
        again: cli::text(arguments, "again"),
    };
    if let Some(run) = arguments.get_one::<String>("replay") {
        let scenario = registry::find(&ids)?;
        return order.replay(scenario, &run.parse()?).map_err(cause);
    }
    let summary = order
        .suite(&scenarios, arguments.get_flag("fail-fast"))
        .map_err(cause)?;
    if let Some(path) = arguments.get_one::<String>("sum") {
        std::fs::write(path, summary.last_line()).map_err(|cause| format!("{path}: {cause}"))?;
    }
    Ok(summary.ok())
}

fn cause(error: io::Error) -> String {
    error.to_string()
}

fn strategy(name: &str) -> io::Result<Box<dyn fbsd_explorer::Strategy>> {
    spec::parse(name).map_err(io::Error::other)
}

impl Order<'_> {
    fn suite(&self, scenarios: &[&'static Scenario], fail_fast: bool) -> io::Result<Summary> {
        let mut benches = (0..parallel_runs())
            .map(|index| {
                Ok(Bench {
                    slot: Slot::new(index)?,
                    memory: Memory::new()?,
                })
            })
            .collect::<io::Result<Vec<_>>>()?;
        let (mut passed, mut preemptions, mut failures) = (0, 0, 0);
        let mut summary = Summary::default();
        print(&tap::head(scenarios.len()))?;
        for (index, &scenario) in scenarios.iter().enumerate() {
            let (number, group) = (index + 1, scenario.group());
            if let Some(reason) = scenario.skip() {
                print(&tap::skip(number, &scenario.heading(), reason))?;
                summary.add(&group, Became::Skipped, 0, Duration::ZERO);
                continue;
            }
            let outcome = self.explore(&mut benches, scenario)?;
            let ok = outcome.failed.is_none();
            let mut told = tap::test(ok, number, &scenario.heading(), &outcome.comment());
            if let Some(failed) = &outcome.failed {
                told.push_str(&self.report(&mut benches[0].slot, scenario, failed)?);
            }
            print(&told)?;
            host::give_back();
            let runs = outcome.ones + outcome.more;
            passed += u64::from(ok);
            preemptions += runs;
            failures += outcome.failures;
            let became = if ok { Became::Passed } else { Became::Failed };
            summary.add(&group, became, runs, outcome.time);
            if fail_fast && !ok {
                break;
            }
        }
        println!(
            "preempt: {passed} scenarios passed, {preemptions} preemptions, {failures} failures"
        );
        Ok(summary)
    }

    /// All runs of a scenario.
    fn explore(&self, benches: &mut [Bench], scenario: &'static Scenario) -> io::Result<Outcome> {
        let started = Instant::now();
        let mut outcome = Outcome::default();
        let first = ("-".to_string(), Which::None);
        self.perform(benches, scenario, vec![first], &mut outcome)?;
        if outcome.failed.is_none() {
            let jobs = self.jobs(&outcome, benches.len() as u64);
            self.perform(benches, scenario, jobs, &mut outcome)?;
        }
        outcome.time = started.elapsed();
        Ok(outcome)
    }

    /// The runs that branches are wanted of, when it is known what the schedule
    /// without preemption is like.
    fn jobs(&self, outcome: &Outcome, parts: u64) -> Vec<(String, Which)> {
        let stride = match self.most {
            0 => 1,
            most => outcome.possible.div_ceil(most).max(1),
        };
        let ones = (0..parts).map(|part| {
            let which = Which::One {
                stride,
                part,
                of: parts,
            };
            ("-".to_string(), which)
        });
        let one_in = (outcome.possible / BRANCHES.min(self.runs.max(1))).max(1);
        let more = (0..self.runs.div_ceil(BRANCHES)).map(|index| {
            let seed = self.seed + index;
            let which = Which::More {
                one_in,
                rng: Rng::new(seed),
            };
            (format!("random:{seed}"), which)
        });
        ones.chain(more).collect()
    }

    /// Does these runs with their branches and adds up what came of them.
    fn perform(
        &self,
        benches: &mut [Bench],
        scenario: &'static Scenario,
        jobs: Vec<(String, Which)>,
        outcome: &mut Outcome,
    ) -> io::Result<()> {
        let mut found: Option<(usize, Preempted)> = None;
        let mut jobs = jobs.into_iter().enumerate();
        let mut running: Vec<Option<(usize, String, bool)>> =
            benches.iter().map(|_| None).collect();
        loop {
            for (bench, running) in benches.iter_mut().zip(&mut running) {
                if running.is_none()
                    && let Some((index, (schedule, which))) = jobs.next()
                {
                    let several = matches!(which, Which::More { .. });
                    let branches = bench.memory.branches(which);
                    let steps = self.steps(branches);
                    let strategy = strategy(&schedule)?;
                    bench
                        .slot
                        .start_stepped(scenario, strategy, MODE, Some(steps))?;
                    *running = Some((index, schedule, several));
                }
            }
            let mut slots: Vec<&mut Slot> =
                benches.iter_mut().map(|bench| &mut bench.slot).collect();
            let Some((at, ended)) = wait_any(&mut slots)? else {
                break;
            };
            let Some((index, schedule, several)) = running[at].take() else {
                continue;
            };
            let log = benches[at].memory.log();
            match several {
                true => outcome.more += log.branches,
                false => outcome.ones += log.branches,
            }
            if schedule == "-" {
                outcome.instructions = log.instructions;
                outcome.possible = log.possible;
            }
            outcome.failures += log.failures;
            let (failures, branches) = (log.failures, log.branches);
            let branch = match failures {
                0 => log.last,
                _ => log.failed,
            };
            let mut failed = None;
            if ended.verdict != Verdict::Passed {
                outcome.failures += 1;
                failed = Some(Preempted {
                    schedule: schedule.clone(),
                    preemptions: Vec::new(),
                });
            } else if branches > 0 {
                let branched = Preempted {
                    schedule: schedule.clone(),
                    preemptions: branch.taken.list().to_vec(),
                };
                self.recheck(&mut benches[at].slot, scenario, &branched, &branch)?;
                failed = branch.failed.then_some(branched);
            }
            if let Some(failed) = failed
                && found.as_ref().is_none_or(|(first, _)| index < *first)
            {
                found = Some((index, failed));
            }
        }
        if let Some((_, failed)) = found {
            outcome.failed = Some(failed);
        }
        Ok(())
    }

    /// A branch has to be the same again as a run of its own.
    fn recheck(
        &self,
        slot: &mut Slot,
        scenario: &'static Scenario,
        run: &Preempted,
        branch: &Branch,
    ) -> io::Result<()> {
        let again = self.one(slot, scenario, run)?;
        if again.hash == branch.hash && branch.failed == (again.verdict != Verdict::Passed) {
            return Ok(());
        }
        let first = match branch.failed {
            true => branch.text(),
            false => "passed".to_string(),
        };
        Err(io::Error::other(format!(
            "{} {run} is not the same again, so something is not determined by the schedule: {} and {}",
            scenario.id(),
            failure::first_line(&first),
            failure::first_line(&again.text)
        )))
    }

    fn steps(&self, preempter: impl Preempter + 'static) -> Steps {
        Steps {
            functions: self.functions.clone(),
            preempter: Box::new(preempter),
        }
    }

    /// One run.
    fn one(
        &self,
        slot: &mut Slot,
        scenario: &'static Scenario,
        run: &Preempted,
    ) -> io::Result<Ended> {
        let steps = self.steps(Follow::new(&run.preemptions));
        slot.start_stepped(scenario, strategy(&run.schedule)?, DET, Some(steps))?;
        slot.wait()?
            .ok_or_else(|| io::Error::other("a run ended unseen"))
    }

    /// Shortens a run that failed, and tells about it.
    fn report(
        &self,
        slot: &mut Slot,
        scenario: &'static Scenario,
        failed: &Preempted,
    ) -> io::Result<String> {
        let short = shorten::shorten(failed, |run| self.one(slot, scenario, run))?;
        let ended = self.one(slot, scenario, &short)?;
        let command = failure::again(self.again, scenario.id(), &format!("\"{short}\""));
        let found_by = failed.to_string();
        failure::facts(slot, scenario, &ended, &found_by, &command, self.out)
    }

    /// Runs once; prints the events, and how it ended at last.
    fn replay(&self, scenario: &'static Scenario, run: &Preempted) -> io::Result<bool> {
        let mut slot = Slot::new(0)?;
        let ended = self.one(&mut slot, scenario, run)?;
        print!("{}", text::lines(&slot.trace()));
        let picture = failure::draw(&mut slot, scenario, &ended, self.out)?;
        let passed = ended.verdict == Verdict::Passed;
        if passed {
            println!("{} passed after {} steps", scenario.id(), ended.steps);
        } else {
            println!("{} {}: {}", scenario.id(), ended.verdict.name(), ended.text);
        }
        println!("run:     {run}");
        println!("trace:   {:016x}", ended.hash);
        println!("picture: {}", picture.display());
        Ok(passed)
    }
}

impl Outcome {
    /// "2143 instructions, all 2890 preemptions, 200 runs with several, 1.20 s".
    fn comment(&self) -> String {
        let of = match self.ones == self.possible {
            true => format!("all {} preemptions", self.possible),
            false => format!("{} of {} preemptions", self.ones, self.possible),
        };
        let failures = match self.failures {
            0 => String::new(),
            failures => format!("{failures} failures, "),
        };
        format!(
            "{} instructions, {of}, {} runs with several, {failures}{:.2} s",
            self.instructions,
            self.more,
            self.time.as_secs_f64()
        )
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
