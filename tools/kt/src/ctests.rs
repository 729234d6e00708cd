//! `kt c-tests`: the hosted object and the variables that the C unit tests'
//! makefile needs to build on it; and running them.

use std::path::PathBuf;
use std::process::Command;

use crate::config::Config;
use crate::error::Result;
use crate::files;
use crate::hosted;
use crate::process;
use crate::report::Stage;
use crate::staging;

/// What the tests are to run on.
pub struct Prepared {
    /// The makefile with the variables.
    pub makefile: PathBuf,
    /// The folder to build the tests in.
    pub build_dir: PathBuf,
}

/// Builds the hosted object of `IMPL` and writes the variables of `c-tests/run.mk`.
pub fn prepare(config: &Config) -> Result<Prepared> {
    let object = hosted::build(config)?;
    let staged = staging::stage(config)?;
    let build_dir = config
        .out
        .join(format!("c-tests-{}", config.implementation));
    let makefile = build_dir.join("c-tests.mk");
    let variables = [
        ("KT_CC", staged.compiler.command_line()),
        ("KT_CFLAGS", staged.compiler.flags().join(" ")),
        ("KT_OBJECT", object.display().to_string()),
        ("KT_HOSTCC", "cc".to_string()),
        ("KT_PROFILE", config.profile.to_string()),
        ("KT_OPTIONS", config.options.words()),
        ("KT_IMPL", config.implementation.to_string()),
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
    })
}

/// Builds the tests and runs them; gives their TAP.
pub fn run(config: &Config) -> Result<String> {
    let prepared = prepare(config)?;
    let source = config.root.join("c-tests");
    let stage = Stage::start(
        "c-tests",
        &format!("{} on the {} object", config.name(), config.implementation),
    );
    let mut make = Command::new("make");
    make.current_dir(&prepared.build_dir)
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .args(["-j2", "-f"])
        .arg(source.join("run.mk"))
        .arg(format!("CONFIG={}", prepared.makefile.display()))
        .arg(format!("SRC={}", source.display()))
        .arg("build");
    process::run(&mut make, "the C unit tests do not build")?;
    let output = process::output(&mut Command::new(prepared.build_dir.join("ctests")))?;
    stage.done();
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
