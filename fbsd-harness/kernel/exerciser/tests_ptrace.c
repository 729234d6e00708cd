/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * A debugger stops a process with threads, keeps some of them stopped, lets
 * them go and kills them: S36, S48, S56, S59, S60.
 */
#include "tests.h"

#define	WORKERS		3
#define	MOST_LWPS	16

/* The debugger is the test, the process its child. */
struct traced {
	ex_word	    started, go;
	ex_word	    beats[WORKERS];
	ex_word	    tids[WORKERS];
	ex_word	    made;
};

/* ---- The process --------------------------------------------------------- */

static void
work(void *arg)
{
	struct traced *t = arg;
	u_int number;

	number = ex_add(&t->started, 1);
	ex_store(&t->tids[number], ex_thr_self());
	while (ex_load(&t->go) == 0) {
		ex_add(&t->beats[number], 1);
		ex_nap();
	}
}

static void
workers(void *arg)
{
	struct traced *t = arg;
	int tids[WORKERS];

	for (int i = 0; i < WORKERS; i++)
		tids[i] = must_thread(work, t);
	while (ex_load(&t->go) == 0)
		ex_nap();
	for (int i = 0; i < WORKERS; i++)
		ex_thr_join(tids[i]);
	ex_exit(5);
}

static int
start_workers(struct traced *t)
{
	int pid;

	*t = (struct traced){ .started = 0 };
	pid = must_spawn(workers, t);
	for (int i = 0; i < WORKERS; i++)
		EX_WAIT(ex_load(&t->beats[i]) != 0);
	return (pid);
}

static bool
beats(struct traced *t, int number, bool does)
{
	u_int before;

	before = ex_load(&t->beats[number]);
	if (does) {
		EX_WAIT(ex_load(&t->beats[number]) != before);
		return (true);
	}
	for (int i = 0; i < 3; i++)
		ex_nap();
	return (ex_load(&t->beats[number]) != before);
}

/* ---- The debugger -------------------------------------------------------- */

static void
expect_stop(int pid, int sig)
{
	int status;

	status = status_of(pid);
	EX_OK(WIFSTOPPED(status));
	EX_EQ(WSTOPSIG(status), sig);
}

static void
attach(int pid)
{

	EX_EQ(ex_ptrace_attach(pid), 0);
	expect_stop(pid, SIGSTOP);
}

static void
stop_again(int pid)
{

	EX_EQ(ex_kill(pid, SIGSTOP), 0);
	expect_stop(pid, SIGSTOP);
}

/* ---- S59: some threads stay ---------------------------------------------- */

static void
suspend_and_resume(void)
{
	struct traced *t = ex_shared();
	int kept, pid, rounds;

	pid = start_workers(t);
	attach(pid);
	rounds = ex_rounds(6);
	for (int i = 0; i < rounds; i++) {
		for (int j = 0; j < WORKERS; j++)
			EX_OK(!beats(t, j, false));
		kept = i % WORKERS;
		EX_EQ(ex_ptrace_suspend(pid, ex_load(&t->tids[kept])), 0);
		EX_EQ(ex_ptrace_cont(pid, 0), 0);
		for (int j = 0; j < WORKERS; j++)
			EX_EQ(beats(t, j, j != kept), j != kept);
		stop_again(pid);
		EX_EQ(ex_ptrace_resume(pid, ex_load(&t->tids[kept])), 0);
		EX_EQ(ex_ptrace_cont(pid, 0), 0);
		EX_OK(beats(t, kept, true));
		stop_again(pid);
	}
	EX_EQ(ex_ptrace_detach(pid), 0);
	for (int j = 0; j < WORKERS; j++)
		EX_OK(beats(t, j, true));
	ex_store(&t->go, 1);
	EX_EQ(status_of(pid), W_EXITCODE(5, 0));
}

/* A detach lets threads go that were kept. */
static void
detach_kept(void)
{
	struct traced *t = ex_shared();
	int pid, rounds;

	pid = start_workers(t);
	rounds = ex_rounds(10);
	for (int i = 0; i < rounds; i++) {
		attach(pid);
		for (int j = 0; j < WORKERS; j++)
			EX_EQ(ex_ptrace_suspend(pid, ex_load(&t->tids[j])),
			    0);
		EX_EQ(ex_ptrace_detach(pid), 0);
		for (int j = 0; j < WORKERS; j++)
			EX_OK(beats(t, j, true));
	}
	ex_store(&t->go, 1);
	EX_EQ(status_of(pid), W_EXITCODE(5, 0));
}

static void
list_threads(void)
{
	struct traced *t = ex_shared();
	struct ex_lwpinfo info;
	int tids[MOST_LWPS];
	int known, n, pid;

	pid = start_workers(t);
	attach(pid);
	n = ex_ptrace_lwps(pid, tids, MOST_LWPS);
	EX_EQ(n, 1 + WORKERS);
	known = 0;
	for (int i = 0; i < n; i++)
		for (int j = 0; j < WORKERS; j++)
			known += (u_int)tids[i] == ex_load(&t->tids[j]);
	EX_EQ(known, WORKERS);
	EX_EQ(ex_ptrace_lwpinfo(pid, &info), 0);
	known = 0;
	for (int i = 0; i < n; i++)
		known += tids[i] == info.tid;
	EX_EQ(known, 1);
	EX_EQ(ex_ptrace_detach(pid), 0);
	ex_store(&t->go, 1);
	EX_EQ(status_of(pid), W_EXITCODE(5, 0));
}

/* ---- S36_ptrace: kills --------------------------------------------------- */

static void
kill_traced(void)
{
	struct traced *t = ex_shared();
	int pid, rounds, status;

	rounds = ex_rounds(8);
	for (int i = 0; i < rounds; i++) {
		pid = start_workers(t);
		attach(pid);
		/* Stopped; stopped with a thread kept; running. */
		if (i % 3 == 1)
			EX_EQ(ex_ptrace_suspend(pid, ex_load(&t->tids[0])),
			    0);
		if (i % 3 == 2) {
			EX_EQ(ex_ptrace_cont(pid, 0), 0);
			EX_EQ(ex_kill(pid, SIGKILL), 0);
		} else
			EX_EQ(ex_ptrace_kill(pid), 0);
		/* The debugger may be told of the signal first. */
		for (;;) {
			status = status_of(pid);
			if (!WIFSTOPPED(status))
				break;
			EX_EQ(WSTOPSIG(status), SIGKILL);
			EX_EQ(ex_ptrace_cont(pid, SIGKILL), 0);
		}
		EX_EQ(status, W_EXITCODE(0, SIGKILL));
	}
}

/* ---- S60_events: reports of births and ends ------------------------------ */

#define	LIVES	5

static void
live_and_end(void *arg)
{
	struct traced *t = arg;

	ex_add(&t->made, 1);
}

static void
lives(void *arg)
{
	struct traced *t = arg;

	ex_add(&t->started, 1);
	EX_WAIT(ex_load(&t->go) != 0);
	for (int i = 0; i < LIVES; i++)
		ex_thr_join(must_thread(live_and_end, t));
	EX_WAIT(ex_thread_count_of(ex_getpid()) == 1);
	ex_exit(6);
}

static void
events(void)
{
	struct traced *t = ex_shared();
	struct ex_lwpinfo info;
	int births, ends, pid, status;

	pid = must_spawn(lives, t);
	EX_WAIT(ex_load(&t->started) == 1);
	attach(pid);
	EX_EQ(ex_ptrace_lwp_events(pid, true), 0);
	ex_store(&t->go, 1);
	births = ends = 0;
	for (;;) {
		EX_EQ(ex_ptrace_cont(pid, 0), 0);
		status = status_of(pid);
		if (!WIFSTOPPED(status))
			break;
		EX_EQ(WSTOPSIG(status), SIGTRAP);
		EX_EQ(ex_ptrace_lwpinfo(pid, &info), 0);
		births += info.born;
		ends += info.exited;
	}
	EX_EQ(status, W_EXITCODE(6, 0));
	EX_EQ(ex_load(&t->made), LIVES);
	EX_EQ(births, LIVES);
	EX_EQ(ends, LIVES);
}

/* ---- S30_attach: threads come and go ------------------------------------- */

static void
come_and_go(void *arg)
{
	struct traced *t = arg;

	ex_add(&t->started, 1);
	for (u_int i = 0; ex_load(&t->go) == 0; i++) {
		ex_thr_join(must_thread(live_and_end, t));
		if (i % 4 == 0)
			ex_nap();
	}
}

static void
coming_and_going(void *arg)
{
	int tid;

	tid = must_thread(come_and_go, arg);
	come_and_go(arg);
	ex_thr_join(tid);
	ex_exit(5);
}

static void
attach_under_load(void)
{
	struct traced *t = ex_shared();
	int pid, rounds;
	u_int before;

	pid = must_spawn(coming_and_going, t);
	EX_WAIT(ex_load(&t->started) == 2);
	rounds = ex_rounds(15);
	for (int i = 0; i < rounds; i++) {
		attach(pid);
		before = ex_load(&t->made);
		ex_nap();
		EX_EQ(ex_load(&t->made), before);
		EX_EQ(ex_ptrace_detach(pid), 0);
		EX_WAIT(ex_load(&t->made) != before);
	}
	ex_store(&t->go, 1);
	EX_EQ(status_of(pid), W_EXITCODE(5, 0));
}

/* ---- S59_step: single steps ---------------------------------------------- */

static void
steps(void)
{
	struct traced *t = ex_shared();
	int pid;

	pid = start_workers(t);
	attach(pid);
	for (int i = 0; i < 20; i++) {
		EX_EQ(ex_ptrace_step(pid, 0), 0);
		expect_stop(pid, SIGTRAP);
	}
	EX_EQ(ex_ptrace_detach(pid), 0);
	ex_store(&t->go, 1);
	EX_EQ(status_of(pid), W_EXITCODE(5, 0));
}

#define	NEEDS	(EX_CAP_FORK | EX_CAP_PTRACE)

static const struct ex_test list[] = {
	{ "S59", "a debugger keeps one thread stopped while the others run",
	    "a kept thread that runs, or one that stays after its release",
	    suspend_and_resume, NEEDS, EX_REPEAT, "S63" },
	{ "S59_detach", "a debugger leaves and lets kept threads go",
	    "threads that stay stopped without a debugger",
	    detach_kept, NEEDS, EX_REPEAT, NULL },
	{ "S59_list", "a debugger lists the threads of a process",
	    "threads that a debugger does not see, or that are gone",
	    list_threads, NEEDS | EX_CAP_PTRACE_LIST, EX_REPEAT, NULL },
	{ "S59_step", "a debugger steps one of several threads",
	    "a step that never ends, or lets others stay stopped",
	    steps, NEEDS | EX_CAP_PTRACE_STEP, EX_REPEAT, NULL },
	{ "S36_ptrace", "a traced process is killed, with threads kept stopped",
	    "a stopped thread that survives its process' death",
	    kill_traced, NEEDS, EX_REPEAT, "S37 S59" },
	{ "S60_events", "a debugger hears of each thread's start and end",
	    "births or ends that are not told, or told twice",
	    events, NEEDS | EX_CAP_PTRACE_LIST | EX_CAP_PTRACE_EVENTS |
	    EX_CAP_COUNT, EX_REPEAT, "S19 S30" },
	{ "S30_attach", "a debugger attaches while threads come and go",
	    "an attach that waits for a thread that is gone",
	    attach_under_load, NEEDS, EX_REPEAT, "S48 S58" },
};

EX_TESTS(ex_tests_ptrace, list);
