/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Threads of a test, and what they sleep in.
 *
 * A thread that ex_thr_new() makes has a place, whose word is set when it
 * exits: joiners sleep on it.  Places belong to their process by the thread's
 * id, which is in use once in the whole system.
 */
#include "sim_backend.h"

#define	PLACES	1024

struct place {
	volatile int done;		/* set by the thread's exit */
	volatile u_int taken;
	volatile int tid;
	ex_body	   *body;
	void	   *arg;
};

static struct place places[PLACES];

static struct place *
take_place(void)
{

	for (u_int i = 0; i < PLACES; i++)
		if (atomic_cmpset_int(&places[i].taken, 0, 1))
			return (&places[i]);
	return (NULL);
}

static struct place *
place_of(int tid)
{

	for (u_int i = 0; i < PLACES; i++)
		if (places[i].taken != 0 && places[i].tid == tid)
			return (&places[i]);
	return (NULL);
}

static void
give_place(struct place *place)
{

	place->tid = 0;
	place->done = 0;
	atomic_store_rel_int(&place->taken, 0);
}

static void
thread_main(void *arg)
{
	struct place *place = arg;

	place->tid = u_thr_self();
	place->body(place->arg);
	/* Returns in the last thread: the process exits. */
	(void)u_thr_exit_to(&place->done);
	u_exit(0);
}

int
ex_thr_new(ex_body *body, void *arg)
{
	struct place *place, *stale;
	int tid;

	place = take_place();
	if (place == NULL)
		return (-ENOBUFS);
	place->body = body;
	place->arg = arg;
	tid = u_thr_new(thread_main, place);
	if (tid < 0) {
		give_place(place);
		return (tid);
	}
	/* Threads that were killed leave their places behind. */
	while ((stale = place_of(tid)) != NULL && stale != place)
		give_place(stale);
	place->tid = tid;
	return (tid);
}

void
ex_thr_join(int tid)
{
	struct place *place;

	place = place_of(tid);
	if (place == NULL)
		return;
	while (place->done == 0)
		(void)u_umtx_wait((volatile u_int *)&place->done, 0, 0);
	give_place(place);
}

void
ex_thr_exit(void)
{
	struct place *place;

	place = place_of(u_thr_self());
	if (place != NULL)
		(void)u_thr_exit_to(&place->done);
	else
		(void)u_thr_exit();
}

int
ex_thr_self(void)
{

	return (u_thr_self());
}

int
ex_thr_kill(int tid, int sig)
{

	return (u_thr_kill(tid, sig));
}

int
ex_thr_kill2(int pid, int tid, int sig)
{

	return (u_thr_kill2(pid, tid, sig));
}

/* Ticks of so many milliseconds. */
static int
to_ticks(int ms)
{

	return (ms == 0 ? 0 : max(ms * hz / 1000, 1));
}

int
ex_thr_suspend(int ms)
{

	return (u_thr_suspend(to_ticks(ms)));
}

int
ex_thr_wake(int tid)
{

	return (u_thr_wake(tid));
}

int
ex_nanosleep(int ms)
{

	return (u_nanosleep(max(to_ticks(ms), 1)));
}

int
ex_umtx_wait(ex_word *w, u_int value, int ms)
{

	return (u_umtx_wait(w, value, to_ticks(ms)));
}

int
ex_umtx_wake(ex_word *w, int n)
{

	return (u_umtx_wake(w, n));
}

/* ---- Pipes --------------------------------------------------------------- */

_Static_assert(sizeof(struct sim_pipe) <= sizeof(struct ex_pipe),
    "a pipe has room for the simulation's");

int
ex_pipe(struct ex_pipe *p)
{

	*p = (struct ex_pipe){ { 0 } };
	return (0);
}

int
ex_pipe_read(struct ex_pipe *p)
{

	return (u_pipe_read((struct sim_pipe *)p));
}

int
ex_pipe_write(struct ex_pipe *p)
{

	return (u_pipe_write((struct sim_pipe *)p));
}

/* Without EX_CAP_POLL and EX_CAP_MUTEX nobody calls these. */
int
ex_poll(struct ex_pipe *p __unused, int ms __unused)
{

	return (ENOSYS);
}

int
ex_select(struct ex_pipe *p __unused, int ms __unused)
{

	return (ENOSYS);
}

int
ex_mutex_lock(struct ex_mutex *m __unused)
{

	return (ENOSYS);
}

int
ex_mutex_unlock(struct ex_mutex *m __unused)
{

	return (ENOSYS);
}
