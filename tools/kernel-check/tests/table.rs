//! The text that is printed, whole.

mod support;

use kernel_check::check_beside;
use support::{baseline, checked, good, image};

/// Guards what people and scripts read: tables, and the last line.
#[test]
fn a_kernel_in_order() {
    insta::assert_snapshot!(checked(&good()).expect("a kernel"));
}

/// Guards the comparison's tables.
#[test]
fn a_kernel_beside_the_c_kernel() {
    let report = check_beside(&image(&good()), &image(&baseline()));
    insta::assert_snapshot!(report.expect("two kernels"));
}

/// Guards the count in the last line, one line for each problem before it.
#[test]
fn a_kernel_with_problems() {
    let mut k = good();
    k.symbol("tdfind").bind = support::WEAK;
    k.entry_mut("set_sysinit_set", 0).fill(0);
    let text = checked(&k).expect("a kernel").to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[lines.len() - 3..],
        [
            "problem: tdfind is weak: another object could take its place",
            "problem: entry 0 of set_sysinit_set is null",
            "kernel-check: 2 problems",
        ]
    );
}
