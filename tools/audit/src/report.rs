//! Owns the report: one row per rule, printed as a table.

use std::fmt;

/// Offenders that the table shows of one rule.
const SHOWN: usize = 20;

/// What one rule found.
#[derive(Debug, Clone)]
pub struct Row {
    /// What was looked at.
    pub rule: &'static str,
    /// What was found.
    pub found: String,
    /// What is asked for; empty where `found` says it (`29/29`, `0`).
    pub expected: String,
    /// Whether the object fulfils it.
    pub ok: bool,
    /// One line per offender.
    pub details: Vec<String>,
}

impl Row {
    /// `matched` of `total` things are as the contract wants, and each of
    /// `details` is a difference.
    pub fn count(rule: &'static str, matched: usize, total: usize, details: Vec<String>) -> Self {
        let ok = matched == total && details.is_empty();
        let found = format!("{matched}/{total}");
        Self {
            rule,
            found,
            expected: String::new(),
            ok,
            details,
        }
    }

    /// There must be no offender.
    pub fn none(rule: &'static str, details: Vec<String>) -> Self {
        let found = details.len().to_string();
        Self {
            rule,
            found,
            expected: String::new(),
            ok: details.is_empty(),
            details,
        }
    }

    /// A measured value with its limit.
    pub fn limit(
        rule: &'static str,
        found: String,
        expected: String,
        details: Vec<String>,
    ) -> Self {
        Self {
            rule,
            found,
            expected,
            ok: details.is_empty(),
            details,
        }
    }
}

/// All rows of one audit.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Rows in the order of the table.
    pub rows: Vec<Row>,
}

impl Report {
    /// Whether every rule holds.
    pub fn ok(&self) -> bool {
        self.rows.iter().all(|row| row.ok)
    }

    /// The row of `rule`.
    pub fn row(&self, rule: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.rule == rule)
    }

    /// Prints the table.
    pub fn print(&self) {
        print!("{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = |cell: fn(&Row) -> usize| self.rows.iter().map(cell).max().unwrap_or(0);
        let rule = widest(|row| row.rule.len());
        let found = widest(|row| row.found.len());
        let expected = widest(|row| row.expected.len());
        for row in &self.rows {
            let verdict = if row.ok { "ok" } else { "FAILED" };
            writeln!(
                out,
                "{:rule$}  {:found$}  {:expected$}  {verdict}",
                row.rule, row.found, row.expected
            )?;
            for detail in row.details.iter().take(SHOWN) {
                writeln!(out, "    {}", detail.replace('\n', "\n    "))?;
            }
            if row.details.len() > SHOWN {
                writeln!(out, "    and {} more", row.details.len() - SHOWN)?;
            }
        }
        Ok(())
    }
}
