/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group C, S24 to S28: the dead and who buries them: order and batches,
 * memory domains, the callout, the barrier.
 */
#include <sys/limits.h>
#include <sys/wait.h>

#include "threads.h"

#define	MAX_DEAD	64
static struct thread *dead[MAX_DEAD];
static lwpid_t tids[MAX_DEAD];

/* Makes n zombies; they die in the order of the array. */
static void
make_dead(int n)
{
	int i;

	for (i = 0; i < n; i++) {
		dead[i] = hand_thread0();
		tids[i] = dead[i]->td_tid;
	}
	for (i = 0; i < n; i++)
		hand_stash(dead[i]);
}

/* ---- S24: order and batches -------------------------------------------- */

static const int batch_sizes[] = { 1, 15, 16, 17, 31, 32, 33, 48, 64 };

SCENARIO(S24, "Who died last is reaped first, with all of its parts",
    "an id that is lost with its thread, a remainder that is forgotten, an "
    "overflow of the table of ids")
{
	struct heard heard;
	struct sim_zone zone;
	u_long mark;
	int i, k, n;

	for (k = 0; k < nitems(batch_sizes); k++) {
		n = batch_sizes[k];
		make_dead(n);
		CHECK_EQ(sim_tids_used(), n + 1);
		memset(&heard, 0, sizeof(heard));
		listen(&heard);
		mark = sim_mark();
		reap_here();
		unlisten(&heard);

		/*
		 * One more is the thread that reap_here() made, of the item
		 * that was freed last.
		 */
		CHECK_EQ(heard.dtors, n + 1);
		for (i = 0; i < n; i++) {
			CHECK_EQ(heard.dead[i], tids[n - 1 - i]);
			CHECK(!sim_tid_used(tids[i]));
			CHECK_EQ(dead[i]->td_tid, -1);
			CHECK(dead[i]->td_realucred == NULL);
			CHECK(dead[i]->td_cpuset == NULL);
			CHECK_EQ(dead[i]->td_kstack, 0);
			CHECK_TRACE(sim_count_since(mark, "uma_zfree_arg",
			    dead[i]), i == 0 ? 2 : 1);
		}
		CHECK_TRACE(sim_count_since(mark, "cpu_thread_free", NULL),
		    n + 1);
		CHECK_EQ(sim_tids_used(), 1);
		CHECK(sim_zone("THREAD", &zone));
		CHECK_EQ(zone.live, 0);
		CHECK_EQ(proc0.p_exitthreads, 0);
		CHECK_EQ(proc0.p_numthreads, 1);
	}
	sim_check_leaks();
	sim_check_thread_count();
}

static int batch_live, batch_size, batch_seen;

/* Can a thread be made if there may be this many? */
static bool
fits(int maxthread)
{
	struct thread *td;
	int *limit, before;

	limit = sim_sysctl_int("maxthread");
	before = *limit;
	*limit = maxthread;
	td = thread_alloc(0);
	*limit = before;
	if (td == NULL)
		return (false);
	batch_seen = -1;		/* its event is not of the batch */
	thread_free(td);
	return (true);
}

/*
 * Ids go by 16, and the count with them or, by the C file's algorithm, by 32:
 * what is seen before the i-th one goes.
 */
static void
batch_dtor(void *arg __unused, struct thread *td __unused)
{
	int counted, i;

	if (batch_seen == -1 || batch_seen == batch_size)
		return;
	i = batch_seen;
	CHECK_EQ(sim_tids_used(), batch_live + batch_size - rounddown(i, 16));
	counted = batch_live + batch_size -
	    rounddown(i, sim_traces_c_algorithms() ? 32 : 16);
	/* What each sees is not compared where one is the other's measure. */
	if (!sim_omits_events() && (i % 16 == 0 || i % 16 == 15)) {
		CHECK(!fits(counted + 1));
		CHECK(fits(counted + 2));
	}
	batch_seen = i + 1;
}

SCENARIO(S24_batches, "Ids are freed 16 at a time, the count with them or 32 at "
    "a time",
    "a table of ids that overflows, batches that are cut short "
    "or processed empty")
{
	eventhandler_tag tag;
	void *tid_lock;
	u_long mark;
	int k, n;

	tid_lock = sim_named("TID lock");
	CHECK(tid_lock != NULL);
	for (k = 0; k < nitems(batch_sizes); k++) {
		n = batch_sizes[k];
		make_dead(n);
		/* Beyond the batches one id is taken and given back. */
		mark = sim_mark();
		reap_here();
		/* Not seen where objects are compared. */
		if (!sim_omits_events())
			CHECK_TRACE(sim_count_by(mark, curthread, "mtx_lock",
			    tid_lock), howmany(n, 16) + 2);
		CHECK_TRACE(did(mark, "credbatch_add"), n);
		CHECK_TRACE(did(mark, "limbatch_add"), n);
		CHECK_TRACE(did(mark, "credbatch_final"), 1);
		CHECK_TRACE(did(mark, "limbatch_final"), 1);

		make_dead(n);
		batch_live = 1;
		batch_size = n;
		batch_seen = 0;
		tag = EVENTHANDLER_REGISTER(thread_dtor, batch_dtor, NULL, 0);
		reap_here();
		EVENTHANDLER_DEREGISTER(thread_dtor, tag);
	}

	/* Nobody is dead: nothing is done. */
	mark = sim_mark();
	reap_here();
	if (!sim_omits_events())
		CHECK_TRACE(sim_count_by(mark, curthread, "mtx_lock", tid_lock),
		    2);
	CHECK_TRACE(did(mark, "credbatch_final"), 0);
	CHECK_TRACE(did(mark, "limbatch_final"), 0);
}

/* ---- S25: mixed credentials and limits --------------------------------- */

SCENARIO(S25, "The dead of several credentials and limits in one batch",
    "references of the wrong credential dropped, of a jail's never")
{
	struct plimit *limits[2];
	struct thread *td[4];
	struct ucred *a, *b;
	u_long blocks, creds;
	int i;

	/* A is kept by us; B only by its thread. */
	a = crdup(proc0.p_ucred);
	a->cr_users = 1;
	b = crdup(proc0.p_ucred);
	b->cr_users = 1;
	limits[0] = lim_alloc();
	limits[1] = lim_alloc();
	for (i = 0; i < 4; i++) {
		td[i] = hand_thread(&proc0, i == 2 ? b : a,
		    limits[i == 1 || i == 2]);
		tids[i] = td[i]->td_tid;
	}
	b->cr_users--;
	b->cr_ref--;
	lim_free(limits[1]);
	/* References that the threads took without the lock. */
	td[0]->td_ucredref = 2;
	td[3]->td_ucredref = 1;
	CHECK_EQ(a->cr_users, 4);
	CHECK_EQ(a->cr_ref, 4);
	CHECK_EQ(b->cr_users, 1);
	CHECK_EQ(b->cr_ref, 1);
	CHECK_EQ(limits[0]->pl_refcnt, 3);
	CHECK_EQ(limits[1]->pl_refcnt, 2);
	creds = sim_blocks("cred");
	blocks = sim_blocks("plimit");

	/* Processed as A A B A, since the last one is the first. */
	for (i = 3; i >= 0; i--)
		hand_stash(td[i]);
	reap_here();
	CHECK_EQ(a->cr_users, 1);
	CHECK_EQ(a->cr_ref, 4 - 3 + 2 + 1);
	CHECK_EQ(sim_blocks("cred"), creds - 1);
	CHECK_EQ(limits[0]->pl_refcnt, 1);
	CHECK_EQ(sim_blocks("plimit"), blocks - 1);
	for (i = 0; i < 4; i++) {
		CHECK(!sim_tid_used(tids[i]));
		CHECK(td[i]->td_realucred == NULL);
		CHECK_EQ(td[i]->td_ucredref, 0);
	}
	CHECK(td[3]->td_limit == limits[0]);

	/* The three references of the threads are left to whom they serve. */
	a->cr_users--;
	for (i = 0; i < 4; i++)
		crfree(a);
	CHECK_EQ(sim_blocks("cred"), creds - 2);
	lim_free(limits[0]);
	CHECK_EQ(sim_blocks("plimit"), blocks - 2);
}

/* ---- S26: domains ------------------------------------------------------ */

static void
nothing(void *arg __unused)
{

	u_spin(1);
}

/* A zombie in this domain, whichever its memory is in. */
static lwpid_t
dead_in(int domain)
{
	struct thread *td;
	lwpid_t tid;

	td = hand_thread0();
	tid = td->td_tid;
	td->td_allocdomain = domain;
	hand_stash(td);
	return (tid);
}

/* Fails to make a thread, after looking for the dead everywhere. */
static void
run_short(void)
{
	int *limit, before;

	limit = sim_sysctl_int("maxthread");
	before = *limit;
	*limit = 1;
	CHECK(thread_alloc(0) == NULL);
	*limit = before;
}

SCENARIO_SETUP(S26)
{

	sim_set("domains", 3);
}

SCENARIO(S26, "The dead of other domains wait for the reaper or a shortage",
    "remote memory freed by everyone; domains that nobody reaps")
{
	static struct heard heard;
	struct proc *p;
	lwpid_t there, order[5];
	int i;

	sim_cpu_domain(0, 1);
	sim_cpu_domain(1, 1);
	p = sim_proc("p", nothing, NULL);

	/* Making a thread and waiting for a process look at home only. */
	there = dead_in(0);
	reap_here();
	CHECK(sim_tid_used(there));
	CHECK_EQ(sim_join(p), 0);
	CHECK(sim_tid_used(there));
	order[0] = dead_in(1);
	reap_here();
	CHECK(!sim_tid_used(order[0]));
	CHECK(sim_tid_used(there));

	/* A shortage looks everywhere. */
	run_short();
	CHECK(!sim_tid_used(there));
	there = dead_in(2);
	run_short();
	CHECK(!sim_tid_used(there));

	/* So does the task: at home first, then on and around. */
	order[2] = dead_in(2);
	order[1] = dead_in(2);
	order[4] = dead_in(0);
	order[3] = dead_in(0);
	order[0] = dead_in(1);
	listen(&heard);
	thread_reap_barrier();
	unlisten(&heard);
	CHECK_EQ(heard.dtors, 5);
	for (i = 0; i < 5; i++)
		CHECK_EQ(heard.dead[i], order[i]);
}

/* ---- S27: the callout -------------------------------------------------- */

/* Ticks since boot; the clock starts ten minutes before its wrap. */
static u_int
now(void)
{

	return ((u_int)ticks - (u_int)(INT_MAX - hz * 600));
}

/* Sleeps until that many ticks after boot. */
static void
until(u_int then)
{

	while (now() < then)
		sim_ticks(MIN(then - now(), 60 * hz));
	CHECK_EQ(now(), then);
}

/* How often the task was enqueued, how often the callout was armed. */
static void
check_callout(u_int enqueued, u_int armed)
{

	CHECK_EQ(sim_count("taskqueue_enqueue", NULL), enqueued);
	CHECK_EQ(sim_count("callout_reset", NULL), armed);
	CHECK_EQ(sim_count("callout_reset", (void *)(uintptr_t)(5 * hz)),
	    armed);
}

/* The callout may not free: it may not sleep. */
static void
reaper_dtor(void *arg __unused, struct thread *td __unused)
{

	if (curthread != FIRST_THREAD_IN_PROC(&proc0))
		CHECK_STR(curthread->td_name, "taskqueue");
}

SCENARIO(S27, "The reaper comes if the dead wait for more than five seconds",
    "a period that is off by one, a task per domain, a callout that is not "
    "armed again")
{
	eventhandler_tag tag;
	struct thread *td;
	lwpid_t tid;
	u_long mark;
	u_int period;

	if (sim_is_smp())
		return;
	period = 5 * hz;
	tag = EVENTHANDLER_REGISTER(thread_dtor, reaper_dtor, NULL, 0);

	/* Nothing was reaped yet: the first round takes everyone. */
	td = hand_zombie();
	tid = td->td_tid;
	until(period - 1);
	CHECK(sim_tid_used(tid));
	check_callout(0, 1);
	mark = sim_mark();
	until(period + 2);
	CHECK(!sim_tid_used(tid));
	check_callout(1, 2);
	CHECK(sim_happened(mark, NULL, "softclock taskqueue_enqueue task "
	    "credbatch_final"));

	/* Exactly five seconds later is too early. */
	tid = hand_zombie()->td_tid;
	until(2 * period + 2);
	CHECK(sim_tid_used(tid));
	check_callout(1, 3);
	until(3 * period + 2);
	CHECK(!sim_tid_used(tid));
	check_callout(2, 4);

	/* Nobody is dead: armed all the same. */
	until(4 * period - 1);
	tid = hand_zombie()->td_tid;
	reap_here();
	CHECK(!sim_tid_used(tid));
	until(4 * period + 2);
	check_callout(2, 5);

	/*
	 * A tick more than five seconds is enough; looking for the dead and
	 * finding none does not count as reaping.
	 */
	until(4 * period + 100);
	reap_here();
	tid = hand_zombie()->td_tid;
	until(5 * period - 1);
	CHECK(sim_tid_used(tid));
	until(5 * period + 2);
	CHECK(!sim_tid_used(tid));
	check_callout(3, 6);
	EVENTHANDLER_DEREGISTER(thread_dtor, tag);
}

SCENARIO_SETUP(S27_domains)
{

	sim_set("domains", 3);
}

SCENARIO(S27_domains, "One task for the dead of all domains",
    "a task per domain, a domain that is not looked at")
{
	lwpid_t order[3];
	int i;

	if (sim_is_smp())
		return;
	sim_cpu_domain(0, 2);
	sim_cpu_domain(1, 2);
	order[0] = dead_in(0);
	order[1] = dead_in(1);
	order[2] = dead_in(2);
	until(5 * hz + 2);
	check_callout(1, 2);
	for (i = 0; i < 3; i++)
		CHECK(!sim_tid_used(order[i]));

	/* Only the last domain has one. */
	order[0] = dead_in(1);
	until(10 * hz + 2);
	check_callout(1, 3);
	until(15 * hz + 2);
	check_callout(2, 4);
	CHECK(!sim_tid_used(order[0]));
}

SCENARIO(S27_wrap, "The clock wraps between two rounds of the reaper",
    "a comparison that is signed, so that nobody is reaped for weeks")
{
	lwpid_t tid;
	u_int period, wrap;

	if (sim_is_smp())
		return;
	period = 5 * hz;
	wrap = 600 * hz;
	until(wrap - period + 2);
	tid = hand_zombie()->td_tid;
	until(wrap - 1);
	CHECK(sim_tid_used(tid));
	CHECK_EQ(ticks, INT_MAX - 1);
	until(wrap + 2);
	CHECK(ticks < 0);
	CHECK(!sim_tid_used(tid));
	check_callout(1, wrap / period + 1);

	/* Five seconds across the wrap, and ten. */
	tid = hand_zombie()->td_tid;
	until(wrap + period + 2);
	CHECK(sim_tid_used(tid));
	check_callout(1, wrap / period + 2);
	until(wrap + 2 * period + 2);
	CHECK(!sim_tid_used(tid));
	check_callout(2, wrap / period + 3);
}

SCENARIO(S27_late, "Nobody dies until the clock has wrapped",
    "a comparison that is signed, so that the first round never comes")
{
	lwpid_t tid;
	u_int period, wrap;

	if (sim_is_smp())
		return;
	period = 5 * hz;
	wrap = 600 * hz;
	until(wrap + 2);
	CHECK(ticks < 0);
	check_callout(0, wrap / period + 1);
	tid = hand_zombie()->td_tid;
	until(wrap + period + 2);
	CHECK(!sim_tid_used(tid));
	check_callout(1, wrap / period + 2);
}

/* ---- S28: the barrier -------------------------------------------------- */

static volatile int s28_stop;

static void
s28_main(void *arg __unused)
{

	u_pause_until(&s28_stop);
}

SCENARIO_SETUP(S28)
{

	sim_cpus(3);
}

SCENARIO(S28, "After the barrier all that had exited are reaped",
    "a handler that is called after its module is gone")
{
	void (*const others[])(void *) = { nothing, nothing, nothing };
	static struct heard heard;
	struct proc *p;
	lwpid_t tid[3];
	u_long blocks, mark;
	int i, k;

	p = sim_proc_threads("p", s28_main, NULL, 3, others, NULL);
	for (i = 0; i < 3; i++)
		tid[i] = sim_tid(p, i + 1);
	listen(&heard);
	sim_wait(p->p_numthreads == 1);
	PROC_LOCK(p);
	PROC_UNLOCK(p);

	/* Some may be dead on their CPUs still. */
	blocks = sim_blocks("temp");
	mark = sim_mark();
	thread_reap_barrier();
	CHECK_EQ(heard.dtors, 3);
	for (i = 0; i < 3; i++) {
		CHECK(!sim_tid_used(tid[i]));
		for (k = 0; heard.dead[k] != tid[i]; k++)
			CHECK(k < 2);
	}
	CHECK_EQ(p->p_exitthreads, 0);
	CHECK_EQ(sim_blocks("temp"), blocks);
	CHECK_TRACE(sim_happened(mark, curthread, "quiesce_all_cpus malloc "
	    "taskqueue_enqueue taskqueue_drain free"), !sim_is_smp());
	CHECK_TRACE(did(mark, "credbatch_final"), 0);
	unlisten(&heard);
	CHECK_END_STATE(p, 1, 1);
	s28_stop = 1;
	CHECK_EQ(sim_join(p), 0);
}

static volatile u_int s28_entered, s28_left;

/* A handler that takes its time. */
static void
s28_dtor(void *arg __unused, struct thread *td __unused)
{
	static struct sim_chan never;

	atomic_add_int(&s28_entered, 1);
	sim_sleep(&never, false, 3);
	atomic_add_int(&s28_left, 1);
}

SCENARIO(S28_busy, "The barrier waits for a reaper that is at work",
    "a barrier that returns while a handler still runs")
{
	eventhandler_tag tag;
	int i;

	/* The reaper finds two, some time after boot. */
	make_dead(2);
	tag = EVENTHANDLER_REGISTER(thread_dtor, s28_dtor, NULL, 0);
	sim_wait(s28_entered > 0);

	/* A third one exits meanwhile. */
	dead[2] = hand_zombie();
	tids[2] = dead[2]->td_tid;
	thread_reap_barrier();
	CHECK_EQ(s28_entered, 3);
	CHECK_EQ(s28_left, 3);
	for (i = 0; i < 3; i++)
		CHECK(!sim_tid_used(tids[i]) || tids[i] == -1);
	EVENTHANDLER_DEREGISTER(thread_dtor, tag);
}

static struct sim_chan s28_disk;

static void
s28_reader(void *arg __unused)
{

	CHECK_EQ(u_sleep(&s28_disk, false), 0);
	u_spin_forever();
}

/* The disk answers while the barrier waits. */
static void
s28_answer(void *arg __unused)
{
	static struct sim_chan never;

	sim_sleep(&never, false, 5);
	sim_wakeup(&s28_disk);
}

static void
s28_killer(void *arg)
{

	CHECK_EQ(k_reaper_kill(arg, SIGKILL), 0);
}

SCENARIO(S28_behind, "The barrier waits behind a process that is stopped",
    "a barrier that overtakes the queue, or never returns")
{
	struct proc *p;
	lwpid_t tid;

	p = sim_proc("p", s28_reader, NULL);
	sim_wait(TD_IS_SLEEPING(FIRST_THREAD_IN_PROC(p)));
	CHECK_EQ(k_kthread_add(NULL, "killer", s28_killer, p, NULL), 0);
	sim_wait(p->p_flag & P_TOTAL_STOP);
	CHECK_EQ(k_kthread_add(NULL, "disk", s28_answer, NULL, NULL), 0);
	tid = hand_zombie()->td_tid;
	thread_reap_barrier();
	CHECK_EQ(p->p_flag & P_TOTAL_STOP, 0);
	CHECK(!sim_tid_used(tid));
	CHECK_EQ(WTERMSIG(sim_join(p)), SIGKILL);
}
