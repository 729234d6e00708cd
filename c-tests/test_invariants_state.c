/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Kernels with INVARIANTS: assertions about modes, flags, counts and states,
 * with their messages.
 */
#include "harness.h"

#ifdef INVARIANTS

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
	EXPECT_PANIC("mode 3 proc * curproc *",
	    (void)thread_single(P, SINGLE_ALLPROC));
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

#ifdef PROFILE_14
int	thread_alloc_stack(struct thread *td, int pages);

TEST(inv_alloc_stack, "INVARIANTS: thread_alloc_stack of a thread that has a "
    "stack")
{

	boot();
	EXPECT_PANIC("thread_alloc_stack called on a thread with kstack",
	    (void)thread_alloc_stack(thread_alloc(1), 1));
}
#endif

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
	for (i = 1; i < 191; i++)
		thread_free(thread_alloc(1));
	/* Nobody gives an id back after this: the next one is not known. */
	(void)thread_alloc(1);
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

#endif /* INVARIANTS */
