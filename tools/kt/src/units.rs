//! The Rust side's own tests, run by cargo and counted.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::bindings;
use crate::config::Config;
use crate::error::Result;
use crate::process;
use crate::report::Stage;
use crate::tally::Tally;

/// `cargo test` of the whole workspace.
pub fn workspace(config: &Config) -> Result<Tally> {
    let stage = Stage::start("cargo", "tests of the workspace");
    let mut command = cargo_test(config);
    let tally = run(command.arg("--workspace").args(config.cargo_features()))?;
    stage.done();
    println!("cargo tests: {tally}");
    Ok(tally)
}

/// The library's unit tests, compiled with the options of a configuration.
pub fn library(config: &Config) -> Result<Tally> {
    let bindings = bindings::ensure(config)?;
    let stage = Stage::start("cargo", &format!("tests of the library, {}", config.name()));
    let tally = run(&mut library_command(config, &bindings))?;
    stage.done();
    println!("cargo tests of the library, {}: {tally}", config.name());
    Ok(tally)
}

/// The command that runs them.
pub fn library_command(config: &Config, bindings: &Path) -> Command {
    let mut command = cargo_test(config);
    command
        .args(["--package", "kern_thread", "--lib"])
        .args(config.cargo_features())
        .arg("--target-dir")
        .arg(config.out.join("cargo"))
        .env("KERN_THREAD_OPTIONS", config.options.words())
        .env("KERN_THREAD_BINDINGS", bindings);
    command
}

fn cargo_test(config: &Config) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(&config.root)
        .args(["test", "--locked", "--no-fail-fast"]);
    command
}

/// Counts the tests; what a failing run printed is shown.
pub fn run(command: &mut Command) -> Result<Tally> {
    let output = process::output(command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut tally = Tally::from_cargo(&text);
    if !output.status.success() {
        println!("{text}\n{}", String::from_utf8_lossy(&output.stderr));
        tally.failed = tally.failed.max(1);
    }
    Ok(tally)
}
