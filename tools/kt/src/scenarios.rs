//! `kt scenarios` and `kt exerciser-test`: running the programs of
//! [`crate::program`].

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::again;
use crate::config::{Config, Implementation};
use crate::error::{Error, Result, bail};
use crate::program::{self, Suite};
use crate::report::Stage;
use crate::tally::Tally;
use crate::variables;

/// How a suite is to be run: make's variables.
#[derive(Debug)]
pub struct Request {
    suite: Suite,
    /// Arguments of the runner.
    arguments: Vec<String>,
    /// The make command that asks for the same object again.
    again: String,
}

/// Variables that choose the object, for the command that replays a failure.
pub const OBJECT_VARIABLES: &[&str] = &[
    "IMPL",
    "KERN_THREAD_C",
    "PROFILE",
    "OPTIONS",
    "TOOLCHAIN",
    "FEATURES",
    "SYSDIR",
    "KERNBUILDDIR",
];

impl Request {
    /// Reads the request; `lookup` gives the value of a variable.
    pub fn read(suite: Suite, lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        Self::read_as(suite.target(), suite, lookup)
    }

    /// The same for another target of the makefile.
    pub fn read_as(
        target: &str,
        suite: Suite,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let value = variables::set(&lookup);
        let again = again::command(target, OBJECT_VARIABLES, &value);
        let only = value("ONLY").unwrap_or_default();
        let mut arguments = Vec::new();
        if let Some(schedule) = value("REPLAY") {
            if only.is_empty() {
                bail!("REPLAY={schedule} of which scenario? give ONLY= too");
            }
            arguments.extend(["replay".to_string(), only, schedule]);
        } else {
            arguments.push("run".to_string());
            arguments.extend(Some(only).filter(|only| !only.is_empty()));
            for (name, flag) in [
                ("SCHEDULES", "--schedules"),
                ("SEED", "--seed"),
                ("BOUND", "--bound"),
                ("TIME", "--time"),
            ] {
                if let Some(number) = variables::number(&lookup, name)? {
                    arguments.extend([flag.to_string(), number.to_string()]);
                }
            }
            if let Some(mode) = value("MODE") {
                if !matches!(mode.as_str(), "det" | "smp") {
                    bail!("MODE={mode} is unknown: use det or smp");
                }
                arguments.extend(["--mode".to_string(), mode]);
            }
            if value("PICTURE").is_some_and(|text| text != "0") {
                arguments.push("--picture".to_string());
            }
        }
        Ok(Self {
            suite,
            arguments,
            again,
        })
    }

    /// All of the suite, under as many schedules as usual.
    pub fn all(suite: Suite, config: &Config) -> Self {
        Self {
            suite,
            arguments: vec!["run".to_string()],
            again: command_for(suite.target(), config),
        }
    }
}

/// The make command for a target that asks for the object of a configuration
/// again.
pub fn command_for(target: &str, config: &Config) -> String {
    let mut again = format!("make {target} IMPL={}", config.implementation);
    if config.implementation == Implementation::C {
        again.push_str(" KERN_THREAD_C=<file>");
    }
    again.push_str(&config.variables());
    again
}

/// Runs a suite; what it says goes to standard output.
pub fn run(config: &Config, request: &Request) -> Result<Tally> {
    let stage = Stage::start(
        request.suite.target(),
        &format!(
            "{} with the {} object",
            config.name(),
            config.implementation
        ),
    );
    let program = program::build(request.suite, config)?;
    stage.done();
    execute(&program, config, request, &[])
}

/// Runs a suite's program with some variables of the environment set.
pub fn execute(
    program: &Path,
    config: &Config,
    request: &Request,
    variables: &[(&str, &str)],
) -> Result<Tally> {
    let sum = program.with_file_name("sum");
    let _ = fs::remove_file(&sum);
    let mut command = Command::new(program);
    command
        .envs(variables.iter().copied())
        .args(&request.arguments)
        .args(["--again", &request.again, "--out"])
        .arg(config.out.join("pictures"));
    let replays = request
        .arguments
        .first()
        .is_some_and(|word| word == "replay");
    if !replays {
        command.arg("--sum").arg(&sum);
    }
    let status = command
        .status()
        .map_err(|cause| Error::io("run", program, &cause))?;
    if replays {
        return Ok(Tally::check(status.success()));
    }
    let tally = fs::read_to_string(&sum)
        .ok()
        .and_then(|line| Tally::from_line(&line));
    match tally {
        Some(tally) if status.success() || tally.failed > 0 => Ok(tally),
        _ => bail!(
            "the {} did not run to their end: {status}",
            request.suite.parts()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(variables: &[(&str, &str)]) -> Result<Request> {
        Request::read(Suite::Scenarios, variables::of(variables))
    }

    #[test]
    fn variables_become_arguments() {
        let request = request(&[
            ("ONLY", "S33,S42"),
            ("SCHEDULES", "10000"),
            ("SEED", ""),
            ("PICTURE", "1"),
            ("IMPL", "c"),
            ("OPTIONS", "INVARIANTS INVARIANT_SUPPORT"),
        ])
        .expect("valid");
        assert_eq!(
            request.arguments,
            ["run", "S33,S42", "--schedules", "10000", "--picture"]
        );
        assert_eq!(
            request.again,
            "make scenarios IMPL=c OPTIONS=\"INVARIANTS INVARIANT_SUPPORT\""
        );
    }

    #[test]
    fn a_replay_names_its_scenario() {
        let request_of = request(&[("ONLY", "S33"), ("REPLAY", "5A")]).expect("valid");
        assert_eq!(request_of.arguments, ["replay", "S33", "5A"]);
        let message = request(&[("REPLAY", "5A")])
            .expect_err("refused")
            .to_string();
        assert!(message.contains("give ONLY="), "{message}");
    }

    #[test]
    fn wrong_values_are_named() {
        for (name, value) in [("SEED", "x"), ("MODE", "fast"), ("SCHEDULES", "-1")] {
            let message = request(&[(name, value)]).expect_err("refused").to_string();
            assert!(message.contains(&format!("{name}={value}")), "{message}");
        }
    }
}
