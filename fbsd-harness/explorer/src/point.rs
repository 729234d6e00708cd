//! Scheduling points: what the machine offers, who chooses, what is recorded.

use crate::schedule::Schedule;
use crate::tape::Tape;

/// A simulated thread's number: small, given in order of creation, the same
/// in every run of one schedule.
pub type ThreadId = u16;

/// What a CPU does if a way is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The CPU goes on with the thread that it runs.
    Run,
    /// As `Run`, but the thread only waits for others to do something (a retry
    /// loop, a yield): choosing it again and again leads nowhere.
    Yield,
    /// The CPU's thread goes back to the run queue and another one runs.
    Preempt,
    /// An idle CPU takes a thread from the run queue.
    Dispatch,
}

/// One of the ways in which the machine can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Way {
    /// The CPU that would do the next step.
    pub cpu: u8,
    /// What it would do.
    pub kind: Kind,
    /// The thread that would run.
    pub thread: ThreadId,
}

impl Way {
    /// Fills arrays.
    const NONE: Self = Self {
        cpu: 0,
        kind: Kind::Run,
        thread: 0,
    };
}

/// A scheduling point with at least two ways to go on.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// Scheduling points before this one in the run, with one way or more.
    pub step: u64,
    /// The ways, in an order that depends on nothing but the run so far.
    pub ways: &'a [Way],
    /// The way that lets the thread that ran last go on without a switch;
    /// `None` when it is blocked, gone or yields.
    pub current: Option<usize>,
    /// For each way, the step at which its thread ran last, plus one; 0 if it
    /// never did.
    pub ran: &'a [u64],
}

/// Chooses at every scheduling point.
///
/// An answer may depend on the points shown so far and on the strategy's seed,
/// on nothing else: the same seed gives the same schedule.
pub trait Strategy {
    /// The index in `point.ways` of the way to take.
    fn choose(&mut self, point: &Point<'_>) -> usize;

    /// How the strategy is written on a command line, seed included.
    fn name(&self) -> String;
}

/// Most ways that one point may have.
pub const MAX_WAYS: usize = 27;

impl Point<'_> {
    /// The indices of the ways in the order of preference that schedules are
    /// written in: first what ran last, if it can go on, then the thread that
    /// has not run for the longest time, and so on.
    ///
    /// The first of the order at every point is a fair schedule without
    /// preemption, so a schedule is short where it is close to that one.
    pub fn ranked(&self) -> impl Iterator<Item = usize> {
        let mut order: [u8; MAX_WAYS] = std::array::from_fn(|index| index as u8);
        let count = self.ways.len().min(MAX_WAYS);
        order[..count].sort_by_key(|&index| {
            let index = usize::from(index);
            (
                self.current != Some(index),
                self.ran.get(index).copied(),
                index,
            )
        });
        order.into_iter().take(count).map(usize::from)
    }

    /// The thread that ran last, if it can go on and only waits for others.
    pub fn yielding(&self) -> Option<ThreadId> {
        let last = (0..self.ways.len()).max_by_key(|&index| self.ran.get(index))?;
        let way = &self.ways[last];
        (way.kind == Kind::Yield).then_some(way.thread)
    }

    /// The place of the way `index` in that order.
    pub fn rank(&self, index: usize) -> usize {
        self.ranked().position(|other| other == index).unwrap_or(0)
    }
}

/// One recorded answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    /// The place of the way taken in the order of [`Point::ranked`].
    pub rank: u8,
    /// How many ways there were, at least two.
    pub ways: u8,
    /// Whether the thread that ran last could have gone on.
    pub current: bool,
}

impl Decision {
    /// Whether the decision took a thread off that could have gone on.
    pub fn preempts(&self) -> bool {
        self.current && self.rank > 0
    }
}

/// How many decisions in a row may let one thread run on while others could
/// run, before it counts as one that only waits.  Without a limit a schedule
/// without preemption would not end if a thread loops until another one acts.
const PATIENCE: u32 = 200;

/// Asks a strategy at every point that leaves a choice and keeps the answers.
pub struct Scheduler<'a> {
    strategy: Box<dyn Strategy>,
    tape: Tape<'a>,
    steps: u64,
    /// By thread, what [`Point::ran`] says.
    ran: Vec<u64>,
    last: Option<Way>,
    streak: u32,
}

impl<'a> Scheduler<'a> {
    /// A scheduler at the beginning of a run.
    pub fn new(strategy: Box<dyn Strategy>, tape: Tape<'a>) -> Self {
        Self {
            strategy,
            tape,
            steps: 0,
            ran: Vec::new(),
            last: None,
            streak: 0,
        }
    }

    /// Goes on by another strategy.
    pub fn follow(&mut self, strategy: Box<dyn Strategy>) {
        self.strategy = strategy;
    }

    /// Decides which of `ways` the machine takes; `current` as in [`Point`].
    ///
    /// A point with a single way is a step, but no decision: it is not
    /// recorded, so that a schedule stays short.  `ways` must not be empty and
    /// has at most [`MAX_WAYS`] entries.  When the tape is full the rest of
    /// the run goes on without preemption.
    pub fn decide(&mut self, ways: &[Way], current: Option<usize>) -> usize {
        let step = self.steps;
        self.steps += 1;
        let taken = match ways.len() {
            0 | 1 => 0,
            _ => self.choose(step, ways, current),
        };
        if let Some(way) = ways.get(taken) {
            self.ran_last(way.thread);
        }
        taken
    }

    /// The machine has taken `way` by itself, between two of its points.
    pub fn interrupted(&mut self, way: Way) {
        self.ran_last(way.thread);
        self.last = Some(way);
        self.streak = 0;
    }

    fn ran_last(&mut self, thread: ThreadId) {
        let thread = usize::from(thread);
        if self.ran.len() <= thread {
            self.ran.resize(thread + 1, 0);
        }
        self.ran[thread] = self.steps;
    }

    fn choose(&mut self, step: u64, ways: &[Way], current: Option<usize>) -> usize {
        let mut shown = [Way::NONE; MAX_WAYS];
        let mut ran = [0; MAX_WAYS];
        let count = ways.len().min(MAX_WAYS);
        for (index, way) in ways[..count].iter().enumerate() {
            shown[index] = *way;
            ran[index] = self.ran.get(usize::from(way.thread)).copied().unwrap_or(0);
        }
        if let Some(index) = current
            && self.streak >= PATIENCE
        {
            shown[index].kind = Kind::Yield;
        }
        let point = Point {
            step,
            ways: &shown[..count],
            current: current.filter(|&index| shown[index].kind != Kind::Yield),
            ran: &ran[..count],
        };
        let mut taken = self.strategy.choose(&point).min(count - 1);
        let room = self.tape.push(Decision {
            rank: point.rank(taken) as u8,
            ways: count as u8,
            current: point.current.is_some(),
        });
        if !room {
            taken = point.ranked().next().unwrap_or(0);
        }
        let way = ways[taken];
        if self.last == Some(way) && way.kind == Kind::Run {
            self.streak += 1;
        } else {
            self.streak = 0;
        }
        self.last = Some(way);
        taken
    }

    /// Scheduling points so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The answers so far.
    pub fn decisions(&self) -> Vec<Decision> {
        self.tape.decisions()
    }

    /// The answers so far as a schedule that can be replayed.
    pub fn schedule(&self) -> Schedule {
        self.tape.schedule()
    }

    /// The strategy's name.
    pub fn name(&self) -> String {
        self.strategy.name()
    }
}
