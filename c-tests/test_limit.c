/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * kern.maxthread: the privileged reserve of the last 100, reaping before a
 * refusal, and the message.
 */
#include "harness.h"

static int
alloc_all(void)
{
	int n;

	for (n = 0; thread_alloc(1) != NULL; n++)
		clear_calls();
	return (n);
}

static void
setup(int maxthread)
{

	zone_slab_items = 1;
	set_maxthread(maxthread);
	boot();
	thread0p->td_ucred->cr_ruid = 1001;
}

TEST(limit_unprivileged, "kern.maxthread: S03 unprivileged: 100 less than "
    "the limit, thread0 included")
{

	setup(400);
	priv_deny(true);
	CHECK_EQ(298, alloc_all());
	priv_deny(false);
	/* The refusal took nothing: privileged goes on to one below. */
	CHECK_EQ(100, alloc_all());
}

TEST(limit_privileged, "kern.maxthread: S03 privileged: one less than the "
    "limit, thread0 included")
{

	setup(400);
	CHECK_EQ(398, alloc_all());
}

TEST(limit_not_asked, "kern.maxthread: S03 privilege is not asked for below "
    "the reserve")
{
	int i;

	setup(400);
	for (i = 2; i < 300; i++) {
		CHECK(thread_alloc(1) != NULL);
		CHECK_EQ(0, count_calls("priv_check_cred("));
		clear_calls();
	}
	CHECK(thread_alloc(1) != NULL);
	expect_only(ONLY("priv_check_cred"),
	    "priv_check_cred(cred,PRIV_MAXPROC) | -");
}

TEST(limit_asked_twice, "kern.maxthread: S03 a refusal has asked twice, "
    "before and after reaping all domains")
{

	setup(110);
	priv_deny(true);
	(void)alloc_all();
	CHECK_EQ(2, count_calls("priv_check_cred("));
}

TEST(limit_asked_at_end, "kern.maxthread: S03 at the very limit privilege is "
    "asked and does not help")
{

	setup(110);
	(void)alloc_all();
	CHECK_EQ(2, count_calls("priv_check_cred("));
}

TEST(limit_message, "kern.maxthread: S04 the message names real uid and pid")
{

	setup(110);
	priv_deny(true);
	(void)alloc_all();
	expect_calls(
	    "priv_check_cred(cred,PRIV_MAXPROC) | -",
	    "priv_check_cred(cred,PRIV_MAXPROC) | -",
	    RATECHECK "(1) | -",
	    "printf(maxthread limit exceeded by uid 1001 (pid 0); consider "
	    "increasing kern.maxthread) | -");
}

TEST(limit_silent, "kern.maxthread: S04 the message is left out when the rate "
    "check says so")
{

	setup(110);
	priv_deny(true);
	returns(RATECHECK, 0);
	(void)alloc_all();
	CHECK_EQ(1, count_calls(RATECHECK "(1)"));
	CHECK_EQ(0, count_calls("printf("));
}

TEST(limit_nothing_taken, "kern.maxthread: S05 refusals do not count: one "
    "freed slot can be had again")
{
	struct thread *td;
	int i;

	setup(110);
	td = thread_alloc(1);
	(void)alloc_all();
	for (i = 0; i < 50; i++)
		CHECK_PTR(NULL, thread_alloc(1));
	thread_free(td);
	CHECK(thread_alloc(1) != NULL);
	CHECK_PTR(NULL, thread_alloc(1));
}

/*
 * A zombie of another memory domain is only reaped on shortage.
 */
static void
zombie(struct thread *td)
{

	td->td_proc = P;
	td->td_realucred = td->td_ucred = P->p_ucred;
	td->td_limit = P->p_limit;
	P->p_exitthreads++;
	thread_stash(td);
}

TEST(limit_reaps, "kern.maxthread: S04 on shortage all domains are reaped and "
    "the thread is had after all, without a message")
{
	struct thread *td;

	domains(2);
	kt_pcpu.pc_domain = 1;
	setup(110);
	P = mkproc("p", 100);
	td = thread_alloc(1);
	(void)alloc_all();
	zombie(td);
	clear_calls();
	CHECK(thread_alloc(1) != NULL);
	CHECK_EQ(1, count_calls("credbatch_final("));
	CHECK_EQ(0, count_calls("printf("));
	CHECK_EQ(0, count_calls(RATECHECK "("));
}

TEST(limit_reaps_below, "kern.maxthread: S04 after reaping on shortage there "
    "is room below the reserve: privilege is not asked for again")
{
	struct thread *tds[3];
	int i;

	domains(2);
	kt_pcpu.pc_domain = 1;
	setup(400);
	priv_deny(true);
	P = mkproc("p", 100);
	for (i = 0; i < 3; i++)
		tds[i] = thread_alloc(1);
	(void)alloc_all();
	for (i = 0; i < 3; i++)
		zombie(tds[i]);
	clear_calls();
	CHECK(thread_alloc(1) != NULL);
	CHECK_EQ(1, count_calls("priv_check_cred("));
	CHECK_EQ(0, count_calls("printf("));
}

TEST(limit_reaps_local, "thread_alloc: S24 reaps the local domain first, "
    "before it counts")
{
	struct thread *td;

	setup(110);
	P = mkproc("p", 100);
	td = thread_alloc(1);
	(void)alloc_all();
	zombie(td);
	clear_calls();
	CHECK(thread_alloc(1) != NULL);
	/* One question only: the first try succeeded. */
	CHECK_EQ(1, count_calls("priv_check_cred("));
}

TEST(limit_conserved, "thread count: S05 conserved over failures, frees and "
    "reaps")
{
	struct thread *td;
	int i;

	setup(300);
	P = mkproc("p", 100);
	for (i = 0; i < 600; i++) {
		switch (i % 3) {
		case 0:
			returns("vm_thread_new", 0);
			CHECK_PTR(NULL, thread_alloc(1));
			break;
		case 1:
			td = thread_alloc(1);
			thread_free(td);
			break;
		case 2:
			td = thread_alloc(1);
			zombie(td);
			break;
		}
		clear_calls();
	}
	/* The last zombie goes with the next allocation. */
	CHECK_EQ(298, alloc_all());
}

TEST(limit_lowered, "kern.maxthread: S06 ids above a limit that a debugger "
    "lowers are given out in their turn when it is raised again")
{
	const int free_ones[] = { 398, 399, 150, 380 };
	static struct thread *tds[400];
	int i;

	setup(400);
	for (i = 1; i < 398; i++) {
		tds[i] = thread_alloc(1);
		clear_calls();
	}
	set_maxthread(200);
	/* Above the limit, while all below are taken; then one below. */
	thread_free(tds[380]);
	thread_free(tds[150]);
	/* One more, so that there is room for four. */
	thread_free(tds[390]);
	CHECK_PTR(NULL, thread_alloc(1));
	set_maxthread(400);
	for (i = 0; i < nitems(free_ones); i++)
		CHECK_EQ(THREAD0_TID + free_ones[i], thread_alloc(1)->td_tid);
}

/*
 * Another thread comes in between, once.
 */
static struct thread *other;
static bool came;

static void
other_comes(void *arg)
{

	if (came)
		return;
	came = true;
	other = thread_alloc(1);
}

TEST(limit_taken_asking, "kern.maxthread: S03 the last place, wanted by two: "
    "one gets it, whoever counts first")
{
	struct thread *td;
	int i;

	setup(110);
	for (i = 0; i < 107; i++)
		CHECK(thread_alloc(1) != NULL);
	on_each("priv_check_cred", other_comes);
	td = thread_alloc(1);
	/* C counts before it asks, so that who asks has the place already. */
	CHECK(BY_ALGORITHM(td, other) != NULL);
	CHECK_PTR(NULL, BY_ALGORITHM(other, td));
	CHECK_EQ(1, count_calls("printf("));
	CHECK_PTR(NULL, thread_alloc(1));
}

#ifdef LOCKS_VISIBLE
/*
 * The same for the last place that is not reserved, at the ids' lock.
 */
static void
take_last_unreserved(int now)
{
	int i;

	setup(400);
	for (i = 0; i < now - 103; i++)
		CHECK(thread_alloc(1) != NULL);
	set_maxthread(now);
	clear_calls();
	log_locks();
	on_each("mtx_lock", other_comes);
}

static void
check_one_is_asked(int now)
{

	take_last_unreserved(now);
	CHECK(thread_alloc(1) != NULL);
	CHECK(other != NULL);
	CHECK_EQ(1, count_calls("priv_check_cred("));
}

TEST(limit_taken_locking, "kern.maxthread: S03 the last place before the "
    "reserve, wanted by two: one is asked for privileges")
{

	check_one_is_asked(400);
}

TEST(limit_taken_lowered, "kern.maxthread: S03 the same after a debugger has "
    "lowered the limit")
{

	check_one_is_asked(399);
}

TEST(limit_taken_denied, "kern.maxthread: S03 the same, and the one that is "
    "asked has none")
{
	struct thread *td;

	take_last_unreserved(399);
	priv_deny(true);
	td = thread_alloc(1);
	CHECK(BY_ALGORITHM(td, other) != NULL);
	CHECK_PTR(NULL, BY_ALGORITHM(other, td));
}
#endif
