//! What a soak has done: saved as it goes, read when it is resumed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::AddAssign;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::mix::{self, Kind, Spent};
use crate::error::{Error, Result, bail};
use crate::files;

/// The format of the file: raised when an older one means something else.
const FORMAT: u64 = 1;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Time that the soak has run.
    pub milliseconds: u64,
    /// Generated programs.
    pub programs: u64,
    /// Runs of a program or a scenario: a comparison's two are one.
    pub schedules: u64,
    /// Runs with preemptions inside the object.
    pub preemptions: u64,
    /// Threads that were created on parallel CPUs.
    pub threads: u64,
    /// Runs in which the two objects differ.
    pub divergences: u64,
    /// Other runs that failed.
    pub failures: u64,
}

impl Totals {
    /// Whole seconds.
    pub fn seconds(&self) -> u64 {
        self.milliseconds / 1000
    }

    /// What the last line says.
    pub fn last_line(&self) -> String {
        format!(
            "soak: {} s, {} programs, {} schedules, {} preemptions, {} divergences, {} failures",
            self.seconds(),
            self.programs,
            self.schedules,
            self.preemptions,
            self.divergences,
            self.failures
        )
    }
}

/// The line of a minute.
impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} s: {} programs, {} schedules, {} preemptions, {} threads in smp, \
             {} divergences, {} failures",
            self.seconds(),
            self.programs,
            self.schedules,
            self.preemptions,
            self.threads,
            self.divergences,
            self.failures
        )
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.milliseconds += other.milliseconds;
        self.programs += other.programs;
        self.schedules += other.schedules;
        self.preemptions += other.preemptions;
        self.threads += other.threads;
        self.divergences += other.divergences;
        self.failures += other.failures;
    }
}

/// How far a kind of work has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    /// The job that comes next.
    next: u64,
    /// Jobs before that one that have not been done: they go on, or were cut
    /// off when the soak stopped.
    open: BTreeSet<u64>,
    /// Time that its jobs took.
    milliseconds: u64,
}

/// A job: its kind and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// What kind of work.
    pub kind: Kind,
    /// Which one.
    pub number: u64,
}

/// The state of a soak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    format: u64,
    seed: u64,
    objects: String,
    positions: BTreeMap<Kind, Position>,
    /// What was done so far.
    pub totals: Totals,
    /// Jobs that were cut off: they come first.
    #[serde(skip)]
    again: BTreeMap<Kind, BTreeSet<u64>>,
}

impl State {
    /// That of a soak which has done nothing; `objects` tells the objects from
    /// other builds.
    pub fn new(seed: u64, objects: &str) -> Self {
        Self {
            format: FORMAT,
            seed,
            objects: objects.to_string(),
            positions: BTreeMap::new(),
            totals: Totals::default(),
            again: BTreeMap::new(),
        }
    }

    /// The state that was saved, if it is one of this seed.  A soak of other
    /// objects goes on with what has not been tried yet, but what was counted
    /// does not hold for them.
    pub fn resume(path: &Path, seed: u64, objects: &str) -> Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let mut state = Self::parse(&files::read(path)?)
            .map_err(|cause| Error::new(format!("{}: {cause}", path.display())))?;
        if state.seed != seed {
            return Ok(None);
        }
        if state.objects != objects {
            state.objects = objects.to_string();
            state.totals = Totals::default();
        }
        state.again = state
            .positions
            .iter()
            .map(|(kind, position)| (*kind, position.open.clone()))
            .collect();
        Ok(Some(state))
    }

    fn parse(text: &str) -> Result<Self> {
        const MEND: &str = "give RESTART=1 to begin anew";
        let broken = |cause: serde_json::Error| {
            Error::new(format!("the saved state cannot be read ({cause}): {MEND}"))
        };
        // The format first: nothing else can be said of another one.
        let value: serde_json::Value = serde_json::from_str(text).map_err(broken)?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(FORMAT) => serde_json::from_value(value).map_err(broken),
            Some(other) => bail!("the saved state has format {other}, not {FORMAT}: {MEND}"),
            None => bail!("this is no saved state: {MEND}"),
        }
    }

    /// Writes it as a whole.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|cause| Error::new(format!("the state cannot be written: {cause}")))?;
        files::write(path, text + "\n")
    }

    /// Gives out a job.
    pub fn take(&mut self, kinds: &[Kind]) -> Option<Job> {
        let kind = mix::next(kinds, |kind| self.spent(kind))?;
        let position = self.positions.entry(kind).or_default();
        let cut_off = self.again.get_mut(&kind).and_then(BTreeSet::pop_first);
        let number = cut_off.unwrap_or(position.next);
        position.next = position.next.max(number + 1);
        position.open.insert(number);
        Some(Job { kind, number })
    }

    /// A job is done.
    pub fn done(&mut self, job: Job, took: Duration, counted: Totals) {
        let position = self.positions.entry(job.kind).or_default();
        position.open.remove(&job.number);
        position.milliseconds += took.as_millis() as u64;
        self.totals += counted;
    }

    fn spent(&self, kind: Kind) -> Spent {
        self.positions.get(&kind).map_or_else(Spent::default, |at| {
            let waiting = self.again.get(&kind).map_or(0, BTreeSet::len);
            Spent {
                milliseconds: at.milliseconds,
                open: at.open.len().saturating_sub(waiting) as u64,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    const KINDS: &[Kind] = &[Kind::Schedules];

    fn numbers(state: &mut State, count: usize) -> Vec<u64> {
        let jobs = (0..count).map(|_| state.take(KINDS).expect("a job").number);
        jobs.collect()
    }

    fn done(state: &mut State, number: u64) {
        let job = Job {
            kind: Kind::Schedules,
            number,
        };
        let counted = Totals {
            schedules: 200,
            ..Totals::default()
        };
        state.done(job, Duration::from_millis(5), counted);
    }

    /// What was cut off is done first when the soak goes on, and nothing that
    /// was done is done twice.
    #[test]
    fn a_soak_goes_on_where_it_was() {
        let dir = Scratch::new("soak-state");
        let path = dir.path().join("state.json");
        let mut state = State::new(7, "objects");
        assert_eq!(numbers(&mut state, 4), [0, 1, 2, 3]);
        done(&mut state, 0);
        done(&mut state, 2);
        state.save(&path).expect("saved");

        let mut resumed = State::resume(&path, 7, "objects")
            .expect("read")
            .expect("of this seed");
        assert_eq!(resumed.totals.schedules, 400);
        assert_eq!(numbers(&mut resumed, 4), [1, 3, 4, 5]);
        done(&mut resumed, 1);
        resumed.save(&path).expect("saved again");
        let mut third = State::resume(&path, 7, "objects")
            .expect("read")
            .expect("of this seed");
        assert_eq!(numbers(&mut third, 4), [3, 4, 5, 6]);
    }

    #[test]
    fn another_seed_begins_anew_and_other_objects_count_anew() {
        let dir = Scratch::new("soak-seed");
        let path = dir.path().join("state.json");
        let nothing = State::resume(&path, 1, "a").expect("nothing saved");
        assert_eq!(nothing, None);
        let mut state = State::new(1, "a");
        numbers(&mut state, 1);
        done(&mut state, 0);
        state.save(&path).expect("saved");
        assert_eq!(State::resume(&path, 2, "a").expect("read"), None);
        let mut other = State::resume(&path, 1, "b").expect("read").expect("seed 1");
        assert_eq!(other.totals, Totals::default());
        assert_eq!(numbers(&mut other, 1), [1]);
    }

    /// One line that says how to mend it, whatever is in the file.
    #[test]
    fn what_is_no_state_is_refused() {
        let dir = Scratch::new("soak-refused");
        let path = dir.path().join("state.json");
        let mut newer = serde_json::to_value(State::new(1, "a")).expect("a value");
        newer["format"] = 2.into();
        let mut partly = serde_json::to_value(State::new(1, "a")).expect("a value");
        partly["totals"] = "many".into();
        for (text, wrong) in [
            (newer.to_string(), "has format 2, not 1"),
            (partly.to_string(), "cannot be read"),
            ("{\"format\": 1".to_string(), "cannot be read"),
            ("[]".to_string(), "no saved state"),
        ] {
            dir.write("state.json", &text);
            let message = State::resume(&path, 1, "a").expect_err(&text).to_string();
            assert!(message.contains(wrong), "{message}");
            assert!(message.contains("RESTART=1"), "{message}");
            assert!(!message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn lines_have_every_figure() {
        let totals = Totals {
            milliseconds: 61_500,
            programs: 2,
            schedules: 3,
            preemptions: 4,
            threads: 5,
            divergences: 6,
            failures: 7,
        };
        assert_eq!(
            totals.last_line(),
            "soak: 61 s, 2 programs, 3 schedules, 4 preemptions, 6 divergences, 7 failures"
        );
        assert_eq!(
            totals.to_string(),
            "61 s: 2 programs, 3 schedules, 4 preemptions, 5 threads in smp, \
             6 divergences, 7 failures"
        );
        let mut twice = totals;
        twice += totals;
        assert_eq!((twice.programs, twice.failures), (4, 14));
    }
}
