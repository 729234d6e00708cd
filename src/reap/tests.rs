//! Zombies: pushed, reaped by domain, looked for by the callout, waited for.

use super::*;
use crate::count::tests::counted;
use crate::events::_eventhandler_list_thread_dtor;
use crate::kpi::fake::events::subscribe;
use crate::kpi::fake::vars as fake_vars;
use crate::kpi::fake::world::{World, called, name, name_of};
use crate::tid::Lwpid;

/// Forgets every zombie.
pub(crate) fn power_off() {
    for domain in &DOMAINS {
        domain.zombies.store(ptr::null_mut(), Ordering::Relaxed);
        domain.reapticks.store(0, Ordering::Relaxed);
    }
    // SAFETY: the world that ends has the statics for itself.
    unsafe { *REAP_TASK.get() = MaybeUninit::zeroed() }
}

/// A thread that has exited, and whose CPU has left its stack, is taken over.
fn stash(td: Thread) {
    // SAFETY: nothing ever ran on its stack.
    unsafe { super::stash(td) }
}

/// A booted world of that many memory domains.
fn world_of(domains: c_int) -> World {
    let world = World::booted(200);
    fake_vars::set_domains(domains);
    world
}

/// Which of these have been reaped?
fn reaped(threads: &[Thread]) -> Vec<bool> {
    threads.iter().map(|td| td.tid() == Lwpid::NONE).collect()
}

/// `SINGLE_EXIT` waits for what is counted in `p_exitthreads`.
#[test]
fn stashed_thread_is_no_longer_exiting() {
    let world = world_of(1);
    let td = world.exited(1, 0)[0];
    assert_eq!(td.proc().exitthreads().load(Ordering::Relaxed), 1);
    stash(td);
    assert_eq!(td.proc().exitthreads().load(Ordering::Relaxed), 0);
    assert!(world.log().is_empty(), "no lock, no call");
}

#[test]
fn stashed_last_is_reaped_first() {
    let world = world_of(1);
    world.exited(3, 0).into_iter().for_each(stash);
    reap_local();
    let freed: Vec<_> = world.log();
    let freed: Vec<_> = freed
        .iter()
        .filter(|l| l.starts_with("uma_zfree"))
        .collect();
    assert_eq!(
        freed,
        ["uma_zfree item3", "uma_zfree item2", "uma_zfree item1"]
    );
    assert_eq!(counted(), 1);
}

#[test]
fn empty_domain_is_only_looked_at() {
    let world = world_of(1);
    fake_vars::pass_ticks(50);
    reap_local();
    assert!(world.log().is_empty());
    assert_eq!(DOMAINS[0].reapticks.load(Ordering::Relaxed), 0);
}

#[test]
fn each_domain_has_its_own_list() {
    let world = world_of(3);
    let threads = [0, 1, 2].map(|domain| world.exited(1, domain)[0]);
    threads.into_iter().for_each(stash);
    pcpu::set_domain(1);
    reap_local();
    assert_eq!(reaped(&threads), [false, true, false]);
    reap_all();
    assert_eq!(reaped(&threads), [true, true, true]);
}

/// This CPU's domain comes first, the others round from there.
#[test]
fn reap_all_begins_with_this_cpus_domain() {
    let world = world_of(3);
    let threads = [0, 1, 2].map(|domain| world.exited(1, domain)[0]);
    for (domain, td) in threads.into_iter().enumerate() {
        name(td.as_ptr(), format_args!("in{domain}"));
        stash(td);
    }
    pcpu::set_domain(2);
    reap_all();
    let mut order = world.log();
    order.retain(|line| line.starts_with("uma_zfree"));
    assert_eq!(order, ["uma_zfree in2", "uma_zfree in0", "uma_zfree in1"]);
}

unsafe extern "C" fn note(_arg: *mut c_void, td: *mut sys::thread) {
    // SAFETY: a thread of the world.
    called(format_args!("dtor {} {}", name_of(td), unsafe {
        (*td).td_tid
    }));
}

/// Handlers see the thread as it was, with its id.
#[test]
fn handlers_are_told_before_the_thread_is_taken_apart() {
    let world = world_of(1);
    subscribe(&_eventhandler_list_thread_dtor, note, ptr::null_mut());
    stash(world.exited(1, 0)[0]);
    reap_local();
    let calls = world.calls();
    assert_eq!(calls[0], "dtor item1 100001");
}

/// A thread that is stashed while a handler runs waits for the next round.
#[test]
fn zombie_that_comes_meanwhile_is_kept() {
    let world = world_of(1);
    subscribe(&_eventhandler_list_thread_dtor, note, ptr::null_mut());
    let threads = world.exited(2, 0);
    stash(threads[0]);
    let late = threads[1];
    world.on("dtor item1", move || stash(late));
    reap_local();
    assert_eq!(reaped(&threads), [true, false]);
    reap_local();
    assert_eq!(reaped(&threads), [true, true]);
}

/// More than five seconds without a reaping, and something to reap.
#[test]
fn callout_starts_the_task_for_old_zombies_only() {
    for (passed, stashed, starts) in [(500, true, 0), (501, true, 1), (501, false, 0)] {
        let world = world_of(2);
        let now = vars::ticks();
        for domain in &DOMAINS {
            domain.reapticks.store(now, Ordering::Relaxed);
        }
        if stashed {
            stash(world.exited(1, 1)[0]);
        }
        fake_vars::pass_ticks(passed);
        // SAFETY: initialised by the boot.
        unsafe { reap_callout_cb(ptr::null_mut()) }
        let log = world.log();
        let started = log.iter().filter(|l| *l == "taskqueue_enqueue").count();
        assert_eq!(started, starts, "{passed} ticks, {stashed}");
        assert_eq!(log.last().unwrap(), "callout_reset 21000", "it comes back");
    }
}

/// A reaping makes the domain young again.
#[test]
fn reaping_notes_when_it_was() {
    let world = world_of(1);
    stash(world.exited(1, 0)[0]);
    fake_vars::pass_ticks(2000);
    reap_local();
    assert_eq!(DOMAINS[0].reapticks.load(Ordering::Relaxed), vars::ticks());
}

/// Whoever waits for room need not wait for the end of a long reaping.
#[test]
fn threads_are_uncounted_while_reaping_goes_on() {
    let world = World::booted(300);
    let threads = world.exited(40, 0);
    threads.into_iter().for_each(stash);
    // Number 8 of 40 is the 33rd to be freed.
    world.on("uma_zfree item8", || assert_eq!(counted(), 41 - 32));
    // With the ids' lock, threads are uncounted as often as ids are freed.
    #[cfg(not(feature = "c-algorithms"))]
    world.on("uma_zfree item24", || assert_eq!(counted(), 41 - 16));
    reap_local();
    world.assert_all_used();
    assert_eq!(counted(), 1);
}

/// The age is a difference: `ticks` wraps.
#[test]
fn age_survives_the_wrap_of_ticks() {
    let world = world_of(1);
    stash(world.exited(1, 0)[0]);
    DOMAINS[0]
        .reapticks
        .store(c_int::MAX - 100, Ordering::Relaxed);
    let now = |passed| (c_int::MAX - 100_i32).wrapping_add(passed);
    assert!(!wants_reap(&DOMAINS[0], now(500)));
    assert!(wants_reap(&DOMAINS[0], now(501)));
}

#[test]
fn one_task_is_enough_for_all_domains() {
    let world = world_of(3);
    for domain in 0..3 {
        stash(world.exited(1, domain)[0]);
    }
    world.forget_log();
    fake_vars::pass_ticks(1000);
    // SAFETY: initialised by the boot.
    unsafe { reap_callout_cb(ptr::null_mut()) }
    assert_eq!(world.count("taskqueue_enqueue"), 1);
}

/// What `TASK_INIT` writes, whatever was there; the context is not used.
#[test]
fn task_is_made_from_nothing() {
    let _world = world_of(1);
    // SAFETY: integers and pointers: zero is a value.
    let mut task: sys::task = unsafe { core::mem::zeroed() };
    (task.ta_pending, task.ta_priority, task.ta_flags) = (1, 2, 3);
    let context = (&raw mut task).cast();
    // SAFETY: on no queue.
    unsafe { init_task(&raw mut task, context) }
    assert_eq!(
        (task.ta_pending, task.ta_priority, task.ta_flags),
        (0, 0, 0)
    );
    assert_eq!(task.ta_context, context);
    assert!(task.ta_func.is_some());
}

/// The callout's task reaps everything once its queue runs it.
#[test]
fn callouts_task_reaps_everything() {
    let world = world_of(2);
    let threads = [0, 1].map(|domain| world.exited(1, domain)[0]);
    threads.into_iter().for_each(stash);
    fake_vars::pass_ticks(1000);
    // SAFETY: initialised by the boot.
    unsafe {
        reap_callout_cb(ptr::null_mut());
        sys::taskqueue_drain(sys::taskqueue_thread, REAP_TASK.get().cast());
    }
    assert_eq!(reaped(&threads), [true, true]);
}

/// CPUs are made to switch first; then everything is reaped, and the task's
/// memory given back.
#[test]
fn barrier_reaps_what_had_exited() {
    let world = world_of(2);
    let threads = world.exited(2, 1);
    stash(threads[0]);
    let late = threads[1];
    world.on("quiesce_all_cpus", move || stash(late));
    let blocks = world.blocks();
    barrier();
    assert_eq!(reaped(&threads), [true, true]);
    let mut log = world.log();
    log.retain(|line| !["uma", "free"].iter().any(|w| line.starts_with(w)));
    let steps = [
        "quiesce_all_cpus",
        "malloc M_TEMP",
        "taskqueue_enqueue",
        "taskqueue_drain",
    ];
    assert_eq!(log[..4], steps);
    // Each reaped thread has become a free item of the zone.
    assert_eq!(world.blocks(), blocks + 2);
}
