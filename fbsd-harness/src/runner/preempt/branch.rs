//! Runs that branch off one run, each with its own preemptions.
//!
//! The run that is stepped forks where the machine could be preempted: the
//! child is preempted there and goes on to the end, the parent waits for it and
//! goes on as if nothing had been.  So nothing is executed twice.

use std::io;
use std::sync::atomic::Ordering;

use fbsd_explorer::Preemption;
use fbsd_explorer::rng::Rng;

use super::super::{child, host};
use crate::machine::step::{Answer, Place, Preempter};
use crate::report::{self, Kind};

/// Most preemptions of one run.
pub const MOST: usize = 3;
/// After so many failures no further branches are made.
const ENOUGH: u64 = 10;
/// Seconds of CPU time after which a branch is killed that reaches no
/// scheduling point, and of real time after which one is that waits.
const PATIENCE: (u32, u32) = (60, 600);

/// How much of the reason why a branch failed is kept.
const TEXT: usize = 512;

/// Preemptions as they are taken.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Taken {
    count: usize,
    list: [Preemption; MOST],
}

impl Taken {
    /// In their order.
    pub fn list(&self) -> &[Preemption] {
        &self.list[..self.count.min(MOST)]
    }

    fn push(&mut self, preemption: Preemption) {
        self.list[self.count] = preemption;
        self.count += 1;
    }
}

/// A branch that ended.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Branch {
    /// Its preemptions.
    pub taken: Taken,
    /// The hash of its trace.
    pub hash: u64,
    /// Whether it failed.
    pub failed: bool,
    status: libc::c_int,
    length: usize,
    text: [u8; TEXT],
}

impl Branch {
    /// Why it failed, as far as that is known.
    pub fn text(&self) -> String {
        match self.length {
            0 => child::death(self.status),
            length => String::from_utf8_lossy(&self.text[..length]).into_owned(),
        }
    }
}

/// What a run and its branches tell the runner, in shared memory.  All-zero is
/// an empty one.
#[repr(C)]
pub struct Log {
    /// Instructions of the object that the run executed.
    pub instructions: u64,
    /// Other ways that there were before them.
    pub possible: u64,
    /// Branches.
    pub branches: u64,
    /// How many of them failed.
    pub failures: u64,
    /// The preemptions of the branch that goes on.
    taken: Taken,
    /// The first branch that failed, if any did.
    pub failed: Branch,
    /// The last branch, if there was one.
    pub last: Branch,
}

/// Where the log and the branches' results are; used for one run at a time.
pub struct Memory {
    log: *mut Log,
    arena: *mut report::Arena,
}

impl Memory {
    /// Maps it.
    pub fn new() -> io::Result<Self> {
        // SAFETY: a fresh mapping at an address of the system's choice.
        let log = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size_of::<Log>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if log == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            log: log.cast(),
            arena: report::Arena::create(),
        })
    }

    /// Forgets what is there, and gives what makes the branches of the next run.
    pub fn branches(&mut self, which: Which) -> Branches {
        // SAFETY: a live mapping that only this process uses now; all-zero is a log.
        unsafe { self.log.write_bytes(0, 1) };
        Branches {
            log: self.log,
            arena: self.arena,
            which,
            state: State::Base,
        }
    }

    /// What the run that is over left.
    pub fn log(&self) -> &Log {
        // SAFETY: a live mapping; who wrote it is gone.
        unsafe { &*self.log }
    }
}

/// Which branches are made.
pub enum Which {
    /// None: the run is only looked at.
    None,
    /// One preemption: each one whose number, divided by `stride`, leaves
    /// nothing over and then, divided by `of`, leaves `part`.
    One { stride: u64, part: u64, of: u64 },
    /// Two or three, the first one before any instruction with a chance of one
    /// in so many.
    More { one_in: u64, rng: Rng },
}

enum State {
    /// The run itself.
    Base,
    /// A branch, with so many preemptions to come, the next one not before
    /// this instruction.
    Branch { left: u32, next: u64, rng: Rng },
}

/// Makes the branches.
pub struct Branches {
    log: *mut Log,
    arena: *mut report::Arena,
    which: Which,
    state: State,
}

impl Preempter for Branches {
    fn before(&mut self, place: Place) -> Answer {
        match &mut self.state {
            State::Base => self.look(place),
            State::Branch { left, next, rng } => {
                if place.instruction < *next || place.others == 0 {
                    return Answer::GoOn;
                }
                let way = rng.below(place.others as u64) as u8;
                *left -= 1;
                *next = place.instruction + distance(rng);
                let last = *left == 0;
                // SAFETY: the parent waits while its branch uses the log.
                unsafe { &mut (*self.log).taken }.push(Preemption {
                    instruction: place.instruction,
                    way,
                });
                if last {
                    Answer::TakeLast(way)
                } else {
                    Answer::Take(way)
                }
            }
        }
    }
}

/// How far the next preemption is away: near ones are as likely as far ones.
fn distance(rng: &mut Rng) -> u64 {
    let magnitude = rng.below(12);
    1 + rng.below(1 << magnitude)
}

impl Branches {
    /// In the run itself: counts, and makes the branches that are wanted here.
    fn look(&mut self, place: Place) -> Answer {
        // SAFETY: no branch goes on; the mapping outlives the run.
        let log = unsafe { &mut *self.log };
        log.instructions = place.instruction + 1;
        let first = log.possible;
        log.possible += place.others as u64;
        for way in 0..place.others {
            let wanted = match &mut self.which {
                Which::None => None,
                Which::One { stride, part, of } => {
                    let index = first + way as u64;
                    let here = index.is_multiple_of(*stride) && index / *stride % *of == *part;
                    here.then(|| (0, Rng::new(0)))
                }
                Which::More { one_in, rng } => rng.chance(1, *one_in).then(|| {
                    let mut own = Rng::new(rng.draw());
                    (1 + own.below(MOST as u64 - 1) as u32, own)
                }),
            };
            if let Some((left, mut rng)) = wanted.filter(|_| log.failures < ENOUGH) {
                let way = way as u8;
                if self.fork(place.instruction, way) {
                    let next = place.instruction + distance(&mut rng);
                    self.state = State::Branch { left, next, rng };
                    return match left {
                        0 => Answer::TakeLast(way),
                        _ => Answer::Take(way),
                    };
                }
            }
        }
        Answer::GoOn
    }

    /// Makes a branch and waits for its end; `true` in the branch.
    fn fork(&mut self, instruction: u64, way: u8) -> bool {
        // SAFETY: as in `look`.
        let log = unsafe { &mut *self.log };
        log.taken.count = 0;
        log.taken.push(Preemption { instruction, way });
        // SAFETY: the process has one thread; the child goes on with the run.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            host::limit(PATIENCE.0, false);
            host::limit(PATIENCE.1, true);
            report::Arena::branch(self.arena);
            return true;
        }
        if pid == -1 {
            report::fail(Kind::Internal, "the host refuses a process".to_string());
        }
        let mut status = 0;
        // SAFETY: the status is a live variable; nothing interrupts the call,
        // since every signal that the run handles is its own trap.
        unsafe { libc::waitpid(pid, &raw mut status, 0) };
        // SAFETY: the branch that wrote both is gone.
        let (log, arena) = unsafe { (&mut *self.log, &*self.arena) };
        let state = arena.state.load(Ordering::Acquire);
        let length = match state {
            report::FAILED => (arena.text_len as usize).min(TEXT),
            _ => 0,
        };
        let mut last = Branch {
            taken: log.taken,
            hash: arena.hash,
            failed: state != report::PASSED,
            status,
            length,
            text: [0; TEXT],
        };
        last.text[..length].copy_from_slice(&arena.text[..length]);
        log.branches += 1;
        if last.failed {
            if log.failures == 0 {
                log.failed = last;
            }
            log.failures += 1;
        }
        log.last = last;
        false
    }
}

/// Takes the preemptions of a list.
pub struct Follow {
    list: Vec<Preemption>,
    next: usize,
}

impl Follow {
    /// These, in their order.
    pub fn new(list: &[Preemption]) -> Self {
        Self {
            list: list.to_vec(),
            next: 0,
        }
    }
}

impl Preempter for Follow {
    fn before(&mut self, place: Place) -> Answer {
        match self.list.get(self.next) {
            Some(wanted) if wanted.instruction == place.instruction => {
                self.next += 1;
                match self.next == self.list.len() {
                    true => Answer::TakeLast(wanted.way),
                    false => Answer::Take(wanted.way),
                }
            }
            _ => Answer::GoOn,
        }
    }
}
