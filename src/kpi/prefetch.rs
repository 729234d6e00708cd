//! Asking the processor for a structure ahead of its use.

use crate::thread::Thread;

/// Asks for the line of memory with the field at that offset of a `struct thread`,
/// which is to be written soon.
///
/// `prefetchw` is no vector instruction, and every amd64 processor has it, be it
/// as one without effect.  Other machines are not asked: nobody has measured what
/// it brings there.
#[inline(always)]
pub fn for_writing<const FIELD: usize>(td: Thread) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: has no effect on what is in memory, and no address is wrong.
    unsafe {
        core::arch::asm!(
            "prefetchw byte ptr [{td} + {field}]",
            td = in(reg) td.as_ptr().addr(),
            field = const FIELD,
            options(nomem, nostack, preserves_flags),
        );
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = td;
}

/// [`for_writing`] of these fields.
#[macro_export]
#[doc(hidden)]
macro_rules! prefetch_thread {
    ($td:expr, $($field:ident $(. $sub:ident)*)+) => {{
        let td: $crate::thread::Thread = $td;
        $(
            $crate::kpi::prefetch::for_writing::<
                { ::core::mem::offset_of!($crate::kpi::sys::thread, $field $(. $sub)*) },
            >(td);
        )+
    }};
}
