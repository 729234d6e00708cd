/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * thread_single() of a thread in its own process: when it is refused or has
 * nothing to do, and the flags of the modes NO_EXIT, EXIT and BOUNDARY.  The
 * wait is in test_single_wait.c, what happens to siblings in test_weed.c,
 * SINGLE_ALLPROC in test_single_allproc.c.
 */
#include "harness.h"

/*
 * Nothing to do, or not allowed.
 */
static void
check_untouched(int mode)
{

	multi(1);
	P->p_flag &= ~P_HADTHREADS;
	CHECK_EQ(0, single(mode));
	CHECK_STOP(P, 0);
	CHECK_PTR(NULL, P->p_singlethread);
	CHECK_COUNTS(P, 1, 0, 0);
	expect_no_calls();
}

TEST(unthreaded_no_exit, "thread_single: S31 never threaded, NO_EXIT: 0, "
    "nothing touched")
{

	check_untouched(SINGLE_NO_EXIT);
}

TEST(unthreaded_exit, "thread_single: S31 never threaded, EXIT: 0, "
    "nothing touched")
{

	check_untouched(SINGLE_EXIT);
}

TEST(unthreaded_boundary, "thread_single: S31 never threaded, BOUNDARY: 0, "
    "nothing touched")
{

	check_untouched(SINGLE_BOUNDARY);
}

TEST(alone_no_exit, "thread_single: S31 last of the threads, NO_EXIT: "
    "flags and singler stay")
{

	multi(1);
	P->p_flag |= P_HADTHREADS | P_SINGLE_EXIT | P_SINGLE_BOUNDARY;
	CHECK_EQ(0, single(SINGLE_NO_EXIT));
	CHECK_STOP(P, P_STOPPED_SINGLE);
	CHECK_PTR(T0, P->p_singlethread);
	CHECK((P->p_flag & P_HADTHREADS) != 0);
	expect_no_calls();
}

TEST(alone_boundary, "thread_single: S31 last of the threads, BOUNDARY: "
    "flags and singler stay")
{

	multi(1);
	P->p_flag |= P_HADTHREADS | P_SINGLE_EXIT;
	CHECK_EQ(0, single(SINGLE_BOUNDARY));
	CHECK_STOP(P, P_STOPPED_SINGLE | P_SINGLE_BOUNDARY);
	CHECK_PTR(T0, P->p_singlethread);
	expect_no_calls();
}

TEST(alone_exit, "thread_single: S31 last of the threads, EXIT: process "
    "becomes unthreaded")
{

	multi(1);
	P->p_flag |= P_HADTHREADS | P_SINGLE_BOUNDARY;
	CHECK_EQ(0, single(SINGLE_EXIT));
	CHECK_STOP(P, 0);
	CHECK_PTR(NULL, P->p_singlethread);
	CHECK((P->p_flag & P_HADTHREADS) == 0);
	expect_no_calls();
}

static void
check_other_flags(int mode, int stop)
{
	int others;

	multi(1);
	others = ~STOP_BITS & ~P_TRACED;
	P->p_flag = others;
	CHECK_EQ(0, single(mode));
	CHECK_EQ((mode == SINGLE_EXIT ? others & ~P_HADTHREADS : others) |
	    stop, P->p_flag);
}

TEST(flags_no_exit, "thread_single: NO_EXIT leaves all other flags alone")
{

	check_other_flags(SINGLE_NO_EXIT, P_STOPPED_SINGLE);
}

TEST(flags_exit, "thread_single: EXIT leaves all other flags alone")
{

	check_other_flags(SINGLE_EXIT, 0);
}

TEST(flags_boundary, "thread_single: BOUNDARY leaves all other flags alone")
{

	check_other_flags(SINGLE_BOUNDARY, P_STOPPED_SINGLE |
	    P_SINGLE_BOUNDARY);
}

static void
check_refused(int mode)
{

	multi(3);
	P->p_flag |= P_STOPPED_SINGLE | P_SINGLE_BOUNDARY;
	P->p_singlethread = T1;
	CHECK_EQ(1, single(mode));
	CHECK_STOP(P, P_STOPPED_SINGLE | P_SINGLE_BOUNDARY);
	CHECK_PTR(T1, P->p_singlethread);
	CHECK((P->p_flag & P_HADTHREADS) != 0);
	CHECK_COUNTS(P, 3, 0, 0);
	expect_no_calls();
}

TEST(race_no_exit, "thread_single: S35 somebody else is at it, NO_EXIT: 1, "
    "nothing touched")
{

	check_refused(SINGLE_NO_EXIT);
}

TEST(race_exit, "thread_single: S35 somebody else is at it, EXIT: 1, "
    "nothing touched")
{

	check_refused(SINGLE_EXIT);
}

TEST(race_boundary, "thread_single: S35 somebody else is at it, BOUNDARY: "
    "1, nothing touched")
{

	check_refused(SINGLE_BOUNDARY);
}

#ifndef INVARIANTS
TEST(wrong_mode, "thread_single: an unknown mode panics in a kernel without "
    "INVARIANTS too")
{

	multi(2);
	PROC_LOCK(P);
	EXPECT_PANIC("calc_remaining: wrong mode 17",
	    (void)thread_single(P, 17));
}

TEST(wrong_mode_again, "thread_single: an unknown mode, the caller "
    "single-threads already: it panics")
{

	multi(2);
	P->p_singlethread = T0;
	PROC_LOCK(P);
	EXPECT_PANIC("calc_remaining: wrong mode 17",
	    (void)thread_single(P, 17));
}

TEST(wrong_mode_unthreaded, "thread_single: an unknown mode of a process that "
    "has one thread: 0, nothing touched")
{

	multi(1);
	CHECK_EQ(0, single(17));
	CHECK_STOP(P, 0);
	CHECK_PTR(NULL, P->p_singlethread);
}

TEST(wrong_mode_race, "thread_single: an unknown mode, somebody else is at "
    "it: 1, nothing touched")
{

	multi(2);
	P->p_singlethread = T1;
	CHECK_EQ(1, single(17));
	CHECK_PTR(T1, P->p_singlethread);
}
#endif

/*
 * The mode bits on entry.
 */

static void
see_no_exit_bits(void *arg)
{

	CHECK_STOP(P, P_STOPPED_SINGLE);
	exits(T1);
	resume(T0);
}

TEST(exit_bit_cleared, "thread_single: S39 NO_EXIT clears both SINGLE_EXIT "
    "and SINGLE_BOUNDARY")
{

	multi(2);
	P->p_flag |= P_SINGLE_EXIT | P_SINGLE_BOUNDARY;
	on("switched", see_no_exit_bits);
	CHECK_EQ(0, single(SINGLE_NO_EXIT));
	CHECK_STOP(P, P_STOPPED_SINGLE);
}

static void
see_boundary_bits(void *arg)
{

	CHECK_STOP(P, P_STOPPED_SINGLE | P_SINGLE_BOUNDARY);
	CHECK_PTR(T0, P->p_singlethread);
	exits(T1);
	resume(T0);
}

TEST(boundary_bits, "thread_single: BOUNDARY clears SINGLE_EXIT and sets "
    "its own bit before anyone is flagged")
{

	multi(2);
	P->p_flag |= P_SINGLE_EXIT;
	on("switched", see_boundary_bits);
	CHECK_EQ(0, single(SINGLE_BOUNDARY));
}

/*
 * Threads that have left the process, but not yet their CPUs.
 */
static void
still_dying(void *arg)
{

	CHECK_LOCKS("-");
	CHECK_STOP(P, 0);
	CHECK((P->p_flag & P_HADTHREADS) == 0);
	CHECK_PTR(NULL, P->p_singlethread);
	P->p_exitthreads--;
}

TEST(stragglers, "thread_single: S22 EXIT yields without locks until no "
    "thread is between exit and its last switch")
{

	multi(1);
	P->p_flag |= P_HADTHREADS;
	P->p_exitthreads = 3;
	on_each("sched_relinquish", still_dying);
	CHECK_EQ(0, single(SINGLE_EXIT));
	CHECK_EQ(0, P->p_exitthreads);
	expect_calls(
	    "sched_relinquish(T0) | -",
	    "sched_relinquish(T0) | -",
	    "sched_relinquish(T0) | -");
}

TEST(stragglers_locks, "thread_single: S22 locks around the yield: SL goes "
    "first and comes last")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	multi(1);
	P->p_flag |= P_HADTHREADS;
	P->p_exitthreads = 1;
	PROC_LOCK(P);
	log_locks();
	on_each("sched_relinquish", still_dying);
	CHECK_EQ(0, thread_single(P, SINGLE_EXIT));
	expect_calls(
	    "mtx_lock_spin(SL) | PL",
	    "mtx_unlock_spin(SL) | PL SL",
	    "mtx_unlock(PL) | PL",
	    "sched_relinquish(T0) | -",
	    "mtx_lock(PL) | -",
	    "mtx_lock_spin(SL) | PL",
	    "mtx_unlock_spin(SL) | PL SL");
}

TEST(stragglers_other_modes, "thread_single: NO_EXIT and BOUNDARY do not "
    "wait for exiting threads")
{

	multi(1);
	P->p_flag |= P_HADTHREADS;
	P->p_exitthreads = 1;
	CHECK_EQ(0, single(SINGLE_NO_EXIT));
	CHECK_EQ(0, single(SINGLE_BOUNDARY));
	CHECK_EQ(1, P->p_exitthreads);
	expect_no_calls();
}

/*
 * Every lock call, as lockstat makes them visible.
 */
TEST(single_locks, "thread_single: locks of a BOUNDARY request, each taken "
    "and released once")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	multi(2);
	at_boundary(T1);
	PROC_LOCK(P);
	log_locks();
	CHECK_EQ(0, thread_single(P, SINGLE_BOUNDARY));
	expect_calls(
	    "mtx_lock_spin(SL) | PL",
	    "thread_lock(T1) | PL SL",
	    "mtx_unlock_spin(TL(T1)) | PL SL TL(T1)",
	    "mtx_unlock_spin(SL) | PL SL");
}
