/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What a test of the exerciser may use.
 *
 * Tests see the kernel from user space, through the calls below.  There are
 * two backends: raw system calls of a live FreeBSD kernel (live/), and the
 * u_*() calls of the simulated kernel.  A test includes this header alone, and
 * runs unchanged on both.
 *
 * Rules for tests:
 *  - No variables that change outside functions: a fork copies them on a live
 *    kernel and shares them in the simulation.  State that processes or
 *    threads share is in ex_shared().
 *  - What only one backend has is asked for with ex_test.needs.
 *  - Nobody waits with a loop of its own: EX_WAIT() gives the CPU away.
 *  - Calls return 0 or an errno unless it says otherwise; "or -errno" means a
 *    value that is >= 0, or the negated errno.  ERESTART is never seen.
 */
#ifndef EX_H
#define	EX_H

#include <sys/types.h>
#include <sys/_null.h>
#include <sys/errno.h>
#include <sys/signal.h>
#include <sys/unistd.h>
#include <sys/wait.h>
#ifndef _KERNEL
#include <stdbool.h>
#endif

/* ---- Tests ------------------------------------------------------------- */

/* What a thread, a process or a new image runs. */
typedef void ex_body(void *arg);

/* A capability of the backend; ex_test.needs is a set of these. */
#define	EX_CAP_FORK		0x00001	/* ex_spawn(), ex_wait() */
#define	EX_CAP_EXEC		0x00002	/* ex_exec() and ex_exec_fails() */
#define	EX_CAP_RFORK_SELF	0x00004	/* ex_rfork_self() */
#define	EX_CAP_VFORK		0x00008	/* ex_vfork() */
#define	EX_CAP_POLL		0x00010	/* ex_poll(), ex_select() */
#define	EX_CAP_PTRACE		0x00020	/* ex_ptrace_attach() and others */
#define	EX_CAP_PTRACE_STEP	0x00040	/* ex_ptrace_step() */
#define	EX_CAP_PTRACE_LIST	0x00080	/* ex_ptrace_lwps(), _lwpinfo() */
#define	EX_CAP_REAPER		0x00100	/* ex_reap_acquire(), ex_reap_kill() */
#define	EX_CAP_SUPERUSER	0x00200	/* root: ex_setuid(), ex_sysctl_set() */
#define	EX_CAP_LIMIT		0x00400	/* ex_setrlimit(), ex_fd_allowed() */
#define	EX_CAP_THREAD_LIMIT	0x00800	/* kern.threads.* can be set */
#define	EX_CAP_COUNT		0x01000	/* ex_thread_count() */
#define	EX_CAP_ALL_SIGNALS	0x02000	/* any signal may be caught, counted */
#define	EX_CAP_CLOCK		0x04000	/* ex_now() is real time */
#define	EX_CAP_CRASH		0x08000	/* ex_crash() */
#define	EX_CAP_MUTEX		0x10000	/* ex_mutex_lock() */

/* Flags of a test. */
#define	EX_REPEAT	0x1	/* may run at any time beside others: load */
#define	EX_SLOW		0x2	/* gets the long watchdog */
#define	EX_LAST		0x4	/* runs after the load */

struct ex_test {
	const char *id;		/* "S36_umtx": a scenario, and a variant */
	const char *title;	/* what happens, in one line */
	const char *guards;	/* the defect that it would find */
	void	  (*run)(void);	/* in a process of its own */
	u_int	    needs;	/* EX_CAP_* */
	u_int	    flags;	/* EX_REPEAT and others */
	const char *also;	/* further scenarios: "S19 S41", or NULL */
};

/* The tests of one file. */
struct ex_tests {
	const struct ex_test *list;
	u_int	    n;
};
#define	EX_TESTS(name, list)						\
	const struct ex_tests name = { list, sizeof(list) / sizeof((list)[0]) }

extern const struct ex_tests ex_tests_threads, ex_tests_exit, ex_tests_ids,
    ex_tests_locks, ex_tests_cred, ex_tests_fork, ex_tests_exec, ex_tests_stop,
    ex_tests_ptrace, ex_tests_reap, ex_tests_debugger;
/* All of them, in the order of their running; ends with NULL. */
extern const struct ex_tests *const ex_all_tests[];

/* Does the backend have all of these capabilities? */
bool	ex_has(u_int caps);

/* ---- Checks ------------------------------------------------------------ */

/*
 * For every process and thread of a test.  The first check that fails is
 * reported and ends the whole test at once.
 */
#define	EX_OK(expr) do {						\
	if (!(expr))							\
		ex_failed(__FILE__, __LINE__, #expr, 0, 1);		\
} while (0)
#define	EX_EQ(found, expected) do {					\
	long ex_f = (long)(found), ex_e = (long)(expected);		\
	if (ex_f != ex_e)						\
		ex_failed(__FILE__, __LINE__, #found " == " #expected,	\
		    ex_f, ex_e);					\
} while (0)
void	ex_failed(const char *file, int line, const char *what, long found,
	    long expected) __dead2;
/* Ends the test as passed over; from the process that runs it alone. */
void	ex_skip(const char *why) __dead2;

/*
 * Memory of this test: at least EX_SHARED_SIZE bytes, zero when it starts, the
 * same in all its processes, at the same address, also after an exec.
 */
#define	EX_SHARED_SIZE	65536
void   *ex_shared(void);

/* A word that threads and processes share. */
typedef volatile u_int ex_word;
#define	ex_load(w)	__atomic_load_n((w), __ATOMIC_SEQ_CST)
#define	ex_store(w, v)	__atomic_store_n((w), (v), __ATOMIC_SEQ_CST)
/* The value before. */
#define	ex_add(w, n)	__atomic_fetch_add((w), (n), __ATOMIC_SEQ_CST)

/* ---- Time -------------------------------------------------------------- */

/* Waits until EXPR is true; a watchdog ends the test if it never is. */
#define	EX_WAIT(expr) do {						\
	while (!(expr))							\
		ex_nap();						\
} while (0)
/* Sleeps for a moment, a millisecond or a few. */
void	ex_nap(void);
/* Lets somebody else run. */
void	ex_yield(void);
/* n rounds of a loop in user mode. */
void	ex_spin(int n);
/* In user mode for ever; leaves only by dying. */
void	ex_spin_forever(void) __dead2;
/* In user mode until the word is no longer zero. */
void	ex_spin_until(ex_word *w);
/* Milliseconds since some moment. */
long	ex_now(void);
/*
 * How often a test should repeat what it does many times: n on a live kernel,
 * fewer times where every step is expensive.
 */
int	ex_rounds(int n);
/* A random number below n, from a stream that the run prints the seed of. */
u_int	ex_random(u_int n);

/* ---- Threads ----------------------------------------------------------- */

/*
 * A new thread of this process that runs body(arg); returning is
 * ex_thr_exit().  Its id or -errno.
 */
int	ex_thr_new(ex_body *body, void *arg);
/* Waits until a thread of this process is gone from user mode for good. */
void	ex_thr_join(int tid);
/* Returns only in the last thread of its process. */
void	ex_thr_exit(void);
int	ex_thr_self(void);
int	ex_thr_kill(int tid, int sig);		/* in this process; ESRCH */
int	ex_thr_kill2(int pid, int tid, int sig);
int	ex_thr_suspend(int ms);		/* 0: for ever; ETIMEDOUT, EINTR */
int	ex_thr_wake(int tid);

/* ---- Processes --------------------------------------------------------- */

/* A child process that runs body(arg) and then exits with 0; pid or -errno. */
int	ex_spawn(ex_body *body, void *arg);
/* As ex_spawn(); the caller waits until the child has exec'ed or exited. */
int	ex_vfork(ex_body *body, void *arg);
/*
 * rfork(2) without RFPROC: changes the calling process.  RFFDG and RFCFDG
 * single-thread it.
 */
int	ex_rfork_self(int flags);
/*
 * execve(2) of this program; the new image runs body(arg), arg being an
 * address in ex_shared() or a number, and then exits with 0.  Returns an errno
 * or not at all.
 */
int	ex_exec(ex_body *body, void *arg);
/* An execve(2) that fails after it has single-threaded the process. */
int	ex_exec_fails(void);
void	ex_exit(int code) __dead2;
/* SIGSEGV to this thread, from what it does. */
void	ex_crash(void) __dead2;
int	ex_getpid(void);
int	ex_getppid(void);
/*
 * wait4(2): pid or -errno; 0 with WNOHANG if there is nothing to report.
 * pid -1 is any child; WUNTRACED, WCONTINUED, WNOHANG.
 */
int	ex_wait(int pid, int *status, int options);

/* ---- Signals ----------------------------------------------------------- */

int	ex_kill(int pid, int sig);
/* Catches sig from now on in this process; restart: with SA_RESTART. */
int	ex_sigcatch(int sig, bool restart);
/* How often this process has caught sig. */
u_int	ex_caught(int sig);
int	ex_sigignore(int sig);
int	ex_sigblock(int sig);			/* in this thread */
int	ex_sigunblock(int sig);
/* Sleeps until a signal is caught: EINTR. */
int	ex_sigsuspend(void);

/* ---- Sleeps ------------------------------------------------------------ */

int	ex_nanosleep(int ms);			/* 0 or EINTR */
/* Sleeps while *w is value; ms 0 is for ever; ETIMEDOUT, EINTR. */
int	ex_umtx_wait(ex_word *w, u_int value, int ms);
int	ex_umtx_wake(ex_word *w, int n);	/* n waiters at most */

/*
 * A lock of threads of one process that the kernel keeps and that lends
 * priority; zero is a free one.  A wait for it is never interrupted.
 */
struct ex_mutex {
	u_int	    word[12];			/* the backend's */
};
int	ex_mutex_lock(struct ex_mutex *m);
int	ex_mutex_unlock(struct ex_mutex *m);	/* EPERM: not the owner */

/* A pipe, for this process and those it starts from now on. */
struct ex_pipe {
	u_long	    word[4];			/* the backend's */
};
int	ex_pipe(struct ex_pipe *p);
int	ex_pipe_read(struct ex_pipe *p);	/* one byte; sleeps; EINTR */
int	ex_pipe_write(struct ex_pipe *p);	/* one byte; never sleeps */
/* Wait until it can be read; ms 0 is for ever; ETIMEDOUT, EINTR. */
int	ex_poll(struct ex_pipe *p, int ms);
int	ex_select(struct ex_pipe *p, int ms);

/* ---- Credentials and limits -------------------------------------------- */

int	ex_setuid(uid_t uid);
/* The user that this thread's calls act as. */
uid_t	ex_getuid(void);
/* RLIMIT_NOFILE of the process. */
int	ex_setrlimit(int cur);
/* May this thread's calls open descriptor fd?  By its own limits, that is. */
bool	ex_fd_allowed(int fd);
/* kern.threads.max_threads_per_proc and the like; ENOENT if there is none. */
int	ex_sysctl_get(const char *name, long *value);
int	ex_sysctl_set(const char *name, long value);
/* Threads of the whole system, or of one process; or -errno. */
int	ex_thread_count(void);
int	ex_thread_count_of(int pid);
/* What a thread of a process does. */
enum ex_state {
	EX_GONE,		/* there is no such thread */
	EX_RUNS,		/* or could */
	EX_SLEEPS,
	EX_STOPPED,		/* off the CPU, and its process is to stop */
	EX_OTHER		/* waits for a lock, exits */
};
enum ex_state ex_thr_state(int pid, int tid);

/* ---- Debugger and reaper ----------------------------------------------- */

/*
 * ptrace(2) of a child.  A stopped child is waited for with ex_wait(), which
 * reports WIFSTOPPED() with WUNTRACED or without.
 */
int	ex_ptrace_attach(int pid);
int	ex_ptrace_cont(int pid, int sig);
int	ex_ptrace_detach(int pid);
int	ex_ptrace_kill(int pid);
int	ex_ptrace_suspend(int pid, int tid);
int	ex_ptrace_resume(int pid, int tid);
int	ex_ptrace_step(int pid, int sig);
/* Stop for the tracer whenever a thread starts or exits. */
int	ex_ptrace_lwp_events(int pid, bool on);
/* The ids of its threads, max at most; how many it has, or -errno. */
int	ex_ptrace_lwps(int pid, int *tids, int max);
/* What the child stopped for. */
struct ex_lwpinfo {
	int	    tid;		/* the thread that stopped */
	bool	    born, exited;	/* ex_ptrace_lwp_events(): it did */
};
int	ex_ptrace_lwpinfo(int pid, struct ex_lwpinfo *info);

/* procctl(2): makes this process the reaper of what it starts from now on. */
int	ex_reap_acquire(void);
/*
 * PROC_REAP_KILL: sends sig to all descendants of this reaper, or, if subtree
 * is not 0, to those below the child with this pid.  *killed counts them.
 */
int	ex_reap_kill(int sig, int subtree, u_int *killed);

#endif /* !EX_H */
