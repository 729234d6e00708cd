//! How a run ends: its outcome, its trace and its schedule, in memory that the
//! runner shares with the process of the run.

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use crate::machine::{allowed, names, point, trace};

/// Why a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// A scenario's check.
    Check = 1,
    /// The kernel called panic.
    Panic,
    /// Nobody can go on, now or later.
    Deadlock,
    /// Everybody goes on, nobody gets anywhere.
    Livelock,
    /// A lock was used against its rules.
    Lock,
    /// A standing invariant does not hold.
    Invariant,
    /// Something is left over at the end.
    Leak,
    /// Memory was used after it was freed, a stack overflowed.
    Memory,
    /// The harness itself.
    Internal,
}

impl Kind {
    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Check => "check failed",
            Kind::Panic => "panic",
            Kind::Deadlock => "deadlock",
            Kind::Livelock => "livelock",
            Kind::Lock => "lock misuse",
            Kind::Invariant => "invariant broken",
            Kind::Leak => "leak",
            Kind::Memory => "memory misuse",
            Kind::Internal => "harness error",
        }
    }
}

/// Bytes of the text of a failure.
pub const TEXT: usize = 512 * 1024;
/// Events that a run may record.
pub const RECORDS: usize = 1 << 19;
/// Names that a run may give.
pub const NAMES: usize = 4096;

/// The run goes on, or its process died.
pub const RUNNING: u32 = 0;
/// The run came to its end and found nothing wrong.
pub const PASSED: u32 = 1;
/// The run failed: `kind` and `text` say why.
pub const FAILED: u32 = 2;

/// What a run counts for the runner's table.
#[derive(Clone, Copy)]
pub enum Counter {
    /// Threads that were started.
    ThreadsCreated,
    /// Threads that have exited.
    ThreadsExited,
    /// Processes that were made.
    ProcessesCreated,
}

/// Where the set of situations lies that a generated program met.
pub const MET: usize = 7;

/// What a run leaves to the runner.
#[repr(C)]
pub struct Arena {
    /// `RUNNING`, `PASSED` or `FAILED`.
    pub state: AtomicU32,
    /// A [`Kind`].
    pub kind: u32,
    /// Bytes of `text`.
    pub text_len: u32,
    /// Entries of `names`.
    pub names_len: u32,
    /// Virtual time at the end, in ticks since boot.
    pub ticks: u64,
    /// Scheduling points.
    pub steps: u64,
    /// Events; the first `RECORDS` of them are in `records`.
    pub events: u64,
    /// A hash of all events.
    pub hash: u64,
    /// Events before a lock was waited for that only one of two compared objects
    /// has, and one more; 0: it did not happen.
    pub parted: u64,
    /// Digests of what rules allow to differ.
    pub aside: [u64; allowed::MOST],
    /// Numbers that a scenario or the harness leaves to the runner's table.
    pub counters: [u64; 8],
    /// What went wrong, in UTF-8.
    pub text: [u8; TEXT],
    /// What addresses are called.
    pub names: [names::Entry; NAMES],
    /// The trace.
    pub records: [trace::Record; RECORDS],
}

static ARENA: AtomicPtr<Arena> = AtomicPtr::new(ptr::null_mut());

impl Arena {
    /// New shared memory; lives as long as the process.
    pub fn create() -> *mut Arena {
        // SAFETY: a new mapping; an all-zero arena is a valid one.
        let base = unsafe {
            libc::mmap(
                ptr::null_mut(),
                size_of::<Arena>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        assert!(base != libc::MAP_FAILED, "no memory for a run's results");
        base.cast()
    }

    /// Makes `arena` the one that this process reports to, and clears its head.
    pub fn enter(arena: *mut Arena) {
        // SAFETY: the runner's mapping; the run has not begun.
        unsafe {
            (*arena).state.store(RUNNING, Ordering::Relaxed);
            (*arena).text_len = 0;
            (*arena).names_len = 0;
            (*arena).steps = 0;
            (*arena).events = 0;
            (*arena).hash = 0;
            (*arena).ticks = 0;
            (*arena).counters = [0; 8];
            (*arena).parted = 0;
            (*arena).aside = [0; allowed::MOST];
        }
        ARENA.store(arena, Ordering::Relaxed);
    }

    /// Makes `copy` the arena that this process reports to, which the run that
    /// it was forked from is not to notice; what the run has done counts.
    pub fn branch(copy: *mut Arena) {
        let old = arena();
        Self::enter(copy);
        // SAFETY: two mappings of the runner's, of which one is read; the run
        // has one thread.
        unsafe {
            (*copy).events = (*old).events;
            (*copy).hash = (*old).hash;
            (*copy).counters = (*old).counters;
            (*copy).names_len = (*old).names_len;
            let names = (&raw const (*old).names).cast::<names::Entry>();
            let count = ((*old).names_len as usize).min(NAMES);
            (&raw mut (*copy).names)
                .cast::<names::Entry>()
                .copy_from_nonoverlapping(names, count);
            let records = (&raw const (*old).records).cast::<trace::Record>();
            let count = ((*old).events as usize).min(RECORDS);
            (&raw mut (*copy).records)
                .cast::<trace::Record>()
                .copy_from_nonoverlapping(records, count);
        }
    }
}

/// The arena of this run; null before [`Arena::enter`].
#[inline(always)]
pub fn arena() -> *mut Arena {
    ARENA.load(Ordering::Relaxed)
}

/// Counts one more.
pub fn count(counter: Counter) {
    let arena = arena();
    if !arena.is_null() {
        // SAFETY: the arena lives as long as the run; only atomics touch its counters.
        let counter = unsafe { AtomicU64::from_ptr(&raw mut (*arena).counters[counter as usize]) };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// Adds to the set of situations that the run met.
pub fn met(situations: u64) {
    let arena = arena();
    if !arena.is_null() {
        // SAFETY: the arena lives as long as the run; only atomics touch its counters.
        let set = unsafe { AtomicU64::from_ptr(&raw mut (*arena).counters[MET]) };
        set.fetch_or(situations, Ordering::Relaxed);
    }
}

/// Whether the run met one of the situations of this set.
pub fn has_met(situations: u64) -> bool {
    let arena = arena();
    // SAFETY: the arena lives as long as the run.
    !arena.is_null() && unsafe { (*arena).counters[MET] } & situations != 0
}

/// Ends the run: it passed.
pub fn pass() -> ! {
    finish(PASSED, Kind::Check, "")
}

/// Ends the run: it failed.
pub fn fail(kind: Kind, text: String) -> ! {
    finish(FAILED, kind, &text)
}

fn finish(state: u32, kind: Kind, text: &str) -> ! {
    let arena = arena();
    if arena.is_null() {
        eprintln!("{}: {text}", kind.name());
        // SAFETY: ends the process.
        unsafe { libc::_exit(1) };
    }
    // SAFETY: the arena outlives the run; in smp the first to fail reports.
    unsafe {
        if (*arena)
            .state
            .compare_exchange(RUNNING, FAILED, Ordering::AcqRel, Ordering::Relaxed)
            .is_err()
        {
            loop {
                libc::pause();
            }
        }
        let len = text.len().min(TEXT);
        ptr::copy_nonoverlapping(text.as_ptr(), (&raw mut (*arena).text).cast(), len);
        (*arena).text_len = len as u32;
        (*arena).kind = kind as u32;
        (*arena).steps = point::steps();
        (*arena).ticks = crate::kern::time::uptime();
        (*arena).state.store(state, Ordering::Release);
        libc::_exit(0)
    }
}
