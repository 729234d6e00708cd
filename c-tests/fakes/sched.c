/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Scheduler, sleep queues, ASTs and the stop machinery of signals.  Each
 * fake demands the locks that the real function asserts or needs, and leaves
 * them as that one does: setrunnable() and sleepq_abort() give the thread
 * lock up, mi_switch() returns without it.
 */
#include "../harness.h"

#include <sys/turnstile.h>

extern void	kick_proc0(void);

int hz = 1000;
volatile int ticks = INT_MAX - 1000 * 600;
sbintime_t tick_sbt = SBT_1MS;
struct vmmeter vm_cnt;
uint64_t now_ticks = 5000;

static uint64_t
read_ticks(void)
{

	(void)fake_call("cpu_ticks", NULL, "%s", "");
	return (now_ticks);
}

cpu_tick_f *cpu_ticks = read_ticks;

static bool
tl_owned(struct thread *td)
{

	return (lock_owned(&td->td_lock->mtx_lock));
}

#ifdef OLDER
static void
soft_updates(struct thread *td)
{

	(void)fake_call("softdep_ast_cleanup", td, "%s", ptr_name(td));
	td->td_su = NULL;
}

void (*softdep_ast_cleanup)(struct thread *) = soft_updates;

int
asts(struct thread *td)
{

	return (td->td_flags & (AST_SUSPEND | AST_OTHER));
}

void
set_asts(struct thread *td, int asts)
{

	td->td_flags = (td->td_flags & ~(AST_SUSPEND | AST_OTHER)) | asts;
}
#else
void (*ast_handler[TDA_MAX])(struct thread *, int);

int
asts(struct thread *td)
{

	return (td->td_ast);
}

void
set_asts(struct thread *td, int asts)
{

	td->td_ast = asts;
}

static const char *
tda_name(int tda)
{

	return (tda == TDA_SUSPEND ? "SUSPEND" : "?");
}

void
ast_register(int ast, int ast_flags, int tdp,
    void (*f)(struct thread *, int))
{

	(void)fake_call("ast_register", NULL, "%s,%s,%d", tda_name(ast),
	    ast_flags == ASTR_ASTF_REQUIRED ? "ASTR_ASTF_REQUIRED" : "?", tdp);
	fake_must(ast_handler[ast] == NULL, "ast_register", "slot taken");
	ast_handler[ast] = f;
}

void
ast_sched_locked(struct thread *td, int tda)
{

	(void)fake_call("ast_sched_locked", td, "%s,%s", ptr_name(td),
	    tda_name(tda));
	fake_must(tl_owned(td), "ast_sched_locked", "no thread lock");
	td->td_ast |= TDAI(tda);
}

void
ast_unsched_locked(struct thread *td, int tda)
{

	(void)fake_call("ast_unsched_locked", td, "%s,%s", ptr_name(td),
	    tda_name(tda));
	fake_must(tl_owned(td), "ast_unsched_locked", "no thread lock");
	td->td_ast &= ~TDAI(tda);
}

void
ast_kclear(struct thread *td)
{

	(void)fake_call("ast_kclear", td, "%s", ptr_name(td));
	td->td_ast = 0;
}
#endif

void
forward_signal(struct thread *td)
{

	(void)fake_call("forward_signal", td, "%s", ptr_name(td));
	fake_must(tl_owned(td), "forward_signal", "no thread lock");
	fake_must(TD_IS_RUNNING(td), "forward_signal", "td is not running");
}

#ifdef HAVE_SWAPPER
#define	SWAPPER_INT		int
#define	SWAPPER_RETURN(v)	return (v)
#else
#define	SWAPPER_INT		void
#define	SWAPPER_RETURN(v)	(void)(v)
#endif

/*
 * Wakes a thread that has no inhibitor left; tells whether the swapper must
 * bring it in first.
 */
static int
wake_thread(struct thread *td)
{
	int swapin;

	swapin = 0;
	switch (TD_GET_STATE(td)) {
	case TDS_CAN_RUN:
		td->td_slptick = 0;
		TD_SET_RUNQ(td);
		break;
	case TDS_INHIBITED:
#ifdef HAVE_SWAPPER
		if (td->td_inhibitors == TDI_SWAPPED &&
		    (td->td_flags & TDF_SWAPINREQ) == 0) {
			td->td_flags |= TDF_SWAPINREQ;
			swapin = 1;
		}
#endif
		break;
	case TDS_RUNNING:
	case TDS_RUNQ:
		break;
	default:
		fatal("setrunnable of %s, state %d", ptr_name(td),
		    TD_GET_STATE(td));
	}
	return (swapin);
}

SWAPPER_INT
setrunnable(struct thread *td, int srqflags)
{
	struct fake *f;
	int swapin;

	f = fake_call("setrunnable", td, "%s,%d", ptr_name(td), srqflags);
	fake_must(tl_owned(td), "setrunnable", "no thread lock");
	swapin = wake_thread(td);
	tl_drop(td);
	SWAPPER_RETURN(fake_ret(f, swapin));
}

void
kick_proc0(void)
{

	(void)fake_call("kick_proc0", NULL, "%s", "");
}

SWAPPER_INT
sleepq_abort(struct thread *td, int intrval)
{
	struct fake *f;
	int swapin;

	f = fake_call("sleepq_abort", td, "%s,%s", ptr_name(td),
	    intrval == EINTR ? "EINTR" : intrval == ERESTART ? "ERESTART" :
	    "?");
	fake_must(tl_owned(td), "sleepq_abort", "no thread lock");
	fake_must(TD_ON_SLEEPQ(td), "sleepq_abort", "not on a sleep queue");
	fake_must((td->td_flags & TDF_SINTR) != 0, "sleepq_abort",
	    "not interruptible");
	swapin = 0;
	if ((td->td_flags & TDF_TIMEOUT) == 0) {
		td->td_intrval = intrval;
		if (TD_IS_SLEEPING(td)) {
			td->td_wchan = NULL;
			td->td_flags &= ~TDF_SINTR;
			TD_CLR_SLEEPING(td);
			swapin = wake_thread(td);
		}
	}
	tl_drop(td);
	SWAPPER_RETURN(fake_ret(f, swapin));
}

void
sleepq_remove_nested(struct thread *td)
{

	(void)fake_call("sleepq_remove_nested", td, "%s", ptr_name(td));
	fake_must(!tl_owned(td), "sleepq_remove_nested", "thread lock held");
	tl_take(td);
	td->td_wchan = NULL;
	td->td_flags &= ~(TDF_SINTR | TDF_TIMEOUT);
}

struct sleepqueue *
sleepq_alloc(void)
{

	(void)fake_call("sleepq_alloc", NULL, "%s", "");
	return ((struct sleepqueue *)(uintptr_t)0x51ee9000);
}

void
sleepq_free(struct sleepqueue *sq)
{

	(void)fake_call("sleepq_free", sq, "%p", (void *)sq);
}

struct turnstile *
turnstile_alloc(void)
{

	(void)fake_call("turnstile_alloc", NULL, "%s", "");
	return ((struct turnstile *)(uintptr_t)0x70b00000);
}

void
turnstile_free(struct turnstile *ts)
{

	(void)fake_call("turnstile_free", ts, "%p", (void *)ts);
}

void
sched_sleep(struct thread *td, int prio)
{

	(void)fake_call("sched_sleep", td, "%s,%d", ptr_name(td), prio);
	fake_must(tl_owned(td), "sched_sleep", "no thread lock");
	fake_must(TD_IS_SUSPENDED(td), "sched_sleep",
	    "the thread is not marked suspended yet");
	td->td_slptick = ticks;
}

static const char *
switch_name(int flags)
{

	switch (flags) {
	case SW_VOL | SWT_SUSPEND:
		return ("SW_VOL|SWT_SUSPEND");
	case SW_INVOL | SWT_SUSPEND:
		return ("SW_INVOL|SWT_SUSPEND");
	default:
		return ("?");
	}
}

/*
 * Gives the CPU away: the hooks are all that happens until the thread runs
 * again.  A thread that is still suspended after them sleeps for ever; a
 * test that wants that catches the escape.
 */
void
mi_switch(int flags)
{
	struct thread *td;
	bool woken;

	td = curthread;
	fake_must(tl_owned(td), "mi_switch", "no thread lock");
	fake_must(td->td_md.md_spinlock_count == 1, "mi_switch",
	    "more than the thread lock is held");
	if ((flags & SW_VOL) != 0)
		td->td_ru.ru_nvcsw++;
	else
		td->td_ru.ru_nivcsw++;
	td->td_generation++;
	/* The line shows the locks before the switch, hooks run after it. */
	(void)fake_call("mi_switch", td, "%s", switch_name(flags));
	tl_drop(td);
	(void)fake_call("switched", td, NULL);
	woken = !TD_IS_SUSPENDED(td);
	if (!woken)
		escape("mi_switch");
	fake_must(curthread == td, "mi_switch", "another thread returned");
	TD_SET_RUNNING(td);
}

void
sched_exit_thread(struct thread *td, struct thread *child)
{
	struct proc *p;

	(void)fake_call("sched_exit_thread", td, "%s,%s", ptr_name(td),
	    ptr_name(child));
	p = td->td_proc;
	fake_must(lock_owned(&p->p_mtx.mtx_lock) &&
	    lock_owned(&p->p_slock.mtx_lock), "sched_exit_thread",
	    "process locks not held");
	fake_must(!tl_owned(td) && !tl_owned(child), "sched_exit_thread",
	    "a thread lock is held");
}

void
sched_throw(struct thread *td)
{

	(void)fake_call("sched_throw", td, "%s", ptr_name(td));
	fake_must(tl_owned(td), "sched_throw", "no thread lock");
	fake_must(TD_GET_STATE(td) == TDS_INACTIVE, "sched_throw",
	    "td is not inactive");
	if (escape_armed("sched_throw"))
		escape("sched_throw");
}

void
sched_relinquish(struct thread *td)
{

	(void)fake_call("sched_relinquish", td, "%s", ptr_name(td));
	fake_must(strcmp(lock_state(), "-") == 0, "sched_relinquish",
	    "locks held");
}

int
sched_sizeof_thread(void)
{

	return (sizeof(struct thread0_storage));
}

int
quiesce_all_cpus(const char *wmesg, int prio)
{

	(void)fake_call("quiesce_all_cpus", NULL, "\"%s\",%s", wmesg,
	    prio == PDROP ? "PDROP" : "?");
	fake_may_sleep("quiesce_all_cpus");
	return (0);
}

int
_sleep(const void *chan, struct lock_object *lock, int pri, const char *wmesg,
    sbintime_t sbt, sbintime_t pr, int flags)
{
	struct fake *f;
	struct mtx *m;

	m = __containerof(lock, struct mtx, lock_object);
	fake_must(sbt == 0 && pr == 0 && flags == C_HARDCLOCK, "_sleep",
	    "timeout or flags");
	(void)fake_call("msleep", __DECONST(void *, chan), "%s,%s,\"%s\"",
	    ptr_name(chan), pri == PCATCH ? "PCATCH" : "?", wmesg);
	fake_may_sleep("_sleep");
	lock_drop(&m->mtx_lock);
	f = fake_call("asleep", __DECONST(void *, chan), NULL);
	lock_take(&m->mtx_lock);
	return (fake_ret(f, 0));
}

void
wakeup(const void *chan)
{

	(void)fake_call("wakeup", __DECONST(void *, chan), "%s",
	    ptr_name(chan));
}

void
thread_stopped(struct proc *p)
{

	(void)fake_call("thread_stopped", p, "%s", ptr_name(p));
	fake_must(lock_owned(&p->p_mtx.mtx_lock) &&
	    lock_owned(&p->p_slock.mtx_lock), "thread_stopped",
	    "process locks not held");
}
