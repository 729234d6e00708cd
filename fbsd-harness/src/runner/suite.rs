//! Many scenarios: TAP, and a table at the end.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use clap::ArgMatches;
use fbsd_explorer::plan::Goal;
use fbsd_explorer::summary::{Outcome as Became, Summary};
use fbsd_explorer::{Replay, Schedule, tap};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arena::COUNTERS;
use super::campaign::{self, Outcome};
use super::child::{Mode, Slot, parallel_runs};
use super::registry::{self, Scenario};
use super::single::DET;
use super::{cli, failure, host};

/// The numbers that runs leave, in the order of the arena's counters.
const COUNTED: [&str; 3] = ["threads created", "threads exited", "processes created"];

/// What `run` was asked for.
struct Order<'a> {
    scenarios: Vec<&'static Scenario>,
    goal: Goal,
    mode: Mode,
    seconds: u64,
    picture: bool,
    fail_fast: bool,
    brief: bool,
    out: &'a Path,
    again: &'a str,
}

/// The `run` subcommand; whether everything passed.
pub fn run(arguments: &ArgMatches) -> Result<bool, String> {
    let scenarios = registry::select(&cli::ids(arguments))?;
    let smp = cli::text(arguments, "mode") == "smp";
    let seconds = cli::numeral(arguments, "time");
    if seconds > 0 && !smp {
        return Err("--time is for --mode smp; use --schedules otherwise".to_string());
    }
    let order = Order {
        scenarios,
        goal: Goal {
            schedules: cli::numeral(arguments, "schedules").max(1),
            seed: cli::numeral(arguments, "seed"),
            bound: arguments.get_one("bound").copied(),
        },
        mode: Mode { smp, ..DET },
        seconds,
        picture: arguments.get_flag("picture") && !smp,
        fail_fast: arguments.get_flag("fail-fast"),
        brief: arguments.get_flag("brief") || smp,
        out: Path::new(cli::text(arguments, "out")),
        again: cli::text(arguments, "again"),
    };
    let summary = suite(&order).map_err(|cause| cause.to_string())?;
    if let Some(path) = arguments.get_one::<String>("sum") {
        std::fs::write(path, summary.last_line()).map_err(|cause| format!("{path}: {cause}"))?;
    }
    Ok(summary.ok())
}

fn suite(order: &Order<'_>) -> io::Result<Summary> {
    let parallel = if order.mode.smp { 1 } else { parallel_runs() };
    let mut slots = (0..parallel)
        .map(Slot::new)
        .collect::<io::Result<Vec<Slot>>>()?;
    let bar = bar(order);
    let mut summary = Summary::default();
    let mut counters = [0; COUNTERS];
    let started = Instant::now();
    print(&bar, &tap::head(order.scenarios.len()))?;
    for (index, &scenario) in order.scenarios.iter().enumerate() {
        bar.set_message(scenario.id().to_string());
        let done = index as u64 * order.goal.schedules;
        bar.set_position(done);
        let outcome = if order.mode.smp {
            let share = order.seconds * (index as u64 + 1) * 1000 / order.scenarios.len() as u64;
            let until = started + Duration::from_millis(share);
            campaign::race(&mut slots[0], scenario, until, order.mode)?
        } else {
            let progress = |runs| bar.set_position(done + runs);
            campaign::explore(&mut slots, scenario, order.goal, order.mode, progress)?
        };
        for (sum, counter) in counters.iter_mut().zip(outcome.counters) {
            *sum += counter;
        }
        print(
            &bar,
            &tell(order, &mut slots[0], scenario, index + 1, &outcome)?,
        )?;
        // What reading a trace took would slow down every fork from here on.
        host::give_back();
        let result = match outcome.failure {
            None => Became::Passed,
            Some(_) => Became::Failed,
        };
        summary.add(&scenario.group(), result, outcome.schedules, outcome.time);
        if order.fail_fast && !summary.ok() {
            break;
        }
    }
    bar.finish_and_clear();
    let mut end = tap::comment(&summary.table());
    if order.mode.smp {
        for (what, number) in COUNTED.iter().zip(counters) {
            end.push_str(&tap::comment(&format!("{number} {what}")));
        }
    }
    print(&bar, &end)?;
    println!("{}", summary.last_line());
    Ok(summary)
}

/// What is printed about a scenario.
fn tell(
    order: &Order<'_>,
    slot: &mut Slot,
    scenario: &'static Scenario,
    number: usize,
    outcome: &Outcome,
) -> io::Result<String> {
    let title = format!("{} {}", scenario.id(), scenario.title());
    let comment = comment(outcome);
    let mut text = tap::test(outcome.failure.is_none(), number, &title, &comment);
    if let Some(failure) = &outcome.failure {
        let context = failure::Context {
            again: order.again,
            out: order.out,
            mode: order.mode,
        };
        text.push_str(&match order.brief {
            true => failure::brief(scenario, failure),
            false => failure::report(slot, scenario, failure, &context)?,
        });
    } else if order.picture {
        let strategy = Box::new(Replay::new(Schedule::default()));
        let ended = slot.complete(scenario, strategy, order.mode)?;
        let picture = failure::draw(slot, scenario, &ended, order.out)?;
        text.push_str(&tap::comment(&format!("picture: {}", picture.display())));
    }
    Ok(text)
}

/// "200 schedules, all with 1 preemption or less, 0.12 s".
fn comment(outcome: &Outcome) -> String {
    let mut comment = match outcome.schedules {
        1 => "1 schedule".to_string(),
        schedules => format!("{schedules} schedules"),
    };
    if let Some((bound, _)) = outcome.complete {
        comment.push_str(&match bound {
            0 => ", all without preemption".to_string(),
            1 => ", all with 1 preemption".to_string(),
            _ => format!(", all with {bound} preemptions"),
        });
    }
    comment.push_str(&format!(", {:.2} s", outcome.time.as_secs_f64()));
    comment
}

/// A bar on a terminal, nothing elsewhere.
fn bar(order: &Order<'_>) -> ProgressBar {
    let length = order.scenarios.len() as u64 * order.goal.schedules;
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar
}

/// Prints above the bar.
fn print(bar: &ProgressBar, text: &str) -> io::Result<()> {
    bar.suspend(|| {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    })
}
