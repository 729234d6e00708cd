/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Group C, S29 and S30: kernel threads, and threads that start in a process
 * that is about to stop.
 */
#include <sys/unistd.h>
#include <sys/wait.h>

#include "threads.h"

/* ---- S29: kernel threads ----------------------------------------------- */

#define	S29_ROUNDS	5
/* Seconds that it may take as a whole. */
#define	S29_TIMEOUT	30

static volatile int quit;
static volatile u_int polls, suspended, ended;
static struct thread *volatile victim;

/* Lets itself be suspended. */
static void
s29_victim(void *arg __unused)
{
	static struct sim_chan never;

	victim = curthread;
	while (!quit) {
		k_kthread_suspend_check();
		polls++;
		sim_sleep(&never, false, 1);
	}
	atomic_add_int(&ended, 1);
}

static void
s29_suspender(void *arg __unused)
{
	static struct sim_chan never;
	int i;

	for (i = 0; i < S29_ROUNDS; i++) {
		CHECK_EQ(k_kthread_suspend(victim, 10 * hz), 0);
		atomic_add_int(&suspended, 1);
		sim_sleep(&never, false, 2);
	}
	/* The resumer sees to it that the last suspension ends as well. */
	while (victim->td_flags & TDF_KTH_SUSP)
		sim_sleep(&never, false, 1);
	quit = 1;
	atomic_add_int(&ended, 1);
}

static void
s29_resumer(void *arg __unused)
{
	static struct sim_chan never;

	while (!quit) {
		CHECK_EQ(k_kthread_resume(victim), 0);
		sim_sleep(&never, false, 3);
	}
	CHECK_EQ(k_kthread_resume(victim), 0);
	atomic_add_int(&ended, 1);
	k_kthread_exit();
}

/* The first thread of the process stays until it is the last. */
static void
s29_first(void *arg __unused)
{
	static struct sim_chan never;

	while (ended != 3 || curproc->p_numthreads != 1)
		sim_sleep(&never, false, 1);
}

SCENARIO(S29, "Kernel threads suspend, resume and leave one another",
    "a kernel thread that leaks, a last one that does not take its process "
    "along")
{
	struct thread *td[3];
	struct ucred *cr;
	struct proc *p;
	u_long mark;
	int i, start, users, nthr0;

	cr = proc0.p_ucred;
	users = cr->cr_users;
	nthr0 = proc0.p_numthreads;
	start = ticks;
	p = k_kproc_create("kthrdlk", s29_first, NULL);
	CHECK(p->p_flag & P_KPROC);
	mark = sim_mark();
	CHECK_EQ(k_kthread_add(p, "victim", s29_victim, NULL, &td[0]), 0);
	CHECK(td[0]->td_proc == p);
	CHECK(td[0]->td_pflags & TDP_KTHREAD);
	CHECK(td[0]->td_ucred == p->p_ucred);
	CHECK(td[0]->td_limit == p->p_limit);
	CHECK_TRACE(sim_happened(mark, curthread, "uma_zalloc_arg mtx_lock "
	    "crcowget lim_hold sigqueue_init mtx_unlock rw_wlock rw_wunlock "
	    "thread_lock sched_add"), !sim_is_smp());
	sim_wait(victim != NULL);
	CHECK_EQ(k_kthread_add(p, "suspender", s29_suspender, NULL, &td[1]), 0);
	CHECK_EQ(k_kthread_add(p, "resumer", s29_resumer, NULL, &td[2]), 0);
	CHECK(p->p_flag & P_HADTHREADS);

	CHECK_EQ(sim_join(p), 0);
	CHECK_EQ(suspended, S29_ROUNDS);
	CHECK_EQ(ended, 3);
	CHECK(polls > 0);
	if (!sim_is_smp())
		CHECK((u_int)(ticks - start) < S29_TIMEOUT * hz);

	/* Three left by thread_exit(), the first one by exit1(). */
	for (i = 0; i < 3; i++) {
		CHECK_TRACE(sim_count_by(mark, td[i], "wakeup", td[i]), 1);
		CHECK_TRACE(sim_happened(mark, td[i], "wakeup rw_wlock "
		    "umtx_thread_exit mtx_lock_spin cpu_thread_exit "
		    "sched_exit_thread sched_throw"), !sim_is_smp());
		CHECK_TRACE(sim_count_by(mark, td[i], "exit1", NULL), 0);
	}
	CHECK_TRACE(sim_count_since(mark, "exit1", p), 1);
	CHECK_TRACE(sim_count_since(mark, "sched_exit_thread", NULL), 3);
	reap_all();
	CHECK_EQ(cr->cr_users, users);
	CHECK_EQ(sim_tids_used(), 2);
	CHECK_EQ(proc0.p_numthreads, nthr0);
	CHECK_EQ(proc0.p_exitthreads, 0);
}

static void
s29_guest(void *arg __unused)
{

	atomic_add_int(&polls, 1);
}

SCENARIO(S29_proc0, "proc0 stays when a kernel thread of its leaves",
    "a kernel thread that takes the system along")
{
	struct thread *td;

	CHECK_EQ(k_kthread_add(NULL, "guest", s29_guest, NULL, &td), 0);
	CHECK(td->td_proc == &proc0);
	sim_wait(polls == 1);
	sim_wait(proc0.p_numthreads == 1);
	sim_wait(proc0.p_exitthreads == 0);
	CHECK(FIRST_THREAD_IN_PROC(&proc0) == curthread);
	reap_all();
	CHECK_EQ(sim_tids_used(), 1);
	sim_rest();
	sim_check_leaks();
}

/* ---- S30: starting in a process that stops ----------------------------- */

static volatile int making, go_on, born, newcomer_ran, alone;
static struct sim_chan nothing;

/* Holds thr_new(2) up in the kernel, where it cannot be stopped. */
static void
s30_ctor(void *arg __unused, struct thread *td __unused)
{

	if (curproc == &proc0)
		return;
	making = 1;
	while (!go_on)
		sim_sleep(&nothing, false, 1);
}

static void
s30_newcomer(void *arg __unused)
{

	newcomer_ran = 1;
}

static void
s30_maker(void *arg __unused)
{

	CHECK(u_thr_new(s30_newcomer, NULL) > 0);
	born = 1;
	u_pause();
}

/*
 * A process with a thread in the middle of thr_new(2), and another one that
 * runs body.
 */
static struct proc *
maker_and(void (*body)(void *))
{
	void (*const others[])(void *) = { s30_maker };

	return (sim_proc_threads("p", body, NULL, 1, others, NULL));
}

static void
s30_bystander(void *arg __unused)
{

	u_pause();
}

SCENARIO(S30, "A thread that starts in a process that SIGSTOP stops",
    "a new thread that runs in a stopped process")
{
	eventhandler_tag tag;
	struct proc *p;
	u_long mark;

	tag = EVENTHANDLER_REGISTER(thread_ctor, s30_ctor, NULL, 0);
	p = maker_and(s30_bystander);
	sim_wait(making);
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	sim_wait(p->p_suspcount == 1);
	CHECK_STATE(p, 2, 1, p->p_boundary_count, 0, F_SIG | F_HAD);
	CHECK_EQ(sim_stop_reports(p), 0);

	/* The newcomer counts, and stops at its first return to user mode. */
	mark = sim_mark();
	go_on = 1;
	sim_wait(p->p_numthreads == 3);
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_rest();
	CHECK_STATE(p, 3, 3, p->p_boundary_count, 0, F_SIG | F_HAD);
	CHECK(TD_IS_SUSPENDED(sim_thread(p, 2)));
	CHECK_TRACE(sim_count_by(mark, sim_thread(p, 1), "ast_sched_locked",
	    sim_thread(p, 2)), 1);
	CHECK_EQ(newcomer_ran, 0);
	CHECK_EQ(sim_stop_reports(p), 1);

	CHECK_EQ(k_kill(p, SIGCONT), 0);
	sim_wait(newcomer_ran);
	sim_wait(p->p_numthreads == 2);
	EVENTHANDLER_DEREGISTER(thread_ctor, tag);
	CHECK_EQ(k_kill(p, SIGKILL), 0);
	CHECK_EQ(WTERMSIG(sim_join(p)), SIGKILL);
}

/* In the single-threaded part: both others are at the boundary. */
static void
s30_alone(void *arg __unused)
{
	struct proc *p;

	p = curproc;
	CHECK_STATE(p, 3, 2, 2, 0, F_SS | F_SB | F_HAD);
	CHECK(p->p_singlethread == curthread);
	CHECK(TD_IS_SUSPENDED(sim_thread(p, 1)));
	CHECK(TD_IS_SUSPENDED(sim_thread(p, 2)));
	CHECK_EQ(newcomer_ran, 0);
	alone = 1;
}

static void
s30_single(void *arg __unused)
{

	u_pause_until(&making);
	u_set_alone_hook(s30_alone, NULL);
	CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	u_pause();
}

SCENARIO(S30_boundary, "A thread that starts while another wants to be alone",
    "a new thread that is missed, so that rfork is not alone")
{
	eventhandler_tag tag;
	struct proc *p;

	tag = EVENTHANDLER_REGISTER(thread_ctor, s30_ctor, NULL, 0);
	p = maker_and(s30_single);
	/* It waits for the maker, which sleeps where nobody wakes it. */
	sim_wait(p->p_suspcount == 1);
	CHECK_EQ(p->p_numthreads, 2);
	CHECK(p->p_singlethread == sim_thread(p, 0));
	CHECK_EQ(alone, 0);
	go_on = 1;
	sim_wait(alone);
	sim_wait(newcomer_ran && born);
	sim_wait(p->p_numthreads == 2);
	sim_rest();
	CHECK_END_STATE(p, 2, 1);
	EVENTHANDLER_DEREGISTER(thread_ctor, tag);
	CHECK_EQ(k_kill(p, SIGKILL), 0);
	CHECK_EQ(WTERMSIG(sim_join(p)), SIGKILL);
}

static void
s30_exiter(void *arg __unused)
{

	u_pause_until(&making);
	u_exit(5);
}

SCENARIO(S30_exit, "A thread that starts while its process exits",
    "a new thread that survives exit, or that exit does not wait for")
{
	eventhandler_tag tag;
	struct thread *newcomer;
	struct proc *p;
	lwpid_t tid;
	u_long mark;

	mark = sim_mark();
	tag = EVENTHANDLER_REGISTER(thread_ctor, s30_ctor, NULL, 0);
	p = maker_and(s30_exiter);
	sim_wait(p->p_suspcount == 1);
	CHECK_EQ(p->p_flag & SIM_STATE_FLAGS, F_SS | F_SX | F_HAD);
	go_on = 1;
	sim_wait(sim_threads_made(p) == 3);
	newcomer = sim_thread(p, 2);
	tid = sim_tid(p, 2);
	sim_wait(sim_is_zombie(p));
	CHECK_END_STATE(p, 1, 0);
	CHECK_EQ(newcomer_ran, 0);
	CHECK_EQ(born, 0);
	CHECK_TRACE(sim_count_by(mark, newcomer, "sched_throw", newcomer), 1);
	CHECK_EQ(WEXITSTATUS(sim_join(p)), 5);
	thread_reap_barrier();
	CHECK(!sim_tid_used(tid));
	EVENTHANDLER_DEREGISTER(thread_ctor, tag);
}

static volatile u_int s30_loops, s30_lives;

static void
s30_live(void *arg __unused)
{

	atomic_add_int(&s30_lives, 1);
}

static void
s30_loop(void *arg __unused)
{
	int i;

	for (i = 0; i < 4; i++)
		CHECK(u_thr_new(s30_live, NULL) > 0);
	s30_loops = 1;
	u_pause();
}

/* Alone is alone, whoever was being made. */
static void
s30_check(void *arg __unused)
{
	struct proc *p;

	p = curproc;
	CHECK_EQ(p->p_suspcount, p->p_numthreads - 1);
	CHECK_EQ(p->p_boundary_count, p->p_suspcount);
}

static void
s30_singles(void *arg __unused)
{
	int i;

	for (i = 0; i < 3; i++) {
		u_set_alone_hook(s30_check, NULL);
		CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	}
	while (!s30_loops)
		CHECK_EQ(u_nanosleep(1), 0);
	u_exit(6);
}

SCENARIO_SETUP(S30_race)
{

	sim_cpus(3);
}

SCENARIO(S30_race, "Threads start at any time while another gets alone",
    "a thread between its link and the run queue that is missed")
{
	void (*const others[])(void *) = { s30_loop };

	CHECK_EQ(WEXITSTATUS(sim_join(sim_proc_threads("p", s30_singles, NULL,
	    1, others, NULL))), 6);
	CHECK(s30_lives <= 4);
}
