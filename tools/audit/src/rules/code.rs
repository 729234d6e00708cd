//! Rules on machine code: which instructions a kernel function may hold.
//!
//! What an instruction set has that is not for kernel code, its module of
//! [`crate::isa`] says; an interrupt may use the stack right below the stack
//! pointer at any time, whatever the machine.

use crate::contract::{Contract, text_bytes};
use crate::elf::{Subject, Symbol};
use crate::isa::{self, Access, Flow, Step};
use crate::report::Row;
use crate::rules::{Rules, stack};

/// A function with its instructions; their addresses are section offsets.
pub struct Function<'a> {
    /// Section index.
    pub section: usize,
    /// Symbol.
    pub symbol: &'a Symbol,
    /// Decoded body.
    pub body: Vec<Step>,
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
                let range = symbol.value..symbol.value + symbol.size;
                let body = isa::decode(subject.machine, section, range);
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
    for function in &functions {
        check_traps(subject, function, &mut forbidden);
        for step in &function.body {
            if let Some(why) = &step.offence {
                forbidden.push(at(subject, function, step, why));
            } else if matches!(step.access, Some(Access::Stack(offset)) if offset < 0) {
                forbidden.push(at(subject, function, step, "below the stack pointer"));
            } else if let Some(guard) = step.guard
                && !subject
                    .symbols
                    .iter()
                    .any(|s| s.is_undefined() && s.name == guard)
            {
                let why = format!("not every processor has it, and nothing asks {guard}");
                forbidden.push(at(subject, function, step, &why));
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
            let works = |step: &Step| matches!(step.flow, Flow::Return | Flow::Call);
            !function.body.iter().any(works)
                && function
                    .body
                    .iter()
                    .any(|step| jumps_on(subject, function, step))
        })
        .map(|function| format!("{} does its work elsewhere", function.symbol.name))
        .collect()
}

/// Whether it is a jump to another function of the object.
fn jumps_on(subject: &Subject, function: &Function<'_>, step: &Step) -> bool {
    let Flow::Jump(target) = step.flow else {
        return false;
    };
    let section = &subject.sections[function.section];
    match section.relocs_in(step.at..step.next).first() {
        Some(reloc) => !subject.symbols[reloc.symbol].is_undefined(),
        None => {
            let start = function.symbol.value;
            let own = start..start + function.symbol.size;
            !own.contains(&target)
        }
    }
}

/// `function+0x10: instruction: why` for messages.
pub fn at(subject: &Subject, function: &Function<'_>, step: &Step, why: &str) -> String {
    format!(
        "{}: {}: {why}",
        subject.location(function.section, step.at),
        step.text
    )
}

/// Code must belong to a function symbol: otherwise no stack trace, no probe
/// and no rule of this audit sees it.
fn check_padding(
    subject: &Subject,
    section: usize,
    range: std::ops::Range<u64>,
    uncovered: &mut Vec<String>,
) {
    let section = &subject.sections[section];
    let stray = isa::decode(subject.machine, section, range)
        .into_iter()
        .find(|step| !step.padding);
    if let Some(stray) = stray {
        uncovered.push(format!(
            "{}+{:#x} belongs to no function",
            section.name, stray.at
        ));
    }
}

/// An abort may stand behind a call that does not return, where the compiler
/// marks what cannot be reached.  Anywhere else it is an abort that C's code
/// does not have, so one that a branch reaches is refused.
fn check_traps(subject: &Subject, function: &Function<'_>, forbidden: &mut Vec<String>) {
    for (index, trap) in function.body.iter().enumerate() {
        if trap.flow != Flow::Trap {
            continue;
        }
        let behind_call = index > 0 && function.body[index - 1].flow == Flow::Call;
        let reached = function
            .body
            .iter()
            .any(|step| matches!(step.flow, Flow::Jump(to) | Flow::Branch(to) if to == trap.at));
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
