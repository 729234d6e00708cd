/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group A, S07 to S11: making, recycling and freeing a thread.
 */
#include "threads.h"

static void
never_runs(void *arg __unused)
{

	CHECK(!"a thread that failed to be made runs");
}

static void
short_life(void *arg __unused)
{

	u_spin(1);
}

/* ---- S07: no kernel stack ---------------------------------------------- */

SCENARIO(S07, "A thread without a kernel stack is not made",
    "a leak of the id, the count or the item; events for a thread that never "
    "was")
{
	static struct heard heard;
	struct sim_zone zone;
	struct thread *td;
	u_long mark, stacks;

	/* An item with a former life. */
	td = thread_alloc(0);
	CHECK(td != NULL);
	thread_free(td);
	listen(&heard);
	stacks = sim_stacks_in_use();

	sim_fail_stacks(0, 1);
	mark = sim_mark();
	CHECK(thread_alloc(0) == NULL);
	CHECK_TRACE(did(mark, "uma_zalloc_arg"), 1);
	CHECK_TRACE(did(mark, "vm_thread_new"), 1);
	CHECK_TRACE(sim_count_by(mark, curthread, "vm_thread_new", td), 1);
	CHECK_TRACE(did(mark, "cpu_thread_alloc"), 0);
	CHECK_TRACE(did(mark, "cpu_thread_free"), 0);
	CHECK_TRACE(did(mark, "vm_thread_dispose"), 0);
	/* The zone's destructor ran; the id and the item went back. */
	CHECK_TRACE(sim_count_by(mark, curthread, "uma_zfree_arg", td), 1);
	CHECK_TRACE(sim_happened(mark, curthread, "uma_zalloc_arg "
	    "umtx_thread_alloc vm_thread_new uma_zfree_arg osd_exit ast_kclear "
	    "seltdfini"), !sim_is_smp());
#ifdef KDTRACE_HOOKS
	CHECK_TRACE(did(mark, "kdtrace_thread_ctor"), 1);
	CHECK_TRACE(did(mark, "kdtrace_thread_dtor"), 1);
#endif
	CHECK_EQ(td->td_tid, -1);
	CHECK_EQ(sim_tids_used(), 1);
	CHECK(sim_zone("THREAD", &zone));
	CHECK_EQ(zone.live, 0);
	CHECK_EQ(sim_stacks_in_use(), stacks);
	CHECK_EQ(heard.ctors, 0);
	CHECK_EQ(heard.dtors, 0);

	/* The next one is made, of the same item. */
	CHECK(thread_alloc(0) == td);
	CHECK_EQ(td->td_tid, THREAD0_TID + 3);
	CHECK_EQ(heard.ctors, 1);
	thread_free(td);
	CHECK_EQ(heard.dtors, 1);
	unlisten(&heard);
	sim_check_thread_count();
}

/* ---- S08: a thread that stays with its process ------------------------- */

/* What recycling did since mark: stacks taken, given, and MD parts made. */
static void
check_recycled(u_long mark, u_int disposed, u_int made, u_int md)
{

	CHECK_TRACE(did(mark, "vm_thread_dispose"), disposed);
	CHECK_TRACE(did(mark, "vm_thread_new"), made);
	CHECK_TRACE(did(mark, "cpu_thread_alloc"), md);
}

SCENARIO(S08, "A recycled thread gets a stack if it needs one",
    "a stack that leaks or is given up twice")
{
	static struct heard heard;
	struct thread *td;
	vm_offset_t stack;
	u_long mark, stacks;
	lwpid_t tid;
	int pages;

	td = thread_alloc(0);
	CHECK(td != NULL);
	tid = td->td_tid;
	pages = td->td_kstack_pages;
	stack = td->td_kstack;
	stacks = sim_stacks_in_use();
	listen(&heard);

	/* The size that it has: nothing to do. */
	mark = sim_mark();
	CHECK_EQ(thread_recycle(td, pages), 0);
	check_recycled(mark, 0, 0, 0);
	CHECK_EQ(td->td_kstack, stack);

	/* Another size: a new stack for the old one. */
	mark = sim_mark();
	CHECK_EQ(thread_recycle(td, pages + 2), 0);
	check_recycled(mark, 1, 1, 1);
	CHECK_TRACE(sim_happened(mark, curthread, "vm_thread_dispose "
	    "vm_thread_new cpu_thread_alloc"), !sim_is_smp());
	CHECK_EQ(td->td_kstack_pages, pages + 2);
	CHECK_EQ(sim_stacks_in_use(), stacks);

	/* The default size is a size that no stack has. */
	mark = sim_mark();
	CHECK_EQ(thread_recycle(td, 0), 0);
	check_recycled(mark, 1, 1, 1);
	CHECK_EQ(td->td_kstack_pages, pages);
	mark = sim_mark();
	CHECK_EQ(thread_recycle(td, 0), 0);
	check_recycled(mark, 1, 1, 1);

	/* No stack: a new one. */
	vm_thread_dispose(td);
	CHECK_EQ(td->td_kstack, 0);
	mark = sim_mark();
	CHECK_EQ(thread_recycle(td, pages), 0);
	check_recycled(mark, 0, 1, 1);
	CHECK(td->td_kstack != 0);

	/* No memory: none, and the next time a new one. */
	sim_fail_stacks(0, 1);
	mark = sim_mark();
	CHECK_EQ(thread_recycle(td, pages + 1), ENOMEM);
	check_recycled(mark, 1, 1, 0);
	CHECK_EQ(td->td_kstack, 0);
	CHECK_EQ(sim_stacks_in_use(), stacks - 1);
	CHECK_EQ(td->td_tid, tid);
	CHECK(sim_tid_used(tid));
	mark = sim_mark();
	CHECK_EQ(thread_recycle(td, pages), 0);
	check_recycled(mark, 0, 1, 1);
	CHECK_EQ(sim_stacks_in_use(), stacks);

	/* The events of a recycled thread are its process's business. */
	CHECK_EQ(heard.ctors, 0);
	CHECK_EQ(heard.dtors, 0);
	unlisten(&heard);
	thread_free(td);
}

static struct thread *cached;

static int
change_stack(void *arg __unused)
{

	return (thread_recycle(cached, cached->td_kstack_pages + 2));
}

/* Forks with the cached process, and waits for the child. */
static void
fork_cached(u_int disposed, u_int made, u_int md)
{
	u_long mark;
	pid_t pid;
	int status;

	mark = sim_mark();
	pid = u_fork(short_life, NULL);
	CHECK(pid > 0);
	check_recycled(mark, disposed, made, md);
	CHECK(FIRST_THREAD_IN_PROC(sim_find(pid)) == cached);
	CHECK_EQ(u_wait4(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void
forker(void *arg __unused)
{
	struct proc *p;
	u_long mark;
	lwpid_t tid;

	u_pause_until((volatile int *)arg);
	tid = cached->td_tid;
	p = cached->td_proc;
	fork_cached(0, 0, 0);

	CHECK_EQ(u_syscall(change_stack, NULL), 0);
	fork_cached(1, 1, 1);

	CHECK_EQ(u_syscall(change_stack, NULL), 0);
	sim_fail_stacks(0, 1);
	mark = sim_mark();
	CHECK_EQ(u_fork(never_runs, NULL), -ENOMEM);
	check_recycled(mark, 1, 1, 0);
	CHECK_EQ(cached->td_kstack, 0);
	/* Without a stack it still belongs to the process. */
	CHECK(cached->td_proc == p);
	CHECK(FIRST_THREAD_IN_PROC(p) == cached);
	CHECK_EQ(p->p_numthreads, 1);
	CHECK_EQ(cached->td_tid, tid);

	fork_cached(0, 1, 1);
	fork_cached(0, 0, 0);
}

SCENARIO(S08_fail, "fork fails for want of a stack, and works the next time",
    "a process without a stack that is used again")
{
	static volatile int go;
	struct proc *p, *child;

	p = sim_proc("forker", forker, (void *)(uintptr_t)&go);
	child = sim_proc("child", short_life, NULL);
	cached = sim_thread(child, 0);
	CHECK_EQ(sim_join(child), 0);
	go = 1;
	CHECK_EQ(sim_join(p), 0);
}

/* ---- S09: constructors and destructors --------------------------------- */

static u_int inits, ctors, dtors, finis;

/* Before the thread's parts exist: what init sets to 0 comes after this. */
static void
on_init(void *arg __unused, struct thread *td)
{

	inits++;
	CHECK(td->td_umtxq == NULL);
	CHECK(td->td_sleepqueue != NULL);
	CHECK(td->td_turnstile != NULL);
	td->td_sel = (void *)0x5e1;
	td->td_kstack = 0x57ac;
}

/* After all of it: stack, MD part, id, arguments. */
static void
on_ctor(void *arg __unused, struct thread *td)
{
	int i;

	ctors++;
	CHECK(td->td_kstack != 0 && td->td_kstack != 0x57ac);
	CHECK(td->td_pcb != NULL);
	CHECK(sim_tid_used(td->td_tid));
	CHECK(td->td_sel == NULL);
	for (i = 0; i < nitems(td->td_sa.args); i++)
		CHECK_EQ(td->td_sa.args[i], 0);
}

static void
on_dtor(void *arg __unused, struct thread *td)
{

	dtors++;
	CHECK(td->td_tid >= NO_PID);
	CHECK(sim_tid_used(td->td_tid));
	CHECK(td->td_kstack != 0);
}

static void
on_fini(void *arg __unused, struct thread *td __unused)
{

	finis++;
}

#define	S09_LIVES	5
#define	S09_THREADS	5
#define	SLAB		4		/* items that the zone makes at once */

SCENARIO(S09, "Once made, many times used: init, ctor, dtor, never fini",
    "events out of balance or of order, use of memory that is not stable")
{
	struct thread *td[S09_THREADS], *last;
	eventhandler_tag tags[4];
	struct sim_zone zone;
	u_long mark;
	int i, life;

	tags[0] = EVENTHANDLER_REGISTER(thread_init, on_init, NULL, 0);
	tags[1] = EVENTHANDLER_REGISTER(thread_ctor, on_ctor, NULL, 0);
	tags[2] = EVENTHANDLER_REGISTER(thread_dtor, on_dtor, NULL, 0);
	tags[3] = EVENTHANDLER_REGISTER(thread_fini, on_fini, NULL, 0);

	last = NULL;
	for (life = 0; life < S09_LIVES; life++) {
		for (i = 0; i < S09_THREADS; i++) {
			mark = sim_mark();
			td[i] = thread_alloc(0);
			CHECK(td[i] != NULL);
			if (life > 0 && i == 0)
				CHECK(td[i] == last);
			/* What the zone's constructor sets. */
			CHECK_EQ(TD_GET_STATE(td[i]), TDS_INACTIVE);
			CHECK_EQ(td[i]->td_lastcpu, NOCPU);
			CHECK_EQ(td[i]->td_oncpu, NOCPU);
			CHECK_EQ(td[i]->td_critnest, 1);
			CHECK_EQ(td[i]->td_lend_user_pri, PRI_MAX);
			CHECK(td[i]->td_umtxq->uq_thread == td[i]);
			CHECK_TRACE(did(mark, "umtx_thread_alloc"), 1);
			if (life == 0 && i % SLAB == 0)
				CHECK_TRACE(did(mark, "umtx_thread_init"),
				    SLAB);
			else
				CHECK_TRACE(did(mark, "umtx_thread_init"), 0);
			/* Once for each item of a slab, used or not. */
			CHECK_EQ(inits, life > 0 ? 2 * SLAB :
			    rounddown(i, SLAB) + SLAB);
			CHECK_EQ(ctors, life * S09_THREADS + i + 1);
		}
		for (i = 0; i < S09_THREADS; i++) {
			/* A life leaves traces. */
			td[i]->td_lastcpu = td[i]->td_oncpu = 0;
			td[i]->td_critnest = 7;
			td[i]->td_lend_user_pri = 3;
			memset(td[i]->td_sa.args, 0x5a,
			    sizeof(td[i]->td_sa.args));
			mark = sim_mark();
			last = td[i];
			thread_free(td[i]);
			CHECK_EQ(last->td_tid, -1);
			CHECK_TRACE(sim_happened(mark, curthread,
			    "cpu_thread_free vm_thread_dispose callout_stop "
			    "uma_zfree_arg osd_exit ast_kclear seltdfini"),
			    !sim_is_smp());
			CHECK_EQ(dtors, life * S09_THREADS + i + 1);
		}
	}
	CHECK_EQ(finis, 0);
	CHECK(sim_zone("THREAD", &zone));
	CHECK_EQ(zone.items, 2 * SLAB);

	EVENTHANDLER_DEREGISTER(thread_init, tags[0]);
	EVENTHANDLER_DEREGISTER(thread_ctor, tags[1]);
	EVENTHANDLER_DEREGISTER(thread_dtor, tags[2]);
	EVENTHANDLER_DEREGISTER(thread_fini, tags[3]);
}

SCENARIO(S09_last, "The last thread of a process comes and goes with it",
    "a last thread that is freed at exit, or told of twice")
{
	static struct heard heard;
	struct thread *td;
	struct proc *p;
	lwpid_t tid;
	u_long mark;

	listen(&heard);
	p = sim_proc("p", short_life, NULL);
	CHECK_EQ(heard.ctors, 1);
	td = sim_thread(p, 0);
	tid = td->td_tid;
	mark = sim_mark();
	CHECK_EQ(sim_join(p), 0);
	CHECK_EQ(heard.dtors, 1);
	CHECK_EQ(heard.dead[0], tid);
	CHECK_TRACE(sim_count_since(mark, "uma_zfree_arg", td), 0);
	CHECK_TRACE(sim_count_since(mark, "vm_thread_dispose", td), 0);
	CHECK_EQ(td->td_tid, tid);
	CHECK(sim_tid_used(tid));

	/* The next process has the same thread, with the same id. */
	p = sim_proc("q", short_life, NULL);
	CHECK(sim_thread(p, 0) == td);
	CHECK_EQ(sim_tid(p, 0), tid);
	CHECK_EQ(heard.ctors, 2);
	CHECK_EQ(sim_join(p), 0);
	CHECK_EQ(heard.dtors, 2);
	unlisten(&heard);
}

/* ---- S10: thr_new fails after thread_alloc() --------------------------- */

static struct heard s10_heard;

static void
faulty(void *arg __unused)
{
	struct ucred *cr;
	struct plimit *limits;
	struct thread *td;
	u_long mark, used;
	long refs;
	int users, lims;

	td = curthread;
	cr = td->td_ucred;
	limits = td->td_limit;
	users = cr->cr_users;
	refs = cr->cr_ref;
	lims = limits->pl_refcnt;
	used = sim_tids_used();

	u_thr_new_fault();
	mark = sim_mark();
	CHECK_EQ(u_thr_new(never_runs, NULL), -EFAULT);
	CHECK_EQ(s10_heard.ctors, s10_heard.dtors + 1);
	CHECK_TRACE(did(mark, "crcowget"), 1);
	CHECK_TRACE(did(mark, "crcowfree"), 1);
	CHECK_TRACE(did(mark, "lim_hold"), 1);
	CHECK_TRACE(did(mark, "lim_free"), 1);
	CHECK_TRACE(did(mark, "callout_stop"), 1);
	CHECK_TRACE(did(mark, "cpuset_rel"), 0);
	CHECK_TRACE(did(mark, "sigqueue_init"), 0);
	CHECK_TRACE(did(mark, "rw_wlock"), 0);
	CHECK_TRACE(did(mark, "credbatch_add"), 0);
	CHECK_TRACE(sim_happened(mark, td, "crcowget lim_hold crcowfree "
	    "lim_free cpu_thread_free uma_zfree_arg"), !sim_is_smp());
	CHECK_EQ(cr->cr_users, users);
	CHECK_EQ(cr->cr_ref, refs);
	CHECK_EQ(limits->pl_refcnt, lims);
	CHECK_EQ(sim_tids_used(), used);
	CHECK_EQ(curproc->p_numthreads, 1);
	CHECK((curproc->p_flag & P_HADTHREADS) == 0);
}

static void
faulty_twice(void *arg __unused)
{

	/* On an item without a former life, and on one with. */
	faulty(NULL);
	faulty(NULL);
}

SCENARIO(S10, "thr_new fails after the thread was made",
    "references, an id or a count that the failed thread keeps")
{
	struct proc *p;

	listen(&s10_heard);
	p = sim_proc("faulty", faulty_twice, NULL);
	CHECK_EQ(sim_join(p), 0);
	CHECK_EQ(s10_heard.ctors, 3);
	CHECK_EQ(s10_heard.dtors, 3);
	unlisten(&s10_heard);
}

/* ---- S11: what INVARIANTS forbids -------------------------------------- */

SCENARIO(S11, "Only an inactive thread may be freed",
    "a thread that is freed while it can still run; ids freed twice")
{
	static const int live[] =
	    { TDS_RUNQ, TDS_RUNNING, TDS_CAN_RUN, TDS_INHIBITED };
	struct thread *td;
	lwpid_t tid;
	int i;

	td = thread_alloc(0);
	CHECK(td != NULL);
	tid = td->td_tid;
	if (sim_invariants) {
		for (i = 0; i < nitems(live); i++)
			EXPECT_PANIC("bad state for thread unlinking") {
				TD_SET_STATE(td, live[i]);
				thread_free(td);
			}
		EXPECT_PANIC("bad thread state") {
			TD_SET_STATE(td, 99);
			thread_free(td);
		}
		EXPECT_PANIC("invalid tid 5") {
			td->td_tid = 5;
			thread_free(td);
		}
		EXPECT_PANIC("thread ID 100001 not allocated") {
			sim_tid_mark(tid, false);
			thread_free(td);
		}
		EXPECT_PANIC("Assertion td->td_sel == NULL failed") {
			td->td_sel = (void *)td;
			sim_zone_fini("THREAD", td);
		}
	}
	CHECK_EQ(TD_GET_STATE(td), TDS_INACTIVE);
	thread_free(td);
	CHECK(!sim_tid_used(tid));

	if (!sim_invariants)
		return;
	EXPECT_PANIC("Assertion td->td_sel == NULL failed") {
		sim_zone_unguard("THREAD");
		td->td_sel = (void *)td;
		thread_alloc(0);
	}
	EXPECT_PANIC("thread_alloc got thread with kstack") {
		sim_zone_unguard("THREAD");
		td->td_kstack = PAGE_SIZE;
		thread_alloc(0);
	}
}
