/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * procctl(PROC_REAP_KILL), which stops each process for a moment to signal it:
 * S46 to S51.
 */
#include "crowd.h"
#include "tests.h"

#define	TREES		2	/* children of the reaper, each with a child */
#define	WORKERS		2

struct reaped {
	struct crowd crowd;
	ex_word	    started, stop;
	ex_word	    made;
	ex_word	    subtree;		/* its root, others live on */
};

static void
work(void *arg)
{
	struct reaped *r = arg;

	ex_add(&r->started, 1);
	while (ex_load(&r->stop) == 0)
		(void)ex_umtx_wait(&r->stop, 0, 0);
}

static void
leaf(void *arg)
{

	for (int i = 0; i < WORKERS; i++)
		(void)must_thread(work, arg);
	work(arg);
}

static void
tree(void *arg)
{

	(void)must_spawn(leaf, arg);
	leaf(arg);
}

/* Waits for n children, all of which were killed. */
static void
expect_killed(int n)
{
	int status;

	for (int i = 0; i < n; i++) {
		EX_OK(ex_wait(-1, &status, 0) > 0);
		EX_EQ(status, W_EXITCODE(0, SIGKILL));
	}
}

/* ---- S46: the whole family ----------------------------------------------- */

static void
kill_family(void)
{
	struct reaped *r = ex_shared();
	u_int killed;
	int rounds;

	EX_EQ(ex_reap_acquire(), 0);
	rounds = ex_rounds(10);
	for (int i = 0; i < rounds; i++) {
		ex_store(&r->started, 0);
		for (int j = 0; j < TREES; j++)
			(void)must_spawn(tree, r);
		EX_WAIT(ex_load(&r->started) == 2 * TREES * (1 + WORKERS));
		EX_EQ(ex_reap_kill(SIGKILL, 0, &killed), 0);
		EX_EQ(killed, 2 * TREES);
		expect_killed(2 * TREES);
		EX_EQ(ex_reap_kill(SIGKILL, 0, &killed), ESRCH);
	}
}

static void
kill_subtree(void)
{
	struct reaped *r = ex_shared();
	u_int killed;
	int pids[TREES];

	EX_EQ(ex_reap_acquire(), 0);
	for (int i = 0; i < TREES; i++)
		pids[i] = must_spawn(tree, r);
	EX_WAIT(ex_load(&r->started) == 2 * TREES * (1 + WORKERS));
	for (int i = 0; i < TREES; i++) {
		EX_EQ(ex_reap_kill(SIGKILL, pids[i], &killed), 0);
		EX_EQ(killed, 2);
		expect_killed(2);
	}
}

/* ---- S47: who sleeps does not notice ------------------------------------- */

static void
crowd_process(void *arg)
{
	struct reaped *r = arg;

	EX_EQ(ex_sigignore(SIGUSR2), 0);
	crowd_start(&r->crowd);
	EX_WAIT(ex_load(&r->stop) != 0);
	crowd_end(&r->crowd);
	ex_exit(5);
}

static void
sleepers_stay(void)
{
	struct reaped *r = ex_shared();
	u_int before, killed;
	int pid, rounds;

	EX_EQ(ex_reap_acquire(), 0);
	EX_EQ(ex_sigignore(SIGUSR2), 0);
	pid = must_spawn(crowd_process, r);
	rounds = ex_rounds(10);
	for (int i = 0; i < rounds; i++) {
		crowd_settle(&r->crowd);
		EX_EQ(ex_reap_kill(SIGUSR2, pid, &killed), 0);
		EX_EQ(killed, 2);
		before = ex_load(&r->crowd.beats);
		EX_WAIT(ex_load(&r->crowd.beats) != before);
	}
	crowd_settle(&r->crowd);
	ex_store(&r->stop, 1);
	EX_EQ(status_of(pid), W_EXITCODE(5, 0));
}

/* ---- S51: threads and processes come and go ------------------------------ */

static void
end_at_once(void *arg)
{
	struct reaped *r = arg;

	ex_add(&r->made, 1);
}

/* Adds threads and processes for as long as it lives. */
static void
grow(void *arg)
{
	int pid, status;

	for (;;) {
		ex_thr_join(must_thread(end_at_once, arg));
		pid = ex_spawn(end_at_once, arg);
		if (pid > 0)
			(void)ex_wait(pid, &status, 0);
		ex_nap();
	}
}

static void
growing(void *arg)
{

	(void)must_thread(grow, arg);
	grow(arg);
}

static void
kill_growing(void)
{
	struct reaped *r = ex_shared();
	u_int before, killed;
	int error, pid, rounds, status;

	EX_EQ(ex_reap_acquire(), 0);
	rounds = ex_rounds(8);
	for (int i = 0; i < rounds; i++) {
		(void)must_spawn(growing, r);
		(void)must_spawn(growing, r);
		before = ex_load(&r->made);
		EX_WAIT(ex_load(&r->made) > before + 4);
		/* A process that is being made may escape, but not for long. */
		while ((error = ex_reap_kill(SIGKILL, 0, &killed)) != ESRCH) {
			EX_EQ(error, 0);
			while (ex_wait(-1, &status, WNOHANG) > 0)
				continue;
			ex_nap();
		}
		while ((pid = ex_wait(-1, &status, 0)) > 0)
			continue;
		EX_EQ(pid, -ECHILD);
	}
}

/* ---- S50: stopped processes ---------------------------------------------- */

static void
kill_stopped(void)
{
	struct reaped *r = ex_shared();
	u_int killed;
	int pid, rounds, status;

	EX_EQ(ex_reap_acquire(), 0);
	rounds = ex_rounds(10);
	for (int i = 0; i < rounds; i++) {
		ex_store(&r->started, 0);
		pid = must_spawn(leaf, r);
		EX_WAIT(ex_load(&r->started) == 1 + WORKERS);
		EX_EQ(ex_reap_kill(SIGSTOP, 0, &killed), 0);
		EX_EQ(ex_wait(pid, &status, WUNTRACED), pid);
		EX_OK(WIFSTOPPED(status));
		if (i % 2 == 0) {
			EX_EQ(ex_reap_kill(SIGCONT, 0, &killed), 0);
			EX_EQ(ex_wait(pid, &status, WCONTINUED), pid);
			EX_OK(WIFCONTINUED(status));
		}
		EX_EQ(ex_reap_kill(SIGKILL, 0, &killed), 0);
		EX_EQ(killed, 1);
		expect_killed(1);
	}
}

#define	NEEDS	(EX_CAP_FORK | EX_CAP_REAPER)

static const struct ex_test list[] = {
	{ "S46", "a reaper kills all its descendants",
	    "a process that the stop misses, or that stays stopped",
	    kill_family, NEEDS, EX_REPEAT, "S36" },
	{ "S46_subtree", "a reaper kills one subtree after the other",
	    "a signal beyond the subtree",
	    kill_subtree, NEEDS, EX_REPEAT, NULL },
	{ "S47", "sleeping threads are stopped and signalled by a reaper",
	    "a system call that fails because of a stop that nobody sees",
	    sleepers_stay, NEEDS | CROWD_CAPS | EX_CAP_COUNT, EX_REPEAT,
	    "S46 S50" },
	{ "S51", "a reaper kills processes that start threads and processes",
	    "a stop that a new thread escapes, or that never ends",
	    kill_growing, NEEDS, EX_REPEAT, "S30 S46 S48" },
	{ "S48", "a reaper stops, continues and kills processes",
	    "a stop of a process that is stopped already and never ends",
	    kill_stopped, NEEDS, EX_REPEAT, "S46 S50 S58" },
};

EX_TESTS(ex_tests_reaper, list);
