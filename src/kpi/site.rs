//! Where a lock call stands in the source: what C's `LOCK_FILE` and
//! `LOCK_LINE` are.

use core::ffi::{c_char, c_int};

/// A place in this library's source.
///
/// Zero-sized unless the kernel's options make lock calls carry file and line
/// (`LOCK_DEBUG`: `INVARIANTS`, `WITNESS`, `LOCK_PROFILING` or `KTR`).
#[derive(Clone, Copy)]
pub struct Site {
    #[cfg(LOCK_DEBUG)]
    file: *const c_char,
    #[cfg(LOCK_DEBUG)]
    line: c_int,
}

impl Site {
    /// Made by [`here!`](crate::here) only.
    #[inline(always)]
    #[cfg_attr(
        not(LOCK_DEBUG),
        expect(unused_variables, reason = "as in C without LOCK_DEBUG")
    )]
    pub const fn new(file: &'static core::ffi::CStr, line: u32) -> Self {
        Self {
            #[cfg(LOCK_DEBUG)]
            file: file.as_ptr(),
            #[cfg(LOCK_DEBUG)]
            line: line as c_int,
        }
    }

    /// The file's name, or NULL.
    #[inline(always)]
    #[allow(dead_code, reason = "only calls that carry a place ask for it")]
    pub const fn file(self) -> *const c_char {
        #[cfg(LOCK_DEBUG)]
        return self.file;
        #[cfg(not(LOCK_DEBUG))]
        core::ptr::null()
    }

    /// The line, or 0.
    #[inline(always)]
    #[allow(dead_code, reason = "only calls that carry a place ask for it")]
    pub const fn line(self) -> c_int {
        #[cfg(LOCK_DEBUG)]
        return self.line;
        #[cfg(not(LOCK_DEBUG))]
        0
    }
}

/// The [`Site`] of the line that it stands in.
#[macro_export]
#[doc(hidden)]
macro_rules! here {
    () => {
        $crate::kpi::site::Site::new(
            const {
                match ::core::ffi::CStr::from_bytes_with_nul(concat!(file!(), "\0").as_bytes()) {
                    Ok(name) => name,
                    Err(_) => unreachable!(),
                }
            },
            line!(),
        )
    };
}
