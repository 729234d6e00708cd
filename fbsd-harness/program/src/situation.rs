//! Rare situations: what generated programs are meant to lead to.  A run tells
//! which of them it met, and who compares two objects counts the runs.

/// Declares the situations with what they are called in reports.
macro_rules! situations {
    ($($(#[$doc:meta])* $name:ident $text:literal),+ $(,)?) => {
        /// A rare situation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Situation {
            $($(#[$doc])* $name),+
        }

        impl Situation {
            /// All of them, in the order of their bits.
            pub const ALL: &'static [Situation] = &[$(Self::$name),+];

            /// What it is called in reports.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+
                }
            }
        }
    };
}

situations! {
    /// SINGLE_EXIT while there are other threads.
    Exit "single-threading to exit or exec",
    /// SINGLE_BOUNDARY.
    Boundary "single-threading at the boundary",
    /// SINGLE_NO_EXIT.
    NoExit "single-threading for a core",
    /// SINGLE_ALLPROC.
    AllProc "single-threading of another process",
    /// SINGLE_ALLPROC waits until another single-threading is over.
    AllProcWaits "the same, after waiting for a singler",
    /// A thread that SINGLE_ALLPROC interrupted in its sleep.
    AllProcSleeper "the same, of a sleeper",
    /// P_STOPPED_SIG beside P_STOPPED_SINGLE.
    StopWhileSingle "a stop signal during single-threading",
    /// P_STOPPED_TRACE beside P_STOPPED_SINGLE.
    TraceWhileSingle "a debugger's stop during single-threading",
    /// A stop that meets a thread with TDF_SBDRY.
    DeferredStop "a stop while stops are deferred",
    /// The debugger suspended a thread (TDB_SUSPEND).
    DebuggerSuspends "a thread that the debugger suspended",
    /// kern.maxthread.
    MaxThread "kern.maxthread reached",
    /// max_threads_per_proc.
    PerProcess "a process with all its threads",
    /// A kernel stack that cannot be had.
    NoStack "no kernel stack",
    /// A thread id that another thread had.
    TidReuse "a thread id used again",
    /// The swapper is wanted.
    SwapIn "a swapped-out thread made runnable",
    /// More threads wait to be reaped than one.
    Zombies "several threads to be reaped",
    /// A SINGLE_ALLPROC that never ends, as in FreeBSD.
    Hang "single-threading of a process that stopped meanwhile",
    /// An assertion that fails in FreeBSD, too; with INVARIANTS only.
    Assertion "a stop during rfork or exec that INVARIANTS do not expect",
}

impl Situation {
    /// Its bit in a set.
    pub fn bit(self) -> u64 {
        1 << self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::Situation;

    #[test]
    fn each_has_a_bit_and_a_name_of_its_own() {
        let set = Situation::ALL.iter().fold(0, |set, one| set | one.bit());
        assert_eq!(set.count_ones() as usize, Situation::ALL.len());
        let mut names: Vec<_> = Situation::ALL.iter().map(|one| one.name()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), Situation::ALL.len());
    }
}
