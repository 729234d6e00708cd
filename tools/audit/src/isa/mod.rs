//! Owns instructions as the rules see them: what each does to control flow,
//! to the stack and to the frame pointer, and why a kernel function must not
//! hold it.
//!
//! A module per instruction set turns decoded machine code into [`Step`]s; the
//! rules on code and stack look at nothing else, and so are the same for all.

mod aarch64;
mod riscv64;
mod x86;

use std::ops::Range;

use crate::elf::Section;
use crate::machine::Machine;

/// One instruction, or a pair that only makes sense together.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where it is in its section.
    pub at: u64,
    /// Where the next one is.
    pub next: u64,
    /// As an assembler would show it.
    pub text: String,
    /// What runs next.
    pub flow: Flow,
    /// What it does to the stack pointer.
    pub effect: Effect,
    /// What it does to the frame pointer.
    pub frame: FramePointer,
    /// The memory that it accesses, if that is told from the stack or frame pointer.
    pub access: Option<Access>,
    /// It does nothing and may stand between functions.
    pub padding: bool,
    /// Why no kernel function may hold it.
    pub offence: Option<String>,
    /// The kernel's variable that has to be asked before it may run.
    pub guard: Option<&'static str>,
}

/// What runs after an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The next one.
    Next,
    /// The next one, after another function has returned.
    Call,
    /// The caller.
    Return,
    /// Only the one at this place.
    Jump(u64),
    /// The next one, or the one at this place.
    Branch(u64),
    /// One whose address is computed.
    Indirect,
    /// None: the instruction is an abort.
    Trap,
    /// None, or nobody can tell.
    Stop,
}

/// What an instruction does to the stack pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The stack grows by so many bytes.
    Grow(i64),
    /// The stack pointer becomes the frame pointer plus so many bytes.
    FromFrame(i64),
    /// The stack is aligned down by less than so many bytes.
    Align(i64),
    /// Not to be told from the instruction.
    Unknown,
}

/// What an instruction does to the frame pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FramePointer {
    /// Nothing.
    Kept,
    /// A mark for branch protection, ahead of everything else.
    Mark,
    /// The caller's one goes on the stack.
    Saved,
    /// It becomes the stack pointer plus so many bytes.
    Set(i64),
    /// The caller's one comes back.
    Restored,
    /// It becomes something else.
    Overwritten,
}

/// A memory access relative to the stack or the frame pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// So many bytes above the stack pointer.
    Stack(i64),
    /// So many bytes above the frame pointer.
    Frame(i64),
}

/// How the frame of a function comes about, in words of its machine.
#[derive(Debug)]
pub struct Frames {
    /// The frame pointer.
    pub register: &'static str,
    /// What is wrong with a function that does not begin with its frame.
    pub begin: &'static str,
    /// What is wrong with one that begins, and does not go on.
    pub then: &'static str,
    /// Whether saving and setting the frame pointer are the first two
    /// instructions; elsewhere stores of other registers and the frame's
    /// allocation may come with them.
    pub at_once: bool,
}

/// The instructions in `range` of an executable section.
pub fn decode(machine: Machine, section: &Section, range: Range<u64>) -> Vec<Step> {
    let bytes = section
        .data
        .get(range.start as usize..range.end as usize)
        .unwrap_or_default();
    match machine {
        Machine::Amd64 => x86::decode(64, bytes, range.start),
        Machine::I386 => x86::decode(32, bytes, range.start),
        Machine::Aarch64 => aarch64::decode(bytes, range.start),
        Machine::Riscv64 => riscv64::decode(bytes, range.start),
    }
}
