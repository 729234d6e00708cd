//! `kt c-tests`: the hosted object and the variables that the C unit tests'
//! makefile needs to build on it; and running them.
//!
//! The test program of another machine than this one is linked with zig's C
//! library and run by qemu's user-space emulator.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fmt};

use crate::arch::Arch;
use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::files;
use crate::hosted;
use crate::process;
use crate::report::Stage;
use crate::setup;
use crate::staging;

/// What the tests are to run on.
pub struct Prepared {
    /// The makefile with the variables.
    pub makefile: PathBuf,
    /// The folder to build the tests in.
    pub build_dir: PathBuf,
    /// The emulator that runs the tests, if this machine does not.
    emulator: Option<PathBuf>,
}

/// Builds the hosted object of `IMPL` and writes the variables of `c-tests/run.mk`.
pub fn prepare(config: &Config) -> Result<Prepared> {
    let emulator = emulator(config.arch).map_err(|missing| Error::new(missing.to_string()))?;
    let object = hosted::build(config)?;
    let staged = staging::stage(config)?;
    let build_dir = build_dir(config);
    let makefile = build_dir.join("c-tests.mk");
    let variables = [
        ("KT_CC", staged.compiler.command_line()),
        ("KT_CFLAGS", staged.compiler.flags().join(" ")),
        ("KT_OBJECT", object.display().to_string()),
        ("KT_HOSTCC", host_compiler(config)?),
        (
            "KT_RUN",
            emulator
                .as_ref()
                .map(|path| path.display().to_string())
                .unwrap_or_default(),
        ),
        ("KT_PROFILE", config.profile.to_string()),
        ("KT_OPTIONS", config.options.words()),
        ("KT_IMPL", config.implementation.to_string()),
        ("KT_ALGORITHMS", algorithms(config).to_string()),
        ("KT_OUT", build_dir.display().to_string()),
    ];
    let text: String = variables
        .iter()
        .map(|(name, value)| format!("{name}=\t{value}\n"))
        .collect();
    files::write(&makefile, text)?;
    Ok(Prepared {
        makefile,
        build_dir,
        emulator,
    })
}

/// Whose algorithms the tests are to expect.
fn algorithms(config: &Config) -> &'static str {
    match config.has_c_algorithms() {
        true => "C",
        false => "OWN",
    }
}

/// Where the tests on the object of `IMPL` are built.
fn build_dir(config: &Config) -> PathBuf {
    config
        .out
        .join(format!("c-tests-{}", config.implementation))
}

/// The compiler of the half of the program that is no kernel code, as a shell
/// would take it.
fn host_compiler(config: &Config) -> Result<String> {
    if config.arch == Arch::Amd64 && is_here(config.arch) {
        return Ok("cc".to_string());
    }
    if setup::ON_FREEBSD {
        bail!(
            "on FreeBSD the C unit tests are for amd64 machines alone: leave ARCH={} out",
            config.arch
        );
    }
    let machine = config.arch.facts();
    let mut words = vec![
        setup::zig(config)?.display().to_string(),
        format!("cc -target {}-linux-musl -fno-sanitize=all", machine.zig),
    ];
    words.extend(machine.program_cpu.iter().map(ToString::to_string));
    Ok(words.join(" "))
}

/// Is this machine of that architecture?
fn is_here(arch: Arch) -> bool {
    env::consts::ARCH == arch.facts().zig
}

/// An emulator that is not installed.
#[derive(Debug)]
pub struct Missing(&'static str);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no {} to run the C unit tests: install qemu's user-space emulators (Debian: apt install qemu-user)",
            self.0
        )
    }
}

/// The emulator for programs of an architecture; none where this machine runs
/// them itself.
pub fn emulator(arch: Arch) -> std::result::Result<Option<PathBuf>, Missing> {
    if is_here(arch) {
        return Ok(None);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    search(arch.facts().emulator, &path).map(Some)
}

/// The emulator of that name in the folders of a `PATH`; some systems have it
/// as a static program only.
fn search(name: &'static str, path: &OsStr) -> std::result::Result<PathBuf, Missing> {
    let names = [name.to_string(), format!("{name}-static")];
    env::split_paths(path)
        .flat_map(|dir| names.clone().map(|name| dir.join(name)))
        .find(|candidate| candidate.is_file())
        .ok_or(Missing(name))
}

/// Builds the tests and runs them; gives their TAP.
pub fn run(config: &Config) -> Result<String> {
    let prepared = prepare(config)?;
    let stage = Stage::start(
        "c-tests",
        &format!("{} on the {} object", config.name(), config.implementation),
    );
    make(config, &prepared, &["build"])?;
    let program = prepared.build_dir.join("ctests");
    let mut tests = match &prepared.emulator {
        Some(emulator) => Command::new(emulator),
        None => Command::new(&program),
    };
    if prepared.emulator.is_some() {
        tests.arg(&program);
    }
    let output = process::output(&mut tests)?;
    stage.done();
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Builds the tests on the object of `IMPL`.
pub fn build(config: &Config) -> Result<()> {
    make(config, &prepare(config)?, &["build"])
}

/// Builds the program of the tests with the object file `runtime` in it.
pub fn measured(config: &Config, runtime: &Path, program: &Path) -> Result<()> {
    let prepared = prepare(config)?;
    let runtime = format!("KT_RUNTIME={}", runtime.display());
    let program = format!("KT_PROGRAM={}", program.display());
    make(config, &prepared, &[&runtime, &program, "measured"])
}

fn make(config: &Config, prepared: &Prepared, arguments: &[&str]) -> Result<()> {
    let source = config.root.join("c-tests");
    let mut make = Command::new("make");
    make.current_dir(&prepared.build_dir)
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .args(["-j2", "-f"])
        .arg(source.join("run.mk"))
        .arg(format!("CONFIG={}", prepared.makefile.display()))
        .arg(format!("SRC={}", source.display()))
        .args(arguments);
    process::run(&mut make, "the C unit tests do not build").map(drop)
}

/// Links the tests that [`build`] has compiled with another object of the
/// same configuration.
pub fn link(config: &Config, object: &Path, program: &Path) -> Result<()> {
    let mut compiled = files::tree(&build_dir(config))?;
    compiled.retain(|path| path.extension() == Some(OsStr::new("o")));
    let compiler = host_compiler(config)?;
    let mut words = compiler.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    command
        .args(words)
        .args(["-static", "-no-pie", "-o"])
        .arg(program)
        .args(compiled)
        .arg(object);
    process::run(&mut command, "the C unit tests do not link").map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn an_emulator_may_be_static() {
        let dir = Scratch::new("emulator");
        dir.write("qemu-aarch64-static", "");
        let found = search("qemu-aarch64", dir.path().as_os_str()).expect("found");
        assert!(found.ends_with("qemu-aarch64-static"));
    }

    #[test]
    fn a_missing_emulator_names_its_package() {
        let dir = Scratch::new("no-emulator");
        let message = search("qemu-aarch64", dir.path().as_os_str())
            .expect_err("missing")
            .to_string();
        assert!(message.contains("no qemu-aarch64"), "{message}");
        assert!(message.contains("apt install qemu-user"), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
}
