//! What the kernel's other modules use of the machine and of locks, scheduling,
//! sleeping and time: `use crate::machine::api::*;`.
//!
//! ```text
//! THREADS AND CPUS
//! fn curthread() -> *mut thread;               // gs:0
//! fn curcpu() -> usize;                        // number of the simulated CPU
//! fn ncpus() -> usize;  fn pcpu_of(cpu: usize) -> *mut pcpu;
//! fn smp_mode() -> bool;                       // MODE=smp
//! fn lock_debug() -> bool;  fn invariants() -> bool;   // how the object was built
//! unsafe fn ext(td) -> *mut ThreadExt;         // the harness's own data behind a struct thread
//!                                              // (sched_sizeof_thread() covers it)
//! // A thread of the object's (thread_alloc'ed): gives it a coroutine that starts in the kernel
//! // like fork_trampoline -> fork_exit (deadthread stash, TL dropped, critnest 0) and calls
//! // entry(arg), which must not return (thread_exit, kthread_exit, exit1).
//! // td_lock := this CPU's sched lock, td_critnest 1.  Does NOT make it runnable: like cpu_fork.
//! unsafe fn cpu_fork(td, entry: fn(*mut c_void), arg: *mut c_void);   // name for cpu_copy_thread + sched_fork_thread
//! // then, as real callers do:  thread_lock(td); td_set_state(td, TDS_CAN_RUN); sched_add(td, SRQ_BORING);  // releases TL
//! unsafe fn start_thread(td);                  // these three calls
//! // A thread of the harness itself: no thread_alloc, not in p_threads, not counted; td_proc = proc0.
//! unsafe fn new_internal_thread(name: &'static str, entry: fn(*mut c_void), arg: *mut c_void) -> *mut thread;
//!
//! SCHEDULING POINTS AND TRACE
//! // Entry of every KPI function: records (event, thread, cpu, args) and lets the explorer choose.
//! fn point(event: &'static str, args: &[usize]);    // up to 3 args: pointers are shown by name
//! fn note(event: &'static str, args: &[usize]);     // records only, no choice
//! fn yield_point(event: &'static str, args: &[usize]); // as point, for retry loops: "I only wait for others"
//! fn trace_len() -> u64;                       // sim_mark
//! // Polls until cond() holds, off the CPU (runnable but not eligible until then); deadlock report names `what`.
//! // For controllers and internal threads: no locks held.  Conditions only read memory.
//! unsafe fn wait_until(what: &'static str, cond: impl Fn() -> bool);
//! unsafe fn wait_until_fn(what: *const c_char, cond: extern "C" fn(*mut c_void) -> bool, arg: *mut c_void);
//! // Spins (as a CPU) until cond() holds; det: the CPU is not enabled until it does.
//! fn spin_until(what: &'static str, cond: impl Fn() -> bool);
//! fn register_name(ptr, size: usize, name: &str);   // names an address range in reports: "T1", "P1"
//! fn name_of(ptr: usize) -> String;                 // "P1+0x118", "T2", or hex
//! fn fail(kind: Kind, text: String) -> !;           // ends the run: Kind::{Check, Panic, Deadlock, Livelock, Lock, Invariant, Leak, Memory, Internal}
//!
//! LOCKS (all unsafe fn; points inside; checks inside: owner, order, spin held while sleeping)
//! mtx_init(m: *mut mtx, name: &'static CStr, opts: u32 /* MTX_DEF|MTX_SPIN|MTX_RECURSE */);  mtx_destroy(m)
//! mtx_lock(m); mtx_unlock(m); mtx_trylock(m) -> bool; mtx_owned(m) -> bool          // sleep mutexes
//! mtx_lock_spin(m); mtx_unlock_spin(m)
//! proc_lock(p); proc_unlock(p); proc_locked(p) -> bool;  proc_slock(p); proc_sunlock(p); proc_slocked(p); proc_statlock(p); proc_statunlock(p)
//! thread_lock(td); thread_unlock(td); thread_locked(td) -> bool
//! rw_init(rw, name); rw_rlock(rw); rw_runlock(rw); rw_wlock(rw); rw_wunlock(rw)
//! spinlock_enter(); spinlock_exit(); critical_enter(); critical_exit()
//! (no sx: use an MTX_DEF mtx for allproc/proctree; it may not be held over a sleep)
//!
//! SCHEDULER
//! mi_switch(flags: c_int); setrunnable(td, 0) -> c_int; sched_add(td, flags: c_int) /* releases TL */;
//! sched_bind(td, cpu) / sched_unbind(td)  (TL held, as in the kernel); sched_relinquish(td); maybe_preempt()
//! td_state(td); td_set_state(td, TDS_x); td_is_suspended/sleeping/running/inhibited/on_sleepq(td);
//! td_set_inhib(td, TDI_x); td_clr_inhib(td, TDI_x)
//!
//! SLEEPING
//! sleep(chan: *const c_void, m: *mut mtx /* or null */, pri: c_int /* |PCATCH|PDROP */, wmesg: &'static CStr, ticks: c_int) -> c_int;
//! tsleep(chan, pri, wmesg, ticks) -> c_int;  pause(wmesg, ticks);  wakeup(chan); wakeup_one(chan);
//! sleepq_abort(td, err) -> c_int (TL held, released)
//! // needs from sig.rs: pub unsafe fn sleep_signal(td: *mut thread) -> c_int  (PL held; 0, EINTR, ERESTART; cursig + SA_RESTART)
//!
//! AST
//! ast_register(slot, flags, tdp, fn); ast_sched(td, slot); ast_sched_locked; ast_unsched_locked; ast_pending(td, slot) -> bool
//! // Return to user mode: runs handlers until td_ast is 0; calls thread_cow_update first if cowgen differs is the CALLER's (syscall entry).
//! userret(td);
//! // A user-mode instruction: scheduling point with preemption, takes a pending IPI/AST (calls userret if td_ast != 0).
//! user_tick();
//!
//! TIME
//! ticks() -> c_int; advance(n: u32) /* explicit ticks; expired callouts run in softclock's thread */;
//! callout_init(c, 1); callout_reset(c, ticks, fn, arg) -> c_int; callout_stop(c); callout_drain(c)
//! taskqueue_enqueue(q, t); taskqueue_drain(q, t); task_init(t, fn, ctx); taskqueue_thread (static mut)
//!
//! BOOT ORDER (B2's boot.rs provides `pub unsafe fn boot()`, called on thread0 by machine::run)
//! machine::run(config, main: fn()) -> !   sets up CPUs, GS, thread0/proc0 storage (curthread = &thread0), calls
//!     kern::boot::boot(), starts idle, softclock and taskqueue threads, then the controller.
//! statics thread0_st (storage: struct thread + ext) and proc0 live in kern::thread; thread0() -> *mut thread; proc0() -> *mut proc.
//! ```
