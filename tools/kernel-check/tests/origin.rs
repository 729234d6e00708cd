//! Who made the functions, by DWARF.

mod support;

use support::{LOCAL, TEXT, checked, fails_only, good, problems};

const RUSTC: &str = "clang LLVM (rustc version 1.95.0 (59807616e 2026-04-14))";
const CLANG: &str = "FreeBSD clang version 14.0.5";

/// A version 4 unit without children: who made it and which code it holds.
fn unit(producer: &str, code: std::ops::Range<u64>) -> Vec<u8> {
    let mut body = vec![4, 0, 0, 0, 0, 0, 8, 1];
    body.extend(producer.bytes());
    body.push(0);
    body.extend(code.start.to_le_bytes());
    body.extend((code.end - code.start).to_le_bytes());
    let mut unit = (body.len() as u32).to_le_bytes().to_vec();
    unit.extend(body);
    unit
}

/// The good kernel with these units.
fn with(units: &[Vec<u8>]) -> support::Kernel {
    // Abbreviation 1: compile_unit, no children; producer string, low_pc
    // addr, high_pc data8.
    let abbreviations = [1, 0x11, 0, 0x25, 0x08, 0x11, 0x01, 0x12, 0x07, 0, 0, 0];
    let mut k = good();
    k.section(".debug_info", 0, 0);
    k.in_section(".debug_info").data = units.concat();
    k.section(".debug_abbrev", 0, 0);
    k.in_section(".debug_abbrev").data = abbreviations.to_vec();
    k
}

/// Guards the second witness, and that both are asked.
#[test]
fn the_producer_tells_beside_the_symbols() {
    let k = with(&[unit(CLANG, 0..16), unit(RUSTC, TEXT..TEXT + 0x10000)]);
    let report = checked(&k).expect("a kernel");
    assert_eq!(report.problems, [""; 0]);
    let table = report.to_string();
    assert!(table.contains("rustc    symbols, DWARF"), "{table}");
}

/// Guards a kernel whose local symbols were stripped: DWARF is enough.
#[test]
fn the_producer_tells_where_symbols_do_not() {
    let mut k = with(&[unit(RUSTC, TEXT..TEXT + 0x10000)]);
    for symbol in k.symbols.iter_mut().filter(|s| s.bind == LOCAL) {
        symbol.file = Some("renamed.o".into());
    }
    assert_eq!(problems(&k), [""; 0]);
}

/// Guards against a verdict where the witnesses differ.
#[test]
fn witnesses_that_differ_are_a_problem() {
    let k = with(&[unit(CLANG, TEXT..TEXT + 0x10000)]);
    let problems = problems(&k);
    assert_eq!(problems.len(), 29, "{problems:#?}");
    assert!(
        problems[0]
            .contains("by its neighbours and from FreeBSD clang version 14.0.5 by its debug data"),
        "{problems:#?}"
    );
}

/// Guards against one function that another unit brought.
#[test]
fn one_function_of_a_c_unit_is_named() {
    let function = good().address("thread_exit");
    let k = with(&[
        unit(RUSTC, TEXT..function),
        unit(CLANG, function..function + 16),
        unit(RUSTC, function + 16..TEXT + 0x10000),
    ]);
    fails_only(&k, "thread_exit comes from kern_thread.");
}

/// Guards the message for debug data that broke off.
#[test]
fn broken_debug_data_is_refused_in_one_line() {
    let mut k = with(&[unit(RUSTC, TEXT..TEXT + 0x10000)]);
    k.in_section(".debug_info").data.truncate(9);
    let error = checked(&k).expect_err("refused").to_string();
    assert!(
        error.starts_with("the debug data of kernel.full cannot be read: "),
        "{error}"
    );
    assert!(!error.contains('\n'), "{error}");
}
