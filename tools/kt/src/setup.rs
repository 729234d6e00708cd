//! First-time set-up: virtual environments in the repository that hold the
//! pinned and hashed PyPI packages.  No root, nothing outside the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::config::{Config, Profile};
use crate::error::{Error, Result, bail};
use crate::files;
use crate::process;
use crate::report::Stage;

/// Base clang and the system's libclang serve there; PyPI has no wheels for it.
pub const ON_FREEBSD: bool = cfg!(target_os = "freebsd");

/// The `zig` program whose clang and headers serve this configuration.
pub fn zig(config: &Config) -> Result<PathBuf> {
    let (venv, requirements) = match config.profile {
        Profile::Reference | Profile::FreeBsd14 => (".venv", "requirements-ref.txt"),
        Profile::FreeBsd15 => (".venv-15", "requirements-15.txt"),
    };
    let packages = install(config, venv, requirements)?;
    Ok(packages.join("ziglang/zig"))
}

/// The folder that holds `libclang.so`, for bindgen.
pub fn libclang(config: &Config) -> Result<PathBuf> {
    let packages = install(config, ".venv", "requirements-bindgen.txt")?;
    Ok(packages.join("clang/native"))
}

/// `kt setup`: every package that this configuration may need.
pub fn all(config: &Config) -> Result<()> {
    if ON_FREEBSD {
        return Ok(());
    }
    zig(config)?;
    libclang(config)?;
    Ok(())
}

/// Makes sure that a virtual environment holds the packages of one
/// requirements file and gives its `site-packages`.
fn install(config: &Config, venv: &str, requirements: &str) -> Result<PathBuf> {
    let venv = config.root.join(venv);
    let requirements = config.root.join("tools").join(requirements);
    let wanted = files::read(&requirements)?;
    let stamp = venv.join(format!(
        ".kt-{}",
        requirements
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
    ));
    if fs::read_to_string(&stamp).is_ok_and(|held| held == wanted) {
        return site_packages(&venv);
    }
    let names: Vec<&str> = wanted
        .lines()
        .filter(|line| line.contains("=="))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let stage = Stage::start("setup", &names.join(" "));
    make_venv(&venv)?;
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .args([
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "-r",
    ])
    .arg(&requirements);
    let output = process::output(&mut pip)?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let line = process::first_error(&text).unwrap_or_else(|| "pip gave no reason".to_string());
        bail!(
            "set-up: pip cannot install {}: {line} (needs network to PyPI or PIP_FIND_LINKS with the wheels)",
            names.join(" ")
        );
    }
    files::write(&stamp, &wanted)?;
    stage.done();
    site_packages(&venv)
}

/// Makes an empty virtual environment.  One that was interrupted half-way has
/// no stamp and is made again: it cannot be built elsewhere and moved.
fn make_venv(venv: &Path) -> Result<()> {
    let complete = venv.join(".kt-venv");
    if complete.exists() {
        return Ok(());
    }
    if venv.exists() {
        fs::remove_dir_all(venv).map_err(|e| Error::io("remove", venv, &e))?;
    }
    process::run(
        Command::new("python3").args(["-m", "venv"]).arg(venv),
        "set-up: python3 cannot make a virtual environment (Debian: apt install python3-venv)",
    )?;
    files::write(&complete, "complete\n")
}

fn site_packages(venv: &Path) -> Result<PathBuf> {
    let lib = venv.join("lib");
    let entries = fs::read_dir(&lib).map_err(|e| Error::io("read", &lib, &e))?;
    for entry in entries.filter_map(|entry| entry.ok()) {
        let packages = entry.path().join("site-packages");
        if packages.is_dir() {
            return Ok(packages);
        }
    }
    bail!(
        "{} is incomplete: remove it and run make again",
        venv.display()
    )
}
