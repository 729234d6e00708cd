//! Rules on the stack: frame pointers, frame sizes, nothing below the stack
//! pointer.
//!
//! The depth of the stack is followed through each function's control flow.
//! Where paths meet, the smaller depth counts, so that an access is accepted
//! only if it lies within the frame on every path.

use std::collections::BTreeMap;

use crate::elf::{Place, Subject};
use crate::isa::{self, Access, Effect, Flow, FramePointer, Frames, Step};
use crate::report::Row;
use crate::rules::Rules;
use crate::rules::code::{Function, at};

/// An instruction changes the stack pointer by an amount that it does not name.
const UNKNOWN: &str = "the frame's size cannot be told";

/// The stack frame of one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Function.
    pub function: String,
    /// Bytes on the stack, the saved frame pointer with them; not the return
    /// address that a call has pushed.
    pub bytes: u64,
    /// What is wrong with how it begins, or that its size can't be told.
    pub fault: Option<&'static str>,
}

/// The frames of all functions of `subject`, by section and offset.
pub fn frames(subject: &Subject) -> Vec<Frame> {
    let ways = &subject.machine.facts().frames;
    let mut frames = Vec::new();
    for (section, home) in subject.sections.iter().enumerate() {
        for symbol in subject.functions_in(section) {
            let range = symbol.value..symbol.value + symbol.size;
            let function = Function {
                section,
                symbol,
                body: isa::decode(subject.machine, home, range),
            };
            let depths = Depths::of(subject, &function);
            let unknown = (!depths.unknown.is_empty()).then_some(UNKNOWN);
            frames.push(Frame {
                function: symbol.name.clone(),
                bytes: depths.most.max(0) as u64,
                fault: opening(&function, ways).or(unknown),
            });
        }
    }
    frames
}

/// All rows of this module.
pub fn rows(subject: &Subject, functions: &[Function<'_>], rules: &Rules) -> Vec<Row> {
    let ways = &subject.machine.facts().frames;
    let mut frames = Vec::new();
    let mut framed = 0;
    let mut below = Vec::new();
    let mut large = Vec::new();
    let mut largest: (i64, &str) = (0, "none");
    for function in functions {
        let name = function.symbol.name.as_str();
        match opening(function, ways) {
            None => framed += 1,
            Some(why) if rules.frame_first => frames.push(format!("{name}: {why}")),
            Some(_) => {}
        }
        frames.extend(overwritten(subject, function, ways));
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

/// DTrace's fbt provider looks for the frame at the entry, and a stack trace
/// through a function without a frame loses its caller.
fn opening(function: &Function<'_>, ways: &Frames) -> Option<&'static str> {
    let mut body = function
        .body
        .iter()
        .filter(|step| step.frame != FramePointer::Mark);
    if ways.at_once {
        return match (body.next()?.frame, body.next().map(|step| step.frame)) {
            (FramePointer::Saved, Some(FramePointer::Set(_))) => None,
            (FramePointer::Saved, _) => Some(ways.then),
            _ => Some(ways.begin),
        };
    }
    let first = body.next()?;
    if !matches!(first.effect, Effect::Grow(bytes) if bytes > 0) {
        return Some(ways.begin);
    }
    let mut saved = first.frame == FramePointer::Saved;
    for step in body {
        match step.frame {
            FramePointer::Saved => saved = true,
            FramePointer::Set(_) if saved => return None,
            _ if step.flow != Flow::Next || !is_prologue(step) => break,
            _ => {}
        }
    }
    Some(ways.then)
}

/// What may come between the first instruction and the frame.
fn is_prologue(step: &Step) -> bool {
    matches!(step.access, Some(Access::Stack(_)))
        || matches!(step.effect, Effect::Grow(bytes) if bytes > 0)
}

/// The frame pointer is that and nothing else.
fn overwritten(subject: &Subject, function: &Function<'_>, ways: &Frames) -> Vec<String> {
    let why = format!("{} is the frame pointer", ways.register);
    let taken = function
        .body
        .iter()
        .filter(|step| step.frame == FramePointer::Overwritten);
    taken
        .map(|step| at(subject, function, step, &why))
        .collect()
}

/// Depth of the stack before each instruction of a function: bytes between
/// where it is at the entry (behind the return address, where calls push one)
/// and the stack pointer.
struct Depths {
    before: Vec<Option<i64>>,
    /// The depth that the frame pointer points to, once it is set.
    frame: Option<i64>,
    most: i64,
    unknown: Vec<usize>,
}

impl Depths {
    fn of(subject: &Subject, function: &Function<'_>) -> Self {
        let body = &function.body;
        let index_of: BTreeMap<u64, usize> = body
            .iter()
            .enumerate()
            .map(|(index, step)| (step.at, index))
            .collect();
        let tables = jump_table_targets(subject, function, &index_of);
        let mut depths = Self {
            before: vec![None; body.len()],
            frame: None,
            most: 0,
            unknown: Vec::new(),
        };
        let mut todo = Vec::new();
        for start in 0..body.len() {
            // Code that no path reaches, such as what follows a call that does
            // not return, is followed with the deepest frame seen so far.
            if depths.before[start].is_none() && !body[start].padding {
                todo.push((start, if start == 0 { 0 } else { depths.most }));
            }
            while let Some((index, depth)) = todo.pop() {
                if depths.before[index].is_some_and(|known| known <= depth) {
                    continue;
                }
                depths.before[index] = Some(depth);
                let step = &body[index];
                let after = depths.follow(index, step, depth);
                let mut go = |index: Option<usize>| {
                    todo.extend(
                        index
                            .filter(|index| *index < body.len())
                            .map(|index| (index, after)),
                    );
                };
                match step.flow {
                    Flow::Return | Flow::Trap | Flow::Stop => {}
                    Flow::Jump(to) => go(branch_target(subject, function, step, to, &index_of)),
                    Flow::Branch(to) => {
                        go(branch_target(subject, function, step, to, &index_of));
                        go(Some(index + 1));
                    }
                    Flow::Indirect => tables.iter().for_each(|t| go(Some(*t))),
                    Flow::Next | Flow::Call => go(Some(index + 1)),
                }
            }
        }
        depths
    }

    /// The depth after an instruction.
    fn follow(&mut self, index: usize, step: &Step, depth: i64) -> i64 {
        let after = match (step.effect, self.frame) {
            (Effect::Grow(bytes), _) => depth + bytes,
            (Effect::FromFrame(offset), Some(frame)) => frame - offset,
            (Effect::Align(bytes), _) => {
                self.most = self.most.max(depth + bytes);
                depth
            }
            (Effect::FromFrame(_), None) | (Effect::Unknown, _) => {
                self.unknown.push(index);
                depth
            }
        };
        if let FramePointer::Set(offset) = step.frame {
            self.frame = Some(after - offset);
        }
        self.most = self.most.max(after);
        after.max(0)
    }

    fn faults(&self, subject: &Subject, function: &Function<'_>) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |step: &Step, why: &str| faults.push(at(subject, function, step, why));
        for index in &self.unknown {
            fault(&function.body[*index], UNKNOWN);
        }
        for (step, depth) in function.body.iter().zip(&self.before) {
            let Some(depth) = *depth else { continue };
            if let (Some(Access::Frame(offset)), Some(frame)) = (step.access, self.frame)
                && frame - offset > depth
            {
                fault(step, "below the stack pointer");
            }
            if step.flow == Flow::Return && depth != 0 {
                fault(step, &format!("returns with {depth} bytes on the stack"));
            }
        }
        faults
    }
}

/// Where a direct branch goes inside its function; none for a tail call.
fn branch_target(
    subject: &Subject,
    function: &Function<'_>,
    step: &Step,
    to: u64,
    index_of: &BTreeMap<u64, usize>,
) -> Option<usize> {
    let section = &subject.sections[function.section];
    let relocated = !section.relocs_in(step.at..step.next).is_empty();
    if relocated {
        None
    } else {
        index_of.get(&to).copied()
    }
}

/// Instructions of `function` that data points to: the targets of its jump
/// tables.
fn jump_table_targets(
    subject: &Subject,
    function: &Function<'_>,
    index_of: &BTreeMap<u64, usize>,
) -> Vec<usize> {
    if !function.body.iter().any(|step| step.flow == Flow::Indirect) {
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
