//! A bitmap with summaries: the next clear bit in a few steps, however many
//! bits are set before it.
//!
//! Level 0 has a bit for each id.  A bit of a level above stands for a word of
//! the level below and is set while that word is full, that is, while all its
//! bits are set.  The last level is one word:
//!
//! ```text
//! level 2                      [1 0 0 0]
//! level 1            [1 1 1 1]           [1 0 0 0]
//! level 0   [1 1 1 1][1 1 1 1] ...  [1 1 1 1][0 1 1 0]     words of 4 bits, not 64
//! ```
//!
//! The levels lie behind each other in one block, level 0 first, and there as
//! C's bitmap has it.  Each level is a 64th of the one below: together they
//! take 1.6 percent of level 0, and there are four for a million ids.
//!
//! A search looks at the word in which it starts.  If nothing is clear there, it
//! climbs until a word has a clear bit behind its way up, and descends from
//! there: always to the first word that is not full.
//!
//! Bits beyond the last one of a level are always clear, so that a word with
//! such bits is never full and its summary is always clear.  They come after all
//! others: a search that is led to one has found that nothing before is clear.

use super::{IdBitmap, TidSlot, WORD_BITS, locate};
use core::ffi::c_ulong;

/// The number of a bit, less this many of its low bits, is its word's number.
const WORD_SHIFT: u32 = WORD_BITS.trailing_zeros();

/// A word that is full.
const FULL: c_ulong = c_ulong::MAX;

/// The addresses of levels 0 and 1, and the length of level 0 in bits.
///
/// # Invariants
///
/// `words` points at `bytes(len)` bytes that are ours.  Bits beyond the last
/// one of a level are clear.
pub struct SummaryBitmap {
    words: *mut c_ulong,
    full: *mut c_ulong,
    len: usize,
}

/// A level of a map that is not empty.
#[derive(Clone, Copy)]
struct Level {
    words: *mut c_ulong,
    /// A bit stands for `1 << shift` ids.
    shift: u32,
}

impl Level {
    /// The word that has the bit for an id, and the bit.
    #[inline(always)]
    fn locate(self, slot: TidSlot) -> (*mut c_ulong, c_ulong) {
        locate(self.words, slot.0 as usize >> self.shift)
    }

    /// Sets the bit for an id: is its word full now?
    ///
    /// # Safety
    ///
    /// `slot` is below the map's length.
    #[inline(always)]
    unsafe fn set(self, slot: TidSlot) -> bool {
        let (word, mask) = self.locate(slot);
        // SAFETY: every level has a bit for it.
        unsafe {
            *word |= mask;
            *word == FULL
        }
    }

    /// Clears the bit for an id: was its word full?
    ///
    /// # Safety
    ///
    /// `slot` is below the map's length.
    #[inline(always)]
    unsafe fn clear(self, slot: TidSlot) -> bool {
        let (word, mask) = self.locate(slot);
        // SAFETY: every level has a bit for it.
        unsafe {
            let before = *word;
            *word = before & !mask;
            before == FULL
        }
    }
}

impl SummaryBitmap {
    /// Level 0, of the ids.
    #[inline(always)]
    fn ids(&self) -> Level {
        Level {
            words: self.words,
            shift: 0,
        }
    }

    /// Level 1, of the words of ids.
    #[inline(always)]
    fn full(&self) -> Level {
        Level {
            words: self.full,
            shift: WORD_SHIFT,
        }
    }

    /// How many words the level with that shift has.
    #[inline(always)]
    fn count(&self, shift: u32) -> usize {
        // In two steps: the sum may be more than a word has bits.
        ((self.len - 1) >> shift >> WORD_SHIFT) + 1
    }

    /// The next level, unless this is the last.
    #[inline(always)]
    fn above(&self, level: Level) -> Option<Level> {
        let count = self.count(level.shift);
        (count > 1).then(|| Level {
            words: level.words.wrapping_add(count),
            shift: level.shift + WORD_SHIFT,
        })
    }

    /// The level below one that is not level 0.
    #[inline(always)]
    fn below(&self, level: Level) -> Level {
        let shift = level.shift - WORD_SHIFT;
        Level {
            words: level.words.wrapping_sub(self.count(shift)),
            shift,
        }
    }

    /// Clears the bits of some slots, one write for neighbours in a word: a write
    /// for each would wait for the one before.
    ///
    /// # Safety
    ///
    /// Each is below the length.
    #[inline(always)]
    #[cfg(any(not(feature = "c-algorithms"), test))]
    pub unsafe fn clear_all(&mut self, mut slots: impl Iterator<Item = TidSlot>) {
        let Some(mut first) = slots.next() else {
            return;
        };
        loop {
            let (word, mut mask) = self.ids().locate(first);
            let next = loop {
                let Some(slot) = slots.next() else { break None };
                let (its_word, bit) = self.ids().locate(slot);
                if its_word != word {
                    break Some(slot);
                }
                mask |= bit;
            };
            // SAFETY: by the caller's contract.
            unsafe { self.clear_bits(word, mask, first) }
            match next {
                Some(slot) => first = slot,
                None => return,
            }
        }
    }

    /// Clears bits of a word of level 0, one of which is that slot's.
    ///
    /// # Safety
    ///
    /// `slot` is below the length, and in that word.
    #[inline(always)]
    unsafe fn clear_bits(&mut self, word: *mut c_ulong, mask: c_ulong, slot: TidSlot) {
        // SAFETY: by the caller's contract.
        unsafe {
            let before = *word;
            *word = before & !mask;
            if before == FULL && self.full().clear(slot) {
                self.opened(slot);
            }
        }
    }

    /// Level 1's word of that slot is full now.
    ///
    /// # Safety
    ///
    /// `slot` is below the length.
    #[inline(never)]
    unsafe fn filled(&mut self, slot: TidSlot) {
        let mut level = self.full();
        while let Some(above) = self.above(level) {
            // SAFETY: by the caller's contract.
            if !unsafe { above.set(slot) } {
                return;
            }
            level = above;
        }
    }

    /// Level 1's word of that slot was full until now.
    ///
    /// # Safety
    ///
    /// `slot` is below the length.
    #[inline(never)]
    unsafe fn opened(&mut self, slot: TidSlot) {
        let mut level = self.full();
        while let Some(above) = self.above(level) {
            // SAFETY: by the caller's contract.
            if !unsafe { above.clear(slot) } {
                return;
            }
            level = above;
        }
    }

    /// The first clear bit behind the word that has bit `start`, and below
    /// `end`; `start` is below `end`, and that not beyond the length.
    #[inline(never)]
    fn first_clear_behind(&self, start: usize, end: usize) -> Option<TidSlot> {
        let mut level = self.full();
        let mut bit = start >> WORD_SHIFT;
        loop {
            // What comes behind the bit that stands for the word just left.
            let behind = (FULL - 1) << (bit % WORD_BITS);
            // SAFETY: every level has a bit for `start`.
            let clear = unsafe { !*level.words.add(bit / WORD_BITS) } & behind;
            if clear != 0 {
                bit = bit / WORD_BITS * WORD_BITS + clear.trailing_zeros() as usize;
                break;
            }
            level = self.above(level)?;
            bit >>= WORD_SHIFT;
        }
        loop {
            if bit > (end - 1) >> level.shift {
                return None;
            }
            if level.shift == 0 {
                return Some(TidSlot(bit as i32));
            }
            level = self.below(level);
            // SAFETY: the bit above, which is not beyond the last one, stands
            // for a word of this level.
            let clear = unsafe { !*level.words.add(bit) };
            bit = bit * WORD_BITS + clear.trailing_zeros() as usize;
        }
    }
}

impl IdBitmap for SummaryBitmap {
    const EMPTY: Self = Self {
        words: core::ptr::null_mut(),
        full: core::ptr::null_mut(),
        len: 0,
    };

    fn bytes(len: usize) -> usize {
        let mut level = len.div_ceil(WORD_BITS);
        let mut words = level;
        loop {
            level = level.div_ceil(WORD_BITS);
            words += level;
            if level <= 1 {
                return words * size_of::<c_ulong>();
            }
        }
    }

    #[inline(always)]
    unsafe fn from_raw(words: *mut c_ulong, len: usize) -> Self {
        Self {
            words,
            full: words.wrapping_add(len.div_ceil(WORD_BITS)),
            len,
        }
    }

    #[inline(always)]
    #[cfg(any(INVARIANTS, test))]
    unsafe fn test(&self, slot: TidSlot) -> bool {
        let (word, mask) = self.ids().locate(slot);
        // SAFETY: by the caller's contract the bit lies in the words.
        unsafe { *word & mask != 0 }
    }

    #[inline(always)]
    unsafe fn set(&mut self, slot: TidSlot) {
        debug_assert!((slot.0 as usize) < self.len, "slot beyond the bitmap");
        // SAFETY: by the caller's contract.
        unsafe {
            if self.ids().set(slot) && self.full().set(slot) {
                self.filled(slot);
            }
        }
    }

    #[inline(always)]
    unsafe fn clear(&mut self, slot: TidSlot) {
        debug_assert!((slot.0 as usize) < self.len, "slot beyond the bitmap");
        let (word, mask) = self.ids().locate(slot);
        // SAFETY: by the caller's contract.
        unsafe { self.clear_bits(word, mask, slot) }
    }

    #[inline(always)]
    fn first_clear_from(&self, start: TidSlot, end: TidSlot) -> Option<TidSlot> {
        let (start, end) = (start.0 as usize, self.len.min(end.0 as usize));
        if start >= end {
            return None;
        }
        // SAFETY: `start` is below the length.
        let word = unsafe { *self.words.add(start / WORD_BITS) };
        let clear = !word & (FULL << (start % WORD_BITS));
        if clear == 0 {
            return self.first_clear_behind(start, end);
        }
        let bit = start / WORD_BITS * WORD_BITS + clear.trailing_zeros() as usize;
        (bit < end).then_some(TidSlot(bit as i32))
    }
}

#[cfg(test)]
mod tests;
