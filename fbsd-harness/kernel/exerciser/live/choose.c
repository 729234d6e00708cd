/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/* Which tests there are, and which of them somebody wants. */
#include <sys/param.h>
#include "live.h"

/* Is the word up to its ',' or blank the id, or the scenario in the id? */
static bool
is_called(const char *word, size_t n, const char *id)
{
	size_t i;

	for (i = 0; i < n && id[i] == word[i]; i++)
		continue;
	return (i == n && (id[i] == '\0' || id[i] == '_' || id[i] == ' '));
}

static size_t
word_length(const char *s)
{
	size_t n;

	for (n = 0; s[n] != '\0' && s[n] != ',' && s[n] != ' '; n++)
		continue;
	return (n);
}

static bool
is_about(const struct ex_test *test, const char *word, size_t n)
{
	const char *also = test->also;

	if (is_called(word, n, test->id))
		return (true);
	while (also != NULL && *also != '\0') {
		if (is_called(word, n, also))
			return (true);
		also += word_length(also);
		also += *also != '\0';
	}
	return (false);
}

static bool
is_chosen(const struct ex_test *test, const char *tests)
{
	size_t n;

	if (tests == NULL)
		return (true);
	for (; *tests != '\0'; tests += n + (tests[n] != '\0')) {
		n = word_length(tests);
		if (is_about(test, tests, n))
			return (true);
	}
	return (false);
}

const struct ex_test *
live_nth_test(const char *tests, u_int flags, u_int n)
{
	const struct ex_test *test;

	for (int file = 0; ex_all_tests[file] != NULL; file++)
		for (u_int i = 0; i < ex_all_tests[file]->n; i++) {
			test = &ex_all_tests[file]->list[i];
			if (is_chosen(test, tests) &&
			    (test->flags & flags) == flags &&
			    n-- == 0)
				return (test);
		}
	return (NULL);
}

const char *
live_unknown_test(const char *tests)
{
	static char word[32];
	size_t n;

	for (; *tests != '\0'; tests += n + (tests[n] != '\0')) {
		n = MIN(word_length(tests), sizeof(word) - 1);
		memcpy(word, tests, n);
		word[n] = '\0';
		if (n == 0 || live_nth_test(word, 0, 0) == NULL)
			return (word);
	}
	return (NULL);
}

void
live_list(void)
{
	const struct ex_test *test;

	for (u_int i = 0; (test = live_nth_test(NULL, 0, i)) != NULL; i++)
		live_say("%s\t%s; guards against %s%s%s%s", test->id,
		    test->title, test->guards,
		    test->also == NULL ? "" : " (also ",
		    test->also == NULL ? "" : test->also,
		    test->also == NULL ? "" : ")");
}
