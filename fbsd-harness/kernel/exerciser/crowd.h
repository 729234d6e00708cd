/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * A crowd: threads of one process of which each does something else, in user
 * mode or asleep in the kernel in one of the ways that tests can tell apart.
 *
 * What happens to the process meanwhile, a stop or a failed exec, must not be
 * seen by who sleeps: its call restarts.  Each member checks that, and joining
 * the crowd waits for all of them.
 */
#ifndef CROWD_H
#define	CROWD_H

#include "ex.h"

enum crowd_kind {
	CROWD_SPIN,		/* in user mode */
	CROWD_PIPE,		/* read(2) */
	CROWD_UMTX,		/* _umtx_op(2), a wait without a timeout */
	CROWD_THR,		/* thr_suspend(2) */
	CROWD_SIGNAL,		/* sigsuspend(2) */
	CROWD_CHILD,		/* wait4(2) */
	CROWD_NAP,		/* nanosleep(2), again and again */
	CROWD_KINDS
};

/* In ex_shared(). */
struct crowd {
	struct ex_pipe pipe;
	ex_word	    beats;	/* of the spinner */
	ex_word	    go;		/* everybody may leave */
	ex_word	    started;
	int	    pid;	/* of the process */
	int	    child;	/* that CROWD_CHILD waits for */
	int	    tids[CROWD_KINDS];
};

#define	CROWD_CAPS	EX_CAP_FORK
#define	CROWD_CODE	7	/* exit code of the child */

static inline void
crowd_spin(void *arg)
{
	struct crowd *c = arg;

	ex_add(&c->started, 1);
	while (ex_load(&c->go) == 0) {
		ex_add(&c->beats, 1);
		ex_spin(100);
	}
}

static inline void
crowd_read(void *arg)
{
	struct crowd *c = arg;

	ex_add(&c->started, 1);
	EX_EQ(ex_pipe_read(&c->pipe), 0);
	EX_EQ(ex_load(&c->go), 1);
}

static inline void
crowd_umtx(void *arg)
{
	struct crowd *c = arg;

	ex_add(&c->started, 1);
	/* The one call that is never restarted. */
	while (ex_load(&c->go) == 0)
		(void)ex_umtx_wait(&c->go, 0, 0);
}

static inline void
crowd_suspend(void *arg)
{
	struct crowd *c = arg;

	ex_add(&c->started, 1);
	EX_EQ(ex_thr_suspend(0), 0);
	EX_EQ(ex_load(&c->go), 1);
}

static inline void
crowd_signal(void *arg)
{
	struct crowd *c = arg;

	EX_EQ(ex_sigblock(SIGUSR1), 0);
	ex_add(&c->started, 1);
	EX_EQ(ex_sigsuspend(), EINTR);
	EX_EQ(ex_load(&c->go), 1);
}

static inline void
crowd_wait(void *arg)
{
	struct crowd *c = arg;
	int status;

	ex_add(&c->started, 1);
	EX_EQ(ex_wait(c->child, &status, 0), c->child);
	EX_EQ(status, W_EXITCODE(CROWD_CODE, 0));
	EX_EQ(ex_load(&c->go), 1);
}

static inline void
crowd_nap(void *arg)
{
	struct crowd *c = arg;

	ex_add(&c->started, 1);
	while (ex_load(&c->go) == 0)
		ex_nap();
}

/* The process that CROWD_CHILD waits for. */
static inline void
crowd_child(void *arg)
{
	struct crowd *c = arg;

	while (ex_load(&c->go) == 0)
		(void)ex_umtx_wait(&c->go, 0, 0);
	ex_exit(CROWD_CODE);
}

/* Starts the members in this process. */
static inline void
crowd_start(struct crowd *c)
{
	static ex_body *const bodies[CROWD_KINDS] = {
		crowd_spin, crowd_read, crowd_umtx, crowd_suspend,
		crowd_signal, crowd_wait, crowd_nap,
	};

	c->pid = ex_getpid();
	EX_EQ(ex_pipe(&c->pipe), 0);
	EX_EQ(ex_sigcatch(SIGUSR1, true), 0);
	c->child = ex_spawn(crowd_child, c);
	EX_OK(c->child > 0);
	for (int i = 0; i < CROWD_KINDS; i++) {
		c->tids[i] = ex_thr_new(bodies[i], c);
		EX_OK(c->tids[i] > 0);
	}
}

/* Waits until who sleeps does, from this process or another. */
static inline void
crowd_settle(struct crowd *c)
{

	EX_WAIT(ex_load(&c->started) == CROWD_KINDS);
	EX_WAIT(ex_load(&c->beats) != 0);
	for (int i = CROWD_PIPE; i < CROWD_NAP; i++)
		EX_WAIT(ex_thr_state(c->pid, c->tids[i]) == EX_SLEEPS);
}

/* Lets the members leave, and waits for them; from their process. */
static inline void
crowd_end(struct crowd *c)
{

	ex_store(&c->go, 1);
	/* The member and the child. */
	(void)ex_umtx_wake(&c->go, 2);
	EX_EQ(ex_pipe_write(&c->pipe), 0);
	EX_EQ(ex_thr_wake(c->tids[CROWD_THR]), 0);
	EX_EQ(ex_thr_kill(c->tids[CROWD_SIGNAL], SIGUSR1), 0);
	for (int i = 0; i < CROWD_KINDS; i++)
		ex_thr_join(c->tids[i]);
}

#endif /* !CROWD_H */
