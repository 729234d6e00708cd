//! The items of a UMA zone: where they are, which are live, and what the free
//! ones looked like when they were released.
//!
//! Nothing is called from here; the zone holds its lock around each step.

use std::ops::Range;

use crate::machine::sanitize;

/// Items of one slab.
pub const ITEMS_PER_SLAB: usize = 4;

/// The state of an item.
#[derive(Clone, Copy, PartialEq)]
pub enum State {
    /// Being initialised with the rest of its slab.
    New,
    /// Allocated.
    Live,
    /// In the cache.
    Free,
}

/// Items next to each other.
struct Slab {
    base: usize,
    states: [State; ITEMS_PER_SLAB],
    /// The contents of the items when they became free.
    before: Box<[u8]>,
}

/// All items of a zone.
pub struct Keg {
    size: usize,
    stride: usize,
    /// In the order of their addresses.
    slabs: Vec<Slab>,
    /// Free items, the one to allocate next at the end.
    cache: Vec<usize>,
    /// Bytes of an item that may change while it is free.
    unstable: Vec<Range<usize>>,
    live: usize,
}

impl Keg {
    /// No items, each to be of `size` bytes and `stride` apart.
    pub const fn new(size: usize, stride: usize) -> Self {
        Self {
            size,
            stride,
            slabs: Vec::new(),
            cache: Vec::new(),
            unstable: Vec::new(),
            live: 0,
        }
    }

    /// The slab and the index of the item at `address`.
    fn find(&self, address: usize) -> Option<(usize, usize)> {
        let after = self.slabs.partition_point(|slab| slab.base <= address);
        let slab = after.checked_sub(1)?;
        let offset = address - self.slabs[slab].base;
        (offset.is_multiple_of(self.stride) && offset / self.stride < ITEMS_PER_SLAB)
            .then_some((slab, offset / self.stride))
    }

    /// The state of the item at `address`, if there is one.
    pub fn state(&self, address: usize) -> Option<State> {
        let (slab, index) = self.find(address)?;
        Some(self.slabs[slab].states[index])
    }

    /// How many items are live.
    pub fn live(&self) -> usize {
        self.live
    }

    /// How many items there are.
    pub fn items(&self) -> usize {
        self.slabs.len() * ITEMS_PER_SLAB
    }

    /// The items in this state, in the order of their addresses.
    pub fn items_in(&self, state: State) -> Vec<usize> {
        self.slabs
            .iter()
            .flat_map(|slab| {
                (0..ITEMS_PER_SLAB)
                    .filter(|&index| slab.states[index] == state)
                    .map(|index| slab.base + index * self.stride)
            })
            .collect()
    }

    /// Lets these bytes of free items change.
    pub fn allow_writes(&mut self, bytes: Range<usize>) {
        self.unstable.push(bytes);
        for item in self.items_in(State::Free) {
            self.close(item);
        }
    }

    /// Adds a slab of new items.
    pub fn add_slab(&mut self, base: usize) {
        let place = self.slabs.partition_point(|slab| slab.base < base);
        self.slabs.insert(
            place,
            Slab {
                base,
                states: [State::New; ITEMS_PER_SLAB],
                before: vec![0; self.size * ITEMS_PER_SLAB].into_boxed_slice(),
            },
        );
    }

    /// Makes the items of a new slab free; the one with the lowest address is
    /// to be allocated first.
    pub fn open_slab(&mut self, base: usize) {
        for index in (0..ITEMS_PER_SLAB).rev() {
            self.put(base + index * self.stride, State::New);
        }
    }

    /// Takes the item that was released last.  With it comes the offset of the
    /// first byte that changed while it was free, if any did.
    pub fn take(&mut self) -> Option<(usize, Option<usize>)> {
        let item = self.cache.pop()?;
        let (slab, index) = self.find(item)?;
        let changed = self.changed(slab, index);
        sanitize::unpoison(item, self.size);
        self.slabs[slab].states[index] = State::Live;
        self.live += 1;
        Some((item, changed))
    }

    /// Puts a live item back; false if it is none.
    pub fn release(&mut self, item: usize) -> bool {
        let live = self.put(item, State::Live);
        self.live -= usize::from(live);
        live
    }

    /// Makes an item free that is in the state `from`.
    fn put(&mut self, item: usize, from: State) -> bool {
        let Some((slab, index)) = self.find(item) else {
            return false;
        };
        let slab = &mut self.slabs[slab];
        if slab.states[index] != from {
            return false;
        }
        slab.states[index] = State::Free;
        let before = index * self.size..(index + 1) * self.size;
        slab.before[before].copy_from_slice(bytes(item, self.size));
        self.cache.push(item);
        self.close(item);
        true
    }

    /// Keeps others off a free item, but for the bytes that may change.
    fn close(&self, item: usize) {
        sanitize::poison(item, self.size);
        for bytes in &self.unstable {
            sanitize::unpoison(item + bytes.start, bytes.len());
        }
    }

    /// Lets free items be read, until they are released the next time.
    pub fn lay_open(&self) {
        for item in self.items_in(State::Free) {
            sanitize::unpoison(item, self.size);
        }
    }

    /// Takes the slab of `item` away if all of its items are free, and gives
    /// their addresses.
    pub fn remove_slab_of(&mut self, item: usize) -> Option<Vec<usize>> {
        let (slab, _) = self.find(item)?;
        if self.slabs[slab]
            .states
            .iter()
            .any(|state| *state != State::Free)
        {
            return None;
        }
        let slab = self.slabs.remove(slab);
        let items: Vec<usize> = (0..ITEMS_PER_SLAB)
            .map(|index| slab.base + index * self.stride)
            .collect();
        self.cache.retain(|item| !items.contains(item));
        for &item in &items {
            sanitize::unpoison(item, self.size);
        }
        Some(items)
    }

    /// The offset in its item of the first byte of a free item that changed.
    pub fn first_change(&self) -> Option<usize> {
        (0..self.slabs.len()).find_map(|slab| {
            (0..ITEMS_PER_SLAB)
                .filter(|&index| self.slabs[slab].states[index] == State::Free)
                .find_map(|index| self.changed(slab, index))
        })
    }

    fn changed(&self, slab: usize, index: usize) -> Option<usize> {
        let slab = &self.slabs[slab];
        let item = slab.base + index * self.stride;
        sanitize::unpoison(item, self.size);
        let now = bytes(item, self.size);
        let before = &slab.before[index * self.size..(index + 1) * self.size];
        let changed = if now == before {
            None
        } else {
            (0..self.size).find(|offset| {
                now[*offset] != before[*offset]
                    && !self.unstable.iter().any(|bytes| bytes.contains(offset))
            })
        };
        self.close(item);
        changed
    }
}

/// The bytes of an item.
fn bytes<'a>(item: usize, size: usize) -> &'a [u8] {
    // SAFETY: the callers pass items of the keg, which have that size and are
    // never unmapped; a free one is nobody's, and who writes to it all the same
    // is about to be found.
    unsafe { core::slice::from_raw_parts(item as *const u8, size) }
}
