/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/* Threads that start and end: S18 to S21, S30. */
#include "tests.h"

#define	STORM_THREADS	16

/* What the threads of a test share. */
struct storm {
	ex_word	    started, ended, stayed;
	ex_word	    go;
	ex_word	    tid;
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
	int rounds;

	rounds = ex_rounds(256);
	for (int i = 0; i < rounds; i++) {
		ex_thr_join(must_thread(count_and_end, s));
		EX_EQ(ex_load(&s->ended), i + 1);
	}
}

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
		for (int i = 0; i < STORM_THREADS; i++)
			tids[i] = must_thread(wait_and_end, s);
		EX_WAIT(ex_load(&s->started) == STORM_THREADS);
		ex_store(&s->go, 1);
		(void)ex_umtx_wake(&s->go, STORM_THREADS);
		for (int i = 0; i < STORM_THREADS; i++)
			ex_thr_join(tids[i]);
		EX_EQ(ex_load(&s->ended), STORM_THREADS);
	}
}

/* ---- S18_tree: threads that make threads --------------------------------- */

#define	TREE_DEPTH	4

struct tree {
	ex_word	    nodes;
	struct node {
		struct tree *tree;
		int	    depth;
	} node[1 << TREE_DEPTH];
};

static void
grow(void *arg)
{
	struct node *node = arg;
	struct tree *tree = node->tree;
	struct node *child;
	int tids[2];

	if (node->depth == TREE_DEPTH - 1)
		return;
	for (int i = 0; i < 2; i++) {
		child = &tree->node[ex_add(&tree->nodes, 1)];
		child->tree = tree;
		child->depth = node->depth + 1;
		tids[i] = must_thread(grow, child);
	}
	for (int i = 0; i < 2; i++)
		ex_thr_join(tids[i]);
}

static void
tree(void)
{
	struct tree *t = ex_shared();
	int rounds;

	rounds = ex_rounds(10);
	for (int i = 0; i < rounds; i++) {
		ex_store(&t->nodes, 1);
		t->node[0].tree = t;
		t->node[0].depth = 0;
		grow(&t->node[0]);
		EX_EQ(ex_load(&t->nodes), (1 << TREE_DEPTH) - 1);
	}
}

/* ---- S19: the main thread ends before others ----------------------------- */

static void
outlive(void *arg)
{
	struct storm *s = arg;

	ex_thr_join(ex_load(&s->tid));
	/* This is the only thread now, or soon. */
	EX_WAIT(ex_thread_count_of(ex_getpid()) == 1);
	ex_exit(7);
}

static void
end_main(void *arg)
{
	struct storm *s = arg;

	ex_store(&s->tid, ex_thr_self());
	(void)must_thread(outlive, s);
	ex_thr_exit();
	/* The other thread waits for this one: it is not the last. */
	EX_OK(false);
}

static void
main_ends_first(void)
{
	struct storm *s = ex_shared();
	int rounds;

	rounds = ex_rounds(20);
	for (int i = 0; i < rounds; i++)
		EX_EQ(status_of(must_spawn(end_main, s)), W_EXITCODE(7, 0));
}

/* ---- S20: the last thread stays ------------------------------------------ */

#define	ENDING_THREADS	4

static void
end_together(void *arg)
{
	struct storm *s = arg;

	ex_add(&s->started, 1);
	EX_WAIT(ex_load(&s->started) == ENDING_THREADS + 1);
	ex_thr_exit();
	/* One of them comes back. */
	EX_EQ(ex_add(&s->stayed, 1), 0);
	EX_WAIT(ex_thread_count_of(ex_getpid()) == 1);
	ex_exit(9);
}

static void
end_all(void *arg)
{

	for (int i = 0; i < ENDING_THREADS; i++)
		(void)must_thread(end_together, arg);
	end_together(arg);
}

static void
last_stays(void)
{
	struct storm *s = ex_shared();
	int rounds;

	rounds = ex_rounds(20);
	for (int i = 0; i < rounds; i++) {
		ex_store(&s->started, 0);
		ex_store(&s->stayed, 0);
		EX_EQ(status_of(must_spawn(end_all, s)), W_EXITCODE(9, 0));
		EX_EQ(ex_load(&s->stayed), 1);
	}
}

/* ---- S30: threads that are made beside stops ----------------------------- */

static void
make_threads(void *arg)
{
	struct storm *s = arg;

	for (u_int i = 0; ex_load(&s->go) == 0; i++) {
		ex_thr_join(must_thread(count_and_end, s));
		/* Who stops this needs some of the CPU. */
		if (i % 8 == 0)
			ex_nap();
	}
}

static void
make_threads_twice(void *arg)
{
	int tid;

	tid = must_thread(make_threads, arg);
	make_threads(arg);
	ex_thr_join(tid);
	ex_exit(5);
}

static void
start_beside_stops(void)
{
	struct storm *s = ex_shared();
	int pid, rounds, status;
	u_int before;

	rounds = ex_rounds(20);
	pid = must_spawn(make_threads_twice, s);
	for (int i = 0; i < rounds; i++) {
		before = ex_load(&s->started);
		EX_WAIT(ex_load(&s->started) != before);
		EX_EQ(ex_kill(pid, SIGSTOP), 0);
		EX_EQ(ex_wait(pid, &status, WUNTRACED), pid);
		EX_OK(WIFSTOPPED(status));
		/* Nothing in it runs. */
		before = ex_load(&s->started);
		ex_nap();
		EX_EQ(ex_load(&s->started), before);
		EX_EQ(ex_kill(pid, SIGCONT), 0);
	}
	ex_store(&s->go, 1);
	EX_EQ(status_of(pid), W_EXITCODE(5, 0));
	EX_EQ(ex_load(&s->started), ex_load(&s->ended));
}

static const struct ex_test list[] = {
	{ "S18", "threads that are created and joined one by one",
	    "a thread that never runs, or whose end is not seen",
	    create_and_join, 0, EX_REPEAT, "S19 S24" },
	{ "S18_storm", "threads that all exit at once",
	    "lost threads where many exit together",
	    storm, 0, EX_REPEAT, "S19 S21 S24" },
	{ "S18_tree", "threads that create threads",
	    "a list of threads that breaks when several grow it",
	    tree, 0, EX_REPEAT, "S12 S19" },
	{ "S19_main", "the main thread exits before another one",
	    "a process that ends with its first thread, or is never alone",
	    main_ends_first, EX_CAP_FORK | EX_CAP_COUNT, EX_REPEAT, "S20" },
	{ "S20", "all threads of a process exit at once",
	    "a process without threads, or two that think they are the last",
	    last_stays, EX_CAP_FORK | EX_CAP_COUNT, EX_REPEAT, "S19 S21" },
	{ "S30", "threads that are created while their process is stopped",
	    "a new thread that runs in a stopped process, or stops for good",
	    start_beside_stops, EX_CAP_FORK, EX_REPEAT, "S58" },
};

EX_TESTS(ex_tests_threads, list);
