//! What the program with the scenarios says of a run of many schedules: TAP,
//! with facts below each failure.

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

/// A scenario that failed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Failed {
    /// Its id.
    pub scenario: String,
    /// "deadlock", "panic", ...
    pub kind: String,
    /// The command that shows it again, where there is one.
    pub replay: Option<String>,
}

/// Reads the output.
pub fn read(tap: &str) -> Words {
    let mut words = Words::default();
    for line in tap.lines() {
        let fact = |name: &str| {
            let value = line.strip_prefix("  ")?.strip_prefix(name)?;
            let value = value.strip_prefix(": \"")?.strip_suffix('"')?;
            Some(value.replace("\\\"", "\"").replace("\\\\", "\\"))
        };
        if line.starts_with("ok ") || line.starts_with("not ok ") {
            words.schedules += schedules(line).unwrap_or_default();
        }
        if let Some(test) = line.strip_prefix("not ok ") {
            words.failures.push(Failed {
                scenario: test.split_whitespace().nth(2).unwrap_or("?").to_string(),
                ..Failed::default()
            });
        } else if let Some(failed) = words.failures.last_mut() {
            if let Some(kind) = fact("kind") {
                failed.kind = kind;
            } else if let Some(replay) = fact("replay") {
                failed.replay = Some(replay);
            }
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
  ---
  scenario: \"S40 The last thread\"
  kind: \"deadlock\"
  message: |
    nobody can go on
    kind: \"of a lock\"
  replay: \"make scenarios OPTIONS=\\\"NUMA MAXMEMDOM=8\\\" ONLY=S40 REPLAY=pAkB\"
  ...
ok 3 - S41 Skipped # SKIP no reason
# 12 threads created
# 11 threads exited
2 passed, 1 failed, 0 skipped
";

    #[test]
    fn runs_and_failures_are_read() {
        let words = read(TAP);
        assert_eq!((words.schedules, words.threads), (203, 12));
        assert_eq!(
            words.failures,
            [Failed {
                scenario: "S40".to_string(),
                kind: "deadlock".to_string(),
                replay: Some(
                    "make scenarios OPTIONS=\"NUMA MAXMEMDOM=8\" ONLY=S40 REPLAY=pAkB".to_string()
                ),
            }]
        );
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
