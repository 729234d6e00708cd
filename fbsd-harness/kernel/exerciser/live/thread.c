/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Threads: thr_new(2), their stacks, and umtx operations.
 *
 * Each thread has a place with a stack.  The word of the place is what
 * thr_new() stores the thread's id in and what thr_exit() stores 1 in when
 * the stack is no longer used; so it tells who is alive, and joiners sleep on
 * it.  The table is private to a process, and shared by the threads in it.
 */
#include <sys/param.h>
#include <sys/thr.h>
#include <sys/time.h>
#include <sys/umtx.h>
#include "live.h"

#define	PLACES		512
#define	STACK_SIZE	16384

/* Values of a place's word; others are the id of the thread in it. */
#define	FREE		1L	/* the kernel's value */
#define	TAKEN		2L

struct place {
	volatile long word;
	ex_body	   *body;
	void	   *arg;
};

static struct place *places;
static char *stacks;

static char *
stack_of(const struct place *place)
{

	return (stacks + (place - places) * STACK_SIZE);
}

int
live_threads_init(void)
{

	places = live_map(PLACES * sizeof(*places));
	stacks = live_map((size_t)PLACES * STACK_SIZE);
	if (places == NULL || stacks == NULL)
		return (ENOMEM);
	for (int i = 1; i < PLACES; i++)
		places[i].word = FREE;
	places[0].word = ex_thr_self();
	return (0);
}

/* The place whose stack this is; the first one if it is the kernel's. */
static struct place *
my_place(void)
{
	char *here = __builtin_frame_address(0);

	if (here < stacks || here >= stacks + (size_t)PLACES * STACK_SIZE)
		return (&places[0]);
	return (&places[(here - stacks) / STACK_SIZE]);
}

void
live_threads_forked(void)
{

	for (int i = 0; i < PLACES; i++)
		places[i].word = FREE;
	my_place()->word = ex_thr_self();
}

static struct place *
take_place(void)
{
	long expected;

	for (int i = 1; i < PLACES; i++) {
		expected = FREE;
		if (__atomic_compare_exchange_n(&places[i].word, &expected,
		    TAKEN, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return (&places[i]);
	}
	return (NULL);
}

void *
live_stack_take(void)
{
	struct place *place = take_place();

	return (place == NULL ? NULL : stack_of(place) + STACK_SIZE);
}

void
live_stack_give(void *top)
{

	places[((char *)top - stacks) / STACK_SIZE - 1].word = FREE;
}

static void
thread_main(void *arg)
{
	struct place *place = arg;

	place->body(place->arg);
	ex_thr_exit();
	ex_exit(0);
}

int
ex_thr_new(ex_body *body, void *arg)
{
	struct thr_param param;
	struct place *place;
	long error, tid;

	place = take_place();
	if (place == NULL)
		return (-ENOBUFS);
	place->body = body;
	place->arg = arg;
	param = (struct thr_param){
		.start_func = thread_main,
		.arg = place,
		.stack_base = stack_of(place),
		.stack_size = STACK_SIZE,
		.child_tid = (long *)(uintptr_t)&place->word,
		.parent_tid = &tid,
	};
	error = CALL(thr_new, &param, sizeof(param));
	if (error != 0) {
		place->word = FREE;
		return (error);
	}
	return (tid);
}

void
ex_thr_join(int tid)
{
	bool there;

	do {
		there = false;
		for (int i = 0; i < PLACES; i++) {
			if (places[i].word != tid)
				continue;
			there = true;
			(void)CALL(_umtx_op, &places[i].word, UMTX_OP_WAIT,
			    tid, NULL, NULL);
		}
	} while (there);
}

void
ex_thr_exit(void)
{
	struct place *place = my_place();

	(void)CALL(thr_exit, &place->word);
	/* The last one stays. */
	place->word = ex_thr_self();
}

int
ex_thr_self(void)
{
	long tid;

	(void)CALL(thr_self, &tid);
	return (tid);
}

int
ex_thr_kill(int tid, int sig)
{

	return (live_errno(CALL(thr_kill, (long)tid, sig)));
}

int
ex_thr_kill2(int pid, int tid, int sig)
{

	return (live_errno(CALL(thr_kill2, pid, (long)tid, sig)));
}

int
ex_thr_wake(int tid)
{

	return (live_errno(CALL(thr_wake, (long)tid)));
}

/* A time that long from now, or NULL for ever. */
static struct timespec *
timeout(struct timespec *ts, int ms)
{

	if (ms == 0)
		return (NULL);
	ts->tv_sec = ms / 1000;
	ts->tv_nsec = ms % 1000 * 1000000L;
	return (ts);
}

int
ex_thr_suspend(int ms)
{
	struct timespec ts;

	return (live_errno(CALL(thr_suspend, timeout(&ts, ms))));
}

int
ex_umtx_wait(ex_word *w, u_int value, int ms)
{
	struct timespec ts;
	struct timespec *how_long = timeout(&ts, ms);

	/* Without a size in the fourth argument the fifth is a timespec. */
	return (live_errno(CALL(_umtx_op, w, UMTX_OP_WAIT_UINT, value, NULL,
	    how_long)));
}

int
ex_umtx_wake(ex_word *w, int n)
{

	return (live_errno(CALL(_umtx_op, w, UMTX_OP_WAKE, n, NULL, NULL)));
}

int
ex_mutex_lock(struct ex_mutex *m)
{
	struct umutex *u = (struct umutex *)m;

	_Static_assert(sizeof(*u) <= sizeof(*m), "it does not fit");
	u->m_flags = UMUTEX_PRIO_INHERIT;
	return (live_errno(CALL(_umtx_op, u, UMTX_OP_MUTEX_LOCK, 0, NULL,
	    NULL)));
}

int
ex_mutex_unlock(struct ex_mutex *m)
{

	return (live_errno(CALL(_umtx_op, m, UMTX_OP_MUTEX_UNLOCK, 0, NULL,
	    NULL)));
}
