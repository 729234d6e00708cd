/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Mutexes, reader/writer locks and critical sections.  All work on the real
 * lock words, so that what the object does inline and what it leaves to
 * these functions agree.  Only one host thread runs: a lock that is not free
 * would never become free, which ends the test.
 */
#include "../harness.h"

#define	LOCKS_MAX	256

static struct {
	volatile uintptr_t	*word;
	int			 kind;
	char			 name[32];
} locks[LOCKS_MAX];
static int nlocks;
static bool asserts_logged, locks_logged;

volatile bool lockstat_enabled;
struct mtx Giant;
struct mtx blocked_lock;
struct mtx *tid_lock_fake;
struct rwlock *tidhash_locks;
int tidhash_nlocks;

void
lock_register(volatile uintptr_t *word, int kind, const char *name)
{
	int i;

	for (i = 0; i < nlocks; i++)
		if (locks[i].word == word)
			break;
	if (i == LOCKS_MAX)
		fatal("LOCKS_MAX is too small");
	locks[i].word = word;
	locks[i].kind = kind;
	snprintf(locks[i].name, sizeof(locks[i].name), "%s", name);
	if (i == nlocks)
		nlocks++;
}

static const char *
lock_name(const volatile uintptr_t *word)
{
	int i;

	for (i = 0; i < nlocks; i++)
		if (locks[i].word == word)
			return (locks[i].name);
	return (ptr_name(word));
}

static bool
owned_by(const volatile uintptr_t *word, struct thread *td)
{

	return ((*word & ~(uintptr_t)RW_LOCK_FLAGMASK) == (uintptr_t)td);
}

bool
lock_owned(const volatile uintptr_t *word)
{

	return (*word != MTX_UNOWNED && owned_by(word, curthread));
}

static int
spin_count(void)
{
	int i, n;

	n = 0;
	for (i = 0; i < nlocks; i++)
		if (locks[i].kind == LOCK_SPIN && lock_owned(locks[i].word))
			n++;
	return (n);
}

bool
spin_locks_owned(void)
{

	return (spin_count() != 0);
}

/*
 * Names of all locks that curthread owns, in order of registration.  A lock
 * that is read-locked, by whomever, counts as owned and has an ":r".
 */
const char *
lock_state(void)
{
	static char buf[256];
	int i, len;

	if (curthread->td_md.md_spinlock_count != spin_count())
		fatal("critical section depth %d, but %d spin locks owned",
		    curthread->td_md.md_spinlock_count, spin_count());
	buf[len = 0] = '\0';
	for (i = 0; i < nlocks; i++) {
		if (locks[i].kind == LOCK_RW &&
		    (*locks[i].word & RW_LOCK_READ) != 0) {
			if (RW_READERS(*locks[i].word) == 0)
				continue;
			len += snprintf(buf + len, sizeof(buf) - len, "%s%s:r",
			    len == 0 ? "" : " ", locks[i].name);
		} else if (lock_owned(locks[i].word))
			len += snprintf(buf + len, sizeof(buf) - len, "%s%s",
			    len == 0 ? "" : " ", locks[i].name);
	}
	return (len == 0 ? "-" : buf);
}

void
log_locks(void)
{

	locks_logged = true;
	lockstat_enabled = true;
	probe_enable(SPIN_RELEASE, SPIN_RELEASE_ID);
}

void
log_asserts(void)
{

	asserts_logged = true;
}

/*
 * The word of a free lock: reader/writer locks have a bit set.
 */
static uintptr_t
free_word(int kind)
{

	return (kind == LOCK_RW ? RW_UNLOCKED : MTX_UNOWNED);
}

static void
take(const char *func, volatile uintptr_t *word, int kind)
{

	(void)fake_call(func, __DEVOLATILE(void *, word),
	    locks_logged ? "%s" : NULL, lock_name(word));
	if (lock_owned(word))
		fatal("%s: %s is already owned", func, lock_name(word));
	if (*word != free_word(kind))
		fatal("%s: %s is owned by %s, this would wait forever", func,
		    lock_name(word), ptr_name((void *)(*word &
		    ~(uintptr_t)RW_LOCK_FLAGMASK)));
	*word = (uintptr_t)curthread;
}

static void
drop(const char *func, volatile uintptr_t *word, int kind)
{

	(void)fake_call(func, __DEVOLATILE(void *, word),
	    locks_logged ? "%s" : NULL, lock_name(word));
	if (!owned_by(word, curthread))
		fatal("%s: %s is not owned", func, lock_name(word));
	*word = free_word(kind);
}

void
lock_take(volatile uintptr_t *word)
{

	if (*word != MTX_UNOWNED)
		fatal("test takes %s, owned by %s", lock_name(word),
		    ptr_name((void *)*word));
	*word = (uintptr_t)curthread;
}

void
lock_drop(volatile uintptr_t *word)
{

	if (!lock_owned(word))
		fatal("%s is released, but not owned", lock_name(word));
	*word = MTX_UNOWNED;
}

void
tl_take(struct thread *td)
{

	spinlock_enter();
	lock_take(&td->td_lock->mtx_lock);
}

void
tl_drop(struct thread *td)
{

	lock_drop(&td->td_lock->mtx_lock);
	spinlock_exit();
}

/*
 * Critical sections.
 */
void
spinlock_enter(void)
{
	struct thread *td;

	td = curthread;
	if (td->td_md.md_spinlock_count++ == 0)
		td->td_critnest++;
}

void
spinlock_exit(void)
{
	struct thread *td;

	td = curthread;
	if (td->td_md.md_spinlock_count <= 0)
		fatal("spinlock_exit without spinlock_enter");
	if (--td->td_md.md_spinlock_count == 0)
		td->td_critnest--;
}

/*
 * Mutexes.
 */
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

static void
mtx_take_sleep(volatile uintptr_t *c)
{

	fake_may_sleep("mtx_lock");
	take("mtx_lock", c, LOCK_SLEEP);
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

	drop("mtx_unlock", c, LOCK_SLEEP);
}

void
__mtx_unlock_flags(volatile uintptr_t *c, int opts __unused,
    const char *file __unused, int line __unused)
{

	drop("mtx_unlock", c, LOCK_SLEEP);
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
	if (*c != MTX_UNOWNED)
		fatal("mtx_lock_spin: %s is owned by %s", lock_name(c),
		    ptr_name((void *)*c));
	*c = (uintptr_t)curthread;
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

	drop("mtx_unlock_spin", c, LOCK_SPIN);
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

	(void)fake_call("mtx_unlock_spin", m, "%s", lock_name(&m->mtx_lock));
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
	if (td->td_lock->mtx_lock != MTX_UNOWNED)
		fatal("thread_lock(%s): %s is owned by %s", ptr_name(td),
		    lock_name(&td->td_lock->mtx_lock),
		    ptr_name((void *)td->td_lock->mtx_lock));
	td->td_lock->mtx_lock = (uintptr_t)curthread;
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

/*
 * Reader/writer locks.
 */
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
	take("rw_wlock", c, LOCK_RW);
}

void
_rw_wlock_cookie(volatile uintptr_t *c, const char *file __unused,
    int line __unused)
{

	fake_may_sleep("rw_wlock");
	take("rw_wlock", c, LOCK_RW);
}

void
__rw_wunlock_hard(volatile uintptr_t *c, uintptr_t v __unused RW_SLOW_ARGS)
{

	drop("rw_wunlock", c, LOCK_RW);
}

void
_rw_wunlock_cookie(volatile uintptr_t *c, const char *file __unused,
    int line __unused)
{

	drop("rw_wunlock", c, LOCK_RW);
}

/*
 * WITNESS and LOCK_PROFILING.
 */
void	witness_thread_exit(struct thread *td);
#undef lock_profile_thread_exit
void	lock_profile_thread_exit(struct thread *td);

void
witness_save(struct lock_object *lock __unused, const char **filep __unused,
    int *linep __unused)
{
}

void
witness_restore(struct lock_object *lock __unused, const char *file __unused,
    int line __unused)
{
}

void
witness_thread_exit(struct thread *td)
{

	(void)fake_call("witness_thread_exit", td, "%s", ptr_name(td));
}

void
lock_profile_thread_exit(struct thread *td)
{

	(void)fake_call("lock_profile_thread_exit", td, "%s", ptr_name(td));
}
