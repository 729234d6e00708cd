//! `kt`, the build driver behind the Makefile.
//!
//! One program knows how the object is made: which headers, which flags, which
//! options, in which order.  It reads its configuration from the environment
//! (see [`config`]), prints progress on stderr and results on stdout, and ends
//! with one line when something is wrong.

mod archive;
mod bindings;
mod compiler;
mod config;
mod error;
mod files;
mod hosted;
mod layout;
mod link;
mod object_file;
mod options;
mod oracle;
mod process;
mod report;
mod rust;
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
        .subcommand(Command::new("object").about("Build kern_thread.o and libkern_thread.a"))
        .subcommand(Command::new("cobject").about("Compile KERN_THREAD_C"))
        .subcommand(Command::new("hosted").about("Make the copy of the object (IMPL=) that links into a process"))
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
        Some(("object", _)) => println!("{}", object_file::build(&config)?.display()),
        Some(("cobject", _)) => println!("{}", oracle::build(&config)?.display()),
        Some(("hosted", _)) => println!("{}", hosted::build(&config)?.display()),
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
