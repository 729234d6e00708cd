//! Rules on symbol names: what the object may ask the kernel for.
//!
//! The kernel's linker stops at the first name that it cannot find, and some
//! names that it can find are wrong: the mem* functions are indirect functions
//! in FreeBSD/amd64, and whatever the compiler emits for them goes through a
//! table that the kernel's own relocation does not know.

use crate::contract::Contract;
use crate::elf::{Place, Subject};
use crate::report::Row;

/// What the library's panic handler calls.  No object may keep it.
pub const PANIC_SENTINEL: &str = "kern_thread_rust_panic_reached";

/// Never imported: C's object imports none, and the kernel has no bcmp.
const MEMORY: [&str; 5] = ["memcpy", "memmove", "memset", "memcmp", "bcmp"];

/// Parts of mangled names that belong to code no kernel object needs.
const RUST_PARTS: [&str; 6] = [
    "4core9panicking",
    "4core3fmt",
    "rust_",
    "_Unwind_",
    "5alloc5alloc",
    "3std2rt",
];

/// All rows of this module.
pub fn rows(subject: &Subject, contract: &Contract) -> Vec<Row> {
    vec![
        undefined(subject, contract),
        forbidden(subject),
        kinds(subject),
    ]
}

/// Nothing that C's object does not ask for under the same options.
fn undefined(subject: &Subject, contract: &Contract) -> Row {
    let details = subject
        .symbols
        .iter()
        .filter(|s| s.is_undefined() && !contract.undefined.contains(&s.name))
        .map(|s| {
            let user = first_user(subject, &s.name);
            if s.name == PANIC_SENTINEL {
                format!("{}: a panic path survived, used at {user}", s.name)
            } else {
                format!("{} used at {user}", s.name)
            }
        })
        .collect();
    Row::none("undefined symbols beyond the contract", details)
}

/// No compiler-made memory call, no panicking or formatting code.
fn forbidden(subject: &Subject) -> Row {
    let details = subject
        .symbols
        .iter()
        .filter(|s| s.is_undefined() && MEMORY.contains(&s.name.as_str()) || is_rust(&s.name))
        .map(|s| format!("{} used at {}", s.name, first_user(subject, &s.name)))
        .collect();
    Row::none("forbidden symbols", details)
}

fn is_rust(name: &str) -> bool {
    name != PANIC_SENTINEL && RUST_PARTS.iter().any(|part| name.contains(part))
}

/// No common and no thread-local symbol: the kernel has neither.
fn kinds(subject: &Subject) -> Row {
    let mut details = Vec::new();
    for symbol in &subject.symbols {
        if symbol.place == Place::Common {
            details.push(format!("{} is a common symbol", symbol.name));
        }
        if symbol.is_tls() {
            details.push(format!("{} is thread-local", symbol.name));
        }
    }
    Row::none("common or thread-local symbols", details)
}

fn first_user(subject: &Subject, name: &str) -> String {
    for (index, section) in subject
        .sections
        .iter()
        .enumerate()
        .filter(|(_, s)| s.is_alloc())
    {
        let user = section
            .relocs
            .iter()
            .find(|r| subject.symbols[r.symbol].name == name);
        if let Some(reloc) = user {
            return subject.location(index, reloc.offset);
        }
    }
    "no place".into()
}
