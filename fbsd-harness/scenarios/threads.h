/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Threads that a scenario makes by hand, and a record of the events that
 * modules hear of in a thread's life.
 */
#ifndef THREADS_H
#define	THREADS_H

#include "sim.h"
#include "sim_services.h"

/* A check of the trace, if it is kept and has everything. */
#define	CHECK_TRACE(found, expected) do {				\
	if (sim_traces_locks())						\
		CHECK_EQ((found), (expected));				\
} while (0)

/* The same of what belongs to the C file's own algorithm. */
#define	CHECK_C_TRACE(found, expected) do {				\
	if (sim_traces_c_algorithms())					\
		CHECK_TRACE((found), (expected));			\
} while (0)

/* How often the current thread did this since mark. */
static inline u_long
did(u_long mark, const char *event)
{

	return (sim_count_by(mark, curthread, event, NULL));
}

/*
 * A thread of p that is not linked, with a use of the credential and the
 * limits, as thr_new(2) has it before it links a thread.
 */
static inline struct thread *
hand_thread(struct proc *p, struct ucred *cr, struct plimit *limits)
{
	struct thread *td;

	td = thread_alloc(0);
	CHECK(td != NULL);
	td->td_proc = p;
	td->td_realucred = td->td_ucred = crcowget(cr);
	td->td_limit = lim_hold(limits);
	return (td);
}

/* As hand_thread(), with what proc0 has. */
static inline struct thread *
hand_thread0(void)
{

	return (hand_thread(&proc0, proc0.p_ucred, proc0.p_limit));
}

/* Puts it away as the next thread on the CPU of an exited one does. */
static inline void
hand_stash(struct thread *td)
{

	atomic_add_int(&td->td_proc->p_exitthreads, 1);
	thread_stash(td);
}

/* Makes a dead thread that waits to be reaped. */
static inline struct thread *
hand_zombie(void)
{
	struct thread *td;

	td = hand_thread0();
	hand_stash(td);
	return (td);
}

/* Frees a thread of hand_thread() without its dying. */
static inline void
hand_free(struct thread *td)
{

	thread_cow_free(td);
	thread_free(td);
}

/* Reaps what is dead in the domain of this CPU, in passing. */
static inline void
reap_here(void)
{
	struct thread *td;

	td = thread_alloc(0);
	CHECK(td != NULL);
	thread_free(td);
}

/* Reaps all who are dead, after the reaper if it is at work. */
static inline void
reap_all(void)
{

	thread_reap_barrier();
}

/* What the handlers below have heard of. */
#define	HEARD_MAX	600
struct heard {
	u_int		inits, ctors, dtors, finis;
	lwpid_t		dead[HEARD_MAX];	/* ids, in order of dtors */
	eventhandler_tag tags[4];
};

static inline void
heard_init(void *arg, struct thread *td __unused)
{

	((struct heard *)arg)->inits++;
}

static inline void
heard_ctor(void *arg, struct thread *td __unused)
{

	((struct heard *)arg)->ctors++;
}

static inline void
heard_dtor(void *arg, struct thread *td)
{
	struct heard *heard = arg;

	if (heard->dtors < HEARD_MAX)
		heard->dead[heard->dtors] = td->td_tid;
	heard->dtors++;
}

static inline void
heard_fini(void *arg, struct thread *td __unused)
{

	((struct heard *)arg)->finis++;
}

/* Starts and ends listening. */
static inline void
listen(struct heard *heard)
{

	heard->tags[0] = EVENTHANDLER_REGISTER(thread_init, heard_init, heard,
	    EVENTHANDLER_PRI_ANY);
	heard->tags[1] = EVENTHANDLER_REGISTER(thread_ctor, heard_ctor, heard,
	    EVENTHANDLER_PRI_ANY);
	heard->tags[2] = EVENTHANDLER_REGISTER(thread_dtor, heard_dtor, heard,
	    EVENTHANDLER_PRI_ANY);
	heard->tags[3] = EVENTHANDLER_REGISTER(thread_fini, heard_fini, heard,
	    EVENTHANDLER_PRI_ANY);
}

static inline void
unlisten(struct heard *heard)
{

	EVENTHANDLER_DEREGISTER(thread_init, heard->tags[0]);
	EVENTHANDLER_DEREGISTER(thread_ctor, heard->tags[1]);
	EVENTHANDLER_DEREGISTER(thread_dtor, heard->tags[2]);
	EVENTHANDLER_DEREGISTER(thread_fini, heard->tags[3]);
}

#endif /* !THREADS_H */
