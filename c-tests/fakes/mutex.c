/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Mutexes, sleep and spin, and thread locks: initialisation, the slow paths
 * of the inline functions, and the functions of kernels that do not inline.
 */
#include "../harness.h"
#include "lock.h"

struct mtx Giant;
struct mtx blocked_lock;
struct mtx *tid_lock_fake;

#if LOCK_DEBUG > 0
#define	MTX_SLOW_ARGS	int opts __unused, const char *file __unused,	\
			int line __unused
#define	COMMA_MTX_SLOW_ARGS	, MTX_SLOW_ARGS
#else
#define	COMMA_MTX_SLOW_ARGS
#endif

void
_mtx_init(volatile uintptr_t *c, const char *name, const char *type,
    int opts)
{

	(void)fake_call("mtx_init", NULL, "%s,%s,%s", name,
	    type == NULL ? "NULL" : type,
	    opts == MTX_DEF ? "MTX_DEF" : opts == MTX_SPIN ? "MTX_SPIN" : "?");
	*c = MTX_UNOWNED;
	if (strcmp(name, "TID lock") == 0) {
		tid_lock_fake = __containerof(c, struct mtx, mtx_lock);
		lock_register(c, LOCK_SLEEP, "tid_lock");
	}
}

/*
 * Giant alone may be taken again by its owner.
 */
static bool
giant_again(volatile uintptr_t *c, int delta)
{

	if (c != &Giant.mtx_lock || !mtx_owned(&Giant))
		return (false);
	if (delta < 0 && !mtx_recursed(&Giant))
		return (false);
	Giant.mtx_recurse += delta;
	if (mtx_recursed(&Giant))
		*c |= MTX_RECURSED;
	else
		*c &= ~(uintptr_t)MTX_RECURSED;
	return (true);
}

static void
mtx_take_sleep(volatile uintptr_t *c)
{

	if (giant_again(c, 1))
		return;
	fake_may_sleep("mtx_lock");
	lock_acquire("mtx_lock", c, LOCK_SLEEP);
}

void
__mtx_lock_sleep(volatile uintptr_t *c, uintptr_t v __unused
    COMMA_MTX_SLOW_ARGS)
{

	mtx_take_sleep(c);
}

void
__mtx_lock_flags(volatile uintptr_t *c, int opts __unused,
    const char *file __unused, int line __unused)
{

	mtx_take_sleep(c);
}

void
__mtx_unlock_sleep(volatile uintptr_t *c, uintptr_t v __unused
    COMMA_MTX_SLOW_ARGS)
{

	if (!giant_again(c, -1))
		lock_release("mtx_unlock", c, LOCK_SLEEP);
}

void
__mtx_unlock_flags(volatile uintptr_t *c, int opts __unused,
    const char *file __unused, int line __unused)
{

	if (!giant_again(c, -1))
		lock_release("mtx_unlock", c, LOCK_SLEEP);
}

/*
 * A spin lock's slow path is entered with the critical section open and the
 * lock not yet ours; it is closed again while the call is logged.
 */
static void
mtx_take_spin(volatile uintptr_t *c)
{

	spinlock_exit();
	(void)fake_call("mtx_lock_spin", __DEVOLATILE(void *, c),
	    locks_logged ? "%s" : NULL, lock_name(c));
	spinlock_enter();
	if (!lock_free(c, LOCK_SPIN))
		fatal("mtx_lock_spin: %s is owned by %s", lock_name(c),
		    ptr_name((void *)*c));
	*c = (uintptr_t)curthread;
	lock_recurse(c);
}

#ifdef SMP
void
_mtx_lock_spin_cookie(volatile uintptr_t *c, uintptr_t v __unused
    COMMA_MTX_SLOW_ARGS)
{

	mtx_take_spin(c);
}
#endif

void
__mtx_lock_spin_flags(volatile uintptr_t *c, int opts __unused,
    const char *file __unused, int line __unused)
{

	spinlock_enter();
	mtx_take_spin(c);
}

void
__mtx_unlock_spin_flags(volatile uintptr_t *c, int opts __unused,
    const char *file __unused, int line __unused)
{

	lock_release("mtx_unlock_spin", c, LOCK_SPIN);
	spinlock_exit();
}

#if defined(INVARIANTS) || defined(INVARIANT_SUPPORT)
void
__mtx_assert(const volatile uintptr_t *c, int what, const char *file __unused,
    int line __unused)
{
	bool owned;

	if (asserts_logged)
		(void)fake_call("mtx_assert", NULL, "%s,%s", lock_name(c),
		    what == MA_OWNED ? "MA_OWNED" :
		    what == MA_NOTOWNED ? "MA_NOTOWNED" : "?");
	owned = lock_owned(c);
	if (what == MA_NOTOWNED ? owned : !owned)
		panic("mutex %s %s", lock_name(c), owned ? "owned" :
		    "not owned");
}
#endif

/*
 * The inline release of a spin lock shows itself only to DTrace; event.c
 * hands its probe on.
 */
void
spin_released(struct mtx *m)
{

	(void)fake_call("mtx_unlock_spin", m, locks_logged ? "%s" : NULL,
	    lock_name(&m->mtx_lock));
}

/*
 * Thread locks.  Taking one looks at td_lock when the call is made and
 * again after hooks have run: it waits out blocked_lock.
 */
static void
thread_take(struct thread *td)
{

	(void)fake_call("thread_lock", td, "%s", ptr_name(td));
	spinlock_enter();
	if (td->td_lock == &blocked_lock)
		fatal("thread_lock(%s): blocked for ever", ptr_name(td));
	if (!lock_free(&td->td_lock->mtx_lock, LOCK_SPIN))
		fatal("thread_lock(%s): %s is owned by %s", ptr_name(td),
		    lock_name(&td->td_lock->mtx_lock),
		    ptr_name((void *)td->td_lock->mtx_lock));
	td->td_lock->mtx_lock = (uintptr_t)curthread;
	lock_recurse(&td->td_lock->mtx_lock);
}

#if LOCK_DEBUG > 0
void
_thread_lock(struct thread *td, MTX_SLOW_ARGS)
#else
void
_thread_lock(struct thread *td)
#endif
{

	thread_take(td);
}

void
thread_lock_flags_(struct thread *td, int opts __unused,
    const char *file __unused, int line __unused)
{

	thread_take(td);
}
