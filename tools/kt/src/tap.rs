//! What a program that writes TAP says of its failed tests.

use std::process::Command;

use crate::error::{Result, bail};
use crate::process;

/// A test that failed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Failed {
    /// What it is called; a scenario's id comes first.
    pub title: String,
    /// "deadlock", "panic", ...
    pub kind: String,
    /// The command that shows it again, where there is one.
    pub replay: Option<String>,
}

impl Failed {
    /// The id of the scenario.
    pub fn scenario(&self) -> &str {
        self.title.split_whitespace().next().unwrap_or("?")
    }
}

/// The failed tests, in order.
pub fn failures(tap: &str) -> Vec<Failed> {
    let mut failures: Vec<Failed> = Vec::new();
    for line in tap.lines() {
        if let Some(test) = line.strip_prefix("not ok ") {
            let title = test.split_once(" - ").map_or(test, |(_, title)| title);
            let title = title.rsplit_once(" # ").map_or(title, |(title, _)| title);
            failures.push(Failed {
                title: title.to_string(),
                ..Failed::default()
            });
        } else if let Some(failed) = failures.last_mut() {
            if let Some(kind) = fact(line, "kind") {
                failed.kind = kind;
            } else if let Some(replay) = fact(line, "replay") {
                failed.replay = Some(replay);
            }
        }
    }
    failures
}

/// The value in a line of the block of facts below a test.
fn fact(line: &str, name: &str) -> Option<String> {
    let value = line.strip_prefix("  ")?.strip_prefix(name)?;
    let value = value.strip_prefix(": \"")?.strip_suffix('"')?;
    Some(value.replace("\\\"", "\"").replace("\\\\", "\\"))
}

/// Runs a program: the first test that fails.  One that fails without saying
/// which test does is an error.
pub fn first_failure(command: &mut Command) -> Result<Option<Failed>> {
    let output = process::output(command)?;
    let failed = failures(&String::from_utf8_lossy(&output.stdout))
        .into_iter()
        .next();
    if failed.is_none() && !output.status.success() {
        let program = command.get_program().to_string_lossy();
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("{program}: {}: {}", output.status, words.trim());
    }
    Ok(failed)
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
not ok 3 - a test without facts
";

    #[test]
    fn failures_are_read_with_their_facts() {
        let failures = failures(TAP);
        assert_eq!(failures.len(), 2);
        assert_eq!(failures[0].scenario(), "S40");
        assert_eq!(failures[0].title, "S40 The last thread \\#");
        assert_eq!(failures[0].kind, "deadlock");
        assert_eq!(
            failures[0].replay.as_deref(),
            Some("make scenarios OPTIONS=\"NUMA MAXMEMDOM=8\" ONLY=S40 REPLAY=pAkB")
        );
        assert_eq!(failures[1].title, "a test without facts");
        assert_eq!(failures[1].replay, None);
    }

    /// A program that dies before it says anything must not count as one whose
    /// tests pass.
    #[test]
    fn the_first_failure_is_told_from_a_program_that_dies() {
        let run = |script: &str| first_failure(Command::new("sh").args(["-c", script]));
        assert_eq!(run("echo ok 1 - a").expect("ran"), None);
        let failed = run("echo 'not ok 1 - S02 a'; echo 'not ok 2 - S03 b'; exit 1");
        assert_eq!(failed.expect("ran").expect("a failure").scenario(), "S02");
        let message = run("echo no object >&2; exit 2").expect_err("died");
        assert!(message.to_string().contains("no object"), "{message}");
    }
}
