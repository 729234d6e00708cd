//! The Rust half of the object: cargo builds the library once more with kernel
//! flags and leaves one relocatable file.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::config::{Config, Toolchain};
use crate::error::{Error, Result, bail};
use crate::files::{self, Inputs};
use crate::process;

/// Flags of every toolchain and machine.
const FLAGS: &[&str] = &[
    "-Crelocation-model=static",
    "-Cforce-unwind-tables=no",
    "-Cforce-frame-pointers=yes",
    "-Csymbol-mangling-version=v0",
    // The default depends on the host, and FreeBSD's tools read no newer one.
    "-Cdwarf-version=4",
    // Stack traces want each frame set up by the function's first instruction.
    "-Cllvm-args=-enable-shrink-wrap=false",
    // Few cases are told apart by compares sooner than by a jump through a table, and
    // a kernel with retpolines allows none: what clang does there by itself.
    "-Cllvm-args=-min-jump-table-entries=1000000",
];

/// The host's target would use vector registers, which belong to user land.
const HOST_FLAGS: &str = "-Ctarget-feature=-mmx,-sse,-sse2,-sse3,-ssse3,-sse4.1,-sse4.2,-avx,-avx2";

/// Where a distribution's rustc is, which may have rust-src where rustup's has not.
const INSTALLED: &str = "/usr/bin/rustc";

/// rustc as this machine has it.
pub struct Rustc {
    program: PathBuf,
    /// `rustc -vV`.
    version: String,
    sysroot: PathBuf,
}

impl Rustc {
    /// The rustc of PATH; for `TOOLCHAIN=build-std` the first one that comes
    /// with the sources of `core`.
    pub fn find(config: &Config) -> Result<Self> {
        match config.toolchain {
            Toolchain::Host | Toolchain::None => Self::ask(Path::new("rustc")),
            Toolchain::BuildStd => Self::with_sources(&["rustc", INSTALLED]),
        }
    }

    /// The first of these that comes with the sources of `core`.
    fn with_sources(programs: &[&str]) -> Result<Self> {
        for program in programs.iter().map(Path::new) {
            if program.is_absolute() && !program.is_file() {
                continue;
            }
            let rustc = Self::ask(program)?;
            if rustc.has_sources() {
                return Ok(rustc);
            }
        }
        bail!(
            "no rustc here has rust-src, from which TOOLCHAIN=build-std builds core: run rustup component add rust-src, or on Debian apt-get install rustc-web rust-web-src"
        )
    }

    /// Why this machine has no `core` for a configuration that needs one built.
    pub fn lacks_core(config: &Config) -> Option<Error> {
        match config.toolchain {
            Toolchain::BuildStd => Self::find(config).err(),
            Toolchain::Host | Toolchain::None => None,
        }
    }

    /// Asks a rustc who it is.
    fn ask(program: &Path) -> Result<Self> {
        let ask = |arguments: &[&str]| -> Result<String> {
            let output = process::run(Command::new(program).args(arguments), "rustc")?;
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
        };
        Ok(Self {
            program: program.to_path_buf(),
            version: ask(&["-vV"])?,
            sysroot: PathBuf::from(ask(&["--print", "sysroot"])?),
        })
    }

    /// Whether `core` can be built for any target.
    fn has_sources(&self) -> bool {
        let library = self.sysroot.join("lib/rustlib/src/rust/library");
        library.join("core").is_dir()
    }

    /// The cargo that belongs to this rustc.
    fn cargo(&self) -> Command {
        let beside = self.program.with_file_name("cargo");
        let mut command = if self.program.is_absolute() && beside.is_file() {
            Command::new(beside)
        } else {
            Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        };
        command.env("RUSTC", &self.program);
        command
    }

    fn field(&self, name: &str) -> &str {
        let mut lines = self.version.lines();
        lines
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .unwrap_or_default()
    }

    /// Name and version, as it says them.
    pub fn name(&self) -> &str {
        let line = self.version.lines().next().unwrap_or_default();
        line.split(" (").next().unwrap_or(line)
    }

    /// The target of programs of this machine.
    pub fn host(&self) -> &str {
        self.field("host")
    }

    /// The linker that comes with rustup's toolchains.
    pub fn lld(&self) -> PathBuf {
        self.sysroot
            .join("lib/rustlib")
            .join(self.host())
            .join("bin/rust-lld")
    }

    /// The target of a configuration, once it is known to be there.
    fn target(&self, config: &Config) -> Result<&str> {
        let bare = config.arch.facts().rust_target;
        let rustlib = self.sysroot.join("lib/rustlib");
        match config.toolchain {
            Toolchain::Host if self.host().starts_with("x86_64-") => Ok(self.host()),
            Toolchain::Host => bail!(
                "TOOLCHAIN=host needs an x86_64 host, this one is {}: use TOOLCHAIN=none",
                self.host()
            ),
            Toolchain::None if rustlib.join(bare).join("lib").is_dir() => Ok(bare),
            Toolchain::None => {
                bail!("TOOLCHAIN=none needs the target {bare}: run rustup target add {bare}")
            }
            Toolchain::BuildStd => Ok(bare),
        }
    }

    /// Paths of this machine, and what stands for them in the object.
    fn remaps(&self, root: &Path) -> Vec<(PathBuf, String)> {
        let home = std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| {
                let home = std::env::var_os("HOME")?;
                Some(PathBuf::from(home).join(".cargo"))
            });
        let library = format!("/rustc/{}", self.field("commit-hash"));
        let mut remaps = vec![
            (self.sysroot.clone(), "/rustc".to_string()),
            (self.sysroot.join("lib/rustlib/src/rust"), library),
        ];
        remaps.extend(home.map(|home| (home, "/cargo".to_string())));
        remaps.push((root.to_path_buf(), ".".to_string()));
        remaps
    }
}

/// Compiles the library of a configuration and gives the object file, not
/// linked yet.
pub fn compile(config: &Config, rustc: &Rustc, bindings: &Path) -> Result<PathBuf> {
    // Cargo does not know of the object file and would keep one that another
    // rustc or other flags have written.
    process::run(&mut cargo(config, rustc, "clean")?, "cargo clean")?;
    build(config, rustc, bindings)
}

/// The same where nothing but the sources has changed since the last time.
pub fn recompile(config: &Config, rustc: &Rustc, bindings: &Path) -> Result<PathBuf> {
    let _ = std::fs::remove_file(config.root.join(object(config)));
    let object = build(config, rustc, bindings)?;
    match object.is_file() {
        true => Ok(object),
        false => compile(config, rustc, bindings),
    }
}

/// What cargo writes, relative to the repository: cargo mixes its arguments
/// into symbol names, which must be the same in every folder.
fn object(config: &Config) -> PathBuf {
    Path::new("target/kt")
        .join(config.name())
        .join("cargo/kern_thread.o")
}

/// A cargo command on the library, with the kernel's profile.
fn cargo(config: &Config, rustc: &Rustc, arguments: &str) -> Result<Command> {
    let target = rustc.target(config)?;
    let out = Path::new("target/kt");
    let target_dir = match config.toolchain {
        // One core serves all configurations of a machine.
        Toolchain::BuildStd => out.join(format!("core-{}", config.arch)),
        Toolchain::Host | Toolchain::None => out.join(config.name()).join("cargo"),
    };
    let mut command = rustc.cargo();
    command
        .current_dir(&config.root)
        .args(arguments.split(' '))
        .args([
            "--quiet",
            "--locked",
            "--color=never",
            "--package=kern_thread",
        ])
        .args(["--profile=kernel", "--target", target])
        .arg("--target-dir")
        .arg(target_dir);
    if config.toolchain == Toolchain::BuildStd {
        command.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=core");
        if target.ends_with(".json") {
            command.arg("-Zjson-target-spec");
        }
    }
    Ok(command)
}

fn build(config: &Config, rustc: &Rustc, bindings: &Path) -> Result<PathBuf> {
    let own = FLAGS.iter().chain(config.arch.facts().rust_flags);
    let mut flags: Vec<String> = own.map(ToString::to_string).collect();
    if config.toolchain == Toolchain::Host {
        flags.push(HOST_FLAGS.to_string());
    }
    for (path, name) in rustc.remaps(&config.root) {
        flags.push(format!("--remap-path-prefix={}={name}", path.display()));
    }
    let object = object(config);
    if let Some(dir) = object.parent() {
        files::make_dir(&config.root.join(dir))?;
    }
    let mut command = cargo(config, rustc, "rustc --lib --crate-type=staticlib")?;
    command
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("KERN_THREAD_OPTIONS", config.options.words())
        .env("KERN_THREAD_BINDINGS", bindings);
    command
        .args(config.cargo_features())
        .arg("--")
        .arg(format!("--emit=obj={}", object.display()));
    match process::run(&mut command, "the library does not compile") {
        Ok(_) => Ok(config.root.join(object)),
        Err(error) => Err(explain(config, error)),
    }
}

/// A failed layout assertion is about headers, not about the library.
fn explain(config: &Config, error: Error) -> Error {
    let text = error.to_string();
    match text.split_once("evaluation panicked: ") {
        Some((_, finding)) => Error::new(format!(
            "the headers do not have the layout that PROFILE={} stands for: {finding}: give the PROFILE or SYSDIR of that release",
            config.profile
        )),
        None => error,
    }
}

/// What the object is made from.
pub fn inputs(config: &Config, rustc: &Rustc, bindings: &Path) -> Result<Inputs> {
    let mut inputs = Inputs::new()
        .text(&rustc.version)
        .text(config.name())
        .text(config.options.words())
        .tree(&config.root.join("src"))?
        .file(&bindings.join("bindings.rs"))?
        .file(&bindings.join("layout.rs"))?;
    for file in ["build.rs", "Cargo.toml", "Cargo.lock"] {
        inputs = inputs.file(&config.root.join(file))?;
    }
    let target = config.arch.facts().rust_target;
    if target.ends_with(".json") {
        inputs = inputs.file(&config.root.join(target))?;
    }
    Ok(inputs)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::scratch::Scratch;

    /// A program that answers as rustc does, with a sysroot of its own.
    fn rustc(dir: &Scratch, name: &str, with_sources: bool) -> String {
        let sysroot = dir.path().join(name);
        if with_sources {
            let core = "lib/rustlib/src/rust/library/core/Cargo.toml";
            dir.write(&format!("{name}/{core}"), "");
        }
        dir.write(
            &format!("{name}/rustc"),
            &format!("#!/bin/sh\necho {}\n", sysroot.display()),
        );
        let program = sysroot.join("rustc");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("mode");
        program.display().to_string()
    }

    #[test]
    fn the_first_rustc_with_sources_is_taken_and_none_is_one_line() {
        let dir = Scratch::new("rustc");
        let without = rustc(&dir, "without", false);
        let with = rustc(&dir, "with", true);
        let absent = dir.path().join("absent").display().to_string();
        let found = Rustc::with_sources(&[&without, &absent, &with]).expect("found");
        assert_eq!(found.program, Path::new(&with));
        let message = match Rustc::with_sources(&[&without, &absent]) {
            Ok(_) => panic!("nothing has sources"),
            Err(error) => error.to_string(),
        };
        assert!(
            message.contains("rustup component add rust-src"),
            "{message}"
        );
        assert!(message.contains("apt-get install rustc-web"), "{message}");
    }
}
