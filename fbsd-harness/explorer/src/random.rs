//! Random schedules.

use crate::point::{Kind, Point, Strategy};
use crate::rng::Rng;

/// Chances are given in parts of this.
const WHOLE: u64 = 1000;

/// Stays with the running thread most of the time, else picks any way.
///
/// How often it leaves the thread is drawn once for each run: some runs are
/// nearly sequential, some switch at every other point.  One rate for all
/// would make the races that need the other kind of run rare.
pub struct Random {
    seed: u64,
    rng: Rng,
    leave: u64,
}

impl Random {
    /// The random schedule of a seed.
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let leave = [20, 50, 100, 200, 350, 500][rng.below(6) as usize];
        Self { seed, rng, leave }
    }
}

impl Strategy for Random {
    fn choose(&mut self, point: &Point<'_>) -> usize {
        if let Some(current) = point.current
            && !self.rng.chance(self.leave, WHOLE)
        {
            return current;
        }
        let leads_on = |index: &usize| point.ways[*index].kind != Kind::Yield;
        let productive = (0..point.ways.len()).filter(leads_on).count();
        // One time in eight also the ways that only wait: a retry loop is to
        // be seen by the others, but not to fill the run.
        if productive > 0 && !self.rng.chance(1, 8) {
            let pick = self.rng.below(productive as u64) as usize;
            return (0..point.ways.len())
                .filter(leads_on)
                .nth(pick)
                .unwrap_or(0);
        }
        self.rng.below(point.ways.len() as u64) as usize
    }

    fn name(&self) -> String {
        format!("random:{}", self.seed)
    }
}
