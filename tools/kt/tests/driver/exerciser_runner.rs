//! The exerciser's runner, with tests that end in every way a test can, on
//! Linux: what it prints, and what it refuses.

use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::support::{kt, result};

/// Runs the program that has the runner and such tests.
fn runner(arguments: &[&str]) -> Output {
    static PATH: OnceLock<String> = OnceLock::new();
    let path = PATH.get_or_init(|| result(&kt(&["exerciser", "--host"], &[])));
    Command::new(path)
        .args(arguments)
        .output()
        .expect("the runner starts")
}

/// What a run printed, and its exit status.
fn run(arguments: &[&str]) -> (String, Option<i32>) {
    let output = runner(arguments);
    let text = String::from_utf8(output.stdout).expect("TAP is text");
    (text, output.status.code())
}

/// Runs one test: its line, and what is told about it.
fn run_one(test: &str) -> Vec<String> {
    let (tap, _) = run(&["-t", test, "-r", "1"]);
    let lines = tap.lines().skip(3).map(str::to_string);
    lines.take_while(|line| !line.contains("S05_end")).collect()
}

#[test]
fn every_test_has_a_line_and_the_plan_counts_them() {
    let (tap, status) = run(&["-s", "1", "-j", "2"]);
    let mut lines = tap.lines();
    assert_eq!(lines.next(), Some("TAP version 13"));
    let plan = lines.next().and_then(|line| line.strip_prefix("1.."));
    let plan: usize = plan.expect("a plan").parse().expect("a number");
    let numbers: Vec<usize> = tap
        .lines()
        .filter_map(|line| {
            let line = line.strip_prefix("not ").unwrap_or(line);
            line.strip_prefix("ok ")?.split(' ').next()?.parse().ok()
        })
        .collect();
    assert_eq!(numbers, (1..=plan).collect::<Vec<_>>(), "{tap}");
    assert!(
        tap.ends_with("# 5 passed, 4 failed, 2 skipped\n"),
        "the last line sums up: {tap}"
    );
    assert_eq!(status, Some(1), "something failed");
}

#[test]
fn what_passes_passes() {
    assert_eq!(run_one("S01"), ["ok 1 - S01 passes"]);
    assert_eq!(run(&["-t", "S01"]).1, Some(0));
}

#[test]
fn a_failed_check_is_shown() {
    let lines = run_one("S02_check");
    assert_eq!(lines[0], "not ok 1 - S02_check fails a check");
    assert!(lines[1].ends_with("1 + 1 == 3: found 2, expected 3"));
}

#[test]
fn a_status_and_a_signal_are_failures() {
    let status = run_one("S03");
    assert_eq!(status[0], "not ok 1 - S03 exits with a status");
    assert_eq!(status[1], "# the test's process exited with 3");
    let signal = run_one("S04");
    assert_eq!(signal[0], "not ok 1 - S04 dies of a signal");
    assert_eq!(signal[1], "# the test's process died of signal 15");
}

#[test]
fn the_watchdog_ends_what_hangs() {
    let lines = run_one("S05");
    assert_eq!(lines[0], "# timeout: S05 hangs; its threads:");
    assert!(lines.contains(&"not ok 1 - S05 hangs".to_string()));
}

#[test]
fn what_is_passed_over_says_why() {
    let by_itself = "ok 1 - S06 passes itself over # SKIP there is nothing to test";
    assert_eq!(run_one("S06"), [by_itself]);
    assert_eq!(run_one("S07"), ["ok 1 - S07 wants root # SKIP needs root"]);
}

#[test]
fn what_a_test_leaves_is_killed() {
    assert_eq!(run_one("S08"), ["ok 1 - S08 leaves orphans"]);
}

#[test]
fn a_scenario_chooses_its_variants_and_whoever_is_about_it() {
    let (tap, _) = run(&["-t", "S02"]);
    assert!(tap.contains(" - S02_check "), "{tap}");
    assert!(tap.contains(" - S06 "), "{tap}");
    assert!(!tap.contains(" - S01 "), "{tap}");
}

#[test]
fn wrong_words_are_named_on_one_line() {
    for (words, message) in [
        (&["-z"][..], "unknown flag -z"),
        (&["S01"], "unknown flag S01"),
        (&["-t"], "-t needs tests"),
        (&["-t", "S99"], "unknown test S99"),
        (&["-s", "x"], "-s needs seconds"),
        (&["-j", "9"], "-j needs a number, 1 to 8"),
        (&["-r"], "-r needs a number"),
    ] {
        let output = runner(words);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("text");
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert_eq!(said, format!("exerciser: {message}: see exerciser -h\n"));
    }
}
