//! The next free id, found before it is asked for.
//!
//! Who gives an id back looks for the one that will be handed out next, so that who
//! asks for one finds it known.  An id that is taken makes the next one unknown,
//! and so does a batch that is given back; who takes ids one after the other looks for
//! each, as in the C file.  What is saved is the search of a new thread that comes
//! after one that was not to be: at the limit, where ids are few and searches long.
//!
//! The id is the one that a search would find at any moment: one that is freed
//! before it on the search's way takes its place.  The limit on ids is remembered
//! with it, because who changes `kern.maxthread` under a debugger changes what a
//! search finds.

use crate::tid_bitmap::TidSlot;

/// The next free slot, if it is known.
pub struct Ahead {
    slot: TidSlot,
    /// The end of the search that has found it; 0, below which there is none, if
    /// it is not known.
    end: TidSlot,
}

impl Ahead {
    /// Not known.
    pub const UNKNOWN: Self = Self {
        slot: TidSlot(0),
        end: TidSlot(0),
    };

    /// What a search would find that ends at `end`, if that is known.
    #[inline(always)]
    pub fn get(&self, end: TidSlot) -> Option<TidSlot> {
        (self.end == end).then_some(self.slot)
    }

    /// A search that ended at `end` has found this slot.
    #[inline(always)]
    pub fn set(&mut self, slot: TidSlot, end: TidSlot) {
        *self = Self { slot, end };
    }

    /// It is taken.
    #[inline(always)]
    pub fn forget(&mut self) {
        self.end = TidSlot(0);
    }

    /// This slot is free from now on; the next one is known, for a search that
    /// begins at `start`.
    #[inline(always)]
    pub fn freed(&mut self, slot: TidSlot, start: TidSlot) {
        // From the start to the end, then from the first one on: the difference
        // wraps for what lies before the start, and is larger than any other.
        let way = |slot: TidSlot| slot.0.wrapping_sub(start.0) as u32;
        if slot < self.end && way(slot) < way(self.slot) {
            self.slot = slot;
        }
    }
}

#[cfg(test)]
mod tests;
