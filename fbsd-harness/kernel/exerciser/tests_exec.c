/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * execve(2) from processes with threads: S33 to S35, S62.  A successful one
 * leaves its thread alone, a failed one leaves all others as they were.
 */
#include "crowd.h"

#define	CODE	23		/* exit code of a new image */
#define	RACERS	5

/* The child of a test: its threads, and what its images leave. */
struct execer {
	struct crowd crowd;
	ex_word	    images;	/* new images that ran */
	ex_word	    alone;	/* those that had one thread */
	ex_word	    start, stop;
	ex_word	    made;	/* threads made under load */
};

/* A new image: who was there before must not be here. */
static void
image(void *arg)
{
	struct execer *e = arg;
	u_int before;

	ex_add(&e->images, 1);
	if (ex_thread_count_of(ex_getpid()) == 1)
		ex_add(&e->alone, 1);
	before = ex_load(&e->crowd.beats) + ex_load(&e->made);
	for (int i = 0; i < 3; i++)
		ex_nap();
	EX_EQ(ex_load(&e->crowd.beats) + ex_load(&e->made), before);
	ex_exit(CODE);
}

/* Runs body(e) in a process, which has to end as one new image does. */
static void
expect_image(ex_body *body, struct execer *e)
{
	int pid, status;

	ex_store(&e->images, 0);
	ex_store(&e->alone, 0);
	ex_store(&e->start, 0);
	pid = ex_spawn(body, e);
	EX_OK(pid > 0);
	EX_EQ(ex_wait(pid, &status, 0), pid);
	EX_EQ(status, W_EXITCODE(CODE, 0));
	EX_EQ(ex_load(&e->images), 1);
	EX_EQ(ex_load(&e->alone), 1);
}

static void
exec_now(void *arg)
{

	(void)ex_exec(image, arg);
	EX_OK(!"execve returned");
}

/* ---- S33: from a second thread, beside a crowd --------------------------- */

static void
exec_beside_crowd(void *arg)
{
	struct execer *e = arg;
	int tid;

	crowd_start(&e->crowd);
	crowd_settle(&e->crowd);
	tid = ex_thr_new(exec_now, e);
	EX_OK(tid > 0);
	/* The main thread is one of those that have to go. */
	ex_thr_join(tid);
	EX_OK(!"the joined thread was to exec");
}

static void
second_thread(void)
{

	expect_image(exec_beside_crowd, ex_shared());
}

/* ---- S33_load: beside threads that come and go --------------------------- */

static void
end_at_once(void *arg)
{
	struct execer *e = arg;

	ex_add(&e->made, 1);
}

static void
make_threads(void *arg)
{
	int tid;

	for (;;) {
		tid = ex_thr_new(end_at_once, arg);
		if (tid > 0)
			ex_thr_join(tid);
		ex_spin(100);
	}
}

static void
exec_under_load(void *arg)
{
	struct execer *e = arg;

	EX_OK(ex_thr_new(make_threads, e) > 0);
	EX_OK(ex_thr_new(make_threads, e) > 0);
	EX_WAIT(ex_load(&e->made) > 2);
	EX_OK(ex_thr_new(exec_now, e) > 0);
	make_threads(e);
}

static void
under_load(void)
{
	struct execer *e = ex_shared();
	int rounds;

	rounds = ex_rounds(20);
	for (int i = 0; i < rounds; i++) {
		ex_store(&e->made, 0);
		expect_image(exec_under_load, e);
	}
}

/* ---- S35: five at once --------------------------------------------------- */

static void
race(void *arg)
{
	struct execer *e = arg;

	ex_spin_until(&e->start);
	exec_now(e);
}

static void
exec_five(void *arg)
{
	struct execer *e = arg;

	for (int i = 1; i < RACERS; i++)
		EX_OK(ex_thr_new(race, e) > 0);
	ex_store(&e->start, 1);
	race(e);
}

static void
five_at_once(void)
{
	int rounds;

	rounds = ex_rounds(20);
	for (int i = 0; i < rounds; i++)
		expect_image(exec_five, ex_shared());
}

/* ---- S35_exit: exec beside exit and rfork -------------------------------- */

#define	EXIT_CODE	24

static void
race_to_exit(void *arg)
{
	struct execer *e = arg;

	ex_spin_until(&e->start);
	ex_exit(EXIT_CODE);
}

static void
race_to_rfork(void *arg)
{
	struct execer *e = arg;

	ex_spin_until(&e->start);
	for (;;) {
		EX_EQ(ex_rfork_self(RFFDG), 0);
		/* Or nobody else ever finds the process without a singler. */
		ex_nap();
	}
}

static void
exec_beside_exit(void *arg)
{
	struct execer *e = arg;

	EX_OK(ex_thr_new(race, e) > 0);
	EX_OK(ex_thr_new(race_to_rfork, e) > 0);
	EX_OK(ex_thr_new(race_to_exit, e) > 0);
	ex_store(&e->start, 1);
	race_to_rfork(e);
}

static void
beside_exit(void)
{
	struct execer *e = ex_shared();
	int pid, rounds, status;

	rounds = ex_rounds(20);
	for (int i = 0; i < rounds; i++) {
		ex_store(&e->images, 0);
		ex_store(&e->start, 0);
		pid = ex_spawn(exec_beside_exit, e);
		EX_OK(pid > 0);
		EX_EQ(ex_wait(pid, &status, 0), pid);
		/* Who is first decides, and nobody is both. */
		if (ex_load(&e->images) == 0)
			EX_EQ(status, W_EXITCODE(EXIT_CODE, 0));
		else
			EX_EQ(status, W_EXITCODE(CODE, 0));
	}
}

/* ---- S34: a failed exec beside a crowd ----------------------------------- */

static void
fail_to_exec(void *arg)
{
	struct execer *e = arg;
	int rounds;

	rounds = ex_rounds(20);
	for (int i = 0; i < rounds; i++)
		EX_OK(ex_exec_fails() != 0);
	ex_add(&e->stop, 1);
}

static void
failed_exec(void)
{
	struct execer *e = ex_shared();
	u_int beats;
	int tid;

	crowd_start(&e->crowd);
	crowd_settle(&e->crowd);
	tid = ex_thr_new(fail_to_exec, e);
	EX_OK(tid > 0);
	ex_thr_join(tid);
	EX_WAIT(ex_thread_count_of(ex_getpid()) == 1 + CROWD_KINDS);
	beats = ex_load(&e->crowd.beats);
	EX_WAIT(ex_load(&e->crowd.beats) != beats);
	crowd_settle(&e->crowd);
	crowd_end(&e->crowd);
}

/* ---- S34_race: failed execs of several threads --------------------------- */

static void
failed_race(void)
{
	struct execer *e = ex_shared();
	int tids[3];

	for (int i = 0; i < 3; i++) {
		tids[i] = ex_thr_new(fail_to_exec, e);
		EX_OK(tids[i] > 0);
	}
	for (int i = 0; i < 3; i++)
		ex_thr_join(tids[i]);
	EX_EQ(ex_load(&e->stop), 3);
	EX_WAIT(ex_thread_count_of(ex_getpid()) == 1);
}

/* ---- S62_exec: beside a thread in vfork(2) ------------------------------- */

static void
hold_parent(void *arg)
{
	struct execer *e = arg;

	ex_add(&e->start, 1);
	while (ex_load(&e->images) == 0)
		ex_nap();
}

static void
vfork_thread(void *arg)
{

	(void)ex_vfork(hold_parent, arg);
	/* The exec does not wait for the child: it ends this thread. */
	EX_OK(!"vfork returned");
}

static void
exec_beside_vfork(void *arg)
{
	struct execer *e = arg;

	EX_OK(ex_thr_new(vfork_thread, e) > 0);
	EX_WAIT(ex_load(&e->start) != 0);
	exec_now(e);
}

static void
beside_vfork(void)
{

	expect_image(exec_beside_vfork, ex_shared());
}

static const struct ex_test list[] = {
	{ "S33_second", "execve from a second thread, with siblings in every sleep",
	    "a sibling that survives in the new image, or that cannot be ended",
	    second_thread, CROWD_CAPS | EX_CAP_EXEC, EX_REPEAT, "S36" },
	{ "S33_load", "execve while other threads come and go",
	    "a thread that is made during SINGLE_BOUNDARY and escapes it",
	    under_load, EX_CAP_FORK | EX_CAP_EXEC, EX_REPEAT | EX_SLOW,
	    "S30 S43" },
	{ "S34_crowd", "an execve that fails, with siblings in every sleep",
	    "a sibling that stays suspended, or whose sleep ends with EINTR",
	    failed_exec, CROWD_CAPS | EX_CAP_EXEC, EX_REPEAT, "S32" },
	{ "S34_race", "failing execves of three threads at once",
	    "a loser of the race that is not resumed",
	    failed_race, EX_CAP_EXEC, EX_REPEAT, "S35" },
	{ "S35_five", "five racing execves",
	    "two threads that both single-thread the process",
	    five_at_once, EX_CAP_FORK | EX_CAP_EXEC, EX_REPEAT | EX_SLOW, NULL },
	{ "S35_exit", "execve, exit and rfork at once",
	    "a race of single-threaders that nobody wins, or two do",
	    beside_exit, EX_CAP_FORK | EX_CAP_EXEC | EX_CAP_RFORK_SELF,
	    EX_REPEAT | EX_SLOW, "S32 S36" },
	{ "S62_exec", "execve beside a thread that waits in vfork",
	    "an exec that waits for a vfork child, as that waits for nothing",
	    beside_vfork, EX_CAP_FORK | EX_CAP_EXEC | EX_CAP_VFORK, EX_REPEAT,
	    "S33" },
};

EX_TESTS(ex_tests_exec, list);
