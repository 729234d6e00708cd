//! The events of a trace.

use crate::point::ThreadId;

/// A lock's or a sleep channel's number, given by [`Event::Object`].
pub type ObjectId = u32;

/// A simulated process's number, given by [`Event::Process`].
pub type ProcessId = u16;

/// The thread of events that no thread causes: boot, timers.
pub const NO_THREAD: ThreadId = ThreadId::MAX;

/// What a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Created, not started.
    New,
    /// On a run queue.
    Runnable,
    /// On a CPU, in the kernel.
    Running,
    /// On a CPU, in user mode.
    User,
    /// Asleep on a channel.
    Sleeping,
    /// Suspended.
    Suspended,
    /// Waiting for a sleep lock.
    Blocked,
    /// On a CPU, waiting for a spin lock.
    Spinning,
    /// Gone.
    Exited,
}

impl State {
    /// All of them, in the order of a legend.
    pub const ALL: [Self; 9] = [
        Self::New,
        Self::Runnable,
        Self::Running,
        Self::User,
        Self::Sleeping,
        Self::Suspended,
        Self::Blocked,
        Self::Spinning,
        Self::Exited,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Runnable => "runnable",
            Self::Running => "running",
            Self::User => "user mode",
            Self::Sleeping => "sleeping",
            Self::Suspended => "suspended",
            Self::Blocked => "blocked on a lock",
            Self::Spinning => "spinning",
            Self::Exited => "exited",
        }
    }

    /// Whether a thread in this state has a CPU.
    pub fn on_cpu(self) -> bool {
        matches!(self, Self::Running | Self::User | Self::Spinning)
    }
}

/// An argument or result of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Arg {
    /// A number.
    Int(i64),
    /// A number that is read in hexadecimal: flags.
    Flags(u64),
    /// A thread.
    Thread(ThreadId),
    /// A process.
    Process(ProcessId),
    /// A lock or channel.
    Object(ObjectId),
    /// A word.
    Word(String),
    /// A null pointer.
    Null,
    /// An address that has no name.
    Address,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A process has come to be.
    Process {
        /// Its number.
        process: ProcessId,
        /// Its name.
        name: String,
    },
    /// A thread has come to be, in state [`State::New`].
    Thread {
        /// Its number.
        thread: ThreadId,
        /// The process it is in.
        process: ProcessId,
        /// Its name.
        name: String,
    },
    /// A lock or channel has got a number.
    Object {
        /// The number.
        object: ObjectId,
        /// What it is: "mutex", "spin lock", "rwlock", "channel".
        class: String,
        /// Its name.
        name: String,
    },
    /// The thread called the kernel.
    Call {
        /// The function.
        name: String,
        /// Its arguments, as far as they mean something.
        args: Vec<Arg>,
    },
    /// The last call not yet answered of this thread returned.
    Return {
        /// The function.
        name: String,
        /// Its result.
        value: Arg,
    },
    /// A thread's state changed.
    State {
        /// The thread: often another one than the one that caused it.
        thread: ThreadId,
        /// The new state.
        state: State,
        /// What it waits for.
        on: Option<ObjectId>,
    },
    /// The thread got a lock.
    Acquire {
        /// The lock.
        object: ObjectId,
        /// Whether others may hold it too.
        shared: bool,
    },
    /// The thread gave a lock up.
    Release {
        /// The lock.
        object: ObjectId,
    },
    /// The thread made another one runnable.
    Wake {
        /// The one that is woken.
        thread: ThreadId,
        /// How: "wakeup", "unsuspend", "abort", "timeout".
        how: String,
    },
    /// Virtual time.
    Clock {
        /// Ticks since boot.
        ticks: u64,
    },
    /// Something worth reading: a step of the scenario, a failed check.
    Note {
        /// The words.
        text: String,
    },
}
