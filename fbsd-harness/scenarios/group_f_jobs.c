/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group F, S57, S58 and S62: stop signals, together with single-threading,
 * with fork and exit, and with vfork.
 */
#include "single.h"

static struct sim_pipe bytes;
static struct gate gates[2];
static volatile int start, alone_calls;

/* ---- S57: SIGSTOP while a thread single-threads ------------------------- */

/* At the gate, then asleep interruptibly: where a stop finds it. */
static int
sleep_on(void *arg)
{

	return (sim_sleep(arg, true, 0));
}

static struct sim_chan never;

static u_long continued;		/* mark of the SIGCONT */

static void
count_alone(void *arg)
{

	check_alone(curproc, 3);
	/* Resumed by SIGCONT; and again if it had to wait for T1. */
	CHECK_COUNT(resumed(continued, NULL, curthread),
	    1 + waits(continued, curthread));
	if (arg == NULL)
		CHECK_COUNT(waits(continued, curthread), 0);
	alone_calls++;
}

static void
rforker(void *arg)
{

	u_spin_until(&start);
	u_set_alone_hook(count_alone, arg);
	CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	CHECK_EQ(alone_calls, 1);
	u_exit(3);
}

/*
 * Stops and continues a process whose T0 waits for T1 and T2, which are in
 * uninterruptible sleeps, in SINGLE_BOUNDARY.  T1 sleeps interruptibly
 * afterwards if in_kernel, else it goes to user mode as T2 does.
 */
static void
stop_singler(bool in_kernel)
{
	static void (*const others[])(void *) = { gated, gated };
	static void *const args[] = { &gates[0], &gates[1] };
	struct thread *t0, *t1, *t2;
	struct proc *p;
	u_long mark;

	if (in_kernel) {
		gates[0].then = sleep_on;
		gates[0].arg = &never;
	}
	p = sim_proc_threads("p", rforker,
	    in_kernel ? &never : NULL, 2, others, args);
	t0 = sim_thread(p, 0);
	t1 = sim_thread(p, 1);
	t2 = sim_thread(p, 2);
	gate_reached(&gates[0]);
	gate_reached(&gates[1]);
	start = 1;
	sim_wait(p->p_singlethread == t0 && is_suspended(t0));
	CHECK_STATE(p, 3, 1, 0, 0, F_SS | F_SB | F_HAD);

	/* A stop: the flag, no more. */
	mark = sim_mark();
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_STATE(p, 3, 1, 0, 0, F_SS | F_SB | F_SIG | F_HAD);
	CHECK_EQ(sim_stop_reports(p), 0);

	/* T1 suspends where it is, T2 at the boundary; T0 stays. */
	gate_open(&gates[0]);
	sim_wait(is_suspended(t1));
	sim_rest();
	CHECK_EQ(is_at_boundary(t1), !in_kernel);
	CHECK_EQ(sim_stop_reports(p), 0);
	gate_open(&gates[1]);
	sim_wait(is_at_boundary(t2));
	sim_rest();
	CHECK_STATE(p, 3, 3, in_kernel ? 1 : 2, 0,
	    F_SS | F_SB | F_SIG | F_HAD);
	CHECK(p->p_singlethread == t0 && is_suspended(t0));
	CHECK_EQ(sim_stop_reports(p), 1);
	CHECK_COUNT(resumed(mark, NULL, t0), 0);
	CHECK_EQ(alone_calls, 0);

	/* SIGCONT resumes T0, and T0 alone. */
	mark = continued = sim_mark();
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	CHECK_EQ(sim_cont_reports(p), 1);
	CHECK_COUNT(did_to(mark, curthread, "setrunnable", t0), 1);
	CHECK_COUNT(did_to(mark, curthread, "setrunnable", t1), 0);
	CHECK_COUNT(did_to(mark, curthread, "setrunnable", t2), 0);
	CHECK_EQ(sim_join(p), W_EXITCODE(3, 0));
	CHECK_EQ(alone_calls, 1);
}

SCENARIO(S57, "SIGSTOP and SIGCONT while a thread waits to be alone",
    "a singler that runs in a stopped process; a process that never "
    "continues; a SIGCONT that wakes everybody")
{

	stop_singler(true);
}

SCENARIO(S57_boundary, "SIGCONT completes a single-threading request",
    "a singler that is not resumed, or more than once; a SIGCONT that wakes "
    "everybody")
{

	stop_singler(false);
}

/* T0 finds the stop when it begins. */
static int
single_stopped(void *arg __unused)
{
	struct thread *td = curthread, *other;
	struct proc *p = td->td_proc;
	u_long mark;

	other = sim_thread(p, 1);
	PROC_LOCK(p);
	p->p_flag |= P_STOPPED_SIG;
	mark = sim_mark();
	thread_lock(other);
	ast_sched_locked(other, TDA_SUSPEND);
	thread_unlock(other);
	CHECK_EQ(thread_single(p, SINGLE_BOUNDARY), 0);
	/* It had nothing to tell the others, and waited once. */
	CHECK_COUNT(did_to(mark, td, "ast_sched_locked", other), 1);
	CHECK_COUNT(did_to(mark, td, "setrunnable", other), 0);
	CHECK_COUNT(waits(mark, td), 1);
	CHECK_COUNT(resumed(mark, NULL, td), 1);
	check_alone(p, 2);
	thread_single_end(p, SINGLE_BOUNDARY);
	PROC_UNLOCK(p);
	alone_calls++;
	return (0);
}

static void
begins_stopped(void *arg __unused)
{

	u_spin_until(&start);
	CHECK_EQ(u_syscall(single_stopped, NULL), 0);
}

SCENARIO(S57_loop, "A singler in a stopped process suspends at once",
    "threads that are woken in a stopped process")
{
	static void (*const others[])(void *) = { pauser };
	struct proc *p;

	p = sim_proc_threads("p", begins_stopped, NULL, 1, others, NULL);
	start = 1;
	sim_wait(p->p_suspcount == 2);
	sim_rest();
	CHECK(is_suspended(sim_thread(p, 0)));
	CHECK(is_at_boundary(sim_thread(p, 1)));
	CHECK_STATE(p, 2, 2, 1, 0, F_SS | F_SB | F_SIG | F_HAD);
	CHECK_EQ(sim_stop_reports(p), 1);
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	CHECK_EQ(sim_cont_reports(p), 1);
	CHECK_EQ(sim_join(p), 0);
	CHECK_EQ(alone_calls, 1);
}

/* Stays alone until the stop and its end are over. */
static void
wait_alone(void *arg __unused)
{

	gate_wait(&gates[0]);
	alone_calls++;
}

static void
rforker_waits(void *arg __unused)
{

	u_set_alone_hook(wait_alone, NULL);
	CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	CHECK_EQ(alone_calls, 1);
	u_exit(3);
}

SCENARIO(S57_race, "SIGSTOP and SIGCONT at any moment of single-threading",
    "a process that hangs; counts that do not come back to 0")
{
	static void (*const others[])(void *) = { pauser, reader, spinner };
	static void *const args[] = { NULL, &bytes, NULL };
	struct proc *p;
	int i;

	p = sim_proc_threads("p", rforker_waits, NULL, 3, others, args);
	for (i = 0; i < 2; i++) {
		sim_yield();
		CHECK_EQ(k_kill(p, SIGSTOP), 0);
		sim_yield();
		CHECK_EQ(k_kill(p, SIGCONT), 0);
	}
	gate_reached(&gates[0]);
	CHECK_STATE(p, 4, 3, 3, 0, F_SS | F_SB | F_HAD);
	gate_open(&gates[0]);
	CHECK_EQ(sim_join(p), W_EXITCODE(3, 0));
}

/* ---- S58: job control --------------------------------------------------- */

static volatile int rounds_done;

static void
child(void *arg __unused)
{

	u_exit(64);
}

static void
forker(void *arg __unused)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 3; i++) {
		pid = u_fork(child, NULL);
		CHECK(pid > 0);
		CHECK_EQ(u_wait4(pid, &status, 0), pid);
		CHECK_EQ(status, W_EXITCODE(64, 0));
	}
	rounds_done = 1;
	u_pause();
}

SCENARIO(S58, "Stops and continues at random around fork and exit",
    "a child whose status is that of a stop; a stop that is reported twice or "
    "not at all")
{
	static void (*const others[])(void *) = { pauser, reader };
	static void *const args[] = { NULL, &bytes };
	struct proc *p;
	int i;

	p = sim_proc_threads("p", forker, NULL, 2, others, args);
	for (i = 1; i <= 4; i++) {
		sim_yield();
		CHECK_EQ(k_kill(p, SIGSTOP), 0);
		CHECK_EQ(k_wait_stopped(p), 0);
		CHECK_EQ(sim_stop_reports(p), i);
		CHECK_EQ(p->p_suspcount, 3);
		CHECK((p->p_flag & F_SIG) != 0);
		CHECK_EQ(k_kill(p, SIGCONT), 0);
		CHECK_EQ(sim_cont_reports(p), i);
	}
	sim_wait(rounds_done);
	sim_rest();
	CHECK_END_STATE(p, 3, 1);
	CHECK_EQ(sim_stop_reports(p), 4);
	CHECK_EQ(k_kill(p, SIGKILL), 0);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
}

static void
four(void *arg __unused)
{
	int i, status;
	pid_t pid;

	u_spin((int)(intptr_t)arg);
	for (i = 0; i < 2; i++) {
		pid = u_fork(child, NULL);
		CHECK(pid > 0);
		CHECK_EQ(u_wait4(pid, &status, 0), pid);
		CHECK_EQ(status, W_EXITCODE(64, 0));
	}
	u_exit(64);
}

SCENARIO(S58_four, "Four processes are stopped and continued while they fork",
    "a wrong exit status; a process that is left stopped")
{
	struct proc *p[4];
	int i, j;

	for (i = 0; i < 4; i++)
		p[i] = sim_proc("p", four, (void *)(intptr_t)i);
	for (j = 0; j < 2; j++) {
		for (i = 0; i < 4; i++)
			k_kill(p[i], SIGSTOP);
		sim_yield();
		for (i = 0; i < 4; i++)
			k_kill(p[i], SIGCONT);
	}
	for (i = 0; i < 4; i++)
		CHECK_EQ(sim_join(p[i]), W_EXITCODE(64, 0));
}

SCENARIO(S58_asleep, "Threads that a stop finds asleep go back to sleep",
    "a sleep that a stop interrupts; a sleeper that runs after SIGCONT")
{
	static void (*const others[])(void *) = { reader, reader, pauser };
	static void *const args[] = { &bytes, &bytes, NULL };
	struct thread *td;
	const void *wchan;
	struct proc *p;
	u_long mark;
	int i;

	p = sim_proc_threads("p", pauser, NULL, 3, others, args);
	sim_wait(bytes.readers == 2 && is_asleep(sim_thread(p, 1)) &&
	    is_asleep(sim_thread(p, 2)));
	wchan = sim_thread(p, 1)->td_wchan;
	mark = sim_mark();
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_rest();
	for (i = 1; i <= 2; i++) {
		td = sim_thread(p, i);
		CHECK_EQ(td->td_inhibitors, TDI_SLEEPING | TDI_SUSPENDED);
		CHECK(td->td_wchan == wchan);
		CHECK((td->td_flags & TDF_BOUNDARY) == 0);
	}
	CHECK_EQ(p->p_boundary_count, 1);
	CHECK(is_at_boundary(sim_thread(p, 3)));
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	CHECK_STATE(p, 4, 0, 0, 0, F_HAD);
	for (i = 1; i <= 2; i++) {
		td = sim_thread(p, i);
		CHECK(is_asleep(td) && td->td_wchan == wchan);
		CHECK_COUNT(did_to(mark, NULL, "sched_add", td), 0);
		CHECK_COUNT(aborted(mark, NULL, td, 0), 0);
	}
	CHECK((sim_thread(p, 3)->td_flags & TDF_BOUNDARY) == 0);
	sim_rest();
	CHECK_EQ(bytes.readers, 2);

	/* Woken while they are suspended they run after SIGCONT. */
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_pipe_write(&bytes);
	sim_pipe_write(&bytes);
	sim_rest();
	CHECK_EQ(bytes.bytes, 2);
	CHECK(is_suspended(sim_thread(p, 1)));
	CHECK(is_suspended(sim_thread(p, 2)));
	CHECK_EQ(p->p_suspcount, 4);
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	sim_wait(bytes.bytes == 0);
	sim_rest();
	CHECK_END_STATE(p, 4, 1);
	CHECK_EQ(sim_restarts(sim_thread(p, 1)), 0);
	CHECK_EQ(sim_stop_reports(p), 2);
}

/* ---- S62: vfork --------------------------------------------------------- */

static volatile int child_go;

static void
vfork_child(void *arg __unused)
{

	u_pause_until(&child_go);
	u_exit(0);
}

static void
vforker(void *arg __unused)
{
	int status;
	pid_t pid;

	pid = u_vfork(vfork_child, NULL);
	CHECK(pid > 0);
	CHECK_EQ(child_go, 1);
	CHECK_EQ(u_wait4(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	u_exit(5);
}

SCENARIO(S62, "A parent in vfork is stopped",
    "a stop that waits for a child that may never exec; a parent that returns "
    "before its child has")
{
	struct proc *p, *c;
	struct thread *td;
	int began;

	p = sim_proc("p", vforker, NULL);
	td = sim_thread(p, 0);
	sim_wait(sim_find(p->p_pid + 1) != NULL && TD_IS_SLEEPING(td));
	c = sim_find(p->p_pid + 1);
	CHECK((c->p_flag & P_PPWAIT) != 0);
	began = ticks;
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_wait(is_at_boundary(td));
	CHECK(sim_is_smp() || td->td_slptick - began <= hz + 2);
	CHECK_STATE(p, 1, 1, 1, 0, F_SIG);
	CHECK_EQ(sim_stop_reports(p), 1);
	CHECK(!mtx_owned(&c->p_mtx));

	/* It goes on waiting, also when it is continued before the child. */
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	sim_wait(TD_IS_SLEEPING(td));
	CHECK_END_STATE(p, 1, 0);
	CHECK((c->p_flag & P_PPWAIT) != 0);
	child_go = 1;
	CHECK_EQ(sim_join(p), W_EXITCODE(5, 0));
}

static volatile int execed;		/* when */

static void
new_image(void *arg __unused)
{

	CHECK_STATE(curproc, 1, 0, 0, 0, 0);
	execed = ticks;
	u_exit(7);
}

static void
execer(void *arg __unused)
{

	u_pause_until(&start);
	u_execve(true, new_image, NULL);
}

static volatile pid_t vforked;

static int
note_child(void *arg __unused)
{

	vforked = curproc->p_pid;
	return (0);
}

static void
noted_child(void *arg)
{

	CHECK_EQ(u_syscall(note_child, NULL), 0);
	vfork_child(arg);
}

static void
vforker_dies(void *arg __unused)
{

	u_vfork(noted_child, NULL);
	CHECK(!"a thread of the old image");
}

SCENARIO(S62_exec, "A parent in vfork dies for a sibling's exec",
    "an exec that hangs because of another thread's vfork")
{
	static void (*const others[])(void *) = { vforker_dies };
	struct proc *p, *c;
	int began;

	p = sim_proc_threads("p", execer, NULL, 1, others, NULL);
	sim_wait(vforked != 0 && TD_IS_SLEEPING(sim_thread(p, 1)));
	c = sim_find(vforked);
	/* The child is stopped, and cannot be waited for. */
	PROC_LOCK(c);
	c->p_flag &= ~P_PPWAIT;
	PROC_UNLOCK(c);
	CHECK_EQ(k_kill(c, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(c), 0);
	PROC_LOCK(c);
	c->p_flag |= P_PPWAIT;
	PROC_UNLOCK(c);
	began = ticks;
	start = 1;
	CHECK_EQ(sim_join(p), W_EXITCODE(7, 0));
	CHECK(sim_is_smp() || execed - began <= hz + 5);
	CHECK_STATE(c, 1, 1, c->p_boundary_count, 0, F_SIG);
	CHECK_EQ(k_kill(c, SIGKILL), 0);
	CHECK_EQ(sim_join(c), W_EXITCODE(0, SIGKILL));
}
