/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group G, S68 and S69: lookups past which the hash changes.
 *
 * A kernel thread changes the hash step by step, and ctl looks ids up
 * meanwhile.  What it finds has to be what was there at some moment of the
 * lookup.  The scenarios are small, so that `make preempt` tries a change
 * between any two instructions of a lookup, and a lookup between any two of a
 * change.
 */
#include "threads.h"

#define	STATES_MAX	5

/* What is looked up, and what is there in each state of the hash. */
struct quest {
	lwpid_t		tid;
	pid_t		pid;
	struct {
		struct thread	*td;
		struct proc	*p;
	} there[STATES_MAX];
};

/* Twice the number of the state; odd while the next one is on its way. */
static volatile int phase;
static volatile int changes_done;

/* The next state comes about by the statements. */
#define	CHANGE(statements) do {						\
	phase++;							\
	statements;							\
	phase++;							\
} while (0)

/* Does what was found belong to one of these states? */
static bool
was_there(const struct quest *quest, int from, int to, struct thread *td,
    struct proc *p)
{
	int i;

	for (i = from; i <= to; i++)
		if (quest->there[i].td == td && quest->there[i].p == p)
			return (true);
	return (false);
}

/* Looks up; the lookup begins in one state and ends in another, or the same. */
static void
look(const struct quest *quest)
{
	struct thread *td;
	struct proc *p;
	int from, to;

	p = NULL;
	from = phase / 2;
	td = tdfind(quest->tid, quest->pid);
	to = (phase + 1) / 2;
	if (td != NULL) {
		p = td->td_proc;
		CHECK(mtx_owned(&p->p_mtx));
		CHECK_EQ(td->td_tid, quest->tid);
		PROC_UNLOCK(p);
	}
	CHECK_EQ(curthread->td_rw_rlocks, 0);
	CHECK(was_there(quest, from, to, td, p));
}

/* Looks all of them up until the changes are over, and once more. */
static void
look_all(void (*changes)(void *), const struct quest *quests, int n)
{
	bool over;
	int i;

	CHECK_EQ(k_kthread_add(NULL, "changes", changes, NULL, NULL), 0);
	do {
		over = changes_done;
		for (i = 0; i < n; i++)
			look(&quests[i]);
		sim_yield();
	} while (!over);
}

/* In this state, that is there. */
static void
there(struct quest *quest, int state, struct thread *td, struct proc *p)
{

	quest->there[state].td = td;
	quest->there[state].p = p;
}

/* The quest of a thread that is there in every state. */
static struct quest
constant(struct thread *td)
{
	struct quest quest;
	int i;

	quest.tid = td->td_tid;
	quest.pid = -1;
	for (i = 0; i < STATES_MAX; i++)
		there(&quest, i, td, td->td_proc);
	return (quest);
}

/* A thread with an id of its own, and its first one, which it gets back. */
struct member {
	struct thread	*td;
	lwpid_t		tid;
};

static struct thread *
member_make(struct member *m, lwpid_t tid)
{

	m->td = hand_thread0();
	m->tid = m->td->td_tid;
	m->td->td_tid = tid;
	return (m->td);
}

/* It is in no hash any more. */
static void
member_free(struct member *m)
{

	m->td->td_tid = m->tid;
	m->td->td_proc = &proc0;
	hand_free(m->td);
}

/*
 * Ids of three chains of 128; two stripes: the even ids' and the odd ones'.
 */
#define	EVEN(n)		(200064 + 128 * (n))
#define	ODD(n)		(200065 + 128 * (n))

/* ---- A thread goes to another chain ------------------------------------- */

static struct member near, mover, far, other;

static void
cross(void *arg __unused)
{

	CHANGE(tidhash_remove(mover.td));
	CHANGE(mover.td->td_tid = ODD(1); tidhash_add(mover.td));
	/* Who looks meanwhile goes on. */
	sim_yield();
	CHANGE(tidhash_remove(mover.td));
	CHANGE(mover.td->td_tid = EVEN(1); tidhash_add(mover.td));
	changes_done = 1;
}

SCENARIO_SETUP(S68_cross)
{

	sim_set("maxproc", 256);
}

SCENARIO(S68_cross, "A thread goes to another chain and comes back",
    "a lookup that goes along, and misses who is behind that thread")
{
	struct quest quests[2];

	/* near, mover, far; and other. */
	tidhash_add(member_make(&far, EVEN(0)));
	tidhash_add(member_make(&mover, EVEN(1)));
	tidhash_add(member_make(&near, EVEN(2)));
	tidhash_add(member_make(&other, ODD(0)));
	quests[0] = constant(far.td);
	quests[1] = constant(other.td);
	look_all(cross, quests, 2);
	tidhash_remove(near.td);
	tidhash_remove(mover.td);
	tidhash_remove(far.td);
	tidhash_remove(other.td);
	member_free(&near);
	member_free(&mover);
	member_free(&far);
	member_free(&other);
}

/* ---- A thread goes and comes back to the same chain --------------------- */

static void
come_back(void *arg __unused)
{

	CHANGE(tidhash_remove(mover.td));
	CHANGE(tidhash_add(mover.td));
	sim_yield();
	CHANGE(tidhash_remove(far.td));
	CHANGE(tidhash_add(far.td));
	changes_done = 1;
}

SCENARIO_SETUP(S68_again)
{

	sim_set("maxproc", 256);
}

SCENARIO(S68_again, "Threads are removed and come back to the front",
    "a lookup that misses a thread which was there all the time, or finds one "
    "that was not")
{
	struct quest quests[3];

	tidhash_add(member_make(&far, EVEN(0)));
	tidhash_add(member_make(&mover, EVEN(1)));
	tidhash_add(member_make(&near, EVEN(2)));
	quests[0] = constant(far.td);
	there(&quests[0], 3, NULL, NULL);
	quests[1] = constant(near.td);
	quests[2] = constant(mover.td);
	there(&quests[2], 1, NULL, NULL);
	look_all(come_back, quests, 3);
	tidhash_remove(near.td);
	tidhash_remove(mover.td);
	tidhash_remove(far.td);
	member_free(&near);
	member_free(&mover);
	member_free(&far);
}

/* ---- An id is used again ------------------------------------------------- */

static struct proc *another;

/* Exits, with the process locked as in thread_exit(). */
static void
leave_proc(struct thread *td, struct proc *p)
{

	PROC_LOCK(p);
	tidhash_remove(td);
	td->td_tid = -1;
	PROC_UNLOCK(p);
}

/* Its structure is a new thread. */
static void
join_proc(struct thread *td, lwpid_t tid, struct proc *p)
{

	td->td_tid = tid;
	td->td_proc = p;
	tidhash_add(td);
}

static void
reuse(void *arg __unused)
{

	CHANGE(leave_proc(mover.td, &proc0));
	join_proc(mover.td, ODD(0), another);
	sim_yield();
	/* The id is that of another thread, of another process. */
	CHANGE(join_proc(other.td, EVEN(1), another));
	/* That one exits, and becomes one of the first process with that id. */
	CHANGE(leave_proc(other.td, another));
	CHANGE(join_proc(other.td, EVEN(1), &proc0));
	changes_done = 1;
}

SCENARIO_SETUP(S68_reuse)
{

	sim_set("maxproc", 256);
}

SCENARIO(S68_reuse, "An id and a thread are used again under a lookup",
    "a thread of another id or process, and one that is missed behind it")
{
	struct quest quests[4];

	another = sim_proc_parked("q", 1);
	tidhash_add(member_make(&far, EVEN(0)));
	tidhash_add(member_make(&mover, EVEN(1)));
	member_make(&other, -1);
	bzero(quests, sizeof(quests));
	quests[0].tid = quests[1].tid = quests[2].tid = EVEN(1);
	quests[0].pid = -1;
	there(&quests[0], 0, mover.td, &proc0);
	there(&quests[0], 2, other.td, another);
	there(&quests[0], 4, other.td, &proc0);
	quests[1] = quests[0];
	quests[1].pid = another->p_pid;
	there(&quests[1], 0, NULL, NULL);
	there(&quests[1], 4, NULL, NULL);
	quests[2] = quests[0];
	quests[2].pid = 0;
	there(&quests[2], 2, NULL, NULL);
	quests[3] = constant(far.td);
	look_all(reuse, quests, 4);
	tidhash_remove(mover.td);
	tidhash_remove(other.td);
	tidhash_remove(far.td);
	member_free(&mover);
	member_free(&other);
	member_free(&far);
	sim_unpark(another);
}

/* ---- A deep thread moves to the front ------------------------------------ */

#define	CHAIN		23

/*
 * A chain; the last two are deep in it, and not in the first round of threads
 * there.
 */
static struct member chain[CHAIN];
#define	LAST		(&chain[CHAIN - 1])
#define	BEFORE_LAST	(&chain[CHAIN - 2])

static void
chain_fill(void)
{
	int i;

	for (i = CHAIN - 1; i >= 0; i--)
		tidhash_add(member_make(&chain[i], EVEN(i)));
}

/* Removes those that are still in it; then it is empty. */
static void
chain_empty(const struct member *gone)
{
	int i;

	for (i = 0; i < CHAIN; i++)
		if (&chain[i] != gone)
			tidhash_remove(chain[i].td);
	for (i = 0; i < CHAIN; i++)
		CHECK(tdfind(EVEN(i), -1) == NULL);
	for (i = 0; i < CHAIN; i++)
		member_free(&chain[i]);
}

/* Looks a thread of proc0 up that is there. */
static void
find_there(struct thread *td)
{

	CHECK(tdfind(td->td_tid, -1) == td);
	PROC_UNLOCK(&proc0);
}

static void
find_both(void *arg __unused)
{

	find_there(LAST->td);
	find_there(BEFORE_LAST->td);
	changes_done = 1;
}

SCENARIO_SETUP(S69_both)
{

	sim_set("maxproc", 256);
}

SCENARIO(S69_both, "Two lookups move the same deep threads to the front",
    "a lookup that misses a thread while another one moves it")
{
	struct quest last, before_last;

	chain_fill();
	last = constant(LAST->td);
	before_last = constant(BEFORE_LAST->td);
	CHECK_EQ(k_kthread_add(NULL, "finder", find_both, NULL, NULL), 0);
	/* One deep thread before the other one looks, one after it has begun. */
	look(&last);
	sim_yield();
	do {
		look(&before_last);
		sim_yield();
	} while (!changes_done);
	chain_empty(NULL);
}

static void
leave(void *arg __unused)
{

	CHANGE(tidhash_remove(LAST->td));
	changes_done = 1;
}

SCENARIO_SETUP(S69_exit)
{

	sim_set("maxproc", 256);
}

SCENARIO(S69_exit, "A deep thread exits while it is to move to the front",
    "a thread that is put into the hash by who wants to move it there")
{
	struct quest last;

	chain_fill();
	last = constant(LAST->td);
	there(&last, 1, NULL, NULL);
	look_all(leave, &last, 1);
	chain_empty(LAST);
}
