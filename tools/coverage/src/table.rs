//! The numbers as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::count::{Coverage, FileCount, LineCount, Totals};

/// A row of the table: Rust's files, the C file's functions.
pub fn rows(coverage: &Coverage) -> Vec<(String, Totals)> {
    let mut rows = Vec::new();
    for (name, file) in &coverage.files {
        if coverage.files.len() > 1 {
            rows.push((name.clone(), total(file.lines.values())));
        } else {
            rows.extend(functions(file));
        }
    }
    rows
}

/// The functions of a C file, by the name in the first column of a definition.
fn functions(file: &FileCount) -> Vec<(String, Totals)> {
    let mut by_start: BTreeMap<u32, (String, Totals)> = BTreeMap::new();
    for (&number, line) in &file.lines {
        let (start, name) = definition(&file.text, number);
        let row = by_start.entry(start).or_insert((name, Totals::default()));
        row.1.add(line);
    }
    by_start.into_values().collect()
}

/// The function that a line belongs to, and where it begins: its name stands in
/// the first column with its arguments.
fn definition(text: &[String], number: u32) -> (u32, String) {
    let lines = text.iter().take(number as usize).enumerate();
    for (index, line) in lines.rev() {
        let name: String = line
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        if name.starts_with(|c: char| c.is_ascii_lowercase()) && line[name.len()..].starts_with('(')
        {
            return (index as u32, name);
        }
    }
    (0, "outside functions".to_string())
}

fn total<'a>(lines: impl Iterator<Item = &'a LineCount>) -> Totals {
    let mut totals = Totals::default();
    for line in lines {
        totals.add(line);
    }
    totals
}

/// The table of an object.
pub fn table(coverage: &Coverage) -> String {
    let mut rows = rows(coverage);
    rows.push((format!("{} object", coverage.object), coverage.totals()));
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = format!(
        "{:width$}  {:>11} {:>6}  {:>11} {:>6}\n",
        "", "lines", "%", "branches", "%"
    );
    for (name, totals) in rows {
        let part = |share: crate::count::Share| {
            format!(
                "{:>11} {:>6}",
                format!("{}/{}", share.covered, share.all),
                share.percent()
            )
        };
        let _ = writeln!(
            text,
            "{name:width$}  {}  {}",
            part(totals.lines),
            part(totals.branches)
        );
    }
    text
}

/// What is not covered and has no reason, a line each.
pub fn unexplained(coverage: &Coverage) -> Vec<String> {
    let mut found = Vec::new();
    for (name, file) in &coverage.files {
        for (number, line) in &file.lines {
            let text = file
                .text
                .get(*number as usize - 1)
                .map_or("", |text| text.trim());
            if !line.covered && line.reason.is_none() {
                found.push(format!("{name}:{number}: not run: {text}"));
            }
            for branch in &line.branches {
                for arm in &branch.arms {
                    if arm.covered || arm.reason.is_some() {
                        continue;
                    }
                    let to = match &arm.to {
                        Some(to) => format!("{}:{}", to.file, to.number),
                        None => "elsewhere".to_string(),
                    };
                    found.push(format!(
                        "{name}:{number}: in {} ({:#x}) never to {to}: {text}",
                        branch.function, branch.at
                    ));
                }
            }
        }
    }
    found
}
