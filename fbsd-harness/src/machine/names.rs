//! What addresses are called in reports.

use super::{digest, trace};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::report::{self, NAMES};
use crate::sys::{proc_, thread};

/// Bytes of a name.
const LEN: usize = 28;

/// A range of addresses and its name.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Entry {
    /// The first address.
    pub start: usize,
    /// How many bytes; the last name given to an address counts.
    pub size: u32,
    /// The position in the trace at which it was given: memory is used again.
    pub since: u64,
    len: u8,
    text: [u8; LEN],
}

impl Entry {
    /// Whether `address` lies in the range.
    pub fn covers(&self, address: usize) -> bool {
        address >= self.start && address < self.start + self.size as usize
    }

    /// The name.
    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.text[..usize::from(self.len)]).unwrap_or("?")
    }
}

/// Names the `size` bytes at `start`.  Reports show an address within as the
/// name, a field's name or an offset.
pub fn register(start: usize, size: usize, name: &str) {
    let arena = report::arena();
    if arena.is_null() {
        return;
    }
    digest::named(start, name);
    let mut len = name.len().min(LEN);
    while !name.is_char_boundary(len) {
        len -= 1;
    }
    let mut entry = Entry {
        start,
        size: size as u32,
        since: trace::len(),
        len: len as u8,
        text: [0; LEN],
    };
    entry.text[..len].copy_from_slice(&name.as_bytes()[..len]);
    static BUSY: AtomicBool = AtomicBool::new(false);
    while BUSY.swap(true, Ordering::Acquire) {
        std::hint::spin_loop();
    }
    // SAFETY: the arena lives as long as the run, and one host thread at a time writes.
    unsafe {
        let count = (*arena).names_len as usize;
        if count < NAMES {
            (&raw mut (*arena).names)
                .cast::<Entry>()
                .add(count)
                .write(entry);
            (*arena).names_len = count as u32 + 1;
        }
    }
    BUSY.store(false, Ordering::Release);
}

/// Fields that reports name: of a process and of a thread.
const PROC_FIELDS: [(usize, &str); 4] = [
    (std::mem::offset_of!(proc_, p_mtx), "p_mtx"),
    (std::mem::offset_of!(proc_, p_slock), "p_slock"),
    (std::mem::offset_of!(proc_, p_statmtx), "p_statmtx"),
    (std::mem::offset_of!(proc_, p_flag), "p_flag"),
];
const THREAD_FIELDS: [(usize, &str); 1] =
    [(std::mem::offset_of!(thread, td_slpcallout), "td_slpcallout")];

/// Offset of the lock word in a mutex or a rwlock.
const WORD: usize = std::mem::offset_of!(crate::sys::mtx, mtx_lock);

/// What `address` is called: "T1", "P1.p_mtx", "sleepq 3", or the number.
pub fn of(address: usize) -> String {
    let arena = report::arena();
    if !arena.is_null() {
        // SAFETY: the arena lives as long as the run.
        let names = unsafe { &(&(*arena).names)[..(*arena).names_len as usize] };
        if let Some(entry) = names.iter().rev().find(|entry| entry.covers(address)) {
            return within(entry, address - entry.start);
        }
    }
    if address < 0x10000 {
        return address.to_string();
    }
    format!("{address:#x}")
}

/// What the byte at `offset` of a named range is called.
pub fn within(entry: &Entry, offset: usize) -> String {
    let name = entry.name();
    if offset == 0 || (entry.size as usize == size_of::<crate::sys::mtx>() && offset == WORD) {
        return name.to_string();
    }
    let fields: &[(usize, &str)] = match entry.size as usize {
        size if size == size_of::<proc_>() => &PROC_FIELDS,
        size if size == super::ext::THREAD_SIZE => &THREAD_FIELDS,
        _ => &[],
    };
    for &(start, field) in fields {
        if offset == start || offset == start + WORD {
            return format!("{name}.{field}");
        }
    }
    format!("{name}+{offset:#x}")
}
