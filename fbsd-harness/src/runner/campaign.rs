//! All schedules of one scenario.

use std::io;
use std::time::{Duration, Instant};

use fbsd_explorer::plan::{Goal, Next, Plan, RunId};
use fbsd_explorer::trace::{Trace, text};
use fbsd_explorer::{Replay, Schedule};

use super::arena::{COUNTERS, Verdict};
use super::child::{Ended, Mode, Slot, wait_any};
use super::registry::Scenario;
use crate::report::Kind;

/// One run of so many is repeated to see whether it is the same again.
const REPEAT_EVERY: u64 = 50;

/// A run that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The strategy that found it, as written on a command line.
    pub found_by: String,
    /// How it ended.
    pub ended: Ended,
}

/// What became of a scenario.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Runs.
    pub schedules: u64,
    /// How long it took.
    pub time: Duration,
    /// The first failure in the order of the plan.
    pub failure: Option<Failure>,
    /// The preemptions up to which every schedule has been run, and how many
    /// those with the last number are.
    pub complete: Option<(u32, u64)>,
    /// Sums of the runs' counters.
    pub counters: [u64; COUNTERS],
}

/// A run that is going on in a slot.
enum Running {
    /// One of the plan, and its strategy's name.
    Planned(RunId, String),
    /// A repetition.
    Repeat(Repeat),
}

/// A run that is to be repeated: its trace ought to be the same again.
struct Repeat {
    schedule: Schedule,
    hash: u64,
    trace: Trace,
}

impl Repeat {
    /// The failure that it is if the repetition was different.
    fn differs(&self, ended: Ended, again: &Trace) -> Failure {
        let (first, second) = (text::lines(&self.trace), text::lines(again));
        let pairs = first.lines().zip(second.lines());
        let place = pairs.clone().take_while(|(one, two)| one == two).count();
        let line = |lines: &str| lines.lines().nth(place).unwrap_or("(the end)").to_string();
        let text = format!(
            "two runs of one schedule differ: something is not determined by the schedule\n\
             first:  {}\nsecond: {}",
            line(&first),
            line(&second)
        );
        strayed(&self.schedule, ended, text)
    }
}

/// Runs a scenario in MODE=det; `progress` hears the number of runs so far.
pub fn explore(
    slots: &mut [Slot],
    scenario: &'static Scenario,
    goal: Goal,
    mode: Mode,
    mut progress: impl FnMut(u64),
) -> io::Result<Outcome> {
    let started = Instant::now();
    let mut plan = Plan::new(goal);
    let mut outcome = Outcome::default();
    let mut found: Option<(RunId, Failure)> = None;
    let mut repeats: Vec<Repeat> = Vec::new();
    let mut running: Vec<Option<Running>> = slots.iter().map(|_| None).collect();
    loop {
        for (slot, running) in slots.iter_mut().zip(&mut running) {
            if running.is_some() {
                continue;
            }
            if let Some(repeat) = repeats.pop() {
                let strategy = Box::new(Replay::new(repeat.schedule.clone()));
                slot.start(scenario, strategy, mode)?;
                *running = Some(Running::Repeat(repeat));
            } else if let Next::Run(id, strategy) = plan.issue() {
                let name = strategy.name();
                slot.start(scenario, strategy, mode)?;
                *running = Some(Running::Planned(id, name));
            }
        }
        let Some((index, ended)) = wait_any(slots)? else {
            break;
        };
        for (sum, counter) in outcome.counters.iter_mut().zip(ended.counters) {
            *sum += counter;
        }
        match running[index].take() {
            Some(Running::Repeat(repeat)) if ended.hash != repeat.hash => {
                outcome.failure = Some(repeat.differs(ended, &slots[index].trace()));
            }
            Some(Running::Planned(id, found_by)) => {
                let failed = ended.verdict != Verdict::Passed;
                let place = plan.record(id, &ended.decisions, failed).err();
                let repeat = matches!(id, RunId::Random(index) if index % REPEAT_EVERY == 0);
                let schedule = Schedule::of(&ended.decisions);
                if let Some(place) = place {
                    let text = format!(
                        "decision {place} is not what it was: something is not determined by the schedule"
                    );
                    outcome.failure = Some(strayed(&schedule, ended, text));
                } else if failed && found.as_ref().is_none_or(|(first, _)| id < *first) {
                    found = Some((id, Failure { found_by, ended }));
                } else if repeat && !failed {
                    repeats.push(Repeat {
                        schedule,
                        hash: ended.hash,
                        trace: slots[index].trace(),
                    });
                }
                progress(plan.runs());
            }
            Some(Running::Repeat(_)) | None => (),
        }
    }
    outcome.schedules = plan.runs();
    outcome.complete = plan.complete();
    outcome.time = started.elapsed();
    if let Some((_, failure)) = found {
        outcome.failure = Some(failure);
    }
    Ok(outcome)
}

/// The machine is no pure function of the schedule.
fn strayed(schedule: &Schedule, ended: Ended, text: String) -> Failure {
    Failure {
        found_by: schedule.to_string(),
        ended: Ended {
            verdict: Verdict::Failed(Kind::Internal),
            text,
            ..ended
        },
    }
}

/// Runs a scenario in MODE=smp, over and over, until `until`; at least once.
pub fn race(
    slot: &mut Slot,
    scenario: &'static Scenario,
    until: Instant,
    mode: Mode,
) -> io::Result<Outcome> {
    let started = Instant::now();
    let mut outcome = Outcome::default();
    loop {
        let ended = slot.complete(scenario, Box::new(Replay::new(Schedule::default())), mode)?;
        outcome.schedules += 1;
        for (sum, counter) in outcome.counters.iter_mut().zip(ended.counters) {
            *sum += counter;
        }
        if ended.verdict != Verdict::Passed {
            let found_by = format!("run {} of MODE=smp", outcome.schedules);
            outcome.failure = Some(Failure { found_by, ended });
            break;
        }
        if Instant::now() >= until {
            break;
        }
    }
    outcome.time = started.elapsed();
    Ok(outcome)
}
