//! Zombies: threads that have exited, from the switch away from their stack
//! until their structure goes back to the zone.
//!
//! Each memory domain has a list.  It is pushed without a lock, from inside
//! the scheduler where none may be taken, and emptied whole by one atomic
//! exchange, so a node is never taken off while another CPU looks at it and
//! a recycled address can't confuse a push.  Reaping happens when a thread is
//! created, when a process is waited for, and every few seconds by a task.
//!
//! Ports `thread_zombie` to `thread_reap_barrier` (reference lines 133-150,
//! 595-775).

use crate::alloc;
use crate::events;
use crate::here;
use crate::kpi::callout;
use crate::kpi::cell::Global;
use crate::kpi::{pcpu, sys, vars};
use crate::prefetch_thread;
use crate::reap_batch::{self, CountBatch, CredBatch, LimBatch, TidBatch};
use crate::thread::Thread;
use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

/// The zombies of one memory domain: `struct thread_domain_data`.
#[cfg_attr(cache_line_128, repr(C, align(128)))]
#[cfg_attr(not(cache_line_128), repr(C, align(64)))]
#[doc(alias = "thread_domain_data")]
pub(crate) struct Domain {
    /// The last thread pushed; each points at the one before.
    zombies: AtomicPtr<sys::thread>,
    /// `ticks` when the list was last emptied; advisory.
    reapticks: AtomicI32,
}

/// As many domains as the kernel is built for.
const MAXMEMDOM: usize = sys::KT_MAXMEMDOM as usize;

/// The domains' lists.
static DOMAINS: [Domain; MAXMEMDOM] = [const {
    Domain {
        zombies: AtomicPtr::new(ptr::null_mut()),
        reapticks: AtomicI32::new(0),
    }
}; MAXMEMDOM];

/// Seconds between two looks of the callout, and the age at which zombies are
/// worth a task.
const REAP_SECONDS: c_int = 5;

/// The task that reaps all; its queue guards it.
static REAP_TASK: Global<MaybeUninit<sys::task>> = Global::new(MaybeUninit::zeroed());

/// The callout that looks for old zombies; the callout code guards it.
static REAP_CALLOUT: Global<MaybeUninit<sys::callout>> = Global::new(MaybeUninit::zeroed());

/// The domain of that number.
///
/// # Safety
///
/// There is such a domain.
#[inline(always)]
unsafe fn domain(number: c_int) -> &'static Domain {
    // SAFETY: by the caller's contract; domains are numbered from 0.
    unsafe { &*DOMAINS.as_ptr().add(number as usize) }
}

/// Puts an exited thread on the list of its memory domain.
///
/// # Safety
///
/// The thread is dead and the caller's alone.
#[inline(always)]
#[doc(alias = "thread_zombie")]
unsafe fn push_zombie(td: Thread) {
    // SAFETY: the domain that thread_init() has found for the thread's memory.
    // (With NUMA, memory in none gives a domain that is none, as in C.)
    let list = unsafe { &domain(c_int::from((*td.as_ptr()).td_allocdomain)).zombies };
    let mut head = list.load(Ordering::Relaxed);
    loop {
        // SAFETY: until the exchange succeeds the thread is ours alone.
        unsafe { (*td.as_ptr()).__bindgen_anon_1.td_zombie = head }
        match list.compare_exchange_weak(head, td.as_ptr(), Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return,
            Err(seen) => head = seen,
        }
    }
}

/// Takes over a thread that has exited and whose CPU has left its stack.
///
/// Called by the next thread on that CPU, inside the scheduler: no lock is
/// taken.  From then on `thread_single(SINGLE_EXIT)` no longer waits for it.
///
/// # Safety
///
/// The thread has exited, and nothing runs on its stack.
#[inline(always)]
#[doc(alias = "thread_stash")]
pub unsafe fn stash(td: Thread) {
    td.proc().exitthreads().fetch_sub(1, Ordering::Release);
    // SAFETY: by the caller's contract.
    unsafe { push_zombie(td) }
}

/// Reaps the zombies of one domain.
///
/// No locks held; handlers and destructors may sleep.
#[inline(always)]
#[doc(alias = "thread_reap_domain")]
fn reap_domain(tdd: &Domain) {
    // A look first: an exchange would take the line from the CPUs that push,
    // and most of the time there is nothing.
    if !tdd.zombies.load(Ordering::Relaxed).is_null() {
        reap_zombies(tdd);
    }
}

/// The thread that was pushed before this one.
///
/// # Safety
///
/// The thread is a zombie, and the caller's alone.
#[inline(always)]
unsafe fn behind(td: Thread) -> Option<Thread> {
    // SAFETY: by the caller's contract the link is that of the list.
    unsafe { Thread::from_nullable((*td.as_ptr()).__bindgen_anon_1.td_zombie) }
}

/// Asks for what reaping a thread reads and writes of it, here and in most of what
/// is called: a line of memory each.
#[inline(always)]
fn fetch_ahead(td: Thread) {
    prefetch_thread!(td,
        td_proc td_cpuset td_tid td_flags td_realucred td_limit td_ucredref
        td_slpcallout.c_iflags td_kstack);
    #[cfg(KDTRACE_HOOKS)]
    prefetch_thread!(td, td_dtrace);
}

/// Reaps the zombies of a domain that had some a moment ago.
///
/// As [`reap_domain`].
#[inline(never)]
fn reap_zombies(tdd: &Domain) {
    // Acquire: the stores of those who pushed, and of the exiting threads,
    // are seen before their structures are taken apart.
    let first = tdd.zombies.swap(ptr::null_mut(), Ordering::Acquire);
    // SAFETY: NULL or a thread that was pushed.
    let mut next = unsafe { Thread::from_nullable(first) };
    if next.is_none() {
        return;
    }
    tdd.reapticks.store(vars::ticks(), Ordering::Relaxed);

    let mut room = TidBatch::room();
    let mut tids = TidBatch::new(&mut room);
    let mut creds = CredBatch::new();
    let mut limits = LimBatch::new();
    let mut threads = CountBatch::new();
    let mut many = false;

    while let Some(td) = next {
        // SAFETY: this thread and those behind it are off the list and ours; their
        // links still are zombie links.
        let after = unsafe {
            next = behind(td);
            next.filter(|_| many).and_then(|next| behind(next))
        };
        if let Some(after) = after {
            fetch_ahead(after);
        }
        // SAFETY: dead, and not yet taken apart, as the event promises.
        unsafe { events::thread_dtor(td, here!()) }

        // SAFETY: dead, given to nobody else, and the batches are processed
        // in each turn.
        unsafe {
            tids.add(td);
            creds.add(td);
            limits.add(td);
            threads.add();

            alloc::free_batched(td);
        }

        many |= tids.process();
        threads.process();
    }

    // SAFETY: there was at least one thread.
    unsafe { reap_batch::finish(&tids, &mut creds, &mut limits, &threads) }
}

/// Reaps the zombies of every domain, this CPU's first.
///
/// No locks held; may sleep.
#[doc(alias = "thread_reap_all")]
pub fn reap_all() {
    // C takes remainders; going around takes no division.
    let mut next = pcpu::domain();
    let mut done = 0;
    while done < vars::vm_ndomains() {
        if next >= vars::vm_ndomains() {
            next = 0;
        }
        // SAFETY: below the number of domains.
        reap_domain(unsafe { domain(next) });
        next += 1;
        done += 1;
    }
}

/// Reaps the zombies of this CPU's domain.
///
/// No locks held; may sleep.
#[doc(alias = "thread_reap")]
pub fn reap_local() {
    // SAFETY: a CPU belongs to a domain that exists.
    reap_domain(unsafe { domain(pcpu::domain()) });
}

/// The task: reaps everything.
///
/// # Safety
///
/// Called by a task queue.
#[doc(alias = "thread_reap_task_cb")]
unsafe extern "C" fn reap_task_cb(_arg: *mut c_void, _pending: c_int) {
    reap_all();
}

/// Has this domain zombies older than the interval?
#[inline(always)]
fn wants_reap(tdd: &Domain, now: c_int) -> bool {
    let since = tdd.reapticks.load(Ordering::Relaxed);
    !tdd.zombies.load(Ordering::Relaxed).is_null()
        && now.wrapping_sub(since) as u32 > REAP_SECONDS.wrapping_mul(vars::hz()) as u32
}

/// The callout: starts the task if a domain has old zombies, and comes back.
///
/// # Safety
///
/// Called by the callout code, which may not sleep.
#[doc(alias = "thread_reap_callout_cb")]
unsafe extern "C" fn reap_callout_cb(_arg: *mut c_void) {
    let now = vars::ticks();
    let mut i = 0;
    while i < vars::vm_ndomains() {
        // SAFETY: below the number of domains.
        if wants_reap(unsafe { domain(i) }, now) {
            // SAFETY: the task was made at boot, like the queue.
            unsafe { sys::taskqueue_enqueue(sys::taskqueue_thread, REAP_TASK.get().cast()) };
            break;
        }
        i += 1;
    }
    // SAFETY: initialised at boot.
    unsafe { arm_callout() }
}

/// Has the callout come back after the interval.
///
/// # Safety
///
/// The callout is initialised.
unsafe fn arm_callout() {
    let interval = REAP_SECONDS.wrapping_mul(vars::hz());
    // SAFETY: by the caller's contract, and a static outlives everything.
    unsafe { callout::reset(REAP_CALLOUT.get().cast(), interval, reap_callout_cb) }
}

/// `TASK_INIT`: makes a task of priority 0 that reaps everything.
///
/// # Safety
///
/// `task` is writable and on no queue.
#[inline(always)]
unsafe fn init_task(task: *mut sys::task, context: *mut c_void) {
    // SAFETY: by the caller's contract.
    unsafe {
        (*task).ta_pending = 0;
        (*task).ta_priority = 0;
        (*task).ta_flags = 0;
        (*task).ta_func = Some(reap_task_cb);
        (*task).ta_context = context;
    }
}

/// Makes task and callout, and arms the callout.
///
/// # Safety
///
/// Called once, at boot.
pub unsafe fn init() {
    // SAFETY: statics that nobody uses yet.
    unsafe {
        init_task(REAP_TASK.get().cast(), ptr::null_mut());
        sys::callout_init(REAP_CALLOUT.get().cast(), 1);
        arm_callout();
    }
}

/// Returns once every thread that had been unlinked before the call is reaped.
///
/// No locks held; sleeps.  Each CPU is made to switch, so that the dead
/// thread that it may hold is stashed; then a task in the queue that also
/// runs the normal reaping is waited for, which puts this behind one that is
/// reaping at the moment.
#[doc(alias = "thread_reap_barrier")]
pub fn barrier() {
    // SAFETY: may sleep; the task is ours until it is drained, and its queue
    // is made at boot.
    unsafe {
        sys::quiesce_all_cpus(c"".as_ptr(), sys::KT_PDROP);
        let task: *mut sys::task = sys::malloc(
            size_of::<sys::task>(),
            (&raw mut sys::M_TEMP).cast(),
            sys::M_WAITOK as c_int,
        )
        .cast();
        init_task(task, task.cast());
        sys::taskqueue_enqueue(sys::taskqueue_thread, task);
        sys::taskqueue_drain(sys::taskqueue_thread, task);
        sys::free(task.cast(), (&raw mut sys::M_TEMP).cast());
    }
}

#[cfg(test)]
pub(crate) mod tests;
