//! Runs on request, for a program that compares two objects.
//!
//! A request is a line of standard input, its fields separated by tabs; the
//! answer is a line of standard output, or lines that end with a dot alone.
//!
//! ```text
//! run    SCENARIO SCHEDULE PROGRAM            how it ended, as fields
//! trace  SCENARIO SCHEDULE PROGRAM            its events, a line each
//! state  POSITION SCENARIO SCHEDULE PROGRAM   every thread and process then
//! allow  NUMBER KIND THREE FIELDS             a rule for the runs to come: a dot
//! ```
//!
//! SCENARIO is an id, or `program` for a generated program, whose text is in
//! PROGRAM then.  Every run digests its state at every event.

use std::io::{self, BufRead, Write};

use fbsd_explorer::trace::text::Names;
use fbsd_explorer::{Schedule, spec};

use super::arena::Verdict;
use super::child::{Ended, Mode, Slot};
use super::registry::{self, Scenario};
use super::single::DET;
use crate::machine::{allowed, digest};
use crate::program;
use crate::report;

/// Digesting takes time: a run that goes on for so long counts as a livelock.
const MODE: Mode = Mode {
    step_limit: 100_000,
    ..DET
};

/// What a request asks for.
enum Wanted {
    Run,
    Trace,
    State(u64),
}

/// Answers requests until there are no more.
pub fn serve() -> Result<bool, String> {
    let mut slot = Slot::anywhere().map_err(|cause| cause.to_string())?;
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|cause| cause.to_string())?;
        let answer = answer(&mut slot, &line)?;
        out.write_all(answer.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|cause| cause.to_string())?;
    }
    Ok(true)
}

fn answer(slot: &mut Slot, line: &str) -> Result<String, String> {
    let fields: Vec<&str> = line.split('\t').collect();
    let (wanted, rest) = match fields[..] {
        ["allow", ref rule @ ..] => {
            return match allowed::add(rule) {
                Some(()) => Ok(".\n".to_string()),
                None => Err(format!("{line}: no rule")),
            };
        }
        ["run", ref rest @ ..] => (Wanted::Run, rest),
        ["trace", ref rest @ ..] => (Wanted::Trace, rest),
        ["state", position, ref rest @ ..] => {
            let position = position.parse();
            let position = position.map_err(|_| format!("{line}: no position"))?;
            (Wanted::State(position), rest)
        }
        _ => return Err(format!("{line}: no request")),
    };
    let [id, schedule, program] = rest[..] else {
        return Err(format!(
            "{line}: a scenario, a schedule and a program are wanted"
        ));
    };
    let scenario = scenario(id, program)?;
    digest::watch(match wanted {
        Wanted::State(position) => Some(position),
        _ => None,
    });
    let ended = slot
        .complete(scenario, spec::parse(schedule)?, MODE)
        .map_err(|cause| cause.to_string())?;
    Ok(match wanted {
        Wanted::Run => summary(slot, &ended),
        Wanted::Trace => events(slot),
        Wanted::State(_) => format!("{}\n.\n", ended.text.trim_end()),
    })
}

fn scenario(id: &str, text: &str) -> Result<&'static Scenario, String> {
    if id != program::NAME {
        return registry::find(id);
    }
    program::load(text.parse()?);
    Ok(&registry::PROGRAM)
}

/// How a run ended: verdict, trace hash, steps, schedule, the situations that a
/// program met, the events before it went a way of its own, digests of what rules
/// allow, and message.
fn summary(slot: &Slot, ended: &Ended) -> String {
    let parted = slot.parted();
    let parted = parted.map_or("-".to_string(), |events| events.to_string());
    let aside = slot.aside().map(|digest| format!("{digest:x}")).join(",");
    let message = match ended.verdict {
        Verdict::Passed => "",
        _ => ended.text.lines().next().unwrap_or_default(),
    };
    format!(
        "{}\t{:016x}\t{}\t{}\t{:x}\t{parted}\t{aside}\t{}\n",
        ended.verdict.name(),
        ended.hash,
        ended.steps,
        Schedule::of(&ended.decisions),
        ended.counters[report::MET],
        message.replace('\t', " "),
    )
}

/// The events of the run that ended last: position, state and text of each.
fn events(slot: &Slot) -> String {
    let trace = slot.trace();
    let states = slot.states();
    let names = Names::of(&trace);
    let mut lines = String::new();
    for entry in &trace.entries {
        if let Some(line) = names.line(entry) {
            let state = states.get(entry.step as usize).copied().unwrap_or_default();
            lines.push_str(&format!("{}\t{state:016x}\t{line}\n", entry.step));
        }
    }
    lines.push_str(".\n");
    lines
}
