/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What a test sees and does of other processes: counts, states of threads,
 * ptrace(2), reapers.
 */
#include "sim_backend.h"

/* As in kern_thr.c, which declares it in no header. */
extern int max_threads_per_proc;

struct proc *
sim_lock_proc(int pid)
{
	struct proc *p;

	p = sim_find(pid);
	if (p == NULL)
		return (NULL);
	PROC_LOCK(p);
	if (p->p_pid == pid && p->p_state == PRS_NORMAL)
		return (p);
	PROC_UNLOCK(p);
	return (NULL);
}

/* ---- Variables and counts ------------------------------------------------ */

static int *
variable(const char *name)
{

	if (strcmp(name, "kern.threads.max_threads_per_proc") == 0)
		return (&max_threads_per_proc);
	if (strcmp(name, "kern.maxthread") == 0)
		return (sim_sysctl_int("maxthread"));
	return (NULL);
}

int
ex_sysctl_get(const char *name, long *value)
{
	int *where;

	where = variable(name);
	if (where == NULL)
		return (ENOENT);
	*value = *where;
	return (0);
}

int
ex_sysctl_set(const char *name, long value)
{
	int *where;

	where = variable(name);
	if (where == NULL)
		return (ENOENT);
	*where = value;
	return (0);
}

int
ex_thread_count(void)
{

	return (u_thread_count());
}

/* A look at a process, and what it found. */
struct look {
	int	    pid, tid;
	int	    n;
};

static int
count_threads(void *arg)
{
	struct look *look = arg;
	struct proc *p;

	p = sim_lock_proc(look->pid);
	if (p == NULL)
		return (ESRCH);
	look->n = p->p_numthreads;
	PROC_UNLOCK(p);
	return (0);
}

int
ex_thread_count_of(int pid)
{
	struct look look = { .pid = pid };
	int error;

	error = u_syscall(count_threads, &look);
	return (error != 0 ? -error : look.n);
}

/* As the kernel tells it to ps(1). */
static int
look_at(void *arg)
{
	struct look *look = arg;
	struct thread *td;
	struct proc *p;

	look->n = EX_GONE;
	p = sim_lock_proc(look->pid);
	if (p == NULL)
		return (0);
	FOREACH_THREAD_IN_PROC(p, td) {
		if (td->td_tid != look->tid)
			continue;
		thread_lock(td);
		if (TD_ON_RUNQ(td) || TD_CAN_RUN(td) || TD_IS_RUNNING(td))
			look->n = EX_RUNS;
		else if (P_SHOULDSTOP(p))
			look->n = EX_STOPPED;
		else if (TD_IS_SLEEPING(td))
			look->n = EX_SLEEPS;
		else
			look->n = EX_OTHER;
		thread_unlock(td);
	}
	PROC_UNLOCK(p);
	return (0);
}

enum ex_state
ex_thr_state(int pid, int tid)
{
	struct look look = { .pid = pid, .tid = tid };

	(void)u_syscall(look_at, &look);
	return (look.n);
}

/* ---- ptrace -------------------------------------------------------------- */

/* A request of the tracer. */
struct request {
	int	    (*call)(struct proc *, struct request *);
	int	    pid, tid, sig;
	int	    *tids;
	int	    n;
	struct ex_lwpinfo info;
};

static int
serve(void *arg)
{
	struct request *r = arg;
	struct proc *p;

	p = sim_lock_proc(r->pid);
	if (p == NULL)
		return (ESRCH);
	/* Its parent is the caller, so that it stays. */
	PROC_UNLOCK(p);
	return (r->call(p, r));
}

static int
request(struct request *r)
{

	return (u_syscall(serve, r));
}

static int
attach(struct proc *p, struct request *r __unused)
{

	return (k_ptrace_attach(p));
}

int
ex_ptrace_attach(int pid)
{
	struct request r = { attach, .pid = pid };

	return (request(&r));
}

static int
cont(struct proc *p, struct request *r)
{

	return (k_ptrace_cont(p, r->sig));
}

int
ex_ptrace_cont(int pid, int sig)
{
	struct request r = { cont, .pid = pid, .sig = sig };

	return (request(&r));
}

static int
detach(struct proc *p, struct request *r __unused)
{

	return (k_ptrace_detach(p));
}

int
ex_ptrace_detach(int pid)
{
	struct request r = { detach, .pid = pid };

	return (request(&r));
}

static int
ptrace_kill(struct proc *p, struct request *r __unused)
{

	return (k_ptrace_kill(p));
}

int
ex_ptrace_kill(int pid)
{
	struct request r = { ptrace_kill, .pid = pid };

	return (request(&r));
}

/* A thread of the process; if that is stopped for the caller, it stays. */
static struct thread *
thread_of(struct proc *p, int tid)
{
	struct thread *td;

	td = tdfind(tid, p->p_pid);
	if (td != NULL)
		PROC_UNLOCK(p);
	return (td);
}

static int
suspend(struct proc *p, struct request *r)
{
	struct thread *td;

	td = thread_of(p, r->tid);
	return (td == NULL ? ESRCH : k_ptrace_suspend(p, td));
}

int
ex_ptrace_suspend(int pid, int tid)
{
	struct request r = { suspend, .pid = pid, .tid = tid };

	return (request(&r));
}

static int
resume(struct proc *p, struct request *r)
{
	struct thread *td;

	td = thread_of(p, r->tid);
	return (td == NULL ? ESRCH : k_ptrace_resume(p, td));
}

int
ex_ptrace_resume(int pid, int tid)
{
	struct request r = { resume, .pid = pid, .tid = tid };

	return (request(&r));
}

/* Without EX_CAP_PTRACE_STEP nobody calls it. */
int
ex_ptrace_step(int pid __unused, int sig __unused)
{

	return (ENOSYS);
}

static int
lwp_events(struct proc *p, struct request *r)
{

	return (k_ptrace_lwp_events(p, r->n != 0));
}

int
ex_ptrace_lwp_events(int pid, bool on)
{
	struct request r = { lwp_events, .pid = pid, .n = on };

	return (request(&r));
}

/* Is it stopped for its tracer, all of it?  Process lock. */
static bool
is_stopped(struct proc *p)
{

	PROC_LOCK_ASSERT(p, MA_OWNED);
	return ((p->p_flag & P_TRACED) != 0 &&
	    (p->p_flag & P_STOPPED_TRACE) != 0 &&
	    p->p_suspcount == p->p_numthreads);
}

static int
lwps(struct proc *p, struct request *r)
{
	struct thread *td;
	int max;

	max = r->n;
	r->n = 0;
	PROC_LOCK(p);
	if (!is_stopped(p)) {
		PROC_UNLOCK(p);
		return (EBUSY);
	}
	FOREACH_THREAD_IN_PROC(p, td) {
		if (r->n < max)
			r->tids[r->n] = td->td_tid;
		r->n++;
	}
	PROC_UNLOCK(p);
	return (0);
}

int
ex_ptrace_lwps(int pid, int *tids, int max)
{
	struct request r = { lwps, .pid = pid, .tids = tids, .n = max };
	int error;

	error = request(&r);
	return (error != 0 ? -error : r.n);
}

static int
lwpinfo(struct proc *p, struct request *r)
{
	struct thread *td;

	PROC_LOCK(p);
	if (!is_stopped(p)) {
		PROC_UNLOCK(p);
		return (EBUSY);
	}
	td = p->p_xthread;
	if (td == NULL)
		td = FIRST_THREAD_IN_PROC(p);
	r->info = (struct ex_lwpinfo){
		.tid = td->td_tid,
		.born = (td->td_dbgflags & TDB_BORN) != 0,
		.exited = (td->td_dbgflags & TDB_EXIT) != 0,
	};
	PROC_UNLOCK(p);
	return (0);
}

int
ex_ptrace_lwpinfo(int pid, struct ex_lwpinfo *info)
{
	struct request r = { lwpinfo, .pid = pid };
	int error;

	error = request(&r);
	*info = r.info;
	return (error);
}

/* ---- Reapers ------------------------------------------------------------- */

int
ex_reap_acquire(void)
{

	return (u_reap_acquire());
}

int
ex_reap_kill(int sig, int subtree, u_int *killed)
{
	int n;

	n = u_reap_kill(sig, subtree);
	*killed = n < 0 ? 0 : n;
	return (n < 0 ? -n : 0);
}
