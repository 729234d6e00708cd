//! What the harness keeps behind each `struct thread`, where a real kernel's
//! scheduler has its own part: `sched_sizeof_thread()` covers both.

use std::ffi::c_void;
use std::mem;

use crate::sys::thread;

/// How far behind the thread's start: room for fields that options append.
const OFFSET: usize = (mem::size_of::<thread>() + 64).next_multiple_of(64);

/// Bytes of a thread with everything behind it.
pub const THREAD_SIZE: usize = OFFSET + mem::size_of::<ThreadExt>();

/// Most locks that one thread holds at a time.
pub const MAX_HELD: usize = 24;

/// Most exported functions of the object that one thread is in by name.
pub const MAX_INSIDE: usize = 4;

/// The harness's part of a thread.  All-zero is valid.
#[repr(C, align(64))]
pub struct ThreadExt {
    /// The saved stack pointer while the thread does not run.
    pub rsp: usize,
    /// The first byte of its stack; kept when the thread's memory is used again.
    pub stack: *mut u8,
    /// Its number: 1.. in order of creation, new for each life.
    pub number: u16,
    /// Not one of the object's threads: idle, softclock, taskqueue.
    pub internal: bool,
    /// In user mode, at a user-mode point.
    pub user: bool,
    /// May run on this CPU only, if `bound`.
    pub bound: bool,
    /// The CPU it was queued on last.
    pub cpu: u8,
    /// Where it starts.
    pub entry: Option<unsafe fn(*mut c_void)>,
    /// What it starts with.
    pub arg: *mut c_void,
    /// Is being preempted: not again before that is over.
    pub preempted: bool,
    /// Has let others go first, and has not run since.
    pub yielded: bool,
    /// In the middle of polling: what it does is no progress.
    pub polling: bool,
    /// Runnable, but not to run before this holds.
    pub gate: Option<Gate>,
    /// det: locks held, sleep mutexes and spin mutexes alike (lock words).
    pub held: [*mut usize; MAX_HELD],
    /// det: how many.
    pub nheld: usize,
    /// Threads whose usage it took over (sched_exit_thread).
    pub inherited: u32,
    /// Next on a turnstile.
    pub blocked_next: *mut thread,
    /// The lock word that it is blocked on.
    pub blocked_on: *const usize,
    /// det: the trace position of its last event.
    pub last_event: u64,
    /// Where objects are compared: the exported functions that it is in.
    pub inside: [Option<&'static str>; MAX_INSIDE],
    /// How many; those beyond `MAX_INSIDE` count, and have no names.
    pub ninside: usize,
}

/// A condition that somebody waits for, on a run queue or spinning.
#[derive(Clone, Copy)]
pub struct Gate {
    /// How reports call it.
    pub what: &'static str,
    /// The condition's code.
    pub check: unsafe fn(*const ()) -> bool,
    /// What it looks at, on the stack of the thread that waits.
    pub data: *const (),
}

impl Gate {
    /// The gate that opens when `condition`, which only reads memory, holds.
    ///
    /// # Safety
    /// The caller waits until it holds, or does not use the gate any more,
    /// before `condition` goes away.
    pub unsafe fn new<F: Fn() -> bool>(what: &'static str, condition: &F) -> Self {
        unsafe fn check<F: Fn() -> bool>(data: *const ()) -> bool {
            // SAFETY: whoever made the gate keeps the closure.
            unsafe { (*data.cast::<F>())() }
        }
        Self {
            what,
            check: check::<F>,
            data: (&raw const *condition).cast(),
        }
    }

    /// Does the condition hold?
    pub fn is_open(&self) -> bool {
        // SAFETY: whoever made the gate keeps what it looks at.
        unsafe { (self.check)(self.data) }
    }
}

impl ThreadExt {
    /// Is letting it run likely to lead nowhere?
    pub fn only_waits(&self) -> bool {
        self.polling || self.yielded
    }
}

/// The harness's part of `td`, which is a thread of the object's or the
/// harness's own: never one that a scenario put together by hand.
#[inline(always)]
pub fn ext(td: *mut thread) -> *mut ThreadExt {
    td.wrapping_byte_add(OFFSET).cast()
}

/// Storage for a thread of the harness's own.
#[repr(C, align(128))]
pub struct ThreadStorage([u8; THREAD_SIZE]);

impl ThreadStorage {
    /// Zeroed storage.
    pub const fn new() -> Self {
        Self([0; THREAD_SIZE])
    }
}
