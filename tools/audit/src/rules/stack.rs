//! Rules on the stack: frame pointers, frame sizes, nothing below the stack
//! pointer.
//!
//! The depth of the stack is followed through each function's control flow.
//! Where paths meet, the smaller depth counts, so that an access is accepted
//! only if it lies within the frame on every path.

use std::collections::BTreeMap;

use iced_x86::{
    FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register,
};

use crate::elf::{Place, Subject};
use crate::report::Row;
use crate::rules::Rules;
use crate::rules::code::{Function, at, decode, is_padding, reads_or_writes_memory};

/// Bytes between the return address and what %rbp points to.
const SAVED_RBP: i64 = 8;
/// An instruction changes the stack pointer by an amount that it does not name.
const UNKNOWN: &str = "the frame's size cannot be told";

/// The stack frame of one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Function.
    pub function: String,
    /// Bytes below the return address, the saved frame pointer with them.
    pub bytes: u64,
    /// What is wrong with how it begins, or that its size can't be told.
    pub fault: Option<&'static str>,
}

/// The frames of all functions of `subject`, by section and offset.
pub fn frames(subject: &Subject) -> Vec<Frame> {
    let mut frames = Vec::new();
    for (section, home) in subject.sections.iter().enumerate() {
        for symbol in subject.functions_in(section) {
            let body = decode(&home.data, symbol.value..symbol.value + symbol.size);
            let function = Function {
                section,
                symbol,
                body,
            };
            let depths = Depths::of(subject, &function);
            let unknown = (!depths.unknown.is_empty()).then_some(UNKNOWN);
            frames.push(Frame {
                function: symbol.name.clone(),
                bytes: depths.most.max(0) as u64,
                fault: opening(&function).or(unknown),
            });
        }
    }
    frames
}

/// All rows of this module.
pub fn rows(subject: &Subject, functions: &[Function<'_>], rules: &Rules) -> Vec<Row> {
    let mut frames = Vec::new();
    let mut framed = 0;
    let mut below = Vec::new();
    let mut large = Vec::new();
    let mut largest: (i64, &str) = (0, "none");
    for function in functions {
        let name = function.symbol.name.as_str();
        match opening(function) {
            None => framed += 1,
            Some(why) if rules.frame_first => frames.push(format!("{name}: {why}")),
            Some(_) => {}
        }
        frames.extend(overwritten(subject, function));
        let depths = Depths::of(subject, function);
        below.extend(depths.faults(subject, function));
        if depths.most > largest.0 {
            largest = (depths.most, name);
        }
        if depths.most > rules.frame_limit as i64 {
            large.push(format!("{name} uses {} bytes", depths.most));
        }
    }
    let total = if rules.frame_first {
        functions.len()
    } else {
        framed
    };
    vec![
        Row::count(
            "functions that begin with their frame",
            framed,
            total,
            frames,
        ),
        Row::none("accesses outside the frame", below),
        Row::limit(
            "largest stack frame",
            format!("{} bytes, {}", largest.0, largest.1),
            format!("at most {} bytes", rules.frame_limit),
            large,
        ),
    ]
}

/// DTrace's fbt provider looks for `push %rbp` at the entry, and a stack trace
/// through a function without a frame loses its caller.
fn opening(function: &Function<'_>) -> Option<&'static str> {
    let mut body = function
        .body
        .iter()
        .filter(|i| i.mnemonic() != Mnemonic::Endbr64);
    match body.next() {
        Some(push) if push.mnemonic() == Mnemonic::Push && push.op0_register() == Register::RBP => {
        }
        _ => return Some("does not begin with push rbp"),
    }
    match body.next() {
        Some(mov) if sets_frame(mov) => None,
        _ => Some("does not set rbp after pushing it"),
    }
}

fn sets_frame(i: &Instruction) -> bool {
    i.mnemonic() == Mnemonic::Mov
        && i.op0_register() == Register::RBP
        && i.op1_register() == Register::RSP
}

/// %rbp is the frame pointer and nothing else.
fn overwritten(subject: &Subject, function: &Function<'_>) -> Vec<String> {
    let mut info = InstructionInfoFactory::new();
    let mut faults = Vec::new();
    for i in &function.body {
        let writes = info.info(i).used_registers().iter().any(|used| {
            used.register().full_register() == Register::RBP
                && matches!(
                    used.access(),
                    OpAccess::Write
                        | OpAccess::CondWrite
                        | OpAccess::ReadWrite
                        | OpAccess::ReadCondWrite
                )
        });
        if writes && !sets_frame(i) && !matches!(i.mnemonic(), Mnemonic::Pop | Mnemonic::Leave) {
            faults.push(at(subject, function, i, "rbp is the frame pointer"));
        }
    }
    faults
}

/// What an instruction does to the stack pointer.
enum Effect {
    /// The stack grows by so many bytes.
    Grow(i64),
    /// The stack has this depth.
    Set(i64),
    /// The stack is aligned down by less than so many bytes.
    Align(i64),
    /// Not to be told from the instruction.
    Unknown,
}

fn effect(i: &Instruction, info: &mut InstructionInfoFactory) -> Effect {
    let rsp = |r: Register| r == Register::RSP;
    match i.mnemonic() {
        Mnemonic::Sub | Mnemonic::Add if rsp(i.op0_register()) && is_immediate(i) => {
            let bytes = i.immediate(1) as i64;
            return Effect::Grow(if i.mnemonic() == Mnemonic::Sub {
                bytes
            } else {
                -bytes
            });
        }
        Mnemonic::And if rsp(i.op0_register()) && is_immediate(i) => {
            return Effect::Align(-(i.immediate(1) as i64));
        }
        Mnemonic::Lea if rsp(i.op0_register()) && i.memory_index() == Register::None => {
            let offset = i.memory_displacement64() as i64;
            match i.memory_base() {
                Register::RSP => return Effect::Grow(-offset),
                Register::RBP => return Effect::Set(SAVED_RBP - offset),
                _ => return Effect::Unknown,
            }
        }
        Mnemonic::Mov if rsp(i.op0_register()) && i.op1_register() == Register::RBP => {
            return Effect::Set(SAVED_RBP);
        }
        Mnemonic::Leave => return Effect::Set(0),
        _ => {}
    }
    let implicit = i64::from(i.stack_pointer_increment());
    if implicit != 0 {
        // What a call pushes, the callee's return pops.
        return if i.flow_control() == FlowControl::Next {
            Effect::Grow(-implicit)
        } else {
            Effect::Grow(0)
        };
    }
    let writes = info.info(i).used_registers().iter().any(|used| {
        used.register().full_register() == Register::RSP
            && !matches!(used.access(), OpAccess::Read | OpAccess::CondRead)
    });
    if writes {
        Effect::Unknown
    } else {
        Effect::Grow(0)
    }
}

fn is_immediate(i: &Instruction) -> bool {
    matches!(
        i.op1_kind(),
        OpKind::Immediate8to64 | OpKind::Immediate32to64
    )
}

/// Depth of the stack before each instruction of a function: bytes between
/// the return address and the stack pointer.
struct Depths {
    before: Vec<Option<i64>>,
    most: i64,
    unknown: Vec<usize>,
}

impl Depths {
    fn of(subject: &Subject, function: &Function<'_>) -> Self {
        let body = &function.body;
        let index_of: BTreeMap<u64, usize> = body
            .iter()
            .enumerate()
            .map(|(index, i)| (i.ip(), index))
            .collect();
        let tables = jump_table_targets(subject, function, &index_of);
        let mut depths = Self {
            before: vec![None; body.len()],
            most: 0,
            unknown: Vec::new(),
        };
        let mut info = InstructionInfoFactory::new();
        let mut todo = Vec::new();
        for start in 0..body.len() {
            // Code that no path reaches, such as what follows a call that does
            // not return, is followed with the deepest frame seen so far.
            if depths.before[start].is_none() && !is_padding(&body[start]) {
                todo.push((start, if start == 0 { 0 } else { depths.most }));
            }
            while let Some((index, depth)) = todo.pop() {
                if depths.before[index].is_some_and(|known| known <= depth) {
                    continue;
                }
                depths.before[index] = Some(depth);
                let i = &body[index];
                let after = depths.step(index, effect(i, &mut info), depth);
                let mut go = |index: Option<usize>| {
                    todo.extend(
                        index
                            .filter(|index| *index < body.len())
                            .map(|i| (i, after)),
                    );
                };
                match i.flow_control() {
                    FlowControl::Return | FlowControl::Exception => {}
                    FlowControl::UnconditionalBranch => {
                        go(branch_target(subject, function, i, &index_of));
                    }
                    FlowControl::ConditionalBranch => {
                        go(branch_target(subject, function, i, &index_of));
                        go(Some(index + 1));
                    }
                    FlowControl::IndirectBranch => tables.iter().for_each(|t| go(Some(*t))),
                    _ => go(Some(index + 1)),
                }
            }
        }
        depths
    }

    fn step(&mut self, index: usize, effect: Effect, depth: i64) -> i64 {
        let after = match effect {
            Effect::Grow(bytes) => depth + bytes,
            Effect::Set(depth) => depth,
            Effect::Align(bytes) => {
                self.most = self.most.max(depth + bytes);
                depth
            }
            Effect::Unknown => {
                self.unknown.push(index);
                depth
            }
        };
        self.most = self.most.max(after);
        after.max(0)
    }

    fn faults(&self, subject: &Subject, function: &Function<'_>) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |i: &Instruction, why: &str| faults.push(at(subject, function, i, why));
        for index in &self.unknown {
            fault(&function.body[*index], UNKNOWN);
        }
        for (i, depth) in function.body.iter().zip(&self.before) {
            let Some(depth) = *depth else { continue };
            let below_frame = reads_or_writes_memory(i)
                && i.memory_base() == Register::RBP
                && i.memory_index() == Register::None
                && SAVED_RBP - (i.memory_displacement64() as i64) > depth;
            if below_frame {
                fault(i, "below the stack pointer");
            }
            if i.flow_control() == FlowControl::Return && depth != 0 {
                fault(i, &format!("returns with {depth} bytes on the stack"));
            }
        }
        faults
    }
}

/// Where a direct branch goes inside its function; none for a tail call.
fn branch_target(
    subject: &Subject,
    function: &Function<'_>,
    i: &Instruction,
    index_of: &BTreeMap<u64, usize>,
) -> Option<usize> {
    let section = &subject.sections[function.section];
    let relocated = !section.relocs_in(i.ip()..i.next_ip()).is_empty();
    if relocated {
        None
    } else {
        index_of.get(&i.near_branch_target()).copied()
    }
}

/// Instructions of `function` that data points to: the targets of its jump
/// tables.
fn jump_table_targets(
    subject: &Subject,
    function: &Function<'_>,
    index_of: &BTreeMap<u64, usize>,
) -> Vec<usize> {
    let indirect = function
        .body
        .iter()
        .any(|i| i.flow_control() == FlowControl::IndirectBranch);
    if !indirect {
        return Vec::new();
    }
    let data = subject
        .sections
        .iter()
        .filter(|s| s.is_alloc() && !s.is_exec());
    data.flat_map(|section| &section.relocs)
        .filter_map(|reloc| {
            let symbol = &subject.symbols[reloc.symbol];
            if symbol.place != Place::Section(function.section) {
                return None;
            }
            let target = symbol.value.wrapping_add_signed(reloc.addend);
            index_of.get(&target).copied().filter(|index| *index > 0)
        })
        .collect()
}
