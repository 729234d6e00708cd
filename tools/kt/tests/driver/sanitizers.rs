//! The sanitizers' targets where what they need is missing: one line that says
//! what, and no failure.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{folder, kt_alone, refusal, result};

/// The targets, which are the names of the run-time libraries, too.
const TARGETS: [&str; 2] = ["asan", "tsan"];

#[test]
fn without_a_nightly_toolchain_a_line_says_how_to_install_it() {
    let nothing = folder("no-rustup").display().to_string();
    for name in TARGETS {
        let line = result(&kt_alone(&[name], &[("PATH", &nothing)]));
        let expected = "skipped: no nightly toolchain: rustup toolchain install nightly";
        assert_eq!(line, format!("{name}: {expected}"));
    }
    let line = result(&kt_alone(&["miri"], &[("PATH", &nothing)]));
    assert!(line.starts_with("miri: not installed"), "{line}");
}

#[test]
fn without_the_runtime_library_the_line_names_it() {
    let dir = folder("bare-nightly");
    let rustup = dir.join("rustup");
    fs::write(&rustup, format!("#!/bin/sh\necho {}\n", dir.display())).expect("written");
    fs::set_permissions(&rustup, fs::Permissions::from_mode(0o755)).expect("mode");
    for name in TARGETS {
        let line = result(&kt_alone(&[name], &[("PATH", &dir.display().to_string())]));
        let missing = format!(
            "{name}: skipped: the nightly toolchain has no librustc-nightly_rt.{name}.a: rustup toolchain install nightly"
        );
        assert!(line.starts_with(&missing), "{line}");
    }
}

#[test]
fn another_machine_is_refused() {
    let line = refusal(&kt_alone(&["asan"], &[("ARCH", "riscv64")]));
    assert!(line.contains("a program for amd64 alone"), "{line}");
}
