//! Booting: what init_main.c does until the first thread can make others.
//!
//! The linker set `set_sysinit_set` is walked as `mi_startup` does, in order of
//! subsystem and place; `proc0_init` comes at SI_SUB_INTRINSIC.  Before all of
//! it the machine links thread0 to proc0, when nothing can be allocated yet.

use core::ffi::{c_char, c_int, c_void};

use crate::kern::{
    cpuset, cred, eventhandler, leak, limits, settings, sigqueue, sysctl, uma, vm, vmmeter,
};
use crate::machine::api::{
    mtx_init, ncpus, pcpu_of, proc_lock, proc_unlock, proc0, register_name, td_set_state, thread0,
};
use crate::object::{thread_cow_get_proc, tidhash_add};
use crate::sys::{
    KT_THREAD0_TID, MTX_DEF, MTX_SPIN, P_INMEM, P_KPROC, P_SYSTEM, PRS_NORMAL, SI_SUB_DONE,
    SI_SUB_DUMMY, SI_SUB_EVENTHANDLER, SI_SUB_INTRINSIC, TDP_KTHREAD, TDS_RUNNING, mtx, plimit,
    proc_, sysinit, thread,
};

unsafe extern "C" {
    static __start_set_sysinit_set: [*const sysinit; 0];
    static __stop_set_sysinit_set: [*const sysinit; 0];

    fn proc_linkup0(p: *mut proc_, td: *mut thread);
    fn threadinit();
}

/// No limit.
const RLIM_INFINITY: i64 = i64::MAX;

/// The initialisers of the linker set, in the order in which they run.
fn sysinits() -> Vec<*const sysinit> {
    let mut found = Vec::new();
    // SAFETY: the linker puts the marks around the pointers of the set.
    unsafe {
        let mut entry = (&raw const __start_set_sysinit_set).cast::<*const sysinit>();
        let stop = (&raw const __stop_set_sysinit_set).cast();
        while entry < stop {
            found.push(*entry);
            entry = entry.add(1);
        }
        found.retain(|init| ![SI_SUB_DUMMY, SI_SUB_DONE].contains(&(**init).subsystem));
        found.sort_by_key(|init| ((**init).subsystem, (**init).order));
    }
    found
}

/// Runs the initialisers of a range of subsystems.
fn run(inits: &[*const sysinit], subsystems: impl Fn(u32) -> bool) {
    for &init in inits {
        // SAFETY: the records are static; each function suits its argument.
        unsafe {
            if subsystems((*init).subsystem)
                && let Some(function) = (*init).func
            {
                function((*init).udata.cast::<c_void>());
            }
        }
    }
}

/// Boots the kernel, on thread0 and CPU 0.
///
/// # Safety
/// Called once, by the machine, with thread0 as the current thread.
pub unsafe fn boot() {
    let inits = sysinits();
    vmmeter::init();
    for cpu in 0..ncpus() {
        // SAFETY: the CPU exists, and nobody else runs.
        unsafe { (*pcpu_of(cpu)).pc_domain = vm::domain_of_cpu(cpu) };
    }
    // SAFETY: the machine made their storage; nobody else runs.
    unsafe { proc_linkup0(proc0(), thread0()) };
    run(&inits, |subsystem| subsystem < SI_SUB_EVENTHANDLER);
    eventhandler::init();
    run(&inits, |subsystem| {
        (SI_SUB_EVENTHANDLER..SI_SUB_INTRINSIC).contains(&subsystem)
    });
    if let Some(value) = settings::maxthread_tunable() {
        sysctl::set_tunable("maxthread", value);
    }
    // SAFETY: as above.
    unsafe { proc0_init() };
    // What the scheduler and the harness keep behind struct thread is theirs.
    if let Some(zone) = uma::find("THREAD") {
        zone.allow_writes(size_of::<thread>()..zone.size());
    }
    run(&inits, |subsystem| subsystem >= SI_SUB_INTRINSIC);
    sigqueue::init();
    settings::after_boot();
}

/// Makes proc0 a process and thread0 its thread.
///
/// # Safety
/// Called once at boot; the current thread is thread0.
unsafe fn proc0_init() {
    let (p, td) = (proc0(), thread0());
    // SAFETY: nobody else runs; the locks are initialised before their use.
    unsafe {
        init_locks(p);
        threadinit();
        leak::ids_were_made();
        (*td).td_tid = KT_THREAD0_TID;
        tidhash_add(td);

        (*p).p_flag = (P_SYSTEM | P_INMEM | P_KPROC) as c_int;
        (*p).p_state = PRS_NORMAL;
        (*p).p_leader = p;
        (*p).p_reaper = p;
        set_name(&mut (*p).p_comm, b"kernel");
        set_name(&mut (*td).td_name, b"swapper");
        td_set_state(td, TDS_RUNNING);
        (*td).td_oncpu = 0;
        (*td).td_pflags = TDP_KTHREAD as c_int;
        (*td).td_cpuset = cpuset::cpuset_create();

        // crcowget wants a user, and there is none yet.
        let cr = cred::crget();
        (*cr).cr_users += 1;
        cred::proc_set_cred_init(p, cr);
        (*cr).cr_users -= 1;
        cred::crfree(cr);
        register_name(cr.addr(), size_of_val(&*cr), "cred0");
        (*p).p_limit = first_limits();

        proc_lock(p);
        thread_cow_get_proc(td, p);
        proc_unlock(p);
    }
}

/// Gives a process its locks, as `proc_init` does.
///
/// # Safety
/// `p` is memory for a process that nobody else knows.
pub unsafe fn init_locks(p: *mut proc_) {
    // SAFETY: the caller's promise.
    unsafe {
        let sleep: [(*mut mtx, _); 1] = [(&raw mut (*p).p_mtx, c"process lock")];
        let spin: [(*mut mtx, _); 4] = [
            (&raw mut (*p).p_slock, c"process slock"),
            (&raw mut (*p).p_statmtx, c"pstatl"),
            (&raw mut (*p).p_itimmtx, c"pitiml"),
            (&raw mut (*p).p_profmtx, c"pprofl"),
        ];
        for (lock, name) in sleep {
            mtx_init(lock, name, MTX_DEF);
        }
        for (lock, name) in spin {
            mtx_init(lock, name, MTX_SPIN);
        }
    }
}

/// Limits without a limit.
fn first_limits() -> *mut plimit {
    let limits = limits::lim_alloc();
    // SAFETY: nobody else knows them yet.
    unsafe {
        for limit in &mut (*limits).pl_rlimit {
            limit.rlim_cur = RLIM_INFINITY;
            limit.rlim_max = RLIM_INFINITY;
        }
    }
    limits
}

/// Sets a name of fixed size.
pub fn set_name(name: &mut [c_char], text: &[u8]) {
    let room = name.len() - 1;
    name.fill(0);
    for (to, from) in name.iter_mut().zip(text.iter().take(room)) {
        *to = *from as c_char;
    }
}
