/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group E, S46 to S49: SINGLE_ALLPROC, which stops another process: what it
 * does to threads, when it is refused, and when it waits.
 */
#include "single.h"

static struct sim_pipe pipe;
static volatile int hits, done;

/* ---- S46: stop, signal, resume ------------------------------------------- */

static struct proc *target;
static int bnd;

/* In the task that stops the target. */
static void
while_stopped(void *arg __unused)
{
	struct thread *td;

	CHECK_STATE(target, target->p_numthreads, target->p_numthreads, bnd, 0,
	    F_SS | F_TOT | (target->p_numthreads > 1 ? F_HAD : 0));
	CHECK(target->p_singlethread == curthread);
	CHECK(curthread->td_proc != target);
	CHECK(mtx_owned(&target->p_mtx) && !mtx_owned(&target->p_slock));
	CHECK_EQ(curproc->p_suspcount, 0);
	TAILQ_FOREACH(td, &target->p_threads, td_plist)
		CHECK(TD_IS_SUSPENDED(td));
	hits++;
}

SCENARIO(S46, "A reaper stops a process, signals it and lets it go",
    "a thread that runs while its process is stopped, or never again")
{
	static void (*const others[])(void *) = { spinner, reader };
	static void *const args[] = { NULL, &pipe };

	target = sim_proc_threads("p", pauser, NULL, 2, others, args);
	bnd = 3;
	sim_wait(is_asleep(sim_thread(target, 2)));
	CHECK_EQ(k_reaper_kill_hook(target, SIGINFO, while_stopped, NULL), 0);
	CHECK_EQ(hits, 1);
	CHECK_END_STATE(target, 3, true);
	sim_wait(is_asleep(sim_thread(target, 2)));
	CHECK_EQ(k_reaper_kill_hook(target, SIGTERM, while_stopped, NULL), 0);
	CHECK_EQ(hits, 2);
	CHECK_EQ(sim_join(target), W_EXITCODE(0, SIGTERM));
}

SCENARIO(S46_one, "A reaper stops a process without threads",
    "a process that is not stopped because it is single as it is")
{

	target = sim_proc("p", spinner, NULL);
	bnd = 1;
	CHECK_EQ(k_reaper_kill_hook(target, SIGTERM, while_stopped, NULL), 0);
	CHECK_EQ(hits, 1);
	CHECK_EQ(sim_join(target), W_EXITCODE(0, SIGTERM));
}

static volatile pid_t child_pid;

static void
parent(void *arg __unused)
{
	int status;

	child_pid = u_fork(spinner, NULL);
	CHECK_EQ(u_wait4(child_pid, &status, 0), child_pid);
	CHECK_EQ(status, W_EXITCODE(0, SIGKILL));
	u_pause();
}

SCENARIO(S46_tree, "A reaper kills a child and its parent",
    "a stop of one process that hangs on another one")
{
	struct proc *p;

	p = sim_proc("p", parent, NULL);
	sim_wait(child_pid > 0);
	CHECK_EQ(k_reaper_kill(sim_find(child_pid), SIGKILL), 0);
	CHECK_EQ(k_reaper_kill(p, SIGKILL), 0);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
}

SCENARIO(S46_wait, "The stopper waits for a thread in the kernel",
    "a stopper that counts itself in a process, its own or the other one")
{
	static struct gate gate;
	static struct stopper s;
	static void (*const others[])(void *) = { gated };
	static void *const args[] = { &gate };
	struct proc *p;

	p = sim_proc_threads("p", spinner, NULL, 1, others, args);
	gate_reached(&gate);
	stop_begin(&s, p);
	sim_wait(is_suspended(s.td) && is_at_boundary(sim_thread(p, 0)));
	sim_rest();
	CHECK_STATE(p, 2, 1, 1, 0, F_SS | F_TOT | F_HAD);
	CHECK(p->p_singlethread == s.td);
	CHECK_STATE(s.self, 1, 0, 0, 0, 0);
	CHECK_COUNT(waits(s.mark, s.td), 1);
	CHECK_COUNT(sim_count_by(s.mark, s.td, "thread_stopped", NULL), 0);
	CHECK_COUNT(resumed(s.mark, NULL, s.td), 0);
	CHECK_COUNT(sim_count_by(s.mark, s.td, "ast_sched_locked", s.td), 0);
	CHECK_COUNT(sim_count_by(s.mark, s.td, "ast_sched_locked", gate.td),
	    1);

	gate_open(&gate);
	CHECK_EQ(stop_done(&s), 0);
	CHECK_COUNT(resumed(s.mark, gate.td, s.td), 1);
	CHECK_COUNT(resumed(s.mark, NULL, s.td), 1);
	CHECK_STATE(p, 2, 2, 2, 0, F_SS | F_TOT | F_HAD);
	stop_end(&s);
	CHECK_END_STATE(p, 2, true);
}

/* ---- S47: interruptible sleeps ------------------------------------------- */

static void
timed_waiter(void *arg __unused)
{

	CHECK_EQ(u_thr_suspend(1000), EINTR);
	hits++;
	u_pause();
}

static void
long_waiter(void *arg __unused)
{

	CHECK_EQ(u_thr_suspend(0), 0);
	CHECK_EQ(sim_restarts(curthread), 1);
	hits++;
	u_pause();
}

static void
reading(void *arg __unused)
{

	CHECK_EQ(u_pipe_read(&pipe), 0);
	CHECK_EQ(sim_restarts(curthread), 1);
	hits++;
	CHECK_EQ(u_thr_wake(sim_tid(curproc, 2)), 0);
	u_pause();
}

SCENARIO(S47, "Sleepers that a stop wakes go to the boundary and restart",
    "a call that fails with EINTR because of a stop, a lost restart")
{
	static struct stopper s;
	static void (*const others[])(void *) = { timed_waiter, long_waiter };
	struct proc *p;
	struct thread *td;

	p = sim_proc_threads("p", reading, NULL, 2, others, NULL);
	for (int i = 0; i < 3; i++)
		sim_wait(is_asleep(sim_thread(p, i)));
	stop_begin(&s, p);
	CHECK_EQ(stop_done(&s), 0);
	sim_rest();
	CHECK_STATE(p, 3, 3, 3, 0, F_SS | F_TOT | F_HAD);
	for (int i = 0; i < 3; i++) {
		td = sim_thread(p, i);
		CHECK_COUNT(aborted(s.mark, s.td, td, ERESTART), 1);
		CHECK(is_at_boundary(td));
		CHECK((td->td_flags & TDF_ALLPROCSUSP) != 0);
		CHECK(!TD_ON_SLEEPQ(td));
	}
	s.mark = sim_mark();
	stop_end(&s);
	for (int i = 0; i < 3; i++) {
		td = sim_thread(p, i);
		CHECK_COUNT(resumed(s.mark, s.td, td), 1);
		CHECK((td->td_flags & TDF_ALLPROCSUSP) == 0);
	}
	CHECK_END_STATE(p, 3, true);
	sim_wait(hits == 1);
	sim_pipe_write(&pipe);
	sim_wait(hits == 3);
}

/*
 * A stopper that looks again leaves threads alone that it took out of a sleep,
 * and releases those that came from user mode: they suspend once more, and are
 * counted at the boundary twice, which no end of single-threading undoes.  It
 * is the reference's behaviour.
 */
SCENARIO(H3, "A stopper that looks again counts threads at the boundary twice",
    "a change to what a second pass of SINGLE_ALLPROC does")
{
	static struct gate gate;
	static struct stopper s;
	static void (*const others[])(void *) = { reader, gated };
	static void *const args[] = { &pipe, &gate };
	struct proc *p;
	struct thread *t0, *t1;
	u_long mark;

	p = sim_proc_threads("p", pauser, NULL, 2, others, args);
	t0 = sim_thread(p, 0);
	t1 = sim_thread(p, 1);
	gate_reached(&gate);
	sim_wait(is_asleep(t1));
	stop_begin(&s, p);
	sim_wait(is_suspended(s.td) && is_at_boundary(t0) &&
	    is_at_boundary(t1));
	CHECK_STATE(p, 3, 2, 2, 0, F_SS | F_TOT | F_HAD);
	CHECK((t0->td_flags & TDF_ALLPROCSUSP) == 0);
	CHECK((t1->td_flags & TDF_ALLPROCSUSP) != 0);

	sim_hazard(p, SIM_HAZARD_BND);
	mark = sim_mark();
	wake_early(p, s.td);
	sim_wait(p->p_boundary_count == 3 && is_suspended(s.td) &&
	    is_at_boundary(t0));
	CHECK_STATE(p, 3, 2, 3, 0, F_SS | F_TOT | F_HAD);
	CHECK_COUNT(resumed(mark, s.td, t0), 1);
	CHECK_COUNT(resumed(mark, s.td, t1), 0);
	CHECK((t1->td_flags & TDF_ALLPROCSUSP) != 0);

	gate_open(&gate);
	CHECK_EQ(stop_done(&s), 0);
	CHECK_STATE(p, 3, 3, 4, 0, F_SS | F_TOT | F_HAD);
	stop_end(&s);
	CHECK_STATE(p, 3, 0, 1, 0, F_HAD);
}

/* ---- S48: refusals ------------------------------------------------------- */

/* Tries to stop p, which has to be refused and change nothing. */
static void
check_refused(struct proc *p)
{
	struct thread *singler = p->p_singlethread;
	u_long mark;
	int flag, flag2;

	PROC_LOCK(p);
	flag = p->p_flag;
	flag2 = p->p_flag2;
	mark = sim_mark();
	CHECK_EQ(thread_single(p, SINGLE_ALLPROC), 1);
	CHECK(mtx_owned(&p->p_mtx) && !mtx_owned(&p->p_slock));
	CHECK_EQ(p->p_flag, flag);
	CHECK_EQ(p->p_flag2, flag2);
	CHECK(p->p_singlethread == singler);
	CHECK_COUNT(sim_count_by(mark, curthread, "sleep", NULL), 0);
	CHECK_COUNT(sim_count_by(mark, curthread, "ast_sched_locked", NULL),
	    0);
	PROC_UNLOCK(p);
}

SCENARIO(S48, "A stop of an exiting or single-threaded process is refused",
    "stopping a process that cannot stop, flags that stay behind")
{
	struct proc *p;
	struct thread *t0;

	p = sim_proc_parked("p", 2);
	t0 = sim_thread(p, 0);

	/* It exits. */
	PROC_LOCK(p);
	p->p_flag2 |= P2_WEXIT;
	PROC_UNLOCK(p);
	check_refused(p);

	/* It exits, and is single-threaded for that: nothing to wait for. */
	PROC_LOCK(p);
	p->p_flag |= P_STOPPED_SINGLE | P_SINGLE_EXIT;
	p->p_singlethread = t0;
	PROC_UNLOCK(p);
	check_refused(p);

	/* Somebody owns it. */
	PROC_LOCK(p);
	p->p_flag &= ~(P_STOPPED_SINGLE | P_SINGLE_EXIT);
	p->p_flag2 &= ~P2_WEXIT;
	PROC_UNLOCK(p);
	check_refused(p);

	/* It is stopped, or traced. */
	PROC_LOCK(p);
	p->p_singlethread = NULL;
	p->p_flag |= P_STOPPED_SIG;
	PROC_UNLOCK(p);
	check_refused(p);
	PROC_LOCK(p);
	p->p_flag &= ~P_STOPPED_SIG;
	p->p_flag |= P_TRACED;
	PROC_UNLOCK(p);
	check_refused(p);
	PROC_LOCK(p);
	p->p_flag &= ~P_TRACED;
	PROC_UNLOCK(p);
	sim_unpark(p);
}

SCENARIO(S48_stopped, "A stop of a stopped, then of a traced process",
    "suspending threads twice, or under a debugger's feet")
{
	static void (*const others[])(void *) = { spinner };
	struct proc *p;

	p = sim_proc_threads("p", pauser, NULL, 1, others, NULL);
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	check_refused(p);
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	sim_wait(p->p_suspcount == 0);

	/* Traced is enough, stopped or running. */
	CHECK_EQ(k_ptrace_attach(p), 0);
	check_refused(p);
	CHECK_EQ(k_wait_stopped(p), 0);
	check_refused(p);
	CHECK_EQ(k_ptrace_cont(p, 0), 0);
	check_refused(p);
	CHECK_EQ(k_reaper_kill(p, SIGINFO), EBUSY);
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(k_ptrace_kill(p), 0);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
}

/* ---- S49: waiting for another singler ------------------------------------ */

static struct gate hold;

static void
held_alone(void *arg __unused)
{

	gate_wait(&hold);
	CHECK_STATE(curproc, 2, 1, 1, 0, F_SS | F_SB | F_HAD);
	hits++;
}

static void
held_rforker(void *arg __unused)
{

	u_set_alone_hook(held_alone, NULL);
	CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	done = 1;
	u_pause();
}

/* A process that is single-threaded, with its singler at the gate. */
static struct proc *
held_process(void (*body)(void *))
{
	static void (*const others[])(void *) = { spinner };
	struct proc *p;

	p = sim_proc_threads("p", body, NULL, 1, others, NULL);
	gate_reached(&hold);
	CHECK_STATE(p, 2, 1, 1, 0, F_SS | F_SB | F_HAD);
	return (p);
}

/* Is the stopper asleep until the single-threading ends? */
static bool
waits_for_end(struct stopper *s)
{

	return (is_asleep(s->td) && s->td->td_wchan == &s->p->p_flag);
}

SCENARIO(S49, "A stopper waits until another singler is done",
    "two owners of p_singlethread, or a stopper that is not woken")
{
	static struct stopper s;
	struct proc *p;

	p = held_process(held_rforker);
	stop_begin(&s, p);
	sim_wait(waits_for_end(&s));
	sim_rest();
	CHECK_STATE(p, 2, 1, 1, 0, F_SS | F_SB | F_HAD);
	CHECK(p->p_singlethread == sim_thread(p, 0));
	CHECK_COUNT(waits(s.mark, s.td), 0);
	gate_open(&hold);
	CHECK_EQ(stop_done(&s), 0);
	sim_rest();
	CHECK_STATE(p, 2, 2, 2, 0, F_SS | F_TOT | F_HAD);
	stop_end(&s);
	sim_wait(done);
	CHECK_EQ(hits, 1);
	CHECK_END_STATE(p, 2, true);
}

SCENARIO(S49_signal, "A stopper with a pending signal waits as well",
    "a stopper that gives up, or stops a process that is single-threaded")
{
	static struct stopper s;
	struct proc *p;
	u_long mark;

	p = held_process(held_rforker);
	stop_begin(&s, p);
	sim_wait(waits_for_end(&s));
	mark = sim_mark();
	stop_interrupt(&s);
	/* It tries to sleep again and again, without the process lock. */
	sim_wait(sim_is_smp() ||
	    sim_count_by(mark, s.td, "sleep", &p->p_flag) >= 3);
	CHECK(!s.done);
	CHECK_STATE(p, 2, 1, 1, 0, F_SS | F_SB | F_HAD);
	gate_open(&hold);
	CHECK_EQ(stop_done(&s), 0);
	stop_end(&s);
	sim_wait(done);
	CHECK_END_STATE(p, 2, true);
}

static void
new_image(void *arg __unused)
{

	CHECK((curproc->p_flag & P_HADTHREADS) == 0);
	done = 1;
	u_pause();
}

static void
held_execer(void *arg __unused)
{

	u_set_alone_hook(held_alone, NULL);
	u_execve(true, new_image, NULL);
	CHECK(!"execve that succeeded returns");
}

/*
 * The end of SINGLE_EXIT wakes nobody who waits to stop the process: a signal
 * has to.  It is the reference's behaviour.
 */
SCENARIO(S49_exec, "A stopper sleeps on after an exec",
    "a change to whom the end of SINGLE_EXIT wakes")
{
	static struct stopper s;
	struct proc *p;

	p = held_process(held_execer);
	stop_begin(&s, p);
	sim_wait(waits_for_end(&s));
	gate_open(&hold);
	sim_wait(done);
	sim_rest();
	CHECK_END_STATE(p, 1, false);
	CHECK(waits_for_end(&s));
	CHECK_COUNT(sim_count_since(s.mark, "wakeup", &p->p_flag), 0);
	stop_interrupt(&s);
	CHECK_EQ(stop_done(&s), 0);
	CHECK_STATE(p, 1, 1, p->p_boundary_count, 0, F_SS | F_TOT);
	stop_end(&s);
	CHECK_END_STATE(p, 1, false);
}

SCENARIO(S49_two, "The second stopper waits for the first one",
    "two owners of p_singlethread, or a stopper that is not woken")
{
	static struct stopper s1, s2;
	static void (*const others[])(void *) = { reader };
	static void *const args[] = { &pipe };
	struct proc *p;
	u_long mark;

	p = sim_proc_threads("p", spinner, NULL, 1, others, args);
	sim_wait(is_asleep(sim_thread(p, 1)));
	stop_begin(&s1, p);
	CHECK_EQ(stop_done(&s1), 0);
	stop_begin(&s2, p);
	sim_wait(waits_for_end(&s2));
	sim_rest();
	CHECK_STATE(p, 2, 2, 2, 0, F_SS | F_TOT | F_HAD);
	CHECK(p->p_singlethread == s1.td);
	mark = sim_mark();
	stop_end(&s1);
	CHECK_EQ(stop_done(&s2), 0);
	CHECK(p->p_singlethread == s2.td);
	CHECK_COUNT(sim_count_since(mark, "wakeup", &p->p_flag), 1);
	sim_rest();
	CHECK_STATE(p, 2, 2, p->p_boundary_count, 0, F_SS | F_TOT | F_HAD);
	stop_end(&s2);
	CHECK_END_STATE(p, 2, true);
}
