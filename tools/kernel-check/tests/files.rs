//! What is no kernel, or not whole, is refused in one line; a kernel in two
//! halves is put together.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use kernel_check::{Image, check};
use support::{Kernel, good};

/// Asserts that these bytes are refused for this reason.
#[track_caller]
fn refused(bytes: Vec<u8>, text: &str) {
    let error = Image::parse(Path::new("boot/kernel"), bytes);
    let error = error.expect_err("refused").to_string();
    assert!(error.contains(text), "{error}");
    assert!(
        error.starts_with("boot/kernel ") && !error.contains('\n'),
        "{error}"
    );
}

/// Guards the commonest slip: a path to something else.
#[test]
fn what_is_no_elf_file_is_refused() {
    refused(b"#!/bin/sh\n".to_vec(), "is not an ELF file");
    refused(Vec::new(), "is not an ELF file");
}

/// Guards against an ordinary program or a module.
#[test]
fn what_is_no_kernel_is_refused() {
    for name in ["kernbase", "btext"] {
        let mut k = good();
        k.symbols.retain(|s| s.name != name);
        let text = format!("is not a FreeBSD kernel: it has no symbol {name}");
        refused(k.bytes(), &text);
    }
}

/// Guards against a copy that broke off, wherever it did.
#[test]
fn a_truncated_kernel_is_refused() {
    let whole = good().bytes();
    for length in [20, 64, 300, whole.len() / 2, whole.len() - 1] {
        let error = Image::parse(Path::new("kernel"), whole[..length].to_vec());
        let error = error.expect_err("refused").to_string();
        assert!(!error.contains('\n'), "{error}");
    }
}

/// Guards against a file that claims more than it has.
#[test]
fn a_section_outside_the_file_is_refused() {
    let mut bytes = good().bytes();
    let headers = u64::from_le_bytes(bytes[40..48].try_into().expect("eight bytes")) as usize;
    let size = headers + 2 * 64 + 32;
    bytes[size..size + 8].copy_from_slice(&u64::MAX.to_le_bytes());
    refused(bytes, "it is truncated, section .text ends outside of it");
}

/// Guards against a panic of the check itself: whatever a damaged file says,
/// it is refused or checked.
#[test]
fn damaged_kernels_are_refused_or_checked() {
    let whole = good().bytes();
    let mut random: u64 = 1;
    for _ in 0..300 {
        let mut bytes = whole.clone();
        for _ in 0..4 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let at = (random >> 33) as usize % bytes.len();
            bytes[at] = match random >> 29 & 3 {
                0 => 0xff,
                1 => 0,
                _ => (random >> 8) as u8,
            };
        }
        if let Ok(image) = Image::parse(Path::new("kernel"), bytes) {
            let _ = kernel_check::check_image(&image);
        }
    }
}

/// Guards against a machine of which nothing is known here.
#[test]
fn another_machine_is_refused() {
    let mut k = good();
    k.machine = object::elf::EM_PPC64.0;
    refused(k.bytes(), "only amd64, aarch64, i386 and riscv64 are known");
}

/// Guards the message for a path that is not there.
#[test]
fn a_file_that_is_not_there_is_named() {
    let error = check(Path::new("/nonexistent/kernel"), None).expect_err("refused");
    assert!(
        error
            .to_string()
            .starts_with("cannot read /nonexistent/kernel: ")
    );
}

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kernel-check-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn write(&self, name: &str, kernel: &Kernel) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, kernel.bytes()).expect("written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The half with debug data alone.
fn debug_half(of: &Kernel) -> Kernel {
    let mut debug = of.clone();
    debug.without_bytes = true;
    debug
}

/// Guards `kernel.debug` as KERNEL: code and sets are read from its other half.
#[test]
fn the_other_half_of_kernel_debug_is_found() {
    let folder = Folder::new("halves");
    folder.write("kernel", &good());
    let debug = folder.write("kernel.debug", &debug_half(&good()));
    let report = check(&debug, None).expect("both halves");
    assert_eq!(report.problems, [""; 0]);
}

/// Guards against debug data alone, and of another kernel.
#[test]
fn kernel_debug_without_its_kernel_is_refused() {
    let folder = Folder::new("half");
    let debug = folder.write("kernel.debug", &debug_half(&good()));
    let error = check(&debug, None).expect_err("refused").to_string();
    assert!(error.contains("holds debug data and no code"), "{error}");
    let mut other = good();
    other.function("one_more", None, &[0x55, 0xc3]);
    folder.write("kernel", &other);
    let error = check(&debug, None).expect_err("refused").to_string();
    assert!(error.contains("kernel.debug is not of"), "{error}");
}

/// Guards the stripped kernel that says where its debug data is: the local
/// symbols there tell what the kernel itself no longer does.
#[test]
fn the_debug_half_of_a_stripped_kernel_is_found() {
    let folder = Folder::new("link");
    let mut stripped = good();
    stripped.stripped = true;
    stripped.section(".gnu_debuglink", 0, 0);
    stripped.in_section(".gnu_debuglink").data = b"kernel.debug\0\0\0\0\0\0\0\0".to_vec();
    let kernel = folder.write("kernel", &stripped);
    let report = check(&kernel, None).expect("readable");
    assert!(!report.ok(), "no debug half yet");
    folder.write("kernel.debug", &debug_half(&good()));
    let report = check(&kernel, None).expect("both halves");
    assert_eq!(report.problems, [""; 0]);
}
