//! Owns the report: tables for the reader, problems for the exit status.

use std::fmt;

/// Rows under a heading.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What it shows.
    pub heading: String,
    /// Cells; the first row names the columns.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new(heading: impl Into<String>, columns: &[&str]) -> Self {
        Self {
            heading: heading.into(),
            rows: vec![columns.iter().map(ToString::to_string).collect()],
        }
    }

    /// Lines without columns under a heading.
    pub fn lines(heading: impl Into<String>) -> Self {
        Self {
            heading: heading.into(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn push<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.heading)?;
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(&format!("  {cell:width$}"));
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// All that was found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// In the order in which they are shown.
    pub tables: Vec<Table>,
    /// One line each.
    pub problems: Vec<String>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn ok(&self) -> bool {
        self.problems.is_empty()
    }

    /// Adds what another rule has found.
    pub fn extend(&mut self, other: Self) {
        self.tables.extend(other.tables);
        self.problems.extend(other.problems);
    }

    /// Adds a problem.
    pub fn problem(&mut self, text: impl Into<String>) {
        self.problems.push(text.into());
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in &self.tables {
            writeln!(out, "{table}")?;
        }
        for problem in &self.problems {
            writeln!(out, "problem: {problem}")?;
        }
        match self.problems.len() {
            0 => write!(out, "kernel-check: ok"),
            n => write!(out, "kernel-check: {n} problems"),
        }
    }
}
