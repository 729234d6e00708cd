//! What a worker has at hand, and how it carries a job out.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
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
use crate::diff::Allowed;
use crate::error::{Error, Result, bail};
use crate::files;
use crate::process;

/// Runs of a program that is compared, each under another schedule.
const RUNS_OF_A_PROGRAM: u64 = 4;
/// Runs of a scenario that is compared.
const RUNS_OF_A_SCENARIO: u64 = 9;
/// Schedules of a scenario that is run on one object.
const SCHEDULES: u64 = 200;
/// Runs of a scenario with preemptions inside the object: as many as branch off
/// three runs.
const PREEMPTIONS: u64 = 75;
/// Scenarios that are run on parallel CPUs together.
const RACING: u64 = 8;
/// Seconds that they have.
const RACE: u64 = 2;
/// Numbers of jobs that have seeds of their own for each seed of the soak.
const JOBS: u64 = 1_000_000;
/// How often a child is looked after.
const GLANCE: Duration = Duration::from_millis(5);

/// A program that runs scenarios on an object.
pub struct Program {
    /// Which object.
    pub implementation: Implementation,
    /// The program.
    pub path: PathBuf,
    /// The list of the object's functions.
    pub functions: PathBuf,
    /// `make scenarios ...` with the variables that choose the object.
    pub run_again: String,
    /// `make preempt ...` with them.
    pub preempt_again: String,
}

/// What jobs are about.
pub struct Objects {
    /// The C object, if there is one.
    pub c: Option<Program>,
    /// The Rust object.
    pub rust: Program,
    /// What they may differ in.
    pub allowed: Allowed,
    /// The ids of the scenarios.
    pub scenarios: Vec<String>,
    /// Those that do not take minutes to step through.
    pub short: Vec<String>,
    /// Those in which threads meet without a lock.
    pub meeting: Vec<String>,
    /// `make diff ...` with the variables that choose the objects.
    pub compare_again: String,
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
            Kind::Preempt => self.preempt(job, found),
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
            scenarios: vec![nth(&self.objects.scenarios, job.number).to_string()],
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
            Some(program) => ("C", &program.path),
            None => ("first", &self.objects.rust.path),
        };
        let first = Side::start(name, first).map_err(Error::new)?;
        let rust = Side::start("Rust", &self.objects.rust.path).map_err(Error::new)?;
        self.objects.allowed.between(first, rust)
    }

    /// The objects by turns, and how often each has had its turn.
    fn turn(&self, number: u64) -> (&Program, u64) {
        match &self.objects.c {
            Some(program) if number.is_multiple_of(2) => (program, number / 2),
            Some(_) => (&self.objects.rust, number / 2),
            None => (&self.objects.rust, number),
        }
    }

    /// A scenario under many schedules.
    fn explore(&self, job: Job, found: &mut dyn FnMut(Failure)) -> Result<Option<Totals>> {
        let (program, turn) = self.turn(job.number);
        let id = nth(&self.objects.scenarios, turn);
        let mut command = Command::new(&program.path);
        command
            .args(["run", &alone(id)])
            .args(["--random", "--schedules", &SCHEDULES.to_string()])
            .args(["--seed", &self.seed_of(job).to_string()])
            .arg("--out")
            .arg(&self.objects.pictures)
            .args(["--again", &program.run_again]);
        self.tell(program, &mut command, found)
    }

    /// A scenario with preemptions between instructions: by turns one in which
    /// threads meet without a lock, and any that is not too long.
    fn preempt(&self, job: Job, found: &mut dyn FnMut(Failure)) -> Result<Option<Totals>> {
        let (program, turn) = self.turn(job.number);
        let ids = match turn.is_multiple_of(2) {
            true => &self.objects.meeting,
            false => &self.objects.short,
        };
        let mut command = Command::new(&program.path);
        command
            .args(["preempt", &alone(nth(ids, turn / 2)), "--functions"])
            .arg(&program.functions)
            .args(["--most", "1", "--runs", &PREEMPTIONS.to_string()])
            .args(["--seed", &self.seed_of(job).to_string()])
            .arg("--out")
            .arg(&self.objects.pictures)
            .args(["--again", &program.preempt_again]);
        self.tell(program, &mut command, found)
    }

    /// Some scenarios on parallel CPUs, for which all of the host's are wanted.
    fn race(&self, job: Job, found: &mut dyn FnMut(Failure)) -> Result<Option<Totals>> {
        let (program, turn) = self.turn(job.number);
        let first = turn * RACING;
        let ids = (first..first + RACING).map(|number| nth(&self.objects.scenarios, number));
        let mut command = Command::new(&program.path);
        command
            .args(["run", "--mode", "smp", "--time", &RACE.to_string()])
            .args(ids.map(alone));
        self.cpus.use_all();
        let told = self.tell(program, &mut command, found);
        self.cpus.stay_on(self.worker);
        told
    }

    /// Runs a program with scenarios and reads what it says.
    fn tell(
        &self,
        program: &Program,
        command: &mut Command,
        found: &mut dyn FnMut(Failure),
    ) -> Result<Option<Totals>> {
        let Some((status, text)) = self.run(command)? else {
            return Ok(None);
        };
        let words = words::read(&text);
        if words.failures.is_empty() && !status.success() {
            let why = process::first_error(&text).unwrap_or(status.to_string());
            bail!("the scenarios did not run to their end: {why}");
        }
        for failed in &words.failures {
            // Only what parallel CPUs did cannot be replayed.
            let command = &program.run_again;
            let race = format!("{command} MODE=smp TIME=10 ONLY={}", failed.scenario());
            found(Failure {
                what: format!("{} of {}", failed.kind, program.implementation),
                again: failed.replay.clone().unwrap_or(race),
            });
        }
        Ok(Some(Totals {
            schedules: words.schedules,
            preemptions: words.preemptions,
            threads: words.threads,
            failures: words.failures.len() as u64,
            ..Totals::default()
        }))
    }

    /// Runs a command to its end and gives what it said; `None` if it was cut
    /// off.
    fn run(&self, command: &mut Command) -> Result<Option<(ExitStatus, String)>> {
        let path = self.folder.join(format!(".worker{}", self.worker));
        let output = File::create(&path).map_err(|cause| Error::io("write", &path, &cause))?;
        let errors = output
            .try_clone()
            .map_err(|cause| Error::io("write", &path, &cause))?;
        // An interrupt at the terminal is for the driver, which lets the child
        // finish if that does not take long.
        let mut child = command
            .stdout(output)
            .stderr(errors)
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

/// One of a list that goes round.
fn nth(ids: &[String], number: u64) -> &str {
    let index = number % ids.len().max(1) as u64;
    ids.get(index as usize).map_or("", String::as_str)
}

/// A scenario without its variants, which have ids of their own.
fn alone(id: &str) -> String {
    format!("={id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;
    use std::os::unix::fs::PermissionsExt;

    /// A bench whose Rust program is a script.
    fn bench(dir: &Scratch, script: &str) -> Bench {
        dir.write("scenarios", &format!("#!/bin/sh\n{script}\n"));
        let path = dir.path().join("scenarios");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        let ids = |text: &str| text.split(' ').map(str::to_string).collect();
        let objects = Objects {
            allowed: Allowed::default(),
            c: None,
            rust: Program {
                implementation: Implementation::Rust,
                functions: dir.path().join("functions"),
                path,
                run_again: "make scenarios".to_string(),
                preempt_again: "make preempt".to_string(),
            },
            scenarios: ids("S01 S02 S03"),
            short: ids("S01 S02"),
            meeting: ids("S40 S41"),
            compare_again: "make diff".to_string(),
            pictures: dir.path().join("pictures"),
        };
        Bench {
            objects: Arc::new(objects),
            seed: 7,
            give_up: Arc::new(AtomicBool::new(false)),
            cpus: Cpus::all().expect("CPUs"),
            worker: 0,
            folder: dir.path().to_path_buf(),
            sides: None,
        }
    }

    fn job(kind: Kind, number: u64) -> Job {
        Job { kind, number }
    }

    /// The seed and the number of a job say what the program is asked for.
    #[test]
    fn jobs_ask_for_what_their_number_says() {
        let dir = Scratch::new("soak-asks");
        let mut bench = bench(&dir, "echo \"$@\" >>\"${0%/*}/asked\"");
        for job in [
            job(Kind::Schedules, 4),
            job(Kind::Preempt, 2),
            job(Kind::Preempt, 3),
            job(Kind::Smp, 1),
        ] {
            let counted = bench.carry_out(job, &mut |_| ()).expect("carried out");
            assert_eq!(counted, Some(Totals::default()));
        }
        let asked = files::read(&dir.path().join("asked")).expect("asked");
        let lines: Vec<&str> = asked.lines().collect();
        assert!(lines[0].starts_with("run =S02 --random "), "{asked}");
        assert!(lines[0].contains(" --seed 7000004 "), "{asked}");
        assert!(lines[1].starts_with("preempt =S41 "), "{asked}");
        assert!(lines[2].starts_with("preempt =S02 "), "{asked}");
        assert!(lines[3].ends_with(" =S03 =S01 =S02 =S03 =S01 =S02 =S03 =S01"));
    }

    /// A failure has the command that its report names; what parallel CPUs did
    /// has one that tries it again.
    #[test]
    fn failures_have_commands() {
        let dir = Scratch::new("soak-tells");
        let script = "echo 'not ok 1 - S02 a # 12 schedules, 0.1 s'
            echo '  kind: \"panic\"'
            [ \"$2\" = --mode ] || echo '  replay: \"make scenarios ONLY=S02 REPLAY=5A\"'
            exit 1";
        let mut bench = bench(&dir, script);
        for (kind, again) in [
            (Kind::Schedules, "make scenarios ONLY=S02 REPLAY=5A"),
            (Kind::Smp, "make scenarios MODE=smp TIME=10 ONLY=S02"),
        ] {
            let mut kept = Vec::new();
            let counted = bench.carry_out(job(kind, 0), &mut |failure| kept.push(failure));
            let counted = counted.expect("carried out").expect("to its end");
            assert_eq!((counted.schedules, counted.failures), (12, 1));
            let what = "panic of rust".to_string();
            let again = again.to_string();
            assert_eq!(kept, [Failure { what, again }]);
        }
    }

    #[test]
    fn a_program_that_fails_is_quoted() {
        let dir = Scratch::new("soak-fails");
        let mut bench = bench(&dir, "echo 'error: there is no scenario S01' >&2; exit 2");
        let error = bench.carry_out(job(Kind::Schedules, 0), &mut |_| ());
        let message = error.expect_err("trouble").to_string();
        assert!(message.contains("there is no scenario S01"), "{message}");
    }

    /// When nothing is worth finishing any more, nothing is waited for.
    #[test]
    fn a_job_can_be_cut_off() {
        let dir = Scratch::new("soak-cut");
        let mut bench = bench(&dir, "exec sleep 600");
        bench.give_up.store(true, Ordering::Relaxed);
        let counted = bench.carry_out(job(Kind::Schedules, 0), &mut |_| ());
        assert_eq!(counted.expect("no trouble"), None);
    }
}
