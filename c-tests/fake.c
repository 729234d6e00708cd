/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What all fakes have in common: hooks, queued return values, and escapes
 * from functions that do not come back.
 */
#include "harness.h"

#define	FAKES_MAX	256
#define	QUEUE_MAX	16

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

static struct fake fakes[FAKES_MAX];
static int nfakes;
static struct escape *escapes;

char panic_text[256];

void	_longjmp(long *env, int val) __dead2;

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
	va_list ap;
	int call, i;

	if (fmt != NULL) {
		va_start(ap, fmt);
		log_call(name, fmt, ap);
		va_end(ap);
	}
	f = fake_lookup(name);
	call = ++f->f_calls;
	for (i = 0; i < f->f_nhooks; i++)
		if (f->f_nth[i] == 0 || f->f_nth[i] == call)
			f->f_hook[i](arg);
	lock_rivals();
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
	if (text != NULL && !text_matches(text, panic_text))
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
