//! Branches that are seldom taken.

/// Says that the branch in which it is called is seldom taken: its code goes out
/// of the way of the rest, as `__predict_false` has it in C.
#[cold]
#[inline(always)]
pub const fn seldom() {}
