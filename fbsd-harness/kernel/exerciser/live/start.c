/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Where the program starts: a new image of ex_exec(), a program with flags, or
 * init with flags in the kernel's environment.
 */
#include <sys/param.h>
#include <sys/elf.h>
#include <sys/fcntl.h>
#include <sys/kenv.h>
#include <sys/reboot.h>
#include <sys/ttycom.h>
#include "live.h"

#define	KENV_NAME	"kern_thread.exerciser"
#define	LOAD_SECONDS	5
#define	MOST_WORDS	16

static const char *const help[] = {
	"usage: exerciser [-hlp] [-t tests] [-s seconds] [-j n] [-r seed]",
	"Exercises the kernel's threads and prints TAP.",
	"  -t S36,S40   only these tests: ids as in -l, or scenarios",
	"  -s seconds   of load at the end; 5, or 0 with -t",
	"  -j n         tests at a time in the load, 1 to 8; 4",
	"  -r seed      of what is drawn at random; the clock's",
	"  -p           as init: power off at the end",
	"  -l           list the tests",
	"As init it takes its flags from the kernel environment's "
	    KENV_NAME ".",
};

/* Says what is wrong with the flags; false. */
static bool
refuse(const char *what, const char *word)
{

	live_complain("exerciser: %s%s: see exerciser -h", what, word);
	return (false);
}

static bool
read_number(const char *word, u_long most, u_long *value)
{

	return (word != NULL && live_number(word, value) && *value <= most);
}

static bool
read_options(char **words, struct live_options *o)
{
	bool has_seconds = false;
	u_long value;

	*o = (struct live_options){ .workers = 4, .seed = ex_now() };
	for (; *words != NULL; words++) {
		const char *flag = *words;

		if (flag[0] != '-' || flag[1] == '\0' || flag[2] != '\0')
			return (refuse("unknown flag ", flag));
		switch (flag[1]) {
		case 'h':
			o->help = true;
			continue;
		case 'l':
			o->list = true;
			continue;
		case 'p':
			o->power_off = true;
			continue;
		case 't':
			o->tests = *++words;
			if (o->tests == NULL)
				return (refuse("-t needs tests", ""));
			if (live_unknown_test(o->tests) != NULL)
				return (refuse("unknown test ",
				    live_unknown_test(o->tests)));
			continue;
		case 's':
			if (!read_number(*++words, 86400, &value))
				return (refuse("-s needs seconds", ""));
			o->seconds = value;
			has_seconds = true;
			continue;
		case 'j':
			if (!read_number(*++words, LIVE_SLOTS, &value) ||
			    value == 0)
				return (refuse("-j needs a number, "
				    "1 to 8", ""));
			o->workers = value;
			continue;
		case 'r':
			if (!read_number(*++words, ~0ul, &o->seed))
				return (refuse("-r needs a number", ""));
			continue;
		default:
			return (refuse("unknown flag ", flag));
		}
	}
	if (!has_seconds)
		o->seconds = o->tests == NULL ? LOAD_SECONDS : 0;
	return (true);
}

/* Makes the runner's memory; false, having said so, if it cannot. */
static bool
prepare(const char *path)
{
	long fd;
	int error;

	error = live_threads_init();
	fd = live_memory_new();
	if (error == 0)
		error = fd < 0 ? -fd : live_exec_init(path, fd);
	if (error != 0)
		live_say("Bail out! no memory for the tests: errno %d", error);
	return (error == 0);
}

/* The exit status. */
static int
act(char **words, const char *path, struct live_options *o)
{

	if (!read_options(words, o))
		return (2);
	if (o->help) {
		for (u_int i = 0; i < nitems(help); i++)
			live_say("%s", help[i]);
		return (0);
	}
	if (o->list) {
		live_list();
		return (0);
	}
	return (prepare(path) && live_run(o) ? 0 : 1);
}

/* ---- init ---------------------------------------------------------------- */

/* Blanks, or colons where a loader takes no blanks, separate words. */
static bool
is_gap(char c)
{

	return (c == ' ' || c == ':');
}

/* Cuts a text into words; the list ends with NULL. */
static void
split(char *text, char **words)
{
	u_int n = 0;

	while (*text != '\0' && n < MOST_WORDS - 1) {
		while (is_gap(*text))
			*text++ = '\0';
		if (*text != '\0')
			words[n++] = text;
		while (*text != '\0' && !is_gap(*text))
			text++;
	}
	words[n] = NULL;
}

/* init does not exit: the kernel would panic. */
static void __dead2
run_as_init(const char *path)
{
	static char text[KENV_MVALLEN + 1];
	char *words[MOST_WORDS];
	struct live_options o;

	for (int fd = 0; fd <= 2; fd++)
		(void)CALL(open, "/dev/console", O_RDWR, 0);
	if (CALL(kenv, KENV_GET, KENV_NAME, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	split(text, words);
	if (act(words, path, &o) == 2)
		o.power_off = false;
	/* What is still to be printed, before the kernel's last lines. */
	(void)CALL(ioctl, 1, TIOCDRAIN, NULL);
	if (o.power_off)
		(void)CALL(reboot, RB_POWEROFF);
	(void)CALL(reboot, RB_HALT);
	for (;;)
		ex_nanosleep(1000);
}

/* ---- Entry --------------------------------------------------------------- */

/* What the kernel leaves at the top of the stack. */
void	live_start(long *top) __dead2;

void
live_start(long *top)
{
	struct live_options o;
	const char *path;
	Elf_Auxinfo *aux;
	char **argv;
	long *at;

	argv = (char **)(top + 1);
	live_exec_continue(top[0], argv);
	at = top + 1 + top[0] + 1;
	while (*at++ != 0)
		continue;
	path = argv[0];
	for (aux = (Elf_Auxinfo *)at; aux->a_type != AT_NULL; aux++)
		if (aux->a_type == AT_EXECPATH)
			path = aux->a_un.a_ptr;
	if (ex_getpid() == 1)
		run_as_init(path);
	ex_exit(act(top[0] > 0 ? argv + 1 : argv, path, &o));
}
