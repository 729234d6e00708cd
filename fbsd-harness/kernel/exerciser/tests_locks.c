/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Threads that are stopped or end while they wait for locks that the kernel
 * keeps, or own some: S60, S61.
 */
#include "tests.h"

#define	CONTENDERS	4
#define	WAITERS		3

struct locks {
	struct ex_mutex first, second;
	ex_word	    ready, ended;
	u_int	    counter;		/* guarded by first */
	u_int	    rounds;
	ex_word	    how;		/* the process ends: enum below */
	ex_word	    renewed;		/* the new image ran */
};

/* ---- S61: stops and locks ------------------------------------------------ */

static void
contend(void *arg)
{
	struct locks *l = arg;

	ex_add(&l->ready, 1);
	for (u_int i = 0; i < l->rounds; i++) {
		EX_EQ(ex_mutex_lock(&l->first), 0);
		l->counter++;
		ex_spin(20);
		EX_EQ(ex_mutex_unlock(&l->first), 0);
	}
	ex_add(&l->ended, 1);
}

static void
contenders(void *arg)
{
	int tids[CONTENDERS];

	for (int i = 0; i < CONTENDERS; i++)
		tids[i] = must_thread(contend, arg);
	for (int i = 0; i < CONTENDERS; i++)
		ex_thr_join(tids[i]);
}

static void
stops_and_locks(void)
{
	struct locks *l = ex_shared();
	int pid, status;

	l->rounds = ex_rounds(2000);
	pid = must_spawn(contenders, l);
	EX_WAIT(ex_load(&l->ready) == CONTENDERS);
	for (int i = 0; i < 20; i++) {
		EX_EQ(ex_kill(pid, SIGSTOP), 0);
		EX_EQ(ex_wait(pid, &status, WUNTRACED), pid);
		if (!WIFSTOPPED(status))
			break;
		EX_EQ(ex_kill(pid, SIGCONT), 0);
		ex_nap();
	}
	if (WIFSTOPPED(status))
		status = status_of(pid);
	EX_EQ(status, 0);
	EX_EQ(ex_load(&l->ended), CONTENDERS);
	EX_EQ(l->counter, CONTENDERS * l->rounds);
}

/* ---- S60: ends beside owners and waiters --------------------------------- */

enum { BY_EXIT, BY_KILL, BY_EXEC, WAYS };

/* Owns one lock and waits for the other. */
static void
own_and_wait(void *arg)
{
	struct locks *l = arg;

	EX_EQ(ex_mutex_lock(&l->second), 0);
	ex_add(&l->ready, 1);
	(void)ex_mutex_lock(&l->first);
	EX_OK(false);
}

static void
wait_for_owner(void *arg)
{
	struct locks *l = arg;

	EX_WAIT(ex_load(&l->ready) > 0);
	ex_add(&l->ready, 1);
	(void)ex_mutex_lock(&l->second);
	EX_OK(false);
}

static void
new_image(void *arg)
{
	struct locks *l = arg;

	ex_add(&l->renewed, 1);
	ex_exit(4);
}

/* The thread that ends the others owns the lock that they all wait for. */
static void
end_with_locks(void *arg)
{
	struct locks *l = arg;
	int tids[1 + WAITERS];

	EX_EQ(ex_mutex_lock(&l->first), 0);
	tids[0] = must_thread(own_and_wait, l);
	for (int i = 1; i <= WAITERS; i++)
		tids[i] = must_thread(wait_for_owner, l);
	for (int i = 0; i <= WAITERS; i++) {
		EX_WAIT(ex_load(&l->ready) == 1 + WAITERS);
		wait_asleep(ex_getpid(), tids[i]);
	}
	switch (ex_load(&l->how)) {
	case BY_EXIT:
		ex_exit(3);
	case BY_EXEC:
		(void)ex_exec(new_image, l);
		EX_OK(false);
	}
	ex_add(&l->ended, 1);
	EX_WAIT(false);
}

static void
ends_and_locks(void)
{
	static const int statuses[WAYS] = {
		[BY_EXIT] = W_EXITCODE(3, 0),
		[BY_KILL] = W_EXITCODE(0, SIGKILL),
		[BY_EXEC] = W_EXITCODE(4, 0),
	};
	struct locks *l = ex_shared();
	int pid, rounds;

	rounds = ex_rounds(12);
	for (int i = 0; i < rounds; i++) {
		*l = (struct locks){ .how = i % WAYS };
		pid = must_spawn(end_with_locks, l);
		if (i % WAYS == BY_KILL) {
			EX_WAIT(ex_load(&l->ended) == 1);
			EX_EQ(ex_kill(pid, SIGKILL), 0);
		}
		EX_EQ(status_of(pid), statuses[i % WAYS]);
		EX_EQ(ex_load(&l->renewed), i % WAYS == BY_EXEC);
	}
}

#define	NEEDS	(EX_CAP_FORK | EX_CAP_MUTEX)

static const struct ex_test list[] = {
	{ "S61", "a process stops and goes on while its threads want one lock",
	    "a lock that is lost, or a stop that a waiter does not notice",
	    stops_and_locks, NEEDS, EX_REPEAT, "S58" },
	{ "S60", "exit, kill and exec beside owners and waiters of locks",
	    "a thread that dies with its locks and leaves waiters behind",
	    ends_and_locks, NEEDS | EX_CAP_EXEC | EX_CAP_COUNT, EX_REPEAT,
	    "S33 S36 S37" },
};

EX_TESTS(ex_tests_locks, list);
