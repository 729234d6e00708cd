//! C's bitmap: `bitstring(3)`, as far as ids need it.

use super::{IdBitmap, TidSlot, WORD_BITS, locate};
use core::ffi::c_ulong;

/// The address of the map's words and its length in bits.
///
/// # Invariants
///
/// `words` points at `bytes(len)` bytes that are ours.
pub struct FlatBitmap {
    words: *mut c_ulong,
    len: usize,
}

impl FlatBitmap {
    /// The word that holds a slot's bit, and the bit.
    #[inline(always)]
    fn locate(&self, slot: TidSlot) -> (*mut c_ulong, c_ulong) {
        let bit = slot.0 as usize;
        debug_assert!(bit < self.len, "slot beyond the bitmap");
        locate(self.words, bit)
    }
}

impl IdBitmap for FlatBitmap {
    const EMPTY: Self = Self {
        words: core::ptr::null_mut(),
        len: 0,
    };

    #[inline(always)]
    fn bytes(len: usize) -> usize {
        len.div_ceil(WORD_BITS) * size_of::<c_ulong>()
    }

    #[inline(always)]
    unsafe fn from_raw(words: *mut c_ulong, len: usize) -> Self {
        Self { words, len }
    }

    #[inline(always)]
    #[cfg(any(INVARIANTS, test))]
    unsafe fn test(&self, slot: TidSlot) -> bool {
        let (word, mask) = self.locate(slot);
        // SAFETY: by the caller's contract the bit lies in the words.
        unsafe { *word & mask != 0 }
    }

    #[inline(always)]
    unsafe fn set(&mut self, slot: TidSlot) {
        let (word, mask) = self.locate(slot);
        // SAFETY: by the caller's contract the bit lies in the words.
        unsafe { *word |= mask }
    }

    #[inline(always)]
    unsafe fn clear(&mut self, slot: TidSlot) {
        let (word, mask) = self.locate(slot);
        // SAFETY: by the caller's contract the bit lies in the words.
        unsafe { *word &= !mask }
    }

    #[inline]
    fn first_clear_from(&self, start: TidSlot, end: TidSlot) -> Option<TidSlot> {
        let (start, end) = (start.0 as usize, self.len.min(end.0 as usize));
        if start >= end {
            return None;
        }
        let mut word = self.words.wrapping_add(start / WORD_BITS);
        let last = self.words.wrapping_add((end - 1) / WORD_BITS);
        // SAFETY: `start` is below the length.
        let mut clear = unsafe { !*word } & (c_ulong::MAX << (start % WORD_BITS));
        while clear == 0 {
            if word == last {
                return None;
            }
            word = word.wrapping_add(1);
            // SAFETY: not beyond the last word.
            clear = unsafe { !*word };
        }
        let index = (word as usize - self.words as usize) / size_of::<c_ulong>();
        let bit = index * WORD_BITS + clear.trailing_zeros() as usize;
        // Bits of the last word beyond the end may be clear.
        (bit < end).then_some(TidSlot(bit as i32))
    }
}
