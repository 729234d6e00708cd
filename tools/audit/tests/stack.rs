//! Each rule of `rules/stack.rs` with an object that breaks it.

mod support;

use iced_x86::code_asm::*;
use kt_audit::{Report, Rules, frames};
use support::{Sample, fails_only, holds};

const FIRST: &str = "functions that begin with their frame";
const OUTSIDE: &str = "accesses outside the frame";
const LARGEST: &str = "largest stack frame";

/// The audit of the good object with one more local function.
fn with<F>(body: F) -> Report
where
    F: FnOnce(&mut CodeAssembler) -> Result<(), iced_x86::IcedError>,
{
    let mut s = Sample::good();
    s.code("bad", false, body);
    s.audit()
}

/// The same with a frame of 16 bytes around `body`.
fn framed<F>(body: F) -> Report
where
    F: FnOnce(&mut CodeAssembler) -> Result<(), iced_x86::IcedError>,
{
    with(|a| {
        a.push(rbp)?;
        a.mov(rbp, rsp)?;
        a.sub(rsp, 16)?;
        body(a)?;
        a.add(rsp, 16)?;
        a.pop(rbp)?;
        a.ret()
    })
}

#[test]
fn a_function_without_a_frame_is_found() {
    let report = with(|a| {
        a.mov(eax, 1)?;
        a.ret()
    });
    fails_only(&report, FIRST, "bad: does not begin with push rbp");
}

#[test]
fn a_function_that_sets_its_frame_late_is_found() {
    let report = with(|a| {
        a.push(rbp)?;
        a.xor(eax, eax)?;
        a.mov(rbp, rsp)?;
        a.pop(rbp)?;
        a.ret()
    });
    fails_only(&report, FIRST, "bad: does not set rbp after pushing it");
}

#[test]
fn a_function_that_returns_before_it_has_a_frame_is_found_unless_c_may() {
    let mut s = Sample::good();
    s.code("bad", false, |a| {
        let mut rest = a.create_label();
        a.test(edi, edi)?;
        a.jne(rest)?;
        a.ret()?;
        a.set_label(&mut rest)?;
        a.push(rbp)?;
        a.mov(rbp, rsp)?;
        a.mov(qword_ptr(rbp - 8), rax)?;
        a.pop(rbp)?;
        a.ret()
    });
    let rules = Rules {
        frame_first: false,
        ..Rules::shipped()
    };
    fails_only(&s.audit_with(&rules), OUTSIDE, "below the stack pointer");
    let report = s.audit();
    assert!(!report.row(FIRST).unwrap().ok, "\n{report}");
}

#[test]
fn a_function_that_uses_its_frame_pointer_for_something_else_is_found() {
    let report = framed(|a| a.mov(rbp, rax));
    fails_only(&report, FIRST, "rbp is the frame pointer");
    let report = framed(|a| a.inc(ebp));
    fails_only(&report, FIRST, "rbp is the frame pointer");
}

#[test]
fn a_frame_that_begins_with_a_branch_target_mark_is_accepted() {
    holds(&with(|a| {
        a.endbr64()?;
        a.push(rbp)?;
        a.mov(rbp, rsp)?;
        a.pop(rbp)?;
        a.ret()
    }));
}

#[test]
fn accesses_within_the_frame_are_accepted() {
    holds(&framed(|a| {
        a.mov(qword_ptr(rbp - 16), rax)?;
        a.mov(rax, qword_ptr(rbp - 8))?;
        a.mov(rax, qword_ptr(rbp + 16))?;
        a.mov(qword_ptr(rsp), rax)?;
        a.lea(rax, qword_ptr(rbp - 64))
    }));
}

#[test]
fn an_access_below_the_frame_through_rbp_is_found() {
    let report = framed(|a| a.mov(dword_ptr(rbp - 20), eax));
    fails_only(
        &report,
        OUTSIDE,
        "mov [rbp-14h],eax: below the stack pointer",
    );
}

#[test]
fn an_access_to_what_was_already_popped_is_found() {
    let report = with(|a| {
        a.push(rbp)?;
        a.mov(rbp, rsp)?;
        a.push(rbx)?;
        a.pop(rbx)?;
        a.mov(rax, qword_ptr(rbp - 8))?;
        a.pop(rbp)?;
        a.ret()
    });
    fails_only(&report, OUTSIDE, "below the stack pointer");
}

#[test]
fn an_access_that_only_one_of_two_paths_has_made_room_for_is_found() {
    let report = with(|a| {
        let mut join = a.create_label();
        a.push(rbp)?;
        a.mov(rbp, rsp)?;
        a.test(edi, edi)?;
        a.je(join)?;
        a.push(rbx)?;
        a.set_label(&mut join)?;
        a.mov(rax, qword_ptr(rbp - 8))?;
        a.lea(rsp, qword_ptr(rbp))?;
        a.pop(rbp)?;
        a.ret()
    });
    fails_only(&report, OUTSIDE, "mov rax,[rbp-8]: below the stack pointer");
}

#[test]
fn an_epilogue_in_the_middle_of_a_function_is_followed() {
    holds(&with(|a| {
        let mut slow = a.create_label();
        a.push(rbp)?;
        a.mov(rbp, rsp)?;
        a.push(rbx)?;
        a.test(edi, edi)?;
        a.jne(slow)?;
        a.pop(rbx)?;
        a.pop(rbp)?;
        a.ret()?;
        a.set_label(&mut slow)?;
        a.mov(rax, qword_ptr(rbp - 8))?;
        a.pop(rbx)?;
        a.leave()?;
        a.ret()
    }));
}

#[test]
fn what_follows_a_call_that_does_not_return_is_checked_too() {
    let report = with(|a| {
        a.push(rbp)?;
        a.mov(rbp, rsp)?;
        a.ud2()?;
        a.mov(qword_ptr(rbp - 64), rax)?;
        a.pop(rbp)?;
        a.ret()
    });
    assert!(!report.row(OUTSIDE).unwrap().ok, "\n{report}");
}

#[test]
fn jump_tables_are_followed() {
    let mut s = Sample::good();
    let start = s.code("switch", false, |a| {
        a.push(rbp)?;
        a.mov(rbp, rsp)?;
        a.push(rbx)?;
        // Deeper for a moment: what is allowed here is not allowed below.
        a.sub(rsp, 64)?;
        a.add(rsp, 64)?;
        a.jmp(qword_ptr(rdi * 8 + 0))?;
        a.mov(qword_ptr(rbp - 16), rax)?;
        a.pop(rbx)?;
        a.pop(rbp)?;
        a.ret()
    });
    s.section(".rodata").data = vec![0; 8];
    s.pointer(".rodata", 0, ".text", (start + 5 + 8 + 7) as i64);
    fails_only(
        &s.audit(),
        OUTSIDE,
        "mov [rbp-10h],rax: below the stack pointer",
    );
}

#[test]
fn a_return_that_leaves_bytes_on_the_stack_is_found() {
    let report = with(|a| {
        a.push(rbp)?;
        a.mov(rbp, rsp)?;
        a.push(rbx)?;
        a.pop(rbp)?;
        a.ret()
    });
    fails_only(&report, OUTSIDE, "returns with 8 bytes on the stack");
}

#[test]
fn a_frame_whose_size_cannot_be_told_is_found() {
    let report = framed(|a| a.sub(rsp, rax));
    fails_only(&report, OUTSIDE, "the frame's size cannot be told");
}

/// A function with `bytes` on its stack, the saved frame pointer included.
fn of_size(bytes: i32) -> Report {
    with(|a| {
        a.push(rbp)?;
        a.mov(rbp, rsp)?;
        a.push(rbx)?;
        a.sub(rsp, bytes - 16)?;
        a.add(rsp, bytes - 16)?;
        a.pop(rbx)?;
        a.pop(rbp)?;
        a.ret()
    })
}

#[test]
fn a_frame_of_512_bytes_is_accepted_and_a_larger_one_is_not() {
    holds(&of_size(512));
    fails_only(&of_size(520), LARGEST, "bad uses 520 bytes");
}

#[test]
fn an_aligned_frame_counts_with_its_alignment() {
    let report = with(|a| {
        a.push(rbp)?;
        a.mov(rbp, rsp)?;
        a.and(rsp, -512)?;
        a.mov(rsp, rbp)?;
        a.pop(rbp)?;
        a.ret()
    });
    fails_only(&report, LARGEST, "bad uses 520 bytes");
}

#[test]
fn the_largest_frame_is_named() {
    let report = of_size(128);
    assert_eq!(report.row(LARGEST).unwrap().found, "128 bytes, bad");
}

/// Guards what a check of a linked kernel builds on: each function's own frame.
#[test]
fn each_function_has_its_frame_listed() {
    let mut s = Sample::good();
    s.code("bad", false, |a| a.ret());
    let found = frames(&s.subject());
    let of = |name: &str| found.iter().find(|f| f.function == name).expect("listed");
    assert_eq!((of("caller").bytes, of("caller").fault), (8, None));
    assert_eq!(of("bad").bytes, 0);
    assert_eq!(of("bad").fault, Some("does not begin with push rbp"));
}
