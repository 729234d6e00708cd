/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Kernels with INVARIANTS: every assertion about locks and owners, with its
 * message; test_invariants_state.c has the others.  Assertions that inline
 * functions of the headers bring along are not looked at.
 */
#include "harness.h"

#ifdef INVARIANTS

#define	NO_PL		"mutex PL not owned"
#define	NO_SL		"mutex SL not owned"
#define	GIANT		"mutex Giant owned"

/*
 * Locks that must be held or must not be.
 */
TEST(inv_single_pl, "INVARIANTS: thread_single without PL")
{

	multi(2);
	EXPECT_PANIC(NO_PL, (void)thread_single(P, SINGLE_EXIT));
}

TEST(inv_single_giant, "INVARIANTS: thread_single with Giant")
{

	multi(2);
	mtx_lock(&Giant);
	PROC_LOCK(P);
	EXPECT_PANIC(GIANT, (void)thread_single(P, SINGLE_EXIT));
}

TEST(inv_single_end_pl, "INVARIANTS: thread_single_end without PL")
{

	multi(2);
	EXPECT_PANIC(NO_PL, thread_single_end(P, SINGLE_NO_EXIT));
}

TEST(inv_check_pl, "INVARIANTS: thread_suspend_check without PL")
{

	multi(2);
	EXPECT_PANIC(NO_PL, (void)thread_suspend_check(0));
}

TEST(inv_check_giant, "INVARIANTS: thread_suspend_check with Giant")
{

	multi(2);
	mtx_lock(&Giant);
	PROC_LOCK(P);
	EXPECT_PANIC(GIANT, (void)thread_suspend_check(0));
}

TEST(inv_needed_pl, "INVARIANTS: thread_suspend_check_needed without PL")
{

	multi(2);
	EXPECT_PANIC(NO_PL, (void)thread_suspend_check_needed());
}

TEST(inv_switch_pl, "INVARIANTS: thread_suspend_switch without PL")
{

	multi(2);
	PROC_SLOCK(P);
	EXPECT_PANIC(NO_PL, thread_suspend_switch(T0, P));
}

TEST(inv_switch_sl, "INVARIANTS: thread_suspend_switch without SL")
{

	multi(2);
	PROC_LOCK(P);
	EXPECT_PANIC(NO_SL, thread_suspend_switch(T0, P));
}

TEST(inv_switch_twice, "INVARIANTS: thread_suspend_switch of a suspended "
    "thread")
{

	multi(2);
	suspended(T0);
	EXPECT_PANIC("already suspended", thread_suspend_switch(T0, P));
}

TEST(inv_one_sl, "INVARIANTS: thread_suspend_one without SL")
{

	multi(2);
	tl_take(T1);
	EXPECT_PANIC(NO_SL, thread_suspend_one(T1));
}

TEST(inv_one_tl, "INVARIANTS: thread_suspend_one without the thread lock")
{

	multi(2);
	PROC_SLOCK(P);
	EXPECT_PANIC("mutex TL(T1) not owned", thread_suspend_one(T1));
}

TEST(inv_one_twice, "INVARIANTS: thread_suspend_one of a suspended thread")
{

	multi(2);
	suspended(T1);
	PROC_SLOCK(P);
	tl_take(T1);
	EXPECT_PANIC("already suspended", thread_suspend_one(T1));
}

TEST(inv_unsuspend_pl, "INVARIANTS: thread_unsuspend without PL")
{

	multi(2);
	PROC_SLOCK(P);
	EXPECT_PANIC(NO_PL, thread_unsuspend(P));
}

TEST(inv_unsuspend_sl, "INVARIANTS: thread_unsuspend without SL")
{

	multi(2);
	PROC_LOCK(P);
	EXPECT_PANIC(NO_SL, thread_unsuspend(P));
}

TEST(inv_flash_pl, "INVARIANTS: thread_run_flash without PL")
{

	multi(2);
	suspended(T1);
	EXPECT_PANIC(NO_PL, thread_run_flash(T1));
}

TEST(inv_flash_not, "INVARIANTS: thread_run_flash of a thread that is not "
    "suspended")
{

	multi(2);
	PROC_LOCK(P);
	EXPECT_PANIC("Thread not suspended", thread_run_flash(T1));
}

TEST(inv_flash_count, "INVARIANTS: thread_run_flash with no suspended thread "
    "counted")
{

	multi(2);
	TD_SET_SUSPENDED(T1);
	PROC_LOCK(P);
	EXPECT_PANIC("Assertion p->p_suspcount > 0 failed at *",
	    thread_run_flash(T1));
}

TEST(inv_unlink_pl, "INVARIANTS: thread_unlink without PL")
{

	multi(2);
	EXPECT_PANIC(NO_PL, thread_unlink(T1));
}

TEST(inv_exit_sl, "INVARIANTS: thread_exit without SL")
{

	multi(2);
	PROC_LOCK(P);
	EXPECT_PANIC(NO_SL, thread_exit());
}

TEST(inv_exit_pl, "INVARIANTS: thread_exit without PL")
{

	multi(2);
	PROC_SLOCK(P);
	EXPECT_PANIC(NO_PL, thread_exit());
}

TEST(inv_exit_giant, "INVARIANTS: thread_exit with Giant")
{

	multi(2);
	mtx_lock(&Giant);
	PROC_LOCK(P);
	PROC_SLOCK(P);
	EXPECT_PANIC(GIANT, thread_exit());
}

TEST(inv_exit_signal, "INVARIANTS: thread_exit with a signal pending")
{
	ksiginfo_t ksi;

	multi(2);
	TAILQ_INSERT_TAIL(&T0->td_sigqueue.sq_list, &ksi, ksi_link);
	PROC_LOCK(P);
	PROC_SLOCK(P);
	EXPECT_PANIC("signal pending", thread_exit());
}

TEST(inv_exit_cred, "INVARIANTS: thread_exit with switched credentials")
{

	multi(2);
	T0->td_ucred = mkcred("other", 3);
	PROC_LOCK(P);
	PROC_SLOCK(P);
	EXPECT_PANIC("Assertion td->td_realucred == td->td_ucred failed at *",
	    thread_exit());
}

TEST(inv_wait_giant, "INVARIANTS: thread_wait with Giant")
{

	multi(1);
	controller();
	mtx_lock(&Giant);
	EXPECT_PANIC(GIANT, thread_wait(P));
}

TEST(inv_wait_threads, "INVARIANTS: S23 thread_wait on two threads")
{

	multi(2);
	controller();
	EXPECT_PANIC("multiple threads in thread_wait()", thread_wait(P));
}

TEST(inv_wait_exiting, "INVARIANTS: S23 thread_wait with a thread still "
    "exiting")
{

	multi(1);
	controller();
	P->p_exitthreads = 1;
	EXPECT_PANIC("p_exitthreads leaking", thread_wait(P));
}

/*
 * Copy-on-write.
 */
TEST(inv_cow_get_proc_pl, "INVARIANTS: S13 thread_cow_get_proc without PL")
{

	multi(2);
	EXPECT_PANIC(NO_PL, thread_cow_get_proc(T1, P));
}

TEST(inv_cow_get_cred, "INVARIANTS: S14 thread_cow_get from a thread with "
    "switched credentials")
{

	multi(2);
	T0->td_ucred = mkcred("other", 3);
	EXPECT_PANIC("Assertion td->td_realucred == td->td_ucred failed at *",
	    thread_cow_get(T1, T0));
}

static void
synced(void)
{

	multi(1);
	P->p_cowgen = 2;
	PROC_LOCK(P);
}

TEST(inv_synced_pl, "INVARIANTS: S16 thread_cow_synced without PL")
{

	synced();
	PROC_UNLOCK(P);
	EXPECT_PANIC(NO_PL, thread_cow_synced(T0));
}

TEST(inv_synced_gen, "INVARIANTS: S16 thread_cow_synced, generation equal "
    "already")
{

	synced();
	T0->td_cowgen = 2;
	EXPECT_PANIC("Assertion td->td_cowgen != p->p_cowgen failed at *",
	    thread_cow_synced(T0));
}

TEST(inv_synced_cred, "INVARIANTS: S16 thread_cow_synced, other credentials")
{

	synced();
	T0->td_ucred = mkcred("other", 3);
	EXPECT_PANIC("Assertion td->td_ucred == p->p_ucred failed at *",
	    thread_cow_synced(T0));
}

TEST(inv_synced_limit, "INVARIANTS: S16 thread_cow_synced, other limits")
{

	synced();
	T0->td_limit = mklimit("other");
	EXPECT_PANIC("Assertion td->td_limit == p->p_limit failed at *",
	    thread_cow_synced(T0));
}

/*
 * Assertions that hold whenever they are reached are looked at as the calls
 * that they are.
 */
static void
leave(void *arg)
{

	exits(T1);
	resume(T0);
}

TEST(asserts_single, "INVARIANTS: lock assertions of thread_single, weeding a "
    "suspended sleeper")
{

	multi(2);
	sleeping(T1);
	suspended(T1);
	PROC_LOCK(P);
	log_asserts();
	on("switched", leave);
	CHECK_EQ(0, thread_single(P, SINGLE_EXIT));
	expect_only(ONLY("mtx_assert", "thread_lock", "mi_switch"),
	    "mtx_assert(Giant,MA_NOTOWNED)",
	    "mtx_assert(PL,MA_OWNED)",
	    /* how many remain */
	    "mtx_assert(PL,MA_OWNED)",
	    "mtx_assert(SL,MA_OWNED)",
	    "thread_lock(T1)",
	    /* weeding */
	    "mtx_assert(PL,MA_OWNED)",
	    "mtx_assert(SL,MA_OWNED)",
	    "mtx_assert(TL(T1),MA_OWNED)",
	    /* unsuspending */
	    "mtx_assert(TL(T1),MA_OWNED)",
	    "mtx_assert(SL,MA_OWNED)",
	    "thread_lock(T1)",
	    /* how many remain now */
	    "mtx_assert(PL,MA_OWNED)",
	    "mtx_assert(SL,MA_OWNED)",
	    /* thread_suspend_switch */
	    "mtx_assert(PL,MA_OWNED)",
	    "mtx_assert(SL,MA_OWNED)",
	    "thread_lock(T0)",
	    "mi_switch(SW_VOL|SWT_SUSPEND)",
	    "mtx_assert(Giant,MA_NOTOWNED)",
	    /* how many remain after it */
	    "mtx_assert(PL,MA_OWNED)",
	    "mtx_assert(SL,MA_OWNED)");
}

TEST(asserts_check, "INVARIANTS: lock assertions of thread_suspend_check that "
    "wakes the singler")
{

	multi(2);
	P->p_flag |= P_STOPPED_SINGLE;
	P->p_singlethread = T0;
	suspended(T0);
	set_curthread(T1);
	PROC_LOCK(P);
	log_asserts();
	ESCAPES("mi_switch", (void)thread_suspend_check(1));
	expect_only(ONLY("mtx_assert", "thread_lock", "mi_switch"),
	    "mtx_assert(Giant,MA_NOTOWNED)",
	    "mtx_assert(PL,MA_OWNED)",
	    /* thread_suspend_check_needed */
	    "mtx_assert(PL,MA_OWNED)",
	    "thread_lock(T0)",
	    "mtx_assert(TL(T0),MA_OWNED)",
	    "mtx_assert(SL,MA_OWNED)",
	    "thread_lock(T1)",
	    "mtx_assert(SL,MA_OWNED)",
	    "mtx_assert(TL(T1),MA_OWNED)",
	    "mi_switch(SW_INVOL|SWT_SUSPEND)");
}

TEST(asserts_flash, "INVARIANTS: lock assertions of thread_run_flash")
{

	multi(2);
	suspended(T1);
	PROC_LOCK(P);
	log_asserts();
	thread_run_flash(T1);
	expect_only(ONLY("mtx_assert", "thread_lock"),
	    "mtx_assert(PL,MA_OWNED)",
	    "thread_lock(T1)",
	    "mtx_assert(TL(T1),MA_OWNED)");
}

TEST(asserts_unsuspend, "INVARIANTS: lock assertions of thread_unsuspend; a "
    "thread of another process needs no SL")
{

	multi(2);
	suspended(T1);
	PROC_LOCK(P);
	PROC_SLOCK(P);
	log_asserts();
	thread_unsuspend(P);
	expect_only(ONLY("mtx_assert", "thread_lock"),
	    "mtx_assert(PL,MA_OWNED)",
	    "mtx_assert(SL,MA_OWNED)",
	    "thread_lock(T0)",
	    "thread_lock(T1)",
	    "mtx_assert(TL(T1),MA_OWNED)",
	    "mtx_assert(SL,MA_OWNED)");
}

TEST(asserts_exit, "INVARIANTS: lock assertions of thread_exit")
{

	multi(2);
	PROC_LOCK(P);
	PROC_SLOCK(P);
	log_asserts();
	ESCAPES("sched_throw", thread_exit());
	expect_only(ONLY("mtx_assert", "cpu_thread_exit", "thread_lock"),
	    "mtx_assert(SL,MA_OWNED)",
	    "mtx_assert(Giant,MA_NOTOWNED)",
	    "mtx_assert(PL,MA_OWNED)",
	    "cpu_thread_exit(T0)",
	    /* thread_unlink */
	    "mtx_assert(PL,MA_OWNED)",
	    "thread_lock(T0)");
}

TEST(asserts_ids, "INVARIANTS: lock assertions of reaping: tid_lock for each "
    "id")
{
	struct thread *td;

	zone_slab_items = 1;
	boot();
	td = thread_alloc(1);
	log_asserts();
	thread_free(td);
	expect_only(ONLY("mtx_assert"), "mtx_assert(tid_lock,MA_OWNED)");
}

#endif /* INVARIANTS */
