//! Each rule of `rules/names.rs` with an object that breaks it.

mod support;

use object::SymbolKind;
use support::{Home, PLT32, Sample, fails_only, holds};

/// The good object with `caller` calling `name`.
fn calling(name: &str) -> Sample {
    let mut s = Sample::good();
    s.undefined(name);
    for reloc in &mut s.section(".text").relocs {
        reloc.1 = name.into();
    }
    s
}

#[test]
fn an_undefined_symbol_beyond_the_contract_is_found_with_its_user() {
    let report = calling("thread_magic").audit();
    let rule = "undefined symbols beyond the contract";
    fails_only(&report, rule, "thread_magic used at caller+0x5");
}

#[test]
fn fewer_undefined_symbols_are_accepted() {
    let mut s = calling("malloc_init");
    s.symbols.retain(|symbol| symbol.name != "kernel_call");
    holds(&s.audit());
}

#[test]
fn a_surviving_panic_path_is_named_as_one() {
    let report = calling("kern_thread_rust_panic_reached").audit();
    let rule = "undefined symbols beyond the contract";
    fails_only(&report, rule, "a panic path survived, used at caller+0x5");
}

#[test]
fn memory_functions_of_the_compiler_are_forbidden() {
    for name in ["memcpy", "memmove", "memset", "memcmp", "bcmp"] {
        let report = calling(name).audit();
        let row = report.row("forbidden symbols").unwrap();
        assert_eq!(row.details, [format!("{name} used at caller+0x5")]);
    }
}

#[test]
fn memory_functions_are_forbidden_even_where_the_contract_has_them() {
    use kt_audit::{Contract, Rules, audit};
    let subject = calling("memset").subject();
    let report = audit(
        &subject,
        &Contract::from_object(&subject),
        &Rules::shipped(),
    );
    fails_only(&report, "forbidden symbols", "memset");
}

#[test]
fn panicking_and_formatting_code_is_forbidden_even_inside_the_object() {
    let names = [
        "_ZN4core9panicking5panic17h0123456789abcdefE",
        "_RNvNtCs1_4core9panicking18panic_bounds_check",
        "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE",
        "rust_begin_unwind",
        "__rust_alloc",
        "rust_eh_personality",
        "_Unwind_Resume",
    ];
    for name in names {
        let mut s = Sample::good();
        s.symbol("internal").name = name.into();
        fails_only(&s.audit(), "forbidden symbols", name);
    }
}

#[test]
fn a_common_symbol_is_found() {
    let mut s = Sample::good();
    s.symbols.push(support::Sym {
        name: "shared".into(),
        kind: SymbolKind::Data,
        global: true,
        weak: false,
        hidden: false,
        home: Home::Common,
        value: 8,
        size: 8,
    });
    fails_only(
        &s.audit(),
        "common or thread-local symbols",
        "shared is a common symbol",
    );
}

#[test]
fn a_thread_local_symbol_is_found() {
    let mut s = Sample::good();
    s.symbol("count").kind = SymbolKind::Tls;
    let report = s.audit();
    let row = report.row("common or thread-local symbols").unwrap();
    assert_eq!(row.details, ["count is thread-local"]);
}

#[test]
fn a_call_of_a_kernel_function_in_the_contract_is_accepted() {
    let mut s = Sample::good();
    let call = s.function(
        "another",
        false,
        &[0x55, 0x48, 0x89, 0xe5, 0xe8, 0, 0, 0, 0, 0x5d, 0xc3],
    );
    s.reloc(".text", call + 5, "kernel_call", PLT32, -4);
    holds(&s.audit());
}
