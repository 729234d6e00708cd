/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Threads of a traced process: S59, S60, S33, S36, S48.  The tracer is the
 * parent.
 */
#include "crowd.h"
#include "tests.h"

#define	CODE	51		/* exit code of who came to its end */
#define	SPINNERS 3

struct traced {
	struct crowd crowd;
	ex_word	    beats[SPINNERS];
	int	    tids[SPINNERS];
	ex_word	    ready;
	ex_word	    end;
};

/* A spinner and the word that it counts in. */
static void
spin(struct traced *t, int n)
{

	ex_add(&t->ready, 1);
	while (ex_load(&t->end) == 0) {
		ex_add(&t->beats[n], 1);
		ex_spin(100);
	}
}

static void
spin_0(void *arg)
{

	spin(arg, 0);
}

static void
spin_1(void *arg)
{

	spin(arg, 1);
}

static void
spin_2(void *arg)
{

	spin(arg, 2);
}

static void
be_spinners(void *arg)
{
	static ex_body *const bodies[SPINNERS] = { spin_0, spin_1, spin_2 };
	struct traced *t = arg;

	for (int i = 0; i < SPINNERS; i++)
		t->tids[i] = must_thread(bodies[i], t);
	for (int i = 0; i < SPINNERS; i++)
		ex_thr_join(t->tids[i]);
	ex_exit(CODE);
}

static int
start_spinners(struct traced *t)
{
	int pid;

	pid = must_spawn(be_spinners, t);
	EX_WAIT(ex_load(&t->ready) == SPINNERS);
	return (pid);
}

/* Waits until the child has stopped because of a signal. */
static void
stopped_by(int pid, int sig)
{
	int status;

	EX_EQ(ex_wait(pid, &status, 0), pid);
	EX_OK(WIFSTOPPED(status));
	EX_EQ(WSTOPSIG(status), sig);
}

static void
attach(int pid)
{

	EX_EQ(ex_ptrace_attach(pid), 0);
	stopped_by(pid, SIGSTOP);
}

/* Stops a child that runs and is traced. */
static void
stop_again(int pid)
{

	EX_EQ(ex_kill(pid, SIGSTOP), 0);
	stopped_by(pid, SIGSTOP);
}

/* Does spinner n run? */
static void
check_runs(struct traced *t, int n)
{
	u_int beats;

	beats = ex_load(&t->beats[n]);
	EX_WAIT(ex_load(&t->beats[n]) != beats);
}

/* ---- S59: one thread is suspended ---------------------------------------- */

static void
suspend_one(void)
{
	struct traced *t = ex_shared();
	int tids[SPINNERS + 2];
	u_int beats;
	int pid, rounds;

	rounds = ex_rounds(5);
	pid = start_spinners(t);
	attach(pid);
	for (int i = 0; i < rounds; i++) {
		EX_EQ(ex_ptrace_lwps(pid, tids, SPINNERS + 2), SPINNERS + 1);
		EX_EQ(ex_ptrace_suspend(pid, t->tids[0]), 0);
		EX_EQ(ex_ptrace_cont(pid, 0), 0);
		check_runs(t, 1);
		check_runs(t, 2);
		/* It may have run for a moment, to look. */
		EX_WAIT(ex_thr_state(pid, t->tids[0]) != EX_RUNS);
		beats = ex_load(&t->beats[0]);
		check_runs(t, 1);
		check_runs(t, 2);
		EX_EQ(ex_load(&t->beats[0]), beats);
		stop_again(pid);
		EX_EQ(ex_ptrace_resume(pid, t->tids[0]), 0);
		EX_EQ(ex_ptrace_cont(pid, 0), 0);
		for (int n = 0; n < SPINNERS; n++)
			check_runs(t, n);
		stop_again(pid);
	}
	/* Who is suspended goes on when the tracer leaves. */
	EX_EQ(ex_ptrace_suspend(pid, t->tids[0]), 0);
	EX_EQ(ex_ptrace_detach(pid), 0);
	for (int n = 0; n < SPINNERS; n++)
		check_runs(t, n);
	ex_store(&t->end, 1);
	EX_EQ(status_of(pid), W_EXITCODE(CODE, 0));
}

/* ---- S59_crowd: attach and detach ---------------------------------------- */

static void
be_crowd(void *arg)
{
	struct traced *t = arg;

	crowd_start(&t->crowd);
	crowd_settle(&t->crowd);
	ex_store(&t->ready, 1);
	EX_WAIT(ex_load(&t->end) != 0);
	crowd_end(&t->crowd);
	ex_exit(CODE);
}

static void
attach_to_crowd(void)
{
	struct traced *t = ex_shared();
	int tids[CROWD_KINDS + 2];
	u_int beats;
	int pid, rounds;

	rounds = ex_rounds(10);
	pid = must_spawn(be_crowd, t);
	EX_WAIT(ex_load(&t->ready) != 0);
	for (int i = 0; i < rounds; i++) {
		attach(pid);
		EX_EQ(ex_ptrace_lwps(pid, tids, CROWD_KINDS + 2),
		    CROWD_KINDS + 1);
		EX_EQ(ex_ptrace_attach(pid), EBUSY);
		EX_EQ(ex_ptrace_detach(pid), 0);
		beats = ex_load(&t->crowd.beats);
		EX_WAIT(ex_load(&t->crowd.beats) != beats);
		crowd_settle(&t->crowd);
	}
	ex_store(&t->end, 1);
	EX_EQ(status_of(pid), W_EXITCODE(CODE, 0));
}

/* ---- S36_traced: PT_KILL ------------------------------------------------- */

static void
kill_traced(void)
{
	struct traced *t = ex_shared();
	int pid;

	pid = start_spinners(t);
	attach(pid);
	EX_EQ(ex_ptrace_suspend(pid, t->tids[1]), 0);
	EX_EQ(ex_ptrace_kill(pid), 0);
	EX_EQ(status_of(pid), W_EXITCODE(0, SIGKILL));
	EX_EQ(ex_ptrace_cont(pid, 0), ESRCH);
}

/* ---- S60_events: threads that start and end ------------------------------ */

/* What the child's stops were for. */
struct events {
	int	    born, exited;
};

/* Continues the child at each stop until it is dead: its status. */
static int
follow(int pid, struct events *events)
{
	struct ex_lwpinfo info;
	int status;

	*events = (struct events){ 0, 0 };
	for (;;) {
		EX_EQ(ex_wait(pid, &status, 0), pid);
		if (!WIFSTOPPED(status))
			return (status);
		EX_EQ(ex_ptrace_lwpinfo(pid, &info), 0);
		events->born += info.born;
		events->exited += info.exited;
		EX_EQ(ex_ptrace_cont(pid, 0), 0);
	}
}

static void
end_at_once(void *arg __unused)
{
}

static void
be_maker(void *arg)
{
	struct traced *t = arg;
	int tids[SPINNERS];

	ex_store(&t->ready, 1);
	EX_WAIT(ex_load(&t->end) != 0);
	for (int i = 0; i < SPINNERS; i++)
		tids[i] = must_thread(end_at_once, t);
	for (int i = 0; i < SPINNERS; i++)
		ex_thr_join(tids[i]);
	/* They are joined before they are reported. */
	EX_WAIT(ex_thread_count_of(ex_getpid()) == 1);
	ex_exit(CODE);
}

static void
thread_events(void)
{
	struct traced *t = ex_shared();
	struct events events;
	int pid;

	pid = must_spawn(be_maker, t);
	EX_WAIT(ex_load(&t->ready) != 0);
	attach(pid);
	EX_EQ(ex_ptrace_lwp_events(pid, true), 0);
	EX_EQ(ex_ptrace_cont(pid, 0), 0);
	ex_store(&t->end, 1);
	EX_EQ(follow(pid, &events), W_EXITCODE(CODE, 0));
	EX_EQ(events.born, SPINNERS);
	EX_EQ(events.exited, SPINNERS);
}

/* ---- S33_traced: execve -------------------------------------------------- */

static void
be_image(void *arg __unused)
{

	EX_EQ(ex_thread_count_of(ex_getpid()), 1);
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
	struct traced *t = arg;

	crowd_start(&t->crowd);
	crowd_settle(&t->crowd);
	ex_store(&t->ready, 1);
	EX_WAIT(ex_load(&t->end) != 0);
	ex_thr_join(must_thread(exec_now, t));
	EX_OK(!"the joined thread was to exec");
}

static void
exec_traced(void)
{
	struct traced *t = ex_shared();
	struct events events;
	int pid;

	pid = must_spawn(be_execing, t);
	EX_WAIT(ex_load(&t->ready) != 0);
	attach(pid);
	EX_EQ(ex_ptrace_lwp_events(pid, true), 0);
	EX_EQ(ex_ptrace_cont(pid, 0), 0);
	ex_store(&t->end, 1);
	EX_EQ(follow(pid, &events), W_EXITCODE(CODE, 0));
	/* All but the one that goes on. */
	EX_OK(events.exited <= CROWD_KINDS + 1);
}

/* ---- S48: a total stop is refused ---------------------------------------- */

static void
reap_kill_traced(void)
{
	struct traced *t = ex_shared();
	u_int killed;
	int pid;

	EX_EQ(ex_reap_acquire(), 0);
	pid = start_spinners(t);
	attach(pid);
	EX_EQ(ex_ptrace_cont(pid, 0), 0);
	check_runs(t, 0);
	/* The signal arrives all the same, and the tracer hears of it. */
	EX_EQ(ex_reap_kill(SIGTERM, 0, &killed), 0);
	stopped_by(pid, SIGTERM);
	EX_EQ(ex_ptrace_cont(pid, SIGTERM), 0);
	EX_EQ(status_of(pid), W_EXITCODE(0, SIGTERM));
}

#define	NEEDS	(EX_CAP_FORK | EX_CAP_PTRACE)

static const struct ex_test list[] = {
	{ "S59", "a debugger suspends one thread, and lets the others run",
	    "a suspended thread that runs, or one that never runs again",
	    suspend_one, NEEDS | EX_CAP_PTRACE_LIST, EX_REPEAT | EX_SLOW,
	    "S54" },
	{ "S59_crowd", "attach and detach, with threads in every sleep",
	    "a sleep that a debugger ends, an attach that never completes",
	    attach_to_crowd, NEEDS | EX_CAP_PTRACE_LIST | CROWD_CAPS,
	    EX_REPEAT | EX_SLOW, "S56 S64" },
	{ "S36_traced", "a debugger kills a process with threads",
	    "a suspended thread that keeps the process from exiting",
	    kill_traced, NEEDS, EX_REPEAT, "S59" },
	{ "S60_events", "a debugger hears of threads that start and exit",
	    "a thread that exits without having stopped for its debugger",
	    thread_events, NEEDS | EX_CAP_PTRACE_LIST, EX_REPEAT, "S30" },
	{ "S33_traced", "execve of a traced process with threads in every sleep",
	    "an exec that waits for threads that wait for the debugger",
	    exec_traced, NEEDS | EX_CAP_PTRACE_LIST | CROWD_CAPS | EX_CAP_EXEC,
	    EX_REPEAT, "S60" },
	{ "S48", "a reaper's signal to a traced process",
	    "a total stop of a process that its debugger stops",
	    reap_kill_traced, NEEDS | EX_CAP_REAPER, EX_REPEAT, "S46" },
};

EX_TESTS(ex_tests_ptrace, list);
