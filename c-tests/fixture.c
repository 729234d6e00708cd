/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Processes and threads in the states that the tests start from, and a boot
 * of the object under test.
 */
#include "harness.h"

#define	PROCS_MAX	8
#define	THREADS_MAX	80

struct proc *P, *C, *proc0p;
struct thread *T0, *T1, *T2, *T3, *T4, *CT, *thread0p;

static struct proc procs[PROCS_MAX] __aligned(256);
static int nprocs_made;
/* Locks keep flags in the low bits of a thread's address. */
static struct {
	struct thread0_storage	ts_storage;
} __aligned(64) threads[THREADS_MAX];
static struct mtx thread_locks[THREADS_MAX];
static int nthreads_made;

extern struct mtx blocked_lock;

struct ucred *
mkcred(const char *name, uid_t ruid)
{
	static struct ucred creds[16];
	static int n;
	struct ucred *cr;

	if (n == nitems(creds))
		fatal("too many credentials");
	cr = &creds[n++];
	cr->cr_ruid = ruid;
	cr->cr_uid = 4711;
	cr->cr_ref = cr->cr_users = 1;
	name_ptr(cr, "%s", name);
	return (cr);
}

struct plimit *
mklimit(const char *name)
{
	static struct plimit limits[16];
	static int n;
	struct plimit *lim;

	if (n == nitems(limits))
		fatal("too many limits");
	lim = &limits[n++];
	lim->pl_refcnt = 1;
	name_ptr(lim, "%s", name);
	return (lim);
}

/*
 * Locks of the process under test have plain names, those of the others have
 * the process's name in parentheses.
 */
static void
name_lock(struct mtx *m, int kind, const char *name, const char *pname)
{
	char buf[32];

	if (strcmp(pname, "p") == 0)
		snprintf(buf, sizeof(buf), "%s", name);
	else
		snprintf(buf, sizeof(buf), "%s(%s)", name, pname);
	lock_register(&m->mtx_lock, kind, buf);
}

struct proc *
mkproc(const char *name, pid_t pid)
{
	static struct sysentvec sysent;
	struct proc *p;

	if (nprocs_made == PROCS_MAX)
		fatal("PROCS_MAX is too small");
	if (nprocs_made == 0)
		lock_register(&Giant.mtx_lock, LOCK_SLEEP, "Giant");
	p = &procs[nprocs_made++];
	p->p_pid = pid;
	p->p_state = PRS_NORMAL;
	p->p_sysent = &sysent;
	p->p_cowgen = 1;
	p->p_ucred = mkcred("cred", 0);
	p->p_limit = mklimit("limit");
	TAILQ_INIT(&p->p_threads);
	name_ptr(p, "%s", name);
	name_ptr(&p->p_flag, "&%s.p_flag", name);
	name_ptr(&p->p_ru, "&%s.p_ru", name);
	name_ptr(&p->p_sigqueue, "&%s.p_sigqueue", name);
	name_lock(&p->p_mtx, LOCK_SLEEP, "PL", name);
	name_lock(&p->p_slock, LOCK_SPIN, "SL", name);
	name_lock(&p->p_statmtx, LOCK_SPIN, "STAT", name);
	return (p);
}

/*
 * A thread that is linked to its process without help of the object.
 */
struct thread *
mkthread(struct proc *p, const char *name, lwpid_t tid)
{
	struct thread *td;
	char buf[32];

	if (nthreads_made == THREADS_MAX)
		fatal("THREADS_MAX is too small");
	td = &threads[nthreads_made].ts_storage.t0st_thread;
	td->td_lock = &thread_locks[nthreads_made++];
	td->td_proc = p;
	td->td_tid = tid;
	td->td_realucred = td->td_ucred = p->p_ucred;
	p->p_ucred->cr_users++;
	p->p_ucred->cr_ref++;
	td->td_limit = p->p_limit;
	p->p_limit->pl_refcnt++;
	td->td_cowgen = p->p_cowgen;
	td->td_flags = TDF_INMEM;
	td->td_kstack = 0x1000;
	td->td_kstack_pages = 4;
	td->td_cpuset = (struct cpuset *)(uintptr_t)0xc5e7;
	td->td_state = TDS_RUNQ;
	TAILQ_INIT(&td->td_sigqueue.sq_list);
	TAILQ_INSERT_TAIL(&p->p_threads, td, td_plist);
	if (++p->p_numthreads > 1)
		p->p_flag |= P_HADTHREADS;
	name_ptr(td->td_cpuset, "cpuset");
	name_ptr(td, "%s", name);
	name_ptr(&td->td_ru, "&%s.td_ru", name);
	name_ptr(&td->td_osd, "&%s.td_osd", name);
	name_ptr(&td->td_sigqueue, "&%s.td_sigqueue", name);
	name_ptr(&td->td_slpcallout, "&%s.td_slpcallout", name);
	snprintf(buf, sizeof(buf), "TL(%s)", name);
	lock_register(&td->td_lock->mtx_lock, LOCK_SPIN, buf);
	return (td);
}

void
set_curthread(struct thread *td)
{

	kt_pcpu.pc_curthread = td;
	TD_SET_RUNNING(td);
}

/*
 * A kernel is built for so many memory domains.
 */
void
domains(int n)
{

	if (n > MAXMEMDOM)
		skip("the kernel is built for fewer memory domains");
	vm_ndomains = n;
}

void
multi(int nthreads)
{
	struct thread **const tds[] = { &T0, &T1, &T2, &T3, &T4 };
	char name[8];
	int i;

	if (nthreads > (int)nitems(tds))
		fatal("too many threads for multi()");
	P = mkproc("p", 100);
	for (i = 0; i < nthreads; i++) {
		snprintf(name, sizeof(name), "T%d", i);
		*tds[i] = mkthread(P, name, 101 + i);
	}
	set_curthread(T0);
}

void
controller(void)
{

	C = mkproc("c", 200);
	CT = mkthread(C, "CT", 201);
	if (T0 != NULL)
		runnable(T0);
	set_curthread(CT);
}

/*
 * States.
 */
void
running(struct thread *td)
{

	TD_SET_RUNNING(td);
	td->td_oncpu = 1;
}

void
runnable(struct thread *td)
{

	TD_SET_RUNQ(td);
}

void
sleeping_unint(struct thread *td)
{

	td->td_wchan = &td->td_wchan;
	td->td_wmesg = "test";
	TD_SET_SLEEPING(td);
}

void
sleeping(struct thread *td)
{

	sleeping_unint(td);
	td->td_flags |= TDF_SINTR;
}

void
blocked(struct thread *td)
{

	TD_SET_LOCK(td);
}

void
suspended(struct thread *td)
{

	TD_SET_SUSPENDED(td);
	td->td_proc->p_suspcount++;
}

void
at_boundary(struct thread *td)
{

	suspended(td);
	td->td_flags |= TDF_BOUNDARY;
	td->td_proc->p_boundary_count++;
}

void
exits(struct thread *td)
{
	struct proc *p;

	p = td->td_proc;
	TAILQ_REMOVE(&p->p_threads, td, td_plist);
	p->p_numthreads--;
	TD_SET_STATE(td, TDS_INACTIVE);
}

void
resume(struct thread *td)
{
	struct proc *p;

	p = td->td_proc;
	if (!TD_IS_SUSPENDED(td))
		fatal("resume(%s): it is not suspended", ptr_name(td));
	TD_CLR_SUSPENDED(td);
	p->p_suspcount--;
	if ((td->td_flags & TDF_BOUNDARY) != 0) {
		td->td_flags &= ~TDF_BOUNDARY;
		p->p_boundary_count--;
	}
}

/*
 * Another thread's turn.  If it goes to sleep its frames are abandoned; it
 * is left suspended, off its CPU, and cannot go on from there.
 */
bool
run_as(struct thread *td, void (*func)(void))
{
	struct escape e;
	struct thread *prev;
	bool parked;

	prev = curthread;
	escape_push(&e, "mi_switch");
	parked = true;
	if (_setjmp(e.e_env) == 0) {
		set_curthread(td);
		func();
		escape_pop(&e);
		parked = false;
		runnable(td);
	}
	kt_pcpu.pc_curthread = prev;
	return (parked);
}

static int check_arg, check_result;

static void
suspend_check(void)
{
	struct proc *p;

	p = curthread->td_proc;
	check_result = PARKED;
	PROC_LOCK(p);
	check_result = thread_suspend_check(check_arg);
	PROC_UNLOCK(p);
}

int
suspend_check_as(struct thread *td, int ri)
{

	check_arg = ri;
	(void)run_as(td, suspend_check);
	return (check_result);
}

/*
 * T0 single-threads P.
 */
int
single(int mode)
{
	int error;

	PROC_LOCK(P);
	error = thread_single(P, mode);
	CHECK_LOCKS("PL");
	PROC_UNLOCK(P);
	return (error);
}

/*
 * A stop of P has ended.
 */
void
unsuspend(void)
{

	PROC_LOCK(P);
	PROC_SLOCK(P);
	thread_unsuspend(P);
	CHECK_LOCKS("PL SL");
	PROC_SUNLOCK(P);
	PROC_UNLOCK(P);
}

/*
 * A stop of P is in force, T0 being the singler if there is one; T1 of three
 * threads runs.
 */
void
stop_with(int flags)
{

	multi(3);
	P->p_flag |= flags;
	if ((flags & P_STOPPED_SINGLE) != 0)
		P->p_singlethread = T0;
	set_curthread(T1);
}

/*
 * thread_suspend_check() of the current thread, which must come back.
 */
int
suspend_check_here(int ri)
{
	int error;

	PROC_LOCK(P);
	error = thread_suspend_check(ri);
	CHECK_LOCKS("PL");
	PROC_UNLOCK(P);
	return (error);
}

/*
 * Boot.
 */
SET_DECLARE(sysinit_set, struct sysinit);
SET_DECLARE(sysctl_set, struct sysctl_oid);

static struct sysctl_oid *
maxthread_oid(void)
{
	struct sysctl_oid **oidp;

	SET_FOREACH(oidp, sysctl_set)
		if (strcmp((*oidp)->oid_name, "maxthread") == 0)
			return (*oidp);
	fatal("no sysctl maxthread in the linker set");
}

void
set_maxthread(int n)
{

	*(int *)maxthread_oid()->oid_arg1 = n;
}

int
get_maxthread(void)
{

	return (*(int *)maxthread_oid()->oid_arg1);
}

void
boot_sysinits(void)
{
	struct sysinit **sip;

	SET_FOREACH(sip, sysinit_set)
		(*sip)->func((*sip)->udata);
}

void
boot(void)
{

	proc0p = mkproc("proc0", 0);
	thread0p = mkthread(proc0p, "thread0", 0);
	exits(thread0p);
	set_curthread(thread0p);
	boot_sysinits();
	proc_linkup0(proc0p, thread0p);
	TD_SET_RUNNING(thread0p);
	threadinit();
	thread0p->td_tid = THREAD0_TID;
	tidhash_add(thread0p);
	clear_calls();
}
