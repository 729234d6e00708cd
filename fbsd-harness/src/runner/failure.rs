//! What is told about a run that failed.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fbsd_explorer::history::{History, Mark};
use fbsd_explorer::picture::is_idle;
use fbsd_explorer::trace::State;
use fbsd_explorer::{Replay, Schedule, shrink, spec, tap};

use super::arena::Verdict;
use super::campaign::Failure;
use super::child::{Ended, Mode, Slot};
use super::picture;
use super::registry::Scenario;

/// Runs that may be spent on making a schedule shorter.
const TRIES: u32 = 300;

/// Time that may be spent on it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest schedule that is printed if its strategy has a shorter name.
pub const LONGEST: usize = 1000;

/// Calls that are shown of each thread.
const LAST_CALLS: usize = 6;

/// What a report needs to know besides the failure.
pub struct Context<'a> {
    /// The command that runs the program, for the line that replays.
    pub again: &'a str,
    /// Where pictures go.
    pub out: &'a Path,
    /// How runs are made.
    pub mode: Mode,
}

/// The block of facts for a failure that is not looked into.
pub fn brief(scenario: &Scenario, failure: &Failure) -> String {
    tap::facts(&[
        ("scenario", scenario.id()),
        ("guards", scenario.guards()),
        ("kind", failure.ended.verdict.name()),
        ("message", &failure.ended.text),
        ("found by", &failure.found_by),
    ])
}

/// The shortest schedule found that ends with `verdict`, within some tries and
/// some time since `started`; `again` runs one.
pub fn shortest(
    whole: &Schedule,
    verdict: Verdict,
    started: Instant,
    mut again: impl FnMut(&Schedule) -> io::Result<Ended>,
) -> io::Result<Schedule> {
    let mut error = None;
    let short = shrink::shrink(whole, TRIES, |candidate| {
        if started.elapsed() > PATIENCE {
            return false;
        }
        match again(candidate) {
            Ok(ended) => ended.verdict == verdict,
            Err(cause) => {
                error = Some(cause);
                false
            }
        }
    });
    error.map_or(Ok(short), Err)
}

/// Shortens the schedule, runs it once more, draws it and tells about it: the
/// block of facts that follows the test's line.
pub fn report(
    slot: &mut Slot,
    scenario: &'static Scenario,
    failure: &Failure,
    context: &Context<'_>,
) -> io::Result<String> {
    let whole = Schedule::of(&failure.ended.decisions);
    let verdict = failure.ended.verdict;
    let short = shortest(&whole, verdict, Instant::now(), |candidate| {
        replay(slot, scenario, candidate, context.mode)
    })?;
    let mut ended = replay(slot, scenario, &short, context.mode)?;
    let mut schedule = &short;
    if ended.verdict != verdict {
        // Not the same again: show what was found first.
        ended = failure.ended.clone();
        schedule = &whole;
        replay(slot, scenario, schedule, context.mode)?;
    }
    let mut text = schedule.to_string();
    if text.len() > LONGEST && spec::parse(&failure.found_by).is_ok() {
        text.clone_from(&failure.found_by);
    }
    let found_by = format!(
        "{} ({} departures from the order without preemption; {} after shortening)",
        failure.found_by,
        whole.departures(),
        schedule.departures()
    );
    let command = again(context.again, scenario.id(), &text);
    facts(slot, scenario, &ended, &found_by, &command, context.out)
}

/// Draws the run that ended last and tells about it.
pub fn facts(
    slot: &Slot,
    scenario: &Scenario,
    ended: &Ended,
    found_by: &str,
    command: &str,
    out: &Path,
) -> io::Result<String> {
    let history = History::of(&slot.trace());
    let title = scenario.heading();
    let heading = format!("{}: {}", ended.verdict.name(), first_line(&ended.text));
    let files = picture::write(out, scenario.id(), &title, &heading, &history)?;
    let step = ended.steps.to_string();
    let last = last_calls(&history);
    let locks = held_locks(&history);
    let picture = files.picture.display().to_string();
    let trace = files.trace.display().to_string();
    Ok(tap::facts(&[
        ("scenario", &title),
        ("guards", scenario.guards()),
        ("kind", ended.verdict.name()),
        ("message", &ended.text),
        ("step", &step),
        ("found by", found_by),
        ("threads", &last),
        ("locks", &locks),
        ("picture", &picture),
        ("trace", &trace),
        ("replay", command),
    ]))
}

/// The command that replays a schedule.
pub fn again(command: &str, id: &str, schedule: &str) -> String {
    if command.is_empty() {
        format!("scenarios replay {id} {schedule}")
    } else {
        format!("{command} ONLY={id} REPLAY={schedule}")
    }
}

/// Runs one schedule.
fn replay(
    slot: &mut Slot,
    scenario: &'static Scenario,
    schedule: &Schedule,
    mode: Mode,
) -> io::Result<Ended> {
    slot.complete(scenario, Box::new(Replay::new(schedule.clone())), mode)
}

/// The first line of a failure's text.
pub fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Calls that say nothing: the machine's own, and what follows every unlock.
fn is_quiet(call: &Mark) -> bool {
    ["switch_in", "switch_out", "spinlock_exit"]
        .iter()
        .any(|name| call.text.starts_with(name))
}

/// For each thread that is still there: its state, what it waits for and its
/// last calls.
fn last_calls(history: &History) -> String {
    let mut text = String::new();
    for lane in &history.lanes {
        let Some(last) = lane.states.last().map(|span| span.what) else {
            continue;
        };
        if last.state == State::Exited || lane.calls.is_empty() || is_idle(&lane.name) {
            continue;
        }
        let _ = write!(text, "{}: {}", lane.name, last.state.name());
        if let Some(object) = last.on {
            let _ = write!(text, " {}", history.names.object(object));
            let owners: Vec<String> = history
                .owners(object)
                .into_iter()
                .map(|owner| history.names.thread(owner))
                .collect();
            if !owners.is_empty() {
                let _ = write!(text, ", which {} holds", owners.join(" and "));
            }
        }
        text.push('\n');
        let calls: Vec<&Mark> = lane.calls.iter().filter(|call| !is_quiet(call)).collect();
        for call in &calls[calls.len().saturating_sub(LAST_CALLS)..] {
            let _ = writeln!(text, "  {:>6}  {}", call.step, call.text);
        }
    }
    text
}

/// Which locks are held at the end, and by whom.
fn held_locks(history: &History) -> String {
    let held = history.held();
    if held.is_empty() {
        return "none held".to_string();
    }
    let lines: Vec<String> = held
        .iter()
        .map(|(thread, hold)| {
            format!(
                "{} holds {}",
                history.names.thread(*thread),
                history.names.object(hold.object)
            )
        })
        .collect();
    lines.join("\n")
}

/// The files that a replay of a passing run leaves: `None` for MODE=smp.
pub fn draw(
    slot: &mut Slot,
    scenario: &'static Scenario,
    ended: &Ended,
    out: &Path,
) -> io::Result<PathBuf> {
    let history = History::of(&slot.trace());
    let title = scenario.heading();
    let heading = match ended.verdict {
        Verdict::Passed => format!("passed after {} steps", ended.steps),
        verdict => format!("{}: {}", verdict.name(), first_line(&ended.text)),
    };
    Ok(picture::write(out, scenario.id(), &title, &heading, &history)?.picture)
}
