//! Stacks and the context switch.
//!
//! Coroutines here are symmetric: whoever runs switches to whoever runs next,
//! as a kernel's threads do, and the next one may have been suspended by another
//! host thread.  Coroutine libraries have a resumer to yield to and tie a
//! coroutine to its host thread; and none can store a word between saving the
//! old context and entering the new one, which is the moment when a kernel
//! publishes that a thread has left its CPU.

use super::{heap, sanitize};
use crate::report::{self, Kind};

/// Bytes of a thread's stack.
pub const STACK: usize = 64 * 1024;
/// Stacks that one run can have at a time.
pub const STACKS: usize = 2048;
/// Written to the far end of each stack; gone if the stack was too small.
const CANARY: u64 = 0x5ca1_ab1e_0ddb_a11e;

/// Where the stacks are: at the same address in every run.
const BASE: usize = sanitize::FIXED + 0x100_0000_0000;

/// Reserves the room for all stacks; memory is used when it is touched.
pub fn reserve() -> *mut u8 {
    heap::map(BASE, STACK * STACKS)
}

/// The number of the stack that an address lies in.
#[inline]
pub fn stack_of(address: usize) -> Option<usize> {
    let offset = address.wrapping_sub(BASE);
    (offset < STACK * STACKS).then_some(offset / STACK)
}

/// The stack number `index` of the room at `base`, marked against overflow.
pub fn stack(base: *mut u8, index: usize) -> *mut u8 {
    if index >= STACKS {
        report::fail(
            Kind::Internal,
            format!("more than {STACKS} threads at a time"),
        );
    }
    // SAFETY: within the reserved mapping.
    unsafe {
        let low = base.add(index * STACK);
        low.cast::<u64>().write(CANARY);
        low
    }
}

/// Fails the run if the stack at `low` has overflowed.
pub fn check(low: *const u8, name: impl FnOnce() -> String) {
    // SAFETY: `low` is the first byte of a stack or null (a host thread's own).
    if !low.is_null() && unsafe { low.cast::<u64>().read() } != CANARY {
        report::fail(Kind::Memory, format!("stack overflow in {}", name()));
    }
}

/// A context that starts in `entry`, which must not return.
pub fn prepare(low: *mut u8, entry: extern "C" fn() -> !) -> usize {
    sanitize::unpoison(low.addr(), STACK);
    // SAFETY: the top of a stack that nobody uses.
    unsafe {
        let top = low.add(STACK).cast::<usize>();
        // As a call leaves it: the stack is 16-byte aligned before the return
        // address is pushed; the address itself is never used.
        let ret = top.sub(1);
        ret.write(0);
        ret.sub(1).write(entry as usize);
        let frame = ret.sub(1 + SAVED);
        frame.write_bytes(0, SAVED);
        frame as usize
    }
}

/// Registers that a switch saves.
const SAVED: usize = 6;

/// Saves the running context to `*from`, then stores `value` to `*word`
/// (unless null), waits until `*wait` (unless null) is not `blocked`, and
/// goes on with the context that `*to` holds by then, whose stack is at `low`
/// (null: the first thread's).
///
/// This is the order of amd64's cpu_switch: whoever sees the stored value
/// may run the old context on another CPU; and the new context is not
/// touched before its own switch-out elsewhere is over.
///
/// # Safety
/// `*to` is a context that [`prepare`] or a switch has saved, or is about to,
/// and that nobody else goes on with; the other pointers are valid or null.
#[inline(always)]
pub unsafe fn switch(
    from: *mut usize,
    to: *const usize,
    low: *const u8,
    word: *mut usize,
    value: usize,
    wait: *const usize,
    blocked: usize,
) {
    let left = sanitize::leave(low, word);
    sim_switch(from, to, word, value, wait, blocked);
    sanitize::arrive(left);
}

unsafe extern "C" {
    /// [`switch`] itself.
    fn sim_switch(
        from: *mut usize,
        to: *const usize,
        word: *mut usize,
        value: usize,
        wait: *const usize,
        blocked: usize,
    );
}

core::arch::global_asm!(
    ".text",
    ".p2align 4",
    ".globl sim_switch",
    ".type sim_switch, @function",
    "sim_switch:",
    "push rbp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "mov [rdi], rsp",
    "test rdx, rdx",
    "jz 2f",
    "mov [rdx], rcx",
    "2:",
    "test r8, r8",
    "jz 4f",
    "3:",
    "cmp [r8], r9",
    "jne 4f",
    "pause",
    "jmp 3b",
    "4:",
    "mov rsp, [rsi]",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbx",
    "pop rbp",
    "ret",
    ".size sim_switch, . - sim_switch",
);
