//! The table that the audit prints.

mod support;

use kt_audit::{Report, Row};
use support::Sample;

#[test]
fn a_passing_table_counts_what_the_contract_counts() {
    let table = Sample::good().audit().to_string();
    let words: Vec<Vec<&str>> = table
        .lines()
        .map(|l| l.split_whitespace().collect())
        .collect();
    assert!(words.contains(&vec!["functions", "2/2", "ok"]), "{table}");
    assert!(
        words.contains(&vec!["set", "entries", "2/2", "ok"]),
        "{table}"
    );
    assert!(
        words.contains(&vec!["forbidden", "instructions", "0", "ok"]),
        "{table}"
    );
    assert!(!table.contains("FAILED"), "{table}");
}

#[test]
fn a_failing_row_is_followed_by_its_offenders() {
    let mut s = Sample::good();
    s.symbol("internal").global = true;
    let table = s.audit().to_string();
    let mut lines = table.lines();
    let row = lines.next().unwrap();
    assert!(
        row.starts_with("functions ") && row.ends_with("FAILED"),
        "{table}"
    );
    assert_eq!(lines.next(), Some("    function internal must be local"));
}

#[test]
fn many_offenders_are_counted_and_not_listed() {
    let details = (0..25).map(|n| format!("offender {n}")).collect();
    let report = Report {
        rows: vec![Row::none("forbidden symbols", details)],
    };
    let table = report.to_string();
    assert_eq!(table.lines().count(), 22);
    assert_eq!(table.lines().last(), Some("    and 5 more"));
}
