//! The tables: what `make bench` prints, and the same for a document.

use std::fmt::Write as _;

use super::chart;
use super::figures::{self, Figures, Measured, Size};
use super::limits::{self, Verdict};

/// A duration as people read it, with three digits that matter.
pub fn duration(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "us"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    format!("{} {unit}", three_digits(value))
}

/// A number with three digits that matter.
fn three_digits(value: f64) -> String {
    let decimals = match value {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

/// A number of instructions or bytes, thousands apart.
pub fn count(number: f64) -> String {
    let decimals = if number < 1000.0 && number.fract() >= 0.05 {
        1
    } else {
        0
    };
    let text = format!("{number:.decimals$}");
    let whole = text.find('.').unwrap_or(text.len());
    let mut grouped = String::new();
    for (index, digit) in text.char_indices() {
        if index > 0 && index < whole && (whole - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A ratio; small ones with more digits.
pub fn ratio(value: f64) -> String {
    match value {
        value if value < 0.1 => format!("{value:.4}"),
        value if value < 10.0 => format!("{value:.3}"),
        value => format!("{value:.1}"),
    }
}

/// The columns of a case.
pub const COLUMNS: [&str; 7] = [
    "case",
    "C",
    "Rust",
    "Rust/C",
    "95%",
    "C instr",
    "Rust instr",
];

/// The cells of a case.
pub fn cells(case: &Measured) -> [String; 7] {
    let instructions = |number: Option<f64>| number.map_or_else(|| "-".to_string(), count);
    [
        case.case.name.clone(),
        duration(case.c.ns),
        duration(case.rust.ns),
        ratio(case.ratio.median),
        format!("{} {}", ratio(case.ratio.low), ratio(case.ratio.high)),
        instructions(case.c.instructions),
        instructions(case.rust.instructions),
    ]
}

/// The cells of a size: as many columns as [`SIZE_COLUMNS`].
pub fn size_cells(size: &Size) -> [String; 5] {
    [
        size.name.clone(),
        count(size.c as f64),
        count(size.rust as f64),
        size.ratio().map_or_else(|| "-".to_string(), ratio),
        size.note.clone(),
    ]
}

/// The columns of a size.
pub const SIZE_COLUMNS: [&str; 5] = ["size", "C bytes", "Rust bytes", "Rust/C", ""];

/// What stands for whether a limit is kept.
pub fn mark(verdict: &Verdict) -> &'static str {
    match verdict.kept {
        Some(true) => "kept",
        Some(false) => "MISSED",
        None => "not measured",
    }
}

/// All of a run, where its page is, and in the end the last line.
pub fn report(figures: &Figures, verdicts: &[Verdict], page: &str) -> String {
    let mut text = String::new();
    for (group, cases) in figures.groups() {
        let rows = cases.iter().map(|case| cells(case).to_vec());
        text.push_str(&aligned(&COLUMNS, rows.collect()));
        let mean = figures::mean(cases).map_or_else(String::new, ratio);
        let _ = writeln!(text, "{group}: geometric mean {mean}\n");
    }
    let rows = figures.sizes.iter().map(|size| size_cells(size).to_vec());
    text.push_str(&aligned(&SIZE_COLUMNS, rows.collect()));
    text.push('\n');
    for verdict in verdicts {
        let found = match verdict.found.as_str() {
            "" => String::new(),
            found => format!(": {found}"),
        };
        let _ = writeln!(
            text,
            "{:<12}  {} ({}){found}",
            mark(verdict),
            verdict.what,
            verdict.wanted
        );
    }
    let _ = writeln!(text, "page: {page}");
    text.push_str(&last_line(figures, verdicts));
    text
}

/// The run in a line.
pub fn last_line(figures: &Figures, verdicts: &[Verdict]) -> String {
    format!(
        "bench: {} cases, geometric mean {}, {} limits missed",
        figures.cases.len(),
        figures
            .mean()
            .map_or_else(|| "-".to_string(), |mean| format!("{mean:.3}")),
        limits::missed(verdicts)
    )
}

/// A table whose first column is to the left, the others to the right.
fn aligned(heading: &[&str], rows: Vec<Vec<String>>) -> String {
    let heading: Vec<String> = heading.iter().map(|cell| cell.to_string()).collect();
    let width = |column: usize| {
        let cells = rows
            .iter()
            .chain([&heading])
            .filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let mut text = String::new();
    for row in [&heading].into_iter().chain(&rows) {
        let cells = row.iter().zip(&widths).enumerate();
        let line: Vec<String> = cells
            .map(|(column, (cell, &width))| match column {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            })
            .collect();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
    text
}

/// The tables in Markdown, a heading for each group, with the charts that are in
/// `folder`.
pub fn markdown(figures: &Figures, verdicts: &[Verdict], folder: &str) -> String {
    let mut text = String::new();
    let picture = |name: &str| format!("![{name}]({folder}/{name}.svg)\n");
    let machine = &figures.machine;
    let _ = writeln!(
        text,
        "{}, {} CPUs, {}; {}, {}; {}; configuration {}.\n",
        machine.cpu,
        machine.cores,
        machine.kernel,
        machine.rustc,
        machine.clang,
        machine.date,
        figures.configuration
    );
    let rows = verdicts.iter().map(|verdict| {
        let verdict_cells = [&verdict.what, &verdict.wanted, &verdict.found];
        let mut cells: Vec<String> = verdict_cells.into_iter().cloned().collect();
        cells.push(mark(verdict).to_string());
        cells
    });
    text.push_str(&piped(&["limit", "wanted", "found", ""], rows.collect()));
    let _ = write!(text, "\n{}", picture(chart::OVERVIEW));
    let curves = figures.curves();
    for (group, cases) in figures.groups() {
        let mean = figures::mean(cases.iter().copied()).map_or_else(String::new, ratio);
        let _ = writeln!(text, "\n### {group}: geometric mean {mean}\n");
        text.push_str(&picture(group));
        let own = curves.iter().filter(|curve| curve.group() == group);
        own.for_each(|curve| text.push_str(&picture(&chart::name(curve))));
        text.push('\n');
        let rows = cases.iter().map(|case| cells(case).to_vec());
        text.push_str(&piped(&COLUMNS, rows.collect()));
    }
    text.push_str("\n### Sizes\n\n");
    let rows = figures.sizes.iter().map(|size| size_cells(size).to_vec());
    text.push_str(&piped(&SIZE_COLUMNS, rows.collect()));
    text
}

fn piped(heading: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut text = format!("| {} |\n|---|", heading.join(" | "));
    text.push_str(&"---:|".repeat(heading.len() - 1));
    text.push('\n');
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::figures::sample::{case, figures};
    use super::*;

    #[test]
    fn numbers_are_short() {
        let durations = [4.567, 45.67, 456.7, 4567.0, 45_670_000.0, 4.5e9];
        assert_eq!(
            durations.map(duration),
            [
                "4.57 ns", "45.7 ns", "457 ns", "4.57 us", "45.7 ms", "4.50 s"
            ]
        );
        assert_eq!(
            [0.0, 12.04, 12.5, 999.0, 1000.0, 1234567.4].map(count),
            ["0", "12", "12.5", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [0.00123, 0.85, 1.05, 12.3].map(ratio),
            ["0.0012", "0.850", "1.050", "12.3"]
        );
    }

    fn run() -> Figures {
        figures(vec![
            case("tdfind/self", None, [10.0, 5.0], [12.0, 11.0]),
            case("tdfind/hit-64", Some(64), [400.0, 410.0], [900.0, 901.5]),
            case("reap/100000", Some(100_000), [9.0e6, 8.1e6], [2.0e6, 1.9e6]),
        ])
    }

    /// Guards what people and scripts read.
    #[test]
    fn the_report() {
        let run = run();
        insta::assert_snapshot!(report(
            &run,
            &limits::judge(&run),
            "target/bench/index.html"
        ));
    }

    #[test]
    fn the_report_for_a_document() {
        let run = run();
        insta::assert_snapshot!(markdown(&run, &limits::judge(&run), "performance"));
    }
}
