//! Each rule of `rules/code.rs` with an object that breaks it.

mod support;

use iced_x86::code_asm::*;
use kt_audit::{Contract, Rules, audit};
use support::{Sample, fails_only, holds};

const RULE: &str = "forbidden instructions";

/// The audit of the good object with one more local function around `body`.
fn with<F>(body: F) -> kt_audit::Report
where
    F: FnOnce(&mut CodeAssembler) -> Result<(), iced_x86::IcedError>,
{
    let mut s = Sample::good();
    s.framed("bad", false, body);
    s.audit()
}

#[test]
fn an_sse_instruction_is_found_with_its_place() {
    let report = with(|a| a.xorps(xmm0, xmm0));
    fails_only(
        &report,
        RULE,
        "bad+0x4: xorps xmm0,xmm0: SSE is not for kernel code",
    );
}

#[test]
fn vector_and_float_instructions_of_every_kind_are_found() {
    fails_only(&with(|a| a.movups(xmmword_ptr(rdi), xmm1)), RULE, "movups");
    fails_only(&with(|a| a.cvtsi2sd(xmm0, eax)), RULE, "cvtsi2sd");
    fails_only(&with(|a| a.movd(mm0, eax)), RULE, "movd");
    fails_only(&with(|a| a.emms()), RULE, "emms");
    fails_only(&with(|a| a.vpxor(ymm0, ymm0, ymm0)), RULE, "vpxor");
    fails_only(&with(|a| a.fld1()), RULE, "fld1");
    fails_only(&with(|a| a.fninit()), RULE, "fninit");
    fails_only(&with(|a| a.fxsave(ptr(rdi))), RULE, "fxsave");
    fails_only(&with(|a| a.kmovw(k1, eax)), RULE, "kmovw");
    fails_only(&with(|a| a.ldmxcsr(dword_ptr(rdi))), RULE, "ldmxcsr");
}

#[test]
fn instructions_that_not_every_amd64_processor_has_are_found() {
    fails_only(
        &with(|a| a.popcnt(eax, ecx)),
        RULE,
        "POPCNT is not for kernel code",
    );
    fails_only(
        &with(|a| a.lzcnt(eax, ecx)),
        RULE,
        "LZCNT is not for kernel code",
    );
    fails_only(
        &with(|a| a.andn(eax, ecx, edx)),
        RULE,
        "BMI1 is not for kernel code",
    );
}

#[test]
fn what_c_code_is_made_of_is_accepted() {
    holds(&with(|a| {
        a.bsf(eax, ecx)?;
        // `rep bsf`, which runs as bsf where there is no tzcnt.
        a.db(&[0xf3, 0x48, 0x0f, 0xbc, 0xc1])?;
        a.cmove(eax, ecx)?;
        a.lock().cmpxchg(qword_ptr(rdi), rcx)?;
        a.lock().xadd(dword_ptr(rdi), eax)?;
        a.pause()?;
        a.prefetcht0(byte_ptr(rdi))?;
        a.nop_1(dword_ptr(rax))?;
        a.rep().stosq()?;
        a.cpuid()?;
        a.rdtsc()
    }));
}

#[test]
fn an_access_through_fs_is_found() {
    let report = with(|a| a.mov(rax, qword_ptr(0).fs()));
    fails_only(&report, RULE, "%fs belongs to the user program");
    fails_only(
        &with(|a| a.mov(fs, eax)),
        RULE,
        "%fs belongs to the user program",
    );
}

#[test]
fn an_access_through_gs_is_accepted() {
    holds(&with(|a| a.mov(rax, qword_ptr(0).gs())));
}

#[test]
fn an_access_below_the_stack_pointer_is_found() {
    let report = with(|a| a.mov(qword_ptr(rsp - 8), rax));
    fails_only(&report, RULE, "below the stack pointer");
    let report = with(|a| a.mov(rax, qword_ptr(rsp + rcx * 8 - 64)));
    fails_only(&report, RULE, "below the stack pointer");
}

#[test]
fn an_address_below_the_stack_pointer_that_is_only_computed_is_accepted() {
    holds(&with(|a| a.lea(rax, qword_ptr(rsp - 8))));
}

#[test]
fn system_calls_and_traps_are_found() {
    fails_only(
        &with(|a| a.syscall()),
        RULE,
        "a kernel does not call a kernel",
    );
    fails_only(
        &with(|a| a.int(0x80)),
        RULE,
        "a kernel does not call a kernel",
    );
    fails_only(&with(|a| a.int3()), RULE, "nobody handles this trap");
}

#[test]
fn bytes_that_are_no_instruction_are_found() {
    let mut s = Sample::good();
    s.function("bad", false, &[0x55, 0x48, 0x89, 0xe5, 0x5d, 0xc3, 0x06]);
    fails_only(&s.audit(), RULE, "not an instruction");
}

#[test]
fn an_abort_in_the_path_of_a_function_is_found() {
    fails_only(&with(|a| a.ud2()), RULE, "an abort that C does not have");
}

#[test]
fn an_abort_that_a_branch_reaches_is_found() {
    let report = with(|a| {
        let mut trap = a.create_label();
        a.test(eax, eax)?;
        a.je(trap)?;
        a.call(rax)?;
        a.set_label(&mut trap)?;
        a.ud2()
    });
    fails_only(&report, RULE, "an abort that C does not have");
}

#[test]
fn a_trap_behind_a_call_that_does_not_return_is_accepted() {
    let mut s = Sample::good();
    s.code("stops", false, |a| {
        a.push(rbp)?;
        a.mov(rbp, rsp)?;
        a.call(rax)?;
        a.ud2()
    });
    holds(&s.audit());
}

#[test]
fn code_that_belongs_to_no_function_is_found() {
    let mut s = Sample::good();
    s.section(".text").data.extend([0x55, 0x5d, 0xc3]);
    fails_only(
        &s.audit(),
        "code outside functions",
        "belongs to no function",
    );
}

#[test]
fn padding_between_functions_is_accepted() {
    let mut s = Sample::good();
    // int3, nop, a two-byte and a nine-byte nop.
    s.section(".text").data.extend([0xcc, 0x90, 0x66, 0x90]);
    s.section(".text")
        .data
        .extend([0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0]);
    s.framed("last", false, |a| a.mov(eax, 3));
    holds(&s.audit());
}

#[test]
fn overlapping_functions_are_found() {
    let mut s = Sample::good();
    s.symbol("exported").size = 20;
    let report = s.audit();
    let row = report.row("code outside functions").unwrap();
    assert!(
        row.details[0].contains("begins inside another function"),
        "\n{report}"
    );
}

#[test]
fn instructions_in_every_executable_section_are_read() {
    let mut s = Sample::good();
    s.add_section(".text.unlikely", 1, support::ALLOC | support::EXEC, 16)
        .data = vec![0x55, 0x48, 0x89, 0xe5, 0x0f, 0x57, 0xc0, 0x5d, 0xc3];
    s.symbols.push(support::Sym {
        name: "cold".into(),
        kind: object::SymbolKind::Text,
        global: false,
        weak: false,
        hidden: false,
        home: support::Home::In(".text.unlikely".into()),
        value: 0,
        size: 9,
    });
    fails_only(&s.audit(), RULE, "cold+0x4: xorps");
}

#[test]
fn code_larger_than_the_limit_is_found() {
    let contract = Contract::from_object(&Sample::good().subject());
    let mut s = Sample::good();
    s.framed("more", false, |a| {
        for _ in 0..40 {
            a.add(rax, rcx)?;
        }
        Ok(())
    });
    let mut rules = Rules::shipped();
    holds(&audit(&s.subject(), &contract, &rules));
    rules.text_ratio = Some(1.10);
    let report = audit(&s.subject(), &contract, &rules);
    fails_only(&report, ".text", "C has 43 bytes");
    holds(&audit(&Sample::good().subject(), &contract, &rules));
}

#[test]
fn code_size_is_only_limited_beside_a_c_object() {
    let mut contract = Contract::from_object(&Sample::good().subject());
    contract.text = None;
    let mut rules = Rules::shipped();
    rules.text_ratio = Some(0.01);
    holds(&audit(&Sample::good().subject(), &contract, &rules));
}

#[test]
fn an_export_that_only_jumps_to_a_local_function_is_found() {
    let mut s = Sample::good();
    // push %rbp; mov %rsp,%rbp; pop %rbp; jmp to what follows the function.
    s.function(
        "proc_linkup",
        true,
        &[0x55, 0x48, 0x89, 0xe5, 0x5d, 0xe9, 0x10, 0x00, 0x00, 0x00],
    );
    let report = s.audit();
    let row = report.row("exports that only jump on").expect("a row");
    assert!(!row.ok);
    assert_eq!(row.details, ["proc_linkup does its work elsewhere"]);
}

#[test]
fn an_export_may_end_in_a_jump_to_the_kernel() {
    let mut s = Sample::good();
    let start = s.function(
        "proc_linkup",
        true,
        &[0x55, 0x48, 0x89, 0xe5, 0x5d, 0xe9, 0x00, 0x00, 0x00, 0x00],
    );
    s.reloc(".text", start + 6, "kernel_call", 4, -4);
    let report = s.audit();
    assert!(report.row("exports that only jump on").expect("a row").ok);
}
