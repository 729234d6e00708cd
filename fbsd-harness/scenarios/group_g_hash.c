/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group G, S66 to S70: finding a thread by its id.
 */
#include "threads.h"

/*
 * How often the lock of a stripe is taken, or given up, shared by n lookups
 * that nobody disturbs.  Comparisons leave it out where that may differ.
 *
 * deep(): to move a thread to the front; shallow(): otherwise, which is for the
 * C file's algorithm alone, or for lists whose links are trashed.
 */
static u_long
deep(u_long n)
{

	return (sim_omits_events() ? 0 : n);
}

static u_long
shallow(u_long n)
{

#ifndef QUEUE_MACRO_DEBUG_TRASH
	if (!sim_traces_c_algorithms())
		return (0);
#endif
	return (deep(n));
}

/* The current thread holds no lock that a lookup could have left behind. */
static void
check_unlocked(struct proc *p)
{

	CHECK(!mtx_owned(&p->p_mtx));
	CHECK_EQ(curthread->td_rw_rlocks, 0);
	CHECK_EQ(curthread->td_critnest, 0);
}

/* Looks a thread up that has to be found, with the process p locked. */
static void
check_found(lwpid_t tid, pid_t pid, struct thread *td, struct proc *p)
{

	CHECK(tdfind(tid, pid) == td);
	CHECK(mtx_owned(&p->p_mtx));
	CHECK(!mtx_owned(&proc0.p_mtx) || p == &proc0);
	PROC_UNLOCK(p);
	check_unlocked(p);
}

/* Looks an id up under which p's thread must not be found. */
static void
check_missing(lwpid_t tid, pid_t pid, struct proc *p)
{

	CHECK(tdfind(tid, pid) == NULL);
	check_unlocked(p);
}

/* ---- S66: looking oneself up ------------------------------------------- */

static int
find_self(void *arg __unused)
{
	struct thread *td = curthread;
	struct proc *p = td->td_proc;
	u_long mark;

	mark = sim_mark();
	check_found(td->td_tid, -1, td, p);
	check_found(td->td_tid, p->p_pid, td, p);
	check_missing(td->td_tid, p->p_pid + 1, p);
	check_missing(td->td_tid, 0, p);

	/* Whatever the state of the process, and of the hash. */
	p->p_state = PRS_NEW;
	check_found(td->td_tid, -1, td, p);
	check_found(td->td_tid, p->p_pid, td, p);
	check_missing(td->td_tid, p->p_pid + 1, p);
	p->p_state = PRS_NORMAL;
	PROC_LOCK(p);
	p->p_flag |= P_WEXIT;
	PROC_UNLOCK(p);
	check_found(td->td_tid, -1, td, p);
	PROC_LOCK(p);
	p->p_flag &= ~P_WEXIT;
	PROC_UNLOCK(p);
	CHECK_TRACE(did(mark, "rw_rlock"), 0);
	CHECK_TRACE(did(mark, "rw_wlock"), 0);

	tidhash_remove(td);
	mark = sim_mark();
	check_found(td->td_tid, -1, td, p);
	check_found(td->td_tid, p->p_pid, td, p);
	CHECK_TRACE(did(mark, "rw_rlock"), 0);
	tidhash_add(td);
	return (0);
}

static void
self(void *arg __unused)
{

	CHECK_EQ(u_syscall(find_self, NULL), 0);
	CHECK_EQ(u_thr_kill(u_thr_self(), 0), 0);
	CHECK_EQ(u_thr_kill2(u_getpid(), u_thr_self(), 0), 0);
	CHECK_EQ(u_thr_kill2(u_getpid() + 1, u_thr_self(), 0), ESRCH);
}

SCENARIO(S66, "A thread looks itself up",
    "a lookup of oneself that takes the hash's lock, or fails in a process "
    "that starts or exits")
{
	static void (*const others[])(void *) = { self, self };

	CHECK_EQ(sim_join(sim_proc_threads("p", self, NULL, 2, others, NULL)),
	    0);
}

/* ---- S67: looking others up -------------------------------------------- */

SCENARIO(S67, "Another thread is looked up",
    "a thread of a process that is not complete, or of the wrong process; a "
    "lock that a failed lookup keeps")
{
	struct proc *p, *q;
	struct thread *td;
	lwpid_t tid;
	u_long mark;
	int i;

	p = sim_proc_parked("p", 3);
	q = sim_proc_parked("q", 1);
	for (i = 0; i < 3; i++) {
		td = sim_thread(p, i);
		mark = sim_mark();
		check_found(td->td_tid, -1, td, p);
		CHECK_TRACE(did(mark, "rw_rlock"), shallow(1));
		CHECK_TRACE(did(mark, "rw_runlock"), shallow(1));
		CHECK_TRACE(did(mark, "mtx_lock"), 1);
		CHECK_C_TRACE(sim_happened(mark, curthread,
		    "rw_rlock rw_runlock mtx_lock"), 1);
		check_found(td->td_tid, p->p_pid, td, p);

		/* A thread of another process than the one asked for. */
		mark = sim_mark();
		check_missing(td->td_tid, q->p_pid, p);
		check_missing(td->td_tid, 0, p);
		CHECK_TRACE(did(mark, "mtx_lock"), 0);
	}
	td = sim_thread(q, 0);
	check_found(td->td_tid, -1, td, q);
	check_missing(-1, -1, p);
	check_missing(td->td_tid + 1000, -1, p);
	check_missing(td->td_tid + 1000, q->p_pid, q);

	/* A process that is being made; one that exits. */
	q->p_state = PRS_NEW;
	mark = sim_mark();
	check_missing(td->td_tid, -1, q);
	check_missing(td->td_tid, q->p_pid, q);
	CHECK_TRACE(did(mark, "rw_rlock"), shallow(2));
	CHECK_TRACE(sim_count_by(mark, curthread, "mtx_lock", &q->p_mtx), 2);
	q->p_state = PRS_NORMAL;
	PROC_LOCK(q);
	q->p_flag |= P_WEXIT;
	q->p_flag2 |= P2_WEXIT;
	PROC_UNLOCK(q);
	check_found(td->td_tid, -1, td, q);
	check_found(td->td_tid, q->p_pid, td, q);
	PROC_LOCK(q);
	q->p_flag &= ~P_WEXIT;
	q->p_flag2 &= ~P2_WEXIT;
	PROC_UNLOCK(q);

	/* A dead one is in no hash any more. */
	tid = td->td_tid;
	sim_unpark(q);
	CHECK_EQ(k_kill(q, SIGKILL), 0);
	sim_wait(sim_is_zombie(q));
	CHECK(sim_thread(q, 0) == td);
	check_missing(tid, -1, q);
	CHECK_EQ(sim_join(q), W_EXITCODE(0, SIGKILL));
	sim_unpark(p);
}

static volatile lwpid_t victim_tid;

static void
victim(void *arg __unused)
{

	victim_tid = u_thr_self();
	u_pause();
}

static void
killer(void *arg __unused)
{

	u_spin_until((volatile int *)&victim_tid);
	CHECK_EQ(u_thr_kill2(u_getpid(), victim_tid, SIGTERM), ESRCH);
	CHECK_EQ(u_thr_kill(victim_tid, SIGTERM), ESRCH);
	CHECK_EQ(u_thr_kill2(-1, victim_tid, SIGTERM), 0);
}

SCENARIO(S67_wildcard, "A signal by thread id crosses processes with pid -1",
    "a filter that lets nothing, or everything, through")
{
	struct proc *p, *q;

	p = sim_proc("p", victim, NULL);
	q = sim_proc("q", killer, NULL);
	CHECK_EQ(sim_join(q), 0);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGTERM));
}

static volatile int forks_done;

static void
fork_child(void *arg __unused)
{
}

static void
forker(void *arg __unused)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 3; i++) {
		pid = u_fork(fork_child, NULL);
		CHECK(pid > 0);
		CHECK_EQ(u_wait4(pid, &status, 0), pid);
		CHECK_EQ(status, 0);
	}
	forks_done = 1;
}

/* Is td one of p's threads?  p is locked. */
static bool
is_linked(struct proc *p, struct thread *td)
{
	struct thread *td2;

	FOREACH_THREAD_IN_PROC(p, td2) {
		if (td2 == td)
			return (true);
	}
	return (false);
}

/*
 * Looks all ids up that can exist; what is found has to be what was asked.
 * With one exception, which FreeBSD has, too: a thread that has exited is freed
 * without the process lock, and may be allocated again for its old process,
 * under another id, after tdfind() has looked at td_tid and before it looks at
 * td_proc.  No such thread is linked before the process is unlocked.
 */
static void
look_around(int ids)
{
	struct thread *td;
	struct proc *p;
	lwpid_t tid;

	for (tid = THREAD0_TID; tid < THREAD0_TID + ids; tid++) {
		td = tdfind(tid, -1);
		if (td == NULL)
			continue;
		p = td->td_proc;
		CHECK(mtx_owned(&p->p_mtx));
		if (sim_traces_locks() || is_linked(p, td))
			CHECK_EQ(td->td_tid, tid);
		CHECK(td == curthread || p->p_state != PRS_NEW);
		PROC_UNLOCK(p);
		check_unlocked(p);
	}
}

SCENARIO(S67_fork, "Lookups while processes are made and exit",
    "a thread of a half-made process that somebody gets hold of")
{
	struct proc *p;
	int i;

	p = sim_proc("p", forker, NULL);
	for (i = 0; i < 30 && !forks_done; i++) {
		look_around(20);
		sim_yield();
	}
	CHECK_EQ(sim_join(p), 0);
}

/* ---- S68: what changes between the hash and the process lock ------------ */

/* A kernel thread that looks a thread up. */
struct finder {
	struct thread	*td;
	lwpid_t		tid;
	volatile int	go, done;
	struct thread	*found;
	struct proc	*locked;	/* found's process */
	u_long		mark;
};

static void
find(void *arg)
{
	struct finder *f = arg;

	while (!f->go)
		sim_yield();
	f->found = tdfind(f->tid, -1);
	if (f->found != NULL) {
		f->locked = f->found->td_proc;
		CHECK(mtx_owned(&f->locked->p_mtx));
		PROC_UNLOCK(f->locked);
	}
	CHECK_EQ(curthread->td_rw_rlocks, 0);
	f->done = 1;
}

/*
 * Starts a lookup of td and returns, with p locked, when the finder has it
 * from the hash and waits for p's lock.
 */
static void
find_blocked(struct finder *f, struct thread *td, struct proc *p)
{

	bzero(f, sizeof(*f));
	f->tid = td->td_tid;
	CHECK_EQ(k_kthread_add(NULL, "finder", find, f, &f->td), 0);
	PROC_LOCK(p);
	f->mark = sim_mark();
	f->go = 1;
	while (!TD_ON_LOCK(f->td) && (sim_is_smp() ||
	    sim_count_by(f->mark, f->td, "mtx_lock", &p->p_mtx) == 0))
		sched_relinquish(curthread);
	/* It does not wait with the hash locked. */
	CHECK_EQ(f->td->td_rw_rlocks, 0);
	CHECK_TRACE(sim_count_by(f->mark, f->td, "rw_rlock", NULL),
	    shallow(1));
	CHECK_TRACE(sim_count_by(f->mark, f->td, "rw_runlock", NULL),
	    shallow(1));
}

/* Lets it go on; it has to come to that result in so many tries. */
static void
find_end(struct finder *f, struct proc *p, struct thread *found,
    struct proc *locked, int tries)
{

	PROC_UNLOCK(p);
	sim_wait(f->done);
	CHECK(f->found == found);
	CHECK(f->locked == locked);
	CHECK_TRACE(sim_count_since(f->mark, "rw_rlock", NULL),
	    shallow(tries));
	CHECK(!mtx_owned(&p->p_mtx));
}

SCENARIO(S68, "A looked up thread exits before its process is locked",
    "a thread that is freed or of another process; giving up instead of "
    "trying again; a process that stays locked")
{
	struct thread *td, *other;
	struct finder f;
	struct proc *p, *q;
	lwpid_t tid, other_tid;

	p = sim_proc_parked("p", 2);
	q = sim_proc_parked("q", 2);
	td = sim_thread(p, 1);
	tid = td->td_tid;

	/* Nothing changed. */
	find_blocked(&f, td, p);
	find_end(&f, p, td, p, 1);

	/* It exited, and is free. */
	find_blocked(&f, td, p);
	tidhash_remove(td);
	td->td_tid = -1;
	find_end(&f, p, NULL, NULL, 2);
	td->td_tid = tid;
	tidhash_add(td);

	/* It is free, and its id is another thread's, of another process. */
	other = sim_thread(q, 1);
	other_tid = other->td_tid;
	find_blocked(&f, td, p);
	tidhash_remove(td);
	td->td_tid = -1;
	tidhash_remove(other);
	other->td_tid = tid;
	tidhash_add(other);
	find_end(&f, p, other, q, 2);
	tidhash_remove(other);
	other->td_tid = other_tid;
	tidhash_add(other);
	td->td_tid = tid;
	tidhash_add(td);

	/* Its memory is another thread, with another id, elsewhere. */
	find_blocked(&f, td, p);
	tidhash_remove(td);
	td->td_tid = tid + 5000;
	td->td_proc = q;
	tidhash_add(td);
	find_end(&f, p, NULL, NULL, 2);
	tidhash_remove(td);
	td->td_tid = tid;
	td->td_proc = p;
	tidhash_add(td);

	/* Another thread with another id in the same process. */
	find_blocked(&f, td, p);
	tidhash_remove(td);
	td->td_tid = tid + 5000;
	tidhash_add(td);
	find_end(&f, p, NULL, NULL, 2);
	tidhash_remove(td);
	td->td_tid = tid;
	tidhash_add(td);

	/* The same id in another process. */
	find_blocked(&f, td, p);
	tidhash_remove(td);
	td->td_proc = q;
	tidhash_add(td);
	find_end(&f, p, td, q, 2);
	tidhash_remove(td);
	td->td_proc = p;
	tidhash_add(td);

	/* The same id in the same process: that is the thread asked for. */
	find_blocked(&f, td, p);
	tidhash_remove(td);
	tidhash_add(td);
	find_end(&f, p, td, p, 1);

	/* The process turns out to be one that is being made. */
	find_blocked(&f, td, p);
	p->p_state = PRS_NEW;
	find_end(&f, p, NULL, NULL, 1);
	p->p_state = PRS_NORMAL;

	sim_unpark(q);
	sim_unpark(p);
}

static volatile int exits_done;	/* of two */

static void
short_life(void *arg __unused)
{
}

static void
maker(void *arg __unused)
{
	int i;

	for (i = 0; i < 6; i++) {
		CHECK(u_thr_new(short_life, NULL) > 0);
		u_spin(2);
	}
	atomic_add_int((volatile u_int *)&exits_done, 1);
}

SCENARIO_SETUP(S68_race)
{

	/* Few ids, so that they come again. */
	sim_set("maxthread", 112);
	sim_cpus(3);
}

SCENARIO(S68_race, "Lookups while threads of two processes come and go",
    "a thread that is found under an id it no longer has")
{
	struct proc *p, *q;
	int i;

	p = sim_proc("p", maker, NULL);
	q = sim_proc("q", maker, NULL);
	for (i = 0; i < 30 && exits_done < 2; i++) {
		look_around(12);
		sim_yield();
	}
	CHECK_EQ(sim_join(p), 0);
	CHECK_EQ(sim_join(q), 0);
}

/* ---- S69: a thread that is deep in its bucket --------------------------- */

#define	DEPTH_MAX	20

/* Threads of one bucket that has no others. */
struct bucket {
	struct thread	*td[DEPTH_MAX];	/* the newest first */
	lwpid_t		tid[DEPTH_MAX];	/* their own ids */
	int		n;
};

/*
 * Puts n threads into the last of 32 buckets.  The last one in is the first
 * of the list.
 */
static void
bucket_fill(struct bucket *b, int n)
{
	int i;

	b->n = n;
	for (i = n - 1; i >= 0; i--) {
		b->td[i] = hand_thread0();
		b->tid[i] = b->td[i]->td_tid;
		b->td[i]->td_tid = 200031 + 32 * i;
		tidhash_add(b->td[i]);
	}
}

static void
bucket_empty(struct bucket *b)
{
	int i;

	for (i = 0; i < b->n; i++) {
		tidhash_remove(b->td[i]);
		b->td[i]->td_tid = b->tid[i];
		hand_free(b->td[i]);
	}
}

/*
 * Is the order of the list what it was, or, with first >= 0, the same but for
 * that thread, which is in front?
 */
static void
bucket_check(struct bucket *b, int first)
{
	struct thread *td;
	int i;

	td = b->td[first < 0 ? 0 : first];
	if (first >= 0) {
		td = LIST_NEXT(td, td_hash);
		CHECK(td == b->td[first == 0 ? 1 : 0]);
	}
	for (i = 0; i < b->n; i++) {
		if (i == first)
			continue;
		CHECK(td == b->td[i]);
		td = LIST_NEXT(td, td_hash);
	}
	CHECK(td == NULL);
}

/* Looks the nth of the list up; checks what was done with the hash's lock. */
static void
bucket_find(struct bucket *b, int n, int upgrades, bool promoted)
{
	struct thread *td = b->td[n];
	u_long mark, shared;

	mark = sim_mark();
	check_found(td->td_tid, -1, td, &proc0);
	shared = upgrades == 0 ? shallow(1) : deep(1);
	CHECK_TRACE(did(mark, "rw_rlock"), shared);
	CHECK_TRACE(did(mark, "rw_try_upgrade"), deep(upgrades));
	CHECK_TRACE(did(mark, "rw_runlock"), promoted ? 0 : shared);
	CHECK_TRACE(did(mark, "rw_wunlock"), promoted ? 1 : 0);
	CHECK_TRACE(did(mark, "rw_wlock"), 0);
	bucket_check(b, promoted ? n : -1);
}

SCENARIO_SETUP(S69)
{

	sim_set("maxproc", 64);
}

SCENARIO(S69, "A thread with 17 or more before it moves to the front",
    "a bucket that loses its order or a thread; a lock held in "
    "the wrong way after the move")
{
	struct bucket b;
	int i;

	/* The newest is the first. */
	bucket_fill(&b, 17);
	bucket_check(&b, -1);
	for (i = 0; i <= 16; i++)
		bucket_find(&b, i, 0, false);
	bucket_empty(&b);

	bucket_fill(&b, 18);
	bucket_find(&b, 17, 1, true);
	bucket_empty(&b);

	/* From the middle; then it is the first. */
	bucket_fill(&b, 20);
	bucket_find(&b, 18, 1, true);
	check_found(b.td[18]->td_tid, -1, b.td[18], &proc0);
	bucket_check(&b, 18);
	bucket_empty(&b);
}

SCENARIO_SETUP(S69_pid)
{

	sim_set("maxproc", 64);
}

SCENARIO(S69_pid, "No move for a thread of the wrong process, or for none",
    "a move by a lookup that fails")
{
	struct bucket b;
	u_long mark;

	bucket_fill(&b, 20);
	mark = sim_mark();
	check_missing(b.td[19]->td_tid, 4711, &proc0);
	check_missing(b.td[19]->td_tid + 32, -1, &proc0);
	CHECK_TRACE(did(mark, "rw_rlock"), shallow(2));
	CHECK_TRACE(did(mark, "rw_runlock"), shallow(2));
	CHECK_TRACE(did(mark, "rw_try_upgrade"), 0);
	CHECK_TRACE(did(mark, "rw_wunlock"), 0);
	CHECK_TRACE(did(mark, "mtx_lock"), 0);
	bucket_check(&b, -1);
	bucket_empty(&b);
}

/* A thread that reads the hash. */
static struct rwlock *stripes;
static volatile int reading, readers_go;

static void
reader(void *arg __unused)
{

	rw_rlock(&stripes[0]);
	reading = 1;
	while (!readers_go)
		sched_relinquish(curthread);
	rw_runlock(&stripes[0]);
	reading = 0;
}

SCENARIO_SETUP(S69_readers)
{

	sim_set("maxproc", 64);
}

SCENARIO(S69_readers, "No move while others read the hash",
    "a list that changes under a reader; waiting for readers")
{
	struct bucket b;

	stripes = sim_named("tidhash");
	CHECK(stripes != NULL || sim_is_smp());
	if (stripes == NULL)
		return;
	bucket_fill(&b, 18);
	CHECK_EQ(k_kthread_add(NULL, "reader", reader, NULL, NULL), 0);
	sim_wait(reading);
	bucket_find(&b, 17, 1, false);
	bucket_find(&b, 17, 1, false);
	readers_go = 1;
	sim_wait(!reading);
	bucket_find(&b, 17, 1, true);
	bucket_empty(&b);
}

/* ---- S70: sizes --------------------------------------------------------- */

/*
 * The blocks of the hash's memory are the bitmap of ids, the buckets and the
 * locks.  Which lock an id has shows in what adding it locks.
 */
static void
check_sizes(u_long buckets, u_long locks)
{
	static const int ids[] = { 0, 1, 31, 32, 62, 63, 64, 65, 127, 128,
	    4095, 4096, 5000 };
	struct rwlock *lock, *used;
	struct thread *td;
	lwpid_t tid;
	u_long mark, size;
	u_int i;
	bool lines;

	CHECK_EQ(sim_blocks("tidhash"), 3);
	CHECK_EQ(sim_block_size("tidhash", 1), buckets * sizeof(void *));
	/* An object that has more than locks gives each a cache line. */
	size = sim_block_size("tidhash", 2);
	lines = size != locks * sizeof(struct rwlock);
	CHECK(!lines || !sim_traces_c_algorithms());
	CHECK(!lines || (size > locks * CACHE_LINE_SIZE &&
	    size < (locks + 1) * CACHE_LINE_SIZE));
	lock = sim_named("tidhash");
	if (lock == NULL)
		return;
	td = hand_thread0();
	tid = td->td_tid;
	for (i = 0; i < nitems(ids); i++) {
		td->td_tid = 200000 + ids[i];
		used = lines ? (struct rwlock *)((char *)lock +
		    (td->td_tid & (locks - 1)) * CACHE_LINE_SIZE) :
		    &lock[td->td_tid & (locks - 1)];
		mark = sim_mark();
		tidhash_add(td);
		check_found(td->td_tid, -1, td, &proc0);
		CHECK_TRACE(did(mark, "rw_rlock"), shallow(1));
		tidhash_remove(td);
		CHECK_TRACE(did(mark, "rw_wlock"), 2);
		CHECK_TRACE(sim_count_by(mark, curthread, "rw_wlock",
		    used), 2);
		CHECK_TRACE(sim_count_by(mark, curthread, "rw_rlock",
		    used), shallow(1));
	}
	td->td_tid = tid;
	hand_free(td);
}

SCENARIO_SETUP(S70)
{

	sim_set("maxproc", 10000);
}

SCENARIO(S70, "The hash of a large system",
    "sizes of the hash, and which lock an id has")
{

	check_sizes(4096, 64);
}

SCENARIO_SETUP(S70_small)
{

	sim_set("maxproc", 100);
}

SCENARIO(S70_small, "The hash of a small system has one lock",
    "no lock at all, or a mask of -1")
{

	check_sizes(32, 1);
	CHECK_TRACE(sim_count("rw_init", NULL), 1);
}

SCENARIO_SETUP(S70_one)
{

	sim_set("maxproc", 128);
}

SCENARIO(S70_one, "64 buckets have one lock",
    "a lock more than the mask reaches")
{

	check_sizes(64, 1);
	CHECK_TRACE(sim_count("rw_init", NULL), 1);
}

SCENARIO_SETUP(S70_two)
{

	sim_set("maxproc", 256);
}

SCENARIO(S70_two, "128 buckets have two locks",
    "sizes of the hash, and which lock an id has")
{

	check_sizes(128, 2);
	CHECK_TRACE(sim_count("rw_init", NULL), 2);
}

/* Threads that use other buckets of the stripe that ctl has locked. */
static struct thread *member, *newcomer, *leaver;
static volatile int stripe_go, stripe_done, member_found;

static void
add_newcomer(void *arg __unused)
{

	while (!stripe_go)
		sim_yield();
	tidhash_add(newcomer);
	atomic_add_int((volatile u_int *)&stripe_done, 1);
}

static void
remove_leaver(void *arg __unused)
{

	while (!stripe_go)
		sim_yield();
	tidhash_remove(leaver);
	atomic_add_int((volatile u_int *)&stripe_done, 1);
}

static void
find_member(void *arg __unused)
{

	while (!stripe_go)
		sim_yield();
	check_found(member->td_tid, -1, member, &proc0);
	member_found = 1;
}

SCENARIO_SETUP(S70_stripe)
{

	sim_set("maxproc", 256);
	sim_cpus(3);
}

SCENARIO(S70_stripe, "Buckets of one stripe wait for each other",
    "a bucket that changes without its stripe's lock")
{
	struct bucket b;
	u_long mark;
	int i;

	stripes = sim_named("tidhash");
	if (stripes == NULL)
		return;
	/* Even ids, thus one stripe, in buckets of their own. */
	b.n = 3;
	for (i = 0; i < 3; i++) {
		b.td[i] = hand_thread0();
		b.tid[i] = b.td[i]->td_tid;
		b.td[i]->td_tid = 200040 + 2 * i;
	}
	member = b.td[0];
	newcomer = b.td[1];
	leaver = b.td[2];
	tidhash_add(member);
	tidhash_add(leaver);
	CHECK_EQ(k_kthread_add(NULL, "add", add_newcomer, NULL, NULL), 0);
	CHECK_EQ(k_kthread_add(NULL, "remove", remove_leaver, NULL, NULL), 0);
	CHECK_EQ(k_kthread_add(NULL, "find", find_member, NULL, NULL), 0);

	rw_wlock(&stripes[0]);
	mark = sim_mark();
	stripe_go = 1;
	for (i = 0; i < 1000 && (sim_is_smp() ||
	    sim_count_since(mark, "rw_wlock", &stripes[0]) < 2 ||
	    sim_count_since(mark, "rw_rlock", &stripes[0]) < shallow(1)); i++)
		sched_relinquish(curthread);
	CHECK(i < 1000 || sim_is_smp());
	CHECK_EQ(stripe_done, 0);
	CHECK(!member_found || !sim_traces_c_algorithms());
	rw_wunlock(&stripes[0]);
	sim_wait(stripe_done == 2 && member_found);
	check_found(newcomer->td_tid, -1, newcomer, &proc0);
	check_missing(leaver->td_tid, -1, &proc0);
	tidhash_add(leaver);
	bucket_empty(&b);
}
