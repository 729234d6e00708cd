//! All schedules with at most a given number of preemptions (Musuvathi and
//! Qadeer, PLDI 2007).
//!
//! The search is depth first over recorded decisions and needs no state of the
//! machine: [`Exhaustive`] replays a prefix and takes the first way after it;
//! [`Frontier`], which outlives the runs, turns the decisions of one run into
//! the prefix of the next.  Leaving a thread that cannot go on is free, so the
//! number of schedules is polynomial in the run's length for a fixed bound.

use crate::point::{Decision, Point, Strategy};
use crate::replay::Replay;
use crate::schedule::Schedule;

/// Follows a prefix, then goes on without preemption.
pub struct Exhaustive {
    prefix: Replay,
    bound: u32,
}

impl Strategy for Exhaustive {
    fn choose(&mut self, point: &Point<'_>) -> usize {
        self.prefix.choose(point)
    }

    fn name(&self) -> String {
        format!("exhaustive:{}:{}", self.bound, self.prefix.name())
    }
}

/// What is left to try.
pub struct Frontier {
    bound: u32,
    prefix: Vec<Decision>,
    finished: bool,
}

impl Frontier {
    /// Everything with at most `bound` preemptions.
    pub fn new(bound: u32) -> Self {
        Self {
            bound,
            prefix: Vec::new(),
            finished: false,
        }
    }

    /// The next run's strategy; `None` when every schedule has been tried.
    pub fn strategy(&self) -> Option<Exhaustive> {
        (!self.finished).then(|| Exhaustive {
            prefix: Replay::new(Schedule::of(&self.prefix)),
            bound: self.bound,
        })
    }

    /// Takes in the decisions of the run of [`Frontier::strategy`].
    ///
    /// A run that left its prefix (a machine that is no pure function of the
    /// schedule) is an error: the place where it did.
    pub fn record(&mut self, decisions: &[Decision]) -> Result<(), usize> {
        let same = |(index, expected): (usize, &Decision)| decisions.get(index) == Some(expected);
        if let Some(place) =
            (0..self.prefix.len()).find(|&index| !same((index, &self.prefix[index])))
        {
            return Err(place);
        }
        let mut stack = decisions.to_vec();
        let mut spent = stack.iter().filter(|decision| decision.preempts()).count() as u32;
        while let Some(mut last) = stack.pop() {
            spent -= u32::from(last.preempts());
            last.rank += 1;
            let cost = u32::from(last.preempts());
            if last.rank < last.ways && spent + cost <= self.bound {
                stack.push(last);
                self.prefix = stack;
                return Ok(());
            }
        }
        self.finished = true;
        Ok(())
    }
}
