//! A schedule: the decisions of one run, and its text form.
//!
//! A decision is the place of the way taken in the order of preference of
//! [`Point::ranked`](crate::Point::ranked).  Place 0, which most decisions
//! take, is not written: the text gives, for each other one, how many 0 come
//! before it (base 36, nothing for none) and a letter, `A` for place 1.
//! `5A1cB` is five times 0, 1, forty-eight times 0, 2, and 0 from there on.

use std::fmt;
use std::str::FromStr;

use crate::point::{Decision, MAX_WAYS};

/// The text of the schedule that takes place 0 everywhere.
const EMPTY: &str = "-";

/// The places taken, without the 0s at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Schedule {
    ranks: Vec<u8>,
}

/// Why a text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Where in the text, in characters.
    pub position: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} at character {} of the schedule",
            self.reason,
            self.position + 1
        )
    }
}

impl std::error::Error for ParseError {}

/// Longest schedule that is read from text: 16 million decisions.
const MAX_DECISIONS: u64 = 1 << 24;

impl Schedule {
    /// The schedule that takes these places.
    pub fn new(mut ranks: Vec<u8>) -> Self {
        while ranks.last() == Some(&0) {
            ranks.pop();
        }
        Self { ranks }
    }

    /// The schedule of a run.
    pub fn of(decisions: &[Decision]) -> Self {
        Self::new(decisions.iter().map(|decision| decision.rank).collect())
    }

    /// The place taken at decision `index`.
    pub fn rank(&self, index: usize) -> u8 {
        self.ranks.get(index).copied().unwrap_or(0)
    }

    /// The places up to the last one that is not 0.
    pub fn ranks(&self) -> &[u8] {
        &self.ranks
    }

    /// How many decisions take another place than 0.
    pub fn departures(&self) -> usize {
        self.ranks.iter().filter(|&&rank| rank > 0).count()
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ranks.is_empty() {
            return f.write_str(EMPTY);
        }
        let mut gap = 0u64;
        for &rank in &self.ranks {
            if rank == 0 {
                gap += 1;
                continue;
            }
            if gap > 0 {
                write_base36(f, gap)?;
                gap = 0;
            }
            write!(f, "{}", char::from(b'A' + (rank - 1).min(25)))?;
        }
        Ok(())
    }
}

fn write_base36(f: &mut fmt::Formatter<'_>, mut number: u64) -> fmt::Result {
    let mut digits = Vec::new();
    while number > 0 {
        digits.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize]);
        number /= 36;
    }
    digits
        .iter()
        .rev()
        .try_for_each(|&digit| write!(f, "{}", char::from(digit)))
}

impl FromStr for Schedule {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let text = text.trim();
        let mut ranks = Vec::new();
        if text == EMPTY {
            return Ok(Self::default());
        }
        let mut gap = 0u64;
        for (position, byte) in text.bytes().enumerate() {
            let fail = |reason| Err(ParseError { position, reason });
            match byte {
                b'0'..=b'9' | b'a'..=b'z' => {
                    let digit = char::from(byte).to_digit(36).unwrap_or(0);
                    gap = gap * 36 + u64::from(digit);
                    if gap + ranks.len() as u64 > MAX_DECISIONS {
                        return fail("more decisions than a run has");
                    }
                }
                b'A'..=b'Z' => {
                    ranks.resize(ranks.len() + gap as usize, 0);
                    ranks.push(byte - b'A' + 1);
                    gap = 0;
                }
                _ => return fail("neither a digit nor a letter"),
            }
        }
        if gap > 0 {
            return Err(ParseError {
                position: text.len(),
                reason: "a number without the letter it belongs to",
            });
        }
        if ranks.is_empty() {
            return Err(ParseError {
                position: 0,
                reason: "nothing (write - for the schedule without preemption)",
            });
        }
        Ok(Self::new(ranks))
    }
}

const _: () = assert!(MAX_WAYS == 27, "a place is one letter");
