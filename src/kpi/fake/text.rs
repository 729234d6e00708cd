//! `panic(9)` and `printf(9)`: their texts, put together as the kernel would.
//!
//! A conversion that its argument does not fit is a failure of the test, so
//! each message that a test provokes also has its format checked.

use super::world::called;
use std::ffi::{CStr, c_char, c_int, c_uint};

/// An argument of a variadic function, as C would pass it.
#[derive(Clone, Copy, Debug)]
pub enum Arg {
    Int(c_int),
    Unsigned(c_uint),
    Pointer(*const ()),
}

impl From<c_int> for Arg {
    fn from(value: c_int) -> Self {
        Self::Int(value)
    }
}

impl From<c_uint> for Arg {
    fn from(value: c_uint) -> Self {
        Self::Unsigned(value)
    }
}

impl<T> From<*const T> for Arg {
    fn from(value: *const T) -> Self {
        Self::Pointer(value.cast())
    }
}

impl<T> From<*mut T> for Arg {
    fn from(value: *mut T) -> Self {
        Self::Pointer(value.cast_const().cast())
    }
}

/// The text that a format makes of its arguments.
///
/// # Panics
///
/// If they do not fit.
pub fn format(format: &CStr, args: &[Arg]) -> String {
    let format = format.to_str().expect("formats are ASCII");
    let mut args = args.iter();
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let conversion = chars.next().expect("a conversion");
        let arg = args
            .next()
            .unwrap_or_else(|| panic!("no argument for %{conversion} of {format:?}"));
        match (conversion, arg) {
            ('d', Arg::Int(value)) => text += &value.to_string(),
            ('u', Arg::Unsigned(value)) => text += &value.to_string(),
            ('x', Arg::Int(value)) => text += &std::format!("{value:x}"),
            ('p', Arg::Pointer(value)) => text += &super::world::name_of(*value),
            ('s', Arg::Pointer(value)) => {
                // SAFETY: the library's strings are its literals.
                let value = unsafe { CStr::from_ptr(value.cast::<c_char>()) };
                text += value.to_str().expect("texts are ASCII");
            }
            _ => panic!("%{conversion} of {format:?} does not fit {arg:?}"),
        }
    }
    assert!(args.next().is_none(), "{format:?} has arguments to spare");
    text
}

/// `panic(9)`.
pub fn panic(fmt: &CStr, args: &[Arg]) -> ! {
    panic!("{}", format(fmt, args))
}

/// `printf(9)`.
pub fn printf(fmt: &CStr, args: &[Arg]) -> c_int {
    let text = format(fmt, args);
    called(format_args!("printf {}", text.trim_end()));
    text.len() as c_int
}

#[cfg(test)]
mod tests {
    use super::{Arg, format};
    use std::ptr;

    #[test]
    fn conversions_are_expanded() {
        let args = [
            Arg::from(-3),
            Arg::from(7u32),
            Arg::from(c"s".as_ptr()),
            Arg::from(ptr::null::<u8>()),
        ];
        assert_eq!(format(c"%d %u %s %p\n", &args), "-3 7 s NULL\n");
    }

    #[test]
    #[should_panic(expected = "no argument for %d")]
    fn missing_argument_is_noticed() {
        format(c"%d", &[]);
    }

    #[test]
    #[should_panic(expected = "arguments to spare")]
    fn spare_argument_is_noticed() {
        format(c"all", &[Arg::from(1)]);
    }

    #[test]
    #[should_panic(expected = "does not fit")]
    fn wrong_type_is_noticed() {
        format(c"%s", &[Arg::from(1)]);
    }
}
