//! A toy machine: threads of a few instructions on shared variables, one CPU a
//! thread, every instruction a scheduling point.

use fbsd_explorer::{Decision, Kind, Schedule, Scheduler, Strategy, Tape, Way, tape};

/// An instruction; registers belong to the thread, variables to all.
#[derive(Clone, Copy)]
pub enum Op {
    /// Register := variable.
    Load(usize),
    /// Variable := register + 1.
    StoreIncremented(usize),
    /// Variable := a number.
    Store(usize, u32),
    /// Ends the thread if the register is a number.
    EndIf(u32),
    /// Sleeps until somebody wakes it; a wake-up before that is lost.
    Sleep,
    /// Wakes all that sleep.
    Wake,
    /// Goes back to the instruction before while the variable is 0.
    SpinWhileZero(usize),
    /// As `SpinWhileZero`, but says that it only waits.
    YieldWhileZero(usize),
    /// Fails if the register is a number.
    FailIf(u32),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All threads ended, with these variables.
    Done(Vec<u32>),
    /// A `FailIf`.
    Failed,
    /// Somebody sleeps, nobody can go on.
    Deadlock,
    /// More steps than any good run has.
    Livelock,
}

/// A run: how it ended, its decisions, and who did each step.
pub struct Run {
    /// How it ended.
    pub end: End,
    /// The decisions.
    pub decisions: Vec<Decision>,
    /// The thread of each step.
    pub order: Vec<u16>,
}

impl Run {
    /// The schedule.
    pub fn schedule(&self) -> Schedule {
        Schedule::of(&self.decisions)
    }
}

const VARIABLES: usize = 4;
const LIMIT: usize = 20_000;

/// Runs `programs`, one thread each, under a strategy.
pub fn run(programs: &[&[Op]], strategy: Box<dyn Strategy>) -> Run {
    let mut block = vec![0; Tape::size(LIMIT)];
    let mut order = Vec::new();
    let end = {
        let mut scheduler = Scheduler::new(strategy, Tape::new(&mut block));
        execute(programs, &mut scheduler, &mut order)
    };
    Run {
        end,
        decisions: tape::decisions(&block),
        order,
    }
}

fn execute(programs: &[&[Op]], scheduler: &mut Scheduler<'_>, order: &mut Vec<u16>) -> End {
    let mut variables = vec![0; VARIABLES];
    let mut counters = vec![0; programs.len()];
    let mut registers = vec![0; programs.len()];
    let mut asleep = vec![false; programs.len()];
    let mut last = None;
    for _ in 0..LIMIT {
        let ended = |thread: usize, counters: &[usize]| counters[thread] >= programs[thread].len();
        let ways: Vec<Way> = (0..programs.len())
            .filter(|&thread| !ended(thread, &counters) && !asleep[thread])
            .map(|thread| Way {
                cpu: thread as u8,
                kind: match programs[thread][counters[thread]] {
                    Op::YieldWhileZero(variable) if variables[variable] == 0 => Kind::Yield,
                    _ => Kind::Run,
                },
                thread: thread as u16,
            })
            .collect();
        if ways.is_empty() {
            return match asleep.contains(&true) {
                true => End::Deadlock,
                false => End::Done(variables),
            };
        }
        let current = ways.iter().position(|way| Some(way.thread) == last);
        let thread = ways[scheduler.decide(&ways, current)].thread;
        last = Some(thread);
        order.push(thread);
        let thread = usize::from(thread);
        let op = programs[thread][counters[thread]];
        counters[thread] += 1;
        match op {
            Op::Load(variable) => registers[thread] = variables[variable],
            Op::StoreIncremented(variable) => variables[variable] = registers[thread] + 1,
            Op::Store(variable, value) => variables[variable] = value,
            Op::EndIf(value) if registers[thread] == value => {
                counters[thread] = programs[thread].len();
            }
            Op::FailIf(value) if registers[thread] == value => return End::Failed,
            Op::EndIf(_) | Op::FailIf(_) => (),
            Op::Sleep => asleep[thread] = true,
            Op::Wake => asleep.fill(false),
            Op::SpinWhileZero(variable) | Op::YieldWhileZero(variable) => {
                if variables[variable] == 0 {
                    counters[thread] -= 1;
                }
            }
        }
    }
    End::Livelock
}

/// Two threads that count without a lock.
pub const COUNTERS: &[&[Op]] = &[
    &[Op::Load(0), Op::StoreIncremented(0)],
    &[Op::Load(0), Op::StoreIncremented(0)],
];

/// Did the counters lose nothing?
pub fn counted(end: &End) -> bool {
    matches!(end, End::Done(variables) if variables[0] == 2)
}

/// A sleeper that looks at a flag before it sleeps, and a waker: the wake-up
/// is lost if it comes in between.
pub const LOST_WAKEUP: &[&[Op]] = &[
    &[Op::Load(0), Op::EndIf(1), Op::Sleep],
    &[Op::Store(0, 1), Op::Wake],
];

/// A failure that takes two preemptions: the second thread has to see the
/// first one in the middle, and then again at its end.
pub const TWO_PREEMPTIONS: &[&[Op]] = &[
    &[Op::Store(0, 1), Op::Store(0, 0), Op::Store(1, 1)],
    &[Op::Load(0), Op::EndIf(0), Op::Load(1), Op::FailIf(1)],
];

/// A thread that loops until the other one, which is behind it, acts.
pub fn spinner(op: fn(usize) -> Op) -> [Vec<Op>; 2] {
    [vec![op(0)], vec![Op::Store(1, 5), Op::Store(0, 1)]]
}
