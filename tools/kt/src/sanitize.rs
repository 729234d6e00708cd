//! `kt asan` and `kt tsan`: the library's tests and the scenarios under
//! AddressSanitizer and ThreadSanitizer, which want a nightly rustc.
//!
//! A sanitizer sees what it has compiled.  So the scenarios are not run on the
//! object that ships but on the library as the host's compiler makes it, with
//! the simulated kernel, which tells the sanitizer of its stacks and of freed
//! memory, compiled alike.  The scenarios' own C code and Rust's standard
//! library are as they always are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arch::Arch;
use crate::bindings;
use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::files;
use crate::hosted;
use crate::options::Options;
use crate::process;
use crate::program::{self, Suite};
use crate::report::Stage;
use crate::scenarios;
use crate::units;

/// What looks on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sanitizer {
    /// Uses of freed memory, accesses beyond an object's end.
    Address,
    /// Data races.
    Thread,
}

/// The only host that the simulated kernel knows.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Cargo's profile of what a sanitizer looks at.
const PROFILE: &str = "sanitize";

/// Schedules of each scenario in MODE=det, unless SCHEDULES says otherwise.
const SCHEDULES: &str = "2";

/// Races that ThreadSanitizer is not to report, each with its reason.
const SUPPRESSIONS: &str = "tools/kt/tsan.supp";

impl Sanitizer {
    /// The target of the makefile, the feature of the harness, and the name of
    /// the run-time library.
    fn name(self) -> &'static str {
        match self {
            Sanitizer::Address => "asan",
            Sanitizer::Thread => "tsan",
        }
    }

    /// rustc's flags.
    fn flags(self) -> &'static str {
        match self {
            Sanitizer::Address => "-Zsanitizer=address",
            // The standard library is linked as it is.
            Sanitizer::Thread => "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer",
        }
    }

    /// Further flags of the scenarios' program.
    fn program_flags(self) -> &'static str {
        match self {
            Sanitizer::Address => "",
            // A volatile read is a look without a lock and says so: the harness
            // has the functions that then are called.
            Sanitizer::Thread => " -Cllvm-args=-tsan-distinguish-volatile=1",
        }
    }

    /// The variable that configures its run-time library, and the value.
    fn options(self, config: &Config) -> (&'static str, String) {
        match self {
            // Runs end without tearing anything down, and where their stacks
            // are must not depend on the sanitizer.
            Sanitizer::Address => (
                "ASAN_OPTIONS",
                "detect_leaks=0:detect_stack_use_after_return=0".to_string(),
            ),
            Sanitizer::Thread => (
                "TSAN_OPTIONS",
                format!(
                    "halt_on_error=1:atexit_sleep_ms=0:suppressions={}",
                    config.root.join(SUPPRESSIONS).display()
                ),
            ),
        }
    }
}

/// The nightly toolchain.
struct Nightly {
    /// The sanitizer's run-time library.
    runtime: PathBuf,
}

impl Nightly {
    /// The toolchain, or why a sanitizer can't be used here.
    fn find(sanitizer: Sanitizer) -> std::result::Result<Self, String> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return Err("the simulated kernel is a program for amd64 Linux".to_string());
        }
        let mut command = Command::new("rustup");
        command.args(["run", "nightly", "rustc", "--print", "sysroot"]);
        let sysroot = match process::output(&mut command) {
            Ok(output) if output.status.success() => {
                String::from_utf8_lossy(&output.stdout).trim().to_string()
            }
            _ => {
                return Err("no nightly toolchain: rustup toolchain install nightly".to_string());
            }
        };
        let name = format!("librustc-nightly_rt.{}.a", sanitizer.name());
        let libraries = Path::new(&sysroot)
            .join("lib/rustlib")
            .join(TARGET)
            .join("lib");
        let runtime = libraries.join(&name);
        if !runtime.is_file() {
            return Err(format!(
                "the nightly toolchain has no {name}: rustup toolchain install nightly-{TARGET}"
            ));
        }
        Ok(Self { runtime })
    }

    /// Its cargo, for the scenarios' program.
    fn build(&self, sanitizer: Sanitizer, config: &Config, subcommand: &str) -> Result<Command> {
        let mut command = self.cargo(sanitizer, config, subcommand)?;
        command.args(["--profile", PROFILE]).env(
            "RUSTFLAGS",
            sanitizer.flags().to_string() + sanitizer.program_flags(),
        );
        Ok(command)
    }

    /// Its cargo, for one sanitizer.  With a target named, build scripts stay
    /// as they are.
    fn cargo(&self, sanitizer: Sanitizer, config: &Config, subcommand: &str) -> Result<Command> {
        let mut command = Command::new("rustup");
        command
            .current_dir(&config.root)
            .args(["run", "nightly", "cargo", subcommand, "--locked", "--quiet"])
            .args(["--color=never", "--target", TARGET, "--target-dir"])
            .arg(folder(sanitizer, config))
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("RUSTFLAGS", sanitizer.flags())
            .env("KERN_THREAD_OPTIONS", config.options.words())
            .env("KERN_THREAD_BINDINGS", bindings::ensure(config)?);
        Ok(command)
    }
}

/// Where everything of a sanitizer is made.
fn folder(sanitizer: Sanitizer, config: &Config) -> PathBuf {
    config.out.join(sanitizer.name())
}

/// Runs everything; gives the last line.
pub fn run(sanitizer: Sanitizer, config: &Config) -> Result<String> {
    if config.arch != Arch::Amd64 {
        bail!(
            "the simulated kernel is a program for amd64 alone: leave ARCH={} out",
            config.arch
        );
    }
    let name = sanitizer.name();
    let nightly = match Nightly::find(sanitizer) {
        Ok(nightly) => nightly,
        Err(why) => return Ok(format!("{name}: skipped: {why}")),
    };
    let (variable, options) = sanitizer.options(config);

    let stage = Stage::start(name, "unit tests of the library");
    let mut tests = nightly.cargo(sanitizer, config, "test")?;
    tests
        .args(["--package=kern_thread", "--lib"])
        .args(config.cargo_features())
        .env(variable, &options);
    if sanitizer == Sanitizer::Thread {
        // Tests exclude each other by a lock of the standard library, which
        // ThreadSanitizer does not see through.
        tests.args(["--", "--test-threads=1"]);
    }
    let tests = units::run(&mut tests)?;
    stage.done();

    let stage = Stage::start(name, "the simulated kernel");
    let program = link(&nightly, sanitizer, config)?;
    stage.done();
    let stage = Stage::start(name, "scenarios");
    let request = scenarios::Request::read_as(name, Suite::Scenarios, |variable| {
        let given = env::var(variable).ok().filter(|text| !text.is_empty());
        given.or_else(|| default(sanitizer, variable))
    })?;
    let ran = scenarios::execute(&program, config, &request, &[(variable, &options)])?;
    stage.done();
    if tests.failed + ran.failed > 0 {
        bail!(
            "{name}: {} tests and {} scenarios failed: see the reports above",
            tests.failed,
            ran.failed
        );
    }
    Ok(format!(
        "{name}: ok: {} tests, {} scenarios",
        tests.passed, ran.passed
    ))
}

/// What make's variables are when they are not given.
fn default(sanitizer: Sanitizer, variable: &str) -> Option<String> {
    let value = match (sanitizer, variable) {
        (Sanitizer::Address, "SCHEDULES") => SCHEDULES,
        // In MODE=det everything happens in one host thread.
        (Sanitizer::Thread, "MODE") => "smp",
        _ => return None,
    };
    Some(value.to_string())
}

/// The configuration of the scenarios' C code.
fn callers(sanitizer: Sanitizer, config: &Config) -> Result<Config> {
    match sanitizer {
        Sanitizer::Address => Ok(config.clone()),
        // ThreadSanitizer sees calls of the simulated locks, and not C's inline
        // code for them.
        Sanitizer::Thread => {
            let words = format!("{} MUTEX_NOINLINE RWLOCK_NOINLINE", config.options.words());
            Ok(config.variant(config.profile, Options::parse(&words)?))
        }
    }
}

/// Builds the program of the scenarios; gives its path.
fn link(nightly: &Nightly, sanitizer: Sanitizer, config: &Config) -> Result<PathBuf> {
    let folder = folder(sanitizer, config);
    let mut harness = nightly.build(sanitizer, config, "build")?;
    harness.args(["--package=fbsd-harness", "--features", sanitizer.name()]);
    process::run(&mut harness, "the simulated kernel does not compile")?;
    let library = folder.join(TARGET).join(PROFILE).join("libfbsd_harness.a");

    let compiled = folder.join("kern_thread.o");
    // Cargo does not know of the object file and would not write it again.
    let mut clean = nightly.build(sanitizer, config, "clean")?;
    process::run(clean.arg("--package=kern_thread"), "cargo clean")?;
    let mut object = nightly.build(sanitizer, config, "rustc")?;
    object
        .args(["--package=kern_thread", "--lib"])
        .args(config.cargo_features())
        .arg("--")
        .arg(format!("--emit=obj={}", compiled.display()));
    process::run(&mut object, "the library does not compile")?;
    let object = folder.join("hosted.o");
    files::write(&object, hosted::convert(&compiled)?)?;

    let program = folder.join("scenarios");
    let temporary = files::temporary_name(&program);
    let mut command = Command::new("cc");
    command
        .args(["-no-pie", "-o"])
        .arg(&temporary)
        .args(program::wrapped(&object)?)
        .args(program::compile(
            Suite::Scenarios,
            &callers(sanitizer, config)?,
        )?)
        .arg(&object)
        .arg(&library)
        .arg("-Wl,--whole-archive")
        .arg(&nightly.runtime)
        .args(["-Wl,--no-whole-archive", "-lgcc_s", "-lpthread", "-lm"])
        .args(["-ldl", "-lrt"]);
    process::run(&mut command, "the scenarios do not link")?;
    fs::rename(&temporary, &program).map_err(|e| Error::io("write", &program, &e))?;
    Ok(program)
}
