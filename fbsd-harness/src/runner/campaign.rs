//! All schedules of one scenario.

use std::io;
use std::time::{Duration, Instant};

use fbsd_explorer::plan::{Goal, Next, Plan, RunId};
use fbsd_explorer::{Replay, Schedule};

use super::arena::{COUNTERS, Verdict};
use super::child::{Ended, Mode, Slot, wait_any};
use super::registry::Scenario;

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
    /// Runs repeated to compare their traces.
    pub repeated: u64,
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
    /// The repetition of a schedule that had a trace with this hash.
    Repeat(u64, Schedule),
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
    let mut repeats: Vec<(u64, Schedule)> = Vec::new();
    let mut running: Vec<Option<Running>> = slots.iter().map(|_| None).collect();
    loop {
        for (slot, running) in slots.iter_mut().zip(&mut running) {
            if running.is_some() {
                continue;
            }
            if let Some((hash, schedule)) = repeats.pop() {
                let strategy = Box::new(Replay::new(schedule.clone()));
                slot.start(scenario, strategy, mode)?;
                *running = Some(Running::Repeat(hash, schedule));
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
            Some(Running::Repeat(hash, schedule)) => {
                outcome.repeated += 1;
                if ended.hash != hash {
                    outcome.failure = Some(differs(schedule, ended));
                }
            }
            Some(Running::Planned(id, found_by)) => {
                let failed = ended.verdict != Verdict::Passed;
                let strayed = plan.record(id, &ended.decisions, failed).is_err();
                let schedule = Schedule::of(&ended.decisions);
                let repeat = matches!(id, RunId::Random(index) if index % REPEAT_EVERY == 0);
                if strayed {
                    outcome.failure = Some(differs(schedule, ended));
                } else if failed && found.as_ref().is_none_or(|(first, _)| id < *first) {
                    found = Some((id, Failure { found_by, ended }));
                } else if repeat && !failed {
                    repeats.push((ended.hash, schedule));
                }
                progress(plan.runs());
            }
            None => (),
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

/// Two runs of one schedule were not the same.
fn differs(schedule: Schedule, ended: Ended) -> Failure {
    Failure {
        found_by: schedule.to_string(),
        ended: Ended {
            verdict: Verdict::Failed(crate::report::Kind::Internal),
            text: format!(
                "two runs of the schedule {schedule} have different traces: something in the machine is not determined by the schedule"
            ),
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
