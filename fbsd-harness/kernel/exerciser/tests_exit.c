/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * A process ends beside threads that sleep in every way there is: S35 to S39.
 *
 * The process is a child of the test.  Its main thread starts the others,
 * waits until they are where they should be, and exits; or the test kills it.
 */
#include "tests.h"

#define	SIBLINGS	2	/* of each kind */
#define	MOST_THREADS	32

/* What the test and its child share. */
struct ending {
	ex_body *const *kinds;		/* of siblings; ends with NULL */
	ex_word	    ready;		/* siblings about to sleep */
	ex_word	    placed;		/* all are where they should be */
	ex_word	    exits;		/* of itself: 1, is killed: 0 */
	ex_word	    never;		/* stays 0 */
	ex_word	    release;		/* grandchildren may go */
	ex_word	    released;
	struct ex_pipe pipe;
};

/* ---- Kinds of siblings --------------------------------------------------- */

static void
in_umtx(void *arg)
{
	struct ending *e = arg;

	ex_add(&e->ready, 1);
	for (;;)
		(void)ex_umtx_wait(&e->never, 0, 0);
}

static void
in_timed_umtx(void *arg)
{
	struct ending *e = arg;

	ex_add(&e->ready, 1);
	for (;;)
		(void)ex_umtx_wait(&e->never, 0, 3600 * 1000);
}

static void
in_nanosleep(void *arg)
{
	struct ending *e = arg;

	ex_add(&e->ready, 1);
	for (;;)
		(void)ex_nanosleep(3600 * 1000);
}

/* Sleeps whose time is over just when somebody wants to end them. */
static void
in_short_sleeps(void *arg)
{
	struct ending *e = arg;

	ex_add(&e->ready, 1);
	for (;;)
		(void)ex_nanosleep(1);
}

static void
in_pipe_read(void *arg)
{
	struct ending *e = arg;

	ex_add(&e->ready, 1);
	for (;;)
		(void)ex_pipe_read(&e->pipe);
}

static void
in_sigsuspend(void *arg)
{
	struct ending *e = arg;

	ex_add(&e->ready, 1);
	for (;;)
		(void)ex_sigsuspend();
}

static void
in_poll(void *arg)
{
	struct ending *e = arg;

	ex_add(&e->ready, 1);
	for (;;)
		(void)ex_poll(&e->pipe, 0);
}

static void
in_select(void *arg)
{
	struct ending *e = arg;

	ex_add(&e->ready, 1);
	for (;;)
		(void)ex_select(&e->pipe, 0);
}

static void
in_thr_suspend(void *arg)
{
	struct ending *e = arg;

	ex_add(&e->ready, 1);
	for (;;)
		(void)ex_thr_suspend(0);
}

static void
in_join(void *arg)
{
	struct ending *e = arg;
	int tid;

	tid = must_thread(in_umtx, e);
	for (;;)
		ex_thr_join(tid);
}

static void
in_user_mode(void *arg)
{
	struct ending *e = arg;

	ex_add(&e->ready, 1);
	ex_spin_forever();
}

static void
until_released(void *arg)
{
	struct ending *e = arg;

	ex_add(&e->ready, 1);
	EX_WAIT(ex_load(&e->release) != 0);
	ex_add(&e->released, 1);
	ex_exit(0);
}

static void
in_wait4(void *arg)
{
	int pid, status;

	pid = must_spawn(until_released, arg);
	for (;;)
		(void)ex_wait(pid, &status, 0);
}

/* Waits for the child to exec or exit, which it does not. */
static void
in_vfork(void *arg)
{

	(void)ex_vfork(until_released, arg);
	EX_OK(false);
}

/* ---- The process that ends ----------------------------------------------- */

static void
child(void *arg)
{
	struct ending *e = arg;
	int tids[MOST_THREADS];
	int n, pid;

	n = 0;
	for (int kind = 0; e->kinds[kind] != NULL; kind++)
		for (int i = 0; i < SIBLINGS; i++)
			tids[n++] = must_thread(e->kinds[kind], e);
	EX_WAIT(ex_load(&e->ready) == (u_int)n);
	pid = ex_getpid();
	for (int i = 0; i < n; i++)
		if (e->kinds[i / SIBLINGS] != in_user_mode &&
		    e->kinds[i / SIBLINGS] != in_short_sleeps)
			wait_asleep(pid, tids[i]);
	ex_store(&e->placed, 1);
	if (ex_load(&e->exits) != 0)
		ex_exit(3);
	EX_WAIT(ex_load(&e->never) != 0);
}

static void
end_beside(ex_body *const *kinds, int rounds)
{
	struct ending *e = ex_shared();
	int pid;

	e->kinds = kinds;
	EX_EQ(ex_pipe(&e->pipe), 0);
	for (int i = 0; i < rounds; i++) {
		ex_store(&e->ready, 0);
		ex_store(&e->placed, 0);
		ex_store(&e->release, 0);
		ex_store(&e->exits, i % 2 == 0);
		pid = must_spawn(child, e);
		if (i % 2 != 0) {
			EX_WAIT(ex_load(&e->placed) != 0);
			EX_EQ(ex_kill(pid, SIGKILL), 0);
		}
		EX_EQ(status_of(pid), i % 2 == 0 ? W_EXITCODE(3, 0) :
		    W_EXITCODE(0, SIGKILL));
		ex_store(&e->release, 1);
	}
}

/* A test of one kind of sibling. */
#define	BESIDE(kind)							\
static void								\
beside_##kind(void)							\
{									\
	static ex_body *const kinds[] = { kind, NULL };			\
									\
	end_beside(kinds, ex_rounds(6));				\
}

BESIDE(in_umtx)
BESIDE(in_timed_umtx)
BESIDE(in_nanosleep)
BESIDE(in_short_sleeps)
BESIDE(in_pipe_read)
BESIDE(in_sigsuspend)
BESIDE(in_poll)
BESIDE(in_select)
BESIDE(in_thr_suspend)
BESIDE(in_join)
BESIDE(in_user_mode)

/* Grandchildren have to go before the next round, or they never end. */
static void
beside_grandchildren(ex_body *const *kinds)
{
	struct ending *e = ex_shared();
	int rounds = ex_rounds(3);

	for (int i = 0; i < rounds; i++) {
		ex_store(&e->released, 0);
		end_beside(kinds, 1);
		EX_WAIT(ex_load(&e->released) == SIBLINGS);
	}
}

static void
beside_wait4(void)
{
	static ex_body *const kinds[] = { in_wait4, NULL };

	beside_grandchildren(kinds);
}

static void
beside_vfork(void)
{
	static ex_body *const kinds[] = { in_vfork, NULL };

	beside_grandchildren(kinds);
}

static void
beside_all(void)
{
	static ex_body *const kinds[] = { in_umtx, in_timed_umtx, in_nanosleep,
	    in_short_sleeps, in_pipe_read, in_sigsuspend, in_thr_suspend,
	    in_join, in_user_mode, NULL };

	end_beside(kinds, ex_rounds(4));
}

/* ---- S35: everybody exits ------------------------------------------------ */

#define	RACERS	5

static void
exit_racer(void *arg)
{
	struct ending *e = arg;
	u_int number;

	number = ex_add(&e->ready, 1);
	EX_WAIT(ex_load(&e->ready) == RACERS);
	ex_exit(10 + number);
}

static void
race_to_exit(void *arg)
{

	for (int i = 1; i < RACERS; i++)
		(void)must_thread(exit_racer, arg);
	exit_racer(arg);
}

static void
racing_exits(void)
{
	struct ending *e = ex_shared();
	int rounds, status;

	rounds = ex_rounds(20);
	for (int i = 0; i < rounds; i++) {
		ex_store(&e->ready, 0);
		status = status_of(must_spawn(race_to_exit, e));
		EX_OK(WIFEXITED(status));
		EX_OK(WEXITSTATUS(status) >= 10 &&
		    WEXITSTATUS(status) < 10 + RACERS);
	}
}

/* ---- S39: a crash -------------------------------------------------------- */

static void
crash(void *arg)
{
	struct ending *e = arg;

	EX_WAIT(ex_load(&e->ready) == 3);
	ex_crash();
}

static void
crash_among_others(void *arg)
{

	(void)must_thread(in_umtx, arg);
	(void)must_thread(in_user_mode, arg);
	(void)must_thread(crash, arg);
	in_nanosleep(arg);
}

static void
crashes(void)
{
	struct ending *e = ex_shared();
	int rounds, status;

	rounds = ex_rounds(10);
	for (int i = 0; i < rounds; i++) {
		ex_store(&e->ready, 0);
		status = status_of(must_spawn(crash_among_others, e));
		EX_OK(WIFSIGNALED(status));
		EX_EQ(WTERMSIG(status), SIGSEGV);
	}
}

#define	HANGS	"an exit that hangs, or leaves threads"
#define	NEEDS	(EX_CAP_FORK | EX_CAP_COUNT)

static const struct ex_test list[] = {
	{ "S36_umtx", "exit and kill beside threads in umtx waits", HANGS,
	    beside_in_umtx, NEEDS, EX_REPEAT, "S37 S40 S41" },
	{ "S36_timed", "exit and kill beside threads in timed umtx waits",
	    HANGS, beside_in_timed_umtx, NEEDS, EX_REPEAT, "S37" },
	{ "S36_nanosleep", "exit and kill beside threads in nanosleep", HANGS,
	    beside_in_nanosleep, NEEDS, EX_REPEAT, "S37" },
	{ "S38", "exit and kill beside threads whose sleeps just time out",
	    "a sleep that is aborted when its time is over already",
	    beside_in_short_sleeps, NEEDS, EX_REPEAT, "S36" },
	{ "S36_pipe", "exit and kill beside threads that read a pipe", HANGS,
	    beside_in_pipe_read, NEEDS, EX_REPEAT, "S37" },
	{ "S36_sigsuspend", "exit and kill beside threads in sigsuspend",
	    HANGS, beside_in_sigsuspend, NEEDS, EX_REPEAT, "S37" },
	{ "S36_poll", "exit and kill beside threads in poll", HANGS,
	    beside_in_poll, NEEDS | EX_CAP_POLL, EX_REPEAT, "S37" },
	{ "S36_select", "exit and kill beside threads in select", HANGS,
	    beside_in_select, NEEDS | EX_CAP_POLL, EX_REPEAT, "S37" },
	{ "S36_suspend", "exit and kill beside threads in thr_suspend", HANGS,
	    beside_in_thr_suspend, NEEDS, EX_REPEAT, "S37" },
	{ "S36_join", "exit and kill beside threads that join others", HANGS,
	    beside_in_join, NEEDS, EX_REPEAT, "S37" },
	{ "S36_user", "exit and kill beside threads in user mode",
	    "a thread that is not interrupted on its CPU",
	    beside_in_user_mode, NEEDS, EX_REPEAT, "S22" },
	{ "S36_wait4", "exit beside threads in wait4",
	    "children of a dying process that nobody inherits",
	    beside_wait4, NEEDS, EX_REPEAT, NULL },
	{ "S62_exit", "exit beside threads that wait for vfork's child",
	    "a process that cannot exit before its vfork'ed child",
	    beside_vfork, NEEDS | EX_CAP_VFORK, EX_SLOW, "S36" },
	{ "S36_all", "exit and kill beside threads of every kind", HANGS,
	    beside_all, NEEDS, EX_REPEAT | EX_SLOW, "S22 S37 S38 S40 S41" },
	{ "S35_exits", "all threads call exit at once",
	    "two threads that single-thread their process",
	    racing_exits, EX_CAP_FORK, EX_REPEAT, "S36" },
	{ "S39", "a thread crashes beside others",
	    "a core dump or an exit while siblings run",
	    crashes, EX_CAP_FORK | EX_CAP_CRASH, EX_REPEAT, "S33 S36" },
};

EX_TESTS(ex_tests_exit, list);
