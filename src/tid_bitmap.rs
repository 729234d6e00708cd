//! The bitmap of thread ids: one bit for each id, set while it is in use.
//!
//! C's `bitstring(3)`, as far as ids need it.  It knows nothing of locks or
//! of ids; [`crate::tid`] does.

use core::ffi::c_ulong;

/// Bits in a word of the map.
const WORD_BITS: usize = c_ulong::BITS as usize;

/// The place of an id in the bitmap: the id less its base.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TidSlot(pub i32);

/// A bitmap that lives elsewhere: the address of its words and its length.
///
/// # Invariants
///
/// `words` points at [`TidBitmap::bytes`]`(len)` bytes that are ours.
pub struct TidBitmap {
    words: *mut c_ulong,
    len: usize,
}

impl TidBitmap {
    /// A bitmap of no bits, until there is memory for one.
    pub const EMPTY: Self = Self {
        words: core::ptr::null_mut(),
        len: 0,
    };

    /// How many bytes a map of `len` bits takes: `bitstr_size`.
    #[doc(alias = "bitstr_size")]
    pub const fn bytes(len: usize) -> usize {
        len.div_ceil(WORD_BITS) * size_of::<c_ulong>()
    }

    /// # Safety
    ///
    /// `words` points at [`Self::bytes`]`(len)` zeroed bytes, aligned for a
    /// word, that nobody else uses.
    pub const unsafe fn from_raw(words: *mut c_ulong, len: usize) -> Self {
        Self { words, len }
    }

    /// The word that holds a slot's bit, and the bit.
    #[inline(always)]
    fn locate(&self, slot: TidSlot) -> (*mut c_ulong, c_ulong) {
        let bit = slot.0 as usize;
        debug_assert!(bit < self.len, "slot beyond the bitmap");
        (
            self.words.wrapping_add(bit / WORD_BITS),
            1 << (bit % WORD_BITS),
        )
    }

    /// Is the bit set?
    ///
    /// # Safety
    ///
    /// `slot` is below the length.
    #[inline(always)]
    #[doc(alias = "bit_test")]
    #[cfg(any(INVARIANTS, test))]
    pub unsafe fn test(&self, slot: TidSlot) -> bool {
        let (word, mask) = self.locate(slot);
        // SAFETY: by the caller's contract the bit lies in the words.
        unsafe { *word & mask != 0 }
    }

    /// Sets the bit of a slot.
    ///
    /// # Safety
    ///
    /// `slot` is below the length.
    #[inline(always)]
    #[doc(alias = "bit_set")]
    pub unsafe fn set(&mut self, slot: TidSlot) {
        let (word, mask) = self.locate(slot);
        // SAFETY: by the caller's contract the bit lies in the words.
        unsafe { *word |= mask }
    }

    /// Clears the bit of a slot.
    ///
    /// # Safety
    ///
    /// `slot` is below the length.
    #[inline(always)]
    #[doc(alias = "bit_clear")]
    pub unsafe fn clear(&mut self, slot: TidSlot) {
        let (word, mask) = self.locate(slot);
        // SAFETY: by the caller's contract the bit lies in the words.
        unsafe { *word &= !mask }
    }

    /// The first clear bit at `start` or above and below `end`: `bit_ffc_at`.
    /// An end beyond the map's is the map's.
    #[inline]
    #[doc(alias = "bit_ffc_at")]
    pub fn first_clear_from(&self, start: TidSlot, end: TidSlot) -> Option<TidSlot> {
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

#[cfg(test)]
mod tests;
