/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What a scenario may use of the simulated kernel.
 *
 * A scenario is a C function that runs in the kernel thread "ctl" of proc0:
 * curthread is valid, no lock is held, and it may sleep.  It starts processes
 * whose bodies are C functions as well; those run in "user mode" and enter
 * the kernel through the u_*() functions.  Structures, flags and lock macros
 * are the kernel's own: PROC_LOCK(p), PROC_SLOCK(p), thread_lock(td),
 * TD_IS_SUSPENDED(td), TAILQ_FOREACH(...) work everywhere as in a kernel, and
 * so do calls to the functions of the object under test.
 *
 * Every schedule runs in a process of its own that starts from a fresh boot,
 * so static variables of a scenario are as initialised each time.
 *
 *	SCENARIO(S40, "The last thread to suspend wakes the singler",
 *	    "lost or early wakeup of a thread in thread_single()")
 *	{
 *		struct proc *p = sim_proc("p", forker, NULL);
 *
 *		sim_wait(p->p_singlethread != NULL);
 *		...
 *		CHECK_EQ(sim_join(p), 0);
 *	}
 */
#ifndef SIM_H
#define	SIM_H

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/limits.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/rwlock.h>
#include <sys/proc.h>
#include <sys/eventhandler.h>
#include <sys/resourcevar.h>
#include <sys/sched.h>
#include <sys/signalvar.h>
#include <sys/sleepqueue.h>
#include <sys/smp.h>
#include <sys/sysctl.h>
#include <sys/sysent.h>
#include <sys/taskqueue.h>
#include <sys/ucred.h>
#include <sys/umtxvar.h>
#include <sys/unistd.h>
#include <sys/wait.h>
#include <vm/vm.h>
#include <vm/vm_extern.h>
#include <vm/uma.h>
#include <kern_thread.h>

/* ---- Registering a scenario ------------------------------------------- */

/* An entry of the catalogue. */
struct sim_scenario {
	const char *id;			/* "S32" */
	const char *title;		/* what happens, in one line */
	const char *guards;		/* the defect that it would find */
	void	  (*setup)(void);	/* before boot; may be NULL */
	void	  (*run)(void);		/* in thread "ctl" after boot */
	const char *skip;		/* why it is not run; NULL: it is */
};

/* What the runner can run, *n entries; the scenarios are a linker set. */
const struct sim_scenario *sim_catalogue(u_long *n);
/* The one that runs. */
extern const struct sim_scenario *sim_running;

/*
 * Defines a scenario; the body follows.  ID is S01 to S70, or such an id with
 * a suffix for a variant: S34_stop.
 */
#define	SCENARIO(ID, TITLE, GUARDS)					\
	extern void sim_setup_##ID(void) __attribute__((__weak__));	\
	static void sim_run_##ID(void);					\
	static const struct sim_scenario sim_record_##ID		\
	    __attribute__((__used__, __section__("sim_scenarios"),	\
	    __aligned__(8))) =						\
	    { #ID, TITLE, GUARDS, sim_setup_##ID, sim_run_##ID, NULL };	\
	static void sim_run_##ID(void)

/*
 * What scenario ID wants before boot; the body follows and may only call
 * sim_cpus() and sim_set().
 */
#define	SCENARIO_SETUP(ID)						\
	extern void sim_setup_##ID(void) __attribute__((__weak__));	\
	void sim_setup_##ID(void)

/* Number of simulated CPUs, 1 to 8; 2 unless asked. */
void	sim_cpus(int n);
/*
 * Sets a number before boot; an unknown name fails the scenario:
 *	maxthread	kern.maxthread; 0, the default, means: not tuned
 *	maxproc, max_threads_per_proc
 *	domains		memory domains (vm_ndomains), CPUs are spread over them
 *	stacks		after so many kernel stacks one cannot be allocated
 *	suser_enabled	0: root has no privilege either
 *	policy		of the MAC framework: negative vetoes, positive grants
 *	pmc_samplers	hwpmc samples the system (HWPMC_HOOKS)
 */
void	sim_set(const char *name, long value);

/* What the object under test was built with. */
extern const int sim_lock_debug, sim_invariants;
/* Do simulated CPUs run in parallel (MODE=smp), or one at a time? */
bool	sim_is_smp(void);
/*
 * Does the trace have every lock?  Not in MODE=smp, and not when the object
 * is preempted between instructions, since it takes free locks inline then.
 */
bool	sim_traces_locks(void);
/*
 * Does the trace have the calls that belong to the C file's own algorithms?
 * Not where the object has others in their place (built without the feature
 * c-algorithms), and not where it is compared with such an object.
 */
bool	sim_traces_c_algorithms(void);
/*
 * Are two objects compared that may differ in some events, so that the trace is
 * without them?
 */
bool	sim_omits_events(void);

/* ---- Checks ------------------------------------------------------------ */

/*
 * All checks may be used in ctl and in bodies.  A failed one ends the schedule
 * at once, with the trace so far.
 */
void	sim_check_failed(const char *file, int line, const char *what,
	    long found, long expected) __dead2;
void	sim_check_str(const char *file, int line, const char *what,
	    const char *found, const char *expected);
void	sim_check_state(const char *file, int line, struct proc *p,
	    int nthr, int susp, int bnd, int exitth, int flags);

#define	CHECK(expr) do {						\
	if (!(expr))							\
		sim_check_failed(__FILE__, __LINE__, #expr, 0, 1);	\
} while (0)
#define	CHECK_EQ(found, expected) do {					\
	long sim_f = (long)(found), sim_e = (long)(expected);		\
	if (sim_f != sim_e)						\
		sim_check_failed(__FILE__, __LINE__,			\
		    #found " == " #expected, sim_f, sim_e);		\
} while (0)
#define	CHECK_STR(found, expected)					\
	sim_check_str(__FILE__, __LINE__, #found, (found), (expected))

/* Flags for CHECK_STATE(), as the scenarios' texts abbreviate them. */
#define	F_SS	P_STOPPED_SINGLE
#define	F_SIG	P_STOPPED_SIG
#define	F_TRC	P_STOPPED_TRACE
#define	F_SX	P_SINGLE_EXIT
#define	F_SB	P_SINGLE_BOUNDARY
#define	F_TOT	P_TOTAL_STOP
#define	F_HAD	P_HADTHREADS
#define	SIM_STATE_FLAGS	(F_SS | F_SIG | F_TRC | F_SX | F_SB | F_TOT | F_HAD)
/*
 * The counts of p, and which of SIM_STATE_FLAGS are set.  Takes no lock: use
 * it where nothing moves, or with the locks held.
 */
#define	CHECK_STATE(p, nthr, susp, bnd, exitth, flags)			\
	sim_check_state(__FILE__, __LINE__, (p), (nthr), (susp), (bnd),	\
	    (exitth), (flags))
/* Standard end state of a process: only the first count and HAD may vary. */
#define	CHECK_END_STATE(p, nthr, had) do {				\
	CHECK_STATE((p), (nthr), 0, 0, 0, (had) ? F_HAD : 0);		\
	CHECK((p)->p_singlethread == NULL);				\
} while (0)

/*
 * Runs the block that follows in a copy of the machine that has to panic with
 * a message that contains TEXT, and goes on without a trace of it.  A missing
 * or another panic fails the schedule.  In MODE=smp the block is skipped.
 *
 *	if (sim_invariants)
 *		EXPECT_PANIC("Thread not suspended") {
 *			thread_run_flash(td);
 *		}
 */
#define	EXPECT_PANIC(TEXT)						\
	for (int sim_panic_copy = sim_panic_begin(TEXT, __FILE__, __LINE__); \
	    sim_panic_copy != 0;					\
	    sim_panic_copy = sim_panic_end(__FILE__, __LINE__))
int	sim_panic_begin(const char *text, const char *file, int line);
int	sim_panic_end(const char *file, int line);

/*
 * Checks the standing invariants of all processes now: p_suspcount is the
 * number of members with TDI_SUSPENDED, p_boundary_count that of members with
 * TDF_BOUNDARY, p_numthreads the length of the list; the caller holds no
 * lock.  The harness does the same when a scenario ends and at sim_rest().
 */
void	sim_check_invariants(void);
/*
 * For the listed hazards: the invariant of p_boundary_count (SIM_HAZARD_BND)
 * or of p_suspcount (SIM_HAZARD_SUSP) does not hold for p in this scenario.
 */
#define	SIM_HAZARD_BND	0x1
#define	SIM_HAZARD_SUSP	0x2
void	sim_hazard(struct proc *p, int what);

/* ---- Waiting and time (ctl and kernel threads) ------------------------- */

/*
 * Waits until EXPR is true: lets others run, and lets virtual time pass when
 * there is nobody to run.  Fails as a deadlock after two virtual minutes.
 */
#define	sim_wait(EXPR) do {						\
	u_long sim_polls = 0;						\
	while (!(EXPR))							\
		sim_wait_step(&sim_polls, #EXPR, __FILE__, __LINE__);	\
} while (0)
void	sim_wait_step(u_long *polls, const char *what, const char *file,
	    int line);
/* Sleeps for n ticks. */
void	sim_ticks(int n);
/*
 * Waits until nothing moves: every other thread sleeps, is suspended, dead or
 * in u_pause().  Threads in a loop of user-mode points never rest.
 */
void	sim_rest(void);
/* Lets somebody else run. */
void	sim_yield(void);

/* ---- Processes and threads, from ctl ----------------------------------- */

/*
 * Starts a process, a child of proc0, whose main thread runs body(arg) in
 * user mode.  Returns when it is linked and runnable.  A body that returns
 * exits: the main thread with u_exit(0), others with u_thr_exit().
 * The process runs as root, sim_proc_as()'s as that uid.
 */
struct proc *sim_proc(const char *name, void (*body)(void *), void *arg);
struct proc *sim_proc_as(const char *name, uid_t uid, void (*body)(void *),
	    void *arg);
/*
 * As sim_proc(), with n more threads that run bodies[i](args[i]): all of them
 * exist, none has run when it returns, and P_HADTHREADS is set when n > 0.
 * args may be NULL.
 */
struct proc *sim_proc_threads(const char *name, void (*body)(void *), void *arg,
	    int n, void (*const bodies[])(void *), void *const args[]);
/*
 * The nth thread that p made, 0 being the main one; NULL if it does not exist
 * yet.  Dead threads keep their number; their memory may be in use again.
 */
struct thread *sim_thread(struct proc *p, int n);
/* The id of that thread, or -1. */
lwpid_t	sim_tid(struct proc *p, int n);
/* How many threads p has made so far. */
int	sim_threads_made(struct proc *p);
/* The process with this id, zombies included, or NULL.  Takes no lock. */
struct proc *sim_find(pid_t pid);
/* The process called name, zombies included, or NULL.  Takes no lock. */
struct proc *sim_find_name(const char *name);
/* Has it exited, and is not reaped yet? */
bool	sim_is_zombie(struct proc *p);
/*
 * Waits until p, a child of proc0, is a zombie, reaps it and returns its
 * status: W_EXITCODE(code, signal), core dumps with WCOREFLAG.  Orphans become
 * children of proc0.  p is not to be used afterwards.  What is not joined when
 * a scenario ends is killed with SIGKILL and reaped.
 */
int	sim_join(struct proc *p);
/*
 * Makes all threads of p stay in user mode, off the CPU and without the
 * ability to be aborted (TDI_IWAIT), until sim_unpark(): for direct calls on
 * states that a scenario fabricates.  The threads have to be in user mode or
 * on their way there.  sim_unpark() wants the states as it left them.
 */
void	sim_park(struct proc *p);
void	sim_unpark(struct proc *p);
/*
 * A process whose n threads are parked and have run nothing: as
 * sim_proc_threads() and sim_park(), for white-box calls.
 */
struct proc *sim_proc_parked(const char *name, int n);

/* ---- System calls and user mode, in bodies only ------------------------ */

/*
 * They return 0 or an errno unless it says otherwise.  ERESTART restarts the
 * call and is never returned.  A call does not return if the thread dies in
 * it, or on its way back to user mode.
 */

/* n user-mode points: places where interrupts and ASTs are taken. */
void	u_spin(int n);
/* n rounds of a loop in user mode: points, others get the CPU, time passes. */
void	u_spin_rounds(int n);
/* User-mode points until the variable is no longer zero. */
void	u_spin_until(volatile int *flag);
/* User-mode points for ever; leaves only by dying. */
void	u_spin_forever(void);
/* Waits in user mode for ever, taking ASTs, at rest in between. */
void	u_pause(void);
/* As u_pause(), until the variable is no longer zero. */
void	u_pause_until(volatile int *flag);
/*
 * Runs fn(arg) in kernel mode as the handler of a system call: any lock
 * protocol, return 0, an errno or ERESTART (fn runs again).
 */
int	u_syscall(int (*fn)(void *), void *arg);

/* Threads. */
lwpid_t	u_thr_new(void (*body)(void *), void *arg);	/* id or -errno */
/* Returns only in the last thread of its process: 0. */
int	u_thr_exit(void);
/* As thr_exit(2) does to a joiner: *done = 1 before it exits. */
int	u_thr_exit_to(volatile int *done);	/* woken with u_umtx_wake */
lwpid_t	u_thr_self(void);
int	u_thr_kill(lwpid_t tid, int sig);	/* own process; ESRCH */
int	u_thr_kill2(pid_t pid, lwpid_t tid, int sig);
int	u_thr_suspend(int ticks);		/* 0: for ever; ETIMEDOUT, EINTR */
int	u_thr_wake(lwpid_t tid);
/* Makes the next u_thr_new() of this thread fail with EFAULT (S10). */
void	u_thr_new_fault(void);

/* Processes.  The child runs body(arg) and has one thread. */
pid_t	u_fork(void (*body)(void *), void *arg);	/* pid or -errno */
/* As u_fork(); returns when the child has exec'ed or exited. */
pid_t	u_vfork(void (*body)(void *), void *arg);
/*
 * rfork(2).  Without RFPROC it changes the caller (0 or -errno, body unused)
 * and single-threads for RFFDG, RFCFDG or the lack of RFMEM.
 */
pid_t	u_rfork(int flags, void (*body)(void *), void *arg);
/* While in fork_norfproc's or execve's single-threaded part: called there. */
void	u_set_alone_hook(void (*fn)(void *), void *arg);
/*
 * execve(2): BOUNDARY, then with ok EXIT and the thread, now alone, goes on
 * in newbody(arg); without, thread_single_end() and ENOEXEC.
 */
int	u_execve(bool ok, void (*newbody)(void *), void *arg);
void	u_exit(int code) __dead2;
/* pid or -errno; pid -1 means any child; WUNTRACED, WCONTINUED, WNOHANG. */
pid_t	u_wait4(pid_t pid, int *status, int options);
pid_t	u_getpid(void);

/* Signals.  Unless caught they have their default actions. */
int	u_kill(pid_t pid, int sig);
/*
 * Catches sig from now on in this process; sim_caught() counts.  restart is
 * SA_RESTART: interrupted calls restart instead of failing with EINTR.
 */
int	u_sigcatch(int sig, bool restart);
int	u_sigignore(int sig);
int	u_sigblock(int sig);		/* in this thread */
int	u_sigunblock(int sig);
/* Sleeps until a signal is handled: EINTR. */
int	u_sigsuspend(void);
/* An error that dumps core: SIGSEGV to this thread; does not return. */
void	u_crash(void) __dead2;

/* Sleeps. */
int	u_nanosleep(int ticks);		/* 0 or EINTR */
int	u_disk_wait(int ticks);		/* uninterruptible */
/* A place to sleep on; zero is a valid start. */
struct sim_chan {
	volatile u_int	woken;		/* wakeups so far */
};
/* Sleeps until the next sim_wakeup(): interruptibly or not. */
int	u_sleep(struct sim_chan *c, bool interruptible);
void	sim_wakeup(struct sim_chan *c);	/* ctl, bodies, kernel threads */
/* A pipe of bytes; zero is a valid start. */
struct sim_pipe {
	volatile u_int	bytes;
	volatile u_int	readers;	/* asleep now */
};
int	u_pipe_read(struct sim_pipe *pipe);	/* one byte; interruptible */
int	u_pipe_write(struct sim_pipe *pipe);	/* never blocks */
void	sim_pipe_write(struct sim_pipe *pipe);	/* from ctl */
/* Sleeps while *word is value; ticks 0 is for ever; ETIMEDOUT, EINTR. */
int	u_umtx_wait(volatile u_int *word, u_int value, int ticks);
int	u_umtx_wake(volatile u_int *word, int n);	/* n waiters at most */
/*
 * A system call that retries a casueword for as long as *conflict is not
 * zero, calling thread_check_susp(td, sleep) in between (S61).
 */
int	u_cas_retry(volatile int *conflict, bool sleep);
/*
 * Runs fn(arg), a kernel-mode function that may sleep with PCATCH, between
 * sigdeferstop(mode) and sigallowstop(): SIGDEFERSTOP_SILENT, _EINTR,
 * _ERESTART or _NOP.  Returns what fn returns.
 */
int	u_deferstop(int mode, int (*fn)(void *), void *arg);
/*
 * Kernel mode: a sleep mutex for scenarios, for threads that block on a lock.
 * As all mutexes it cannot be held over a sleep; who has it may let others
 * run with sim_step(), a scheduling point.
 */
void	sim_lock(void);
void	sim_unlock(void);
void	sim_step(void);
/* Kernel mode: sleeps on c, with PCATCH if interruptible; msleep's errors. */
int	sim_sleep(struct sim_chan *c, bool interruptible, int ticks);

/* Makes the process the reaper of its descendants from now on: EBUSY. */
int	u_reap_acquire(void);
/*
 * Signals all of them, or those below its child subtree; 0: all.  How many, or
 * -ESRCH.
 */
int	u_reap_kill(int sig, pid_t subtree);
/* Threads of all processes, kernel ones and the zombies' last ones included. */
int	u_thread_count(void);

/* Credentials, limits and ABI. */
int	u_setuid(uid_t uid);
int	u_setrlimit(long cur);		/* RLIMIT_NOFILE of the process */
/* Gives the process a sysentvec with sv_thread_detach, counted. */
int	u_abi_linux(void);

/* ---- What others do to a process: ctl and kernel threads --------------- */

int	k_kill(struct proc *p, int sig);	/* ESRCH for a zombie */
int	k_thr_kill(struct thread *td, int sig);	/* by id, with tdfind() */

/*
 * ptrace(2) of a child of proc0; the tracer is ctl's process.  EBUSY unless
 * stopped.  No events are asked for but those of k_ptrace_lwp_events().
 */
int	k_ptrace_attach(struct proc *p);	/* does not wait */
/* Waits until p, traced or not, is stopped as a whole, and reports it. */
int	k_wait_stopped(struct proc *p);
int	k_ptrace_suspend(struct proc *p, struct thread *td);
int	k_ptrace_resume(struct proc *p, struct thread *td);
int	k_ptrace_cont(struct proc *p, int sig);
int	k_ptrace_detach(struct proc *p);
int	k_ptrace_kill(struct proc *p);
int	k_ptrace_coredump(struct proc *p);	/* PT_COREDUMP, waits for it */
/* PT_LWP_EVENTS: threads stop for the tracer when they start and exit. */
int	k_ptrace_lwp_events(struct proc *p, bool on);

/*
 * procctl(PROC_REAP_KILL) on p alone: enqueues on taskqueue_thread, which
 * stops p with SINGLE_ALLPROC, signals it and ends the stop; waits for it.
 * 0, EBUSY if the stop was refused (the signal is sent all the same), or ESRCH
 * if p is exiting.
 */
int	k_reaper_kill(struct proc *p, int sig);
/* As k_reaper_kill(), with fn(arg) called while p is stopped. */
int	k_reaper_kill_hook(struct proc *p, int sig, void (*fn)(void *),
	    void *arg);
/* Stops all processes but kernel ones, resumes those stopped. */
void	k_stop_all_proc(void);
void	k_resume_all_proc(void);

/* Kernel threads: fn(arg) runs in kernel mode; returning exits. */
struct proc *k_kproc_create(const char *name, void (*fn)(void *), void *arg);
/* p NULL: proc0.  *tdp may be NULL.  ENOMEM. */
int	k_kthread_add(struct proc *p, const char *name, void (*fn)(void *),
	    void *arg, struct thread **tdp);
int	k_kthread_suspend(struct thread *td, int ticks);	/* EWOULDBLOCK */
int	k_kthread_resume(struct thread *td);
void	k_kthread_suspend_check(void);
void	k_kthread_exit(void) __dead2;

/*
 * Makes ctl a user with this real and effective uid (0 again at the end of
 * the scenario); jailed: PRIV_MAXPROC is refused even to root.
 */
void	sim_become(uid_t uid, bool jailed);

/* ---- What happened ------------------------------------------------------ */

/* System calls of td that were restarted. */
u_long	sim_restarts(const struct thread *td);
/* Signals sig that p caught. */
u_long	sim_caught(const struct proc *p, int sig);
/* CLD_STOPPED and CLD_CONTINUED reports that p's parent got, CLD_TRAPPED. */
u_long	sim_stop_reports(const struct proc *p);
u_long	sim_cont_reports(const struct proc *p);
u_long	sim_trap_reports(const struct proc *p);
/* Core dumps of p: by its end, or asked for by a debugger. */
u_long	sim_coredumps(const struct proc *p);
/* Calls of sv_thread_detach, all processes. */
u_long	sim_detach_calls(void);
/* The messages that the kernel printed. */
u_long	sim_console_lines(void);
const char *sim_console_last(void);

/*
 * The trace: each call of a kernel function that the object or the harness
 * made is an event with the function's name ("setrunnable", "sleepq_abort",
 * "mi_switch", "kick_proc0", "wakeup", ...).  obj is the thread, process,
 * lock or channel that the call is about, NULL for any.  In MODE=smp there is
 * no trace and the counts are 0: check sim_is_smp() first.
 */
u_long	sim_mark(void);				/* position: now */
u_long	sim_count(const char *event, const void *obj);
u_long	sim_count_since(u_long mark, const char *event, const void *obj);
/* As sim_count_since(), of the events that thread by did itself. */
u_long	sim_count_by(u_long mark, const struct thread *by, const char *event,
	    const void *obj);
/*
 * Did thread by (NULL: any) do these events, separated by spaces, in this
 * order since mark, others being allowed in between?
 */
bool	sim_happened(u_long mark, const struct thread *by, const char *events);

#endif /* !SIM_H */
