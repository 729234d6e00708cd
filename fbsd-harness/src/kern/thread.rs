//! Threads as the machine sees them: their states, their start, and the list
//! of all of them.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU16, AtomicUsize, Ordering};

use super::{sched, sleepq, spin, switch, turnstile};
use crate::machine::cpu::{self, curcpu};
use crate::machine::ext::{ThreadStorage, ext};
use crate::machine::{coro, names, trace};
use crate::report::{self, Counter, Kind};
use crate::sys::{
    self, SRQ_BORING, TDI_IWAIT, TDI_LOCK, TDI_SLEEPING, TDI_SUSPENDED, TDI_SWAPPED, TDS_CAN_RUN,
    TDS_INACTIVE, TDS_INHIBITED, TDS_RUNNING, TDS_RUNQ, proc_, thread,
};

/// Room for `thread0`, with the harness's part behind it.
#[repr(C, align(128))]
struct Thread0(UnsafeCell<ThreadStorage>);

// SAFETY: guarded by the kernel's own rules for struct thread.
unsafe impl Sync for Thread0 {}

static THREAD0: Thread0 = Thread0(UnsafeCell::new(ThreadStorage::new()));

/// The first process.
#[unsafe(no_mangle)]
static mut proc0: std::mem::MaybeUninit<proc_> = std::mem::MaybeUninit::zeroed();

/// The first thread.
pub fn thread0_ptr() -> *mut thread {
    THREAD0.0.get().cast()
}

/// The first process.
pub fn proc0_ptr() -> *mut proc_ {
    (&raw mut proc0).cast()
}

/// Most structures that threads of one run live in.
const MAX_THREADS: usize = 4096;
static ALL: [AtomicPtr<thread>; MAX_THREADS] =
    [const { AtomicPtr::new(ptr::null_mut()) }; MAX_THREADS];
static ALL_LEN: AtomicUsize = AtomicUsize::new(0);
static STACKS_BASE: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());
static STACKS_USED: AtomicUsize = AtomicUsize::new(0);
static NEXT_NUMBER: AtomicU16 = AtomicU16::new(1);

/// Reserves what threads need; once, before the first fork.
pub fn reserve() {
    STACKS_BASE.store(coro::reserve(), Ordering::Relaxed);
}

/// Calls `f` for every structure that a thread has lived in.
pub fn for_each(mut f: impl FnMut(*mut thread)) {
    for slot in &ALL[..ALL_LEN.load(Ordering::Acquire)] {
        let td = slot.load(Ordering::Acquire);
        if !td.is_null() {
            f(td);
        }
    }
}

/// Puts `td` on the list, gives it a number, a name for reports and, if it has
/// none yet, a stack.
///
/// # Safety
/// `td` has its extension and is not running.
pub unsafe fn adopt(td: *mut thread, own_stack: bool) {
    let ext = ext(td);
    let known = (*ext).number != 0;
    (*ext).number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
    if !known {
        let slot = ALL_LEN.fetch_add(1, Ordering::AcqRel);
        if slot >= MAX_THREADS {
            report::fail(Kind::Internal, format!("more than {MAX_THREADS} threads"));
        }
        ALL[slot].store(td, Ordering::Release);
    }
    trace::note("=thread", &[td as usize, usize::from((*ext).number)]);
    if own_stack && (*ext).stack.is_null() {
        let index = STACKS_USED.fetch_add(1, Ordering::Relaxed);
        (*ext).stack = coro::stack(STACKS_BASE.load(Ordering::Relaxed), index);
    }
}

/// Gives `td` a coroutine that starts `entry(arg)` in the kernel as
/// fork_trampoline and fork_exit do: the dead thread of the CPU is stashed, the
/// thread lock given up.  `entry` must not return.  Like cpu_fork and
/// sched_fork_thread this does not make the thread runnable.
///
/// # Safety
/// `td` is a thread of thread_alloc's, not started.
pub unsafe fn cpu_fork(td: *mut thread, entry: unsafe fn(*mut c_void), arg: *mut c_void) {
    adopt(td, true);
    let ext = ext(td);
    if !(*ext).internal {
        report::count(Counter::ThreadsCreated);
    }
    (*ext).entry = Some(entry);
    (*ext).arg = arg;
    (*ext).bound = false;
    (*ext).user = false;
    (*ext).gate = None;
    (*ext).yielded = false;
    (*ext).polling = false;
    (*ext).preempted = false;
    (*ext).nheld = 0;
    (*ext).ninside = 0;
    (*ext).blocked_on = ptr::null();
    (*ext).cpu = curcpu() as u8;
    (*ext).rsp = coro::prepare((*ext).stack, switch::fork_trampoline);
    (*td).td_critnest = 1;
    (*td).td_md.md_spinlock_count = 1;
    (*td).td_lock = &raw mut (*cpu::cpu(curcpu())).lock;
}

/// Makes a new thread runnable, as its creators do.
///
/// # Safety
/// After [`cpu_fork`]; no spin locks held.
pub unsafe fn start(td: *mut thread) {
    spin::thread_lock(td);
    set_state(td, TDS_CAN_RUN);
    sched::sched_add(td, SRQ_BORING as c_int);
}

/// A thread of the harness's own in proc0: neither allocated by the object nor
/// linked nor counted.  Runnable at once, unless it is an idle thread.
///
/// # Safety
/// After the sleep queues exist.
pub unsafe fn new_internal(
    name: &str,
    entry: unsafe fn(*mut c_void),
    arg: *mut c_void,
) -> *mut thread {
    let td: *mut thread =
        Box::leak(Box::new(ThreadStorage::new())) as *mut ThreadStorage as *mut thread;
    prepare_internal(td, name);
    cpu_fork(td, entry, arg);
    td
}

/// Fills in a zeroed thread of the harness's own.
///
/// # Safety
/// As [`new_internal`].
unsafe fn prepare_internal(td: *mut thread, name: &str) {
    (*td).td_proc = proc0_ptr();
    (*td).td_flags = sys::TDF_INMEM as c_int;
    (*td).td_tid = -1;
    (*td).td_oncpu = sys::KT_NOCPU;
    (*td).td_lastcpu = sys::KT_NOCPU;
    (*td).td_sleepqueue = sleepq::sleepq_alloc();
    (*td).td_turnstile = turnstile::turnstile_alloc();
    (*td).td_ucred = (*thread0_ptr()).td_ucred;
    (*td).td_realucred = (*td).td_ucred;
    (*td).td_limit = (*thread0_ptr()).td_limit;
    let len = name.len().min((*td).td_name.len() - 1);
    ptr::copy_nonoverlapping(name.as_ptr(), (&raw mut (*td).td_name).cast(), len);
    (*ext(td)).internal = true;
    names::register(td as usize, crate::machine::ext::THREAD_SIZE, name);
}

/// The thread's scheduler state.
#[inline]
pub unsafe fn state(td: *mut thread) -> u32 {
    (&raw const (*td).td_state).read_volatile()
}

/// TD_SET_STATE: thread lock held.
#[inline]
pub unsafe fn set_state(td: *mut thread, state: u32) {
    (&raw mut (*td).td_state).write_volatile(state);
    trace::note(
        "=state",
        &[td as usize, state as usize, (*td).td_inhibitors as usize],
    );
}

/// TD_SET_INHIB: thread lock held.
pub unsafe fn set_inhib(td: *mut thread, inhibitor: u32) {
    (*td).td_inhibitors |= inhibitor as c_int;
    set_state(td, TDS_INHIBITED);
}

/// TD_CLR_INHIB: thread lock held.
pub unsafe fn clr_inhib(td: *mut thread, inhibitor: u32) {
    if (*td).td_inhibitors & inhibitor as c_int != 0 {
        (*td).td_inhibitors &= !(inhibitor as c_int);
        if (*td).td_inhibitors == 0 {
            set_state(td, TDS_CAN_RUN);
        }
    }
}

/// TD_IS_SUSPENDED.
#[inline]
pub unsafe fn is_suspended(td: *mut thread) -> bool {
    (*td).td_inhibitors & TDI_SUSPENDED as c_int != 0
}

/// TD_IS_SLEEPING.
#[inline]
pub unsafe fn is_sleeping(td: *mut thread) -> bool {
    (*td).td_inhibitors & TDI_SLEEPING as c_int != 0
}

/// TD_ON_SLEEPQ.
#[inline]
pub unsafe fn on_sleepq(td: *mut thread) -> bool {
    !(&raw const (*td).td_wchan).read_volatile().is_null()
}

/// TD_IS_RUNNING.
#[inline]
pub unsafe fn is_running(td: *mut thread) -> bool {
    state(td) == TDS_RUNNING
}

/// The state in words, for reports.
pub unsafe fn state_text(td: *mut thread) -> String {
    let mut text = match state(td) {
        TDS_INACTIVE => "inactive".to_string(),
        TDS_INHIBITED => "inhibited".to_string(),
        TDS_CAN_RUN => "can run".to_string(),
        TDS_RUNQ => "runnable".to_string(),
        TDS_RUNNING => format!("running on cpu {}", (*td).td_oncpu),
        other => format!("state {other}"),
    };
    let inhibitors = [
        (TDI_SUSPENDED, "suspended"),
        (TDI_SLEEPING, "sleeping"),
        (TDI_SWAPPED, "swapped"),
        (TDI_LOCK, "lock"),
        (TDI_IWAIT, "iwait"),
    ];
    for (bit, word) in inhibitors {
        if (*td).td_inhibitors & bit as c_int != 0 {
            text = format!("{text}, {word}");
        }
    }
    text
}

/// What sched_sizeof_thread() says: the thread and what lies behind it.
#[unsafe(no_mangle)]
extern "C" fn sched_sizeof_thread() -> c_int {
    crate::machine::ext::THREAD_SIZE as c_int
}
