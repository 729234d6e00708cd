/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Reports, checks and the call log.  One test runs per process, so nothing
 * here is ever reset.
 */
#include "harness.h"

#define	LOG_MAX		4096
#define	LINE_MAX	256
#define	NAMES_MAX	20480

struct call {
	char	c_text[LINE_MAX];
	char	c_locks[LINE_MAX];
};

static struct {
	const volatile void	*ptr;
	char			 name[48];
} names[NAMES_MAX];
static int nnames;
static struct call calls[LOG_MAX];
static int ncalls;
static int failures;

/*
 * Reports.
 */
static void
vreport(const char *fmt, va_list ap)
{
	char buf[1024];
	int len;

	len = vsnprintf(buf, sizeof(buf) - 1, fmt, ap);
	len = MIN(len, (int)sizeof(buf) - 2);
	buf[len++] = '\n';
	tap_write(buf, len);
}

static void __printflike(1, 2)
report(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vreport(fmt, ap);
	va_end(ap);
}

static const char *
basename_of(const char *file)
{
	const char *s;

	s = strrchr(file, '/');
	return (s != NULL ? s + 1 : file);
}

void
fail(const char *file, int line, const char *fmt, ...)
{
	char buf[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	report("%s:%d: %s", basename_of(file), line, buf);
	failures++;
}

/*
 * The object did what a kernel would not survive: the test ends here.
 */
void
fatal(const char *fmt, ...)
{
	va_list ap;
	int i;

	va_start(ap, fmt);
	vreport(fmt, ap);
	va_end(ap);
	for (i = MAX(0, ncalls - 12); i < ncalls; i++)
		report("    %s | %s", calls[i].c_text, calls[i].c_locks);
	tap_exit(TAP_FAIL);
}

void
skip(const char *why)
{

	report("%s", why);
	tap_exit(TAP_SKIP);
}

int
harness_run(const struct tap_test *tt, int mode)
{

	boot_cpu();
	locks_mode(mode);
	tt->tt_func();
	return (failures != 0 ? TAP_FAIL : TAP_PASS);
}

void
check_eq(const char *file, int line, const char *expr, long expected,
    long actual)
{

	if (expected != actual)
		fail(file, line, "%s is %ld (%#lx), expected %ld (%#lx)",
		    expr, actual, actual, expected, expected);
}

void
check_ptr(const char *file, int line, const char *expr,
    const volatile void *expected, const volatile void *actual)
{

	if (expected != actual)
		fail(file, line, "%s is %s (%p), expected %s (%p)", expr,
		    ptr_name(actual), (const void *)(uintptr_t)actual,
		    ptr_name(expected), (const void *)(uintptr_t)expected);
}

void
check_str(const char *file, int line, const char *expr,
    const char *expected, const char *actual)
{

	if (strcmp(expected, actual) != 0)
		fail(file, line, "%s: '%s', expected '%s'", expr, actual,
		    expected);
}

void
check_flags(const char *file, int line, const char *expr, int expected,
    int actual)
{

	if (expected != actual)
		fail(file, line, "%s: set but not expected %#x, expected but "
		    "not set %#x", expr, actual & ~expected,
		    expected & ~actual);
}

void
check_counts(const char *file, int line, struct proc *p, int nthr, int susp,
    int bnd)
{

	if (p->p_numthreads != nthr || p->p_suspcount != susp ||
	    p->p_boundary_count != bnd)
		fail(file, line, "%s: threads %d suspended %d at boundary %d, "
		    "expected %d %d %d", ptr_name(p), p->p_numthreads,
		    p->p_suspcount, p->p_boundary_count, nthr, susp, bnd);
}

/*
 * Names.
 */
void
name_ptr(const volatile void *ptr, const char *fmt, ...)
{
	va_list ap;
	int i;

	for (i = 0; i < nnames; i++)
		if (names[i].ptr == ptr)
			break;
	if (i == NAMES_MAX)
		fatal("NAMES_MAX is too small");
	names[i].ptr = ptr;
	va_start(ap, fmt);
	vsnprintf(names[i].name, sizeof(names[i].name), fmt, ap);
	va_end(ap);
	if (i == nnames)
		nnames++;
}

bool
ptr_named(const volatile void *ptr)
{
	int i;

	for (i = 0; i < nnames; i++)
		if (names[i].ptr == ptr)
			return (true);
	return (false);
}

const char *
ptr_name(const volatile void *ptr)
{
	static char buf[8][24];
	static int turn;
	int i;

	if (ptr == NULL)
		return ("NULL");
	for (i = 0; i < nnames; i++)
		if (names[i].ptr == ptr)
			return (names[i].name);
	turn = (turn + 1) % nitems(buf);
	snprintf(buf[turn], sizeof(buf[turn]), "%p",
	    (const void *)(uintptr_t)ptr);
	return (buf[turn]);
}

/*
 * The log.
 */
bool
text_matches(const char *pattern, const char *text)
{

	for (; *pattern != '\0'; pattern++, text++) {
		if (*pattern == '*') {
			for (; *text != '\0'; text++)
				if (text_matches(pattern + 1, text))
					return (true);
			return (text_matches(pattern + 1, text));
		}
		if (*pattern != *text)
			return (false);
	}
	return (*text == '\0');
}

static bool
call_matches(const char *line, const struct call *c)
{
	char pattern[LINE_MAX];
	const char *locks;

	locks = strstr(line, " | ");
	if (locks == NULL)
		return (text_matches(line, c->c_text));
	snprintf(pattern, sizeof(pattern), "%.*s", (int)(locks - line), line);
	return (text_matches(pattern, c->c_text) &&
	    strcmp(locks + 3, c->c_locks) == 0);
}

static bool
is_call_of(const struct call *c, const char *name)
{
	size_t len;

	len = strlen(name);
	return (strncmp(c->c_text, name, len) == 0 && c->c_text[len] == '(');
}

static bool
wanted(const struct call *c, const char *const *only)
{

	if (only == NULL)
		return (true);
	for (; *only != NULL; only++)
		if (is_call_of(c, *only))
			return (true);
	return (false);
}

/* Is that line of a function that these headers do not have? */
static bool
is_newer(const char *line)
{

#ifdef OLDER
	return (strncmp(line, "ast_", 4) == 0 ||
	    strncmp(line, "limbatch_add(", 13) == 0);
#else
	return (false);
#endif
}

static const char *const *
next_line(const char *const *lines)
{

	while (*lines != NULL && (**lines == '\0' || is_newer(*lines)))
		lines++;
	return (lines);
}

void
check_only(const char *file, int line, const char *const *only,
    const char *const *lines)
{
	const char *const *l;
	bool good;
	int i;

	good = true;
	l = next_line(lines);
	for (i = 0; i < ncalls && good; i++) {
		if (!wanted(&calls[i], only))
			continue;
		good = *l != NULL && call_matches(*l, &calls[i]);
		if (good)
			l = next_line(l + 1);
	}
	if (!good || *l != NULL) {
		fail(file, line, "calls differ; '-' expected, '+' made:");
		l = next_line(lines);
		for (i = 0; i < ncalls; i++) {
			if (!wanted(&calls[i], only))
				continue;
			if (*l != NULL && call_matches(*l, &calls[i])) {
				report("    %s", *l);
				l = next_line(l + 1);
				continue;
			}
			if (*l != NULL) {
				report("  - %s", *l);
				l = next_line(l + 1);
			}
			report("  + %s | %s", calls[i].c_text,
			    calls[i].c_locks);
		}
		for (; *l != NULL; l = next_line(l + 1))
			report("  - %s", *l);
	}
	ncalls = 0;
}

void
check_calls(const char *file, int line, const char *const *lines)
{

	check_only(file, line, NULL, lines);
}

int
count_calls(const char *prefix)
{
	int i, n;

	n = 0;
	for (i = 0; i < ncalls; i++)
		if (strncmp(calls[i].c_text, prefix, strlen(prefix)) == 0)
			n++;
	return (n);
}

void
clear_calls(void)
{

	ncalls = 0;
}

void
log_call(const char *name, const char *fmt, va_list ap)
{
	struct call *c;
	int len;

	if (ncalls == LOG_MAX)
		fatal("%s: the log is full, an endless loop?", name);
	c = &calls[ncalls++];
	len = snprintf(c->c_text, sizeof(c->c_text), "%s(", name);
	len += vsnprintf(c->c_text + len, sizeof(c->c_text) - len, fmt, ap);
	len = MIN(len, (int)sizeof(c->c_text) - 2);
	c->c_text[len] = ')';
	c->c_text[len + 1] = '\0';
	snprintf(c->c_locks, sizeof(c->c_locks), "%s", lock_state());
}
