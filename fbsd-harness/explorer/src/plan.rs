//! Which schedules a scenario is run under, with a given number to spend.
//!
//! The first one goes without preemption; its length tells what the number is
//! worth.  If all schedules without preemption, then those with one, with two
//! and so on are likely to fit into half of what is left, they are enumerated.
//! The rest are random and PCT schedules by turns.
//!
//! Runs may overlap.  What the plan asks for and which failure it settles on do
//! not depend on how they do: enumerated schedules come before random ones, and
//! of several failures the first in that order counts.

use crate::exhaustive::Frontier;
use crate::pct::Pct;
use crate::point::{Decision, Strategy};
use crate::random::Random;

/// A run's place in the order: enumerated ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunId {
    /// The nth enumerated schedule; the first one has no preemption.
    Enumerated(u64),
    /// The nth random one.
    Random(u64),
}

/// What to do next.
pub enum Next {
    /// Run this.
    Run(RunId, Box<dyn Strategy>),
    /// Wait for a run to end.
    Wait,
    /// All is done.
    Done,
}

/// How many schedules, and which.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// Schedules to run.
    pub schedules: u64,
    /// Tells the random ones from those of other goals.
    pub seed: u64,
    /// Every schedule with this many preemptions, however many there are;
    /// `schedules` does not matter then.
    pub bound: Option<u32>,
    /// Nothing is enumerated after the first run: for plans that are made again
    /// and again with other seeds.
    pub random: bool,
}

/// The most preemptions that are enumerated unasked.
const DEEPEST: u32 = 3;

/// The state of a plan.
pub struct Plan {
    goal: Goal,
    frontier: Option<Frontier>,
    bound: u32,
    enumerated: u64,
    at_bound: u64,
    limit: u64,
    enumerating: bool,
    random: u64,
    running: u64,
    length: u64,
    failed: Option<RunId>,
    complete: Option<(u32, u64)>,
}

impl Plan {
    /// A plan of which nothing has been run.
    pub fn new(goal: Goal) -> Self {
        Self {
            goal,
            frontier: Some(Frontier::new(goal.bound.unwrap_or(0))),
            bound: goal.bound.unwrap_or(0),
            enumerated: 0,
            at_bound: 0,
            limit: if goal.random { 0 } else { goal.schedules / 2 },
            enumerating: false,
            random: 0,
            running: 0,
            length: 0,
            failed: None,
            complete: None,
        }
    }

    /// What to do next.
    pub fn issue(&mut self) -> Next {
        let enumerated = RunId::Enumerated(self.enumerated);
        if !self.enumerating
            && self.wanted(enumerated)
            && let Some(strategy) = self.frontier.as_ref().and_then(Frontier::strategy)
        {
            self.enumerating = true;
            self.running += 1;
            return Next::Run(enumerated, Box::new(strategy));
        }
        let random = RunId::Random(self.random);
        if self.random < self.random_share() && self.wanted(random) {
            self.random += 1;
            self.running += 1;
            return Next::Run(random, self.strategy(self.random - 1));
        }
        if self.running > 0 {
            Next::Wait
        } else {
            Next::Done
        }
    }

    /// Takes in how a run ended.
    ///
    /// An error is the decision at which an enumerated run left its prefix:
    /// the machine is no pure function of the schedule.
    pub fn record(&mut self, id: RunId, decisions: &[Decision], failed: bool) -> Result<(), usize> {
        self.running -= 1;
        if failed && self.failed.is_none_or(|first| id < first) {
            self.failed = Some(id);
        }
        if let RunId::Enumerated(index) = id {
            self.enumerating = false;
            self.enumerated += 1;
            self.at_bound += 1;
            if let Some(frontier) = &mut self.frontier {
                frontier.record(decisions)?;
                if frontier.strategy().is_none() {
                    self.complete = Some((self.bound, self.at_bound));
                    self.frontier = None;
                    self.deepen(decisions);
                } else if self.hopeless(index, decisions) {
                    self.frontier = None;
                }
            }
            if index == 0 {
                self.length = decisions.len() as u64;
            }
        }
        Ok(())
    }

    /// Runs so far.
    pub fn runs(&self) -> u64 {
        self.enumerated + self.random
    }

    /// The highest number of preemptions of which every schedule has been run,
    /// and how many those were.
    pub fn complete(&self) -> Option<(u32, u64)> {
        self.complete
    }

    /// The first failure.
    pub fn failed(&self) -> Option<RunId> {
        self.failed
    }

    /// Whether a run could still change the result.
    fn wanted(&self, id: RunId) -> bool {
        self.failed.is_none_or(|first| id < first)
    }

    /// Whether what is left to enumerate would take too many runs.
    fn hopeless(&self, index: u64, decisions: &[Decision]) -> bool {
        if self.goal.bound.is_some() {
            return false;
        }
        let free = decisions.iter().filter(|decision| !decision.current);
        let orders = free.fold(1u64, |orders, decision| {
            orders.saturating_mul(u64::from(decision.ways))
        });
        self.enumerated >= self.limit || (index == 0 && orders > self.limit)
    }

    /// Goes on to one preemption more, if that is likely to fit.
    fn deepen(&mut self, last: &[Decision]) {
        // Each decision of a run is a place for one more preemption.
        let places: u64 = last
            .iter()
            .filter(|decision| decision.current)
            .map(|decision| u64::from(decision.ways) - 1)
            .sum();
        let expected = self
            .at_bound
            .saturating_mul(places / (u64::from(self.bound) + 1) + 1);
        let half = self.goal.schedules.saturating_sub(self.enumerated) / 2;
        let may = self.goal.bound.is_none() && !self.goal.random;
        if may && self.bound < DEEPEST && places > 0 && expected <= half {
            self.bound += 1;
            self.at_bound = 0;
            self.limit = self.enumerated + half;
            self.frontier = Some(Frontier::new(self.bound));
        }
    }

    /// How many random schedules may be asked for by now.
    fn random_share(&self) -> u64 {
        if self.goal.bound.is_some() || self.enumerated == 0 {
            return 0;
        }
        // What enumeration may still take is kept for it.
        let taken = if self.frontier.is_some() {
            self.limit
        } else {
            self.enumerated
        };
        self.goal.schedules.saturating_sub(taken)
    }

    fn strategy(&self, index: u64) -> Box<dyn Strategy> {
        let seed = self
            .goal
            .seed
            .wrapping_mul(1_000_000)
            .wrapping_add(index + 1);
        if index.is_multiple_of(2) {
            return Box::new(Random::new(seed));
        }
        let depth = 2 + (index / 2 % 3) as u32;
        Box::new(Pct::new(seed, depth, self.length))
    }
}
