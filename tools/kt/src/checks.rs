//! `kt check`, `kt miri` and `kt install`: what is neither building nor testing
//! the object.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::bindings;
use crate::config::{Config, Profile};
use crate::error::Result;
use crate::files;
use crate::header;
use crate::object_file;
use crate::options::Options;
use crate::process;
use crate::report::Stage;

/// The option set with which the lints look at the code that options bring in.
const ALL_OPTIONS: &str = "INVARIANTS INVARIANT_SUPPORT WITNESS AUDIT HWPMC_HOOKS EPOCH_TRACE KTR LOCK_PROFILING NUMA MAXMEMDOM=8";

/// Formatting, lints and documentation, warnings denied.
pub fn check(config: &Config) -> Result<()> {
    let cargo =
        |what: &'static str, arguments: &[&str], variables: &[(&str, String)]| -> Result<()> {
            let stage = Stage::start("check", what);
            let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            command
                .current_dir(&config.root)
                .args(arguments)
                .envs(variables.iter().map(|(name, value)| (name, value)));
            process::run(&mut command, what)?;
            stage.done();
            Ok(())
        };
    let lint = [
        "clippy",
        "--quiet",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-Dwarnings",
    ];
    let library = ["clippy", "--quiet", "--locked", "--lib", "--", "-Dwarnings"];
    cargo("formatting", &["fmt", "--all", "--check"], &[])?;
    cargo("lints", &lint, &[])?;
    for profile in [Profile::Reference, Profile::FreeBsd14, Profile::FreeBsd15] {
        let variant = config.variant(profile, Options::parse(ALL_OPTIONS)?);
        let variables = [
            ("KERN_THREAD_OPTIONS", variant.options.words()),
            (
                "KERN_THREAD_BINDINGS",
                bindings::ensure(&variant)?.display().to_string(),
            ),
        ];
        cargo("lints with every option", &library, &variables)?;
    }
    let flags = [("RUSTDOCFLAGS", "-Dwarnings".to_string())];
    cargo(
        "documentation",
        &["doc", "--quiet", "--locked", "--workspace", "--no-deps"],
        &flags,
    )
}

/// The library's unit tests under Miri; says so when Miri is not there.
pub fn miri(config: &Config) -> Result<String> {
    let present = process::output(Command::new("rustup").args([
        "run",
        "nightly",
        "cargo",
        "miri",
        "--version",
    ]));
    if !present.is_ok_and(|output| output.status.success()) {
        return Ok(
            "miri: not installed (rustup toolchain install nightly --component miri,rust-src)"
                .to_string(),
        );
    }
    let stage = Stage::start("miri", "unit tests of the library");
    let mut command = Command::new("rustup");
    command.current_dir(&config.root).args([
        "run",
        "nightly",
        "cargo",
        "miri",
        "test",
        "--locked",
        "--package",
        "kern_thread",
        "--lib",
    ]);
    process::run(&mut command, "miri")?;
    stage.done();
    Ok("miri: ok".to_string())
}

/// Copies object, archive and header below `DESTDIR`+`PREFIX`.
pub fn install(config: &Config) -> Result<PathBuf> {
    let object = object_file::build(config)?;
    header::check(config)?;
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let prefix = Some(variable("PREFIX")).filter(|prefix| !prefix.is_empty());
    let destination = variable("DESTDIR") + prefix.as_deref().unwrap_or("/usr/local");
    let cwd = env::current_dir().unwrap_or_else(|_| config.root.clone());
    let destination = cwd.join(destination);
    let installed = [
        (object.clone(), "lib/kern_thread/kern_thread.o"),
        (
            object.with_file_name("libkern_thread.a"),
            "lib/kern_thread/libkern_thread.a",
        ),
        (
            config.root.join("include/kern_thread.h"),
            "include/kern_thread.h",
        ),
    ];
    for (from, to) in installed {
        files::write(&destination.join(to), files::read_bytes(&from)?)?;
    }
    Ok(destination)
}
