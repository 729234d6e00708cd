/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group C, S18 to S23: how threads end, and what is left of them until they
 * can be reaped.
 */
#include <sys/wait.h>

#include "threads.h"

static volatile int stop;

static void
wait_for_stop(void *arg __unused)
{

	u_pause_until(&stop);
}

static void
short_life(void *arg __unused)
{

	u_spin(2);
}

/* ---- S18: many threads ------------------------------------------------- */

#define	S18_THREADS	256

static volatile u_int done[S18_THREADS];
static volatile u_int rounds;

/* A thread that tells its joiner that it ends. */
static void
quick(void *arg)
{

	u_thr_exit_to((volatile int *)arg);
}

/* Makes n threads and joins them. */
static void
make_and_join(int n)
{
	int i;

	for (i = 0; i < n; i++) {
		done[i] = 0;
		CHECK(u_thr_new(quick, (void *)(uintptr_t)&done[i]) > 0);
	}
	for (i = 0; i < n; i++) {
		while (done[i] == 0)
			CHECK_EQ(u_umtx_wait(&done[i], 0, 0), 0);
	}
	rounds++;
}

/* The process is alone again: nothing of n threads is left. */
static void
check_alone(struct proc *p, int users, int n)
{
	struct sim_zone zone;

	sim_wait(p->p_numthreads == 1);
	sim_wait(p->p_exitthreads == 0);
	CHECK_END_STATE(p, 1, 1);
	reap_all();
	CHECK_EQ(sim_tids_used(), 2);
	CHECK_EQ(p->p_ucred->cr_users, users);
	CHECK(sim_zone("THREAD", &zone));
	CHECK_EQ(zone.live, 1);
	/* One round's threads, a few that were not reaped yet, a slab. */
	CHECK(zone.items <= n + 8);
}

static void
s18_main(void *arg __unused)
{

	make_and_join(S18_THREADS);
	u_pause_until(&stop);
	make_and_join(S18_THREADS / 4);
	u_pause();
}

SCENARIO(S18, "256 threads are made and joined, and more after them",
    "threads, ids or references that leak; batches that add up wrong")
{
	struct proc *p;
	int users;

	/* The process and its main thread are two users more. */
	users = proc0.p_ucred->cr_users + 2;
	p = sim_proc("p", s18_main, NULL);
	sim_wait(rounds == 1);
	check_alone(p, users, S18_THREADS);
	sim_check_thread_count();
	stop = 1;
	sim_wait(rounds == 2);
	check_alone(p, users, S18_THREADS);
	sim_check_thread_count();
	CHECK_EQ(k_kill(p, SIGKILL), 0);
	CHECK_EQ(WTERMSIG(sim_join(p)), SIGKILL);
}

static void
yielder(void *arg __unused)
{

	u_spin_until(&stop);
}

static void
s18_herd_main(void *arg __unused)
{

	make_and_join(8);
	make_and_join(8);
	make_and_join(8);
	stop = 1;
	u_pause_until((volatile int *)arg);
}

SCENARIO(S18_herd, "Threads come and go among a herd that only runs",
    "threads that leak when CPUs are busy")
{
	void (*const herd[])(void *) = { yielder, yielder, yielder };
	static volatile int leave;
	struct proc *p;
	int users;

	p = sim_proc_threads("p", s18_herd_main, (void *)(uintptr_t)&leave,
	    nitems(herd), herd, NULL);
	users = proc0.p_ucred->cr_users;
	sim_wait(rounds == 3);
	sim_wait(p->p_numthreads == 1);
	sim_wait(p->p_exitthreads == 0);
	CHECK_END_STATE(p, 1, 1);
	reap_all();
	CHECK_EQ(sim_tids_used(), 2);
	CHECK(p->p_ucred->cr_users <= users);
	sim_check_leaks();
	leave = 1;
	CHECK_EQ(sim_join(p), 0);
}

/* ---- S19: a thread's last steps ---------------------------------------- */

static void
s19_exiter(void *arg __unused)
{
	struct rusage *ru;

	ru = &curproc->p_ru;
	ru->ru_maxrss = 50;
	ru->ru_minflt = 2;
	ru->ru_inblock = 0;
	ru = &curthread->td_ru;
	u_spin(2);
	ru->ru_maxrss = 77;
	ru->ru_minflt = 5;
	ru->ru_inblock = 3;
}

SCENARIO(S19, "A thread that is not the last ends, step by step",
    "use of resources that is lost; a lock dropped too early, so that others "
    "miss the thread")
{
	void (*const others[])(void *) = { s19_exiter };
	struct thread *main, *td;
	struct proc *p;
	u_long mark;

	mark = sim_mark();
	p = sim_proc_threads("p", wait_for_stop, NULL, 1, others, NULL);
	main = sim_thread(p, 0);
	td = sim_thread(p, 1);
	sim_wait(p->p_numthreads == 1);
	sim_wait(p->p_exitthreads == 0);
	CHECK_END_STATE(p, 1, 1);
	CHECK(FIRST_THREAD_IN_PROC(p) == main);

	/* In this order, and each of it once. */
	CHECK_TRACE(sim_happened(mark, td, "kern_thr_exit rw_wlock rw_wunlock "
	    "mtx_lock_spin thread_stopped cpu_thread_exit sched_exit_thread "
	    "mtx_unlock mtx_lock_spin thread_lock spinlock_exit ruxagg_locked "
	    "rucollect spinlock_exit sched_throw"), !sim_is_smp());
	CHECK_TRACE(sim_count_by(mark, td, "sched_exit_thread", main), 1);
	CHECK_TRACE(sim_count_by(mark, td, "sched_exit_thread", td), 1);
	CHECK_TRACE(sim_count_by(mark, td, "cpu_thread_exit", td), 1);
	CHECK_TRACE(sim_count_by(mark, td, "ruxagg_locked", p), 1);
	CHECK_TRACE(sim_count_by(mark, td, "rucollect", NULL), 1);
	CHECK_TRACE(sim_count_by(mark, td, "sched_throw", td), 1);
	CHECK_TRACE(sim_count_by(mark, td, "mtx_lock_spin", &p->p_statmtx), 1);
	CHECK_TRACE(sim_count_by(mark, td, "kick_proc0", NULL), 0);
	/* Nobody told the process that a thread stopped. */
	CHECK_TRACE(sim_count_by(mark, td, "setrunnable", main), 0);

	/* What it used is the process's now: the most, or the sum. */
	CHECK_EQ(TD_GET_STATE(td), TDS_INACTIVE);
	CHECK(td->td_proc == p);
	CHECK_EQ(p->p_ru.ru_maxrss, 77);
	CHECK_EQ(p->p_ru.ru_minflt, 2 + 5);
	CHECK_EQ(p->p_ru.ru_inblock, 3);
	CHECK_EQ(p->p_ru.ru_nvcsw, td->td_ru.ru_nvcsw);
	CHECK_EQ(p->p_ru.ru_nivcsw, td->td_ru.ru_nivcsw);
	/* The last switch is voluntary and counted without mi_switch(). */
	CHECK_TRACE(td->td_ru.ru_nvcsw + td->td_ru.ru_nivcsw,
	    sim_count_by(mark, td, "mi_switch", NULL) + 1);
	CHECK(td->td_ru.ru_nvcsw >= 1);
	CHECK(td->td_runtime > 0);
	CHECK_EQ(td->td_incruntime, 0);
	CHECK_EQ(td->td_rux.rux_runtime, td->td_runtime);
	CHECK_EQ(p->p_rux.rux_runtime, td->td_runtime);
	stop = 1;
	CHECK_EQ(sim_join(p), 0);
}

static void
s19_runner(void *arg __unused)
{

	u_spin(100);
}

SCENARIO_SETUP(S19_time)
{

	sim_cpus(1);
}

SCENARIO(S19_time, "No time is charged to two threads, no switch uncounted",
    "the next thread pays for the one that exited")
{
	void (*const others[])(void *) = { s19_runner };
	struct thread *main, *td;
	struct proc *p;
	uint64_t charged, start;

	if (sim_is_smp())
		return;
	start = PCPU_GET(switchtime);
	charged = curthread->td_runtime + PCPU_GET(idlethread)->td_runtime;
	p = sim_proc_threads("p", wait_for_stop, NULL, 1, others, NULL);
	main = sim_thread(p, 0);
	td = sim_thread(p, 1);
	sim_wait(p->p_numthreads == 1);
	sim_ticks(2);
	sim_yield();
	CHECK(curthread->td_runtime + PCPU_GET(idlethread)->td_runtime +
	    main->td_runtime + td->td_runtime - charged <=
	    PCPU_GET(switchtime) - start);
	CHECK_EQ(PCPU_GET(switchticks), ticks);
	CHECK_EQ(sim_switches(), sim_count("mi_switch", NULL) +
	    sim_count("sched_throw", NULL));
	stop = 1;
	CHECK_EQ(sim_join(p), 0);
}

static int
exit_with_signal(void *arg __unused)
{
	static struct ksiginfo ksi;
	struct thread *td;
	struct proc *p;

	td = curthread;
	p = td->td_proc;
	EXPECT_PANIC("signal pending") {
		PROC_LOCK(p);
		TAILQ_INSERT_TAIL(&td->td_sigqueue.sq_list, &ksi, ksi_link);
		PROC_SLOCK(p);
		thread_exit();
	}
	EXPECT_PANIC("mutex process slock not owned") {
		PROC_LOCK(p);
		thread_exit();
	}
	EXPECT_PANIC("mutex process lock not owned") {
		PROC_SLOCK(p);
		thread_exit();
	}
	EXPECT_PANIC("Assertion td->td_realucred == td->td_ucred failed") {
		td->td_ucred = NULL;
		PROC_LOCK(p);
		PROC_SLOCK(p);
		thread_exit();
	}
	return (0);
}

static void
s19_wrong(void *arg __unused)
{

	CHECK_EQ(u_syscall(exit_with_signal, NULL), 0);
}

SCENARIO(S19_wrong, "thread_exit() is called with locks, without signals",
    "a signal that dies with its thread unseen")
{
	void (*const others[])(void *) = { s19_wrong };
	struct proc *p;

	if (!sim_invariants)
		return;
	p = sim_proc_threads("p", wait_for_stop, NULL, 1, others, NULL);
	sim_wait(p->p_numthreads == 1);
	stop = 1;
	CHECK_EQ(sim_join(p), 0);
}

/* ---- S20: the last thread ---------------------------------------------- */

/* Ends the current thread as if others were left. */
static int
exit_as_last(void *arg __unused)
{

	EXPECT_PANIC("Last thread exiting on its own") {
		PROC_LOCK(curproc);
		PROC_SLOCK(curproc);
		thread_exit();
	}
	return (0);
}

static void
s20_main(void *arg)
{

	/* thr_exit(2) leaves the last thread to exit(2). */
	CHECK_EQ(u_thr_exit(), 0);
	if (arg != NULL) {
		make_and_join(1);
		while (curproc->p_numthreads != 1)
			CHECK_EQ(u_nanosleep(1), 0);
		CHECK_EQ(u_thr_exit(), 0);
		CHECK(curproc->p_flag & P_HADTHREADS);
		CHECK_EQ(u_syscall(exit_as_last, NULL), 0);
	}
	u_pause_until(&stop);
	u_exit(3);
}

/* The main thread of p exits last, and stays. */
static void
check_last(struct proc *p, bool had)
{
	struct thread *td;
	lwpid_t tid;
	u_long mark;

	td = sim_thread(p, 0);
	tid = td->td_tid;
	sim_wait(p->p_exitthreads == 0);
	CHECK_END_STATE(p, 1, had);
	mark = sim_mark();
	stop = 1;
	sim_wait(sim_is_zombie(p));
	/* Not unlinked, and HADTHREADS is gone with the others. */
	CHECK_END_STATE(p, 1, 0);
	CHECK(FIRST_THREAD_IN_PROC(p) == td);
	CHECK(td->td_proc == p);
	CHECK_EQ(td->td_tid, tid);
	sim_wait(sim_is_smp() || sim_count_by(mark, td, "sched_throw", td));
	CHECK_TRACE(sim_count_by(mark, td, "cpu_thread_exit", NULL), 1);
	CHECK_TRACE(sim_count_by(mark, td, "sched_exit_thread", NULL), 0);
	CHECK_EQ(WEXITSTATUS(sim_join(p)), 3);
	/* Nobody took it for dead: it is not reaped. */
	reap_here();
	CHECK_EQ(td->td_tid, tid);
	CHECK(sim_tid_used(tid));
	CHECK_TRACE(sim_count_since(mark, "uma_zfree_arg", td), 0);
}

SCENARIO(S20, "The last of several threads stays with its process",
    "a last thread that is put away like the others")
{
	struct proc *p;

	p = sim_proc("p", s20_main, __DECONST(void *, ""));
	sim_wait(rounds == 1);
	sim_wait(p->p_numthreads == 1);
	check_last(p, true);
}

SCENARIO(S20_only, "The only thread that ever was stays with its process",
    "a thread of a process without threads that is put away")
{

	check_last(sim_proc("p", s20_main, NULL), false);
}

static volatile int s20_refused, s20_counted;

static void
s20_pending(void *arg __unused)
{

	u_pause_until(&s20_counted);
	CHECK_EQ(u_thr_exit(), 0);
	s20_refused = 1;
	u_pause_until(&stop);
}

SCENARIO(S20_pending, "With the others about to exit, one is the last",
    "two threads that leave at once, and none that exits the process")
{
	void (*const others[])(void *) = { s20_pending };
	struct proc *p;

	p = sim_proc_threads("p", wait_for_stop, NULL, 1, others, NULL);
	PROC_LOCK(p);
	p->p_pendingexits++;
	PROC_UNLOCK(p);
	s20_counted = 1;
	sim_wait(s20_refused);
	CHECK_END_STATE(p, 2, 1);
	PROC_LOCK(p);
	p->p_pendingexits--;
	PROC_UNLOCK(p);
	stop = 1;
	CHECK_EQ(sim_join(p), 0);
}

/* ---- S21: between death and the list of the dead ------------------------ */

/* Reaping the thread with the id at arg. */
static void
s21_dtor(void *arg, struct thread *td)
{

	/* The count goes down before the thread is published. */
	if (td->td_tid == *(volatile lwpid_t *)arg)
		CHECK_EQ(td->td_proc->p_exitthreads, 0);
}

SCENARIO(S21, "A reaper does not see a thread that is on its CPU still",
    "a stack that is freed while it is in use")
{
	void (*const others[])(void *) = { short_life };
	eventhandler_tag tag;
	struct thread *td;
	static lwpid_t tid;
	struct proc *p;

	p = sim_proc_threads("p", wait_for_stop, NULL, 1, others, NULL);
	td = sim_thread(p, 1);
	tid = sim_tid(p, 1);
	tag = EVENTHANDLER_REGISTER(thread_dtor, s21_dtor, &tid, 0);
	while (p->p_numthreads != 1)
		sim_yield();
	CHECK(tdfind(tid, -1) == NULL);
	/* Not stashed after a look for the dead: not found by it. */
	do {
		reap_here();
		if (p->p_exitthreads != 0) {
			CHECK_EQ(p->p_exitthreads, 1);
			CHECK_EQ(td->td_tid, tid);
			CHECK(sim_tid_used(tid));
			CHECK(td->td_kstack != 0);
			CHECK(td->td_proc == p);
			sim_yield();
		}
	} while (p->p_exitthreads != 0);
	reap_all();
	CHECK(!sim_tid_used(tid));
	EVENTHANDLER_DEREGISTER(thread_dtor, tag);
	stop = 1;
	CHECK_EQ(sim_join(p), 0);
}

static volatile u_int s21_seen;

/* Whoever runs on the only CPU after a thread's end has published it. */
static void
s21_look(void *arg __unused)
{

	CHECK_EQ(curproc->p_exitthreads, 0);
	atomic_add_int(&s21_seen, 1);
}

static void
s21_leaver(void *arg __unused)
{

	CHECK_EQ(curproc->p_exitthreads, 0);
	CHECK(u_thr_new(s21_look, NULL) > 0);
	CHECK_EQ(curproc->p_exitthreads, 0);
}

SCENARIO_SETUP(S21_next)
{

	sim_cpus(1);
}

SCENARIO(S21_next, "The next thread on the CPU publishes the dead one",
    "a dead thread that a new thread leaves on the CPU, and that the next one "
    "overwrites")
{
	void (*const others[])(void *) = { s21_leaver, s21_leaver };
	struct proc *p;

	p = sim_proc_threads("p", wait_for_stop, NULL, 2, others, NULL);
	while (p->p_numthreads != 1 || s21_seen != 2) {
		CHECK_EQ(p->p_exitthreads, 0);
		sim_yield();
		CHECK_EQ(p->p_exitthreads, 0);
	}
	CHECK_TRACE(sim_count("sched_throw", NULL), 4);
	reap_all();
	CHECK_EQ(sim_tids_used(), 2);
	stop = 1;
	CHECK_EQ(sim_join(p), 0);
}

/* ---- S22: stragglers --------------------------------------------------- */

static void
s22_main(void *arg __unused)
{

	make_and_join(1);
	u_pause_until(&stop);
	u_exit(0);
}

SCENARIO(S22, "thread_single(EXIT) waits for threads that left, not their CPU",
    "an address space that is torn down under a thread")
{
	struct thread *td;
	struct proc *p;
	void *relinquish;
	u_long mark, turns;

	p = sim_proc("p", s22_main, NULL);
	td = sim_thread(p, 0);
	sim_wait(rounds == 1);
	sim_wait(p->p_numthreads == 1);
	sim_wait(p->p_exitthreads == 0);

	/* As if two were between their last step and their stash. */
	atomic_add_int(&p->p_exitthreads, 2);
	relinquish = (void *)(uintptr_t)(SW_VOL | SWT_RELINQUISH);
	stop = 1;
	sim_wait((p->p_flag & P_HADTHREADS) == 0);
	mark = sim_mark();
	for (turns = 0; turns <= 3; turns++) {
		if (!sim_is_smp())
			sim_wait(sim_count_by(mark, td, "mi_switch",
			    relinquish) >= turns);
		/* Single, in all but the count; and nothing is locked. */
		PROC_LOCK(p);
		PROC_SLOCK(p);
		CHECK_STATE(p, 1, 0, 0, 2, 0);
		CHECK(p->p_singlethread == NULL);
		CHECK_EQ(p->p_flag & P_WEXIT, 0);
		PROC_SUNLOCK(p);
		PROC_UNLOCK(p);
	}
	/* One is not enough. */
	atomic_subtract_int(&p->p_exitthreads, 1);
	turns = sim_count_by(mark, td, "mi_switch", relinquish);
	if (!sim_is_smp())
		sim_wait(sim_count_by(mark, td, "mi_switch", relinquish) >
		    turns + 1);
	CHECK_EQ(p->p_flag & P_WEXIT, 0);
	atomic_subtract_int(&p->p_exitthreads, 1);
	CHECK_EQ(sim_join(p), 0);
	CHECK_TRACE(sim_count_by(mark, td, "sched_exit_thread", NULL), 0);
}

static void
s22_race_main(void *arg __unused)
{

	u_spin(2);
	u_exit(7);
}

SCENARIO_SETUP(S22_race)
{

	sim_cpus(4);
}

SCENARIO(S22_race, "exit(2) while the other threads exit by themselves",
    "a process that is torn down with threads on their CPUs")
{
	void (*const others[])(void *) = { short_life, quick, short_life };
	void *const args[] = { NULL, (void *)(uintptr_t)&done[0], NULL };
	struct proc *p;

	p = sim_proc_threads("p", s22_race_main, NULL, 3, others, args);
	sim_wait(p->p_flag & P_WEXIT);
	CHECK_END_STATE(p, 1, 0);
	CHECK_EQ(WEXITSTATUS(sim_join(p)), 7);
	reap_all();
	CHECK_EQ(sim_tids_used(), 2);
}

/* ---- S23: waiting for a process ---------------------------------------- */

SCENARIO(S23, "wait4(2) cleans the last thread, and keeps it",
    "a thread reaped while it is on its stack; a cached thread taken for a "
    "freed one")
{
	struct callout *callout;
	struct ucred *cr;
	struct plimit *limits;
	struct thread *td;
	struct proc *p, *q;
	vm_offset_t stack;
	lwpid_t tid, zombie;
	u_long mark, used;
	u_int lims;
	int users;

	cr = proc0.p_ucred;
	limits = proc0.p_limit;
	users = cr->cr_users;
	lims = limits->pl_refcnt;
	p = sim_proc("p", short_life, NULL);
	td = sim_thread(p, 0);
	tid = td->td_tid;
	stack = td->td_kstack;
	callout = &td->td_slpcallout;
	CHECK(td->td_cpuset != NULL);
	zombie = hand_zombie()->td_tid;
	used = sim_tids_used();
	mark = sim_mark();
	CHECK_EQ(sim_join(p), 0);

	/* By the parent: whatever the thread had, then the dead at large. */
	CHECK_TRACE(sim_happened(mark, curthread, "proc_reap thread_lock "
	    "spinlock_exit cpuset_rel cpu_thread_clean crcowfree lim_free "
	    "callout_stop credbatch_add"), !sim_is_smp());
	CHECK_TRACE(sim_count_by(mark, curthread, "thread_lock", td), 1);
	CHECK_TRACE(sim_count_by(mark, curthread, "cpu_thread_clean", td), 1);
	CHECK_TRACE(sim_count_by(mark, curthread, "cpu_thread_free", td), 0);
	CHECK_TRACE(sim_count_by(mark, curthread, "crcowfree", td), 1);
	CHECK_TRACE(sim_count_by(mark, curthread, "callout_stop", callout), 1);
	CHECK(td->td_cpuset == NULL);
	CHECK(td->td_realucred == NULL);
	CHECK_EQ(cr->cr_users, users);
	CHECK_EQ(limits->pl_refcnt, lims);
	CHECK(!sim_tid_used(zombie));

	/* The thread itself stays as it is, but for the hash. */
	CHECK_EQ(td->td_tid, tid);
	CHECK(sim_tid_used(tid));
	CHECK_EQ(sim_tids_used(), used - 1);
	CHECK_EQ(td->td_kstack, stack);
	CHECK(td->td_proc == p);
	CHECK(tdfind(tid, -1) == NULL);
	sim_check_thread_count();

	/* And comes back with the next process. */
	q = sim_proc("q", short_life, NULL);
	CHECK(q == p);
	CHECK(sim_thread(q, 0) == td);
	CHECK_EQ(td->td_tid, tid);
	CHECK_EQ(td->td_kstack, stack);
	CHECK_EQ(sim_join(q), 0);
}

SCENARIO(S23_wrong, "thread_wait() wants one thread, and none that exits",
    "a zombie with threads that nobody accounts for")
{
	struct proc *p;

	if (!sim_invariants)
		return;
	p = sim_proc_parked("p", 2);
	EXPECT_PANIC("multiple threads in thread_wait()") {
		thread_wait(p);
	}
	EXPECT_PANIC("p_exitthreads leaking") {
		p->p_numthreads = 1;
		p->p_exitthreads = 1;
		thread_wait(p);
	}
	sim_unpark(p);
}

static void
s23_parent(void *arg __unused)
{
	pid_t pid;
	int i, status;

	for (i = 0; i < 4; i++) {
		pid = u_fork(short_life, NULL);
		CHECK(pid > 0);
		CHECK_EQ(u_wait4(pid, &status, 0), pid);
		CHECK_EQ(status, 0);
	}
}

SCENARIO(S23_race, "Processes are reaped and used again at once",
    "a parent that does not wait until the child has left its CPU")
{

	CHECK_EQ(sim_join(sim_proc("p", s23_parent, NULL)), 0);
}
