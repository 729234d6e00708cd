//! A run's records as the explorer's events.
//!
//! Records hold addresses; what an address is called is looked up in the names
//! that the run gave.  Memory is used again, so the last name given before the
//! record counts.  Records whose name begins with `=` are not calls: they say
//! what changed.  The rest of the threads' states follows from the calls that
//! switch between threads.

use std::collections::{BTreeMap, HashMap};

use fbsd_explorer::ThreadId;
use fbsd_explorer::history::BEGIN;
use fbsd_explorer::trace::event::NO_THREAD;
use fbsd_explorer::trace::{Arg, Entry, Event, ObjectId, ProcessId, State, Trace};

use crate::machine::names;
use crate::machine::trace::Record;
use crate::report::Arena;
use crate::sys;

/// Numbers below this are not addresses.
const LOWEST_ADDRESS: usize = 0x10000;

/// What a thread is after a switch with these flags.
fn after_switch(flags: u32) -> State {
    const KIND: u32 = 0xff;
    match flags & KIND {
        sys::SWT_SUSPEND => State::Suspended,
        sys::SWT_SLEEPQ => State::Sleeping,
        sys::SWT_TURNSTILE => State::Blocked,
        _ => State::Runnable,
    }
}

/// The events of the run that wrote `arena`.
pub fn trace(arena: &Arena) -> Trace {
    let stored = (arena.events as usize).min(arena.records.len());
    let named = (arena.names_len as usize).min(arena.names.len());
    let records = &arena.records[..stored];
    let mut converter = Converter::new(&arena.names[..named], records);
    for (position, record) in records.iter().enumerate() {
        converter.record(position as u64, record);
    }
    Trace {
        entries: converter.entries,
        cut: arena.events > stored as u64,
    }
}

struct Converter<'a> {
    names: &'a [names::Entry],
    entries: Vec<Entry>,
    /// Where in the trace threads begin, by address.
    births: HashMap<usize, Vec<u64>>,
    threads: HashMap<usize, ThreadId>,
    states: HashMap<ThreadId, State>,
    /// What a thread becomes when it is switched out.
    leaving: HashMap<ThreadId, State>,
    processes: BTreeMap<String, ProcessId>,
    objects: HashMap<String, ObjectId>,
    /// Locks without a name, in the order in which they were met.
    nameless: Vec<usize>,
    place: (u64, u8, ThreadId),
}

impl<'a> Converter<'a> {
    fn new(names: &'a [names::Entry], records: &[Record]) -> Self {
        let mut births: HashMap<usize, Vec<u64>> = HashMap::new();
        for (position, record) in records.iter().enumerate() {
            if record.event() == "=thread" {
                births
                    .entry(record.args[0])
                    .or_default()
                    .push(position as u64);
            }
        }
        Self {
            names,
            entries: Vec::new(),
            births,
            threads: HashMap::new(),
            states: HashMap::new(),
            leaving: HashMap::new(),
            processes: BTreeMap::new(),
            objects: HashMap::new(),
            nameless: Vec::new(),
            place: (0, 0, NO_THREAD),
        }
    }

    fn record(&mut self, position: u64, record: &Record) {
        self.place = (position, record.cpu, record.thread);
        let args = &record.args[..usize::from(record.nargs).min(record.args.len())];
        let first = args.first().copied().unwrap_or_default();
        match record.event() {
            "=thread" => self.thread(first, args),
            "=state" => self.scheduler_state(first, args),
            "=acquire" => {
                let object = self.object(first);
                self.push(Event::Acquire {
                    object,
                    shared: args.get(1).is_some_and(|&shared| shared != 0),
                });
            }
            "=release" => {
                let object = self.object(first);
                self.push(Event::Release { object });
            }
            "=wants" => self.waits(first, State::Blocked),
            "=spins" => self.waits(first, State::Spinning),
            "=user" => self.becomes(self.place.2, State::User, None),
            "=kernel" => self.becomes(self.place.2, State::Running, None),
            "=wake" => {
                if let Some(&thread) = self.threads.get(&first) {
                    let how = "wakes".to_string();
                    self.push(Event::Wake { thread, how });
                }
            }
            "=ticks" => self.push(Event::Clock {
                ticks: first as u64,
            }),
            "=begin" => self.push(Event::Note {
                text: BEGIN.to_string(),
            }),
            name => self.call(name, args),
        }
    }

    /// A call, and what it says about states.
    fn call(&mut self, name: &'static str, args: &[usize]) {
        let me = self.place.2;
        let first = args.first().copied().unwrap_or_default();
        let other = self.threads.get(&first).copied().unwrap_or(NO_THREAD);
        match name {
            "user" | "user spin" => self.becomes(me, State::User, None),
            "switch_in" => self.becomes(me, State::Running, None),
            "switch_out" => {
                let state = self.leaving.remove(&other).unwrap_or(State::Runnable);
                let waits = self.states.get(&other) == Some(&State::Blocked);
                if !(waits && state == State::Blocked) {
                    self.becomes(other, state, None);
                }
            }
            "mi_switch" => {
                let flags = args.get(1).copied().unwrap_or_default() as u32;
                self.leaving.insert(other, after_switch(flags));
            }
            "sched_throw" => {
                self.leaving.insert(me, State::Exited);
            }
            // Of another thread: it is suspended where it sleeps.
            "sched_sleep" if other != me => self.becomes(other, State::Suspended, None),
            _ if matches!(self.states.get(&me), None | Some(State::User)) => {
                self.becomes(me, State::Running, None);
            }
            _ => (),
        }
        let args = args.iter().map(|&arg| self.arg(arg)).collect();
        let name = name.to_string();
        self.push(Event::Call { name, args });
    }

    fn becomes(&mut self, thread: ThreadId, state: State, on: Option<ObjectId>) {
        if thread != NO_THREAD && self.states.insert(thread, state) != Some(state) {
            self.push(Event::State { thread, state, on });
        }
    }

    fn push(&mut self, event: Event) {
        let (step, cpu, thread) = self.place;
        self.entries.push(Entry {
            step,
            cpu,
            thread,
            event,
        });
    }

    /// A thread has got its number.
    fn thread(&mut self, address: usize, args: &[usize]) {
        let thread = args.get(1).copied().unwrap_or_default() as ThreadId;
        self.threads.insert(address, thread);
        self.states.remove(&thread);
        let name = self
            .thread_name(address)
            .unwrap_or_else(|| format!("thread {thread}"));
        let process = match name.split_once(".T") {
            Some((process, _)) => process.to_string(),
            None => "kernel".to_string(),
        };
        let known = self.processes.len() as ProcessId;
        let number = *self.processes.entry(process.clone()).or_insert(known);
        if number == known {
            self.push(Event::Process {
                process: number,
                name: process,
            });
        }
        self.push(Event::Thread {
            thread,
            process: number,
            name,
        });
    }

    /// The name of the thread that begins here: it is given a little later,
    /// but before the memory is used for another one.
    fn thread_name(&self, address: usize) -> Option<String> {
        let here = self.place.0;
        let births = self.births.get(&address)?;
        let next = births.iter().find(|&&birth| birth > here);
        let end = next.copied().unwrap_or(u64::MAX);
        let given = self
            .names
            .iter()
            .find(|entry| entry.start == address && entry.since >= here && entry.since < end);
        match given {
            Some(entry) => Some(entry.name().to_string()),
            None => self.name(address),
        }
    }

    /// The scheduler's state of a thread changed.
    fn scheduler_state(&mut self, address: usize, args: &[usize]) {
        let Some(&thread) = self.threads.get(&address) else {
            return;
        };
        let state = args.get(1).copied().unwrap_or_default() as u32;
        let inhibitors = args.get(2).copied().unwrap_or_default() as u32;
        let state = match state {
            sys::TDS_INHIBITED if inhibitors & sys::TDI_SUSPENDED != 0 => State::Suspended,
            sys::TDS_INHIBITED if inhibitors & sys::TDI_SLEEPING != 0 => State::Sleeping,
            sys::TDS_CAN_RUN | sys::TDS_RUNQ => State::Runnable,
            // Running is what has been switched in.
            _ => return,
        };
        self.becomes(thread, state, None);
    }

    /// The running thread waits for a lock.
    fn waits(&mut self, lock: usize, state: State) {
        let on = Some(self.object(lock));
        self.becomes(self.place.2, state, on);
    }

    fn arg(&mut self, value: usize) -> Arg {
        if value < LOWEST_ADDRESS {
            return Arg::Int(value as i64);
        }
        if let Some(&thread) = self.threads.get(&value) {
            return Arg::Thread(thread);
        }
        match self.name(value) {
            Some(name) => Arg::Word(name),
            None if value as u64 >= u64::MAX - u64::from(u32::MAX) => Arg::Int(value as i64),
            None => Arg::Address,
        }
    }

    fn object(&mut self, address: usize) -> ObjectId {
        let name = match self.name(address) {
            Some(name) => name,
            None => self.number(address),
        };
        let known = self.objects.len() as ObjectId;
        if let Some(&object) = self.objects.get(&name) {
            return object;
        }
        self.objects.insert(name.clone(), known);
        self.push(Event::Object {
            object: known,
            class: "lock".to_string(),
            name,
        });
        known
    }

    /// What a lock without a name is called.
    fn number(&mut self, address: usize) -> String {
        let known = self.nameless.iter().position(|&other| other == address);
        let index = known.unwrap_or_else(|| {
            self.nameless.push(address);
            self.nameless.len() - 1
        });
        format!("lock {}", index + 1)
    }

    /// What the address was called when the record was made.
    fn name(&self, address: usize) -> Option<String> {
        let position = self.place.0;
        let given = self
            .names
            .iter()
            .rev()
            .find(|entry| entry.covers(address) && entry.since <= position);
        given.map(|entry| names::within(entry, address - entry.start))
    }
}
