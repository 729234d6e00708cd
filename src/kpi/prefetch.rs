//! Asking the processor for a structure ahead of its use.

/// Asks for the lines of memory with these fields of a `struct thread`, which are
/// to be written soon.
///
/// `prefetchw` is no vector instruction, and every amd64 processor has it, be it
/// as one without effect.  Other machines are not asked: nobody has measured what
/// it brings there.
#[macro_export]
#[doc(hidden)]
macro_rules! prefetch_thread {
    ($td:expr, $($field:ident $(. $sub:ident)*)+) => {{
        let td: $crate::thread::Thread = $td;
        $(
            #[cfg(all(target_arch = "x86_64", not(miri)))]
            // SAFETY: has no effect on what is in memory, and no address is wrong.
            unsafe {
                ::core::arch::asm!(
                    "prefetchw byte ptr [{td} + {field}]",
                    td = in(reg) td.as_ptr(),
                    field = const ::core::mem::offset_of!($crate::kpi::sys::thread, $field $(. $sub)*),
                    options(nomem, nostack, preserves_flags),
                );
            }
        )+
        let _ = td;
    }};
}
