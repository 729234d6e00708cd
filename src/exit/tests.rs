//! The end of a thread, and what is left of a process's last one.

use super::*;
use crate::kpi::fake::locks::is_held;
use crate::kpi::fake::vars as fake_vars;
use crate::kpi::fake::world::{World, spinning};
#[cfg(INVARIANTS)]
use crate::kpi::mutex::Mutex;

/// A world whose own process has another thread, `a`.
fn two() -> (World, Thread, Proc, Thread) {
    let world = World::new();
    let p = world.own_proc();
    let a = world.thread("a", p);
    p.set_p_flag(sys::P_HADTHREADS);
    (world, Thread::current(), p, a)
}

/// Ends the current thread.
fn end(world: &World) {
    let (pl, sl) = world.lock_both(world.own_proc());
    // SAFETY: both locks are held, and no other.
    let call = world.dies(|| unsafe { exit(pl, sl) });
    assert_eq!(call, "sched_throw");
    assert_eq!(spinning(), 0);
}

/// The process lock goes before the thread lock is taken, the spin lock
/// after: whoever waits for the spin lock can then wait for the thread lock.
#[test]
fn exit_calls_in_order() {
    let (world, ..) = two();
    end(&world);
    let mut expected = vec![
        "cpu_thread_exit self",
        "sched_exit_thread a self",
        "unlock p.mtx",
        "lock p.statmtx",
        "lock self.lock",
        "unlock p.slock",
        "ruxagg_locked p self",
        "rucollect",
        "unlock p.statmtx",
    ];
    expected.extend(cfg!(WITNESS).then_some("witness_thread_exit self"));
    expected.push("sched_throw self");
    assert_eq!(world.log(), expected);
}

#[test]
fn exiting_thread_is_unlinked_and_handed_over() {
    let (world, td, p, a) = two();
    end(&world);
    assert!(p.all_threads() == [a]);
    assert_eq!(p.exitthreads().load(Ordering::Relaxed), 1);
    assert_eq!(crate::kpi::fake::pcpu::deadthread(), td.as_ptr());
    assert!(td.state() == State::INACTIVE);
    assert!(!is_held(p.mtx_ptr()) && !is_held(p.slock_ptr()));
}

#[test]
fn accounts_are_closed() {
    let (world, td, ..) = two();
    pcpu::set_switchtime(400);
    // SAFETY: the current thread's own fields.
    unsafe { ((*td.as_ptr()).td_runtime, (*td.as_ptr()).td_incruntime) = (5, 7) }
    end(&world);
    let used = fake_vars::CPU_TICKS - 400;
    // SAFETY: as above.
    unsafe {
        let raw = td.as_ptr();
        assert_eq!(
            ((*raw).td_runtime, (*raw).td_incruntime),
            (5 + used, 7 + used)
        );
        assert_eq!((*raw).td_ru.ru_nvcsw, 1);
    }
    assert_eq!(pcpu::switchtime(), fake_vars::CPU_TICKS);
    assert_eq!(crate::kpi::fake::pcpu::switchticks(), vars::ticks());
    assert_eq!(fake_vars::switches(), 1);
}

/// A process that never had threads keeps its only one.
#[test]
fn last_thread_stays_linked() {
    let world = World::new();
    let (td, p) = (Thread::current(), world.own_proc());
    end(&world);
    assert!(p.all_threads() == [td]);
    assert_eq!(p.exitthreads().load(Ordering::Relaxed), 0);
    assert!(crate::kpi::fake::pcpu::deadthread().is_null());
}

#[test]
fn last_thread_of_a_threaded_process_must_not_exit_by_itself() {
    let world = World::new();
    world.own_proc().set_p_flag(sys::P_HADTHREADS);
    let (pl, sl) = world.lock_both(world.own_proc());
    // SAFETY: both locks are held, and no other.
    let text = world.panics(|| unsafe { exit(pl, sl) });
    assert_eq!(text, "thread_exit: Last thread exiting on its own");
}

/// The single-threader is woken by the last one that it waits for, if there
/// is no other reason to stop.
#[test]
fn exit_wakes_the_single_threader() {
    for (more_flags, running, wakes) in
        [(0, false, 1), (sys::P_STOPPED_SIG, false, 0), (0, true, 0)]
    {
        let (world, _, p, a) = two();
        if running {
            world.thread("b", p);
        }
        let flags = sys::P_HADTHREADS | sys::P_STOPPED_SINGLE | sys::P_SINGLE_EXIT;
        p.set_p_flag(flags | more_flags);
        p.set_single(Some(a.suspended()));
        end(&world);
        assert_eq!(world.count("setrunnable a"), wakes);
        assert_eq!(p.stopped(), (1 - wakes as i32, 0));
    }
}

/// DTrace sees proc:::lwp-exit, before anything has been done.
#[test]
#[cfg(all(KDTRACE_HOOKS, not(has_sdt_tracepoints)))]
fn probe_fires_if_enabled() {
    for id in [0, 9] {
        let (world, ..) = two();
        // SAFETY: the test that holds the world has the statics for itself.
        unsafe { (*records::sdt_proc___lwp__exit.get())[0].id = id }
        end(&world);
        // SAFETY: as above.
        unsafe { (*records::sdt_proc___lwp__exit.get())[0].id = 0 }
        let log = world.log();
        assert_eq!(log.contains(&"probe 9".to_owned()), id == 9);
        if id == 9 {
            assert_eq!(log[0], "probe 9");
        }
    }
}

#[test]
#[cfg(INVARIANTS)]
fn pending_signal_at_the_exit_is_caught() {
    let (world, td, p, _) = two();
    // SAFETY: the current thread's own field; an address only.
    unsafe { (*td.as_ptr()).td_sigqueue.sq_list.tqh_first = td.as_ptr().cast() }
    let (pl, sl) = world.lock_both(p);
    // SAFETY: both locks are held, and no other.
    let text = world.panics(|| unsafe { exit(pl, sl) });
    assert_eq!(text, "signal pending");
}

/// Both process locks are asserted, and that Giant is not held.
#[test]
#[cfg(INVARIANTS)]
fn exit_with_the_wrong_locks_is_caught() {
    let lock = |mtx: *const sys::mtx| {
        // SAFETY: a mutex of the world.
        unsafe { Mutex::from_raw(mtx.cast_mut()) }
    };
    for (locks, text) in [
        ([false, true, false], "mutex p.mtx not owned"),
        ([true, false, false], "mutex p.slock not owned"),
        ([true, true, true], "mutex Giant owned"),
    ] {
        let (world, _, p, _) = two();
        let mutexes = [p.mtx_ptr(), p.slock_ptr(), &raw const sys::Giant];
        for (&held, mutex) in locks.iter().zip(mutexes) {
            if held {
                lock(mutex).lock(here!());
            }
        }
        // SAFETY: the contract is broken, and the assertion says so.
        let said = world.panics(|| unsafe { exit(ProcLocked::assume(p), ProcSlocked::assume(p)) });
        assert_eq!(said, text);
        assert_eq!(world.count("cpu_thread_exit self"), 0, "too late");
    }
}

#[test]
#[cfg(INVARIANTS)]
fn exit_with_temporary_credentials_is_caught() {
    let (world, td, p, _) = two();
    // SAFETY: the current thread's own field.
    unsafe { (*td.as_ptr()).td_realucred = ptr::null_mut() }
    let (pl, sl) = world.lock_both(p);
    // SAFETY: both locks are held, and no other.
    let text = world.panics(|| unsafe { exit(pl, sl) });
    assert!(text.contains("td->td_realucred == td->td_ucred"), "{text}");
}

#[test]
#[cfg(INVARIANTS)]
fn wait_with_giant_is_caught() {
    let world = World::new();
    // SAFETY: a static of the fake kernel.
    unsafe { Mutex::from_raw(&raw mut sys::Giant) }.lock(here!());
    // SAFETY: the contract is broken, and the assertion says so.
    let text = world.panics(|| unsafe { wait(world.own_proc()) });
    assert_eq!(text, "mutex Giant owned");
}

/// The thread lock is taken and given up: its CPU has left the thread then.
#[test]
fn wait_cleans_the_last_thread_up() {
    let world = World::booted(200);
    let p = world.own_proc();
    // SAFETY: the process is ours alone.
    unsafe { wait(p) }
    assert_eq!(
        world.log(),
        [
            "lock self.lock",
            "unlock self.lock",
            "cpuset_rel NULL",
            "cpu_thread_clean self",
            "crcowfree self",
            "lim_free self.limit",
            "callout_drain",
        ]
    );
}

#[test]
#[cfg(INVARIANTS)]
fn wait_for_a_process_with_threads_is_caught() {
    let (world, _, p, a) = two();
    // SAFETY: the contract is broken, and the assertion says so.
    let text = world.panics(|| unsafe { wait(p) });
    assert_eq!(text, "multiple threads in thread_wait()");

    let mut pl = world.lock_proc(p);
    // SAFETY: linked.
    unsafe { link::thread_unlink(a, &mut pl) }
    pl.unlock(here!());
    p.exitthreads().store(1, Ordering::Relaxed);
    // SAFETY: as above.
    let text = world.panics(|| unsafe { wait(p) });
    assert_eq!(text, "p_exitthreads leaking");
}
