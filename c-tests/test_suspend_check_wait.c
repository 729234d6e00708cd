/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * thread_suspend_check(): who wakes the singler, what is looked at again
 * after a resumption, and the order inside the suspension.
 */
#include "harness.h"

#define	SIGNALLED	P_STOPPED_SIG
#define	SINGLED		P_STOPPED_SINGLE
#define	MUST_EXIT	(P_STOPPED_SINGLE | P_SINGLE_EXIT)
#define	TO_BOUNDARY	(P_STOPPED_SINGLE | P_SINGLE_BOUNDARY)

/*
 * Waking the singler.
 */
TEST(last_wakes, "thread_suspend_check: S40 the last to suspend wakes the "
    "singler, under PL, SL and its lock, before counting itself")
{

	stop_with(SINGLED);
	suspended(T0);
	suspended(T2);
	CHECK_EQ(PARKED, suspend_check_as(T1, 1));
	CHECK_COUNTS(P, 3, 2, 0);
	CHECK(!TD_IS_SUSPENDED(T0));
	expect_only(ONLY("thread_stopped", "setrunnable",
	    "ast_unsched_locked"),
	    "thread_stopped(p) | PL SL",
	    "setrunnable(T0,0) | PL SL TL(T0)",
	    "ast_unsched_locked(T1,SUSPEND) | SL TL(T1)");
}

TEST(last_wakes_sleeper, "thread_suspend_check: S58 a singler that was "
    "suspended while asleep sleeps on")
{

	stop_with(SINGLED);
	sleeping(T0);
	suspended(T0);
	suspended(T2);
	CHECK_EQ(PARKED, suspend_check_as(T1, 1));
	CHECK_COUNTS(P, 3, 2, 0);
	CHECK_EQ(TDI_SLEEPING, T0->td_inhibitors);
}

TEST(last_wakes_awake, "thread_suspend_check: without INVARIANTS a singler "
    "that is not suspended is made runnable all the same")
{

#ifdef INVARIANTS
	skip("the kernel asserts that it is suspended");
#endif
	stop_with(SINGLED);
	suspended(T0);
	TD_CLR_SUSPENDED(T0);
	suspended(T2);
	CHECK_EQ(PARKED, suspend_check_as(T1, 1));
	CHECK_EQ(1, count_calls("setrunnable(T0,0)"));
	CHECK_COUNTS(P, 3, 2, 0);
}

TEST(last_wakes_boundary, "thread_suspend_check: S40 the singler, woken, keeps "
    "its own boundary mark and count")
{

	stop_with(SINGLED);
	at_boundary(T0);
	suspended(T2);
	CHECK_EQ(PARKED, suspend_check_as(T1, 1));
	CHECK(!TD_IS_SUSPENDED(T0));
	CHECK((T0->td_flags & TDF_BOUNDARY) != 0);
	CHECK_COUNTS(P, 3, 2, 1);
}

TEST(not_last, "thread_suspend_check: S40 with a sibling still running the "
    "singler stays asleep")
{

	stop_with(SINGLED);
	suspended(T0);
	CHECK_EQ(PARKED, suspend_check_as(T1, 1));
	CHECK(TD_IS_SUSPENDED(T0));
	CHECK_COUNTS(P, 3, 2, 0);
	expect_only(ONLY("setrunnable"), "");
}

static void
check_mixed(int flag)
{

	stop_with(SINGLED | flag);
	suspended(T0);
	suspended(T2);
	CHECK_EQ(PARKED, suspend_check_as(T1, 1));
	CHECK(TD_IS_SUSPENDED(T0));
	CHECK_COUNTS(P, 3, 3, 0);
}

TEST(mixed_sig, "thread_suspend_check: S57 with a stop signal as well the "
    "last to suspend does not wake the singler")
{

	check_mixed(P_STOPPED_SIG);
}

TEST(mixed_trace, "thread_suspend_check: S57 the same with a trace stop")
{

	check_mixed(P_STOPPED_TRACE);
}

static void
stop_reported(void *arg)
{

	CHECK_COUNTS(P, 3, 0, 0);
	/* The real one may drop SL; a sibling suspends meanwhile. */
	PROC_SUNLOCK(P);
	suspended(T0);
	suspended(T2);
	PROC_SLOCK(P);
}

TEST(stopped_first, "thread_suspend_check: S57 counts are compared after "
    "thread_stopped, which may drop SL")
{

	stop_with(SINGLED);
	on("thread_stopped", stop_reported);
	CHECK_EQ(PARKED, suspend_check_as(T1, 1));
	CHECK(!TD_IS_SUSPENDED(T0));
}

static void
stop_ended(void *arg)
{

	P->p_flag &= ~P_STOPPED_SIG;
}

TEST(flags_read_again, "thread_suspend_check: S57 stop bits are read again "
    "after thread_stopped")
{

	stop_with(SINGLED | SIGNALLED);
	suspended(T0);
	suspended(T2);
	on("thread_stopped", stop_ended);
	CHECK_EQ(PARKED, suspend_check_as(T1, 1));
	CHECK(!TD_IS_SUSPENDED(T0));
}

#ifdef HAVE_SWAPPER
TEST(last_swapper, "thread_suspend_check: S45 a swapped-out singler makes it "
    "kick the swapper, with PL and SL")
{

	stop_with(SINGLED);
	suspended(T0);
	suspended(T2);
	returns("setrunnable", 1);
	CHECK_EQ(PARKED, suspend_check_as(T1, 1));
	expect_only(ONLY("kick_proc0"), "kick_proc0() | PL SL");
}
#endif

/*
 * After a resumption everything is looked at again.
 */
static void
continued(void *arg)
{

	CHECK_LOCKS("-");
	P->p_flag &= ~P_STOPPED_SIG;
	resume(T1);
}

TEST(resumed, "thread_suspend_check(0): S54 resumed with nothing pending: 0, "
    "with PL")
{

	stop_with(SIGNALLED);
	on("switched", continued);
	CHECK_EQ(0, suspend_check_here(0));
	CHECK_COUNTS(P, 3, 0, 0);
	CHECK_EQ(1, T1->td_ru.ru_nivcsw);
}

static void
resumed_only(void *arg)
{

	resume(T1);
}

TEST(resumed_still_stopped, "thread_suspend_check(0): S54 resumed with the "
    "stop still pending: suspends again")
{

	stop_with(SIGNALLED);
	on_call("switched", 1, resumed_only);
	on_call("switched", 2, continued);
	CHECK_EQ(0, suspend_check_here(0));
	CHECK_EQ(2, T1->td_ru.ru_nivcsw);
	CHECK_EQ(2, count_calls("thread_stopped("));
}

static void
told_to_die(void *arg)
{

	P->p_flag |= P_SINGLE_EXIT;
	P->p_flag &= ~P_SINGLE_BOUNDARY;
	resume(T1);
}

TEST(resumed_to_die, "thread_suspend_check(0): S33 resumed from the boundary "
    "by an upgrade to EXIT: the thread exits")
{

	stop_with(TO_BOUNDARY);
	on("switched", told_to_die);
	PROC_LOCK(P);
	ESCAPES("kern_thr_exit", (void)thread_suspend_check(0));
	CHECK_COUNTS(P, 3, 0, 0);
}

TEST(resumed_to_fail, "thread_suspend_check(1): resumed into an EXIT: EINTR")
{

	stop_with(SINGLED);
	on("switched", told_to_die);
	CHECK_EQ(EINTR, suspend_check_here(1));
}

TEST(pt_continue, "thread_suspend_check(0): S59 PT_CONTINUE of a thread that "
    "the debugger holds: it suspends again")
{

	stop_with(P_TRACED | P_STOPPED_TRACE);
	T1->td_dbgflags |= TDB_SUSPEND;
	on_call("switched", 1, resumed_only);
	P->p_flag &= ~P_STOPPED_TRACE;
	PROC_LOCK(P);
	ESCAPES("mi_switch", (void)thread_suspend_check(0));
	CHECK_COUNTS(P, 3, 1, 1);
	CHECK_EQ(2, T1->td_ru.ru_nivcsw);
}

/*
 * Order inside the suspension.
 */
static void
not_boundary_yet(void *arg)
{

	CHECK_COUNTS(P, 3, 1, 0);
	CHECK((T1->td_flags & TDF_BOUNDARY) == 0);
	CHECK(TD_IS_SUSPENDED(T1));
}

static void
boundary_now(void *arg)
{

	CHECK_COUNTS(P, 3, 1, 1);
	CHECK((T1->td_flags & TDF_BOUNDARY) != 0);
}

TEST(boundary_order, "thread_suspend_check(0): counted at the boundary after "
    "it is suspended, before SL is dropped")
{

	stop_with(SIGNALLED);
	on("sched_sleep", not_boundary_yet);
	on("mi_switch", boundary_now);
	CHECK_EQ(PARKED, suspend_check_as(T1, 0));
}

TEST(suspend_locks, "thread_suspend_check: S42 PL is dropped before, SL after "
    "the thread is marked suspended")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	stop_with(SIGNALLED);
	PROC_LOCK(P);
	log_locks();
	ESCAPES("mi_switch", (void)thread_suspend_check(0));
	expect_calls(
	    "mtx_lock_spin(SL) | PL",
	    "thread_stopped(p) | PL SL",
	    "mtx_unlock(PL) | PL SL",
	    "thread_lock(T1) | SL",
	    "ast_unsched_locked(T1,SUSPEND) | SL TL(T1)",
	    "sched_sleep(T1,0) | SL TL(T1)",
	    "mtx_unlock_spin(SL) | SL TL(T1)",
	    "mi_switch(SW_INVOL|SWT_SUSPEND) | TL(T1)");
}
