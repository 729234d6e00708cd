//! What a worker has at hand, and how it carries a job out.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use kt_diff::compare::{self, Finding, Order, Sides, What};
use kt_diff::side::Side;

use super::failures::Failure;
use super::host::Cpus;
use super::mix::Kind;
use super::state::{Job, Totals};
use super::words;
use crate::config::Implementation;
use crate::error::{Error, Result, bail};
use crate::files;

/// Runs of a program that is compared, each under another schedule.
const RUNS_OF_A_PROGRAM: u64 = 4;
/// Runs of a scenario that is compared.
const RUNS_OF_A_SCENARIO: u64 = 9;
/// Schedules of a scenario that is run on one object.
const SCHEDULES: u64 = 200;
/// Scenarios that are run on parallel CPUs together.
const RACING: usize = 8;
/// Seconds that they have.
const RACE: u64 = 2;
/// Numbers of jobs that have seeds of their own for each seed of the soak.
const JOBS: u64 = 1_000_000;
/// How often a child is looked after.
const GLANCE: Duration = Duration::from_millis(5);

/// The programs, and the commands that run them again.
pub struct Objects {
    /// The program with the C object.
    pub c: Option<PathBuf>,
    /// The program with the Rust object.
    pub rust: PathBuf,
    /// The ids of the scenarios.
    pub scenarios: Vec<String>,
    /// `make diff ...` with the variables that choose the objects.
    pub compare_again: String,
    /// `make scenarios ...` for the C object and for the Rust object.
    pub run_again: [String; 2],
    /// Where pictures of failures go.
    pub pictures: PathBuf,
}

/// A worker's.
pub struct Bench {
    /// The same for all workers.
    pub objects: Arc<Objects>,
    /// The soak's seed.
    pub seed: u64,
    /// Raised when nothing is worth finishing any more.
    pub give_up: Arc<AtomicBool>,
    /// The host's.
    pub cpus: Cpus,
    /// Which of the workers this is.
    pub worker: usize,
    /// A folder for what children say.
    pub folder: PathBuf,
    /// Both programs, while they answer requests.
    pub sides: Option<Sides>,
}

impl Bench {
    /// Carries a job out and tells each failure to `found`; `None` if it was
    /// cut off.
    pub fn carry_out(
        &mut self,
        job: Job,
        found: &mut dyn FnMut(Failure),
    ) -> Result<Option<Totals>> {
        match job.kind {
            Kind::Programs => self.compare_program(job, found).map(Some),
            Kind::Compared => self.compare_scenario(job, found).map(Some),
            Kind::Schedules => self.explore(job, found),
            Kind::Smp => self.race(job, found),
        }
    }

    /// What makes a job of a kind different from all others of that kind.
    fn seed_of(&self, job: Job) -> u64 {
        self.seed.wrapping_mul(JOBS).wrapping_add(job.number)
    }

    fn compare_program(&mut self, job: Job, found: &mut dyn FnMut(Failure)) -> Result<Totals> {
        let order = Order {
            runs: RUNS_OF_A_PROGRAM,
            programs: true,
            ..self.order(job)
        };
        let mut counted = self.compare(&order, found)?;
        counted.programs = 1;
        Ok(counted)
    }

    fn compare_scenario(&mut self, job: Job, found: &mut dyn FnMut(Failure)) -> Result<Totals> {
        let order = Order {
            runs: RUNS_OF_A_SCENARIO,
            scenarios: vec![self.scenario(job.number).to_string()],
            ..self.order(job)
        };
        self.compare(&order, found)
    }

    /// An order of nothing.
    fn order(&self, job: Job) -> Order {
        Order {
            seed: self.seed_of(job),
            runs: 0,
            scenarios: Vec::new(),
            seeds: Vec::new(),
            programs: false,
            enough: 1,
            reduce: true,
        }
    }

    /// Carries an order out on both objects; on the Rust object twice if it is
    /// the only one.
    fn compare(&mut self, order: &Order, found: &mut dyn FnMut(Failure)) -> Result<Totals> {
        let again = &self.objects.compare_again;
        let alone = self.objects.c.is_none();
        let mut sides = match self.sides.take() {
            Some(sides) => sides,
            None => self.start()?,
        };
        let heard = |_, finding: Option<(&Finding, &mut Sides)>| {
            if let Some((finding, _)) = finding {
                found(Failure {
                    what: match finding.what {
                        What::Divergence if alone => "two runs differ".to_string(),
                        What::Divergence => "divergence".to_string(),
                        What::Failure => "failure on both sides".to_string(),
                    },
                    again: format!("{again} {}", finding.least.variables()),
                });
            }
            Ok(())
        };
        let outcome = compare::compare(&mut sides, order, heard).map_err(Error::new)?;
        // Programs that failed to answer are not asked again.
        self.sides = Some(sides);
        let (divergences, failures) = (
            outcome.count(What::Divergence) as u64,
            outcome.count(What::Failure) as u64,
        );
        Ok(Totals {
            schedules: outcome.runs,
            divergences: if alone { 0 } else { divergences },
            failures: if alone {
                failures + divergences
            } else {
                failures
            },
            ..Totals::default()
        })
    }

    fn start(&self) -> Result<Sides> {
        let (name, first) = match &self.objects.c {
            Some(program) => ("C", program),
            None => ("first", &self.objects.rust),
        };
        Ok(Sides {
            c: Side::start(name, first).map_err(Error::new)?,
            rust: Side::start("Rust", &self.objects.rust).map_err(Error::new)?,
        })
    }

    fn scenario(&self, number: u64) -> &str {
        let all = &self.objects.scenarios;
        let index = number % all.len().max(1) as u64;
        all.get(index as usize).map_or("", String::as_str)
    }

    /// The objects by turns, and how often each has had its turn.
    fn turn(&self, number: u64) -> (Implementation, &Path, u64) {
        match &self.objects.c {
            Some(program) if number.is_multiple_of(2) => (Implementation::C, program, number / 2),
            Some(_) => (Implementation::Rust, &self.objects.rust, number / 2),
            None => (Implementation::Rust, &self.objects.rust, number),
        }
    }

    /// A scenario under many schedules.
    fn explore(&self, job: Job, found: &mut dyn FnMut(Failure)) -> Result<Option<Totals>> {
        let (implementation, program, turn) = self.turn(job.number);
        let mut command = Command::new(program);
        command
            .args(["run", &alone(self.scenario(turn))])
            .args(["--random", "--schedules", &SCHEDULES.to_string()])
            .args(["--seed", &self.seed_of(job).to_string()])
            .arg("--out")
            .arg(&self.objects.pictures)
            .args(["--again", self.run_again(implementation)]);
        self.tell(implementation, &mut command, "", found)
    }

    /// Some scenarios on parallel CPUs, for which all of the host's are wanted.
    fn race(&self, job: Job, found: &mut dyn FnMut(Failure)) -> Result<Option<Totals>> {
        let (implementation, program, turn) = self.turn(job.number);
        let first = turn * RACING as u64;
        let ids = (first..first + RACING as u64).map(|number| alone(self.scenario(number)));
        let mut command = Command::new(program);
        command
            .args(["run", "--mode", "smp", "--time", &RACE.to_string()])
            .args(ids);
        self.cpus.use_all();
        let told = self.tell(implementation, &mut command, " MODE=smp TIME=10", found);
        self.cpus.stay_on(self.worker);
        told
    }

    fn run_again(&self, implementation: Implementation) -> &str {
        match implementation {
            Implementation::C => &self.objects.run_again[0],
            Implementation::Rust => &self.objects.run_again[1],
        }
    }

    /// Runs the program with the scenarios and reads what it says.  `variables`
    /// are make's, for failures that have no command of their own.
    fn tell(
        &self,
        implementation: Implementation,
        command: &mut Command,
        variables: &str,
        found: &mut dyn FnMut(Failure),
    ) -> Result<Option<Totals>> {
        let Some((status, text)) = self.run(command)? else {
            return Ok(None);
        };
        let words = words::read(&text);
        if words.failures.is_empty() && !status.success() {
            bail!("the scenarios did not run to their end: {status}");
        }
        for failed in &words.failures {
            let command = self.run_again(implementation);
            let unnamed = format!("{command}{variables} ONLY={}", failed.scenario);
            found(Failure {
                what: format!("{} of {implementation}", failed.kind),
                again: failed.replay.clone().unwrap_or(unnamed),
            });
        }
        Ok(Some(Totals {
            schedules: words.schedules,
            threads: words.threads,
            failures: words.failures.len() as u64,
            ..Totals::default()
        }))
    }

    /// Runs a command to its end and gives what it printed; `None` if it was
    /// cut off.
    fn run(&self, command: &mut Command) -> Result<Option<(ExitStatus, String)>> {
        let path = self.folder.join(format!(".worker{}", self.worker));
        let output = File::create(&path).map_err(|cause| Error::io("write", &path, &cause))?;
        // An interrupt at the terminal is for the driver, which lets the child
        // finish if that does not take long.
        let mut child = command
            .stdout(output)
            .process_group(0)
            .spawn()
            .map_err(|cause| Error::new(format!("cannot run the scenarios: {cause}")))?;
        let waits =
            |cause: std::io::Error| Error::new(format!("cannot wait for the scenarios: {cause}"));
        let status = loop {
            if let Some(status) = child.try_wait().map_err(waits)? {
                break Some(status);
            }
            if self.give_up.load(Ordering::Relaxed) {
                // Its own children die with it.
                child.kill().and_then(|()| child.wait()).map_err(waits)?;
                break None;
            }
            thread::sleep(GLANCE);
        };
        let text = files::read_bytes(&path)?;
        fs::remove_file(&path).map_err(|cause| Error::io("remove", &path, &cause))?;
        Ok(status.map(|status| (status, String::from_utf8_lossy(&text).into_owned())))
    }
}

/// A scenario without its variants, which have ids of their own.
fn alone(id: &str) -> String {
    format!("={id}")
}
