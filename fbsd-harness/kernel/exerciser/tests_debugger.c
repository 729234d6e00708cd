/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * A debugger attaches to a process with threads, lists and steps them, and
 * leaves while it keeps some stopped: S30, S48, S59.
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

static void
beats(struct traced *t, int number)
{
	u_int before;

	before = ex_load(&t->beats[number]);
	EX_WAIT(ex_load(&t->beats[number]) != before);
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

/* ---- S59: threads that the debugger keeps, and lists --------------------- */

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
			beats(t, j);
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

/* ---- S30_attach: threads come and go ------------------------------------- */

static void
live_and_end(void *arg)
{
	struct traced *t = arg;

	ex_add(&t->made, 1);
}

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
	{ "S59_detach", "a debugger leaves and lets kept threads go",
	    "threads that stay stopped without a debugger",
	    detach_kept, NEEDS, EX_REPEAT, NULL },
	{ "S59_list", "a debugger lists the threads of a process",
	    "threads that a debugger does not see, or that are gone",
	    list_threads, NEEDS | EX_CAP_PTRACE_LIST, EX_REPEAT, NULL },
	{ "S59_step", "a debugger steps one of several threads",
	    "a step that never ends, or lets others stay stopped",
	    steps, NEEDS | EX_CAP_PTRACE_STEP, EX_REPEAT, NULL },
	{ "S30_attach", "a debugger attaches while threads come and go",
	    "an attach that waits for a thread that is gone",
	    attach_under_load, NEEDS, EX_REPEAT, "S48 S58" },
};

EX_TESTS(ex_tests_debugger, list);
