//! Asking the processor for a structure ahead of its use.

use crate::thread::Thread;

/// Asks for the line of memory with the field at that offset of a `struct thread`.
///
/// A hint: nothing waits for it, and no other CPU loses the line by it, but has to make
/// it its own again before it writes there.
///
/// `prefetcht0` is one of the instructions that came with SSE, but has to do with
/// no register of it: FreeBSD's network drivers have it in the kernel as well.
/// Other machines are not asked: nobody has measured what it brings there.
#[inline(always)]
pub fn fetch<const FIELD: usize>(td: Thread) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: has no effect on what is in memory, and no address is wrong.
    unsafe {
        core::arch::asm!(
            "prefetcht0 byte ptr [{td} + {field}]",
            td = in(reg) td.as_ptr().addr(),
            field = const FIELD,
            options(nomem, nostack, preserves_flags),
        );
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = td;
}

/// [`fetch`] of these fields.
#[macro_export]
#[doc(hidden)]
macro_rules! prefetch_thread {
    ($td:expr, $($field:ident $(. $sub:ident)*)+) => {{
        let td: $crate::thread::Thread = $td;
        $(
            $crate::kpi::prefetch::fetch::<
                { ::core::mem::offset_of!($crate::kpi::sys::thread, $field $(. $sub)*) },
            >(td);
        )+
    }};
}
