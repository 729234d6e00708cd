/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * thread_exit(): unlinking, accounting, the wakeup of a single-threader.
 */
#include "harness.h"

static void
leave(void)
{

	PROC_LOCK(P);
	PROC_SLOCK(P);
	ESCAPES("sched_throw", thread_exit());
}

TEST(exit_calls, "thread_exit: S19 one of three threads, every call with its "
    "locks")
{

	multi(3);
	leave();
	expect_calls(
	    "cpu_thread_exit(T0) | PL SL",
	    "sched_exit_thread(T1,T0) | PL SL",
	    "thread_lock(T0) | SL STAT",
	    "cpu_ticks() | STAT TL(T0)",
	    "ruxagg_locked(p,T0) | STAT TL(T0)",
	    "rucollect(&p.p_ru,&T0.td_ru) | STAT TL(T0)",
	    IF_WITNESS("witness_thread_exit(T0) | TL(T0)"),
	    "sched_throw(T0) | TL(T0)");
	CHECK_LOCKS("TL(T0)");
}

TEST(exit_unlinks, "thread_exit: S19 unlinked, one exiting thread more, on "
    "the CPU's deadthread slot")
{

	multi(3);
	P->p_exitthreads = 4;
	leave();
	CHECK_EQ(5, P->p_exitthreads);
	CHECK_EQ(2, P->p_numthreads);
	CHECK_PTR(T1, FIRST_THREAD_IN_PROC(P));
	CHECK_PTR(P, T0->td_proc);
	CHECK_PTR(T0, kt_pcpu.pc_deadthread);
	CHECK_EQ(TDS_INACTIVE, T0->td_state);
}

static void
see_unlinked(void *arg)
{

	CHECK_EQ(1, P->p_exitthreads);
	CHECK_EQ(2, P->p_numthreads);
	CHECK_PTR(NULL, kt_pcpu.pc_deadthread);
}

TEST(exit_order, "thread_exit: S19 counted as exiting and unlinked before the "
    "scheduler hears of it, deadthread set after")
{

	multi(3);
	on("sched_exit_thread", see_unlinked);
	leave();
}

TEST(exit_first_thread, "thread_exit: S19 the scheduler gets the first "
    "remaining thread")
{

	multi(3);
	set_curthread(T1);
	leave();
	CHECK_EQ(1, count_calls("sched_exit_thread(T0,T1)"));
}

static void
dead_set(void *arg)
{

	CHECK_PTR(T0, kt_pcpu.pc_deadthread);
}

TEST(exit_dead_before_unlock, "thread_exit: S19 deadthread is set before the "
    "process is unlocked")
{

	multi(2);
	on("thread_lock", dead_set);
	leave();
}

/*
 * Accounting.
 */
TEST(exit_accounting, "thread_exit: S19 run time since the last switch, "
    "context switches, the CPU's switch time")
{

	multi(2);
	kt_pcpu.pc_switchtime = 4000;
	kt_pcpu.pc_switchticks = 1;
	now_ticks = 4700;
	ticks = 1234;
	T0->td_runtime = 100;
	T0->td_incruntime = 20;
	T0->td_ru.ru_nvcsw = 5;
	*vswtch_counter = 40;
	leave();
	CHECK_EQ(800, T0->td_runtime);
	CHECK_EQ(0, T0->td_incruntime);
	CHECK_EQ(720, P->p_rux.rux_runtime);
	CHECK_EQ(720, T0->td_rux.rux_runtime);
	CHECK_EQ(4700, kt_pcpu.pc_switchtime);
	CHECK_EQ(1234, kt_pcpu.pc_switchticks);
	CHECK_EQ(41, *vswtch_counter);
	CHECK_EQ(6, T0->td_ru.ru_nvcsw);
	CHECK_EQ(6, P->p_ru.ru_nvcsw);
}

static void
see_incruntime(void *arg)
{

	CHECK_EQ(720, T0->td_incruntime);
	CHECK_EQ(6, T0->td_ru.ru_nvcsw);
}

TEST(exit_accounting_order, "thread_exit: S19 times and switches are booked "
    "before they are aggregated")
{

	multi(2);
	kt_pcpu.pc_switchtime = 4000;
	now_ticks = 4700;
	T0->td_incruntime = 20;
	T0->td_ru.ru_nvcsw = 5;
	on("ruxagg_locked", see_incruntime);
	leave();
}

TEST(exit_switches_carry, "thread_exit: the counter of switches has 64 bits")
{

	multi(2);
	*vswtch_counter = UINT32_MAX;
	leave();
	CHECK(*vswtch_counter == (uint64_t)UINT32_MAX + 1);
}

#ifdef __i386__
static void
counted_in_section(void *arg)
{

	CHECK(*vswtch_counter == (uint64_t)UINT32_MAX + 1);
	/* The spin locks' section alone is left. */
	CHECK_EQ(1, T0->td_critnest);
}

TEST(exit_switches_no_cx8, "thread_exit: without cmpxchg8b the switch is "
    "counted in a critical section, which may end in a preemption")
{

	multi(2);
	cpu_feature = 0;
	*vswtch_counter = UINT32_MAX;
	T0->td_critnest = 0;
	T0->td_owepreempt = 1;
	on("critical_exit_preempt", counted_in_section);
	leave();
	CHECK_EQ(1, count_calls("critical_exit_preempt("));
}

TEST(exit_switches_no_preempt, "thread_exit: without cmpxchg8b nothing is "
    "preempted that does not owe it")
{

	multi(2);
	cpu_feature = 0;
	*vswtch_counter = 40;
	leave();
	CHECK_EQ(41, *vswtch_counter);
	CHECK_EQ(0, count_calls("critical_exit_preempt("));
}
#endif

TEST(exit_time_wraps, "thread_exit: run time is 64-bit unsigned arithmetic")
{

	multi(2);
	kt_pcpu.pc_switchtime = UINT64_MAX - 9;
	now_ticks = 10;
	leave();
	CHECK_EQ(20, T0->td_runtime);
}

/*
 * The last thread.
 */
TEST(exit_unthreaded, "thread_exit: S20 process that never had threads, or "
    "has no more: stays linked, no deadthread")
{

	multi(1);
	P->p_flag &= ~P_HADTHREADS;
	leave();
	CHECK_COUNTS(P, 1, 0, 0);
	CHECK_EQ(0, P->p_exitthreads);
	CHECK_PTR(T0, FIRST_THREAD_IN_PROC(P));
	CHECK_PTR(NULL, kt_pcpu.pc_deadthread);
	expect_calls(
	    "cpu_thread_exit(T0) | PL SL",
	    "thread_lock(T0) | SL STAT",
	    "cpu_ticks() | STAT TL(T0)",
	    "ruxagg_locked(p,T0) | STAT TL(T0)",
	    "rucollect(&p.p_ru,&T0.td_ru) | STAT TL(T0)",
	    IF_WITNESS("witness_thread_exit(T0) | TL(T0)"),
	    "sched_throw(T0) | TL(T0)");
}

TEST(exit_last, "thread_exit: S20 the last of the threads must not come this "
    "way: panic")
{

	multi(1);
	P->p_flag |= P_HADTHREADS;
	PROC_LOCK(P);
	PROC_SLOCK(P);
	EXPECT_PANIC("thread_exit: Last thread exiting on its own",
	    thread_exit());
	CHECK_EQ(0, P->p_exitthreads);
}

TEST(exit_teapot, "thread_exit: S19 panics if sched_throw comes back")
{

	multi(2);
	PROC_LOCK(P);
	PROC_SLOCK(P);
	EXPECT_PANIC("I'm a teapot!", thread_exit());
}

/*
 * Waking a single-threader.
 */
static void
singled(int flags)
{

	multi(4);
	P->p_flag |= P_STOPPED_SINGLE | flags;
	P->p_singlethread = T0;
	suspended(T0);
	set_curthread(T1);
}

TEST(exit_wakes, "thread_exit: S41 the last running thread exits: the singler "
    "is woken, under PL and SL")
{

	singled(P_SINGLE_EXIT);
	exits(T2);
	exits(T3);
	leave();
	CHECK(!TD_IS_SUSPENDED(T0));
	CHECK_COUNTS(P, 1, 0, 0);
	expect_only(ONLY("setrunnable", "sched_exit_thread", "thread_lock",
	    "kick_proc0"),
	    "sched_exit_thread(T0,T1) | PL SL",
	    "thread_lock(T0) | PL SL",
	    "setrunnable(T0,0) | PL SL TL(T0)",
	    "thread_lock(T1) | SL STAT");
}

TEST(exit_wakes_sleeper, "thread_exit: S58 a singler that was suspended while "
    "asleep sleeps on")
{

	singled(P_SINGLE_EXIT);
	sleeping(T0);
	exits(T2);
	exits(T3);
	leave();
	CHECK_EQ(TDI_SLEEPING, T0->td_inhibitors);
	CHECK_COUNTS(P, 1, 0, 0);
}

TEST(exit_wakes_awake, "thread_exit: without INVARIANTS a singler that is not "
    "suspended is made runnable all the same")
{

#ifdef INVARIANTS
	skip("the kernel asserts that it is suspended");
#endif
	singled(P_SINGLE_EXIT);
	TD_CLR_SUSPENDED(T0);
	exits(T2);
	exits(T3);
	leave();
	CHECK_EQ(1, count_calls("setrunnable(T0,0)"));
	CHECK_COUNTS(P, 1, 0, 0);
}

TEST(exit_wakes_mixed, "thread_exit: S41 the others are suspended: equality "
    "after unlinking wakes the singler")
{

	singled(P_SINGLE_BOUNDARY);
	at_boundary(T2);
	suspended(T3);
	leave();
	CHECK(!TD_IS_SUSPENDED(T0));
	CHECK_COUNTS(P, 3, 2, 1);
}

TEST(exit_not_last, "thread_exit: S41 a sibling still runs: the singler "
    "stays asleep")
{

	singled(P_SINGLE_EXIT);
	suspended(T2);
	leave();
	CHECK(TD_IS_SUSPENDED(T0));
	CHECK_COUNTS(P, 3, 2, 0);
	CHECK_EQ(0, count_calls("setrunnable("));
}

static void
check_exit_mixed(int flag)
{

	singled(flag);
	exits(T2);
	exits(T3);
	leave();
	CHECK(TD_IS_SUSPENDED(T0));
	CHECK_EQ(0, count_calls("setrunnable("));
}

TEST(exit_sig, "thread_exit: S57 a stop signal as well: the singler stays "
    "asleep")
{

	check_exit_mixed(P_STOPPED_SIG);
}

TEST(exit_trace, "thread_exit: S57 a trace stop as well: the singler stays "
    "asleep")
{

	check_exit_mixed(P_STOPPED_TRACE);
}

TEST(exit_no_stop, "thread_exit: counts are equal but nobody single-threads: "
    "nobody is woken")
{

	multi(3);
	suspended(T1);
	suspended(T2);
	leave();
	CHECK_COUNTS(P, 2, 2, 0);
	CHECK_EQ(0, count_calls("setrunnable("));
}

TEST(exit_boundary_kept, "thread_exit: S41 waking the singler leaves its "
    "boundary mark alone")
{

	singled(P_SINGLE_BOUNDARY);
	T0->td_flags |= TDF_BOUNDARY;
	P->p_boundary_count++;
	exits(T2);
	exits(T3);
	leave();
	CHECK((T0->td_flags & TDF_BOUNDARY) != 0);
	CHECK_COUNTS(P, 1, 0, 1);
}

TEST(exit_foreign, "thread_exit: S41 the singler is of another process: woken, "
    "this process's count is not touched")
{

	multi(2);
	controller();
	TD_SET_SUSPENDED(CT);
	P->p_flag |= P_STOPPED_SINGLE | P_TOTAL_STOP;
	P->p_singlethread = CT;
	suspended(T1);
	set_curthread(T0);
	leave();
	CHECK(!TD_IS_SUSPENDED(CT));
	CHECK_COUNTS(P, 1, 1, 0);
	CHECK_COUNTS(C, 1, 0, 0);
}

#ifdef HAVE_SWAPPER
TEST(exit_swapper, "thread_exit: S45 a swapped-out singler: the swapper is "
    "kicked, with PL and SL")
{

	singled(P_SINGLE_EXIT);
	exits(T2);
	exits(T3);
	returns("setrunnable", 1);
	leave();
	expect_only(ONLY("kick_proc0"), "kick_proc0() | PL SL");
}
#endif

TEST(exit_locks, "thread_exit: S19 PL goes before the stat lock and TL, SL "
    "only after TL is taken")
{

#ifndef LOCKS_VISIBLE
	skip("lock calls are inline in this kernel");
#endif
	multi(2);
	PROC_LOCK(P);
	PROC_SLOCK(P);
	log_locks();
	ESCAPES("sched_throw", thread_exit());
	expect_only(ONLY("mtx_lock", "mtx_unlock", "mtx_lock_spin",
	    "mtx_unlock_spin", "thread_lock", "sched_throw"),
	    "mtx_unlock(PL) | PL SL",
	    "mtx_lock_spin(STAT) | SL",
	    "thread_lock(T0) | SL STAT",
	    "mtx_unlock_spin(SL) | SL STAT TL(T0)",
	    "mtx_unlock_spin(STAT) | STAT TL(T0)",
	    "sched_throw(T0) | TL(T0)");
}

#ifdef KDTRACE_HOOKS
TEST(exit_probe, "thread_exit: fires proc:::lwp-exit first of all")
{

	multi(2);
	CHECK_EQ(1, probe_enable(LWP_EXIT, 4242));
	leave();
	expect_only(ONLY("sdt_probe", "cpu_thread_exit"),
	    "sdt_probe(4242,0) | PL SL",
	    "cpu_thread_exit(T0) | PL SL");
}

TEST(exit_probe_off, "thread_exit: no probe while it is not enabled")
{

	multi(2);
	(void)probe_enable(SPIN_RELEASE, 4243);
	leave();
	CHECK_EQ(0, count_calls("sdt_probe(0,"));
}
#endif
#ifdef KTR
TEST(exit_ktr, "thread_exit: two traces, on entry and before the last switch")
{
	char first[96], last[96];

	multi(2);
	snprintf(T0->td_name, sizeof(T0->td_name), "worker");
	snprintf(first, sizeof(first),
	    "ktr(thread_exit: thread %p (pid 100, worker)) | PL SL", T0);
	snprintf(last, sizeof(last),
	    "ktr(thread_exit: cpu_throw() thread %p) | TL(T0)", T0);
	log_ktr();
	leave();
	expect_only(ONLY("ktr", "cpu_thread_exit", "rucollect",
	    "sched_throw"),
	    first,
	    "cpu_thread_exit(T0) | PL SL",
	    "rucollect(&p.p_ru,&T0.td_ru) | STAT TL(T0)",
	    last,
	    "sched_throw(T0) | TL(T0)");
}
#endif

#ifdef HWPMC_HOOKS
#include <sys/pmckern.h>

TEST(exit_pmc_proc, "thread_exit: hwpmc: process uses PMCs: switched out, "
    "then told")
{

	multi(2);
	P->p_flag |= P_HWPMC;
	leave();
	expect_only(ONLY("pmc_hook", "thread_lock"),
	    "pmc_hook(T0,3,NULL) | PL SL",
	    "pmc_hook(T0,13,NULL) | PL SL",
	    "thread_lock(T0)");
}

TEST(exit_pmc_system, "thread_exit: hwpmc: system-wide sampling: the exit is "
    "logged")
{

	multi(2);
	pmc_ss_count = 1;
	leave();
	expect_only(ONLY("pmc_hook"), "pmc_hook(T0,16,NULL) | PL SL");
}

TEST(exit_pmc_none, "thread_exit: hwpmc: nobody samples: no call")
{

	multi(2);
	leave();
	CHECK_EQ(0, count_calls("pmc_hook("));
}
#endif
