//! Owns what the instructions of a linked function refer to: where its calls
//! and jumps go, and the addresses that it loads, stores and computes.
//!
//! Relocations are gone in a linked kernel, so addresses are put together from
//! instructions: on x86 each names its own, elsewhere one sets the upper bits
//! of a register and another adds the lower ones.

use std::collections::BTreeSet;

use iced_x86::{Decoder, DecoderOptions, FlowControl, OpKind};

use crate::image::{Image, Symbol};
use crate::machine::Machine;

/// What a function refers to.
#[derive(Debug, Default)]
pub struct References {
    /// Targets of calls and jumps, those inside the function, too.
    pub code: BTreeSet<u64>,
    /// Addresses of data, among them numbers that only look like one.
    pub data: BTreeSet<u64>,
}

/// What `function` refers to.
pub fn of(image: &Image, function: &Symbol) -> References {
    let bytes = image.bytes(function.value, function.size);
    let bytes = bytes.unwrap_or_default();
    match image.machine {
        Machine::Amd64 => x86(64, bytes, function.value),
        Machine::I386 => x86(32, bytes, function.value),
        Machine::Aarch64 => aarch64(bytes, function.value),
        Machine::Riscv64 => riscv64(bytes, function.value),
    }
}

fn x86(bits: u32, bytes: &[u8], start: u64) -> References {
    let mut found = References::default();
    for i in &mut Decoder::with_ip(bits, bytes, start, DecoderOptions::NO_MPFX_0FBC) {
        if matches!(
            i.flow_control(),
            FlowControl::Call | FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch
        ) {
            found.code.insert(i.near_branch_target());
        }
        for n in 0..i.op_count() {
            match i.op_kind(n) {
                OpKind::Immediate32 | OpKind::Immediate32to64 | OpKind::Immediate64 => {
                    found.data.insert(i.immediate(n));
                }
                OpKind::Memory => {
                    found.data.insert(i.memory_displacement64());
                }
                _ => {}
            }
        }
    }
    found
}

/// Upper parts of addresses by register.
#[derive(Default)]
struct Registers([Option<u64>; 32]);

impl Registers {
    fn set(&mut self, register: u32, value: Option<u64>) {
        self.0[(register & 31) as usize] = value;
    }

    fn plus(&self, register: u32, offset: i64) -> Option<u64> {
        let upper = self.0[(register & 31) as usize]?;
        Some(upper.wrapping_add_signed(offset))
    }
}

/// The lowest `bits` of `value` as a signed number.
fn signed(value: u32, bits: u32) -> i64 {
    let unused = 64 - bits;
    (i64::from(value) << unused) >> unused
}

fn aarch64(bytes: &[u8], start: u64) -> References {
    let mut found = References::default();
    let mut pages = Registers::default();
    for (word, at) in words(bytes).zip((start..).step_by(4)) {
        let (rd, rn) = (word & 31, word >> 5 & 31);
        if word & 0x1f00_0000 == 0x1000_0000 {
            let offset = signed((word >> 5 & 0x7_ffff) << 2 | word >> 29 & 3, 21);
            if word >> 31 == 0 {
                // adr
                found.data.insert(at.wrapping_add_signed(offset));
            } else {
                // adrp
                let page = (at & !0xfff).wrapping_add_signed(offset << 12);
                pages.set(rd, Some(page));
            }
        } else if word & 0xffc0_0000 == 0x9100_0000 {
            // add of 12 bits
            let offset = i64::from(word >> 10 & 0xfff);
            found.data.extend(pages.plus(rn, offset));
            if rd == rn {
                pages.set(rd, None);
            }
        } else if word & 0x3b00_0000 == 0x3900_0000 {
            // ldr, str and their kin with an offset in units of the access
            let offset = i64::from(word >> 10 & 0xfff) << (word >> 30);
            found.data.extend(pages.plus(rn, offset));
        } else if word & 0x7c00_0000 == 0x1400_0000 {
            // b, bl
            found
                .code
                .insert(at.wrapping_add_signed(signed(word, 26) << 2));
        }
    }
    found
}

fn riscv64(bytes: &[u8], start: u64) -> References {
    let mut found = References::default();
    let mut uppers = Registers::default();
    let mut offset = 0;
    while let Some(low) = half(bytes, offset) {
        let at = start + offset as u64;
        // Instructions of two bytes are not what addresses are made with.
        if low & 3 != 3 {
            offset += 2;
            continue;
        }
        let Some(high) = half(bytes, offset + 2) else {
            break;
        };
        offset += 4;
        let word = high << 16 | low;
        let (rd, rs1) = (word >> 7 & 31, word >> 15 & 31);
        let upper = signed(word & 0xffff_f000, 32);
        let immediate = signed(word >> 20, 12);
        match word & 0x7f {
            // lui, auipc
            0x37 => uppers.set(rd, Some(upper as u64)),
            0x17 => uppers.set(rd, Some(at.wrapping_add_signed(upper))),
            // addi and loads
            0x13 | 0x03 => found.data.extend(uppers.plus(rs1, immediate)),
            // stores
            0x23 => {
                let immediate = signed((word >> 25 & 0x7f) << 5 | rd, 12);
                found.data.extend(uppers.plus(rs1, immediate));
            }
            // jalr
            0x67 => found.code.extend(uppers.plus(rs1, immediate)),
            // jal
            0x6f => {
                let offset = (word >> 31) << 20
                    | (word >> 12 & 0xff) << 12
                    | (word >> 20 & 1) << 11
                    | (word >> 21 & 0x3ff) << 1;
                found
                    .code
                    .insert(at.wrapping_add_signed(signed(offset, 21)));
            }
            _ => {}
        }
    }
    found
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes
        .chunks_exact(4)
        .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

fn half(bytes: &[u8], at: usize) -> Option<u32> {
    let two = bytes.get(at..at + 2)?;
    Some(u32::from(two[0]) | u32::from(two[1]) << 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the reading of aarch64 against an assembler's words.
    #[test]
    fn aarch64_addresses_are_put_together() {
        let code: Vec<u8> = [
            0xb000_0000_u32, // adrp x0, 0x3000 (from 0x2000)
            0x9104_8c00,     // add x0, x0, #0x123
            0x9000_0008,     // adrp x8, 0x2000
            0xf900_0900,     // str x0, [x8, #16]
            0x97ff_fffc,     // bl 0x2000
        ]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect();
        let found = aarch64(&code, 0x2000);
        assert_eq!(found.data, BTreeSet::from([0x3123, 0x2010]));
        assert_eq!(found.code, BTreeSet::from([0x2000]));
    }

    /// Guards the reading of riscv64 against an assembler's words.
    #[test]
    fn riscv64_addresses_are_put_together() {
        let mut code = vec![0x01, 0x11]; // c.addi sp, -32
        let words = [
            0x0000_1517_u32, // auipc a0, 0x1
            0xffe5_0513,     // addi a0, a0, -2
            0x0000_0097,     // auipc ra, 0x0
            0x0100_80e7,     // jalr 16(ra)
            0xff5f_f06f,     // j -12
        ];
        code.extend(words.into_iter().flat_map(u32::to_le_bytes));
        let found = riscv64(&code, 0x1000);
        assert_eq!(found.data, BTreeSet::from([0x2000]));
        assert_eq!(found.code, BTreeSet::from([0x101a, 0x1006]));
    }
}
