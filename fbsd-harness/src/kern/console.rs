//! The console and the end of it: what the kernel prints is kept for the
//! scenarios to check, and a panic ends the run, as a failure unless it is
//! waited for or accepted.

use core::ffi::{CStr, c_char};
use std::ffi::CString;

use crate::capi;
use crate::kern::host_lock::HostLock;
use crate::machine::api::{Kind, fail, note};
use crate::machine::digest;
use crate::report;

/// Whether a panic with this text is accepted, as the machine stands.
pub type Known = fn(&str) -> bool;

static ACCEPTED: HostLock<Option<Known>> = HostLock::new(None);

static LINES: HostLock<Vec<CString>> = HostLock::new(Vec::new());

/// printf(9), formatted.
///
/// # Safety
/// `text` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_printf(text: *const c_char) {
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_ptr(text) }.to_owned();
    note("printf", &[digest::message(&text.to_string_lossy())]);
    LINES.with(|lines| lines.push(text));
}

/// panic(9), formatted.
///
/// # Safety
/// `text` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sim_panic(text: *const c_char) -> ! {
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_ptr(text) };
    panic(text.to_string_lossy().into_owned())
}

/// Has the run pass that panics while `known` holds.
pub fn accept(known: Known) {
    ACCEPTED.with(|accepted| *accepted = Some(known));
}

/// Panics: ends the run, as a success where the panic was expected.
pub fn panic(text: String) -> ! {
    note("panic", &[digest::message(&text)]);
    capi::panic::panicked(&text);
    let accepted = ACCEPTED.with(|accepted| *accepted);
    if accepted.is_some_and(|known| known(&text)) {
        note("=accepted panic", &[]);
        report::pass();
    }
    fail(Kind::Panic, text)
}

/// How many messages were printed.
pub fn count() -> usize {
    LINES.with(|lines| lines.len())
}

/// The last message, or NULL.  It stays where it is.
pub fn last() -> *const c_char {
    LINES.with(|lines| lines.last().map_or(core::ptr::null(), |line| line.as_ptr()))
}
