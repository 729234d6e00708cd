//! Traces as lines to read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::event::{Arg, Event, NO_THREAD, ObjectId, ProcessId};
use super::{Entry, Trace};
use crate::point::ThreadId;

/// The names that a trace gives to its numbers.
#[derive(Clone, Debug, Default)]
pub struct Names {
    threads: BTreeMap<ThreadId, String>,
    processes: BTreeMap<ProcessId, String>,
    objects: BTreeMap<ObjectId, String>,
}

impl Names {
    /// The names that `trace` gives.
    pub fn of(trace: &Trace) -> Self {
        let mut names = Self::default();
        for entry in &trace.entries {
            match &entry.event {
                Event::Process { process, name } => {
                    names.processes.insert(*process, name.clone());
                }
                Event::Thread { thread, name, .. } => {
                    names.threads.insert(*thread, name.clone());
                }
                Event::Object { object, name, .. } => {
                    names.objects.insert(*object, name.clone());
                }
                _ => (),
            }
        }
        names
    }

    /// A thread's name.
    pub fn thread(&self, thread: ThreadId) -> String {
        if thread == NO_THREAD {
            return "machine".to_string();
        }
        let known = self.threads.get(&thread).cloned();
        known.unwrap_or_else(|| format!("thread {thread}"))
    }

    /// A process's name.
    pub fn process(&self, process: ProcessId) -> String {
        let known = self.processes.get(&process).cloned();
        known.unwrap_or_else(|| format!("process {process}"))
    }

    /// A lock's or channel's name.
    pub fn object(&self, object: ObjectId) -> String {
        let known = self.objects.get(&object).cloned();
        known.unwrap_or_else(|| format!("object {object}"))
    }

    /// An argument as C would write it.
    pub fn arg(&self, arg: &Arg) -> String {
        match arg {
            Arg::Int(value) => value.to_string(),
            Arg::Flags(value) => format!("{value:#x}"),
            Arg::Thread(thread) => self.thread(*thread),
            Arg::Process(process) => self.process(*process),
            Arg::Object(object) => self.object(*object),
            Arg::Word(word) => word.clone(),
            Arg::Null => "NULL".to_string(),
            Arg::Address => "…".to_string(),
        }
    }

    /// An event as a few words; `None` for the ones that only give names.
    pub fn event(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Process { .. } | Event::Thread { .. } | Event::Object { .. } => return None,
            Event::Call { name, args } => {
                let args: Vec<String> = args.iter().map(|arg| self.arg(arg)).collect();
                format!("{name}({})", args.join(", "))
            }
            Event::Return { name, value } => format!("{name} returns {}", self.arg(value)),
            Event::State { thread, state, on } => {
                let mut text = format!("{} is {}", self.thread(*thread), state.name());
                if let Some(object) = on {
                    let _ = write!(text, ": {}", self.object(*object));
                }
                text
            }
            Event::Acquire { object, shared } => format!(
                "has {}{}",
                self.object(*object),
                if *shared { " (shared)" } else { "" }
            ),
            Event::Release { object } => format!("gives up {}", self.object(*object)),
            Event::Wake { thread, how } => format!("{how} of {}", self.thread(*thread)),
            Event::Clock { ticks } => format!("{ticks} ticks"),
            Event::Note { text } => format!("-- {text}"),
        })
    }

    /// An entry as a line: step, CPU, thread, event.
    pub fn line(&self, entry: &Entry) -> Option<String> {
        let event = self.event(&entry.event)?;
        Some(format!(
            "{:>6}  cpu{}  {:<14}  {event}",
            entry.step,
            entry.cpu,
            self.thread(entry.thread)
        ))
    }
}

/// The whole trace, a line an event.
pub fn lines(trace: &Trace) -> String {
    let names = Names::of(trace);
    let mut text = String::new();
    for line in trace.entries.iter().filter_map(|entry| names.line(entry)) {
        text.push_str(&line);
        text.push('\n');
    }
    if trace.cut {
        text.push_str("        (the run went on; the trace is full)\n");
    }
    text
}
