/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What a test file sees: the kernel's headers, fixtures (processes and
 * threads in any state), the log of what the object under test called, and
 * ways to steer the fakes that it calls.
 *
 * The log holds one line per call of a kernel function, "name(arguments)",
 * with pointers by name and the locks that curthread owned at that moment.
 * Acquiring and releasing locks shows in the locks of the next line; the
 * lock calls themselves are logged only after log_locks().
 */
#ifndef HARNESS_H
#define	HARNESS_H

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/asan.h>
#include <sys/callout.h>
#include <sys/cpuset.h>
#include <sys/eventhandler.h>
#include <sys/kernel.h>
#include <sys/limits.h>
#include <sys/linker_set.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/msan.h>
#include <sys/mutex.h>
#include <sys/osd.h>
#include <sys/pcpu.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/resourcevar.h>
#include <sys/rwlock.h>
#include <sys/sched.h>
#include <sys/sdt.h>
#include <sys/signalvar.h>
#include <sys/sleepqueue.h>
#include <sys/smp.h>
#include <sys/sysctl.h>
#include <sys/sysent.h>
#include <sys/taskqueue.h>
#include <sys/ucred.h>
#include <sys/umtxvar.h>
#include <sys/vmmeter.h>

#include <machine/stdarg.h>

#include <vm/vm.h>
#include <vm/vm_extern.h>
#include <vm/uma.h>

#include "tap.h"

/*
 * The kernel's curthread never changes under the code that reads it, and the
 * compiler knows; here it does, when a test lets another thread run.
 */
extern struct kt_cpu {
	char		kc_room[TAP_PCPU_ROOM];
	struct pcpu	kc_pcpu;
} kt_cpu;
#define	kt_pcpu		kt_cpu.kc_pcpu
#undef curthread
#define	curthread	(kt_pcpu.pc_curthread)

#define	TEST(id, desc)							\
	static void id(void);						\
	static const struct tap_test tt_##id = { #id, desc, id };	\
	DATA_SET(kt_tests, tt_##id);					\
	static void							\
	id(void)

/* Lines of an expected log that only some kernels have; "" is no line. */
#ifdef AUDIT
#define	IF_AUDIT(line)		line
#else
#define	IF_AUDIT(line)		""
#endif
#ifdef KASAN
#define	IF_KASAN(line)		line
#else
#define	IF_KASAN(line)		""
#endif
#ifdef KDTRACE_HOOKS
#define	IF_KDTRACE(line)	line
#else
#define	IF_KDTRACE(line)	""
#endif
#ifdef KMSAN
#define	IF_KMSAN(line)		line
#else
#define	IF_KMSAN(line)		""
#endif
#ifdef LOCK_PROFILING
#define	IF_LOCKPROF(line)	line
#else
#define	IF_LOCKPROF(line)	""
#endif
#ifdef SMP
#define	IF_SMP(line)		line
#else
#define	IF_SMP(line)		""
#endif
#ifdef WITNESS
#define	IF_WITNESS(line)	line
#else
#define	IF_WITNESS(line)	""
#endif
/* The most threads that threadinit() settles on by itself. */
#ifdef __LP64__
#define	MAXTHREAD_CAP		1000000
#define	IF_LP64(line)		line
#define	IF_ILP32(line)		""
#else
#define	MAXTHREAD_CAP		100000
#define	IF_LP64(line)		""
#define	IF_ILP32(line)		line
#endif
/*
 * Before ast_register() an AST was a flag that ast() knew, limits had no
 * batch, and who stopped another process was marked.  Expected logs have the
 * newer calls; next_line() leaves out those that OLDER headers do not have.
 */
#ifdef TDF_NEEDSUSPCHK
#define	OLDER
#define	IF_OLDER(line)		line
#define	LIM_FREE		"lim_freen"
#define	RATECHECK		"ppsratecheck"
#define	AST_SUSPEND		TDF_NEEDSUSPCHK
#define	AST_OTHER		TDF_ASTPENDING
#define	AST_IN_FLAGS		AST_SUSPEND
#define	THREAD_ALIGN		31
#define	ALLPROC_MARK		TDF_DOING_SA
#else
#define	IF_OLDER(line)		""
#define	LIM_FREE		"limbatch_final"
#define	RATECHECK		"eventratecheck"
#define	AST_SUSPEND		TDAI(TDA_SUSPEND)
#define	AST_OTHER		TDAI(TDA_SIG)
#define	AST_IN_FLAGS		0
#define	THREAD_ALIGN		63
#define	ALLPROC_MARK		0
#endif
/* The swapper is gone from 15.0 on. */
#ifndef PROFILE_15
#define	HAVE_SWAPPER
#endif

/*
 * The C file's own algorithms, in its object and in one that has the feature
 * c-algorithms.  What a test says of calls or memory that are theirs binds
 * there alone; ALGORITHMS_OWN is an object with others in their place.
 */
#ifdef ALGORITHMS_C
#define	BY_ALGORITHM(c, own)	c
#else
#define	BY_ALGORITHM(c, own)	own
#endif
#define	IF_C_ALGORITHMS(line)	BY_ALGORITHM(line, "")

/* Every lock operation can be made to call a function in these kernels. */
#if LOCK_DEBUG > 0 || (defined(SMP) && defined(KDTRACE_HOOKS))
#define	LOCKS_VISIBLE
#endif

/*
 * Checks.  A failed one is reported and the test goes on.
 */
#define	CHECK(cond) do {						\
	if (!(cond))							\
		fail(__FILE__, __LINE__, "not true: %s", #cond);	\
} while (0)
#define	CHECK_EQ(expected, actual)					\
	check_eq(__FILE__, __LINE__, #actual, (long)(expected), (long)(actual))
#define	CHECK_PTR(expected, actual)					\
	check_ptr(__FILE__, __LINE__, #actual, (expected), (actual))
#define	CHECK_STR(expected, actual)					\
	check_str(__FILE__, __LINE__, #actual, (expected), (actual))
/* Names of the locks that curthread owns, "-" for none. */
#define	CHECK_LOCKS(expected)						\
	check_str(__FILE__, __LINE__, "locks owned", (expected), lock_state())
/* A lock's word: nobody owns it but a rival, see locks_mode(). */
#define	CHECK_UNOWNED(word)						\
	check_ptr(__FILE__, __LINE__, "owner of " #word, NULL,		\
	    lock_owner(&(word)))
/* The stop bits of p_flag, all of them. */
#define	CHECK_STOP(p, expected)						\
	check_flags(__FILE__, __LINE__, #p "->p_flag", (expected),	\
	    (p)->p_flag & STOP_BITS)
#define	STOP_BITS							\
	(P_STOPPED | P_SINGLE_EXIT | P_SINGLE_BOUNDARY | P_TOTAL_STOP)
#define	CHECK_COUNTS(p, nthr, susp, bnd)				\
	check_counts(__FILE__, __LINE__, (p), (nthr), (susp), (bnd))

/*
 * The log since the last check must be these lines.  "*" stands for any
 * characters; a line without " | locks" leaves the locks open.
 */
#define	expect_calls(...)						\
	check_calls(__FILE__, __LINE__,					\
	    (const char *const []){ __VA_ARGS__, NULL })
#define	expect_no_calls()						\
	check_calls(__FILE__, __LINE__, (const char *const []){ NULL })
/* The same, looking only at the functions that the first list names. */
#define	ONLY(...)	((const char *const []){ __VA_ARGS__, NULL })
#define	expect_only(only, ...)						\
	check_only(__FILE__, __LINE__, (only),				\
	    (const char *const []){ __VA_ARGS__, NULL })

/*
 * Statements that do not come back: they must leave through the fake of
 * that name (sched_throw, kern_thr_exit, mi_switch of a thread that nobody
 * wakes, ...), or through panic with that message, "*" being any characters.
 */
#define	ESCAPES(who, stmt)						\
	ESCAPE_THROUGH(who, NULL, stmt)
#define	EXPECT_PANIC(text, stmt)					\
	ESCAPE_THROUGH("panic", text, stmt)
#define	ESCAPE_THROUGH(who, text, stmt) do {				\
	struct escape esc_;						\
									\
	escape_push(&esc_, who);					\
	if (_setjmp(esc_.e_env) == 0) {					\
		stmt;							\
		escape_missed(&esc_, __FILE__, __LINE__, #stmt);	\
	} else								\
		escape_done(&esc_, __FILE__, __LINE__, text);		\
} while (0)

struct escape {
	long		 e_env[32];	/* a jmp_buf of the host's libc */
	const char	*e_who;
	struct thread	*e_curthread;
	struct escape	*e_prev;
};

int	_setjmp(long *env) __returns_twice;

void	fail(const char *file, int line, const char *fmt, ...)
	    __printflike(3, 4);
void	fatal(const char *fmt, ...) __dead2 __printflike(1, 2);
void	skip(const char *why) __dead2;
void	check_eq(const char *file, int line, const char *expr, long expected,
	    long actual);
void	check_ptr(const char *file, int line, const char *expr,
	    const volatile void *expected, const volatile void *actual);
void	check_str(const char *file, int line, const char *expr,
	    const char *expected, const char *actual);
void	check_flags(const char *file, int line, const char *expr,
	    int expected, int actual);
void	check_counts(const char *file, int line, struct proc *p, int nthr,
	    int susp, int bnd);
void	check_calls(const char *file, int line, const char *const *lines);
void	check_only(const char *file, int line, const char *const *only,
	    const char *const *lines);
bool	text_matches(const char *pattern, const char *text);
void	log_call(const char *name, const char *fmt, va_list ap);
int	count_calls(const char *prefix);
void	clear_calls(void);
void	escape(const char *who) __dead2;
bool	escape_armed(const char *who);
void	escape_push(struct escape *e, const char *who);
void	escape_pop(struct escape *e);
void	escape_missed(struct escape *e, const char *file, int line,
	    const char *stmt);
void	escape_done(struct escape *e, const char *file, int line,
	    const char *text);
extern char panic_text[256];

/*
 * Steering the fakes.  A hook runs inside the named fake, after the call was
 * logged, with the fake's first pointer argument; returns() queues values
 * that the next calls of the fake return in place of its own.
 */
typedef void	hook_t(void *arg);
void	on_call(const char *fake, int nth, hook_t *hook);
#define	on(fake, hook)		on_call((fake), 1, (hook))
#define	on_each(fake, hook)	on_call((fake), 0, (hook))
void	returns(const char *fake, long value);

/*
 * Names for the log.
 */
void	name_ptr(const volatile void *ptr, const char *fmt, ...)
	    __printflike(2, 3);
bool	ptr_named(const volatile void *ptr);
const char *ptr_name(const volatile void *ptr);

/*
 * Locks.
 */
#define	LOCK_SLEEP	0
#define	LOCK_SPIN	1
#define	LOCK_RW		2
void	lock_register(volatile uintptr_t *word, int kind, const char *name);
const char *lock_state(void);
bool	lock_owned(const volatile uintptr_t *word);
void	*lock_owner(const volatile uintptr_t *word);
void	lock_take(volatile uintptr_t *word);
void	lock_drop(volatile uintptr_t *word);
bool	spin_locks_owned(void);
void	locks_mode(int mode);
void	log_locks(void);
void	nobody_wants_locks(void);
void	log_asserts(void);
void	log_ktr(void);
void	spin_released(struct mtx *m);
/* The rivals of curthread get what they can. */
void	lock_rivals(void);
/* As thread_lock() and thread_unlock(), without a line in the log. */
void	tl_take(struct thread *td);
void	tl_drop(struct thread *td);

/*
 * For the fakes: opens a call, logs it, checks the critical sections.
 */
struct fake;
struct fake *fake_call(const char *name, void *arg, const char *fmt, ...)
	    __printflike(3, 4);
long	fake_ret(struct fake *f, long def);
void	fake_must(bool cond, const char *fake, const char *what);
void	fake_may_sleep(const char *fake);

/*
 * Fixtures.
 */
extern struct proc *P;			/* process under test, pid 100 */
extern struct thread *T0, *T1, *T2, *T3, *T4;	/* its threads, tid 101.. */
extern struct proc *C;			/* another process, pid 200 */
extern struct thread *CT;		/* its thread, tid 201 */

struct proc *mkproc(const char *name, pid_t pid);
struct thread *mkthread(struct proc *p, const char *name, lwpid_t tid);
struct ucred *mkcred(const char *name, uid_t ruid);
struct plimit *mklimit(const char *name);
void	domains(int n);			/* memory domains; may skip the test */
void	multi(int nthreads);		/* P with T0 running and siblings */
void	controller(void);		/* C and CT, which becomes curthread */
void	set_curthread(struct thread *td);
void	boot_cpu(void);		/* before everything else */
/* States of a thread of the fixtures. */
void	running(struct thread *td);	/* on another CPU */
void	runnable(struct thread *td);
void	sleeping(struct thread *td);	/* interruptibly */
void	sleeping_unint(struct thread *td);
void	blocked(struct thread *td);	/* on a lock */
void	suspended(struct thread *td);
void	at_boundary(struct thread *td);
void	exits(struct thread *td);	/* is unlinked, as by its exit */
void	resume(struct thread *td);	/* what thread_unsuspend_one does */
/* Makes td curthread for one function; true if it ended in a switch. */
bool	run_as(struct thread *td, void (*func)(void));
/* thread_suspend_check(ri) as td does it; PARKED if it went to sleep. */
#define	PARKED	(-1000)
int	suspend_check_as(struct thread *td, int ri);

/* thread_single(P, mode) of T0; the locks are checked. */
int	single(int mode);
/* thread_unsuspend(P); the locks are checked. */
void	unsuspend(void);
/* A stop of P that T1 of three threads is to notice; T0 is the singler. */
void	stop_with(int flags);
/* thread_suspend_check(ri) of curthread, which must come back. */
int	suspend_check_here(int ri);

/*
 * Booting the object: the SYSINITs of its linker set, then proc_linkup0 and
 * threadinit as init_main does.  set_maxthread() is the tunable.
 */
void	boot_sysinits(void);
void	boot(void);
void	set_maxthread(int n);
int	get_maxthread(void);
extern struct proc *proc0p;
extern struct thread *thread0p;
extern int max_threads_per_proc;

/*
 * What the object registered with the fakes.
 */
struct fake_zone {
	const char	*fz_name;
	size_t		 fz_size;
	uma_ctor	 fz_ctor;
	uma_dtor	 fz_dtor;
	uma_init	 fz_init;
	uma_fini	 fz_fini;
	int		 fz_align;
	uint32_t	 fz_flags;
	int		 fz_live;	/* items out of the zone */
	int		 fz_items;	/* items in all slabs */
};
extern struct fake_zone thread_zone_fake;
extern int zone_slab_items;
extern u_int cache_align_mask;
#ifndef OLDER
extern void (*ast_handler[TDA_MAX])(struct thread *, int);
#endif
int	asts(struct thread *td);
void	set_asts(struct thread *td, int asts);
struct hash_fake {
	LIST_HEAD(, thread) *hf_table;
	u_long		 hf_mask;
};
extern struct hash_fake tidhash_fake;
extern void *malloc_first;		/* the first block of malloc() */
extern size_t malloc_first_size;
extern int malloc_first_at_end;		/* put it at the end of a page */
extern struct rwlock *tidhash_locks;	/* first of the stripes */
extern int tidhash_nlocks;
extern struct mtx *tid_lock_fake;
extern uint64_t now_ticks;		/* what cpu_ticks() returns */
extern uint64_t *vswtch_counter;
int	callouts_armed(void);
void	fire_callout(void);		/* runs the one that is armed */
int	tasks_pending(void);
void	run_tasks(void);
void	priv_deny(bool deny);
/*
 * DTrace probes.  A probe that fires is logged as "sdt_probe(id,argument)";
 * that of spin lock releases becomes a lock call of the log.
 */
#ifdef PROFILE_15
#define	PROBE_DECLARE(probe)	extern struct sdt_probe probe
#define	PROBE(probe)		(&(probe))
#else
#define	PROBE_DECLARE(probe)	extern struct sdt_probe probe[]
#define	PROBE(probe)		(probe)
#endif
PROBE_DECLARE(sdt_lockstat___spin__release);
PROBE_DECLARE(sdt_proc___lwp__exit);
#define	SPIN_RELEASE	PROBE(sdt_lockstat___spin__release)
#define	LWP_EXIT	PROBE(sdt_proc___lwp__exit)
#define	SPIN_RELEASE_ID	77
int	probe_enable(struct sdt_probe *probe, int id);
/* Some probe is enabled. */
void	probes_enable(void);

void	*handler_add(struct eventhandler_list *el, int prio, const char *tag);
extern struct eventhandler_list *_eventhandler_list_thread_ctor;
extern struct eventhandler_list *_eventhandler_list_thread_dtor;
extern struct eventhandler_list *_eventhandler_list_thread_init;
extern struct eventhandler_list *_eventhandler_list_thread_fini;

#endif /* HARNESS_H */
