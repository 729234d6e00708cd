//! What threads do at every return to user mode and in long loops, when nothing
//! is asked of them; and catching up with the process's credentials.

use super::{Entry, Parts, Worker, check};
use crate::kernel::cred;
use crate::kernel::lock::{proc_lock, proc_unlock};
use crate::machine::clock::Watch;
use crate::machine::cpu::curthread;
use crate::object::{
    thread_check_susp, thread_cow_update, thread_suspend_check, thread_suspend_check_needed,
};
use crate::sys::{thread, ucred};

/// Operations whose instructions are counted.
const COUNTED: u64 = 64;

/// The cases.
pub fn entries() -> Vec<Entry> {
    let entry = |name: &str, make: Box<dyn Fn() -> Result<Parts, String>>| Entry {
        name: format!("check/{name}"),
        group: "check",
        size: None,
        threads: 1,
        unit: "call",
        make,
    };
    vec![
        entry("suspend-check", Box::new(|| held(suspend_check))),
        entry("suspend-check-needed", Box::new(|| held(needed))),
        entry("check-susp", Box::new(|| free(check_susp))),
        entry("cow-update", Box::new(|| free(cow_update))),
        entry("cow-update-changed", Box::new(changed)),
    ]
}

/// Calls a function again and again.
struct Calls {
    /// Whether the process lock is held.
    locked: bool,
    call: unsafe fn(*mut thread) -> bool,
}

impl Worker for Calls {
    fn run(&mut self, count: u64, watch: &mut Watch) {
        let td = curthread();
        let call = self.call;
        // SAFETY: the running thread and its process; the lock as the call
        // wants it.
        unsafe {
            if self.locked {
                proc_lock((*td).td_proc);
            }
            watch.lap(|| {
                for _ in 0..count {
                    call(td);
                }
            });
            if self.locked {
                proc_unlock((*td).td_proc);
            }
        }
    }
}

unsafe fn suspend_check(_td: *mut thread) -> bool {
    thread_suspend_check(0) == 0
}

unsafe fn needed(_td: *mut thread) -> bool {
    !thread_suspend_check_needed()
}

unsafe fn check_susp(td: *mut thread) -> bool {
    thread_check_susp(td, true) == 0
}

unsafe fn cow_update(td: *mut thread) -> bool {
    thread_cow_update(td);
    (*td).td_cowgen == (*(*td).td_proc).p_cowgen
}

/// A function that is called with the process lock held.
fn held(call: unsafe fn(*mut thread) -> bool) -> Result<Parts, String> {
    let td = curthread();
    // SAFETY: the running thread, whose process lock is held as it should be.
    let right = unsafe {
        proc_lock((*td).td_proc);
        let right = call(td);
        proc_unlock((*td).td_proc);
        right
    };
    parts(Calls { locked: true, call }, right)
}

/// A function that is called without locks.
fn free(call: unsafe fn(*mut thread) -> bool) -> Result<Parts, String> {
    // SAFETY: the running thread, without locks.
    let right = unsafe { call(curthread()) };
    parts(
        Calls {
            locked: false,
            call,
        },
        right,
    )
}

fn parts(calls: Calls, right: bool) -> Result<Parts, String> {
    check(right, "something is asked of the thread")?;
    Ok(Parts {
        workers: vec![Box::new(calls)],
        meanwhile: None,
        finish: Box::new(|| ()),
        counted: COUNTED,
    })
}

/// Catches up with a process whose credential is another one each time.
struct Changes {
    creds: [*mut ucred; 2],
}

// SAFETY: credentials have locks of their own.
unsafe impl Send for Changes {}

impl Worker for Changes {
    fn run(&mut self, count: u64, watch: &mut Watch) {
        let creds = self.creds;
        let td = curthread();
        // SAFETY: the running thread and its process, which nobody else knows
        // meanwhile; both credentials stay.
        unsafe {
            let p = (*td).td_proc;
            watch.lap(|| {
                for _ in 0..count {
                    (*p).p_ucred = creds[usize::from((*td).td_ucred == creds[0])];
                    (*p).p_cowgen += 1;
                    thread_cow_update(td);
                }
            });
        }
    }
}

fn changed() -> Result<Parts, String> {
    let td = curthread();
    // SAFETY: the running thread.
    let old = unsafe { (*(*td).td_proc).p_ucred };
    let mut changes = Changes {
        creds: [old, cred::new()],
    };
    changes.run(1, &mut Watch::default());
    // SAFETY: as above.
    let caught_up = unsafe { (*td).td_ucred == changes.creds[1] };
    check(caught_up, "the thread has not caught up")?;
    Ok(Parts {
        workers: vec![Box::new(changes)],
        meanwhile: None,
        finish: Box::new(move || {
            // SAFETY: the running thread goes back to what it had.
            unsafe {
                (*(*td).td_proc).p_ucred = old;
                thread_cow_update(td);
            }
        }),
        counted: COUNTED,
    })
}
