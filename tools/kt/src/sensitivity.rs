//! `kt sensitivity`: the scenarios on wrong versions of the C file, which they
//! ought to notice.

use std::path::Path;
use std::process::Command;

use crate::config::{Config, Implementation};
use crate::error::{Result, bail};
use crate::program::{self, Suite};
use crate::report::Stage;
use crate::tap::{self, Failed};
use crate::wrong::{self, Bench};

/// Of 100 wrong versions so many have to be noticed.
const WANTED: usize = 95;

/// Schedules for each scenario unless `SCHEDULES` says otherwise.
const SCHEDULES: &str = "200";

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
            Some(caught) => caught.scenario().to_string(),
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
            Some(failed) => {
                caught += 1;
                format!("{} ({})", failed.scenario(), failed.kind)
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
    if let Some(failed) = judge(&program, "", schedules)? {
        bail!(
            "the unchanged C file fails {} ({}): run make scenarios IMPL=c first",
            failed.scenario(),
            failed.kind
        );
    }
    stage.done();
    Ok(())
}

/// The first scenario of `only` that fails on `program`.
fn judge(program: &Path, only: &str, schedules: &str) -> Result<Option<Failed>> {
    let mut command = Command::new(program);
    command.args(["run", "--fail-fast", "--brief", "--schedules", schedules]);
    if !only.is_empty() {
        command.arg(only);
    }
    tap::first_failure(&mut command)
}
