/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Credentials, resource limits and the machine-dependent and subsystem hooks
 * of a thread's life.
 */
#include "../harness.h"

#include <sys/dtrace_bsd.h>
#include <sys/rangelock.h>
#include <sys/selinfo.h>
#include <sys/syscallsubr.h>
#include <sys/time.h>
#ifdef HWPMC_HOOKS
#include <sys/pmckern.h>
#endif

int nprocs = 1;
int maxproc = 100;
int max_threads_per_proc = 1500;

static bool priv_denied;

void
priv_deny(bool deny)
{

	priv_denied = deny;
}

int
priv_check_cred(struct ucred *cred, int priv)
{
	struct fake *f;

	f = fake_call("priv_check_cred", cred, "%s,%s", ptr_name(cred),
	    priv == PRIV_MAXPROC ? "PRIV_MAXPROC" : "?");
	return ((int)fake_ret(f, priv_denied ? EPERM : 0));
}

#ifdef OLDER
int
ppsratecheck(struct timeval *tv, int *count, int max)
#else
int
eventratecheck(struct timeval *tv, int *count, int max)
#endif
{
	struct fake *f;

	(void)tv;
	(void)count;
	f = fake_call(RATECHECK, NULL, "%d", max);
	return ((int)fake_ret(f, 1));
}

int	fbsd_printf(const char *fmt, ...) __printflike(1, 2);

int
fbsd_printf(const char *fmt, ...)
{
	char buf[192];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (len > 0 && buf[len - 1] == '\n')
		buf[len - 1] = '\0';
	(void)fake_call("printf", NULL, "%s", buf);
	return (len);
}

/*
 * Credentials, counted as in kern_prot.c.
 */
struct ucred *
crcowget(struct ucred *cr)
{

	(void)fake_call("crcowget", cr, "%s", ptr_name(cr));
	cr->cr_users++;
	cr->cr_ref++;
	return (cr);
}

void
crcowfree(struct thread *td)
{
	struct ucred *cr;

	(void)fake_call("crcowfree", td, "%s", ptr_name(td));
	cr = td->td_realucred;
	fake_must(cr != NULL && cr == td->td_ucred, "crcowfree",
	    "no credentials, or switched ones");
	fake_may_sleep("crcowfree");
	cr->cr_users--;
	cr->cr_ref += td->td_ucredref - 1;
	td->td_ucredref = 0;
	td->td_realucred = NULL;
}

struct ucred *
crcowsync(void)
{
	struct ucred *cr, *old;
	struct thread *td;
	struct proc *p;

	td = curthread;
	p = td->td_proc;
	(void)fake_call("crcowsync", td, "%s", "");
	fake_must(lock_owned(&p->p_mtx.mtx_lock), "crcowsync",
	    "no process lock");
	cr = p->p_ucred;
	old = td->td_realucred;
	if (cr == old)
		return (NULL);
	cr->cr_users++;
	cr->cr_ref++;
	td->td_realucred = td->td_ucred = cr;
	old->cr_ref += td->td_ucredref;
	td->td_ucredref = 0;
	if (--old->cr_users > 0) {
		old->cr_ref--;
		return (NULL);
	}
	return (old);
}

void
crfree(struct ucred *cr)
{

	(void)fake_call("crfree", cr, "%s", ptr_name(cr));
	fake_may_sleep("crfree");
	cr->cr_ref--;
}

static void
credbatch_flush(struct credbatch *crb)
{

	crb->cred->cr_users -= crb->users;
	crb->cred->cr_ref += crb->ref - crb->users;
}

void
credbatch_add(struct credbatch *crb, struct thread *td)
{

	(void)fake_call("credbatch_add", td, "%s", ptr_name(td));
	fake_must(TD_GET_STATE(td) == TDS_INACTIVE, "credbatch_add",
	    "td is not inactive");
	fake_must(td->td_realucred != NULL &&
	    td->td_realucred == td->td_ucred, "credbatch_add",
	    "no credentials, or switched ones");
	if (crb->cred != td->td_realucred) {
		if (crb->cred != NULL)
			credbatch_flush(crb);
		crb->cred = td->td_realucred;
		crb->users = 0;
		crb->ref = 0;
	}
	crb->users++;
	crb->ref += (int)td->td_ucredref;
	td->td_ucredref = 0;
	td->td_realucred = NULL;
}

void
credbatch_final(struct credbatch *crb)
{

	(void)fake_call("credbatch_final", crb, "%s*%d",
	    ptr_name(crb->cred), crb->users);
	fake_must(crb->cred != NULL && crb->users > 0, "credbatch_final",
	    "empty batch");
	credbatch_flush(crb);
}

/*
 * Limits.
 */
struct plimit *
lim_hold(struct plimit *limp)
{

	(void)fake_call("lim_hold", limp, "%s", ptr_name(limp));
	limp->pl_refcnt++;
	return (limp);
}

void
lim_free(struct plimit *limp)
{

	(void)fake_call("lim_free", limp, "%s", ptr_name(limp));
	fake_may_sleep("lim_free");
	limp->pl_refcnt--;
}

struct plimit *
lim_cowsync(void)
{
	struct plimit *old;
	struct thread *td;
	struct proc *p;

	td = curthread;
	p = td->td_proc;
	(void)fake_call("lim_cowsync", td, "%s", "");
	fake_must(lock_owned(&p->p_mtx.mtx_lock), "lim_cowsync",
	    "no process lock");
	if (td->td_limit == p->p_limit)
		return (NULL);
	old = td->td_limit;
	p->p_limit->pl_refcnt++;
	td->td_limit = p->p_limit;
	return (old);
}

#ifdef OLDER
void
lim_freen(struct plimit *limp, int n)
{

	(void)fake_call("lim_freen", limp, "%s*%d", ptr_name(limp), n);
	fake_must(limp != NULL && n > 0, "lim_freen", "no limits");
	limp->pl_refcnt -= n;
}
#else
void
limbatch_add(struct limbatch *lb, struct thread *td)
{

	(void)fake_call("limbatch_add", td, "%s", ptr_name(td));
	fake_must(td->td_limit != NULL, "limbatch_add", "no limits");
	if (lb->limp != td->td_limit) {
		if (lb->limp != NULL)
			lb->limp->pl_refcnt -= lb->count;
		lb->limp = td->td_limit;
		lb->count = 0;
	}
	lb->count++;
}

void
limbatch_final(struct limbatch *lb)
{

	(void)fake_call("limbatch_final", lb, "%s*%d", ptr_name(lb->limp),
	    lb->count);
	fake_must(lb->limp != NULL && lb->count > 0, "limbatch_final",
	    "empty batch");
	lb->limp->pl_refcnt -= lb->count;
}
#endif

/*
 * Accounting.
 */
void
ruxagg_locked(struct proc *p, struct thread *td)
{

	(void)fake_call("ruxagg_locked", td, "%s,%s", ptr_name(p),
	    ptr_name(td));
	fake_must(lock_owned(&p->p_statmtx.mtx_lock) &&
	    lock_owned(&td->td_lock->mtx_lock), "ruxagg_locked",
	    "stat lock or thread lock not held");
	p->p_rux.rux_runtime += td->td_incruntime;
	td->td_rux.rux_runtime += td->td_incruntime;
	td->td_incruntime = 0;
}

void
rucollect(struct rusage *ru, struct rusage *ru2)
{

	(void)fake_call("rucollect", ru, "%s,%s", ptr_name(ru),
	    ptr_name(ru2));
	ru->ru_maxrss = MAX(ru->ru_maxrss, ru2->ru_maxrss);
	ru->ru_nvcsw += ru2->ru_nvcsw;
	ru->ru_nivcsw += ru2->ru_nivcsw;
}

/*
 * Hooks that only have to be called, in the right place.
 */
#undef kdtrace_thread_ctor
#undef kdtrace_thread_dtor
#define	THREAD_HOOK(func)						\
	void	func(struct thread *td);				\
	void								\
	func(struct thread *td)						\
	{								\
									\
		(void)fake_call(#func, td, "%s", ptr_name(td));		\
	}								\
	struct __hack

THREAD_HOOK(cpu_thread_clean);
THREAD_HOOK(cpu_thread_free);
THREAD_HOOK(kdtrace_thread_ctor);
THREAD_HOOK(kdtrace_thread_dtor);
THREAD_HOOK(umtx_thread_alloc);
THREAD_HOOK(umtx_thread_fini);
THREAD_HOOK(audit_thread_alloc);
THREAD_HOOK(audit_thread_free);

void
umtx_thread_init(struct thread *td)
{

	(void)fake_call("umtx_thread_init", td, "%s", ptr_name(td));
}

void
cpu_thread_alloc(struct thread *td)
{

	(void)fake_call("cpu_thread_alloc", td, "%s", ptr_name(td));
	fake_must(td->td_kstack != 0, "cpu_thread_alloc", "no stack");
}

void
cpu_thread_exit(struct thread *td)
{
	struct proc *p;

	p = td->td_proc;
	(void)fake_call("cpu_thread_exit", td, "%s", ptr_name(td));
	fake_must(lock_owned(&p->p_mtx.mtx_lock) &&
	    lock_owned(&p->p_slock.mtx_lock), "cpu_thread_exit",
	    "process locks not held");
}

void
seltdfini(struct thread *td)
{

	(void)fake_call("seltdfini", td, "%s", ptr_name(td));
	td->td_sel = NULL;
}

void
umtx_thread_exit(struct thread *td)
{

	(void)fake_call("umtx_thread_exit", td, "%s", ptr_name(td));
	fake_may_sleep("umtx_thread_exit");
}

int
kern_thr_exit(struct thread *td)
{

	(void)fake_call("kern_thr_exit", td, "%s", ptr_name(td));
	fake_may_sleep("kern_thr_exit");
	fake_must(!lock_owned(&td->td_proc->p_mtx.mtx_lock), "kern_thr_exit",
	    "process lock held");
	if (escape_armed("kern_thr_exit"))
		escape("kern_thr_exit");
	return (0);
}

void
osd_exit(u_int type, struct osd *osd)
{

	(void)fake_call("osd_exit", osd, "%s,%s",
	    type == OSD_THREAD ? "OSD_THREAD" : "?", ptr_name(osd));
}

void
cpuset_rel(struct cpuset *set)
{

	(void)fake_call("cpuset_rel", set, "%s", ptr_name(set));
	fake_must(set != NULL, "cpuset_rel", "no set");
	fake_may_sleep("cpuset_rel");
}

#ifndef PROFILE_15
void
rlqentry_free(struct rl_q_entry *rlqe)
{

	(void)fake_call("rlqentry_free", rlqe, "%s", ptr_name(rlqe));
}
#endif

void
sigqueue_init(struct sigqueue *queue, struct proc *p)
{

	(void)fake_call("sigqueue_init", queue, "%s,%s", ptr_name(queue),
	    ptr_name(p));
	TAILQ_INIT(&queue->sq_list);
	queue->sq_proc = p;
	queue->sq_flags = SQ_INIT;
}

ksiginfo_t *
ksiginfo_alloc(int mwait)
{
	static ksiginfo_t ksi;
	struct fake *f;

#ifdef OLDER
	/* The argument only said whether to wait. */
	mwait = mwait ? M_WAITOK : 0;
#endif
	f = fake_call("ksiginfo_alloc", NULL, "%s",
	    mwait == M_WAITOK ? "M_WAITOK" : "?");
	return (fake_ret(f, 1) != 0 ? &ksi : NULL);
}

#ifdef HWPMC_HOOKS
static int
record_pmc(struct thread *td, int function, void *arg)
{

	(void)fake_call("pmc_hook", td, "%s,%d,%s", ptr_name(td), function,
	    ptr_name(arg));
	return (0);
}

int (*pmc_hook)(struct thread *, int, void *) = record_pmc;
volatile int pmc_ss_count;
#endif

#ifdef KTR
#include <sys/ktr.h>

static bool ktr_logged;

void
log_ktr(void)
{

	ktr_logged = true;
}

/*
 * Only the traces of thread_exit(), not those of inline functions.
 */
void
ktr_tracepoint(uint64_t mask, const char *file __unused, int line __unused,
    const char *format, u_long a1, u_long a2, u_long a3, u_long a4, u_long a5,
    u_long a6)
{
	char buf[128];

	if (!ktr_logged || mask != KTR_PROC)
		return;
	snprintf(buf, sizeof(buf), format, a1, a2, a3, a4, a5, a6);
	(void)fake_call("ktr", NULL, "%s", buf);
}
#endif
