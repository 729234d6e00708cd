//! Processes: their memory, their list, their families.
//!
//! A process whose parent has waited for it goes back to a cache with its last
//! thread attached, as the proc zone keeps them: the next fork takes both.
//! `struct proc` is type-stable, its locks are initialised once.
//!
//! Locks: `allproc` guards the list of processes and ids, `proctree` parents
//! and children (both are sx locks in the kernel, sleep mutexes here, taken in
//! the order `proctree`, `allproc`, process).

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::{MaybeUninit, offset_of};
use core::ptr;
use core::sync::atomic::{AtomicI32, AtomicPtr, Ordering};
use std::ffi::CString;

use crate::kern::host_lock::HostLock;
use crate::kern::{boot, fork, proc_check, proc_events, sig, sig_set, uma};
use crate::machine::api::*;
use crate::sys::{self, lwpid_t, mtx, pid_t, proc_, sysentvec, thread};

/// A mutex of the harness's own, initialised at boot.
pub struct KernelMutex(UnsafeCell<MaybeUninit<mtx>>);

// SAFETY: a mutex is made to be used by several threads.
unsafe impl Sync for KernelMutex {}

impl KernelMutex {
    /// Storage; [`KernelMutex::init`] makes it a mutex.
    pub const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::zeroed()))
    }

    /// The kernel's view of it.
    pub fn get(&self) -> *mut mtx {
        self.0.get().cast()
    }

    /// Initialises it as a sleep mutex.
    pub fn init(&self, name: &'static CStr) {
        // SAFETY: called once, at boot, before any use.
        unsafe { mtx_init(self.get(), name, sys::MTX_DEF) }
    }

    /// Takes it.
    pub fn lock(&self) {
        // SAFETY: initialised at boot.
        unsafe { mtx_lock(self.get()) }
    }

    /// Releases it.
    pub fn unlock(&self) {
        // SAFETY: initialised at boot; the lock checks its owner.
        unsafe { mtx_unlock(self.get()) }
    }
}

/// Parents and children.
pub static PROCTREE: KernelMutex = KernelMutex::new();
/// The list of processes and their ids.
pub static ALLPROC: KernelMutex = KernelMutex::new();

/// What the harness keeps about one life of a process.
pub struct ProcExt {
    pub name: CString,
    /// Every thread that it made, in order, dead ones included.
    pub made: HostLock<Vec<(lwpid_t, *mut thread)>>,
    /// CLD_STOPPED, CLD_CONTINUED and CLD_TRAPPED reports to the parent.
    pub stop_reports: u64,
    pub cont_reports: u64,
    pub trap_reports: u64,
    pub coredumps: u64,
    /// Caught signals, by number.
    pub caught: [u64; 128],
    /// All threads stay where user mode begins.
    pub parked: bool,
    /// Standing invariants that a scenario suspends for it.
    pub hazards: c_int,
}

impl ProcExt {
    fn new(name: CString) -> Self {
        Self {
            name,
            made: HostLock::new(Vec::new()),
            stop_reports: 0,
            cont_reports: 0,
            trap_reports: 0,
            coredumps: 0,
            caught: [0; 128],
            parked: false,
            hazards: 0,
        }
    }
}

/// The processes: [0] is proc0, zombies included.
static PROCS: HostLock<Vec<*mut proc_>> = HostLock::new(Vec::new());
/// `struct proc`, type-stable.
static ZONE: AtomicPtr<sys::uma_zone> = AtomicPtr::new(ptr::null_mut());
static LAST_PID: HostLock<pid_t> = HostLock::new(9);

/// How often a process was added to the list.
static GENERATION: HostLock<u64> = HostLock::new(0);

/// `sysentvec`s: FreeBSD's own, and one with a thread detach hook.
pub struct Abi(UnsafeCell<MaybeUninit<sysentvec>>);
// SAFETY: written at boot only.
unsafe impl Sync for Abi {}
impl Abi {
    /// The kernel's view of it.
    pub fn get(&self) -> *mut sysentvec {
        self.0.get().cast()
    }
}
pub static ABI_FREEBSD: Abi = Abi(UnsafeCell::new(MaybeUninit::zeroed()));
pub static ABI_LINUX: Abi = Abi(UnsafeCell::new(MaybeUninit::zeroed()));
static DETACHED: HostLock<u64> = HostLock::new(0);

/// What Linux's ABI does before a thread kills itself.
unsafe extern "C" fn linux_thread_detach(td: *mut thread) {
    point("linux_thread_detach", &[td as usize]);
    DETACHED.with(|n| *n += 1);
}

/// Calls of `sv_thread_detach`.
pub fn detached() -> u64 {
    DETACHED.with(|n| *n)
}

/// Makes proc0 a process like the others: list, signals, ABI.  Once, before
/// the first fork.
pub fn init() {
    PROCTREE.init(c"proctree");
    ALLPROC.init(c"allproc");
    make_zone();
    // SAFETY: boot; nobody else runs a process yet.
    unsafe {
        (*ABI_LINUX.get()).sv_thread_detach = Some(linux_thread_detach);
        let p = proc0();
        (*p).p_emuldata = Box::into_raw(Box::new(ProcExt::new(c"kernel".into()))).cast();
        (*p).p_sysent = ABI_FREEBSD.get();
        (*p).p_sigacts = sig_set::sigacts_alloc();
        (*p).p_children.lh_first = ptr::null_mut();
        PROCS.with(|all| all.push(p));
        proc_check::init(p);
    }
    sig::init();
    fork::init();
}

/// The harness's own data of a process.
pub fn ext(p: *const proc_) -> &'static mut ProcExt {
    // SAFETY: set when the process was made, by `init` or `alloc`, and replaced
    // only when nobody uses the process any more; writers hold the process lock
    // or are the only one to know the process.
    unsafe { &mut *(*p).p_emuldata.cast::<ProcExt>() }
}

/// Writes down that a process made a thread.
pub fn made_thread(p: *mut proc_, td: *mut thread) {
    // SAFETY: the thread was just allocated.
    let tid = unsafe { (*td).td_tid };
    let number = ext(p).made.with(|made| {
        made.push((tid, td));
        made.len() - 1
    });
    let name = format!("{}.T{number}", ext(p).name.to_string_lossy());
    register_name(td as usize, THREAD_SIZE, &name);
}

/// Gives the memory of a new process its locks.
unsafe extern "C" fn proc_init(mem: *mut c_void, _size: c_int, _flags: c_int) -> c_int {
    let p = mem.cast::<proc_>();
    // SAFETY: UMA calls it for new memory.
    unsafe {
        boot::init_locks(p);
        (*p).p_threads.tqh_last = &raw mut (*p).p_threads.tqh_first;
    }
    0
}

/// Makes the zone.
fn make_zone() {
    // SAFETY: the name stays; the function suits the items.
    let zone = unsafe {
        uma::uma_zcreate(
            c"PROC".as_ptr(),
            size_of::<proc_>(),
            None,
            None,
            Some(proc_init),
            None,
            align_of::<proc_>() as c_int - 1,
            sys::UMA_ZONE_NOFREE,
        )
    };
    ZONE.store(zone, Ordering::Release);
    if let Some(zone) = uma::find("PROC") {
        // A lookup may lock a process that was freed meanwhile.
        let lock = offset_of!(proc_, p_mtx);
        zone.allow_writes(lock..lock + size_of::<mtx>());
    }
}

/// Memory for a process: with the thread of its former life, or without.
pub fn alloc(name: &CStr) -> *mut proc_ {
    // SAFETY: the zone is made at boot; nobody else knows this life of the
    // process yet.
    unsafe {
        let p = uma::uma_zalloc_arg(
            ZONE.load(Ordering::Acquire),
            ptr::null_mut(),
            sys::M_WAITOK as c_int,
        );
        let p = p.cast::<proc_>();
        let fresh = ProcExt::new(name.into());
        if (*p).p_emuldata.is_null() {
            (*p).p_emuldata = Box::into_raw(Box::new(fresh)).cast();
        } else {
            *ext(p) = fresh;
        }
        register_name(p as usize, size_of::<proc_>(), &name.to_string_lossy());
        let td = (*p).p_threads.tqh_first;
        if !td.is_null() {
            proc_events::thread_ctor(td);
        }
        p
    }
}

/// Gives a process back, with its last thread.
pub fn free(p: *mut proc_) {
    // SAFETY: the process was waited for: it has one thread and no user.
    unsafe {
        let td = (*p).p_threads.tqh_first;
        if !td.is_null() {
            proc_events::thread_dtor(td);
        }
        // thread_stash() gives this count up with a release; thread_single(),
        // as in C, reads it without an acquire, which amd64 does not need and
        // ThreadSanitizer misses.
        AtomicI32::from_ptr(&raw mut (*p).p_exitthreads).load(Ordering::Acquire);
        uma::uma_zfree_arg(ZONE.load(Ordering::Acquire), p.cast(), ptr::null_mut());
    }
}

/// Zeroes the part of a process that fork does not inherit.
///
/// # Safety
/// The caller is the only one to know `p`.
pub unsafe fn clear(p: *mut proc_) {
    let (from, to) = (offset_of!(proc_, p_vmspace), offset_of!(proc_, p_magic));
    // SAFETY: both fields are in the process; plain old data in between.
    unsafe { ptr::write_bytes(p.cast::<u8>().add(from), 0, to - from) };
}

/// An id for a new process, which it enters in the list.  `allproc` held.
///
/// # Safety
/// `p` is a new process.
pub unsafe fn enlist(p: *mut proc_) {
    let pid = LAST_PID.with(|last| {
        *last += 1;
        *last
    });
    // SAFETY: by contract.
    unsafe { (*p).p_pid = pid };
    PROCS.with(|all| all.push(p));
    GENERATION.with(|n| *n += 1);
}

/// Takes a process off the list.  `allproc` held.
pub fn delist(p: *mut proc_) {
    PROCS.with(|all| all.retain(|&q| q != p));
}

/// Calls `f` for every process, zombies included.
pub fn for_each(mut f: impl FnMut(*mut proc_)) {
    PROCS.with(|all| all.iter().for_each(|&p| f(p)));
}

/// The list as it is now, and how often it grew.
pub fn all() -> (Vec<*mut proc_>, u64) {
    (PROCS.with(|all| all.clone()), GENERATION.with(|n| *n))
}

/// The process with an id.
pub fn find(pid: pid_t) -> *mut proc_ {
    // SAFETY: listed processes are live or zombies.
    let found = PROCS.with(|all| all.iter().copied().find(|&p| unsafe { (*p).p_pid } == pid));
    found.unwrap_or(ptr::null_mut())
}

/// The process with a name.
pub fn find_name(name: &CStr) -> *mut proc_ {
    let found = PROCS.with(|all| {
        all.iter()
            .copied()
            .find(|&p| ext(p).name.as_c_str() == name)
    });
    found.unwrap_or(ptr::null_mut())
}

/// The threads of a process, in order.
///
/// # Safety
/// The process or spin lock is held while the iterator is used, or nothing
/// moves; a thread may be unlinked once the next one was asked for.
pub unsafe fn threads(p: *const proc_) -> impl Iterator<Item = *mut thread> {
    // SAFETY: by contract.
    let mut next = unsafe { (*p).p_threads.tqh_first };
    core::iter::from_fn(move || {
        let td = next;
        if td.is_null() {
            return None;
        }
        // SAFETY: `td` is linked.
        next = unsafe { (*td).td_plist.tqe_next };
        Some(td)
    })
}

/// The children of a process.  `proctree` held.
///
/// # Safety
/// As [`threads`].
pub unsafe fn children(p: *const proc_) -> impl Iterator<Item = *mut proc_> {
    // SAFETY: by contract.
    let mut next = unsafe { (*p).p_children.lh_first };
    core::iter::from_fn(move || {
        let child = next;
        if child.is_null() {
            return None;
        }
        // SAFETY: `child` is linked.
        next = unsafe { (*child).p_sibling.le_next };
        Some(child)
    })
}

/// Makes `p` a child of `parent`.  `proctree` held; `p` has no parent now.
///
/// # Safety
/// Both are valid.
pub unsafe fn adopt(parent: *mut proc_, p: *mut proc_) {
    // SAFETY: LIST_INSERT_HEAD on a list that proctree guards.
    unsafe {
        let head = &raw mut (*parent).p_children.lh_first;
        (*p).p_sibling.le_next = *head;
        (*p).p_sibling.le_prev = head;
        if !(*head).is_null() {
            (**head).p_sibling.le_prev = &raw mut (*p).p_sibling.le_next;
        }
        *head = p;
        (*p).p_pptr = parent;
    }
}

/// Takes `p` from its parent.  `proctree` held.
///
/// # Safety
/// `p` is a child.
pub unsafe fn disown(p: *mut proc_) {
    // SAFETY: LIST_REMOVE on a list that proctree guards.
    unsafe {
        let next = (*p).p_sibling.le_next;
        if !next.is_null() {
            (*next).p_sibling.le_prev = (*p).p_sibling.le_prev;
        }
        *(*p).p_sibling.le_prev = next;
    }
}

/// `P_SHOULDSTOP(p)`.
///
/// # Safety
/// `p` is valid.
pub unsafe fn shouldstop(p: *const proc_) -> c_int {
    const STOPPED: u32 = sys::P_STOPPED_SIG | sys::P_STOPPED_SINGLE | sys::P_STOPPED_TRACE;
    // SAFETY: by contract.
    unsafe { (*p).p_flag & STOPPED as c_int }
}

/// Is any of these bits set in `p_flag`?
///
/// # Safety
/// `p` is valid.
pub unsafe fn has(p: *const proc_, flags: u32) -> bool {
    // SAFETY: by contract.
    unsafe { (&raw const (*p).p_flag).read_volatile() & flags as c_int != 0 }
}

/// Sets bits of `p_flag`.  Process lock.
///
/// # Safety
/// `p` is valid.
pub unsafe fn set(p: *mut proc_, flags: u32) {
    // SAFETY: by contract.
    unsafe { (*p).p_flag |= flags as c_int }
}

/// Clears bits of `p_flag`.  Process lock.
///
/// # Safety
/// `p` is valid.
pub unsafe fn clear_flags(p: *mut proc_, flags: u32) {
    // SAFETY: by contract.
    unsafe { (*p).p_flag &= !(flags as c_int) }
}

/// `_PHOLD`: keeps a process from exiting further.  Process lock.
///
/// # Safety
/// `p` is valid.
pub unsafe fn hold(p: *mut proc_) {
    // SAFETY: by contract.
    unsafe { (*p).p_lock += 1 }
}

/// `_PRELE`.  Process lock.
///
/// # Safety
/// `p` is valid and held.
pub unsafe fn release(p: *mut proc_) {
    // SAFETY: by contract.
    unsafe {
        (*p).p_lock -= 1;
        if (*p).p_lock == 0 {
            wakeup((&raw const (*p).p_lock).cast());
        }
    }
}

/// Copies a name into one of the kernel's fixed arrays.
pub fn copy_name(to: &mut [c_char], name: &CStr) {
    let bytes = name.to_bytes();
    let n = bytes.len().min(to.len() - 1);
    for (to, &byte) in to.iter_mut().zip(&bytes[..n]) {
        *to = byte as c_char;
    }
    to[n] = 0;
}
