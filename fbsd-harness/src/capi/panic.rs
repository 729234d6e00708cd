//! Expected panics: the block of `EXPECT_PANIC` runs in a copy of the machine,
//! a forked process that has to end with the panic.

use core::ffi::{c_char, c_int};
use core::sync::atomic::Ordering;

use crate::kern::host_lock::HostLock;
use crate::machine::api::*;
use crate::machine::{point, step};
use crate::report;

/// What the copy's panic has to contain; none in the machine itself.
static EXPECTED: HostLock<Option<String>> = HostLock::new(None);

/// The copy panicked as expected.
const AS_EXPECTED: c_int = 77;

/// Called with the message of each panic; returns if none was expected.
pub fn panicked(message: &str) {
    let Some(expected) = EXPECTED.with(Option::take) else {
        return;
    };
    if message.contains(&expected) {
        // SAFETY: ends the copy; nothing is flushed or torn down.
        unsafe { libc::_exit(AS_EXPECTED) };
    }
    fail(
        Kind::Check,
        format!("a panic with \"{expected}\" was expected, this came: {message}"),
    );
}

/// What a run writes down in memory that the copy shares.  (Its decisions too,
/// but the machine's next one overwrites the copy's.)
struct Records {
    events: u64,
    hash: u64,
    names: u32,
}

impl Records {
    /// As it is now.
    unsafe fn save() -> Self {
        // SAFETY: a run has an arena.
        unsafe {
            let arena = report::arena();
            Self {
                events: (*arena).events,
                hash: (*arena).hash,
                names: (*arena).names_len,
            }
        }
    }

    /// Forgets what the copy added.
    unsafe fn restore(self) {
        // SAFETY: as `save`; the copy has ended.
        unsafe {
            let arena = report::arena();
            (*arena).events = self.events;
            (*arena).hash = self.hash;
            (*arena).names_len = self.names;
        }
    }
}

/// Makes the copy.  1 in the copy, 0 in the machine, once the copy has ended.
#[unsafe(no_mangle)]
unsafe extern "C" fn sim_panic_begin(
    text: *const c_char,
    file: *const c_char,
    line: c_int,
) -> c_int {
    if smp_mode() {
        return 0;
    }
    let expected = super::text(text).to_string_lossy().into_owned();
    note("expect panic", &[]);
    let before = Records::save();
    match libc::fork() {
        0 => {
            EXPECTED.with(|slot| *slot = Some(expected));
            step::stop();
            point::without_preemption();
            1
        }
        -1 => fail(Kind::Internal, "no process for EXPECT_PANIC".into()),
        pid => {
            let mut status = 0;
            libc::waitpid(pid, &raw mut status, 0);
            let as_expected = libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == AS_EXPECTED;
            if as_expected {
                let seen = (*report::arena()).hash;
                before.restore();
                // What the copy did and said counts.
                note("panicked", &[(seen >> 48) as usize]);
                return 0;
            }
            if (*report::arena()).state.load(Ordering::Acquire) != report::RUNNING {
                // The copy has written why.
                libc::_exit(0);
            }
            let file = super::text(file).to_string_lossy();
            fail(
                Kind::Check,
                format!(
                    "{file}:{line}: the block that should panic with \"{expected}\" died, status {status:#x}"
                ),
            );
        }
    }
}

/// The end of the block: it should not have been reached.
#[unsafe(no_mangle)]
unsafe extern "C" fn sim_panic_end(file: *const c_char, line: c_int) -> c_int {
    let file = super::text(file).to_string_lossy();
    let expected = EXPECTED.with(Option::take).unwrap_or_default();
    fail(
        Kind::Check,
        format!("{file}:{line}: no panic with \"{expected}\""),
    );
}
