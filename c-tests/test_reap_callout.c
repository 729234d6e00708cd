/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * When zombies are reaped: the callout, its task, and thread_reap_barrier().
 */
#include "harness.h"
#include "zombies.h"

static void
fire(int zombies, int age)
{

	zombies_boot();
	make_zombies(1);
	/* A first reap notes the time. */
	ticks = 100000;
	reap();
	make_zombies(zombies);
	ticks += age;
	clear_calls();
	fire_callout();
}

TEST(callout_young, "reap callout: S27 zombies, but reaped exactly five "
    "seconds ago: no task; armed again")
{

	fire(1, 5 * hz);
	expect_calls("callout_reset_sbt_on(callout0,5000 ticks,0,NULL,-1,"
	    "C_HARDCLOCK) | -");
	CHECK_EQ(0, tasks_pending());
	CHECK_EQ(1, callouts_armed());
}

TEST(callout_old, "reap callout: S27 one tick later: the task is enqueued, "
    "then the callout armed again")
{

	fire(1, 5 * hz + 1);
	expect_calls(
	    "taskqueue_enqueue(taskqueue_thread,*) | -",
	    "callout_reset_sbt_on(callout0,5000 ticks,0,NULL,-1,"
	    "C_HARDCLOCK) | -");
	CHECK_EQ(1, tasks_pending());
}

TEST(callout_no_zombies, "reap callout: S27 no zombies: no task, however long "
    "ago")
{

	fire(0, 100 * hz);
	CHECK_EQ(0, tasks_pending());
	CHECK_EQ(1, callouts_armed());
}

TEST(callout_task, "reap callout: S27 the task reaps")
{

	fire(3, 6 * hz);
	clear_calls();
	run_tasks();
	CHECK_EQ(3, count_calls("uma_zfree("));
	CHECK_EQ(0, thread_zone_fake.fz_live);
}

TEST(callout_boot, "reap callout: S27 right after boot any zombie is old: "
    "ticks starts near INT_MAX")
{

	zombies_boot();
	make_zombies(1);
	clear_calls();
	fire_callout();
	CHECK_EQ(1, tasks_pending());
}

TEST(callout_wrap, "reap callout: S27 ticks wrap: the age is unsigned")
{

	zombies_boot();
	make_zombies(1);
	ticks = INT_MAX - 10;
	reap();
	make_zombies(1);
	ticks = INT_MIN + 100;
	fire_callout();
	CHECK_EQ(0, tasks_pending());
	ticks = INT_MIN + 5 * hz;
	fire_callout();
	CHECK_EQ(1, tasks_pending());
}

TEST(callout_repeats, "reap callout: S27 it arms itself each time")
{

	zombies_boot();
	fire_callout();
	fire_callout();
	fire_callout();
	CHECK_EQ(1, callouts_armed());
}

TEST(callout_domains, "reap callout: S27 any domain with old zombies will do, "
    "the task is enqueued once")
{
	struct thread *tds[3];
	int i;

	domains(3);
	zombies_boot();
	for (i = 0; i < 3; i++) {
		tds[i] = exited(cred_a, lim_a);
		tds[i]->td_allocdomain = i;
	}
	thread_stash(tds[1]);
	thread_stash(tds[2]);
	clear_calls();
	fire_callout();
	CHECK_EQ(1, count_calls("taskqueue_enqueue("));
}

TEST(callout_domain_old, "reap callout: S27 a young domain does not hide an "
    "old one")
{
	struct thread *tds[2];

	domains(2);
	zombies_boot();
	tds[0] = exited(cred_a, lim_a);
	tds[1] = exited(cred_a, lim_a);
	tds[1]->td_allocdomain = 1;
	thread_stash(tds[0]);
	ticks = 100000;
	reap();
	tds[0] = exited(cred_a, lim_a);
	thread_stash(tds[0]);
	thread_stash(tds[1]);
	ticks += hz;
	fire_callout();
	CHECK_EQ(1, tasks_pending());
}

TEST(callout_domains_all, "reap callout: S27 the last domain is looked at, "
    "none beyond it")
{
	struct thread *td;

	domains(2);
	zombies_boot();
	td = exited(cred_a, lim_a);
	td->td_allocdomain = 2;
	thread_stash(td);
	fire_callout();
	CHECK_EQ(0, tasks_pending());
	td = exited(cred_a, lim_a);
	td->td_allocdomain = 1;
	thread_stash(td);
	fire_callout();
	CHECK_EQ(1, tasks_pending());
}

TEST(reapticks_empty, "reap callout: S24 reaping an empty list does not note "
    "the time")
{

	zombies_boot();
	make_zombies(1);
	ticks = 100000;
	reap();
	ticks += 4 * hz;
	reap();
	make_zombies(1);
	ticks += 2 * hz;
	fire_callout();
	CHECK_EQ(1, tasks_pending());
}

/*
 * The barrier.
 */
static struct thread *parked;

static void
switch_stashes(void *arg)
{

	CHECK_LOCKS("-");
	thread_stash(parked);
}

TEST(barrier_deadthread, "thread_reap_barrier: S28 a thread parked as a CPU's "
    "deadthread is reaped by the time it returns")
{

	zombies_boot();
	parked = exited(cred_a, lim_a);
	clear_calls();
	on("quiesce_all_cpus", switch_stashes);
	thread_reap_barrier();
	CHECK_EQ(1, count_calls("uma_zfree(THREAD,item0"));
	CHECK_EQ(0, tasks_pending());
}

static void
check_task(void *arg)
{
	struct task *t;

	t = arg;
	CHECK_EQ(0, t->ta_pending);
	CHECK_EQ(0, t->ta_priority);
	CHECK_EQ(0, t->ta_flags);
	CHECK_PTR(t, t->ta_context);
	name_ptr(t, "private");
}

TEST(barrier_task, "thread_reap_barrier: S28 a private task, fully "
    "initialised, its own argument, freed after the drain")
{

	zombies_boot();
	on("taskqueue_enqueue", check_task);
	thread_reap_barrier();
	expect_only(ONLY("taskqueue_drain", "free"),
	    "taskqueue_drain(taskqueue_thread,private) | -",
	    "free(private,temp) | -");
}

TEST(barrier_malloc, "thread_reap_barrier: S28 allocates one struct task")
{
	char line[64];

	zombies_boot();
	thread_reap_barrier();
	snprintf(line, sizeof(line), "malloc(%zu,temp,M_WAITOK)",
	    sizeof(struct task));
	CHECK_EQ(1, count_calls(line));
}
