/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group D, S31 to S35: thread_single() in processes without threads, in rfork
 * and in execve, and when several threads call it.
 */
#include "single.h"

static struct sim_pipe pipe;
static volatile int go, hits, done;
static u_long start, alone_at;

/* ---- S31: not threaded --------------------------------------------------- */

static int
single_unthreaded(void *arg __unused)
{
	static const int modes[] = { SINGLE_NO_EXIT, SINGLE_EXIT,
	    SINGLE_BOUNDARY };
	struct proc *p = curproc;
	u_long mark;
	int flag;

	PROC_LOCK(p);
	flag = p->p_flag;
	CHECK((flag & P_HADTHREADS) == 0);
	mark = sim_mark();
	for (u_int i = 0; i < nitems(modes); i++) {
		CHECK_EQ(thread_single(p, modes[i]), 0);
		CHECK_EQ(p->p_flag, flag);
		CHECK_STATE(p, 1, 0, 0, 0, 0);
		CHECK(p->p_singlethread == NULL);
		CHECK(mtx_owned(&p->p_mtx));
	}
	CHECK_COUNT(sim_count_by(mark, curthread, "mtx_lock_spin",
	    &p->p_slock), 0);
	CHECK_COUNT(sim_count_by(mark, curthread, "ast_sched_locked", NULL),
	    0);
	PROC_UNLOCK(p);
	return (0);
}

static void
unthreaded(void *arg __unused)
{

	CHECK_EQ(u_syscall(single_unthreaded, NULL), 0);
}

SCENARIO(S31, "A process without threads is single as it is",
    "flags and locks touched for nothing")
{

	CHECK_EQ(sim_join(sim_proc("p", unthreaded, NULL)), 0);
}

/* Ends the single-threading of a process whose other threads are gone. */
static void
end_as_last(struct proc *p, int mode)
{
	u_long mark;

	mark = sim_mark();
	thread_single_end(p, mode);
	CHECK_END_STATE(p, 1, true);
	CHECK(mtx_owned(&p->p_mtx));
	CHECK_COUNT(sim_count_by(mark, curthread, "wakeup", &p->p_flag), 1);
	CHECK_COUNT(resumed(mark, curthread, NULL), 0);
}

static int
single_last(void *arg __unused)
{
	struct proc *p = curproc;
	u_long mark;

	PROC_LOCK(p);
	CHECK_END_STATE(p, 1, true);
	mark = sim_mark();

	CHECK_EQ(thread_single(p, SINGLE_BOUNDARY), 0);
	CHECK_STATE(p, 1, 0, 0, 0, F_SS | F_SB | F_HAD);
	CHECK(p->p_singlethread == curthread);
	CHECK(mtx_owned(&p->p_mtx) && !mtx_owned(&p->p_slock));
	end_as_last(p, SINGLE_BOUNDARY);

	CHECK_EQ(thread_single(p, SINGLE_NO_EXIT), 0);
	CHECK_STATE(p, 1, 0, 0, 0, F_SS | F_HAD);
	CHECK(p->p_singlethread == curthread);
	end_as_last(p, SINGLE_NO_EXIT);

	/* Another mode by the same thread takes the other's flags back. */
	CHECK_EQ(thread_single(p, SINGLE_BOUNDARY), 0);
	CHECK_EQ(thread_single(p, SINGLE_NO_EXIT), 0);
	CHECK_STATE(p, 1, 0, 0, 0, F_SS | F_HAD);
	CHECK_EQ(thread_single(p, SINGLE_BOUNDARY), 0);
	CHECK_STATE(p, 1, 0, 0, 0, F_SS | F_SB | F_HAD);

	CHECK_EQ(thread_single(p, SINGLE_EXIT), 0);
	CHECK_END_STATE(p, 1, false);
	CHECK(mtx_owned(&p->p_mtx) && !mtx_owned(&p->p_slock));
	CHECK_COUNT(sim_count_by(mark, curthread, "ast_sched_locked", NULL),
	    0);
	CHECK_COUNT(waits(mark, curthread), 0);
	PROC_UNLOCK(p);
	return (0);
}

static void
brief(void *arg __unused)
{
}

static void
last_of_two(void *arg __unused)
{

	CHECK(u_thr_new(brief, NULL) > 0);
	u_pause_until(&done);
	CHECK_EQ(u_syscall(single_last, NULL), 0);
}

SCENARIO(S31_last, "The last thread of a threaded process is single at once",
    "waiting for nobody, or flags of the wrong mode")
{
	struct proc *p;

	p = sim_proc("p", last_of_two, NULL);
	sim_wait(sim_threads_made(p) == 2 && p->p_numthreads == 1 &&
	    p->p_exitthreads == 0);
	done = 1;
	CHECK_EQ(sim_join(p), 0);
}

/* ---- S32: rfork of a threaded process ------------------------------------ */

static void
alone_of_four(void *arg __unused)
{

	check_alone(curproc, 4);
	alone_at = sim_mark();
	hits++;
}

/* rfork(2) without a new process. */
static void
rforker(void *arg)
{

	u_pause_until(&go);
	start = sim_mark();
	u_set_alone_hook(alone_of_four, NULL);
	CHECK_EQ(u_rfork((int)(uintptr_t)arg, NULL, NULL), 0);
	done = 1;
	u_pause();
}

/* A sibling whose read is restarted once. */
static void
restarted_reader(void *arg)
{

	CHECK_EQ(u_pipe_read(arg), 0);
	CHECK_EQ(sim_restarts(curthread), 1);
	hits++;
	u_pause();
}

/* What the trace says about threads that were stopped by T0 and let go. */
static void
check_single(struct proc *p, int n)
{
	struct thread *t0, *td;

	t0 = sim_thread(p, 0);
	check_wakes(start, t0);
	CHECK_COUNT(sim_count_by(alone_at, t0, "wakeup", &p->p_flag), 1);
	for (int i = 1; i < n && !sim_is_smp(); i++) {
		td = sim_thread(p, i);
		CHECK(sim_count_by(start, t0, "ast_sched_locked", td) >= 1);
		CHECK_EQ(resumed(alone_at, t0, td), 1);
		CHECK(suspensions(start, td) >= 1);
	}
}

static void
single_rfork(int flags)
{
	static void (*const others[])(void *) = { restarted_reader, spinner,
	    pauser };
	static void *const args[] = { &pipe, NULL, NULL };
	struct proc *p;
	struct thread *t0, *t1;

	p = sim_proc_threads("p", rforker, (void *)(uintptr_t)flags, 3, others,
	    args);
	t0 = sim_thread(p, 0);
	t1 = sim_thread(p, 1);
	sim_wait(is_asleep(t1));
	go = 1;
	sim_wait(done);
	CHECK_EQ(hits, 1);
	CHECK_END_STATE(p, 4, true);
	CHECK_COUNT(aborted(start, t0, t1, ERESTART), 1);
	check_single(p, 4);
	sim_pipe_write(&pipe);
	sim_wait(hits == 2);
	CHECK_EQ(sim_restarts(t1), 1);
	CHECK_END_STATE(p, 4, true);
}

SCENARIO(S32, "rfork with a sleeping, a running and a runnable sibling",
    "a sibling left running, a lost restart, a sibling not resumed")
{

	single_rfork(RFFDG);
}

SCENARIO(S32_close, "rfork that closes descriptors",
    "a sibling left running, a lost restart, a sibling not resumed")
{

	single_rfork(RFCFDG | RFMEM);
}

SCENARIO(S32_wait, "The singler is suspended while a sibling is in the kernel",
    "a singler that does not count itself, that spins, or that goes on early")
{
	static struct gate gate;
	static void (*const others[])(void *) = { restarted_reader, spinner,
	    gated };
	static void *const args[] = { &pipe, NULL, &gate };
	struct proc *p;
	struct thread *t0;

	p = sim_proc_threads("p", rforker, (void *)(uintptr_t)RFFDG, 3, others,
	    args);
	t0 = sim_thread(p, 0);
	gate_reached(&gate);
	sim_wait(is_asleep(sim_thread(p, 1)));
	go = 1;
	sim_wait(p->p_suspcount == 3 && p->p_boundary_count == 2);
	sim_rest();
	CHECK_STATE(p, 4, 3, 2, 0, F_SS | F_SB | F_HAD);
	CHECK(p->p_singlethread == t0);
	CHECK(is_suspended(t0));
	CHECK((t0->td_flags & TDF_BOUNDARY) == 0);
	CHECK(is_at_boundary(sim_thread(p, 1)));
	CHECK(is_at_boundary(sim_thread(p, 2)));
	CHECK(is_asleep(gate.td));
	CHECK_EQ(hits, 0);
	CHECK_COUNT(waits(start, t0), 1);
	CHECK_COUNT(resumed(start, NULL, t0), 0);
	CHECK_COUNT(sim_count_by(start, t0, "sleepq_abort", gate.td), 0);
	gate_open(&gate);
	sim_wait(done);
	CHECK_EQ(hits, 1);
	CHECK_COUNT(resumed(start, gate.td, t0), 1);
	check_single(p, 4);
	sim_pipe_write(&pipe);
	sim_wait(hits == 2);
	CHECK_END_STATE(p, 4, true);
}

static void
plain_forker(void *arg __unused)
{
	int status;
	pid_t pid;

	u_pause_until(&go);
	start = sim_mark();
	pid = u_fork(brief, NULL);
	CHECK(pid > 0);
	CHECK_COUNT(sim_count_by(start, curthread, "ast_sched_locked",
	    sim_thread(curproc, 1)), 0);
	CHECK_END_STATE(curproc, 2, true);
	CHECK_EQ(u_wait4(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	/* Sharing everything needs nobody to stop either. */
	CHECK_EQ(u_rfork(RFMEM, NULL, NULL), 0);
	CHECK_EQ(suspensions(start, sim_thread(curproc, 1)), 0);
}

SCENARIO(S32_fork, "A plain fork leaves siblings alone",
    "single-threading where nobody asks for it")
{
	static void (*const others[])(void *) = { spinner };
	struct proc *p;

	p = sim_proc_threads("p", plain_forker, NULL, 1, others, NULL);
	go = 1;
	CHECK_EQ(sim_join(p), 0);
}

/* ---- S33: a successful execve -------------------------------------------- */

static void
alone_of_three(void *arg __unused)
{

	check_alone(curproc, 3);
	alone_at = sim_mark();
	hits++;
}

static void
new_image(void *arg __unused)
{
	struct proc *p = curproc;

	CHECK_END_STATE(p, 1, false);
	CHECK(FIRST_THREAD_IN_PROC(p) == curthread);
	hits++;
	u_exit(5);
}

static void
execer(void *arg __unused)
{

	u_pause_until(&go);
	start = sim_mark();
	u_set_alone_hook(alone_of_three, NULL);
	u_execve(true, new_image, NULL);
	CHECK(!"execve that succeeded returns");
}

SCENARIO(S33, "execve: all to the boundary, then all others die",
    "a thread that survives an exec, a singler that is not woken")
{
	static void (*const others[])(void *) = { spinner, reader };
	static void *const args[] = { NULL, &pipe };
	struct proc *p;
	struct thread *t0, *t1, *t2;

	p = sim_proc_threads("p", execer, NULL, 2, others, args);
	t0 = sim_thread(p, 0);
	t1 = sim_thread(p, 1);
	t2 = sim_thread(p, 2);
	sim_wait(is_asleep(t2));
	go = 1;
	sim_wait(sim_is_zombie(p));
	CHECK_EQ(hits, 2);
	if (!sim_is_smp()) {
		/* To the boundary... */
		CHECK_EQ(aborted(start, t0, t2, ERESTART), 1);
		/* ... and from there to death: each is resumed once, by T0. */
		CHECK_EQ(resumed(alone_at, t0, t1), 1);
		CHECK_EQ(resumed(alone_at, t0, t2), 1);
		CHECK_EQ(resumed(alone_at, NULL, t1), 1);
		CHECK_EQ(resumed(alone_at, NULL, t2), 1);
		CHECK_EQ(sim_count_by(alone_at, t1, "kern_thr_exit", NULL), 1);
		CHECK_EQ(sim_count_by(alone_at, t2, "kern_thr_exit", NULL), 1);
		CHECK_EQ(sim_count_by(alone_at, t1, "umtx_thread_exit", NULL),
		    1);
		CHECK_EQ(sim_count_since(alone_at, "sched_exit_thread", t0),
		    2);
		/* T0 sleeps for them once, and the last of them wakes it. */
		CHECK_EQ(waits(alone_at, t0), 1);
		CHECK_EQ(resumed(alone_at, t0, t0), 0);
		CHECK_EQ(resumed(alone_at, t1, t0) + resumed(alone_at, t2, t0),
		    1);
		CHECK_EQ(sim_count_by(alone_at, t0, "wakeup", &p->p_flag), 0);
	}
	CHECK_EQ(sim_join(p), W_EXITCODE(5, 0));
}

static volatile int lwp_stops;

SCENARIO(S33_traced, "execve of a process whose debugger sees threads exit",
    "a dying thread that its debugger holds, forgotten by the singler")
{
	static void (*const others[])(void *) = { spinner, reader };
	static void *const args[] = { NULL, &pipe };
	struct proc *p;

	p = sim_proc_threads("p", execer, NULL, 2, others, args);
	CHECK_EQ(k_ptrace_attach(p), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(k_ptrace_lwp_events(p, true), 0);
	go = 1;
	while (k_ptrace_cont(p, 0) == 0 && k_wait_stopped(p) == 0)
		lwp_stops++;
	CHECK(sim_is_zombie(p));
	CHECK_EQ(hits, 2);
	CHECK(lwp_stops >= 2);
	CHECK_EQ(sim_join(p), W_EXITCODE(5, 0));
}

/* ---- S34: a failing execve ----------------------------------------------- */

static void
bad_execer(void *arg __unused)
{

	u_pause_until(&go);
	start = sim_mark();
	u_set_alone_hook(alone_of_four, NULL);
	CHECK_EQ(u_execve(false, NULL, NULL), ENOEXEC);
	done = 1;
	u_pause();
}

SCENARIO(S34, "A failing execve lets the others go on",
    "siblings not resumed, resumed twice, or interrupted for good")
{
	static void (*const others[])(void *) = { restarted_reader, spinner,
	    pauser };
	static void *const args[] = { &pipe, NULL, NULL };
	struct proc *p;
	struct thread *t1;

	p = sim_proc_threads("p", bad_execer, NULL, 3, others, args);
	t1 = sim_thread(p, 1);
	sim_wait(is_asleep(t1));
	go = 1;
	sim_wait(done);
	CHECK_EQ(hits, 1);
	CHECK_END_STATE(p, 4, true);
	CHECK_COUNT(aborted(start, sim_thread(p, 0), t1, ERESTART), 1);
	check_single(p, 4);
	sim_pipe_write(&pipe);
	sim_wait(hits == 2);
	CHECK_END_STATE(p, 4, true);
}

static struct gate hold;

static void
held_alone(void *arg __unused)
{
	struct proc *p = curproc;

	check_alone(p, 4);
	gate_wait(&hold);
	CHECK_STATE(p, 4, 3, 3, 0, F_SS | F_SB | F_SIG | F_HAD);
	if (sim_invariants) {
		/* The assertion takes stopped threads for lost ones. */
		EXPECT_PANIC("inconsistent boundary count 3") {
			PROC_LOCK(p);
			thread_single_end(p, SINGLE_BOUNDARY);
		}
		gate_wait(&hold);
	}
	alone_at = sim_mark();
	hits++;
}

static void
held_execer(void *arg __unused)
{

	u_pause_until(&go);
	start = sim_mark();
	u_set_alone_hook(held_alone, NULL);
	CHECK_EQ(u_execve(false, NULL, NULL), ENOEXEC);
	done = 1;
	u_pause();
}

/*
 * A stop that arrives while the others are at the boundary keeps them there
 * beyond the end of the single-threading; the singler itself goes on.  The
 * count of threads at the boundary is then not zero, which the assertion of
 * thread_single_end() does not allow for: it is the reference's behaviour.
 */
SCENARIO(S34_stop, "A stop during an execve that fails",
    "stopped threads that get to user mode after a failed exec")
{
	static void (*const others[])(void *) = { restarted_reader, spinner,
	    pauser };
	static void *const args[] = { &pipe, NULL, NULL };
	struct proc *p;
	struct thread *t0;
	u_long mark;

	p = sim_proc_threads("p", held_execer, NULL, 3, others, args);
	t0 = sim_thread(p, 0);
	sim_wait(is_asleep(sim_thread(p, 1)));
	go = 1;
	gate_reached(&hold);
	mark = sim_mark();
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	/* The signal is a flag, and no more. */
	CHECK_STATE(p, 4, 3, 3, 0, F_SS | F_SB | F_SIG | F_HAD);
	CHECK_COUNT(sim_count_since(mark, "sig_suspend_threads", NULL), 0);
	gate_open(&hold);
	if (sim_invariants) {
		sim_rest();
		CHECK_EQ(k_kill(p, SIGCONT), 0);
		CHECK_STATE(p, 4, 3, 3, 0, F_SS | F_SB | F_HAD);
		gate_open(&hold);
		sim_wait(done);
	} else {
		sim_wait(done);
		sim_rest();
		CHECK_STATE(p, 4, 3, 3, 0, F_SIG | F_HAD);
		CHECK(p->p_singlethread == NULL);
		CHECK(!TD_IS_SUSPENDED(t0));
		CHECK_COUNT(resumed(alone_at, t0, NULL), 0);
		CHECK_COUNT(sim_count_by(alone_at, t0, "wakeup", &p->p_flag),
		    1);
		mark = sim_mark();
		CHECK_EQ(k_kill(p, SIGCONT), 0);
		CHECK_END_STATE(p, 4, true);
		for (int i = 1; i < 4; i++)
			CHECK_COUNT(resumed(mark, curthread, sim_thread(p, i)),
			    1);
	}
	CHECK_EQ(hits, 1);
	sim_pipe_write(&pipe);
	sim_wait(hits == 2);
	CHECK_END_STATE(p, 4, true);
}

/* ---- S35: several singlers ----------------------------------------------- */

/* While T0 waits, T1 may not single-thread in any mode. */
static int
single_second(void *arg __unused)
{
	static const int modes[] = { SINGLE_NO_EXIT, SINGLE_BOUNDARY,
	    SINGLE_EXIT };
	struct proc *p = curproc;
	struct thread *t0 = sim_thread(p, 0);
	u_long mark;
	int flag;

	if (hits != 0)
		return (0);
	hits++;
	PROC_LOCK(p);
	flag = p->p_flag;
	CHECK_STATE(p, 3, 2, 1, 0, F_SS | F_SB | F_HAD);
	mark = sim_mark();
	for (u_int i = 0; i < nitems(modes); i++) {
		CHECK_EQ(thread_single(p, modes[i]), 1);
		CHECK(mtx_owned(&p->p_mtx) && !mtx_owned(&p->p_slock));
		CHECK_EQ(p->p_flag, flag);
		CHECK_STATE(p, 3, 2, 1, 0, F_SS | F_SB | F_HAD);
		CHECK(p->p_singlethread == t0);
	}
	CHECK_COUNT(sim_count_by(mark, curthread, "ast_sched_locked", NULL),
	    0);
	CHECK_COUNT(resumed(mark, NULL, NULL), 0);
	PROC_UNLOCK(p);
	return (ERESTART);
}

static void
alone_after_race(void *arg __unused)
{

	check_alone(curproc, 3);
	CHECK_EQ(hits, 1);
	hits++;
}

static void
first_singler(void *arg __unused)
{

	u_pause_until(&go);
	start = sim_mark();
	u_set_alone_hook(alone_after_race, NULL);
	CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	done = 1;
	u_pause();
}

SCENARIO(S35, "The second singler is refused, and nothing changes",
    "two owners of p_singlethread")
{
	static struct gate gate = { .then = single_second };
	static void (*const others[])(void *) = { gated, spinner };
	static void *const args[] = { &gate, NULL };
	struct proc *p;
	struct thread *t0;

	p = sim_proc_threads("p", first_singler, NULL, 2, others, args);
	t0 = sim_thread(p, 0);
	gate_reached(&gate);
	go = 1;
	sim_wait(p->p_suspcount == 2 && p->p_boundary_count == 1 &&
	    is_suspended(t0));
	gate_open(&gate);
	sim_wait(done);
	CHECK_EQ(hits, 2);
	sim_wait(sim_restarts(gate.td) == 1);
	CHECK_COUNT(resumed(start, gate.td, t0), 1);
	CHECK_END_STATE(p, 3, true);
}

static void
racing_execer(void *arg __unused)
{

	u_execve(true, new_image, NULL);
	CHECK(!"execve that succeeded returns");
}

static void (*const execers[])(void *) = { racing_execer, racing_execer,
    racing_execer, racing_execer };

SCENARIO(S35_exec, "Five threads call execve at once: one image starts",
    "two images, or none; two owners of p_singlethread")
{
	struct proc *p;

	p = sim_proc_threads("p", racing_execer, NULL, nitems(execers), execers,
	    NULL);
	CHECK_EQ(sim_join(p), W_EXITCODE(5, 0));
	CHECK_EQ(hits, 1);
}

static void
alone_of_five(void *arg __unused)
{

	check_alone(curproc, 5);
	hits++;
}

static void
racing_bad_execer(void *arg __unused)
{

	u_set_alone_hook(alone_of_five, NULL);
	CHECK_EQ(u_execve(false, NULL, NULL), ENOEXEC);
	atomic_add_int((volatile u_int *)&done, 1);
	u_pause();
}

static void (*const bad_execers[])(void *) = { racing_bad_execer,
    racing_bad_execer, racing_bad_execer, racing_bad_execer };

SCENARIO(S35_noexec, "Five threads call execve at once, and all fail",
    "two owners of p_singlethread, a loser that does not try again")
{
	struct proc *p;

	p = sim_proc_threads("p", racing_bad_execer, NULL,
	    nitems(bad_execers), bad_execers, NULL);
	sim_wait(done == 5);
	CHECK_EQ(hits, 5);
	CHECK_END_STATE(p, 5, true);
}

static void
racing_exiter(void *arg)
{

	u_exit((int)(uintptr_t)arg);
}

SCENARIO(S35_exit, "Two threads exit and one execs at once",
    "an exit that gives up, a process that exits with threads")
{
	static void (*const others[])(void *) = { racing_exiter,
	    racing_execer };
	static void *const args[] = { (void *)4, NULL };
	struct proc *p;
	int status;

	p = sim_proc_threads("p", racing_exiter, (void *)3, 2, others, args);
	sim_wait(sim_is_zombie(p));
	CHECK_END_STATE(p, 1, false);
	status = sim_join(p);
	CHECK(status == W_EXITCODE(3, 0) || status == W_EXITCODE(4, 0) ||
	    status == W_EXITCODE(5, 0));
	CHECK_EQ(hits, status == W_EXITCODE(5, 0));
}

static void
crasher(void *arg __unused)
{

	u_crash();
}

/* The exit of a process that crashes and exits or forks at once. */
static void
race_with_crash(void (*body)(void *))
{
	static void (*const others[])(void *) = { crasher, spinner };
	struct proc *p;
	u_long dumps;
	int status;

	p = sim_proc_threads("p", body, (void *)3, 2, others, NULL);
	sim_wait(sim_is_zombie(p));
	CHECK_END_STATE(p, 1, false);
	dumps = sim_coredumps(p);
	status = sim_join(p);
	if (status == W_EXITCODE(3, 0))
		CHECK_EQ(dumps, 0);
	else {
		CHECK_EQ(WTERMSIG(status), SIGSEGV);
		CHECK_EQ(WCOREDUMP(status) != 0, dumps);
	}
}

SCENARIO(S35_crash, "One thread exits and another one crashes",
    "a core of a process that another thread takes apart")
{

	race_with_crash(racing_exiter);
}

static void
rforker_exits(void *arg __unused)
{

	for (int i = 0; i < 3; i++)
		CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	u_exit(3);
}

SCENARIO(S35_dump, "One thread calls rfork and exits, another one crashes",
    "a core of a process that another thread single-threads")
{

	race_with_crash(rforker_exits);
}
