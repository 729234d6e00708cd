/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Reapers, whose PROC_REAP_KILL stops each process with SINGLE_ALLPROC before
 * it gets the signal: S44, S46, S47, S50.
 */
#include "crowd.h"
#include "tests.h"

#define	CODE	41		/* exit code of who came to its end */
#define	BRANCHES 2

struct reaped {
	struct crowd crowd;
	ex_word	    ready;
	ex_word	    made;	/* processes, or calls */
	ex_word	    end;
};

/* Waits for all children, orphans included; how many there were. */
static int
wait_for_all(int wanted)
{
	int n, pid, status;

	for (n = 0; (pid = ex_wait(-1, &status, 0)) > 0; n++)
		EX_EQ(status, wanted);
	EX_EQ(pid, -ECHILD);
	return (n);
}

static void
spin_forever(void *arg __unused)
{

	ex_spin_forever();
}

/* ---- S46: a family with threads ------------------------------------------ */

static void
sleep_forever(void *arg __unused)
{

	(void)ex_thr_suspend(0);
	EX_OK(!"nobody wakes it");
}

static void
be_grandchild(void *arg)
{
	struct reaped *r = arg;

	(void)must_thread(sleep_forever, r);
	ex_add(&r->ready, 1);
	sleep_forever(r);
}

static void
be_branch(void *arg)
{
	struct reaped *r = arg;

	(void)must_thread(spin_forever, r);
	(void)must_spawn(be_grandchild, r);
	ex_add(&r->ready, 1);
	sleep_forever(r);
}

static void
kill_family(void)
{
	struct reaped *r = ex_shared();
	u_int killed;
	int pids[BRANCHES];

	EX_EQ(ex_reap_acquire(), 0);
	for (int i = 0; i < BRANCHES; i++)
		pids[i] = must_spawn(be_branch, r);
	EX_WAIT(ex_load(&r->ready) == 2 * BRANCHES);
	/* One branch, then all. */
	EX_EQ(ex_reap_kill(SIGKILL, pids[0], &killed), 0);
	EX_EQ(killed, 2);
	EX_EQ(status_of(pids[0]), W_EXITCODE(0, SIGKILL));
	EX_EQ(ex_thread_count_of(pids[1]), 2);
	EX_EQ(ex_reap_kill(SIGKILL, 0, &killed), 0);
	EX_OK(killed >= 2 * (BRANCHES - 1));
	(void)wait_for_all(W_EXITCODE(0, SIGKILL));
	EX_EQ(ex_reap_kill(SIGKILL, 0, &killed), ESRCH);
}

/* ---- S46_fork: who is to be killed forks --------------------------------- */

/* A chain: each process makes the next, and exits when that runs. */
static void
be_link(void *arg)
{
	struct reaped *r = arg;

	ex_add(&r->made, 1);
	(void)must_thread(spin_forever, r);
	ex_nap();
	(void)must_spawn(be_link, r);
	ex_exit(CODE);
}

static void
kill_forkers(void)
{
	struct reaped *r = ex_shared();
	u_int killed, made;
	int pid, rounds, status;

	rounds = ex_rounds(10);
	EX_EQ(ex_reap_acquire(), 0);
	for (int i = 0; i < BRANCHES; i++)
		(void)must_spawn(be_link, r);
	EX_WAIT(ex_load(&r->made) > (u_int)rounds);
	EX_EQ(ex_reap_kill(SIGKILL, 0, &killed), 0);
	EX_OK(killed >= 1);
	/* All that ever were are dead, or this waits for ever. */
	while ((pid = ex_wait(-1, &status, 0)) > 0)
		EX_OK(status == W_EXITCODE(CODE, 0) ||
		    status == W_EXITCODE(0, SIGKILL));
	EX_EQ(pid, -ECHILD);
	made = ex_load(&r->made);
	ex_nap();
	EX_EQ(ex_load(&r->made), made);
}

/* ---- S47: sleeps go on after the stop ------------------------------------ */

static void
be_crowd(void *arg)
{
	struct reaped *r = arg;

	crowd_start(&r->crowd);
	crowd_settle(&r->crowd);
	ex_store(&r->ready, 1);
	EX_WAIT(ex_load(&r->end) != 0);
	crowd_end(&r->crowd);
	ex_exit(CODE);
}

static void
stop_crowd(void)
{
	struct reaped *r = ex_shared();
	u_int killed;
	int pid, rounds;

	rounds = ex_rounds(20);
	EX_EQ(ex_reap_acquire(), 0);
	pid = must_spawn(be_crowd, r);
	EX_WAIT(ex_load(&r->ready) != 0);
	for (int i = 0; i < rounds; i++) {
		/* Nobody does anything about these signals. */
		EX_EQ(ex_reap_kill(i % 2 == 0 ? SIGINFO : SIGCONT, pid,
		    &killed), 0);
		/* It and the child that one of the crowd waits for. */
		EX_EQ(killed, 2);
	}
	crowd_settle(&r->crowd);
	ex_store(&r->end, 1);
	EX_EQ(status_of(pid), W_EXITCODE(CODE, 0));
}

/* ---- S44: beside rfork --------------------------------------------------- */

static void
rfork_again(void *arg)
{
	struct reaped *r = arg;

	while (ex_load(&r->end) == 0) {
		EX_EQ(ex_rfork_self(RFFDG), 0);
		ex_add(&r->made, 1);
		/* A nap would be ended by the others. */
		ex_spin(5000);
	}
}

static void
be_rforking(void *arg)
{
	int tids[2];

	for (int i = 0; i < 2; i++)
		tids[i] = must_thread(rfork_again, arg);
	rfork_again(arg);
	for (int i = 0; i < 2; i++)
		ex_thr_join(tids[i]);
	ex_exit(CODE);
}

static void
beside_rfork(void)
{
	struct reaped *r = ex_shared();
	u_int killed, made;
	int pid, rounds;

	rounds = ex_rounds(40);
	EX_EQ(ex_reap_acquire(), 0);
	pid = must_spawn(be_rforking, r);
	for (int i = 0; i < rounds; i++) {
		made = ex_load(&r->made);
		EX_WAIT(ex_load(&r->made) != made);
		EX_EQ(ex_reap_kill(i % 2 == 0 ? SIGINFO : SIGCONT, 0,
		    &killed), 0);
	}
	ex_store(&r->end, 1);
	EX_EQ(status_of(pid), W_EXITCODE(CODE, 0));
}

/* ---- S50: the signal is a stop ------------------------------------------- */

static void
stop_signals(void)
{
	struct reaped *r = ex_shared();
	u_int killed;
	int pid, status;

	EX_EQ(ex_reap_acquire(), 0);
	pid = must_spawn(be_branch, r);
	EX_WAIT(ex_load(&r->ready) == 2);
	EX_EQ(ex_reap_kill(SIGSTOP, 0, &killed), 0);
	/* It has stopped already: nobody wakes who waits for that. */
	EX_WAIT(ex_wait(pid, &status, WUNTRACED | WNOHANG) == pid);
	EX_OK(WIFSTOPPED(status));
	/* A stopped process is not stopped again, but gets the signal. */
	EX_EQ(ex_reap_kill(SIGCONT, 0, &killed), 0);
	EX_EQ(ex_wait(pid, &status, WCONTINUED), pid);
	EX_OK(WIFCONTINUED(status));
	/* This one is not reported. */
	EX_EQ(ex_reap_kill(SIGSTOP, 0, &killed), 0);
	EX_EQ(ex_reap_kill(SIGKILL, 0, &killed), 0);
	(void)wait_for_all(W_EXITCODE(0, SIGKILL));
}

#define	NEEDS	(EX_CAP_FORK | EX_CAP_REAPER)

static const struct ex_test list[] = {
	{ "S46", "a reaper kills a family of processes with threads",
	    "a process that a reaper's kill leaves stopped, or alive",
	    kill_family, NEEDS, EX_REPEAT, "S36 S50" },
	{ "S46_fork", "a reaper kills processes that fork",
	    "a child of a process that was to be killed which escapes",
	    kill_forkers, NEEDS, EX_REPEAT, "S51" },
	{ "S47", "a reaper's signals to threads in every sleep",
	    "a sleep that ends with EINTR because the process was stopped",
	    stop_crowd, NEEDS | CROWD_CAPS, EX_REPEAT, "S46 S52" },
	{ "S44", "a reaper's signals to threads in rfork",
	    "suspended threads that are counted at the boundary twice",
	    beside_rfork, NEEDS | EX_CAP_RFORK_SELF, EX_REPEAT | EX_SLOW,
	    "S32 S48 S49" },
	{ "S50", "a reaper stops, continues and kills processes",
	    "a stop signal that is lost during a total stop",
	    stop_signals, NEEDS, EX_REPEAT, "S46" },
};

EX_TESTS(ex_tests_reap, list);
