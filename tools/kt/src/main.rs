//! `kt`, the build driver behind the Makefile.
//!
//! One program knows how the object is made: which headers, which flags, which
//! options, in which order.  It reads its configuration from the environment
//! (see [`config`]), prints progress on stderr and results on stdout, and ends
//! with one line when something is wrong.

mod bindings;
mod compiler;
mod config;
mod error;
mod files;
mod layout;
mod options;
mod process;
mod report;
#[cfg(test)]
mod scratch;
mod setup;
mod staging;
mod table;

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::config::Config;
use crate::error::{Error, Result};

fn command() -> Command {
    let check = || {
        Arg::new("check")
            .long("check")
            .action(ArgAction::SetTrue)
            .help("Compare with the checked-in files instead of writing them")
    };
    Command::new("kt")
        .about("Builds and checks the kern_thread object; configured by environment variables (docs/building.md)")
        .subcommand_required(true)
        .subcommand(Command::new("setup").about("Install the pinned packages"))
        .subcommand(Command::new("bindings").about("Generate the Rust bindings").arg(check()))
}

fn run(arguments: &ArgMatches) -> Result<()> {
    let cwd =
        std::env::current_dir().map_err(|e| Error::new(format!("no current directory: {e}")))?;
    let config = Config::read(|name| std::env::var(name).ok(), &cwd)?;
    match arguments.subcommand() {
        Some(("setup", _)) => {
            staging::stage(&config)?;
        }
        Some(("bindings", arguments)) if arguments.get_flag("check") => bindings::check(&config)?,
        Some(("bindings", _)) => println!("{}", bindings::regenerate(&config)?.display()),
        _ => unreachable!("clap demands a known subcommand"),
    }
    Ok(())
}

fn main() -> ExitCode {
    match run(&command().get_matches()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
