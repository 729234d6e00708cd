/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * thread_unsuspend() and thread_run_flash().
 */
#include "harness.h"

/*
 * No stop in force: everybody goes on.
 */
TEST(unsusp_all, "thread_unsuspend: S58 no stop left: all suspended threads "
    "go on, from the boundary too")
{

	multi(4);
	suspended(T1);
	at_boundary(T2);
	unsuspend();
	CHECK_COUNTS(P, 4, 0, 0);
	CHECK((T2->td_flags & TDF_BOUNDARY) == 0);
	expect_calls(
	    "thread_lock(T0) | PL SL",
	    "thread_lock(T1) | PL SL",
	    "setrunnable(T1,0) | PL SL TL(T1)",
	    "thread_lock(T2) | PL SL",
	    "setrunnable(T2,0) | PL SL TL(T2)",
	    "thread_lock(T3) | PL SL");
	CHECK_UNOWNED(T0->td_lock->mtx_lock);
	CHECK_UNOWNED(T3->td_lock->mtx_lock);
}

TEST(unsusp_caller, "thread_unsuspend: S58 the caller's own thread is looked "
    "at as well")
{

	multi(1);
	C = mkproc("c", 200);
	CT = mkthread(C, "CT", 201);
	suspended(T0);
	set_curthread(CT);
	unsuspend();
	CHECK_COUNTS(P, 1, 0, 0);
	expect_calls(
	    "thread_lock(T0) | PL SL",
	    "setrunnable(T0,0) | PL SL TL(T0)");
}

TEST(unsusp_sleeper, "thread_unsuspend: S58 a thread suspended while asleep "
    "sleeps on")
{

	multi(2);
	sleeping(T1);
	suspended(T1);
	unsuspend();
	CHECK_EQ(TDI_SLEEPING, T1->td_inhibitors);
	CHECK(TD_IS_INHIBITED(T1));
	CHECK_COUNTS(P, 2, 0, 0);
	CHECK_EQ(1, count_calls("setrunnable(T1"));
}

TEST(unsusp_mark, "thread_unsuspend: clears ALLPROCSUSP")
{

	multi(2);
	suspended(T1);
	T1->td_flags |= TDF_ALLPROCSUSP;
	unsuspend();
	CHECK((T1->td_flags & TDF_ALLPROCSUSP) == 0);
}

TEST(unsusp_flags, "thread_unsuspend: clears BOUNDARY and ALLPROCSUSP, leaves "
    "all other flags of the thread alone")
{

	multi(2);
	suspended(T1);
	P->p_boundary_count = 1;
	T1->td_flags = ~ALLPROC_MARK;
	unsuspend();
	CHECK_EQ(~(TDF_BOUNDARY | TDF_ALLPROCSUSP | ALLPROC_MARK),
	    T1->td_flags);
}

#ifdef OLDER
TEST(unsusp_doing_sa, "thread_unsuspend: a thread that stops another process "
    "stays, its siblings go on")
{

	multi(3);
	suspended(T1);
	suspended(T2);
	T1->td_flags |= TDF_DOING_SA;
	unsuspend();
	CHECK(TD_IS_SUSPENDED(T1));
	CHECK(!TD_IS_SUSPENDED(T2));
	CHECK_COUNTS(P, 3, 1, 0);
}
#endif

TEST(unsusp_boundary_running, "thread_unsuspend: TDF_BOUNDARY of a thread "
    "that is not suspended stays")
{

	multi(2);
	running(T1);
	T1->td_flags |= TDF_BOUNDARY;
	P->p_boundary_count = 1;
	unsuspend();
	CHECK((T1->td_flags & TDF_BOUNDARY) != 0);
	CHECK_COUNTS(P, 2, 0, 1);
}

TEST(unsusp_none, "thread_unsuspend: nobody suspended: locks and unlocks "
    "only")
{

	multi(2);
	unsuspend();
	expect_calls(
	    "thread_lock(T0) | PL SL",
	    "thread_lock(T1) | PL SL");
}

TEST(unsusp_empty, "thread_unsuspend: a process without threads: nothing")
{

	multi(1);
	exits(T0);
	unsuspend();
	CHECK_COUNTS(P, 0, 0, 0);
	expect_no_calls();
}

static void
cleared_before(void *arg)
{

	CHECK(!TD_IS_SUSPENDED(T1));
	CHECK_COUNTS(P, 2, 0, 0);
	CHECK(TD_CAN_RUN(T1));
}

TEST(unsusp_order, "thread_unsuspend: bits and counts are settled before "
    "setrunnable")
{

	multi(2);
	at_boundary(T1);
	on("setrunnable", cleared_before);
	unsuspend();
	CHECK_EQ(1, count_calls("setrunnable("));
}

/*
 * A stop is in force.
 */
static void
check_nobody(int flags)
{

	multi(2);
	at_boundary(T1);
	P->p_flag |= flags;
	unsuspend();
	CHECK_COUNTS(P, 2, 1, 1);
	expect_no_calls();
}

TEST(unsusp_sig, "thread_unsuspend: a stop signal in force: nobody goes on")
{

	check_nobody(P_STOPPED_SIG);
}

TEST(unsusp_trace, "thread_unsuspend: a trace stop in force: nobody goes on")
{

	check_nobody(P_STOPPED_TRACE);
}

static void
singled(int flags, int nsuspended)
{

	multi(3);
	P->p_flag |= P_STOPPED_SINGLE | flags;
	P->p_singlethread = T0;
	at_boundary(T1);
	if (nsuspended > 1)
		suspended(T2);
	if (nsuspended > 2)
		suspended(T0);
}

static void
unsuspend_singled(int flags, int nsuspended)
{

	singled(flags, nsuspended);
	unsuspend();
}

TEST(unsusp_single_running, "thread_unsuspend: S57 single-threading with a "
    "thread still running: nobody goes on")
{

	unsuspend_singled(P_SINGLE_BOUNDARY, 2);
	CHECK_COUNTS(P, 3, 2, 1);
	expect_no_calls();
}

TEST(unsusp_single, "thread_unsuspend: S57 all suspended: only the singler "
    "goes on")
{

	unsuspend_singled(P_SINGLE_BOUNDARY, 3);
	CHECK_COUNTS(P, 3, 2, 1);
	CHECK(!TD_IS_SUSPENDED(T0));
	CHECK(TD_IS_SUSPENDED(T1));
	expect_calls(
	    "thread_lock(T0) | PL SL",
	    "setrunnable(T0,0) | PL SL TL(T0)");
}

TEST(unsusp_single_sleeper, "thread_unsuspend: S58 a singler that was "
    "suspended while asleep sleeps on")
{

	singled(P_SINGLE_BOUNDARY, 3);
	sleeping(T0);
	unsuspend();
	CHECK_COUNTS(P, 3, 2, 1);
	CHECK_EQ(TDI_SLEEPING, T0->td_inhibitors);
}

TEST(unsusp_single_awake, "thread_unsuspend: without INVARIANTS a singler "
    "that is not suspended is made runnable all the same")
{

#ifdef INVARIANTS
	skip("the kernel asserts that it is suspended");
#endif
	singled(P_SINGLE_BOUNDARY, 3);
	TD_CLR_SUSPENDED(T0);
	unsuspend();
	CHECK_EQ(1, count_calls("setrunnable(T0,0)"));
	CHECK_COUNTS(P, 3, 2, 1);
}

TEST(unsusp_single_boundary, "thread_unsuspend: S57 the singler keeps "
    "TDF_BOUNDARY if it was suspended there")
{

	multi(2);
	P->p_flag |= P_STOPPED_SINGLE;
	P->p_singlethread = T0;
	at_boundary(T0);
	suspended(T1);
	unsuspend();
	CHECK_COUNTS(P, 2, 1, 1);
	CHECK((T0->td_flags & TDF_BOUNDARY) != 0);
}

TEST(unsusp_single_sig, "thread_unsuspend: S57 all suspended, but a stop "
    "signal is in force too: nobody goes on")
{

	unsuspend_singled(P_STOPPED_SIG, 3);
	CHECK_COUNTS(P, 3, 3, 1);
	expect_no_calls();
}

TEST(unsusp_foreign, "thread_unsuspend: S50 the singler is of another "
    "process: nobody goes on")
{

	multi(2);
	controller();
	TD_SET_SUSPENDED(CT);
	suspended(T0);
	suspended(T1);
	P->p_flag |= P_STOPPED_SINGLE | P_TOTAL_STOP;
	P->p_singlethread = CT;
	unsuspend();
	CHECK_COUNTS(P, 2, 2, 0);
	CHECK(TD_IS_SUSPENDED(CT));
	expect_no_calls();
}

#ifdef HAVE_SWAPPER
TEST(unsusp_swapper, "thread_unsuspend: S45 one kick of the swapper for all, "
    "with PL and SL")
{

	multi(3);
	suspended(T1);
	suspended(T2);
	returns("setrunnable", 1);
	returns("setrunnable", 0);
	unsuspend();
	expect_only(ONLY("setrunnable", "kick_proc0"),
	    "setrunnable(T1,0) | PL SL TL(T1)",
	    "setrunnable(T2,0) | PL SL TL(T2)",
	    "kick_proc0() | PL SL");
}

TEST(unsusp_single_swapper, "thread_unsuspend: S45 a swapped-out singler: a "
    "kick of the swapper")
{

	returns("setrunnable", 1);
	unsuspend_singled(0, 3);
	CHECK_EQ(1, count_calls("kick_proc0("));
}

TEST(unsusp_no_swapper, "thread_unsuspend: S45 nobody swapped out: no kick")
{

	multi(2);
	suspended(T1);
	unsuspend();
	CHECK_EQ(0, count_calls("kick_proc0("));
}
#endif

/*
 * thread_run_flash.
 */
static void
flash(void)
{

	PROC_LOCK(P);
	thread_run_flash(T1);
	CHECK_LOCKS("PL");
	PROC_UNLOCK(P);
}

TEST(flash_calls, "thread_run_flash: S65 takes SL while it holds the thread "
    "lock, setrunnable without SL")
{

	multi(2);
	suspended(T1);
	flash();
	CHECK_COUNTS(P, 2, 0, 0);
	CHECK(!TD_IS_SUSPENDED(T1));
	expect_calls(
	    "thread_lock(T1) | PL",
	    "setrunnable(T1,0) | PL TL(T1)");
}

TEST(flash_sleepq, "thread_run_flash: S65 a thread on a sleep queue is taken "
    "off it, which locks it")
{

	multi(2);
	sleeping(T1);
	suspended(T1);
	flash();
	CHECK_PTR(NULL, T1->td_wchan);
	CHECK_COUNTS(P, 2, 0, 0);
	expect_calls(
	    "sleepq_remove_nested(T1) | PL",
	    "setrunnable(T1,0) | PL TL(T1)");
}

TEST(flash_blocked, "thread_run_flash: S65 what else keeps the thread from "
    "running stays")
{

	multi(2);
	blocked(T1);
	suspended(T1);
	flash();
	CHECK_EQ(TDI_LOCK, T1->td_inhibitors);
	CHECK_COUNTS(P, 2, 0, 0);
}

TEST(flash_awake, "thread_run_flash: without INVARIANTS a thread that is not "
    "suspended is made runnable all the same")
{

#ifdef INVARIANTS
	skip("the kernel asserts that it is suspended");
#endif
	multi(2);
	suspended(T1);
	TD_CLR_SUSPENDED(T1);
	flash();
	CHECK_EQ(1, count_calls("setrunnable(T1,0)"));
	CHECK_COUNTS(P, 2, 0, 0);
}

TEST(flash_boundary, "thread_run_flash: S65 boundary mark and count stay as "
    "they are, so do the process's flags")
{

	multi(2);
	at_boundary(T1);
	T1->td_flags |= TDF_ALLPROCSUSP;
	P->p_flag |= P_TRACED | P_STOPPED_TRACE;
	flash();
	CHECK_COUNTS(P, 2, 0, 1);
	CHECK((T1->td_flags & TDF_BOUNDARY) != 0);
	CHECK((T1->td_flags & TDF_ALLPROCSUSP) != 0);
	CHECK_STOP(P, P_STOPPED_TRACE);
}

static void
cleared_not_counted(void *arg)
{

	CHECK(!TD_IS_SUSPENDED(T1));
	CHECK_COUNTS(P, 2, 1, 0);
}

TEST(flash_locks, "thread_run_flash: H6 lock order: thread lock, then SL")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	multi(2);
	suspended(T1);
	PROC_LOCK(P);
	log_locks();
	on("mtx_lock_spin", cleared_not_counted);
	thread_run_flash(T1);
	expect_calls(
	    "thread_lock(T1) | PL",
	    "mtx_lock_spin(SL) | PL TL(T1)",
	    "mtx_unlock_spin(SL) | PL SL TL(T1)",
	    "setrunnable(T1,0) | PL TL(T1)");
}

#ifdef HAVE_SWAPPER
TEST(flash_swapper, "thread_run_flash: S45 kicks the swapper, with neither "
    "SL nor the thread lock")
{

	multi(2);
	suspended(T1);
	returns("setrunnable", 1);
	flash();
	expect_only(ONLY("kick_proc0"), "kick_proc0() | PL");
}
#endif
