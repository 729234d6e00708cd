//! Reading a trace.

use std::fmt;

use super::code::{self, CUT, HASH, HEADER, USED};
use super::event::{Arg, Event, NO_THREAD, State};
use crate::point::ThreadId;

/// An event and where it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The scheduling point before it.
    pub step: u64,
    /// The CPU.
    pub cpu: u8,
    /// The thread, or [`NO_THREAD`].
    pub thread: ThreadId,
    /// What happened.
    pub event: Event<String>,
}

/// A run's events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// In the order in which they happened.
    pub entries: Vec<Entry>,
    /// The hash of the whole run's records.
    pub hash: u64,
    /// Whether the run went on after the last entry.
    pub cut: bool,
}

/// Why a block is no trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The byte at which it stops making sense.
    pub offset: usize,
    /// What is wrong.
    pub reason: &'static str,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {} of the trace", self.reason, self.offset)
    }
}

impl std::error::Error for ReadError {}

impl Trace {
    /// The trace in a block that a [`Writer`](super::Writer) has filled.
    pub fn read(block: &[u8]) -> Result<Self, ReadError> {
        let used = number_at(block, USED) as usize;
        let Some(records) = block.get(HEADER..used) else {
            return Err(ReadError {
                offset: 0,
                reason: "a header that does not fit its block",
            });
        };
        let mut reader = Reader {
            records,
            offset: 0,
            strings: Vec::new(),
        };
        let mut trace = Self {
            entries: Vec::new(),
            hash: Self::hash_of(block),
            cut: block[CUT] != 0,
        };
        let mut place = (0, 0, NO_THREAD);
        while reader.offset < records.len() {
            let tag = reader.byte()?;
            if tag == code::AT {
                place = (reader.number()?, reader.small()?, reader.small()?);
                continue;
            }
            let event = reader.event(tag)?;
            trace.entries.push(Entry {
                step: place.0,
                cpu: place.1,
                thread: place.2,
                event,
            });
        }
        Ok(trace)
    }

    /// The hash in a block's header, without reading the events.
    pub fn hash_of(block: &[u8]) -> u64 {
        number_at(block, HASH)
    }
}

fn number_at(block: &[u8], offset: usize) -> u64 {
    block
        .get(offset..offset + 8)
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, u64::from_le_bytes)
}

struct Reader<'a> {
    records: &'a [u8],
    offset: usize,
    strings: Vec<String>,
}

impl Reader<'_> {
    fn fail<T>(&self, reason: &'static str) -> Result<T, ReadError> {
        Err(ReadError {
            offset: HEADER + self.offset,
            reason,
        })
    }

    fn byte(&mut self) -> Result<u8, ReadError> {
        let Some(&byte) = self.records.get(self.offset) else {
            return self.fail("the end within a record");
        };
        self.offset += 1;
        Ok(byte)
    }

    fn number(&mut self) -> Result<u64, ReadError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        self.fail("a number that is too long")
    }

    /// A number that fits a smaller type.
    fn small<T: TryFrom<u64>>(&mut self) -> Result<T, ReadError> {
        let number = self.number()?;
        T::try_from(number).or_else(|_| self.fail("a number that is too large"))
    }

    fn string(&mut self) -> Result<String, ReadError> {
        let place = self.number()? as usize;
        if place > 0 {
            return match self.strings.get(place - 1) {
                Some(text) => Ok(text.clone()),
                None => self.fail("a string that was not introduced"),
            };
        }
        let length = self.number()? as usize;
        let end = self.offset.saturating_add(length);
        let Some(bytes) = self.records.get(self.offset..end) else {
            return self.fail("the end within a string");
        };
        let Ok(text) = std::str::from_utf8(bytes) else {
            return self.fail("a string that is not UTF-8");
        };
        self.offset = end;
        self.strings.push(text.to_string());
        Ok(text.to_string())
    }

    fn state(&mut self) -> Result<State, ReadError> {
        let code = self.byte()?;
        match State::ALL.get(usize::from(code)) {
            Some(&state) => Ok(state),
            None => self.fail("an unknown state"),
        }
    }

    fn arg(&mut self) -> Result<Arg<String>, ReadError> {
        Ok(match self.byte()? {
            code::ARG_INT => Arg::Int(code::unzigzag(self.number()?)),
            code::ARG_FLAGS => Arg::Flags(self.number()?),
            code::ARG_THREAD => Arg::Thread(self.small()?),
            code::ARG_PROCESS => Arg::Process(self.small()?),
            code::ARG_OBJECT => Arg::Object(self.small()?),
            code::ARG_WORD => Arg::Word(self.string()?),
            code::ARG_NULL => Arg::Null,
            code::ARG_ADDRESS => Arg::Address,
            _ => return self.fail("an unknown argument"),
        })
    }

    fn event(&mut self, tag: u8) -> Result<Event<String>, ReadError> {
        Ok(match tag {
            code::PROCESS => Event::Process {
                process: self.small()?,
                name: self.string()?,
            },
            code::THREAD => Event::Thread {
                thread: self.small()?,
                process: self.small()?,
                name: self.string()?,
            },
            code::OBJECT => Event::Object {
                object: self.small()?,
                class: self.string()?,
                name: self.string()?,
            },
            code::CALL => {
                let name = self.string()?;
                let count = self.number()?;
                let args = (0..count).map(|_| self.arg()).collect::<Result<_, _>>()?;
                Event::Call { name, args }
            }
            code::RETURN => Event::Return {
                name: self.string()?,
                value: self.arg()?,
            },
            code::STATE => Event::State {
                thread: self.small()?,
                state: self.state()?,
                on: match self.small::<u32>()? {
                    0 => None,
                    object => Some(object - 1),
                },
            },
            code::ACQUIRE => Event::Acquire {
                object: self.small()?,
                shared: self.byte()? != 0,
            },
            code::RELEASE => Event::Release {
                object: self.small()?,
            },
            code::WAKE => Event::Wake {
                thread: self.small()?,
                how: self.string()?,
            },
            code::CLOCK => Event::Clock {
                ticks: self.number()?,
            },
            code::NOTE => Event::Note {
                text: self.string()?,
            },
            _ => return self.fail("an unknown event"),
        })
    }
}
