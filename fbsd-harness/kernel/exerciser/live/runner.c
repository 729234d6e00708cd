/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Runs tests and prints TAP.
 *
 * Each test is a process that leads a process group of its own.  Its exit
 * status, a check that failed, or the watchdog decides; in each case what is
 * left of the group is killed before the next test starts.  In the load
 * several tests run at a time, in as many slots.
 */
#include <sys/param.h>
#include <sys/procctl.h>
#include "live.h"

#define	WATCHDOG	30000	/* milliseconds */
#define	WATCHDOG_SLOW	90000
#define	LEAVING		10000	/* for killed processes to be gone */

enum verdict { PASSED, FAILED, SKIPPED };

/* A test that runs. */
struct job {
	const struct ex_test *test;	/* NULL: none */
	int	    pid, status;
	long	    patience, deadline;
	bool	    late, ended;
};

/* What has to be the same at the end. */
struct state {
	int	    threads;
	long	    per_proc, zone;
	long	    hits;
};
#define	PER_PROC	"kern.threads.max_threads_per_proc"

#define	LOG_CRASHES	"kern.logsigexit"

static struct job jobs[LIVE_SLOTS];
static struct state at_start;
static u_int number, counts[3];

/* ---- What the kernel lets us do ------------------------------------------ */

static const struct {
	u_int	    cap;
	const char *lacks;
} reasons[] = {
	{ EX_CAP_SUPERUSER, "needs root" },
	{ EX_CAP_THREAD_LIMIT, "needs root, to set kern.threads" },
};

bool
ex_has(u_int caps)
{

	if ((caps & (EX_CAP_SUPERUSER | EX_CAP_THREAD_LIMIT)) != 0)
		return (ex_getuid() == 0);
	return (true);
}

static const char *
lacks(u_int caps)
{

	for (u_int i = 0; i < nitems(reasons); i++)
		if ((caps & reasons[i].cap) != 0 && !ex_has(reasons[i].cap))
			return (reasons[i].lacks);
	return (NULL);
}

/* ---- Reports ------------------------------------------------------------- */

static void
report(enum verdict verdict, const char *id, const char *title,
    const char *skip)
{

	number++;
	counts[verdict]++;
	live_say("%sok %u - %s %s%s%s", verdict == FAILED ? "not " : "", number,
	    id, title, skip == NULL ? "" : " # SKIP ",
	    skip == NULL ? "" : skip);
}

/* Why a job failed. */
static void
explain(const struct job *job, bool stuck)
{
	const struct live_slot *slot = live_slot(job - jobs);

	if (slot->told != 0)
		live_say("# %s:%d: %s: found %ld, expected %ld",
		    live_basename(slot->file), slot->line, slot->what,
		    slot->found, slot->expected);
	else if (job->late)
		live_say("# timeout: it was killed after %ld seconds",
		    job->patience / 1000);
	else if (WIFEXITED(job->status))
		live_say("# the test's process exited with %d",
		    WEXITSTATUS(job->status));
	else
		live_say("# the test's process died of signal %d",
		    WTERMSIG(job->status));
	if (stuck) {
		live_say("# its processes cannot be killed:");
		live_say_group(job->pid);
	}
	live_say("# it guards against %s", job->test->guards);
}

/* ---- Jobs ---------------------------------------------------------------- */

static bool
start(u_int n, const struct ex_test *test, u_long seed, long patience)
{
	struct live_slot *slot = live_slot(n);
	struct job *job = &jobs[n];
	long pid;

	memset(slot, 0, sizeof(*slot));
	slot->random = seed;
	*job = (struct job){ .test = test };
	job->patience = patience;
	job->deadline = ex_now() + patience;
	pid = CALL(fork);
	if (pid == 0) {
		live_threads_forked();
		live_signals_forked();
		live_slot_choose(n);
		(void)CALL(setpgid, 0, 0);
		test->run();
		ex_exit(0);
	}
	if (pid < 0) {
		live_say("Bail out! fork: errno %d", live_errno(pid));
		job->test = NULL;
		return (false);
	}
	job->pid = pid;
	(void)CALL(setpgid, pid, pid);
	return (true);
}

/* Takes the statuses of whoever ended: tests, and orphans. */
static void
reap(void)
{
	int pid, status;

	while ((pid = ex_wait(-1, &status, WNOHANG)) > 0)
		for (u_int n = 0; n < LIVE_SLOTS; n++)
			if (jobs[n].test != NULL && jobs[n].pid == pid) {
				jobs[n].status = status;
				jobs[n].ended = true;
			}
}

/* Kills what is left of a test; false if something does not go. */
static bool
clear(const struct job *job)
{
	long deadline = ex_now() + LEAVING;

	while (ex_kill(-job->pid, SIGKILL) != ESRCH) {
		if (ex_now() > deadline)
			return (false);
		reap();
		ex_nap();
	}
	return (true);
}

/* Has the job come to its end?  Sees to it that it does. */
static bool
is_over(struct job *job)
{

	job->late = job->late || ex_now() > job->deadline;
	return (job->ended || job->late ||
	    ex_load(&live_slot(job - jobs)->told) != 0);
}

/* Tells how a job ended, and frees its slot. */
static enum verdict
finish(struct job *job, bool *stuck)
{
	const struct live_slot *slot = live_slot(job - jobs);
	bool gone;

	if (job->late) {
		live_say("# timeout: %s hangs; its threads:", job->test->id);
		live_say_group(job->pid);
	}
	gone = clear(job);
	reap();
	*stuck = !gone;
	if (!gone || slot->told != 0 || job->late)
		return (FAILED);
	if (slot->skipped != NULL)
		return (SKIPPED);
	return (job->status == 0 ? PASSED : FAILED);
}

static bool
run_one(const struct ex_test *test, u_long seed)
{
	enum verdict verdict;
	bool stuck;

	if (lacks(test->needs) != NULL) {
		report(SKIPPED, test->id, test->title, lacks(test->needs));
		return (true);
	}
	if (!start(0, test, seed, (test->flags & EX_SLOW) != 0 ?
	    WATCHDOG_SLOW : WATCHDOG))
		return (false);
	while (!is_over(&jobs[0])) {
		ex_nap();
		reap();
	}
	verdict = finish(&jobs[0], &stuck);
	report(verdict, test->id, test->title,
	    verdict == SKIPPED ? live_slot(0)->skipped : NULL);
	if (verdict == FAILED) {
		explain(&jobs[0], stuck);
		/* It may have left a limit behind. */
		(void)ex_sysctl_set(PER_PROC, at_start.per_proc);
	}
	jobs[0].test = NULL;
	return (true);
}

/* The tests of which EX_LAST is as in last, one after the other. */
static bool
run_all(const struct live_options *o, u_int last)
{
	const struct ex_test *test;

	for (u_int i = 0; (test = live_nth_test(o->tests, 0, i)) != NULL; i++)
		if ((test->flags & EX_LAST) == last &&
		    !run_one(test, o->seed + i))
			return (false);
	return (true);
}

/* ---- Load ---------------------------------------------------------------- */

/* A test for the load that can run here, or NULL. */
static const struct ex_test *
draw(const char *tests, u_int n)
{
	const struct ex_test *test;

	for (u_int tries = 0; tries < 16; tries++) {
		test = live_nth_test(tests, EX_REPEAT, ex_random(n));
		if (test != NULL && lacks(test->needs) == NULL)
			return (test);
	}
	return (NULL);
}

static enum verdict
end_in_load(struct job *job)
{
	enum verdict verdict;
	bool stuck;

	verdict = finish(job, &stuck);
	if (verdict == FAILED) {
		live_say("# in the load: %s %s", job->test->id,
		    job->test->title);
		explain(job, stuck);
	}
	job->test = NULL;
	return (verdict);
}

/* Tests at random beside each other, until the time is over. */
static bool
run_load(const struct live_options *o)
{
	const struct ex_test *test;
	long end = ex_now() + o->seconds * 1000L;
	u_int active, failed, n, ran;
	bool more;

	for (n = 0; live_nth_test(o->tests, EX_REPEAT, n) != NULL; n++)
		continue;
	if (n == 0) {
		report(SKIPPED, "load", "a mix of tests",
		    "none of the chosen tests is fit for it");
		return (true);
	}
	failed = ran = 0;
	do {
		active = 0;
		reap();
		for (u_int i = 0; i < o->workers; i++) {
			if (jobs[i].test != NULL && is_over(&jobs[i])) {
				failed += end_in_load(&jobs[i]) == FAILED;
				ran++;
			}
			more = failed == 0 && ex_now() < end;
			if (jobs[i].test == NULL && more &&
			    (test = draw(o->tests, n)) != NULL &&
			    !start(i, test, o->seed + ran, WATCHDOG_SLOW))
				return (false);
			active += jobs[i].test != NULL;
		}
		ex_nap();
	} while (active > 0);
	report(failed == 0 ? PASSED : FAILED, "load", "a mix of tests", NULL);
	live_say("# %u tests in %u seconds, %u at a time", ran, o->seconds,
	    o->workers);
	return (true);
}

/* ---- Before and after ---------------------------------------------------- */

static void
look(struct state *s)
{

	s->threads = ex_thread_count();
	(void)ex_sysctl_get(PER_PROC, &s->per_proc);
	(void)ex_sysctl_get("kern.threads.max_threads_hits", &s->hits);
	(void)ex_sysctl_get("vm.uma.THREAD.stats.current", &s->zone);
}

static void
compare(void)
{
	struct state after;
	long deadline = ex_now() + LEAVING;
	bool alone, same;

	/* Beside init others start and end threads as well. */
	alone = ex_getpid() == 1;
	do {
		ex_nap();
		reap();
		look(&after);
		same = !alone || after.threads <= at_start.threads;
	} while (!same && ex_now() < deadline);
	same = same && after.per_proc == at_start.per_proc;
	report(same ? PASSED : FAILED, "S05_end",
	    "thread counts and kern.threads are as at the start", NULL);
	live_say("# threads: %d, then %d; max_threads_per_proc: %ld, then %ld; "
	    "max_threads_hits: %ld, then %ld; THREAD zone: %ld, then %ld",
	    at_start.threads, after.threads, at_start.per_proc, after.per_proc,
	    at_start.hits, after.hits, at_start.zone, after.zone);
}

bool
live_run(const struct live_options *o)
{
	bool complete, hushed;
	long log;
	u_int n;

	for (n = 0; live_nth_test(o->tests, 0, n) != NULL; n++)
		continue;
	live_say("TAP version 13");
	live_say("1..%u", n + (o->seconds > 0) + 1);
	live_say("# seed %lu", o->seed);
	/* Orphans of tests become children of the runner. */
	(void)ex_reap_acquire();
	/* Tests crash; the kernel's lines about it would be in between. */
	hushed = ex_sysctl_get(LOG_CRASHES, &log) == 0 &&
	    ex_sysctl_set(LOG_CRASHES, 0) == 0;
	live_slot(0)->random = o->seed;
	look(&at_start);
	complete = run_all(o, 0) && (o->seconds == 0 || run_load(o)) &&
	    run_all(o, EX_LAST);
	if (complete)
		compare();
	if (hushed)
		(void)ex_sysctl_set(LOG_CRASHES, log);
	live_say("# %u passed, %u failed, %u skipped", counts[PASSED],
	    counts[FAILED], counts[SKIPPED]);
	return (complete && counts[FAILED] == 0);
}
