//! The C compiler for FreeBSD and the flags of a kernel file: one place
//! for the oracle, the probes, bindgen and the C unit tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arch::Facts;
use crate::config::{Config, Profile};
use crate::error::{Error, Result, bail};
use crate::files;
use crate::process;
use crate::setup;

/// The flags of every machine's kernel code; the rest is in [`Compiler::flags`].
const KERNEL_FLAGS: &[&str] = &[
    "-O2",
    "-fno-pic",
    "-ffreestanding",
    "-fwrapv",
    "-fno-common",
    "-fno-omit-frame-pointer",
    "-fno-asynchronous-unwind-tables",
    "-fno-unwind-tables",
    "-fno-sanitize=all",
    "-Wno-pointer-sign",
];

/// Where the headers come from.
enum Headers {
    /// The `lib` folder of the zig package.
    Packaged(PathBuf),
    /// `SYSDIR`.
    Tree(PathBuf),
}

/// A C compiler, its headers and the staged include folder.
pub struct Compiler {
    program: PathBuf,
    /// What makes `program` a C compiler for the target.
    leading: Vec<String>,
    machine: &'static Facts,
    headers: Headers,
    /// The folder that [`crate::staging`] fills.
    pub include: PathBuf,
    defines: Vec<String>,
}

impl Compiler {
    /// The compiler of a configuration; sets up its packages at first use.
    pub fn new(config: &Config) -> Result<Self> {
        let machine = config.arch.facts();
        let (program, mut leading, packaged, cpu) = if setup::ON_FREEBSD {
            let leading = vec!["-target".to_string(), machine.clang.to_string()];
            (PathBuf::from("cc"), leading, None, machine.clang_cpu)
        } else {
            let zig = setup::zig(config)?;
            let lib = zig.with_file_name("lib");
            // Without a version zig claims 14.0 whatever headers it brings.
            let release = match config.profile {
                Profile::Reference | Profile::FreeBsd14 => "14.0",
                Profile::FreeBsd15 => "15.0",
            };
            let target = format!("{}-freebsd.{release}-none", machine.zig);
            let leading = vec!["cc".to_string(), "-target".to_string(), target];
            (zig, leading, Some(lib), machine.zig_cpu)
        };
        leading.extend(cpu.iter().map(ToString::to_string));
        let headers = match (&config.sysdir, packaged) {
            (Some(dir), _) => Headers::Tree(dir.clone()),
            (None, Some(lib)) => Headers::Packaged(lib),
            (None, None) => {
                bail!("on FreeBSD the headers come from the source tree: give SYSDIR=/usr/src/sys")
            }
        };
        let mut defines = vec![
            "-D_KERNEL".to_string(),
            "-DHAVE_KERNEL_OPTION_HEADERS".to_string(),
        ];
        defines.extend(config.options.defines());
        if config.profile == Profile::Reference {
            defines.push("-DKT_PROFILE_REF".to_string());
        }
        if matches!(headers, Headers::Packaged(_)) {
            defines.push("-DKT_PACKAGED_HEADERS".to_string());
        }
        Ok(Self {
            program,
            leading,
            machine,
            headers,
            include: config.out.join("include"),
            defines,
        })
    }

    /// Program and leading arguments, as a shell would take them.
    pub fn command_line(&self) -> String {
        format!("{} {}", self.program.display(), self.leading.join(" "))
    }

    /// Name and version, as it says them.
    pub fn version(&self) -> Result<String> {
        let mut command = Command::new(&self.program);
        let output = process::run(
            command.args(&self.leading).arg("--version"),
            "the C compiler",
        )?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().next().unwrap_or_default();
        Ok(line.split(" (").next().unwrap_or(line).to_string())
    }

    /// Everything behind the compiler's name that makes a file a kernel file.
    pub fn flags(&self) -> Vec<String> {
        let own = KERNEL_FLAGS.iter().chain(self.machine.c_flags);
        let mut flags: Vec<String> = own.map(|flag| flag.to_string()).collect();
        flags.extend(self.include_flags());
        flags.extend(self.defines.iter().cloned());
        flags
    }

    /// The flags that libclang needs to read the same headers the same way.
    /// Only the compiler driver knows the packaged headers' version, so it is handed in.
    pub fn libclang_flags(&self, freebsd_version: u64) -> Vec<String> {
        let mut flags = vec![
            format!("--target={}", self.machine.clang),
            "-nostdinc".to_string(),
        ];
        flags.push(format!("-D__FreeBSD_version={freebsd_version}"));
        flags.extend(["-ffreestanding".to_string(), "-Wno-everything".to_string()]);
        flags.extend(self.include_flags());
        if let Headers::Packaged(lib) = &self.headers {
            let own = format!("libc/include/{}", self.machine.headers);
            for dir in ["include", &own, "libc/include/generic-freebsd"] {
                flags.push("-isystem".to_string());
                flags.push(lib.join(dir).display().to_string());
            }
        }
        flags.extend(self.defines.iter().cloned());
        flags
    }

    fn include_flags(&self) -> Vec<String> {
        let mut flags = vec![format!("-I{}", self.include.display())];
        if let Headers::Tree(sysdir) = &self.headers {
            flags.push("-nostdinc".to_string());
            flags.push(format!("-I{}", sysdir.display()));
            flags.push(format!("-I{}", sysdir.join("contrib/ck/include").display()));
        }
        for header in ["opt_global.h", "kt_prelude.h"] {
            flags.push("-include".to_string());
            flags.push(self.include.join(header).display().to_string());
        }
        flags
    }

    /// Compiles `source` into `object`; when it fails no object is left, an
    /// older one neither.
    pub fn compile(&self, source: &Path, object: &Path, extra: &[&str]) -> Result<()> {
        let temporary = files::temporary_name(object).with_extension("o");
        if let Some(dir) = object.parent() {
            files::make_dir(dir)?;
        }
        let _ = std::fs::remove_file(object);
        let mut command = self.command(extra);
        command.arg("-c").arg(source).arg("-o").arg(&temporary);
        let what = format!("{} does not compile", source.display());
        if let Err(error) = process::run(&mut command, &what) {
            let _ = std::fs::remove_file(&temporary);
            return Err(error);
        }
        std::fs::rename(&temporary, object).map_err(|e| Error::io("write", object, &e))
    }

    /// Compiles nothing and gives the diagnostics, all of them.
    pub fn diagnostics(&self, source: &Path) -> Result<String> {
        // Without -c zig prepares a link too, and refuses one of code that
        // depends on its position.
        let mut command = self.command(&["-fsyntax-only", "-fpic", "-ferror-limit=0"]);
        let output = process::output(command.arg(source))?;
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// The headers that `source` includes, as the compiler names them.
    pub fn headers(&self, source: &Path) -> Result<Vec<PathBuf>> {
        let mut command = self.command(&["-M", "-x", "c"]);
        let what = format!("{} cannot be read", source.display());
        let output = process::run(command.arg(source), &what)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let names = text.split_whitespace().skip(1).filter(|word| *word != "\\");
        Ok(names.map(PathBuf::from).collect())
    }

    fn command(&self, extra: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.leading).args(self.flags()).args(extra);
        command
    }
}
