//! The include folder of a configuration: what a kernel build generates
//! (`opt_*.h`, `offset.inc`, the `machine` and `x86` links) and what packaged
//! headers lack.

use std::fmt::Write as _;
use std::path::Path;

use crate::compiler::Compiler;
use crate::config::{Config, Profile};
use crate::error::{Error, Result, bail};
use crate::files::{self, Inputs};
use crate::options;
use crate::table;

/// The option headers that the kernel's headers and the C file include.
/// They are empty: options come as -D flags.
const OPTION_HEADERS: &[&str] = &[
    "opt_global.h",
    "opt_hwpmc_hooks.h",
    "opt_kstack_pages.h",
    "opt_ktrace.h",
    "opt_sched.h",
    "opt_vm.h",
    "opt_witness.h",
];

/// The fields of `struct thread_lite`, in the order of the probe's table.
const LITE_FIELDS: &[(&str, &str, u64)] = &[
    ("td_priority", "u_char", 1),
    ("td_critnest", "volatile u_int", 4),
    ("td_pinned", "int", 4),
    ("td_owepreempt", "volatile u_char", 1),
];

/// A configuration whose include folder is complete.
pub struct Staged {
    /// The compiler that uses the folder.
    pub compiler: Compiler,
    /// `__FreeBSD_version` of the headers.
    pub freebsd_version: u64,
}

/// Fills the include folder.
pub fn stage(config: &Config) -> Result<Staged> {
    let compiler = Compiler::new(config)?;
    let include = compiler.include.clone();
    let own = config.root.join("tools/kt/include");
    for header in OPTION_HEADERS {
        files::write(&include.join(header), "")?;
    }
    if let Some(dir) = &config.kernbuilddir {
        for header in options::option_headers(dir)? {
            let name = header.file_name().unwrap_or_default();
            files::write(&include.join(name), files::read_bytes(&header)?)?;
        }
    }
    files::write(
        &include.join("kt_prelude.h"),
        files::read(&own.join("kt_prelude.h"))?,
    )?;
    match &config.sysdir {
        None => {
            for header in ["ck_epoch.h", "ck_queue.h"] {
                files::write(&include.join(header), files::read(&own.join(header))?)?;
            }
        }
        Some(sysdir) => {
            for (name, folder) in config.arch.facts().links {
                link(&sysdir.join(folder), &include.join(name))?;
            }
        }
    }
    let freebsd_version = stage_offsets(config, &compiler, &own.join("offsets.c"))?;
    check_release(config, freebsd_version)?;
    Ok(Staged {
        compiler,
        freebsd_version,
    })
}

/// Compiles the probe and writes `offset.inc`; gives `__FreeBSD_version`.
fn stage_offsets(config: &Config, compiler: &Compiler, probe: &Path) -> Result<u64> {
    let offsets = compiler.include.join("offset.inc");
    let object = config.out.join("offsets.o");
    let stamp = Inputs::new()
        .text(compiler.command_line())
        .text(compiler.flags().join(" "))
        .file(probe)?
        .stamp(config.out.join(".offsets"));
    let cacheable = config.sysdir.is_none();
    if !(cacheable && stamp.is_current(&[&offsets, &object])) {
        compiler.compile(probe, &object, &["-DGENOFFSET"])?;
    }
    let table = table::read(&object)?;
    let [version, fields @ ..] = table.as_slice() else {
        bail!("{} holds no table", object.display());
    };
    files::write(&offsets, offset_inc(fields)?)?;
    stamp.record()?;
    Ok(version.0)
}

/// The text of `offset.inc`: a structure with the four fields at their places.
fn offset_inc(fields: &[(u64, u64)]) -> Result<String> {
    let mut lite: Vec<(u64, &(&str, &str, u64))> = Vec::new();
    for (&(offset, size), field) in fields.iter().zip(LITE_FIELDS) {
        if size != field.2 {
            bail!(
                "the headers give {} {size} bytes where FreeBSD's inline functions expect {}: use headers of FreeBSD 14 or 15",
                field.0,
                field.2
            );
        }
        lite.push((offset, field));
    }
    lite.sort_by_key(|(offset, _)| *offset);
    let mut text = String::from("struct thread_lite {\n");
    let mut end = 0;
    for (offset, (name, kind, size)) in lite {
        if offset > end {
            let _ = writeln!(text, "\tu_char pad_{name}[{}];", offset - end);
        }
        let _ = writeln!(text, "\t{kind} {name};");
        end = offset + size;
    }
    text.push_str("};\n");
    Ok(text)
}

/// A release profile wants headers of that release.  Profile ref lies between
/// two, so its layout assertions judge.
fn check_release(config: &Config, version: u64) -> Result<()> {
    let release = version / 100_000;
    let fits = match config.profile {
        Profile::Reference => true,
        Profile::FreeBsd14 => release == 14,
        Profile::FreeBsd15 => release >= 15,
    };
    if !fits {
        bail!(
            "PROFILE={} does not fit headers of FreeBSD {release} (__FreeBSD_version {version}): give the PROFILE or SYSDIR of that release",
            config.profile
        );
    }
    Ok(())
}

fn link(target: &Path, name: &Path) -> Result<()> {
    if std::fs::read_link(name).is_ok_and(|old| old == target) {
        return Ok(());
    }
    let _ = std::fs::remove_file(name);
    std::os::unix::fs::symlink(target, name).map_err(|e| Error::io("link", name, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_inc_pads_up_to_each_field() {
        let text = offset_inc(&[(978, 1), (1228, 4), (372, 4), (312, 1)]).expect("valid");
        assert_eq!(
            text,
            "struct thread_lite {\n\
             \tu_char pad_td_owepreempt[312];\n\tvolatile u_char td_owepreempt;\n\
             \tu_char pad_td_pinned[59];\n\tint td_pinned;\n\
             \tu_char pad_td_priority[602];\n\tu_char td_priority;\n\
             \tu_char pad_td_critnest[249];\n\tvolatile u_int td_critnest;\n};\n"
        );
    }

    #[test]
    fn a_field_of_another_size_is_refused() {
        let message = offset_inc(&[(978, 2)]).expect_err("wrong size").to_string();
        assert!(message.contains("td_priority 2 bytes"), "{message}");
    }
}
