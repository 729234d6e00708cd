/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What all fakes of locks have in common: the locks' names, who owns what,
 * critical sections.  They work on the real lock words, so that what the
 * object does inline and what it leaves to the fakes agree.  Only one host
 * thread runs: a lock that is not free would never become free, which ends
 * the test.
 */
#include "../harness.h"
#include "lock.h"

#define	LOCKS_MAX	256

static struct {
	volatile uintptr_t	*word;
	int			 kind;
	bool			 recursed;
	char			 name[32];
} locks[LOCKS_MAX];
static int nlocks;
bool asserts_logged, locks_logged;
volatile bool lockstat_enabled;

/*
 * A thread on another CPU that wants every lock: whenever a fake is called it
 * has those that are free and waits for those that are owned, so that what
 * the object does inline fails and the slow paths are taken.  They get the
 * lock at once, since the rival never keeps one for long.
 */
static bool rivalry;
static struct thread0_storage rival __aligned(64);
#define	RIVAL	((uintptr_t)&rival)

/* Spin locks are taken once more than they are given up, see spinlock_exit. */
static bool recursion;

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
	lock_rivals();
}

const char *
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

/*
 * Who owns a lock, rivals apart; NULL if nobody does.
 */
void *
lock_owner(const volatile uintptr_t *word)
{

	if (*word == RIVAL || *word == RW_UNLOCKED)
		return (NULL);
	return ((void *)(*word & ~(uintptr_t)RW_LOCK_FLAGMASK));
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

/*
 * The word of a free lock: reader/writer locks have a bit set.
 */
static uintptr_t
free_word(int kind)
{

	return (kind == LOCK_RW ? RW_UNLOCKED : MTX_UNOWNED);
}

bool
lock_free(volatile uintptr_t *word, int kind)
{

	return (*word == free_word(kind) || *word == RIVAL);
}

/*
 * Without SMP nobody else can have a spin lock.
 */
void
lock_rivals(void)
{
	volatile uintptr_t *word;
	int i, kind;

	if (!rivalry)
		return;
	for (i = 0; i < nlocks; i++) {
		word = locks[i].word;
		kind = locks[i].kind;
#ifndef SMP
		if (kind == LOCK_SPIN)
			continue;
#endif
		if (*word == free_word(kind))
			*word = RIVAL;
		else if (lock_owned(word) && kind == LOCK_SLEEP)
			*word |= MTX_CONTESTED;
		else if (lock_owned(word) && kind == LOCK_RW &&
		    (*word & RW_LOCK_READ) == 0)
			*word |= RW_LOCK_WRITE_WAITERS;
	}
}

/*
 * The lock's entry if it is a spin lock, and its count of recursions.
 */
static int
spin_index(const volatile uintptr_t *word)
{
	int i;

	for (i = 0; i < nlocks; i++)
		if (locks[i].word == word && locks[i].kind == LOCK_SPIN)
			return (i);
	return (-1);
}

static volatile u_int *
recursions(int i)
{

	return (&__containerof(locks[i].word, struct mtx,
	    mtx_lock)->lock_object.lo_data);
}

static void
set_recursed(int i, bool recursed)
{

	locks[i].recursed = recursed;
	*recursions(i) = recursed;
}

/*
 * A spin lock has been taken by a slow path.
 */
void
lock_recurse(const volatile uintptr_t *word)
{
	int i;

	i = spin_index(word);
	if (recursion && i >= 0)
		set_recursed(i, true);
}

/*
 * What the object gave up as if it had been recursed is free now.
 */
static void
unrecurse(void)
{
	int i;

	for (i = 0; i < nlocks; i++)
		if (locks[i].recursed && *recursions(i) == 0) {
			locks[i].recursed = false;
			*locks[i].word = MTX_UNOWNED;
		}
}

void
locks_mode(int mode)
{

	rivalry = mode == TAP_CONTENDED || mode == TAP_RECURSED;
	recursion = mode == TAP_RECURSED;
	if (mode == TAP_CONTENDED)
		probes_enable();
	if (mode == TAP_TRACED) {
		lockstat_enabled = true;
		probe_enable(SPIN_RELEASE, SPIN_RELEASE_ID);
	}
}

/*
 * From now on locks are free or owned by curthread alone: the log is that of
 * a kernel in which nobody else wants them.
 */
static void
end_rivalry(void)
{
	int i;

	rivalry = recursion = false;
	for (i = 0; i < nlocks; i++) {
		if (locks[i].recursed)
			set_recursed(i, false);
		if (*locks[i].word == RIVAL)
			*locks[i].word = free_word(locks[i].kind);
	}
}

/*
 * From now on nobody else wants a lock, or looks.
 */
void
nobody_wants_locks(void)
{

	end_rivalry();
	lockstat_enabled = false;
}

void
log_locks(void)
{

	end_rivalry();
	locks_logged = true;
	lockstat_enabled = true;
	probe_enable(SPIN_RELEASE, SPIN_RELEASE_ID);
}

void
log_asserts(void)
{

	asserts_logged = true;
}

void
lock_acquire(const char *func, volatile uintptr_t *word, int kind)
{

	(void)fake_call(func, __DEVOLATILE(void *, word),
	    locks_logged ? "%s" : NULL, lock_name(word));
	if (lock_owned(word))
		fatal("%s: %s is already owned", func, lock_name(word));
	if (!lock_free(word, kind))
		fatal("%s: %s is owned by %s, this would wait forever", func,
		    lock_name(word), ptr_name((void *)(*word &
		    ~(uintptr_t)RW_LOCK_FLAGMASK)));
	*word = (uintptr_t)curthread;
	lock_rivals();
}

void
lock_release(const char *func, volatile uintptr_t *word, int kind)
{

	(void)fake_call(func, __DEVOLATILE(void *, word),
	    locks_logged ? "%s" : NULL, lock_name(word));
	if (!owned_by(word, curthread))
		fatal("%s: %s is not owned", func, lock_name(word));
	*word = free_word(kind);
	lock_rivals();
}

void
lock_take(volatile uintptr_t *word)
{

	if (!lock_free(word, LOCK_SLEEP))
		fatal("test takes %s, owned by %s", lock_name(word),
		    ptr_name((void *)*word));
	*word = (uintptr_t)curthread;
}

void
lock_drop(volatile uintptr_t *word)
{
	int i;

	if (!lock_owned(word))
		fatal("%s is released, but not owned", lock_name(word));
	i = spin_index(word);
	if (i >= 0 && locks[i].recursed)
		set_recursed(i, false);
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
	unrecurse();
	if (td->td_md.md_spinlock_count <= 0)
		fatal("spinlock_exit without spinlock_enter");
	if (--td->td_md.md_spinlock_count == 0)
		td->td_critnest--;
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
