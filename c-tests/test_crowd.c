/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * A process with more threads than the caches hold: what is done to each of
 * its threads is done to all of them, once, in the order of the list, however
 * the walk asks for their memory.  T0 stands in the middle.
 */
#include "harness.h"

#define	CROWD_MAX	1400
/* So many threads are walked without asking for any of them ahead. */
#define	CACHED		1024

static struct {
	struct thread0_storage	c_storage;
} __aligned(64) crowd[CROWD_MAX];
/* One lock for all, as some schedulers have it. */
static struct mtx crowd_lock;

/* Threads that a fake was called for, which are to be next in the list. */
static struct thread *next;
static int seen;

static struct thread *
sibling(int i)
{

	return (&crowd[i].c_storage.t0st_thread);
}

static int
siblings(void)
{

	return (P->p_numthreads - 1);
}

/*
 * P has so many threads.
 */
static void
crowd_of(int nthreads)
{
	struct thread *td;
	int i;

	multi(1);
	lock_register(&crowd_lock.mtx_lock, LOCK_SPIN, "TL(crowd)");
	for (i = 0; i < nthreads - 1; i++) {
		td = sibling(i);
		td->td_lock = &crowd_lock;
		td->td_proc = P;
		td->td_tid = 1000 + i;
		td->td_flags = TDF_INMEM;
		td->td_state = TDS_RUNQ;
		if (i < nthreads / 2)
			TAILQ_INSERT_BEFORE(T0, td, td_plist);
		else
			TAILQ_INSERT_TAIL(&P->p_threads, td, td_plist);
		P->p_numthreads++;
	}
	P->p_flag |= P_HADTHREADS;
}

static void
each_sibling(void (*func)(struct thread *))
{
	int i, n;

	n = siblings();
	for (i = 0; i < n; i++)
		func(sibling(i));
}

/*
 * From now on a fake has to be called for one sibling after the other.
 */
static void
in_turn(void *arg)
{

	/* The one that works, and who stops another process. */
	if (arg == curthread || arg == CT)
		return;
	if (next == curthread)
		next = TAILQ_NEXT(next, td_plist);
	CHECK_PTR(next, arg);
	if (next != NULL)
		next = TAILQ_NEXT(next, td_plist);
	seen++;
	/* The log has no room for them all. */
	clear_calls();
}

static void
begin_turn(void)
{

	next = TAILQ_FIRST(&P->p_threads);
	seen = 0;
}

static void
check_turn(int nthreads)
{

	CHECK_EQ(nthreads - 1, seen);
}

/*
 * The others stop while T0 waits for them.
 */
static void (*how)(struct thread *);

static void
others_stop(void *arg)
{
	int i, n;

	n = siblings();
	check_turn(n + 1);
	for (i = 0; i < n; i++)
		CHECK((asts(sibling(i)) & AST_SUSPEND) != 0);
	each_sibling(how);
	resume(T0);
	/* BOUNDARY looks at each once more. */
	begin_turn();
}

static void
check_single(int nthreads, int mode, void (*state)(struct thread *))
{

	crowd_of(nthreads);
	how = state;
	begin_turn();
	on_each("thread_lock", in_turn);
	on("switched", others_stop);
	CHECK_EQ(0, single(mode));
	check_turn(mode == SINGLE_BOUNDARY ? nthreads : 1);
	CHECK_COUNTS(P, nthreads, nthreads - 1,
	    mode == SINGLE_BOUNDARY ? nthreads - 1 : 0);
}

TEST(crowd_no_exit, "thread_single: S39 NO_EXIT of 1,400 threads: each "
    "sibling is told, once, in order")
{

	check_single(CROWD_MAX, SINGLE_NO_EXIT, suspended);
}

TEST(crowd_no_exit_cached, "thread_single: S39 the same with as many as the "
    "caches hold")
{

	check_single(CACHED, SINGLE_NO_EXIT, suspended);
}

TEST(crowd_no_exit_above, "thread_single: S39 the same with one more")
{

	check_single(CACHED + 1, SINGLE_NO_EXIT, suspended);
}

TEST(crowd_boundary, "thread_single: S43 BOUNDARY of 1,400 threads: told in "
    "order, and waited for in order")
{

	check_single(CROWD_MAX, SINGLE_BOUNDARY, at_boundary);
}

static void
others_exit(void *arg)
{

	check_turn(siblings() + 1);
	each_sibling(exits);
	resume(T0);
}

TEST(crowd_exit, "thread_single: S36 EXIT of 1,400 threads that sleep: each "
    "sleep is aborted, in order")
{

	crowd_of(CROWD_MAX);
	each_sibling(sleeping);
	begin_turn();
	on_each("sleepq_abort", in_turn);
	on("switched", others_exit);
	CHECK_EQ(0, single(SINGLE_EXIT));
	CHECK_COUNTS(P, 1, 0, 0);
	CHECK((P->p_flag & P_HADTHREADS) == 0);
}

static void
all_stop(void *arg)
{
	int i, n;

	n = siblings();
	CHECK_EQ(n + 1, seen);
	CHECK((asts(T0) & AST_SUSPEND) != 0);
	for (i = 0; i < n; i++)
		CHECK((asts(sibling(i)) & AST_SUSPEND) != 0);
	each_sibling(suspended);
	suspended(T0);
	TD_CLR_SUSPENDED(CT);
	begin_turn();
}

TEST(crowd_allproc, "thread_single: S46 ALLPROC of 1,400 threads: each is "
    "told in order, T0 like the others, and let go in order")
{

	crowd_of(CROWD_MAX);
	controller();
	begin_turn();
	on_each("thread_lock", in_turn);
	on("switched", all_stop);
	PROC_LOCK(P);
	CHECK_EQ(0, thread_single(P, SINGLE_ALLPROC));
	CHECK_COUNTS(P, CROWD_MAX, CROWD_MAX, 0);
	thread_single_end(P, SINGLE_ALLPROC);
	CHECK_LOCKS("PL");
	PROC_UNLOCK(P);
	CHECK_EQ(CROWD_MAX, seen);
	CHECK_COUNTS(P, CROWD_MAX, 0, 0);
}

/*
 * The end of a stop.
 */
static void
check_runs(struct thread *td)
{

	CHECK(TD_ON_RUNQ(td));
}

TEST(crowd_end, "thread_single_end: S32 of 1,400 threads all run again, let "
    "go in order")
{

	crowd_of(CROWD_MAX);
	each_sibling(at_boundary);
	P->p_flag |= P_STOPPED_SINGLE | P_SINGLE_BOUNDARY;
	P->p_singlethread = T0;
	begin_turn();
	on_each("setrunnable", in_turn);
	PROC_LOCK(P);
	thread_single_end(P, SINGLE_BOUNDARY);
	CHECK_LOCKS("PL");
	PROC_UNLOCK(P);
	check_turn(CROWD_MAX);
	CHECK_COUNTS(P, CROWD_MAX, 0, 0);
	each_sibling(check_runs);
}

TEST(crowd_unsuspend, "thread_unsuspend: S58 of 1,400 threads all run again, "
    "let go in order")
{

	crowd_of(CROWD_MAX);
	each_sibling(suspended);
	begin_turn();
	on_each("setrunnable", in_turn);
	unsuspend();
	check_turn(CROWD_MAX);
	CHECK_COUNTS(P, CROWD_MAX, 0, 0);
	each_sibling(check_runs);
}

TEST(crowd_stops, "thread_suspend_check: S54 one of 1,400 threads stops as "
    "one of a few does")
{
	struct thread *td;

	crowd_of(CROWD_MAX);
	td = sibling(7);
	P->p_flag |= P_STOPPED_SIG;
	CHECK_EQ(PARKED, suspend_check_as(td, 0));
	CHECK(TD_IS_SUSPENDED(td));
	CHECK_COUNTS(P, CROWD_MAX, 1, 1);
	CHECK_UNOWNED(P->p_mtx.mtx_lock);
}

/* The list of a process's threads has no name in the kernel. */
TAILQ_HEAD(thread_list, thread);

static void
check_leaves(struct thread *td)
{
	struct thread *before, *after;

	crowd_of(CROWD_MAX);
	if (td == NULL)
		td = TAILQ_LAST(&P->p_threads, thread_list);
	before = TAILQ_PREV(td, thread_list, td_plist);
	after = TAILQ_NEXT(td, td_plist);
	set_curthread(td);
	PROC_LOCK(P);
	PROC_SLOCK(P);
	ESCAPES("sched_throw", thread_exit());
	CHECK_LOCKS("TL(crowd)");
	CHECK_EQ(CROWD_MAX - 1, P->p_numthreads);
	CHECK_EQ(1, P->p_exitthreads);
	CHECK_PTR(td, kt_pcpu.pc_deadthread);
	CHECK_PTR(after, TAILQ_NEXT(before, td_plist));
	CHECK_PTR(before, after == NULL ?
	    TAILQ_LAST(&P->p_threads, thread_list) :
	    TAILQ_PREV(after, thread_list, td_plist));
}

TEST(crowd_leaves, "thread_exit: S19 one of 1,400 threads leaves as one of a "
    "few does")
{

	check_leaves(sibling(7));
}

TEST(crowd_last_leaves, "thread_exit: S19 so does the last of the list")
{

	check_leaves(NULL);
}
