/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Ids of threads, finding a thread by its id, and how many there may be: S03
 * to S06, S66 to S68; and thr_suspend, which takes an id as well.
 */
#include "tests.h"

#define	FIRST_ID	100000
#define	MANY		64
#define	MOST		400	/* threads that a test makes to reach a limit */

struct ids {
	ex_word	    ready, ended;
	ex_word	    stop;
	ex_word	    tid[MANY];
	ex_word	    awake[MANY];	/* its sleep was interrupted */
	ex_word	    other;		/* thread of another process */
	ex_word	    made;
};

/* ---- S06: ids ------------------------------------------------------------ */

static void
end_at_once(void *arg)
{
	struct ids *s = arg;

	ex_add(&s->ended, 1);
}

static void
not_reused(void)
{
	struct ids *s = ex_shared();
	int tids[MANY];

	for (int i = 0; i < MANY; i++) {
		tids[i] = must_thread(end_at_once, s);
		ex_thr_join(tids[i]);
		EX_OK(tids[i] >= FIRST_ID);
		for (int j = 0; j < i; j++)
			EX_OK(tids[j] != tids[i]);
	}
}

/* ---- S66, S67: finding threads ------------------------------------------- */

static void
wait_for_stop(void *arg)
{
	struct ids *s = arg;

	ex_store(&s->other, ex_thr_self());
	EX_WAIT(ex_load(&s->stop) != 0);
}

static void
found(void)
{
	struct ids *s = ex_shared();
	int mine, other, pid, tid;

	mine = ex_thr_self();
	EX_EQ(ex_thr_kill(mine, 0), 0);
	EX_EQ(ex_thr_kill2(ex_getpid(), mine, 0), 0);

	tid = must_thread(wait_for_stop, s);
	EX_EQ(ex_thr_kill(tid, 0), 0);
	EX_WAIT(ex_load(&s->other) == (u_int)tid);

	/* Of another process: only together with its id. */
	pid = must_spawn(wait_for_stop, s);
	EX_WAIT(ex_load(&s->other) != (u_int)tid);
	other = ex_load(&s->other);
	EX_EQ(ex_thr_kill2(pid, other, 0), 0);
	EX_EQ(ex_thr_kill(other, 0), ESRCH);
	EX_EQ(ex_thr_kill2(ex_getpid(), other, 0), ESRCH);
	EX_EQ(ex_thr_kill2(pid, mine, 0), ESRCH);

	/* Of nobody. */
	EX_EQ(ex_thr_kill(1, 0), ESRCH);
	EX_EQ(ex_thr_kill(FIRST_ID + 100000000, 0), ESRCH);

	ex_store(&s->stop, 1);
	ex_thr_join(tid);
	EX_WAIT(ex_thr_kill(tid, 0) == ESRCH);
	EX_EQ(status_of(pid), 0);
	EX_EQ(ex_thr_kill2(pid, other, 0), ESRCH);
}

/* ---- S67_signal: a signal for one thread --------------------------------- */

#define	SLEEPERS	4

static void
sleep_until_signal(void *arg)
{
	struct ids *s = arg;
	u_int number;

	number = ex_add(&s->ready, 1);
	ex_store(&s->tid[number], ex_thr_self());
	EX_EQ(ex_sigsuspend(), EINTR);
	ex_store(&s->awake[number], 1);
}

static void
one_signalled(void)
{
	struct ids *s = ex_shared();
	int tids[SLEEPERS];
	int pid;

	EX_EQ(ex_sigcatch(SIGUSR1, false), 0);
	pid = ex_getpid();
	for (int i = 0; i < SLEEPERS; i++) {
		tids[i] = must_thread(sleep_until_signal, s);
		EX_WAIT(ex_load(&s->tid[i]) == (u_int)tids[i]);
		wait_asleep(pid, tids[i]);
	}
	for (int i = SLEEPERS - 1; i >= 0; i--) {
		EX_EQ(ex_thr_kill(tids[i], SIGUSR1), 0);
		ex_thr_join(tids[i]);
		EX_EQ(ex_load(&s->awake[i]), 1);
		EX_EQ(ex_caught(SIGUSR1), SLEEPERS - i);
		for (int j = 0; j < i; j++)
			EX_EQ(ex_load(&s->awake[j]), 0);
	}
}

/* ---- S68: signals to threads that exit ----------------------------------- */

/* Leaves ids of threads that come and go. */
static void
come_and_go(void *arg)
{
	struct ids *s = arg;
	u_int rounds, number;
	int tid;

	number = ex_add(&s->ready, 1);
	rounds = ex_rounds(100);
	for (u_int i = 0; i < rounds; i++) {
		tid = must_thread(end_at_once, s);
		ex_store(&s->tid[number], tid);
		ex_thr_join(tid);
	}
	ex_add(&s->stop, 1);
}

static void
signal_exiting(void)
{
	struct ids *s = ex_shared();
	int tids[2];
	int error, last;

	EX_EQ(ex_sigcatch(SIGUSR1, true), 0);
	tids[0] = must_thread(come_and_go, s);
	tids[1] = must_thread(come_and_go, s);
	while (ex_load(&s->stop) < 2) {
		for (int i = 0; i < 2; i++) {
			last = ex_load(&s->tid[i]);
			error = ex_thr_kill(last, SIGUSR1);
			EX_OK(error == 0 || error == ESRCH);
		}
		ex_nap();
	}
	for (int i = 0; i < 2; i++) {
		ex_thr_join(tids[i]);
		last = ex_load(&s->tid[i]);
		EX_WAIT(ex_thr_kill(last, 0) == ESRCH);
	}
}

/* ---- thr_suspend and thr_wake -------------------------------------------- */

static void
suspend_self(void *arg)
{
	struct ids *s = arg;

	ex_add(&s->ready, 1);
	/* A wake-up that came before is kept. */
	EX_WAIT(ex_load(&s->stop) == 1);
	EX_EQ(ex_thr_suspend(0), 0);
	ex_add(&s->ended, 1);
	EX_EQ(ex_thr_suspend(0), 0);
	ex_add(&s->ended, 1);
	EX_EQ(ex_thr_suspend(20), ETIMEDOUT);
	ex_add(&s->ended, 1);
	EX_EQ(ex_thr_suspend(0), EINTR);
	ex_add(&s->ended, 1);
}

static void
suspended(void)
{
	struct ids *s = ex_shared();
	int pid, tid;

	EX_EQ(ex_sigcatch(SIGUSR1, false), 0);
	pid = ex_getpid();
	tid = must_thread(suspend_self, s);
	EX_WAIT(ex_load(&s->ready) == 1);
	EX_EQ(ex_thr_wake(tid), 0);
	ex_store(&s->stop, 1);
	EX_WAIT(ex_load(&s->ended) == 1);
	wait_asleep(pid, tid);
	EX_EQ(ex_load(&s->ended), 1);
	EX_EQ(ex_thr_wake(tid), 0);
	EX_WAIT(ex_load(&s->ended) == 3);
	wait_asleep(pid, tid);
	EX_EQ(ex_thr_kill(tid, SIGUSR1), 0);
	ex_thr_join(tid);
	EX_EQ(ex_load(&s->ended), 4);
	EX_WAIT(ex_thr_wake(tid) == ESRCH);
}

/* ---- Limits -------------------------------------------------------------- */

#define	PER_PROC	"kern.threads.max_threads_per_proc"
#define	HITS		"kern.threads.max_threads_hits"
#define	LOW		12

static void
wait_in_line(void *arg)
{
	struct ids *s = arg;

	while (ex_load(&s->stop) == 0)
		(void)ex_umtx_wait(&s->stop, 0, 0);
	ex_add(&s->ended, 1);
}

/* Makes threads until none can be made; the error, and how many in s->made. */
static int
make_until_refused(struct ids *s)
{
	int tid;

	ex_store(&s->made, 0);
	while ((tid = ex_thr_new(wait_in_line, s)) > 0) {
		EX_OK(ex_load(&s->made) < MOST);
		ex_add(&s->made, 1);
	}
	return (-tid);
}

static void
release_all(struct ids *s)
{

	ex_store(&s->stop, 1);
	(void)ex_umtx_wake(&s->stop, MOST);
	EX_WAIT(ex_thread_count_of(ex_getpid()) == 1);
	EX_EQ(ex_load(&s->ended), ex_load(&s->made));
	ex_store(&s->stop, 0);
	ex_store(&s->ended, 0);
}

static void
process_limit(void *arg)
{
	struct ids *s = arg;
	long before, after;
	bool counts;

	counts = ex_sysctl_get(HITS, &before) == 0;
	for (int i = 0; i < 3; i++) {
		EX_EQ(make_until_refused(s), EPROCLIM);
		EX_EQ(ex_load(&s->made), LOW - 1);
		release_all(s);
	}
	if (counts) {
		EX_EQ(ex_sysctl_get(HITS, &after), 0);
		EX_EQ(after, before + 3);
	}
}

static void
per_process(void)
{
	long before;

	EX_EQ(ex_sysctl_get(PER_PROC, &before), 0);
	EX_EQ(ex_sysctl_set(PER_PROC, LOW), 0);
	EX_EQ(status_of(must_spawn(process_limit, ex_shared())), 0);
	EX_EQ(ex_sysctl_set(PER_PROC, before), 0);
}

/*
 * At the limit of the whole system the kernel's own count of threads is known,
 * and so is what the allocator says: they have to agree.
 */
#define	IN_USE		"vm.uma.THREAD.stats.current"
#define	RESERVE		100	/* for privileged users */

static void
reach_maxthread(struct ids *s, long reserve)
{
	long in_use, limit;

	EX_EQ(ex_sysctl_get("kern.maxthread", &limit), 0);
	EX_EQ(make_until_refused(s), ENOMEM);
	/* The first thread is in no zone; one id always stays free. */
	if (ex_sysctl_get(IN_USE, &in_use) == 0)
		EX_EQ(in_use + 1, limit - 1 - reserve);
	release_all(s);
}

static void
reach_as_root(void *arg)
{

	for (int i = 0; i < 3; i++)
		reach_maxthread(arg, 0);
}

static void
reach_as_user(void *arg)
{

	EX_EQ(ex_setuid(1001), 0);
	for (int i = 0; i < 3; i++)
		reach_maxthread(arg, RESERVE);
}

static void
whole_system(void)
{
	long limit;

	EX_EQ(ex_sysctl_get("kern.maxthread", &limit), 0);
	if (limit > MOST)
		ex_skip("kern.maxthread is above 400");
	EX_EQ(status_of(must_spawn(reach_as_user, ex_shared())), 0);
	EX_EQ(status_of(must_spawn(reach_as_root, ex_shared())), 0);
}

static const struct ex_test list[] = {
	{ "S06", "ids of ended threads are not used again soon",
	    "calls for a dead thread that reach another one",
	    not_reused, 0, 0, NULL },
	{ "S67", "thr_kill finds threads of the right process, and no others",
	    "a lookup that mixes processes up",
	    found, EX_CAP_FORK, EX_REPEAT, "S66" },
	{ "S67_signal", "a signal for one of several sleeping threads",
	    "a signal that reaches another thread",
	    one_signalled, EX_CAP_COUNT, EX_REPEAT, "S66" },
	{ "S68", "signals to threads that exit",
	    "a lookup that finds a thread after its end, or hangs",
	    signal_exiting, 0, EX_REPEAT, "S67" },
	{ "S67_suspend", "thr_suspend and thr_wake",
	    "lost wake-ups, or a suspension that nothing ends",
	    suspended, EX_CAP_COUNT, EX_REPEAT, "S66" },
	{ "S05_process", "kern.threads.max_threads_per_proc is reached",
	    "a count that drifts when threads are refused",
	    per_process, EX_CAP_FORK | EX_CAP_THREAD_LIMIT | EX_CAP_COUNT, 0,
	    NULL },
	{ "S03", "kern.maxthread is reached, by a user and by root",
	    "a count of threads that differs from the threads there are",
	    whole_system, EX_CAP_FORK | EX_CAP_SUPERUSER | EX_CAP_COUNT,
	    EX_LAST,
	    "S04 S05" },
};

EX_TESTS(ex_tests_ids, list);
