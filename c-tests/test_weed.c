/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What thread_single() does to a sibling, by the sibling's state and the
 * mode: it weeds out inhibited threads, pokes running ones and leaves the
 * rest alone.  SINGLE_ALLPROC is in test_weed_allproc.c.
 */
#include "harness.h"

static void
leave(void *arg)
{

	exits(T1);
	resume(T0);
}

/*
 * T0 singles out while T1 is in the state that was set up; T1 exits when T0
 * waits for it.
 */
static void
weed(int mode)
{

	on("switched", leave);
	PROC_LOCK(P);
	CHECK_EQ(0, thread_single(P, mode));
	CHECK_LOCKS("PL");
	PROC_UNLOCK(P);
}

#define	CALLS_FOR_T1							\
	ONLY("ast_sched_locked", "setrunnable", "sleepq_abort",		\
	    "forward_signal", "thread_stopped")

static void
check_left_alone(void)
{

	expect_only(CALLS_FOR_T1,
	    "ast_sched_locked(T1,SUSPEND) | PL SL TL(T1)",
	    "thread_stopped(p) | PL SL");
	CHECK((asts(T1) & AST_SUSPEND) != 0);
#ifdef OLDER
	CHECK((asts(T1) & TDF_ASTPENDING) != 0);
#endif
	CHECK_UNOWNED(T1->td_lock->mtx_lock);
}

static void
check_aborted(const char *error)
{
	char line[64];

	snprintf(line, sizeof(line), "sleepq_abort(T1,%s) | PL SL TL(T1)",
	    error);
	expect_only(CALLS_FOR_T1,
	    "ast_sched_locked(T1,SUSPEND) | PL SL TL(T1)",
	    line,
	    "thread_stopped(p) | PL SL");
	CHECK_UNOWNED(T1->td_lock->mtx_lock);
}

static void
check_let_go(void)
{

	expect_only(CALLS_FOR_T1,
	    "ast_sched_locked(T1,SUSPEND) | PL SL TL(T1)",
	    "setrunnable(T1,0) | PL SL TL(T1)",
	    "thread_stopped(p) | PL SL");
	CHECK_UNOWNED(T1->td_lock->mtx_lock);
	CHECK((T1->td_inhibitors & TDI_SUSPENDED) == 0);
}

/*
 * Running and runnable siblings.
 */
TEST(weed_running, "weeding: S36 running sibling is flagged and gets an "
    "IPI under its lock")
{

	multi(2);
	running(T1);
	weed(SINGLE_EXIT);
	expect_only(CALLS_FOR_T1,
	    "ast_sched_locked(T1,SUSPEND) | PL SL TL(T1)",
	    IF_SMP("forward_signal(T1) | PL SL TL(T1)"),
	    "thread_stopped(p) | PL SL");
	CHECK_UNOWNED(T1->td_lock->mtx_lock);
}

TEST(weed_runnable, "weeding: S36 runnable sibling is only flagged")
{

	multi(2);
	weed(SINGLE_EXIT);
	check_left_alone();
}

TEST(weed_can_run, "weeding: sibling that can run but is on no queue is "
    "only flagged")
{

	multi(2);
	TD_SET_CAN_RUN(T1);
	weed(SINGLE_BOUNDARY);
	check_left_alone();
}

/*
 * Sleepers.
 */
TEST(weed_sleep_exit, "weeding: S36 EXIT aborts an interruptible sleep "
    "with EINTR")
{

	multi(2);
	sleeping(T1);
	weed(SINGLE_EXIT);
	check_aborted("EINTR");
	CHECK_EQ(EINTR, T1->td_intrval);
}

TEST(weed_sleep_boundary, "weeding: S32 BOUNDARY aborts an interruptible "
    "sleep with ERESTART")
{

	multi(2);
	sleeping(T1);
	weed(SINGLE_BOUNDARY);
	check_aborted("ERESTART");
}

TEST(weed_sleep_no_exit, "weeding: NO_EXIT aborts an interruptible sleep "
    "with ERESTART")
{

	multi(2);
	sleeping(T1);
	weed(SINGLE_NO_EXIT);
	check_aborted("ERESTART");
	CHECK((T1->td_flags & TDF_ALLPROCSUSP) == 0);
}

TEST(weed_unint, "weeding: S36 uninterruptible sleeper is only flagged, "
    "whatever the mode")
{

	multi(2);
	sleeping_unint(T1);
	weed(SINGLE_EXIT);
	check_left_alone();
	CHECK(TD_ON_SLEEPQ(T1));
}

TEST(weed_unint_boundary, "weeding: BOUNDARY leaves an uninterruptible "
    "sleeper alone")
{

	multi(2);
	sleeping_unint(T1);
	weed(SINGLE_BOUNDARY);
	check_left_alone();
}

TEST(weed_blocked, "weeding: S36 sibling blocked on a lock is only flagged")
{

	multi(2);
	blocked(T1);
	weed(SINGLE_EXIT);
	check_left_alone();
}

TEST(weed_sintr_only, "weeding: SINTR without a wait channel is no sleep "
    "to abort")
{

	multi(2);
	blocked(T1);
	T1->td_flags |= TDF_SINTR;
	weed(SINGLE_EXIT);
	check_left_alone();
}

TEST(weed_timed_out, "weeding: S38 a sleep that timed out already is left "
    "to sleepq_abort, its lock not released twice")
{

	multi(2);
	sleeping(T1);
	T1->td_flags |= TDF_TIMEOUT;
	weed(SINGLE_EXIT);
	check_aborted("EINTR");
	CHECK(TD_ON_SLEEPQ(T1));
}

TEST(weed_falling_asleep, "weeding: S38 on a sleep queue but not asleep yet: "
    "the interrupt is stored")
{

	multi(2);
	T1->td_wchan = T1;
	T1->td_flags |= TDF_SINTR;
	blocked(T1);
	weed(SINGLE_BOUNDARY);
	check_aborted("ERESTART");
	CHECK_EQ(ERESTART, T1->td_intrval);
}

/*
 * Suspended siblings.
 */
TEST(weed_susp_exit, "weeding: S36 EXIT lets a suspended sibling go to die")
{

	multi(2);
	suspended(T1);
	weed(SINGLE_EXIT);
	check_let_go();
	CHECK_COUNTS(P, 1, 0, 0);
}

TEST(weed_bnd_exit, "weeding: S33 EXIT lets a sibling at the boundary go "
    "and takes it off the boundary")
{

	multi(2);
	at_boundary(T1);
	weed(SINGLE_EXIT);
	check_let_go();
	CHECK((T1->td_flags & TDF_BOUNDARY) == 0);
	CHECK_COUNTS(P, 1, 0, 0);
}

TEST(weed_susp_boundary, "weeding: S57 BOUNDARY lets a sibling suspended in "
    "the kernel go on to the boundary")
{

	multi(2);
	suspended(T1);
	weed(SINGLE_BOUNDARY);
	check_let_go();
	CHECK_COUNTS(P, 1, 0, 0);
}

static void
leave_t2(void *arg)
{

	exits(T2);
	resume(T0);
}

TEST(weed_bnd_boundary, "weeding: BOUNDARY leaves a sibling that is at the "
    "boundary there")
{

	multi(3);
	at_boundary(T1);
	on("switched", leave_t2);
	PROC_LOCK(P);
	CHECK_EQ(0, thread_single(P, SINGLE_BOUNDARY));
	CHECK_COUNTS(P, 2, 1, 1);
	CHECK((T1->td_flags & TDF_BOUNDARY) != 0);
	expect_only(ONLY("setrunnable", "sleepq_abort", "ast_sched_locked"),
	    "ast_sched_locked(T1,SUSPEND) | PL SL TL(T1)",
	    "ast_sched_locked(T2,SUSPEND) | PL SL TL(T2)");
}

TEST(weed_bnd_no_exit, "weeding: NO_EXIT leaves a sibling at the boundary "
    "there")
{

	multi(3);
	at_boundary(T1);
	on("switched", leave_t2);
	PROC_LOCK(P);
	CHECK_EQ(0, thread_single(P, SINGLE_NO_EXIT));
	CHECK_COUNTS(P, 2, 1, 1);
	expect_only(ONLY("setrunnable", "sleepq_abort"), "");
}

TEST(weed_susp_no_exit, "weeding: NO_EXIT lets a sibling suspended off the "
    "boundary go, to suspend again")
{

	multi(3);
	suspended(T1);
	on_call("switched", 1, leave_t2);
	on_call("switched", 2, leave);
	PROC_LOCK(P);
	CHECK_EQ(0, thread_single(P, SINGLE_NO_EXIT));
	CHECK_EQ(1, count_calls("setrunnable(T1"));
	CHECK_COUNTS(P, 1, 0, 0);
}

TEST(weed_allprocsusp_cleared, "weeding: letting a suspended sibling go "
    "clears ALLPROCSUSP")
{

	multi(2);
	suspended(T1);
	T1->td_flags |= TDF_ALLPROCSUSP;
	weed(SINGLE_EXIT);
	CHECK((T1->td_flags & TDF_ALLPROCSUSP) == 0);
}

/*
 * Suspended while asleep: let go first, then the sleep is aborted.
 */
static void
check_let_go_then_aborted(const char *error)
{
	char line[64];

	snprintf(line, sizeof(line), "sleepq_abort(T1,%s) | PL SL TL(T1)",
	    error);
	expect_only(ONLY("thread_lock", "setrunnable", "sleepq_abort",
	    "thread_stopped"),
	    "thread_lock(T1) | PL SL",
	    "setrunnable(T1,0) | PL SL TL(T1)",
	    "thread_lock(T1) | PL SL",
	    line,
	    "thread_stopped(p) | PL SL",
	    "thread_lock(T0) | SL");
	CHECK_COUNTS(P, 1, 0, 0);
}

TEST(weed_susp_sleep_exit, "weeding: S37 suspended sleeper, EXIT: one "
    "unsuspend, then one abort with EINTR")
{

	multi(2);
	sleeping(T1);
	suspended(T1);
	weed(SINGLE_EXIT);
	check_let_go_then_aborted("EINTR");
}

TEST(weed_susp_sleep_boundary, "weeding: S37 suspended sleeper, BOUNDARY: "
    "one unsuspend, then one abort with ERESTART")
{

	multi(2);
	sleeping(T1);
	suspended(T1);
	weed(SINGLE_BOUNDARY);
	check_let_go_then_aborted("ERESTART");
}

TEST(weed_susp_unint, "weeding: S37 suspended uninterruptible sleeper is "
    "let go and sleeps on")
{

	multi(2);
	sleeping_unint(T1);
	suspended(T1);
	weed(SINGLE_EXIT);
	check_let_go();
	CHECK(TD_ON_SLEEPQ(T1));
}

static struct mtx other_lock;

static void
move_lock(void *arg)
{

	CHECK_PTR(T1, arg);
	/* The thread moves to another run queue as it is made runnable. */
	tl_drop(T1);
	T1->td_lock = &other_lock;
	tl_take(T1);
}

TEST(weed_lock_changes, "weeding: S37 the thread lock may be another one "
    "after setrunnable")
{

	multi(2);
	lock_register(&other_lock.mtx_lock, LOCK_SPIN, "other");
	sleeping(T1);
	suspended(T1);
	on("setrunnable", move_lock);
	weed(SINGLE_EXIT);
	expect_only(ONLY("sleepq_abort"),
	    "sleepq_abort(T1,EINTR) | PL SL other");
	CHECK_UNOWNED(other_lock.mtx_lock);
}

static void
suspend_again(void *arg)
{

	/* Between setrunnable and thread_lock it suspends once more. */
	suspended(T1);
}

static void
check_susp_again(int mode)
{

	multi(2);
	sleeping(T1);
	suspended(T1);
	on_call("thread_lock", 2, suspend_again);
	weed(mode);
	CHECK_EQ(2, count_calls("setrunnable(T1"));
	CHECK_EQ(1, count_calls("sleepq_abort(T1"));
	CHECK_COUNTS(P, 1, 0, 0);
}

TEST(weed_susp_again_exit, "weeding: S37 EXIT: a thread that suspends again "
    "meanwhile is let go again")
{

	check_susp_again(SINGLE_EXIT);
}

TEST(weed_susp_again_boundary, "weeding: S37 BOUNDARY: a thread that suspends "
    "again meanwhile is let go again")
{

	check_susp_again(SINGLE_BOUNDARY);
}

static void
woke_up(void *arg)
{

	T1->td_wchan = NULL;
}

TEST(weed_woke_meanwhile, "weeding: a sleeper that woke after being let go "
    "is only unlocked")
{

	multi(2);
	sleeping(T1);
	suspended(T1);
	on_call("thread_lock", 2, woke_up);
	weed(SINGLE_EXIT);
	check_let_go();
}

#ifdef HAVE_SWAPPER
TEST(weed_swapped_susp, "weeding: S45 both steps of a suspended sleeper may "
    "ask for the swapper: it is kicked once")
{

	multi(2);
	sleeping(T1);
	suspended(T1);
	returns("setrunnable", 1);
	returns("sleepq_abort", 0);
	weed(SINGLE_EXIT);
	CHECK_EQ(1, count_calls("kick_proc0("));
}

TEST(weed_swapped_boundary, "weeding: S45 BOUNDARY keeps the swapper "
    "request of the first step")
{

	multi(2);
	sleeping(T1);
	suspended(T1);
	returns("setrunnable", 1);
	returns("sleepq_abort", 0);
	weed(SINGLE_BOUNDARY);
	CHECK_EQ(1, count_calls("kick_proc0("));
}

TEST(weed_swapped_twice, "weeding: S45 EXIT: let go twice, the first time "
    "swapped out: a kick")
{

	returns("setrunnable", 1);
	returns("setrunnable", 0);
	check_susp_again(SINGLE_EXIT);
	CHECK_EQ(1, count_calls("kick_proc0("));
}

TEST(weed_swapped_twice_boundary, "weeding: S45 BOUNDARY: let go twice, the "
    "first time swapped out: a kick")
{

	returns("setrunnable", 1);
	returns("setrunnable", 0);
	check_susp_again(SINGLE_BOUNDARY);
	CHECK_EQ(1, count_calls("kick_proc0("));
}

TEST(weed_swapped_sleeper, "weeding: S45 BOUNDARY: a swapped-out sleeper: a "
    "kick")
{

	multi(2);
	sleeping(T1);
	returns("sleepq_abort", 1);
	weed(SINGLE_BOUNDARY);
	CHECK_EQ(1, count_calls("kick_proc0("));
}

TEST(weed_swapped_only_susp, "weeding: S45 swapper request of a thread that "
    "is only suspended is kept")
{

	multi(2);
	suspended(T1);
	returns("setrunnable", 1);
	weed(SINGLE_EXIT);
	CHECK_EQ(1, count_calls("kick_proc0("));
}
#endif

