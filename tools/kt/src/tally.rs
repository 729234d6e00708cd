//! Counting what passed: TAP from the C unit tests, cargo's own summary lines,
//! and single checks.

use std::fmt;
use std::ops::AddAssign;

/// Numbers of tests.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Tests that could not be run here.
    pub skipped: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

impl Tally {
    /// One check.
    pub fn check(ok: bool) -> Self {
        Self {
            passed: ok.into(),
            failed: (!ok).into(),
            skipped: 0,
        }
    }

    /// Counts TAP.  A plan that was not fulfilled, or none, is a failure: the
    /// program has ended before its time.
    pub fn from_tap(text: &str) -> Self {
        let mut tally = Self::default();
        let mut planned = None;
        for line in text.lines() {
            if let Some(count) = line.strip_prefix("1..") {
                planned = count
                    .split_whitespace()
                    .next()
                    .and_then(|count| count.parse().ok());
            } else if line.starts_with("not ok ") {
                tally.failed += 1;
            } else if line.starts_with("ok ") {
                match line.split_once("# ") {
                    Some((_, note)) if note.to_ascii_uppercase().starts_with("SKIP") => {
                        tally.skipped += 1
                    }
                    _ => tally.passed += 1,
                }
            }
        }
        let seen = tally.passed + tally.failed + tally.skipped;
        if planned != Some(seen) {
            tally.failed += 1;
        }
        tally
    }

    /// The numbers of the line `<n> passed, <n> failed, <n> skipped`.
    pub fn from_line(line: &str) -> Option<Self> {
        let numbers: Vec<usize> = line
            .split(|character: char| !character.is_ascii_digit())
            .filter_map(|digits| digits.parse().ok())
            .collect();
        match numbers[..] {
            [passed, failed, skipped] => Some(Self {
                passed,
                failed,
                skipped,
            }),
            _ => None,
        }
    }

    /// Counts the `test result:` lines of `cargo test`; ignored tests are skipped ones.
    pub fn from_cargo(text: &str) -> Self {
        let mut tally = Self::default();
        for line in text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("test result:"))
        {
            let number = |what: &str| {
                let part = line
                    .split([';', '.'])
                    .find_map(|part| part.trim().strip_suffix(what));
                part.and_then(|number| number.trim().parse().ok())
                    .unwrap_or(0)
            };
            tally += Self {
                passed: number("passed"),
                failed: number("failed"),
                skipped: number("ignored"),
            };
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tap_is_counted_with_skips() {
        let tally = Tally::from_tap(
            "1..4\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP no KTR\nok 4 - d # see e\n",
        );
        assert_eq!(
            tally,
            Tally {
                passed: 2,
                failed: 1,
                skipped: 1
            }
        );
        assert_eq!(tally.to_string(), "2 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn a_plan_that_is_not_fulfilled_is_a_failure() {
        assert_eq!(Tally::from_tap("1..3\nok 1 - a\n").failed, 1);
        assert_eq!(Tally::from_tap("ok 1 - a\n").failed, 1);
        assert_eq!(Tally::from_tap("").failed, 1);
        assert_eq!(Tally::from_tap("ok 1 - a\n1..1\n").failed, 0);
    }

    #[test]
    fn the_last_line_is_read_again() {
        let tally = Tally {
            passed: 70,
            failed: 2,
            skipped: 1,
        };
        assert_eq!(Tally::from_line(&format!("{tally}\n")), Some(tally));
        assert_eq!(Tally::from_line("killed"), None);
    }

    #[test]
    fn cargo_summaries_add_up() {
        let text = "
test result: ok. 19 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.06s
test result: FAILED. 3 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.06s
";
        assert_eq!(
            Tally::from_cargo(text),
            Tally {
                passed: 22,
                failed: 4,
                skipped: 2
            }
        );
    }
}
