//! [`World`]: the machine that a test runs on, and what has happened on it.

use super::vars;
use crate::kpi::sys;
use crate::thread::Thread;
use std::alloc::{self, Layout};
use std::any::Any;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Display;
use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a test has happen inside a call.
type Hook = Box<dyn FnOnce()>;

/// The state of the machine; each test's OS thread has its own.
struct State {
    /// `struct pcpu` of the one CPU.
    cpu: sys::pcpu,
    /// Spin locks held: the nesting of critical sections that they make.
    spinning: usize,
    log: Vec<String>,
    hooks: Vec<(String, VecDeque<Hook>)>,
    answers: Vec<(String, VecDeque<i64>)>,
    names: Vec<(usize, String)>,
    heap: Vec<(*mut u8, Layout)>,
}

/// The power switch: who holds it has the library's statics for itself.
static POWER: Mutex<()> = Mutex::new(());

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State::off());
}

impl State {
    fn off() -> Self {
        Self {
            // SAFETY: pointers, integers and arrays of them.
            cpu: unsafe { std::mem::zeroed() },
            spinning: 0,
            log: Vec::new(),
            hooks: Vec::new(),
            answers: Vec::new(),
            names: Vec::new(),
            heap: Vec::new(),
        }
    }
}

fn with<R>(f: impl FnOnce(&mut State) -> R) -> R {
    STATE.with_borrow_mut(f)
}

/// A machine that has just been switched on, with one process and its only
/// thread, which runs: `p` and `self` in the log.
pub struct World {
    _power: MutexGuard<'static, ()>,
}

impl World {
    /// Switches the machine on; the library has not been initialised.
    pub fn new() -> Self {
        // A test that failed has left nothing behind that this one reads.
        let power = POWER.lock().unwrap_or_else(PoisonError::into_inner);
        let world = Self { _power: power };
        world.off();
        vars::power_on();
        let td = world.thread("self", world.proc("p"));
        world.own(td, "self");
        world.run(td);
        world
    }

    /// Has the library initialise itself for that many threads; the log is
    /// empty afterwards.
    pub fn boot(&self, maxthread: i32) {
        unsafe {
            *crate::count::MAXTHREAD.get() = maxthread;
            super::events::create_lists();
            if maxthread <= 101 {
                // All of so few threads are the superuser's: thread0 is.
                self.answer("priv_check_cred", 0);
            }
            crate::boot::threadinit();
        }
        self.forget_log();
    }

    /// [`World::new`] and [`World::boot`].
    ///
    /// Every id is free but thread0's, and one thread is counted: that one.
    pub fn booted(maxthread: i32) -> Self {
        let world = Self::new();
        world.boot(maxthread);
        world
    }

    /// Frees everything, and has the library's modules forget it.
    fn off(&self) {
        crate::count::tests::power_off();
        crate::tid::tests::power_off();
        crate::reap::tests::power_off();
        crate::tidhash::tests::power_off();
        super::events::power_off();
        vars::power_off();
        let heap = with(|state| std::mem::replace(state, State::off()).heap);
        for (address, layout) in heap {
            unsafe { alloc::dealloc(address, layout) }
        }
    }

    /// Has that thread run: `curthread`.
    pub fn run(&self, td: Thread) {
        with(|state| state.cpu.pc_curthread = td.as_ptr());
    }

    /// What has been called since the last time, in order.
    pub fn log(&self) -> Vec<String> {
        with(|state| std::mem::take(&mut state.log))
    }

    /// The log without what was only locked and unlocked.
    pub fn calls(&self) -> Vec<String> {
        let mut log = self.log();
        log.retain(|line| !["lock ", "unlock "].iter().any(|w| line.starts_with(w)));
        log
    }

    /// How often a line of the log was that one, since the last look.
    pub fn count(&self, line: &str) -> usize {
        self.log().iter().filter(|l| l.as_str() == line).count()
    }

    /// Forgets what has been called so far.
    pub fn forget_log(&self) {
        self.log();
    }

    /// Has something happen inside the next call whose line in the log begins
    /// with these words; more for the same words queue up.
    pub fn on(&self, call: &str, hook: impl FnOnce() + 'static) {
        with(|state| entry(&mut state.hooks, call).push_back(Box::new(hook)));
    }

    /// Has the next such call return that value; more queue up.
    pub fn answer(&self, call: &str, value: i64) {
        with(|state| entry(&mut state.answers, call).push_back(value));
    }

    /// Did every hook and every answer find its call?
    pub fn assert_all_used(&self) {
        with(|state| {
            for (call, rest) in &state.hooks {
                assert!(rest.is_empty(), "{call:?} was not called that often");
            }
            for (call, rest) in &state.answers {
                assert!(rest.is_empty(), "{call:?} was not called that often");
            }
        });
    }

    /// Runs something that ends the current thread, and says in which call.
    pub fn dies<R>(&self, f: impl FnOnce() -> R) -> &'static str {
        match panic::catch_unwind(AssertUnwindSafe(f)) {
            Ok(_) => panic!("the thread goes on"),
            Err(payload) => match payload.downcast::<Gone>() {
                Ok(gone) => gone.0,
                Err(other) => panic::resume_unwind(other),
            },
        }
    }

    /// Runs something that panics, and returns the text.
    pub fn panics<R>(&self, f: impl FnOnce() -> R) -> String {
        match panic::catch_unwind(AssertUnwindSafe(f)) {
            Ok(_) => panic!("no panic"),
            Err(payload) => text_of(payload),
        }
    }

    /// Blocks of memory that are in use.
    pub fn blocks(&self) -> usize {
        with(|state| state.heap.len())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.off();
    }
}

/// The text of a panic.
pub fn text_of(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload
            .downcast_ref::<&str>()
            .map_or_else(|| "no text".into(), |text| (*text).into()),
    }
}

/// The queue for these words.
fn entry<'a, T>(table: &'a mut Vec<(String, VecDeque<T>)>, words: &str) -> &'a mut VecDeque<T> {
    let found = table.iter().position(|(known, _)| known == words);
    let index = found.unwrap_or_else(|| {
        table.push((words.into(), VecDeque::new()));
        table.len() - 1
    });
    &mut table[index].1
}

/// The next of the queue whose words the line begins with.
fn next<T>(table: &mut [(String, VecDeque<T>)], line: &str) -> Option<T> {
    table
        .iter_mut()
        .filter(|(words, _)| {
            line.strip_prefix(words.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
        .find_map(|(_, queue)| queue.pop_front())
}

/// What unwinds when a call ends the current thread.
struct Gone(&'static str);

/// Ends the current thread; see [`World::dies`].
pub(super) fn gone(call: &'static str) -> ! {
    panic::resume_unwind(Box::new(Gone(call)))
}

/// Notes a call: its line in the log, and what the test has happen in it.
///
/// Returns whether something has.
pub fn called(line: impl Display) -> bool {
    let line = line.to_string();
    let hook = with(|state| {
        let hook = next(&mut state.hooks, &line);
        state.log.push(line);
        hook
    });
    let found = hook.is_some();
    if let Some(hook) = hook {
        hook();
    }
    found
}

/// Notes a call, and returns what the test wants it to, or `default`.
pub(super) fn asked(line: impl Display, default: i64) -> i64 {
    let line = line.to_string();
    let answer = with(|state| next(&mut state.answers, &line));
    called(line);
    answer.unwrap_or(default)
}

/// The calls expected, without those of AST functions that the headers do not
/// have: flags are set in their place.
pub fn with_asts<'a>(expected: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let expected = expected.into_iter();
    expected
        .filter(|call| cfg!(has_ast_register) || !call.starts_with("ast_"))
        .collect()
}

/// Names what lies at an address.
pub fn name<T>(address: *const T, name: impl Display) {
    with(|state| state.names.push((address.addr(), name.to_string())));
}

/// The name of what lies at an address, as last given.
pub fn name_of<T>(address: *const T) -> String {
    with(|state| {
        let known = state.names.iter().rev();
        known
            .filter(|(known, _)| *known == address.addr())
            .map(|(_, name)| name.clone())
            .next()
            .unwrap_or_else(|| if address.is_null() { "NULL" } else { "?" }.into())
    })
}

/// A zero-filled structure that lives as long as the world.
pub fn zeroed<T>() -> *mut T {
    allocate(size_of::<T>()).cast()
}

/// Zero-filled memory, aligned for anything.
pub(super) fn allocate(size: usize) -> *mut u8 {
    let layout = Layout::from_size_align(size.max(1), 64).expect("a size of this world");
    let address = unsafe { alloc::alloc_zeroed(layout) };
    assert!(!address.is_null(), "the host is out of memory");
    with(|state| state.heap.push((address, layout)));
    address
}

/// Frees what [`allocate`] returned.
pub(super) fn release(address: *mut u8) {
    let block = with(|state| {
        let index = state.heap.iter().position(|&(a, _)| ptr::eq(a, address));
        index.map(|index| state.heap.swap_remove(index))
    });
    let (address, layout) = block.expect("freed once, and allocated before");
    unsafe { alloc::dealloc(address, layout) }
}

/// A field of the CPU's `struct pcpu`.
pub(super) fn cpu<R>(f: impl FnOnce(&mut sys::pcpu) -> R) -> R {
    with(|state| f(&mut state.cpu))
}

/// One more spin lock is held.
pub(super) fn spin_enter() {
    with(|state| state.spinning += 1);
}

/// One spin lock fewer is held.
pub(super) fn spin_exit() {
    with(|state| {
        assert!(state.spinning > 0, "more spin locks given up than taken");
        state.spinning -= 1;
    });
}

/// How many spin locks are held.
pub fn spinning() -> usize {
    with(|state| state.spinning)
}
