//! What the program with the scenarios says of a run of many schedules: TAP,
//! with facts below each failure.

use crate::tap::{self, Failed};

/// What it said.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Runs.
    pub schedules: u64,
    /// Runs with preemptions inside the object.
    pub preemptions: u64,
    /// Threads that were created, which MODE=smp tells.
    pub threads: u64,
    /// What failed.
    pub failures: Vec<Failed>,
}

/// Reads the output.
pub fn read(tap: &str) -> Words {
    let mut words = Words {
        failures: tap::failures(tap),
        ..Words::default()
    };
    for line in tap.lines() {
        if line.starts_with("ok ") || line.starts_with("not ok ") {
            words.schedules += schedules(line).unwrap_or_default();
        }
        if let Some(sum) = line.strip_prefix("preempt: ") {
            words.preemptions += counted(sum, "preemptions").unwrap_or_default();
        }
        if let Some(number) = line
            .strip_prefix("# ")
            .and_then(|comment| comment.strip_suffix(" threads created"))
        {
            words.threads += number.parse().unwrap_or(0);
        }
    }
    words
}

/// The number of something in "9 scenarios passed, 312 preemptions".
fn counted(sum: &str, what: &str) -> Option<u64> {
    let mut parts = sum.split(", ");
    parts.find_map(|part| part.strip_suffix(what)?.trim().parse().ok())
}

/// The number in a test's comment: "# 200 schedules, 0.12 s".
fn schedules(line: &str) -> Option<u64> {
    let (_, comment) = line.rsplit_once(" # ")?;
    let (number, rest) = comment.split_once(' ')?;
    rest.starts_with("schedule").then(|| number.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAP: &str = "TAP version 14
1..3
ok 1 - S01 Boot # 200 schedules, all with 1 preemption, 0.12 s
not ok 2 - S40 The last thread \\# # 3 schedules, 0.02 s
ok 3 - S41 Skipped # SKIP no reason
# 12 threads created
# 11 threads exited
2 passed, 1 failed, 0 skipped
";

    #[test]
    fn runs_and_failures_are_read() {
        let words = read(TAP);
        assert_eq!((words.schedules, words.threads), (203, 12));
        assert_eq!(words.failures.len(), 1);
        assert_eq!(read("killed\n"), Words::default());
    }

    #[test]
    fn preemptions_are_counted() {
        let words = read(
            "ok 1 - S21 A reaper # 2328 instructions, 1 of 2274 preemptions, 39 runs with several, 1.31 s\n\
             preempt: 1 scenarios passed, 40 preemptions, 0 failures\n",
        );
        assert_eq!((words.preemptions, words.schedules), (40, 0));
    }
}
