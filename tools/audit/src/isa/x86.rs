//! Owns what amd64 and i386 instructions mean to the rules.
//!
//! In the kernel the vector and x87 registers belong to the interrupted user
//! program, and so does one of %fs and %gs; the other finds the processor's
//! data.

use iced_x86::{
    Code, CpuidFeature, Decoder, DecoderOptions, FlowControl, Formatter, Instruction,
    InstructionInfoFactory, IntelFormatter, Mnemonic, OpAccess, OpKind, Register, UsedRegister,
};

use super::{Access, Effect, Flow, FramePointer, Step};

/// The instructions of `bytes`, which begin at `start` of their section.
pub fn decode(bitness: u32, bytes: &[u8], start: u64) -> Vec<Step> {
    let mut reader = Reader {
        bitness,
        info: InstructionInfoFactory::new(),
        formatter: IntelFormatter::new(),
    };
    // `rep bsf` is what compilers write where bsf and tzcnt give the same
    // answer; a processor without tzcnt runs it as bsf, and so it is read.
    Decoder::with_ip(bitness, bytes, start, DecoderOptions::NO_MPFX_0FBC)
        .into_iter()
        .map(|instruction| reader.step(&instruction))
        .collect()
}

/// Turns instructions into steps.
struct Reader {
    bitness: u32,
    info: InstructionInfoFactory,
    formatter: IntelFormatter,
}

impl Reader {
    fn step(&mut self, i: &Instruction) -> Step {
        let mut text = String::new();
        self.formatter.format(i, &mut text);
        Step {
            at: i.ip(),
            next: i.next_ip(),
            text,
            flow: flow(i),
            effect: self.effect(i),
            frame: self.frame(i),
            access: self.access(i),
            padding: matches!(i.mnemonic(), Mnemonic::Nop | Mnemonic::Int3),
            offence: self.offence(i),
            guard: None,
        }
    }

    /// Why no kernel function may hold this instruction.
    fn offence(&mut self, i: &Instruction) -> Option<String> {
        if i.is_invalid() {
            return Some("not an instruction".into());
        }
        match i.mnemonic() {
            Mnemonic::Syscall | Mnemonic::Sysenter | Mnemonic::Int | Mnemonic::Int1 => {
                return Some("a kernel does not call a kernel".into());
            }
            Mnemonic::Int3 => return Some("nobody handles this trap".into()),
            _ => {}
        }
        // A hint of the SSE group that has to do with none of its registers.
        let hint = self.bitness == 64 && i.mnemonic() == Mnemonic::Prefetcht0;
        let beyond = i
            .cpuid_features()
            .iter()
            .find(|feature| !hint && !is_baseline(**feature));
        if let Some(feature) = beyond {
            return Some(format!("{feature:?} is not for kernel code"));
        }
        // The segment that finds the processor's data is the other one.
        let (users, name) = match self.bitness {
            64 => (Register::FS, "%fs"),
            _ => (Register::GS, "%gs"),
        };
        let used = self.info.info(i);
        let vector = |r: Register| r.is_vector_register() || r.is_mm() || r.is_st() || r.is_k();
        if let Some(register) = used.used_registers().iter().find(|r| vector(r.register())) {
            return Some(format!(
                "{:?} belongs to the user program",
                register.register()
            ));
        }
        let segment = used.used_memory().iter().any(|m| m.segment() == users)
            || used.used_registers().iter().any(|r| r.register() == users);
        if segment {
            return Some(format!("{name} belongs to the user program"));
        }
        None
    }

    fn effect(&mut self, i: &Instruction) -> Effect {
        let sp = |r: Register| r.full_register() == Register::RSP;
        let fp = |r: Register| r.full_register() == Register::RBP;
        match i.mnemonic() {
            Mnemonic::Sub | Mnemonic::Add if sp(i.op0_register()) && is_immediate(i) => {
                let bytes = immediate(i);
                return Effect::Grow(if i.mnemonic() == Mnemonic::Sub {
                    bytes
                } else {
                    -bytes
                });
            }
            Mnemonic::And if sp(i.op0_register()) && is_immediate(i) => {
                return Effect::Align(-immediate(i));
            }
            Mnemonic::Lea if sp(i.op0_register()) && i.memory_index() == Register::None => {
                let offset = self.displacement(i);
                return match i.memory_base() {
                    base if sp(base) => Effect::Grow(-offset),
                    base if fp(base) => Effect::FromFrame(offset),
                    _ => Effect::Unknown,
                };
            }
            Mnemonic::Mov if sp(i.op0_register()) && fp(i.op1_register()) => {
                return Effect::FromFrame(0);
            }
            Mnemonic::Leave => return Effect::FromFrame(i64::from(self.bitness) / 8),
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
        if self.writes(i, Register::RSP) {
            Effect::Unknown
        } else {
            Effect::Grow(0)
        }
    }

    fn frame(&mut self, i: &Instruction) -> FramePointer {
        let sp = |r: Register| r.full_register() == Register::RSP;
        let fp = |r: Register| r.full_register() == Register::RBP;
        match i.mnemonic() {
            Mnemonic::Endbr64 | Mnemonic::Endbr32 => FramePointer::Mark,
            Mnemonic::Push if fp(i.op0_register()) => FramePointer::Saved,
            Mnemonic::Mov if fp(i.op0_register()) && sp(i.op1_register()) => FramePointer::Set(0),
            Mnemonic::Pop | Mnemonic::Leave if self.writes(i, Register::RBP) => {
                FramePointer::Restored
            }
            _ if self.writes(i, Register::RBP) => FramePointer::Overwritten,
            _ => FramePointer::Kept,
        }
    }

    fn writes(&mut self, i: &Instruction, register: Register) -> bool {
        let writes = |used: &UsedRegister| {
            used.register().full_register() == register
                && !matches!(
                    used.access(),
                    OpAccess::None | OpAccess::Read | OpAccess::CondRead | OpAccess::NoMemAccess
                )
        };
        self.info.info(i).used_registers().iter().any(writes)
    }

    fn access(&self, i: &Instruction) -> Option<Access> {
        if !reads_or_writes_memory(i) {
            return None;
        }
        let offset = self.displacement(i);
        match i.memory_base().full_register() {
            Register::RSP => Some(Access::Stack(offset)),
            Register::RBP if i.memory_index() == Register::None => Some(Access::Frame(offset)),
            _ => None,
        }
    }

    fn displacement(&self, i: &Instruction) -> i64 {
        match self.bitness {
            64 => i.memory_displacement64() as i64,
            _ => i64::from(i.memory_displacement32() as i32),
        }
    }
}

fn flow(i: &Instruction) -> Flow {
    if matches!(i.code(), Code::Ud2) {
        return Flow::Trap;
    }
    match i.flow_control() {
        FlowControl::Return => Flow::Return,
        FlowControl::Exception => Flow::Stop,
        FlowControl::Call | FlowControl::IndirectCall => Flow::Call,
        FlowControl::UnconditionalBranch => Flow::Jump(i.near_branch_target()),
        FlowControl::ConditionalBranch => Flow::Branch(i.near_branch_target()),
        FlowControl::IndirectBranch => Flow::Indirect,
        FlowControl::Next | FlowControl::Interrupt | FlowControl::XbeginXabortXend => Flow::Next,
    }
}

/// What the kernels are compiled for: the first 64-bit processors and i686,
/// without anything that has registers of its own.
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

fn is_immediate(i: &Instruction) -> bool {
    matches!(
        i.op1_kind(),
        OpKind::Immediate8to64
            | OpKind::Immediate32to64
            | OpKind::Immediate8to32
            | OpKind::Immediate32
    )
}

/// The second operand, which is an immediate.
fn immediate(i: &Instruction) -> i64 {
    match i.op1_kind() {
        OpKind::Immediate8to32 | OpKind::Immediate32 => i64::from(i.immediate(1) as i32),
        _ => i.immediate(1) as i64,
    }
}

/// Whether an explicit memory operand is accessed, not only computed.
fn reads_or_writes_memory(i: &Instruction) -> bool {
    let operand = (0..i.op_count()).any(|n| i.op_kind(n) == OpKind::Memory);
    operand && !matches!(i.mnemonic(), Mnemonic::Lea | Mnemonic::Nop)
}
