//! `kt preempt`: scenarios with preemptions between instructions of the object.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::again;
use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::files;
use crate::functions;
use crate::hosted;
use crate::program::{self, Suite};
use crate::report::Stage;
use crate::scenarios;
use crate::tally::Tally;
use crate::variables;

/// What is to be run: make's variables.
#[derive(Debug)]
pub struct Request {
    /// Arguments of the runner.
    arguments: Vec<String>,
    /// The make command that asks for the same object again.
    again: String,
}

impl Request {
    /// Reads the request; `lookup` gives the value of a variable.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let value = variables::set(&lookup);
        let mut arguments = Vec::new();
        arguments.extend(value("ONLY"));
        if let Some(run) = value("REPLAY") {
            if arguments.is_empty() {
                bail!("REPLAY={run} of which scenario? give ONLY= too");
            }
            arguments.extend(["--replay".to_string(), run]);
        }
        for (name, flag) in [("RUNS", "--runs"), ("SEED", "--seed")] {
            if let Some(number) = variables::number(&lookup, name)? {
                arguments.extend([flag.to_string(), number.to_string()]);
            }
        }
        Ok(Self {
            arguments,
            again: again::command("preempt", scenarios::OBJECT_VARIABLES, value),
        })
    }

    /// A few preemptions, all over the scenarios that are short.
    pub fn few(config: &Config) -> Self {
        let words = |text: &str| text.split_whitespace().map(str::to_string).collect();
        Self {
            arguments: words(FEW),
            again: scenarios::command_for("preempt", config),
        }
    }
}

/// Some seconds' worth.
const FEW: &str = "S21,S22,S40,S41,S42,S43,S68 --most 100 --runs 25";

/// Writes the list of the object's functions in `program`, and gives its path.
pub fn functions(config: &Config, program: &Path) -> Result<PathBuf> {
    let object = hosted::build(config)?;
    let list = program.with_file_name("functions");
    files::write(&list, functions::list(&object, program)?)?;
    Ok(list)
}

/// Runs them; what the runner says goes to standard output.
pub fn run(config: &Config, request: &Request) -> Result<Tally> {
    let stage = Stage::start(
        "preempt",
        &format!(
            "{} with the {} object",
            config.name(),
            config.implementation
        ),
    );
    let program = program::build(Suite::Scenarios, config)?;
    let list = functions(config, &program)?;
    stage.done();
    let sum = program.with_file_name("preempt-sum");
    let _ = fs::remove_file(&sum);
    let mut command = Command::new(&program);
    command
        .arg("preempt")
        .args(&request.arguments)
        .arg("--functions")
        .arg(&list)
        .args(["--again", &request.again, "--out"])
        .arg(config.out.join("pictures"));
    let replays = request.arguments.iter().any(|word| word == "--replay");
    if !replays {
        command.arg("--sum").arg(&sum);
    }
    let status = command
        .status()
        .map_err(|cause| Error::io("run", &program, &cause))?;
    if replays {
        return Ok(Tally::check(status.success()));
    }
    match fs::read_to_string(&sum)
        .ok()
        .and_then(|line| Tally::from_line(&line))
    {
        Some(tally) if status.success() || tally.failed > 0 => Ok(tally),
        _ => bail!("the scenarios did not run to their end: {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(variables: &[(&str, &str)]) -> Result<Request> {
        Request::read(variables::of(variables))
    }

    #[test]
    fn variables_become_arguments() {
        let request = request(&[("ONLY", "S68"), ("RUNS", "0"), ("IMPL", "c")]).expect("valid");
        assert_eq!(request.arguments, ["S68", "--runs", "0"]);
        assert_eq!(request.again, "make preempt IMPL=c");
    }

    #[test]
    fn wrong_variables_are_named() {
        for (variables, wrong) in [
            (&[("REPLAY", "-@5A")][..], "give ONLY="),
            (&[("RUNS", "all")], "RUNS=all"),
        ] {
            let message = request(variables).expect_err("refused").to_string();
            assert!(message.contains(wrong), "{message}");
        }
    }
}
