//! `kt sensitivity`: the scenarios on wrong versions of the C file, which they
//! ought to notice.

use std::path::Path;
use std::process::Command;

use crate::config::{Config, Implementation};
use crate::error::{Result, bail};
use crate::process;
use crate::program::{self, Suite};
use crate::report::Stage;
use crate::wrong::{self, Bench};

/// Of 100 wrong versions so many have to be noticed.
const WANTED: usize = 95;

/// Schedules for each scenario unless `SCHEDULES` says otherwise.
const SCHEDULES: &str = "200";

/// What noticed a wrong version.
struct Catch {
    scenario: String,
    kind: String,
}

/// Tries every edit of `fbsd-harness/sensitivity`; prints what caught what.
pub fn run(config: &Config, schedules: Option<&str>) -> Result<()> {
    let config = &Config {
        implementation: Implementation::C,
        ..config.clone()
    };
    if config.oracle.is_none() {
        bail!("nothing to change: give KERN_THREAD_C=<path of FreeBSD's kern_thread.c>");
    }
    let schedules = schedules.unwrap_or(SCHEDULES);
    let edits = wrong::edits(config, wrong::FOLDER)?;
    check_unchanged(config, schedules)?;
    let bench = Bench::new(config, "sensitivity")?;
    // The scenarios that ought to notice come first, then all.
    let results = wrong::each(
        &edits,
        |edit| {
            bench.with(edit, |program| {
                match judge(program, &edit.noticed_by, schedules)? {
                    None => judge(program, "", schedules),
                    caught => Ok(caught),
                }
            })
        },
        |caught| match caught {
            Some(caught) => caught.scenario.clone(),
            None => "not caught".to_string(),
        },
    )?;

    let mut caught = 0;
    let width = edits.iter().map(|edit| edit.id.len()).max().unwrap_or(0);
    println!(
        "{:width$}  {:<14}  rule that it breaks",
        "wrong version", "caught by"
    );
    for (edit, result) in edits.iter().zip(results) {
        let by = match result {
            Some(catch) => {
                caught += 1;
                format!("{} ({})", catch.scenario, catch.kind)
            }
            None => "NOT CAUGHT".to_string(),
        };
        println!("{:width$}  {by:<14}  {}", edit.id, edit.breaks);
    }
    println!("sensitivity: {caught} of {} caught", edits.len());
    if caught * 100 < edits.len() * WANTED {
        bail!("fewer than {WANTED} of 100 wrong versions were caught: see the lines NOT CAUGHT");
    }
    Ok(())
}

/// The file as it is has to pass, or being caught means nothing.
fn check_unchanged(config: &Config, schedules: &str) -> Result<()> {
    let stage = Stage::start("edits", "none: the file as it is");
    let program = program::build(Suite::Scenarios, config)?;
    if let Some(catch) = judge(&program, "", schedules)? {
        bail!(
            "the unchanged C file fails {} ({}): run make scenarios IMPL=c first",
            catch.scenario,
            catch.kind
        );
    }
    stage.done();
    Ok(())
}

/// The first scenario of `only` that fails on `program`.
fn judge(program: &Path, only: &str, schedules: &str) -> Result<Option<Catch>> {
    let mut command = Command::new(program);
    command.args(["run", "--fail-fast", "--brief", "--schedules", schedules]);
    if !only.is_empty() {
        command.arg(only);
    }
    let output = process::output(&mut command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let caught = catch(&text);
    if caught.is_none() && !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("{}: {}", program.display(), words.trim());
    }
    Ok(caught)
}

/// The first failure in TAP.
fn catch(tap: &str) -> Option<Catch> {
    let mut lines = tap.lines();
    let failed = lines
        .by_ref()
        .find_map(|line| line.strip_prefix("not ok "))?;
    let scenario = failed.split_whitespace().nth(2)?.to_string();
    let kind = lines
        .find_map(|line| line.trim().strip_prefix("kind: "))
        .map_or(String::new(), |kind| kind.trim_matches('"').to_string());
    Some(Catch { scenario, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_is_read_from_tap() {
        let tap = "TAP version 14\n1..2\nok 1 - S01 a\nnot ok 2 - S41 b # 3 schedules\n  ---\n  \
                   scenario: \"S41 b\"\n  kind: \"deadlock\"\n  ...\n";
        let caught = catch(tap).expect("a failure");
        assert_eq!(
            (caught.scenario.as_str(), caught.kind.as_str()),
            ("S41", "deadlock")
        );
        assert!(catch("TAP version 14\n1..1\nok 1 - S01 a\n").is_none());
    }
}
