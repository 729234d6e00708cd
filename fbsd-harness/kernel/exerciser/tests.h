/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/* What several files of tests use. */
#ifndef TESTS_H
#define	TESTS_H

#include "ex.h"

/* Starts a thread that has to start. */
static inline int
must_thread(ex_body *body, void *arg)
{
	int tid = ex_thr_new(body, arg);

	EX_OK(tid > 0);
	return (tid);
}

/* Starts a process that has to start. */
static inline int
must_spawn(ex_body *body, void *arg)
{
	int pid = ex_spawn(body, arg);

	EX_OK(pid > 0);
	return (pid);
}

/* The status with which a child ended. */
static inline int
status_of(int pid)
{
	int status;

	EX_EQ(ex_wait(pid, &status, 0), pid);
	return (status);
}

/* Waits until a thread is in a sleep that it could stay in. */
static inline void
wait_asleep(int pid, int tid)
{

	EX_WAIT(ex_thr_state(pid, tid) == EX_SLEEPS);
}

#endif /* !TESTS_H */
