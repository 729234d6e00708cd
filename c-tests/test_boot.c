/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * threadinit(): what it sets up, from which numbers, in which order.
 */
#include "harness.h"

/*
 * The kernel's state when init_main calls threadinit().
 */
static void
before_threadinit(void)
{

	proc0p = mkproc("proc0", 0);
	thread0p = mkthread(proc0p, "thread0", 0);
	exits(thread0p);
	set_curthread(thread0p);
	boot_sysinits();
	proc_linkup0(proc0p, thread0p);
	TD_SET_RUNNING(thread0p);
	clear_calls();
}

TEST(threadinit_calls, "threadinit: S01 every call, in order, without locks")
{

	before_threadinit();
	threadinit();
	CHECK_LOCKS("-");
	/*
	 * 150000 ids are 18752 bytes, rounded up to longs; 100000 are 12500.
	 * Summaries take 37 and 1 long more, or 98, 4 and 1.
	 */
	expect_calls(
	    "mtx_init(TID lock,NULL,MTX_DEF) | -",
	    IF_LP64(BY_ALGORITHM(
	    "malloc(18752,tidhash,M_WAITOK|M_ZERO) | -",
	    "malloc(19056,tidhash,M_WAITOK|M_ZERO) | -")),
	    IF_ILP32(BY_ALGORITHM(
	    "malloc(12500,tidhash,M_WAITOK|M_ZERO) | -",
	    "malloc(12912,tidhash,M_WAITOK|M_ZERO) | -")),
	    "uma_zcreate(THREAD) | -",
	    "hashinit(50,tidhash) | -",
	    "malloc(*,tidhash,M_WAITOK|M_ZERO) | -",
	    "rw_init(tidhash,0) | -",
	    "callout_init(callout0,1) | -",
	    "callout_reset_sbt_on(callout0,5000 ticks,0,NULL,-1,"
	    "C_HARDCLOCK) | -",
	    "ast_register(SUSPEND,ASTR_ASTF_REQUIRED,0) | -");
}

TEST(threadinit_zone, "threadinit: S01 the zone: size from the scheduler, "
    "all four functions, alignment, NOFREE only")
{

	before_threadinit();
	threadinit();
	CHECK_STR("THREAD", thread_zone_fake.fz_name);
	CHECK_EQ(sched_sizeof_thread(), thread_zone_fake.fz_size);
	CHECK(thread_zone_fake.fz_ctor != NULL);
	CHECK(thread_zone_fake.fz_dtor != NULL);
	CHECK(thread_zone_fake.fz_init != NULL);
	CHECK(thread_zone_fake.fz_fini != NULL);
	CHECK_EQ(THREAD_ALIGN, thread_zone_fake.fz_align);
	CHECK_EQ(UMA_ZONE_NOFREE, thread_zone_fake.fz_flags);
}

TEST(threadinit_align, "threadinit: S01 low bits of a thread's address stay "
    "free on machines with small cache lines too")
{

	before_threadinit();
	cache_align_mask = 7;
	threadinit();
	CHECK_EQ(31, thread_zone_fake.fz_align);
}

TEST(threadinit_callout, "threadinit: S01 the reap callout is armed once")
{

	before_threadinit();
	threadinit();
	CHECK_EQ(1, callouts_armed());
	CHECK_EQ(0, tasks_pending());
}

TEST(threadinit_locks, "threadinit: tid_lock is initialised before it is "
    "taken, and taken once, for thread0's id")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	before_threadinit();
	log_locks();
	threadinit();
	expect_only(ONLY("mtx_init", "mtx_lock", "mtx_unlock"),
	    "mtx_init(TID lock,NULL,MTX_DEF) | -",
	    "mtx_lock(tid_lock) | -",
	    "mtx_unlock(tid_lock) | tid_lock");
}

TEST(threadinit_first_id, "threadinit: S01 takes the first id: the next "
    "thread gets 100001")
{

	before_threadinit();
	threadinit();
	CHECK_EQ(THREAD0_TID + 1, thread_alloc(1)->td_tid);
}

TEST(threadinit_hash, "threadinit: S01 leaves adding thread0 to the hash to "
    "its caller")
{

	before_threadinit();
	threadinit();
	CHECK(LIST_EMPTY(&tidhash_fake.hf_table[THREAD0_TID &
	    tidhash_fake.hf_mask]));
}

static void
check_maxthread(int procs, int perproc, int expected)
{

	before_threadinit();
	maxproc = procs;
	max_threads_per_proc = perproc;
	threadinit();
	CHECK_EQ(expected, get_maxthread());
}

TEST(maxthread_default, "threadinit: S02 maxthread is maxproc times threads "
    "per process")
{

	check_maxthread(60, 1500, 90000);
}

TEST(maxthread_capped, "threadinit: S02 maxthread is at most a million, a "
    "tenth of that on a 32-bit machine")
{

	check_maxthread(5000, 1500, MAXTHREAD_CAP);
}

TEST(maxthread_at_cap, "threadinit: S02 exactly as many are not cut")
{

	check_maxthread(1000, MAXTHREAD_CAP / 1000, MAXTHREAD_CAP);
}

TEST(maxthread_tuned, "threadinit: S02 a tuned maxthread stays, even an odd "
    "one, and sizes the bitmap")
{

	before_threadinit();
	set_maxthread(1001);
	threadinit();
	CHECK_EQ(1001, get_maxthread());
	expect_only(ONLY("malloc"),
	    BY_ALGORITHM("malloc(128,tidhash,M_WAITOK|M_ZERO)",
	    IF_LP64("malloc(136,tidhash,M_WAITOK|M_ZERO)")
	    IF_ILP32("malloc(132,tidhash,M_WAITOK|M_ZERO)")),
	    "malloc(*,tidhash,M_WAITOK|M_ZERO)");
}

TEST(maxthread_tuned_large, "threadinit: S02 a tuned maxthread above a "
    "million stays")
{

	before_threadinit();
	set_maxthread(2000000);
	threadinit();
	CHECK_EQ(2000000, get_maxthread());
}

static void
check_hash(int procs, u_long buckets, int nlocks)
{
	char lock_table[64];

	before_threadinit();
	maxproc = procs;
	threadinit();
	CHECK_EQ(buckets - 1, tidhash_fake.hf_mask);
	CHECK_EQ(nlocks, tidhash_nlocks);
	CHECK_EQ(nlocks, count_calls("rw_init(tidhash,0)"));
	snprintf(lock_table, sizeof(lock_table),
	    "malloc(%zu,tidhash,M_WAITOK|M_ZERO)",
	    BY_ALGORITHM(nlocks * sizeof(struct rwlock),
	    (nlocks + 1) * CACHE_LINE_SIZE - sizeof(uintptr_t)));
	CHECK_EQ(1, count_calls(lock_table));
}

TEST(hash_32, "threadinit: S70 32 buckets: one lock")
{

	check_hash(100, 32, 1);
}

TEST(hash_64, "threadinit: S70 64 buckets: one lock")
{

	check_hash(128, 64, 1);
}

TEST(hash_128, "threadinit: S70 128 buckets: two locks")
{

	check_hash(256, 128, 2);
}

TEST(hash_4096, "threadinit: S70 4096 buckets: 64 locks")
{

	check_hash(10000, 4096, 64);
}

TEST(linkup0, "proc_linkup0: S01 starts the list of threads, whatever it "
    "held, and links thread0")
{
	struct thread *td;

	P = mkproc("p", 1);
	td = mkthread(P, "td", 0);
	set_curthread(td);
	P->p_numthreads = 5;
	td->td_flags = -1;
	td->td_plist.tqe_next = td;
	P->p_threads.tqh_first = P->p_threads.tqh_first->td_plist.tqe_next;
	proc_linkup0(P, td);
	CHECK_EQ(1, P->p_numthreads);
	CHECK_PTR(td, TAILQ_FIRST(&P->p_threads));
	CHECK_PTR(NULL, TAILQ_NEXT(td, td_plist));
	CHECK_PTR(P, td->td_proc);
	expect_calls(
	    "sigqueue_init(&p.p_sigqueue,p) | -",
	    "ksiginfo_alloc(M_WAITOK) | -",
	    "sigqueue_init(&td.td_sigqueue,p) | -",
	    "callout_init(&td.td_slpcallout,1) | -");
}

TEST(thread0_limit, "threadinit: H7 thread0's slot counts against maxthread, "
    "privilege is asked near the limit")
{

	before_threadinit();
	set_maxthread(101);
	threadinit();
	CHECK_EQ(1, count_calls("priv_check_cred(cred,PRIV_MAXPROC)"));
}

TEST(thread0_no_room, "threadinit: H7 with a maxthread of 1 thread0 is "
    "refused, which is said, and gets its id all the same")
{

	before_threadinit();
	set_maxthread(1);
	threadinit();
	expect_only(ONLY("priv_check_cred", "printf"),
	    "priv_check_cred(cred,PRIV_MAXPROC) | -",
	    "priv_check_cred(cred,PRIV_MAXPROC) | -",
	    "printf(maxthread limit exceeded by uid 0 (pid 0); consider "
	    "increasing kern.maxthread) | -");
}

TEST(threadinit_order, "threadinit: thread0 is counted before it gets its id")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	before_threadinit();
	set_maxthread(101);
	log_locks();
	threadinit();
	expect_only(ONLY("priv_check_cred", "mtx_lock"),
	    "priv_check_cred(cred,PRIV_MAXPROC) | -",
	    "mtx_lock(tid_lock) | -");
}

TEST(threadinit_twice, "threadinit: panics when the first id is not thread0's")
{

	before_threadinit();
	threadinit();
	EXPECT_PANIC("tid0 100001 != 100000\n", threadinit());
}

TEST(threadinit_twice_no_room, "threadinit: H7 the same if the second thread0 "
    "is refused")
{

	before_threadinit();
	set_maxthread(2);
	threadinit();
	EXPECT_PANIC("tid0 100001 != 100000\n", threadinit());
	CHECK_EQ(1, count_calls("printf("));
}
