/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group E, S50 to S53, and hazards: signals, exits and new threads during a
 * stop from outside, stops of all processes, and assertions about modes.
 */
#include <sys/syscallsubr.h>

#include "single.h"

static struct sim_pipe pipe;
static volatile int done, stop;
static u_long start;

/* ---- S50: signals during a total stop ------------------------------------ */

/* A stopped process of three threads. */
static struct proc *
stopped_process(struct stopper *s)
{
	static void (*const others[])(void *) = { spinner, reader };
	static void *const args[] = { NULL, &pipe };
	struct proc *p;

	p = sim_proc_threads("p", pauser, NULL, 2, others, args);
	sim_wait(is_asleep(sim_thread(p, 2)));
	stop_begin(s, p);
	CHECK_EQ(stop_done(s), 0);
	sim_rest();
	CHECK_STATE(p, 3, 3, 3, 0, F_SS | F_TOT | F_HAD);
	return (p);
}

/* Sends signals, and checks that they resume nobody. */
static void
signal_stopped(struct stopper *s, const int *signals, int n, int flags)
{
	u_long mark;

	mark = sim_mark();
	for (int i = 0; i < n; i++) {
		CHECK_EQ(k_kill(s->p, signals[i]), 0);
		sim_rest();
	}
	CHECK_STATE(s->p, 3, 3, 3, 0, F_SS | F_TOT | F_HAD | flags);
	CHECK(s->p->p_singlethread == s->td);
	for (int i = 0; i < 3; i++)
		CHECK_COUNT(resumed(mark, NULL, sim_thread(s->p, i)), 0);
	CHECK_COUNT(resumed(mark, curthread, s->td), 0);
	CHECK(!TD_IS_SUSPENDED(s->td));
}

SCENARIO(S50, "SIGKILL during a total stop",
    "a thread that runs before the stop ends, or waking a running stopper")
{
	static const int signals[] = { SIGKILL };
	static struct stopper s;
	struct proc *p;

	p = stopped_process(&s);
	signal_stopped(&s, signals, nitems(signals), 0);
	stop_end(&s);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
}

SCENARIO(S50_term, "SIGCONT and SIGTERM during a total stop",
    "a thread that runs before the stop ends, or waking a running stopper")
{
	static const int signals[] = { SIGCONT, SIGTERM };
	static struct stopper s;
	struct proc *p;

	p = stopped_process(&s);
	signal_stopped(&s, signals, nitems(signals), 0);
	CHECK_EQ(sim_cont_reports(p), 1);
	stop_end(&s);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGTERM));
}

SCENARIO(S50_stop, "SIGSTOP during a total stop lasts beyond its end",
    "a stopped process that runs because somebody else let it go")
{
	static const int signals[] = { SIGSTOP };
	static struct stopper s;
	struct proc *p;
	u_long mark;

	p = stopped_process(&s);
	signal_stopped(&s, signals, nitems(signals), F_SIG);
	mark = sim_mark();
	stop_end(&s);
	sim_rest();
	CHECK_STATE(p, 3, 3, 3, 0, F_SIG | F_HAD);
	CHECK(p->p_singlethread == NULL);
	for (int i = 0; i < 3; i++)
		CHECK_COUNT(resumed(mark, NULL, sim_thread(p, i)), 0);
	CHECK_COUNT(sim_count_by(mark, s.td, "wakeup", &p->p_flag), 1);
	mark = sim_mark();
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	CHECK_EQ(sim_cont_reports(p), 1);
	for (int i = 0; i < 3; i++)
		CHECK_COUNT(resumed(mark, curthread, sim_thread(p, i)), 1);
	CHECK_END_STATE(p, 3, true);
}

SCENARIO(S50_cont, "SIGSTOP and SIGCONT during a total stop",
    "SIGCONT that ends somebody else's stop")
{
	static const int signals[] = { SIGSTOP, SIGCONT };
	static struct stopper s;
	struct proc *p;

	p = stopped_process(&s);
	signal_stopped(&s, signals, nitems(signals), 0);
	stop_end(&s);
	CHECK_END_STATE(p, 3, true);
}

/* ---- S51: exits and new threads ------------------------------------------ */

static int
exit_thread(void *arg __unused)
{

	kern_thr_exit(curthread);
	CHECK(!"kern_thr_exit returns");
	return (0);
}

SCENARIO(S51, "The last running thread of a process exits during a stop",
    "a stopper that only a suspension wakes, or counted in the process")
{
	static struct gate gate = { .then = exit_thread };
	static struct stopper s;
	static void (*const others[])(void *) = { gated };
	static void *const args[] = { &gate };
	struct proc *p;

	p = sim_proc_threads("p", pauser, NULL, 1, others, args);
	gate_reached(&gate);
	stop_begin(&s, p);
	sim_wait(is_suspended(s.td) && is_at_boundary(sim_thread(p, 0)));
	CHECK_STATE(p, 2, 1, 1, 0, F_SS | F_TOT | F_HAD);
	gate_open(&gate);
	CHECK_EQ(stop_done(&s), 0);
	sim_wait(p->p_exitthreads == 0);
	CHECK_STATE(p, 1, 1, 1, 0, F_SS | F_TOT | F_HAD);
	CHECK_COUNT(resumed(s.mark, gate.td, s.td), 1);
	CHECK_COUNT(resumed(s.mark, NULL, s.td), 1);
	stop_end(&s);
	CHECK_END_STATE(p, 1, true);
}

static void
brief(void *arg __unused)
{

	u_spin(1);
}

static void
creator(void *arg __unused)
{

	for (int i = 0; i < 4; i++)
		CHECK(u_thr_new(brief, NULL) > 0);
	done = 1;
	u_pause();
}

SCENARIO(S51_create, "Threads are created and exit while their process stops",
    "a new thread that runs in a stopped process")
{
	static struct stopper s[2];
	struct proc *p;
	u_long mark;
	int n;

	p = sim_proc("p", creator, NULL);
	for (u_int i = 0; i < nitems(s); i++) {
		stop_begin(&s[i], p);
		CHECK_EQ(stop_done(&s[i]), 0);
		n = p->p_numthreads;
		mark = sim_mark();
		sim_rest();
		CHECK_EQ(p->p_numthreads, n);
		CHECK_EQ(p->p_suspcount, n);
		for (int j = 0; j < sim_threads_made(p) && !sim_is_smp(); j++)
			CHECK_EQ(sim_count_by(mark, sim_thread(p, j), "user",
			    NULL), 0);
		stop_end(&s[i]);
	}
	sim_wait(done && p->p_numthreads == 1 && p->p_exitthreads == 0);
	CHECK_EQ(p->p_suspcount, 0);
}

static void
early_exiter(void *arg __unused)
{

	u_spin(2);
	u_exit(3);
}

SCENARIO(S51_exit, "A process exits while it is stopped",
    "stopping a process that exits, an exit that does not stop")
{
	static struct stopper s;
	static void (*const others[])(void *) = { spinner };
	struct proc *p;

	p = sim_proc_threads("p", early_exiter, NULL, 1, others, NULL);
	stop_begin(&s, p);
	if (stop_done(&s) == 0) {
		sim_rest();
		CHECK_STATE(p, 2, 2, p->p_boundary_count, 0,
		    F_SS | F_TOT | F_HAD);
		CHECK(!sim_is_zombie(p));
	} else
		CHECK((p->p_flag2 & P2_WEXIT) != 0);
	stop_end(&s);
	sim_wait(sim_is_zombie(p));
	CHECK_END_STATE(p, 1, false);
	CHECK_EQ(sim_join(p), W_EXITCODE(3, 0));
}

/* ---- S52: all processes -------------------------------------------------- */

static void
child(void *arg __unused)
{

	u_exit(0);
}

static void
forker(void *arg __unused)
{
	int status;
	pid_t pid;

	for (int i = 0; i < 3; i++) {
		pid = u_fork(child, NULL);
		CHECK(pid > 0);
		CHECK_EQ(u_wait4(pid, &status, 0), pid);
	}
	done = 1;
	u_pause();
}

static void
kernel_ticker(void *arg __unused)
{

	while (!stop)
		sim_ticks(1);
}

SCENARIO(S52, "All processes stop, and go on",
    "a process that runs, a kernel process that does not, a nested stop")
{
	static void (*const others[])(void *) = { spinner };
	struct proc *k, *p, *q;
	u_long mark;

	k = k_kproc_create("k", kernel_ticker, NULL);
	p = sim_proc_threads("p", pauser, NULL, 1, others, NULL);
	q = sim_proc("q", forker, NULL);
	k_stop_all_proc();
	CHECK_STATE(p, 2, 2, 2, 0, F_SS | F_TOT | F_HAD);
	CHECK_EQ(q->p_numthreads, q->p_suspcount);
	CHECK((q->p_flag & P_TOTAL_STOP) != 0);
	CHECK((k->p_flag & P_TOTAL_STOP) == 0);
	CHECK(p->p_singlethread == curthread);

	/* Once more: there is nobody left to stop. */
	mark = sim_mark();
	k_stop_all_proc();
	CHECK_COUNT(sim_count_by(mark, curthread, "ast_sched_locked", NULL),
	    0);
	CHECK_COUNT(sim_count_by(mark, curthread, "sleep", &p->p_flag), 0);
	k_resume_all_proc();
	CHECK_END_STATE(p, 2, true);
	CHECK((q->p_flag & P_TOTAL_STOP) == 0);
	sim_wait(done);
	CHECK_END_STATE(q, 1, false);
	stop = 1;
	CHECK_EQ(sim_join(k), 0);
}

/* ---- S53: modes that do not match ---------------------------------------- */

static int
wrong_modes(void *arg __unused)
{
	struct proc *p = curproc;

	EXPECT_PANIC("invalid mode 4") {
		PROC_LOCK(p);
		thread_single(p, 4);
	}
	EXPECT_PANIC("invalid mode -1") {
		PROC_LOCK(p);
		thread_single(p, -1);
	}
	EXPECT_PANIC("mode 3 proc") {
		PROC_LOCK(p);
		thread_single(p, SINGLE_ALLPROC);
	}
	EXPECT_PANIC("invalid mode 4") {
		PROC_LOCK(p);
		thread_single_end(p, 4);
	}
	EXPECT_PANIC("thread_single_end from other thread") {
		PROC_LOCK(p);
		thread_single_end(p, SINGLE_NO_EXIT);
	}
	EXPECT_PANIC("mode 3 does not match P_TOTAL_STOP") {
		PROC_LOCK(p);
		thread_single(p, SINGLE_BOUNDARY);
		thread_single_end(p, SINGLE_ALLPROC);
	}
	EXPECT_PANIC("mis-matched SINGLE_BOUNDARY flags") {
		PROC_LOCK(p);
		thread_single(p, SINGLE_NO_EXIT);
		thread_single_end(p, SINGLE_BOUNDARY);
	}
	return (0);
}

static void
last_thread(void *arg __unused)
{

	CHECK(u_thr_new(brief, NULL) > 0);
	u_pause_until(&stop);
	CHECK_EQ(u_syscall(wrong_modes, NULL), 0);
}

SCENARIO(S53, "INVARIANTS: modes of single-threading that do not match",
    "assertions that miss a wrong mode, or find one that is right")
{
	static struct proc *p, *q;

	p = sim_proc("p", last_thread, NULL);
	sim_wait(p->p_numthreads == 1 && sim_threads_made(p) == 2 &&
	    p->p_exitthreads == 0);
	if (!sim_invariants)
		return;
	q = sim_proc_parked("q", 1);
	EXPECT_PANIC("mode 0 proc") {
		PROC_LOCK(q);
		thread_single(q, SINGLE_NO_EXIT);
	}
	EXPECT_PANIC("mode 1 proc") {
		PROC_LOCK(q);
		thread_single(q, SINGLE_EXIT);
	}
	EXPECT_PANIC("mode 2 proc") {
		PROC_LOCK(q);
		thread_single(q, SINGLE_BOUNDARY);
	}
	EXPECT_PANIC("mode 3 does not match P_TOTAL_STOP") {
		PROC_LOCK(q);
		thread_single_end(q, SINGLE_ALLPROC);
	}
	EXPECT_PANIC("mode 2 does not match P_TOTAL_STOP") {
		PROC_LOCK(q);
		q->p_flag |= P_TOTAL_STOP;
		thread_single_end(q, SINGLE_BOUNDARY);
	}
	sim_unpark(q);
	stop = 1;
	CHECK_EQ(sim_join(p), 0);
}

/* ---- Hazards of the reference -------------------------------------------- */

static struct proc *victim;

static int
stop_victim(void *arg __unused)
{

	PROC_LOCK(victim);
	CHECK_EQ(thread_single(victim, SINGLE_ALLPROC), 0);
	CHECK_STATE(victim, 1, 1, 1, 0, F_SS | F_TOT);
	thread_single_end(victim, SINGLE_ALLPROC);
	PROC_UNLOCK(victim);
	done = 1;
	return (0);
}

static void
user_stopper(void *arg __unused)
{

	CHECK_EQ(u_syscall(stop_victim, NULL), 0);
	u_pause();
}

/*
 * A stopper is suspended, but its own process does not count it.  SIGSTOP and
 * SIGCONT for that process resume it all the same, and uncount what was never
 * counted.
 */
SCENARIO(H1, "SIGCONT for the process of a waiting stopper",
    "a change to whom the end of a stop resumes")
{
	static struct gate gate;
	struct proc *q;
	struct thread *c;

	victim = sim_proc("p", gated, &gate);
	gate_reached(&gate);
	q = sim_proc("q", user_stopper, NULL);
	c = sim_thread(q, 0);
	sim_hazard(q, SIM_HAZARD_SUSP);
	sim_wait(victim->p_singlethread == c && is_suspended(c));
	CHECK_STATE(q, 1, 0, 0, 0, 0);
	start = sim_mark();
	CHECK_EQ(k_kill(q, SIGSTOP), 0);
	CHECK_STATE(q, 1, 0, 0, 0, F_SIG);
	CHECK_EQ(k_kill(q, SIGCONT), 0);
	CHECK_STATE(q, 1, -1, 0, 0, 0);
	CHECK_COUNT(resumed(start, curthread, c), 1);

	/* It looks again, and waits again. */
	sim_wait(is_suspended(c));
	CHECK_COUNT(waits(start, c), 1);
	CHECK_STATE(victim, 1, 0, 0, 0, F_SS | F_TOT);
	gate_open(&gate);
	sim_wait(done);
	CHECK_STATE(q, 1, -1, 0, 0, 0);
	CHECK_END_STATE(victim, 1, false);
}

/*
 * A stop signal while somebody waits to stop the process: the last thread to
 * suspend does not wake the stopper, and SIGCONT does not either.
 */
SCENARIO(H2, "SIGSTOP and SIGCONT for a process that a stopper waits for",
    "a change to who wakes a stopper")
{
	static struct gate gate;
	static struct stopper s;
	static void (*const others[])(void *) = { gated };
	static void *const args[] = { &gate };
	struct proc *p;

	p = sim_proc_threads("p", pauser, NULL, 1, others, args);
	gate_reached(&gate);
	stop_begin(&s, p);
	sim_wait(is_suspended(s.td) && is_at_boundary(sim_thread(p, 0)));
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	gate_open(&gate);
	sim_wait(is_at_boundary(gate.td));
	sim_rest();
	CHECK_STATE(p, 2, 2, 2, 0, F_SS | F_TOT | F_SIG | F_HAD);
	CHECK_EQ(sim_stop_reports(p), 1);
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	sim_rest();
	CHECK_STATE(p, 2, 2, 2, 0, F_SS | F_TOT | F_HAD);
	CHECK(is_suspended(s.td) && !s.done);
	CHECK_COUNT(resumed(s.mark, NULL, s.td), 0);

	/* All is as it wants it to be; it has to be told. */
	wake_early(p, s.td);
	CHECK_EQ(stop_done(&s), 0);
	stop_end(&s);
	CHECK_END_STATE(p, 2, true);
}
