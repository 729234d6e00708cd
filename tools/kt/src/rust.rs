//! The Rust half of the object: cargo builds the library once more with kernel
//! flags and leaves one relocatable file.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::config::{Config, Toolchain};
use crate::error::{Error, Result, bail};
use crate::files::Inputs;
use crate::process;

/// Flags of every toolchain.
const FLAGS: &[&str] = &[
    "-Crelocation-model=static",
    "-Ccode-model=kernel",
    "-Cno-redzone=yes",
    "-Cforce-unwind-tables=no",
    "-Cforce-frame-pointers=yes",
    "-Csymbol-mangling-version=v0",
    // Stack traces want each frame set up by the function's first instruction.
    "-Cllvm-args=-enable-shrink-wrap=false",
];

/// The host's target would use vector registers, which belong to user land.
const HOST_FLAGS: &str = "-Ctarget-feature=-mmx,-sse,-sse2,-sse3,-ssse3,-sse4.1,-sse4.2,-avx,-avx2";

/// The target without an operating system.
const BARE_TARGET: &str = "x86_64-unknown-none";

/// rustc as this machine has it.
pub struct Rustc {
    /// `rustc -vV`.
    version: String,
    sysroot: PathBuf,
}

impl Rustc {
    /// Asks rustc who it is.
    pub fn find() -> Result<Self> {
        let ask = |arguments: &[&str]| -> Result<String> {
            let output = process::run(Command::new("rustc").args(arguments), "rustc")?;
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
        };
        Ok(Self {
            version: ask(&["-vV"])?,
            sysroot: PathBuf::from(ask(&["--print", "sysroot"])?),
        })
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

    /// The target of a toolchain, once it is known to be there.
    fn target(&self, toolchain: Toolchain) -> Result<&str> {
        let rustlib = self.sysroot.join("lib/rustlib");
        match toolchain {
            Toolchain::Host if self.host().starts_with("x86_64-") => Ok(self.host()),
            Toolchain::Host => bail!(
                "TOOLCHAIN=host needs an x86_64 host, this one is {}: use TOOLCHAIN=none",
                self.host()
            ),
            Toolchain::None if rustlib.join(BARE_TARGET).join("lib").is_dir() => Ok(BARE_TARGET),
            Toolchain::None => bail!(
                "TOOLCHAIN=none needs the target {BARE_TARGET}: run rustup target add {BARE_TARGET}"
            ),
            Toolchain::BuildStd if rustlib.join("src/rust/library/core").is_dir() => {
                Ok(BARE_TARGET)
            }
            Toolchain::BuildStd => bail!(
                "TOOLCHAIN=build-std needs rust-src of this rustc: run rustup component add rust-src"
            ),
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
    let target = rustc.target(config.toolchain)?;
    let mut flags: Vec<String> = FLAGS.iter().map(ToString::to_string).collect();
    if config.toolchain == Toolchain::Host {
        flags.push(HOST_FLAGS.to_string());
    }
    for (path, name) in rustc.remaps(&config.root) {
        flags.push(format!("--remap-path-prefix={}={name}", path.display()));
    }
    // Relative to the repository: cargo mixes its arguments into symbol names,
    // which must be the same in every folder.
    let target_dir = Path::new("target/kt").join(config.name()).join("cargo");
    let object = target_dir.join("kern_thread.o");
    let cargo = |arguments: &str| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
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
    if config.toolchain == Toolchain::BuildStd {
        command.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=core");
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
    Ok(inputs)
}
