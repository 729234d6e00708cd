/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * thread_single(SINGLE_ALLPROC): CT, of process C, stops all threads of P.
 */
#include "harness.h"

/* CT takes its own thread lock to say that it stops P, and that it has. */
#define	MARKS	"thread_lock(CT) | PL"

static int
stop_all(void)
{
	int error;

	PROC_LOCK(P);
	error = thread_single(P, SINGLE_ALLPROC);
	CHECK_LOCKS("PL");
	PROC_UNLOCK(P);
	return (error);
}

static void
one_parks(void *arg)
{

	CHECK_STOP(P, P_STOPPED_SINGLE | P_TOTAL_STOP);
	CHECK_PTR(CT, P->p_singlethread);
	CHECK(TD_IS_SUSPENDED(CT));
	CHECK_EQ(0, C->p_suspcount);
	CHECK_EQ(PARKED, suspend_check_as(T0, 0));
	/* CT is not one of P's threads: T0's test was 1 == 0 + 1. */
	CHECK(!TD_IS_SUSPENDED(CT));
}

TEST(allproc_one_thread, "SINGLE_ALLPROC: S46 a process that never had "
    "threads is stopped too")
{

	multi(1);
	controller();
	P->p_flag &= ~P_HADTHREADS;
	on("switched", one_parks);
	CHECK_EQ(0, stop_all());
	CHECK_STOP(P, P_STOPPED_SINGLE | P_TOTAL_STOP);
	CHECK_COUNTS(P, 1, 1, 1);
	CHECK_COUNTS(C, 1, 0, 0);
	CHECK_PTR(CT, P->p_singlethread);
	expect_calls(
	    IF_OLDER(MARKS),
	    "thread_lock(T0) | PL SL",
	    "ast_sched_locked(T0,SUSPEND) | PL SL TL(T0)",
	    /* CT goes to sleep; its own process is neither asked nor counted */
	    "thread_lock(CT) | SL",
	    "ast_unsched_locked(CT,SUSPEND) | SL TL(CT)",
	    "sched_sleep(CT,0) | SL TL(CT)",
	    "mi_switch(SW_VOL|SWT_SUSPEND) | TL(CT)",
	    "thread_stopped(p) | PL SL",
	    "thread_lock(CT) | PL SL",
	    "setrunnable(CT,0) | PL SL TL(CT)",
	    "thread_lock(T0) | SL",
	    "ast_unsched_locked(T0,SUSPEND) | SL TL(T0)",
	    "sched_sleep(T0,0) | SL TL(T0)",
	    "mi_switch(SW_INVOL|SWT_SUSPEND) | TL(T0)",
	    IF_OLDER(MARKS));
}

TEST(allproc_bits, "SINGLE_ALLPROC: S46 clears SINGLE_EXIT and "
    "SINGLE_BOUNDARY, sets TOTAL_STOP")
{

	multi(1);
	controller();
	P->p_flag |= P_SINGLE_EXIT | P_SINGLE_BOUNDARY;
	suspended(T0);
	CHECK_EQ(0, stop_all());
	CHECK_STOP(P, P_STOPPED_SINGLE | P_TOTAL_STOP);
	expect_calls(IF_OLDER(MARKS), IF_OLDER(MARKS));
}

TEST(allproc_other_flags, "SINGLE_ALLPROC: leaves all other flags alone")
{
	int others;

	multi(1);
	controller();
	others = ~STOP_BITS & ~P_TRACED;
	P->p_flag = others;
	suspended(T0);
	CHECK_EQ(0, stop_all());
	CHECK_EQ(others | P_STOPPED_SINGLE | P_TOTAL_STOP, P->p_flag);
}

static void
three_park(void *arg)
{

	CHECK_EQ(PARKED, suspend_check_as(T0, 0));
	CHECK(TD_IS_SUSPENDED(CT));
	CHECK_EQ(PARKED, suspend_check_as(T1, 1));
	CHECK(TD_IS_SUSPENDED(CT));
	CHECK_EQ(PARKED, suspend_check_as(T2, 0));
	CHECK(!TD_IS_SUSPENDED(CT));
}

TEST(allproc_three, "SINGLE_ALLPROC: S46 all threads of the target suspend, "
    "in the kernel or at the boundary")
{

	multi(3);
	controller();
	on("switched", three_park);
	CHECK_EQ(0, stop_all());
	CHECK_COUNTS(P, 3, 3, 2);
	CHECK((T1->td_flags & TDF_BOUNDARY) == 0);
}

static void
last_exits(void *arg)
{

	CHECK_EQ(PARKED, suspend_check_as(T0, 0));
	exits(T1);
	TD_CLR_SUSPENDED(CT);
}

TEST(allproc_exit, "SINGLE_ALLPROC: S51 a thread that exits instead of "
    "suspending ends the wait as well")
{

	multi(2);
	controller();
	on("switched", last_exits);
	CHECK_EQ(0, stop_all());
	CHECK_COUNTS(P, 1, 1, 1);
}

/*
 * Refusals.
 */
#ifdef OLDER
static void
check_stopped(int flag, int flag2)
{

	multi(1);
	controller();
	P->p_flag |= flag;
	P->p_flag2 |= flag2;
	suspended(T0);
	CHECK_EQ(0, stop_all());
	CHECK_STOP(P, (flag & STOP_BITS) | P_STOPPED_SINGLE | P_TOTAL_STOP);
	CHECK((CT->td_flags & TDF_DOING_SA) == 0);
}

TEST(allproc_sig, "SINGLE_ALLPROC: stopped by a signal: not refused")
{

	check_stopped(P_STOPPED_SIG, 0);
}

TEST(allproc_traced, "SINGLE_ALLPROC: traced: not refused")
{

	check_stopped(P_TRACED, 0);
}

TEST(allproc_wexit, "SINGLE_ALLPROC: exiting: not refused")
{

	check_stopped(0, P2_WEXIT);
}
#else
static void
check_refused(int flag, int flag2)
{

	multi(2);
	controller();
	P->p_flag |= flag;
	P->p_flag2 |= flag2;
	CHECK_EQ(1, stop_all());
	CHECK_STOP(P, flag & STOP_BITS);
	CHECK_PTR(NULL, P->p_singlethread);
	expect_no_calls();
}

TEST(allproc_sig, "SINGLE_ALLPROC: S48 stopped by a signal: refused")
{

	check_refused(P_STOPPED_SIG, 0);
}

TEST(allproc_traced, "SINGLE_ALLPROC: S48 traced: refused, even if running")
{

	check_refused(P_TRACED, 0);
}

TEST(allproc_wexit, "SINGLE_ALLPROC: S48 exiting: refused")
{

	check_refused(0, P2_WEXIT);
}
#endif

TEST(allproc_trace_stop, "SINGLE_ALLPROC: S48 a trace stop alone is not "
    "refused")
{

	multi(1);
	controller();
	P->p_flag |= P_STOPPED_TRACE;
	suspended(T0);
	CHECK_EQ(0, stop_all());
	expect_calls(IF_OLDER(MARKS), IF_OLDER(MARKS));
}

TEST(allproc_foreign, "SINGLE_ALLPROC: S48 a single-threader without "
    "STOPPED_SINGLE: refused")
{

	multi(2);
	controller();
	P->p_singlethread = T1;
	CHECK_EQ(1, stop_all());
	CHECK_STOP(P, 0);
	CHECK_PTR(T1, P->p_singlethread);
	expect_no_calls();
}

TEST(allproc_busy_wexit, "SINGLE_ALLPROC: S48 single-threaded and exiting: "
    "refused without a wait")
{

	multi(2);
	controller();
	P->p_flag |= P_STOPPED_SINGLE;
	P->p_flag2 |= P2_WEXIT;
	P->p_singlethread = T1;
	CHECK_EQ(1, stop_all());
	expect_no_calls();
}

/*
 * The wait for another single-threader.
 */
static void
other_ends(void *arg)
{

	CHECK_LOCKS("-");
	CHECK_STOP(P, P_STOPPED_SINGLE | P_SINGLE_BOUNDARY);
	P->p_flag &= ~(P_STOPPED_SINGLE | P_SINGLE_BOUNDARY);
	P->p_singlethread = NULL;
}

TEST(allproc_waits, "SINGLE_ALLPROC: S49 sleeps interruptibly on p_flag "
    "until the other single-threader ends")
{

	multi(1);
	controller();
	P->p_flag |= P_STOPPED_SINGLE | P_SINGLE_BOUNDARY;
	P->p_singlethread = T0;
	suspended(T0);
	on("asleep", other_ends);
	CHECK_EQ(0, stop_all());
	CHECK_STOP(P, P_STOPPED_SINGLE | P_TOTAL_STOP);
	expect_calls("msleep(&p.p_flag,PCATCH,\"thrsgl\") | PL",
	    IF_OLDER(MARKS), IF_OLDER(MARKS));
}

TEST(allproc_signal, "SINGLE_ALLPROC: S48 a signal does not end the wait, "
    "only the flag does")
{

	multi(1);
	controller();
	P->p_flag |= P_STOPPED_SINGLE | P_SINGLE_BOUNDARY;
	P->p_singlethread = T0;
	suspended(T0);
	returns("asleep", EINTR);
	returns("asleep", ERESTART);
	on_call("asleep", 3, other_ends);
	CHECK_EQ(0, stop_all());
	CHECK_EQ(3, count_calls("msleep("));
}

static void
starts_exiting(void *arg)
{

	P->p_flag2 |= P2_WEXIT;
}

TEST(allproc_exits_meanwhile, "SINGLE_ALLPROC: S48 refused if the process "
    "starts to exit during the wait")
{

	multi(1);
	controller();
	P->p_flag |= P_STOPPED_SINGLE | P_SINGLE_BOUNDARY;
	P->p_singlethread = T0;
	on("asleep", starts_exiting);
	CHECK_EQ(1, stop_all());
	CHECK_STOP(P, P_STOPPED_SINGLE | P_SINGLE_BOUNDARY);
	CHECK_EQ(1, count_calls("msleep("));
}

#ifndef OLDER
static void
ends_stopped(void *arg)
{

	other_ends(arg);
	P->p_flag |= P_STOPPED_SIG;
}

TEST(allproc_stopped_meanwhile, "SINGLE_ALLPROC: S48 after the wait the "
    "other refusals are looked at afresh")
{

	multi(1);
	controller();
	P->p_flag |= P_STOPPED_SINGLE | P_SINGLE_BOUNDARY;
	P->p_singlethread = T0;
	on("asleep", ends_stopped);
	CHECK_EQ(1, stop_all());
	CHECK_STOP(P, P_STOPPED_SIG);
}
#endif

static void
takes_over(void *arg)
{

	other_ends(arg);
	P->p_singlethread = T0;
}

TEST(allproc_taken_over, "SINGLE_ALLPROC: S48 refused if after the wait "
    "somebody else is the single-threader")
{

	multi(1);
	controller();
	P->p_flag |= P_STOPPED_SINGLE | P_SINGLE_BOUNDARY;
	P->p_singlethread = T0;
	on("asleep", takes_over);
	CHECK_EQ(1, stop_all());
	CHECK_STOP(P, 0);
}

/*
 * Hazards of the reference, kept.
 */
#ifdef OLDER
static void
sigcont_to_own_process(void *arg)
{

	CHECK((CT->td_flags & TDF_DOING_SA) != 0);
	PROC_LOCK(C);
	PROC_SLOCK(C);
	thread_unsuspend(C);
	PROC_SUNLOCK(C);
	PROC_UNLOCK(C);
	CHECK(TD_IS_SUSPENDED(CT));
	CHECK_EQ(PARKED, suspend_check_as(T0, 0));
}

TEST(allproc_continued, "SINGLE_ALLPROC: SIGCONT to the controller's process "
    "lets it wait")
{

	multi(1);
	controller();
	on("switched", sigcont_to_own_process);
	CHECK_EQ(0, stop_all());
	CHECK_COUNTS(C, 1, 0, 0);
	CHECK_COUNTS(P, 1, 1, 1);
	CHECK((CT->td_flags & TDF_DOING_SA) == 0);
}
#else
static void
sigcont_to_own_process(void *arg)
{

	PROC_LOCK(C);
	PROC_SLOCK(C);
	CHECK_COUNTS(C, 1, 0, 0);
	thread_unsuspend(C);
	PROC_SUNLOCK(C);
	PROC_UNLOCK(C);
	CHECK(!TD_IS_SUSPENDED(CT));
}

static void
target_parks(void *arg)
{

	CHECK_EQ(PARKED, suspend_check_as(T0, 0));
}

TEST(h1_controller_continued, "SINGLE_ALLPROC: H1 SIGCONT to the "
    "controller's process wakes it and makes its suspend count -1")
{

	multi(1);
	controller();
	on_call("switched", 1, sigcont_to_own_process);
	on_call("switched", 2, target_parks);
	CHECK_EQ(0, stop_all());
	CHECK_COUNTS(C, 1, -1, 0);
	CHECK_COUNTS(P, 1, 1, 1);
}
#endif

static void
stopped_by_signal(void *arg)
{

	/* SIGSTOP arrives: the last suspender sees two stop bits. */
	P->p_flag |= P_STOPPED_SIG;
	CHECK_EQ(PARKED, suspend_check_as(T0, 0));
	CHECK(TD_IS_SUSPENDED(CT));
	/* SIGCONT: everybody is suspended, but the singler is foreign. */
	P->p_flag &= ~P_STOPPED_SIG;
	PROC_LOCK(P);
	PROC_SLOCK(P);
	thread_unsuspend(P);
	PROC_SUNLOCK(P);
	PROC_UNLOCK(P);
	CHECK(TD_IS_SUSPENDED(CT));
	CHECK(TD_IS_SUSPENDED(T0));
}

TEST(h2_nobody_wakes, "SINGLE_ALLPROC: H2 SIGSTOP and SIGCONT to the target "
    "during the wait: nobody wakes the controller")
{

	multi(1);
	controller();
	on("switched", stopped_by_signal);
	PROC_LOCK(P);
	ESCAPES("mi_switch", (void)thread_single(P, SINGLE_ALLPROC));
	CHECK(TD_IS_SUSPENDED(CT));
	CHECK_COUNTS(P, 1, 1, 1);
}

static void
back_to_boundary(void *arg)
{

	/* T0, let go with TDF_BOUNDARY still set, suspends there again. */
	CHECK((T0->td_flags & TDF_BOUNDARY) != 0);
	CHECK_EQ(PARKED, suspend_check_as(T0, 0));
	CHECK_EQ(PARKED, suspend_check_as(T1, 1));
}

TEST(h3_boundary_twice, "SINGLE_ALLPROC: H3 a boundary thread let go and "
    "suspended again is counted twice; the end takes off one")
{

	multi(2);
	controller();
	at_boundary(T0);
	on("switched", back_to_boundary);
	CHECK_EQ(0, stop_all());
	CHECK_COUNTS(P, 2, 2, 2);
	PROC_LOCK(P);
	thread_single_end(P, SINGLE_ALLPROC);
	CHECK_COUNTS(P, 2, 0, 1);
	CHECK((T0->td_flags & TDF_BOUNDARY) == 0);
}
