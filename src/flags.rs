//! The flag words of threads and processes, as sets of their own types: a
//! flag of one word can't be tested in another.

use crate::kpi::sys;
use core::ffi::c_int;

/// Declares a set of flags over a C `int`.
macro_rules! flag_set {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $flag:ident = $value:expr;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[repr(transparent)]
        pub struct $name(c_int);

        #[allow(dead_code, reason = "all sets have the same operations, and options need more flags")]
        impl $name {
            $($(#[$fdoc])* pub const $flag: Self = Self($value as c_int);)*

            /// No flags.
            pub const NONE: Self = Self(0);

            /// The set that a field of the C structure holds.
            #[inline(always)]
            pub const fn from_bits(bits: c_int) -> Self {
                Self(bits)
            }

            /// The set as the C structure holds it.
            #[inline(always)]
            pub const fn bits(self) -> c_int {
                self.0
            }

            /// The flags in either.
            #[inline(always)]
            pub const fn or(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// The flags in both.
            #[inline(always)]
            pub const fn and(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// The flags that are not in `other`.
            #[inline(always)]
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// Is there a flag in both?
            #[inline(always)]
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// Is it without flags?
            #[inline(always)]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }
        }
    };
}

flag_set! {
    /// `p_flag`: guarded by the process lock.
    #[doc(alias = "p_flag")]
    ProcFlags {
        /// Had more than one thread since it last was single.
        HADTHREADS = sys::P_HADTHREADS;
        /// `hwpmc(4)` counts for it.
        HWPMC = sys::P_HWPMC;
        /// Single-threading: whoever suspends shall exit.
        SINGLE_EXIT = sys::P_SINGLE_EXIT;
        /// Single-threading: threads shall suspend at the user boundary.
        SINGLE_BOUNDARY = sys::P_SINGLE_BOUNDARY;
        /// Stopped by a signal.
        STOPPED_SIG = sys::P_STOPPED_SIG;
        /// Only one thread may run, or none.
        STOPPED_SINGLE = sys::P_STOPPED_SINGLE;
        /// Stopped by a debugger.
        STOPPED_TRACE = sys::P_STOPPED_TRACE;
        /// Stopped as a whole by another process: `SINGLE_ALLPROC`.
        TOTAL_STOP = sys::P_TOTAL_STOP;
        /// A debugger is attached.
        TRACED = sys::P_TRACED;
    }
}

impl ProcFlags {
    /// `P_STOPPED`: every reason to stop.
    pub const STOPPED: Self = Self::STOPPED_SIG
        .or(Self::STOPPED_SINGLE)
        .or(Self::STOPPED_TRACE);

    /// `P_SHOULDSTOP`: the reasons to stop that there are.
    #[inline(always)]
    #[doc(alias = "P_SHOULDSTOP")]
    pub const fn should_stop(self) -> Self {
        self.and(Self::STOPPED)
    }

    /// Is single-threading the only reason to stop?
    #[inline(always)]
    pub const fn only_single(self) -> bool {
        self.should_stop().bits() == Self::STOPPED_SINGLE.bits()
    }
}

flag_set! {
    /// `p_flag2`: guarded by the process lock.
    #[doc(alias = "p_flag2")]
    ProcFlags2 {
        /// The process has begun to exit.
        WEXIT = sys::P2_WEXIT;
    }
}

flag_set! {
    /// `td_flags`: guarded by the thread lock.
    #[doc(alias = "td_flags")]
    ThreadFlags {
        /// Its sleep was ended by `SINGLE_ALLPROC`; once it has suspended itself
        /// the next pass leaves it alone.
        ALLPROCSUSP = sys::TDF_ALLPROCSUSP;
        /// Suspended at the user boundary.
        BOUNDARY = sys::TDF_BOUNDARY;
        /// Stops another process: see [`crate::all_proc`].
        #[cfg(has_doing_sa)]
        DOING_SA = sys::TDF_DOING_SA;
        /// Its stack is in memory.
        INMEM = sys::TDF_INMEM;
        /// Stops are deferred while it holds a resource.
        SBDRY = sys::TDF_SBDRY;
        /// ... and end the sleep with `EINTR`.
        SEINTR = sys::TDF_SEINTR;
        /// ... and end the sleep with `ERESTART`.
        SERESTART = sys::TDF_SERESTART;
        /// Its sleep may be interrupted.
        SINTR = sys::TDF_SINTR;
    }
}

flag_set! {
    /// `td_dbgflags`: guarded by the process lock.
    #[doc(alias = "td_dbgflags")]
    DebugFlags {
        /// A debugger wants this thread stopped.
        SUSPEND = sys::TDB_SUSPEND;
    }
}

flag_set! {
    /// `td_inhibitors`, why a thread can't run: guarded by the thread lock.
    #[doc(alias = "td_inhibitors")]
    Inhibitors {
        /// Suspended.
        SUSPENDED = sys::TDI_SUSPENDED;
    }
}

#[cfg(test)]
mod tests;
