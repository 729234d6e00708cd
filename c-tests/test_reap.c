/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Zombies: thread_stash(), and reaping in batches, by memory domain.
 */
#include "harness.h"
#include "zombies.h"

/*
 * thread_stash.
 */
static void
check_alone(void *arg)
{

	fatal("thread_stash makes no call");
}

TEST(stash, "thread_stash: S21 lowers p_exitthreads, makes no calls, takes "
    "no locks")
{
	struct thread *td;

	zombies_boot();
	td = exited(cred_a, lim_a);
	P->p_exitthreads = 3;
	log_locks();
	on("mtx_lock", check_alone);
	clear_calls();
	thread_stash(td);
	CHECK_EQ(2, P->p_exitthreads);
	CHECK_PTR(NULL, td->td_zombie);
	expect_no_calls();
}

TEST(stash_list, "thread_stash: S21 last in, first out, linked through "
    "td_zombie")
{
	struct thread *a, *b, *c;

	zombies_boot();
	a = exited(cred_a, lim_a);
	b = exited(cred_a, lim_a);
	c = exited(cred_a, lim_a);
	thread_stash(a);
	thread_stash(b);
	thread_stash(c);
	CHECK_PTR(b, c->td_zombie);
	CHECK_PTR(a, b->td_zombie);
	CHECK_PTR(NULL, a->td_zombie);
	CHECK_EQ(0, P->p_exitthreads);
}

static void
see_uncounted(void)
{

	CHECK_EQ(2, P->p_exitthreads);
}

TEST(stash_order, "thread_stash: S21 the process no longer waits for the "
    "thread before the thread can be reaped")
{
	static struct thread0_storage storage __aligned(PAGE_SIZE);
	struct thread *td;

	zombies_boot();
	td = &storage.t0st_thread;
	td->td_proc = P;
	P->p_exitthreads = 3;
	tap_watch(td, see_uncounted);
	thread_stash(td);
	CHECK_EQ(1, tap_watched());
}

/*
 * One zombie, every call.
 */
TEST(reap_calls, "reaping: S24 one zombie, every call in order, without "
    "locks")
{
	struct thread *td;

	zombies_boot();
	handler_add(_eventhandler_list_thread_dtor, 0, "dtor_event");
	td = exited(cred_a, lim_a);
	td->td_cpuset = (struct cpuset *)(uintptr_t)0xc5e7;
	name_ptr(td->td_cpuset, "cpuset");
	thread_stash(td);
	clear_calls();
	thread_reap_barrier();
	expect_calls(
	    "quiesce_all_cpus(\"\",PDROP) | -",
	    "malloc(*,temp,M_WAITOK) | -",
	    "taskqueue_enqueue(taskqueue_thread,*) | -",
	    "taskqueue_drain(taskqueue_thread,*) | -",
	    "dtor_event(item0) | -",
	    "eventhandler_prune_list(thread_dtor) | thread_dtor",
	    "credbatch_add(item0) | -",
	    "limbatch_add(item0) | -",
	    IF_LOCKPROF("lock_profile_thread_exit(item0) | -"),
	    "cpuset_rel(cpuset) | -",
	    "cpu_thread_free(item0) | -",
	    "vm_thread_dispose(item0) | -",
	    "callout_drain(&item0.td_slpcallout,CS_DRAIN) | -",
	    IF_KMSAN("kmsan_thread_free(item0) | -"),
	    "uma_zfree(THREAD,item0,NULL) | -",
	    IF_AUDIT("audit_thread_free(item0) | -"),
	    IF_KDTRACE("kdtrace_thread_dtor(item0) | -"),
	    "osd_exit(OSD_THREAD,&item0.td_osd) | -",
	    "ast_kclear(item0) | -",
	    "seltdfini(item0) | -",
	    "credbatch_final(credA*1) | -",
	    LIM_FREE "(limA*1) | -",
	    "free(*,temp) | -");
	CHECK_EQ(-1, td->td_tid);
	CHECK_EQ(0, thread_zone_fake.fz_live);
}

TEST(reap_order, "reaping: S24 newest zombie first")
{

	zombies_boot();
	make_zombies(3);
	reap();
	expect_only(ONLY("uma_zfree"),
	    "uma_zfree(THREAD,item2,NULL)",
	    "uma_zfree(THREAD,item1,NULL)",
	    "uma_zfree(THREAD,item0,NULL)");
}

TEST(reap_empty, "reaping: S24 nothing to reap: no batch is finished")
{

	zombies_boot();
	reap();
	CHECK_EQ(0, count_calls("credbatch_final("));
	CHECK_EQ(0, count_calls(LIM_FREE "("));
}

static void
reuse_memory(void *arg)
{
	struct thread *td;

	/* The freed structure may be somebody else's at once. */
	td = arg;
	td->td_zombie = (struct thread *)(uintptr_t)0xdead;
	td->td_tid = 77;
}

TEST(reap_link_first, "reaping: S24 link and id of a zombie are read before "
    "it is freed")
{

	zombies_boot();
	make_zombies(3);
	on_each("seltdfini", reuse_memory);
	reap();
	CHECK_EQ(3, count_calls("uma_zfree("));
}

/*
 * Batches.
 */
static void
check_batches(int n)
{

	zombies_boot();
	make_zombies(n);
	CHECK_EQ(n, thread_zone_fake.fz_live);
	log_locks();
	reap();
	CHECK_EQ(0, thread_zone_fake.fz_live);
#ifdef LOCKS_VISIBLE
	CHECK_EQ(howmany(n, 16), count_calls("mtx_lock(tid_lock)"));
	CHECK_EQ(howmany(n, 16), count_calls("mtx_unlock(tid_lock)"));
#endif
	CHECK_EQ(n, count_calls("uma_zfree("));
	CHECK_EQ(1, count_calls("credbatch_final("));
	CHECK_EQ(1, count_calls(LIM_FREE "("));
	CHECK_EQ(1, cred_a->cr_users);
	CHECK_EQ(1, cred_a->cr_ref);
	CHECK_EQ(1, lim_a->pl_refcnt);
}

TEST(batch_1, "reaping: S24 batches, 1 zombie")
{

	check_batches(1);
}

TEST(batch_15, "reaping: S24 batches, 15 zombies")
{

	check_batches(15);
}

TEST(batch_16, "reaping: S24 batches, 16 zombies: one full batch of ids, no "
    "remainder")
{

	check_batches(16);
}

TEST(batch_17, "reaping: S24 batches, 17 zombies")
{

	check_batches(17);
}

TEST(batch_31, "reaping: S24 batches, 31 zombies")
{

	check_batches(31);
}

TEST(batch_32, "reaping: S24 batches, 32 zombies: one full batch of counts")
{

	check_batches(32);
}

TEST(batch_33, "reaping: S24 batches, 33 zombies")
{

	check_batches(33);
}

TEST(batch_64, "reaping: S24 batches, 64 zombies")
{

	check_batches(64);
}

TEST(batch_moment, "reaping: S24 the 16th zombie is freed before its batch of "
    "ids is released")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	zombies_boot();
	make_zombies(17);
	log_locks();
	reap();
	expect_only(ONLY("uma_zfree", "mtx_lock", "mtx_unlock",
	    "credbatch_final", LIM_FREE),
	    "uma_zfree(THREAD,item16,NULL)",
	    "uma_zfree(THREAD,item15,NULL)",
	    "uma_zfree(THREAD,item14,NULL)",
	    "uma_zfree(THREAD,item13,NULL)",
	    "uma_zfree(THREAD,item12,NULL)",
	    "uma_zfree(THREAD,item11,NULL)",
	    "uma_zfree(THREAD,item10,NULL)",
	    "uma_zfree(THREAD,item9,NULL)",
	    "uma_zfree(THREAD,item8,NULL)",
	    "uma_zfree(THREAD,item7,NULL)",
	    "uma_zfree(THREAD,item6,NULL)",
	    "uma_zfree(THREAD,item5,NULL)",
	    "uma_zfree(THREAD,item4,NULL)",
	    "uma_zfree(THREAD,item3,NULL)",
	    "uma_zfree(THREAD,item2,NULL)",
	    "uma_zfree(THREAD,item1,NULL)",
	    "mtx_lock(tid_lock) | -",
	    "mtx_unlock(tid_lock) | tid_lock",
	    "uma_zfree(THREAD,item0,NULL)",
	    "mtx_lock(tid_lock) | -",
	    "mtx_unlock(tid_lock) | tid_lock",
	    "credbatch_final(credA*17) | -",
	    LIM_FREE "(limA*17) | -");
}

/*
 * How much of the limit is left shows the count of threads.
 */
static void
check_counts_released(int n)
{
	int i;

	set_maxthread(202);
	zombies_boot();
	make_zombies(n);
	reap();
	priv_deny(true);
	for (i = 0; thread_alloc(1) != NULL; i++)
		clear_calls();
	/* thread0 has one of the 101 that are not reserved. */
	CHECK_EQ(100, i);
}

TEST(count_31, "reaping: S05 the count of threads is right after 31 zombies")
{

	check_counts_released(31);
}

TEST(count_32, "reaping: S05 the count of threads is right after 32 zombies")
{

	check_counts_released(32);
}

TEST(count_65, "reaping: S05 the count of threads is right after 65 zombies")
{

	check_counts_released(65);
}

TEST(ids_released, "reaping: S06 all ids of 40 zombies are free again")
{
	int i;

	set_maxthread(200);
	zombies_boot();
	make_zombies(40);
	reap();
	for (i = 41; i < 200; i++)
		thread_free(thread_alloc(1));
	for (i = 1; i <= 40; i++)
		CHECK_EQ(THREAD0_TID + i, thread_alloc(1)->td_tid);
}

/* The count is lowered with the ids or, in the C file, by itself. */
#define	COUNT_BATCH	BY_ALGORITHM(32, 16)

#define	MANY_ZOMBIES	38

/*
 * Boots, and leaves so many zombies that with thread0 the next thread would need
 * privilege, which is denied.
 */
static void
zombies_up_to_the_reserve(int n)
{
	struct thread *tds[MANY_ZOMBIES];
	int i;

	set_maxthread(n + 102);
	zombies_boot();
	for (i = 0; i < n; i++)
		tds[i] = exited(cred_a, lim_a);
	for (i = 0; i < n; i++)
		thread_stash(tds[i]);
	priv_deny(true);
}

static int nfreed;

static void
try_alloc(void *arg)
{
	bool lowered;

	/* The count drops when so many zombies are done: then one is to be had. */
	lowered = ++nfreed > COUNT_BATCH;
	CHECK_EQ(lowered, thread_alloc(1) != NULL);
}

TEST(count_batch, "reaping: S24 the count is lowered by 32 or 16 at a time, not "
    "one by one and not only at the end")
{

	zombies_up_to_the_reserve(MANY_ZOMBIES);
	clear_calls();
	on_each("cpu_thread_free", try_alloc);
	reap();
	CHECK_EQ(MANY_ZOMBIES, nfreed);
}

#ifdef ALGORITHMS_C
static void
refused_still(void *arg)
{

	CHECK_PTR(NULL, thread_alloc(1));
}

TEST(count_final, "reaping: S24 the count is lowered last of all")
{

	zombies_up_to_the_reserve(5);
#ifdef OLDER
	/* Limits went after the count. */
	on("credbatch_final", refused_still);
#else
	on(LIM_FREE, refused_still);
#endif
	reap();
	CHECK_EQ(1, count_calls(LIM_FREE "("));
	CHECK(thread_alloc(1) != NULL);
}
#else
static void
admitted_already(void *arg)
{

	CHECK(thread_alloc(1) != NULL);
}

TEST(count_with_ids, "reaping: S24 the count is lowered with the last ids, "
    "before credentials and limits go")
{

	zombies_up_to_the_reserve(5);
	on("credbatch_final", admitted_already);
	reap();
	CHECK_EQ(1, count_calls("credbatch_final("));
	CHECK(thread_alloc(1) != NULL);
}
#endif

/*
 * Mixed credentials and limits.
 */
TEST(mixed, "reaping: S25 runs of credentials and limits; cached references "
    "are folded in")
{
	struct thread *tds[4];
	int i;

	zombies_boot();
	tds[3] = exited(cred_a, lim_a);
	tds[2] = exited(cred_b, lim_b);
	tds[1] = exited(cred_a, lim_b);
	tds[0] = exited(cred_a, lim_a);
	tds[1]->td_ucredref = 5;
	for (i = 0; i < 4; i++)
		thread_stash(tds[i]);
	reap();
	CHECK_EQ(1, cred_a->cr_users);
	CHECK_EQ(1, cred_b->cr_users);
	CHECK_EQ(6, cred_a->cr_ref);
	CHECK_EQ(1, cred_b->cr_ref);
	CHECK_EQ(1, lim_a->pl_refcnt);
	CHECK_EQ(1, lim_b->pl_refcnt);
	CHECK_PTR(NULL, tds[0]->td_realucred);
	CHECK_PTR(lim_a, tds[0]->td_limit);
}

/*
 * Domains.
 */
TEST(domain_local, "reaping: S26 thread_alloc below the limit leaves zombies "
    "of other domains alone")
{

	domains(2);
	zombies_boot();
	make_zombies(2);
	kt_pcpu.pc_domain = 1;
	(void)thread_alloc(1);
	CHECK_EQ(0, count_calls("credbatch_final("));
	kt_pcpu.pc_domain = 0;
	(void)thread_alloc(1);
	CHECK_EQ(1, count_calls("credbatch_final("));
}

TEST(domain_task, "reaping: S26 the task takes all domains, the local one "
    "first")
{
	struct thread *tds[3];
	int i;

	domains(3);
	zombies_boot();
	for (i = 0; i < 3; i++) {
		tds[i] = exited(cred_a, lim_a);
		tds[i]->td_allocdomain = i;
	}
	for (i = 0; i < 3; i++)
		thread_stash(tds[i]);
	kt_pcpu.pc_domain = 1;
	reap();
	expect_only(ONLY("uma_zfree", "credbatch_final"),
	    "uma_zfree(THREAD,item1,NULL)",
	    "credbatch_final(credA*1)",
	    "uma_zfree(THREAD,item2,NULL)",
	    "credbatch_final(credA*1)",
	    "uma_zfree(THREAD,item0,NULL)",
	    "credbatch_final(credA*1)");
}

static struct thread *latecomer;

static void
one_more(void *arg)
{

	thread_stash(latecomer);
}

TEST(domain_once, "reaping: S26 the task goes round once: a zombie of a domain "
    "that is done waits for the next time")
{

	zombies_boot();
	latecomer = exited(cred_a, lim_a);
	thread_stash(exited(cred_a, lim_a));
	on_call(LIM_FREE, 1, one_more);
	reap();
	CHECK_EQ(1, count_calls(LIM_FREE "("));
	CHECK_EQ(1, thread_zone_fake.fz_live);
	reap();
	CHECK_EQ(0, thread_zone_fake.fz_live);
}


TEST(reap_no_stack, "reaping: a zombie that has no kernel stack any more")
{
	struct thread *td;

	zombies_boot();
	td = exited(cred_a, lim_a);
	td->td_kstack = 0;
	thread_stash(td);
	clear_calls();
	reap();
	CHECK_EQ(0, count_calls("vm_thread_dispose("));
	CHECK_EQ(0, thread_zone_fake.fz_live);
}
