//! The program as kyua wants test programs to be (ATF): it lists its cases and
//! runs one of them, whose result goes to a file.

use std::fs;

use clap::ArgMatches;
use fbsd_explorer::plan::Goal;

use super::child::{Slot, parallel_runs};
use super::single::DET;
use super::{campaign, cli, failure, registry};

/// Schedules that a case is run under.
const SCHEDULES: u64 = 200;

/// The `atf` subcommand.
pub fn run(arguments: &ArgMatches) -> Result<bool, String> {
    if arguments.get_flag("list") {
        println!("Content-Type: application/X-atf-tp; version=\"1\"");
        for scenario in registry::scenarios() {
            println!("\nident: {}\ndescr: {}", scenario.id(), scenario.title());
        }
        return Ok(true);
    }
    let id = cli::text(arguments, "id");
    let cause_of = |cause: std::io::Error| cause.to_string();
    let scenario = registry::find(id)?;
    if let Some(reason) = scenario.skip() {
        return leave(arguments, &format!("skipped: {reason}\n")).map(|()| true);
    }
    let goal = Goal {
        schedules: SCHEDULES,
        seed: 1,
        bound: None,
        random: false,
    };
    let mut slots = (0..parallel_runs())
        .map(Slot::new)
        .collect::<std::io::Result<Vec<Slot>>>()
        .map_err(cause_of)?;
    let outcome = campaign::explore(&mut slots, scenario, goal, DET, |_| ()).map_err(cause_of)?;
    let result = match &outcome.failure {
        None => "passed\n".to_string(),
        Some(failure) => format!(
            "failed: {}: {}\n",
            failure.ended.verdict.name(),
            failure::first_line(&failure.ended.text)
        ),
    };
    leave(arguments, &result)?;
    Ok(outcome.failure.is_none())
}

/// Writes a result where kyua wants it.
fn leave(arguments: &ArgMatches, result: &str) -> Result<(), String> {
    match cli::text(arguments, "result") {
        "" => print!("{result}"),
        path => fs::write(path, result).map_err(|cause| format!("{path}: {cause}"))?,
    }
    Ok(())
}
