//! What happened: the trace, as scenarios ask for it, and the console.

use core::ffi::{c_char, c_ulong, c_void};
use core::ptr;

use super::text;
use crate::kern::console;
use crate::machine::api::{Kind, fail};
use crate::machine::ext::ext;
use crate::machine::trace::Record;
use crate::report::{self, RECORDS};
use crate::sys::thread;

#[unsafe(no_mangle)]
extern "C" fn sim_console_lines() -> c_ulong {
    console::count() as c_ulong
}

#[unsafe(no_mangle)]
extern "C" fn sim_console_last() -> *const c_char {
    console::last()
}

/// The events since a position.
unsafe fn events(mark: u64) -> &'static [Record] {
    let arena = report::arena();
    if arena.is_null() {
        return &[];
    }
    // SAFETY: in det nobody writes the trace while it is read.
    unsafe {
        let len = (*arena).events;
        if len > RECORDS as u64 {
            fail(
                Kind::Check,
                format!("the trace is full: {len} events, room for {RECORDS}"),
            );
        }
        let first = (&raw const (*arena).records).cast::<Record>();
        core::slice::from_raw_parts(
            first.add(mark.min(len) as usize),
            (len - mark.min(len)) as usize,
        )
    }
}

/// Is the event about this object, if one is asked for?
fn about(record: &Record, object: *const c_void) -> bool {
    let args = &record.args[..usize::from(record.nargs)];
    object.is_null() || args.contains(&(object as usize))
}

/// Did this thread do it, if one is asked for?
unsafe fn done_by(record: &Record, td: *const thread) -> bool {
    // SAFETY: threads that run have an extension.
    td.is_null() || unsafe { (*ext(td.cast_mut())).number } == record.thread
}

#[unsafe(no_mangle)]
extern "C" fn sim_mark() -> c_ulong {
    crate::machine::trace::len()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_count(event: *const c_char, object: *const c_void) -> c_ulong {
    sim_count_by(0, ptr::null(), event, object)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_count_since(
    mark: c_ulong,
    event: *const c_char,
    object: *const c_void,
) -> c_ulong {
    sim_count_by(mark, ptr::null(), event, object)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_count_by(
    mark: c_ulong,
    by: *const thread,
    event: *const c_char,
    object: *const c_void,
) -> c_ulong {
    let event = text(event).to_bytes();
    let hits = events(mark).iter().filter(|record| {
        record.event().as_bytes() == event && about(record, object) && done_by(record, by)
    });
    hits.count() as c_ulong
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sim_happened(mark: c_ulong, by: *const thread, wanted: *const c_char) -> bool {
    let wanted = text(wanted).to_string_lossy();
    let mut rest = events(mark).iter().filter(|record| done_by(record, by));
    wanted
        .split_whitespace()
        .all(|event| rest.any(|record| record.event() == event))
}
