//! malloc(9), hash tables, kernel stacks: free lists per size and CPU.
//!
//! A kernel stack is a number here: nobody runs on it.

use std::ffi::{c_char, c_int, c_ulong, c_void};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use super::arena::permanent;
use crate::machine::cpu;
use crate::sys::{self, malloc_type, thread};

/// Sizes with free lists: 16 bytes to 4 Kbytes, in powers of two.
const CLASSES: usize = 9;
const SMALLEST: usize = 16;
/// What lies before a block: its class, and padding to the alignment.
const HEADER: usize = 16;

/// A CPU's free blocks, linked through their first words.
pub struct Blocks {
    first: [*mut u8; CLASSES],
}

impl Blocks {
    /// None.
    pub const fn new() -> Self {
        Self {
            first: [ptr::null_mut(); CLASSES],
        }
    }
}

/// Bytes asked for so far.
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// How many bytes have been asked for since the last call.
pub fn take_asked() -> usize {
    ASKED.swap(0, Ordering::Relaxed)
}

/// The type of short-lived blocks.
#[unsafe(no_mangle)]
// SAFETY: a type of zeros has no name and no statistics.
static mut M_TEMP: [malloc_type; 1] = [unsafe { std::mem::zeroed() }];

/// `vm_ndomains`: memory domains.
#[unsafe(no_mangle)]
static vm_ndomains: AtomicI32 = AtomicI32::new(1);

#[unsafe(no_mangle)]
extern "C" fn malloc_init(_type: *mut c_void) {}

#[unsafe(no_mangle)]
extern "C" fn malloc_uninit(_type: *mut c_void) {}

fn class_of(size: usize) -> usize {
    let rounded = size.next_power_of_two().max(SMALLEST);
    (rounded.trailing_zeros() - SMALLEST.trailing_zeros()) as usize
}

/// malloc(9).
#[unsafe(no_mangle)]
pub extern "C" fn fbsd_malloc(size: usize, _type: *mut malloc_type, flags: c_int) -> *mut c_void {
    let class = class_of(size);
    if class >= CLASSES {
        ASKED.fetch_add(size, Ordering::Relaxed);
        return permanent(size, 4096).cast();
    }
    // SAFETY: the list is this CPU's; its blocks are free.
    unsafe {
        let first = &mut (*cpu::this()).blocks.first[class];
        let block = *first;
        if block.is_null() {
            ASKED.fetch_add(size, Ordering::Relaxed);
            let room = permanent(HEADER + (SMALLEST << class), HEADER);
            room.cast::<usize>().write(class);
            return room.add(HEADER).cast();
        }
        *first = block.cast::<*mut u8>().read();
        if flags as u32 & sys::M_ZERO != 0 {
            block.write_bytes(0, size);
        }
        block.cast()
    }
}

/// free(9) of a block of up to 4 Kbytes: the object frees no others.
///
/// # Safety
/// `block` is one of malloc's that nobody uses any more, or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fbsd_free(block: *mut c_void, _type: *mut malloc_type) {
    if block.is_null() {
        return;
    }
    let class = block.cast::<u8>().sub(HEADER).cast::<usize>().read();
    let first = &mut (*cpu::this()).blocks.first[class];
    block.cast::<*mut u8>().write(*first);
    *first = block.cast();
}

/// A table of lists: as many as the largest power of two up to `elements`.
///
/// # Safety
/// `mask` is valid.
#[unsafe(no_mangle)]
unsafe extern "C" fn hashinit(
    elements: c_int,
    kind: *mut malloc_type,
    mask: *mut c_ulong,
) -> *mut c_void {
    let count = 1_usize << (elements as u32).ilog2();
    *mask = count as c_ulong - 1;
    fbsd_malloc(
        count * size_of::<*mut thread>(),
        kind,
        (sys::M_WAITOK | sys::M_ZERO) as c_int,
    )
}

#[unsafe(no_mangle)]
extern "C" fn pmap_kextract(address: usize) -> u64 {
    address as u64
}

/// `kstack_pages`.
const KSTACK_PAGES: c_int = 4;

/// # Safety
/// `td` is a thread that nobody runs.
#[unsafe(no_mangle)]
unsafe extern "C" fn vm_thread_new(td: *mut thread, pages: c_int) -> c_int {
    (*td).td_kstack = td as u64;
    (*td).td_kstack_pages = if pages <= 1 { KSTACK_PAGES } else { pages };
    1
}

/// # Safety
/// As `vm_thread_new`.
#[unsafe(no_mangle)]
unsafe extern "C" fn vm_thread_dispose(td: *mut thread) {
    (*td).td_kstack = 0;
    (*td).td_kstack_pages = 0;
}

/// # Safety
/// `message` is a C string.
#[unsafe(no_mangle)]
unsafe extern "C" fn panic(message: *const c_char) -> ! {
    let message = std::ffi::CStr::from_ptr(message).to_string_lossy();
    eprintln!("error: the kernel panics: {message}");
    std::process::abort();
}
