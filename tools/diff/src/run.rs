//! What can be run, and how it ended.

use std::fmt;

use fbsd_program::Program;

/// What is run: a scenario by its id, or a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A scenario that is linked in.
    Scenario(String),
    /// A program.
    Program(Program),
}

/// The name under which a program is asked for.
pub const PROGRAM: &str = "program";

/// One run: a subject under a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What.
    pub subject: Subject,
    /// How: `random:7`, `pct:7:3:400`, or the schedule itself.
    pub schedule: String,
}

impl Run {
    /// The fields of a request for it.
    pub fn fields(&self) -> String {
        match &self.subject {
            Subject::Scenario(id) => format!("{id}\t{}\t", self.schedule),
            Subject::Program(program) => format!("{PROGRAM}\t{}\t{program}", self.schedule),
        }
    }

    /// The same subject under another schedule.
    pub fn under(&self, schedule: &str) -> Self {
        Self {
            subject: self.subject.clone(),
            schedule: schedule.to_string(),
        }
    }

    /// The variables of make that repeat it.
    pub fn variables(&self) -> String {
        match &self.subject {
            Subject::Scenario(id) => format!("ONLY={id} REPLAY={}", self.schedule),
            Subject::Program(program) => {
                format!("PROGRAM=\"{program}\" REPLAY={}", self.schedule)
            }
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject {
            Subject::Scenario(id) => write!(f, "{id} under {}", self.schedule),
            Subject::Program(program) => write!(f, "\"{program}\" under {}", self.schedule),
        }
    }
}

/// How a run ended, as its side says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// "passed", "panic", "deadlock", ...
    pub verdict: String,
    /// The digest of all events and states.
    pub digest: String,
    /// Scheduling points.
    pub steps: u64,
    /// The decisions, as a schedule that repeats the run.
    pub schedule: String,
    /// The situations that a program met: bits of `Situation`.
    pub met: u64,
    /// How many events came before it went a way of its own, waiting for a lock
    /// that the other side need not have.
    pub parted: Option<u64>,
    /// A digest of what each allowed divergence left out.
    pub aside: Vec<String>,
    /// The first line of what went wrong.
    pub message: String,
}

impl Ended {
    /// Reads a side's answer.
    pub fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [
            verdict,
            digest,
            steps,
            schedule,
            met,
            parted,
            aside,
            message,
        ] = fields[..]
        else {
            return None;
        };
        let parted = match parted {
            "-" => None,
            events => Some(events.parse().ok()?),
        };
        Some(Self {
            verdict: verdict.to_string(),
            digest: digest.to_string(),
            steps: steps.parse().ok()?,
            schedule: schedule.to_string(),
            met: u64::from_str_radix(met, 16).ok()?,
            parted,
            aside: aside.split(',').map(str::to_string).collect(),
            message: message.to_string(),
        })
    }

    /// Whether everything was as the scenario and the harness want it.
    pub fn passed(&self) -> bool {
        self.verdict == "passed"
    }

    /// Whether two sides did the same.  The text of a failure may name
    /// addresses, so that only its kind counts.
    pub fn equals(&self, other: &Ended) -> bool {
        self.verdict == other.verdict && self.digest == other.digest && self.steps == other.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read() {
        let ended = Ended::parse("deadlock\tabc\t12\t5A\t1f\t7\t0,1f\tnobody can go on");
        let ended = ended.expect("eight fields");
        assert!(!ended.passed());
        assert_eq!((ended.steps, ended.schedule.as_str()), (12, "5A"));
        assert_eq!((ended.parted, ended.aside[1].as_str()), (Some(7), "1f"));
        assert_eq!(ended.met, 0x1f);
        assert_eq!(Ended::parse("passed\tabc\t12"), None);
    }

    #[test]
    fn only_how_it_ended_and_what_happened_count() {
        let ended = Ended::parse("passed\tabc\t12\t5A\t0\t-\t0\t").expect("eight fields");
        let same = Ended {
            message: "elsewhere".to_string(),
            ..ended.clone()
        };
        assert!(ended.equals(&same));
        for line in [
            "passed\tabd\t12\t5A\t0\t-\t0\t",
            "panic\tabc\t12\t5A\t0\t-\t0\t",
            "passed\tabc\t13\t5A\t0\t-\t0\t",
        ] {
            assert!(
                !ended.equals(&Ended::parse(line).expect("eight fields")),
                "{line}"
            );
        }
    }

    #[test]
    fn a_run_says_how_to_repeat_it() {
        let run = Run {
            subject: Subject::Scenario("S40".to_string()),
            schedule: "random:1".to_string(),
        };
        assert_eq!(run.under("5A").variables(), "ONLY=S40 REPLAY=5A");
        assert_eq!(run.fields(), "S40\trandom:1\t");
    }
}
