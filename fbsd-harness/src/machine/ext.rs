//! What the harness keeps behind each `struct thread`, where a real kernel's
//! scheduler has its own part: `sched_sizeof_thread()` covers both.

use std::ffi::{c_char, c_void};
use std::mem;

use crate::sys::thread;

/// How far behind the thread's start: room for fields that options append.
const OFFSET: usize = (mem::size_of::<thread>() + 64).next_multiple_of(64);

/// Bytes of a thread with everything behind it.
pub const THREAD_SIZE: usize = OFFSET + mem::size_of::<ThreadExt>();

/// Most locks that one thread holds at a time.
pub const MAX_HELD: usize = 24;

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
}

/// A condition that a runnable thread waits for.
#[derive(Clone, Copy)]
pub struct Gate {
    /// How reports call it: a C string.
    pub what: *const c_char,
    /// The condition's code.
    pub check: unsafe fn(*const c_void) -> bool,
    /// Its argument.
    pub arg: *const c_void,
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
