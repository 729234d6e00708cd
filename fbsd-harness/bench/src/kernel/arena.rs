//! Memory that is never given back, in the host's large pages where it has some.
//!
//! A kernel reaches its zones' slabs by the direct map, which is of large pages:
//! a thread is not looked for in page tables each time, and slabs that follow each
//! other lie on different lines of the caches.  With pages of 4 Kbytes, which the
//! host hands out in any order, both would differ from program to program, and
//! with them the time of what goes past many threads.

use std::alloc::{Layout, handle_alloc_error};
use std::ptr;
use std::sync::Mutex;

/// Bytes of a large page.
const LARGE: usize = 2 << 20;
/// Bytes asked of the host at a time.
const CHUNK: usize = 64 << 20;
/// Bytes of a page: what is aligned like that has an arena of its own, as slabs do.
const PAGE: usize = 4096;

/// Addresses that are free.
struct Arena {
    next: usize,
    end: usize,
}

impl Arena {
    const NOTHING: Self = Self { next: 0, end: 0 };

    /// Memory of zeros.
    fn take(&mut self, layout: Layout) -> *mut u8 {
        let mut block = self.next.next_multiple_of(layout.align());
        if self.end < block || self.end - block < layout.size() {
            self.grow(layout);
            block = self.next;
        }
        self.next = block + layout.size();
        ptr::with_exposed_provenance_mut(block)
    }

    /// Goes on at another place that has room for this, too.
    fn grow(&mut self, layout: Layout) {
        let size = CHUNK.max(layout.size()).next_multiple_of(LARGE);
        // SAFETY: new memory, of which the middle is used, from one large page's
        // beginning to another's.  Without large pages small ones do.
        unsafe {
            let memory = libc::mmap(
                ptr::null_mut(),
                size + LARGE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            );
            if memory == libc::MAP_FAILED {
                handle_alloc_error(layout);
            }
            self.next = memory.expose_provenance().next_multiple_of(LARGE);
            self.end = self.next + size;
            let first = ptr::with_exposed_provenance_mut(self.next);
            libc::madvise(first, size, libc::MADV_HUGEPAGE);
        }
    }
}

static PAGES: Mutex<Arena> = Mutex::new(Arena::NOTHING);
static SMALL: Mutex<Arena> = Mutex::new(Arena::NOTHING);

/// Memory of zeros that is never given back.
pub fn permanent(size: usize, align: usize) -> *mut u8 {
    let layout = Layout::from_size_align(size.max(1), align).expect("a power of two");
    let arena = if align < PAGE { &SMALL } else { &PAGES };
    let mut arena = arena.lock().unwrap_or_else(|error| error.into_inner());
    arena.take(layout)
}
