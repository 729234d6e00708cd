//! The table at the end: results by group.

use std::fmt::Write as _;
use std::time::Duration;

/// What became of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every schedule passed.
    Passed,
    /// A schedule failed.
    Failed,
    /// It does not apply here.
    Skipped,
}

/// Sums of a group.
#[derive(Clone, Debug, Default)]
struct Row {
    passed: u64,
    failed: u64,
    skipped: u64,
    schedules: u64,
    time: Duration,
}

/// Results, by group.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    rows: Vec<(String, Row)>,
    total: Row,
}

impl Summary {
    /// Adds a scenario's result to its group; groups appear in the order of
    /// their first scenario.
    pub fn add(&mut self, group: &str, outcome: Outcome, schedules: u64, time: Duration) {
        let index = match self.rows.iter().position(|(name, _)| name == group) {
            Some(index) => index,
            None => {
                self.rows.push((group.to_string(), Row::default()));
                self.rows.len() - 1
            }
        };
        for row in [&mut self.rows[index].1, &mut self.total] {
            match outcome {
                Outcome::Passed => row.passed += 1,
                Outcome::Failed => row.failed += 1,
                Outcome::Skipped => row.skipped += 1,
            }
            row.schedules += schedules;
            row.time += time;
        }
    }

    /// Whether nothing failed.
    pub fn ok(&self) -> bool {
        self.total.failed == 0
    }

    /// The table.
    pub fn table(&self) -> String {
        let names = self.rows.iter().map(|(name, _)| name.chars().count());
        let width = names.max().unwrap_or(0).max("group".len());
        let mut text = format!(
            "{:width$}  {:>6}  {:>6}  {:>7}  {:>9}  {:>8}\n",
            "group", "passed", "failed", "skipped", "schedules", "time"
        );
        let total = ("total".to_string(), self.total.clone());
        for (name, row) in self.rows.iter().chain([&total]) {
            let _ = writeln!(
                text,
                "{name:width$}  {:>6}  {:>6}  {:>7}  {:>9}  {:>6.2} s",
                row.passed,
                row.failed,
                row.skipped,
                row.schedules,
                row.time.as_secs_f64()
            );
        }
        text
    }

    /// The line that ends the output.
    pub fn last_line(&self) -> String {
        let Row {
            passed,
            failed,
            skipped,
            ..
        } = self.total;
        format!("{passed} passed, {failed} failed, {skipped} skipped")
    }
}
