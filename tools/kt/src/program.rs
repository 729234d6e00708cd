//! The programs that run the object under test on the simulated kernel: one
//! with the scenarios, one with the exerciser's tests.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use object::{Object as _, ObjectSymbol as _, SymbolKind};

use crate::arch::Arch;
use crate::config::Config;
use crate::error::{Error, Result, bail};
use crate::files::{self, Inputs};
use crate::hosted;
use crate::process;
use crate::staging;

/// What a program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// `fbsd-harness/scenarios`.
    Scenarios,
    /// The tests of `fbsd-harness/kernel/exerciser`.
    Exerciser,
}

impl Suite {
    /// The target of the makefile that runs it.
    pub fn target(self) -> &'static str {
        match self {
            Suite::Scenarios => "scenarios",
            Suite::Exerciser => "exerciser-test",
        }
    }

    /// What it consists of.
    pub fn parts(self) -> &'static str {
        match self {
            Suite::Scenarios => "scenarios",
            Suite::Exerciser => "exerciser's tests",
        }
    }

    /// The program's file name, and the beginning of its folder's.
    fn name(self) -> &'static str {
        match self {
            Suite::Scenarios => "scenarios",
            Suite::Exerciser => "exerciser",
        }
    }

    /// Its files, headers included.
    fn files(self, config: &Config) -> Result<Vec<PathBuf>> {
        let home = config.root.join("fbsd-harness");
        let scenarios = files::tree(&home.join("scenarios"))?;
        let mut found = files::tree(&home.join("shim"))?;
        if self == Suite::Scenarios {
            found.extend(scenarios);
            return Ok(found);
        }
        found.extend(
            scenarios
                .into_iter()
                .filter(|path| has_extension(path, "h")),
        );
        let home = config.root.join(EXERCISER);
        found.extend(files::tree(&home)?.into_iter().filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            path.parent() == Some(&home.join("sim"))
                || path.parent() == Some(&home)
                    && (name.starts_with("tests") || has_extension(path, "h"))
        }));
        Ok(found)
    }
}

/// The exerciser's home.
const EXERCISER: &str = "fbsd-harness/kernel/exerciser";

/// The shim that calls the host's C library; everything else is kernel code.
const HOST_SHIM: &str = "format.c";

/// The shim that says what the object under test was built with.
const OPTIONS_SHIM: &str = "options.c";

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

/// What is linked with an object.
pub struct Parts {
    suite: Suite,
    library: PathBuf,
    objects: Vec<PathBuf>,
}

impl Parts {
    /// Builds the simulated kernel and compiles the suite.
    pub fn build(suite: Suite, config: &Config) -> Result<Self> {
        Ok(Self {
            suite,
            library: library(config)?,
            objects: compile(suite, config)?,
        })
    }

    /// Adds an object file.
    pub fn with(mut self, object: PathBuf) -> Self {
        self.objects.push(object);
        self
    }

    /// Builds the program for one hosted object in `folder`.
    pub fn link(&self, object: &Path, folder: &Path) -> Result<PathBuf> {
        let name = self.suite.name();
        let program = folder.join(name);
        let mut inputs = Inputs::new().file(object)?.file(&self.library)?;
        for path in &self.objects {
            inputs = inputs.file(path)?;
        }
        let stamp = inputs.stamp(folder.join(format!(".{name}")));
        if stamp.is_current(&[&program]) {
            return Ok(program);
        }
        files::make_dir(folder)?;
        let temporary = files::temporary_name(&program);
        let mut command = Command::new("cc");
        command
            .args(["-static", "-no-pie", "-o"])
            .arg(&temporary)
            .args(wrapped(object)?)
            .args(&self.objects)
            .arg(object)
            .arg(&self.library)
            .args(["-lpthread", "-lm"]);
        process::run(
            &mut command,
            &format!("the {} do not link", self.suite.parts()),
        )?;
        fs::rename(&temporary, &program).map_err(|e| Error::io("write", &program, &e))?;
        stamp.record()?;
        Ok(program)
    }
}

/// The linker's options by which calls of the object's functions are written down.
pub fn wrapped(object: &Path) -> Result<Vec<String>> {
    let bytes = files::read_bytes(object)?;
    let file = object::File::parse(&*bytes)
        .map_err(|cause| Error::new(format!("{}: {cause}", object.display())))?;
    let exported = file
        .symbols()
        .filter(|symbol| symbol.is_global() && symbol.kind() == SymbolKind::Text);
    Ok(exported
        .filter_map(|symbol| Some(format!("-Wl,--wrap={}", symbol.name().ok()?)))
        .collect())
}

/// Builds the program for the object of `IMPL`; gives its path.
pub fn build(suite: Suite, config: &Config) -> Result<PathBuf> {
    if config.arch != Arch::Amd64 {
        bail!(
            "the simulated kernel is a program for amd64 alone: leave ARCH={} out",
            config.arch
        );
    }
    let object = hosted::build(config)?;
    let folder = config
        .out
        .join(format!("{}-{}", suite.name(), config.implementation));
    Parts::build(suite, config)?.link(&object, &folder)
}

/// The simulated kernel: the same for every configuration.
fn library(config: &Config) -> Result<PathBuf> {
    kernel_library(
        config,
        "fbsd-harness",
        "the simulated kernel does not compile",
    )
}

/// A kernel for programs, which a package of the workspace is: its archive.
pub fn kernel_library(config: &Config, package: &str, failure: &str) -> Result<PathBuf> {
    let target = config.root.join("target/kt/harness");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&config.root)
        .args(["build", "--quiet", "--locked", "--color=never"])
        .args(["--package", package, "--profile=harness", "--target-dir"])
        .arg(&target)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS");
    process::run(&mut command, failure)?;
    Ok(target.join(format!("harness/lib{}.a", package.replace('-', "_"))))
}

/// Compiles a suite and the shims with the configuration's headers and options.
///
/// All but one file is the same for the objects of both `IMPL`.
pub fn compile(suite: Suite, config: &Config) -> Result<Vec<PathBuf>> {
    let staged = staging::stage(config)?;
    let home = config.root.join("fbsd-harness");
    let folder = config.out.join(suite.name());
    let sources = suite.files(config)?;
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
    let exerciser = format!("-I{}", config.root.join(EXERCISER).display());
    if suite == Suite::Exerciser {
        flags.push(&exerciser);
    }

    let sources: Vec<PathBuf> = sources
        .into_iter()
        .filter(|path| has_extension(path, "c"))
        .collect();
    let one = |source: &PathBuf| -> Result<PathBuf> {
        let mut name = source
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut flags = flags.clone();
        if source.file_name() == Some(OsStr::new(OPTIONS_SHIM)) && config.has_c_algorithms() {
            name.push_str("-c-algorithms");
            flags.push("-DC_ALGORITHMS");
        }
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
            Err(_) => bail!("compiling the {} failed: run make again", suite.parts()),
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
