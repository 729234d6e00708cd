//! Each rule of `rules/exports.rs` with an object that breaks it.

mod support;

use object::SymbolKind;
use support::{ALLOC, EXEC, Home, Sample, fails_only, holds};

#[test]
fn a_good_object_passes_every_rule() {
    holds(&Sample::good().audit());
}

#[test]
fn a_missing_function_is_found() {
    let mut s = Sample::good();
    s.symbol("exported").global = false;
    fails_only(&s.audit(), "functions", "missing function exported");
}

#[test]
fn an_exported_function_beyond_the_contract_is_found() {
    let mut s = Sample::good();
    s.symbol("internal").global = true;
    fails_only(&s.audit(), "functions", "function internal must be local");
}

#[test]
fn a_function_that_is_typed_as_data_is_found() {
    let mut s = Sample::good();
    s.symbol("exported").kind = SymbolKind::Data;
    let report = s.audit();
    assert!(!report.row("functions").unwrap().ok, "\n{report}");
    assert!(!report.row("data symbols").unwrap().ok, "\n{report}");
}

#[test]
fn a_function_outside_code_is_found() {
    let mut s = Sample::good();
    s.symbol("exported").home = Home::In(".rodata".into());
    s.section(".rodata").data = vec![0xc3; 16];
    let report = s.audit();
    let row = report.row("functions").unwrap();
    assert!(
        row.details[0].contains("exported is in .rodata"),
        "\n{report}"
    );
}

#[test]
fn a_hidden_export_is_found() {
    let mut s = Sample::good();
    s.symbol("exported").hidden = true;
    fails_only(&s.audit(), "functions", "exported is hidden");
    let mut s = Sample::good();
    s.symbol("list_head").hidden = true;
    fails_only(&s.audit(), "data symbols", "list_head is hidden");
}

#[test]
fn a_weak_export_is_found() {
    let mut s = Sample::good();
    s.symbol("exported").weak = true;
    fails_only(&s.audit(), "functions", "exported is weak");
    let mut s = Sample::good();
    s.symbol("list_head").weak = true;
    fails_only(&s.audit(), "data symbols", "list_head is weak");
}

#[test]
fn a_function_without_a_size_is_found() {
    let mut s = Sample::good();
    s.symbol("exported").size = 0;
    let report = s.audit();
    let row = report.row("functions").unwrap();
    assert!(
        row.details[0].contains("exported has no size"),
        "\n{report}"
    );
}

#[test]
fn a_missing_data_symbol_is_found() {
    let mut s = Sample::good();
    s.symbol("list_head").global = false;
    fails_only(&s.audit(), "data symbols", "missing data symbol list_head");
}

#[test]
fn an_exported_datum_beyond_the_contract_is_found() {
    let mut s = Sample::good();
    s.symbol("count").global = true;
    fails_only(
        &s.audit(),
        "data symbols",
        "data symbol count must be local",
    );
}

#[test]
fn a_data_symbol_of_another_size_is_found() {
    let mut s = Sample::good();
    s.symbol("list_head").size = 4;
    fails_only(&s.audit(), "data symbols", "list_head has 4 bytes, not 8");
}

#[test]
fn a_data_symbol_in_another_kind_of_section_is_found() {
    let mut s = Sample::good();
    let end = s.section(".data").data.len() as u64;
    s.section(".data").data.extend([0; 8]);
    s.symbol("list_head").home = Home::In(".data".into());
    s.symbol("list_head").value = end;
    fails_only(&s.audit(), "data symbols", "list_head is D, not B");
}

#[test]
fn a_data_symbol_with_another_value_is_found() {
    let mut s = Sample::good();
    s.section(".data").data[256] = 8;
    fails_only(&s.audit(), "data symbols", "found    0x0 = 0x8");
}

#[test]
fn a_data_symbol_that_points_elsewhere_is_found() {
    let mut s = Sample::good();
    s.pointer(".data", 256, "malloc_init", 0);
    fails_only(&s.audit(), "data symbols", "found    0x0 = malloc_init");
}

#[test]
fn a_missing_set_is_found() {
    let mut s = Sample::good();
    s.sections
        .retain(|section| section.name != "set_sysctl_set");
    fails_only(
        &s.audit(),
        "set entries",
        "missing linker set set_sysctl_set",
    );
}

#[test]
fn a_set_beyond_the_contract_is_found() {
    let mut s = Sample::good();
    s.add_section("set_sysuninit_set", 1, ALLOC, 8);
    s.set_entry("set_sysuninit_set", "type_sysinit");
    fails_only(
        &s.audit(),
        "set entries",
        "linker set set_sysuninit_set is not in the contract",
    );
}

#[test]
fn a_lost_set_entry_is_found() {
    let mut s = Sample::good();
    s.section("set_sysinit_set").data.clear();
    s.section("set_sysinit_set").relocs.clear();
    fails_only(
        &s.audit(),
        "set entries",
        "set_sysinit_set has 0 entries, not 1",
    );
}

#[test]
fn an_extra_set_entry_is_found() {
    let mut s = Sample::good();
    s.set_entry("set_sysinit_set", "type_sysinit");
    fails_only(
        &s.audit(),
        "set entries",
        "set_sysinit_set has 2 entries, not 1",
    );
}

#[test]
fn a_set_entry_that_is_no_pointer_is_found() {
    let mut s = Sample::good();
    s.section("set_sysinit_set").relocs.clear();
    fails_only(&s.audit(), "set entries", "found    no pointer");
}

#[test]
fn a_writable_set_that_c_has_read_only_is_found() {
    let mut s = Sample::good();
    s.section("set_sysctl_set").flags |= support::WRITE;
    fails_only(&s.audit(), "set entries", "set_sysctl_set is PROGBITS WA");
}

#[test]
fn a_read_only_set_that_c_has_writable_is_found() {
    let mut s = Sample::good();
    s.section("set_sysinit_set").flags = ALLOC;
    fails_only(&s.audit(), "set entries", "set_sysinit_set is PROGBITS A ");
}

#[test]
fn a_set_of_another_alignment_is_found() {
    let mut s = Sample::good();
    s.section("set_sysctl_set").align = 16;
    fails_only(&s.audit(), "set entries", "align 16");
}

#[test]
fn a_retained_set_is_accepted() {
    let mut s = Sample::good();
    s.section("set_sysctl_set").flags |= 0x20_0000;
    holds(&s.audit());
}

#[test]
fn a_sysinit_of_another_subsystem_is_found_by_field() {
    let mut s = Sample::good();
    s.section(".data").data[3] = 2;
    fails_only(&s.audit(), "set entries", "found    subsystem = 0x2800000");
}

#[test]
fn a_sysinit_of_another_order_is_found_by_field() {
    let mut s = Sample::good();
    s.section(".data").data[4] = 3;
    fails_only(&s.audit(), "set entries", "found    order = 0x3");
}

#[test]
fn a_sysinit_with_another_function_is_found_by_name() {
    let mut s = Sample::good();
    s.pointer(".data", 16, "kernel_call", 0);
    fails_only(&s.audit(), "set entries", "found    func = kernel_call");
}

#[test]
fn a_sysinit_without_its_argument_is_found() {
    let mut s = Sample::good();
    s.section(".data").relocs.retain(|r| r.0 != 24);
    fails_only(&s.audit(), "set entries", "expected udata = local object");
}

#[test]
fn a_malloc_type_of_another_version_is_found() {
    let mut s = Sample::good();
    s.section(".data").data[40] ^= 1;
    fails_only(&s.audit(), "set entries", "found    ks_version");
}

#[test]
fn a_malloc_type_of_another_name_is_found() {
    let mut s = Sample::good();
    s.section(".rodata.str1.1").data[0] = b'T';
    fails_only(
        &s.audit(),
        "set entries",
        "found    ks_shortdesc = \"Tidhash\"",
    );
}

#[test]
fn a_sysctl_of_another_kind_is_found() {
    let mut s = Sample::good();
    s.section(".data").data[188] = 3;
    fails_only(&s.audit(), "set entries", "found    oid_kind = 0x800c0003");
}

#[test]
fn a_sysctl_of_a_wider_variable_is_found() {
    let mut s = Sample::good();
    s.symbol("limit").size = 8;
    fails_only(
        &s.audit(),
        "set entries",
        "oid_arg1 = local object 2: zeroed object of 8 bytes",
    );
}

#[test]
fn names_of_local_symbols_do_not_matter() {
    let mut s = Sample::good();
    let names = [
        "type_sysinit",
        "type",
        "limit_oid",
        "limit",
        "id_lock",
        "count",
        "internal",
    ];
    for name in names {
        let rename = |n: &mut String| *n = format!("_RNvCs1_11kern_thread{name}");
        s.sections
            .iter_mut()
            .flat_map(|section| &mut section.relocs)
            .filter(|r| r.1 == name)
            .for_each(|r| rename(&mut r.1));
        rename(&mut s.symbol(name).name);
    }
    holds(&s.audit());
}

#[test]
fn padding_does_not_matter() {
    let mut s = Sample::good();
    // Between mti_zone and mti_stats of struct malloc_type_internal.
    s.section(".data").data[32 + 33] = 0xff;
    holds(&s.audit());
}

#[test]
fn a_string_matters_and_not_where_it_lies() {
    let mut s = Sample::good();
    s.section(".rodata").data = b"tidhash\0".to_vec();
    s.object("name", false, ".rodata", 0, 8);
    s.pointer(".data", 48, "name", 0);
    holds(&s.audit());
}

/// A local function in a set is compared by what it uses.
fn with_local_init(uses: &str) -> Sample {
    let mut s = Sample::good();
    let at = s.function(
        "init",
        false,
        &[0x55, 0x48, 0x89, 0xe5, 0xe8, 0, 0, 0, 0, 0x5d, 0xc3],
    );
    s.reloc(".text", at + 5, uses, support::PLT32, -4);
    s.pointer(".data", 16, "init", 0);
    s
}

#[test]
fn a_local_init_function_is_compared_by_what_it_uses() {
    use kt_audit::{Contract, Rules, audit};
    let contract = Contract::from_object(&with_local_init("kernel_call").subject());
    let same = audit(
        &with_local_init("kernel_call").subject(),
        &contract,
        &Rules::shipped(),
    );
    holds(&same);
    let other = audit(
        &with_local_init("malloc_init").subject(),
        &contract,
        &Rules::shipped(),
    );
    fails_only(
        &other,
        "set entries",
        "found    func = local function using malloc_init",
    );
}

#[test]
fn a_missing_cache_line_section_is_found() {
    let mut s = Sample::good();
    s.section(".data.exclusive_cache_line").name = ".data.other".into();
    s.symbol("id_lock").home = Home::In(".data.other".into());
    s.symbol("count").home = Home::In(".data.other".into());
    fails_only(
        &s.audit(),
        "cache-line objects",
        "missing section .data.exclusive_cache_line",
    );
}

#[test]
fn two_objects_on_one_cache_line_are_found() {
    let mut s = Sample::good();
    s.symbol("count").value = 32;
    fails_only(
        &s.audit(),
        "cache-line objects",
        "count shares cache line 0",
    );
}

#[test]
fn an_object_that_does_not_begin_its_cache_line_is_found() {
    let mut s = Sample::good();
    s.section(".data.exclusive_cache_line").data.resize(128, 0);
    s.symbol("count").value = 72;
    fails_only(
        &s.audit(),
        "cache-line objects",
        "count does not begin a cache line",
    );
}

#[test]
fn a_cache_line_section_of_weaker_alignment_is_found() {
    let mut s = Sample::good();
    s.section(".data.exclusive_cache_line").align = 16;
    fails_only(&s.audit(), "cache-line objects", "align 16");
}

#[test]
fn a_lock_of_another_size_is_found() {
    let mut s = Sample::good();
    s.symbol("id_lock").size = 24;
    fails_only(
        &s.audit(),
        "cache-line objects",
        "an object of 24 bytes, not 32",
    );
}

#[test]
fn an_object_may_fill_its_own_cache_line() {
    let mut s = Sample::good();
    s.section(".data.exclusive_cache_line").data.resize(128, 0);
    s.symbol("id_lock").size = 64;
    s.symbol("count").size = 64;
    holds(&s.audit());
}

#[test]
fn an_executable_set_is_found() {
    let mut s = Sample::good();
    s.section("set_sysctl_set").flags |= EXEC;
    let report = s.audit();
    assert!(!report.row("set entries").unwrap().ok, "\n{report}");
    assert!(!report.row("forbidden sections").unwrap().ok, "\n{report}");
}
