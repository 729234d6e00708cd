//! `kt preempt-sensitivity`: wrong versions of the C file, and of the library, that
//! only a preemption between two instructions can tell.
//!
//! Each has to pass every scenario as `make scenarios` runs them, and to fail
//! under `make preempt`: then instructions as points find what calls do not.

use std::path::Path;
use std::process::Command;

use crate::config::{Config, Implementation};
use crate::error::{Result, bail};
use crate::files;
use crate::functions;
use crate::tap::{self, Failed};
use crate::wrong::{self, Bench};
use crate::wrong_library;

/// Where the wrong versions are described.
const FOLDER: &str = "fbsd-harness/preempt";

/// What noticed a wrong version.
struct Noticed {
    /// The scenario that failed with calls as points, which none should.
    by_calls: Option<Failed>,
    /// The one that failed with instructions as points.
    by_instructions: Option<Failed>,
}

/// Tries every wrong version; prints what noticed which.
pub fn run(config: &Config) -> Result<()> {
    let config = &Config {
        implementation: Implementation::C,
        ..config.clone()
    };
    let bench = Bench::new(config, "preempt-sensitivity")?;
    let library = wrong_library::Bench::new(config, "preempt-sensitivity-library")?;
    let edits = wrong::edits(config, FOLDER)?;
    let results = wrong::each(
        &edits,
        |edit| {
            let judge = |program: &Path| judge(program, &edit.noticed_by);
            match &edit.file {
                None => bench.with(edit, judge),
                Some(file) => library.with(edit, file, judge),
            }
        },
        |noticed| shown(&noticed.by_instructions),
    )?;
    let width = edits.iter().map(|edit| edit.id.len()).max().unwrap_or(0);
    println!(
        "{:width$}  {:<12}  {:<12}  rule that it breaks",
        "wrong version", "calls", "instructions"
    );
    let mut told = 0;
    for (edit, noticed) in edits.iter().zip(&results) {
        told += usize::from(noticed.by_calls.is_none() && noticed.by_instructions.is_some());
        println!(
            "{:width$}  {:<12}  {:<12}  {}",
            edit.id,
            shown(&noticed.by_calls),
            shown(&noticed.by_instructions),
            edit.breaks
        );
    }
    println!(
        "preempt-sensitivity: {told} of {} noticed by preemption alone",
        edits.len()
    );
    if told < edits.len() {
        bail!("not every wrong version was noticed by preemption alone: see the table");
    }
    Ok(())
}

/// Runs the scenarios both ways.
fn judge(program: &Path, scenarios: &str) -> Result<Noticed> {
    let list = program.with_file_name("functions");
    let object = program.with_file_name(wrong::OBJECT);
    files::write(&list, functions::list(&object, program)?)?;
    let mut calls = Command::new(program);
    calls.args(["run", "--fail-fast", "--brief"]);
    Ok(Noticed {
        by_calls: tap::first_failure(&mut calls)?,
        by_instructions: tap::first_failure(&mut preempt(program, scenarios, &list))?,
    })
}

fn shown(failed: &Option<Failed>) -> String {
    let scenario = failed.as_ref().map(Failed::scenario);
    scenario.unwrap_or("not noticed").to_string()
}

/// One preemption, every one of them.
fn preempt(program: &Path, scenarios: &str, list: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(["preempt", scenarios, "--fail-fast", "--runs", "0"])
        .arg("--functions")
        .arg(list)
        .arg("--out")
        .arg(program.with_file_name("pictures"));
    command
}
