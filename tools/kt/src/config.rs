//! What to build: profile, architecture, options, headers and toolchain, read
//! from the environment variables that the Makefile passes on.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::arch::Arch;
use crate::error::{Result, bail};
use crate::kernel_flags::KernelFlags;
use crate::options::Options;

/// Which FreeBSD the object is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// The revision of the C file that was ported: 14.x headers and what they lack.
    Reference,
    /// FreeBSD 14 as released.
    FreeBsd14,
    /// FreeBSD 15.0.
    FreeBsd15,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reference => "ref",
            Self::FreeBsd14 => "14",
            Self::FreeBsd15 => "15",
        })
    }
}

/// How rustc gets a `core` for kernel code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toolchain {
    /// The host's own target with kernel flags.
    Host,
    /// The machine's target without an operating system, where rustup has
    /// installed it.
    None,
    /// The same with `core` built from a matching rust-src.
    BuildStd,
}

impl Toolchain {
    /// What serves a machine: rustc brings no `core` without vector registers
    /// for the others.
    pub fn default_of(arch: Arch) -> Self {
        match arch {
            Arch::Amd64 => Self::Host,
            Arch::I386 | Arch::Aarch64 | Arch::Riscv64 => Self::BuildStd,
        }
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::None => "none",
            Self::BuildStd => "build-std",
        })
    }
}

/// Which object the C unit tests run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Implementation {
    /// The object that ships.
    Rust,
    /// The object built from `KERN_THREAD_C`.
    C,
}

impl fmt::Display for Implementation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rust => "rust",
            Self::C => "c",
        })
    }
}

/// The feature by which the library has the C file's own algorithms.
pub const C_ALGORITHMS: &str = "c-algorithms";

/// The library's cargo features.
pub const FEATURES: &[&str] = &[C_ALGORITHMS];

/// One configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The repository.
    pub root: PathBuf,
    /// `PROFILE=`.
    pub profile: Profile,
    /// `ARCH=`.
    pub arch: Arch,
    /// `OPTIONS=`, or what `KERNBUILDDIR=` says.
    pub options: Options,
    /// `SYSDIR=`: the `sys` folder of a FreeBSD source tree.
    pub sysdir: Option<PathBuf>,
    /// `KERNBUILDDIR=`: where a kernel was configured.
    pub kernbuilddir: Option<PathBuf>,
    /// `KERN_THREAD_C=`: the C file that serves as oracle.
    pub oracle: Option<PathBuf>,
    /// `KERNEL_CFLAGS=`.
    pub kernel_flags: KernelFlags,
    /// `TOOLCHAIN=`.
    pub toolchain: Toolchain,
    /// `FEATURES=`: cargo features of the library.
    pub features: Vec<&'static str>,
    /// `IMPL=`.
    pub implementation: Implementation,
    /// Where everything of this configuration goes.
    pub out: PathBuf,
}

impl Config {
    /// Reads the configuration; `lookup` gives the value of a variable, `cwd`
    /// is what relative paths are relative to.
    pub fn read(lookup: impl Fn(&str) -> Option<String>, cwd: &Path) -> Result<Self> {
        let value = |name: &str| {
            lookup(name)
                .map(|v| v.trim().to_string())
                .filter(|v| !v.is_empty())
        };
        let path = |name: &str| value(name).map(|text| cwd.join(text));

        let profile = match value("PROFILE").as_deref() {
            None | Some("ref") => Profile::Reference,
            Some("14") => Profile::FreeBsd14,
            Some("15") => Profile::FreeBsd15,
            Some(other) => bail!("PROFILE={other} is unknown: use ref, 14 or 15"),
        };
        let arch = match value("ARCH").as_deref() {
            None => Arch::Amd64,
            Some(name) => match Arch::named(name) {
                Some(arch) => arch,
                None => bail!("ARCH={name} is unknown: use amd64, i386, aarch64 or riscv64"),
            },
        };
        let toolchain = match value("TOOLCHAIN").as_deref() {
            None => Toolchain::default_of(arch),
            Some("build-std") => Toolchain::BuildStd,
            Some(name @ ("host" | "none")) if arch != Arch::Amd64 => bail!(
                "TOOLCHAIN={name} has no core for {arch} kernels: leave TOOLCHAIN out or use build-std"
            ),
            Some("host") => Toolchain::Host,
            Some("none") => Toolchain::None,
            Some(other) => bail!("TOOLCHAIN={other} is unknown: use host, none or build-std"),
        };
        let implementation = match value("IMPL").as_deref() {
            None | Some("rust") => Implementation::Rust,
            Some("c") => Implementation::C,
            Some(other) => bail!("IMPL={other} is unknown: use rust or c"),
        };
        let sysdir = path("SYSDIR");
        if let Some(dir) = &sysdir {
            check_sysdir(dir, arch)?;
        }
        let kernbuilddir = path("KERNBUILDDIR");
        let options = match (&kernbuilddir, value("OPTIONS")) {
            (Some(_), Some(_)) => bail!(
                "OPTIONS and KERNBUILDDIR exclude each other: the kernel's own opt_*.h decide, leave OPTIONS out"
            ),
            (Some(dir), None) => Options::from_kernel_build_dir(dir)?,
            (None, text) => Options::parse(text.as_deref().unwrap_or(""))?,
        };
        let kernel_flags =
            KernelFlags::read(&value("KERNEL_CFLAGS").unwrap_or_default(), &options)?;
        let features = features(&value("FEATURES").unwrap_or_default())?;
        let mut config = Self {
            root: repository(cwd)?,
            profile,
            arch,
            options,
            sysdir,
            kernbuilddir,
            oracle: path("KERN_THREAD_C"),
            kernel_flags,
            toolchain,
            features,
            implementation,
            out: PathBuf::new(),
        };
        config.out = config.root.join("target/kt").join(config.name());
        Ok(config)
    }

    /// The same sources and headers with another profile and other options.
    pub fn variant(&self, profile: Profile, options: Options) -> Self {
        self.on(self.arch, profile, options)
    }

    /// The same for another machine, with the toolchain that serves it.
    pub fn on(&self, arch: Arch, profile: Profile, options: Options) -> Self {
        let toolchain = if arch == self.arch {
            self.toolchain
        } else {
            Toolchain::default_of(arch)
        };
        let mut config = Self {
            profile,
            arch,
            options,
            toolchain,
            ..self.clone()
        };
        config.out = config.root.join("target/kt").join(config.name());
        config
    }

    /// The same with the C file's own algorithms.
    pub fn with_c_algorithms(&self) -> Self {
        let mut config = Self {
            features: vec![C_ALGORITHMS],
            ..self.clone()
        };
        config.out = config.root.join("target/kt").join(config.name());
        config
    }

    /// Whether the object of `IMPL` has the C file's own algorithms.
    pub fn has_c_algorithms(&self) -> bool {
        self.implementation == Implementation::C || self.features.contains(&C_ALGORITHMS)
    }

    /// Options and features as make's variables, for a command that asks for
    /// this object again.
    pub fn variables(&self) -> String {
        let mut variables = format!(" OPTIONS=\"{}\"", self.options.words());
        if !self.features.is_empty() {
            variables.push_str(&format!(" FEATURES={}", self.features.join(",")));
        }
        variables
    }

    /// Cargo's arguments for the library's features.
    pub fn cargo_features(&self) -> Vec<String> {
        let features = self.features.iter();
        features
            .map(|feature| format!("--features=kern_thread/{feature}"))
            .collect()
    }

    /// `<profile>-<arch>[-<what differs from the default>...]`.
    pub fn name(&self) -> String {
        let mut parts = vec![
            format!("{}-{}", self.profile, self.arch),
            self.options.slug(),
        ];
        if self.sysdir.is_some() || self.kernbuilddir.is_some() {
            let mut hasher = DefaultHasher::new();
            (&self.sysdir, &self.kernbuilddir).hash(&mut hasher);
            parts.push(format!("src{:08x}", hasher.finish() as u32));
        }
        if self.toolchain != Toolchain::default_of(self.arch) {
            parts.push(self.toolchain.to_string());
        }
        parts.push(self.features.join("+"));
        parts.retain(|part| !part.is_empty());
        parts.join("-")
    }

    /// Whether the checked-in bindings are the ones of this configuration.
    pub fn uses_checked_in_bindings(&self) -> bool {
        self.profile == Profile::Reference
            && self.arch == Arch::Amd64
            && self.options == Options::default()
            && self.sysdir.is_none()
            && self.kernbuilddir.is_none()
    }

    /// The folder of the checked-in bindings.
    pub fn checked_in_bindings(&self) -> PathBuf {
        self.root.join("src/bindings/ref-amd64")
    }
}

/// The library's features in a text, each once.
fn features(text: &str) -> Result<Vec<&'static str>> {
    let mut wanted = Vec::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let Some(feature) = FEATURES.iter().find(|feature| **feature == word) else {
            bail!(
                "FEATURES has the unknown feature {word}: the library has {}",
                FEATURES.join(", ")
            );
        };
        if !wanted.contains(feature) {
            wanted.push(*feature);
        }
    }
    Ok(wanted)
}

/// The repository that `cwd` is in.
pub fn repository(cwd: &Path) -> Result<PathBuf> {
    match cwd
        .ancestors()
        .find(|dir| dir.join("tools/kt/Cargo.toml").is_file())
    {
        Some(root) => Ok(root.to_path_buf()),
        None => bail!(
            "{} is outside the repository: run make inside it",
            cwd.display()
        ),
    }
}

fn check_sysdir(dir: &Path, arch: Arch) -> Result<()> {
    let links = arch.facts().links.iter().map(|&(_, folder)| folder);
    for needed in ["sys/proc.h", "sys/param.h"].into_iter().chain(links) {
        if !dir.join(needed).exists() {
            bail!(
                "SYSDIR={} has no {needed}: give the sys folder of a FreeBSD source tree, e.g. /usr/src/sys",
                dir.display()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn read(variables: &[(&str, &str)]) -> Result<Config> {
        Config::read(
            |name| {
                let found = variables.iter().find(|(n, _)| *n == name);
                found.map(|(_, value)| value.to_string())
            },
            Path::new(env!("CARGO_MANIFEST_DIR")),
        )
    }

    fn error(variables: &[(&str, &str)]) -> String {
        let message = read(variables).expect_err("refused").to_string();
        assert!(!message.contains('\n'));
        message
    }

    #[test]
    fn nothing_set_is_the_default_configuration() {
        let config = read(&[("PROFILE", ""), ("OPTIONS", " ")]).expect("default");
        assert_eq!(config.name(), "ref-amd64");
        assert!(config.uses_checked_in_bindings());
        assert!(config.out.ends_with("target/kt/ref-amd64"));
        assert!(config.root.join("tools/kt").is_dir());
    }

    #[test]
    fn each_difference_has_its_own_folder() {
        let config = read(&[
            ("PROFILE", "15"),
            ("OPTIONS", "WITNESS"),
            ("TOOLCHAIN", "none"),
            ("FEATURES", "c-algorithms"),
        ]);
        let config = config.expect("valid");
        assert_eq!(config.name(), "15-amd64-WITNESS-none-c-algorithms");
        assert!(!config.uses_checked_in_bindings());
    }

    /// Who has the C file's algorithms: its own object, and one that asks.
    #[test]
    fn algorithms_are_the_object_s() {
        let has = |variables| read(variables).expect("valid").has_c_algorithms();
        assert!(!has(&[]));
        assert!(has(&[("IMPL", "c")]));
        assert!(has(&[("FEATURES", "c-algorithms c-algorithms")]));
        let asked = read(&[]).expect("valid").with_c_algorithms();
        assert!(asked.out.ends_with("target/kt/ref-amd64-c-algorithms"));
        assert!(asked.has_c_algorithms());
    }

    #[test]
    fn other_machines_have_the_one_toolchain_that_serves_them() {
        let config = read(&[("ARCH", "aarch64")]).expect("valid");
        assert_eq!(config.name(), "ref-aarch64");
        assert_eq!(config.toolchain, Toolchain::BuildStd);
        assert!(!config.uses_checked_in_bindings());
        for toolchain in ["host", "none"] {
            let message = error(&[("ARCH", "i386"), ("TOOLCHAIN", toolchain)]);
            assert!(message.contains("has no core for i386"), "{message}");
        }
    }

    #[test]
    fn unknown_values_are_named() {
        assert!(error(&[("PROFILE", "13")]).contains("PROFILE=13"));
        assert!(error(&[("ARCH", "vax")]).contains("ARCH=vax is unknown"));
        assert!(error(&[("TOOLCHAIN", "gcc")]).contains("TOOLCHAIN=gcc"));
        assert!(error(&[("IMPL", "ada")]).contains("IMPL=ada"));
        assert!(error(&[("FEATURES", "c-algorithms,fast")]).contains("unknown feature fast"));
    }

    #[test]
    fn a_wrong_sysdir_is_refused_by_what_it_lacks() {
        let tree = Scratch::new("sysdir");
        let dir = tree.path().display().to_string();
        assert!(error(&[("SYSDIR", &dir)]).contains("has no sys/proc.h"));
        tree.write("sys/proc.h", "");
        tree.write("sys/param.h", "");
        assert!(error(&[("SYSDIR", &dir)]).contains("has no amd64/include"));
        tree.write("amd64/include/pcpu.h", "");
        tree.write("x86/include/apicvar.h", "");
        assert!(
            !read(&[("SYSDIR", &dir)])
                .expect("valid")
                .uses_checked_in_bindings()
        );
    }

    #[test]
    fn options_beside_a_kernel_build_directory_are_refused() {
        let dir = Scratch::new("kernbuild");
        dir.write("opt_global.h", "#define SMP 1\n");
        let path = dir.path().display().to_string();
        assert!(
            error(&[("KERNBUILDDIR", &path), ("OPTIONS", "WITNESS")])
                .contains("exclude each other")
        );
        let config = read(&[("KERNBUILDDIR", &path)]).expect("valid");
        assert_eq!(config.options.words(), "SMP");
    }

    #[test]
    fn outside_the_repository_is_said() {
        let message = Config::read(|_| None, Path::new("/"))
            .expect_err("outside")
            .to_string();
        assert!(message.contains("outside the repository"));
    }
}
