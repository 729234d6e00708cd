//! The heap of a run, at the same address in every run.
//!
//! What the simulated kernel allocates has addresses that it goes by: the chain
//! of a sleep queue is chosen by a channel's address.  They must not depend on
//! what the runner did before it forked the run.  So from [`start`] on all
//! memory comes from a region of its own: blocks are cut from it in order, by
//! powers of two, and those that are freed are used again, last in first out.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::sanitize;
use crate::report::{self, Kind};

/// Where the region lies.
const BASE: usize = sanitize::FIXED;
/// Its size; pages that no run touches cost nothing.
const SIZE: usize = 4 << 30;
/// Powers of two up to the region's size.
const CLASSES: usize = 33;
/// The smallest block: room for a link, and any ordinary alignment.
const SMALLEST: usize = 16;

/// Where memory lies that a rule leaves to the object under test.
const OWN_BASE: usize = 0x2200_0000_0000;
const OWN_SIZE: usize = 1 << 30;

/// The program's allocator: the host's until a run starts.
struct Heap {
    started: AtomicBool,
    /// MODE=smp: who changes the lists.
    busy: AtomicBool,
    /// The first address that was not cut off yet.
    next: AtomicUsize,
    /// The blocks that were freed, linked through their first word.
    free: [AtomicUsize; CLASSES],
}

#[global_allocator]
static HEAP: Heap = Heap {
    started: AtomicBool::new(false),
    busy: AtomicBool::new(false),
    next: AtomicUsize::new(BASE),
    free: [const { AtomicUsize::new(0) }; CLASSES],
};

/// Gives the run its own heap.  Once, in the run's process, while it has one
/// thread.
pub fn start() {
    map(BASE, SIZE);
    HEAP.started.store(true, Ordering::Release);
}

/// Maps private memory at an address that has to be free.
pub fn map(address: usize, size: usize) -> *mut u8 {
    // SAFETY: MAP_FIXED_NOREPLACE takes no mapping that is there away.
    let found = unsafe {
        libc::mmap(
            ptr::with_exposed_provenance_mut(address),
            size,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE
                | libc::MAP_ANONYMOUS
                | libc::MAP_NORESERVE
                | libc::MAP_FIXED_NOREPLACE,
            -1,
            0,
        )
    };
    if found.addr() != address {
        report::fail(Kind::Internal, format!("no address space at {address:#x}"));
    }
    found.cast()
}

/// Zeroed memory that a rule leaves to the object, from a region of its own:
/// what else is allocated has the same addresses without it.  MODE=det.
pub fn own(layout: Layout) -> *mut u8 {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let mut start = NEXT.load(Ordering::Relaxed);
    if start == 0 {
        start = map(OWN_BASE, OWN_SIZE).expose_provenance();
    }
    start = start.next_multiple_of(layout.align());
    if start + layout.size() > OWN_BASE + OWN_SIZE {
        report::fail(
            Kind::Internal,
            "the object's own memory is too small".into(),
        );
    }
    NEXT.store(start + layout.size(), Ordering::Relaxed);
    ptr::with_exposed_provenance_mut(start)
}

/// Does the address lie there?
#[inline]
pub fn is_own(address: usize) -> bool {
    (OWN_BASE..OWN_BASE + OWN_SIZE).contains(&address)
}

impl Heap {
    /// The size class of a layout: blocks are aligned to their size.
    fn class(layout: Layout) -> usize {
        let size = (layout.size() + sanitize::GAP)
            .max(layout.align())
            .max(SMALLEST);
        size.next_power_of_two().trailing_zeros() as usize
    }

    /// Keeps other host threads out.
    fn lock(&self) {
        while self.busy.swap(true, Ordering::Acquire) {
            std::hint::spin_loop();
        }
    }

    fn unlock(&self) {
        self.busy.store(false, Ordering::Release);
    }

    /// A block of a class; 0 if there is no room.
    fn take(&self, class: usize) -> usize {
        self.lock();
        let mut block = self.free[class].load(Ordering::Relaxed);
        if block != 0 {
            sanitize::unpoison(block, 1 << class);
            // SAFETY: a freed block holds the address of the next one.
            let next = unsafe { ptr::with_exposed_provenance::<usize>(block).read() };
            self.free[class].store(next, Ordering::Relaxed);
        } else {
            let size = 1 << class;
            block = self.next.load(Ordering::Relaxed).next_multiple_of(size);
            if block + size > BASE + SIZE {
                block = 0;
            } else {
                self.next.store(block + size, Ordering::Relaxed);
            }
        }
        self.unlock();
        block
    }

    fn give(&self, class: usize, block: usize) {
        self.lock();
        let next = self.free[class].load(Ordering::Relaxed);
        sanitize::unpoison(block, SMALLEST);
        // SAFETY: the block is nobody's any more.
        unsafe { ptr::with_exposed_provenance_mut::<usize>(block).write(next) };
        self.free[class].store(block, Ordering::Relaxed);
        sanitize::poison(block, 1 << class);
        self.unlock();
    }
}

// SAFETY: a block is given to one caller at a time, is as large as its class and
// aligned to it; what the host's allocator gave goes back to it.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !self.started.load(Ordering::Acquire) {
            // SAFETY: the caller's promise.
            return unsafe { System.alloc(layout) };
        }
        let class = Self::class(layout);
        let block = self.take(class);
        if block != 0 {
            sanitize::poison(block + layout.size(), (1 << class) - layout.size());
        }
        ptr::with_exposed_provenance_mut(block)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if (BASE..BASE + SIZE).contains(&block.addr()) {
            self.give(Self::class(layout), block.expose_provenance());
        } else if !self.started.load(Ordering::Acquire) {
            // SAFETY: the caller's promise.
            unsafe { System.dealloc(block, layout) };
        }
        // What the runner allocated is left alone by a run.
    }
}
