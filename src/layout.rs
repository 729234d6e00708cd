//! The C structures' layouts, asserted.
//!
//! The offset and size of every field come from two sources: bindgen's
//! structures, and a C probe that the compiler of the kernel has compiled
//! with the same headers and options.  They agree, or the build stops and
//! names the field.  On top of that stand the offsets that FreeBSD itself
//! promises to modules (reference lines 74-123).

use crate::kpi::sys;
use core::mem::{offset_of, size_of};

/// A message of a failed assertion, built while compiling.
struct Message {
    text: [u8; 256],
    len: usize,
}

impl Message {
    const fn new() -> Self {
        Self {
            text: [0; 256],
            len: 0,
        }
    }

    const fn text(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut i = 0;
        while i < bytes.len() && self.len < self.text.len() {
            self.text[self.len] = bytes[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    const fn number(self, number: usize) -> Self {
        let message = if number >= 16 {
            self.number(number / 16)
        } else {
            self.text("0x")
        };
        let digit = number % 16;
        message.text("0123456789abcdef".split_at(digit).1.split_at(1).0)
    }

    const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.text.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "layout differs",
        }
    }
}

/// Stops the build unless what the bindings have is what the headers have.
const fn same(what: &str, name: &str, property: &str, headers: usize, bindings: usize) {
    if headers != bindings {
        let message = Message::new()
            .text(what)
            .text(" ")
            .text(name)
            .text(": ")
            .text(property)
            .text(" expected ")
            .number(headers)
            .text(" (headers), found ")
            .number(bindings)
            .text(" (bindings); run `make bindings`");
        panic!("{}", message.as_str());
    }
}

/// Size and alignment of a structure.
macro_rules! layout_struct {
    ($ty:ident, $c:literal, $size:expr, $align:expr) => {
        const _: () = {
            same($c, "", "size", $size, size_of::<sys::$ty>());
            same($c, "", "alignment", $align, align_of::<sys::$ty>());
        };
    };
}

/// The size of a field, seen through a pointer to it that is never used.
const fn size_of_field<S, F>(_: fn(*const S) -> *const F) -> usize {
    size_of::<F>()
}

/// Offset and size of a field.
macro_rules! layout_field {
    ($ty:ident, $($path:ident).+, $c:literal, $name:literal, $offset:expr, $size:expr) => {
        const _: () = {
            same($c, $name, "offset", $offset, offset_of!(sys::$ty, $($path).+));
            const SIZE: usize = size_of_field(
                // SAFETY: never called; the address of a field only.
                |s: *const sys::$ty| unsafe { &raw const (*s).$($path).+ },
            );
            same($c, $name, "size", $size, SIZE);
        };
    };
}

include!(env!("KERN_THREAD_LAYOUT_RS"));

/// An offset that modules may rely on.
#[cfg(all(kbi_14, any(target_arch = "x86_64", target_arch = "x86")))]
macro_rules! kbi {
    ($ty:ident, $c:literal, $field:ident, $offset:expr) => {
        const _: () = same(
            $c,
            stringify!($field),
            "KBI offset",
            $offset,
            offset_of!(sys::$ty, $field),
        );
    };
}

/// FreeBSD 14's promise for amd64.
#[cfg(all(target_arch = "x86_64", kbi_14))]
mod kbi {
    use super::*;

    kbi!(thread, "struct thread", td_flags, 0x108);
    kbi!(thread, "struct thread", td_pflags, 0x114);
    kbi!(thread, "struct thread", td_frame, 0x4b8);
    kbi!(thread, "struct thread", td_emuldata, 0x6c0);
    kbi!(proc_, "struct proc", p_flag, 0xb8);
    kbi!(proc_, "struct proc", p_pid, 0xc4);
    kbi!(proc_, "struct proc", p_filemon, 0x3c8);
    kbi!(proc_, "struct proc", p_comm, 0x3e0);
    kbi!(proc_, "struct proc", p_emuldata, 0x4d0);
}

/// FreeBSD 14's promise for i386; the reference has 0x318 for td_frame and 0x35c
/// for td_emuldata, because in its revision one field between td_pflags and
/// td_frame is four bytes larger than in the headers of 14.
#[cfg(all(target_arch = "x86", kbi_14))]
mod kbi {
    use super::*;

    kbi!(thread, "struct thread", td_flags, 0x9c);
    kbi!(thread, "struct thread", td_pflags, 0xa8);
    kbi!(thread, "struct thread", td_frame, 0x314);
    kbi!(thread, "struct thread", td_emuldata, 0x358);
    kbi!(proc_, "struct proc", p_flag, 0x6c);
    kbi!(proc_, "struct proc", p_pid, 0x78);
    kbi!(proc_, "struct proc", p_filemon, 0x270);
    kbi!(proc_, "struct proc", p_comm, 0x284);
    kbi!(proc_, "struct proc", p_emuldata, 0x318);
}

/// Does a type have the alignment of a cache line?
const fn has_lines<T>() -> bool {
    align_of::<T>() == sys::KT_CACHE_LINE_SIZE as usize
}

// The alignment that some types are given.
const _: () = assert!(
    has_lines::<crate::kpi::cell::CacheLine<u8>>() && has_lines::<crate::reap::Domain>(),
    "CACHE_LINE_SIZE is not the alignment of kpi::cell::CacheLine and reap::Domain"
);
#[cfg(not(feature = "c-algorithms"))]
const _: () = assert!(
    has_lines::<crate::tidhash::stripe::Line>(),
    "CACHE_LINE_SIZE is not the alignment of tidhash::stripe::Line"
);

#[cfg(test)]
mod tests;
