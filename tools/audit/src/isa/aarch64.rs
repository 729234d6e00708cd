//! Owns what aarch64 instructions mean to the rules.
//!
//! In the kernel x18 holds the address of the processor's data from boot to
//! halt, and the floating-point and vector registers belong to the interrupted
//! user program.

use yaxpeax_arch::{Arch, Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::{ARMv8, Instruction, Opcode, Operand};

use super::{Access, Effect, Flow, FramePointer, Step};

/// The processor's data.
const PCPU: u16 = 18;
/// The frame pointer.
const FP: u16 = 29;
/// The stack pointer, where an operand can be it.
const SP: u16 = 31;

const NOP: u32 = 0xd503_201f;
/// `udf #0`: what linkers fill the room between functions with.
const FILL: u32 = 0;
/// `bti` and its four kinds, `paciasp`, `pacibsp`.
const MARKS: [u32; 6] = [
    0xd503_241f,
    0xd503_245f,
    0xd503_249f,
    0xd503_24df,
    0xd503_233f,
    0xd503_237f,
];

const VECTOR: &str = "floating-point and vector registers belong to the user program";

/// What the kernel sets when all processors have the atomic instructions of
/// ARMv8.1.
const HAS_ATOMICS: &str = "lse_supported";

/// The instructions of `bytes`, which begin at `start` of their section.
pub fn decode(bytes: &[u8], start: u64) -> Vec<Step> {
    let words = bytes.chunks_exact(4).zip((start..).step_by(4));
    words
        .map(|(bytes, at)| {
            let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            let mut reader = U8Reader::new(bytes);
            match <ARMv8 as Arch>::Decoder::default().decode(&mut reader) {
                Ok(instruction) => step(word, &instruction, at),
                Err(_) => undecoded(word, at),
            }
        })
        .collect()
}

fn step(word: u32, i: &Instruction, at: u64) -> Step {
    let written = written(i);
    Step {
        at,
        next: at + 4,
        text: i.to_string(),
        flow: flow(i, at),
        effect: effect(i),
        frame: frame(word, i, &written),
        access: access(i),
        padding: matches!(word, NOP | FILL),
        offence: offence(word, i, &written),
        guard: (is_fetch(i) || is_compare(i)).then_some(HAS_ATOMICS),
    }
}

/// What is no instruction, or one that the decoder does not know.
fn undecoded(word: u32, at: u64) -> Step {
    Step {
        at,
        next: at + 4,
        text: format!("{word:#010x}"),
        flow: Flow::Stop,
        effect: Effect::Grow(0),
        frame: FramePointer::Kept,
        access: None,
        padding: false,
        offence: Some(match is_vector(word) {
            true => VECTOR.into(),
            false => "not an instruction".into(),
        }),
        guard: None,
    }
}

fn flow(i: &Instruction, at: u64) -> Flow {
    let to = i.operands.iter().find_map(|operand| match operand {
        Operand::PCOffset(offset) => Some(at.wrapping_add_signed(*offset)),
        _ => None,
    });
    match (i.opcode, to) {
        (Opcode::B, Some(to)) => Flow::Jump(to),
        (Opcode::Bcc(_) | Opcode::CBZ | Opcode::CBNZ | Opcode::TBZ | Opcode::TBNZ, Some(to)) => {
            Flow::Branch(to)
        }
        (Opcode::BL | Opcode::BLR, _) => Flow::Call,
        (Opcode::BR, _) => Flow::Indirect,
        (Opcode::RET, _) => Flow::Return,
        (Opcode::BRK | Opcode::HLT | Opcode::UDF, _) => Flow::Trap,
        (Opcode::ERET | Opcode::DRPS, _) => Flow::Stop,
        _ => Flow::Next,
    }
}

/// Why no kernel function may hold this instruction.
fn offence(word: u32, i: &Instruction, written: &[u16]) -> Option<String> {
    if is_vector(word) {
        return Some(VECTOR.into());
    }
    if written.contains(&PCPU) {
        return Some("x18 holds the processor's data".into());
    }
    match i.opcode {
        Opcode::SVC | Opcode::HVC | Opcode::SMC => Some("a kernel does not call a kernel".into()),
        Opcode::RETAA | Opcode::RETAB | Opcode::LDAPR | Opcode::LDAPRB | Opcode::LDAPRH => {
            Some("not every aarch64 processor has it".into())
        }
        _ => None,
    }
}

/// By the top levels of the encoding: data processing on floating-point and
/// vector registers, loads and stores of them, the scalable extensions.
fn is_vector(word: u32) -> bool {
    let group = word >> 25 & 0xf;
    match group {
        0b0111 | 0b1111 => true,
        0b0000 => word >> 31 == 1,
        0b0010 => true,
        _ if group & 0b0101 == 0b0100 => word >> 26 & 1 == 1,
        _ => false,
    }
}

/// The atomic instructions of ARMv8.1 that load the old value into their
/// second operand.
fn is_fetch(i: &Instruction) -> bool {
    matches!(
        i.opcode,
        Opcode::SWP(_)
            | Opcode::SWPB(_)
            | Opcode::SWPH(_)
            | Opcode::LDADD(_)
            | Opcode::LDADDB(_)
            | Opcode::LDADDH(_)
            | Opcode::LDCLR(_)
            | Opcode::LDCLRB(_)
            | Opcode::LDCLRH(_)
            | Opcode::LDEOR(_)
            | Opcode::LDEORB(_)
            | Opcode::LDEORH(_)
            | Opcode::LDSET(_)
            | Opcode::LDSETB(_)
            | Opcode::LDSETH(_)
            | Opcode::LDSMAX(_)
            | Opcode::LDSMIN(_)
            | Opcode::LDUMAX(_)
            | Opcode::LDUMIN(_)
    )
}

/// The others, which load it into their first.
fn is_compare(i: &Instruction) -> bool {
    matches!(
        i.opcode,
        Opcode::CAS(_) | Opcode::CASB(_) | Opcode::CASH(_) | Opcode::CASP(_)
    )
}

/// The general registers that an instruction writes.
fn written(i: &Instruction) -> Vec<u16> {
    let targets = match i.opcode {
        Opcode::STR
        | Opcode::STRB
        | Opcode::STRH
        | Opcode::STRW
        | Opcode::STUR
        | Opcode::STURB
        | Opcode::STURH
        | Opcode::STTR
        | Opcode::STTRB
        | Opcode::STTRH
        | Opcode::STP
        | Opcode::STNP
        | Opcode::STLR
        | Opcode::STLRB
        | Opcode::STLRH
        | Opcode::STLLR
        | Opcode::STLLRB
        | Opcode::STLLRH
        | Opcode::CBZ
        | Opcode::CBNZ
        | Opcode::TBZ
        | Opcode::TBNZ
        | Opcode::BR
        | Opcode::BLR
        | Opcode::RET
        | Opcode::MSR
        | Opcode::SYS(_)
        | Opcode::CCMP
        | Opcode::CCMN
        | Opcode::PRFM => 0..0,
        Opcode::LDP | Opcode::LDPSW | Opcode::LDNP | Opcode::LDXP | Opcode::LDAXP => 0..2,
        _ if is_fetch(i) => 1..2,
        _ => 0..1,
    };
    let mut written: Vec<u16> = i.operands[targets]
        .iter()
        .flat_map(|operand| match operand {
            Operand::Register(_, n) | Operand::RegisterOrSP(_, n) => vec![*n],
            Operand::RegisterPair(_, n) => vec![*n, *n + 1],
            _ => Vec::new(),
        })
        .collect();
    written.extend(i.operands.iter().filter_map(|operand| match operand {
        Operand::RegPreIndex(base, _, true)
        | Operand::RegPostIndex(base, _)
        | Operand::RegPostIndexReg(base, _) => Some(*base),
        _ => None,
    }));
    written
}

/// The operands of `add rd, rn, #imm` or `sub`, where register 31 is the stack
/// pointer: rd, rn and what is added.
fn sum(i: &Instruction) -> Option<(u16, u16, i64)> {
    let (Operand::RegisterOrSP(_, rd), Operand::RegisterOrSP(_, rn)) =
        (i.operands[0], i.operands[1])
    else {
        return None;
    };
    let value = match i.operands[2] {
        Operand::Immediate(n) => i64::from(n),
        Operand::Imm64(n) => n as i64,
        Operand::ImmShift(n, shift) => i64::from(n) << shift,
        Operand::Nothing => 0,
        _ => return None,
    };
    match i.opcode {
        Opcode::ADD => Some((rd, rn, value)),
        Opcode::SUB => Some((rd, rn, -value)),
        _ => None,
    }
}

fn effect(i: &Instruction) -> Effect {
    for operand in &i.operands {
        match operand {
            Operand::RegPreIndex(SP, offset, true) | Operand::RegPostIndex(SP, offset) => {
                return Effect::Grow(-i64::from(*offset));
            }
            Operand::RegPostIndexReg(SP, _) => return Effect::Unknown,
            _ => {}
        }
    }
    match (sum(i), i.operands[0]) {
        (Some((SP, SP, bytes)), _) => Effect::Grow(-bytes),
        (Some((SP, FP, bytes)), _) => Effect::FromFrame(bytes),
        (_, Operand::RegisterOrSP(_, SP)) => Effect::Unknown,
        _ => Effect::Grow(0),
    }
}

fn frame(word: u32, i: &Instruction, written: &[u16]) -> FramePointer {
    if MARKS.contains(&word) {
        return FramePointer::Mark;
    }
    let on_stack = i.operands.iter().any(|operand| {
        matches!(
            operand,
            Operand::RegPreIndex(SP, _, _) | Operand::RegPostIndex(SP, _)
        )
    });
    let names_fp = i.operands[..2]
        .iter()
        .any(|operand| matches!(operand, Operand::Register(_, FP)));
    match (i.opcode, sum(i)) {
        (Opcode::STP | Opcode::STR, _) if on_stack && names_fp => FramePointer::Saved,
        (Opcode::LDP | Opcode::LDR, _) if on_stack && names_fp => FramePointer::Restored,
        (_, Some((FP, SP, bytes))) => FramePointer::Set(bytes),
        _ if written.contains(&FP) => FramePointer::Overwritten,
        _ => FramePointer::Kept,
    }
}

fn access(i: &Instruction) -> Option<Access> {
    i.operands.iter().find_map(|operand| match operand {
        Operand::RegPreIndex(SP, offset, false) => Some(Access::Stack(i64::from(*offset))),
        Operand::RegPreIndex(FP, offset, false) => Some(Access::Frame(i64::from(*offset))),
        _ => None,
    })
}
