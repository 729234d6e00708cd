/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Callouts, which a test fires, and the taskqueue thread, which runs when a
 * test says so or somebody drains it.
 */
#include "../harness.h"

#define	TASKS_MAX	16

static char queue_name;
struct taskqueue *taskqueue_thread = (struct taskqueue *)(void *)&queue_name;

static struct callout *armed;
static callout_func_t *armed_func;
static void *armed_arg;
static int narmed;
static struct task *queued[TASKS_MAX];
static int nqueued;

void
callout_init(struct callout *c, int mpsafe)
{
	static int n;

	if (!ptr_named(c))
		name_ptr(c, "callout%d", n++);
	(void)fake_call("callout_init", c, "%s,%d", ptr_name(c), mpsafe);
	memset(c, 0, sizeof(*c));
}

int
callout_reset_sbt_on(struct callout *c, sbintime_t sbt, sbintime_t prec,
    callout_func_t *func, void *arg, int cpu, int flags)
{

	(void)fake_call("callout_reset_sbt_on", c, "%s,%jd ticks,%jd,%s,%d,%s",
	    ptr_name(c), (intmax_t)(sbt / tick_sbt), (intmax_t)prec,
	    ptr_name(arg), cpu, flags == C_HARDCLOCK ? "C_HARDCLOCK" : "?");
	narmed += armed == NULL;
	fake_must(armed == NULL || armed == c, "callout_reset",
	    "two callouts armed");
	armed = c;
	armed_func = func;
	armed_arg = arg;
	return (0);
}

int
callouts_armed(void)
{

	return (narmed);
}

void
fire_callout(void)
{
	callout_func_t *func;
	void *arg;

	if (armed == NULL)
		fatal("no callout is armed");
	func = armed_func;
	arg = armed_arg;
	armed = NULL;
	narmed--;
	func(arg);
}

#ifdef PROFILE_15
int
_callout_stop_safe(struct callout *c, int flags)
#else
int
_callout_stop_safe(struct callout *c, int flags,
    callout_func_t *drain __unused)
#endif
{

	(void)fake_call("callout_drain", c, "%s,%s", ptr_name(c),
	    flags == CS_DRAIN ? "CS_DRAIN" : "?");
	fake_may_sleep("callout_drain");
	fake_must(strcmp(lock_state(), "-") == 0, "callout_drain",
	    "locks held");
	return (1);
}

int
taskqueue_enqueue(struct taskqueue *queue, struct task *task)
{
	int i;

	(void)fake_call("taskqueue_enqueue", task, "%s,%s",
	    queue == taskqueue_thread ? "taskqueue_thread" : "?",
	    ptr_name(task));
	task->ta_pending++;
	for (i = 0; i < nqueued; i++)
		if (queued[i] == task)
			return (0);
	if (nqueued == TASKS_MAX)
		fatal("TASKS_MAX is too small");
	queued[nqueued++] = task;
	return (0);
}

int
tasks_pending(void)
{

	return (nqueued);
}

void
run_tasks(void)
{
	struct task *task;
	int i, pending;

	while (nqueued > 0) {
		task = queued[0];
		for (i = 1; i < nqueued; i++)
			queued[i - 1] = queued[i];
		nqueued--;
		pending = task->ta_pending;
		task->ta_pending = 0;
		task->ta_func(task->ta_context, pending);
	}
}

void
taskqueue_drain(struct taskqueue *queue, struct task *task)
{

	(void)fake_call("taskqueue_drain", task, "%s,%s",
	    queue == taskqueue_thread ? "taskqueue_thread" : "?",
	    ptr_name(task));
	fake_may_sleep("taskqueue_drain");
	run_tasks();
}
