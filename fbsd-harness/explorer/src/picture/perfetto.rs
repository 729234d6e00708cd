//! The run for ui.perfetto.dev or chrome://tracing: a JSON array of events in
//! Chrome's trace format.  A column is a microsecond.

use std::fmt::Write as _;

use crate::history::{Doing, History, Span};
use crate::trace::State;

/// The number of the "process" that has the CPUs' rows.
const CPUS: u32 = 0;

/// Threads' locks have rows of their own, numbered from here.
const LOCKS: u32 = 100_000;

/// The trace as JSON.
pub fn export(title: &str, history: &History) -> String {
    let mut json = Json {
        text: "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"title\":".to_string(),
        first: true,
    };
    json.string(title);
    json.text.push_str("},\"traceEvents\":[\n");
    json.name("process_name", CPUS, 0, "CPUs");
    for lane in &history.lanes {
        let process = process(lane.process);
        let thread = u32::from(lane.thread);
        json.name(
            "process_name",
            process,
            0,
            &history.names.process(lane.process),
        );
        json.name("thread_name", process, thread, &lane.name);
        if !lane.locks.is_empty() {
            let name = format!("{} locks", lane.name);
            json.name("thread_name", process, LOCKS + thread, &name);
        }
        for span in &lane.states {
            json.state(process, thread, &lane.name, span);
        }
        for span in &lane.locks {
            let name = history.names.object(span.what.object);
            json.slice(process, LOCKS + thread, &name, span.from, span.to);
        }
        for mark in lane.calls.iter().chain(&lane.notes) {
            json.instant(process, thread, &mark.text, mark.at, mark.step);
        }
    }
    for (index, arrow) in history.arrows.iter().enumerate() {
        let place = |thread| {
            let lane = history.lane(thread)?;
            Some((process(lane.process), u32::from(thread)))
        };
        if let (Some(from), Some(to)) = (arrow.from.and_then(place), place(arrow.to)) {
            json.flow("s", index, from, &arrow.how, arrow.at);
            json.flow("f", index, to, &arrow.how, arrow.at + 1);
        }
    }
    for note in &history.notes {
        json.instant(CPUS, 0, &note.text, note.at, note.step);
    }
    json.text.push_str("\n]}\n");
    json.text
}

/// The number of a process; 0 is taken.
fn process(number: u16) -> u32 {
    u32::from(number) + 1
}

struct Json {
    text: String,
    first: bool,
}

impl Json {
    /// Begins an event: everything up to its name.
    fn begin(&mut self, phase: &str, process: u32, thread: u32, name: &str) {
        if !self.first {
            self.text.push_str(",\n");
        }
        self.first = false;
        let _ = write!(
            self.text,
            "{{\"ph\":\"{phase}\",\"pid\":{process},\"tid\":{thread},\"name\":"
        );
        self.string(name);
    }

    fn name(&mut self, what: &str, process: u32, thread: u32, name: &str) {
        self.begin("M", process, thread, what);
        self.text.push_str(",\"args\":{\"name\":");
        self.string(name);
        self.text.push_str("}}");
    }

    fn slice(&mut self, process: u32, thread: u32, name: &str, from: usize, to: usize) {
        self.begin("X", process, thread, name);
        let _ = write!(
            self.text,
            ",\"ts\":{from},\"dur\":{}}}",
            to.saturating_sub(from)
        );
    }

    fn state(&mut self, process: u32, thread: u32, lane: &str, span: &Span<Doing>) {
        if span.what.state == State::Exited {
            return;
        }
        self.slice(process, thread, span.what.state.name(), span.from, span.to);
        if span.what.state.on_cpu() {
            self.slice(CPUS, u32::from(span.what.cpu), lane, span.from, span.to);
        }
    }

    fn instant(&mut self, process: u32, thread: u32, name: &str, at: usize, step: u64) {
        self.begin("i", process, thread, name);
        let _ = write!(
            self.text,
            ",\"ts\":{at},\"s\":\"t\",\"args\":{{\"event\":{step}}}}}"
        );
    }

    fn flow(&mut self, phase: &str, id: usize, place: (u32, u32), name: &str, at: usize) {
        self.begin(phase, place.0, place.1, name);
        let _ = write!(
            self.text,
            ",\"cat\":\"wake\",\"id\":{id},\"bp\":\"e\",\"ts\":{at}}}"
        );
    }

    /// A JSON string.
    fn string(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                character if character.is_control() => {
                    let _ = write!(self.text, "\\u{:04x}", u32::from(character));
                }
                character => self.text.push(character),
            }
        }
        self.text.push('"');
    }
}
