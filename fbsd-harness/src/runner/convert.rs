//! A run's records as the explorer's events.
//!
//! Records hold addresses; what an address is called is looked up in the names
//! that the run gave.  Memory is used again, so the last name given before the
//! record counts.  Records whose name begins with `=` are not calls: they say
//! what changed.

use std::collections::{BTreeMap, HashMap};

use fbsd_explorer::ThreadId;
use fbsd_explorer::trace::event::NO_THREAD;
use fbsd_explorer::trace::{Arg, Entry, Event, ObjectId, ProcessId, State, Trace};

use crate::machine::names;
use crate::machine::trace::Record;
use crate::report::Arena;
use crate::sys;

/// Numbers below this are not addresses.
const LOWEST_ADDRESS: usize = 0x10000;

/// The events of the run that wrote `arena`.
pub fn trace(arena: &Arena) -> Trace {
    let stored = (arena.events as usize).min(arena.records.len());
    let named = (arena.names_len as usize).min(arena.names.len());
    let mut converter = Converter::new(&arena.names[..named]);
    for (position, record) in arena.records[..stored].iter().enumerate() {
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
    threads: HashMap<usize, ThreadId>,
    processes: BTreeMap<String, ProcessId>,
    objects: HashMap<String, ObjectId>,
    place: (u64, u8, ThreadId),
}

impl<'a> Converter<'a> {
    fn new(names: &'a [names::Entry]) -> Self {
        Self {
            names,
            entries: Vec::new(),
            threads: HashMap::new(),
            processes: BTreeMap::new(),
            objects: HashMap::new(),
            place: (0, 0, NO_THREAD),
        }
    }

    fn record(&mut self, position: u64, record: &Record) {
        self.place = (position, record.cpu, record.thread);
        let args = &record.args[..usize::from(record.nargs).min(record.args.len())];
        let first = args.first().copied().unwrap_or_default();
        match record.event() {
            "=thread" => self.thread(first, args),
            "=state" => self.state(first, args),
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
            "=user" => self.running(first, State::User),
            "=kernel" => self.running(first, State::Running),
            "=exit" => self.running(first, State::Exited),
            "=wake" => {
                if let Some(&thread) = self.threads.get(&first) {
                    let how = "wakes".to_string();
                    self.push(Event::Wake { thread, how });
                }
            }
            "=ticks" => self.push(Event::Clock {
                ticks: first as u64,
            }),
            name => {
                let args = args.iter().map(|&arg| self.arg(arg)).collect();
                let name = name.to_string();
                self.push(Event::Call { name, args });
            }
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
        let name = self
            .name(address)
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

    /// The scheduler's state of a thread changed, or is told again.
    fn state(&mut self, address: usize, args: &[usize]) {
        let Some(&thread) = self.threads.get(&address) else {
            return;
        };
        let state = args.get(1).copied().unwrap_or_default() as u32;
        let inhibitors = args.get(2).copied().unwrap_or_default() as u32;
        let state = match state {
            sys::TDS_RUNNING => State::Running,
            sys::TDS_INHIBITED if inhibitors & sys::TDI_SUSPENDED != 0 => State::Suspended,
            sys::TDS_INHIBITED if inhibitors & sys::TDI_LOCK != 0 => State::Blocked,
            sys::TDS_INHIBITED => State::Sleeping,
            sys::TDS_INACTIVE => State::Exited,
            _ => State::Runnable,
        };
        self.push(Event::State {
            thread,
            state,
            on: None,
        });
    }

    /// The running thread waits for a lock.
    fn waits(&mut self, lock: usize, state: State) {
        let on = Some(self.object(lock));
        let thread = self.place.2;
        self.push(Event::State { thread, state, on });
    }

    fn running(&mut self, address: usize, state: State) {
        let thread = self.threads.get(&address).copied().unwrap_or(self.place.2);
        self.push(Event::State {
            thread,
            state,
            on: None,
        });
    }

    fn arg(&mut self, value: usize) -> Arg {
        if value < LOWEST_ADDRESS {
            return if value == 0 {
                Arg::Int(0)
            } else {
                Arg::Int(value as i64)
            };
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
        let name = self
            .name(address)
            .unwrap_or_else(|| "a lock without a name".to_string());
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
