//! Mutexes: what is done in place, what is left to the kernel, and the lock
//! words after both.

#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "the structures are the world's own"
)]

use super::*;
use crate::here;
use crate::kpi::fake::process::name_lock;
use crate::kpi::fake::world::{World, spinning, zeroed};
#[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
use crate::kpi::fake::{locks::make_recursable, vars::watch_locks};
use crate::thread::Thread;

/// A free mutex, `m` in the log.
fn mutex() -> (Mutex, *mut sys::mtx) {
    let mtx: *mut sys::mtx = zeroed();
    name_lock(mtx, "m");
    (unsafe { Mutex::from_raw(mtx) }, mtx)
}

/// What the word says: nobody, the current thread, or something else.
fn owner(mtx: *mut sys::mtx) -> &'static str {
    let word = unsafe { (*mtx).mtx_lock };
    if word == sys::KT_MTX_UNOWNED {
        "nobody"
    } else if word & !FLAGS == Thread::current().as_ptr().addr() {
        "me"
    } else {
        "other"
    }
}

/// Sets the word to another thread's address.
#[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
fn give_to_other(world: &World, mtx: *mut sys::mtx) {
    let other = world.loose_thread("other").as_ptr();
    unsafe { (*mtx).mtx_lock = other.expose_provenance() }
}

#[test]
#[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
fn free_sleep_mutex_is_taken_in_place() {
    let world = World::new();
    watch_locks(false);
    let (m, mtx) = mutex();
    m.lock(here!());
    assert_eq!(owner(mtx), "me");
    unsafe { m.unlock(here!()) }
    assert_eq!(owner(mtx), "nobody");
    assert!(world.log().is_empty(), "the kernel was not called");
}

#[test]
#[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
fn contested_sleep_mutex_is_left_to_the_kernel() {
    let world = World::new();
    watch_locks(false);
    let (m, mtx) = mutex();
    give_to_other(&world, mtx);
    world.on("lock m", move || unsafe {
        (*mtx).mtx_lock = sys::KT_MTX_UNOWNED
    });
    m.lock(here!());
    assert_eq!(owner(mtx), "me");
    assert_eq!(world.log(), ["lock m"]);
}

/// A word with flag bits (somebody waits) is not the one that the holder has
/// put there, and waking is the kernel's.
#[test]
#[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
fn unlock_with_waiters_is_left_to_the_kernel() {
    let world = World::new();
    watch_locks(false);
    let (m, mtx) = mutex();
    m.lock(here!());
    unsafe { (*mtx).mtx_lock |= FLAGS & 2 }
    assert!(m.owned(), "the flag bits are not the owner");
    unsafe { m.unlock(here!()) }
    assert_eq!(world.log(), ["unlock m"]);
    assert_eq!(owner(mtx), "nobody");
}

#[test]
#[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
fn free_spin_mutex_is_taken_in_place() {
    let world = World::new();
    watch_locks(false);
    let (m, mtx) = mutex();
    m.lock_spin(here!());
    assert_eq!((owner(mtx), spinning()), ("me", 1));
    unsafe { m.unlock_spin(here!()) }
    assert_eq!((owner(mtx), spinning()), ("nobody", 0));
    assert!(world.log().is_empty(), "the kernel was not called");
}

#[test]
#[cfg(all(SMP, not(any(LOCK_DEBUG, MUTEX_NOINLINE))))]
fn contested_spin_mutex_is_left_to_the_kernel() {
    let world = World::new();
    watch_locks(false);
    let (m, mtx) = mutex();
    give_to_other(&world, mtx);
    world.on("lock m", move || unsafe {
        (*mtx).mtx_lock = sys::KT_MTX_UNOWNED
    });
    m.lock_spin(here!());
    assert_eq!((owner(mtx), spinning()), ("me", 1));
    assert_eq!(world.log(), ["lock m"]);
}

/// The innermost of nested unlocks counts down; the last one lets go.  The
/// critical section is left each time.
#[test]
#[cfg(not(any(LOCK_DEBUG, MUTEX_NOINLINE)))]
fn recursed_spin_mutex_counts_down() {
    let world = World::new();
    watch_locks(false);
    let (m, mtx) = mutex();
    make_recursable(mtx);
    m.lock_spin(here!());
    m.lock_spin(here!());
    assert_eq!(unsafe { (*mtx).lock_object.lo_data }, 1);
    unsafe { m.unlock_spin(here!()) }
    assert_eq!((owner(mtx), spinning()), ("me", 1));
    assert_eq!(unsafe { (*mtx).lock_object.lo_data }, 0);
    unsafe { m.unlock_spin(here!()) }
    assert_eq!((owner(mtx), spinning()), ("nobody", 0));
    assert_eq!(world.log(), ["lock m"], "the second one was not free");
}

/// While lockstat(4) watches, the kernel sees every operation.
#[test]
fn watched_locks_are_the_kernels() {
    let world = World::new();
    let (m, mtx) = mutex();
    m.lock(here!());
    unsafe { m.unlock(here!()) }
    m.lock_spin(here!());
    unsafe { m.unlock_spin(here!()) }
    assert_eq!(world.log(), ["lock m", "unlock m", "lock m", "unlock m"]);
    assert_eq!((owner(mtx), spinning()), ("nobody", 0));
}

#[test]
fn owned_is_of_the_current_thread() {
    let world = World::new();
    let (m, _) = mutex();
    assert!(!m.owned());
    m.lock(here!());
    assert!(m.owned());
    let me = Thread::current();
    world.run(world.loose_thread("other"));
    assert!(!m.owned());
    world.run(me);
    unsafe { m.unlock(here!()) }
}

/// `mtx_assert` goes to the kernel with `INVARIANTS`, and nowhere without.
#[test]
fn assertion_is_made_with_invariants_only() {
    let world = World::new();
    let (m, _) = mutex();
    m.assert(Owned::No, here!());
    if cfg!(INVARIANTS) {
        let text = world.panics(|| m.assert(Owned::Yes, here!()));
        assert_eq!(text, "mutex m not owned");
    } else {
        m.assert(Owned::Yes, here!());
    }
}

/// The thread lock is what `td_lock` points at when it is taken.
#[test]
fn thread_lock_takes_the_threads_present_lock() {
    let world = World::new();
    let (_, mtx) = mutex();
    let td = world.loose_thread("td");
    unsafe {
        (*td.as_ptr()).td_lock = mtx;
        thread_lock(td.as_ptr(), here!());
    }
    assert_eq!(world.log(), ["lock m"]);
    unsafe { td.lock_now().unlock_spin(here!()) }
    assert_eq!((owner(mtx), spinning()), ("nobody", 0));
}
