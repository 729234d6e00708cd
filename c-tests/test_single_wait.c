/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * thread_single() of a thread in its own process: flagging the siblings, the
 * wait until enough of them have stopped, and what comes after it.
 */
#include "harness.h"

/*
 * The wait: T0 suspends itself, the hook plays the siblings.
 */
static void
two_suspend(void *arg)
{

	CHECK_EQ(PARKED, suspend_check_as(T1, 0));
	CHECK(TD_IS_SUSPENDED(T0));
	CHECK_COUNTS(P, 3, 2, 1);
	CHECK_EQ(PARKED, suspend_check_as(T2, 0));
	CHECK(!TD_IS_SUSPENDED(T0));
	CHECK_COUNTS(P, 3, 2, 2);
}

TEST(boundary_calls, "thread_single: S40 BOUNDARY of three threads, every "
    "call with its locks")
{

	multi(3);
	running(T1);
	on("switched", two_suspend);
	CHECK_EQ(0, single(SINGLE_BOUNDARY));
	expect_calls(
	    "thread_lock(T1) | PL SL",
	    "ast_sched_locked(T1,SUSPEND) | PL SL TL(T1)",
	    IF_SMP("forward_signal(T1) | PL SL TL(T1)"),
	    "thread_lock(T2) | PL SL",
	    "ast_sched_locked(T2,SUSPEND) | PL SL TL(T2)",
	    /* thread_suspend_switch of T0 */
	    "thread_stopped(p) | PL SL",
	    "thread_lock(T0) | SL",
	    "ast_unsched_locked(T0,SUSPEND) | SL TL(T0)",
	    "sched_sleep(T0,0) | SL TL(T0)",
	    "mi_switch(SW_VOL|SWT_SUSPEND) | TL(T0)",
	    /* T1 suspends, and is not the last */
	    "thread_stopped(p) | PL SL",
	    "thread_lock(T1) | SL",
	    "ast_unsched_locked(T1,SUSPEND) | SL TL(T1)",
	    "sched_sleep(T1,0) | SL TL(T1)",
	    "mi_switch(SW_INVOL|SWT_SUSPEND) | TL(T1)",
	    /* T2 is the last: it wakes T0 before it counts itself */
	    "thread_stopped(p) | PL SL",
	    "thread_lock(T0) | PL SL",
	    "setrunnable(T0,0) | PL SL TL(T0)",
	    "thread_lock(T2) | SL",
	    "ast_unsched_locked(T2,SUSPEND) | SL TL(T2)",
	    "sched_sleep(T2,0) | SL TL(T2)",
	    "mi_switch(SW_INVOL|SWT_SUSPEND) | TL(T2)",
	    /* T0's sweep waits for both to be off their CPUs */
	    "thread_lock(T1) | PL SL",
	    "thread_lock(T2) | PL SL");
	CHECK_STOP(P, P_STOPPED_SINGLE | P_SINGLE_BOUNDARY);
	CHECK_PTR(T0, P->p_singlethread);
	CHECK_COUNTS(P, 3, 2, 2);
	CHECK((T1->td_flags & TDF_BOUNDARY) != 0);
	CHECK((T2->td_flags & TDF_BOUNDARY) != 0);
}

static int wakeups;

static void
count_wakeup(void *arg)
{

	wakeups += arg == T0;
}

TEST(plus_one, "thread_single: S40 last suspender wakes the singler once: "
    "+1 rule")
{

	multi(3);
	on("switched", two_suspend);
	on_each("setrunnable", count_wakeup);
	CHECK_EQ(0, single(SINGLE_BOUNDARY));
	CHECK_EQ(1, wakeups);
	CHECK_EQ(1, T0->td_ru.ru_nvcsw);
	CHECK_EQ(1, T1->td_ru.ru_nivcsw);
}

/*
 * EXIT: the siblings leave the process while T0 waits.
 */
static void
both_exit(void *arg)
{

	CHECK_COUNTS(P, 3, 1, 0);
	CHECK_STOP(P, P_STOPPED_SINGLE | P_SINGLE_EXIT);
	exits(T1);
	exits(T2);
	resume(T0);
}

TEST(exit_alone_after, "thread_single: S33 EXIT ends with the process "
    "unthreaded")
{

	multi(3);
	on("switched", both_exit);
	CHECK_EQ(0, single(SINGLE_EXIT));
	CHECK_STOP(P, 0);
	CHECK((P->p_flag & P_HADTHREADS) == 0);
	CHECK_PTR(NULL, P->p_singlethread);
	CHECK_COUNTS(P, 1, 0, 0);
	expect_calls(
	    "thread_lock(T1) | PL SL",
	    "ast_sched_locked(T1,SUSPEND) | PL SL TL(T1)",
	    "thread_lock(T2) | PL SL",
	    "ast_sched_locked(T2,SUSPEND) | PL SL TL(T2)",
	    "thread_stopped(p) | PL SL",
	    "thread_lock(T0) | SL",
	    "ast_unsched_locked(T0,SUSPEND) | SL TL(T0)",
	    "sched_sleep(T0,0) | SL TL(T0)",
	    "mi_switch(SW_VOL|SWT_SUSPEND) | TL(T0)");
}

TEST(upgrade_to_exit, "thread_single: S33 the singler may go from BOUNDARY "
    "to EXIT; bits change, boundary threads are let go")
{

	multi(3);
	at_boundary(T1);
	at_boundary(T2);
	P->p_flag |= P_STOPPED_SINGLE | P_SINGLE_BOUNDARY;
	P->p_singlethread = T0;
	on("switched", both_exit);
	CHECK_EQ(0, single(SINGLE_EXIT));
	CHECK_COUNTS(P, 1, 0, 0);
	CHECK((T1->td_flags & TDF_BOUNDARY) == 0);
	CHECK((T2->td_flags & TDF_BOUNDARY) == 0);
	expect_only(ONLY("setrunnable", "mi_switch"),
	    "setrunnable(T1,0) | PL SL TL(T1)",
	    "setrunnable(T2,0) | PL SL TL(T2)",
	    "mi_switch(SW_VOL|SWT_SUSPEND)");
}

TEST(exit_needs_all, "thread_single: EXIT goes on waiting while siblings "
    "are merely suspended")
{

	multi(3);
	suspended(T1);
	suspended(T2);
	P->p_flag |= P_STOPPED_SINGLE;
	P->p_singlethread = T0;
	on("switched", both_exit);
	CHECK_EQ(0, single(SINGLE_EXIT));
	/* Both were let go to die, then T0 waited for them. */
	CHECK_EQ(2, count_calls("setrunnable("));
	CHECK_EQ(1, T0->td_ru.ru_nvcsw);
	CHECK_COUNTS(P, 1, 0, 0);
}

static void
one_exits(void *arg)
{

	exits(T1);
	resume(T0);
}

static void
other_exits(void *arg)
{

	exits(T2);
	resume(T0);
}

TEST(exit_second_pass, "thread_single: woken early, it flags the remaining "
    "siblings again and waits again")
{

	multi(3);
	on_call("switched", 1, one_exits);
	on_call("switched", 2, other_exits);
	CHECK_EQ(0, single(SINGLE_EXIT));
	CHECK_COUNTS(P, 1, 0, 0);
	CHECK_EQ(2, T0->td_ru.ru_nvcsw);
	expect_only(ONLY("ast_sched_locked", "mi_switch"),
	    "ast_sched_locked(T1,SUSPEND)",
	    "ast_sched_locked(T2,SUSPEND)",
	    "mi_switch(SW_VOL|SWT_SUSPEND)",
	    "ast_sched_locked(T2,SUSPEND)",
	    "mi_switch(SW_VOL|SWT_SUSPEND)");
}

static void
stops_there(void *arg)
{

	at_boundary(T1);
}

TEST(enough_at_once, "thread_single: a pass that leaves nobody to wait for is "
    "not followed by a sleep")
{

	multi(2);
#ifdef OLDER
	/* The mark is made without a call, behind this one. */
	on("thread_lock", stops_there);
#else
	on("ast_sched_locked", stops_there);
#endif
	CHECK_EQ(0, single(SINGLE_BOUNDARY));
	CHECK_COUNTS(P, 2, 1, 1);
	expect_calls(
	    "thread_lock(T1) | PL SL",
	    "ast_sched_locked(T1,SUSPEND) | PL SL TL(T1)",
	    /* the sweep */
	    "thread_lock(T1) | PL SL");
}

/*
 * NO_EXIT counts suspended threads, BOUNDARY those at the user boundary.
 */
static void
one_parks_in_kernel(void *arg)
{

	CHECK_STOP(P, P_STOPPED_SINGLE);
	CHECK_EQ(PARKED, suspend_check_as(T1, 1));
}

TEST(no_exit_counts_suspended, "thread_single: S39 NO_EXIT is content with "
    "siblings suspended inside the kernel")
{

	multi(2);
	on("switched", one_parks_in_kernel);
	CHECK_EQ(0, single(SINGLE_NO_EXIT));
	CHECK_STOP(P, P_STOPPED_SINGLE);
	CHECK_COUNTS(P, 2, 1, 0);
	/* No sweep at the end: T1's lock was last taken by T1. */
	expect_only(ONLY("thread_lock"),
	    "thread_lock(T1) | PL SL",
	    "thread_lock(T0) | SL",
	    "thread_lock(T0) | PL SL",
	    "thread_lock(T1) | SL");
}

TEST(no_exit_at_once, "thread_single: NO_EXIT with all siblings suspended "
    "touches none of them")
{

	multi(3);
	suspended(T1);
	suspended(T2);
	CHECK_EQ(0, single(SINGLE_NO_EXIT));
	CHECK_COUNTS(P, 3, 2, 0);
	expect_no_calls();
}

TEST(boundary_at_once, "thread_single: BOUNDARY with all siblings at the "
    "boundary only sweeps")
{

	multi(3);
	at_boundary(T1);
	at_boundary(T2);
	CHECK_EQ(0, single(SINGLE_BOUNDARY));
	CHECK_COUNTS(P, 3, 2, 2);
	expect_calls(
	    "thread_lock(T1) | PL SL",
	    "thread_lock(T2) | PL SL");
	CHECK_UNOWNED(T1->td_lock->mtx_lock);
	CHECK_UNOWNED(T2->td_lock->mtx_lock);
}

static struct mtx cpu_lock;

static void
leave_cpu(void *arg)
{
	struct thread *td;

	td = arg;
	CHECK_UNOWNED(cpu_lock.mtx_lock);
	td->td_lock = &cpu_lock;
}

extern struct mtx blocked_lock;

TEST(sweep_waits, "thread_single: S43 BOUNDARY's sweep takes the lock that "
    "the switched-out thread has then")
{

	multi(2);
	at_boundary(T1);
	lock_register(&cpu_lock.mtx_lock, LOCK_SPIN, "cpu_lock");
	T1->td_lock = &blocked_lock;
	on("thread_lock", leave_cpu);
	CHECK_EQ(0, single(SINGLE_BOUNDARY));
	CHECK_UNOWNED(cpu_lock.mtx_lock);
	CHECK_PTR(&cpu_lock, T1->td_lock);
	expect_calls("thread_lock(T1) | PL SL");
}

TEST(exit_no_sweep, "thread_single: EXIT and NO_EXIT end without a sweep")
{

	multi(2);
	suspended(T1);
	CHECK_EQ(0, single(SINGLE_NO_EXIT));
	expect_no_calls();
}

/*
 * Mixed stops: the singler goes to sleep without weeding.
 */
static void
cont_and_park(void *arg)
{

	CHECK_EQ(0, asts(T1) & AST_SUSPEND);
	CHECK_COUNTS(P, 2, 1, 0);
	P->p_flag &= ~P_STOPPED_SIG;
	resume(T0);
}

static void
park_t1(void *arg)
{

	CHECK((asts(T1) & AST_SUSPEND) != 0);
	CHECK_EQ(PARKED, suspend_check_as(T1, 0));
}

TEST(stop_pending, "thread_single: S57 with a stop signal pending it "
    "suspends itself first and flags siblings after SIGCONT")
{

	multi(2);
	P->p_flag |= P_STOPPED_SIG;
	on_call("switched", 1, cont_and_park);
	on_call("switched", 2, park_t1);
	CHECK_EQ(0, single(SINGLE_BOUNDARY));
	CHECK_COUNTS(P, 2, 1, 1);
	CHECK_EQ(2, T0->td_ru.ru_nvcsw);
}

static void
trace_gone(void *arg)
{

	CHECK_EQ(0, asts(T1) & AST_SUSPEND);
	P->p_flag &= ~P_STOPPED_TRACE;
	resume(T0);
}

TEST(trace_stop_pending, "thread_single: S57 the same with a trace stop")
{

	multi(2);
	P->p_flag |= P_STOPPED_TRACE;
	on_call("switched", 1, trace_gone);
	on_call("switched", 2, park_t1);
	CHECK_EQ(0, single(SINGLE_BOUNDARY));
	CHECK_COUNTS(P, 2, 1, 1);
}

static void
stop_arrives(void *arg)
{

	P->p_flag |= P_STOPPED_SIG;
	clear_calls();
	resume(T0);
}

static void
stop_goes(void *arg)
{

	expect_only(ONLY("ast_sched_locked"), "");
	P->p_flag &= ~P_STOPPED_SIG;
	exits(T1);
	resume(T0);
}

TEST(stop_during_wait, "thread_single: S57 a stop signal during the wait "
    "keeps it from weeding")
{

	multi(2);
	on_call("switched", 1, stop_arrives);
	on_call("switched", 2, stop_goes);
	CHECK_EQ(0, single(SINGLE_EXIT));
	CHECK_COUNTS(P, 1, 0, 0);
}

TEST(inactive_newcomer, "thread_single: S30 a thread not yet on a run queue "
    "is flagged and otherwise left alone")
{

	multi(2);
	TD_SET_STATE(T1, TDS_INACTIVE);
	on("switched", one_exits);
	CHECK_EQ(0, single(SINGLE_BOUNDARY));
	expect_only(ONLY("ast_sched_locked", "forward_signal", "setrunnable",
	    "sleepq_abort"),
	    "ast_sched_locked(T1,SUSPEND) | PL SL TL(T1)");
}

static void
born(void *arg)
{

	T2 = mkthread(P, "T2", 103);
	CHECK_EQ(PARKED, suspend_check_as(T1, 0));
	/* The equality test fails: T2 is there.  Wake T0 early. */
	if (TD_IS_SUSPENDED(T0))
		resume(T0);
}

static void
park_t2(void *arg)
{

	CHECK((asts(T2) & AST_SUSPEND) != 0);
	CHECK_EQ(PARKED, suspend_check_as(T2, 0));
}

TEST(newcomer_counts, "thread_single: S30 a thread created during the wait "
    "is waited for")
{

	multi(2);
	on_call("switched", 1, born);
	on_call("switched", 3, park_t2);
	CHECK_EQ(0, single(SINGLE_BOUNDARY));
	CHECK_COUNTS(P, 3, 2, 2);
}

#ifdef HAVE_SWAPPER
static void
swapped_out_siblings(int first, int second, int kicks)
{

	multi(3);
	sleeping(T1);
	sleeping(T2);
	returns("sleepq_abort", first);
	returns("sleepq_abort", second);
	on("switched", both_exit);
	CHECK_EQ(0, single(SINGLE_EXIT));
	CHECK_EQ(kicks, count_calls("kick_proc0("));
}

TEST(swapper_once, "thread_single: S45 two swapped-out siblings, one kick "
    "of the swapper, with PL and SL")
{

	swapped_out_siblings(1, 1, 1);
	expect_only(ONLY("kick_proc0", "thread_stopped"),
	    "kick_proc0() | PL SL",
	    "thread_stopped(p) | PL SL");
}

TEST(swapper_first, "thread_single: S45 only the first sibling is swapped "
    "out: still a kick")
{

	swapped_out_siblings(1, 0, 1);
}

TEST(swapper_none, "thread_single: S45 nobody swapped out: no kick")
{

	swapped_out_siblings(0, 0, 0);
}
#endif
