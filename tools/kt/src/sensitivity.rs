//! `kt sensitivity`: the scenarios on wrong versions of the C file, which they
//! ought to notice.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::config::{Config, Implementation};
use crate::edits::{self, Edit};
use crate::error::{Error, Result, bail};
use crate::files;
use crate::hosted;
use crate::process;
use crate::program::{self, Parts, Suite};
use crate::report::Stage;
use crate::staging::{self, Staged};

/// Of 100 wrong versions so many have to be noticed.
const WANTED: usize = 95;

/// Wrong versions that are tried at a time.
const WORKERS: usize = 2;

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
    let Some(oracle) = &config.oracle else {
        bail!("nothing to change: give KERN_THREAD_C=<path of FreeBSD's kern_thread.c>");
    };
    let schedules = schedules.unwrap_or(SCHEDULES);
    let edits = read_edits(config)?;
    let source = files::read(oracle)?;
    check_unchanged(config, schedules)?;
    let bench = Bench {
        staged: staging::stage(config)?,
        parts: Parts::build(Suite::Scenarios, config)?,
        folder: config.out.join("sensitivity"),
        source,
        schedules,
    };

    let stage = Stage::start("edits", &format!("{} wrong versions", edits.len()));
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<Option<Catch>>>>> =
        edits.iter().map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(edit), Some(result)) = (edits.get(index), results.get(index)) else {
                        break;
                    };
                    let tried = bench.attempt(edit);
                    let word = match &tried {
                        Ok(Some(caught)) => caught.scenario.as_str(),
                        Ok(None) => "not caught",
                        Err(_) => "error",
                    };
                    eprintln!("{:<3} of {} {}: {word}", index + 1, edits.len(), edit.id);
                    if let Ok(mut result) = result.lock() {
                        *result = Some(tried);
                    }
                }
            });
        }
    });
    stage.done();

    let mut caught = 0;
    let width = edits.iter().map(|edit| edit.id.len()).max().unwrap_or(0);
    println!(
        "{:width$}  {:<14}  rule that it breaks",
        "wrong version", "caught by"
    );
    for (edit, result) in edits.iter().zip(results) {
        let result = result.into_inner().ok().flatten();
        let by = match result {
            Some(Ok(Some(catch))) => {
                caught += 1;
                format!("{} ({})", catch.scenario, catch.kind)
            }
            Some(Ok(None)) => "NOT CAUGHT".to_string(),
            Some(Err(error)) => return Err(error),
            None => bail!("the wrong version {} was not tried", edit.id),
        };
        println!("{:width$}  {by:<14}  {}", edit.id, edit.breaks);
    }
    println!("sensitivity: {caught} of {} caught", edits.len());
    if caught * 100 < edits.len() * WANTED {
        bail!("fewer than {WANTED} of 100 wrong versions were caught: see the lines NOT CAUGHT");
    }
    Ok(())
}

/// The edits of all files, each id once.
fn read_edits(config: &Config) -> Result<Vec<Edit>> {
    let mut edits: Vec<Edit> = Vec::new();
    for path in files::tree(&config.root.join("fbsd-harness/sensitivity"))? {
        let read = edits::parse(&files::read(&path)?)
            .map_err(|cause| Error::new(format!("{}: {cause}", path.display())))?;
        for edit in read {
            if edits.iter().any(|known| known.id == edit.id) {
                bail!("{}: edit {} is there twice", path.display(), edit.id);
            }
            edits.push(edit);
        }
    }
    Ok(edits)
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

/// What every wrong version needs.
struct Bench<'a> {
    staged: Staged,
    parts: Parts,
    folder: PathBuf,
    source: String,
    schedules: &'a str,
}

impl Bench<'_> {
    /// Builds a wrong version and lets the scenarios look at it: those that
    /// ought to notice first, then all.
    fn attempt(&self, edit: &Edit) -> Result<Option<Catch>> {
        let folder = self.folder.join(&edit.id);
        let file = folder.join("kern_thread.c");
        files::write(&file, edit.apply(&self.source)?)?;
        let object = folder.join("kern_thread_c.o");
        let copy = folder.join("hosted.o");
        self.staged
            .compiler
            .compile(&file, &object, &[])
            .map_err(|cause| Error::new(format!("edit {}: {cause}", edit.id)))?;
        files::write(&copy, hosted::convert(&object)?)?;
        let program = self.parts.link(&copy, &folder)?;
        let mut caught = judge(&program, &edit.noticed_by, self.schedules)?;
        if caught.is_none() {
            caught = judge(&program, "", self.schedules)?;
        }
        fs::remove_dir_all(&folder).map_err(|cause| Error::io("remove", &folder, &cause))?;
        Ok(caught)
    }
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
