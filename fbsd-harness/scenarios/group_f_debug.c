/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group F, S59, S60 and S65: debuggers that suspend a thread or want a core
 * dump of a stopped process, and threads that die because another one exits.
 */
#include "single.h"

static struct sim_pipe bytes;
static struct sim_chan wait_chan;
static struct thread *parked[2];
static volatile int start;

/* Ends a process that runs; it stops for its debugger once more. */
static void
kill_traced(struct proc *p)
{

	CHECK_EQ(k_kill(p, SIGKILL), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(k_ptrace_kill(p), 0);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
}

/* ---- S59: a debugger suspends one thread -------------------------------- */

SCENARIO(S59, "A debugger suspends one thread and continues the others",
    "a thread that runs although its debugger suspended it; one that stays "
    "suspended when the debugger is gone")
{
	static void (*const others[])(void *) = { pauser, pauser };
	struct proc *p;
	struct thread *t1;
	u_long mark;

	p = sim_proc_threads("p", pauser, NULL, 2, others, NULL);
	t1 = sim_thread(p, 1);
	CHECK_EQ(k_ptrace_suspend(p, t1), EBUSY);
	CHECK_EQ(k_ptrace_attach(p), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_rest();
	CHECK_EQ(p->p_suspcount, 3);

	/* All are resumed; T1 looks again, and stays. */
	CHECK_EQ(k_ptrace_suspend(p, t1), 0);
	CHECK((t1->td_dbgflags & TDB_SUSPEND) != 0);
	CHECK(td_ast_pending(t1, TDA_SUSPEND));
	mark = sim_mark();
	CHECK_EQ(k_ptrace_cont(p, 0), 0);
	CHECK_COUNT(resumed(mark, curthread, sim_thread(p, 0)), 1);
	CHECK_COUNT(resumed(mark, curthread, t1), 1);
	CHECK_COUNT(resumed(mark, curthread, sim_thread(p, 2)), 1);
	sim_rest();
	CHECK_STATE(p, 3, 1, 1, 0, F_HAD);
	CHECK(is_at_boundary(t1));
	CHECK_COUNT(suspensions(mark, t1), 1);
	CHECK_COUNT(sim_count_by(mark, t1, "thread_stopped", p), 1);
	CHECK_COUNT(suspensions(mark, sim_thread(p, 2)), 0);

	/* A stop and its end: the same again. */
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(p->p_suspcount, 3);
	CHECK_EQ(k_ptrace_cont(p, 0), 0);
	sim_rest();
	CHECK_STATE(p, 3, 1, 1, 0, F_HAD);
	CHECK(is_at_boundary(t1));

	/* PT_RESUME lets it go when the process continues. */
	CHECK_EQ(k_ptrace_resume(p, t1), EBUSY);
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(k_ptrace_resume(p, t1), 0);
	CHECK_EQ(k_ptrace_cont(p, 0), 0);
	sim_rest();
	CHECK_END_STATE(p, 3, 1);
	kill_traced(p);
}

SCENARIO(S59_detach, "A debugger detaches and leaves a thread suspended",
    "a thread that stays suspended when the debugger is gone")
{
	static void (*const others[])(void *) = { pauser, pauser };
	struct proc *p;

	p = sim_proc_threads("p", pauser, NULL, 2, others, NULL);
	CHECK_EQ(k_ptrace_attach(p), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(k_ptrace_suspend(p, sim_thread(p, 1)), 0);
	CHECK_EQ(k_ptrace_suspend(p, sim_thread(p, 2)), 0);
	CHECK_EQ(k_ptrace_cont(p, 0), 0);
	sim_rest();
	CHECK_STATE(p, 3, 2, 2, 0, F_HAD);
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(k_ptrace_detach(p), 0);
	sim_rest();
	CHECK_END_STATE(p, 3, 1);
	CHECK_EQ(k_kill(p, SIGKILL), 0);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
}

/* All combinations of what the question depends on. */
static int
ask_needed(void *arg __unused)
{
	static const int stops[] = { 0, F_SS, F_SIG, F_TRC, F_SS | F_SIG,
	    F_SS | F_SX, F_SS | F_SB, F_SS | F_TOT, F_SIG | F_TRC };
	struct thread *td = curthread;
	struct proc *p = td->td_proc;
	u_int i;
	int traced, suspend;

	if (sim_invariants)
		EXPECT_PANIC("not owned") {
			thread_suspend_check_needed();
		}
	PROC_LOCK(p);
	for (i = 0; i < nitems(stops); i++)
		for (traced = 0; traced <= 1; traced++)
			for (suspend = 0; suspend <= 1; suspend++) {
				p->p_flag |= stops[i] |
				    (traced ? P_TRACED : 0);
				td->td_dbgflags |= suspend ? TDB_SUSPEND : 0;
				CHECK_EQ(thread_suspend_check_needed(),
				    stops[i] != 0 || (traced && suspend));
				CHECK(mtx_owned(&p->p_mtx));
				p->p_flag &= ~(stops[i] | P_TRACED);
				td->td_dbgflags &= ~TDB_SUSPEND;
			}
	/* Flags that say how, not whether. */
	p->p_flag |= P_SINGLE_EXIT | P_SINGLE_BOUNDARY | P_TOTAL_STOP;
	CHECK(!thread_suspend_check_needed());
	p->p_flag &= ~(P_SINGLE_EXIT | P_SINGLE_BOUNDARY | P_TOTAL_STOP);
	td->td_dbgflags |= TDB_XSIG | TDB_SSWITCH;
	p->p_flag |= P_TRACED;
	CHECK(!thread_suspend_check_needed());
	td->td_dbgflags &= ~(TDB_XSIG | TDB_SSWITCH);
	p->p_flag &= ~P_TRACED;
	PROC_UNLOCK(p);
	return (0);
}

static void
asker(void *arg __unused)
{

	CHECK_EQ(u_syscall(ask_needed, NULL), 0);
}

SCENARIO(S59_needed, "Is there a reason to stop?",
    "a stop that is overlooked, or seen where there is none")
{

	CHECK_EQ(sim_join(sim_proc("p", asker, NULL)), 0);
}

/* ---- S60: death because of another thread's exit ------------------------ */

static void
exits(void *arg)
{

	if (arg != NULL)
		CHECK_EQ(u_abi_linux(), 0);
	u_spin_until(&start);
	u_exit(6);
}

static void
check_suicide(bool linux)
{
	static void (*const others[])(void *) = { pauser, reader };
	static void *const args[] = { NULL, &bytes };
	struct proc *p;
	struct thread *td;
	u_long mark;
	int i;

	p = sim_proc_threads("p", exits, linux ? &bytes : NULL, 2, others,
	    args);
	sim_wait(bytes.readers == 1 && is_asleep(sim_thread(p, 2)));
	sim_rest();
	parked[0] = sim_thread(p, 1);
	parked[1] = sim_thread(p, 2);
	mark = sim_mark();
	start = 1;
	CHECK_EQ(sim_join(p), W_EXITCODE(6, 0));
	CHECK_EQ(sim_detach_calls(), linux ? 2 : 0);
	for (i = 0; i < 2; i++) {
		td = parked[i];
		CHECK_ORDER(mark, td, linux ?
		    "mtx_lock mtx_unlock linux_thread_detach umtx_thread_exit "
		    "kern_thr_exit sched_throw" :
		    "mtx_lock mtx_unlock umtx_thread_exit kern_thr_exit "
		    "sched_throw");
		CHECK_COUNT(did_to(mark, td, "linux_thread_detach", td),
		    linux ? 1 : 0);
		CHECK_COUNT(did_to(mark, td, "umtx_thread_exit", td), 1);
		CHECK_COUNT(did_to(mark, td, "kern_thr_exit", td), 1);
		CHECK_COUNT(suspensions(mark, td), 0);
	}
}

SCENARIO(S60, "A thread that dies for an exit cleans its mutexes up first",
    "a mutex in user memory that a dead thread owns; a call that may sleep "
    "with spin locks held")
{

	check_suicide(false);
}

SCENARIO(S60_linux, "A Linux thread that dies for an exit clears its id first",
    "a joiner that waits for ever")
{

	check_suicide(true);
}

/* The process thinks that it has no other thread to exit. */
static int
die_as_last(void *arg __unused)
{
	struct proc *p = curproc;

	if (!sim_is_smp())
		EXPECT_PANIC("stopped thread did not exit") {
			PROC_LOCK(p);
			p->p_flag |= F_SS | F_SX;
			p->p_singlethread = sim_thread(p, 1);
			p->p_pendingexits = p->p_numthreads - 1;
			thread_suspend_check(0);
		}
	return (0);
}

static void
last(void *arg __unused)
{

	CHECK_EQ(u_syscall(die_as_last, NULL), 0);
}

SCENARIO(S60_panic, "A thread that has to die and cannot",
    "a thread that goes on in a process that exits")
{
	static void (*const others[])(void *) = { pauser };

	CHECK_EQ(sim_join(sim_proc_threads("p", last, NULL, 1, others, NULL)),
	    0);
}

static void
new_image(void *arg __unused)
{

	CHECK_STATE(curproc, 1, 0, 0, 0, 0);
	u_exit(7);
}

static void
execs(void *arg __unused)
{

	u_spin_until(&start);
	u_execve(true, new_image, NULL);
	CHECK(!"the old image");
}

SCENARIO(S60_events, "Threads that die for an exec stop for their debugger",
    "a debugger that does not hear of a thread's end; an exec that hangs")
{
	static void (*const others[])(void *) = { pauser, reader };
	static void *const args[] = { NULL, &bytes };
	struct proc *p;
	u_long traps;
	int i;

	p = sim_proc_threads("p", execs, NULL, 2, others, args);
	CHECK_EQ(k_ptrace_attach(p), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(k_ptrace_lwp_events(p, true), 0);
	traps = sim_trap_reports(p);
	start = 1;
	CHECK_EQ(k_ptrace_cont(p, 0), 0);
	for (i = 0; i < 2; i++) {
		CHECK_EQ(k_wait_stopped(p), 0);
		CHECK_EQ(sim_trap_reports(p), traps + i + 1);
		CHECK_EQ(p->p_numthreads, 3 - i);
		CHECK_EQ(p->p_suspcount, 3 - i);
		CHECK(p->p_xthread != NULL &&
		    p->p_xthread != sim_thread(p, 0));
		CHECK((p->p_xthread->td_dbgflags & TDB_EXIT) != 0);
		CHECK_EQ(k_ptrace_cont(p, 0), 0);
	}
	CHECK_EQ(sim_join(p), W_EXITCODE(7, 0));
}

/* ---- S65: a core dump of a stopped process ------------------------------ */

/* Suspended by hand; the process is parked. */
static void
suspend_parked(struct thread *td, int flags)
{
	struct proc *p = td->td_proc;

	PROC_LOCK(p);
	PROC_SLOCK(p);
	thread_lock(td);
	thread_suspend_one(td);
	td->td_flags |= flags;
	if ((flags & TDF_BOUNDARY) != 0)
		p->p_boundary_count++;
	thread_unlock(td);
	PROC_SUNLOCK(p);
	PROC_UNLOCK(p);
}

SCENARIO(S65, "thread_run_flash() resumes one thread of a stopped process",
    "a process that continues because of a core dump; counts that do not "
    "come back to 0")
{
	struct thread *td, *other;
	struct proc *p;
	u_long mark;
	int flags;

	p = sim_proc_parked("p", 2);
	td = sim_thread(p, 0);
	other = sim_thread(p, 1);
	suspend_parked(td, TDF_BOUNDARY);
	suspend_parked(other, 0);
	CHECK_STATE(p, 2, 2, 1, 0, F_HAD);
	PROC_LOCK(p);
	p->p_flag |= F_SIG | F_TRC;
	flags = p->p_flag;
	mark = sim_mark();
	thread_run_flash(td);
	CHECK(mtx_owned(&p->p_mtx));
	CHECK(!mtx_owned(&p->p_slock));
	CHECK_EQ(curthread->td_critnest, 0);
	CHECK_EQ(p->p_flag, flags);
	CHECK_STATE(p, 2, 1, 1, 0, F_SIG | F_TRC | F_HAD);
	CHECK((td->td_flags & TDF_BOUNDARY) != 0);
	CHECK_EQ(td->td_inhibitors, TDI_IWAIT);
	CHECK(TD_IS_SUSPENDED(other));
	CHECK_COUNT(did_to(mark, curthread, "setrunnable", td), 1);
	CHECK_COUNT(sim_count_by(mark, curthread, "setrunnable", NULL), 1);
	CHECK_COUNT(sim_count_by(mark, curthread, "sleepq_remove_nested",
	    NULL), 0);
	CHECK_COUNT(sim_count_by(mark, curthread, "kick_proc0", NULL), 0);
	/* The thread's lock comes first, against the order of all others. */
	CHECK_ORDER(mark, curthread, "thread_lock mtx_lock_spin setrunnable");

	/* Not suspended; and nobody is. */
	if (sim_invariants)
		EXPECT_PANIC("Thread not suspended") {
			thread_run_flash(td);
		}
	if (sim_invariants)
		EXPECT_PANIC("p->p_suspcount > 0") {
			p->p_suspcount = 0;
			thread_run_flash(other);
		}
	if (sim_invariants)
		EXPECT_PANIC("not owned") {
			PROC_UNLOCK(p);
			thread_run_flash(other);
		}

	/* One that is swapped out: the swapper is told. */
	thread_lock(other);
	other->td_inhibitors = TDI_SUSPENDED | TDI_SWAPPED;
	thread_unlock(other);
	mark = sim_mark();
	thread_run_flash(other);
	CHECK_EQ(other->td_inhibitors, TDI_SWAPPED);
	CHECK((other->td_flags & TDF_SWAPINREQ) != 0);
	CHECK_COUNT(sim_count_by(mark, curthread, "kick_proc0", NULL), 1);
	CHECK_ORDER(mark, curthread, "setrunnable kick_proc0");
	CHECK(mtx_owned(&p->p_mtx));
	CHECK_STATE(p, 2, 0, 1, 0, F_SIG | F_TRC | F_HAD);
	thread_lock(other);
	other->td_inhibitors = TDI_IWAIT;
	other->td_flags &= ~TDF_SWAPINREQ;
	thread_unlock(other);

	p->p_flag &= ~(F_SIG | F_TRC);
	p->p_boundary_count = 0;
	thread_lock(td);
	td->td_flags &= ~TDF_BOUNDARY;
	thread_unlock(td);
	PROC_UNLOCK(p);
	sim_unpark(p);
}

SCENARIO(S65_dump, "A core dump of a process that is stopped in user mode",
    "a process that continues because of a core dump")
{
	static void (*const others[])(void *) = { pauser, reader };
	static void *const args[] = { NULL, &bytes };
	struct thread *td, *td2;
	struct proc *p;
	u_long mark;
	int i;

	p = sim_proc_threads("p", pauser, NULL, 2, others, args);
	CHECK_EQ(k_ptrace_attach(p), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_rest();
	td = p->p_xthread;
	CHECK(td != NULL && (td->td_dbgflags & TDB_SSWITCH) != 0);
	for (i = 1; i <= 2; i++) {
		mark = sim_mark();
		CHECK_EQ(k_ptrace_coredump(p), 0);
		CHECK_EQ(sim_coredumps(p), i);
		sim_rest();
		CHECK_EQ(p->p_suspcount, 3);
		CHECK((p->p_flag & (F_SIG | F_TRC)) == (F_SIG | F_TRC));
		CHECK(is_suspended(td));
		/* It goes to sleep again as it did before. */
		CHECK_COUNT(waits(mark, td), 1);
		TAILQ_FOREACH(td2, &p->p_threads, td_plist)
			if (td2 != td)
				CHECK_COUNT(resumed(mark, NULL, td2), 0);
	}
	CHECK_EQ(k_ptrace_cont(p, 0), 0);
	sim_rest();
	CHECK_END_STATE(p, 3, 1);
	kill_traced(p);
}

/* Gets a signal on the way to a sleep: stops while it is on a sleep queue. */
static int
sleep_with_signal(void *arg __unused)
{

	CHECK_EQ(k_kill(curproc, SIGUSR1), 0);
	CHECK_EQ(sim_sleep(&wait_chan, true, 0), 0);
	return (0);
}

static void
stops_asleep(void *arg __unused)
{

	u_spin_until(&start);
	CHECK_EQ(u_syscall(sleep_with_signal, NULL), 0);
	u_pause();
}

SCENARIO(S65_queued, "A core dump by a thread that is on a sleep queue",
    "a thread without a sleep queue that has to sleep; one that is queued "
    "twice")
{
	static void (*const others[])(void *) = { pauser };
	struct thread *td;
	struct proc *p;
	u_long mark;

	p = sim_proc_threads("p", stops_asleep, NULL, 1, others, NULL);
	td = sim_thread(p, 0);
	CHECK_EQ(k_ptrace_attach(p), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(k_ptrace_cont(p, 0), 0);
	start = 1;
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_rest();
	CHECK(p->p_xthread == td);
	CHECK(td->td_wchan == &wait_chan);
	CHECK(td->td_sleepqueue == NULL);
	CHECK(is_suspended(td));
	mark = sim_mark();
	CHECK_EQ(k_ptrace_coredump(p), 0);
	CHECK_EQ(sim_coredumps(p), 1);
	sim_rest();
	CHECK(td->td_wchan == NULL);
	CHECK(td->td_sleepqueue != NULL);
	CHECK_COUNT(did_to(mark, curthread, "sleepq_remove_nested", td), 1);
	CHECK_COUNT(did_to(mark, curthread, "setrunnable", td), 1);
	CHECK_ORDER(mark, curthread,
	    "sleepq_remove_nested mtx_lock_spin setrunnable");
	CHECK_EQ(p->p_suspcount, 2);
	CHECK(is_suspended(td));

	/* The sleep is over as if it had been woken. */
	CHECK_EQ(k_ptrace_cont(p, 0), 0);
	sim_rest();
	CHECK_END_STATE(p, 2, 1);
	CHECK(td->td_wchan == NULL || td->td_wchan == &wait_chan);
	sim_wakeup(&wait_chan);
	sim_rest();
	kill_traced(p);
}
