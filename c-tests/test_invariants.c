/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Kernels with INVARIANTS: every assertion, with its message.  Assertions
 * that inline functions of the headers bring along are not looked at.
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
 * Modes and flags.
 */
TEST(inv_single_mode, "INVARIANTS: S53 thread_single with an invalid mode")
{

	multi(2);
	PROC_LOCK(P);
	EXPECT_PANIC("invalid mode 17", (void)thread_single(P, 17));
}

TEST(inv_single_foreign, "INVARIANTS: S53 thread_single(EXIT) of another "
    "process")
{
	char text[64];

	multi(2);
	controller();
	PROC_LOCK(P);
	snprintf(text, sizeof(text), "mode 1 proc %p curproc %p", P, C);
	EXPECT_PANIC(text, (void)thread_single(P, SINGLE_EXIT));
}

TEST(inv_single_own, "INVARIANTS: S53 thread_single(ALLPROC) of the caller's "
    "own process")
{

	multi(2);
	PROC_LOCK(P);
	EXPECT_PANIC("mode 3 proc * curproc *", (void)thread_single(P, SINGLE_ALLPROC));
}

TEST(inv_sweep_boundary, "INVARIANTS: S43 sweep finds a thread that is not "
    "on the boundary")
{
	char text[64];

	multi(2);
	at_boundary(T1);
	T1->td_flags &= ~TDF_BOUNDARY;
	PROC_LOCK(P);
	snprintf(text, sizeof(text), "td %p not on boundary", T1);
	EXPECT_PANIC(text, (void)thread_single(P, SINGLE_BOUNDARY));
}

TEST(inv_sweep_suspended, "INVARIANTS: S44 sweep finds a thread that is not "
    "suspended")
{
	char text[64];

	multi(2);
	at_boundary(T1);
	TD_CLR_SUSPENDED(T1);
	PROC_LOCK(P);
	snprintf(text, sizeof(text), "td %p is not suspended", T1);
	EXPECT_PANIC(text, (void)thread_single(P, SINGLE_BOUNDARY));
}

static void
begun(int flags)
{

	multi(2);
	P->p_flag |= P_STOPPED_SINGLE | flags;
	P->p_singlethread = T0;
	PROC_LOCK(P);
}

TEST(inv_end_mode, "INVARIANTS: S53 thread_single_end with an invalid mode")
{

	begun(0);
	EXPECT_PANIC("invalid mode -1", thread_single_end(P, -1));
}

TEST(inv_end_total, "INVARIANTS: S53 thread_single_end(NO_EXIT) of a total "
    "stop")
{

	begun(P_TOTAL_STOP);
	EXPECT_PANIC("mode 0 does not match P_TOTAL_STOP",
	    thread_single_end(P, SINGLE_NO_EXIT));
}

TEST(inv_end_not_total, "INVARIANTS: S53 thread_single_end(ALLPROC) of "
    "something else")
{

	begun(0);
	EXPECT_PANIC("mode 3 does not match P_TOTAL_STOP",
	    thread_single_end(P, SINGLE_ALLPROC));
}

TEST(inv_end_other, "INVARIANTS: S53 thread_single_end by another thread")
{
	char text[64];

	begun(0);
	P->p_singlethread = T1;
	snprintf(text, sizeof(text), "thread_single_end from other thread "
	    "%p %p", T0, T1);
	EXPECT_PANIC(text, thread_single_end(P, SINGLE_NO_EXIT));
}

TEST(inv_end_boundary, "INVARIANTS: S53 thread_single_end(BOUNDARY) without "
    "the bit")
{
	char text[64];

	begun(0);
	snprintf(text, sizeof(text), "mis-matched SINGLE_BOUNDARY flags %x",
	    P->p_flag);
	EXPECT_PANIC(text, thread_single_end(P, SINGLE_BOUNDARY));
}

TEST(inv_end_count, "INVARIANTS: H5 thread_single_end(BOUNDARY) under a stop "
    "signal: the boundary count does not go to 0")
{

	begun(P_SINGLE_BOUNDARY | P_STOPPED_SIG);
	at_boundary(T1);
	EXPECT_PANIC("inconsistent boundary count 1",
	    thread_single_end(P, SINGLE_BOUNDARY));
}

TEST(inv_check_singler, "INVARIANTS: thread_suspend_check with no singler "
    "set")
{

	begun(0);
	P->p_singlethread = NULL;
	EXPECT_PANIC("singlethread not set", (void)thread_suspend_check(1));
}

TEST(inv_check_sbdry, "INVARIANTS: S54 thread_suspend_check(0) with SBDRY")
{

	multi(2);
	P->p_flag |= P_STOPPED_SIG;
	T0->td_flags |= TDF_SBDRY;
	PROC_LOCK(P);
	EXPECT_PANIC("TDF_SBDRY set for unsafe thread_suspend_check",
	    (void)thread_suspend_check(0));
}

TEST(inv_check_both, "INVARIANTS: S54 SEINTR and SERESTART together")
{

	multi(2);
	P->p_flag |= P_STOPPED_SIG;
	T0->td_flags |= TDF_SBDRY | TDF_SEINTR | TDF_SERESTART;
	PROC_LOCK(P);
	EXPECT_PANIC("both TDF_SEINTR and TDF_SERESTART",
	    (void)thread_suspend_check(1));
}

TEST(inv_wake_awake, "INVARIANTS: S42 the last suspender finds the singler "
    "awake")
{

	multi(2);
	P->p_flag |= P_STOPPED_SINGLE;
	P->p_singlethread = T0;
	P->p_suspcount = 1;
	set_curthread(T1);
	PROC_LOCK(P);
	EXPECT_PANIC("Thread not suspended", (void)thread_suspend_check(1));
}

/*
 * Zone and ids.
 */
static void
free_in_state(int state)
{
	struct thread *td;

	zone_slab_items = 1;
	boot();
	td = thread_alloc(1);
	td->td_state = state;
	thread_free(td);
}

TEST(inv_free_runq, "INVARIANTS: S11 freeing a thread on a run queue")
{

	EXPECT_PANIC("bad state for thread unlinking",
	    free_in_state(TDS_RUNQ));
}

TEST(inv_free_running, "INVARIANTS: S11 freeing a running thread")
{

	EXPECT_PANIC("bad state for thread unlinking",
	    free_in_state(TDS_RUNNING));
}

TEST(inv_free_can_run, "INVARIANTS: S11 freeing a thread that can run")
{

	EXPECT_PANIC("bad state for thread unlinking",
	    free_in_state(TDS_CAN_RUN));
}

TEST(inv_free_inhibited, "INVARIANTS: S11 freeing an inhibited thread")
{

	EXPECT_PANIC("bad state for thread unlinking",
	    free_in_state(TDS_INHIBITED));
}

TEST(inv_free_nonsense, "INVARIANTS: S11 freeing a thread in no known state")
{

	EXPECT_PANIC("bad thread state", free_in_state(77));
}

TEST(inv_ctor_sel, "INVARIANTS: S11 zone ctor of a thread with select state")
{
	struct thread *td;

	boot();
	multi(2);
	td = T1;
	td->td_sel = (struct seltd *)(uintptr_t)0x5e1;
	EXPECT_PANIC("Assertion td->td_sel == NULL failed at *",
	    (void)thread_zone_fake.fz_ctor(td, 0, NULL, M_WAITOK));
}

TEST(inv_fini_sel, "INVARIANTS: S11 zone fini of a thread with select state")
{

	boot();
	multi(2);
	T1->td_sel = (struct seltd *)(uintptr_t)0x5e1;
	EXPECT_PANIC("Assertion td->td_sel == NULL failed at *",
	    thread_zone_fake.fz_fini(T1, 0));
}

static void
leave_stack(void *arg)
{
	struct thread *td;

	td = arg;
	td->td_kstack = 0xbad;
}

TEST(inv_alloc_kstack, "INVARIANTS: S11 thread_alloc gets an item with a "
    "stack")
{

	zone_slab_items = 1;
	boot();
	on("umtx_thread_alloc", leave_stack);
	EXPECT_PANIC("thread_alloc got thread with kstack",
	    (void)thread_alloc(1));
}

static void
free_tid(lwpid_t tid)
{
	struct thread *td;

	zone_slab_items = 1;
	boot();
	td = thread_alloc(1);
	td->td_tid = tid;
	thread_free(td);
}

TEST(inv_tid_range, "INVARIANTS: S11 release of an id below the first")
{

	EXPECT_PANIC("tid_free_locked: invalid tid 99999\n",
	    free_tid(NO_PID - 1));
}

TEST(inv_tid_clear, "INVARIANTS: S11 release of an id that is not allocated")
{

	EXPECT_PANIC("thread ID 100007 not allocated\n", free_tid(100007));
}

TEST(inv_tid_twice, "INVARIANTS: S11 release of an id for the second time")
{
	struct thread *td;

	zone_slab_items = 1;
	boot();
	td = thread_alloc(1);
	td->td_tid = THREAD0_TID;
	thread_free(td);
	td = thread_alloc(1);
	td->td_tid = THREAD0_TID;
	EXPECT_PANIC("thread ID 100000 not allocated\n", thread_free(td));
}

/*
 * The bitmap cannot be full while the count of threads is in order: its
 * memory, the first that threadinit asked for, is overwritten.
 */
static void
check_no_id(void)
{

	memset(malloc_first, 0xff, malloc_first_size);
	EXPECT_PANIC("unexpectedly ran out of IDs", (void)thread_alloc(1));
}

TEST(inv_ids_none, "INVARIANTS: S06 no id left, the search starts at the "
    "first")
{
	int i;

	set_maxthread(192);
	boot();
	for (i = 1; i < 192; i++)
		thread_free(thread_alloc(1));
	check_no_id();
}

TEST(inv_ids_none_second, "INVARIANTS: S06 no id left, the search starts in "
    "the middle")
{

	boot();
	(void)thread_alloc(1);
	check_no_id();
}

#ifdef EPOCH_TRACE
TEST(inv_unlink_epoch, "INVARIANTS: thread_unlink of a thread inside an "
    "epoch section")
{

	multi(2);
	T1->td_epochs.slh_first = (void *)T1;
	PROC_LOCK(P);
	EXPECT_PANIC("Assertion SLIST_EMPTY(&td->td_epochs) failed at *",
	    thread_unlink(T1));
}
#endif

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
