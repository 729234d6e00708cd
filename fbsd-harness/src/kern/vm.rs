//! Memory of the machine: kernel stacks, physical addresses and the domains
//! that they are in.
//!
//! A kernel stack here is a number of pages on paper: it is given and taken in
//! pairs, which is checked, and has room for the thread's PCB and trap frame.
//! The code of a simulated thread runs on the stack of its coroutine.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicI32, Ordering};
use std::alloc::{Layout, alloc, handle_alloc_error};
use std::collections::BTreeMap;

use crate::kern::host_lock::HostLock;
use crate::kern::{malloc, uma};
use crate::machine::api::{Kind, fail, name_of, note, point, proc0, wakeup};
use crate::sys::{KT_MAXMEMDOM, thread};

/// Bytes that a stack really has, whatever its pages.
pub const STACK_BYTES: usize = 1024;
/// `kstack_pages`, what a thread gets that asks for nothing special.
pub const KSTACK_PAGES: c_int = 4;
/// `KSTACK_MAX_PAGES`: nobody gets more.
const KSTACK_MAX_PAGES: c_int = 32;
/// The physical addresses of a domain begin at its number shifted by this.
const DOMAIN_SHIFT: u32 = 48;

/// `struct mem_affinity` of vm/vm_phys.h: a range and its domain.
#[repr(C)]
pub struct Affinity {
    start: u64,
    end: u64,
    domain: c_int,
}

/// `vm_ndomains`: memory domains, 1 unless a scenario asks for more.
#[unsafe(no_mangle)]
pub static vm_ndomains: AtomicI32 = AtomicI32::new(1);

/// One range for each domain, then the end mark.
static AFFINITY: [Affinity; KT_MAXMEMDOM as usize + 1] = affinity();

/// The table `mem_affinity`, which kernels with NUMA search by address.
#[unsafe(no_mangle)]
pub static mem_affinity: &[Affinity; KT_MAXMEMDOM as usize + 1] = &AFFINITY;

const fn affinity() -> [Affinity; KT_MAXMEMDOM as usize + 1] {
    let mut table = [const {
        Affinity {
            start: 0,
            end: 0,
            domain: 0,
        }
    }; KT_MAXMEMDOM as usize + 1];
    let mut domain = 0;
    while domain < KT_MAXMEMDOM as usize {
        table[domain] = Affinity {
            start: (domain as u64) << DOMAIN_SHIFT,
            end: ((domain as u64 + 1) << DOMAIN_SHIFT) - 1,
            domain: domain as c_int,
        };
        domain += 1;
    }
    table
}

struct Vm {
    /// Stacks in use, by address, with their pages.
    stacks: BTreeMap<usize, c_int>,
    /// Stacks to use again, with their pages.
    cached: Vec<(usize, c_int)>,
    /// Allocations that succeed before the failing ones.
    until_failure: u32,
    /// Allocations that fail.
    failures: u32,
    /// Slabs of zones: start, end and domain.
    slabs: Vec<(usize, usize, usize)>,
}

static VM: HostLock<Vm> = HostLock::new(Vm {
    stacks: BTreeMap::new(),
    cached: Vec::new(),
    until_failure: 0,
    failures: 0,
    slabs: Vec::new(),
});

/// Sets the number of memory domains before boot.
pub fn set_domains(n: c_int) {
    if !(1..=KT_MAXMEMDOM).contains(&n) {
        fail(
            Kind::Internal,
            format!("{n} memory domains: at most {KT_MAXMEMDOM} are possible"),
        );
    }
    vm_ndomains.store(n, Ordering::Relaxed);
}

/// Is there such a domain?
pub fn has_domain(domain: c_int) -> bool {
    (0..vm_ndomains.load(Ordering::Relaxed)).contains(&domain)
}

/// The memory domain of a CPU: CPUs are dealt out in turn.
pub fn domain_of_cpu(cpu: usize) -> c_int {
    (cpu % vm_ndomains.load(Ordering::Relaxed) as usize) as c_int
}

/// Lets `after` more kernel stacks be allocated and the `n` after those fail.
pub fn fail_stacks(after: u32, n: u32) {
    VM.with(|vm| (vm.until_failure, vm.failures) = (after, n));
}

/// Notes the memory of a zone; slabs are dealt out to the domains in turn.
pub fn register_slab(start: usize, size: usize) {
    VM.with(|vm| {
        let domain = vm.slabs.len() % vm_ndomains.load(Ordering::Relaxed) as usize;
        vm.slabs.push((start, start + size, domain));
    });
}

/// The domain that an address is in.
pub fn domain_of(address: usize) -> usize {
    VM.with(|vm| {
        vm.slabs
            .iter()
            .find(|(start, end, _)| (*start..*end).contains(&address))
            .map_or(0, |(_, _, domain)| *domain)
    })
}

/// How many kernel stacks are in use.
pub fn stacks_in_use() -> usize {
    VM.with(|vm| vm.stacks.len())
}

/// Does the thread have a stack that was given to it?
///
/// # Safety
/// `td` is a thread structure.
pub unsafe fn has_stack(td: *const thread) -> bool {
    // SAFETY: the caller's promise.
    let stack = unsafe { (*td).td_kstack } as usize;
    VM.with(|vm| vm.stacks.contains_key(&stack))
}

#[unsafe(no_mangle)]
extern "C" fn pmap_kextract(address: usize) -> u64 {
    point("pmap_kextract", &[]);
    ((domain_of(address) as u64) << DOMAIN_SHIFT) | address as u64
}

/// Memory for a stack.
fn new_stack() -> usize {
    let layout = Layout::from_size_align(STACK_BYTES, 64).expect("both are powers of two");
    // SAFETY: the layout has a size.
    let stack = unsafe { alloc(layout) };
    if stack.is_null() {
        handle_alloc_error(layout);
    }
    stack.addr()
}

/// Gives a thread a kernel stack: 1, or 0 and the thread as it was.
///
/// # Safety
/// `td` is a thread that nobody runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vm_thread_new(td: *mut thread, pages: c_int) -> c_int {
    point("vm_thread_new", &[td.addr(), pages as usize]);
    uma::assert_live(td.cast(), "vm_thread_new");
    malloc::assert_may_sleep("vm_thread_new");
    let pages = match pages {
        ..=1 => KSTACK_PAGES,
        _ => pages.min(KSTACK_MAX_PAGES),
    };
    let stack = VM.with(|vm| {
        if vm.failures > 0 {
            if vm.until_failure == 0 {
                vm.failures -= 1;
                return None;
            }
            vm.until_failure -= 1;
        }
        let cached = vm.cached.iter().rposition(|(_, have)| *have == pages);
        let stack = match cached {
            Some(index) => vm.cached.remove(index).0,
            None => new_stack(),
        };
        vm.stacks.insert(stack, pages);
        Some(stack)
    });
    let Some(stack) = stack else {
        note("=no stack", &[]);
        return 0;
    };
    // SAFETY: the caller's promise.
    unsafe {
        (*td).td_kstack = stack as u64;
        (*td).td_kstack_pages = pages;
    }
    1
}

/// Takes a thread's kernel stack.
///
/// # Safety
/// `td` is a thread that nobody runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vm_thread_dispose(td: *mut thread) {
    point("vm_thread_dispose", &[td.addr()]);
    uma::assert_live(td.cast(), "vm_thread_dispose");
    // SAFETY: the caller's promise.
    let (stack, pages) = unsafe { ((*td).td_kstack as usize, (*td).td_kstack_pages) };
    let held = VM.with(|vm| {
        let held = vm.stacks.remove(&stack);
        if let Some(pages) = held {
            vm.cached.push((stack, pages));
        }
        held
    });
    if held != Some(pages) {
        fail(
            Kind::Memory,
            format!(
                "vm_thread_dispose of {}: its stack of {pages} pages is not one that was given out",
                name_of(td.addr())
            ),
        );
    }
    // SAFETY: the caller's promise.
    unsafe {
        (*td).td_kstack = 0;
        (*td).td_kstack_pages = 0;
    }
}

/// The top of a thread's stack less `size` bytes, aligned.
///
/// # Safety
/// `td` is a thread with a stack.
pub unsafe fn top_of_stack(td: *const thread, size: usize) -> *mut c_void {
    // SAFETY: the caller's promise.
    let stack = unsafe { (*td).td_kstack } as usize;
    ((stack + STACK_BYTES - size) & !63) as *mut c_void
}

/// Wakes the swapper.  Nobody sleeps there, since nothing is swapped out, but
/// the call is part of what the object does.
#[unsafe(no_mangle)]
pub extern "C" fn kick_proc0() {
    point("kick_proc0", &[]);
    // SAFETY: a channel is only compared.
    unsafe { wakeup(proc0().cast_const().cast()) };
}
