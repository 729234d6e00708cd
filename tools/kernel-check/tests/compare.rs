//! A kernel beside the C kernel: every difference is found, and only those
//! with a reason are accepted.

mod support;

use kernel_check::check_beside;
use object::elf;
use support::{Kernel, LOCAL, RODATA, RUST, Symbol, UNDEFINED, WEAK, baseline, good, image};

/// Asserts that `kernel` has one difference from the C kernel without a reason.
#[track_caller]
fn differs(kernel: &Kernel, text: &str) {
    let problems = support::problems_beside(kernel, &baseline());
    assert!(
        problems.len() == 1 && problems[0] == format!("unexpected difference: {text}"),
        "expected {text:?} alone: {problems:#?}"
    );
}

/// Asserts that the two kernels are not compared, for this reason.
#[track_caller]
fn refused(kernel: &Kernel, baseline: &Kernel, text: &str) {
    let error = check_beside(&image(kernel), &image(baseline));
    let error = error.expect_err("refused").to_string();
    assert!(error.contains(text), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

/// Guards the list of reasons: the object in place of C's is all in order.
#[test]
fn the_rust_object_in_place_of_c_is_accepted() {
    assert_eq!(support::problems_beside(&good(), &baseline()), [""; 0]);
}

/// Guards against a kernel that lost or gained what others link to.
#[test]
fn symbols_that_came_or_went_are_found() {
    let mut k = good();
    k.symbol("sysctl___kern").name = "sysctl___kernel".into();
    let problems = support::problems_beside(&k, &baseline());
    for text in [
        "unexpected difference: symbol sysctl___kern: removed (global object, 112 bytes)",
        "unexpected difference: symbol sysctl___kernel: added (global object, 112 bytes)",
    ] {
        assert!(problems.iter().any(|p| p == text), "{problems:#?}");
    }
}

/// Guards against another object that was built with other options.
#[test]
fn another_size_of_a_symbol_is_found() {
    let mut k = good();
    k.symbol("malloc_init").size = 9;
    differs(&k, "symbol malloc_init: size 10 -> 9");
}

/// Guards what modules resolve a name to.
#[test]
fn another_type_and_binding_are_found() {
    let mut k = good();
    k.symbol("memcpy").bind = WEAK;
    differs(&k, "symbol memcpy: binding global -> weak");
    let mut k = good();
    k.symbol("malloc_uninit").kind = elf::STT_OBJECT.0;
    differs(&k, "symbol malloc_uninit: type function -> object");
}

/// Guards against a weak reference that only the Rust kernel has.
#[test]
fn a_new_weak_reference_is_found() {
    let mut k = good();
    let mut symbol = Symbol::new("some_hook", UNDEFINED, 0, 0);
    symbol.bind = WEAK;
    k.symbols.push(symbol);
    let problems = support::problems_beside(&k, &baseline());
    assert_eq!(
        problems[0],
        "unexpected difference: symbol some_hook: added (weak label, 0 bytes)"
    );
}

/// Guards against other objects that are not the same in both kernels.
#[test]
fn local_symbols_of_other_objects_are_compared() {
    let mut k = good();
    k.symbol("later_local").size = 8;
    let problems = support::problems_beside(&k, &baseline());
    assert_eq!(
        problems,
        [
            "unexpected difference: local symbol later_local: added (later.c, 8 bytes)",
            "unexpected difference: local symbol later_local: removed (later.c, 10 bytes)",
        ]
    );
}

/// Guards the object's own symbols: one that rustc did not name is no Rust.
#[test]
fn a_local_symbol_of_the_object_that_rustc_did_not_name_is_found() {
    let mut k = good();
    let mut symbol = Symbol::new("tid_bitmap", ".bss", support::BSS, 8);
    symbol.bind = LOCAL;
    symbol.kind = elf::STT_OBJECT.0;
    symbol.file = Some(RUST.into());
    k.symbols.push(symbol);
    differs(
        &k,
        &format!("local symbol of the object tid_bitmap: added ({RUST}, 8 bytes)"),
    );
}

/// Guards the records of all other objects.
#[test]
fn entries_of_sets_are_compared_by_what_they_say() {
    let mut k = good();
    let at = (k.address("later_sys_init") - support::DATA) as usize;
    k.in_section(".data").data[at + 4] = 7;
    let problems = support::problems_beside(&k, &baseline());
    assert_eq!(
        problems,
        [
            "unexpected difference: linker set set_sysinit_set: entry removed \
             (later_sys_init subsystem=0x2100000 order=0x1 func=later_local)",
            "unexpected difference: linker set set_sysinit_set: entry added \
             (later_sys_init subsystem=0x2100000 order=0x7 func=later_local)",
        ]
    );
}

/// Guards the order among records of one rank, which is the set's.
#[test]
fn the_order_of_a_set_is_compared() {
    let mut k = good();
    k.swap_entries("set_sysinit_set", 0, 6);
    let problems = support::problems_beside(&k, &baseline());
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].starts_with(
            "unexpected difference: linker set set_sysinit_set: order entry 0 other_sys_init"
        ),
        "{problems:#?}"
    );
}

/// Guards against a section that C's kernel has not, or has with other flags.
#[test]
fn sections_are_compared() {
    let mut k = good();
    k.section(".tdata", 2, RODATA + 0x4000);
    k.in_section(".tdata").data = vec![0; 8];
    differs(&k, "section .tdata: added (A 8 bytes)");
    let mut k = good();
    k.in_section(".rodata").flags |= 1;
    let problems = support::problems_beside(&k, &baseline());
    assert!(
        problems.contains(&"unexpected difference: section .rodata: flags A -> WA".to_owned()),
        "{problems:#?}"
    );
}

/// Guards the protection of what is loaded.
#[test]
fn segments_are_compared() {
    let mut k = good();
    k.segments[0].0 = 6;
    differs(&k, "segment 00 LOAD: flags R -> RW");
}

/// Guards self-relocation, even where the type is one that it knows.
#[test]
fn relocations_are_compared() {
    let mut k = good();
    k.reloc(k.address("other_local") + 4, elf::R_X86_64_PC32.0, "memcpy");
    let problems = support::problems_beside(&k, &baseline());
    assert!(
        problems.contains(
            &"unexpected difference: relocation R_X86_64_PC32 of memcpy at other_local+0x4: added"
                .to_owned()
        ),
        "{problems:#?}"
    );
}

/// Guards against a comparison that proves nothing.
#[test]
fn a_kernel_beside_itself_is_refused() {
    refused(&good(), &good(), "are the same kernel");
}

/// Guards against two kernels that can't be of one tree.
#[test]
fn another_architecture_is_refused() {
    let mut other = baseline();
    other.machine = elf::EM_AARCH64.0;
    other.symbol("btext").name = "_start".into();
    refused(&good(), &other, "is for amd64 and kernel.full for aarch64");
}

/// Guards against a baseline that is no baseline.
#[test]
fn a_baseline_with_the_rust_object_is_refused() {
    let mut other = good();
    other.symbol("later_local").size = 9;
    refused(&good(), &other, "has the Rust object's functions");
}

/// Guards against kernels that no longer say what is compared.
#[test]
fn stripped_kernels_are_not_compared() {
    let mut other = baseline();
    other.stripped = true;
    refused(
        &good(),
        &other,
        "is stripped, nothing of it can be compared",
    );
    let mut other = baseline();
    other.without_files = true;
    refused(&good(), &other, "has lost its STT_FILE entries");
}
