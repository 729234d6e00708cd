/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * thread_suspend_check(): the return matrix of S54 and S55, and the exit of a
 * thread that must die.  The suspension itself is in
 * test_suspend_check_wait.c.
 */
#include "harness.h"

#define	SIGNALLED	P_STOPPED_SIG
#define	SINGLED		P_STOPPED_SINGLE
#define	MUST_EXIT	(P_STOPPED_SINGLE | P_SINGLE_EXIT)
#define	TO_BOUNDARY	(P_STOPPED_SINGLE | P_SINGLE_BOUNDARY)

static void
check_returns(int flags, int tdflags, int ri, int expected)
{

	stop_with(flags);
	T1->td_flags |= tdflags;
	CHECK_EQ(expected, suspend_check_here(ri));
	CHECK_COUNTS(P, 3, 0, 0);
	expect_no_calls();
}

/*
 * T1 must suspend; bnd tells whether as one at the user boundary.
 */
static void
check_suspends(int flags, int ri, int bnd)
{

	stop_with(flags);
	T1->td_flags = ~(TDF_BOUNDARY | TDF_SBDRY);
	CHECK_EQ(PARKED, suspend_check_as(T1, ri));
	CHECK(TD_IS_SUSPENDED(T1));
	CHECK_EQ(~(TDF_BOUNDARY | TDF_SBDRY | AST_IN_FLAGS) |
	    (bnd ? TDF_BOUNDARY : 0), T1->td_flags);
	CHECK_COUNTS(P, 3, 1, bnd);
	CHECK_EQ(1, T1->td_ru.ru_nivcsw);
	CHECK_EQ(0, T1->td_ru.ru_nvcsw);
	CHECK_UNOWNED(P->p_mtx.mtx_lock);
	CHECK_UNOWNED(P->p_slock.mtx_lock);
	expect_calls(
	    "thread_stopped(p) | PL SL",
	    "thread_lock(T1) | SL",
	    "ast_unsched_locked(T1,SUSPEND) | SL TL(T1)",
	    "sched_sleep(T1,0) | SL TL(T1)",
	    "mi_switch(SW_INVOL|SWT_SUSPEND) | TL(T1)");
}

/* Nothing pending. */
TEST(nothing_ri, "thread_suspend_check(1): S54 nothing pending: 0")
{

	check_returns(0, 0, 1, 0);
}

TEST(nothing, "thread_suspend_check(0): S54 nothing pending: 0")
{

	check_returns(0, 0, 0, 0);
}

TEST(nothing_traced, "thread_suspend_check(1): S54 traced, but not "
    "suspended by the debugger: 0")
{

	check_returns(P_TRACED, 0, 1, 0);
}

TEST(nothing_exit_bit, "thread_suspend_check(1): SINGLE_EXIT without a stop "
    "bit is nothing: 0")
{

	check_returns(P_SINGLE_EXIT, 0, 1, 0);
}

/* SINGLE_EXIT. */
TEST(exit_ri, "thread_suspend_check(1): S54 process exits: EINTR")
{

	check_returns(MUST_EXIT, 0, 1, EINTR);
}

TEST(exit_ri_sbdry, "thread_suspend_check(1): S54 EINTR of an exit beats "
    "SBDRY")
{

	check_returns(MUST_EXIT, TDF_SBDRY | TDF_SERESTART, 1, EINTR);
}

TEST(exit_ri_sig, "thread_suspend_check(1): S54 process exits and is stopped "
    "by a signal: EINTR")
{

	check_returns(MUST_EXIT | SIGNALLED, 0, 1, EINTR);
}

TEST(exit_ri_trace, "thread_suspend_check(1): S54 process exits under a trace "
    "stop: EINTR")
{

	check_returns(MUST_EXIT | P_STOPPED_TRACE, 0, 1, EINTR);
}

static void
check_dies(int flags)
{

	stop_with(flags);
	PROC_LOCK(P);
	ESCAPES("kern_thr_exit", (void)thread_suspend_check(0));
	expect_calls(
	    "umtx_thread_exit(T1) | -",
	    "kern_thr_exit(T1) | -");
	CHECK_COUNTS(P, 3, 0, 0);
}

TEST(exit_dies, "thread_suspend_check(0): S60 process exits: the thread "
    "exits, without locks")
{

	check_dies(MUST_EXIT);
}

TEST(exit_dies_sig, "thread_suspend_check(0): S54 process exits and is "
    "stopped by a signal: the thread exits")
{

	check_dies(MUST_EXIT | SIGNALLED);
}

static void
detach(struct thread *td)
{

	(void)fake_call("sv_thread_detach", td, "%s", ptr_name(td));
}

TEST(exit_detach, "thread_suspend_check(0): S60 the ABI's detach hook runs "
    "first, without PL")
{

	stop_with(MUST_EXIT);
	P->p_sysent->sv_thread_detach = detach;
	PROC_LOCK(P);
	ESCAPES("kern_thr_exit", (void)thread_suspend_check(0));
	expect_calls(
	    "sv_thread_detach(T1) | -",
	    "umtx_thread_exit(T1) | -",
	    "kern_thr_exit(T1) | -");
}

TEST(exit_returns, "thread_suspend_check(0): S60 panics if kern_thr_exit "
    "comes back")
{

	stop_with(MUST_EXIT);
	PROC_LOCK(P);
	EXPECT_PANIC("stopped thread did not exit",
	    (void)thread_suspend_check(0));
}

/* SINGLE_BOUNDARY. */
TEST(boundary_ri, "thread_suspend_check(1): S54 boundary request: ERESTART")
{

	check_returns(TO_BOUNDARY, 0, 1, ERESTART);
}

TEST(boundary_ri_sbdry, "thread_suspend_check(1): S54 ERESTART of a boundary "
    "request beats SBDRY")
{

	check_returns(TO_BOUNDARY, TDF_SBDRY, 1, ERESTART);
}

TEST(boundary_ri_seintr, "thread_suspend_check(1): S54 ERESTART of a "
    "boundary request beats SEINTR")
{

	check_returns(TO_BOUNDARY, TDF_SBDRY | TDF_SEINTR, 1, ERESTART);
}

TEST(boundary_suspends, "thread_suspend_check(0): S54 boundary request: "
    "suspends, counted at the boundary")
{

	check_suspends(TO_BOUNDARY, 0, 1);
}

TEST(boundary_sig_ri, "thread_suspend_check(1): S54 boundary request and stop "
    "signal: suspends in place")
{

	check_suspends(TO_BOUNDARY | SIGNALLED, 1, 0);
}

TEST(boundary_sig, "thread_suspend_check(0): S54 boundary request and stop "
    "signal: suspends at the boundary")
{

	check_suspends(TO_BOUNDARY | SIGNALLED, 0, 1);
}

/* STOPPED_SINGLE alone. */
TEST(no_exit_check_ri, "thread_suspend_check(1): S54 NO_EXIT request: "
    "suspends in place")
{

	check_suspends(SINGLED, 1, 0);
}

TEST(no_exit_check, "thread_suspend_check(0): S54 NO_EXIT request: suspends "
    "at the boundary")
{

	check_suspends(SINGLED, 0, 1);
}

TEST(total_stop_ri, "thread_suspend_check(1): S54 total stop: suspends in "
    "place")
{

	check_suspends(SINGLED | P_TOTAL_STOP, 1, 0);
}

TEST(total_stop, "thread_suspend_check(0): S54 total stop: suspends at the "
    "boundary")
{

	check_suspends(SINGLED | P_TOTAL_STOP, 0, 1);
}

/* Signals and the debugger. */
TEST(sig_ri, "thread_suspend_check(1): S54 stop signal: suspends in place")
{

	check_suspends(SIGNALLED, 1, 0);
}

TEST(sig, "thread_suspend_check(0): S54 stop signal: suspends at the "
    "boundary")
{

	check_suspends(SIGNALLED, 0, 1);
}

TEST(trace_ri, "thread_suspend_check(1): S54 trace stop: suspends in place")
{

	check_suspends(P_STOPPED_TRACE, 1, 0);
}

static void
debugger_suspends(int ri, int bnd)
{

	stop_with(P_TRACED);
	T1->td_dbgflags |= TDB_SUSPEND;
	CHECK_EQ(PARKED, suspend_check_as(T1, ri));
	CHECK_COUNTS(P, 3, 1, bnd);
}

TEST(debugger_ri, "thread_suspend_check(1): S59 suspended by the debugger: "
    "suspends in place")
{

	debugger_suspends(1, 0);
}

TEST(debugger, "thread_suspend_check(0): S59 suspended by the debugger: "
    "suspends at the boundary")
{

	debugger_suspends(0, 1);
}

TEST(debugger_untraced, "thread_suspend_check(1): S59 TDB_SUSPEND counts "
    "only while traced")
{

	stop_with(0);
	T1->td_dbgflags |= TDB_SUSPEND;
	CHECK_EQ(0, suspend_check_here(1));
	expect_no_calls();
}

/* Deferred stops. */
TEST(sbdry_sig, "thread_suspend_check(1): S54 SBDRY defers a stop signal: 0")
{

	check_returns(SIGNALLED, TDF_SBDRY, 1, 0);
}

TEST(sbdry_single, "thread_suspend_check(1): S54 SBDRY defers a NO_EXIT "
    "request: 0")
{

	check_returns(SINGLED, TDF_SBDRY, 1, 0);
}

TEST(sbdry_boundary_sig, "thread_suspend_check(1): S54 SBDRY defers the mix "
    "of boundary request and stop signal: 0")
{

	check_returns(TO_BOUNDARY | SIGNALLED, TDF_SBDRY, 1, 0);
}

TEST(sbdry_seintr, "thread_suspend_check(1): S54 SBDRY with SEINTR: EINTR")
{

	check_returns(SIGNALLED, TDF_SBDRY | TDF_SEINTR, 1, EINTR);
}

TEST(sbdry_serestart, "thread_suspend_check(1): S54 SBDRY with SERESTART: "
    "ERESTART")
{

	check_returns(SIGNALLED, TDF_SBDRY | TDF_SERESTART, 1, ERESTART);
}

TEST(seintr_alone, "thread_suspend_check(1): SEINTR without SBDRY defers "
    "nothing")
{

	stop_with(SIGNALLED);
	T1->td_flags |= TDF_SEINTR;
	CHECK_EQ(PARKED, suspend_check_as(T1, 1));
	CHECK_COUNTS(P, 3, 1, 0);
}

TEST(sbdry_debugger, "thread_suspend_check(1): S56 SBDRY defers the "
    "debugger's suspension: 0")
{

	stop_with(P_TRACED);
	T1->td_dbgflags |= TDB_SUSPEND;
	T1->td_flags |= TDF_SBDRY;
	CHECK_EQ(0, suspend_check_here(1));
	expect_no_calls();
}

#ifndef INVARIANTS
TEST(sbdry_unsafe, "thread_suspend_check(0): S54 SBDRY at an unsafe place: 0 "
    "in a kernel without INVARIANTS")
{

	check_returns(SIGNALLED, TDF_SBDRY, 0, 0);
}

TEST(sbdry_both, "thread_suspend_check(1): S54 SEINTR wins over SERESTART in "
    "a kernel without INVARIANTS")
{

	check_returns(SIGNALLED, TDF_SBDRY | TDF_SEINTR | TDF_SERESTART, 1,
	    EINTR);
}
#endif

/*
 * The singler itself.
 */
static void
check_singler(int flags, int ri)
{

	stop_with(flags);
	set_curthread(T0);
	T0->td_flags |= TDF_SBDRY | TDF_SEINTR;
	CHECK_EQ(0, suspend_check_here(ri));
	expect_no_calls();
}

TEST(singler, "thread_suspend_check(0): S55 the singler is exempt: 0")
{

	check_singler(SINGLED, 0);
}

TEST(singler_ri, "thread_suspend_check(1): S55 the singler is exempt: 0")
{

	check_singler(SINGLED, 1);
}

TEST(singler_exit, "thread_suspend_check(0): S55 the singler is exempt even "
    "of its own EXIT")
{

	check_singler(MUST_EXIT, 0);
}

TEST(singler_exit_ri, "thread_suspend_check(1): S55 the singler is exempt "
    "even of its own EXIT")
{

	check_singler(MUST_EXIT, 1);
}

TEST(singler_boundary_ri, "thread_suspend_check(1): S55 the singler is exempt "
    "of its own boundary request")
{

	check_singler(TO_BOUNDARY, 1);
}

TEST(singler_sig, "thread_suspend_check(0): S55 a stop signal suspends the "
    "singler too, at the boundary")
{

	stop_with(SINGLED | SIGNALLED);
	CHECK_EQ(PARKED, suspend_check_as(T0, 0));
	CHECK_COUNTS(P, 3, 1, 1);
	CHECK((T0->td_flags & TDF_BOUNDARY) != 0);
}

TEST(singler_exit_sig, "thread_suspend_check(0): S55 the singler of an EXIT "
    "under a stop signal suspends, it does not die")
{

	stop_with(MUST_EXIT | SIGNALLED);
	CHECK_EQ(PARKED, suspend_check_as(T0, 0));
	CHECK_COUNTS(P, 3, 1, 1);
	expect_only(ONLY("kern_thr_exit", "umtx_thread_exit"), "");
}

TEST(singler_exit_sig_ri, "thread_suspend_check(1): S55 the singler of an "
    "EXIT under a stop signal: EINTR")
{

	stop_with(MUST_EXIT | SIGNALLED);
	set_curthread(T0);
	CHECK_EQ(EINTR, suspend_check_here(1));
	expect_no_calls();
}

