//! System calls that sleep.

use core::ffi::{c_int, c_void};

use crate::kern::proc::KernelMutex;
use crate::machine::api::*;
use crate::sys::{EINTR, EWOULDBLOCK, KT_ERESTART, KT_PCATCH, KT_PWAIT, thread};

/// A place to sleep on: `struct sim_chan`.
#[repr(C)]
pub struct Channel {
    woken: u32,
}

/// A pipe: `struct sim_pipe`.
#[repr(C)]
pub struct Pipe {
    bytes: u32,
    readers: u32,
}

impl Pipe {
    /// An empty pipe.
    pub const fn new() -> Self {
        Self {
            bytes: 0,
            readers: 0,
        }
    }
}

/// Guards all channels and pipes.
static CHANNELS: KernelMutex = KernelMutex::new();

/// Makes the lock.
pub fn init() {
    CHANNELS.init(c"channel");
}

/// nanosleep(2).
///
/// # Safety
/// No locks; so for all that follow.
pub unsafe fn nanosleep(ticks: c_int) -> c_int {
    static CHANNEL: u8 = 0;
    // SAFETY: by contract.
    match unsafe {
        tsleep(
            (&raw const CHANNEL).cast(),
            KT_PWAIT | KT_PCATCH,
            c"nanslp",
            ticks,
        )
    } {
        e if e == EWOULDBLOCK as c_int => 0,
        e if e == KT_ERESTART => EINTR as c_int,
        e => e,
    }
}

/// Waits for a disk: nothing interrupts it.
///
/// # Safety
/// As [`nanosleep`].
pub unsafe fn disk_wait(td: *mut thread, ticks: c_int) -> c_int {
    // SAFETY: by contract; nobody else sleeps on this part of the thread.
    unsafe {
        tsleep(
            (&raw const (*td).td_vslock_sz).cast::<c_void>(),
            KT_PWAIT,
            c"biord",
            ticks,
        );
    }
    0
}

/// Sleeps until the next wakeup of a channel; `ticks` 0 is for ever.
///
/// # Safety
/// As [`nanosleep`]; `channel` is valid.
pub unsafe fn wait(channel: *mut Channel, interruptible: bool, ticks: c_int) -> c_int {
    let priority = KT_PWAIT | if interruptible { KT_PCATCH } else { 0 };
    // SAFETY: by contract; the counter is guarded.
    unsafe {
        CHANNELS.lock();
        let before = (&raw const (*channel).woken).read_volatile();
        let mut error = 0;
        while error == 0 && (&raw const (*channel).woken).read_volatile() == before {
            error = sleep(channel.cast(), CHANNELS.get(), priority, c"chan", ticks);
        }
        CHANNELS.unlock();
        error
    }
}

/// Wakes all that sleep on a channel.
///
/// # Safety
/// As [`wait`].
pub unsafe fn wake(channel: *mut Channel) {
    // SAFETY: by contract.
    unsafe {
        CHANNELS.lock();
        let woken = &raw mut (*channel).woken;
        woken.write_volatile(woken.read_volatile() + 1);
        wakeup(channel.cast());
        CHANNELS.unlock();
    }
}

/// Reads one byte, or waits for it.
///
/// # Safety
/// As [`wait`].
pub unsafe fn pipe_read(pipe: *mut Pipe) -> c_int {
    // SAFETY: by contract.
    unsafe {
        CHANNELS.lock();
        let bytes = &raw mut (*pipe).bytes;
        let readers = &raw mut (*pipe).readers;
        let mut error = 0;
        while error == 0 && bytes.read_volatile() == 0 {
            readers.write_volatile(readers.read_volatile() + 1);
            error = sleep(
                pipe.cast(),
                CHANNELS.get(),
                KT_PWAIT | KT_PCATCH,
                c"piperd",
                0,
            );
            readers.write_volatile(readers.read_volatile() - 1);
        }
        if error == 0 {
            bytes.write_volatile(bytes.read_volatile() - 1);
        }
        CHANNELS.unlock();
        error
    }
}

/// Writes one byte.
///
/// # Safety
/// As [`wait`].
pub unsafe fn pipe_write(pipe: *mut Pipe) -> c_int {
    // SAFETY: by contract.
    unsafe {
        CHANNELS.lock();
        let bytes = &raw mut (*pipe).bytes;
        bytes.write_volatile(bytes.read_volatile() + 1);
        wakeup(pipe.cast());
        CHANNELS.unlock();
    }
    0
}
