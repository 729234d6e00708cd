/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group F, S61, S63 and S64: the AST for suspension, loops that look at it,
 * and the primitives that suspend and resume a thread.
 */
#include "threads.h"
#include "single.h"

static struct sim_pipe bytes;
static struct gate gate;
static volatile int start, conflict = 1;
static volatile int result;		/* of a call, plus 1 */

static void
want_ast(struct thread *td)
{

	thread_lock(td);
	ast_sched_locked(td, TDA_SUSPEND);
	thread_unlock(td);
}

/* ---- S61: thread_check_susp() ------------------------------------------- */

/* Flags of the caller's process, and what the call returns. */
struct susp {
	int	p_flags;
	int	dbg;
	bool	self;			/* the caller is the singler */
	bool	pending;		/* the AST is wanted */
	int	error;			/* without sleep */
	bool	stops;			/* with sleep: suspends, 0 then */
};

static const struct susp susps[] = {
	/* Nobody asked. */
	{ .error = 0 },
	{ F_SS | F_SX, .error = 0 },
	{ F_SS | F_SB, .error = 0 },
	{ F_SIG, .error = 0 },
	{ P_TRACED, TDB_SUSPEND, .error = 0 },
	/* Somebody did, but there is nothing to do any more. */
	{ 0, .pending = true },
	{ P_TRACED, .pending = true },
	{ 0, TDB_SUSPEND, .pending = true },
	/* An exit, even the caller's own. */
	{ F_SS | F_SX, .pending = true, .error = EINTR },
	{ F_SS | F_SX | F_SIG, .pending = true, .error = EINTR },
	{ F_SS | F_SX, .self = true, .pending = true, .error = EINTR },
	/* Stops. */
	{ F_SS | F_SB, .pending = true, .error = ERESTART, .stops = true },
	{ F_SS, .pending = true, .error = ERESTART, .stops = true },
	{ F_SIG, .pending = true, .error = ERESTART, .stops = true },
	{ F_TRC, .pending = true, .error = ERESTART, .stops = true },
	{ F_SS | F_SB | F_SIG, .pending = true, .error = ERESTART,
	    .stops = true },
	{ P_TRACED, TDB_SUSPEND, .pending = true, .error = ERESTART,
	    .stops = true },
	/* The singler's own. */
	{ F_SS | F_SB, .self = true, .pending = true, .error = ERESTART },
};

#define	STATE	(SIM_STATE_FLAGS & ~F_HAD)
static volatile int now = -1, sleeps;

static int
check_susp(void *arg __unused)
{
	const struct susp *s = &susps[now];
	struct thread *td = curthread;
	struct proc *p = td->td_proc;
	u_long mark;
	int error;
	bool stops;

	stops = sleeps && s->stops;
	PROC_LOCK(p);
	p->p_flag |= s->p_flags;
	if ((s->p_flags & F_SS) != 0)
		p->p_singlethread = s->self ? td : sim_thread(p, 1);
	td->td_dbgflags |= s->dbg;
	thread_lock(td);
	ast_unsched_locked(td, TDA_SUSPEND);
	if (s->pending)
		ast_sched_locked(td, TDA_SUSPEND);
	thread_unlock(td);
	PROC_UNLOCK(p);

	mark = sim_mark();
	error = thread_check_susp(td, sleeps);
	CHECK(!mtx_owned(&p->p_mtx));
	CHECK_EQ(td->td_critnest, 0);
	if (sleeps && s->error == ERESTART)
		CHECK_EQ(error, 0);
	else
		CHECK_EQ(error, s->error);
	CHECK_COUNT(suspensions(mark, td), stops ? 1 : 0);
	if (!s->pending)
		CHECK_COUNT(sim_count_by(mark, td, "mtx_lock", NULL), 0);
	else
		CHECK_COUNT(sim_count_by(mark, td, "mtx_lock",
		    &p->p_mtx) >= 1, 1);
	/* What is not acted upon is still wanted. */
	CHECK_EQ(td_ast_pending(td, TDA_SUSPEND), s->pending && !stops);

	PROC_LOCK(p);
	CHECK_STATE(p, 2, 0, 0, 0, (p->p_flag & STATE) | F_HAD);
	p->p_flag &= ~(STATE | P_TRACED);
	p->p_singlethread = NULL;
	td->td_dbgflags &= ~TDB_SUSPEND;
	PROC_UNLOCK(p);
	return (0);
}

static void
check_susps(void *arg __unused)
{
	int i;

	u_spin_until(&start);
	for (i = 0; i < 2 * nitems(susps); i++) {
		sleeps = i & 1;
		now = i / 2;
		CHECK_EQ(u_syscall(check_susp, NULL), 0);
	}
}

SCENARIO(S61, "thread_check_susp() in a loop that may not end",
    "a thread that cannot be killed or stopped while it retries; a lock that "
    "each retry takes")
{
	static void (*const others[])(void *) = { pauser };
	struct thread *td;
	struct proc *p;
	int i;

	p = sim_proc_threads("p", check_susps, NULL, 1, others, NULL);
	td = sim_thread(p, 0);
	start = 1;
	for (i = 0; i < nitems(susps); i++) {
		if (!susps[i].stops)
			continue;
		sim_wait(now == i && sleeps && is_suspended(td));
		PROC_LOCK(p);
		PROC_SLOCK(p);
		CHECK_STATE(p, 2, 1, 1, 0, (susps[i].p_flags & STATE) | F_HAD);
		CHECK((td->td_flags & TDF_BOUNDARY) != 0);
		p->p_flag &= ~(STATE | P_TRACED);
		thread_unsuspend(p);
		PROC_SUNLOCK(p);
		PROC_UNLOCK(p);
	}
	CHECK_EQ(sim_join(p), 0);
}

/* Retries for as long as there is a conflict. */
static void
retrier(void *arg)
{

	result = 1 + u_cas_retry(&conflict, arg != NULL);
	u_pause();
}

static void
exits(void *arg __unused)
{

	u_pause_until(&start);
	u_exit(4);
}

static void
rforks(void *arg __unused)
{

	u_pause_until(&start);
	CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	conflict = 0;
	u_pause();
}

/*
 * A retrying thread is in the way of a stop, then of a rfork, an exit or a
 * debugger.
 */
static void
check_retrier(void *sleep, void (*body)(void *))
{
	void (*others[1])(void *) = { retrier };
	void *args[1] = { sleep };
	struct thread *td;
	struct proc *p;
	u_long mark;

	mark = sim_mark();
	p = sim_proc_threads("p", body, NULL, 1, others, args);
	td = sim_thread(p, 1);
	if (sim_is_smp())
		sim_ticks(1);
	else
		sim_wait(sim_count_by(mark, td, "casueword retry", NULL) > 2);
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(result, 0);
	sim_rest();
	CHECK(is_at_boundary(td));
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	start = 1;
	if (body == rforks) {
		sim_wait(result == 1);
		sim_wait(p->p_singlethread == NULL && p->p_suspcount == 0);
		CHECK_END_STATE(p, 2, 1);
		/* Having slept it goes on; else its call starts again. */
		if (sleep != NULL)
			CHECK_EQ(sim_restarts(td), 0);
		else
			CHECK(sim_restarts(td) >= 1);
		CHECK_EQ(k_kill(p, SIGKILL), 0);
		CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
	} else
		CHECK_EQ(sim_join(p), W_EXITCODE(4, 0));
}

SCENARIO(S61_stop, "A retrying thread suspends where it is",
    "a thread that cannot be stopped while it retries")
{

	check_retrier(&gate, rforks);
}

SCENARIO(S61_restart, "A retrying thread goes back to user mode to suspend",
    "a thread that cannot be stopped while it retries")
{

	check_retrier(NULL, rforks);
}

SCENARIO(S61_exit, "A retrying thread is in the way of an exit",
    "a thread that cannot be killed while it retries")
{

	check_retrier(NULL, exits);
}

SCENARIO(S61_exit_stop, "A retrying thread that may sleep dies for an exit",
    "a thread that cannot be killed while it retries")
{

	check_retrier(&gate, exits);
}

/* ---- S63: the AST ------------------------------------------------------- */

static void
rfork_once(void *arg __unused)
{

	u_pause_until(&start);
	CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	u_exit(3);
}

SCENARIO(S63, "A single-threader tells every other thread, on each pass",
    "a thread that does not hear of a request; one that hears without its "
    "lock held")
{
	static void (*const others[])(void *) = { gated, pauser, reader };
	static void *const args[] = { &gate, NULL, &bytes };
	struct thread *t0, *td;
	struct proc *p;
	u_long mark, told;
	int i;

	p = sim_proc_threads("p", rfork_once, NULL, 3, others, args);
	t0 = sim_thread(p, 0);
	gate_reached(&gate);
	sim_wait(bytes.readers == 1 && is_asleep(sim_thread(p, 3)));
	sim_rest();
	mark = sim_mark();
	start = 1;
	sim_wait(p->p_singlethread == t0 && is_suspended(t0));
	sim_rest();
	/* The one that is stuck; and those that have suspended. */
	td = sim_thread(p, 1);
	CHECK(td_ast_pending(td, TDA_SUSPEND));
	CHECK_COUNT(did_to(mark, t0, "ast_sched_locked", td) >= 1, 1);
	CHECK_COUNT(did_to(mark, NULL, "ast_unsched_locked", td), 0);
	CHECK_COUNT(did_to(mark, t0, "ast_sched_locked", t0), 0);
	CHECK_COUNT(did_to(mark, t0, "ast_unsched_locked", t0) >= 1, 1);
	for (i = 2; i <= 3; i++) {
		td = sim_thread(p, i);
		CHECK(is_at_boundary(td));
		CHECK(!td_ast_pending(td, TDA_SUSPEND));
		CHECK_COUNT(did_to(mark, t0, "ast_sched_locked", td) >= 1, 1);
		CHECK_COUNT(did_to(mark, td, "ast_unsched_locked", td) >= 1,
		    1);
	}
	CHECK(!td_ast_pending(t0, TDA_SUSPEND));

	/* A pass that it makes for no reason tells them again. */
	told = sim_mark();
	PROC_LOCK(p);
	thread_run_flash(t0);
	PROC_UNLOCK(p);
	sim_rest();
	CHECK(is_suspended(t0));
	for (i = 1; i <= 3; i++)
		CHECK_COUNT(did_to(told, t0, "ast_sched_locked",
		    sim_thread(p, i)), 1);
	gate_open(&gate);
	CHECK_EQ(sim_join(p), W_EXITCODE(3, 0));
}

static u_long ast_mark;

static int
ask_for_ast(void *arg)
{

	if (arg != NULL)
		want_ast(curthread);
	ast_mark = sim_mark();
	return (0);
}

/* An AST that nobody handles. */
static int
ask_for_another(void *arg __unused)
{

	thread_lock(curthread);
	ast_sched_locked(curthread, TDA_OWEUPC);
	thread_unlock(curthread);
	ast_mark = sim_mark();
	return (0);
}

static void
returns(void *arg __unused)
{
	struct thread *td = curthread;
	struct proc *p = td->td_proc;

	/* Not asked for: the way back does not lock the process. */
	CHECK_EQ(u_syscall(ask_for_ast, NULL), 0);
	CHECK_COUNT(sim_count_by(ast_mark, td, "mtx_lock", &p->p_mtx), 0);
	/* Nor does it for what others ask for. */
	CHECK_EQ(u_syscall(ask_for_another, NULL), 0);
	CHECK_COUNT(sim_count_by(ast_mark, td, "mtx_lock", &p->p_mtx), 0);
	/* Asked for: the handler looks, once, and finds nothing. */
	CHECK_EQ(u_syscall(ask_for_ast, td), 0);
	CHECK_COUNT(sim_count_by(ast_mark, td, "mtx_lock", &p->p_mtx), 1);
	CHECK_COUNT(sim_count_by(ast_mark, td, "mtx_unlock", &p->p_mtx), 1);
	CHECK_COUNT(suspensions(ast_mark, td), 0);
	CHECK(!td_ast_pending(td, TDA_SUSPEND));
	u_spin(2);
	CHECK_COUNT(sim_count_by(ast_mark, td, "mtx_lock", &p->p_mtx), 1);
}

SCENARIO(S63_handler, "The handler runs on return to user mode if asked for",
    "a handler that runs always, or keeps a lock")
{

	CHECK_EQ(sim_join(sim_proc("p", returns, NULL)), 0);
}

SCENARIO(S63_clear, "A freed thread's AST is forgotten, not handled",
    "a handler that runs for a thread that no longer has a process")
{
	struct thread *td;
	u_long mark;

	td = hand_thread0();
	td->td_ast |= 1 << TDA_SUSPEND;
	mark = sim_mark();
	thread_cow_free(td);
	CHECK(td_ast_pending(td, TDA_SUSPEND));
	thread_free(td);
	CHECK(!td_ast_pending(td, TDA_SUSPEND));
	CHECK_COUNT(sim_count_by(mark, curthread, "ast_kclear", td), 1);
	CHECK_COUNT(sim_count_by(mark, curthread, "mtx_lock",
	    &proc0.p_mtx), 0);
}

static struct sim_pipe race_pipe;

static void
race_reader(void *arg __unused)
{

	u_pipe_read(&race_pipe);
	CHECK(!"a byte that nobody wrote");
}

static void
race_exit(void *arg __unused)
{

	u_rfork(RFFDG, NULL, NULL);
	u_exit(3);
}

SCENARIO(S63_race, "A thread goes to sleep as it is told to suspend",
    "a sleep that begins after the check for suspension, and that nothing "
    "ends")
{
	static void (*const others[])(void *) = { race_reader, race_reader };

	CHECK_EQ(sim_join(sim_proc_threads("p", race_exit, NULL, 2, others,
	    NULL)), W_EXITCODE(3, 0));
}

/* ---- S64: suspending and resuming --------------------------------------- */

SCENARIO(S64, "Suspending and resuming a thread, step by step",
    "a scheduler that does not see a suspension; counts of the wrong process; "
    "a swapper that is not told")
{
	struct thread *td, *other;
	struct proc *p;
	u_long mark;

	p = sim_proc_parked("p", 2);
	td = sim_thread(p, 0);
	other = sim_thread(p, 1);
	PROC_LOCK(p);
	PROC_SLOCK(p);
	thread_lock(td);
	ast_sched_locked(td, TDA_SUSPEND);
	td->td_flags &= ~TDF_CANSWAP;
	mark = sim_mark();
	thread_suspend_one(td);
	CHECK(mtx_owned(td->td_lock));
	CHECK(mtx_owned(&p->p_slock));
	CHECK(mtx_owned(&p->p_mtx));
	CHECK_STATE(p, 2, 1, 0, 0, F_HAD);
	CHECK(!td_ast_pending(td, TDA_SUSPEND));
	CHECK_EQ(td->td_inhibitors, TDI_IWAIT | TDI_SUSPENDED);
	CHECK((td->td_flags & TDF_BOUNDARY) == 0);
	/* The scheduler knew. */
	CHECK((td->td_flags & TDF_CANSWAP) != 0);
	CHECK_ORDER(mark, curthread, "ast_unsched_locked sched_sleep");
	CHECK_COUNT(did_to(mark, curthread, "sched_sleep", td), 1);
	CHECK_COUNT(sim_count_by(mark, curthread, "thread_stopped", NULL), 0);
	CHECK_COUNT(sim_count_by(mark, curthread, "mi_switch", NULL), 0);
	if (sim_invariants)
		EXPECT_PANIC("already suspended") {
			thread_suspend_one(td);
		}
	td->td_flags |= TDF_ALLPROCSUSP;
	thread_unlock(td);
	if (sim_invariants)
		EXPECT_PANIC("not owned") {
			thread_suspend_one(other);
		}

	/* Another one: at the boundary, and swapped out. */
	thread_lock(other);
	thread_suspend_one(other);
	other->td_flags |= TDF_BOUNDARY | TDF_ALLPROCSUSP;
	p->p_boundary_count++;
	other->td_inhibitors = TDI_SUSPENDED | TDI_SWAPPED;
	thread_unlock(other);
	CHECK_STATE(p, 2, 2, 1, 0, F_HAD);

	/* Nobody is resumed while there is a reason to stop. */
	mark = sim_mark();
	p->p_flag |= F_SIG;
	thread_unsuspend(p);
	p->p_flag &= ~F_SIG;
	/* Nor the singler, unless its request is the only one. */
	p->p_flag |= F_SS | F_SIG;
	p->p_singlethread = td;
	thread_unsuspend(p);
	p->p_flag &= ~F_SIG;
	p->p_singlethread = curthread;
	thread_unsuspend(p);
	p->p_flag &= ~F_SS;
	p->p_singlethread = NULL;
	CHECK_STATE(p, 2, 2, 1, 0, F_HAD);
	CHECK_COUNT(sim_count_by(mark, curthread, "setrunnable", NULL), 0);

	mark = sim_mark();
	thread_unsuspend(p);
	CHECK(mtx_owned(&p->p_slock));
	CHECK(!mtx_owned(td->td_lock));
	CHECK(!mtx_owned(other->td_lock));
	CHECK_STATE(p, 2, 0, 0, 0, F_HAD);
	CHECK_EQ(td->td_inhibitors, TDI_IWAIT);
	CHECK_EQ(other->td_inhibitors, TDI_SWAPPED);
	CHECK_EQ(td->td_flags & (TDF_ALLPROCSUSP | TDF_BOUNDARY), 0);
	CHECK_EQ(other->td_flags & (TDF_ALLPROCSUSP | TDF_BOUNDARY), 0);
	CHECK((other->td_flags & TDF_SWAPINREQ) != 0);
	CHECK_COUNT(resumed(mark, curthread, td), 1);
	CHECK_COUNT(resumed(mark, curthread, other), 1);
	CHECK_COUNT(sim_count_by(mark, curthread, "kick_proc0", NULL), 1);
	/* Nobody is suspended: nothing happens. */
	mark = sim_mark();
	thread_unsuspend(p);
	CHECK_COUNT(sim_count_by(mark, curthread, "setrunnable", NULL), 0);
	CHECK_COUNT(sim_count_by(mark, curthread, "kick_proc0", NULL), 0);
	thread_lock(other);
	other->td_inhibitors = TDI_IWAIT;
	other->td_flags &= ~TDF_SWAPINREQ;
	thread_unlock(other);
	PROC_SUNLOCK(p);
	PROC_UNLOCK(p);
	sim_unpark(p);
}

/* A thread suspends itself, as a stop signal or a debugger makes it do. */
static int
suspend_self(void *arg __unused)
{
	struct thread *td = curthread;
	struct proc *p = td->td_proc;
	long forced, volunteered;
	u_long mark;

	PROC_LOCK(p);
	PROC_SLOCK(p);
	want_ast(td);
	forced = td->td_ru.ru_nivcsw;
	volunteered = td->td_ru.ru_nvcsw;
	mark = sim_mark();
	p->p_flag |= F_SIG;
	thread_suspend_switch(td, p);
	CHECK(mtx_owned(&p->p_mtx));
	CHECK(mtx_owned(&p->p_slock));
	CHECK_EQ(td->td_critnest, 1);
	CHECK_COUNT(waits(mark, td), 1);
	CHECK_COUNT(suspensions(mark, td), 0);
	CHECK(td->td_ru.ru_nvcsw > volunteered);
	CHECK(td->td_ru.ru_nivcsw >= forced);
	CHECK(!td_ast_pending(td, TDA_SUSPEND));
	CHECK((td->td_flags & TDF_BOUNDARY) == 0);
	CHECK_COUNT(sim_count_by(mark, td, "thread_stopped", p), 1);
	CHECK_ORDER(mark, td, "thread_stopped mtx_unlock thread_lock "
	    "ast_unsched_locked sched_sleep mi_switch mtx_lock mtx_lock_spin");
	PROC_SUNLOCK(p);
	PROC_UNLOCK(p);
	return (0);
}

static void
suspends_self(void *arg __unused)
{

	CHECK_EQ(u_syscall(suspend_self, NULL), 0);
}

SCENARIO(S64_switch, "A thread suspends itself",
    "a stop that is reported late or twice; a suspension with the process "
    "locked")
{
	struct thread *td;
	struct proc *p;

	p = sim_proc("p", suspends_self, NULL);
	td = sim_thread(p, 0);
	sim_wait(is_suspended(td));
	PROC_LOCK(p);
	PROC_SLOCK(p);
	CHECK_STATE(p, 1, 1, 0, 0, F_SIG);
	/* The process's only thread stopped: its parent knows. */
	CHECK_EQ(sim_stop_reports(p), 1);
	CHECK((td->td_flags & TDF_CANSWAP) != 0);
	if (sim_invariants)
		EXPECT_PANIC("already suspended") {
			thread_suspend_switch(td, p);
		}
	p->p_flag &= ~F_SIG;
	thread_unsuspend(p);
	PROC_SUNLOCK(p);
	PROC_UNLOCK(p);
	CHECK_EQ(sim_join(p), 0);
}

/* Resumes ctl, which waits for another process than its own. */
static volatile int foreign_done;

static void
resume_ctl(void *arg)
{
	struct thread *td = arg;

	sim_wait(is_suspended(td));
	CHECK_EQ(proc0.p_suspcount, 0);
	foreign_done = 1;
	thread_lock(td);
	TD_CLR_SUSPENDED(td);
	setrunnable(td, 0);
}

SCENARIO(S64_foreign, "A thread suspends itself for another process",
    "counts of the wrong process; a stop that is reported for it")
{
	struct proc *p;
	u_long mark;

	p = sim_proc_parked("p", 1);
	sim_hazard(&proc0, SIM_HAZARD_SUSP);
	CHECK_EQ(k_kthread_add(NULL, "helper", resume_ctl, curthread, NULL),
	    0);
	PROC_LOCK(p);
	PROC_SLOCK(p);
	mark = sim_mark();
	thread_suspend_switch(curthread, p);
	CHECK(mtx_owned(&p->p_mtx));
	CHECK(mtx_owned(&p->p_slock));
	CHECK_EQ(foreign_done, 1);
	CHECK_STATE(p, 1, 0, 0, 0, 0);
	CHECK_EQ(proc0.p_suspcount, 0);
	CHECK_COUNT(waits(mark, curthread), 1);
	CHECK_COUNT(sim_count_by(mark, curthread, "thread_stopped", NULL), 0);
	PROC_SUNLOCK(p);
	PROC_UNLOCK(p);
	sim_unpark(p);
}

/* Giant is given up for a suspension, and taken back. */
static volatile int had_giant;

static int
suspend_with_giant(void *arg __unused)
{
	struct thread *td = curthread;
	struct proc *p = td->td_proc;

	mtx_lock(&Giant);
	PROC_LOCK(p);
	PROC_SLOCK(p);
	thread_suspend_switch(td, p);
	CHECK(mtx_owned(&Giant));
	PROC_SUNLOCK(p);
	PROC_UNLOCK(p);
	mtx_unlock(&Giant);
	had_giant = 1;
	return (0);
}

static void
giant_user(void *arg __unused)
{

	CHECK_EQ(u_syscall(suspend_with_giant, NULL), 0);
}

SCENARIO(S64_giant, "A thread that owns Giant suspends itself",
    "a lock of the whole kernel that a suspended thread owns")
{
	struct proc *p;

	p = sim_proc("p", giant_user, NULL);
	sim_wait(is_suspended(sim_thread(p, 0)));
	mtx_lock(&Giant);
	PROC_LOCK(p);
	PROC_SLOCK(p);
	thread_unsuspend(p);
	PROC_SUNLOCK(p);
	PROC_UNLOCK(p);
	CHECK_EQ(had_giant, 0);
	mtx_unlock(&Giant);
	CHECK_EQ(sim_join(p), 0);
	CHECK_EQ(had_giant, 1);
}
