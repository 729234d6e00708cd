//! Loops that the compiler is not to unroll.

/// The number of rounds, which the compiler takes for one that it can't know.
///
/// Like [`core::hint::black_box`], but the number stays in its register.
#[inline(always)]
pub fn rolled(rounds: usize) -> usize {
    #[cfg(miri)]
    return core::hint::black_box(rounds);
    #[cfg(not(miri))]
    {
        let mut rounds = rounds;
        // SAFETY: no instruction.
        unsafe {
            core::arch::asm!(
                "/* {0} */",
                inout(reg) rounds,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        rounds
    }
}
