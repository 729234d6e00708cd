//! What AddressSanitizer and ThreadSanitizer are told of the machine: which
//! stack runs, and which memory nobody may touch.
//!
//! The features `asan` and `tsan` are for programs that a sanitizer has
//! instrumented (`make asan`, `make tsan`); without them all of this is nothing.
//!
//! ThreadSanitizer takes each coroutine for a thread ("fiber").  Between two
//! coroutines a CPU is on the fiber of its host thread: the old coroutine may
//! run elsewhere before the new one has left where it was, and a fiber is to be
//! on one host thread at a time.

/// The lowest address of what the machine maps at fixed addresses: where Linux
/// puts nothing by itself, and where ThreadSanitizer expects data.
pub const FIXED: usize = if cfg!(feature = "tsan") {
    0x5500_0000_0000
} else {
    0x2000_0000_0000
};

/// Bytes that are kept free behind each block of the heap.
pub const GAP: usize = if cfg!(feature = "asan") { 32 } else { 0 };

#[cfg(feature = "asan")]
pub use asan::{arrive, begin, leave, poison, start, unpoison};
#[cfg(not(any(feature = "asan", feature = "tsan")))]
pub use plain::{arrive, begin, leave, start};
#[cfg(feature = "tsan")]
pub use tsan::{arrive, begin, leave, start};

/// Nobody may touch these bytes from now on.
#[cfg(not(feature = "asan"))]
#[inline(always)]
pub fn poison(_start: usize, _size: usize) {}

/// These bytes may be touched again.
#[cfg(not(feature = "asan"))]
#[inline(always)]
pub fn unpoison(_start: usize, _size: usize) {}

/// No sanitizer.
#[cfg(not(any(feature = "asan", feature = "tsan")))]
mod plain {
    /// A coroutine that is off its CPU.
    pub struct Left;

    /// The host thread of CPU `_number` has begun to run; `_is_thread` says that
    /// it is on the stack of a simulated thread.
    #[inline(always)]
    pub fn start(_number: usize, _is_thread: bool) {}

    /// The running coroutine is about to switch to the stack at `_low`, or to
    /// the first thread's if this is null; whoever then finds `_word` changed
    /// sees what it did.
    #[inline(always)]
    pub fn leave(_low: *const u8, _word: *const usize) -> Left {
        Left
    }

    /// The coroutine is on a CPU again.
    #[inline(always)]
    pub fn arrive(_left: Left) {}

    /// A new coroutine is on a CPU, with the stack at `_low`.
    #[inline(always)]
    pub fn begin(_low: *const u8) {}
}

#[cfg(feature = "asan")]
mod asan {
    use std::ffi::c_void;
    use std::ptr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use crate::machine::coro::STACK;

    unsafe extern "C" {
        fn __asan_poison_memory_region(start: *const c_void, size: usize);
        fn __asan_unpoison_memory_region(start: *const c_void, size: usize);
        fn __sanitizer_start_switch_fiber(
            saved: *mut *mut c_void,
            bottom: *const c_void,
            size: usize,
        );
        fn __sanitizer_finish_switch_fiber(
            saved: *mut c_void,
            bottom: *mut *const c_void,
            size: *mut usize,
        );
    }

    /// The first thread's stack, which the host made.
    static FIRST: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

    /// A coroutine that is off its CPU: its fake stack.
    pub struct Left(*mut c_void);

    /// Nobody may touch these bytes from now on.
    pub fn poison(start: usize, size: usize) {
        // SAFETY: marks memory of the machine, which exists.
        unsafe { __asan_poison_memory_region(ptr::with_exposed_provenance(start), size) };
    }

    /// These bytes may be touched again.
    pub fn unpoison(start: usize, size: usize) {
        // SAFETY: as `poison`.
        unsafe { __asan_unpoison_memory_region(ptr::with_exposed_provenance(start), size) };
    }

    /// The host thread of a CPU has begun to run; `is_thread` says that it is on
    /// the stack of a simulated thread.
    pub fn start(_number: usize, is_thread: bool) {
        if !is_thread {
            return;
        }
        let mut bottom = ptr::null_mut();
        let mut size = 0;
        // SAFETY: asks for the attributes of the calling host thread and frees
        // what that allocated.
        unsafe {
            let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
            if libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) == 0 {
                libc::pthread_attr_getstack(&raw const attributes, &raw mut bottom, &raw mut size);
                libc::pthread_attr_destroy(&raw mut attributes);
            }
        }
        FIRST[0].store(bottom.expose_provenance(), Ordering::Relaxed);
        FIRST[1].store(size, Ordering::Relaxed);
    }

    /// The running coroutine is about to switch to the stack at `low`, or to
    /// the first thread's if this is null.
    pub fn leave(low: *const u8, _word: *const usize) -> Left {
        let mut saved = ptr::null_mut();
        let (bottom, size) = if low.is_null() {
            let bottom = ptr::with_exposed_provenance(FIRST[0].load(Ordering::Relaxed));
            (bottom, FIRST[1].load(Ordering::Relaxed))
        } else {
            (low.cast(), STACK)
        };
        // SAFETY: the caller switches to that stack next.
        unsafe { __sanitizer_start_switch_fiber(&raw mut saved, bottom, size) };
        Left(saved)
    }

    /// The coroutine is on a CPU again.
    pub fn arrive(left: Left) {
        // SAFETY: the switch that `leave` announced, wherever to, is over.
        unsafe { __sanitizer_finish_switch_fiber(left.0, ptr::null_mut(), ptr::null_mut()) };
    }

    /// A new coroutine is on a CPU.
    pub fn begin(_low: *const u8) {
        arrive(Left(ptr::null_mut()));
    }
}

#[cfg(feature = "tsan")]
mod tsan {
    use std::ffi::{c_uint, c_void};
    use std::ptr;
    use std::sync::atomic::{AtomicPtr, Ordering};

    use crate::machine::coro;
    use crate::machine::cpu::{MAX_CPUS, curcpu};

    unsafe extern "C" {
        fn __tsan_get_current_fiber() -> *mut c_void;
        fn __tsan_create_fiber(flags: c_uint) -> *mut c_void;
        fn __tsan_destroy_fiber(fiber: *mut c_void);
        fn __tsan_switch_to_fiber(fiber: *mut c_void, flags: c_uint);
        fn __tsan_release(word: *const c_void);
        fn __tsan_write1(address: *const c_void);
        fn __tsan_write2(address: *const c_void);
        fn __tsan_write4(address: *const c_void);
        fn __tsan_write8(address: *const c_void);
    }

    /// The fibers of the CPUs' host threads.
    static HOSTS: [AtomicPtr<c_void>; MAX_CPUS] =
        [const { AtomicPtr::new(ptr::null_mut()) }; MAX_CPUS];

    /// The fiber of each stack's last coroutine.
    static FIBERS: [AtomicPtr<c_void>; coro::STACKS] =
        [const { AtomicPtr::new(ptr::null_mut()) }; coro::STACKS];

    /// A coroutine that is off its CPU: its fiber.
    pub struct Left(*mut c_void);

    /// The host thread of CPU `number` has begun to run; `is_thread` says that
    /// it is on the stack of a simulated thread.
    pub fn start(number: usize, is_thread: bool) {
        // SAFETY: a host thread's own fiber is there; so is the new one.
        unsafe {
            HOSTS[number].store(__tsan_get_current_fiber(), Ordering::Relaxed);
            if is_thread {
                __tsan_switch_to_fiber(__tsan_create_fiber(0), 0);
            }
        }
    }

    /// The running coroutine is about to switch to another one; whoever then
    /// finds `word` changed sees what it did.
    pub fn leave(_low: *const u8, word: *const usize) -> Left {
        // SAFETY: the host's fiber waits for this CPU, and nobody else uses it.
        unsafe {
            if !word.is_null() {
                __tsan_release(word.cast());
            }
            let own = __tsan_get_current_fiber();
            let host = HOSTS[curcpu()].load(Ordering::Relaxed);
            if own != host {
                __tsan_switch_to_fiber(host, 0);
            }
            Left(own)
        }
    }

    /// The coroutine is on a CPU again.
    pub fn arrive(left: Left) {
        // SAFETY: its fiber is on no host thread: it was left by `leave`.
        unsafe { __tsan_switch_to_fiber(left.0, 0) };
    }

    /// A new coroutine is on a CPU, with the stack at `low`.
    pub fn begin(low: *const u8) {
        // SAFETY: the stack's last coroutine is dead, and its fiber on no host
        // thread; the host's fiber is this CPU's.
        unsafe {
            let fiber = __tsan_create_fiber(0);
            if let Some(index) = coro::stack_of(low.addr()) {
                let dead = FIBERS[index].swap(fiber, Ordering::Relaxed);
                if !dead.is_null() {
                    __tsan_destroy_fiber(dead);
                }
            }
            __tsan_switch_to_fiber(fiber, 0);
        }
    }

    /// What instrumented code calls before a volatile access.  A volatile read is
    /// a look at what somebody else may be changing, as the kernel takes many,
    /// and says so: it is let pass.  A write counts.
    macro_rules! volatile {
        ($($read:ident, $write:ident: $counts:ident;)*) => {
            $(
                #[unsafe(no_mangle)]
                extern "C" fn $read(_address: *const c_void) {}

                #[unsafe(no_mangle)]
                extern "C" fn $write(address: *const c_void) {
                    // SAFETY: only notes that the caller writes there.
                    unsafe { $counts(address) };
                }
            )*
        };
    }

    volatile! {
        __tsan_volatile_read1, __tsan_volatile_write1: __tsan_write1;
        __tsan_volatile_read2, __tsan_volatile_write2: __tsan_write2;
        __tsan_volatile_read4, __tsan_volatile_write4: __tsan_write4;
        __tsan_volatile_read8, __tsan_volatile_write8: __tsan_write8;
    }
}
