//! `kt scenarios`: the object under test, the scenarios and the simulated
//! kernel as one program, and running it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::config::{Config, Implementation};
use crate::error::{Error, Result, bail};
use crate::files::{self, Inputs};
use crate::hosted;
use crate::process;
use crate::report::Stage;
use crate::staging;
use crate::tally::Tally;

/// The shim that calls the host's C library; everything else is kernel code.
const HOST_SHIM: &str = "format.c";

/// Flags of scenarios besides the kernel's.
const FLAGS: &[&str] = &[
    "-O1",
    "-g",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-unused-parameter",
    "-Wno-sign-compare",
];

/// How the scenarios are to be run: make's variables.
#[derive(Debug, Default)]
pub struct Request {
    /// Arguments of the runner.
    arguments: Vec<String>,
    /// The make command that asks for the same object again.
    again: String,
}

/// Variables that choose the object, for the command that replays a failure.
const OBJECT_VARIABLES: &[&str] = &[
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
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let value = |name: &str| lookup(name).filter(|text| !text.trim().is_empty());
        let mut again = "make scenarios".to_string();
        for name in OBJECT_VARIABLES {
            if let Some(text) = value(name) {
                again.push_str(&match text.contains([' ', ';', '&']) {
                    true => format!(" {name}=\"{text}\""),
                    false => format!(" {name}={text}"),
                });
            }
        }
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
                ("MODE", "--mode"),
            ] {
                if let Some(text) = value(name) {
                    check(name, &text)?;
                    arguments.extend([flag.to_string(), text]);
                }
            }
            if value("PICTURE").is_some_and(|text| text != "0") {
                arguments.push("--picture".to_string());
            }
        }
        Ok(Self { arguments, again })
    }

    /// Every scenario, under as many schedules as usual.
    pub fn all(config: &Config) -> Self {
        let mut again = format!("make scenarios IMPL={}", config.implementation);
        if config.implementation == Implementation::C {
            again.push_str(" KERN_THREAD_C=<file>");
        }
        again.push_str(&format!(" OPTIONS=\"{}\"", config.options.words()));
        Self {
            arguments: vec!["run".to_string()],
            again,
        }
    }
}

fn check(name: &str, text: &str) -> Result<()> {
    if name == "MODE" && !matches!(text, "det" | "smp") {
        bail!("MODE={text} is unknown: use det or smp");
    }
    if name != "MODE" && text.parse::<u64>().is_err() {
        bail!("{name}={text} is no number");
    }
    Ok(())
}

/// What is linked with an object.
pub struct Parts {
    library: PathBuf,
    objects: Vec<PathBuf>,
}

impl Parts {
    /// Builds the simulated kernel and compiles the scenarios.
    pub fn build(config: &Config) -> Result<Self> {
        Ok(Self {
            library: library(config)?,
            objects: compile(config)?,
        })
    }

    /// Builds the program for one hosted object in `folder`.
    pub fn link(&self, object: &Path, folder: &Path) -> Result<PathBuf> {
        let program = folder.join("scenarios");
        let mut inputs = Inputs::new().file(object)?.file(&self.library)?;
        for path in &self.objects {
            inputs = inputs.file(path)?;
        }
        let stamp = inputs.stamp(folder.join(".scenarios"));
        if stamp.is_current(&[&program]) {
            return Ok(program);
        }
        files::make_dir(folder)?;
        let temporary = files::temporary_name(&program);
        let mut command = Command::new("cc");
        command
            .args(["-static", "-no-pie", "-o"])
            .arg(&temporary)
            .args(&self.objects)
            .arg(object)
            .arg(&self.library)
            .args(["-lpthread", "-lm"]);
        process::run(&mut command, "the scenarios do not link")?;
        fs::rename(&temporary, &program).map_err(|e| Error::io("write", &program, &e))?;
        stamp.record()?;
        Ok(program)
    }
}

/// Builds the program for the object of `IMPL`; gives its path.
pub fn build(config: &Config) -> Result<PathBuf> {
    let object = hosted::build(config)?;
    let folder = config
        .out
        .join(format!("scenarios-{}", config.implementation));
    Parts::build(config)?.link(&object, &folder)
}

/// The simulated kernel: the same for every configuration.
fn library(config: &Config) -> Result<PathBuf> {
    let target = config.root.join("target/kt/harness");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&config.root)
        .args(["build", "--quiet", "--locked", "--color=never"])
        .args([
            "--package=fbsd-harness",
            "--profile=harness",
            "--target-dir",
        ])
        .arg(&target)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS");
    process::run(&mut command, "the simulated kernel does not compile")?;
    Ok(target.join("harness/libfbsd_harness.a"))
}

/// Compiles scenarios and shims with the configuration's headers and options.
fn compile(config: &Config) -> Result<Vec<PathBuf>> {
    let staged = staging::stage(config)?;
    let home = config.root.join("fbsd-harness");
    let folder = config.out.join("scenarios");
    let mut sources = Vec::new();
    for part in ["scenarios", "shim"] {
        let part = home.join(part);
        sources.extend(files::tree(&part)?);
    }
    let headers: Vec<PathBuf> = sources
        .iter()
        .filter(|path| has_extension(path, "h"))
        .cloned()
        .chain([config.root.join("include/kern_thread.h")])
        .collect();
    let include = format!("-I{}", home.join("scenarios").display());
    let exported = format!("-I{}", config.root.join("include").display());
    let mut flags = FLAGS.to_vec();
    flags.extend([include.as_str(), exported.as_str()]);

    let sources: Vec<PathBuf> = sources
        .into_iter()
        .filter(|path| has_extension(path, "c"))
        .collect();
    let one = |source: &PathBuf| -> Result<PathBuf> {
        let name = source.file_stem().unwrap_or_default().to_string_lossy();
        let object = folder.join(format!("{name}.o"));
        let mut inputs = Inputs::new()
            .text(staged.compiler.command_line())
            .text(staged.compiler.flags().join(" "))
            .text(flags.join(" "))
            .file(source)?;
        for header in &headers {
            inputs = inputs.file(header)?;
        }
        let stamp = inputs.stamp(folder.join(format!(".{name}")));
        if !stamp.is_current(&[&object]) {
            if source.file_name() == Some(OsStr::new(HOST_SHIM)) {
                host_compile(source, &object)?;
            } else {
                staged.compiler.compile(source, &object, &flags)?;
            }
            stamp.record()?;
        }
        Ok(object)
    };
    let halves = sources.split_at(sources.len() / 2);
    thread::scope(|scope| {
        let first = scope.spawn(|| halves.0.iter().map(one).collect::<Result<Vec<_>>>());
        let second = halves.1.iter().map(one).collect::<Result<Vec<_>>>();
        let mut objects = match first.join() {
            Ok(objects) => objects?,
            Err(_) => bail!("compiling the scenarios failed: run make again"),
        };
        objects.extend(second?);
        Ok(objects)
    })
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension() == Some(OsStr::new(extension))
}

fn host_compile(source: &Path, object: &Path) -> Result<()> {
    if let Some(folder) = object.parent() {
        files::make_dir(folder)?;
    }
    let mut command = Command::new("cc");
    command
        .args(["-O1", "-g", "-fno-pic", "-Wall", "-Wextra", "-Werror", "-c"])
        .arg(source)
        .arg("-o")
        .arg(object);
    let what = format!("{} does not compile", source.display());
    process::run(&mut command, &what).map(drop)
}

/// Runs scenarios; what they say goes to standard output.  The count of a
/// replayed schedule is empty.
pub fn run(config: &Config, request: &Request) -> Result<Tally> {
    let stage = Stage::start(
        "scenarios",
        &format!(
            "{} with the {} object",
            config.name(),
            config.implementation
        ),
    );
    let program = build(config)?;
    stage.done();
    let sum = program.with_file_name("sum");
    let _ = fs::remove_file(&sum);
    let mut command = Command::new(&program);
    command
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
        .map_err(|cause| Error::io("run", &program, &cause))?;
    if replays {
        return Ok(Tally::check(status.success()));
    }
    let tally = fs::read_to_string(&sum).ok().and_then(|line| counts(&line));
    match tally {
        Some(tally) if status.success() || tally.failed > 0 => Ok(tally),
        _ => bail!("the scenarios did not run to their end: {status}"),
    }
}

/// The numbers of the line `<n> passed, <n> failed, <n> skipped`.
fn counts(line: &str) -> Option<Tally> {
    let numbers: Vec<usize> = line
        .split(|character: char| !character.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect();
    match numbers[..] {
        [passed, failed, skipped] => Some(Tally {
            passed,
            failed,
            skipped,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(variables: &[(&str, &str)]) -> Result<Request> {
        Request::read(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.to_string())
        })
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
    fn the_last_line_is_read_again() {
        let tally = Tally {
            passed: 70,
            failed: 2,
            skipped: 1,
        };
        assert_eq!(counts(&format!("{tally}\n")), Some(tally));
        assert_eq!(counts("killed"), None);
    }

    #[test]
    fn wrong_values_are_named() {
        for (name, value) in [("SEED", "x"), ("MODE", "fast"), ("SCHEDULES", "-1")] {
            let message = request(&[(name, value)]).expect_err("refused").to_string();
            assert!(message.contains(&format!("{name}={value}")), "{message}");
        }
    }
}
