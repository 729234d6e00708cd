//! What a trace tells of each thread over time.
//!
//! Time is counted in columns: each call, wake-up, note and tick is one, so
//! that a picture has no empty stretches and nothing falls together.

use std::collections::BTreeMap;

use crate::point::ThreadId;
use crate::trace::event::NO_THREAD;
use crate::trace::text::Names;
use crate::trace::{Event, ObjectId, ProcessId, State, Trace};

/// A stretch of columns, the end not included, in which something held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span<T> {
    /// The first column.
    pub from: usize,
    /// The first column after it.
    pub to: usize,
    /// What held.
    pub what: T,
}

/// A state and what it needs to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doing {
    /// The state.
    pub state: State,
    /// The CPU, for the states that have one.
    pub cpu: u8,
    /// What the thread waits for.
    pub on: Option<ObjectId>,
}

/// A held lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The lock.
    pub object: ObjectId,
    /// Whether others may hold it too.
    pub shared: bool,
}

/// Something that happened in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The column.
    pub at: usize,
    /// The step of the run.
    pub step: u64,
    /// The words.
    pub text: String,
}

/// One thread's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The thread.
    pub thread: ThreadId,
    /// Its process.
    pub process: ProcessId,
    /// Its name.
    pub name: String,
    /// Its states, in order.
    pub states: Vec<Span<Doing>>,
    /// The locks it held, in the order in which it got them.
    pub locks: Vec<Span<Hold>>,
    /// What it called.
    pub calls: Vec<Mark>,
    /// What the scenario said of it.
    pub notes: Vec<Mark>,
}

/// A thread made another one runnable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// The column.
    pub at: usize,
    /// Who did it; `None` is a timer.
    pub from: Option<ThreadId>,
    /// Whom.
    pub to: ThreadId,
    /// How.
    pub how: String,
}

/// The histories of all threads.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// By thread, in order of creation.
    pub lanes: Vec<Lane>,
    /// Wake-ups.
    pub arrows: Vec<Arrow>,
    /// Notes of no thread, and virtual time.
    pub notes: Vec<Mark>,
    /// How many columns there are.
    pub columns: usize,
    /// The first column worth looking at: after the last [`BEGIN`].
    pub begin: usize,
    /// The step that each column belongs to.
    pub steps: Vec<u64>,
    /// The trace's names.
    pub names: Names,
    /// Whether the run went on.
    pub cut: bool,
}

/// The note at which preparations are over.
pub const BEGIN: &str = "the scenario begins";

/// What is known at a point of the trace.
#[derive(Default)]
struct Reader {
    history: History,
    places: BTreeMap<ThreadId, usize>,
    open_states: BTreeMap<ThreadId, Span<Doing>>,
    open_locks: Vec<(ThreadId, Span<Hold>)>,
}

impl History {
    /// The history that `trace` tells.
    pub fn of(trace: &Trace) -> Self {
        let mut reader = Reader::default();
        reader.history.names = Names::of(trace);
        reader.history.cut = trace.cut;
        for entry in &trace.entries {
            reader.entry(entry.step, entry.cpu, entry.thread, &entry.event);
        }
        reader.finish()
    }

    /// A thread's lane.
    pub fn lane(&self, thread: ThreadId) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.thread == thread)
    }

    /// The locks held at the end, and by whom.
    pub fn held(&self) -> Vec<(ThreadId, Hold)> {
        let mut held = Vec::new();
        for lane in &self.lanes {
            for lock in lane.locks.iter().filter(|lock| lock.to > self.columns) {
                held.push((lane.thread, lock.what));
            }
        }
        held
    }

    /// Who holds a lock at the end.
    pub fn owners(&self, object: ObjectId) -> Vec<ThreadId> {
        self.held()
            .into_iter()
            .filter(|(_, hold)| hold.object == object)
            .map(|(thread, _)| thread)
            .collect()
    }
}

impl Reader {
    fn entry(&mut self, step: u64, cpu: u8, thread: ThreadId, event: &Event) {
        match event {
            Event::Process { .. } | Event::Object { .. } => (),
            Event::Thread {
                thread,
                process,
                name,
            } => self.thread(*thread, *process, name, cpu),
            Event::Call { .. } => {
                let mark = self.mark(step, event);
                if let Some(lane) = self.lane(thread) {
                    lane.calls.push(mark);
                }
            }
            Event::Note { text } if text == BEGIN => self.history.begin = self.history.columns,
            Event::Note { text } => {
                let at = self.column(step);
                let mark = Mark {
                    at,
                    step,
                    text: text.clone(),
                };
                match self.lane(thread) {
                    Some(lane) => lane.notes.push(mark),
                    None => self.history.notes.push(mark),
                }
            }
            Event::Clock { .. } => {
                let mark = self.mark(step, event);
                self.history.notes.push(mark);
            }
            Event::Wake { thread: to, how } => {
                let at = self.column(step);
                self.history.arrows.push(Arrow {
                    at,
                    from: (thread != NO_THREAD).then_some(thread),
                    to: *to,
                    how: how.clone(),
                });
            }
            Event::Return { value, .. } => {
                let result = self.history.names.arg(value);
                if let Some(call) = self.lane(thread).and_then(|lane| lane.calls.last_mut()) {
                    call.text.push_str(" = ");
                    call.text.push_str(&result);
                }
            }
            Event::State {
                thread: of,
                state,
                on,
            } => self.state(
                *of,
                Doing {
                    state: *state,
                    cpu,
                    on: *on,
                },
            ),
            Event::Acquire { object, shared } => self.open_locks.push((
                thread,
                Span {
                    from: self.history.columns,
                    to: 0,
                    what: Hold {
                        object: *object,
                        shared: *shared,
                    },
                },
            )),
            Event::Release { object } => self.release(thread, *object),
        }
    }

    fn column(&mut self, step: u64) -> usize {
        self.history.columns += 1;
        self.history.steps.push(step);
        self.history.columns - 1
    }

    fn mark(&mut self, step: u64, event: &Event) -> Mark {
        Mark {
            at: self.column(step),
            step,
            text: self.history.names.event(event).unwrap_or_default(),
        }
    }

    fn lane(&mut self, thread: ThreadId) -> Option<&mut Lane> {
        let place = *self.places.get(&thread)?;
        self.history.lanes.get_mut(place)
    }

    fn thread(&mut self, thread: ThreadId, process: ProcessId, name: &str, cpu: u8) {
        self.places.insert(thread, self.history.lanes.len());
        self.history.lanes.push(Lane {
            thread,
            process,
            name: name.to_string(),
            states: Vec::new(),
            locks: Vec::new(),
            calls: Vec::new(),
            notes: Vec::new(),
        });
        self.state(
            thread,
            Doing {
                state: State::New,
                cpu,
                on: None,
            },
        );
    }

    fn state(&mut self, thread: ThreadId, doing: Doing) {
        let now = self.history.columns;
        let next = Span {
            from: now,
            to: now,
            what: doing,
        };
        if let Some(mut last) = self.open_states.insert(thread, next) {
            last.to = now;
            if last.to > last.from
                && let Some(lane) = self.lane(thread)
            {
                lane.states.push(last);
            }
        }
    }

    /// A lock may be given up by another thread than took it: a spin lock is
    /// handed over in a switch.
    fn release(&mut self, thread: ThreadId, object: ObjectId) {
        let now = self.history.columns;
        let of_thread = self
            .open_locks
            .iter()
            .rposition(|(owner, span)| *owner == thread && span.what.object == object);
        let place = of_thread.or_else(|| {
            self.open_locks
                .iter()
                .rposition(|(_, span)| span.what.object == object)
        });
        if let Some(place) = place {
            let (owner, mut span) = self.open_locks.remove(place);
            span.to = now;
            if let Some(lane) = self.lane(owner) {
                lane.locks.push(span);
            }
        }
    }

    /// Ends what is open: after the last column.
    fn finish(mut self) -> History {
        let end = self.history.columns + 1;
        for (thread, mut span) in std::mem::take(&mut self.open_states) {
            span.to = end;
            if let Some(lane) = self.lane(thread) {
                lane.states.push(span);
            }
        }
        for (thread, mut span) in std::mem::take(&mut self.open_locks) {
            span.to = end;
            if let Some(lane) = self.lane(thread) {
                lane.locks.push(span);
            }
        }
        for lane in &mut self.history.lanes {
            lane.locks.sort_by_key(|span| (span.from, span.to));
        }
        self.history
    }
}
