/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/* Threads that start and end: S18 to S22, S30. */
#include "ex.h"

#define	STORM_THREADS	16

/* What a storm of threads shares. */
struct storm {
	ex_word	    started, ended;
	ex_word	    go;
};

/* ---- S18: create and join ------------------------------------------------ */

static void
count_and_end(void *arg)
{
	struct storm *s = arg;

	ex_add(&s->started, 1);
	ex_add(&s->ended, 1);
}

static void
create_and_join(void)
{
	struct storm *s = ex_shared();
	int rounds, tid;

	rounds = ex_rounds(256);
	for (int i = 0; i < rounds; i++) {
		tid = ex_thr_new(count_and_end, s);
		EX_OK(tid > 0);
		ex_thr_join(tid);
		EX_EQ(ex_load(&s->ended), i + 1);
	}
}

/* ---- S18_storm: many at once --------------------------------------------- */

static void
wait_and_end(void *arg)
{
	struct storm *s = arg;

	ex_add(&s->started, 1);
	while (ex_load(&s->go) == 0)
		(void)ex_umtx_wait(&s->go, 0, 0);
	ex_add(&s->ended, 1);
}

static void
storm(void)
{
	struct storm *s = ex_shared();
	int tids[STORM_THREADS];
	int rounds;

	rounds = ex_rounds(10);
	for (int round = 0; round < rounds; round++) {
		ex_store(&s->go, 0);
		ex_store(&s->started, 0);
		ex_store(&s->ended, 0);
		for (int i = 0; i < STORM_THREADS; i++) {
			tids[i] = ex_thr_new(wait_and_end, s);
			EX_OK(tids[i] > 0);
		}
		EX_WAIT(ex_load(&s->started) == STORM_THREADS);
		ex_store(&s->go, 1);
		(void)ex_umtx_wake(&s->go, STORM_THREADS);
		for (int i = 0; i < STORM_THREADS; i++)
			ex_thr_join(tids[i]);
		EX_EQ(ex_load(&s->ended), STORM_THREADS);
	}
}

static const struct ex_test list[] = {
	{ "S18", "threads that are created and joined one by one",
	    "a thread that never runs, or whose end is not seen",
	    create_and_join, 0, EX_REPEAT, "S06 S19 S24" },
	{ "S18_storm", "threads that all exit at once",
	    "lost threads where many exit together",
	    storm, 0, EX_REPEAT, "S19 S21 S24" },
};

EX_TESTS(ex_tests_threads, list);
