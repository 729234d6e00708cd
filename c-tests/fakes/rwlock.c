/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Reader/writer locks.
 */
#include "../harness.h"
#include "lock.h"

struct rwlock *tidhash_locks;
int tidhash_nlocks;

void
_rw_init_flags(volatile uintptr_t *c, const char *name, int opts)
{
	char buf[32];

	(void)fake_call("rw_init", NULL, "%s,%d", name, opts);
	*c = RW_UNLOCKED;
	if (strcmp(name, "tidhash") == 0) {
		if (tidhash_nlocks == 0)
			tidhash_locks = __containerof(c, struct rwlock,
			    rw_lock);
		snprintf(buf, sizeof(buf), "tidhash%d", tidhash_nlocks++);
		lock_register(c, LOCK_RW, buf);
	}
}

static void
rw_take_read(volatile uintptr_t *c)
{

	fake_may_sleep("rw_rlock");
	(void)fake_call("rw_rlock", __DEVOLATILE(void *, c),
	    locks_logged ? "%s" : NULL, lock_name(c));
	if (lock_free(c, LOCK_RW))
		*c = RW_UNLOCKED;
	if ((*c & RW_LOCK_READ) == 0)
		fatal("rw_rlock: %s is write-locked", lock_name(c));
	*c += RW_ONE_READER;
}

static void
rw_drop_read(volatile uintptr_t *c)
{

	(void)fake_call("rw_runlock", __DEVOLATILE(void *, c),
	    locks_logged ? "%s" : NULL, lock_name(c));
	if ((*c & RW_LOCK_READ) == 0 || RW_READERS(*c) == 0)
		fatal("rw_runlock: %s is not read-locked", lock_name(c));
	*c -= RW_ONE_READER;
}

static int
rw_upgrade(volatile uintptr_t *c)
{

	(void)fake_call("rw_try_upgrade", __DEVOLATILE(void *, c), "%s",
	    lock_name(c));
	if ((*c & RW_LOCK_READ) == 0 || RW_READERS(*c) == 0)
		fatal("rw_try_upgrade: %s is not read-locked", lock_name(c));
	if (RW_READERS(*c) != 1)
		return (0);
	*c = (uintptr_t)curthread;
	lock_rivals();
	return (1);
}

#if LOCK_DEBUG > 0
#define	RW_SLOW_ARGS	, const char *file __unused, int line __unused
#else
#define	RW_SLOW_ARGS
#endif

void
__rw_rlock_int(struct rwlock *rw RW_SLOW_ARGS)
{

	rw_take_read(&rw->rw_lock);
}

void
__rw_rlock(volatile uintptr_t *c, const char *file __unused,
    int line __unused)
{

	rw_take_read(c);
}

void
_rw_runlock_cookie_int(struct rwlock *rw RW_SLOW_ARGS)
{

	rw_drop_read(&rw->rw_lock);
}

void
_rw_runlock_cookie(volatile uintptr_t *c, const char *file __unused,
    int line __unused)
{

	rw_drop_read(c);
}

int
__rw_try_upgrade_int(struct rwlock *rw RW_SLOW_ARGS)
{

	return (rw_upgrade(&rw->rw_lock));
}

int
__rw_try_upgrade(volatile uintptr_t *c, const char *file __unused,
    int line __unused)
{

	return (rw_upgrade(c));
}

void
__rw_wlock_hard(volatile uintptr_t *c, uintptr_t v __unused RW_SLOW_ARGS)
{

	fake_may_sleep("rw_wlock");
	lock_acquire("rw_wlock", c, LOCK_RW);
}

void
_rw_wlock_cookie(volatile uintptr_t *c, const char *file __unused,
    int line __unused)
{

	fake_may_sleep("rw_wlock");
	lock_acquire("rw_wlock", c, LOCK_RW);
}

void
__rw_wunlock_hard(volatile uintptr_t *c, uintptr_t v __unused RW_SLOW_ARGS)
{

	lock_release("rw_wunlock", c, LOCK_RW);
}

void
_rw_wunlock_cookie(volatile uintptr_t *c, const char *file __unused,
    int line __unused)
{

	lock_release("rw_wunlock", c, LOCK_RW);
}
