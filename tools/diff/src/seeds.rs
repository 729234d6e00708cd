//! The regression list: runs that once showed a divergence or a failure.
//!
//! A line is a schedule and what is run under it; `#` begins a comment that
//! says what was found.
//!
//! ```text
//! # a singler that was stopped while it was alone
//! random:7 S40_stop
//! 5A1cB    cpus=2; new:1 rfork | sleep:0; start:0 kill:0:0
//! ```

use crate::Result;
use crate::run::{Run, Subject};

/// Reads the list.
pub fn parse(text: &str) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |what: &str| format!("line {} of the regression list: {what}", number + 1);
        let Some((schedule, subject)) = line.split_once(char::is_whitespace) else {
            return Err(wrong("a schedule and a scenario or a program are wanted"));
        };
        fbsd_explorer::spec::parse(schedule).map_err(|cause| wrong(&cause))?;
        let subject = subject.trim();
        let subject = match subject.contains(';') {
            true => Subject::Program(subject.parse().map_err(|cause: String| wrong(&cause))?),
            false => Subject::Scenario(subject.to_string()),
        };
        runs.push(Run {
            subject,
            schedule: schedule.to_string(),
        });
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_and_programs_are_read() {
        let runs =
            parse("# why\nrandom:7 S40_stop\n\n5A1cB  cpus=2; spin:1; start:0\n").expect("valid");
        assert_eq!(runs[0].subject, Subject::Scenario("S40_stop".to_string()));
        assert_eq!(runs[1].schedule, "5A1cB");
        assert!(matches!(&runs[1].subject, Subject::Program(program) if program.steps() == 2));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for text in ["S40", "random:x S40", "- spin:1;", "- jump;;"] {
            let error = parse(&format!("# first\n{text}\n")).expect_err(text);
            assert!(error.starts_with("line 2 "), "{error}");
        }
    }
}
