//! What must be left when nothing moves any more: every count is compared with
//! what it counts.
//!
//! The thread zone says which thread structures exist, the list of processes
//! which processes; from them follow the ids in use, the users and references of
//! credentials, limits and CPU sets, the kernel stacks, and what subsystems
//! hold for each thread.  Whatever differs was leaked or given up twice.

use core::ffi::c_int;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::kern::{cpuset, cred, limits, malloc, proc, sysctl, uma, vm};
use crate::machine::api::{Kind, fail, name_of, thread0};
use crate::object::{thread_alloc, thread_free};
use crate::sys::{KT_NO_PID, PRS_NEW, proc_, thread};

/// All threads and processes that exist.
struct Census {
    /// Live items of the thread zone.
    items: Vec<*mut thread>,
    /// Those and thread0.
    threads: Vec<*mut thread>,
    /// Threads that processes which were waited for left behind: they wait for
    /// the next fork.
    cached: Vec<*mut thread>,
    processes: Vec<*mut proc_>,
}

impl Census {
    fn take() -> Self {
        uma::lay_open();
        let zone = uma::find("THREAD");
        let items: Vec<*mut thread> = zone.map_or_else(Vec::new, uma::Zone::live_items);
        let mut threads = vec![thread0()];
        threads.extend(&items);
        let processes = proc::all().0;
        let cached = items
            .iter()
            .copied()
            .filter(|&td| {
                // SAFETY: nothing moves, and a process's memory stays what it is.
                unsafe {
                    let p = (*td).td_proc;
                    !p.is_null() && !processes.contains(&p) && (*p).p_threads.tqh_first == td
                }
            })
            .collect();
        Self {
            items,
            threads,
            cached,
            processes,
        }
    }

    /// The threads that have a credential and limits.
    fn holders(&self) -> impl Iterator<Item = *mut thread> {
        self.threads
            .iter()
            .copied()
            // SAFETY: nothing moves, and zone items stay what they are.
            .filter(|&td| unsafe { !(*td).td_realucred.is_null() })
    }
}

fn require(kind: &str, found: i64, expected: i64) {
    if found != expected {
        fail(
            Kind::Leak,
            format!("{kind}: {found}, where {expected} are accounted for"),
        );
    }
}

/// Compares all counts.  Nothing may move: no thread is being made or reaped.
pub fn check() {
    let census = Census::take();
    check_ids(&census);
    check_cached(&census);
    check_credentials(&census);
    check_limits(&census);
    check_cpusets(&census);
    check_memory(&census);
    for zone in uma::zones() {
        zone.check_free_items();
    }
    malloc::check_freed_blocks();
}

/// The ids in use are those of the thread structures in use.
fn check_ids(census: &Census) {
    let mut expected: Vec<i64> = census
        .threads
        .iter()
        // SAFETY: nothing moves, and zone items stay what they are.
        .map(|&td| i64::from(unsafe { (*td).td_tid } - KT_NO_PID))
        .collect();
    expected.sort_unstable();
    let found = ids_in_use();
    if found == expected {
        return;
    }
    let base = i64::from(KT_NO_PID);
    if let Some(id) = expected.iter().find(|id| !found.contains(id)) {
        fail(
            Kind::Leak,
            format!("thread id {} is in use, but marked free", id + base),
        );
    }
    if let Some(id) = found.iter().find(|id| !expected.contains(id)) {
        fail(
            Kind::Leak,
            format!(
                "thread id {} is marked in use, but no thread has it",
                id + base
            ),
        );
    }
    fail(Kind::Leak, "two threads have the same id".into());
}

/// What belongs to nobody must have given everything up: the thread of a
/// process that was waited for, and the structures that no thread lives in.
fn check_cached(census: &Census) {
    for &td in &census.cached {
        // SAFETY: nothing moves, and zone items stay what they are.
        let (cred, set) = unsafe { ((*td).td_realucred, (*td).td_cpuset) };
        if !cred.is_null() || !set.is_null() {
            let what = if cred.is_null() {
                "CPU set"
            } else {
                "credential"
            };
            fail(
                Kind::Leak,
                format!(
                    "{} still has a {what} after its process was waited for",
                    name_of(td.addr())
                ),
            );
        }
    }
    let free = uma::find("THREAD").map_or_else(Vec::new, uma::Zone::free_items::<thread>);
    for td in free {
        // SAFETY: as above.
        let id = unsafe { (*td).td_tid };
        if id >= KT_NO_PID {
            fail(
                Kind::Invariant,
                format!("a free thread structure still has the id {id}"),
            );
        }
    }
}

/// How many ids there are.
static IDS: AtomicUsize = AtomicUsize::new(0);

/// The object has just made its bitmap: a bit for each of kern.maxthread ids.
pub fn ids_were_made() {
    IDS.store(sysctl::maxthread().max(0) as usize, Ordering::Relaxed);
}

/// The object's bitmap: its first block of type tidhash, or what that begins
/// with.
fn bitmap() -> Option<*mut u64> {
    let (address, size) = malloc::blocks_named("tidhash").into_iter().next()?;
    let needed = IDS.load(Ordering::Relaxed).div_ceil(64) * 8;
    if size < needed {
        fail(
            Kind::Check,
            format!("the bitmap has {size} bytes, ids take {needed}"),
        );
    }
    Some(address.cast())
}

/// The ids that are marked in use, in order, counted from the first id there
/// is.
pub fn ids_in_use() -> Vec<i64> {
    let Some(bitmap) = bitmap() else {
        return Vec::new();
    };
    // SAFETY: the bitmap has these words and is never freed; a word is read as
    // a whole.
    let words = (0..IDS.load(Ordering::Relaxed).div_ceil(64))
        .map(|word| unsafe { bitmap.add(word).read_volatile() });
    words
        .enumerate()
        .filter(|(_, bits)| *bits != 0)
        .flat_map(|(word, bits)| {
            (0..64)
                .filter(move |bit| bits & (1 << bit) != 0)
                .map(move |bit| (word * 64 + bit) as i64)
        })
        .collect()
}

/// Marks an id, less the first one there is, in the object's bitmap.
pub fn mark_id(id: i64, used: bool) {
    let ids = IDS.load(Ordering::Relaxed) as i64;
    let Some(bitmap) = bitmap().filter(|_| (0..ids).contains(&id)) else {
        fail(Kind::Check, format!("thread id {id} is not in the bitmap"));
    };
    let (word, bit) = (id as usize / 64, 1u64 << (id % 64));
    // SAFETY: the word lies in the bitmap, which is never freed.
    unsafe {
        let word = bitmap.add(word);
        let bits = word.read_volatile();
        word.write_volatile(if used { bits | bit } else { bits & !bit });
    }
}

fn check_credentials(census: &Census) {
    for cr in cred::all() {
        // SAFETY: nothing moves, and zone items stay what they are.
        let processes = census
            .processes
            .iter()
            .filter(|&&p| unsafe { (*p).p_ucred } == cr)
            .count() as i64;
        // SAFETY: as above.
        let threads: Vec<i64> = census
            .holders()
            .filter(|&td| unsafe { (*td).td_realucred } == cr)
            .map(|td| unsafe { (*td).td_ucredref })
            .collect();
        let users = processes + threads.len() as i64;
        let name = name_of(cr.addr());
        // SAFETY: as above.
        let (found_users, found_references) = unsafe { (i64::from((*cr).cr_users), (*cr).cr_ref) };
        require(&format!("users of {name}"), found_users, users);
        require(
            &format!("references to {name}"),
            found_references + threads.iter().sum::<i64>(),
            users,
        );
    }
}

fn check_limits(census: &Census) {
    for limits in limits::all() {
        // SAFETY: nothing moves, and zone items stay what they are.
        let holders = unsafe {
            census
                .processes
                .iter()
                .filter(|&&p| (*p).p_limit == limits && (*p).p_state != PRS_NEW)
                .count()
                + census
                    .holders()
                    .filter(|&td| (*td).td_limit == limits)
                    .count()
        };
        // SAFETY: as above.
        let found = unsafe { (*limits).pl_refcnt };
        require(
            &format!("references to {}", name_of(limits.addr())),
            i64::from(found),
            holders as i64,
        );
    }
}

fn check_cpusets(census: &Census) {
    for set in cpuset::all() {
        let holders = census
            .threads
            .iter()
            // SAFETY: nothing moves, and zone items stay what they are.
            .filter(|&&td| unsafe { (*td).td_cpuset } == set)
            .count();
        require(
            &format!("references to {}", name_of(set.addr())),
            // SAFETY: as above.
            i64::from(unsafe { (*set).cs_ref }),
            holders as i64,
        );
    }
}

fn check_memory(census: &Census) {
    let with_stack = census
        .items
        .iter()
        // SAFETY: nothing moves, and zone items stay what they are.
        .filter(|&&td| unsafe { (*td).td_kstack } != 0)
        .count();
    require(
        "kernel stacks in use",
        vm::stacks_in_use() as i64,
        with_stack as i64,
    );
    let blocks = malloc::census();
    let held = |name: &str| blocks.get(name).copied().unwrap_or(0) as i64;
    require("blocks of type temp", held("temp"), 0);
    for name in ["kdtrace", "audit"] {
        if held(name) != 0 {
            require(
                &format!("blocks of type {name}"),
                held(name),
                census.items.len() as i64,
            );
        }
    }
    let made = uma::find("THREAD").map_or(0, uma::Zone::items) as i64;
    require("queue entries of umtx, in pairs", held("umtx"), 2 * made);
}

/// The number of threads that the object counts: not visible by itself, so it
/// is found out by what `thread_alloc` refuses.  Call from a thread of root;
/// dead threads are reaped, so call [`check`] first to see them.
pub fn check_thread_count() {
    let limit = sysctl::int("maxthread");
    // SAFETY: the variable is an int of the object, and nothing else moves.
    let before = unsafe { *limit };
    // Refused whatever the count is: and all dead threads are reaped.
    if probe(limit, 0) {
        fail(
            Kind::Check,
            "thread_alloc made a thread with kern.maxthread 0".into(),
        );
    }
    let threads = uma::find("THREAD").map_or(0, uma::Zone::live) as c_int + 1;
    if probe(limit, threads + 1) {
        fail(
            Kind::Leak,
            format!("{threads} threads exist, but the object counts fewer"),
        );
    }
    if !probe(limit, threads + 2) {
        fail(
            Kind::Leak,
            format!("{threads} threads exist, but the object counts more"),
        );
    }
    // SAFETY: as above.
    unsafe { *limit = before };
}

/// Can a thread be made with this limit?
fn probe(limit: *mut c_int, value: c_int) -> bool {
    // SAFETY: the variable is an int of the object; the thread is not linked.
    unsafe {
        *limit = value;
        let td = thread_alloc(0);
        if td.is_null() {
            return false;
        }
        thread_free(td);
    }
    true
}
