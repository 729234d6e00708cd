//! Waits on words of user memory, and loops that a conflict keeps going.

use core::ffi::{c_int, c_void};

use crate::kern::host_lock::HostLock;
use crate::kern::proc::KernelMutex;
use crate::machine::api::*;
use crate::object::thread_check_susp;
use crate::sys::{EINTR, ETIMEDOUT, EWOULDBLOCK, KT_ERESTART, KT_PCATCH, KT_PWAIT, thread};

/// The chain of waiters: (word, thread), first come first served.
static CHAIN: KernelMutex = KernelMutex::new();
static WAITERS: HostLock<Vec<(usize, usize)>> = HostLock::new(Vec::new());

/// Makes the lock.
pub fn init() {
    CHAIN.init(c"umtxchain");
}

/// Sleeps while `*word` is `value`; `ticks` 0 is for ever.
///
/// # Safety
/// No locks; `word` is valid; `td` is the current thread.
pub unsafe fn wait(td: *mut thread, word: *const u32, value: u32, ticks: c_int) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let me = (word as usize, td as usize);
        CHAIN.lock();
        if word.read_volatile() != value {
            CHAIN.unlock();
            return 0;
        }
        WAITERS.with(|all| all.push(me));
        let channel = (*td).td_umtxq.cast::<c_void>();
        let mut error = 0;
        while error == 0 && WAITERS.with(|all| all.contains(&me)) {
            error = sleep(channel, CHAIN.get(), KT_PWAIT | KT_PCATCH, c"uwait", ticks);
        }
        let woken = !WAITERS.with(|all| all.contains(&me));
        WAITERS.with(|all| all.retain(|&waiter| waiter != me));
        CHAIN.unlock();
        match error {
            _ if woken => 0,
            e if e == EWOULDBLOCK as c_int => ETIMEDOUT as c_int,
            e if e == KT_ERESTART && ticks != 0 => EINTR as c_int,
            e => e,
        }
    }
}

/// Wakes at most `n` waiters of the word at `word`.
///
/// # Safety
/// No locks.
pub unsafe fn wake(word: usize, n: c_int) {
    // SAFETY: by contract; waiters are alive while they are in the list.
    unsafe {
        CHAIN.lock();
        let mut woken = Vec::new();
        WAITERS.with(|all| {
            all.retain(|&(at, td)| {
                let hit = at == word && (woken.len() as c_int) < n;
                if hit {
                    woken.push(td as *mut thread);
                }
                !hit
            });
        });
        for td in woken {
            wakeup((*td).td_umtxq.cast());
        }
        CHAIN.unlock();
    }
}

/// A system call whose compare-and-set fails while `*conflict` is not zero.
///
/// # Safety
/// No locks; `conflict` is valid; `td` is the current thread.
pub unsafe fn cas_retry(td: *mut thread, conflict: *const c_int, can_sleep: bool) -> c_int {
    // SAFETY: by contract.
    unsafe {
        while conflict.read_volatile() != 0 {
            yield_point("casueword retry", &[td as usize]);
            let error = thread_check_susp(td, can_sleep);
            if error != 0 {
                return error;
            }
        }
        0
    }
}
