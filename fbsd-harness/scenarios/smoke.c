/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * A walk through the simulated kernel: not a scenario of the object's, but of
 * the harness itself.  What fails here fails everywhere.
 */
#include "sim.h"

static volatile int stop, ready, hits;
static volatile u_int word;
static struct sim_pipe pipes[4];
static struct sim_chan chan;

static void
count(void *arg)
{
	atomic_add_int((volatile u_int *)&hits, 1);
}

/* ---- Threads ------------------------------------------------------------ */

static void
threads_main(void *arg)
{
	volatile int done[3];
	int i;

	for (i = 0; i < 3; i++)
		CHECK(u_thr_new(count, NULL) > 0);
	u_spin_until(&stop);
	CHECK_EQ(u_thr_kill(1, SIGTERM), ESRCH);
	done[0] = 0;
	u_exit(7);
}

SCENARIO(X01_threads, "a process makes threads, they end, then it exits",
    "nothing works")
{
	struct proc *p = sim_proc("p", threads_main, NULL);

	sim_wait(hits == 3 && p->p_numthreads == 1);
	CHECK_EQ(sim_threads_made(p), 4);
	stop = 1;
	CHECK_EQ(sim_join(p), W_EXITCODE(7, 0));
}

/* ---- exit with all kinds of siblings ------------------------------------ */

static void
reader(void *arg)
{
	u_pipe_read(&pipes[0]);
	CHECK(0);
}

static void
spinner(void *arg)
{
	u_spin_forever();
}

static void
pauser(void *arg)
{
	u_pause();
}

static void
disk(void *arg)
{
	u_disk_wait(5);
}

static void
waiter(void *arg)
{
	u_umtx_wait(&word, 0, 0);
	CHECK(0);
}

static void
exiter(void *arg)
{
	u_spin(3);
	u_exit(3);
}

static void (*const siblings[])(void *) = {
	reader, spinner, pauser, disk, waiter
};

SCENARIO(X02_exit, "exit with sleeping, spinning and waiting siblings",
    "threads that survive their process")
{
	struct proc *p;

	p = sim_proc_threads("p", exiter, NULL, nitems(siblings), siblings,
	    NULL);
	CHECK_EQ(sim_join(p), W_EXITCODE(3, 0));
}

/* ---- fork, wait, recycling ---------------------------------------------- */

static void
child(void *arg)
{
	u_exit((int)(uintptr_t)arg);
}

static void
forker(void *arg)
{
	int i, status;
	pid_t pid;

	for (i = 1; i <= 3; i++) {
		pid = u_fork(child, (void *)(uintptr_t)i);
		CHECK(pid > 0);
		CHECK_EQ(u_wait4(pid, &status, 0), pid);
		CHECK_EQ(status, W_EXITCODE(i, 0));
	}
	pid = u_vfork(child, (void *)9);
	CHECK((sim_find(pid)->p_flag & P_PPWAIT) == 0);
	CHECK_EQ(u_wait4(-1, &status, 0), pid);
	CHECK_EQ(u_wait4(-1, &status, 0), -ECHILD);
}

SCENARIO(X03_fork, "fork, vfork and wait; processes are recycled",
    "a recycled process with traces of its former life")
{
	CHECK_EQ(sim_join(sim_proc("p", forker, NULL)), 0);
}

/* ---- rfork and execve with siblings ------------------------------------- */

static void
alone(void *arg)
{
	struct proc *p = curproc;

	CHECK_STATE(p, 4, 3, 3, 0, F_SS | F_SB | F_HAD);
	CHECK(p->p_singlethread == curthread);
	hits++;
}

static void
read_byte(void *arg)
{
	CHECK_EQ(u_pipe_read(&pipes[1]), 0);
	u_pause_until(&stop);
}

static void
new_image(void *arg)
{
	CHECK_STATE(curproc, 1, 0, 0, 0, 0);
	u_exit(5);
}

static void
single(void *arg)
{
	u_set_alone_hook(alone, NULL);
	CHECK_EQ(u_rfork(RFFDG, NULL, NULL), 0);
	CHECK_EQ(u_execve(false, NULL, NULL), ENOEXEC);
	CHECK_END_STATE(curproc, 4, 1);
	u_pipe_write(&pipes[1]);
	u_execve(true, new_image, NULL);
	CHECK(0);
}

static void (*const single_siblings[])(void *) = { read_byte, spinner, pauser };

SCENARIO(X04_single, "rfork and execve, failing and succeeding, with siblings",
    "single-threading")
{
	struct proc *p;

	p = sim_proc_threads("p", single, NULL, nitems(single_siblings),
	    single_siblings, NULL);
	CHECK_EQ(sim_join(p), W_EXITCODE(5, 0));
	CHECK_EQ(hits, 3);
}

/* ---- Signals ------------------------------------------------------------- */

static void
sleeper(void *arg)
{
	CHECK_EQ(u_pipe_read(&pipes[2]), 0);
	u_pause();
}

SCENARIO(X05_stop, "STOP, CONT and KILL of a process with two threads",
    "job control")
{
	static void (*const others[])(void *) = { spinner };
	struct proc *p;

	p = sim_proc_threads("p", sleeper, NULL, 1, others, NULL);
	sim_wait(pipes[2].readers == 1);
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	sim_rest();
	CHECK_STATE(p, 2, 2, p->p_boundary_count, 0, F_SIG | F_HAD);
	CHECK_EQ(sim_stop_reports(p), 1);
	CHECK_EQ(k_kill(p, SIGCONT), 0);
	CHECK_EQ(sim_cont_reports(p), 1);
	sim_wait(p->p_suspcount == 0);
	CHECK_EQ(k_kill(p, SIGKILL), 0);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
}

static void
catcher(void *arg)
{
	CHECK_EQ(u_sigcatch(SIGUSR1, false), 0);
	CHECK_EQ(u_sigcatch(SIGUSR2, true), 0);
	ready = 1;
	CHECK_EQ(u_pipe_read(&pipes[0]), EINTR);
	ready = 2;
	CHECK_EQ(u_pipe_read(&pipes[1]), 0);
	CHECK_EQ(sim_restarts(curthread), 1);
	CHECK_EQ(u_sigblock(SIGUSR1), 0);
	ready = 3;
	CHECK_EQ(u_sigsuspend(), EINTR);
	u_crash();
}

SCENARIO(X06_catch, "caught signals interrupt or restart, a crash dumps core",
    "EINTR and ERESTART")
{
	struct proc *p = sim_proc("p", catcher, NULL);

	sim_wait(ready == 1 && pipes[0].readers == 1);
	k_kill(p, SIGUSR1);
	sim_wait(ready == 2 && pipes[1].readers == 1);
	k_kill(p, SIGUSR2);
	sim_wait(sim_caught(p, SIGUSR2) == 1);
	sim_pipe_write(&pipes[1]);
	sim_wait(ready == 3);
	k_kill(p, SIGUSR1);
	sim_wait(sim_is_zombie(p));
	CHECK_EQ(sim_caught(p, SIGUSR1), 2);
	CHECK_EQ(sim_coredumps(p), 1);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGSEGV | WCOREFLAG));
}

/* ---- Debuggers ----------------------------------------------------------- */

SCENARIO(X07_ptrace, "attach, suspend a thread, continue, dump core, detach",
    "ptrace")
{
	static void (*const others[])(void *) = { spinner, sleeper };
	struct proc *p;

	p = sim_proc_threads("p", pauser, NULL, 2, others, NULL);
	CHECK_EQ(k_ptrace_attach(p), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(k_ptrace_coredump(p), 0);
	CHECK_EQ(sim_coredumps(p), 1);
	sim_wait(p->p_suspcount == 3);
	CHECK_EQ(k_ptrace_suspend(p, sim_thread(p, 1)), 0);
	CHECK_EQ(k_ptrace_cont(p, 0), 0);
	sim_wait(p->p_suspcount == 1 && TD_IS_SUSPENDED(sim_thread(p, 1)));
	CHECK_EQ(k_kill(p, SIGSTOP), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(k_ptrace_resume(p, sim_thread(p, 1)), 0);
	CHECK_EQ(k_ptrace_detach(p), 0);
	sim_wait(p->p_suspcount == 0);
	CHECK_EQ(k_ptrace_attach(p), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(k_ptrace_kill(p), 0);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
}

/* ---- Stopping others ----------------------------------------------------- */

static struct proc *reaped;

static void
stopped_hook(void *arg)
{
	CHECK_STATE(reaped, 3, 3, reaped->p_boundary_count, 0,
	    F_SS | F_TOT | F_HAD);
	hits++;
}

SCENARIO(X08_reaper, "REAPER_KILL and stop_all_proc", "total stops")
{
	static void (*const others[])(void *) = { spinner, sleeper };

	reaped = sim_proc_threads("p", pauser, NULL, 2, others, NULL);
	CHECK_EQ(k_reaper_kill_hook(reaped, SIGURG, stopped_hook, NULL), 0);
	CHECK_EQ(hits, 1);
	k_stop_all_proc();
	CHECK_EQ(reaped->p_suspcount, 3);
	k_resume_all_proc();
	CHECK_END_STATE(reaped, 3, 1);
	CHECK_EQ(k_reaper_kill(reaped, SIGKILL), 0);
	CHECK_EQ(sim_join(reaped), W_EXITCODE(0, SIGKILL));
}

/* ---- Kernel threads ------------------------------------------------------ */

static void
poller(void *arg)
{
	while (!stop) {
		k_kthread_suspend_check();
		sim_ticks(1);
	}
	hits++;
}

SCENARIO(X09_kthreads, "a kernel process, its threads suspended and resumed",
    "kthread(9)")
{
	struct proc *p = k_kproc_create("kp", poller, NULL);
	struct thread *td;

	CHECK_EQ(k_kthread_add(p, "kt", poller, NULL, &td), 0);
	CHECK_EQ(k_kthread_suspend(td, 10 * hz), 0);
	CHECK_EQ(k_kthread_resume(td), 0);
	stop = 1;
	CHECK_EQ(sim_join(p), 0);
	CHECK_EQ(hits, 2);
}

/* ---- Credentials, waits, deferred stops, parking, panics ----------------- */

static int
deferred(void *arg)
{
	return (sim_sleep(&chan, true, 0));
}

static void
misc(void *arg)
{
	CHECK_EQ(u_abi_linux(), 0);
	CHECK_EQ(u_setuid(1001), 0);
	CHECK_EQ(u_setrlimit(64), 0);
	CHECK_EQ(u_nanosleep(2), 0);
	CHECK_EQ(curthread->td_ucred->cr_ruid, 1001);
	CHECK_EQ(u_thr_suspend(3), ETIMEDOUT);
	CHECK_EQ(u_umtx_wait(&word, 0, 2), ETIMEDOUT);
	CHECK_EQ(u_umtx_wait(&word, 1, 0), 0);
	ready = 1;
	CHECK_EQ(u_deferstop(SIGDEFERSTOP_SILENT, deferred, NULL), 0);
	ready = 2;
	u_pause_until(&stop);
}

SCENARIO(X10_misc, "the other calls, parking, and an expected panic",
    "the harness")
{
	struct proc *p = sim_proc("p", misc, NULL), *q;

	sim_wait(ready == 1);
	while (ready != 2) {
		sim_wakeup(&chan);
		sim_yield();
	}
	sim_park(p);
	CHECK(sim_thread(p, 0)->td_inhibitors == TDI_IWAIT);
	sim_unpark(p);
	q = sim_proc_parked("q", 3);
	CHECK_EQ(q->p_numthreads, 3);
	EXPECT_PANIC("on purpose")
		panic("%s", "on purpose");
	if (sim_invariants)
		EXPECT_PANIC("Thread not suspended") {
			PROC_LOCK(q);
			thread_run_flash(sim_thread(q, 1));
		}
	sim_become(1001, false);
	CHECK_EQ(curthread->td_ucred->cr_ruid, 1001);
	sim_become(0, false);
	stop = 1;
	CHECK_EQ(sim_join(p), 0);
}

/* ---- What the walk has left out ------------------------------------------ */

static volatile int joined, conflict = 1;
static volatile lwpid_t suspended_tid;

static void
joinee(void *arg)
{
	CHECK_EQ(u_disk_wait(1), 0);
	u_thr_exit_to(&joined);
}

static void
suspended(void *arg)
{
	suspended_tid = u_thr_self();
	CHECK_EQ(u_thr_suspend(0), 0);
	CHECK_EQ(u_cas_retry(&conflict, true), 0);
	ready++;
}

static int
locker(void *arg)
{
	sim_lock();
	hits++;
	sim_unlock();
	return (0);
}

static void
more_main(void *arg)
{
	CHECK_EQ(curthread->td_ucred->cr_ruid, 4711);
	u_thr_new_fault();
	CHECK_EQ(u_thr_new(joinee, NULL), -EFAULT);
	CHECK(u_thr_new(joinee, NULL) > 0);
	CHECK(u_thr_new(suspended, NULL) > 0);
	CHECK_EQ(u_umtx_wait((volatile u_int *)&joined, 0, 0), 0);
	CHECK_EQ(joined, 1);
	while (suspended_tid == 0)
		u_nanosleep(1);
	CHECK_EQ(u_thr_wake(suspended_tid), 0);
	CHECK_EQ(u_thr_kill(suspended_tid, 0), 0);
	CHECK_EQ(u_thr_kill2(u_getpid(), u_thr_self(), 0), 0);
	CHECK_EQ(u_thr_kill2(1, u_thr_self(), 0), ESRCH);
	CHECK_EQ(u_syscall(locker, NULL), 0);
	CHECK_EQ(u_sigignore(SIGTERM), 0);
	CHECK_EQ(u_kill(u_getpid(), SIGTERM), 0);
	CHECK_EQ(u_sigcatch(SIGUSR1, true), 0);
	CHECK_EQ(u_thr_kill(u_thr_self(), SIGUSR1), 0);
	CHECK_EQ(sim_caught(curproc, SIGUSR1), 1);
	conflict = 0;
	u_umtx_wake((volatile u_int *)&joined, 1);
	u_pause_until(&ready);
}

SCENARIO(X11_more, "thr_suspend and wake, joins, locks, ids, ignored signals",
    "the harness")
{
	struct proc *p;
	u_long mark = sim_mark();
	int was;

	p = sim_proc_as("p", 4711, more_main, NULL);
	CHECK(sim_find_name("p") == p);
	CHECK(sim_find(p->p_pid) == p);
	sim_lock();
	was = hits;
	for (int i = 0; i < 20; i++)
		sim_step();
	CHECK_EQ(hits, was);
	sim_unlock();
	CHECK_EQ(sim_join(p), 0);
	CHECK_EQ(hits, 1);
	if (!sim_is_smp()) {
		CHECK(sim_happened(mark, NULL, "tidhash_add exit1 proc_reap") ||
		    sim_count_since(mark, "exit1", p) == 1);
		CHECK_EQ(sim_count("exit1", p), 1);
	}
}

static void
vfork_child(void *arg)
{
	u_nanosleep(3);
	u_execve(true, pauser, NULL);
}

static void
vfork_parent(void *arg)
{
	int status;
	pid_t pid;

	pid = u_vfork(vfork_child, NULL);
	CHECK((sim_find(pid)->p_flag & (P_PPWAIT | P_EXEC)) == P_EXEC);
	CHECK_EQ(u_kill(pid, SIGSTOP), 0);
	CHECK_EQ(u_wait4(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK_EQ(u_kill(pid, SIGCONT), 0);
	CHECK_EQ(u_wait4(pid, &status, WCONTINUED), pid);
	CHECK(WIFCONTINUED(status));
	CHECK_EQ(u_wait4(pid, &status, WNOHANG), 0);
	CHECK_EQ(u_kill(pid, SIGTERM), 0);
	CHECK_EQ(u_wait4(pid, &status, 0), pid);
	CHECK_EQ(status, W_EXITCODE(0, SIGTERM));
}

SCENARIO(X12_vfork, "a vfork child execs; it is stopped, continued, killed",
    "wait4 and its options")
{
	CHECK_EQ(sim_join(sim_proc("p", vfork_parent, NULL)), 0);
}

static void
short_lived(void *arg)
{
	u_spin(2);
}

static void
lwp_main(void *arg)
{
	u_pause_until(&stop);
	CHECK(u_thr_new(short_lived, NULL) > 0);
	u_pause();
}

SCENARIO(X13_lwp, "a debugger hears of threads that start and exit",
    "PT_LWP_EVENTS")
{
	struct proc *p = sim_proc("p", lwp_main, NULL);

	CHECK_EQ(k_ptrace_attach(p), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(k_ptrace_lwp_events(p, true), 0);
	CHECK_EQ(k_ptrace_cont(p, 0), 0);
	stop = 1;
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK((sim_thread(p, 1)->td_dbgflags & TDB_BORN) != 0);
	CHECK_EQ(k_ptrace_cont(p, 0), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK((sim_thread(p, 1)->td_dbgflags & TDB_EXIT) != 0);
	CHECK_EQ(k_ptrace_cont(p, 0), 0);
	sim_wait(p->p_numthreads == 1);
	CHECK_EQ(k_thr_kill(sim_thread(p, 0), SIGKILL), 0);
	CHECK_EQ(k_wait_stopped(p), 0);
	CHECK_EQ(k_ptrace_cont(p, SIGKILL), 0);
	CHECK_EQ(sim_join(p), W_EXITCODE(0, SIGKILL));
}

/* ---- Load ---------------------------------------------------------------- */

#define	HERD	8

static volatile u_int gone;

static void
goer(void *arg)
{
	atomic_add_int(&gone, 1);
	u_umtx_wake(&gone, 1);
}

static void
herder(void *arg)
{
	u_int i, rounds, seen;

	rounds = sim_is_smp() ? 6000 : 2;
	for (i = 1; i <= rounds; i++) {
		for (int n = 0; n < HERD; n++)
			CHECK(u_thr_new(goer, NULL) > 0);
		while ((seen = gone) != i * HERD)
			CHECK_EQ(u_umtx_wait(&gone, seen, 0), 0);
	}
}

SCENARIO(X14_herd, "a process makes threads that end, over and over",
    "thr1 of stress2")
{
	struct proc *p = sim_proc("p", herder, NULL);

	CHECK_EQ(sim_join(p), 0);
}
