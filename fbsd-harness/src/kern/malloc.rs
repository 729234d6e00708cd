//! malloc(9): blocks by type, with their sizes.
//!
//! Every block is written down, so that a release of anything else is found,
//! and what is left when a run ends can be listed.  A block that is released
//! is filled with a pattern and kept for a while; a write through a stale
//! pointer breaks the pattern.  `hashinit` is here as well: it is malloc(9)
//! with list heads in it.

use core::ffi::{CStr, c_int, c_ulong, c_void};
use core::ptr;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::collections::{BTreeMap, VecDeque};

use crate::kern::host_lock::HostLock;
use crate::machine::api::{Kind, curthread, fail, may_block, point, register_name};
use crate::machine::{allowed, digest, heap, sanitize};
use crate::sys::{M_WAITOK, M_ZERO, malloc_type};

/// Alignment of every block: that of a cache line.
const ALIGN: usize = 64;
/// What a released block is filled with, and a new one without `M_ZERO`.
const TRASH: u8 = 0xde;
const JUNK: u8 = 0xa5;
/// Released blocks that are kept before their memory is used again.
const KEPT: usize = 256;

/// `M_VERSION`: what a type says that it was compiled for.
const M_VERSION: c_ulong = 2_020_110_501;

/// A block that somebody holds, or that is kept after its release.
#[derive(Clone, Copy)]
struct Block {
    address: usize,
    size: usize,
    kind: usize,
    /// Blocks that were allocated before.
    serial: u64,
}

/// Blocks that a rule leaves to the object, with the rule's number.  They are
/// written down without allocating anything.
struct Own {
    blocks: [Option<(Block, usize)>; OWN],
    /// How many there ever were.
    used: usize,
}

/// Blocks that a run can leave to the object.
const OWN: usize = 256;

impl Own {
    fn add(&mut self, block: Block, rule: usize) {
        let Some(slot) = self.blocks.get_mut(self.used) else {
            fail(
                Kind::Internal,
                format!("more than {OWN} blocks of the object's own"),
            );
        };
        *slot = Some((block, rule));
        self.used += 1;
    }

    /// Forgets a block of this type, whose memory is not used again; false if
    /// it is none.
    fn remove(&mut self, address: usize, kind: usize) -> bool {
        let found = self.blocks[..self.used].iter_mut().find(|slot| {
            slot.is_some_and(|(block, _)| block.address == address && block.kind == kind)
        });
        found.and_then(Option::take).is_some()
    }
}

struct Arena {
    held: BTreeMap<usize, Block>,
    own: Own,
    kept: VecDeque<Block>,
    /// Blocks allocated so far.
    allocated: u64,
    /// Types that `malloc_init` registered.
    types: Vec<usize>,
}

static ARENA: HostLock<Arena> = HostLock::new(Arena {
    held: BTreeMap::new(),
    own: Own {
        blocks: [None; OWN],
        used: 0,
    },
    kept: VecDeque::new(),
    allocated: 0,
    types: Vec::new(),
});

/// `mti_zone` of a type that needs no `malloc_init`.
const BUILT_IN: u8 = 1;

/// A malloc type of the harness or of the kernel's other files; such types are
/// there before anything runs.
pub const fn new_type(name: &'static CStr) -> malloc_type {
    // SAFETY: a `malloc_type` is made of integers and pointers that may be NULL.
    let mut kind: malloc_type = unsafe { core::mem::zeroed() };
    kind.ks_version = M_VERSION;
    kind.ks_shortdesc = name.as_ptr();
    kind.ks_mti.mti_zone = BUILT_IN;
    kind
}

/// Temporary buffers: `M_TEMP`.
#[unsafe(no_mangle)]
pub static mut M_TEMP: [malloc_type; 1] = [new_type(c"temp")];

/// Fails if the current thread may not sleep here: it holds a spin lock, is in
/// a critical section or runs where sleeping is forbidden.
pub fn assert_may_sleep(what: &str) {
    // SAFETY: curthread is a thread, and only it changes the field.
    unsafe {
        may_block(what);
        if (*curthread()).td_no_sleeping != 0 {
            fail(Kind::Lock, format!("{what} where sleeping is forbidden"));
        }
    }
}

/// The name of a type.
fn type_name(kind: usize) -> String {
    let kind = kind as *const malloc_type;
    // SAFETY: types are static structures with a name that stays.
    unsafe { CStr::from_ptr((*kind).ks_shortdesc) }
        .to_string_lossy()
        .into_owned()
}

fn check_version(kind: *mut malloc_type, what: &str) {
    // SAFETY: a type that a caller names is a static structure.
    let version = unsafe { (*kind).ks_version };
    if version != M_VERSION {
        fail(
            Kind::Memory,
            format!("{what} with a malloc type of version {version}"),
        );
    }
}

/// Fails unless the type may be used.
fn check_type(kind: *mut malloc_type, what: &str) {
    check_version(kind, what);
    // SAFETY: as above.
    let built_in = unsafe { (*kind).ks_mti.mti_zone } == BUILT_IN;
    if !built_in && !ARENA.with(|arena| arena.types.contains(&kind.addr())) {
        fail(
            Kind::Memory,
            format!(
                "{what} of type {} without malloc_init",
                type_name(kind.addr())
            ),
        );
    }
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size.max(1), ALIGN).expect("a block is smaller than the memory")
}

/// malloc(9).  With `M_WAITOK` it never fails.
#[unsafe(no_mangle)]
pub extern "C" fn fbsd_malloc(size: usize, kind: *mut malloc_type, flags: c_int) -> *mut c_void {
    point("malloc", &[kind.addr()]);
    check_type(kind, "malloc");
    if flags & M_WAITOK as c_int != 0 {
        assert_may_sleep("malloc with M_WAITOK");
    }
    let layout = layout(size);
    let rule = digest::watched().then(|| allowed::memory(&type_name(kind.addr())));
    let rule = rule.flatten();
    let address = match rule {
        Some(_) => heap::own(layout),
        // SAFETY: the layout has a size.
        None => unsafe { alloc_zeroed(layout) },
    };
    if address.is_null() {
        handle_alloc_error(layout);
    }
    if flags & M_ZERO as c_int == 0 {
        // SAFETY: the block has `size` bytes.
        unsafe { ptr::write_bytes(address, JUNK, size) };
    }
    ARENA.with(|arena| {
        let block = Block {
            address: address.addr(),
            size,
            kind: kind.addr(),
            serial: arena.allocated,
        };
        match rule {
            Some(rule) => arena.own.add(block, rule),
            None => {
                arena.allocated += 1;
                arena.held.insert(address.addr(), block);
            }
        }
    });
    address.cast()
}

/// free(9).
///
/// # Safety
/// Nobody uses the block any more.  A pointer to anything but a held block of
/// this type fails the run.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fbsd_free(address: *mut c_void, kind: *mut malloc_type) {
    point("free", &[kind.addr(), address.addr()]);
    check_type(kind, "free");
    if address.is_null() {
        return;
    }
    if ARENA.with(|arena| arena.own.remove(address.addr(), kind.addr())) {
        return;
    }
    let (block, oldest) = ARENA.with(|arena| {
        let block = arena.held.remove(&address.addr());
        if let Some(block) = block {
            // SAFETY: the block was held and belongs to nobody from now on.
            unsafe { ptr::write_bytes(address.cast::<u8>(), TRASH, block.size) };
            sanitize::poison(block.address, block.size);
            arena.kept.push_back(block);
        }
        let oldest = (arena.kept.len() > KEPT).then(|| arena.kept.pop_front());
        (block, oldest.flatten())
    });
    let Some(block) = block else {
        fail(
            Kind::Memory,
            format!(
                "free of a block of type {} that nobody holds",
                type_name(kind.addr())
            ),
        );
    };
    if block.kind != kind.addr() {
        fail(
            Kind::Memory,
            format!(
                "a block of type {} is freed as {}",
                type_name(block.kind),
                type_name(kind.addr())
            ),
        );
    }
    if let Some(block) = oldest {
        check_trash(&block);
        // SAFETY: the block was allocated with this layout and is in no list
        // any more.
        unsafe { dealloc(block.address as *mut u8, layout(block.size)) };
    }
}

/// Fails if a released block was written to.
fn check_trash(block: &Block) {
    sanitize::unpoison(block.address, block.size);
    // SAFETY: kept blocks are still allocated.
    let bytes = unsafe { core::slice::from_raw_parts(block.address as *const u8, block.size) };
    if let Some(offset) = bytes.iter().position(|&byte| byte != TRASH) {
        fail(
            Kind::Memory,
            format!(
                "a block of type {} and {} bytes was written to at offset {offset:#x} after free",
                type_name(block.kind),
                block.size
            ),
        );
    }
    sanitize::poison(block.address, block.size);
}

/// Fails if one of the blocks released lately was written to.
pub fn check_freed_blocks() {
    let kept: Vec<Block> = ARENA.with(|arena| arena.kept.iter().copied().collect());
    kept.iter().for_each(check_trash);
}

/// The held blocks of a type, the oldest first.
pub fn blocks_of(kind: *const malloc_type) -> Vec<*mut c_void> {
    held(|block| block.kind == kind.addr())
        .iter()
        .map(|block| block.address as *mut c_void)
        .collect()
}

/// The held blocks of the types with this name and their sizes, the oldest
/// first.
pub fn blocks_named(name: &str) -> Vec<(*mut c_void, usize)> {
    held(|block| type_name(block.kind) == name)
        .iter()
        .map(|block| (block.address as *mut c_void, block.size))
        .collect()
}

fn held(wanted: impl Fn(&Block) -> bool) -> Vec<Block> {
    let mut blocks: Vec<Block> = ARENA.with(|arena| {
        let own = arena.own.blocks.iter().flatten().map(|(block, _)| block);
        let all = arena.held.values().chain(own);
        all.filter(|block| wanted(block)).copied().collect()
    });
    blocks.sort_by_key(|block| block.serial);
    blocks
}

/// Calls `f` with the address and the size of every held block, by address;
/// `own` also with the number of the rule by which it is the object's own.
pub fn for_each(mut f: impl FnMut(usize, usize), mut own: impl FnMut(usize, usize, usize)) {
    ARENA.with(|arena| {
        for (block, rule) in arena.own.blocks[..arena.own.used].iter().flatten() {
            own(block.address, block.size, *rule);
        }
        for block in arena.held.values() {
            f(block.address, block.size);
        }
    });
}

/// How many blocks are held, by name of the type.
pub fn census() -> BTreeMap<String, usize> {
    ARENA.with(|arena| {
        let mut census = BTreeMap::new();
        for block in arena.held.values() {
            *census.entry(type_name(block.kind)).or_default() += 1;
        }
        census
    })
}

/// Is the type registered?
pub fn is_registered(name: &str) -> bool {
    ARENA.with(|arena| arena.types.iter().any(|&kind| type_name(kind) == name))
}

#[unsafe(no_mangle)]
extern "C" fn malloc_init(data: *const c_void) {
    let kind = data.cast_mut().cast::<malloc_type>();
    check_version(kind, "malloc_init");
    ARENA.with(|arena| arena.types.push(kind.addr()));
    register_name(
        kind.addr(),
        size_of::<malloc_type>(),
        &format!("M_{}", type_name(kind.addr()).to_uppercase()),
    );
}

#[unsafe(no_mangle)]
extern "C" fn malloc_uninit(data: *const c_void) {
    ARENA.with(|arena| arena.types.retain(|&kind| kind != data.addr()));
}

/// A hash table of the largest power of two that is at most `elements`.
#[unsafe(no_mangle)]
extern "C" fn hashinit(elements: c_int, kind: *mut malloc_type, mask: *mut c_ulong) -> *mut c_void {
    point("hashinit", &[kind.addr()]);
    if elements <= 0 {
        fail(Kind::Memory, format!("hashinit of {elements} elements"));
    }
    let size = 1usize << (usize::BITS - 1 - (elements as usize).leading_zeros());
    let table = fbsd_malloc(size * size_of::<*mut c_void>(), kind, M_WAITOK as c_int);
    // SAFETY: the table was made with this size; an empty LIST_HEAD is NULL.
    unsafe { ptr::write_bytes(table.cast::<*mut c_void>(), 0, size) };
    // SAFETY: the caller wants the mask there.
    unsafe { *mask = size as c_ulong - 1 };
    table
}
