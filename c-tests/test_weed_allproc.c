/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What thread_single(SINGLE_ALLPROC) does to the threads of its target, by
 * their state.
 */
#include "harness.h"

/*
 * SINGLE_ALLPROC: P is the target, CT of C asks.
 */
static void
target_stops(void *arg)
{
	struct thread *td;

	FOREACH_THREAD_IN_PROC(P, td)
		if (!TD_IS_SUSPENDED(td)) {
			CHECK_UNOWNED(td->td_lock->mtx_lock);
			suspended(td);
		}
	TD_CLR_SUSPENDED(CT);
}

static void
weed_target(void)
{

	on("switched", target_stops);
	PROC_LOCK(P);
	CHECK_EQ(0, thread_single(P, SINGLE_ALLPROC));
	CHECK_LOCKS("PL");
	PROC_UNLOCK(P);
}

TEST(weed_allproc_sleep, "weeding: S47 ALLPROC marks an interruptible "
    "sleeper ALLPROCSUSP and aborts with ERESTART")
{

	multi(1);
	controller();
	sleeping(T0);
	weed_target();
	CHECK((T0->td_flags & TDF_ALLPROCSUSP) != 0);
	expect_only(ONLY("ast_sched_locked", "setrunnable", "sleepq_abort"),
	    "ast_sched_locked(T0,SUSPEND) | PL SL TL(T0)",
	    "sleepq_abort(T0,ERESTART) | PL SL TL(T0)");
}

static void
see_mark(void *arg)
{

	CHECK((T0->td_flags & TDF_ALLPROCSUSP) != 0);
}

TEST(weed_allproc_mark_first, "weeding: S47 the mark is set before the "
    "sleep is aborted")
{

	multi(1);
	controller();
	sleeping(T0);
	on("sleepq_abort", see_mark);
	weed_target();
}

TEST(weed_allproc_susp, "weeding: S47 ALLPROC lets a thread suspended "
    "without ALLPROCSUSP go, and it keeps TDF_BOUNDARY")
{

	multi(2);
	controller();
	at_boundary(T0);
	weed_target();
	expect_only(ONLY("setrunnable", "sleepq_abort"),
	    "setrunnable(T0,0) | PL SL TL(T0)");
	/* S47: only boundary=true takes a thread off the boundary. */
	CHECK((T0->td_flags & TDF_BOUNDARY) != 0);
	CHECK_COUNTS(P, 2, 2, 1);
}

TEST(weed_allproc_marked, "weeding: S47 ALLPROC leaves a suspended thread "
    "with ALLPROCSUSP alone")
{

	multi(2);
	controller();
	suspended(T0);
	T0->td_flags |= TDF_ALLPROCSUSP;
	weed_target();
	expect_only(ONLY("setrunnable", "sleepq_abort"), "");
	CHECK((T0->td_flags & TDF_ALLPROCSUSP) != 0);
	CHECK_COUNTS(P, 2, 2, 0);
}

TEST(weed_allproc_unint, "weeding: ALLPROC flags an uninterruptible sleeper "
    "without marking it")
{

	multi(1);
	controller();
	sleeping_unint(T0);
	weed_target();
	CHECK((T0->td_flags & TDF_ALLPROCSUSP) == 0);
	expect_only(ONLY("ast_sched_locked", "setrunnable", "sleepq_abort"),
	    "ast_sched_locked(T0,SUSPEND) | PL SL TL(T0)");
}

static void
suspend_t0_again(void *arg)
{

	suspended(T0);
}

static void
check_allproc_again(void)
{

	multi(2);
	controller();
	sleeping(T0);
	suspended(T0);
#ifdef OLDER
	/* The first is CT's own, which marks itself. */
	on_call("thread_lock", 3, suspend_t0_again);
#else
	on_call("thread_lock", 2, suspend_t0_again);
#endif
	weed_target();
	CHECK_EQ(2, count_calls("setrunnable(T0"));
	CHECK_EQ(1, count_calls("sleepq_abort(T0,ERESTART)"));
}

TEST(weed_allproc_again, "weeding: S37 ALLPROC: a thread that suspends again "
    "meanwhile is let go again")
{

	check_allproc_again();
}

#ifdef HAVE_SWAPPER
TEST(weed_allproc_swapped_twice, "weeding: S45 ALLPROC: let go twice, the "
    "first time swapped out: a kick")
{

	returns("setrunnable", 1);
	returns("setrunnable", 0);
	check_allproc_again();
	CHECK_EQ(1, count_calls("kick_proc0("));
}

TEST(weed_allproc_swapped_susp, "weeding: S45 ALLPROC: a swapped-out "
    "suspended thread: a kick")
{

	multi(2);
	controller();
	suspended(T0);
	returns("setrunnable", 1);
	weed_target();
	CHECK_EQ(1, count_calls("kick_proc0("));
}

TEST(weed_allproc_swapped_sleeper, "weeding: S45 ALLPROC: a swapped-out "
    "sleeper: a kick")
{

	multi(1);
	controller();
	sleeping(T0);
	returns("sleepq_abort", 1);
	weed_target();
	CHECK_EQ(1, count_calls("kick_proc0("));
}
#endif
