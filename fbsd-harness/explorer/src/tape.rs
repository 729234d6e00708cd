//! The decisions of a run in a block of memory that outlives the process.
//!
//! A header of 8 bytes, the number of decisions, little endian; then two bytes
//! for each: the rank in the lower five bits and the number of ways in the next
//! five, and whether the thread that ran last could have gone on.

use crate::point::{Decision, MAX_WAYS};
use crate::schedule::Schedule;

const HEADER: usize = 8;
const SIZE: usize = 2;
const WAYS_SHIFT: u32 = 5;
const CURRENT_SHIFT: u32 = 10;
const FIELD: u16 = (1 << WAYS_SHIFT) - 1;
const _: () = assert!(MAX_WAYS <= FIELD as usize);

/// Decisions as they are taken.
pub struct Tape<'a> {
    block: &'a mut [u8],
    count: usize,
}

impl<'a> Tape<'a> {
    /// An empty tape in `block`.
    pub fn new(block: &'a mut [u8]) -> Self {
        let mut tape = Self { block, count: 0 };
        tape.publish();
        tape
    }

    /// The size of a block that holds this many decisions.
    pub fn size(decisions: usize) -> usize {
        HEADER + SIZE * decisions
    }

    /// Records a decision; says whether there was room.
    pub fn push(&mut self, decision: Decision) -> bool {
        let start = Self::size(self.count);
        let Some(place) = self.block.get_mut(start..start + SIZE) else {
            return false;
        };
        place.copy_from_slice(&encode(decision).to_le_bytes());
        self.count += 1;
        self.publish();
        true
    }

    /// The decisions so far.
    pub fn decisions(&self) -> Vec<Decision> {
        decisions(self.block)
    }

    /// The decisions so far as a schedule that can be replayed.
    pub fn schedule(&self) -> Schedule {
        Schedule::of(&self.decisions())
    }

    fn publish(&mut self) {
        if let Some(header) = self.block.get_mut(..HEADER) {
            header.copy_from_slice(&(self.count as u64).to_le_bytes());
        }
    }
}

/// The decisions in a block that a tape has filled.
pub fn decisions(block: &[u8]) -> Vec<Decision> {
    let count = block
        .first_chunk::<HEADER>()
        .map_or(0, |header| u64::from_le_bytes(*header) as usize);
    block
        .get(HEADER..)
        .unwrap_or_default()
        .chunks_exact(SIZE)
        .take(count)
        .map(|bytes| decode(u16::from_le_bytes([bytes[0], bytes[1]])))
        .collect()
}

fn encode(decision: Decision) -> u16 {
    u16::from(decision.rank)
        | u16::from(decision.ways) << WAYS_SHIFT
        | u16::from(decision.current) << CURRENT_SHIFT
}

fn decode(code: u16) -> Decision {
    Decision {
        rank: (code & FIELD) as u8,
        ways: (code >> WAYS_SHIFT & FIELD) as u8,
        current: code >> CURRENT_SHIFT & 1 != 0,
    }
}
