/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * tdfind(), tidhash_add() and tidhash_remove().  The table is the one that
 * the object got from hashinit().
 */
#include "harness.h"

/*
 * With the default maxproc of 100 the table has 32 buckets: ids 32 apart
 * share one.
 */
#define	BUCKETS		32

static void
setup(void)
{

	boot();
	CHECK_EQ(BUCKETS - 1, tidhash_fake.hf_mask);
	multi(4);
	tidhash_add(T0);
	tidhash_add(T1);
}

static void
check_order(lwpid_t tid, struct thread *first, struct thread *second)
{
	struct thread *td;

	td = LIST_FIRST(&tidhash_fake.hf_table[tid & tidhash_fake.hf_mask]);
	CHECK_PTR(first, td);
	if (td != NULL)
		CHECK_PTR(second, LIST_NEXT(td, td_hash));
}

/*
 * Lookup of the caller itself.
 */
TEST(find_self, "tdfind: S66 the caller finds itself without the hash")
{

	setup();
	tidhash_remove(T0);
	log_locks();
	CHECK_PTR(T0, tdfind(T0->td_tid, -1));
	CHECK_LOCKS("PL");
#ifdef LOCKS_VISIBLE
	expect_calls("mtx_lock(PL) | -");
#endif
}

TEST(find_self_pid, "tdfind: S66 the caller finds itself by its own pid")
{

	setup();
	CHECK_PTR(T0, tdfind(T0->td_tid, P->p_pid));
	CHECK_LOCKS("PL");
}

TEST(find_self_new, "tdfind: S66 the caller finds itself even in a process "
    "that is being created")
{

	setup();
	P->p_state = PRS_NEW;
	CHECK_PTR(T0, tdfind(T0->td_tid, -1));
	CHECK_LOCKS("PL");
}

TEST(find_self_other_pid, "tdfind: S66 own id with another pid: NULL, no "
    "locks")
{

	setup();
	log_locks();
	CHECK_PTR(NULL, tdfind(T0->td_tid, P->p_pid + 1));
	CHECK_LOCKS("-");
	expect_no_calls();
}

/*
 * Lookup of others.
 */
TEST(find_other, "tdfind: S67 another thread, any pid: found, its process "
    "locked")
{

	setup();
	CHECK_PTR(T1, tdfind(T1->td_tid, -1));
	CHECK_LOCKS("PL");
}

TEST(find_other_pid, "tdfind: S67 another thread by its pid: found")
{

	setup();
	CHECK_PTR(T1, tdfind(T1->td_tid, P->p_pid));
	CHECK_LOCKS("PL");
}

TEST(find_foreign, "tdfind: S67 a thread of another process: that process "
    "is locked")
{

	setup();
	C = mkproc("c", 200);
	CT = mkthread(C, "CT", 201);
	tidhash_add(CT);
	CHECK_PTR(CT, tdfind(201, -1));
	CHECK_LOCKS("PL(c)");
}

TEST(find_wrong_pid, "tdfind: S67 another thread with a wrong pid: NULL, no "
    "locks")
{

	setup();
	CHECK_PTR(NULL, tdfind(T1->td_tid, P->p_pid + 1));
	CHECK_LOCKS("-");
	CHECK_UNOWNED(tidhash_locks->rw_lock);
}

TEST(find_unknown, "tdfind: S67 unknown id: NULL, no locks")
{

	setup();
	CHECK_PTR(NULL, tdfind(T1->td_tid + BUCKETS, -1));
	CHECK_LOCKS("-");
	CHECK_UNOWNED(tidhash_locks->rw_lock);
}

TEST(find_empty_bucket, "tdfind: S67 empty bucket: NULL, no locks")
{

	setup();
	CHECK_PTR(NULL, tdfind(T1->td_tid + 7, P->p_pid));
	CHECK_LOCKS("-");
}

TEST(find_new, "tdfind: S67 process being created: NULL, no locks")
{

	setup();
	P->p_state = PRS_NEW;
	CHECK_PTR(NULL, tdfind(T1->td_tid, -1));
	CHECK_LOCKS("-");
}

TEST(find_zombie, "tdfind: S67 exiting or zombie process: found while the "
    "thread is hashed")
{

	setup();
	P->p_state = PRS_ZOMBIE;
	P->p_flag |= P_WEXIT;
	CHECK_PTR(T1, tdfind(T1->td_tid, P->p_pid));
	CHECK_LOCKS("PL");
}

/*
 * A lookup that nobody disturbs takes the hash lock in the C file, and in
 * kernels whose lists are trashed; otherwise only to move a thread.
 */
#if defined(ALGORITHMS_C) || defined(QUEUE_MACRO_DEBUG_TRASH)
#define	FINDS_LOCKED
#define	IF_FINDS_LOCKED(line)	line
#else
#define	IF_FINDS_LOCKED(line)	""
#endif

TEST(find_locks, "tdfind: S68 the hash lock is dropped before PL is taken, or "
    "not taken at all")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	setup();
	log_locks();
	CHECK_PTR(T1, tdfind(T1->td_tid, -1));
	expect_calls(
	    IF_FINDS_LOCKED("rw_rlock(tidhash0) | -"),
	    IF_FINDS_LOCKED("rw_runlock(tidhash0) | tidhash0:r"),
	    "mtx_lock(PL) | -");
}

/*
 * A free lock is taken in place to move a thread, unless every operation is a
 * call in this kernel; one that others want is taken by the calls of the C file.
 */
#if defined(FINDS_LOCKED) || LOCK_DEBUG > 0 || defined(RWLOCK_NOINLINE)
#define	MOVES_BY_CALLS
#endif

#ifndef FINDS_LOCKED
/*
 * The count of changes stands behind the stripe's lock; it is odd while a
 * chain is being changed.
 */
#define	CHANGES	(*(volatile u_long *)(tidhash_locks + 1))

static int rlocks;

static void
count_rlock(void *arg)
{

	rlocks++;
}

TEST(find_changing, "tdfind: S68 while the hash is being changed, and only "
    "then, the lookup takes its lock")
{

	setup();
	on_each("rw_rlock", count_rlock);
	CHECK_PTR(T1, tdfind(T1->td_tid, -1));
	PROC_UNLOCK(P);
	CHECK_PTR(NULL, tdfind(T1->td_tid + BUCKETS, -1));
	CHECK_EQ(0, rlocks);
	CHECK_EQ(0, CHANGES % 2);
	CHANGES++;
	CHECK_PTR(T1, tdfind(T1->td_tid, -1));
	PROC_UNLOCK(P);
	CHECK_PTR(NULL, tdfind(T1->td_tid + BUCKETS, -1));
	CHECK_EQ(2, rlocks);
	CHECK_UNOWNED(tidhash_locks->rw_lock);
	CHANGES++;
	CHECK_PTR(T1, tdfind(T1->td_tid, -1));
	CHECK_EQ(2, rlocks);
}
#endif

/*
 * The thread goes, or becomes another, between the hash and PL.  The moment
 * is the release of the hash lock or, if that is not taken, PL itself.
 */
static void
before_lock(hook_t *hook)
{

#ifdef FINDS_LOCKED
	on_call("rw_runlock", 1, hook);
#elif defined(LOCKS_VISIBLE)
	log_locks();
	on_call("mtx_lock", 1, hook);
#else
	skip("lock calls are inline in this kernel");
#endif
}

/* The moment between the first lookup and the second. */
static void
before_second(hook_t *hook)
{

#ifdef FINDS_LOCKED
	on_call("rw_rlock", 2, hook);
#else
	on_call("mtx_unlock", 1, hook);
#endif
}

static void
dies(void *arg)
{

	LIST_REMOVE(T1, td_hash);
	T1->td_tid = -1;
}

TEST(race_dies, "tdfind: S68 the thread exits before PL is taken: looked up "
    "again, then NULL")
{

	setup();
	before_lock(dies);
	CHECK_PTR(NULL, tdfind(102, -1));
	CHECK_LOCKS("-");
}

static void
still_dying(void *arg)
{

	T1->td_tid = -1;
}

static void
gone_now(void *arg)
{

	T1->td_tid = 102;
}

TEST(race_restarts, "tdfind: S68 a mismatch of the id restarts the lookup, "
    "it does not fail it")
{

	setup();
	/* The id is missing for one moment only. */
	before_lock(still_dying);
	before_second(gone_now);
	CHECK_PTR(T1, tdfind(102, -1));
	CHECK_LOCKS("PL");
}

static void
moves(void *arg)
{

	T1->td_proc = C;
}

TEST(race_other_proc, "tdfind: S68 the id now belongs to a thread of another "
    "process: that one is found")
{

	setup();
	C = mkproc("c", 200);
	before_lock(moves);
	CHECK_PTR(T1, tdfind(102, -1));
	CHECK_LOCKS("PL(c)");
}

TEST(race_other_proc_pid, "tdfind: S68 the id moved to another process, the "
    "old pid asked for: NULL")
{

	setup();
	C = mkproc("c", 200);
	before_lock(moves);
	CHECK_PTR(NULL, tdfind(102, P->p_pid));
	CHECK_LOCKS("-");
}

static void
reused(void *arg)
{

	LIST_REMOVE(T1, td_hash);
	T1->td_tid = 4711;
	T2->td_tid = 102;
	LIST_INSERT_HEAD(&tidhash_fake.hf_table[102 & tidhash_fake.hf_mask],
	    T2, td_hash);
}

TEST(race_reused, "tdfind: S68 the id now belongs to another thread of the "
    "process: the new one is found")
{

	setup();
	before_lock(reused);
	CHECK_PTR(T2, tdfind(102, -1));
	CHECK_LOCKS("PL");
}

/*
 * Chains: one bucket, target inserted first and so at its end.
 */
#define	CHAIN_TID(n)	((1000 + (n)) * BUCKETS + 9)

static struct thread *target;

static void
chain(int predecessors)
{
	char name[8];
	int i;

	setup();
	C = mkproc("c", 200);
	target = mkthread(C, "target", CHAIN_TID(0));
	tidhash_add(target);
	for (i = 1; i <= predecessors; i++) {
		snprintf(name, sizeof(name), "B%d", i);
		tidhash_add(mkthread(C, name, CHAIN_TID(i)));
	}
	clear_calls();
}

static void
check_chain(int predecessors, bool moved)
{
	struct thread *td;
	int i;

	td = LIST_FIRST(&tidhash_fake.hf_table[9]);
	if (moved) {
		CHECK_PTR(target, td);
		td = LIST_NEXT(td, td_hash);
	}
	for (i = predecessors; i > 0; i--) {
		CHECK_EQ(CHAIN_TID(i), td->td_tid);
		td = LIST_NEXT(td, td_hash);
	}
	if (!moved) {
		CHECK_PTR(target, td);
		td = LIST_NEXT(td, td_hash);
	}
	CHECK_PTR(NULL, td);
	CHECK_UNOWNED(tidhash_locks->rw_lock);
}

TEST(chain_16, "tdfind: S69 after 16 others: the order stays, no upgrade is "
    "tried")
{

	chain(16);
	CHECK_PTR(target, tdfind(target->td_tid, -1));
	CHECK_LOCKS("PL(c)");
	check_chain(16, false);
	expect_no_calls();
}

TEST(chain_17, "tdfind: S69 after 17 others: moved to the front, the rest in "
    "order")
{

	chain(17);
	CHECK_PTR(target, tdfind(target->td_tid, C->p_pid));
	CHECK_LOCKS("PL(c)");
	check_chain(17, true);
#ifdef MOVES_BY_CALLS
	expect_calls("rw_try_upgrade(tidhash0) | tidhash0:r");
#endif
}

#ifndef MOVES_BY_CALLS
TEST(chain_in_place, "tdfind: S69 after 17 others, the lock free: moved with no "
    "call")
{

	chain(17);
	nobody_wants_locks();
	CHECK_PTR(target, tdfind(target->td_tid, C->p_pid));
	CHECK_LOCKS("PL(c)");
	check_chain(17, true);
	expect_no_calls();
}
#endif

TEST(chain_upgrade_locks, "tdfind: S69 after the upgrade one write unlock, "
    "no read unlock")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	chain(20);
	log_locks();
	CHECK_PTR(target, tdfind(target->td_tid, -1));
	expect_calls(
	    "rw_rlock(tidhash0) | -",
	    "rw_try_upgrade(tidhash0) | tidhash0:r",
	    "rw_wunlock(tidhash0) | tidhash0",
	    "mtx_lock(PL(c)) | -");
	check_chain(20, true);
}

static void
second_reader(void *arg)
{

	tidhash_locks->rw_lock += RW_ONE_READER;
}

TEST(chain_busy, "tdfind: S69 a second reader keeps it from moving: found "
    "all the same, one read unlock")
{

	chain(17);
	nobody_wants_locks();
	second_reader(NULL);
	CHECK_PTR(target, tdfind(target->td_tid, -1));
	CHECK_EQ(1, count_calls("rw_try_upgrade("));
	/* Only the second reader is left. */
	CHECK_EQ(RW_READERS_LOCK(1), tidhash_locks->rw_lock);
	tidhash_locks->rw_lock -= RW_ONE_READER;
	check_chain(17, false);
}

static struct thread *
chain_nth(int n)
{
	struct thread *td;

	td = LIST_FIRST(&tidhash_fake.hf_table[9]);
	while (n-- > 0)
		td = LIST_NEXT(td, td_hash);
	return (td);
}

TEST(chain_lengths, "tdfind: S69 found at every place of a chain of any "
    "length, and nothing behind its end")
{
	struct thread *td;
	int n;

	chain(0);
	for (n = 0; n < 40; n++) {
		td = chain_nth(n);
		CHECK_PTR(NULL, tdfind(CHAIN_TID(-1), -1));
		CHECK_PTR(NULL, tdfind(td->td_tid, C->p_pid + 1));
		CHECK_PTR(td, tdfind(td->td_tid, C->p_pid));
		CHECK_LOCKS("PL(c)");
		PROC_UNLOCK(C);
		CHECK_PTR(td, chain_nth(n > 16 ? 0 : n));
		tidhash_add(mkthread(C, "B", CHAIN_TID(n + 1)));
	}
}

#ifndef FINDS_LOCKED
TEST(chain_changing, "tdfind: S69 while the hash is being changed a deep "
    "thread is found, and moved, under the lock")
{
	struct thread *last;

	chain(17);
	CHANGES++;
	CHECK_PTR(NULL, tdfind(target->td_tid, C->p_pid + 1));
	CHECK_PTR(NULL, tdfind(CHAIN_TID(-1), -1));
	CHECK_PTR(NULL, tdfind(target->td_tid + 1, -1));
	CHECK_PTR(target, tdfind(target->td_tid, C->p_pid));
	PROC_UNLOCK(C);
	check_chain(17, true);
	last = chain_nth(17);
	tidhash_remove(target);
	tidhash_add(target);
	on("rw_try_upgrade", second_reader);
	CHECK_PTR(last, tdfind(last->td_tid, -1));
	PROC_UNLOCK(C);
	CHECK_EQ(RW_READERS_LOCK(1), tidhash_locks->rw_lock);
	tidhash_locks->rw_lock -= RW_ONE_READER;
	CHECK_PTR(last, chain_nth(17));
	CHECK_PTR(chain_nth(1), tdfind(chain_nth(1)->td_tid, -1));
}

#ifdef LOCKS_VISIBLE
static void
target_exits(void *arg)
{

	tidhash_remove(target);
}

TEST(chain_exits, "tdfind: S69 the thread exits before the lock for the move "
    "is there: looked up again under the lock, then NULL")
{

	chain(17);
	/* Somebody watches the locks: then they are taken by calls. */
	log_locks();
	on("rw_rlock", target_exits);
	CHECK_PTR(NULL, tdfind(target->td_tid, -1));
	CHECK_LOCKS("-");
	CHECK_UNOWNED(tidhash_locks->rw_lock);
	tidhash_add(target);
	check_chain(17, true);
}
#endif

#endif

TEST(chain_wrong_pid, "tdfind: S69 a wrong pid is found out before the move")
{

	chain(20);
	CHECK_PTR(NULL, tdfind(target->td_tid, C->p_pid + 1));
	CHECK_LOCKS("-");
	check_chain(20, false);
	expect_no_calls();
}

TEST(chain_miss, "tdfind: S69 an unknown id at the end of a long chain moves "
    "nothing")
{

	chain(20);
	CHECK_PTR(NULL, tdfind(CHAIN_TID(-1), -1));
	check_chain(20, false);
	expect_no_calls();
}

TEST(chain_front, "tdfind: S69 found again at the front: no further move")
{

	chain(17);
	CHECK_PTR(target, tdfind(target->td_tid, -1));
	PROC_UNLOCK(C);
	clear_calls();
	CHECK_PTR(target, tdfind(target->td_tid, -1));
	expect_no_calls();
	check_chain(17, true);
}

/*
 * tidhash_add and tidhash_remove.
 */
TEST(hash_add, "tidhash_add: S69 newest first, in the bucket of its id")
{

	setup();
	T2->td_tid = T1->td_tid + BUCKETS;
	tidhash_add(T2);
	check_order(T1->td_tid, T2, T1);
	CHECK_LOCKS("-");
	CHECK_UNOWNED(tidhash_locks->rw_lock);
}

TEST(hash_remove, "tidhash_remove: only that thread leaves its bucket")
{

	setup();
	T2->td_tid = T1->td_tid + BUCKETS;
	T3->td_tid = T2->td_tid + BUCKETS;
	tidhash_add(T2);
	tidhash_add(T3);
	tidhash_remove(T2);
	check_order(T1->td_tid, T3, T1);
	CHECK_PTR(NULL, tdfind(T2->td_tid, -1));
	CHECK_UNOWNED(tidhash_locks->rw_lock);
}

TEST(hash_boot_thread, "tidhash_add: S01 thread0 is found by its id once its "
    "caller added it")
{

	setup();
	CHECK_PTR(thread0p, tdfind(THREAD0_TID, -1));
	CHECK_LOCKS("PL(proc0)");
}

static void
in_hash(void *arg)
{

	check_order(T2->td_tid, T2, NULL);
}

static void
not_in_hash(void *arg)
{

	check_order(T2->td_tid, NULL, NULL);
}

TEST(hash_locks, "tidhash_add, tidhash_remove: one write lock each, held "
    "around the change")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	setup();
	log_locks();
	on_call("rw_wlock", 1, not_in_hash);
	on_call("rw_wunlock", 1, in_hash);
	on_call("rw_wlock", 2, in_hash);
	on_call("rw_wunlock", 2, not_in_hash);
	tidhash_add(T2);
	tidhash_remove(T2);
	expect_calls(
	    "rw_wlock(tidhash0) | -",
	    "rw_wunlock(tidhash0) | tidhash0",
	    "rw_wlock(tidhash0) | -",
	    "rw_wunlock(tidhash0) | tidhash0");
}

static lwpid_t locked_tid;

static void
check_stripe(void *arg)
{

	struct rwlock *lock;

	/* Those that have more than a lock have a cache line each. */
	lock = BY_ALGORITHM(&tidhash_locks[locked_tid & 63],
	    (struct rwlock *)((char *)tidhash_locks +
	    (locked_tid & 63) * CACHE_LINE_SIZE));
	CHECK_PTR(&lock->rw_lock, arg);
}

TEST(hash_stripes, "tidhash: S70 with many buckets the lock is chosen by the "
    "low bits of the id")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	maxproc = 10000;
	boot();
	multi(2);
	CHECK_EQ(4095, tidhash_fake.hf_mask);
	CHECK_EQ(64, tidhash_nlocks);
	log_locks();
	on_each("rw_wlock", check_stripe);
	on_each("rw_wunlock", check_stripe);
	on_each("rw_rlock", check_stripe);
	on_each("rw_runlock", check_stripe);
	for (locked_tid = 100100; locked_tid < 100300; locked_tid += 7) {
		T1->td_tid = locked_tid;
		tidhash_add(T1);
		CHECK_PTR(T1, tdfind(locked_tid, -1));
		PROC_UNLOCK(P);
		check_order(locked_tid, T1, NULL);
		tidhash_remove(T1);
	}
}
