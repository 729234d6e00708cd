//! The zone of threads: items in slabs of a page, free ones in a stack per CPU
//! and one that they share.  Freed items keep their contents, as in a zone with
//! UMA_ZONE_NOFREE.

use std::ffi::{c_char, c_int, c_void};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use super::arena;
use crate::machine::{clock, cpu};
use crate::sys;

/// Bytes of a slab.
const SLAB: usize = 4096;
/// Bytes of a cache line.
const LINE: usize = 64;
/// Free items that a CPU keeps, and how many move at a time.
const KEPT: usize = 256;
const MOVED: usize = 128;

type Ctor = unsafe extern "C" fn(*mut c_void, c_int, *mut c_void, c_int) -> c_int;
type Dtor = unsafe extern "C" fn(*mut c_void, c_int, *mut c_void);
type Init = unsafe extern "C" fn(*mut c_void, c_int, c_int) -> c_int;

/// A CPU's free items.
pub struct Bucket {
    items: Vec<usize>,
}

impl Bucket {
    /// None, and room for all that a CPU keeps.
    pub fn new() -> Self {
        Self {
            items: Vec::with_capacity(KEPT),
        }
    }
}

struct Zone {
    size: c_int,
    ctor: Ctor,
    dtor: Dtor,
    init: Init,
}

/// Free items that no CPU has.
static SHARED: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// What allocations are to do besides.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// Nothing.
    Plain,
    /// One item is given out again and again, neither constructed nor
    /// destroyed: only the thread's id is wanted.
    Dummy,
    /// The moment is noted.
    Noted,
}

static MODE: AtomicU8 = AtomicU8::new(Mode::Plain as u8);
static MOMENT: AtomicU64 = AtomicU64::new(0);

/// Sets what allocations do besides.
pub fn set_mode(mode: Mode) {
    MODE.store(mode as u8, Ordering::Relaxed);
}

/// When an item was last asked for in [`Mode::Noted`].
pub fn moment() -> u64 {
    MOMENT.load(Ordering::Relaxed)
}

#[unsafe(no_mangle)]
extern "C" fn uma_get_cache_align_mask() -> usize {
    LINE - 1
}

#[unsafe(no_mangle)]
extern "C" fn uma_zcreate(
    _name: *const c_char,
    size: usize,
    ctor: Ctor,
    dtor: Dtor,
    init: Init,
    _fini: *mut c_void,
    _align: c_int,
    _flags: u32,
) -> *mut c_void {
    let zone = Zone {
        size: size as c_int,
        ctor,
        dtor,
        init,
    };
    (&raw mut *Box::leak(Box::new(zone))).cast()
}

/// # Safety
/// `zone` is one of `uma_zcreate`'s.
#[unsafe(no_mangle)]
unsafe extern "C" fn uma_zalloc_arg(
    zone: *mut c_void,
    argument: *mut c_void,
    flags: c_int,
) -> *mut c_void {
    let zone = &*zone.cast::<Zone>();
    let mode = MODE.load(Ordering::Relaxed);
    if mode != Mode::Plain as u8 {
        if mode == Mode::Dummy as u8 {
            return dummy();
        }
        MOMENT.store(clock::now(), Ordering::Relaxed);
    }
    let items = &raw mut (*cpu::this()).threads.items;
    if (*items).is_empty() {
        refill(zone, &mut *items);
    }
    let item = (*items).pop().unwrap_or_default() as *mut c_void;
    (zone.ctor)(item, zone.size, argument, flags);
    item
}

/// # Safety
/// `item` is one of the zone's that nobody uses any more.
#[unsafe(no_mangle)]
unsafe extern "C" fn uma_zfree_arg(zone: *mut c_void, item: *mut c_void, argument: *mut c_void) {
    if MODE.load(Ordering::Relaxed) == Mode::Dummy as u8 {
        return;
    }
    let zone = &*zone.cast::<Zone>();
    (zone.dtor)(item, zone.size, argument);
    let items = &raw mut (*cpu::this()).threads.items;
    if (*items).len() == KEPT {
        spill(&mut *items);
    }
    (*items).push(item as usize);
}

/// Gets free items for a CPU that has none.
#[cold]
unsafe fn refill(zone: &Zone, items: &mut Vec<usize>) {
    {
        let mut shared = SHARED.lock().unwrap_or_else(|error| error.into_inner());
        let rest = shared.len().saturating_sub(MOVED);
        items.extend(shared.drain(rest..));
    }
    if !items.is_empty() {
        return;
    }
    let size = (zone.size as usize).next_multiple_of(LINE);
    for _ in 0..MOVED / (SLAB / size) {
        let slab = arena::permanent(SLAB, SLAB);
        for index in 0..SLAB / size {
            let item = slab.add(index * size);
            (zone.init)(item.cast(), zone.size, sys::M_WAITOK as c_int);
            items.push(item as usize);
        }
    }
}

/// Gives some of a CPU's free items to all: the oldest.
#[cold]
fn spill(items: &mut Vec<usize>) {
    let mut shared = SHARED.lock().unwrap_or_else(|error| error.into_inner());
    shared.extend(items.drain(..MOVED));
}

/// The item of [`Mode::Dummy`].
pub fn dummy() -> *mut c_void {
    static DUMMY: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    *DUMMY.get_or_init(|| arena::permanent(SLAB, SLAB) as usize) as *mut c_void
}
