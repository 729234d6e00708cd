//! Runs in processes of their own.

use std::borrow::BorrowMut;
use std::io;

use fbsd_explorer::trace::Trace;
use fbsd_explorer::{Decision, Scheduler, Strategy};

use super::arena::{Arena, COUNTERS, Verdict};
use super::host;
use super::registry::Scenario;
use crate::machine::step::Steps;
use crate::machine::{self, allowed};
use crate::report::{self, Kind};

/// How runs are made.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// Whether simulated CPUs run in parallel.
    pub smp: bool,
    /// After how many steps a run counts as a livelock.
    pub step_limit: u64,
    /// After how many seconds (of CPU time, in MODE=smp of real time) a run
    /// that reaches no scheduling point is killed.
    pub seconds: u32,
}

/// A run that ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How.
    pub verdict: Verdict,
    /// After how many scheduling points.
    pub steps: u64,
    /// Why.
    pub text: String,
    /// Its decisions.
    pub decisions: Vec<Decision>,
    /// The hash of its trace.
    pub hash: u64,
    /// Its counters.
    pub counters: [u64; COUNTERS],
}

/// A place for one run at a time.
pub struct Slot {
    arena: Arena,
    cpu: Option<usize>,
    running: Option<libc::pid_t>,
}

impl Slot {
    /// The nth slot: its runs stay on the nth of the host's CPUs.
    pub fn new(index: usize) -> io::Result<Self> {
        Ok(Self {
            arena: Arena::new()?,
            cpu: host::cpus().get(index).copied(),
            running: None,
        })
    }

    /// A slot whose runs go where the host likes: next to another program's.
    pub fn anywhere() -> io::Result<Self> {
        Ok(Self {
            arena: Arena::new()?,
            cpu: None,
            running: None,
        })
    }

    /// Whether the run that goes on here is the process `pid`.
    fn is(&self, pid: libc::pid_t) -> bool {
        self.running == Some(pid)
    }

    /// Starts a run.
    pub fn start(
        &mut self,
        scenario: &'static Scenario,
        strategy: Box<dyn Strategy>,
        mode: Mode,
    ) -> io::Result<()> {
        self.start_stepped(scenario, strategy, mode, None)
    }

    /// Starts a run; with `steps` it can be preempted between instructions.
    pub fn start_stepped(
        &mut self,
        scenario: &'static Scenario,
        strategy: Box<dyn Strategy>,
        mode: Mode,
        steps: Option<Steps>,
    ) -> io::Result<()> {
        self.arena.reset();
        // SAFETY: the runner has a single thread, so the child may go on with
        // whatever it likes.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()),
            0 => self.run(scenario, strategy, mode, steps),
            pid => {
                self.running = Some(pid);
                Ok(())
            }
        }
    }

    /// Waits for the run; `None` if there is none.
    pub fn wait(&mut self) -> io::Result<Option<Ended>> {
        let Some(pid) = self.running.take() else {
            return Ok(None);
        };
        let mut status = 0;
        // SAFETY: the status is a live variable.
        while unsafe { libc::waitpid(pid, &raw mut status, 0) } == -1 {
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        Ok(Some(self.ended(status)))
    }

    /// The trace of the run that ended last.
    pub fn trace(&self) -> Trace {
        self.arena.trace()
    }

    /// What threads and processes held at each event of that run.
    pub fn states(&self) -> Vec<u64> {
        self.arena.states()
    }

    /// How many of its events came before it went a way of its own, if it did.
    pub fn parted(&self) -> Option<u64> {
        self.arena.parted()
    }

    /// Digests of what rules allow to differ in that run.
    pub fn aside(&self) -> [u64; allowed::MOST] {
        self.arena.aside()
    }

    /// A run from beginning to end.
    pub fn complete(
        &mut self,
        scenario: &'static Scenario,
        strategy: Box<dyn Strategy>,
        mode: Mode,
    ) -> io::Result<Ended> {
        self.start(scenario, strategy, mode)?;
        self.wait()?
            .ok_or_else(|| io::Error::other("a run ended unseen"))
    }

    fn run(
        &self,
        scenario: &'static Scenario,
        strategy: Box<dyn Strategy>,
        mode: Mode,
        steps: Option<Steps>,
    ) -> ! {
        if let Some(cpu) = self.cpu.filter(|_| !mode.smp) {
            host::stay_on(cpu);
        }
        host::limit(mode.seconds, mode.smp);
        std::panic::set_hook(Box::new(|panic| {
            report::fail(Kind::Internal, panic.to_string());
        }));
        let tape = self.arena.enter();
        scenario.begin();
        machine::run::run(machine::run::Config {
            scheduler: Scheduler::new(strategy, tape),
            step_limit: mode.step_limit,
            smp: mode.smp,
            steps,
            setup: scenario.setup,
            body: scenario.run,
        })
    }

    fn ended(&self, status: libc::c_int) -> Ended {
        let (verdict, steps, text) = match self.arena.written() {
            Some(written) => (written.verdict, written.steps, written.text),
            None => (Verdict::Died, 0, death(status)),
        };
        Ended {
            verdict,
            steps,
            text,
            decisions: self.arena.decisions(),
            hash: self.arena.hash(),
            counters: self.arena.counters(),
        }
    }
}

/// Waits for a run to end in one of `slots`; `None` if none goes on.
pub fn wait_any<S: BorrowMut<Slot>>(slots: &mut [S]) -> io::Result<Option<(usize, Ended)>> {
    if slots.iter().all(|slot| slot.borrow().running.is_none()) {
        return Ok(None);
    }
    // SAFETY: an all-zero siginfo is a valid one, and the call fills it; the
    // child stays to be waited for by its slot.
    let pid = unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        while libc::waitid(libc::P_ALL, 0, &raw mut info, libc::WEXITED | libc::WNOWAIT) == -1 {
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        info.si_pid()
    };
    let Some(index) = slots.iter().position(|slot| slot.borrow().is(pid)) else {
        return Err(io::Error::other("a process ended that is no run"));
    };
    Ok(slots[index]
        .borrow_mut()
        .wait()?
        .map(|ended| (index, ended)))
}

/// What a wait status says of a run that wrote no result.
pub fn death(status: libc::c_int) -> String {
    if !libc::WIFSIGNALED(status) {
        return format!(
            "the process left with status {} in the middle of the run",
            libc::WEXITSTATUS(status)
        );
    }
    match libc::WTERMSIG(status) {
        libc::SIGSEGV => "SIGSEGV: an access to memory that is not there".to_string(),
        libc::SIGBUS => "SIGBUS: an access to memory that is not there".to_string(),
        libc::SIGILL => "SIGILL: an instruction that does not exist, or a trap".to_string(),
        libc::SIGFPE => "SIGFPE: a division by zero".to_string(),
        libc::SIGTRAP => "SIGTRAP: a trap".to_string(),
        libc::SIGABRT => "SIGABRT: the simulation gave up".to_string(),
        libc::SIGPROF => {
            "no scheduling point was reached for a long time: a loop without one".to_string()
        }
        libc::SIGALRM => "the run did not end: a deadlock, a livelock or a loop".to_string(),
        signal => format!("signal {signal}"),
    }
}

/// How many runs are worth having at once.
pub fn parallel_runs() -> usize {
    host::cpus().len().clamp(1, 2)
}
