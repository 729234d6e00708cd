//! `kt check`, `kt miri` and `kt install`: what is neither building nor testing
//! the object.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::arch::Arch;
use crate::bindings;
use crate::config::Config;
use crate::error::{Result, bail};
use crate::files;
use crate::header;
use crate::matrix::CASES;
use crate::object_file;
use crate::process;
use crate::report::Stage;

/// Formatting, lints and documentation, warnings denied; the library's lints
/// in every configuration, since each option compiles other code.
pub fn check(config: &Config) -> Result<()> {
    let cargo = |arguments: &str| {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&config.root).args(arguments.split(' '));
        command
    };
    let stage = Stage::start("check", "formatting");
    if !process::output(&mut cargo("fmt --all --check"))?
        .status
        .success()
    {
        bail!("the sources are not formatted: run cargo fmt --all");
    }
    stage.done();

    let stage = Stage::start("check", "lints");
    let mut lints = cargo("clippy --quiet --locked --workspace --all-targets -- -Dwarnings");
    process::run(&mut lints, "lints")?;
    stage.done();

    // Lints of other machines' code would need a core for them.
    for case in CASES.iter().filter(|case| case.arch == Arch::Amd64) {
        let variant = case.config(config)?;
        let bindings = bindings::ensure(&variant)?;
        let stage = Stage::start("check", &format!("lints of {}", variant.name()));
        let mut lints = cargo("clippy --quiet --locked --lib --target-dir target/kt/check");
        lints
            .args(variant.cargo_features())
            .args(["--", "-Dwarnings"])
            .env("KERN_THREAD_OPTIONS", variant.options.words())
            .env("KERN_THREAD_BINDINGS", bindings);
        process::run(&mut lints, &format!("lints of {}", variant.name()))?;
        stage.done();
    }

    let stage = Stage::start("check", "documentation");
    let mut documentation = cargo("doc --quiet --locked --workspace --no-deps");
    documentation.env("RUSTDOCFLAGS", "-Dwarnings");
    process::run(&mut documentation, "documentation")?;
    stage.done();
    Ok(())
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

/// Files of the kernel kit, below the repository, that are installed as they are.
const KERNEL_KIT: &[(&str, &str)] = &[
    (
        "fbsd-harness/kernel/files.in",
        "share/kern_thread/kernel/files.in",
    ),
    (
        "fbsd-harness/kernel/object.sh",
        "share/kern_thread/kernel/object.sh",
    ),
    (
        "fbsd-harness/kernel/options.in",
        "share/kern_thread/kernel/options.in",
    ),
    ("docs/kernel.md", "share/doc/kern_thread/kernel.md"),
];

/// Copies object, archive, header and kernel kit below `DESTDIR`+`PREFIX`.
pub fn install(config: &Config) -> Result<PathBuf> {
    let object = object_file::build(config)?;
    header::check(config)?;
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let prefix = Some(variable("PREFIX")).filter(|prefix| !prefix.is_empty());
    let destination = variable("DESTDIR") + prefix.as_deref().unwrap_or("/usr/local");
    let cwd = env::current_dir().unwrap_or_else(|_| config.root.clone());
    let destination = cwd.join(destination);
    let mut installed = vec![
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
    installed.extend(
        KERNEL_KIT
            .iter()
            .map(|(from, to)| (config.root.join(from), *to)),
    );
    for (from, to) in installed {
        files::write(&destination.join(to), files::read_bytes(&from)?)?;
    }
    Ok(destination)
}
