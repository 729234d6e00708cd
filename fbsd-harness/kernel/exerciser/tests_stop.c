/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Stopping a process with signals, and making it go on: S57, S58, S62.  The
 * process is a child of the test, which hears of each stop.
 */
#include "crowd.h"
#include "tests.h"

#define	CODE	64		/* exit code of who came to its end */

struct stopped {
	struct crowd crowd;
	ex_word	    ready;	/* the process is as it should be */
	ex_word	    end;	/* it may end */
	ex_word	    made;	/* threads it made */
	ex_word	    held;	/* a vfork child runs */
	struct ex_pipe hold;	/* that it waits for */
};

/* Stops a process, and waits for the report. */
static void
stop(int pid)
{
	int status;

	EX_EQ(ex_kill(pid, SIGSTOP), 0);
	EX_EQ(ex_wait(pid, &status, WUNTRACED), pid);
	EX_OK(WIFSTOPPED(status));
	EX_EQ(WSTOPSIG(status), SIGSTOP);
}

/* Makes it go on, and waits for the report. */
static void
go_on(int pid)
{
	int status;

	EX_EQ(ex_kill(pid, SIGCONT), 0);
	EX_EQ(ex_wait(pid, &status, WCONTINUED), pid);
	EX_OK(WIFCONTINUED(status));
}

/*
 * Stops a process that may end at any time, and makes it go on: true.  False
 * if it has ended.
 */
static bool
stop_and_go_on(int pid, int *status)
{

	/* A zombie may refuse it. */
	(void)ex_kill(pid, SIGSTOP);
	EX_EQ(ex_wait(pid, status, WUNTRACED), pid);
	if (!WIFSTOPPED(*status))
		return (false);
	EX_EQ(ex_kill(pid, SIGCONT), 0);
	return (true);
}

/* ---- S58_crowd: threads in every sleep ----------------------------------- */

static void
be_crowd(void *arg)
{
	struct stopped *s = arg;

	crowd_start(&s->crowd);
	crowd_settle(&s->crowd);
	ex_store(&s->ready, 1);
	EX_WAIT(ex_load(&s->end) != 0);
	crowd_end(&s->crowd);
	ex_exit(CODE);
}

static int
start_crowd(struct stopped *s)
{
	int pid;

	pid = must_spawn(be_crowd, s);
	EX_WAIT(ex_load(&s->ready) != 0);
	return (pid);
}

static void
check_still(struct stopped *s)
{
	u_int beats;

	/* The one that reports the stop is the last to leave its CPU. */
	for (int i = 0; i < CROWD_KINDS; i++)
		EX_WAIT(ex_thr_state(s->crowd.pid, s->crowd.tids[i]) ==
		    EX_STOPPED);
	beats = ex_load(&s->crowd.beats);
	for (int i = 0; i < 3; i++)
		ex_nap();
	EX_EQ(ex_load(&s->crowd.beats), beats);
}

static void
check_alive(struct stopped *s)
{
	u_int beats;

	beats = ex_load(&s->crowd.beats);
	EX_WAIT(ex_load(&s->crowd.beats) != beats);
	crowd_settle(&s->crowd);
}

static void
every_sleep(void)
{
	struct stopped *s = ex_shared();
	int pid, rounds;

	rounds = ex_rounds(10);
	pid = start_crowd(s);
	for (int i = 0; i < rounds; i++) {
		stop(pid);
		check_still(s);
		go_on(pid);
		check_alive(s);
	}
	ex_store(&s->end, 1);
	EX_EQ(status_of(pid), W_EXITCODE(CODE, 0));
}

/* ---- S58_kill: death of a stopped process -------------------------------- */

static void
kill_stopped(void)
{
	struct stopped *s = ex_shared();
	int pid, status;

	pid = start_crowd(s);
	stop(pid);
	EX_EQ(ex_kill(pid, SIGKILL), 0);
	EX_EQ(status_of(pid), W_EXITCODE(0, SIGKILL));

	/* Any other signal waits until the process goes on. */
	*s = (struct stopped){ .ready = 0 };
	pid = start_crowd(s);
	stop(pid);
	EX_EQ(ex_kill(pid, SIGTERM), 0);
	for (int i = 0; i < 3; i++)
		ex_nap();
	EX_EQ(ex_wait(pid, &status, WNOHANG), 0);
	check_still(s);
	EX_EQ(ex_kill(pid, SIGCONT), 0);
	EX_EQ(status_of(pid), W_EXITCODE(0, SIGTERM));
}

/* ---- S58_threads: threads that come and go ------------------------------- */

static void
end_at_once(void *arg)
{
	struct stopped *s = arg;

	ex_add(&s->made, 1);
}

static void
make_threads(void *arg)
{
	struct stopped *s = arg;

	while (ex_load(&s->end) == 0) {
		ex_thr_join(must_thread(end_at_once, s));
		ex_spin(100);
	}
}

static void
be_busy(void *arg)
{
	struct stopped *s = arg;
	int tids[2];

	for (int i = 0; i < 2; i++)
		tids[i] = must_thread(make_threads, s);
	make_threads(s);
	for (int i = 0; i < 2; i++)
		ex_thr_join(tids[i]);
	ex_exit(CODE);
}

static void
threads_come_and_go(void)
{
	struct stopped *s = ex_shared();
	u_int made;
	int pid, rounds;

	rounds = ex_rounds(40);
	pid = must_spawn(be_busy, s);
	for (int i = 0; i < rounds; i++) {
		made = ex_load(&s->made);
		EX_WAIT(ex_load(&s->made) != made);
		stop(pid);
		go_on(pid);
	}
	ex_store(&s->end, 1);
	EX_EQ(status_of(pid), W_EXITCODE(CODE, 0));
}

/* ---- S58_exit: a stop beside fork and exit ------------------------------- */

static void
exit_at_once(void *arg __unused)
{

	ex_exit(CODE);
}

static void
spin_forever(void *arg __unused)
{

	ex_spin_forever();
}

static void
fork_and_exit(void *arg)
{

	(void)must_thread(spin_forever, arg);
	(void)must_thread(exit_at_once, arg);
	EX_EQ(status_of(must_spawn(exit_at_once, arg)), W_EXITCODE(CODE, 0));
	ex_exit(CODE);
}

static void
beside_exit(void)
{
	struct stopped *s = ex_shared();
	int pid, rounds, status;

	rounds = ex_rounds(40);
	for (int i = 0; i < rounds; i++) {
		pid = must_spawn(fork_and_exit, s);
		while (stop_and_go_on(pid, &status))
			ex_nap();
		EX_EQ(status, W_EXITCODE(CODE, 0));
	}
}

/* ---- S57: a stop beside exec --------------------------------------------- */

static void
be_image(void *arg)
{
	struct stopped *s = arg;

	EX_EQ(ex_thread_count_of(ex_getpid()), 1);
	ex_add(&s->ready, 1);
	ex_exit(CODE);
}

static void
exec_now(void *arg)
{

	(void)ex_exec(be_image, arg);
	EX_OK(!"execve returned");
}

static void
be_execing(void *arg)
{

	(void)must_thread(spin_forever, arg);
	(void)must_thread(exec_now, arg);
	ex_spin_forever();
}

static void
beside_exec(void)
{
	struct stopped *s = ex_shared();
	int pid, rounds, status;

	rounds = ex_rounds(40);
	for (int i = 1; i <= rounds; i++) {
		pid = must_spawn(be_execing, s);
		while (stop_and_go_on(pid, &status))
			ex_nap();
		EX_EQ(status, W_EXITCODE(CODE, 0));
		EX_EQ(ex_load(&s->ready), i);
	}
}

/* ---- S62_stop: a thread that waits in vfork ------------------------------ */

static void
hold_parent(void *arg)
{
	struct stopped *s = arg;

	ex_store(&s->held, 1);
	while (ex_load(&s->end) == 0)
		ex_nap();
}

static void
vfork_now(void *arg)
{

	EX_EQ(status_of(ex_vfork(hold_parent, arg)), 0);
}

static void
be_vforking(void *arg)
{

	ex_thr_join(must_thread(vfork_now, arg));
	ex_exit(CODE);
}

static void
beside_vfork(void)
{
	struct stopped *s = ex_shared();
	int pid;

	pid = must_spawn(be_vforking, s);
	EX_WAIT(ex_load(&s->held) != 0);
	for (int i = 0; i < 2; i++) {
		stop(pid);
		go_on(pid);
	}
	ex_store(&s->end, 1);
	EX_EQ(status_of(pid), W_EXITCODE(CODE, 0));
}

static const struct ex_test list[] = {
	{ "S58_crowd", "STOP and CONT with threads in every sleep",
	    "a thread that runs in a stopped process, or a sleep that a stop ends",
	    every_sleep, CROWD_CAPS, EX_REPEAT | EX_SLOW, "S30 S37 S64" },
	{ "S58_kill", "KILL and TERM for a stopped process",
	    "a stopped process that cannot be killed",
	    kill_stopped, CROWD_CAPS, EX_REPEAT, "S36 S37" },
	{ "S58_threads", "STOP and CONT while threads come and go",
	    "a thread that escapes the stop, a stop that is not reported",
	    threads_come_and_go, EX_CAP_FORK, EX_REPEAT | EX_SLOW, "S19 S30" },
	{ "S58_exit", "STOP and CONT beside fork and exit",
	    "an exit status that a stop changes, a process that never exits",
	    beside_exit, EX_CAP_FORK, EX_REPEAT | EX_SLOW, "S35 S36" },
	{ "S57_exec", "STOP and CONT beside execve",
	    "a stop signal that leaves a single-threader waiting for ever",
	    beside_exec, EX_CAP_FORK | EX_CAP_EXEC, EX_REPEAT | EX_SLOW,
	    "S33 S55" },
	{ "S62_stop", "STOP and CONT of a process that waits in vfork",
	    "a vfork parent that cannot be stopped while the child runs",
	    beside_vfork, EX_CAP_FORK | EX_CAP_VFORK, EX_REPEAT, NULL },
};

EX_TESTS(ex_tests_stop, list);
