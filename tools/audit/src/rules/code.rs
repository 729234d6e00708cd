//! Rules on machine code: which instructions a kernel function may hold.
//!
//! In the kernel the vector and x87 registers belong to the interrupted user
//! program, %fs is the user's, and an interrupt may use the stack right below
//! the stack pointer at any time.

use iced_x86::{
    Code, CpuidFeature, Decoder, DecoderOptions, FlowControl, Formatter, Instruction,
    InstructionInfoFactory, IntelFormatter, Mnemonic, OpKind, Register,
};

use crate::contract::{Contract, text_bytes};
use crate::elf::{Subject, Symbol};
use crate::report::Row;
use crate::rules::{Rules, stack};

/// A function with its instructions; their addresses are section offsets.
pub struct Function<'a> {
    /// Section index.
    pub section: usize,
    /// Symbol.
    pub symbol: &'a Symbol,
    /// Decoded body.
    pub body: Vec<Instruction>,
}

/// All rows of this module, and those of the stack rules.
pub fn rows(subject: &Subject, contract: &Contract, rules: &Rules) -> Vec<Row> {
    let mut functions = Vec::new();
    let mut uncovered = Vec::new();
    for (index, section) in subject
        .sections
        .iter()
        .enumerate()
        .filter(|(_, s)| s.is_exec())
    {
        let mut end = 0;
        for symbol in subject.functions_in(index) {
            if symbol.value >= end {
                check_padding(subject, index, end..symbol.value, &mut uncovered);
                let body = decode(&section.data, symbol.value..symbol.value + symbol.size);
                functions.push(Function {
                    section: index,
                    symbol,
                    body,
                });
            } else if symbol.value + symbol.size > end {
                uncovered.push(format!("{} begins inside another function", symbol.name));
            }
            end = end.max(symbol.value + symbol.size);
        }
        check_padding(subject, index, end..section.size, &mut uncovered);
    }

    let mut forbidden = Vec::new();
    let mut info = InstructionInfoFactory::new();
    for function in &functions {
        check_traps(subject, function, &mut forbidden);
        for instruction in &function.body {
            if let Some(why) = offence(instruction, &mut info) {
                forbidden.push(at(subject, function, instruction, &why));
            }
        }
    }

    let mut rows = vec![
        Row::none("forbidden instructions", forbidden),
        Row::none("code outside functions", uncovered),
        Row::none("exports that only jump on", jumpers(subject, &functions)),
    ];
    rows.extend(stack::rows(subject, &functions, rules));
    rows.push(size(subject, contract, rules));
    rows
}

/// Exported functions whose work another function of the object does, reached
/// by a jump: no stack trace shows them then, and fbt finds no return to put a
/// probe on.  (A last call that became a jump, as in C's `thread_wait`, is
/// another matter: the work before it was done here.)
fn jumpers(subject: &Subject, functions: &[Function<'_>]) -> Vec<String> {
    functions
        .iter()
        .filter(|function| function.symbol.global)
        .filter(|function| {
            let works = |i: &Instruction| {
                matches!(
                    i.flow_control(),
                    FlowControl::Return | FlowControl::Call | FlowControl::IndirectCall
                )
            };
            !function.body.iter().any(works)
                && function.body.iter().any(|i| jumps_on(subject, function, i))
        })
        .map(|function| format!("{} does its work elsewhere", function.symbol.name))
        .collect()
}

/// Whether it is a jump to another function of the object.
fn jumps_on(subject: &Subject, function: &Function<'_>, instruction: &Instruction) -> bool {
    if instruction.flow_control() != FlowControl::UnconditionalBranch {
        return false;
    }
    let section = &subject.sections[function.section];
    let bytes = instruction.ip()..instruction.next_ip();
    match section.relocs_in(bytes).first() {
        Some(reloc) => !subject.symbols[reloc.symbol].is_undefined(),
        None => {
            let start = function.symbol.value;
            let own = start..start + function.symbol.size;
            !own.contains(&instruction.near_branch_target())
        }
    }
}

/// `function+0x10: instruction: why` for messages.
pub fn at(
    subject: &Subject,
    function: &Function<'_>,
    instruction: &Instruction,
    why: &str,
) -> String {
    let mut text = String::new();
    IntelFormatter::new().format(instruction, &mut text);
    format!(
        "{}: {text}: {why}",
        subject.location(function.section, instruction.ip())
    )
}

/// Code that the linker put in to align the next function.
pub fn is_padding(instruction: &Instruction) -> bool {
    matches!(instruction.mnemonic(), Mnemonic::Nop | Mnemonic::Int3)
}

/// The instructions in `range` of a section's `data`.
pub fn decode(data: &[u8], range: std::ops::Range<u64>) -> Vec<Instruction> {
    let bytes = data
        .get(range.start as usize..range.end as usize)
        .unwrap_or_default();
    // `rep bsf` is what compilers write where bsf and tzcnt give the same
    // answer; a processor without tzcnt runs it as bsf, and so it is read.
    Decoder::with_ip(64, bytes, range.start, DecoderOptions::NO_MPFX_0FBC)
        .into_iter()
        .collect()
}

/// Code must belong to a function symbol: otherwise no stack trace, no probe
/// and no rule of this audit sees it.
fn check_padding(
    subject: &Subject,
    section: usize,
    range: std::ops::Range<u64>,
    uncovered: &mut Vec<String>,
) {
    let data = &subject.sections[section].data;
    let stray = decode(data, range)
        .into_iter()
        .find(|instruction| !is_padding(instruction));
    if let Some(stray) = stray {
        let name = &subject.sections[section].name;
        uncovered.push(format!("{name}+{:#x} belongs to no function", stray.ip()));
    }
}

/// Why no kernel function may hold this instruction.
fn offence(instruction: &Instruction, info: &mut InstructionInfoFactory) -> Option<String> {
    if instruction.is_invalid() {
        return Some("not an instruction".into());
    }
    match instruction.mnemonic() {
        Mnemonic::Syscall | Mnemonic::Sysenter | Mnemonic::Int | Mnemonic::Int1 => {
            return Some("a kernel does not call a kernel".into());
        }
        Mnemonic::Int3 => return Some("nobody handles this trap".into()),
        _ => {}
    }
    let beyond = instruction
        .cpuid_features()
        .iter()
        .find(|feature| !is_baseline(**feature));
    if let Some(feature) = beyond {
        return Some(format!("{feature:?} is not for kernel code"));
    }
    let used = info.info(instruction);
    let vector = |r: Register| r.is_vector_register() || r.is_mm() || r.is_st() || r.is_k();
    if let Some(register) = used.used_registers().iter().find(|r| vector(r.register())) {
        return Some(format!(
            "{:?} belongs to the user program",
            register.register()
        ));
    }
    let fs = used
        .used_memory()
        .iter()
        .any(|m| m.segment() == Register::FS)
        || used
            .used_registers()
            .iter()
            .any(|r| r.register() == Register::FS);
    if fs {
        return Some("%fs belongs to the user program".into());
    }
    below_rsp(instruction).then(|| "below the stack pointer".into())
}

/// What an amd64 kernel is compiled for: the first 64-bit processors, without
/// anything that has registers of its own.
fn is_baseline(feature: CpuidFeature) -> bool {
    matches!(
        feature,
        CpuidFeature::INTEL8086
            | CpuidFeature::INTEL186
            | CpuidFeature::INTEL286
            | CpuidFeature::INTEL386
            | CpuidFeature::INTEL486
            | CpuidFeature::X64
            | CpuidFeature::CMOV
            | CpuidFeature::CPUID
            | CpuidFeature::CX8
            | CpuidFeature::TSC
            | CpuidFeature::MULTIBYTENOP
            | CpuidFeature::PAUSE
            | CpuidFeature::CET_IBT
    )
}

/// An operand below the stack pointer: the red zone that user code has and
/// the kernel has not.
fn below_rsp(instruction: &Instruction) -> bool {
    reads_or_writes_memory(instruction)
        && matches!(instruction.memory_base(), Register::RSP | Register::ESP)
        && (instruction.memory_displacement64() as i64) < 0
}

/// Whether an explicit memory operand is accessed, not only computed.
pub fn reads_or_writes_memory(instruction: &Instruction) -> bool {
    let operand = (0..instruction.op_count()).any(|n| instruction.op_kind(n) == OpKind::Memory);
    operand && !matches!(instruction.mnemonic(), Mnemonic::Lea | Mnemonic::Nop)
}

/// A `ud2` may stand behind a call that does not return, where the compiler
/// marks what cannot be reached.  Anywhere else it is an abort that C's code
/// does not have, so one that a branch reaches is refused.
fn check_traps(subject: &Subject, function: &Function<'_>, forbidden: &mut Vec<String>) {
    for (index, trap) in function.body.iter().enumerate() {
        if trap.code() != Code::Ud2 {
            continue;
        }
        let behind_call = index > 0
            && matches!(
                function.body[index - 1].flow_control(),
                FlowControl::Call | FlowControl::IndirectCall
            );
        let reached = function.body.iter().any(|i| {
            matches!(
                i.flow_control(),
                FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch
            ) && i.near_branch_target() == trap.ip()
        });
        if !behind_call || reached {
            forbidden.push(at(subject, function, trap, "an abort that C does not have"));
        }
    }
}

/// Code size beside C's, where a C object is at hand.
fn size(subject: &Subject, contract: &Contract, rules: &Rules) -> Row {
    const RULE: &str = ".text";
    let bytes = text_bytes(subject);
    let Some(c) = contract.text.filter(|c| *c > 0) else {
        return Row::limit(RULE, format!("{bytes} bytes"), String::new(), Vec::new());
    };
    let ratio = bytes as f64 / c as f64;
    let mut details = Vec::new();
    let expected = rules
        .text_ratio
        .map_or_else(String::new, |limit| format!("at most {limit:.2}"));
    if rules.text_ratio.is_some_and(|limit| ratio > limit) {
        details.push(format!("C has {c} bytes"));
    }
    Row::limit(
        RULE,
        format!("{bytes} bytes, {ratio:.2} of C's"),
        expected,
        details,
    )
}
