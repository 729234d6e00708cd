//! Linker sets: records that the kernel finds by the section they are in.
//!
//! A record here is a pointer in a section `set_<name>`; the kernel walks the
//! section.  `#[used]` keeps both through the compiler, the object's own link
//! and an archive.  The sections of SYSINIT and SYSUNINIT are writable, as
//! C's are, because the linker merges sections of different flags silently.

use super::cell::Global;

/// A pointer in a linker set.
#[repr(transparent)]
pub struct Entry<T>(pub *const T);

// SAFETY: written by nobody; it points at a static.
unsafe impl<T> Sync for Entry<T> {}

/// `SYSINIT`: has `$func($arg)` called when the boot reaches `$sub`, `$order`.
#[macro_export]
#[doc(hidden)]
macro_rules! sysinit {
    ($set:literal, $name:ident, $sub:expr, $order:expr, $func:expr, $arg:expr) => {
        const _: () = {
            static $name: $crate::kpi::cell::Global<$crate::kpi::sys::sysinit> =
                $crate::kpi::cell::Global::new($crate::kpi::sys::sysinit {
                    subsystem: $sub,
                    order: $order,
                    // SAFETY: a pointer to the next record, for which all
                    // zeroes is NULL.
                    next: unsafe { ::core::mem::zeroed() },
                    func: Some($func),
                    udata: $arg,
                });

            #[used]
            #[unsafe(link_section = $set)]
            static ENTRY: $crate::kpi::linker_set::WritableEntry<$crate::kpi::sys::sysinit> =
                $crate::kpi::cell::Global::new($name.get());
        };
    };
}

/// An [`Entry`] in a set whose section C makes writable.
pub type WritableEntry<T> = Global<*mut T>;
