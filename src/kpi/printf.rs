//! `printf(9)`.

/// `printf(9)`: a line on the console and in the message buffer.
///
/// Unsafe, like any variadic function: the format is a C string whose
/// conversions match the arguments.
#[cfg(not(test))]
#[macro_export]
#[doc(hidden)]
macro_rules! kprintf {
    ($fmt:expr $(, $arg:expr)* $(,)?) => {
        $crate::kpi::sys::printf(::core::ffi::CStr::as_ptr($fmt) $(, $arg)*)
    };
}

/// `printf(9)` for the crate's own tests, where it is no variadic function.
#[cfg(test)]
#[macro_export]
macro_rules! kprintf {
    ($fmt:expr $(, $arg:expr)* $(,)?) => {
        $crate::kpi::sys::printf($fmt, &[$($crate::kpi::fake::text::Arg::from($arg)),*])
    };
}
