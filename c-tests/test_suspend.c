/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * The suspension primitives: thread_suspend_switch(), thread_suspend_one(),
 * thread_check_susp(), thread_suspend_check_needed() and the AST handler.
 */
#include "harness.h"

static void
lock_proc_spin(void)
{

	PROC_LOCK(P);
	PROC_SLOCK(P);
}

/*
 * thread_suspend_switch.
 */
static void
just_resume(void *arg)
{

	CHECK_LOCKS("-");
	resume(T0);
}

TEST(switch_calls, "thread_suspend_switch: S64 every call with its locks, "
    "all back on return")
{

	multi(2);
	lock_proc_spin();
	set_asts(T0, AST_SUSPEND);
	on("switched", just_resume);
	thread_suspend_switch(T0, P);
	CHECK_LOCKS("PL SL");
	CHECK_COUNTS(P, 2, 0, 0);
	CHECK_EQ(0, asts(T0));
	CHECK_EQ(1, T0->td_ru.ru_nvcsw);
	CHECK_EQ(0, T0->td_ru.ru_nivcsw);
	expect_calls(
	    "thread_stopped(p) | PL SL",
	    "thread_lock(T0) | SL",
	    "ast_unsched_locked(T0,SUSPEND) | SL TL(T0)",
	    "sched_sleep(T0,0) | SL TL(T0)",
	    "mi_switch(SW_VOL|SWT_SUSPEND) | TL(T0)");
}

static void
uncounted(void *arg)
{

	CHECK_EQ(0, P->p_suspcount);
}

static void
counted(void *arg)
{

	CHECK_EQ(1, P->p_suspcount);
	CHECK(TD_IS_SUSPENDED(T0));
	CHECK((T0->td_flags & TDF_BOUNDARY) == 0);
	CHECK_EQ(0, P->p_boundary_count);
}

static void
not_marked_yet(void *arg)
{
	struct thread *td;

	td = arg;
	CHECK(!TD_IS_SUSPENDED(td));
	CHECK_EQ(1, P->p_suspcount);
}

TEST(switch_mark_order, "thread_suspend_switch: S64 counted, then the AST is "
    "cleared, then marked suspended")
{

	multi(2);
	lock_proc_spin();
	on("ast_unsched_locked", not_marked_yet);
	on("switched", just_resume);
	thread_suspend_switch(T0, P);
}

TEST(switch_order, "thread_suspend_switch: S64 thread_stopped before the "
    "count, the count before the switch")
{

	multi(2);
	lock_proc_spin();
	on("thread_stopped", uncounted);
	on("mi_switch", counted);
	on("switched", just_resume);
	thread_suspend_switch(T0, P);
	CHECK_COUNTS(P, 2, 0, 0);
}

static void
resume_foreign(void *arg)
{

	CHECK_EQ(0, P->p_suspcount);
	CHECK_EQ(0, C->p_suspcount);
	CHECK_UNOWNED(P->p_mtx.mtx_lock);
	TD_CLR_SUSPENDED(CT);
}

TEST(switch_foreign, "thread_suspend_switch: S46 for another process: nobody "
    "is counted or reported, that process's locks are dropped and retaken")
{

	multi(2);
	controller();
	lock_proc_spin();
	on("switched", resume_foreign);
	thread_suspend_switch(CT, P);
	CHECK_LOCKS("PL SL");
	CHECK_COUNTS(P, 2, 0, 0);
	CHECK_COUNTS(C, 1, 0, 0);
	expect_calls(
	    "thread_lock(CT) | SL",
	    "ast_unsched_locked(CT,SUSPEND) | SL TL(CT)",
	    "sched_sleep(CT,0) | SL TL(CT)",
	    "mi_switch(SW_VOL|SWT_SUSPEND) | TL(CT)");
}

static void
no_giant(void *arg)
{

	CHECK_UNOWNED(Giant.mtx_lock);
	resume(T0);
}

TEST(switch_giant, "thread_suspend_switch: Giant is dropped for the sleep "
    "and picked up again")
{

	multi(2);
	mtx_lock(&Giant);
	lock_proc_spin();
	on("switched", no_giant);
	thread_suspend_switch(T0, P);
	CHECK_LOCKS("Giant PL SL");
}

TEST(switch_giant_twice, "thread_suspend_switch: a recursed Giant is picked "
    "up as often as it was owned")
{

	multi(2);
	mtx_lock(&Giant);
	mtx_lock(&Giant);
	lock_proc_spin();
	on("switched", no_giant);
	thread_suspend_switch(T0, P);
	CHECK_LOCKS("Giant PL SL");
	mtx_unlock(&Giant);
	CHECK_LOCKS("Giant PL SL");
	mtx_unlock(&Giant);
	CHECK_LOCKS("PL SL");
}

static void
with_giant(void *arg)
{

	CHECK(mtx_owned(&Giant));
	resume(T0);
}

TEST(switch_giant_stopped, "thread_suspend_switch: Giant stays where it is "
    "after a panic")
{

	multi(2);
	mtx_lock(&Giant);
	lock_proc_spin();
#ifdef PROFILE_15
	scheduler_stopped = true;
#else
	T0->td_stopsched = 1;
#endif
	on("switched", with_giant);
#ifdef INVARIANTS
	EXPECT_PANIC("mutex Giant owned", thread_suspend_switch(T0, P));
#else
	thread_suspend_switch(T0, P);
	CHECK_LOCKS("Giant PL SL");
#endif
}

TEST(switch_giant_locks, "thread_suspend_switch: Giant goes after SL, and "
    "comes back before PL")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	multi(2);
	mtx_lock(&Giant);
	lock_proc_spin();
	log_locks();
	on("switched", no_giant);
	thread_suspend_switch(T0, P);
	expect_only(ONLY("mtx_lock", "mtx_unlock", "mtx_unlock_spin",
	    "mi_switch"),
	    "mtx_unlock(PL) | Giant PL SL",
	    "mtx_unlock_spin(SL) | Giant SL TL(T0)",
	    "mtx_unlock(Giant) | Giant TL(T0)",
	    "mi_switch(SW_VOL|SWT_SUSPEND) | TL(T0)",
	    "mtx_lock(Giant) | -",
	    "mtx_lock(PL) | Giant");
}

TEST(switch_locks, "thread_suspend_switch: S42 SL is kept until the thread "
    "is marked suspended and locked")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	multi(2);
	lock_proc_spin();
	log_locks();
	on("switched", just_resume);
	thread_suspend_switch(T0, P);
	expect_calls(
	    "thread_stopped(p) | PL SL",
	    "mtx_unlock(PL) | PL SL",
	    "thread_lock(T0) | SL",
	    "ast_unsched_locked(T0,SUSPEND) | SL TL(T0)",
	    "sched_sleep(T0,0) | SL TL(T0)",
	    "mtx_unlock_spin(SL) | SL TL(T0)",
	    "mi_switch(SW_VOL|SWT_SUSPEND) | TL(T0)",
	    "mtx_lock(PL) | -",
	    "mtx_lock_spin(SL) | PL");
}

/*
 * thread_suspend_one.
 */
TEST(one_calls, "thread_suspend_one: S64 marks, counts and keeps both locks")
{

	multi(2);
	lock_proc_spin();
	tl_take(T1);
	set_asts(T1, AST_SUSPEND | AST_OTHER);
	thread_suspend_one(T1);
	CHECK_LOCKS("PL SL TL(T1)");
	CHECK_COUNTS(P, 2, 1, 0);
	CHECK(TD_IS_SUSPENDED(T1));
	CHECK(TD_IS_INHIBITED(T1));
	CHECK((T1->td_flags & TDF_BOUNDARY) == 0);
	CHECK_EQ(AST_OTHER, asts(T1));
	expect_calls(
	    "ast_unsched_locked(T1,SUSPEND) | PL SL TL(T1)",
	    "sched_sleep(T1,0) | PL SL TL(T1)");
}

TEST(one_mark_order, "thread_suspend_one: S64 counted, then the AST is "
    "cleared, then marked suspended")
{

	multi(2);
	lock_proc_spin();
	tl_take(T1);
	on("ast_unsched_locked", not_marked_yet);
	thread_suspend_one(T1);
}

TEST(one_sleeper, "thread_suspend_one: S37 a sleeper stays asleep and is "
    "suspended too")
{

	multi(2);
	sleeping(T1);
	lock_proc_spin();
	tl_take(T1);
	thread_suspend_one(T1);
	CHECK_EQ(TDI_SLEEPING | TDI_SUSPENDED, T1->td_inhibitors);
	CHECK_COUNTS(P, 2, 1, 0);
}

TEST(one_without_pl, "thread_suspend_one: needs SL and the thread lock only")
{

	multi(2);
	PROC_SLOCK(P);
	tl_take(T1);
	thread_suspend_one(T1);
	CHECK_LOCKS("SL TL(T1)");
}

/*
 * thread_check_susp.
 */
static int
check_susp(int ast, int flags, bool sleep)
{

	multi(2);
	set_asts(T0, ast);
	P->p_flag |= flags;
	P->p_singlethread = T1;
	return (thread_check_susp(T0, sleep));
}

TEST(susp_no_ast, "thread_check_susp: S61 no AST pending: 0, PL is not even "
    "taken")
{

	log_locks();
	CHECK_EQ(0, check_susp(AST_OTHER, P_STOPPED_SINGLE |
	    P_SINGLE_EXIT, true));
	expect_no_calls();
}

TEST(susp_nothing, "thread_check_susp: H8 AST pending but nothing to do: 0, "
    "the AST stays pending")
{

	CHECK_EQ(0, check_susp(AST_SUSPEND, 0, true));
	CHECK_EQ(AST_SUSPEND, asts(T0));
	CHECK_LOCKS("-");
	expect_no_calls();
}

TEST(susp_exit, "thread_check_susp: S61 process exits: EINTR")
{

	CHECK_EQ(EINTR, check_susp(AST_SUSPEND, P_STOPPED_SINGLE |
	    P_SINGLE_EXIT, true));
	CHECK_LOCKS("-");
	expect_no_calls();
}

TEST(susp_exit_nosleep, "thread_check_susp: S61 process exits, must not "
    "sleep: EINTR")
{

	CHECK_EQ(EINTR, check_susp(AST_SUSPEND, P_STOPPED_SIG |
	    P_SINGLE_EXIT, false));
}

TEST(susp_exit_singler, "thread_check_susp: S61 EINTR even for the singler")
{

	multi(2);
	set_asts(T0, AST_SUSPEND);
	P->p_flag |= P_STOPPED_SINGLE | P_SINGLE_EXIT;
	P->p_singlethread = T0;
	CHECK_EQ(EINTR, thread_check_susp(T0, true));
}

TEST(susp_exit_bit_alone, "thread_check_susp: SINGLE_EXIT alone is enough "
    "for EINTR")
{

	CHECK_EQ(EINTR, check_susp(AST_SUSPEND, P_SINGLE_EXIT, false));
}

TEST(susp_stop_nosleep, "thread_check_susp: S61 stop, must not sleep: "
    "ERESTART")
{

	CHECK_EQ(ERESTART, check_susp(AST_SUSPEND, P_STOPPED_SIG,
	    false));
	CHECK_LOCKS("-");
	expect_no_calls();
}

TEST(susp_single_nosleep, "thread_check_susp: S61 single-threading, must not "
    "sleep: ERESTART")
{

	CHECK_EQ(ERESTART, check_susp(AST_SUSPEND, P_STOPPED_SINGLE,
	    false));
}

static void
stop_over(void *arg)
{

	CHECK_COUNTS(P, 2, 1, 1);
	P->p_flag &= ~P_STOPPED_SIG;
	resume(T0);
}

TEST(susp_stop_sleep, "thread_check_susp: S61 stop, may sleep: suspends at "
    "the boundary, then 0")
{

	on("switched", stop_over);
	CHECK_EQ(0, check_susp(AST_SUSPEND, P_STOPPED_SIG, true));
	CHECK_LOCKS("-");
	CHECK_EQ(0, asts(T0));
	CHECK_EQ(1, T0->td_ru.ru_nivcsw);
}

static void
check_debugger(int dbg, int flags, int expected)
{

	multi(2);
	set_asts(T0, AST_SUSPEND);
	T0->td_dbgflags = dbg;
	P->p_flag |= flags;
	CHECK_EQ(expected, thread_check_susp(T0, false));
}

TEST(susp_debugger, "thread_check_susp: S61 held by the debugger: ERESTART")
{

	check_debugger(TDB_SUSPEND, P_TRACED, ERESTART);
}

TEST(susp_untraced, "thread_check_susp: S61 TDB_SUSPEND counts only while "
    "traced")
{

	check_debugger(TDB_SUSPEND, 0, 0);
}

TEST(susp_traced, "thread_check_susp: S61 traced but not held: 0")
{

	check_debugger(TDB_XSIG, P_TRACED, 0);
}

/*
 * thread_suspend_check_needed.
 */
static bool
needed(int flags, int dbg)
{

	P->p_flag = flags;
	T0->td_dbgflags = dbg;
	return (thread_suspend_check_needed());
}

TEST(needed_matrix, "thread_suspend_check_needed: S59 any stop bit, or "
    "traced and held by the debugger")
{

	multi(2);
	PROC_LOCK(P);
	CHECK(!needed(0, 0));
	CHECK(needed(P_STOPPED_SIG, 0));
	CHECK(needed(P_STOPPED_TRACE, 0));
	CHECK(needed(P_STOPPED_SINGLE, 0));
	CHECK(!needed(P_TRACED, 0));
	CHECK(!needed(0, TDB_SUSPEND));
	CHECK(needed(P_TRACED, TDB_SUSPEND));
	CHECK(!needed(P_TRACED, ~TDB_SUSPEND));
	CHECK(!needed(P_SINGLE_EXIT | P_SINGLE_BOUNDARY | P_TOTAL_STOP |
	    P_WEXIT, 0));
	CHECK_LOCKS("PL");
	expect_no_calls();
}

/*
 * The AST handler that threadinit registered.
 */
#ifndef OLDER
static void
boundary_over(void *arg)
{

	CHECK_COUNTS(P, 2, 1, 1);
	P->p_flag &= ~P_STOPPED_SINGLE;
	resume(T0);
}

TEST(ast_stops, "AST handler: S63 takes PL, suspends at the boundary, "
    "releases PL")
{

	boot();
	multi(2);
	P->p_flag |= P_STOPPED_SINGLE;
	P->p_singlethread = T1;
	on("switched", boundary_over);
	ast_handler[TDA_SUSPEND](T0, AST_SUSPEND);
	CHECK_LOCKS("-");
	CHECK_EQ(1, T0->td_ru.ru_nivcsw);
}

TEST(ast_nothing, "AST handler: S63 nothing pending: comes back without "
    "locks")
{

	boot();
	multi(2);
	ast_handler[TDA_SUSPEND](T0, AST_SUSPEND);
	CHECK_LOCKS("-");
	expect_no_calls();
}

TEST(ast_dies, "AST handler: S63 process exits: the thread exits")
{

	boot();
	multi(2);
	P->p_flag |= P_STOPPED_SINGLE | P_SINGLE_EXIT;
	P->p_singlethread = T1;
	ESCAPES("kern_thr_exit", ast_handler[TDA_SUSPEND](T0,
	    AST_SUSPEND));
	CHECK_LOCKS("-");
}
#endif
