/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/* Tests that end in every way a test can, for tests of the runner. */
#include "../ex.h"

#define	ORPHANS	3

static void
pass(void)
{

	ex_nap();
}

static void
check(void)
{

	EX_EQ(1 + 1, 3);
}

static void
status(void)
{

	ex_exit(3);
}

static void
killed(void)
{

	(void)ex_kill(ex_getpid(), SIGTERM);
	EX_WAIT(false);
}

static void
hang(void)
{

	EX_WAIT(false);
}

static void
pass_over(void)
{

	ex_skip("there is nothing to test");
}

static void
nap_for_ever(void *arg __unused)
{

	EX_WAIT(false);
}

/* The runner has to get rid of what a test leaves. */
static void
orphans(void)
{

	for (int i = 0; i < ORPHANS; i++)
		EX_OK(ex_spawn(nap_for_ever, NULL) > 0);
}

static const struct ex_test list[] = {
	{ "S01", "passes", "nothing", pass, 0, EX_REPEAT, NULL },
	{ "S02_check", "fails a check", "nothing", check, 0, 0, NULL },
	{ "S03", "exits with a status", "nothing", status, 0, 0, NULL },
	{ "S04", "dies of a signal", "nothing", killed, 0, 0, NULL },
	{ "S05", "hangs", "nothing", hang, 0, 0, NULL },
	{ "S06", "passes itself over", "nothing", pass_over, 0, 0, "S02 S70" },
	{ "S07", "wants root", "nothing", pass, EX_CAP_SUPERUSER, 0, NULL },
	{ "S08", "leaves orphans", "nothing", orphans, 0, 0, NULL },
	{ "S09", "passes at the end", "nothing", pass, 0, EX_LAST, NULL },
};

static EX_TESTS(tests, list);

const struct ex_tests *const ex_all_tests[] = { &tests, NULL };
