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
            random: arguments.get_flag("random"),
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
    let mut suite = Suite {
        order,
        slots: (0..parallel).map(Slot::new).collect::<io::Result<_>>()?,
        bar: bar(order),
        summary: Summary::default(),
        counters: [0; COUNTERS],
        tests: 0,
    };
    if order.mode.smp {
        suite.race()?;
    } else {
        suite.explore()?;
    }
    suite.finish()
}

/// A suite that is being run.
struct Suite<'a> {
    order: &'a Order<'a>,
    slots: Vec<Slot>,
    bar: ProgressBar,
    summary: Summary,
    counters: [u64; COUNTERS],
    tests: usize,
}

impl Suite<'_> {
    /// MODE=det: so many schedules for each scenario.
    fn explore(&mut self) -> io::Result<()> {
        let Order { goal, mode, .. } = *self.order;
        self.print(&tap::head(self.order.scenarios.len()))?;
        for (index, &scenario) in self.order.scenarios.iter().enumerate() {
            if self.pass_over(scenario)? {
                continue;
            }
            self.bar.set_message(scenario.id().to_string());
            let done = index as u64 * goal.schedules;
            let bar = &self.bar;
            let progress = |runs| bar.set_position(done + runs);
            let outcome = campaign::explore(&mut self.slots, scenario, goal, mode, progress)?;
            self.tell(scenario, &outcome)?;
            if self.order.fail_fast && !self.summary.ok() {
                break;
            }
        }
        Ok(())
    }

    /// MODE=smp: every scenario for a while, together half of the time; the
    /// other half goes to the one that makes the most threads.
    fn race(&mut self) -> io::Result<()> {
        let scenarios = &self.order.scenarios;
        let total = Duration::from_secs(self.order.seconds);
        let again = self.order.seconds > 0 && scenarios.len() > 1;
        let half = if again { total / 2 } else { total };
        let started = Instant::now();
        let mut busiest = None;
        self.print(&tap::head(scenarios.len() + usize::from(again)))?;
        for (index, &scenario) in scenarios.iter().enumerate() {
            if self.pass_over(scenario)? {
                continue;
            }
            self.bar.set_message(scenario.id().to_string());
            let until = started + half * (index as u32 + 1) / scenarios.len() as u32;
            let outcome = campaign::race(&mut self.slots[0], scenario, until, self.order.mode)?;
            let rate = outcome.counters[0] as f64 / outcome.time.as_secs_f64();
            if busiest.is_none_or(|(most, _)| rate > most) {
                busiest = Some((rate, scenario));
            }
            self.tell(scenario, &outcome)?;
        }
        if let Some((_, scenario)) = busiest.filter(|_| again) {
            let until = started + total;
            let outcome = campaign::race(&mut self.slots[0], scenario, until, self.order.mode)?;
            self.tell(scenario, &outcome)?;
        }
        Ok(())
    }

    /// Prints and counts a scenario that is not to be run, if it is such a one.
    fn pass_over(&mut self, scenario: &'static Scenario) -> io::Result<bool> {
        let Some(reason) = scenario.skip() else {
            return Ok(false);
        };
        self.tests += 1;
        self.print(&tap::skip(self.tests, &scenario.heading(), reason))?;
        self.summary
            .add(&scenario.group(), Became::Skipped, 0, Duration::ZERO);
        Ok(true)
    }

    /// Prints and counts a scenario's result.
    fn tell(&mut self, scenario: &'static Scenario, outcome: &Outcome) -> io::Result<()> {
        self.tests += 1;
        let title = scenario.heading();
        let passed = outcome.failure.is_none();
        let mut text = tap::test(passed, self.tests, &title, &comment(outcome));
        let Order { mode, out, .. } = *self.order;
        let slot = &mut self.slots[0];
        if let Some(failure) = &outcome.failure {
            let context = failure::Context {
                again: self.order.again,
                out,
                mode,
            };
            text.push_str(&match self.order.brief {
                true => failure::brief(scenario, failure),
                false => failure::report(slot, scenario, failure, &context)?,
            });
        } else if self.order.picture {
            let strategy = Box::new(Replay::new(Schedule::default()));
            let ended = slot.complete(scenario, strategy, mode)?;
            let picture = failure::draw(slot, scenario, &ended, out)?;
            text.push_str(&tap::comment(&format!("picture: {}", picture.display())));
        }
        self.print(&text)?;
        // What reading a trace took would slow down every fork from here on.
        host::give_back();
        for (sum, counter) in self.counters.iter_mut().zip(outcome.counters) {
            *sum += counter;
        }
        let became = if passed {
            Became::Passed
        } else {
            Became::Failed
        };
        let group = scenario.group();
        self.summary
            .add(&group, became, outcome.schedules, outcome.time);
        Ok(())
    }

    /// Prints the table and the last line.
    fn finish(self) -> io::Result<Summary> {
        self.bar.finish_and_clear();
        let mut end = tap::comment(&self.summary.table());
        if self.order.mode.smp {
            for (what, number) in COUNTED.iter().zip(self.counters) {
                end.push_str(&tap::comment(&format!("{number} {what}")));
            }
        }
        self.print(&end)?;
        println!("{}", self.summary.last_line());
        Ok(self.summary)
    }

    /// Prints above the bar.
    fn print(&self, text: &str) -> io::Result<()> {
        self.bar.suspend(|| {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes())?;
            out.flush()
        })
    }
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
