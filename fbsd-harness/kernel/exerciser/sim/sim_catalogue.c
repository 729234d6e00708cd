/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * The tests as the runner of the simulated kernel sees them, and what belongs
 * to a running test: its shared memory, its failure, random numbers, time.
 */
#include "sim_backend.h"

/* Room for all tests; more are an error. */
#define	MOST_TESTS	256

/* What a test needs in words, in the order of the bits. */
static const char *const caps[] = {
	"fork(2)", "execve(2)", "rfork(2) without RFPROC", "vfork(2)",
	"poll(2)", "ptrace(2)", "single steps", "lists of threads in ptrace(2)",
	"reapers", "root", "setrlimit(2)", "kern.threads.* to be set",
	"counts of threads", "handlers for all signals", "a clock",
	"a crash of its own", "locks that lend priority",
};

static struct sim_scenario records[MOST_TESTS];
static const struct ex_test *tests[MOST_TESTS];

static const char *
missing(const struct ex_test *test)
{
	u_int lacks;

	lacks = test->needs & ~SIM_CAPS;
	if (lacks == 0)
		return (NULL);
	lacks = ffs(lacks) - 1;
	return (lacks < nitems(caps) ? caps[lacks] : "what is not simulated");
}

static void
run_body(void *arg)
{
	const struct ex_test *test = arg;

	test->run();
}

/* In ctl: runs the test of the record that was chosen. */
static void
run(void)
{
	struct proc *p;

	p = sim_proc("test", run_body,
	    __DECONST(void *, tests[sim_running - records]));
	CHECK_EQ(sim_join(p), 0);
}

const struct sim_scenario *
sim_catalogue(u_long *n)
{
	const struct ex_test *test;

	*n = 0;
	for (const struct ex_tests *const *file = ex_all_tests; *file != NULL;
	    file++) {
		for (u_int i = 0; i < (*file)->n && *n < MOST_TESTS; i++) {
			test = &(*file)->list[i];
			tests[*n] = test;
			records[*n] = (struct sim_scenario){
				.id = test->id,
				.title = test->title,
				.guards = test->guards,
				.run = run,
				.skip = missing(test),
			};
			++*n;
		}
	}
	return (records);
}

bool
ex_has(u_int wanted)
{

	return ((wanted & ~SIM_CAPS) == 0);
}

void
ex_failed(const char *file, int line, const char *what, long found,
    long expected)
{

	sim_check_failed(file, line, what, found, expected);
}

void
ex_skip(const char *why __unused)
{

	/* It passes: what it has done until now was right. */
	u_exit(0);
}

void *
ex_shared(void)
{
	static char area[EX_SHARED_SIZE] __aligned(16);

	return (area);
}

/* ---- Time, chance -------------------------------------------------------- */

void
ex_nap(void)
{

	(void)u_nanosleep(1);
}

static int
yield(void *arg __unused)
{

	sched_relinquish(curthread);
	return (0);
}

void
ex_yield(void)
{

	(void)u_syscall(yield, NULL);
}

void
ex_spin(int n)
{

	/* Each is worth many of a processor's. */
	u_spin_rounds(n / 100 + 1);
}

void
ex_spin_forever(void)
{

	u_spin_forever();
	__unreachable();
}

void
ex_spin_until(ex_word *w)
{

	u_spin_until((volatile int *)w);
}

long
ex_now(void)
{

	return ((long)ticks * 1000 / hz);
}

int
ex_rounds(int n)
{

	/* Every schedule is another round. */
	return (min(n, 3));
}

u_int
ex_random(u_int n)
{
	/* The same in every run, so that its schedule says all about it. */
	static u_long state = 1;
	u_long x;

	/* splitmix64 */
	x = atomic_fetchadd_long(&state, 0x9e3779b97f4a7c15ul) +
	    0x9e3779b97f4a7c15ul;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ul;
	x = (x ^ x >> 27) * 0x94d049bb133111ebul;
	return ((x ^ x >> 31) % n);
}
