/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "harness.h"
#include "zombies.h"

struct ucred *cred_a, *cred_b;
struct plimit *lim_a, *lim_b;

void
zombies_boot(void)
{

	zone_slab_items = 1;
	boot();
	P = mkproc("p", 100);
	cred_a = mkcred("credA", 1);
	cred_b = mkcred("credB", 2);
	lim_a = mklimit("limA");
	lim_b = mklimit("limB");
}

void
exit_of(struct thread *td, struct ucred *cr, struct plimit *lim)
{

	td->td_proc = P;
	td->td_realucred = td->td_ucred = cr;
	cr->cr_users++;
	cr->cr_ref++;
	td->td_limit = lim;
	lim->pl_refcnt++;
	td->td_ucredref = 0;
	P->p_exitthreads++;
}

struct thread *
exited(struct ucred *cr, struct plimit *lim)
{
	struct thread *td;

	td = thread_alloc(1);
	exit_of(td, cr, lim);
	return (td);
}

/*
 * Zombies are made of threads allocated beforehand: thread_alloc() reaps.
 */
void
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

void
reap(void)
{

	thread_reap_barrier();
}

