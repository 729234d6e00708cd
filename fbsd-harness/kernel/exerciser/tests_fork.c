/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * fork(2), vfork(2) and rfork(2) from processes with threads: S32, S13.
 */
#include "crowd.h"
#include "tests.h"

#define	CODE	31		/* exit code of children */
#define	FORKERS	3

struct forks {
	struct crowd crowd;
	ex_word	    done;	/* threads that came to their end */
	ex_word	    children;	/* that ran */
	ex_word	    sum;	/* of what their threads did */
	int	    rounds;
};

/* ---- S32_fork: several threads fork -------------------------------------- */

static void
add_one(void *arg)
{
	struct forks *f = arg;

	ex_add(&f->sum, 1);
}

/* A child has the one thread that forked, and may make others. */
static void
be_child(void *arg)
{
	struct forks *f = arg;

	EX_EQ(ex_thread_count_of(ex_getpid()), 1);
	ex_add(&f->children, 1);
	ex_thr_join(must_thread(add_one, f));
	ex_exit(CODE);
}

static void
fork_again(void *arg)
{
	struct forks *f = arg;

	for (int i = 0; i < f->rounds; i++)
		EX_EQ(status_of(must_spawn(be_child, f)),
		    W_EXITCODE(CODE, 0));
	ex_add(&f->done, 1);
}

static void
fork_from_threads(void)
{
	struct forks *f = ex_shared();
	int tids[FORKERS];

	f->rounds = ex_rounds(8);
	crowd_start(&f->crowd);
	crowd_settle(&f->crowd);
	for (int i = 0; i < FORKERS; i++)
		tids[i] = must_thread(fork_again, f);
	for (int i = 0; i < FORKERS; i++)
		ex_thr_join(tids[i]);
	crowd_end(&f->crowd);
	EX_EQ(ex_load(&f->done), FORKERS);
	EX_EQ(ex_load(&f->children), FORKERS * f->rounds);
	EX_EQ(ex_load(&f->sum), FORKERS * f->rounds);
}

/* ---- S32_vfork: several threads vfork ------------------------------------ */

static void
leave(void *arg)
{
	struct forks *f = arg;

	ex_add(&f->children, 1);
	ex_exit(CODE);
}

static void
vfork_again(void *arg)
{
	struct forks *f = arg;

	for (int i = 0; i < f->rounds; i++)
		EX_EQ(status_of(ex_vfork(leave, f)), W_EXITCODE(CODE, 0));
	ex_add(&f->done, 1);
}

static void
vfork_from_threads(void)
{
	struct forks *f = ex_shared();
	int tids[FORKERS];

	f->rounds = ex_rounds(20);
	for (int i = 0; i < FORKERS; i++)
		tids[i] = must_thread(vfork_again, f);
	for (int i = 0; i < FORKERS; i++)
		ex_thr_join(tids[i]);
	EX_EQ(ex_load(&f->done), FORKERS);
	EX_EQ(ex_load(&f->children), FORKERS * f->rounds);
}

/* ---- S32_rfork: alone for a moment --------------------------------------- */

/* The crowd's pipe is gone after RFCFDG: that is for processes without one. */
static void
rfork_again(void *arg)
{
	struct forks *f = arg;

	for (int i = 0; i < f->rounds; i++) {
		EX_EQ(ex_rfork_self(RFFDG), 0);
		EX_EQ(ex_rfork_self(0), 0);
	}
	ex_add(&f->done, 1);
}

static void
rfork_beside_crowd(void)
{
	struct forks *f = ex_shared();
	u_int beats;

	f->rounds = ex_rounds(20);
	crowd_start(&f->crowd);
	crowd_settle(&f->crowd);
	ex_thr_join(must_thread(rfork_again, f));
	EX_EQ(ex_load(&f->done), 1);
	beats = ex_load(&f->crowd.beats);
	EX_WAIT(ex_load(&f->crowd.beats) != beats);
	crowd_settle(&f->crowd);
	crowd_end(&f->crowd);
}

/* ---- S35_rfork: several at once ------------------------------------------ */

static void
clear_files(void *arg)
{
	struct forks *f = arg;

	for (int i = 0; i < f->rounds; i++)
		EX_EQ(ex_rfork_self(i % 2 == 0 ? RFCFDG : RFFDG), 0);
	ex_add(&f->done, 1);
}

static void
rfork_race(void)
{
	struct forks *f = ex_shared();
	int tids[FORKERS];

	f->rounds = ex_rounds(20);
	for (int i = 0; i < FORKERS; i++)
		tids[i] = must_thread(clear_files, f);
	for (int i = 0; i < FORKERS; i++)
		ex_thr_join(tids[i]);
	EX_EQ(ex_load(&f->done), FORKERS);
	EX_WAIT(ex_thread_count_of(ex_getpid()) == 1);
}

static const struct ex_test list[] = {
	{ "S32_fork", "fork from several threads, with siblings in every sleep",
	    "a child with a second thread, or with counts of its parent",
	    fork_from_threads, CROWD_CAPS, EX_REPEAT | EX_SLOW, "S13" },
	{ "S32_vfork", "vfork from several threads at once",
	    "a parent that never goes on",
	    vfork_from_threads, EX_CAP_FORK | EX_CAP_VFORK, EX_REPEAT, "S62" },
	{ "S32_rfork", "rfork without RFPROC, with siblings in every sleep",
	    "a sibling that stays suspended, or whose sleep ends with EINTR",
	    rfork_beside_crowd, CROWD_CAPS | EX_CAP_RFORK_SELF, EX_REPEAT, "S31" },
	{ "S35_rfork", "rfork without RFPROC of three threads at once",
	    "two threads that both single-thread the process",
	    rfork_race, EX_CAP_RFORK_SELF, EX_REPEAT, "S32" },
};

EX_TESTS(ex_tests_fork, list);
