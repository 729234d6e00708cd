//! The frame of a function, which stack traces show.

/// Stands behind the last call of a function that is to be seen in stack traces
/// while the callee runs: as the last thing the call would be a jump, and the
/// callee's frame take the place of the caller's.
#[inline(always)]
pub fn keep() {
    #[cfg(not(miri))]
    // SAFETY: no instruction.
    unsafe {
        core::arch::asm!("", options(nomem, nostack, preserves_flags));
    }
}
