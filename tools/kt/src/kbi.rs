//! The offsets that FreeBSD promises to kernel modules.
//!
//! A source tree says them itself, in assertions of its `kern/kern_thread.c`
//! that the Rust object no longer compiles: they are read there and compared
//! with what the headers give.  (For packaged headers, which come without that
//! file, `src/layout.rs` has the promises of FreeBSD 14.)

use std::path::Path;

use crate::arch::Arch;
use crate::error::{Result, bail};
use crate::files;

/// The macro around the assertions of a machine.
fn guard(arch: Arch) -> &'static str {
    match arch {
        Arch::Amd64 => "__amd64__",
        Arch::I386 => "__i386__",
        Arch::Aarch64 => "__aarch64__",
        Arch::Riscv64 => "__riscv",
    }
}

/// One assertion: `offsetof(struct owner, field) == offset`.
#[derive(Debug, PartialEq, Eq)]
struct Promise {
    owner: String,
    field: String,
    offset: u64,
}

/// Compares a tree's promises with the `layout` that its headers give; a
/// folder of headers without the C file promises nothing.
pub fn check(arch: Arch, sysdir: &Path, layout: &str) -> Result<()> {
    let file = sysdir.join("kern/kern_thread.c");
    if !file.is_file() {
        return Ok(());
    }
    for promise in promises(&files::read(&file)?, guard(arch)) {
        let Promise {
            owner,
            field,
            offset,
        } = &promise;
        let Some(found) = offset_in(layout, owner, field) else {
            bail!(
                "{} promises modules the offset of {field}, and the headers beside it have no such field in struct {owner}: give a tree of one revision",
                file.display()
            );
        };
        if found != *offset {
            bail!(
                "{} promises modules {field} at {offset:#x} of struct {owner}, and the headers beside it have it at {found:#x}: give a tree of one revision",
                file.display()
            );
        }
    }
    Ok(())
}

/// The assertions between `#ifdef <guard>` and its `#endif`.
fn promises(source: &str, guard: &str) -> Vec<Promise> {
    let wanted = format!("#ifdef {guard}");
    let mut promises = Vec::new();
    let mut inside = false;
    for line in source.lines().map(str::trim) {
        if line == wanted {
            inside = true;
        } else if line.starts_with("#endif") {
            inside = false;
        } else if inside {
            promises.extend(promise(line));
        }
    }
    promises
}

/// `_Static_assert(offsetof(struct thread, td_flags) == 0x108,`
fn promise(line: &str) -> Option<Promise> {
    let (owner, rest) = line
        .strip_prefix("_Static_assert(offsetof(struct ")?
        .split_once(", ")?;
    let (field, rest) = rest.split_once(") == 0x")?;
    let offset = u64::from_str_radix(rest.trim_end_matches(','), 16).ok()?;
    Some(Promise {
        owner: owner.to_string(),
        field: field.to_string(),
        offset,
    })
}

/// The offset in a line `layout_field!(type, field, "struct owner", "field", offset, size);`.
fn offset_in(layout: &str, owner: &str, field: &str) -> Option<u64> {
    let place = format!("\"struct {owner}\", \"{field}\", ");
    let (_, rest) = layout.split_once(&place)?;
    rest.split(',').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    const SOURCE: &str = "
#ifdef __amd64__
_Static_assert(offsetof(struct thread, td_flags) == 0x10,
    \"struct thread KBI td_flags\");
_Static_assert(offsetof(struct proc, p_pid) == 0xc4,
    \"struct proc KBI p_pid\");
#endif
#ifdef __i386__
_Static_assert(offsetof(struct thread, td_flags) == 0x9c,
    \"struct thread KBI td_flags\");
#endif
";
    const LAYOUT: &str = "layout_field!(thread, td_flags, \"struct thread\", \"td_flags\", 16, 4);
layout_field!(proc_, p_pid, \"struct proc\", \"p_pid\", 196, 4);
";

    fn check_text(source: &str, layout: &str) -> Result<()> {
        let tree = Scratch::new("kbi");
        tree.write("kern/kern_thread.c", source);
        check(Arch::Amd64, tree.path(), layout)
    }

    #[test]
    fn promises_are_read_for_one_architecture() {
        let amd64 = promises(SOURCE, "__amd64__");
        assert_eq!(amd64.len(), 2);
        assert_eq!((amd64[0].field.as_str(), amd64[0].offset), ("td_flags", 16));
        assert_eq!((amd64[1].owner.as_str(), amd64[1].offset), ("proc", 196));
        assert_eq!(promises(SOURCE, "__i386__")[0].offset, 0x9c);
    }

    #[test]
    fn a_field_elsewhere_is_named_with_both_offsets() {
        check_text(SOURCE, LAYOUT).expect("as promised");
        let message = check_text(SOURCE, &LAYOUT.replace(", 16,", ", 20,"))
            .expect_err("moved")
            .to_string();
        assert!(message.contains("td_flags at 0x10"), "{message}");
        assert!(message.contains("have it at 0x14"), "{message}");
        let message = check_text(SOURCE, &LAYOUT.replace("p_pid", "p_id"))
            .expect_err("gone")
            .to_string();
        assert!(message.contains("p_pid"), "{message}");
        assert!(
            message.contains("no such field in struct proc"),
            "{message}"
        );
    }

    #[test]
    fn headers_without_the_file_promise_nothing() {
        let tree = Scratch::new("nokbi");
        check(Arch::Amd64, tree.path(), "").expect("nothing to compare");
    }
}
