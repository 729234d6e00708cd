/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/* Processes: fork, exec, exit, wait; checks that end them. */
#include <sys/param.h>
#include <sys/fcntl.h>
#include <sys/resource.h>
#include "live.h"

/* The descriptor of the shared memory object, for new images. */
#define	SHARED_FD	9

static const char *exec_path;

/* ---- Starting ------------------------------------------------------------ */

struct start {
	ex_body	   *body;
	void	   *arg;
};

int
ex_spawn(ex_body *body, void *arg)
{
	long pid;

	pid = CALL(fork);
	if (pid != 0)
		return (pid);
	live_threads_forked();
	live_signals_forked();
	body(arg);
	ex_exit(0);
}

static void
vforked(void *arg)
{
	struct start *start = arg;

	start->body(start->arg);
	ex_exit(0);
}

int
ex_vfork(ex_body *body, void *arg)
{
	struct start start = { body, arg };
	void *stack;
	int pid;

	stack = live_stack_take();
	if (stack == NULL)
		return (-ENOBUFS);
	pid = live_vfork(stack, vforked, &start);
	live_stack_give(stack);
	return (pid);
}

int
ex_rfork_self(int flags)
{

	return (live_errno(CALL(rfork, flags & ~RFPROC)));
}

/* ---- A new image --------------------------------------------------------- */

/*
 * The new image is this program again: it gets its slot, body and argument as
 * numbers, which mean the same in every image of it.
 */
#define	IMAGE_FLAG	"--image"
#define	IMAGE_ARGS	5

struct digits {
	char	    text[24];
};

static char *
decimal(struct digits *d, u_long value)
{
	char *at = d->text + sizeof(d->text) - 1;

	*at = '\0';
	do {
		*--at = '0' + value % 10;
		value /= 10;
	} while (value != 0);
	return (at);
}

int
live_exec_init(const char *path, int fd)
{
	long error;

	exec_path = path;
	error = CALL(dup2, fd, SHARED_FD);
	(void)CALL(close, fd);
	return (live_errno(error));
}

int
ex_exec(ex_body *body, void *arg)
{
	struct digits slot, where, what;
	char *argv[IMAGE_ARGS + 1] = {
		(char *)(uintptr_t)exec_path,
		(char *)(uintptr_t)IMAGE_FLAG,
		decimal(&slot, live_slot_mine()),
		decimal(&where, (u_long)body),
		decimal(&what, (u_long)arg),
	};
	char *envp[] = { NULL };

	return (live_errno(CALL(execve, exec_path, argv, envp)));
}

int
ex_exec_fails(void)
{
	char *argv[] = { (char *)(uintptr_t)exec_path, NULL };
	char *envp[] = { NULL };

	/* A folder cannot be executed; found out when alone. */
	return (live_errno(CALL(execve, "/", argv, envp)));
}

void
live_exec_continue(int argc, char **argv)
{
	u_long slot, body, arg;

	if (argc != IMAGE_ARGS || !live_streq(argv[1], IMAGE_FLAG))
		return;
	if (!live_number(argv[2], &slot) || !live_number(argv[3], &body) ||
	    !live_number(argv[4], &arg) || slot >= LIVE_SLOTS)
		ex_exit(2);
	exec_path = argv[0];
	if (live_memory_again(SHARED_FD) != 0 || live_threads_init() != 0)
		ex_exit(2);
	live_slot_choose(slot);
	((ex_body *)body)((void *)arg);
	ex_exit(0);
}

/* ---- Ending -------------------------------------------------------------- */

void
ex_exit(int code)
{

	for (;;)
		(void)CALL(exit, code);
}

void
ex_crash(void)
{
	struct rlimit none = { 0, 0 };

	/* Without a file: there may be no place for one. */
	(void)CALL(setrlimit, RLIMIT_CORE, &none);
	for (;;)
		*(volatile int *)8 = 0;
}

int
ex_getpid(void)
{

	return (CALL(getpid));
}

int
ex_getppid(void)
{

	return (CALL(getppid));
}

int
ex_wait(int pid, int *status, int options)
{

	return (CALL(wait4, pid, status, options, NULL));
}

int
ex_kill(int pid, int sig)
{

	return (live_errno(CALL(kill, pid, sig)));
}

/* ---- Checks -------------------------------------------------------------- */

/* Ends all processes of the test; the runner knows why. */
static void __dead2
end_test(void)
{

	(void)CALL(kill, 0, SIGKILL);
	ex_exit(1);
}

void
ex_failed(const char *file, int line, const char *what, long found,
    long expected)
{
	struct live_slot *slot = live_slot(live_slot_mine());

	if (ex_add(&slot->failed, 1) == 0) {
		slot->file = file;
		slot->line = line;
		slot->what = what;
		slot->found = found;
		slot->expected = expected;
		ex_store(&slot->told, 1);
	}
	EX_WAIT(ex_load(&slot->told) != 0);
	end_test();
}

void
ex_skip(const char *why)
{

	live_slot(live_slot_mine())->skipped = why;
	end_test();
}

u_int
ex_random(u_int n)
{
	u_long x;

	/* splitmix64 */
	x = ex_add(&live_slot(live_slot_mine())->random,
	    0x9e3779b97f4a7c15ul) + 0x9e3779b97f4a7c15ul;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ul;
	x = (x ^ x >> 27) * 0x94d049bb133111ebul;
	return ((x ^ x >> 31) % n);
}
