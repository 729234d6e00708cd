//! Counting the object's instructions: the processor's trap flag has the host
//! deliver SIGTRAP after each instruction, and those that lie in the object are
//! counted.  What the kernel executes for it is stepped, too, and left out.

use std::arch::asm;
use std::ffi::{c_int, c_void};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::object;

/// The trap flag among the processor's flags.
const TRAP_FLAG: u64 = 1 << 8;

/// The object's instructions: where they begin and how many bytes they take.
static START: AtomicUsize = AtomicUsize::new(0);
static LENGTH: AtomicUsize = AtomicUsize::new(0);
/// Instructions of the object so far.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// How many instructions of the object have been executed under steps.
pub fn taken() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

/// The host's signal: an instruction was executed, the next one is known.
unsafe extern "C" fn trapped(_signal: c_int, _info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the host's context of the code that it interrupted.
    let next = unsafe {
        (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs[libc::REG_RIP as usize] as usize
    };
    if next.wrapping_sub(START.load(Ordering::Relaxed)) < LENGTH.load(Ordering::Relaxed) {
        COUNT.fetch_add(1, Ordering::Relaxed);
    }
}

/// Runs `work` step by step.
pub fn through<R>(work: impl FnOnce() -> R) -> R {
    static READY: Once = Once::new();
    READY.call_once(|| {
        let text = object::text();
        START.store(text.start, Ordering::Relaxed);
        LENGTH.store(text.len(), Ordering::Relaxed);
        // SAFETY: the handler has the type that SA_SIGINFO wants.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = trapped as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO;
            libc::sigaction(libc::SIGTRAP, &raw const action, std::ptr::null_mut());
        }
    });
    // SAFETY: there is a handler for the signals that follow.
    unsafe {
        asm!("pushfq", "or qword ptr [rsp], {flag}", "popfq", flag = const TRAP_FLAG);
    }
    let result = work();
    // SAFETY: the flag that was set above.
    unsafe {
        asm!("pushfq", "and qword ptr [rsp], {rest}", "popfq", rest = const !(TRAP_FLAG as i32));
    }
    result
}
