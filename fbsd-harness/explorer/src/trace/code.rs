//! The bytes of a trace, the same for [`write`](super::write) and
//! [`read`](super::read).
//!
//! A block is a header and records.  A record is a tag and numbers; a number
//! takes seven bits a byte, least significant first.  A string is a number:
//! 0 and then length and bytes the first time, from then on its place in the
//! order of first use, counted from 1.

/// The header: bytes used, hash, and 1 if something did not fit; little endian.
pub const HEADER: usize = 24;

/// Where in the header what is.
pub const USED: usize = 0;
pub const HASH: usize = 8;
pub const CUT: usize = 16;

/// Tags.  `AT` tells where the events after it happened: step, CPU, thread.
pub const AT: u8 = 1;
pub const PROCESS: u8 = 2;
pub const THREAD: u8 = 3;
pub const OBJECT: u8 = 4;
pub const CALL: u8 = 5;
pub const RETURN: u8 = 6;
pub const STATE: u8 = 7;
pub const ACQUIRE: u8 = 8;
pub const RELEASE: u8 = 9;
pub const WAKE: u8 = 10;
pub const CLOCK: u8 = 11;
pub const NOTE: u8 = 12;

/// Tags of arguments.
pub const ARG_INT: u8 = 0;
pub const ARG_FLAGS: u8 = 1;
pub const ARG_THREAD: u8 = 2;
pub const ARG_PROCESS: u8 = 3;
pub const ARG_OBJECT: u8 = 4;
pub const ARG_WORD: u8 = 5;
pub const ARG_NULL: u8 = 6;
pub const ARG_ADDRESS: u8 = 7;

/// The number that stands for a signed one: small for small absolute values.
pub fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The inverse of [`zigzag`].
pub fn unzigzag(code: u64) -> i64 {
    (code >> 1) as i64 ^ -((code & 1) as i64)
}

/// FNV-1a over the bytes of a trace.
pub const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

/// One step of it.
pub fn hash(state: u64, byte: u8) -> u64 {
    (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}
