/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group A, S01 to S06: boot, the limit of threads, thread ids.
 */
#include <sys/bitstring.h>
#include <sys/priv.h>
#include <sys/sysctl.h>

#include "threads.h"

/* How often privileges are asked for: not seen where objects are compared. */
#define	CHECK_ASKED(found, expected) do {				\
	if (!sim_omits_events())					\
		CHECK_TRACE((found), (expected));			\
} while (0)

#define	MAX_HELD	1000
static struct thread *held[MAX_HELD];

static void
free_held(int n)
{

	while (n-- > 0)
		thread_free(held[n]);
}

/* ---- S01: boot --------------------------------------------------------- */

SCENARIO(S01, "Boot of thread0",
    "a first id other than 100000, a reaper that is not armed, a zone without "
    "type stability, thread0 hashed twice")
{
	struct thread *td0;
	struct sim_zone zone;
	struct proc *p;

	td0 = FIRST_THREAD_IN_PROC(&proc0);
	CHECK_EQ(td0->td_tid, THREAD0_TID);
	CHECK_EQ(td0->td_tid, NO_PID);
	CHECK(sim_tid_used(THREAD0_TID));
	CHECK_EQ(sim_tids_used(), 1);
	CHECK_EQ(proc0.p_numthreads, 1);
	CHECK(td0->td_proc == &proc0);

	/* The zone: its size, its functions, its alignment, for ever. */
	CHECK(sim_zone("THREAD", &zone));
	CHECK_EQ(zone.size, sched_sizeof_thread());
	CHECK_EQ(zone.align_mask, uma_get_cache_align_mask() | 31);
	CHECK_EQ(zone.flags, UMA_ZONE_NOFREE);
	CHECK(zone.has_ctor && zone.has_dtor && zone.has_init && zone.has_fini);
	CHECK_EQ(zone.live, 0);

	/* The reaper is armed once, the AST registered once. */
	CHECK_TRACE(sim_count("callout_reset", NULL), 1);
	CHECK_TRACE(sim_count("callout_reset", (void *)(uintptr_t)(5 * hz)), 1);
	CHECK_TRACE(sim_count("ast_register", (void *)(uintptr_t)TDA_SUSPEND),
	    1);
	CHECK_TRACE(sim_happened(0, NULL, "malloc uma_zcreate hashinit rw_init "
	    "callout_reset ast_register"), !sim_is_smp());

	/* Whoever is first has to get the first id. */
	EXPECT_PANIC("tid0 100001 != 100000") {
		threadinit();
	}

	/* ksiginfo's zone came later: proc0 does without one. */
	CHECK(proc0.p_ksi == NULL);
	p = sim_proc_parked("p", 1);
	CHECK(p->p_ksi != NULL);
	CHECK_EQ(p->p_ksi->ksi_flags, KSI_EXT | KSI_INS);
	sim_unpark(p);
}

/* Looks thread0 up from another thread, which does not find itself. */
static int
look_thread0_up(void *arg __unused)
{
	struct thread *td0;

	td0 = FIRST_THREAD_IN_PROC(&proc0);
	CHECK(tdfind(THREAD0_TID, -1) == td0);
	PROC_UNLOCK(&proc0);
	tidhash_remove(td0);
	CHECK(tdfind(THREAD0_TID, -1) == NULL);
	tidhash_add(td0);
	CHECK(tdfind(THREAD0_TID, proc0.p_pid) == td0);
	PROC_UNLOCK(&proc0);
	return (0);
}

static void
looker(void *arg __unused)
{

	CHECK_EQ(u_syscall(look_thread0_up, NULL), 0);
}

SCENARIO(S01_hash, "thread0 is hashed by its caller, once",
    "threadinit() hashing thread0 itself")
{

	CHECK_TRACE(sim_count("rw_wlock", NULL), 1);
	CHECK_EQ(sim_join(sim_proc("p", looker, NULL)), 0);
}

SCENARIO_SETUP(S01_least)
{

	sim_set("maxthread", 102);
}

SCENARIO(S01_least, "The lowest kern.maxthread that boots",
    "asking for a privilege at boot, when thread0 has no credential yet")
{
	struct thread *td;
	u_long mark;

	CHECK_EQ(*sim_sysctl_int("maxthread"), 102);
	CHECK_ASKED(sim_count("priv_check_cred", NULL), 0);
	mark = sim_mark();
	td = thread_alloc(0);
	CHECK(td != NULL);
	CHECK_ASKED(did(mark, "priv_check_cred"), 1);
	CHECK_EQ(td->td_tid, THREAD0_TID + 1);
	thread_free(td);
}

/* ---- S02: kern.maxthread ----------------------------------------------- */

/*
 * The bitmap of ids has a bit for each possible thread.  C's has nothing else;
 * another may have 2 percent more, and some words of rounding.
 */
static void
check_maxthread(int value)
{
	u_long size;

	CHECK_EQ(*sim_sysctl_int("maxthread"), value);
	size = sim_block_size("tidhash", 0);
	if (sim_traces_c_algorithms())
		CHECK_EQ(size, bitstr_size(value));
	CHECK(size >= bitstr_size(value));
	CHECK(size <= bitstr_size(value) * 51 / 50 + 3 * sizeof(u_long));
	CHECK(sim_type_registered("tidhash"));
}

SCENARIO_SETUP(S02)
{

	sim_set("maxproc", 100);
	sim_set("max_threads_per_proc", 1500);
}

SCENARIO(S02, "kern.maxthread by default",
    "a limit that does not go with the size of the bitmap")
{
	SET_DECLARE(sysctl_set, struct sysctl_oid);
	struct sysctl_oid **oidp;
	int found;

	check_maxthread(150000);

	/* Set by the loader and read by users; not writable. */
	found = 0;
	SET_FOREACH(oidp, sysctl_set) {
		if (strcmp((*oidp)->oid_name, "maxthread") != 0)
			continue;
		found++;
		CHECK_EQ((*oidp)->oid_kind & CTLTYPE, CTLTYPE_INT);
		CHECK((*oidp)->oid_kind & CTLFLAG_RD);
		CHECK((*oidp)->oid_kind & CTLFLAG_TUN);
		CHECK(((*oidp)->oid_kind & CTLFLAG_WR) == 0);
	}
	CHECK_EQ(found, 1);
}

SCENARIO_SETUP(S02_most)
{

	sim_set("maxproc", 5000);
	sim_set("max_threads_per_proc", 1500);
}

SCENARIO(S02_most, "kern.maxthread is a million at most",
    "a default beyond the ids that there are")
{

	check_maxthread(1000000);
}

SCENARIO_SETUP(S02_tuned)
{

	sim_set("maxproc", 100);
	sim_set("maxthread", 1237);
}

SCENARIO(S02_tuned, "A tuned kern.maxthread stays what it is",
    "a tunable that boot replaces or rounds")
{

	check_maxthread(1237);
}

/* ---- S03: the reserve of the last 100 ---------------------------------- */

/*
 * Lets a user allocate until refused, then root; *n counts threads beyond
 * thread0.
 */
static void
exhaust(uid_t uid, int *n, int consults)
{
	struct thread *td;
	u_long mark;

	sim_become(uid, false);
	for (;;) {
		mark = sim_mark();
		td = thread_alloc(0);
		if (td == NULL)
			break;
		CHECK_ASKED(did(mark, "priv_check_cred"), consults);
		CHECK(*n < MAX_HELD);
		held[(*n)++] = td;
	}
	/* A refusal asks, reaps everywhere, and asks again. */
	CHECK_ASKED(did(mark, "priv_check_cred"), 2);
	CHECK_ASKED(sim_count_by(mark, curthread, "priv_check_cred",
	    (void *)(uintptr_t)PRIV_MAXPROC), 2);
	CHECK_ASKED(sim_count_by(mark, curthread, "priv_check_cred",
	    curthread->td_ucred), 2);
	CHECK_TRACE(did(mark, "uma_zalloc_arg"), 0);
}

static void
check_reserve(int maxthread)
{
	int n;

	/* Users stop 101 short of the limit, counting thread0. */
	n = 0;
	exhaust(1001, &n, 0);
	CHECK_EQ(n + 1, maxthread - 101);

	/* A refusal does not count: one goes, one comes, no more. */
	CHECK(thread_alloc(0) == NULL);
	thread_free(held[--n]);
	exhaust(1001, &n, 0);
	CHECK_EQ(n + 1, maxthread - 101);

	/* Root of a jail is not root; the real uid is what counts. */
	sim_become(0, true);
	CHECK(thread_alloc(0) == NULL);
	sim_become(1001, false);
	curthread->td_ucred->cr_uid = 0;
	CHECK(thread_alloc(0) == NULL);
	curthread->td_ucred->cr_uid = 1001;
	curthread->td_ucred->cr_ruid = 0;
	held[n] = thread_alloc(0);
	CHECK(held[n] != NULL);
	n++;
	curthread->td_ucred->cr_ruid = 1001;
	CHECK(thread_alloc(0) == NULL);

	/* Root takes the reserve; one id is always left over. */
	exhaust(0, &n, 1);
	CHECK_EQ(n + 1, maxthread - 1);
	CHECK_EQ(sim_tids_used(), maxthread - 1);
	CHECK(thread_alloc(0) == NULL);
	thread_free(held[--n]);
	exhaust(0, &n, 1);
	CHECK_EQ(n + 1, maxthread - 1);

	sim_become(0, false);
	free_held(n);
	CHECK_EQ(sim_tids_used(), 1);
}

SCENARIO_SETUP(S03)
{

	sim_set("maxthread", 1000);
}

SCENARIO(S03, "The last 100 threads are for the privileged",
    "a comparison that is off by one, a refused thread that stays counted")
{

	check_reserve(1000);
}

SCENARIO_SETUP(S03_small)
{

	sim_set("maxthread", 110);
}

SCENARIO(S03_small, "The reserve with a limit of 110",
    "a comparison that is off by one, a refused thread that stays counted")
{

	check_reserve(110);
}

/* ---- S04: refusal ------------------------------------------------------ */

/* Root takes all threads that there are; says how many. */
static int
take_all(void)
{
	int n;

	for (n = 0; n < MAX_HELD; n++) {
		held[n] = hand_thread0();
		if (n + 3 == *sim_sysctl_int("maxthread"))
			return (n + 1);
	}
	CHECK(!"more threads than the limit");
	return (0);
}

static void
give_back(int n)
{

	while (n-- > 0)
		hand_free(held[n]);
}

SCENARIO_SETUP(S04)
{

	sim_set("domains", 2);
	sim_set("maxthread", 120);
}

SCENARIO(S04, "At the limit the dead of all domains are reaped",
    "a refusal while there are threads to reap in another domain")
{
	static struct heard heard;
	struct thread *td;
	lwpid_t tid;
	u_long lines, mark;
	int n;

	sim_cpu_domain(0, 1);
	sim_cpu_domain(1, 1);
	n = take_all();
	CHECK_EQ(n, 118);
	td = held[--n];
	tid = td->td_tid;
	td->td_allocdomain = 0;
	hand_stash(td);
	listen(&heard);
	lines = sim_console_lines();

	mark = sim_mark();
	td = thread_alloc(0);
	CHECK(td != NULL);
	CHECK_EQ(sim_console_lines(), lines);
	CHECK_EQ(heard.dtors, 1);
	CHECK_EQ(heard.dead[0], tid);
	CHECK_ASKED(did(mark, "priv_check_cred"), 2);
	CHECK_ASKED(sim_happened(mark, curthread, "priv_check_cred "
	    "credbatch_add uma_zfree_arg credbatch_final priv_check_cred "
	    "uma_zalloc_arg"), !sim_is_smp());
	CHECK_TRACE(did(mark, "eventratecheck"), 0);

	unlisten(&heard);
	thread_free(td);
	give_back(n);
}

static const char *
limit_message(uid_t uid, pid_t pid)
{
	static char text[128];

	snprintf(text, sizeof(text), "maxthread limit exceeded by uid %u "
	    "(pid %d); consider increasing kern.maxthread\n", uid, pid);
	return (text);
}

SCENARIO_SETUP(S04_message)
{

	sim_set("maxthread", 120);
}

SCENARIO(S04_message, "A refused thread is reported, once a second",
    "a missing message, a flood of messages")
{
	u_long lines;
	int n;

	n = take_all();
	lines = sim_console_lines();
	/* As after a set-user-id program was run: the real user is another. */
	sim_become(1001, false);
	curthread->td_ucred->cr_ruid = 1002;
	CHECK(thread_alloc(0) == NULL);
	CHECK_EQ(sim_console_lines(), lines + 1);
	CHECK_STR(sim_console_last(), limit_message(1002, proc0.p_pid));

	/* Within a second: silence. */
	sim_become(0, false);
	CHECK(thread_alloc(0) == NULL);
	CHECK_EQ(sim_console_lines(), lines + 1);
	if (!sim_is_smp()) {
		sim_ticks(hz / 2);
		CHECK(thread_alloc(0) == NULL);
		CHECK_EQ(sim_console_lines(), lines + 1);
	}

	/* After it: again, with the real user of the day. */
	sim_ticks(hz);
	CHECK(thread_alloc(0) == NULL);
	CHECK_EQ(sim_console_lines(), lines + 2);
	CHECK_STR(sim_console_last(), limit_message(0, proc0.p_pid));
	give_back(n);
}

static volatile int refuse;
static volatile u_int refused;

static void
never_runs(void *arg __unused)
{

	CHECK(!"a thread that was refused runs");
}

static void
refused_body(void *arg __unused)
{

	u_pause_until(&refuse);
	CHECK_EQ(u_thr_new(never_runs, NULL), -ENOMEM);
	CHECK_EQ(u_fork(never_runs, NULL), -ENOMEM);
	CHECK_EQ(curproc->p_numthreads, 1);
	refused = 1;
}

SCENARIO_SETUP(S04_enomem)
{

	sim_set("maxthread", 120);
}

SCENARIO(S04_enomem, "thr_new and fork fail with ENOMEM at the limit",
    "a NULL that a caller of thread_alloc() uses, the wrong error")
{
	struct proc *p;
	u_long lines;
	pid_t pid;
	int n;

	p = sim_proc("p", refused_body, NULL);
	pid = p->p_pid;
	for (n = 0; n < 117; n++)
		held[n] = hand_thread0();
	CHECK_EQ(sim_tids_used(), 119);
	lines = sim_console_lines();
	refuse = 1;
	sim_wait(refused);
	CHECK_EQ(sim_console_lines(), lines + 1);
	CHECK_STR(sim_console_last(), limit_message(0, pid));
	CHECK_EQ(sim_join(p), 0);
	give_back(n);
}

/* ---- S05: conservation of the count ------------------------------------ */

#define	S05_LOOPS	500

static void
short_life(void *arg __unused)
{

	u_spin(1);
}

/* Nothing moves and this many threads of a zone exist. */
static void
check_live(u_int n)
{
	struct sim_zone zone;

	CHECK(sim_zone("THREAD", &zone));
	CHECK_EQ(zone.live, n);
	CHECK_EQ(sim_tids_used(), n + 1);
}

SCENARIO(S05, "No path loses or invents a thread",
    "a leak in the count of threads, after which nothing can be created")
{
	struct thread *td;
	struct proc *p;
	int i, k, cached, *limit, before;

	limit = sim_sysctl_int("maxthread");
	cached = 0;
	for (i = 0; i < S05_LOOPS; i++) {
		switch (i % 5) {
		case 0:				/* no kernel stack */
			sim_fail_stacks(0, 1);
			CHECK(thread_alloc(0) == NULL);
			break;
		case 1:				/* never linked */
			hand_free(hand_thread0());
			break;
		case 2:				/* reaped in a batch */
			for (k = 0; k <= i % 7; k++)
				held[k] = hand_thread0();
			check_live(cached + k);
			while (k-- > 0)
				hand_stash(held[k]);
			reap_here();
			break;
		case 3:				/* refused */
			before = *limit;
			*limit = 1;
			CHECK(thread_alloc(0) == NULL);
			*limit = before;
			break;
		case 4:				/* stays with its process */
			if (i % 50 != 4)
				break;
			p = sim_proc("p", short_life, NULL);
			CHECK_EQ(sim_join(p), 0);
			cached = 1;
			break;
		}
		check_live(cached);
		if (i % 100 == 99) {
			td = hand_zombie();
			check_live(cached + 1);
			CHECK(sim_tid_used(td->td_tid));
			sim_check_leaks();
			sim_check_thread_count();
			check_live(cached);
		}
	}
}

/* ---- S06: thread ids --------------------------------------------------- */

#define	S06_MAX		110
/* The id with this bit in the bitmap. */
#define	ID(bit)		(NO_PID + (bit))

static struct thread *
alloc_id(lwpid_t expected)
{
	struct thread *td;

	td = thread_alloc(0);
	CHECK(td != NULL);
	CHECK(td->td_tid >= NO_PID && td->td_tid < NO_PID + S06_MAX);
	CHECK(sim_tid_used(td->td_tid));
	if (expected != -1)
		CHECK_EQ(td->td_tid, expected);
	return (td);
}

static void
free_id(struct thread *td)
{
	lwpid_t tid;

	tid = td->td_tid;
	thread_free(td);
	CHECK(!sim_tid_used(tid));
	CHECK_EQ(td->td_tid, -1);
}

SCENARIO_SETUP(S06)
{

	sim_set("maxthread", S06_MAX);
}

SCENARIO(S06, "Ids are not used again before the search wraps",
    "an id that is used again at once, so that signals hit another thread")
{
	struct thread *a, *b, *c, *d, *td;
	lwpid_t tid;

	a = alloc_id(ID(1));
	b = alloc_id(ID(2));
	c = alloc_id(ID(3));
	free_id(b);
	d = alloc_id(ID(4));

	/* Up to the last id, one after another, each free again at once. */
	for (tid = ID(5); tid < ID(S06_MAX); tid++)
		free_id(alloc_id(tid));

	/* The next search starts at 0 and takes the lowest. */
	td = alloc_id(ID(2));
	free_id(td);
	free_id(alloc_id(ID(5)));
	free_id(a);
	free_id(c);
	free_id(d);
}

SCENARIO_SETUP(S06_second)
{

	sim_set("maxthread", S06_MAX);
}

SCENARIO(S06_second, "Nothing is free above: the search starts again below",
    "a search that gives up at the end, or starts at the wrong place")
{
	struct thread *td[S06_MAX];
	int i;

	/* All but one: bits 1 to 108; 109 is clear and next. */
	for (i = 1; i <= 108; i++)
		td[i] = alloc_id(ID(i));
	free_id(td[5]);
	td[109] = alloc_id(ID(109));
	free_id(td[108]);
	td[5] = alloc_id(ID(5));
	free_id(td[3]);
	td[108] = alloc_id(ID(108));

	/* The search would go on at 109, which is taken. */
	free_id(td[2]);
	CHECK(sim_tid_used(ID(109)));
	td[2] = alloc_id(ID(2));
	free_id(td[7]);
	td[3] = alloc_id(ID(3));
	for (i = 1; i <= 109; i++) {
		if (i != 7)
			free_id(td[i]);
	}
}

SCENARIO_SETUP(S06_full)
{

	sim_set("maxthread", S06_MAX);
}

SCENARIO(S06_full, "A bitmap without a free id panics",
    "an id beyond the bitmap, two threads with one id")
{
	int i;

	if (!sim_invariants)
		return;
	/*
	 * Nobody gives an id back before: the next one is not known.
	 *
	 * The search starts in the middle: only the second one gives up.
	 */
	EXPECT_PANIC("unexpectedly ran out of IDs") {
		alloc_id(ID(1));
		for (i = 2; i < S06_MAX; i++)
			sim_tid_mark(ID(i), true);
		thread_alloc(0);
	}
	/* It starts at 0. */
	EXPECT_PANIC("unexpectedly ran out of IDs") {
		for (i = 1; i < S06_MAX - 1; i++)
			free_id(alloc_id(ID(i)));
		alloc_id(ID(S06_MAX - 1));
		for (i = 1; i < S06_MAX - 1; i++)
			sim_tid_mark(ID(i), true);
		thread_alloc(0);
	}
}
