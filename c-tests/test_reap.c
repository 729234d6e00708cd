/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Zombies: thread_stash(), reaping in batches, the callout, the task, the
 * barrier, memory domains.
 */
#include "harness.h"

static struct ucred *cred_a, *cred_b;
static struct plimit *lim_a, *lim_b;

/*
 * P is the process whose threads exit.
 */
static void
setup(void)
{

	zone_slab_items = 1;
	boot();
	P = mkproc("p", 100);
	cred_a = mkcred("credA", 1);
	cred_b = mkcred("credB", 2);
	lim_a = mklimit("limA");
	lim_b = mklimit("limB");
}

/*
 * A thread that has exited and is off its CPU, not yet stashed.
 */
static struct thread *
exited(struct ucred *cr, struct plimit *lim)
{
	struct thread *td;

	td = thread_alloc(1);
	td->td_proc = P;
	td->td_realucred = td->td_ucred = cr;
	cr->cr_users++;
	cr->cr_ref++;
	td->td_limit = lim;
	lim->pl_refcnt++;
	td->td_ucredref = 0;
	P->p_exitthreads++;
	return (td);
}

/*
 * Zombies are made of threads allocated beforehand: thread_alloc() reaps.
 */
static void
make_zombies(int n)
{
	struct thread *tds[128];
	int i;

	for (i = 0; i < n; i++)
		tds[i] = exited(cred_a, lim_a);
	for (i = 0; i < n; i++)
		thread_stash(tds[i]);
	clear_calls();
}

/*
 * What the reap task does; thread_reap_barrier() runs it.
 */
static void
reap(void)
{

	thread_reap_barrier();
}

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

	setup();
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

	setup();
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

	setup();
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

	setup();
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
	    "limbatch_final(limA*1) | -",
	    "free(*,temp) | -");
	CHECK_EQ(-1, td->td_tid);
	CHECK_EQ(0, thread_zone_fake.fz_live);
}

TEST(reap_order, "reaping: S24 newest zombie first")
{

	setup();
	make_zombies(3);
	reap();
	expect_only(ONLY("uma_zfree"),
	    "uma_zfree(THREAD,item2,NULL)",
	    "uma_zfree(THREAD,item1,NULL)",
	    "uma_zfree(THREAD,item0,NULL)");
}

TEST(reap_empty, "reaping: S24 nothing to reap: no batch is finished")
{

	setup();
	reap();
	CHECK_EQ(0, count_calls("credbatch_final("));
	CHECK_EQ(0, count_calls("limbatch_final("));
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

	setup();
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

	setup();
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
	CHECK_EQ(1, count_calls("limbatch_final("));
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
	setup();
	make_zombies(17);
	log_locks();
	reap();
	expect_only(ONLY("uma_zfree", "mtx_lock", "mtx_unlock",
	    "credbatch_final", "limbatch_final"),
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
	    "limbatch_final(limA*17) | -");
}

/*
 * How much of the limit is left shows the count of threads.
 */
static void
check_counts_released(int n)
{
	int i;

	set_maxthread(202);
	setup();
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
	setup();
	make_zombies(40);
	reap();
	for (i = 41; i < 200; i++)
		thread_free(thread_alloc(1));
	for (i = 1; i <= 40; i++)
		CHECK_EQ(THREAD0_TID + i, thread_alloc(1)->td_tid);
}

static int nfreed;

static void
try_alloc(void *arg)
{
	bool lowered;

	/* The count drops when 32 zombies are done: then one is to be had. */
	lowered = ++nfreed > 32;
	CHECK_EQ(lowered, thread_alloc(1) != NULL);
}

TEST(count_batch, "reaping: S24 the count is lowered by 32 at a time, not one "
    "by one and not only at the end")
{
	struct thread *tds[38];
	int i;

	/* thread0 and 38 zombies: the next one would need privilege. */
	set_maxthread(140);
	setup();
	for (i = 0; i < 38; i++)
		tds[i] = exited(cred_a, lim_a);
	for (i = 0; i < 38; i++)
		thread_stash(tds[i]);
	clear_calls();
	priv_deny(true);
	on_each("cpu_thread_free", try_alloc);
	reap();
	CHECK_EQ(38, nfreed);
}

static void
refused_still(void *arg)
{

	CHECK_PTR(NULL, thread_alloc(1));
}

TEST(count_final, "reaping: S24 the count is lowered last of all")
{
	struct thread *tds[5];
	int i;

	/* thread0 and 5 zombies: the next one would need privilege. */
	set_maxthread(107);
	setup();
	for (i = 0; i < 5; i++)
		tds[i] = exited(cred_a, lim_a);
	for (i = 0; i < 5; i++)
		thread_stash(tds[i]);
	priv_deny(true);
	on("limbatch_final", refused_still);
	reap();
	CHECK_EQ(1, count_calls("limbatch_final("));
	CHECK(thread_alloc(1) != NULL);
}

/*
 * Mixed credentials and limits.
 */
TEST(mixed, "reaping: S25 runs of credentials and limits; cached references "
    "are folded in")
{
	struct thread *tds[4];
	int i;

	setup();
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

	vm_ndomains = 2;
	setup();
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

	vm_ndomains = 3;
	setup();
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

	setup();
	latecomer = exited(cred_a, lim_a);
	thread_stash(exited(cred_a, lim_a));
	on_call("limbatch_final", 1, one_more);
	reap();
	CHECK_EQ(1, count_calls("limbatch_final("));
	CHECK_EQ(1, thread_zone_fake.fz_live);
	reap();
	CHECK_EQ(0, thread_zone_fake.fz_live);
}

/*
 * The callout.
 */
static void
fire(int zombies, int age)
{

	setup();
	make_zombies(1);
	/* A first reap notes the time. */
	ticks = 100000;
	reap();
	make_zombies(zombies);
	ticks += age;
	clear_calls();
	fire_callout();
}

TEST(callout_young, "reap callout: S27 zombies, but reaped exactly five "
    "seconds ago: no task; armed again")
{

	fire(1, 5 * hz);
	expect_calls("callout_reset_sbt_on(callout0,5000 ticks,0,NULL,-1,"
	    "C_HARDCLOCK) | -");
	CHECK_EQ(0, tasks_pending());
	CHECK_EQ(1, callouts_armed());
}

TEST(callout_old, "reap callout: S27 one tick later: the task is enqueued, "
    "then the callout armed again")
{

	fire(1, 5 * hz + 1);
	expect_calls(
	    "taskqueue_enqueue(taskqueue_thread,*) | -",
	    "callout_reset_sbt_on(callout0,5000 ticks,0,NULL,-1,"
	    "C_HARDCLOCK) | -");
	CHECK_EQ(1, tasks_pending());
}

TEST(callout_no_zombies, "reap callout: S27 no zombies: no task, however long "
    "ago")
{

	fire(0, 100 * hz);
	CHECK_EQ(0, tasks_pending());
	CHECK_EQ(1, callouts_armed());
}

TEST(callout_task, "reap callout: S27 the task reaps")
{

	fire(3, 6 * hz);
	clear_calls();
	run_tasks();
	CHECK_EQ(3, count_calls("uma_zfree("));
	CHECK_EQ(0, thread_zone_fake.fz_live);
}

TEST(callout_boot, "reap callout: S27 right after boot any zombie is old: "
    "ticks starts near INT_MAX")
{

	setup();
	make_zombies(1);
	clear_calls();
	fire_callout();
	CHECK_EQ(1, tasks_pending());
}

TEST(callout_wrap, "reap callout: S27 ticks wrap: the age is unsigned")
{

	setup();
	make_zombies(1);
	ticks = INT_MAX - 10;
	reap();
	make_zombies(1);
	ticks = INT_MIN + 100;
	fire_callout();
	CHECK_EQ(0, tasks_pending());
	ticks = INT_MIN + 5 * hz;
	fire_callout();
	CHECK_EQ(1, tasks_pending());
}

TEST(callout_repeats, "reap callout: S27 it arms itself each time")
{

	setup();
	fire_callout();
	fire_callout();
	fire_callout();
	CHECK_EQ(1, callouts_armed());
}

TEST(callout_domains, "reap callout: S27 any domain with old zombies will do, "
    "the task is enqueued once")
{
	struct thread *tds[3];
	int i;

	vm_ndomains = 3;
	setup();
	for (i = 0; i < 3; i++) {
		tds[i] = exited(cred_a, lim_a);
		tds[i]->td_allocdomain = i;
	}
	thread_stash(tds[1]);
	thread_stash(tds[2]);
	clear_calls();
	fire_callout();
	CHECK_EQ(1, count_calls("taskqueue_enqueue("));
}

TEST(callout_domain_old, "reap callout: S27 a young domain does not hide an "
    "old one")
{
	struct thread *tds[2];

	vm_ndomains = 2;
	setup();
	tds[0] = exited(cred_a, lim_a);
	tds[1] = exited(cred_a, lim_a);
	tds[1]->td_allocdomain = 1;
	thread_stash(tds[0]);
	ticks = 100000;
	reap();
	tds[0] = exited(cred_a, lim_a);
	thread_stash(tds[0]);
	thread_stash(tds[1]);
	ticks += hz;
	fire_callout();
	CHECK_EQ(1, tasks_pending());
}

TEST(callout_domains_all, "reap callout: S27 the last domain is looked at, "
    "none beyond it")
{
	struct thread *td;

	vm_ndomains = 2;
	setup();
	td = exited(cred_a, lim_a);
	td->td_allocdomain = 2;
	thread_stash(td);
	fire_callout();
	CHECK_EQ(0, tasks_pending());
	td = exited(cred_a, lim_a);
	td->td_allocdomain = 1;
	thread_stash(td);
	fire_callout();
	CHECK_EQ(1, tasks_pending());
}

TEST(reapticks_empty, "reap callout: S24 reaping an empty list does not note "
    "the time")
{

	setup();
	make_zombies(1);
	ticks = 100000;
	reap();
	ticks += 4 * hz;
	reap();
	make_zombies(1);
	ticks += 2 * hz;
	fire_callout();
	CHECK_EQ(1, tasks_pending());
}

/*
 * The barrier.
 */
static struct thread *parked;

static void
switch_stashes(void *arg)
{

	CHECK_LOCKS("-");
	thread_stash(parked);
}

TEST(barrier_deadthread, "thread_reap_barrier: S28 a thread parked as a CPU's "
    "deadthread is reaped by the time it returns")
{

	setup();
	parked = exited(cred_a, lim_a);
	clear_calls();
	on("quiesce_all_cpus", switch_stashes);
	thread_reap_barrier();
	CHECK_EQ(1, count_calls("uma_zfree(THREAD,item0"));
	CHECK_EQ(0, tasks_pending());
}

static void
check_task(void *arg)
{
	struct task *t;

	t = arg;
	CHECK_EQ(0, t->ta_pending);
	CHECK_EQ(0, t->ta_priority);
	CHECK_EQ(0, t->ta_flags);
	CHECK_PTR(t, t->ta_context);
	name_ptr(t, "private");
}

TEST(barrier_task, "thread_reap_barrier: S28 a private task, fully "
    "initialised, its own argument, freed after the drain")
{

	setup();
	on("taskqueue_enqueue", check_task);
	thread_reap_barrier();
	expect_only(ONLY("taskqueue_drain", "free"),
	    "taskqueue_drain(taskqueue_thread,private) | -",
	    "free(private,temp) | -");
}

TEST(barrier_malloc, "thread_reap_barrier: S28 allocates one struct task")
{
	char line[64];

	setup();
	thread_reap_barrier();
	snprintf(line, sizeof(line), "malloc(%zu,temp,M_WAITOK)",
	    sizeof(struct task));
	CHECK_EQ(1, count_calls(line));
}
