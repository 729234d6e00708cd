//! Carrying out a program of `fbsd-program` on the simulated kernel.
//!
//! The runner loads the program before it forks a run; [`SCENARIO`] is the run.
//!
//! * [`body`]: what its threads do in user mode;
//! * [`control`]: what the controller does;
//! * [`about`]: its kernel threads;
//! * [`single`]: single-threading a process from another one;
//! * [`swap`]: swapping a process out;
//! * [`hang`], [`assertion`]: how FreeBSD itself hangs or panics, too;
//! * [`reach`]: rare situations that a run meets.
//!
//! Numbers of a program are taken modulo what there is, so that each program
//! means something; threads and processes are limited, so that each one ends.

mod about;
mod assertion;
mod body;
mod control;
mod hang;
mod reach;
mod single;
mod swap;

use std::sync::Arc;

use fbsd_program::{Program, Setting};

use crate::kern::host_lock::HostLock;
use crate::kern::{console, settings};
use crate::machine::run::set_cpus;
use crate::machine::{stuck, trace};

/// The program of the next run.
static PROGRAM: HostLock<Option<Arc<Program>>> = HostLock::new(None);

/// The name of the run in requests and reports.
pub const NAME: &str = "program";

/// Loads the program of the runs that this process forks from now on.
pub fn load(program: Program) {
    PROGRAM.with(|loaded| *loaded = Some(Arc::new(program)));
}

/// The program that was loaded.
fn program() -> Arc<Program> {
    PROGRAM.with(|loaded| loaded.clone().unwrap_or_default())
}

/// Sets the machine up.
pub extern "C" fn setup() {
    stuck::accept(hang::is_known);
    console::accept(assertion::is_known);
    trace::listen(reach::look);
    for &(setting, value) in &program().settings {
        let value = i64::from(value);
        let known = match setting {
            Setting::Cpus => set_cpus(value as usize),
            Setting::MaxThread => settings::set("maxthread", value),
            Setting::MaxThreadsPerProcess => settings::set("max_threads_per_proc", value),
            Setting::Domains => settings::set("domains", value),
        };
        debug_assert!(known, "a program's settings are the harness's");
    }
}

/// Runs the program in the controller's thread.
///
/// # Safety
/// As a scenario's body.
pub unsafe extern "C" fn run() {
    // SAFETY: the controller, without locks.
    unsafe { control::run(&program().actions) }
}
