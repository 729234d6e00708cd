//! Scheduling points: where the explorer chooses, how a CPU spins and idles.
//!
//! At a point every simulated CPU is in one of these states: it can do its next
//! step (run on, or drop its thread for another one of its queue); it spins on
//! something that has not changed; it is idle without work.  What can be done
//! are the ways that the explorer chooses from.  If there is none, virtual time
//! advances to the next timer; if there is no timer, the machine is stuck.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr;

use fbsd_explorer::{Kind as WayKind, Replay, Schedule, Scheduler, Way};

use super::cpu::{self, cpu as cpu_of, curcpu, curthread, curthread_of, ncpus, smp_mode};
use super::ext::{Gate, ext};
use super::{coro, names, parallel, stuck, trace};
use crate::kern::{sched, switch, time};
use crate::report::{self, Kind};
use crate::sys::thread;

/// Most ways that one point has.
const MAX_WAYS: usize = fbsd_explorer::point::MAX_WAYS;

/// MODE=det's part of the machine.
struct Det {
    scheduler: Option<Scheduler<'static>>,
    limit: u64,
    steps: u64,
    /// Points of threads other than idle ones and those that poll.
    activity: u64,
    /// Virtual time at the last one of a thread that is not the harness's own.
    progress: u64,
    /// Nobody can go on: whoever polls may look again.
    desperate: bool,
}

struct Cell(UnsafeCell<Det>);

// SAFETY: only MODE=det uses it, which has one host thread.
unsafe impl Sync for Cell {}

static DET: Cell = Cell(UnsafeCell::new(Det {
    scheduler: None,
    limit: u64::MAX,
    steps: 0,
    activity: 0,
    progress: 0,
    desperate: false,
}));

/// Virtual time that may pass without anybody doing anything.
const PATIENCE: u64 = 120;

/// Gives the machine its scheduler and the number of points after which the
/// run counts as a livelock.
pub fn start(scheduler: Scheduler<'static>, limit: u64) {
    // SAFETY: before the machine runs.
    let det = unsafe { &mut *DET.0.get() };
    det.scheduler = Some(scheduler);
    det.limit = limit;
}

/// From here on nothing is preempted: what a copy of the machine does follows
/// from the state that it was made in, and not from a strategy whose decisions
/// are recorded for the machine itself.
pub fn without_preemption() {
    // SAFETY: as in `decide`.
    let det = unsafe { &mut *DET.0.get() };
    if let Some(scheduler) = &mut det.scheduler {
        scheduler.follow(Box::new(Replay::new(Schedule::default())));
    }
}

/// Scheduling points so far.
pub fn steps() -> u64 {
    // SAFETY: a read; det has one host thread, smp does not count.
    unsafe { (*DET.0.get()).steps }
}

/// A scheduling point: records the event, then lets the explorer choose who
/// does the next step.  At the entry of each function of the kernel.
#[inline]
pub fn point(event: &'static str, args: &[usize]) {
    if smp_mode() {
        parallel::end_turn();
        return;
    }
    if trace::note(event, args) {
        // SAFETY: runs on a simulated CPU.
        unsafe { choose(false) };
    }
}

/// As [`point`], in a loop that only waits for others.
#[inline]
pub fn yield_point(event: &'static str, args: &[usize]) {
    if smp_mode() {
        parallel::end_turn();
        std::hint::spin_loop();
        return;
    }
    if trace::note(event, args) {
        // SAFETY: runs on a simulated CPU.
        unsafe { choose(true) };
    }
}

/// Waits on the CPU until `condition` holds; it only reads memory.
#[inline]
pub fn spin_until<F: Fn() -> bool>(what: &'static str, condition: F) {
    if condition() {
        return;
    }
    if smp_mode() {
        let mut turns = 0u32;
        while !condition() {
            std::hint::spin_loop();
            turns += 1;
            if turns.is_multiple_of(1000) {
                std::thread::yield_now();
            }
        }
        return;
    }
    loop {
        let me = cpu_of(curcpu());
        // SAFETY: det has one host thread; the frame outlives the spinning.
        unsafe {
            (*me).spin = Some(Gate::new(what, &condition));
            choose(false);
        }
        if condition() {
            break;
        }
    }
}

/// The idle loop's rest: returns when this CPU has something to do.
///
/// # Safety
/// In the idle thread, no locks held.
pub unsafe fn idle() {
    if smp_mode() {
        std::thread::yield_now();
        return;
    }
    choose(false);
}

/// Which of `threads` a CPU that needs a thread takes.
pub fn pick(cpu: usize, threads: &[*mut thread]) -> usize {
    if threads.len() < 2 || smp_mode() {
        return 0;
    }
    let mut ways = [EMPTY_WAY; MAX_WAYS];
    let count = threads.len().min(MAX_WAYS);
    for (way, &td) in ways.iter_mut().zip(threads) {
        // SAFETY: runnable threads have extensions.
        let (number, waits) = unsafe { ((*ext(td)).number, (*ext(td)).only_waits()) };
        *way = Way {
            cpu: cpu as u8,
            kind: if waits {
                WayKind::Yield
            } else {
                WayKind::Dispatch
            },
            thread: number,
        };
    }
    decide(&ways[..count], None)
}

const EMPTY_WAY: Way = Way {
    cpu: 0,
    kind: WayKind::Run,
    thread: 0,
};

fn decide(ways: &[Way], current: Option<usize>) -> usize {
    // SAFETY: det has one host thread; no reference outlives this function.
    let det = unsafe { &mut *DET.0.get() };
    det.steps += 1;
    if det.steps > det.limit {
        stuck::livelock(det.limit);
    }
    match &mut det.scheduler {
        Some(scheduler) => scheduler.decide(ways, current),
        None => current.unwrap_or(0),
    }
}

/// Chooses a way and takes it; returns when this CPU's thread goes on.
unsafe fn choose(yields: bool) {
    let here = curcpu();
    let me = cpu_of(here);
    (*me).yields = yields;
    let mut ways: [MaybeUninit<Way>; MAX_WAYS] = [const { MaybeUninit::uninit() }; MAX_WAYS];
    let running = ext(curthread());
    let det = &mut *DET.0.get();
    if curthread() != (*me).idle && !(*running).polling {
        det.activity += 1;
    }
    if !(*running).internal {
        // Not before: on its way to whoever polls, a CPU looks several times.
        det.desperate = false;
        if !(*running).polling {
            det.progress = time::uptime();
        }
    }
    let (count, current) = loop {
        let found = gather(&mut ways, here);
        if found.0 > 0 {
            break found;
        }
        pass_time((*DET.0.get()).desperate);
    };
    // SAFETY: `gather` wrote the first `count`.
    let ways: &[Way] = std::slice::from_raw_parts(ways.as_ptr().cast(), count);
    take(ways[decide(ways, current)], here);
}

/// The other ways than to go on, between two instructions of the object.
///
/// # Safety
/// Runs on a simulated CPU in MODE=det.
pub unsafe fn others() -> usize {
    let mut ways: [MaybeUninit<Way>; MAX_WAYS] = [const { MaybeUninit::uninit() }; MAX_WAYS];
    let (count, current) = gather(&mut ways, curcpu());
    count - usize::from(current.is_some())
}

/// Takes one of them, counted from 0, before the instruction at `pc`, which is
/// the object's `number`th; returns when this CPU's thread goes on.
///
/// # Safety
/// Runs on a simulated CPU in MODE=det, between two instructions of the object.
pub unsafe fn interrupt(other: usize, pc: usize, number: u64) {
    let here = curcpu();
    let mut ways: [MaybeUninit<Way>; MAX_WAYS] = [const { MaybeUninit::uninit() }; MAX_WAYS];
    let (count, current) = gather(&mut ways, here);
    // SAFETY: `gather` wrote the first `count`.
    let ways: &[Way] = std::slice::from_raw_parts(ways.as_ptr().cast(), count);
    let mut others = (0..count).filter(|&index| current != Some(index));
    let Some(taken) = others.nth(other).map(|index| ways[index]) else {
        report::fail(
            Kind::Internal,
            format!("before instruction {number} there is no other way {other}"),
        );
    };
    trace::note("preempted", &[pc, number as usize]);
    if let Some(scheduler) = &mut (*DET.0.get()).scheduler {
        scheduler.interrupted(taken);
    }
    take(taken, here);
}

/// Takes a way; returns when the thread of the CPU `here` goes on.
unsafe fn take(taken: Way, here: usize) {
    let there = usize::from(taken.cpu);
    let chosen = cpu_of(there);
    (*chosen).preempt = taken.kind == WayKind::Preempt;
    let spin = (*chosen).spin.take();
    if (*chosen).preempt {
        // Who spins and is preempted need not come back before it can go on.
        (*ext(curthread_of(there))).gate = spin;
    }
    if there != here {
        let from = ext(curthread());
        let to = ext(curthread_of(there));
        cpu::become_cpu(there);
        coro::switch(
            &raw mut (*from).rsp,
            &raw const (*to).rsp,
            (*to).stack,
            ptr::null_mut(),
            0,
            ptr::null(),
            0,
        );
    }
    // Back on this CPU: in its thread, which has not left it.
    let me = cpu_of(curcpu());
    (*me).yields = false;
    if (*me).preempt {
        (*me).preempt = false;
        let ext = ext(curthread());
        (*ext).preempted = true;
        switch::preempt();
        (*ext).preempted = false;
    }
}

/// Writes the ways in which the machine can go on; says how many there are and
/// which one lets the CPU `here` run on.
unsafe fn gather(ways: &mut [MaybeUninit<Way>; MAX_WAYS], here: usize) -> (usize, Option<usize>) {
    let mut count = 0;
    let mut current = None;
    let mut add = |cpu: usize, kind: WayKind, td: *mut thread| {
        if count < MAX_WAYS {
            ways[count].write(Way {
                cpu: cpu as u8,
                kind,
                // SAFETY: threads on CPUs and queues have extensions.
                thread: unsafe { (*ext(td)).number },
            });
            count += 1;
        }
        count - 1
    };
    for number in 0..ncpus() {
        let it = cpu_of(number);
        let td = curthread_of(number);
        if td == (*it).idle && (*it).spin.is_none() && (*td).td_critnest == 0 {
            if let Some(next) = sched::work_for(number) {
                let kind = if (*ext(next)).only_waits() {
                    WayKind::Yield
                } else {
                    WayKind::Dispatch
                };
                add(number, kind, next);
            }
            continue;
        }
        if (*it).spin.is_none_or(|gate| gate.is_open()) {
            let kind = if (*it).yields {
                WayKind::Yield
            } else {
                WayKind::Run
            };
            let index = add(number, kind, td);
            if number == here {
                current = Some(index);
            }
        }
        if (*td).td_critnest == 0
            && td != (*it).idle
            && !(*ext(td)).preempted
            && let Some(next) = sched::queued_for(number)
        {
            add(number, WayKind::Preempt, next);
        }
    }
    (count, current)
}

/// Nobody can go on: lets those look who poll, then virtual time pass.
unsafe fn pass_time(desperate: bool) {
    let det = &mut *DET.0.get();
    if !desperate {
        det.desperate = true;
        return;
    }
    det.desperate = false;
    let Some(next) = time::next_event() else {
        stuck::deadlock("nobody can go on and no timer is set");
    };
    if next > det.progress + PATIENCE * u64::from(time::rate()) {
        stuck::deadlock("nobody can go on, whatever time passes");
    }
    time::advance(next - time::uptime());
    trace::note("=ticks", &[next as usize]);
}

/// What others have done since a poll.
pub struct Activity {
    activity: u64,
    uptime: u64,
    enough: u64,
}

impl Activity {
    /// A mark from which `enough` points of others are worth another look.
    pub fn now(enough: u64) -> Self {
        // SAFETY: det has one host thread.
        let activity = unsafe { (*DET.0.get()).activity };
        Self {
            activity,
            uptime: time::uptime(),
            enough,
        }
    }

    /// Is it time for another look?
    pub fn is_over(&self) -> bool {
        // SAFETY: det has one host thread.
        let (activity, desperate) = unsafe { ((*DET.0.get()).activity, (*DET.0.get()).desperate) };
        let done = activity - self.activity;
        done >= self.enough || (desperate && done > 0) || time::uptime() != self.uptime
    }
}

/// Fails the run because a function was called in a state in which it must not.
pub fn misuse(text: String) -> ! {
    // SAFETY: the running thread has an extension.
    let who = names::of(curthread() as usize);
    report::fail(Kind::Lock, format!("{who}: {text}"));
}
