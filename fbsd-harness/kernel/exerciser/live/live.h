/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What the files of the live backend share.
 */
#ifndef LIVE_H
#define	LIVE_H

#include <sys/syscall.h>
#include "../ex.h"

/* A system call: its value, or the negated errno. */
long	live_syscall(long number, long a, long b, long c, long d, long e,
	    long f);
#define	LIVE_CALL(number, a, b, c, d, e, f, ...)			\
	live_syscall(number, (long)(a), (long)(b), (long)(c), (long)(d), \
	    (long)(e), (long)(f))
#define	CALL(name, ...)							\
	LIVE_CALL(SYS_##name __VA_OPT__(,) __VA_ARGS__, 0, 0, 0, 0, 0, 0)

/* What a call returned as an errno, 0 being none. */
static inline int
live_errno(long value)
{

	return (value < 0 ? (int)-value : 0);
}

/* vfork(2): the child runs body(arg), which must not return, on stack. */
long	live_vfork(void *stack, ex_body *body, void *arg);

/* ---- memory.c: one object that all processes of a run share ------------- */

/* What a running test shares with the runner. */
struct live_slot {
	char	    area[EX_SHARED_SIZE];	/* ex_shared() */
	ex_word	    failed;		/* a check did; the rest says which */
	ex_word	    told;		/* the rest is complete */
	const char *file;
	int	    line;
	const char *what;
	long	    found, expected;
	const char *skipped;		/* ex_skip()'s reason */
	u_long	    random;		/* state of ex_random() */
};
#define	LIVE_SLOTS	8

/* Maps the object, new or, in a new image, as descriptor fd. */
int	live_memory_new(void);
int	live_memory_again(int fd);
struct live_slot *live_slot(u_int n);
/* The slot that this process works in. */
u_int	live_slot_mine(void);
void	live_slot_choose(u_int n);
void   *memset(void *p, int c, size_t n);
void   *memcpy(void *to, const void *from, size_t n);
/* Private memory for n bytes, NULL if there is none. */
void   *live_map(size_t n);
void	live_unmap(void *p, size_t n);

/* ---- thread.c ----------------------------------------------------------- */

int	live_threads_init(void);
/* In a new process: the calling thread is its only one. */
void	live_threads_forked(void);
/* The top of a stack for a vfork'ed child, to be given back. */
void   *live_stack_take(void);
void	live_stack_give(void *top);

/* ---- process.c ---------------------------------------------------------- */

/* For ex_exec(): this program's path, the shared memory's descriptor. */
int	live_exec_init(const char *path, int fd);
/* If this is a new image by ex_exec(), runs what it is for and exits. */
void	live_exec_continue(int argc, char **argv);

/* ---- sleep.c ------------------------------------------------------------ */

/* In a new process: no signal has been caught yet. */
void	live_signals_forked(void);

/* ---- system.c ----------------------------------------------------------- */

/* Tells what the threads of a process group do. */
void	live_say_group(int group);

/* ---- text.c ------------------------------------------------------------- */

/* One line on standard output, in one write; %s %d %u %x, also with l. */
void	live_say(const char *format, ...) __printflike(1, 2);
/* The same on standard error. */
void	live_complain(const char *format, ...) __printflike(1, 2);
size_t	live_strlen(const char *s);
bool	live_streq(const char *a, const char *b);
/* The file's name without its folder. */
const char *live_basename(const char *path);
/* A decimal number, with nothing else; false if it is none or too big. */
bool	live_number(const char *s, u_long *value);

/* ---- choose.c ----------------------------------------------------------- */

/* The nth test that the list (NULL: all) names and that has these flags. */
const struct ex_test *live_nth_test(const char *tests, u_int flags, u_int n);
/* The first word of the list that names no test, or NULL. */
const char *live_unknown_test(const char *tests);
void	live_list(void);

/* ---- runner.c ----------------------------------------------------------- */

struct live_options {
	const char *tests;	/* "S32,S40" or NULL: all */
	u_int	    seconds;	/* of load */
	u_int	    workers;	/* of load */
	u_long	    seed;
	bool	    list, power_off, help;
};
/* Runs what is asked for; false if something failed. */
bool	live_run(const struct live_options *options);

#endif /* !LIVE_H */
