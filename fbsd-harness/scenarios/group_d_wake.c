/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group D, S40 to S45: who wakes the singler and when, what it may rely on
 * then, and the swapper.
 */
#include <sys/syscallsubr.h>

#include "single.h"

static volatile int go, hits, done;
static u_long start, alone_at;
static struct gate g1, g2;

/* Calls rfork, and is alone there with all threads that are left. */
static void
alone(void *arg __unused)
{
	struct proc *p = curproc;
	struct thread *td;

	check_alone(p, p->p_numthreads);
	/* Each sibling was locked to flag it, and to see it off its CPU. */
	TAILQ_FOREACH(td, &p->p_threads, td_plist) {
		if (td != curthread)
			CHECK_COUNT(did_to(start, curthread, "thread_lock",
			    td), 2);
	}
	hits++;
	alone_at = sim_mark();
}

static void
rforker(void *arg __unused)
{

	u_pause_until(&go);
	start = sim_mark();
	u_set_alone_hook(alone, NULL);
	CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	done = 1;
	u_pause();
}

static void
exiter(void *arg __unused)
{

	u_pause_until(&go);
	start = sim_mark();
	u_exit(3);
}

/* T0 runs body; T1 and T2 are at their gates when it begins to wait. */
static struct proc *
wait_for_two(void (*body)(void *))
{
	static void (*const others[])(void *) = { gated, gated };
	static void *const args[] = { &g1, &g2 };
	struct proc *p;

	p = sim_proc_threads("p", body, NULL, 2, others, args);
	gate_reached(&g1);
	gate_reached(&g2);
	go = 1;
	sim_wait(is_suspended(sim_thread(p, 0)));
	CHECK(p->p_singlethread == sim_thread(p, 0));
	return (p);
}

/* ---- S40: the last thread to suspend ------------------------------------- */

SCENARIO(S40, "The last thread to suspend wakes the singler",
    "a lost or an early wakeup of a thread in thread_single()")
{
	struct proc *p;
	struct thread *t0, *t1, *t2;
	u_long mark;

	p = wait_for_two(rforker);
	t0 = sim_thread(p, 0);
	t1 = sim_thread(p, 1);
	t2 = sim_thread(p, 2);
	CHECK_STATE(p, 3, 1, 0, 0, F_SS | F_SB | F_HAD);
	gate_open(&g1);
	sim_wait(is_at_boundary(t1));
	sim_rest();
	CHECK_STATE(p, 3, 2, 1, 0, F_SS | F_SB | F_HAD);
	CHECK_COUNT(resumed(start, NULL, t0), 0);

	mark = sim_mark();
	gate_open(&g2);
	sim_wait(done);
	CHECK_EQ(hits, 1);
	CHECK_COUNT(resumed(start, NULL, t0), 1);
	CHECK_COUNT(resumed(mark, t2, t0), 1);
	/* It wakes the singler first and counts itself afterwards. */
	CHECK_ORDER(mark, t2, "thread_stopped setrunnable ast_unsched_locked "
	    "sched_sleep mi_switch");
	CHECK_COUNT(suspensions(start, t1), 1);
	CHECK_COUNT(suspensions(start, t2), 1);
	CHECK_COUNT(resumed(alone_at, t0, t1), 1);
	CHECK_COUNT(resumed(alone_at, t0, t2), 1);
	CHECK_END_STATE(p, 3, true);
}

SCENARIO(S40_stop, "A stop keeps the last thread from waking the singler",
    "a singler that runs in a stopped process, or never again")
{
	struct proc *p;
	struct thread *t0;
	u_long mark;

	p = wait_for_two(rforker);
	t0 = sim_thread(p, 0);
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_STATE(p, 3, 1, 0, 0, F_SS | F_SB | F_SIG | F_HAD);
	gate_open(&g1);
	gate_open(&g2);
	sim_wait(is_at_boundary(g1.td) && is_at_boundary(g2.td));
	sim_rest();
	CHECK_STATE(p, 3, 3, 2, 0, F_SS | F_SB | F_SIG | F_HAD);
	CHECK_COUNT(resumed(start, NULL, t0), 0);
	CHECK_EQ(sim_stop_reports(p), 1);

	mark = sim_mark();
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	CHECK_EQ(sim_cont_reports(p), 1);
	CHECK_COUNT(resumed(mark, curthread, t0), 1);
	CHECK_COUNT(resumed(mark, curthread, g1.td), 0);
	CHECK_COUNT(resumed(mark, curthread, g2.td), 0);
	sim_wait(done);
	CHECK_EQ(hits, 1);
	CHECK_COUNT(resumed(start, NULL, t0), 1);
	CHECK_END_STATE(p, 3, true);
}

/* ---- S41: the last thread to exit ---------------------------------------- */

SCENARIO(S41, "The last thread to exit wakes the singler",
    "a singler that sleeps for ever, or that is woken by each exit")
{
	struct proc *p;
	struct thread *t0;

	p = wait_for_two(exiter);
	t0 = sim_thread(p, 0);
	CHECK_STATE(p, 3, 1, 0, 0, F_SS | F_SX | F_HAD);
	gate_open(&g1);
	sim_wait(p->p_numthreads == 2 && p->p_exitthreads == 0);
	sim_rest();
	CHECK_STATE(p, 2, 1, 0, 0, F_SS | F_SX | F_HAD);
	CHECK_COUNT(resumed(start, NULL, t0), 0);
	gate_open(&g2);
	sim_wait(sim_is_zombie(p));
	CHECK_COUNT(resumed(start, NULL, t0), 1);
	CHECK_COUNT(resumed(start, g2.td, t0), 1);
	CHECK_COUNT(waits(start, t0), 1);
	CHECK_END_STATE(p, 1, false);
	CHECK_EQ(sim_join(p), W_EXITCODE(3, 0));
}

static int
exit_thread(void *arg __unused)
{

	kern_thr_exit(curthread);
	CHECK(!"kern_thr_exit returns");
	return (0);
}

SCENARIO(S41_suspend, "One thread exits, then the last one suspends",
    "counting a thread that is gone")
{
	struct proc *p;
	struct thread *t0;

	g1.then = exit_thread;
	p = wait_for_two(rforker);
	t0 = sim_thread(p, 0);
	gate_open(&g1);
	sim_wait(p->p_numthreads == 2 && p->p_exitthreads == 0);
	sim_rest();
	CHECK_STATE(p, 2, 1, 0, 0, F_SS | F_SB | F_HAD);
	CHECK_COUNT(resumed(start, NULL, t0), 0);
	gate_open(&g2);
	sim_wait(done);
	CHECK_EQ(hits, 1);
	CHECK_COUNT(resumed(start, NULL, t0), 1);
	CHECK_COUNT(resumed(start, g2.td, t0), 1);
	CHECK_END_STATE(p, 2, true);
}

SCENARIO(S41_exit, "One thread suspends, then the last one exits",
    "a singler that only a suspension wakes")
{
	struct proc *p;
	struct thread *t0;

	g1.then = exit_thread;
	p = wait_for_two(rforker);
	t0 = sim_thread(p, 0);
	gate_open(&g2);
	sim_wait(is_at_boundary(g2.td));
	sim_rest();
	CHECK_STATE(p, 3, 2, 1, 0, F_SS | F_SB | F_HAD);
	CHECK_COUNT(resumed(start, NULL, t0), 0);
	gate_open(&g1);
	sim_wait(done && p->p_exitthreads == 0);
	CHECK_EQ(hits, 1);
	CHECK_COUNT(resumed(start, NULL, t0), 1);
	CHECK_COUNT(resumed(start, g1.td, t0), 1);
	CHECK_END_STATE(p, 2, true);
}

SCENARIO(S41_stop, "A stop keeps the last exit from waking the singler",
    "a singler that runs in a stopped process, or never again")
{
	struct proc *p;
	struct thread *t0;
	u_long mark;

	g1.then = exit_thread;
	p = wait_for_two(rforker);
	t0 = sim_thread(p, 0);
	gate_open(&g2);
	sim_wait(is_at_boundary(g2.td));
	sim_rest();
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_STATE(p, 3, 2, 1, 0, F_SS | F_SB | F_SIG | F_HAD);
	gate_open(&g1);
	sim_wait(p->p_numthreads == 2 && p->p_exitthreads == 0);
	sim_rest();
	CHECK_STATE(p, 2, 2, 1, 0, F_SS | F_SB | F_SIG | F_HAD);
	CHECK_COUNT(resumed(start, NULL, t0), 0);

	mark = sim_mark();
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	CHECK_COUNT(resumed(mark, curthread, t0), 1);
	sim_wait(done);
	CHECK_EQ(hits, 1);
	CHECK_COUNT(resumed(start, NULL, t0), 1);
	CHECK_END_STATE(p, 2, true);
}

/* ---- S42: going to sleep as the last one comes --------------------------- */

static void
short_rforker(void *arg __unused)
{

	start = sim_mark();
	u_set_alone_hook(alone, NULL);
	CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	CHECK_EQ(hits, 1);
	check_wakes(start, curthread);
	/* It counts itself and is marked before it gives up the spin lock. */
	if (waits(start, curthread) != 0)
		CHECK_ORDER(start, curthread, "thread_stopped mtx_unlock "
		    "thread_lock ast_unsched_locked sched_sleep =release "
		    "mi_switch");
	u_exit(0);
}

static void
short_exiter(void *arg __unused)
{

	u_exit(0);
}

static void
few_points(void *arg __unused)
{

	u_spin(3);
}

SCENARIO(S42, "A sibling suspends while the singler goes to sleep",
    "waking a thread that is not suspended yet, or never")
{
	static void (*const others[])(void *) = { pauser };

	CHECK_EQ(sim_join(sim_proc_threads("p", short_rforker, NULL, 1, others,
	    NULL)), 0);
	CHECK_EQ(hits, 1);
}

SCENARIO(S42_three, "Two siblings suspend while the singler goes to sleep",
    "waking a thread that is not suspended yet, or never")
{
	static void (*const others[])(void *) = { pauser, spinner };

	CHECK_EQ(sim_join(sim_proc_threads("p", short_rforker, NULL, 2, others,
	    NULL)), 0);
	CHECK_EQ(hits, 1);
}

SCENARIO(S42_exit, "Siblings exit while the singler goes to sleep",
    "waking a thread that is not suspended yet, or never")
{
	static void (*const others[])(void *) = { few_points, pauser };

	CHECK_EQ(sim_join(sim_proc_threads("p", short_exiter, NULL, 2, others,
	    NULL)), 0);
}

SCENARIO(S42_mixed, "A sibling exits, another one suspends, meanwhile",
    "waking a thread that is not suspended yet, or never")
{
	static void (*const others[])(void *) = { few_points, pauser };

	CHECK_EQ(sim_join(sim_proc_threads("p", short_rforker, NULL, 2, others,
	    NULL)), 0);
	CHECK_EQ(hits, 1);
}

/* ---- S43: off the CPU before the address space goes ---------------------- */

static void
four_times(void *arg __unused)
{

	u_set_alone_hook(alone, NULL);
	for (int i = 0; i < 4; i++) {
		start = sim_mark();
		CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	}
	u_exit(0);
}

SCENARIO(S43, "At the boundary all siblings are off their CPUs",
    "an exec that takes the address space of a thread on its CPU")
{
	static void (*const others[])(void *) = { spinner, pauser };

	CHECK_EQ(sim_join(sim_proc_threads("p", four_times, NULL, 2, others,
	    NULL)), 0);
	CHECK_EQ(hits, 4);
}

static int
false_boundary(void *arg __unused)
{
	struct proc *p = curproc;

	EXPECT_PANIC("not on boundary") {
		sim_hazard(p, SIM_HAZARD_BND);
		PROC_LOCK(p);
		p->p_boundary_count = 1;
		thread_single(p, SINGLE_BOUNDARY);
	}
	EXPECT_PANIC("is not suspended") {
		PROC_LOCK(p);
		p->p_boundary_count = 1;
		g1.td->td_flags |= TDF_BOUNDARY;
		thread_single(p, SINGLE_BOUNDARY);
	}
	return (0);
}

static void
asserter(void *arg __unused)
{

	u_pause_until(&go);
	CHECK_EQ(u_syscall(false_boundary, NULL), 0);
	u_exit(0);
}

SCENARIO(S43_assert, "INVARIANTS: a wrong count of threads at the boundary",
    "assertions that do not see a thread that runs")
{
	static void (*const others[])(void *) = { gated };
	static void *const args[] = { &g1 };
	struct proc *p;

	if (!sim_invariants)
		return;
	p = sim_proc_threads("p", asserter, NULL, 1, others, args);
	gate_reached(&g1);
	go = 1;
	sim_wait(p->p_suspcount == 1);
	gate_open(&g1);
	CHECK_EQ(sim_join(p), 0);
}

/* ---- S44: stops from outside meanwhile ----------------------------------- */

static void
alone_in_peace(void *arg __unused)
{

	check_alone(curproc, 3);
	hits++;
}

static void
three_times(void *arg __unused)
{

	u_set_alone_hook(alone_in_peace, NULL);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(u_rfork(RFCFDG | RFMEM, NULL, NULL), 0);
	atomic_add_int((volatile u_int *)&done, 1);
	u_pause();
}

SCENARIO(S44, "rfork in three threads while a reaper stops the process",
    "a thread that runs when its process should be single")
{
	static void (*const others[])(void *) = { three_times, three_times };
	struct proc *p;

	p = sim_proc_threads("p", three_times, NULL, 2, others, NULL);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(k_reaper_kill(p, SIGCONT), 0);
		CHECK_EQ(k_reaper_kill(p, SIGINFO), 0);
	}
	sim_wait(done == 3);
	CHECK_EQ(hits, 9);
	CHECK_END_STATE(p, 3, true);
}

/* ---- S45: threads that are swapped out ----------------------------------- */

#ifdef TDI_SWAPPED

/* Swaps a suspended thread out. */
static void
swap_out(struct thread *td)
{

	thread_lock(td);
	CHECK(TD_IS_SUSPENDED(td));
	TD_SET_SWAPPED(td);
	thread_unlock(td);
}

/*
 * The swapper: brings a thread in that is wanted.  Whoever wants it holds the
 * process lock until the swapper is woken.
 */
static void
swap_in(struct thread *td)
{

	sim_wait((td->td_flags & TDF_SWAPINREQ) != 0);
	PROC_LOCK(td->td_proc);
	thread_lock(td);
	CHECK(td->td_inhibitors == TDI_SWAPPED);
	td->td_flags &= ~TDF_SWAPINREQ;
	TD_CLR_SWAPPED(td);
	setrunnable(td, 0);
	PROC_UNLOCK(td->td_proc);
}

static void
alone_swapping(void *arg __unused)
{
	struct proc *p = curproc;

	swap_out(sim_thread(p, 1));
	swap_out(sim_thread(p, 2));
	alone_at = sim_mark();
}

static void
swapping_rforker(void *arg __unused)
{

	u_set_alone_hook(alone_swapping, NULL);
	CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	done = 1;
	u_pause();
}

SCENARIO(S45, "The end of single-threading wakes the swapper once",
    "a wakeup for each thread, or under the spin lock")
{
	static void (*const others[])(void *) = { pauser, pauser };
	struct proc *p;
	struct thread *t0, *t1, *t2;

	p = sim_proc_threads("p", swapping_rforker, NULL, 2, others, NULL);
	t0 = sim_thread(p, 0);
	t1 = sim_thread(p, 1);
	t2 = sim_thread(p, 2);
	sim_wait(done);
	CHECK_COUNT(sim_count_since(alone_at, "kick_proc0", NULL), 1);
	CHECK_COUNT(sim_count_by(alone_at, t0, "kick_proc0", NULL), 1);
	CHECK_ORDER(alone_at, t0, "setrunnable setrunnable =release "
	    "spinlock_exit kick_proc0 wakeup wakeup");
	CHECK(t1->td_inhibitors == TDI_SWAPPED);
	CHECK(t2->td_inhibitors == TDI_SWAPPED);
	CHECK_END_STATE(p, 3, true);
	swap_in(t1);
	swap_in(t2);
}

static void
new_image(void *arg __unused)
{

	CHECK_END_STATE(curproc, 1, false);
	u_exit(5);
}

static void
swapping_execer(void *arg __unused)
{

	u_set_alone_hook(alone_swapping, NULL);
	u_execve(true, new_image, NULL);
}

SCENARIO(S45_pass, "A pass over swapped siblings wakes the swapper once",
    "a wakeup for each thread, or none before the singler sleeps")
{
	static void (*const others[])(void *) = { pauser, pauser };
	struct proc *p;
	struct thread *t0;

	p = sim_proc_threads("p", swapping_execer, NULL, 2, others, NULL);
	t0 = sim_thread(p, 0);
	swap_in(sim_thread(p, 1));
	CHECK_COUNT(sim_count_by(alone_at, t0, "kick_proc0", NULL), 1);
	CHECK_ORDER(alone_at, t0, "setrunnable setrunnable kick_proc0");
	swap_in(sim_thread(p, 2));
	sim_wait(sim_is_zombie(p));
	CHECK_COUNT(sim_count_by(alone_at, t0, "kick_proc0", NULL), 1);
	CHECK_ORDER(alone_at, t0, "setrunnable setrunnable kick_proc0 "
	    "sched_sleep mi_switch");
	CHECK_EQ(sim_join(p), W_EXITCODE(5, 0));
}

/* A singler that is swapped out is woken through the swapper as well. */
static void
swapped_singler(void (*body)(void *))
{
	struct proc *p;
	struct thread *t0;
	u_long mark;

	p = wait_for_two(body);
	t0 = sim_thread(p, 0);
	swap_out(t0);
	gate_open(&g1);
	sim_wait(g1.td == NULL || p->p_suspcount == 2 ||
	    (p->p_numthreads == 2 && p->p_exitthreads == 0));
	mark = sim_mark();
	gate_open(&g2);
	swap_in(t0);
	CHECK_COUNT(sim_count_since(mark, "kick_proc0", NULL), 1);
	CHECK_COUNT(sim_count_by(mark, g2.td, "kick_proc0", NULL), 1);
	CHECK_ORDER(mark, g2.td, "setrunnable kick_proc0 mtx_unlock");
}

SCENARIO(S45_suspend, "The last to suspend finds the singler swapped out",
    "a singler that stays swapped out")
{

	swapped_singler(rforker);
	sim_wait(done);
	CHECK_EQ(hits, 1);
}

SCENARIO(S45_exit, "The last to exit finds the singler swapped out",
    "a singler that stays swapped out")
{

	swapped_singler(exiter);
}

SCENARIO(S45_stopped, "The end of a stop finds the singler swapped out",
    "a singler that stays swapped out")
{
	struct proc *p;
	struct thread *t0;
	u_long mark;

	p = wait_for_two(rforker);
	t0 = sim_thread(p, 0);
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	gate_open(&g1);
	gate_open(&g2);
	sim_wait(is_at_boundary(g1.td) && is_at_boundary(g2.td));
	swap_out(t0);
	mark = sim_mark();
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	CHECK_COUNT(sim_count_by(mark, curthread, "kick_proc0", NULL), 1);
	swap_in(t0);
	sim_wait(done);

	/* Nor is a stopped process forgotten that is swapped out. */
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_rest();
	for (int i = 0; i < 3; i++)
		swap_out(sim_thread(p, i));
	mark = sim_mark();
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	CHECK_COUNT(sim_count_by(mark, curthread, "kick_proc0", NULL), 1);
	for (int i = 0; i < 3; i++)
		swap_in(sim_thread(p, i));
	CHECK_END_STATE(p, 3, true);
}

#endif /* TDI_SWAPPED */
