/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Copy-on-write credentials and limits of a thread.
 */
#include "harness.h"

static struct ucred *old_cred, *new_cred;
static struct plimit *old_lim, *new_lim;

/*
 * P with T0 and T1; everybody has the old objects.
 */
static void
setup(void)
{

	multi(2);
	old_cred = P->p_ucred;
	old_lim = P->p_limit;
	name_ptr(old_cred, "old_cred");
	name_ptr(old_lim, "old_lim");
	new_cred = mkcred("new_cred", 5);
	new_lim = mklimit("new_lim");
}

/*
 * A thread that has nothing yet.
 */
static struct thread *
bare(void)
{
	struct thread *td;

	td = mkthread(P, "td", 300);
	td->td_realucred = td->td_ucred = NULL;
	td->td_limit = NULL;
	td->td_cowgen = 0;
	clear_calls();
	return (td);
}

TEST(get_proc, "thread_cow_get_proc: S13 the process's credentials, limits "
    "and generation, one reference each")
{
	struct thread *td;
	int users, ref, limref;

	setup();
	td = bare();
	P->p_cowgen = 7;
	users = old_cred->cr_users;
	ref = old_cred->cr_ref;
	limref = old_lim->pl_refcnt;
	PROC_LOCK(P);
	thread_cow_get_proc(td, P);
	CHECK_LOCKS("PL");
	CHECK_PTR(old_cred, td->td_realucred);
	CHECK_PTR(old_cred, td->td_ucred);
	CHECK_PTR(old_lim, td->td_limit);
	CHECK_EQ(7, td->td_cowgen);
	CHECK_EQ(users + 1, old_cred->cr_users);
	CHECK_EQ(ref + 1, old_cred->cr_ref);
	CHECK_EQ(limref + 1, old_lim->pl_refcnt);
	expect_calls(
	    "crcowget(old_cred) | PL",
	    "lim_hold(old_lim) | PL");
}

TEST(get_stale, "thread_cow_get: S14 the creator's stale objects and "
    "generation, not the process's")
{
	struct thread *td;

	setup();
	td = bare();
	T0->td_cowgen = 3;
	P->p_cowgen = 9;
	P->p_ucred = new_cred;
	P->p_limit = new_lim;
	thread_cow_get(td, T0);
	CHECK_LOCKS("-");
	CHECK_PTR(old_cred, td->td_realucred);
	CHECK_PTR(old_cred, td->td_ucred);
	CHECK_PTR(old_lim, td->td_limit);
	CHECK_EQ(3, td->td_cowgen);
	expect_calls(
	    "crcowget(old_cred) | -",
	    "lim_hold(old_lim) | -");
}

TEST(cow_free_both, "thread_cow_free: S17 credentials, then limits; the "
    "pointer to the limits stays")
{

	setup();
	thread_cow_free(T1);
	CHECK_PTR(NULL, T1->td_realucred);
	CHECK_PTR(old_cred, T1->td_ucred);
	CHECK_PTR(old_lim, T1->td_limit);
	expect_calls(
	    "crcowfree(T1) | -",
	    "lim_free(old_lim) | -");
}

TEST(free_no_cred, "thread_cow_free: S17 no credentials: limits only")
{

	setup();
	T1->td_realucred = NULL;
	thread_cow_free(T1);
	expect_calls("lim_free(old_lim) | -");
}

TEST(free_no_limit, "thread_cow_free: S17 no limits: credentials only")
{

	setup();
	T1->td_limit = NULL;
	thread_cow_free(T1);
	expect_calls("crcowfree(T1) | -");
}

TEST(free_nothing, "thread_cow_free: S17 neither: nothing")
{

	setup();
	T1->td_realucred = NULL;
	T1->td_limit = NULL;
	thread_cow_free(T1);
	expect_no_calls();
}

TEST(update_cred, "thread_cow_update: S15 new credentials: swapped; the old "
    "ones have other users, so no crfree")
{

	setup();
	P->p_ucred = new_cred;
	P->p_cowgen = 2;
	thread_cow_update(T0);
	CHECK_LOCKS("-");
	CHECK_PTR(new_cred, T0->td_ucred);
	CHECK_PTR(new_cred, T0->td_realucred);
	CHECK_PTR(old_lim, T0->td_limit);
	CHECK_EQ(2, T0->td_cowgen);
	expect_calls(
	    "crcowsync() | PL",
	    "lim_cowsync() | PL");
}

TEST(update_cred_last, "thread_cow_update: S15 last user of the old "
    "credentials: freed after PL is dropped")
{

	setup();
	P->p_ucred = new_cred;
	P->p_cowgen = 2;
	old_cred->cr_users = 1;
	thread_cow_update(T0);
	expect_calls(
	    "crcowsync() | PL",
	    "lim_cowsync() | PL",
	    "crfree(old_cred) | -");
}

TEST(update_limit, "thread_cow_update: S15 new limits: the old ones are "
    "released after PL is dropped")
{

	setup();
	P->p_limit = new_lim;
	P->p_cowgen = 2;
	thread_cow_update(T0);
	CHECK_PTR(old_cred, T0->td_ucred);
	CHECK_PTR(new_lim, T0->td_limit);
	CHECK_EQ(2, T0->td_cowgen);
	expect_calls(
	    "crcowsync() | PL",
	    "lim_cowsync() | PL",
	    "lim_free(old_lim) | -");
}

TEST(update_both, "thread_cow_update: S15 both: credentials are freed before "
    "limits")
{

	setup();
	P->p_ucred = new_cred;
	P->p_limit = new_lim;
	P->p_cowgen = 2;
	old_cred->cr_users = 1;
	thread_cow_update(T0);
	CHECK_PTR(new_cred, T0->td_ucred);
	CHECK_PTR(new_lim, T0->td_limit);
	expect_calls(
	    "crcowsync() | PL",
	    "lim_cowsync() | PL",
	    "crfree(old_cred) | -",
	    "lim_free(old_lim) | -");
}

TEST(update_same, "thread_cow_update: S15 generation moved on, objects are "
    "the same: only the generation is taken over")
{
	int users, limref;

	setup();
	P->p_cowgen = 9;
	users = old_cred->cr_users;
	limref = old_lim->pl_refcnt;
	thread_cow_update(T0);
	CHECK_EQ(9, T0->td_cowgen);
	CHECK_EQ(users, old_cred->cr_users);
	CHECK_EQ(limref, old_lim->pl_refcnt);
	expect_calls(
	    "crcowsync() | PL",
	    "lim_cowsync() | PL");
}

static void
bump(void *arg)
{

	P->p_cowgen = 11;
}

TEST(update_generation, "thread_cow_update: S15 the generation is read under "
    "PL, after the objects")
{

	setup();
	on("lim_cowsync", bump);
	thread_cow_update(T0);
	CHECK_EQ(11, T0->td_cowgen);
}

TEST(update_other_proc, "thread_cow_update: takes the lock of the thread's "
    "own process")
{

	multi(2);
	controller();
	thread_cow_update(CT);
	expect_calls(
	    "crcowsync() | PL(c)",
	    "lim_cowsync() | PL(c)");
}

TEST(synced, "thread_cow_synced: S16 takes the generation over, nothing else")
{

	setup();
	P->p_cowgen = 2;
	PROC_LOCK(P);
	thread_cow_synced(T0);
	CHECK_LOCKS("PL");
	CHECK_EQ(2, T0->td_cowgen);
	expect_no_calls();
}
