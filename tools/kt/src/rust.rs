//! The Rust half of the object: cargo builds the library once more with kernel
//! flags and leaves one relocatable file.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::config::{Config, Toolchain};
use crate::error::{Error, Result, bail};
use crate::files::Inputs;
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
];

/// The host's target would use vector registers, which belong to user land.
const HOST_FLAGS: &str = "-Ctarget-feature=-mmx,-sse,-sse2,-sse3,-ssse3,-sse4.1,-sse4.2,-avx,-avx2";

/// Where a distribution's rustc is, which may have rust-src where rustup's has not.
const INSTALLED: &str = "/usr/bin/rustc";

/// How rust-src comes onto a machine.
const INSTALL_SOURCES: &str =
    "run rustup component add rust-src, or on Debian apt-get install rustc-web rust-web-src";

/// What clang does by itself for `-mretpoline`.
const NO_JUMP_TABLES: &str = "-Cllvm-args=-min-jump-table-entries=1000000";

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
        let rustc = Self::ask(Path::new("rustc"))?;
        if config.toolchain != Toolchain::BuildStd || rustc.has_sources() {
            return Ok(rustc);
        }
        let installed = Path::new(INSTALLED);
        if installed.is_file() {
            let rustc = Self::ask(installed)?;
            if rustc.has_sources() {
                return Ok(rustc);
            }
        }
        bail!("TOOLCHAIN=build-std needs the sources of core: {INSTALL_SOURCES}")
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

    fn host(&self) -> &str {
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
    let target = rustc.target(config)?;
    let own = FLAGS.iter().chain(config.arch.facts().rust_flags);
    let mut flags: Vec<String> = own.map(ToString::to_string).collect();
    if config.toolchain == Toolchain::Host {
        flags.push(HOST_FLAGS.to_string());
    }
    if config.kernel_flags.retpoline {
        flags.push(NO_JUMP_TABLES.to_string());
    }
    for (path, name) in rustc.remaps(&config.root) {
        flags.push(format!("--remap-path-prefix={}={name}", path.display()));
    }
    // Relative to the repository: cargo mixes its arguments into symbol names,
    // which must be the same in every folder.
    let target_dir = Path::new("target/kt").join(config.name()).join("cargo");
    let object = target_dir.join("kern_thread.o");
    let cargo = |arguments: &str| {
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
            .arg(&target_dir);
        if config.toolchain == Toolchain::BuildStd {
            command.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=core");
            if target.ends_with(".json") {
                command.arg("-Zjson-target-spec");
            }
        }
        command
    };
    // Cargo does not know of the object file and would keep one that another
    // rustc or other flags have written.
    process::run(&mut cargo("clean"), "cargo clean")?;
    let mut command = cargo("rustc --lib --crate-type=staticlib");
    command
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("KERN_THREAD_OPTIONS", config.options.words())
        .env("KERN_THREAD_BINDINGS", bindings);
    if !config.features.is_empty() {
        command.arg("--features").arg(config.features.join(","));
    }
    command
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
