//! UMA zones: type-stable items, initialised a slab at a time.
//!
//! As in the kernel, `init` runs once for every item of a new slab, on zeroed
//! memory; `ctor` runs at each allocation and `dtor` at each release; the
//! contents of an item survive in between.  The item released last is the one
//! allocated next.  `fini` runs when a slab is given back: never in a zone
//! with `UMA_ZONE_NOFREE`, and as soon as all of its items are free otherwise,
//! so that whoever relies on type stability without asking for it is found.
//!
//! The zone knows which items are live.  A release of anything else is an
//! error, and so is a write to a free item: its contents are kept aside at
//! release and compared at the next allocation and when the run ends.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;
use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::ops::Range;

use crate::kern::host_lock::HostLock;
use crate::kern::keg::{ITEMS_PER_SLAB, Keg, State};
use crate::kern::{malloc, vm};
use crate::machine::api::{Kind, fail, point, register_name};
use crate::machine::sanitize;
use crate::sys::{self, M_WAITOK, M_ZERO, UMA_ZONE_NOFREE};

/// What a slab that was given back is filled with.
const TRASH: u8 = 0xa5;
/// A cache line less one, what `UMA_ALIGN_CACHE` stands for.
const CACHE_ALIGN_MASK: usize = 63;

/// A zone: what a `uma_zone_t` points to.
pub struct Zone {
    name: &'static CStr,
    size: usize,
    stride: usize,
    align_mask: usize,
    flags: u32,
    ctor: sys::uma_ctor,
    dtor: sys::uma_dtor,
    init: sys::uma_init,
    fini: sys::uma_fini,
    keg: HostLock<Keg>,
}

static ZONES: HostLock<Vec<&'static Zone>> = HostLock::new(Vec::new());

impl Zone {
    /// The zone behind a `uma_zone_t`.
    fn of(zone: sys::uma_zone_t) -> &'static Zone {
        if zone.is_null() {
            fail(Kind::Memory, "a zone is used that was not created".into());
        }
        // SAFETY: the only zones that the kernel can name are those that
        // `uma_zcreate` gave out, and they are never freed.
        unsafe { &*zone.cast::<Zone>() }
    }

    /// The zone's name.
    pub fn name(&self) -> String {
        self.name.to_string_lossy().into_owned()
    }

    /// Size of an item as the creator asked for it.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The alignment mask that the creator asked for.
    pub fn align_mask(&self) -> usize {
        self.align_mask
    }

    /// The creator's flags.
    pub fn flags(&self) -> u32 {
        self.flags
    }

    /// Which of ctor, dtor, init and fini the zone has.
    pub fn hooks(&self) -> [bool; 4] {
        [
            self.ctor.is_some(),
            self.dtor.is_some(),
            self.init.is_some(),
            self.fini.is_some(),
        ]
    }

    /// Calls `fini` on an item, which nothing else does in a zone that keeps
    /// its slabs.
    ///
    /// # Safety
    /// `item` is an item of the zone that nobody uses.
    pub unsafe fn finish(&self, item: *mut c_void) {
        if let Some(fini) = self.fini {
            // SAFETY: the caller's promise.
            unsafe { fini(item, self.size as c_int) };
        }
    }

    /// How many items are live.
    pub fn live(&self) -> usize {
        self.keg.with(|keg| keg.live())
    }

    /// How many items exist, live or free.
    pub fn items(&self) -> usize {
        self.keg.with(|keg| keg.items())
    }

    /// The live items, in the order of their addresses.
    pub fn live_items<T>(&self) -> Vec<*mut T> {
        self.items_in(State::Live)
    }

    /// The free items, in the order of their addresses.
    pub fn free_items<T>(&self) -> Vec<*mut T> {
        self.items_in(State::Free)
    }

    fn items_in<T>(&self, state: State) -> Vec<*mut T> {
        let items = self.keg.with(|keg| keg.items_in(state));
        items.into_iter().map(|item| item as *mut T).collect()
    }

    /// Lets these bytes of free items change: a lock that stale pointers may
    /// take for a moment.
    pub fn allow_writes(&self, bytes: Range<usize>) {
        self.keg.with(|keg| keg.allow_writes(bytes));
    }

    /// Is `item` in this state?
    fn is(&self, item: *const c_void, state: State) -> bool {
        self.keg.with(|keg| keg.state(item.addr()) == Some(state))
    }

    /// Fails if a free item was written to.
    pub fn check_free_items(&self) {
        if let Some(offset) = self.keg.with(|keg| keg.first_change()) {
            self.fail_changed(offset);
        }
    }

    fn fail_changed(&self, offset: usize) -> ! {
        fail(
            Kind::Memory,
            format!(
                "a free item of zone {} was written to at offset {offset:#x}",
                self.name()
            ),
        )
    }

    /// Makes a slab and initialises its items; they are free afterwards.
    fn grow(&self) {
        let layout = Layout::from_size_align(self.stride * ITEMS_PER_SLAB, 4096)
            .expect("the size of a slab is small");
        // SAFETY: the size is not zero, since `stride` is at least the alignment.
        let base = unsafe { alloc_zeroed(layout) };
        if base.is_null() {
            handle_alloc_error(layout);
        }
        vm::register_slab(base as usize, layout.size());
        self.keg.with(|keg| keg.add_slab(base as usize));
        for index in 0..ITEMS_PER_SLAB {
            let item = base.wrapping_add(index * self.stride);
            if let Some(init) = self.init {
                // SAFETY: the zone's creator gave `init` for items of this
                // size; nobody else knows the item yet.
                let error = unsafe { init(item.cast(), self.size as c_int, M_WAITOK as c_int) };
                if error != 0 {
                    fail(
                        Kind::Memory,
                        format!("init of zone {} failed: {error}", self.name()),
                    );
                }
            }
        }
        self.keg.with(|keg| keg.open_slab(base as usize));
    }

    /// Takes the item that was released last, if there is one.
    fn take(&self) -> Option<usize> {
        let (item, changed) = self.keg.with(Keg::take)?;
        if let Some(offset) = changed {
            self.fail_changed(offset);
        }
        Some(item)
    }

    /// Gives the slab of an item back if all of its items are free.  The memory
    /// stays mapped, so that a stale pointer reads a pattern.
    fn release_slab_of(&self, item: usize) {
        for item in self
            .keg
            .with(|keg| keg.remove_slab_of(item))
            .unwrap_or_default()
        {
            if let Some(fini) = self.fini {
                // SAFETY: the item is free and was taken off the zone.
                unsafe { fini(item as *mut c_void, self.size as c_int) };
            }
            // SAFETY: as above.
            unsafe { ptr::write_bytes(item as *mut u8, TRASH, self.stride) };
            sanitize::poison(item, self.stride);
        }
    }
}

/// All zones, in order of creation.
pub fn zones() -> Vec<&'static Zone> {
    ZONES.with(|zones| zones.clone())
}

/// Calls `f` with each zone's address, live items and items.
pub fn for_each(mut f: impl FnMut(usize, usize, usize)) {
    ZONES.with(|zones| {
        for &zone in zones.iter() {
            f(ptr::from_ref(zone).addr(), zone.live(), zone.items());
        }
    });
}

/// The zone of this name, if it was created.
pub fn find(name: &str) -> Option<&'static Zone> {
    zones()
        .into_iter()
        .find(|zone| zone.name.to_bytes() == name.as_bytes())
}

/// Lets the free items of all zones be read, by who checks what is left.
pub fn lay_open() {
    for zone in zones() {
        zone.keg.with(|keg| keg.lay_open());
    }
}

/// Fails if `item` is a free item of a zone.
pub fn assert_live(item: *const c_void, what: &str) {
    let zone = ZONES.with(|zones| {
        zones
            .iter()
            .copied()
            .find(|zone| zone.is(item, State::Free))
    });
    if let Some(zone) = zone {
        fail(
            Kind::Memory,
            format!("{what} got a free item of zone {}", zone.name()),
        );
    }
}

/// # Safety
/// `name` is a C string that stays; the functions suit items of `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uma_zcreate(
    name: *const c_char,
    size: usize,
    ctor: sys::uma_ctor,
    dtor: sys::uma_dtor,
    init: sys::uma_init,
    fini: sys::uma_fini,
    align: c_int,
    flags: u32,
) -> sys::uma_zone_t {
    point("uma_zcreate", &[]);
    let align_mask = align as usize;
    if size == 0 || !(align_mask + 1).is_power_of_two() || align_mask >= 4096 {
        fail(
            Kind::Memory,
            format!("uma_zcreate: size {size}, alignment mask {align_mask:#x}"),
        );
    }
    let zone: &'static Zone = Box::leak(Box::new(Zone {
        // SAFETY: the caller's promise.
        name: unsafe { CStr::from_ptr(name) },
        size,
        stride: (size + align_mask) & !align_mask,
        align_mask,
        flags,
        ctor,
        dtor,
        init,
        fini,
        keg: HostLock::new(Keg::new(size, (size + align_mask) & !align_mask)),
    }));
    ZONES.with(|zones| zones.push(zone));
    register_name(
        ptr::from_ref(zone).addr(),
        size_of::<Zone>(),
        &format!("zone {}", zone.name()),
    );
    ptr::from_ref(zone).cast_mut().cast()
}

/// # Safety
/// `zone` came from [`uma_zcreate`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uma_zalloc_arg(
    zone: sys::uma_zone_t,
    udata: *mut c_void,
    flags: c_int,
) -> *mut c_void {
    let zone = Zone::of(zone);
    point("uma_zalloc_arg", &[ptr::from_ref(zone).addr()]);
    if flags & M_WAITOK as c_int != 0 {
        malloc::assert_may_sleep("uma_zalloc with M_WAITOK");
    }
    let item = loop {
        match zone.take() {
            Some(item) => break item as *mut c_void,
            None => zone.grow(),
        }
    };
    if flags & M_ZERO as c_int != 0 {
        // SAFETY: the item has that many bytes and belongs to the caller.
        unsafe { ptr::write_bytes(item.cast::<u8>(), 0, zone.size) };
    }
    if let Some(ctor) = zone.ctor {
        // SAFETY: `ctor` is for items of this zone and the item is ours.
        let error = unsafe { ctor(item, zone.size as c_int, udata, flags) };
        if error != 0 {
            fail(
                Kind::Memory,
                format!("ctor of zone {} failed: {error}", zone.name()),
            );
        }
    }
    item
}

/// # Safety
/// `zone` came from [`uma_zcreate`].  Any `item` is safe: one that is not a
/// live item of the zone fails the run.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn uma_zfree_arg(
    zone: sys::uma_zone_t,
    item: *mut c_void,
    udata: *mut c_void,
) {
    let zone = Zone::of(zone);
    point("uma_zfree_arg", &[ptr::from_ref(zone).addr(), item.addr()]);
    if item.is_null() {
        return;
    }
    if !zone.is(item, State::Live) {
        fail(
            Kind::Memory,
            format!("uma_zfree of what is no live item of zone {}", zone.name()),
        );
    }
    if let Some(dtor) = zone.dtor {
        // SAFETY: the item is live, its owner gives it up.
        unsafe { dtor(item, zone.size as c_int, udata) };
    }
    if !zone.keg.with(|keg| keg.release(item.addr())) {
        fail(
            Kind::Memory,
            format!("an item of zone {} was freed twice at once", zone.name()),
        );
    }
    if zone.flags & UMA_ZONE_NOFREE == 0 {
        zone.release_slab_of(item as usize);
    }
}

#[unsafe(no_mangle)]
extern "C" fn uma_get_cache_align_mask() -> c_int {
    CACHE_ALIGN_MASK as c_int
}
