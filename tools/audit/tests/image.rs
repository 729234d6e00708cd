//! Each rule of `rules/image.rs` with an object that breaks it.

mod support;

use std::path::Path;

use kt_audit::{Contract, Rules, Subject, audit};
use object::{Architecture, elf};
use support::{ALLOC, EXEC, Sample, WRITE, fails_only, holds};

const PROGBITS: u32 = elf::SHT_PROGBITS.0;

#[test]
fn an_object_of_another_osabi_is_found() {
    let mut s = Sample::good();
    s.osabi = 0;
    fails_only(&s.audit(), "ELF header", "OSABI is 0, not 9");
}

#[test]
fn a_linked_file_is_found() {
    let mut bytes = Sample::good().bytes();
    bytes[16] = elf::ET_EXEC.0 as u8;
    let subject = Subject::parse(Path::new("linked"), &bytes).unwrap();
    let contract = Contract::from_object(&Sample::good().subject());
    let report = audit(&subject, &contract, &Rules::shipped());
    fails_only(&report, "ELF header", "e_type is 2");
}

#[test]
fn an_object_for_another_machine_is_refused_in_one_line() {
    for (architecture, name) in [
        (Architecture::S390x, "machine is 22"),
        (Architecture::X86_64_X32, "pointers of 4 bytes"),
    ] {
        let mut s = Sample::good();
        s.sections
            .iter_mut()
            .for_each(|section| section.relocs.clear());
        s.architecture = architecture;
        let error = Subject::parse(Path::new("other.o"), &s.bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains(name), "{error}");
        assert!(
            error.starts_with("other.o") && !error.contains('\n'),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_is_no_object_is_refused_in_one_line() {
    for bytes in [&b"int main;"[..], b"", b"\x7fELF", b"!<arch>\n"] {
        let error = Subject::parse(Path::new("a.txt"), bytes)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("a.txt is not an ELF") && !error.contains('\n'),
            "{error}"
        );
    }
}

#[test]
fn a_truncated_object_is_refused_in_one_line() {
    let whole = Sample::good().bytes();
    for length in (64..whole.len()).step_by(97) {
        let result = Subject::parse(Path::new("cut.o"), &whole[..length]);
        let error = result.expect_err("a truncated object").to_string();
        assert!(
            error.starts_with("cut.o is not an ELF") && !error.contains('\n'),
            "{error}"
        );
    }
}

#[test]
fn a_symbol_beyond_its_section_is_refused_in_one_line() {
    for (value, size) in [(8, 16), (u64::MAX, 1), (17, 0)] {
        let mut s = Sample::good();
        s.symbol("list_head").value = value;
        s.symbol("list_head").size = size;
        let error = Subject::parse(Path::new("odd.o"), &s.bytes())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("symbol list_head reaches beyond its section"),
            "{error}"
        );
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn a_relocation_beyond_its_section_is_refused_in_one_line() {
    let mut s = Sample::good();
    s.pointer(".data", 264, "kernel_call", 0);
    let error = Subject::parse(Path::new("odd.o"), &s.bytes())
        .unwrap_err()
        .to_string();
    assert!(error.contains("a relocation lies beyond .data"), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn an_object_that_is_not_there_is_named_in_one_line() {
    let error = Subject::read(Path::new("/nowhere/kern_thread.o"))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("cannot read /nowhere/kern_thread.o"),
        "{error}"
    );
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn a_writable_and_executable_section_is_found() {
    let mut s = Sample::good();
    s.add_section(".text.hot", PROGBITS, ALLOC | WRITE | EXEC, 16);
    fails_only(
        &s.audit(),
        "forbidden sections",
        ".text.hot is writable and executable",
    );
}

#[test]
fn executable_data_is_found() {
    let mut s = Sample::good();
    s.section(".rodata").flags |= EXEC;
    fails_only(&s.audit(), "forbidden sections", ".rodata is executable");
}

#[test]
fn code_that_cannot_run_is_found() {
    let mut s = Sample::good();
    s.add_section(".text.cold", PROGBITS, ALLOC, 16);
    fails_only(
        &s.audit(),
        "forbidden sections",
        ".text.cold is not executable",
    );
}

#[test]
fn sections_that_need_run_time_support_are_found() {
    let names = [
        ".init_array",
        ".fini_array",
        ".ctors",
        ".dtors",
        ".tdata",
        ".tbss",
        ".got",
        ".got.plt",
        ".gcc_except_table",
        ".eh_frame_hdr",
        ".preinit_array",
    ];
    for name in names {
        let mut s = Sample::good();
        s.add_section(name, PROGBITS, ALLOC | WRITE, 8);
        fails_only(&s.audit(), "forbidden sections", name);
    }
    let mut s = Sample::good();
    s.add_section(".plt", PROGBITS, ALLOC | EXEC, 16);
    fails_only(&s.audit(), "forbidden sections", ".plt");
}

#[test]
fn a_thread_local_section_is_found_by_its_flag() {
    let mut s = Sample::good();
    s.add_section(".data.tls", PROGBITS, ALLOC | WRITE | 0x400, 8);
    fails_only(
        &s.audit(),
        "forbidden sections",
        ".data.tls: thread-local storage",
    );
}

#[test]
fn a_loaded_section_that_the_kernel_does_not_know_is_found() {
    let mut s = Sample::good();
    s.add_section("my_section", PROGBITS, ALLOC, 8);
    fails_only(
        &s.audit(),
        "forbidden sections",
        "my_section: not in the kernel's linker script",
    );
}

#[test]
fn an_unwind_table_that_c_has_not_is_found() {
    let mut s = Sample::good();
    s.add_section(".eh_frame", PROGBITS, ALLOC, 8).data = vec![0; 24];
    fails_only(&s.audit(), "unwind tables", "without unwind tables");
}

#[test]
fn an_unwind_table_that_c_has_is_accepted() {
    let mut s = Sample::good();
    s.add_section(".eh_frame", PROGBITS, ALLOC, 8).data = vec![0; 24];
    let subject = s.subject();
    holds(&audit(
        &subject,
        &Contract::from_object(&subject),
        &Rules::shipped(),
    ));
}

#[test]
fn a_missing_stack_note_is_found() {
    let mut s = Sample::good();
    s.sections
        .retain(|section| section.name != ".note.GNU-stack");
    fails_only(&s.audit(), "stack", "missing section .note.GNU-stack");
}

#[test]
fn an_executable_stack_is_found() {
    let mut s = Sample::good();
    s.section(".note.GNU-stack").flags |= EXEC;
    fails_only(&s.audit(), "stack", "the note asks for it");
}

#[test]
fn a_build_path_in_debug_data_is_found() {
    let mut s = Sample::good();
    s.add_section(".debug_str", PROGBITS, 0x30, 1).data =
        b"core\0/home/somebody/kern_thread/src\0".to_vec();
    let mut rules = Rules::shipped();
    holds(&s.audit_with(&rules));
    rules.forbidden_paths = vec!["/tmp/build".into(), "/home/somebody".into()];
    let report = s.audit_with(&rules);
    fails_only(
        &report,
        "build paths",
        ".debug_str: /home/somebody/kern_thread/src",
    );
}
