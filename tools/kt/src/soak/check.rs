//! The test of the driver: a soak that is interrupted goes on where it was.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::process;
use crate::report::Stage;

/// Time until the soak is interrupted.
const WAIT: Duration = Duration::from_secs(2);
/// Time that it may take to begin, its programs' building included.
const PATIENCE: Duration = Duration::from_secs(300);

/// Soaks for a few seconds in a folder of its own: until it is interrupted,
/// then until its time is up.
pub fn check(config: &Config) -> Result<()> {
    let stage = Stage::start("soak", &format!("{}: interrupted, resumed", config.name()));
    let folder = config.out.join("soak-check");
    let _ = fs::remove_dir_all(&folder);
    let child = soak(config, &folder, 3600)?
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|cause| Error::new(format!("cannot run the driver: {cause}")))?;
    // A soak saves its state when it begins.
    let started = Instant::now();
    while !folder.join("state.json").exists() && started.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(WAIT);
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let sent = pid.map(|pid| kill_process(pid, Signal::INT));
    if !matches!(sent, Some(Ok(()))) {
        bail!("the soak cannot be interrupted");
    }
    let output = child
        .wait_with_output()
        .map_err(|cause| Error::new(format!("cannot wait for the driver: {cause}")))?;
    let first = figures(&output)?;
    let output = process::output(&mut soak(config, &folder, 1)?)?;
    let second = figures(&output)?;
    if !String::from_utf8_lossy(&output.stdout).contains("resumed: SEED=1 after ") {
        bail!("the second soak does not say that it resumes the first");
    }
    for (before, after) in first.iter().zip(&second) {
        if before > after {
            bail!("the second soak has forgotten what the first did: {first:?}, {second:?}");
        }
    }
    stage.done();
    fs::remove_dir_all(&folder).map_err(|cause| Error::io("remove", &folder, &cause))
}

fn soak(config: &Config, folder: &Path, seconds: u64) -> Result<Command> {
    // Not this program's own file: cargo's tests, which run before, may have
    // replaced it.  Cargo becomes the driver, so that signals reach that.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&config.root)
        .args(["run", "--quiet", "--locked", "--package", "kt", "--"])
        .args(["soak", "--folder"])
        .arg(folder)
        .env("PROFILE", config.profile.to_string())
        .env("ARCH", config.arch.to_string())
        .env("OPTIONS", config.options.words())
        .env("TIME", seconds.to_string())
        .env("SEED", "1")
        .env("RESTART", "");
    if let Some(oracle) = &config.oracle {
        command.env("KERN_THREAD_C", oracle);
    }
    Ok(command)
}

/// The numbers of the last line of a soak that found nothing.
fn figures(output: &Output) -> Result<Vec<u64>> {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_default();
    if !output.status.success() || !line.starts_with("soak: ") {
        let words = String::from_utf8_lossy(&output.stderr);
        bail!(
            "a soak ended with {line:?}: {}",
            process::first_error(&words).unwrap_or_default()
        );
    }
    let words = line.split(|character: char| !character.is_ascii_digit());
    Ok(words.filter_map(|digits| digits.parse().ok()).collect())
}
