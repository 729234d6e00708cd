/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group B, S12 to S17: how threads belong to processes, and the credentials
 * and limits that they share with them.
 */
#include "threads.h"

/* ---- S12: linkage ------------------------------------------------------ */

/* What an unlinked thread may have left from a former life. */
static void
dirty(struct thread *td)
{

	td->td_flags = TDF_SINTR | TDF_BOUNDARY | TDF_ALLPROCSUSP;
	td->td_contested.lh_first = (void *)td;
	td->td_lprof[0].lh_first = (void *)td;
	td->td_lprof[1].lh_first = (void *)td;
	td->td_sigqueue.sq_flags = 0;
	td->td_sigqueue.sq_proc = NULL;
	td->td_slpcallout.c_func = (void *)td;
	td->td_slpcallout.c_arg = td;
}

static void
check_linked(struct thread *td, struct proc *p)
{

	CHECK_EQ(TD_GET_STATE(td), TDS_INACTIVE);
	CHECK(td->td_proc == p);
	/* Assigned: whatever else was set is gone. */
	CHECK_EQ(td->td_flags, TDF_INMEM);
	CHECK(LIST_EMPTY(&td->td_contested));
	CHECK(LIST_EMPTY(&td->td_lprof[0]));
	CHECK(LIST_EMPTY(&td->td_lprof[1]));
	CHECK(td->td_sigqueue.sq_proc == p);
	CHECK(td->td_sigqueue.sq_flags & SQ_INIT);
	CHECK(TAILQ_EMPTY(&td->td_sigqueue.sq_list));
	CHECK(td->td_slpcallout.c_func == NULL);
	CHECK(!callout_pending(&td->td_slpcallout));
	CHECK(TAILQ_LAST(&p->p_threads, threadqueue) == td);
}

SCENARIO(S12, "Threads are linked to and unlinked from their process",
    "flags of a former life, a link to the process that unlinking clears")
{
	static struct proc proc;
	struct thread *td[3];
	struct proc *p;
	u_long mark;
	int i;

	p = &proc;
	mtx_init(&p->p_mtx, "process lock", NULL, MTX_DEF | MTX_DUPOK);
	for (i = 0; i < 3; i++) {
		td[i] = thread_alloc(0);
		CHECK(td[i] != NULL);
		dirty(td[i]);
	}

	/* The first one comes with the process. */
	p->p_numthreads = 7;
	p->p_threads.tqh_first = td[2];
	p->p_mqnotifier.lh_first = (void *)p;
	mark = sim_mark();
	proc_linkup0(p, td[0]);
	CHECK_EQ(p->p_numthreads, 1);
	CHECK(FIRST_THREAD_IN_PROC(p) == td[0]);
	CHECK(LIST_EMPTY(&p->p_mqnotifier));
	CHECK(p->p_sigqueue.sq_proc == p);
	CHECK(p->p_sigqueue.sq_flags & SQ_INIT);
	CHECK_TRACE(did(mark, "sigqueue_init"), 2);
	CHECK_TRACE(did(mark, "ksiginfo_alloc"), 1);
	CHECK_TRACE(did(mark, "mtx_lock"), 0);
	CHECK(p->p_ksi != NULL);
	CHECK_EQ(p->p_ksi->ksi_flags, KSI_EXT | KSI_INS);
	check_linked(td[0], p);

	/* The others follow at the end. */
	for (i = 1; i < 3; i++) {
		mark = sim_mark();
		thread_link(td[i], p);
		CHECK_EQ(p->p_numthreads, i + 1);
		check_linked(td[i], p);
		CHECK(TAILQ_PREV(td[i], threadqueue, td_plist) == td[i - 1]);
		CHECK_TRACE(did(mark, "sigqueue_init"), 1);
	}

	if (sim_invariants)
		EXPECT_PANIC("mutex process lock not owned") {
			thread_unlink(td[1]);
		}

	/* One from the middle; it still knows where it was. */
	PROC_LOCK(p);
	thread_unlink(td[1]);
	CHECK_EQ(p->p_numthreads, 2);
	CHECK(TAILQ_NEXT(td[0], td_plist) == td[2]);
	CHECK(td[1]->td_proc == p);
	thread_unlink(td[0]);
	CHECK_EQ(p->p_numthreads, 1);
	CHECK(FIRST_THREAD_IN_PROC(p) == td[2]);
	thread_unlink(td[2]);
	CHECK_EQ(p->p_numthreads, 0);
	CHECK(TAILQ_EMPTY(&p->p_threads));
	CHECK(td[2]->td_proc == p);
	PROC_UNLOCK(p);
	for (i = 0; i < 3; i++)
		thread_free(td[i]);
}

/* ---- S13: from the process --------------------------------------------- */

SCENARIO(S13, "A new process's thread shares what its process has",
    "a user or a reference that is not counted")
{
	struct plimit *limits;
	struct thread *td;
	struct ucred *cr;
	struct proc *p;
	u_long mark;
	long refs;
	int users, lims;

	/* What fork made. */
	p = sim_proc_parked("p", 1);
	td = FIRST_THREAD_IN_PROC(p);
	CHECK(td->td_realucred == p->p_ucred);
	CHECK(td->td_ucred == p->p_ucred);
	CHECK(td->td_limit == p->p_limit);
	CHECK_EQ(td->td_cowgen, p->p_cowgen);

	/* The call by itself. */
	td = thread_alloc(0);
	CHECK(td != NULL);
	PROC_LOCK(p);
	p->p_cowgen += 3;
	cr = p->p_ucred;
	limits = p->p_limit;
	users = cr->cr_users;
	refs = cr->cr_ref;
	lims = limits->pl_refcnt;
	mark = sim_mark();
	thread_cow_get_proc(td, p);
	PROC_UNLOCK(p);
	CHECK(td->td_realucred == cr && td->td_ucred == cr);
	CHECK(td->td_limit == limits);
	CHECK_EQ(td->td_cowgen, p->p_cowgen);
	CHECK_EQ(cr->cr_users, users + 1);
	CHECK_EQ(cr->cr_ref, refs + 1);
	CHECK_EQ(limits->pl_refcnt, lims + 1);
	CHECK_TRACE(did(mark, "crcowget"), 1);
	CHECK_TRACE(did(mark, "lim_hold"), 1);

	hand_free(td);
	CHECK_EQ(cr->cr_users, users);
	CHECK_EQ(cr->cr_ref, refs);
	CHECK_EQ(limits->pl_refcnt, lims);

	if (sim_invariants)
		EXPECT_PANIC("mutex process lock not owned") {
			thread_cow_get_proc(thread_alloc(0), p);
		}
	sim_unpark(p);
}

/* A system call that does nothing but enter the kernel. */
static int
nothing(void *arg __unused)
{

	return (0);
}

/* ---- S14: from the creating thread ------------------------------------- */

static volatile int s14_making, s14_changed, s14_done;
static struct ucred *s14_old;
static u_int s14_oldgen;

/* Runs in the maker's thr_new(2), before it looks at credentials. */
static void
s14_ctor(void *arg __unused, struct thread *td __unused)
{

	static struct sim_chan never;

	if (curproc == &proc0)
		return;
	s14_old = curthread->td_ucred;
	s14_oldgen = curthread->td_cowgen;
	s14_making = 1;
	while (!s14_changed)
		sim_sleep(&never, false, 1);
}

static void
s14_newcomer(void *arg __unused)
{
	struct thread *td;
	struct proc *p;
	u_long mark;

	td = curthread;
	p = curproc;
	CHECK(p->p_ucred != s14_old);
	CHECK(td->td_ucred == s14_old);
	CHECK(td->td_realucred == s14_old);
	CHECK_EQ(td->td_ucred->cr_ruid, 0);
	CHECK_EQ(td->td_cowgen, s14_oldgen);
	CHECK(td->td_cowgen != p->p_cowgen);

	/* Its first system call brings it up to date. */
	mark = sim_mark();
	CHECK_EQ(u_syscall(nothing, NULL), 0);
	CHECK_TRACE(did(mark, "crcowsync"), 1);
	CHECK(td->td_ucred == p->p_ucred);
	CHECK_EQ(td->td_ucred->cr_ruid, 1001);
	CHECK_EQ(td->td_cowgen, p->p_cowgen);
	mark = sim_mark();
	CHECK_EQ(u_syscall(nothing, NULL), 0);
	CHECK_TRACE(did(mark, "crcowsync"), 0);
	s14_done = 1;
}

static void
s14_maker(void *arg __unused)
{

	CHECK(u_thr_new(s14_newcomer, NULL) > 0);
	u_pause_until(&s14_done);
}

static void
s14_changer(void *arg __unused)
{

	u_pause_until(&s14_making);
	CHECK_EQ(u_setuid(1001), 0);
	s14_changed = 1;
	u_pause_until(&s14_done);
}

SCENARIO(S14, "thr_new hands on the maker's credential, not the process's",
    "a privilege that appears early, a generation that hides a change")
{
	void (*const others[])(void *) = { s14_changer };
	eventhandler_tag tag;
	struct proc *p;

	tag = EVENTHANDLER_REGISTER(thread_ctor, s14_ctor, NULL, 0);
	p = sim_proc_threads("p", s14_maker, NULL, 1, others, NULL);
	sim_wait(s14_making);
	EVENTHANDLER_DEREGISTER(thread_ctor, tag);
	CHECK_EQ(sim_join(p), 0);
}

SCENARIO(S14_call, "thread_cow_get() takes what the thread has",
    "a stale snapshot that is passed on as if it were fresh")
{
	struct thread *td, *newtd;
	struct ucred *cr;
	struct plimit *limits;
	struct proc *p;
	u_long mark;

	p = sim_proc_parked("p", 1);
	td = FIRST_THREAD_IN_PROC(p);
	cr = td->td_ucred;
	limits = td->td_limit;
	p->p_cowgen += 2;
	newtd = thread_alloc(0);
	CHECK(newtd != NULL);
	mark = sim_mark();
	thread_cow_get(newtd, td);
	CHECK(newtd->td_realucred == cr && newtd->td_ucred == cr);
	CHECK(newtd->td_limit == limits);
	CHECK_EQ(newtd->td_cowgen, td->td_cowgen);
	CHECK(newtd->td_cowgen != p->p_cowgen);
	CHECK_TRACE(sim_count_by(mark, curthread, "crcowget", cr), 1);
	CHECK_TRACE(sim_count_by(mark, curthread, "lim_hold", limits), 1);
	CHECK_TRACE(did(mark, "mtx_lock"), 1);	/* the credential's */
	hand_free(newtd);

	if (sim_invariants)
		EXPECT_PANIC("Assertion td->td_realucred == td->td_ucred "
		    "failed") {
			td->td_ucred = crdup(cr);
			thread_cow_get(thread_alloc(0), td);
		}
	sim_unpark(p);
}

/* ---- S15: catching up -------------------------------------------------- */

/* Gives the current process another credential, as setuid(2) does. */
static void
change_cred(void)
{
	struct ucred *cr, *old;
	struct proc *p;

	p = curproc;
	cr = crdup(p->p_ucred);
	PROC_LOCK(p);
	old = p->p_ucred;
	proc_set_cred(p, cr);
	PROC_UNLOCK(p);
	crfree(old);
}

/* Gives it other limits, as setrlimit(2) does. */
static void
change_limits(void)
{
	struct plimit *limits, *old;
	struct proc *p;

	p = curproc;
	limits = lim_alloc();
	PROC_LOCK(p);
	old = p->p_limit;
	memcpy(limits->pl_rlimit, old->pl_rlimit, sizeof(old->pl_rlimit));
	p->p_limit = limits;
	PROC_UPDATE_COW(p);
	PROC_UNLOCK(p);
	lim_free(old);
}

/*
 * Catches up and checks what it did: references of credentials and limits
 * taken and dropped.  What is dropped is dropped after the process lock.
 */
static void
catch_up(u_int crgets, u_int crfrees, u_int lims)
{
	struct thread *td;
	struct proc *p;
	u_long mark;

	td = curthread;
	p = curproc;
	CHECK(td->td_cowgen != p->p_cowgen);
	mark = sim_mark();
	thread_cow_update(td);
	CHECK(td->td_ucred == p->p_ucred && td->td_realucred == p->p_ucred);
	CHECK(td->td_limit == p->p_limit);
	CHECK_EQ(td->td_cowgen, p->p_cowgen);
	CHECK_TRACE(did(mark, "crcowget"), crgets);
	CHECK_TRACE(did(mark, "crfree"), crfrees);
	CHECK_TRACE(did(mark, "crcowfree"), 0);
	CHECK_TRACE(did(mark, "lim_hold"), lims);
	CHECK_TRACE(did(mark, "lim_free"), lims);
	CHECK_TRACE(sim_count_by(mark, td, "mtx_lock", &p->p_mtx), 1);
	CHECK_TRACE(sim_happened(mark, td,
	    "mtx_lock crcowsync lim_cowsync mtx_unlock"), !sim_is_smp());
	if (crfrees != 0)
		CHECK_TRACE(sim_happened(mark, td,
		    "lim_cowsync mtx_unlock crfree"), !sim_is_smp());
	if (lims != 0)
		CHECK_TRACE(sim_happened(mark, td,
		    "lim_cowsync mtx_unlock lim_free"), !sim_is_smp());
}

static int
catch_up_all(void *arg __unused)
{
	struct plimit *limits;
	struct ucred *cr;
	struct proc *p;
	u_long creds, blocks;
	u_int refs;

	p = curproc;
	creds = sim_blocks("cred");
	blocks = sim_blocks("plimit");

	/* The first credential has more users; the next one only us. */
	limits = p->p_limit;
	refs = limits->pl_refcnt;
	cr = p->p_ucred;
	change_cred();
	catch_up(1, 0, 0);
	CHECK(p->p_ucred != cr);
	CHECK_EQ(sim_blocks("cred"), creds + 1);
	change_cred();
	CHECK_EQ(sim_blocks("cred"), creds + 2);
	catch_up(1, 1, 0);
	CHECK_EQ(sim_blocks("cred"), creds + 1);
	CHECK_EQ(p->p_ucred->cr_users, 2);
	CHECK_EQ(p->p_ucred->cr_ref, 2);
	CHECK_EQ(limits->pl_refcnt, refs);

	/* Limits, first those of proc0, then our own. */
	cr = p->p_ucred;
	change_limits();
	catch_up(0, 0, 1);
	CHECK_EQ(limits->pl_refcnt, refs - 2);
	CHECK_EQ(p->p_limit->pl_refcnt, 2);
	change_limits();
	CHECK_EQ(sim_blocks("plimit"), blocks + 2);
	catch_up(0, 0, 1);
	CHECK_EQ(sim_blocks("plimit"), blocks + 1);
	CHECK_EQ(cr->cr_users, 2);
	CHECK_EQ(cr->cr_ref, 2);

	/* Both at once. */
	change_cred();
	change_limits();
	catch_up(1, 1, 1);
	CHECK_EQ(sim_blocks("cred"), creds + 1);
	CHECK_EQ(sim_blocks("plimit"), blocks + 1);

	/* Changed and changed back: only the generation moves. */
	PROC_LOCK(p);
	PROC_UPDATE_COW(p);
	PROC_UPDATE_COW(p);
	PROC_UNLOCK(p);
	catch_up(0, 0, 0);
	CHECK_EQ(p->p_ucred->cr_users, 2);
	CHECK_EQ(p->p_limit->pl_refcnt, 2);
	return (0);
}

static void
s15_body(void *arg __unused)
{

	CHECK_EQ(u_syscall(catch_up_all, NULL), 0);
}

SCENARIO(S15, "A thread catches up with its process",
    "references dropped under the process lock, or twice")
{

	CHECK_EQ(sim_join(sim_proc("p", s15_body, NULL)), 0);
}

static volatile u_int s15_turn;

static void
s15_user(void *arg)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (arg == NULL)
			CHECK_EQ(u_setuid(100 + i), 0);
		else
			CHECK_EQ(u_setrlimit(1000 + i), 0);
		CHECK_EQ(u_syscall(nothing, NULL), 0);
		CHECK(curthread->td_ucred == curthread->td_realucred);
	}
	atomic_add_int(&s15_turn, 1);
	while (s15_turn != 3)
		u_spin(1);
	/* Nothing changes any more: after one call they all agree. */
	CHECK_EQ(u_syscall(nothing, NULL), 0);
	CHECK(curthread->td_ucred == curproc->p_ucred);
	CHECK(curthread->td_limit == curproc->p_limit);
	CHECK_EQ(curthread->td_cowgen, curproc->p_cowgen);
	CHECK_EQ(curthread->td_ucred->cr_ruid, 103);
}

SCENARIO(S15_race, "Three threads change credentials and limits at once",
    "a reference that is lost or dropped twice in a race")
{
	void (*const others[])(void *) = { s15_user, s15_user };
	static int one;
	void *const args[] = { &one, NULL };

	CHECK_EQ(sim_join(sim_proc_threads("p", s15_user, NULL, 2, others,
	    args)), 0);
}

/* ---- S16: setrlimit's short cut ---------------------------------------- */

static int
synced(void *arg __unused)
{
	struct thread *td;
	struct proc *p;
	u_int generation;

	td = curthread;
	p = curproc;
	PROC_LOCK(p);
	PROC_UPDATE_COW(p);
	generation = p->p_cowgen;
	CHECK(td->td_cowgen != generation);
	thread_cow_synced(td);
	CHECK_EQ(td->td_cowgen, generation);
	CHECK_EQ(p->p_cowgen, generation);
	PROC_UNLOCK(p);

	if (!sim_invariants)
		return (0);
	EXPECT_PANIC("Assertion td->td_cowgen != p->p_cowgen failed") {
		PROC_LOCK(p);
		thread_cow_synced(td);
	}
	EXPECT_PANIC("Assertion td->td_ucred == p->p_ucred failed") {
		change_cred();
		PROC_LOCK(p);
		thread_cow_synced(td);
	}
	EXPECT_PANIC("Assertion td->td_limit == p->p_limit failed") {
		change_limits();
		PROC_LOCK(p);
		thread_cow_synced(td);
	}
	EXPECT_PANIC("mutex process lock not owned") {
		p->p_cowgen++;
		thread_cow_synced(td);
	}
	return (0);
}

static void
s16_body(void *arg __unused)
{
	struct thread *td;
	struct proc *p;
	u_int generation;
	u_long mark;

	td = curthread;
	p = curproc;
	generation = p->p_cowgen;
	CHECK_EQ(u_setrlimit(512), 0);
	CHECK_EQ(p->p_cowgen, generation + 1);
	CHECK_EQ(td->td_cowgen, p->p_cowgen);
	CHECK(td->td_limit == p->p_limit);
	CHECK_EQ(td->td_limit->pl_refcnt, 2);
	/* So the next call has nothing to catch up with. */
	mark = sim_mark();
	CHECK_EQ(u_syscall(nothing, NULL), 0);
	CHECK_TRACE(did(mark, "lim_cowsync"), 0);
	CHECK_EQ(u_syscall(synced, NULL), 0);
}

SCENARIO(S16, "The thread that sets a limit has it at once",
    "a thread that believes to be up to date and is not")
{

	CHECK_EQ(sim_join(sim_proc("p", s16_body, NULL)), 0);
}

/* ---- S17: giving up ---------------------------------------------------- */

SCENARIO(S17, "A thread gives up its credential and limits, if it has any",
    "a NULL that is followed, a pointer that is cleared and should not be")
{
	struct plimit *limits;
	struct thread *td;
	struct ucred *cr;
	u_long mark;
	long refs;
	u_int lims;
	int users;

	cr = proc0.p_ucred;
	limits = proc0.p_limit;
	users = cr->cr_users;
	refs = cr->cr_ref;
	lims = limits->pl_refcnt;
	td = thread_alloc(0);
	CHECK(td != NULL);

	/* Neither. */
	td->td_realucred = td->td_ucred = NULL;
	td->td_limit = NULL;
	mark = sim_mark();
	thread_cow_free(td);
	CHECK_TRACE(did(mark, "crcowfree"), 0);
	CHECK_TRACE(did(mark, "lim_free"), 0);

	/* A credential, with references that the thread took on it. */
	td->td_realucred = td->td_ucred = crcowget(cr);
	td->td_ucredref = 3;
	mark = sim_mark();
	thread_cow_free(td);
	CHECK_TRACE(did(mark, "crcowfree"), 1);
	CHECK_TRACE(did(mark, "lim_free"), 0);
	CHECK(td->td_realucred == NULL);
	CHECK(td->td_ucred == cr);
	CHECK_EQ(td->td_ucredref, 0);
	CHECK_EQ(cr->cr_users, users);
	CHECK_EQ(cr->cr_ref, refs + 3);
	/* The current thread gives those three back. */
	crfree(cr);
	crfree(cr);
	crfree(cr);

	/* Limits. */
	td->td_limit = lim_hold(limits);
	mark = sim_mark();
	thread_cow_free(td);
	CHECK_TRACE(did(mark, "crcowfree"), 0);
	CHECK_TRACE(did(mark, "lim_free"), 1);
	CHECK(td->td_limit == limits);
	CHECK_EQ(limits->pl_refcnt, lims);

	/* Both; the last use of a credential frees it. */
	cr = crdup(cr);
	cr->cr_users = 1;
	td->td_realucred = td->td_ucred = cr;
	td->td_limit = lim_hold(limits);
	CHECK_EQ(sim_blocks("plimit"), 1);
	users = sim_blocks("cred");
	mark = sim_mark();
	thread_cow_free(td);
	CHECK_EQ(sim_blocks("cred"), users - 1);
	CHECK(td->td_realucred == NULL);
	CHECK(td->td_ucred == cr);
	CHECK(td->td_limit == limits);
	CHECK_EQ(limits->pl_refcnt, lims);
	CHECK_TRACE(sim_happened(mark, curthread, "crcowfree lim_free"),
	    !sim_is_smp());
	thread_free(td);
}
