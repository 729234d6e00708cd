/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Checks, the call log, hooks and escapes.  One test runs per process, so
 * nothing here is ever reset.
 */
#include "harness.h"

#define	LOG_MAX		4096
#define	LINE_MAX	256
#define	NAMES_MAX	4096
#define	FAKES_MAX	256
#define	QUEUE_MAX	16

struct call {
	char	c_text[LINE_MAX];
	char	c_locks[LINE_MAX];
};

struct fake {
	const char	*f_name;
	int		 f_calls;
	hook_t		*f_hook[QUEUE_MAX];
	int		 f_nth[QUEUE_MAX];	/* 0: on each call */
	int		 f_nhooks;
	long		 f_ret[QUEUE_MAX];
	int		 f_nret;		/* values queued */
	int		 f_retpos;		/* values used */
};

static struct {
	const volatile void	*ptr;
	char			 name[48];
} names[NAMES_MAX];
static int nnames;
static struct call calls[LOG_MAX];
static int ncalls;
static struct fake fakes[FAKES_MAX];
static int nfakes;
static struct escape *escapes;
static int failures;

char panic_text[256];

void	_longjmp(long *env, int val) __dead2;

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
harness_run(const struct tap_test *tt)
{

	kt_pcpu.pc_prvspace = &kt_pcpu;
	tap_set_pcpu(&kt_pcpu);
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
static bool
matches(const char *pattern, const char *text)
{

	for (; *pattern != '\0'; pattern++, text++) {
		if (*pattern == '*') {
			for (; *text != '\0'; text++)
				if (matches(pattern + 1, text))
					return (true);
			return (matches(pattern + 1, text));
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
		return (matches(line, c->c_text));
	snprintf(pattern, sizeof(pattern), "%.*s", (int)(locks - line), line);
	return (matches(pattern, c->c_text) &&
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

static const char *const *
next_line(const char *const *lines)
{

	while (*lines != NULL && **lines == '\0')
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

/*
 * Fakes.
 */
static struct fake *
fake_lookup(const char *name)
{
	int i;

	for (i = 0; i < nfakes; i++)
		if (strcmp(fakes[i].f_name, name) == 0)
			return (&fakes[i]);
	if (nfakes == FAKES_MAX)
		fatal("FAKES_MAX is too small");
	fakes[nfakes].f_name = name;
	return (&fakes[nfakes++]);
}

void
on_call(const char *fake, int nth, hook_t *hook)
{
	struct fake *f;

	f = fake_lookup(fake);
	if (f->f_nhooks == QUEUE_MAX)
		fatal("too many hooks on %s", fake);
	f->f_hook[f->f_nhooks] = hook;
	f->f_nth[f->f_nhooks++] = nth != 0 ? f->f_calls + nth : 0;
}

void
returns(const char *fake, long value)
{
	struct fake *f;

	f = fake_lookup(fake);
	if (f->f_retpos == f->f_nret)
		f->f_retpos = f->f_nret = 0;
	if (f->f_nret == QUEUE_MAX)
		fatal("too many values queued for %s", fake);
	f->f_ret[f->f_nret++] = value;
}

long
fake_ret(struct fake *f, long def)
{

	if (f->f_retpos < f->f_nret)
		return (f->f_ret[f->f_retpos++]);
	return (def);
}

struct fake *
fake_call(const char *name, void *arg, const char *fmt, ...)
{
	struct fake *f;
	struct call *c;
	va_list ap;
	int call, i;

	if (ncalls == LOG_MAX)
		fatal("%s: the log is full, an endless loop?", name);
	if (fmt != NULL) {
		c = &calls[ncalls++];
		i = snprintf(c->c_text, sizeof(c->c_text), "%s(", name);
		va_start(ap, fmt);
		i += vsnprintf(c->c_text + i, sizeof(c->c_text) - i, fmt, ap);
		va_end(ap);
		i = MIN(i, (int)sizeof(c->c_text) - 2);
		c->c_text[i] = ')';
		c->c_text[i + 1] = '\0';
		snprintf(c->c_locks, sizeof(c->c_locks), "%s", lock_state());
	}
	f = fake_lookup(name);
	call = ++f->f_calls;
	for (i = 0; i < f->f_nhooks; i++)
		if (f->f_nth[i] == 0 || f->f_nth[i] == call)
			f->f_hook[i](arg);
	return (f);
}

void
fake_must(bool cond, const char *fake, const char *what)
{

	if (!cond)
		fatal("%s called in a wrong way: %s", fake, what);
}

void
fake_may_sleep(const char *fake)
{

	fake_must(!spin_locks_owned(), fake,
	    "it may sleep, but a spin lock is held");
}

/*
 * Escapes.
 */
void
escape_push(struct escape *e, const char *who)
{

	e->e_who = who;
	e->e_curthread = curthread;
	e->e_prev = escapes;
	escapes = e;
}

bool
escape_armed(const char *who)
{

	return (escapes != NULL && strcmp(escapes->e_who, who) == 0);
}

void
escape(const char *who)
{
	struct escape *e;

	if (!escape_armed(who))
		fatal("unexpected call of %s", who);
	e = escapes;
	escapes = e->e_prev;
	_longjmp(e->e_env, 1);
}

void
escape_pop(struct escape *e)
{

	escapes = e->e_prev;
}

void
escape_missed(struct escape *e, const char *file, int line, const char *stmt)
{

	escape_pop(e);
	fail(file, line, "%s came back, expected it to end in %s", stmt,
	    e->e_who);
}

void
escape_done(struct escape *e, const char *file, int line, const char *text)
{

	kt_pcpu.pc_curthread = e->e_curthread;
	if (text != NULL && !matches(text, panic_text))
		fail(file, line, "panic \"%s\", expected \"%s\"", panic_text,
		    text);
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(panic_text, sizeof(panic_text), fmt, ap);
	va_end(ap);
	if (!escape_armed("panic"))
		fatal("panic: %s", panic_text);
	escape("panic");
}
