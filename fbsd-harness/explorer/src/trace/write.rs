//! Recording a trace.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::code::{self, CUT, HASH, HEADER, USED};
use super::event::{Arg, Event, NO_THREAD};
use crate::point::ThreadId;

/// FNV-1a for the table of strings: no random state, quick for short words.
#[derive(Clone)]
struct WordHasher(u64);

impl Default for WordHasher {
    fn default() -> Self {
        Self(code::HASH_START)
    }
}

impl Hasher for WordHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = code::hash(self.0, byte);
        }
    }
}

/// Writes events into a block.
///
/// The header is up to date after every event, so that the block can be read
/// after the process that wrote it has died.  What does not fit is cut off, but
/// the hash goes on over it.
pub struct Writer<'a> {
    block: &'a mut [u8],
    used: usize,
    hash: u64,
    cut: bool,
    strings: HashMap<String, u64, BuildHasherDefault<WordHasher>>,
    record: Vec<u8>,
    place: (u64, u8, ThreadId),
}

impl<'a> Writer<'a> {
    /// A writer at the start of `block`, which should have room for the header
    /// of 24 bytes and some events.
    pub fn new(block: &'a mut [u8]) -> Self {
        let mut writer = Self {
            block,
            used: HEADER,
            hash: code::HASH_START,
            cut: false,
            strings: HashMap::default(),
            record: Vec::new(),
            place: (0, 0, NO_THREAD),
        };
        writer.publish();
        writer
    }

    /// Says where the events from here on happen.
    pub fn at(&mut self, step: u64, cpu: u8, thread: ThreadId) {
        if self.place == (step, cpu, thread) {
            return;
        }
        self.place = (step, cpu, thread);
        self.record.push(code::AT);
        self.number(step);
        self.number(u64::from(cpu));
        self.number(u64::from(thread));
    }

    /// Records an event.
    pub fn event(&mut self, event: &Event<&str>) {
        match *event {
            Event::Process { process, name } => {
                self.record.push(code::PROCESS);
                self.number(u64::from(process));
                self.string(name);
            }
            Event::Thread {
                thread,
                process,
                name,
            } => {
                self.record.push(code::THREAD);
                self.number(u64::from(thread));
                self.number(u64::from(process));
                self.string(name);
            }
            Event::Object {
                object,
                class,
                name,
            } => {
                self.record.push(code::OBJECT);
                self.number(u64::from(object));
                self.string(class);
                self.string(name);
            }
            Event::Call { name, ref args } => {
                self.call(name, args);
                return;
            }
            Event::Return { name, ref value } => {
                self.record.push(code::RETURN);
                self.string(name);
                self.arg(value);
            }
            Event::State { thread, state, on } => {
                self.record.push(code::STATE);
                self.number(u64::from(thread));
                self.record.push(state as u8);
                self.number(on.map_or(0, |object| u64::from(object) + 1));
            }
            Event::Acquire { object, shared } => {
                self.record.push(code::ACQUIRE);
                self.number(u64::from(object));
                self.record.push(u8::from(shared));
            }
            Event::Release { object } => {
                self.record.push(code::RELEASE);
                self.number(u64::from(object));
            }
            Event::Wake { thread, how } => {
                self.record.push(code::WAKE);
                self.number(u64::from(thread));
                self.string(how);
            }
            Event::Clock { ticks } => {
                self.record.push(code::CLOCK);
                self.number(ticks);
            }
            Event::Note { text } => {
                self.record.push(code::NOTE);
                self.string(text);
            }
        }
        self.finish();
    }

    /// Records a call, as [`Event::Call`] does but without a `Vec`.
    pub fn call(&mut self, name: &str, args: &[Arg<&str>]) {
        self.record.push(code::CALL);
        self.string(name);
        self.number(args.len() as u64);
        for arg in args {
            self.arg(arg);
        }
        self.finish();
    }

    /// The hash of everything recorded.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    fn arg(&mut self, arg: &Arg<&str>) {
        let (tag, number) = match *arg {
            Arg::Int(value) => (code::ARG_INT, code::zigzag(value)),
            Arg::Flags(value) => (code::ARG_FLAGS, value),
            Arg::Thread(thread) => (code::ARG_THREAD, u64::from(thread)),
            Arg::Process(process) => (code::ARG_PROCESS, u64::from(process)),
            Arg::Object(object) => (code::ARG_OBJECT, u64::from(object)),
            Arg::Word(word) => {
                self.record.push(code::ARG_WORD);
                self.string(word);
                return;
            }
            Arg::Null => (code::ARG_NULL, 0),
            Arg::Address => (code::ARG_ADDRESS, 0),
        };
        self.record.push(tag);
        if !matches!(arg, Arg::Null | Arg::Address) {
            self.number(number);
        }
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.record.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.record.push(number as u8);
    }

    fn string(&mut self, text: &str) {
        if let Some(&place) = self.strings.get(text) {
            self.number(place);
            return;
        }
        self.strings
            .insert(text.to_string(), self.strings.len() as u64 + 1);
        self.number(0);
        self.number(text.len() as u64);
        self.record.extend_from_slice(text.as_bytes());
    }

    /// Moves the record into the block.
    fn finish(&mut self) {
        self.hash = self.record.iter().copied().fold(self.hash, code::hash);
        let end = self.used + self.record.len();
        if !self.cut && end <= self.block.len() {
            self.block[self.used..end].copy_from_slice(&self.record);
            self.used = end;
        } else {
            self.cut = true;
        }
        self.record.clear();
        self.publish();
    }

    fn publish(&mut self) {
        let Some(header) = self.block.get_mut(..HEADER) else {
            self.cut = true;
            return;
        };
        header[USED..USED + 8].copy_from_slice(&(self.used as u64).to_le_bytes());
        header[HASH..HASH + 8].copy_from_slice(&self.hash.to_le_bytes());
        header[CUT] = u8::from(self.cut);
    }
}
