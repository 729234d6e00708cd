//! Owns what riscv64 instructions mean to the rules.
//!
//! In the kernel tp holds the address of the processor's data and gp that of
//! the kernel's, from boot to halt.  The floating-point registers belong to the
//! interrupted user program; the decoder does not know their instructions.

use raki::{BaseIOpcode, COpcode, Decode, Instruction, Isa, OpcodeKind, PrivOpcode};

use super::{Access, Effect, Flow, FramePointer, Step};

const RA: usize = 1;
const SP: usize = 2;
const GP: usize = 3;
const TP: usize = 4;
const FP: usize = 8;

/// `csrrw zero, cycle, zero`, an assembler's `unimp`.
const UNIMPLEMENTED: u32 = 0xc000_1073;

/// An instruction and where it is; none where the bytes are not one.
struct Decoded {
    at: u64,
    length: u64,
    word: u32,
    instruction: Option<Instruction>,
}

/// The instructions of `bytes`, which begin at `start` of their section.
pub fn decode(bytes: &[u8], start: u64) -> Vec<Step> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(half) = half(bytes, at) {
        let wide = half & 3 == 3;
        let word = match self::half(bytes, at + 2) {
            Some(upper) if wide => u32::from(upper) << 16 | u32::from(half),
            _ => u32::from(half),
        };
        let instruction = if wide {
            word.decode(Isa::Rv64).ok()
        } else {
            half.decode(Isa::Rv64).ok()
        };
        let length = if wide { 4 } else { 2 };
        found.push(Decoded {
            at: start + at as u64,
            length,
            word,
            instruction,
        });
        at += length as usize;
    }
    let mut steps: Vec<Step> = Vec::new();
    for (index, decoded) in found.iter().enumerate() {
        let mut step = step(decoded);
        // A far call or jump is a pair; its relocation is at the first.
        if let Some(base) = index.checked_sub(1).and_then(|n| upper(&found[n]))
            && let Some((flow, via)) = far(decoded)
            && via == base
        {
            let first = steps.pop().map_or(step.at, |first| first.at);
            step.at = first;
            step.flow = flow;
        }
        steps.push(step);
    }
    steps
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at + 2)?;
    Some(u16::from_le_bytes([pair[0], pair[1]]))
}

/// The register of an `auipc`.
fn upper(decoded: &Decoded) -> Option<usize> {
    let i = decoded.instruction.as_ref()?;
    match i.opc {
        OpcodeKind::BaseI(BaseIOpcode::AUIPC) => i.rd,
        _ => None,
    }
}

/// Of a jump through a register: what it is behind an `auipc`, and the register.
/// Where it goes, its relocation says.
fn far(decoded: &Decoded) -> Option<(Flow, usize)> {
    let i = decoded.instruction.as_ref()?;
    let OpcodeKind::BaseI(BaseIOpcode::JALR) = i.opc else {
        return None;
    };
    let flow = if i.rd == Some(0) {
        Flow::Jump(u64::MAX)
    } else {
        Flow::Call
    };
    Some((flow, i.rs1?))
}

fn step(decoded: &Decoded) -> Step {
    let mut step = Step {
        at: decoded.at,
        next: decoded.at + decoded.length,
        text: format!("{:#x}", decoded.word),
        flow: Flow::Stop,
        effect: Effect::Grow(0),
        frame: FramePointer::Kept,
        access: None,
        padding: decoded.word == 0,
        offence: None,
        guard: None,
    };
    if decoded.word == UNIMPLEMENTED || decoded.word == 0 {
        step.flow = Flow::Trap;
        return step;
    }
    let Some(i) = &decoded.instruction else {
        step.offence = Some("not an instruction for kernel code".into());
        return step;
    };
    step.text = i.to_string();
    step.flow = flow(i, decoded.at);
    step.effect = effect(i);
    step.frame = frame(i);
    step.access = access(i);
    step.padding = is_nop(i);
    step.offence = offence(i);
    step
}

fn is_nop(i: &Instruction) -> bool {
    match i.opc {
        OpcodeKind::C(COpcode::NOP) => true,
        OpcodeKind::BaseI(BaseIOpcode::ADDI) => (i.rd, i.rs1, i.imm) == (Some(0), Some(0), Some(0)),
        _ => false,
    }
}

fn flow(i: &Instruction, at: u64) -> Flow {
    let to = at.wrapping_add_signed(i64::from(i.imm.unwrap_or(0)));
    match i.opc {
        OpcodeKind::BaseI(BaseIOpcode::JAL) if i.rd == Some(0) => Flow::Jump(to),
        OpcodeKind::C(COpcode::J) => Flow::Jump(to),
        OpcodeKind::BaseI(
            BaseIOpcode::BEQ
            | BaseIOpcode::BNE
            | BaseIOpcode::BLT
            | BaseIOpcode::BGE
            | BaseIOpcode::BLTU
            | BaseIOpcode::BGEU,
        )
        | OpcodeKind::C(COpcode::BEQZ | COpcode::BNEZ) => Flow::Branch(to),
        OpcodeKind::BaseI(BaseIOpcode::JALR) if i.rd == Some(0) => returns(i),
        OpcodeKind::C(COpcode::JR) => returns(i),
        OpcodeKind::BaseI(BaseIOpcode::JAL | BaseIOpcode::JALR)
        | OpcodeKind::C(COpcode::JALR | COpcode::JAL) => Flow::Call,
        OpcodeKind::BaseI(BaseIOpcode::EBREAK) | OpcodeKind::C(COpcode::EBREAK) => Flow::Trap,
        OpcodeKind::Priv(PrivOpcode::MRET | PrivOpcode::SRET) => Flow::Stop,
        _ => Flow::Next,
    }
}

/// A jump through the return address is a return.
fn returns(i: &Instruction) -> Flow {
    if i.rs1 == Some(RA) {
        Flow::Return
    } else {
        Flow::Indirect
    }
}

/// Why no kernel function may hold this instruction.
fn offence(i: &Instruction) -> Option<String> {
    match written(i) {
        Some(TP) => return Some("tp holds the processor's data".into()),
        Some(GP) => return Some("gp holds the kernel's data".into()),
        _ => {}
    }
    match i.opc {
        OpcodeKind::BaseI(BaseIOpcode::ECALL) => Some("a kernel does not call a kernel".into()),
        OpcodeKind::Zicboz(_) | OpcodeKind::Zicfiss(_) => {
            Some("not every riscv64 processor has it".into())
        }
        _ => None,
    }
}

/// The register that an instruction writes.
fn written(i: &Instruction) -> Option<usize> {
    match i.opc {
        OpcodeKind::C(COpcode::ADDI16SP) => Some(SP),
        _ => i.rd,
    }
}

/// The operands of an addition of a constant.
fn sum(i: &Instruction) -> Option<(usize, usize, i64)> {
    let bytes = i64::from(i.imm.unwrap_or(0));
    match i.opc {
        OpcodeKind::BaseI(BaseIOpcode::ADDI) => Some((i.rd?, i.rs1?, bytes)),
        OpcodeKind::C(COpcode::ADDI) => Some((i.rd?, i.rd?, bytes)),
        OpcodeKind::C(COpcode::ADDI16SP) => Some((SP, SP, bytes)),
        OpcodeKind::C(COpcode::ADDI4SPN) => Some((i.rd?, SP, bytes)),
        OpcodeKind::C(COpcode::MV) => Some((i.rd?, i.rs2?, 0)),
        _ => None,
    }
}

fn effect(i: &Instruction) -> Effect {
    match sum(i) {
        Some((SP, SP, bytes)) => Effect::Grow(-bytes),
        Some((SP, FP, bytes)) => Effect::FromFrame(bytes),
        _ if written(i) == Some(SP) => Effect::Unknown,
        _ => Effect::Grow(0),
    }
}

fn frame(i: &Instruction) -> FramePointer {
    let stack = matches!(access(i), Some(Access::Stack(_)));
    match sum(i) {
        Some((FP, SP, bytes)) => FramePointer::Set(bytes),
        _ if stack && is_store(i) && i.rs2 == Some(FP) => FramePointer::Saved,
        _ if stack && !is_store(i) && i.rd == Some(FP) => FramePointer::Restored,
        _ if written(i) == Some(FP) => FramePointer::Overwritten,
        _ => FramePointer::Kept,
    }
}

fn is_store(i: &Instruction) -> bool {
    matches!(
        i.opc,
        OpcodeKind::BaseI(BaseIOpcode::SB | BaseIOpcode::SH | BaseIOpcode::SW | BaseIOpcode::SD)
            | OpcodeKind::C(COpcode::SW | COpcode::SD | COpcode::SWSP | COpcode::SDSP)
    )
}

fn access(i: &Instruction) -> Option<Access> {
    let offset = i64::from(i.imm.unwrap_or(0));
    let loads = matches!(
        i.opc,
        OpcodeKind::BaseI(
            BaseIOpcode::LB
                | BaseIOpcode::LBU
                | BaseIOpcode::LH
                | BaseIOpcode::LHU
                | BaseIOpcode::LW
                | BaseIOpcode::LWU
                | BaseIOpcode::LD
        ) | OpcodeKind::C(COpcode::LW | COpcode::LD)
    );
    match i.opc {
        OpcodeKind::C(COpcode::LWSP | COpcode::LDSP | COpcode::SWSP | COpcode::SDSP) => {
            Some(Access::Stack(offset))
        }
        _ if !loads && !is_store(i) => None,
        _ => match i.rs1 {
            Some(SP) => Some(Access::Stack(offset)),
            Some(FP) => Some(Access::Frame(offset)),
            _ => None,
        },
    }
}
