//! Leaving a thread's code in the middle.
//!
//! A thread that the object suspends or ends never comes back to the code that
//! it was in: the cases need its effects only.  So such code runs on the stack
//! of who entered it, and is left by a jump.

use super::cpu;

/// Runs `body(argument)` until it returns or calls [`leave`].
///
/// # Safety
/// `body` may be left at any call that it makes; nobody else has entered code
/// on this CPU.
pub unsafe fn enter(body: unsafe extern "C" fn(usize), argument: usize) {
    let slot = &raw mut (*cpu::this()).entered;
    bench_enter(slot, body, argument);
    *slot = 0;
}

/// Has somebody entered code on this CPU that can be left?
#[inline(always)]
pub fn is_inside() -> bool {
    // SAFETY: a CPU's own data.
    unsafe { (*cpu::this()).entered != 0 }
}

/// Goes on behind [`enter`].
///
/// # Safety
/// Between the two nobody has anything to drop.
pub unsafe fn leave() -> ! {
    bench_leave((*cpu::this()).entered)
}

unsafe extern "C" {
    fn bench_enter(slot: *mut usize, body: unsafe extern "C" fn(usize), argument: usize);
    fn bench_leave(stack: usize) -> !;
}

core::arch::global_asm!(
    ".text",
    ".p2align 4",
    ".globl bench_enter",
    ".type bench_enter, @function",
    "bench_enter:",
    "push rbp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "mov [rdi], rsp",
    "mov rdi, rdx",
    // Six words and the return address: one more makes it a multiple of 16.
    "sub rsp, 8",
    "call rsi",
    "add rsp, 8",
    "jmp 2f",
    ".size bench_enter, . - bench_enter",
    ".globl bench_leave",
    ".type bench_leave, @function",
    "bench_leave:",
    "mov rsp, rdi",
    "2:",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbx",
    "pop rbp",
    "ret",
    ".size bench_leave, . - bench_leave",
);
