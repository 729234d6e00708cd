//! The console: what the kernel prints is kept, and checked by scenarios.

use core::ffi::{CStr, c_char};
use std::ffi::CString;

use crate::kern::host_lock::HostLock;
use crate::machine::api::note;

static LINES: HostLock<Vec<CString>> = HostLock::new(Vec::new());

/// printf(9), formatted.
///
/// # Safety
/// `text` is a C string.
#[unsafe(no_mangle)]
unsafe extern "C" fn sim_printf(text: *const c_char) {
    note("printf", &[]);
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_ptr(text) }.to_owned();
    LINES.with(|lines| lines.push(text));
}

/// How many messages were printed.
pub fn count() -> usize {
    LINES.with(|lines| lines.len())
}

/// The last message, or NULL.  It stays where it is.
pub fn last() -> *const c_char {
    LINES.with(|lines| lines.last().map_or(core::ptr::null(), |line| line.as_ptr()))
}

/// All messages, oldest first.
pub fn lines() -> Vec<String> {
    LINES.with(|lines| {
        lines
            .iter()
            .map(|line| line.to_string_lossy().into_owned())
            .collect()
    })
}
