//! The bitmap of thread ids: one bit for each id, set while it is in use.
//!
//! What ids need of it is [`IdBitmap`], and two have it, with the same results:
//!
//! - [`flat`] is C's `bitstring(3)`: a search reads word after word;
//! - [`summary`] has words above that say which words are full: a search takes
//!   a few steps however many ids are in use.
//!
//! [`TidBitmap`] is the one that [`crate::tid`] uses: the second, or with the
//! feature `c-algorithms` C's.  Neither knows anything of locks or of ids.

use core::ffi::c_ulong;

#[cfg(any(feature = "c-algorithms", test))]
mod flat;
#[cfg(any(not(feature = "c-algorithms"), test))]
mod summary;

#[cfg(feature = "c-algorithms")]
pub type TidBitmap = flat::FlatBitmap;
#[cfg(not(feature = "c-algorithms"))]
pub type TidBitmap = summary::SummaryBitmap;

/// Bits in a word of the map.
const WORD_BITS: usize = c_ulong::BITS as usize;

/// The place of an id in the bitmap: the id less its base.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TidSlot(pub i32);

/// A bitmap that lives elsewhere.
pub trait IdBitmap {
    /// A bitmap of no bits, until there is memory for one.
    const EMPTY: Self;

    /// How many bytes a map of `len` bits takes.
    #[doc(alias = "bitstr_size")]
    fn bytes(len: usize) -> usize;

    /// A map of `len` bits, all clear.
    ///
    /// # Safety
    ///
    /// `words` points at [`Self::bytes`]`(len)` zeroed bytes, aligned for a
    /// word, that nobody else uses.
    unsafe fn from_raw(words: *mut c_ulong, len: usize) -> Self;

    /// Is the bit set?
    ///
    /// # Safety
    ///
    /// `slot` is below the length.
    #[doc(alias = "bit_test")]
    #[cfg(any(INVARIANTS, test))]
    unsafe fn test(&self, slot: TidSlot) -> bool;

    /// Sets the bit of a slot.
    ///
    /// # Safety
    ///
    /// `slot` is below the length.
    #[doc(alias = "bit_set")]
    unsafe fn set(&mut self, slot: TidSlot);

    /// Clears the bit of a slot.
    ///
    /// # Safety
    ///
    /// `slot` is below the length.
    #[doc(alias = "bit_clear")]
    unsafe fn clear(&mut self, slot: TidSlot);

    /// The first clear bit at `start` or above and below `end`.  An end beyond
    /// the map's is the map's.
    #[doc(alias = "bit_ffc_at")]
    fn first_clear_from(&self, start: TidSlot, end: TidSlot) -> Option<TidSlot>;
}

/// The word that holds a bit of those that begin at `words`, and the bit.
#[inline(always)]
fn locate(words: *mut c_ulong, bit: usize) -> (*mut c_ulong, c_ulong) {
    (words.wrapping_add(bit / WORD_BITS), 1 << (bit % WORD_BITS))
}

#[cfg(test)]
mod tests;
