//! The program around the simulated kernel: it runs scenarios under many
//! schedules, each in a process of its own, and tells what came of it.
//!
//! * [`cli`]: the command line; [`registry`]: the scenarios linked in;
//! * [`arena`], [`child`]: a run, and what it leaves in shared memory;
//! * [`campaign`]: all schedules of a scenario;
//! * [`suite`]: all scenarios, as TAP with a table at the end;
//! * [`failure`], [`picture`], [`convert`]: what is told about one run;
//! * [`preempt`]: preemption between instructions of the object;
//! * [`serve`]: runs on request, for comparing two objects;
//! * [`atf`]: the same as a test program for kyua.

mod arena;
mod atf;
mod campaign;
mod child;
mod cli;
mod convert;
mod failure;
mod host;
mod picture;
mod preempt;
mod registry;
mod serve;
mod single;
mod suite;

use std::ffi::{CStr, c_char, c_int};

use clap::ArgMatches;

/// The scenarios passed, or nothing was to be run.
const SUCCESS: c_int = 0;
/// A scenario failed.
const FAILED: c_int = 1;
/// The command line is wrong, or the host refuses something.
const TROUBLE: c_int = 2;

/// How long the program counts a run as going on that reaches no scheduling
/// point, in seconds.
const PATIENCE: u32 = 20;

/// The program.
///
/// # Safety
/// `argv` holds `argc` C strings.
#[unsafe(no_mangle)]
unsafe extern "C" fn main(argc: c_int, argv: *const *const c_char) -> c_int {
    let words = (0..usize::try_from(argc).unwrap_or(0)).map(|index| {
        // SAFETY: the caller's promise.
        let word = unsafe { CStr::from_ptr(*argv.add(index)) };
        word.to_string_lossy().into_owned()
    });
    host::fix_addresses();
    let matches = match cli::command().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => {
            let _ = error.print();
            return error.exit_code();
        }
    };
    match run(&matches) {
        Ok(true) => SUCCESS,
        Ok(false) => FAILED,
        Err(error) => {
            eprintln!("error: {error}");
            TROUBLE
        }
    }
}

/// Does what the command line says; whether all that was run passed.
fn run(matches: &ArgMatches) -> Result<bool, String> {
    match matches.subcommand() {
        Some(("list", arguments)) => single::list(&cli::ids(arguments)),
        Some(("explain", arguments)) => single::explain(&cli::ids(arguments)),
        Some(("run", arguments)) => suite::run(arguments),
        Some(("replay", arguments)) => single::replay(arguments),
        Some(("preempt", arguments)) => preempt::run(arguments),
        Some(("serve", _)) => serve::serve(),
        Some(("atf", arguments)) => atf::run(arguments),
        _ => Err("no subcommand: see --help".to_string()),
    }
}
