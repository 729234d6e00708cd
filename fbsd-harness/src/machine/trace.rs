//! What happened, event by event, in the arena.

use super::cpu::{curcpu, curthread};
use super::ext::ext;
use super::{allowed, digest};
use crate::kern::host_lock::HostLock;
use crate::report::{self, RECORDS};

/// Most arguments of an event.
pub const ARGS: usize = 3;

/// One event.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Record {
    /// The event's name; in the program's image, so valid in the runner too.
    event: *const u8,
    event_len: u16,
    /// The thread that did it.
    pub thread: u16,
    /// The CPU that it ran on.
    pub cpu: u8,
    /// How many arguments there are.
    pub nargs: u8,
    /// Virtual time since boot, in ticks, modulo 2^16.
    pub ticks: u16,
    /// The arguments: addresses or numbers.
    pub args: [usize; ARGS],
    /// The digest of the state then; 0 unless it is wanted.
    pub state: u64,
}

impl Record {
    /// The event's name.
    pub fn event(&self) -> &'static str {
        // SAFETY: made from a `&'static str` of this program by `note`.
        unsafe {
            let bytes = std::slice::from_raw_parts(self.event, usize::from(self.event_len));
            std::str::from_utf8_unchecked(bytes)
        }
    }
}

/// How many events there were: the position of the next one.
#[inline]
pub fn len() -> u64 {
    let arena = report::arena();
    if arena.is_null() {
        return 0;
    }
    // SAFETY: the arena lives as long as the run.
    unsafe { (*arena).events }
}

/// Is told an event's name and arguments.
type Listener = fn(&str, &[usize]);

/// Who is told of each event of a run whose state is digested.
static LISTENER: HostLock<Option<Listener>> = HostLock::new(None);

/// Sets who is told of each event.
pub fn listen(listener: Listener) {
    LISTENER.with(|current| *current = Some(listener));
}

/// Records an event of the running thread; false if it is one that a rule leaves
/// out.  In MODE=smp nothing is recorded.
#[inline]
pub fn note(event: &'static str, args: &[usize]) -> bool {
    let arena = report::arena();
    if arena.is_null() || super::cpu::smp_mode() {
        return true;
    }
    if allowed::leaves_out(event, args) {
        return false;
    }
    let mut record = Record {
        event: event.as_ptr(),
        event_len: event.len() as u16,
        // SAFETY: the running thread has an extension.
        thread: unsafe { (*ext(curthread())).number },
        cpu: curcpu() as u8,
        nargs: args.len() as u8,
        ticks: crate::kern::time::uptime() as u16,
        args: [0; ARGS],
        state: 0,
    };
    record.args[..args.len()].copy_from_slice(args);
    if digest::watched() {
        let depth = match event.starts_with('<') {
            true => digest::Depth::Whole,
            false => digest::Depth::Usual,
        };
        record.state = digest::state(depth);
        if let Some(listener) = LISTENER.with(|current| *current) {
            listener(event, args);
        }
        if digest::ends_at(len()) {
            report::fail(report::Kind::Internal, digest::written_down(depth));
        }
    }
    // SAFETY: in det one host thread writes; the arena lives as long as the run.
    unsafe {
        let position = (*arena).events;
        if position < RECORDS as u64 {
            (&raw mut (*arena).records)
                .cast::<Record>()
                .add(position as usize)
                .write(record);
        }
        (*arena).events = position + 1;
        (*ext(curthread())).last_event = position;
        if (*arena).parted == 0 {
            (*arena).hash = mix((*arena).hash, &record);
        }
    }
    true
}

/// Folds an event into a hash that does not depend on where memory lies.
fn mix(hash: u64, record: &Record) -> u64 {
    let mut hash = digest::step(hash, u64::from(record.event_len));
    for chunk in record.event().as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = digest::step(hash, u64::from_le_bytes(word));
    }
    hash = digest::step(hash, u64::from(record.thread) << 8 | u64::from(record.cpu));
    for &arg in &record.args {
        hash = digest::step(hash, digest::stable(arg));
    }
    digest::step(hash, record.state)
}
