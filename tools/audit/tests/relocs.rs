//! The rule of `rules/relocs.rs` with objects that break it.

mod support;

use object::elf;
use support::{ALLOC, Sample, fails_only, holds};

/// The good object with a relocation of this type in `caller`.
fn with(kind: elf::RelocationType) -> Sample {
    let mut s = Sample::good();
    s.section(".text").relocs[0].2 = kind.0;
    s
}

#[test]
fn relocations_that_the_c_object_uses_are_accepted() {
    for kind in [
        elf::R_X86_64_PC32,
        elf::R_X86_64_PLT32,
        elf::R_X86_64_32S,
        elf::R_X86_64_64,
    ] {
        holds(&with(kind).audit());
    }
}

#[test]
fn a_got_reference_is_found_with_its_place() {
    let kinds = [
        (elf::R_X86_64_GOTPCREL, "R_X86_64_GOTPCREL "),
        (elf::R_X86_64_GOTPCRELX, "R_X86_64_GOTPCRELX "),
        (elf::R_X86_64_REX_GOTPCRELX, "R_X86_64_REX_GOTPCRELX "),
    ];
    for (kind, name) in kinds {
        let text = format!("{name}of kernel_call at caller+0x5");
        fails_only(&with(kind).audit(), "forbidden relocations", &text);
    }
}

#[test]
fn a_thread_local_reference_is_found() {
    let report = with(elf::R_X86_64_TPOFF32).audit();
    fails_only(
        &report,
        "forbidden relocations",
        "R_X86_64_TPOFF32 of kernel_call",
    );
}

#[test]
fn an_unsigned_32_bit_address_is_found() {
    // The kernel lies in the upper half: such an address overflows at link.
    let report = with(elf::R_X86_64_32).audit();
    fails_only(
        &report,
        "forbidden relocations",
        "R_X86_64_32 of kernel_call",
    );
}

#[test]
fn a_relocation_type_without_a_name_is_found() {
    let report = with(elf::R_X86_64_IRELATIVE).audit();
    fails_only(&report, "forbidden relocations", "type 37 of kernel_call");
}

#[test]
fn relocations_in_read_only_data_count() {
    let mut s = Sample::good();
    s.section(".rodata").data = vec![0; 8];
    s.reloc(".rodata", 0, "kernel_call", elf::R_X86_64_PC64.0, 0);
    fails_only(
        &s.audit(),
        "forbidden relocations",
        "R_X86_64_PC64 of kernel_call at .rodata+0x0",
    );
}

#[test]
fn relocations_of_what_is_not_loaded_do_not_count() {
    let mut s = Sample::good();
    s.add_section(".debug_info", 1, 0, 1).data = vec![0; 8];
    s.reloc(".debug_info", 0, "kernel_call", elf::R_X86_64_32.0, 0);
    assert_eq!(s.section(".debug_info").flags & ALLOC, 0);
    holds(&s.audit());
}
