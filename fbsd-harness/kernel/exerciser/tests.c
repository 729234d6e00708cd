/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/* The list of all tests, in the order of their running. */
#include "ex.h"

const struct ex_tests *const ex_all_tests[] = {
	&ex_tests_threads,
	&ex_tests_exit,
	&ex_tests_ids,
	&ex_tests_locks,
	&ex_tests_cred,
	&ex_tests_fork,
	&ex_tests_exec,
	&ex_tests_stop,
	&ex_tests_ptrace,
	&ex_tests_reap,
	&ex_tests_debugger,
	NULL
};
