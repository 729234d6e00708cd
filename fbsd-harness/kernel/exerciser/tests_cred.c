/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What threads see of the credentials and limits of their process, of which
 * each has its own copy: S13 to S17, S25.
 */
#include "tests.h"

#define	SIBLINGS	4
#define	USER		1001
#define	USERS		8
/* Two limits for open files, and a descriptor between them. */
#define	FEW_FILES	64
#define	MORE_FILES	96
#define	BETWEEN		80

struct creds {
	ex_word	    round;		/* grows when something has changed */
	ex_word	    seen;		/* siblings that have seen it */
	ex_word	    ready;
	ex_word	    tid;
	struct ex_pipe pipe;
};

/* ---- S15: setuid --------------------------------------------------------- */

/* Is in user mode all the time. */
static void
see_user(void *arg)
{
	struct creds *c = arg;

	EX_EQ(ex_getuid(), 0);
	ex_add(&c->ready, 1);
	ex_spin_until(&c->round);
	EX_EQ(ex_getuid(), USER);
	ex_add(&c->seen, 1);
}

/* Is in and out of the kernel while it happens. */
static void
see_user_soon(void *arg)
{
	struct creds *c = arg;

	EX_EQ(ex_getuid(), 0);
	ex_add(&c->ready, 1);
	EX_WAIT(ex_load(&c->round) != 0);
	EX_EQ(ex_getuid(), USER);
	ex_add(&c->seen, 1);
}

/* Sleeps in the kernel. */
static void
see_user_later(void *arg)
{
	struct creds *c = arg;

	EX_EQ(ex_getuid(), 0);
	ex_add(&c->ready, 1);
	EX_EQ(ex_pipe_read(&c->pipe), 0);
	EX_EQ(ex_getuid(), USER);
	ex_add(&c->seen, 1);
}

static void
become_user(void *arg)
{
	struct creds *c = arg;
	int tids[2 * SIBLINGS + 1];

	for (int i = 0; i < SIBLINGS; i++) {
		tids[i] = must_thread(see_user_soon, c);
		tids[i + SIBLINGS] = must_thread(see_user_later, c);
	}
	tids[2 * SIBLINGS] = must_thread(see_user, c);
	EX_WAIT(ex_load(&c->ready) == 2 * SIBLINGS + 1);
	EX_EQ(ex_setuid(USER), 0);
	EX_EQ(ex_getuid(), USER);
	ex_store(&c->round, 1);
	for (int i = 0; i < SIBLINGS; i++)
		EX_EQ(ex_pipe_write(&c->pipe), 0);
	for (int i = 0; i < 2 * SIBLINGS + 1; i++)
		ex_thr_join(tids[i]);
	EX_EQ(ex_load(&c->seen), 2 * SIBLINGS + 1);
	EX_EQ(ex_setuid(0), EPERM);
}

static void
setuid_seen(void)
{
	struct creds *c = ex_shared();
	int rounds;

	EX_EQ(ex_pipe(&c->pipe), 0);
	rounds = ex_rounds(10);
	for (int i = 0; i < rounds; i++) {
		ex_store(&c->round, 0);
		ex_store(&c->ready, 0);
		ex_store(&c->seen, 0);
		EX_EQ(status_of(must_spawn(become_user, c)), 0);
	}
}

/* ---- S14: threads and processes that are made afterwards ----------------- */

static void
is_user(void *arg)
{
	struct creds *c = arg;

	EX_EQ(ex_getuid(), USER);
	EX_OK(!ex_fd_allowed(BETWEEN));
	ex_add(&c->seen, 1);
}

/* Has not been in the kernel since the change when it makes others. */
static void
make_others(void *arg)
{
	struct creds *c = arg;
	int tid;

	ex_add(&c->ready, 1);
	ex_spin_until(&c->round);
	tid = must_thread(is_user, c);
	EX_EQ(status_of(must_spawn(is_user, c)), 0);
	ex_thr_join(tid);
}

static void
change_and_wait(void *arg)
{
	struct creds *c = arg;
	int tid;

	tid = must_thread(make_others, c);
	EX_WAIT(ex_load(&c->ready) == 1);
	EX_EQ(ex_setrlimit(FEW_FILES), 0);
	EX_EQ(ex_setuid(USER), 0);
	ex_store(&c->round, 1);
	ex_thr_join(tid);
}

static void
inherited(void)
{
	struct creds *c = ex_shared();
	int rounds;

	rounds = ex_rounds(10);
	for (int i = 0; i < rounds; i++) {
		ex_store(&c->round, 0);
		ex_store(&c->ready, 0);
		ex_store(&c->seen, 0);
		EX_EQ(status_of(must_spawn(change_and_wait, c)), 0);
		EX_EQ(ex_load(&c->seen), 2);
	}
}

/* ---- S16: setrlimit ------------------------------------------------------ */

static void
see_limits(void *arg)
{
	struct creds *c = arg;
	u_int rounds;

	rounds = ex_rounds(50);
	ex_add(&c->ready, 1);
	for (u_int round = 1; round <= rounds; round++) {
		EX_WAIT(ex_load(&c->round) >= round);
		EX_EQ(ex_fd_allowed(BETWEEN), round % 2 == 0);
		ex_add(&c->seen, 1);
	}
}

static void
change_limits(void *arg)
{
	struct creds *c = arg;
	int tids[SIBLINGS];
	u_int rounds;

	rounds = ex_rounds(50);
	for (int i = 0; i < SIBLINGS; i++)
		tids[i] = must_thread(see_limits, c);
	EX_WAIT(ex_load(&c->ready) == SIBLINGS);
	for (u_int round = 1; round <= rounds; round++) {
		EX_EQ(ex_setrlimit(round % 2 == 0 ? MORE_FILES : FEW_FILES),
		    0);
		EX_EQ(ex_fd_allowed(BETWEEN), round % 2 == 0);
		ex_store(&c->round, round);
		EX_WAIT(ex_load(&c->seen) == round * SIBLINGS);
	}
	for (int i = 0; i < SIBLINGS; i++)
		ex_thr_join(tids[i]);
}

static void
setrlimit_seen(void)
{

	EX_EQ(status_of(must_spawn(change_limits, ex_shared())), 0);
}

/* ---- S25: threads that end with different credentials -------------------- */

static void
end_when_told(void *arg)
{
	struct creds *c = arg;

	ex_add(&c->ready, 1);
	EX_WAIT(ex_load(&c->round) != 0);
}

/* Some threads never see the change: they leave with what they had. */
static void
leave_mixed(void *arg)
{
	struct creds *c = arg;
	int tids[SIBLINGS];

	for (int i = 0; i < SIBLINGS; i++)
		tids[i] = must_thread(end_when_told, c);
	EX_EQ(ex_setrlimit(FEW_FILES + ex_getpid() % 16), 0);
	EX_EQ(ex_setuid(USER + ex_getpid() % USERS), 0);
	EX_WAIT(ex_load(&c->round) != 0);
	/* Every other one leaves with the process. */
	for (int i = 0; i < SIBLINGS; i += 2)
		ex_thr_join(tids[i]);
}

static void
mixed(void)
{
	struct creds *c = ex_shared();
	int pids[4];
	int rounds;

	rounds = ex_rounds(10);
	for (int round = 0; round < rounds; round++) {
		ex_store(&c->round, 0);
		ex_store(&c->ready, 0);
		for (int i = 0; i < 4; i++)
			pids[i] = must_spawn(leave_mixed, c);
		EX_WAIT(ex_load(&c->ready) == 4 * SIBLINGS);
		ex_store(&c->round, 1);
		for (int i = 0; i < 4; i++)
			EX_EQ(status_of(pids[i]), 0);
	}
}

static const struct ex_test list[] = {
	{ "S15", "setuid is seen by running and by sleeping siblings",
	    "a thread that keeps the rights that its process gave up",
	    setuid_seen, EX_CAP_FORK | EX_CAP_SUPERUSER, EX_REPEAT, "S13" },
	{ "S14", "threads and processes inherit what setuid and setrlimit set",
	    "rights or limits that come back with a new thread",
	    inherited, EX_CAP_FORK | EX_CAP_SUPERUSER | EX_CAP_LIMIT,
	    EX_REPEAT, "S13 S15" },
	{ "S16", "setrlimit is seen by siblings",
	    "a thread that goes on with old limits",
	    setrlimit_seen, EX_CAP_FORK | EX_CAP_LIMIT, EX_REPEAT, "S15" },
	{ "S25", "threads exit with different credentials and limits",
	    "credentials or limits that are freed too early, or never",
	    mixed, EX_CAP_FORK | EX_CAP_SUPERUSER | EX_CAP_LIMIT, EX_REPEAT,
	    "S17" },
};

EX_TESTS(ex_tests_cred, list);
