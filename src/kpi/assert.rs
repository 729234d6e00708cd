//! `KASSERT(9)`, `MPASS` and `panic(9)`.
//!
//! The texts are interface: people grep crash dumps for them, so format and
//! expression are C's to the letter.  File and line are ours.

/// `panic(9)`: prints, then stops the machine or drops into the debugger.
///
/// Never core's panic: this one is the kernel's, with a C format.
#[cfg(not(test))]
#[macro_export]
#[doc(hidden)]
macro_rules! kpanic {
    ($fmt:expr $(, $arg:expr)* $(,)?) => {{
        // SAFETY: panic(9) may be called anywhere; the format is a C string
        // whose conversions match the arguments given.
        #[allow(unused_unsafe, reason = "some of the callers are unsafe code")]
        unsafe {
            $crate::kpi::sys::panic(::core::ffi::CStr::as_ptr($fmt) $(, $arg)*)
        };
    }};
}

/// `panic(9)` for the crate's own tests, where it is no variadic function.
#[cfg(test)]
#[macro_export]
macro_rules! kpanic {
    ($fmt:expr $(, $arg:expr)* $(,)?) => {
        $crate::kpi::sys::panic($fmt, &[$($crate::kpi::fake::text::Arg::from($arg)),*])
    };
}

/// `KASSERT`: under `INVARIANTS`, panics with the given format and arguments
/// unless the condition holds; otherwise neither is evaluated.
#[macro_export]
#[doc(hidden)]
macro_rules! kassert {
    ($cond:expr, $fmt:expr $(, $arg:expr)* $(,)?) => {{
        #[cfg(INVARIANTS)]
        if !$cond {
            $crate::kpanic!($fmt $(, $arg)*);
        }
    }};
}

/// `MPASS`: [`kassert!`] whose message is the expression, in C's words.
#[macro_export]
#[doc(hidden)]
macro_rules! mpass {
    ($cond:expr, $text:expr) => {{
        #[cfg(INVARIANTS)]
        {
            let site = $crate::here!();
            $crate::kassert!(
                $cond,
                c"Assertion %s failed at %s:%d",
                ::core::ffi::CStr::as_ptr($text),
                site.file(),
                site.line(),
            );
        }
    }};
}
