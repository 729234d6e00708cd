/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * thread_single_end(): the bits go, everybody may run again unless another
 * stop is in force, and those who wait to single-thread are woken.
 */
#include "harness.h"

/*
 * T0 has single-threaded P in that mode; the siblings are set up by the
 * caller.
 */
static void
begun(int mode)
{

	P->p_flag |= P_STOPPED_SINGLE;
	if (mode == SINGLE_BOUNDARY)
		P->p_flag |= P_SINGLE_BOUNDARY;
	if (mode == SINGLE_ALLPROC)
		P->p_flag |= P_TOTAL_STOP;
	P->p_singlethread = curthread;
}

static void
end(int mode)
{

	PROC_LOCK(P);
	thread_single_end(P, mode);
	CHECK_LOCKS("PL");
	PROC_UNLOCK(P);
}

TEST(end_boundary, "thread_single_end: S32 BOUNDARY: siblings run again, "
    "counts and flags are clear")
{

	multi(4);
	begun(SINGLE_BOUNDARY);
	at_boundary(T1);
	at_boundary(T2);
	at_boundary(T3);
	end(SINGLE_BOUNDARY);
	CHECK_STOP(P, 0);
	CHECK_PTR(NULL, P->p_singlethread);
	CHECK_COUNTS(P, 4, 0, 0);
	CHECK((P->p_flag & P_HADTHREADS) != 0);
	CHECK((T1->td_flags & TDF_BOUNDARY) == 0);
	CHECK((T3->td_flags & TDF_BOUNDARY) == 0);
	CHECK(TD_ON_RUNQ(T1) && TD_ON_RUNQ(T2) && TD_ON_RUNQ(T3));
	expect_calls(
	    "thread_lock(T0) | PL SL",
	    "thread_lock(T1) | PL SL",
	    "setrunnable(T1,0) | PL SL TL(T1)",
	    "thread_lock(T2) | PL SL",
	    "setrunnable(T2,0) | PL SL TL(T2)",
	    "thread_lock(T3) | PL SL",
	    "setrunnable(T3,0) | PL SL TL(T3)",
	    "wakeup(&p.p_flag) | PL");
}

TEST(end_clears_all_bits, "thread_single_end: all four bits are cleared, "
    "others stay")
{

	multi(2);
	P->p_flag = ~STOP_BITS;
	begun(SINGLE_BOUNDARY);
	P->p_flag |= P_SINGLE_EXIT;
	end(SINGLE_BOUNDARY);
	CHECK_EQ(~STOP_BITS, P->p_flag);
}

TEST(end_no_exit, "thread_single_end: NO_EXIT: siblings suspended in the "
    "kernel and at the boundary go on")
{

	multi(3);
	begun(SINGLE_NO_EXIT);
	suspended(T1);
	at_boundary(T2);
	end(SINGLE_NO_EXIT);
	CHECK_STOP(P, 0);
	CHECK_COUNTS(P, 3, 0, 0);
	CHECK_EQ(1, count_calls("setrunnable(T1"));
	CHECK_EQ(1, count_calls("setrunnable(T2"));
}

TEST(end_exit, "thread_single_end: EXIT mode with one thread left only "
    "clears and wakes")
{

	multi(1);
	begun(SINGLE_EXIT);
	P->p_flag |= P_SINGLE_EXIT;
	end(SINGLE_EXIT);
	CHECK_STOP(P, 0);
	expect_calls("wakeup(&p.p_flag) | PL");
}

TEST(end_alone, "thread_single_end: the only thread is not looked at")
{

	multi(1);
	begun(SINGLE_BOUNDARY);
	end(SINGLE_BOUNDARY);
	CHECK_PTR(NULL, P->p_singlethread);
	expect_calls("wakeup(&p.p_flag) | PL");
}

TEST(end_empty, "thread_single_end: a process without threads only clears "
    "and wakes")
{

	multi(1);
	begun(SINGLE_NO_EXIT);
	exits(T0);
	end(SINGLE_NO_EXIT);
	CHECK_STOP(P, 0);
	CHECK_PTR(NULL, P->p_singlethread);
	expect_calls("wakeup(&p.p_flag) | PL");
}

TEST(end_not_suspended, "thread_single_end: threads that are not suspended "
    "are only locked and unlocked")
{

	multi(3);
	begun(SINGLE_NO_EXIT);
	sleeping(T1);
	runnable(T2);
	end(SINGLE_NO_EXIT);
	expect_only(ONLY("setrunnable", "sleepq_abort"), "");
	CHECK(TD_IS_SLEEPING(T1));
	CHECK_UNOWNED(T1->td_lock->mtx_lock);
	CHECK_UNOWNED(T2->td_lock->mtx_lock);
}

TEST(end_sleeper, "thread_single_end: S58 a thread suspended while asleep "
    "sleeps on")
{

	multi(2);
	begun(SINGLE_NO_EXIT);
	sleeping(T1);
	suspended(T1);
	end(SINGLE_NO_EXIT);
	CHECK(TD_IS_INHIBITED(T1));
	CHECK(TD_IS_SLEEPING(T1));
	CHECK(!TD_IS_SUSPENDED(T1));
	CHECK_COUNTS(P, 2, 0, 0);
}

static void
check_other_stop(int flag)
{

	multi(2);
	begun(SINGLE_NO_EXIT);
	suspended(T1);
	P->p_flag |= flag;
	end(SINGLE_NO_EXIT);
	CHECK_STOP(P, flag);
	CHECK_PTR(NULL, P->p_singlethread);
	CHECK_COUNTS(P, 2, 1, 0);
	CHECK(TD_IS_SUSPENDED(T1));
	expect_calls("wakeup(&p.p_flag) | PL");
}

TEST(end_sig, "thread_single_end: S34 with a stop signal in force nobody is "
    "let go, the caller goes on")
{

	check_other_stop(P_STOPPED_SIG);
}

TEST(end_trace, "thread_single_end: S34 the same under a trace stop")
{

	check_other_stop(P_STOPPED_TRACE);
}

#ifndef INVARIANTS
TEST(end_boundary_sig, "thread_single_end: H5 BOUNDARY under a stop signal "
    "keeps the boundary count until SIGCONT")
{

	multi(2);
	begun(SINGLE_BOUNDARY);
	at_boundary(T1);
	P->p_flag |= P_STOPPED_SIG;
	end(SINGLE_BOUNDARY);
	CHECK_COUNTS(P, 2, 1, 1);
	P->p_flag &= ~P_STOPPED_SIG;
	PROC_LOCK(P);
	PROC_SLOCK(P);
	thread_unsuspend(P);
	CHECK_COUNTS(P, 2, 0, 0);
}
#endif

/*
 * A total stop, ended by its controller.
 */
TEST(end_allproc, "thread_single_end: S46 ALLPROC: all threads of the "
    "target run again, the marks are gone")
{

	multi(2);
	controller();
	begun(SINGLE_ALLPROC);
	at_boundary(T0);
	suspended(T1);
	T1->td_flags |= TDF_ALLPROCSUSP;
	end(SINGLE_ALLPROC);
	CHECK_STOP(P, 0);
	CHECK_PTR(NULL, P->p_singlethread);
	CHECK_COUNTS(P, 2, 0, 0);
	CHECK((T1->td_flags & TDF_ALLPROCSUSP) == 0);
	CHECK((T0->td_flags & TDF_BOUNDARY) == 0);
	expect_calls(
	    "thread_lock(T0) | PL SL",
	    "setrunnable(T0,0) | PL SL TL(T0)",
	    "thread_lock(T1) | PL SL",
	    "setrunnable(T1,0) | PL SL TL(T1)",
	    "wakeup(&p.p_flag) | PL");
}

TEST(end_allproc_one, "thread_single_end: S46 ALLPROC: the only thread of "
    "the target runs again")
{

	multi(1);
	controller();
	begun(SINGLE_ALLPROC);
	suspended(T0);
	end(SINGLE_ALLPROC);
	CHECK_COUNTS(P, 1, 0, 0);
	CHECK(TD_ON_RUNQ(T0));
}

TEST(end_allproc_empty, "thread_single_end: ALLPROC of a process without "
    "threads only clears and wakes")
{

	multi(1);
	controller();
	begun(SINGLE_ALLPROC);
	exits(T0);
	end(SINGLE_ALLPROC);
	expect_calls("wakeup(&p.p_flag) | PL");
}

TEST(end_allproc_sig, "thread_single_end: S50 a stop signal that came during "
    "a total stop keeps the threads suspended")
{

	multi(2);
	controller();
	begun(SINGLE_ALLPROC);
	suspended(T0);
	suspended(T1);
	P->p_flag |= P_STOPPED_SIG;
	end(SINGLE_ALLPROC);
	CHECK_STOP(P, P_STOPPED_SIG);
	CHECK_COUNTS(P, 2, 2, 0);
}

static void
see_cleared(void *arg)
{

	CHECK_STOP(P, 0);
	CHECK_PTR(NULL, P->p_singlethread);
}

TEST(end_order, "thread_single_end: bits and singler are clear before the "
    "first thread is let go")
{

	multi(2);
	begun(SINGLE_BOUNDARY);
	at_boundary(T1);
	on("setrunnable", see_cleared);
	end(SINGLE_BOUNDARY);
	CHECK_EQ(1, count_calls("setrunnable("));
}

#ifdef HAVE_SWAPPER
TEST(end_swapper, "thread_single_end: S45 the swapper is kicked once, after "
    "SL is dropped, before the wakeup")
{

	multi(3);
	begun(SINGLE_NO_EXIT);
	suspended(T1);
	suspended(T2);
	returns("setrunnable", 1);
	returns("setrunnable", 0);
	end(SINGLE_NO_EXIT);
	expect_only(ONLY("kick_proc0", "wakeup"),
	    "kick_proc0() | PL",
	    "wakeup(&p.p_flag) | PL");
}
#endif
