/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What scenarios about single-threading have in common: bodies of siblings,
 * gates that hold a thread in the kernel, threads that stop another process,
 * and what the trace says about who was suspended and resumed.
 */
#ifndef SINGLE_H
#define	SINGLE_H

#include "sim.h"

/* A check of the trace, which MODE=smp does not keep. */
#define	CHECK_COUNT(found, expected) do {				\
	if (sim_traces_locks())						\
		CHECK_EQ((found), (expected));				\
} while (0)
#define	CHECK_ORDER(mark, by, events) do {				\
	if (sim_traces_locks())						\
		CHECK(sim_happened((mark), (by), (events)));		\
} while (0)

/* How often by did this to td since mark; NULL is anybody. */
static inline u_long
did_to(u_long mark, const struct thread *by, const char *event,
    const struct thread *td)
{

	return (sim_count_by(mark, by, event, td));
}

/*
 * How often a thread became runnable, or would have but for another
 * inhibitor: the end of a suspension, and of a sleep.
 */
static inline u_long
resumed(u_long mark, const struct thread *by, const struct thread *td)
{

	return (did_to(mark, by, "setrunnable", td));
}

/* Aborted sleeps of td with this error. */
static inline u_long
aborted(u_long mark, const struct thread *by, const struct thread *td,
    int error)
{
	u_long n;

	n = did_to(mark, by, "sleepq_abort", td);
	if (n != 0)
		CHECK(sim_count_by(mark, by, "sleepq_abort",
		    (void *)(intptr_t)error) >= n);
	return (n);
}

/* How often td suspended itself while it single-threaded. */
static inline u_long
waits(u_long mark, const struct thread *td)
{

	return (sim_count_by(mark, td, "mi_switch",
	    (void *)(uintptr_t)(SW_VOL | SWT_SUSPEND)));
}

/* How often td suspended itself because somebody else asked. */
static inline u_long
suspensions(u_long mark, const struct thread *td)
{

	return (sim_count_by(mark, td, "mi_switch",
	    (void *)(uintptr_t)(SW_INVOL | SWT_SUSPEND)));
}

/*
 * Whether the singler slept at most once since mark, was resumed as often as
 * it slept, and did not ask itself to suspend.
 */
static inline void
check_wakes(u_long mark, const struct thread *singler)
{

	if (sim_is_smp())
		return;
	CHECK_EQ(resumed(mark, NULL, singler), waits(mark, singler));
	CHECK(waits(mark, singler) <= 1);
	CHECK_EQ(did_to(mark, singler, "ast_sched_locked", singler), 0);
}

/* ---- Siblings ------------------------------------------------------------ */

static inline void
spinner(void *arg __unused)
{

	u_spin_forever();
}

static inline void
pauser(void *arg __unused)
{

	u_pause();
}

/* Reads a byte from a pipe, then stays. */
static inline void
reader(void *arg)
{

	CHECK_EQ(u_pipe_read(arg), 0);
	u_pause();
}

/* Is it asleep, and in nothing else? */
static inline bool
is_asleep(const struct thread *td)
{

	return (TD_ON_SLEEPQ(td) && td->td_inhibitors == TDI_SLEEPING);
}

/* Has it left its CPU because of a suspension, and nothing else? */
static inline bool
is_suspended(const struct thread *td)
{

	return (td->td_inhibitors == TDI_SUSPENDED && td->td_oncpu == NOCPU &&
	    td->td_lock != &blocked_lock);
}

/* Is it suspended, having come from user mode? */
static inline bool
is_at_boundary(const struct thread *td)
{

	return (is_suspended(td) && (td->td_flags & TDF_BOUNDARY) != 0);
}

/*
 * What the singler of a process with n threads finds when SINGLE_BOUNDARY is
 * reached; the current thread is the singler.
 */
static inline void
check_alone(struct proc *p, int n)
{
	struct thread *td;

	CHECK_STATE(p, n, n - 1, n - 1, p->p_exitthreads,
	    F_SS | F_SB | F_HAD);
	CHECK(p->p_singlethread == curthread);
	CHECK((curthread->td_flags & TDF_BOUNDARY) == 0);
	TAILQ_FOREACH(td, &p->p_threads, td_plist) {
		if (td != curthread)
			CHECK(is_at_boundary(td));
	}
}

/* ---- Gates --------------------------------------------------------------- */

/*
 * A place in the kernel where a thread waits uninterruptibly, and what it does
 * there afterwards, if anything: the handler's result is the system call's.
 */
struct gate {
	struct sim_chan	chan;
	struct thread	*td;
	int		(*then)(void *);
	void		*arg;
	volatile int	passed;
};

/* In kernel mode: waits at the gate. */
static inline void
gate_wait(struct gate *g)
{

	g->td = curthread;
	CHECK_EQ(sim_sleep(&g->chan, false, 0), 0);
	g->passed = 1;
}

/* A handler of a system call. */
static inline int
gate_call(void *arg)
{
	struct gate *g = arg;

	if (!g->passed)
		gate_wait(g);
	return (g->then != NULL ? g->then(g->arg) : 0);
}

/* A body: goes through its gate, and stays in user mode. */
static inline void
gated(void *arg)
{

	u_syscall(gate_call, arg);
	u_pause();
}

/* From ctl: waits for somebody to be at the gate. */
static inline void
gate_reached(struct gate *g)
{

	sim_wait(g->td != NULL && g->td->td_wchan == &g->chan &&
	    TD_IS_SLEEPING(g->td));
}

/* From ctl: lets who is at the gate go on. */
static inline void
gate_open(struct gate *g)
{

	gate_reached(g);
	sim_wakeup(&g->chan);
}

/* ---- Stopping another process -------------------------------------------- */

/* A kernel process that stops p, and ends that when it is told to. */
struct stopper {
	struct proc	*p;
	struct proc	*self;
	struct thread	*td;
	int		result;		/* of thread_single() */
	int		flags;		/* of p, just after it */
	volatile int	done;
	volatile int	end;
	u_long		mark;
};

static inline void
stopper_main(void *arg)
{
	struct stopper *s = arg;
	struct proc *p = s->p;

	PROC_LOCK(p);
	s->result = thread_single(p, SINGLE_ALLPROC);
	CHECK(mtx_owned(&p->p_mtx));
	CHECK(!mtx_owned(&p->p_slock));
	s->flags = p->p_flag;
	if (s->result == 0) {
		/* Nobody of p runs, and nobody of C's process is counted. */
		CHECK_STATE(p, p->p_numthreads, p->p_numthreads,
		    p->p_boundary_count, p->p_exitthreads,
		    F_SS | F_TOT | (p->p_flag & (F_HAD | F_SIG)));
		CHECK(p->p_singlethread == curthread);
		CHECK_EQ(curproc->p_suspcount, 0);
	}
	PROC_UNLOCK(p);
	s->done = 1;
	if (s->result != 0)
		return;
	sim_wait(s->end);
	PROC_LOCK(p);
	thread_single_end(p, SINGLE_ALLPROC);
	CHECK(mtx_owned(&p->p_mtx));
	CHECK((p->p_flag & (P_STOPPED_SINGLE | P_TOTAL_STOP)) == 0);
	CHECK(p->p_singlethread == NULL);
	PROC_UNLOCK(p);
}

/* Starts a stopper of p. */
static inline void
stop_begin(struct stopper *s, struct proc *p)
{

	s->p = p;
	s->mark = sim_mark();
	s->self = k_kproc_create("stopper", stopper_main, s);
	s->td = sim_thread(s->self, 0);
	/* While it waits for p it is suspended, and counted nowhere. */
	sim_hazard(s->self, SIM_HAZARD_SUSP);
}

/* Waits until p is stopped, or the stop is refused; the result. */
static inline int
stop_done(struct stopper *s)
{

	sim_wait(s->done);
	return (s->result);
}

/*
 * Sends the stopper a signal that interrupts its sleeps, and stays pending:
 * the stopper is never in user mode, where it would be handled.
 */
static inline void
stop_interrupt(struct stopper *s)
{

	SIGADDSET(s->self->p_sigacts->ps_sigcatch, SIGUSR1);
	CHECK_EQ(k_kill(s->self, SIGUSR1), 0);
}

/* Ends the stop, if there is one, and the stopper. */
static inline void
stop_end(struct stopper *s)
{

	s->end = 1;
	CHECK_EQ(sim_join(s->self), 0);
}

/*
 * Resumes a thread that waits in thread_single(p), as nobody in a kernel
 * should: it has to look again.
 */
static inline void
wake_early(struct proc *p, struct thread *td)
{

	PROC_LOCK(p);
	PROC_SLOCK(p);
	thread_lock(td);
	CHECK(TD_IS_SUSPENDED(td));
	TD_CLR_SUSPENDED(td);
	if (td->td_proc == p)
		p->p_suspcount--;
	setrunnable(td, 0);
	PROC_SUNLOCK(p);
	PROC_UNLOCK(p);
}

#endif /* !SINGLE_H */
