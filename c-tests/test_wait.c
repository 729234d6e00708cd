/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * thread_wait(): what wait(2) does to the last thread of a zombie process.
 */
#include "harness.h"

static void
waitable(void)
{

	zone_slab_items = 1;
	boot();
	multi(1);
	controller();
	TD_SET_STATE(T0, TDS_INACTIVE);
	clear_calls();
}

TEST(wait_calls, "thread_wait: S23 every call, in order, without locks")
{

	waitable();
	thread_wait(P);
	CHECK_LOCKS("-");
	expect_calls(
	    "thread_lock(T0) | -",
	    IF_LOCKPROF("lock_profile_thread_exit(T0) | -"),
	    "cpuset_rel(cpuset) | -",
	    "cpu_thread_clean(T0) | -",
	    "crcowfree(T0) | -",
	    "lim_free(limit) | -",
	    "callout_drain(&T0.td_slpcallout,CS_DRAIN) | -");
	CHECK_PTR(NULL, T0->td_cpuset);
}

TEST(wait_keeps, "thread_wait: S23 the thread stays with the process, with "
    "its id and stack")
{

	waitable();
	thread_wait(P);
	CHECK_EQ(1, P->p_numthreads);
	CHECK_PTR(T0, FIRST_THREAD_IN_PROC(P));
	CHECK_EQ(101, T0->td_tid);
	CHECK(T0->td_kstack != 0);
	CHECK_UNOWNED(T0->td_lock->mtx_lock);
}

extern struct mtx blocked_lock;
static struct mtx cpu_lock;

static void
switched_out(void *arg)
{

	T0->td_lock = &cpu_lock;
}

TEST(wait_blocked, "thread_wait: S23 waits until the thread's CPU has "
    "switched away from it")
{

	waitable();
	lock_register(&cpu_lock.mtx_lock, LOCK_SPIN, "cpu_lock");
	T0->td_lock = &blocked_lock;
	on("thread_lock", switched_out);
	thread_wait(P);
	CHECK_UNOWNED(cpu_lock.mtx_lock);
}

TEST(wait_no_cow, "thread_wait: S17 a thread without credentials and limits")
{

	waitable();
	T0->td_realucred = NULL;
	T0->td_limit = NULL;
	thread_wait(P);
	CHECK_EQ(0, count_calls("crcowfree("));
	CHECK_EQ(0, count_calls("lim_free("));
}

TEST(wait_reaps, "thread_wait: S23 reaps the local domain at the end, not "
    "the waited-for thread")
{
	struct thread *td;

	waitable();
	td = thread_alloc(1);
	td->td_proc = C;
	td->td_realucred = td->td_ucred = C->p_ucred;
	td->td_limit = C->p_limit;
	C->p_exitthreads = 1;
	thread_stash(td);
	clear_calls();
	thread_wait(P);
	expect_only(ONLY("callout_drain", "uma_zfree"),
	    "callout_drain(&T0.td_slpcallout,CS_DRAIN) | -",
	    "callout_drain(&item0.td_slpcallout,CS_DRAIN) | -",
	    "uma_zfree(THREAD,item0,NULL) | -");
}

TEST(wait_local_only, "thread_wait: S26 leaves zombies of other domains "
    "alone")
{
	struct thread *td;

	domains(2);
	waitable();
	td = thread_alloc(1);
	td->td_proc = C;
	td->td_realucred = td->td_ucred = C->p_ucred;
	td->td_limit = C->p_limit;
	C->p_exitthreads = 1;
	thread_stash(td);
	kt_pcpu.pc_domain = 1;
	thread_wait(P);
	CHECK_EQ(0, count_calls("uma_zfree("));
}
