//! The report when nobody can go on, or nobody gets anywhere.

use std::ffi::CStr;
use std::fmt::Write as _;

use super::cpu::{cpu, curthread_of, ncpus};
use super::ext::ext;
use super::names;
use crate::kern::host_lock::HostLock;
use crate::kern::thread;
use crate::report::{self, Kind};
use crate::sys;

/// Whether nobody can go on because of something that is accepted.
static ACCEPTED: HostLock<Option<fn() -> bool>> = HostLock::new(None);

/// Has the run pass if `known` holds when nobody can go on.
pub fn accept(known: fn() -> bool) {
    ACCEPTED.with(|accepted| *accepted = Some(known));
}

/// Ends the run: a deadlock or a lost wakeup.
pub fn deadlock(why: &str) -> ! {
    if ACCEPTED
        .with(|accepted| *accepted)
        .is_some_and(|known| known())
    {
        super::trace::note("=hang", &[]);
        report::pass();
    }
    report::fail(Kind::Deadlock, describe(why));
}

/// Ends the run: so many points and no end.
pub fn livelock(limit: u64) -> ! {
    report::fail(
        Kind::Livelock,
        describe(&format!("no end after {limit} steps")),
    );
}

/// What every CPU and thread is doing.
fn describe(why: &str) -> String {
    let mut text = format!("{why}\n");
    for number in 0..ncpus() {
        let td = curthread_of(number);
        // SAFETY: the machine does not run while its state is read.
        let spin = unsafe { (*cpu(number)).spin };
        let _ = write!(text, "  cpu {number}: {}", names::of(td as usize));
        if let Some(spin) = spin {
            let _ = write!(text, ", spinning: {}", spin.what);
        }
        text.push('\n');
    }
    thread::for_each(|td| {
        // SAFETY: as above.
        unsafe { describe_thread(&mut text, td) };
    });
    text.truncate(text.trim_end().len());
    text
}

unsafe fn describe_thread(text: &mut String, td: *mut sys::thread) {
    let ext = ext(td);
    let _ = write!(
        text,
        "  {}: {}",
        names::of(td as usize),
        thread::state_text(td)
    );
    if !(*td).td_wchan.is_null() {
        let _ = write!(text, ", sleeps on {}", names::of((*td).td_wchan as usize));
        if !(*td).td_wmesg.is_null() {
            let _ = write!(
                text,
                " ({})",
                CStr::from_ptr((*td).td_wmesg).to_string_lossy()
            );
        }
    }
    if !(*ext).blocked_on.is_null() {
        let word = (*ext).blocked_on.read_volatile();
        let _ = write!(
            text,
            ", wants lock {} of {}",
            names::of((*ext).blocked_on as usize),
            names::of(word & !sys::KT_MTX_FLAGMASK)
        );
    }
    if let Some(gate) = (*ext).gate {
        let _ = write!(text, ", waits for {}", gate.what);
    }
    if (*ext).nheld > 0 {
        let held = &(&(*ext).held)[..(*ext).nheld];
        let held: Vec<String> = held.iter().map(|&lock| names::of(lock as usize)).collect();
        let _ = write!(text, ", holds {}", held.join(", "));
    }
    text.push('\n');
}
