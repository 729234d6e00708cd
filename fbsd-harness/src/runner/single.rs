//! What concerns scenarios one by one: listing, explaining, replaying.

use std::path::Path;

use clap::ArgMatches;
use fbsd_explorer::trace::text;
use fbsd_explorer::{Schedule, spec};

use super::arena::Verdict;
use super::child::{Mode, Slot};
use super::{PATIENCE, cli, failure, registry};

/// Steps after which a run counts as a livelock.
pub const STEP_LIMIT: u64 = 2_000_000;

/// MODE=det.
pub const DET: Mode = Mode {
    smp: false,
    step_limit: STEP_LIMIT,
    seconds: PATIENCE,
};

/// Prints ids and titles, by group.
pub fn list(ids: &str) -> Result<bool, String> {
    let mut group = String::new();
    for scenario in registry::select(ids)? {
        if scenario.group() != group {
            group = scenario.group();
            println!("{group}");
        }
        println!("  {:<12} {}", scenario.id(), scenario.title());
    }
    Ok(true)
}

/// Prints what scenarios do and which defects they would find.
pub fn explain(ids: &str) -> Result<bool, String> {
    if ids.is_empty() {
        return Err("explain which scenario? for example: explain S42".to_string());
    }
    for scenario in registry::select(ids)? {
        println!("{}: {}", scenario.id(), scenario.title());
        println!("  group:   {}", scenario.group());
        println!("  guards:  {}", scenario.guards());
    }
    Ok(true)
}

/// Runs one schedule; prints its events, and how it ended at last.
pub fn replay(arguments: &ArgMatches) -> Result<bool, String> {
    let scenario = registry::find(cli::text(arguments, "id"))?;
    let strategy = spec::parse(cli::text(arguments, "schedule"))?;
    let out = Path::new(cli::text(arguments, "out"));
    let run = || -> std::io::Result<_> {
        let mut slot = Slot::new(0)?;
        let ended = slot.complete(scenario, strategy, DET)?;
        print!("{}", text::lines(&slot.trace()));
        let picture = failure::draw(&mut slot, scenario, &ended, out)?;
        Ok((ended, picture))
    };
    let (ended, picture) = run().map_err(|cause| cause.to_string())?;
    let passed = ended.verdict == Verdict::Passed;
    if passed {
        println!("{} passed after {} steps", scenario.id(), ended.steps);
    } else {
        println!("{} {}: {}", scenario.id(), ended.verdict.name(), ended.text);
    }
    println!("schedule: {}", Schedule::of(&ended.decisions));
    println!("trace:    {:016x}", ended.hash);
    println!("picture:  {}", picture.display());
    Ok(passed)
}
