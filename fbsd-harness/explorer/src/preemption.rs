//! A schedule with preemptions between instructions, and its text form.
//!
//! A schedule decides at scheduling points.  A machine that can count the
//! instructions of the code under test may also be preempted before any of
//! them: the text is that of the schedule, `@`, and for each such preemption
//! the number of the instruction and a letter for the way taken, `A` for the
//! first one that is not to go on.  `-@1234A,1300B` goes without preemption but
//! before instructions 1234 and 1300.

use std::fmt;
use std::str::FromStr;

use crate::point::MAX_WAYS;
use crate::spec;

/// One preemption between instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Preemption {
    /// How many instructions of the code under test came before it.
    pub instruction: u64,
    /// Which of the other ways is taken, counted from 0.
    pub way: u8,
}

/// What decides a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Preempted {
    /// The schedule, or the strategy by its name.
    pub schedule: String,
    /// The preemptions, in their order.
    pub preemptions: Vec<Preemption>,
}

impl Preempted {
    /// The run without the preemption `index`.
    pub fn without(&self, index: usize) -> Self {
        let mut fewer = self.clone();
        fewer.preemptions.remove(index);
        fewer
    }
}

impl fmt::Display for Preempted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.schedule)?;
        for (index, preemption) in self.preemptions.iter().enumerate() {
            let mark = if index == 0 { '@' } else { ',' };
            let letter = char::from(b'A' + preemption.way.min(25));
            write!(f, "{mark}{}{letter}", preemption.instruction)?;
        }
        Ok(())
    }
}

impl FromStr for Preempted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (schedule, list) = match text.trim().split_once('@') {
            Some((schedule, list)) => (schedule, Some(list)),
            None => (text.trim(), None),
        };
        spec::parse(schedule)?;
        let words = list.into_iter().flat_map(|list| list.split(','));
        let preemptions: Vec<Preemption> = words
            .map(|word| {
                one(word).ok_or_else(|| {
                    format!(
                        "{word:?} is no preemption: write the instruction's number and a letter, as in 1234A"
                    )
                })
            })
            .collect::<Result<_, _>>()?;
        if !preemptions
            .windows(2)
            .all(|pair| pair[0].instruction < pair[1].instruction)
        {
            return Err(format!("{text}: the preemptions are not in their order"));
        }
        Ok(Self {
            schedule: schedule.to_string(),
            preemptions,
        })
    }
}

/// `1234A`.
fn one(word: &str) -> Option<Preemption> {
    let letter = word.bytes().last().filter(u8::is_ascii_uppercase)?;
    Some(Preemption {
        instruction: word[..word.len() - 1].parse().ok()?,
        way: letter - b'A',
    })
}

const _: () = assert!(MAX_WAYS - 1 <= 26, "another way is one letter");
