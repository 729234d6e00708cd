//! The steps that programs are made of: one table for each kind, with the word
//! that a step is written as and the numbers that it takes.

/// Declares a kind of step: the enumeration, its words, its numbers.
macro_rules! steps {
    (
        $(#[$about:meta])*
        $kind:ident {
            $($(#[$doc:meta])* $name:ident $word:literal ($($field:ident),*)),+ $(,)?
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind {
            $($(#[$doc])* $name { $(#[allow(missing_docs)] $field: u16),* }),+
        }

        impl $kind {
            /// Every word with the number of numbers that follow it.
            pub const WORDS: &'static [(&'static str, usize)] =
                &[$(($word, <[&str]>::len(&[$(stringify!($field)),*] as &[&str]))),+];

            /// The word and the numbers.
            pub fn parts(&self) -> (&'static str, Vec<u16>) {
                match *self {
                    $(Self::$name { $($field),* } => ($word, vec![$($field),*])),+
                }
            }

            /// The step of a word and its numbers, if there is one.
            pub fn from_parts(word: &str, numbers: &[u16]) -> Option<Self> {
                let mut rest = numbers.iter().copied();
                let step = match word {
                    $($word => Self::$name { $($field: rest.next()?),* },)+
                    _ => return None,
                };
                rest.next().is_none().then_some(step)
            }
        }
    };
}

/// Largest number of a step: every reader takes it modulo what there is.
pub const MOST: u16 = 999;

steps! {
    /// What a thread does in user mode.  Sleeps are in ticks; 0 is for ever.
    Call {
        /// Some user-mode points.
        Spin "spin" (n),
        /// thr_new(2).
        New "new" (body),
        /// thr_exit(2).
        ThrExit "threxit" (),
        /// fork(2).
        Fork "fork" (body),
        /// vfork(2).
        Vfork "vfork" (body),
        /// rfork(2) of the process itself, which single-threads it.
        Rfork "rfork" (),
        /// execve(2) that succeeds.
        Exec "exec" (body),
        /// execve(2) that fails after it was alone.
        NoExec "noexec" (),
        /// exit(2).
        Exit "exit" (code),
        /// nanosleep(2).
        Sleep "sleep" (ticks),
        /// An uninterruptible sleep.
        Disk "disk" (ticks),
        /// Reads a byte of the one pipe.
        Read "read" (),
        /// Writes a byte to it.
        Write "write" (),
        /// Waits on the one futex.
        UmtxWait "umtxwait" (ticks),
        /// sigsuspend(2) without a mask.
        SigSuspend "sigsuspend" (),
        /// Dies of a trap.
        Crash "crash" (),
        /// Changes it and wakes so many waiters.
        UmtxWake "umtxwake" (n),
        /// A casueword that is retried while the controller wants a conflict.
        Cas "cas" (sleeps),
        /// Sleeps with stops deferred, in one of the modes.
        Defer "defer" (mode),
        /// thr_suspend(2).
        Suspend "suspend" (ticks),
        /// thr_wake(2) of the thread that it made last.
        Wake "wake" (),
        /// Signals the thread that it made last.
        ThrKill "thrkill" (signal),
        /// Signals its own process.
        Kill "kill" (signal),
        /// Catches a signal from now on.
        Catch "catch" (signal),
        /// Blocks a signal in this thread.
        Block "block" (signal),
        /// Unblocks it.
        Unblock "unblock" (signal),
        /// setuid(2).
        SetUid "setuid" (uid),
        /// setrlimit(2).
        SetLimit "setlimit" (limit),
        /// Waits for a child, if there is one.
        Wait "wait" (),
        /// Gives the process the other ABI.
        Abi "abi" (),
    }
}

steps! {
    /// What the controller does.  A process is meant by its place among the
    /// controller's children, a thread by the order in which they were made.
    Action {
        /// Starts a process.
        Start "start" (body),
        /// kill(2).
        Kill "kill" (process, signal),
        /// thr_kill2(2).
        ThrKill "thrkill" (process, thread, signal),
        /// Lets time pass.
        Ticks "ticks" (ticks),
        /// Waits until nothing moves.
        Rest "rest" (),
        /// ptrace(PT_ATTACH).
        Attach "attach" (process),
        /// ptrace(PT_DETACH).
        Detach "detach" (process),
        /// ptrace(PT_CONTINUE) with a signal.
        Continue "continue" (process, signal),
        /// ptrace(PT_SUSPEND).
        TraceSuspend "ptsuspend" (process, thread),
        /// ptrace(PT_RESUME).
        TraceResume "ptresume" (process, thread),
        /// ptrace(PT_KILL).
        TraceKill "ptkill" (process),
        /// Stops the process whole, signals it and lets it go.
        Reaper "reaper" (process, signal),
        /// Stops every process.
        StopAll "stopall" (),
        /// Lets those go on that were stopped so.
        ResumeAll "resumeall" (),
        /// A kernel thread that sleeps and exits.
        KernelThread "kthread" (ticks),
        /// Whether casuewords conflict.
        Conflict "conflict" (on),
        /// Writes a byte to the pipe.
        Write "write" (),
        /// Single-threads a process from another one, and keeps it so for a while.
        Single "single" (process, ticks),
        /// Swaps a process out for so many ticks, if all its threads rest.
        Swap "swap" (process, ticks),
        /// Allocates so many threads and frees them, which uses thread ids up.
        Alloc "alloc" (n),
        /// After so many kernel stacks, one cannot be allocated.
        Stacks "stacks" (after),
        /// Waits for a child that has died, if there is one.
        Reap "reap" (),
    }
}

/// How the machine is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Simulated CPUs, 1 to 8.
    Cpus,
    /// kern.maxthread.
    MaxThread,
    /// Threads of one process.
    MaxThreadsPerProcess,
    /// Memory domains.
    Domains,
}

impl Setting {
    /// All of them.
    pub const ALL: [Setting; 4] = [
        Setting::Cpus,
        Setting::MaxThread,
        Setting::MaxThreadsPerProcess,
        Setting::Domains,
    ];

    /// Its name in a program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpus => "cpus",
            Self::MaxThread => "maxthread",
            Self::MaxThreadsPerProcess => "perprocess",
            Self::Domains => "domains",
        }
    }

    /// The values that a machine takes.
    pub fn range(self) -> std::ops::RangeInclusive<u16> {
        match self {
            Self::Cpus => 1..=8,
            Self::MaxThread => 110..=MOST,
            // maxthread may not be 101 or less, and is this times 100.
            Self::MaxThreadsPerProcess => 2..=MOST,
            Self::Domains => 1..=8,
        }
    }
}
