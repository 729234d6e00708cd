/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group D, S36 to S39: what SINGLE_EXIT and the other modes do to siblings in
 * every kind of state, and how a crash goes on to an exit.
 */
#include "single.h"

static struct sim_pipe pipe;
static volatile int go, stop;
static u_long start;

/* ---- S36: exit with all kinds of siblings -------------------------------- */

static int
take_lock(void *arg __unused)
{

	sim_lock();
	PROC_LOCK(curproc);
	PROC_UNLOCK(curproc);
	sim_unlock();
	return (0);
}

/* Takes a lock that another thread wants as well, a few times. */
static void
locker(void *arg __unused)
{

	for (int i = 0; i < 12; i++)
		CHECK_EQ(u_syscall(take_lock, NULL), 0);
	u_pause();
}

static void
exiter(void *arg __unused)
{

	u_pause_until(&go);
	start = sim_mark();
	u_exit(3);
}

SCENARIO(S36, "exit with running, sleeping and waiting siblings",
    "an exit that hangs, or leaves threads")
{
	static struct gate gate;
	static void (*const others[])(void *) = { spinner, pauser, reader,
	    gated };
	static void *const args[] = { NULL, NULL, &pipe, &gate };
	struct proc *p;
	struct thread *t0, *t3, *t4;

	p = sim_proc_threads("p", exiter, NULL, nitems(others), others, args);
	t0 = sim_thread(p, 0);
	t3 = sim_thread(p, 3);
	t4 = sim_thread(p, 4);
	gate_reached(&gate);
	sim_wait(is_asleep(t3));
	go = 1;

	/* All but the uninterruptible one die. */
	sim_wait(p->p_numthreads == 2 && p->p_exitthreads == 0 &&
	    is_suspended(t0));
	sim_rest();
	CHECK_STATE(p, 2, 1, 0, 0, F_SS | F_SX | F_HAD);
	CHECK(p->p_singlethread == t0);
	CHECK(is_asleep(t4));
	CHECK_COUNT(waits(start, t0), 1);
	CHECK_COUNT(resumed(start, NULL, t0), 0);
	CHECK_COUNT(aborted(start, t0, t3, EINTR), 1);
	CHECK_COUNT(sim_count_by(start, t0, "sleepq_abort", t4), 0);
	for (int i = 1; i <= 4; i++)
		CHECK_COUNT(sim_count_by(start, t0, "ast_sched_locked",
		    sim_thread(p, i)), 1);

	/* It is the one that wakes the singler. */
	gate_open(&gate);
	sim_wait(sim_is_zombie(p));
	CHECK_COUNT(resumed(start, t4, t0), 1);
	CHECK_COUNT(resumed(start, NULL, t0), 1);
	CHECK_COUNT(waits(start, t0), 1);
	CHECK_END_STATE(p, 1, false);
	CHECK_EQ(sim_join(p), W_EXITCODE(3, 0));
}

SCENARIO(S36_locks, "exit with siblings that wait for a lock",
    "a thread lock that is released twice, or not at all")
{
	static void (*const others[])(void *) = { locker, locker };
	struct proc *p;

	p = sim_proc_threads("p", exiter, NULL, nitems(others), others, NULL);
	go = 1;
	sim_wait(sim_is_zombie(p));
	CHECK_END_STATE(p, 1, false);
	CHECK_EQ(sim_join(p), W_EXITCODE(3, 0));
}

SCENARIO(S36_stopped, "A kill of a process that is stopped",
    "a stopped thread that is not released before it is to die")
{
	static void (*const others[])(void *) = { spinner, reader };
	static void *const args[] = { NULL, &pipe };
	struct proc *p;
	struct thread *t2;

	p = sim_proc_threads("p", pauser, NULL, 2, others, args);
	t2 = sim_thread(p, 2);
	sim_wait(is_asleep(t2));
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_rest();
	CHECK(t2->td_inhibitors == (TDI_SLEEPING | TDI_SUSPENDED));
	/* The thread that takes the signal is not at the boundary. */
	CHECK(p->p_boundary_count == 1 || p->p_boundary_count == 2);
	CHECK_STATE(p, 3, 3, p->p_boundary_count, 0, F_SIG | F_HAD);
	CHECK_EQ(k_kill(p, SIGKILL), 0);
	sim_wait(sim_is_zombie(p));
	CHECK_END_STATE(p, 1, false);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
}

/*
 * White box: which siblings are interrupted on their CPU.  A parked thread
 * poses as one that runs, another one as one on a run queue.
 */
SCENARIO(S36_states, "Only threads that run are interrupted on their CPU",
    "a missing interrupt, or one to a thread that does not run")
{
	static struct stopper s;
	struct proc *p;
	struct thread *t0, *t1, *t2;

	p = sim_proc_parked("p", 3);
	t0 = sim_thread(p, 0);
	t1 = sim_thread(p, 1);
	t2 = sim_thread(p, 2);
	TD_SET_STATE(t0, TDS_RUNNING);
	TD_SET_STATE(t1, TDS_RUNQ);
	stop_begin(&s, p);
	sim_wait(is_suspended(s.td));
	CHECK_STATE(p, 3, 0, 0, 0, F_SS | F_TOT | F_HAD);
	for (int i = 0; i < 3; i++)
		CHECK(td_ast_pending(sim_thread(p, i), TDA_SUSPEND));
#ifdef SMP
	CHECK_COUNT(did_to(s.mark, s.td, "forward_signal", t0), 1);
#endif
	CHECK_COUNT(did_to(s.mark, s.td, "forward_signal", t1), 0);
	CHECK_COUNT(did_to(s.mark, s.td, "forward_signal", t2), 0);
	CHECK_COUNT(did_to(s.mark, s.td, "sleepq_abort", NULL), 0);
	TD_SET_STATE(t0, TDS_INHIBITED);
	TD_SET_STATE(t1, TDS_INHIBITED);
	sim_unpark(p);
	CHECK_EQ(stop_done(&s), 0);
	CHECK_STATE(p, 3, 3, 3, 0, F_SS | F_TOT | F_HAD);
	CHECK_COUNT(resumed(s.mark, NULL, s.td), 1);
	stop_end(&s);
	CHECK_END_STATE(p, 3, true);
}

/* ---- S37: suspended sleepers --------------------------------------------- */

static volatile int single_mode;

static int
single_stopped(void *arg __unused)
{
	struct proc *p = curproc;
	int mode = single_mode;

	PROC_LOCK(p);
	start = sim_mark();
	CHECK_EQ(thread_single(p, mode), 0);
	CHECK(mtx_owned(&p->p_mtx) && !mtx_owned(&p->p_slock));
	switch (mode) {
	case SINGLE_EXIT:
		CHECK_END_STATE(p, 1, false);
		break;
	case SINGLE_BOUNDARY:
		check_alone(p, 3);
		thread_single_end(p, mode);
		break;
	default:
		CHECK_STATE(p, 4, 3, 3, 0, F_SS | F_HAD);
		thread_single_end(p, mode);
	}
	PROC_UNLOCK(p);
	stop = 1;
	return (0);
}

/*
 * T1 sleeps, T2 is in user mode, T0 at a gate when the process is stopped.  T0
 * then single-threads, which waits for the stop to end; it finds T1 asleep and
 * suspended, T2 suspended at the boundary.
 */
static void
weed_stopped(int mode)
{
	static struct gate gate = { .then = single_stopped };
	static void (*const others[])(void *) = { reader, spinner };
	static void *const args[] = { &pipe, NULL };
	struct proc *p;
	struct thread *t0, *t1, *t2;
	u_long mark;
	int flags;

	single_mode = mode;
	flags = F_SS | F_HAD | (mode == SINGLE_EXIT ? F_SX :
	    mode == SINGLE_BOUNDARY ? F_SB : 0);
	p = sim_proc_threads("p", gated, &gate, 2, others, args);
	t0 = sim_thread(p, 0);
	t1 = sim_thread(p, 1);
	t2 = sim_thread(p, 2);
	gate_reached(&gate);
	sim_wait(is_asleep(t1));
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	sim_wait(p->p_suspcount == 2 && is_at_boundary(t2));
	CHECK_STATE(p, 3, 2, 1, 0, F_SIG | F_HAD);
	CHECK(t1->td_inhibitors == (TDI_SLEEPING | TDI_SUSPENDED));
	CHECK((t1->td_flags & TDF_BOUNDARY) == 0);
	CHECK((t2->td_flags & TDF_BOUNDARY) != 0);
	CHECK_EQ(sim_stop_reports(p), 0);

	/* While the process is stopped the singler only waits. */
	gate_open(&gate);
	sim_wait(p->p_suspcount == 3 && is_suspended(t0));
	CHECK_STATE(p, 3, 3, 1, 0, flags | F_SIG);
	CHECK_COUNT(sim_count_by(start, t0, "ast_sched_locked", NULL), 0);
	CHECK_COUNT(resumed(start, t0, NULL), 0);
	CHECK_EQ(sim_stop_reports(p), 1);

	/* The end of the stop resumes the singler, and nobody else. */
	mark = sim_mark();
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	CHECK_EQ(sim_cont_reports(p), 1);
	CHECK_COUNT(resumed(mark, curthread, t0), 1);
	CHECK_COUNT(resumed(mark, curthread, t1), 0);
	CHECK_COUNT(resumed(mark, curthread, t2), 0);

	/*
	 * T1 is unsuspended, which leaves it asleep, looked at again, and
	 * aborted: it becomes runnable then.
	 */
	sim_wait(stop);
	if (!sim_is_smp()) {
		CHECK_EQ(aborted(start, t0, t1,
		    mode == SINGLE_EXIT ? EINTR : ERESTART), 1);
		CHECK(sim_happened(start, t0, "ast_sched_locked setrunnable "
		    "thread_lock sleepq_abort setrunnable"));
	}
	if (mode == SINGLE_EXIT) {
		CHECK_COUNT(resumed(start, t0, t1), 2);
		CHECK_COUNT(resumed(start, t0, t2), 1);
		CHECK_END_STATE(p, 1, false);
		return;
	}
	/* T2 stays where it is until the end. */
	CHECK_COUNT(resumed(start, t0, t1), 3);
	CHECK_COUNT(resumed(start, t0, t2), 1);
	CHECK_COUNT(suspensions(start, t2), 0);
	sim_wait(sim_restarts(t1) == 1);
	sim_pipe_write(&pipe);
	sim_wait(pipe.bytes == 0 && pipe.readers == 0);
	CHECK_END_STATE(p, 3, true);
}

SCENARIO(S37, "SINGLE_EXIT finds a stopped sleeper",
    "an old lock kept over setrunnable(), a sleeper unsuspended but asleep")
{

	weed_stopped(SINGLE_EXIT);
}

SCENARIO(S37_boundary, "SINGLE_BOUNDARY finds a stopped sleeper",
    "an old lock kept over setrunnable(), a thread released from the boundary")
{

	weed_stopped(SINGLE_BOUNDARY);
}

SCENARIO(S37_no_exit, "SINGLE_NO_EXIT finds a stopped sleeper",
    "an old lock kept over setrunnable(), a thread released from the boundary")
{
	static struct gate gate = { .then = single_stopped }, late;
	static void (*const others[])(void *) = { reader, spinner, gated };
	static void *const args[] = { &pipe, NULL, &late };
	struct proc *p;
	struct thread *t0, *t1, *t2;
	u_long mark;

	single_mode = SINGLE_NO_EXIT;
	p = sim_proc_threads("p", gated, &gate, 3, others, args);
	t0 = sim_thread(p, 0);
	t1 = sim_thread(p, 1);
	t2 = sim_thread(p, 2);
	gate_reached(&gate);
	gate_reached(&late);
	sim_wait(is_asleep(t1));
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	sim_wait(p->p_suspcount == 2 && is_at_boundary(t2));
	gate_open(&gate);
	sim_wait(p->p_suspcount == 3 && is_suspended(t0));
	CHECK_STATE(p, 4, 3, 1, 0, F_SS | F_SIG | F_HAD);

	/* Not all are stopped: the end of the stop resumes nobody. */
	mark = sim_mark();
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	CHECK_STATE(p, 4, 3, 1, 0, F_SS | F_HAD);
	CHECK_COUNT(resumed(mark, NULL, NULL), 0);
	CHECK_EQ(sim_cont_reports(p), 0);

	/* When the singler looks again it wants the sleeper out. */
	wake_early(p, t0);
	sim_wait(p->p_suspcount == 3 && p->p_boundary_count == 2 &&
	    is_suspended(t0));
	CHECK_STATE(p, 4, 3, 2, 0, F_SS | F_HAD);
	CHECK_COUNT(aborted(mark, t0, t1, ERESTART), 1);
	CHECK_COUNT(resumed(mark, t0, t1), 2);
	CHECK_COUNT(resumed(mark, t0, t2), 0);
	gate_open(&late);
	sim_wait(stop);
	CHECK_END_STATE(p, 4, true);
	CHECK_COUNT(resumed(mark, NULL, t0), 2);
}

static int
single_content(void *arg __unused)
{
	struct proc *p = curproc;

	PROC_LOCK(p);
	start = sim_mark();
	CHECK_EQ(thread_single(p, SINGLE_NO_EXIT), 0);
	CHECK_STATE(p, 3, 2, 1, 0, F_SS | F_SIG | F_HAD);
	thread_single_end(p, SINGLE_NO_EXIT);
	CHECK_STATE(p, 3, 2, 1, 0, F_SIG | F_HAD);
	CHECK(p->p_singlethread == NULL);
	CHECK_COUNT(waits(start, curthread), 0);
	CHECK_COUNT(resumed(start, curthread, NULL), 0);
	PROC_UNLOCK(p);
	stop = 1;
	return (0);
}

SCENARIO(S37_content, "SINGLE_NO_EXIT is content with stopped threads",
    "waiting for nobody, stopped threads released")
{
	static struct gate gate = { .then = single_content };
	static void (*const others[])(void *) = { reader, spinner };
	static void *const args[] = { &pipe, NULL };
	struct proc *p;

	p = sim_proc_threads("p", gated, &gate, 2, others, args);
	gate_reached(&gate);
	sim_wait(is_asleep(sim_thread(p, 1)));
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	sim_wait(p->p_suspcount == 2 && p->p_boundary_count == 1);
	gate_open(&gate);
	sim_wait(stop);
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	sim_wait(p->p_suspcount == 0);
	CHECK_END_STATE(p, 3, true);
}

/* ---- S38: sleeps that abort in no time ----------------------------------- */

/*
 * White box: T0 poses as a thread on a sleep queue that thread_single() finds
 * there; sleepq_abort() does not make it runnable.
 */
static void
abort_corner(int flags, int intrval)
{
	static struct stopper s;
	static int chan;
	struct proc *p;
	struct thread *t0;

	p = sim_proc_parked("p", 1);
	t0 = sim_thread(p, 0);
	t0->td_wchan = &chan;
	t0->td_flags |= TDF_SINTR | flags;
	t0->td_intrval = 0;
	stop_begin(&s, p);
	sim_wait(is_suspended(s.td));
	CHECK_COUNT(aborted(s.mark, s.td, t0, ERESTART), 1);
	CHECK_EQ(t0->td_intrval, intrval);
	CHECK((t0->td_flags & TDF_ALLPROCSUSP) != 0);
	CHECK(t0->td_inhibitors == TDI_IWAIT);
	CHECK_COUNT(resumed(s.mark, s.td, t0), 0);
	CHECK_STATE(p, 1, 0, 0, 0, F_SS | F_TOT);

	/* It comes back by itself. */
	t0->td_wchan = NULL;
	t0->td_flags &= ~(TDF_SINTR | TDF_TIMEOUT);
	sim_unpark(p);
	CHECK_EQ(stop_done(&s), 0);
	CHECK_STATE(p, 1, 1, 1, 0, F_SS | F_TOT);
	CHECK((t0->td_flags & TDF_ALLPROCSUSP) != 0);
	stop_end(&s);
	CHECK((t0->td_flags & TDF_ALLPROCSUSP) == 0);
	CHECK_END_STATE(p, 1, false);
}

SCENARIO(S38, "Aborting a sleep whose timeout has fired",
    "a thread lock that is released twice")
{

	abort_corner(TDF_TIMEOUT, 0);
}

SCENARIO(S38_early, "Aborting a sleep that has not begun",
    "a thread lock that is released twice, an abort that is lost")
{

	abort_corner(0, ERESTART);
}

static volatile int naps;

static void
napper(void *arg __unused)
{
	int error;

	for (;;) {
		error = u_thr_suspend(1);
		CHECK(error == ETIMEDOUT || error == EINTR);
		naps++;
	}
}

static void
rforker(void *arg __unused)
{

	for (int i = 0; i < 3; i++)
		CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	u_exit(0);
}

SCENARIO(S38_race, "Single-threading while timed sleeps begin and end",
    "a lost abort, a thread lock that is released twice")
{
	static void (*const others[])(void *) = { napper, napper };
	struct proc *p;

	p = sim_proc_threads("p", rforker, NULL, 2, others, NULL);
	CHECK_EQ(sim_join(p), 0);
}

/* ---- S39: a core dump, then the exit ------------------------------------- */

static struct gate inside;
static volatile int got;

/* Checks for a stop in the middle of a system call, as a sleep does. */
static int
check_inside(void *arg __unused)
{
	struct proc *p = curproc;

	PROC_LOCK(p);
	got = thread_suspend_check(1);
	PROC_UNLOCK(p);
	return (got);
}

static int
single_twice(void *arg __unused)
{
	struct proc *p = curproc;
	struct thread *t0 = curthread, *t1, *t2, *t3;

	t1 = sim_thread(p, 1);
	t2 = sim_thread(p, 2);
	t3 = sim_thread(p, 3);
	PROC_LOCK(p);
	start = sim_mark();
	CHECK_EQ(thread_single(p, SINGLE_NO_EXIT), 0);
	CHECK_STATE(p, 4, 3, 2, 0, F_SS | F_HAD);
	CHECK(p->p_singlethread == t0);
	CHECK(TD_IS_SUSPENDED(t1) && (t1->td_flags & TDF_BOUNDARY) != 0);
	CHECK(TD_IS_SUSPENDED(t2) && (t2->td_flags & TDF_BOUNDARY) != 0);
	CHECK(TD_IS_SUSPENDED(t3) && (t3->td_flags & TDF_BOUNDARY) == 0);
	/* The singler is exempt from its own stop. */
	CHECK_EQ(thread_suspend_check(0), 0);
	CHECK_EQ(thread_suspend_check(1), 0);
	check_wakes(start, t0);
	/* Nobody waits for the others to be off their CPUs. */
	CHECK_COUNT(did_to(start, t0, "thread_lock", t1), 1);
	CHECK_COUNT(did_to(start, t0, "thread_lock", t2), 1);
	CHECK_COUNT(did_to(start, t0, "thread_lock", t3), 1);
	PROC_UNLOCK(p);

	PROC_LOCK(p);
	start = sim_mark();
	CHECK_EQ(thread_single(p, SINGLE_EXIT), 0);
	CHECK_END_STATE(p, 1, false);
	check_wakes(start, t0);
	CHECK_COUNT(resumed(start, t0, t1), 1);
	CHECK_COUNT(resumed(start, t0, t2), 1);
	CHECK_COUNT(resumed(start, t0, t3), 1);
	CHECK_EQ(got, EINTR);
	PROC_UNLOCK(p);
	return (0);
}

static void
dumper(void *arg __unused)
{

	u_pause_until(&go);
	CHECK_EQ(u_syscall(single_twice, NULL), 0);
	u_exit(6);
}

SCENARIO(S39, "SINGLE_NO_EXIT stops threads anywhere; then all die",
    "a count of the boundary, flags of another mode, a singler that stops")
{
	static void (*const others[])(void *) = { reader, spinner, gated };
	static void *const args[] = { &pipe, NULL, &inside };
	struct proc *p;
	struct thread *t0;

	inside.then = check_inside;
	p = sim_proc_threads("p", dumper, NULL, 3, others, args);
	t0 = sim_thread(p, 0);
	gate_reached(&inside);
	sim_wait(is_asleep(sim_thread(p, 1)));
	go = 1;
	sim_wait(p->p_suspcount == 3 && p->p_boundary_count == 2 &&
	    is_suspended(t0));
	CHECK_STATE(p, 4, 3, 2, 0, F_SS | F_HAD);
	gate_open(&inside);
	CHECK_EQ(sim_join(p), W_EXITCODE(6, 0));
}

static void
crasher(void *arg __unused)
{

	u_pause_until(&go);
	u_crash();
}

SCENARIO(S39_core, "A thread crashes: the others stop, a core is dumped",
    "no core, or an exit that finds the process stopped")
{
	static void (*const others[])(void *) = { reader, spinner, pauser };
	static void *const args[] = { &pipe, NULL, NULL };
	struct proc *p;

	p = sim_proc_threads("p", crasher, NULL, 3, others, args);
	sim_wait(is_asleep(sim_thread(p, 1)));
	go = 1;
	sim_wait(sim_is_zombie(p));
	CHECK_EQ(sim_coredumps(p), 1);
	CHECK_END_STATE(p, 1, false);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGSEGV | WCOREFLAG));
}
