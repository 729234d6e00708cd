//! Owns the plan: where the runtime puts an int3, and what it saw there.
//!
//! One file serves all programs with an object, as `struct plan` of
//! `runtime/coverage.c` has it.  A way out of a jump that is the only one into
//! its block needs no int3 on the jump: whoever enters the block came that way.

use std::collections::BTreeMap;

use crate::Result;
use crate::code::{Block, Code, Ending};

const MAGIC: &[u8; 8] = b"KTCOVER1";
const HEADER: usize = 24;
const POINT: usize = 24;

/// What stands at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first instruction of a block.
    Block = 0,
    /// A conditional jump.  Bit 0 is the way on, bit 1 the jump.
    Branch = 1,
    /// A jump through a table.  Bit n is entry n.
    Table = 2,
}

/// One point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// What is there.
    pub kind: Kind,
    /// Until these bits are seen, the int3 stays.
    pub need: u64,
}

/// The points of an object, by address.
#[derive(Debug)]
pub struct Plan {
    /// All of them.
    pub points: BTreeMap<u32, Point>,
}

/// What was seen at each point.
#[derive(Debug)]
pub struct Seen(BTreeMap<u32, u64>);

impl Plan {
    /// The points of which something is to be learned.
    pub fn new(code: &Code) -> Self {
        let mut points = BTreeMap::new();
        for block in code.blocks.values() {
            let point = Point {
                kind: Kind::Block,
                need: 1,
            };
            points.insert(block.start, point);
        }
        for block in code.blocks.values() {
            let (at, kind) = match block.ending {
                Ending::Branch { at, .. } => (at, Kind::Branch),
                Ending::Table { at, .. } => (at, Kind::Table),
                _ => continue,
            };
            let need = block
                .arms(code)
                .iter()
                .fold(0, |need, arm| match arm.alone {
                    true => need,
                    false => need | arm.bits,
                });
            if need != 0 {
                points.insert(at, Point { kind, need });
            }
        }
        Self { points }
    }

    /// The file of a plan of which nothing was seen yet.
    pub fn file(&self, code: &Code) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        for number in [self.points.len(), code.anchor as usize, code.text.len(), 0] {
            file.extend((number as u32).to_le_bytes());
        }
        for (&offset, point) in &self.points {
            file.extend(0u64.to_le_bytes());
            file.extend(point.need.to_le_bytes());
            file.extend(offset.to_le_bytes());
            file.extend([point.kind as u8, code.text[offset as usize], 0, 0]);
        }
        file
    }
}

impl Seen {
    /// Reads what programs have written to the file of a plan.
    pub fn read(plan: &Plan, file: &[u8]) -> Result<Self> {
        if file.len() != HEADER + plan.points.len() * POINT || !file.starts_with(MAGIC) {
            return Err("the file with what was seen is not that of the plan".to_string());
        }
        let records = file[HEADER..].chunks_exact(POINT);
        let seen = plan.points.keys().zip(records).map(|(&offset, record)| {
            let mut bits = [0; 8];
            bits.copy_from_slice(&record[..8]);
            (offset, u64::from_le_bytes(bits))
        });
        Ok(Self(seen.collect()))
    }

    /// Whether a block was entered.
    pub fn entered(&self, start: u32) -> bool {
        self.0.get(&start).is_some_and(|&bits| bits != 0)
    }

    /// Whether an arm was taken.
    pub fn took(&self, at: u32, arm: &Arm) -> bool {
        match arm.to {
            Some(to) if arm.alone => self.entered(to),
            _ => self.0.get(&at).is_some_and(|bits| bits & arm.bits != 0),
        }
    }
}

/// One way out of a jump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// Where it leads; none if out of the function.
    pub to: Option<u32>,
    /// What a point at the jump shows of it.
    pub bits: u64,
    /// Whether nothing else leads there.
    pub alone: bool,
}

impl Block {
    /// The ways out of the jump at its end, each target once; none if it does
    /// not end with one that has a choice.
    pub fn arms(&self, code: &Code) -> Vec<Arm> {
        let arm = |to: Option<u32>, bits: u64| Arm {
            to,
            bits,
            alone: to
                .and_then(|to| code.blocks.get(&to))
                .is_some_and(|block| block.entries == 1),
        };
        match &self.ending {
            Ending::Branch { taken, falls, .. } => vec![arm(Some(*falls), 1), arm(*taken, 2)],
            Ending::Table { entries, .. } => {
                let mut bits: BTreeMap<u32, u64> = BTreeMap::new();
                for (number, &to) in entries.iter().enumerate() {
                    *bits.entry(to).or_default() |= 1 << number;
                }
                bits.iter()
                    .map(|(&to, &bits)| arm(Some(to), bits))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}
