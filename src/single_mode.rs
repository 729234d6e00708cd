//! The four ways to single-thread a process.

use crate::kpi::sys;
use core::ffi::c_int;

/// What a single-threader wants of the other threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum SingleMode {
    /// Suspended, wherever they are.
    #[doc(alias = "SINGLE_NO_EXIT")]
    NoExit = sys::SINGLE_NO_EXIT as i32,
    /// Gone.
    #[doc(alias = "SINGLE_EXIT")]
    Exit = sys::SINGLE_EXIT as i32,
    /// Suspended at the user boundary, holding nothing in the kernel.
    #[doc(alias = "SINGLE_BOUNDARY")]
    Boundary = sys::SINGLE_BOUNDARY as i32,
    /// Suspended, all of them: the single-threader is another process's.
    #[doc(alias = "SINGLE_ALLPROC")]
    AllProc = sys::SINGLE_ALLPROC as i32,
}

impl SingleMode {
    /// The mode that a C caller's int stands for.
    #[inline(always)]
    pub const fn from_c(mode: c_int) -> Option<Self> {
        match mode as u32 {
            sys::SINGLE_NO_EXIT => Some(Self::NoExit),
            sys::SINGLE_EXIT => Some(Self::Exit),
            sys::SINGLE_BOUNDARY => Some(Self::Boundary),
            sys::SINGLE_ALLPROC => Some(Self::AllProc),
            _ => None,
        }
    }

    /// How many threads may remain: the single-threader, if it is the
    /// process's own.
    #[inline(always)]
    #[doc(alias = "remain_for_mode")]
    pub const fn remainder(self) -> c_int {
        match self {
            Self::AllProc => 0,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests;
