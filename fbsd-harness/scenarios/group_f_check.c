/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group F, S54 to S56: what thread_suspend_check() makes of the flags of a
 * process and a thread.
 */
#include "single.h"

/*
 * Flags that a thread finds when it calls thread_suspend_check() in kernel
 * mode, and what comes of it.  The process has a second thread, in user mode,
 * which stands for the singler.
 */
struct attempt {
	int	p_flags;
	int	dbg;			/* td_dbgflags */
	int	defer;			/* of td_flags */
	bool	self;			/* the caller is the singler */
	int	result[2];		/* with return_instead 0 and 1 */
};

/* Results besides errnos. */
#define	STOPS	(-100)			/* suspends; 0 once it is resumed */
#define	ASSERTS	(-101)			/* an assertion of INVARIANTS */

#define	DEFER	(TDF_SBDRY | TDF_SEINTR | TDF_SERESTART)
#define	STATE	(SIM_STATE_FLAGS & ~F_HAD)

static struct thread *caller, *other;
static const struct attempt *attempts;
static int n_attempts;
/* The attempt that the caller makes now, and with which argument. */
static volatile int now = -1, instead, start;

static void
set_defer(struct thread *td, int flags)
{

	thread_lock(td);
	td->td_flags = (td->td_flags & ~DEFER) | flags;
	thread_unlock(td);
}

/* What thread_suspend_check() has to leave as it was. */
static void
check_locks(struct proc *p)
{

	CHECK(mtx_owned(&p->p_mtx));
	CHECK(!mtx_owned(&p->p_slock));
	CHECK_EQ(curthread->td_critnest, 0);
}

/* The call: in a copy of the machine if it has to fail an assertion. */
static int
call_check(const struct attempt *a)
{
	int result;

	result = a->result[instead];
	if (result == ASSERTS && sim_invariants) {
		if ((a->defer & TDF_SEINTR) != 0 &&
		    (a->defer & TDF_SERESTART) != 0 && instead)
			EXPECT_PANIC("both TDF_SEINTR and TDF_SERESTART") {
				thread_suspend_check(instead);
			}
		else
			EXPECT_PANIC("TDF_SBDRY set for unsafe "
			    "thread_suspend_check") {
				thread_suspend_check(instead);
			}
		return (result);
	}
	if (result == ASSERTS)
		return (thread_suspend_check(instead) ==
		    (TD_SBDRY_INTR(curthread) ? TD_SBDRY_ERRNO(curthread) : 0) ?
		    ASSERTS : -1);
	return (thread_suspend_check(instead));
}

/* System call: makes the attempt whose number is in now. */
static int
attempt(void *arg __unused)
{
	const struct attempt *a = &attempts[now];
	struct thread *td = curthread;
	struct proc *p = td->td_proc;
	long volunteered, forced;
	u_long mark;
	int result, stops;

	stops = a->result[instead] == STOPS ? 1 : 0;
	PROC_LOCK(p);
	CHECK((p->p_flag & STATE) == 0);
	p->p_flag |= a->p_flags;
	if ((a->p_flags & F_SS) != 0)
		p->p_singlethread = a->self ? td : other;
	td->td_dbgflags |= a->dbg;
	set_defer(td, a->defer);
	thread_lock(td);
	ast_sched_locked(td, TDA_SUSPEND);
	thread_unlock(td);
	volunteered = td->td_ru.ru_nvcsw;
	forced = td->td_ru.ru_nivcsw;
	mark = sim_mark();

	result = call_check(a);

	check_locks(p);
	CHECK_EQ(result, stops ? 0 : a->result[instead]);
	/* A suspension is an involuntary switch; ctl has reset the flags. */
	CHECK_COUNT(suspensions(mark, td), stops);
	CHECK_COUNT(waits(mark, td), 0);
	CHECK_COUNT(td->td_ru.ru_nivcsw >= forced + stops, 1);
	CHECK_COUNT(sim_count_by(mark, td, "thread_stopped", p), stops);
	if (!stops) {
		CHECK_STATE(p, 2, 0, 0, 0, (a->p_flags & STATE) | F_HAD);
		CHECK(td_ast_pending(td, TDA_SUSPEND));
		CHECK_EQ(td->td_ru.ru_nvcsw, volunteered);
	}
	CHECK_STATE(p, 2, 0, 0, 0, (p->p_flag & STATE) | F_HAD);
	CHECK((td->td_flags & TDF_BOUNDARY) == 0);
	set_defer(td, 0);
	td->td_dbgflags &= ~a->dbg;
	p->p_flag &= ~(STATE | P_TRACED);
	p->p_singlethread = NULL;
	PROC_UNLOCK(p);
	return (0);
}

static void
make_attempts(void *arg __unused)
{
	int i;

	u_spin_until(&start);
	for (i = 0; i < 2 * n_attempts; i++) {
		instead = i & 1;
		now = i / 2;
		CHECK_EQ(u_syscall(attempt, NULL), 0);
	}
}

/* From ctl: resumes everybody, all reasons to stop being gone. */
static void
resume_all(struct proc *p)
{

	p->p_flag &= ~(STATE | P_TRACED);
	p->p_singlethread = NULL;
	PROC_SLOCK(p);
	thread_unsuspend(p);
	PROC_SUNLOCK(p);
}

/* From ctl: checks the caller's suspension in an attempt, and ends it. */
static void
check_stop(struct proc *p, const struct attempt *a, int bnd)
{

	PROC_LOCK(p);
	PROC_SLOCK(p);
	CHECK_STATE(p, 2, 1, bnd, 0, (a->p_flags & STATE) | F_HAD);
	CHECK_EQ((caller->td_flags & TDF_BOUNDARY) != 0, bnd != 0);
	CHECK((caller->td_flags & TDF_CANSWAP) != 0);
	CHECK(!td_ast_pending(caller, TDA_SUSPEND));
	CHECK(!TD_IS_SUSPENDED(other));
	PROC_SUNLOCK(p);
	resume_all(p);
	CHECK_STATE(p, 2, 0, 0, 0, F_HAD);
	PROC_UNLOCK(p);
}

static void
run_attempts(const struct attempt *list, int n)
{
	static void (*const others[])(void *) = { pauser };
	const struct attempt *a;
	struct proc *p;
	int i;

	attempts = list;
	n_attempts = n;
	p = sim_proc_threads("p", make_attempts, NULL, 1, others, NULL);
	caller = sim_thread(p, 0);
	other = sim_thread(p, 1);
	start = 1;
	for (i = 0; i < 2 * n; i++) {
		a = &list[i / 2];
		if (a->result[i & 1] != STOPS)
			continue;
		sim_wait(now == i / 2 && instead == (i & 1) &&
		    is_suspended(caller));
		check_stop(p, a, (i & 1) == 0);
	}
	CHECK_EQ(sim_join(p), 0);
}

/* ---- S54: not the singler ----------------------------------------------- */

SCENARIO(S54, "What a thread does that finds a stop or a single-threader",
    "a sleep that goes on where it has to end; an EINTR that a program sees; "
    "a thread that stops with resources held")
{
	static const struct attempt list[] = {
		{ .result = { 0, 0 } },
		{ F_SS | F_SB,	.result = { STOPS, ERESTART } },
		{ F_SS,		.result = { STOPS, STOPS } },
		{ F_SIG,	.result = { STOPS, STOPS } },
		{ F_TRC,	.result = { STOPS, STOPS } },
		{ F_SIG | F_TRC, .result = { STOPS, STOPS } },
		{ F_SS | F_SIG,	.result = { STOPS, STOPS } },
		{ F_SS | F_SIG | F_SB, .result = { STOPS, STOPS } },
		{ F_SS | F_TRC | F_SB, .result = { STOPS, STOPS } },
		{ F_SS | F_TOT,	.result = { STOPS, STOPS } },
		/* A debugger's wish counts while there is a debugger. */
		{ P_TRACED, TDB_SUSPEND, .result = { STOPS, STOPS } },
		{ 0, TDB_SUSPEND, .result = { 0, 0 } },
		{ P_TRACED, .result = { 0, 0 } },
		{ F_SIG | P_TRACED, TDB_SUSPEND, .result = { STOPS, STOPS } },
	};

	run_attempts(list, nitems(list));
}

SCENARIO(S54_defer, "Deferred stops",
    "a stop in a section that must not stop; an exec or exit that waits for "
    "such a section; the wrong errno")
{
	static const struct attempt list[] = {
		/* Nothing to defer. */
		{ 0, 0, TDF_SBDRY, .result = { 0, 0 } },
		{ 0, 0, TDF_SBDRY | TDF_SEINTR, .result = { 0, 0 } },
		{ P_TRACED, 0, TDF_SBDRY, .result = { 0, 0 } },
		/* Stops in silence. */
		{ F_SS, 0, TDF_SBDRY, .result = { ASSERTS, 0 } },
		{ F_SIG, 0, TDF_SBDRY, .result = { ASSERTS, 0 } },
		{ F_TRC, 0, TDF_SBDRY, .result = { ASSERTS, 0 } },
		{ F_SS | F_SIG | F_SB, 0, TDF_SBDRY,
		    .result = { ASSERTS, 0 } },
		{ P_TRACED, TDB_SUSPEND, TDF_SBDRY,
		    .result = { ASSERTS, 0 } },
		/* Single-threading does not care. */
		{ F_SS | F_SB, 0, TDF_SBDRY, .result = { ASSERTS, ERESTART } },
		{ F_SS | F_SB, 0, TDF_SBDRY | TDF_SEINTR,
		    .result = { ASSERTS, ERESTART } },
		{ F_SS | F_SX, 0, TDF_SBDRY, .result = { ASSERTS, EINTR } },
		{ F_SS | F_SX, 0, TDF_SBDRY | TDF_SERESTART,
		    .result = { ASSERTS, EINTR } },
		/* Stops are errors. */
		{ F_SIG, 0, TDF_SBDRY | TDF_SEINTR,
		    .result = { ASSERTS, EINTR } },
		{ F_SIG, 0, TDF_SBDRY | TDF_SERESTART,
		    .result = { ASSERTS, ERESTART } },
		{ F_SS, 0, TDF_SBDRY | TDF_SEINTR,
		    .result = { ASSERTS, EINTR } },
		{ F_SS, 0, TDF_SBDRY | TDF_SERESTART,
		    .result = { ASSERTS, ERESTART } },
		{ F_SS | F_SIG | F_SB, 0, TDF_SBDRY | TDF_SEINTR,
		    .result = { ASSERTS, EINTR } },
		{ P_TRACED, TDB_SUSPEND, TDF_SBDRY | TDF_SEINTR,
		    .result = { ASSERTS, EINTR } },
		{ P_TRACED, TDB_SUSPEND, TDF_SBDRY | TDF_SERESTART,
		    .result = { ASSERTS, ERESTART } },
		/* Not both. */
		{ F_SIG, 0, TDF_SBDRY | TDF_SEINTR | TDF_SERESTART,
		    .result = { ASSERTS, ASSERTS } },
	};

	run_attempts(list, nitems(list));
}

/* With SX a thread that may not return dies; see S60 for how. */
static int
instead_of_dying(void *arg)
{
	struct proc *p = curproc;
	int flags = (int)(intptr_t)arg;

	PROC_LOCK(p);
	p->p_flag |= flags;
	p->p_singlethread = other;
	CHECK_EQ(thread_suspend_check(1), EINTR);
	check_locks(p);
	CHECK_STATE(p, 2, 0, 0, 0, flags | F_HAD);
	thread_suspend_check(0);
	CHECK(!"a thread that should be dead");
	return (0);
}

static void
dies(void *arg)
{

	u_spin_until((volatile int *)&now);
	u_syscall(instead_of_dying, arg);
}

static void
check_dies(int flags)
{
	static void (*const others[])(void *) = { pauser };
	struct proc *p;
	u_long mark;

	now = 0;
	mark = sim_mark();
	p = sim_proc_threads("p", dies, (void *)(intptr_t)flags, 1, others,
	    NULL);
	caller = sim_thread(p, 0);
	other = sim_thread(p, 1);
	now = 1;
	sim_wait(p->p_numthreads == 1 && p->p_exitthreads == 0);
	CHECK_COUNT(sim_count_since(mark, "sched_throw", caller), 1);
	PROC_LOCK(p);
	CHECK_STATE(p, 1, 0, 0, 0, flags | F_HAD);
	p->p_flag &= ~STATE;
	p->p_singlethread = NULL;
	PROC_UNLOCK(p);
	CHECK_EQ(k_kill(p, SIGKILL), 0);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
}

SCENARIO(S54_exit, "A thread in the way of an exit returns EINTR, or dies",
    "a thread that survives its process, or dies with resources held")
{

	check_dies(F_SS | F_SX);
	check_dies(F_SS | F_SX | F_SIG);
}

/* ---- After a resumption ------------------------------------------------- */

static int
check_again(void *arg)
{
	struct proc *p = curproc;
	int result;

	PROC_LOCK(p);
	p->p_flag |= F_SIG;
	result = thread_suspend_check(1);
	check_locks(p);
	p->p_flag &= ~STATE;
	p->p_singlethread = NULL;
	PROC_UNLOCK(p);
	CHECK_EQ(result, (int)(intptr_t)arg);
	now = 1;
	return (0);
}

static void
again(void *arg)
{

	CHECK_EQ(u_syscall(check_again, arg), 0);
}

/*
 * Resumes the caller twice without a reason, as a debugger that wants a core
 * dump does, then sets the flags to these, which come to that result.
 */
static void
check_loop(int flags, int result)
{
	static void (*const others[])(void *) = { pauser };
	struct proc *p;
	u_long mark;
	int i;

	now = 0;
	mark = sim_mark();
	p = sim_proc_threads("p", again, (void *)(intptr_t)result, 1, others,
	    NULL);
	caller = sim_thread(p, 0);
	other = sim_thread(p, 1);
	for (i = 1; i <= 2; i++) {
		sim_wait(is_suspended(caller));
		PROC_LOCK(p);
		CHECK_STATE(p, 2, 1, 0, 0, F_SIG | F_HAD);
		thread_run_flash(caller);
		CHECK_STATE(p, 2, 0, 0, 0, F_SIG | F_HAD);
		PROC_UNLOCK(p);
		sim_wait(is_suspended(caller) && (sim_is_smp() ||
		    suspensions(mark, caller) == i + 1));
		CHECK_EQ(now, 0);
		CHECK_COUNT(sim_count_by(mark, caller, "thread_stopped", p),
		    i + 1);
	}
	PROC_LOCK(p);
	p->p_flag = (p->p_flag & ~F_SIG) | flags;
	if ((flags & F_SS) != 0)
		p->p_singlethread = other;
	thread_run_flash(caller);
	PROC_UNLOCK(p);
	CHECK_EQ(sim_join(p), 0);
	CHECK_EQ(now, 1);
}

SCENARIO(S54_loop, "A thread that is resumed looks again",
    "a thread that goes on although there is a reason to stop")
{

	check_loop(0, 0);
	check_loop(F_SS | F_SB, ERESTART);
	check_loop(F_SS | F_SX, EINTR);
}

/* ---- With real callers -------------------------------------------------- */

static struct sim_pipe bytes;
static struct gate kernel_gate;
static volatile int alone_calls;

/* The calls of a thread that is about to sleep again. */
static int
sleep_interruptibly(void *arg __unused)
{

	return (sim_sleep(&kernel_gate.chan, true, 0));
}

static void (*const siblings[])(void *) = { spinner, reader, gated };
static void *const sibling_args[] = { NULL, &bytes, &kernel_gate };

static void
hook_alone(void *arg __unused)
{

	check_alone(curproc, 4);
	alone_calls++;
}

static void
boundary(void *arg __unused)
{

	u_set_alone_hook(hook_alone, NULL);
	u_pause_until(&start);
	CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	CHECK_EQ(alone_calls, 1);
	u_exit(3);
}

SCENARIO(S54_boundary, "SINGLE_BOUNDARY with real callers of the check",
    "an EINTR that a program sees because another thread forked")
{
	struct proc *p;

	kernel_gate.then = sleep_interruptibly;
	p = sim_proc_threads("p", boundary, NULL, nitems(siblings), siblings,
	    sibling_args);
	gate_reached(&kernel_gate);
	start = 1;
	sim_wait((p->p_flag & F_SB) != 0);
	/* Nothing shortens a sleep that is not interruptible. */
	CHECK_EQ(alone_calls, 0);
	gate_open(&kernel_gate);
	CHECK_EQ(sim_join(p), W_EXITCODE(3, 0));
	CHECK_EQ(alone_calls, 1);
}

SCENARIO(S54_stop, "SIGSTOP with real callers of the check",
    "a stopped thread that counts as one at the boundary, or the reverse")
{
	static void (*const others[])(void *) = { reader, gated, pauser };
	static void *const args[] = { &bytes, &kernel_gate, NULL };
	struct proc *p;

	kernel_gate.then = sleep_interruptibly;
	p = sim_proc_threads("p", pauser, NULL, nitems(others), others, args);
	gate_reached(&kernel_gate);
	sim_wait(bytes.readers == 1 && is_asleep(sim_thread(p, 1)));
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	sim_wait(p->p_suspcount == 3);
	CHECK_EQ(sim_stop_reports(p), 0);
	gate_open(&kernel_gate);
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_rest();

	/*
	 * The one that took the signal; one asleep, one on the way to a sleep;
	 * one from user mode.
	 */
	CHECK_STATE(p, 4, 4, 1, 0, F_SIG | F_HAD);
	CHECK(is_suspended(sim_thread(p, 0)));
	CHECK(!is_at_boundary(sim_thread(p, 0)));
	CHECK(is_at_boundary(sim_thread(p, 3)));
	CHECK_EQ(sim_thread(p, 1)->td_inhibitors,
	    TDI_SLEEPING | TDI_SUSPENDED);
	CHECK(is_suspended(sim_thread(p, 2)));
	CHECK(!is_at_boundary(sim_thread(p, 2)));
	CHECK_EQ(sim_stop_reports(p), 1);
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	CHECK_EQ(sim_cont_reports(p), 1);
	sim_wait(p->p_suspcount == 0 && is_asleep(sim_thread(p, 2)));
	CHECK_END_STATE(p, 4, 1);
	CHECK(is_asleep(sim_thread(p, 1)));
}

static void
crash(void *arg __unused)
{

	u_spin(2);
	u_crash();
}

SCENARIO(S54_core, "SINGLE_NO_EXIT with real callers of the check",
    "a core dump of a process that runs")
{
	static void (*const others[])(void *) = { spinner, reader };
	static void *const args[] = { NULL, &bytes };
	struct proc *p;

	p = sim_proc_threads("p", crash, NULL, nitems(others), others, args);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGSEGV | WCOREFLAG));
}

/* ---- S55: the singler --------------------------------------------------- */

SCENARIO(S55, "A single-threader does not stop for itself",
    "an exec or exit that deadlocks with itself; a singler that a stop signal "
    "does not stop")
{
	static const struct attempt list[] = {
		{ F_SS, .self = true, .result = { 0, 0 } },
		{ F_SS | F_SX, .self = true, .result = { 0, 0 } },
		{ F_SS | F_SB, .self = true, .result = { 0, 0 } },
		{ F_SS | F_SX, 0, TDF_SBDRY, .self = true,
		    .result = { 0, 0 } },
		{ F_SS | P_TRACED, TDB_SUSPEND, .self = true,
		    .result = { 0, 0 } },
		/* With a stop as well it is like any other thread. */
		{ F_SS | F_SIG, .self = true, .result = { STOPS, STOPS } },
		{ F_SS | F_TRC, .self = true, .result = { STOPS, STOPS } },
		{ F_SS | F_SB | F_SIG, .self = true,
		    .result = { STOPS, STOPS } },
		{ F_SS | F_SX | F_SIG, .self = true,
		    .result = { STOPS, EINTR } },
		{ F_SS | F_SX | F_TRC, .self = true,
		    .result = { STOPS, EINTR } },
		{ F_SS | F_SIG, 0, TDF_SBDRY, .self = true,
		    .result = { ASSERTS, 0 } },
	};

	run_attempts(list, nitems(list));
}

/* The singler checks, sleeps and is told about its own request. */
static void
singler_sleeps(void *arg __unused)
{
	struct thread *td = curthread;
	struct proc *p = td->td_proc;

	check_alone(p, 4);
	PROC_LOCK(p);
	CHECK(thread_suspend_check_needed());
	CHECK_EQ(thread_suspend_check(0), 0);
	CHECK_EQ(thread_suspend_check(1), 0);
	thread_lock(td);
	ast_sched_locked(td, TDA_SUSPEND);
	thread_unlock(td);
	PROC_UNLOCK(p);
	CHECK_EQ(sim_sleep(&kernel_gate.chan, true, 3), EWOULDBLOCK);
	check_alone(p, 4);
	alone_calls++;
}

static void
single(void *arg __unused)
{

	u_set_alone_hook(singler_sleeps, NULL);
	CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	CHECK_EQ(u_execve(false, NULL, NULL), ENOEXEC);
	CHECK_EQ(alone_calls, 2);
}

SCENARIO(S55_alone, "A single-threader sleeps interruptibly",
    "an exec or exit that deadlocks with itself")
{
	static void (*const others[])(void *) = { spinner, reader, pauser };
	static void *const args[] = { NULL, &bytes, NULL };

	CHECK_EQ(sim_join(sim_proc_threads("p", single, NULL, nitems(others),
	    others, args)), 0);
}

/* ---- S56: SIGDEFERSTOP -------------------------------------------------- */

static struct sim_chan locks[2];	/* of a file; held by others */
static volatile int got[2], tried[2];
static int how;

/* Waits twice for a lock of a file, as over a network. */
static int
file_lock(void *arg)
{
	int i = (int)(intptr_t)arg, error;

	atomic_add_int((volatile u_int *)&tried[i], 1);
	error = sim_sleep(&locks[0], true, 0);
	if (error == 0)
		error = sim_sleep(&locks[1], true, 0);
	CHECK((curthread->td_flags & TDF_SBDRY) != 0);
	return (error);
}

static void
locker(void *arg)
{
	int i = (int)(intptr_t)arg;

	got[i] = 1 + u_deferstop(how, file_lock, arg);
	u_pause();
}

/* Two threads in the wait, one in user mode; a debugger attaches. */
static struct proc *
attach_lockers(int mode)
{
	static void (*const others[])(void *) = { locker, locker };
	static void *const args[] = { NULL, (void *)1 };
	struct proc *p;
	int began, i;

	how = mode;
	p = sim_proc_threads("p", spinner, NULL, 2, others, args);
	for (i = 1; i <= 2; i++)
		sim_wait(tried[i - 1] == 1 && is_asleep(sim_thread(p, i)));
	began = ticks;
	CHECK_EQ(k_ptrace_attach(p), 0);
	sim_wait(is_suspended(sim_thread(p, 0)));
	CHECK(sim_is_smp() ||
	    sim_thread(p, 0)->td_slptick - began < 3 * hz);
	return (p);
}

static void
detach_lockers(struct proc *p, int result)
{

	CHECK_EQ(k_ptrace_detach(p), 0);
	sim_wait(p->p_suspcount == 0 && got[0] != 0 && got[1] != 0);
	CHECK_EQ(got[0], 1 + result);
	CHECK_EQ(got[1], 1 + result);
	CHECK_EQ(k_kill(p, SIGKILL), 0);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
}

SCENARIO(S56, "A debugger attaches to a process in a wait that defers stops",
    "a stop with a lock of a file system held; a stop that is lost")
{
	struct proc *p;
	u_long mark;
	int i;

	mark = sim_mark();
	p = attach_lockers(SIGDEFERSTOP_SILENT);
	for (i = 1; i <= 2; i++) {
		CHECK(is_asleep(sim_thread(p, i)));
		CHECK_COUNT(aborted(mark, NULL, sim_thread(p, i), 0), 0);
	}
	CHECK_STATE(p, 3, 1, p->p_boundary_count, 0, F_SIG | F_TRC | F_HAD);
	CHECK_EQ(sim_trap_reports(p), 0);

	/* On to the second wait, past the check before the sleep. */
	sim_wakeup(&locks[0]);
	for (i = 1; i <= 2; i++)
		sim_wait(sim_thread(p, i)->td_wchan == &locks[1] &&
		    is_asleep(sim_thread(p, i)));
	CHECK_EQ(p->p_suspcount, 1);
	CHECK_EQ(sim_trap_reports(p), 0);

	/* Leaving the section they stop, and the process counts as stopped. */
	sim_wakeup(&locks[1]);
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_rest();
	CHECK_STATE(p, 3, 3, 2, 0, F_SIG | F_TRC | F_HAD);
	CHECK_EQ(sim_trap_reports(p), 1);
	CHECK_EQ(tried[0], 1);
	CHECK_EQ(tried[1], 1);
	detach_lockers(p, 0);
}

SCENARIO(S56_eintr, "A debugger ends a wait that turns stops into EINTR",
    "a stop with a lock of a file system held; the wrong errno")
{
	struct proc *p;

	p = attach_lockers(SIGDEFERSTOP_EINTR);
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_rest();
	CHECK_STATE(p, 3, 3, 2, 0, F_SIG | F_TRC | F_HAD);
	CHECK_EQ(sim_trap_reports(p), 1);
	detach_lockers(p, EINTR);
	CHECK_EQ(tried[0], 1);
	CHECK_EQ(tried[1], 1);
}

SCENARIO(S56_erestart, "A debugger ends a wait that turns stops into ERESTART",
    "a stop with a lock of a file system held; a call that is not restarted")
{
	struct proc *p;
	int i;

	p = attach_lockers(SIGDEFERSTOP_ERESTART);
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_rest();
	CHECK_STATE(p, 3, 3, 2, 0, F_SIG | F_TRC | F_HAD);
	CHECK_EQ(sim_trap_reports(p), 1);
	CHECK_EQ(k_ptrace_detach(p), 0);
	for (i = 1; i <= 2; i++) {
		sim_wait(tried[i - 1] == 2 && is_asleep(sim_thread(p, i)));
		CHECK_EQ(sim_restarts(sim_thread(p, i)), 1);
	}
	CHECK_EQ(k_kill(p, SIGKILL), 0);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
}
