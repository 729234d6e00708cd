/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/* Signals, and what threads sleep in: time, pipes, poll, sigsuspend. */
#include <sys/param.h>
#include <sys/poll.h>
#include <sys/select.h>
#include <sys/time.h>
#include "live.h"

/* ---- Time ---------------------------------------------------------------- */

int
ex_nanosleep(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	return (live_errno(CALL(nanosleep, &ts, NULL)));
}

void
ex_nap(void)
{

	(void)ex_nanosleep(1);
}

void
ex_yield(void)
{

	(void)CALL(sched_yield);
}

void
ex_spin(int n)
{

	for (volatile int i = 0; i < n; i++)
		continue;
}

void
ex_spin_forever(void)
{

	for (;;)
		ex_spin(1000);
}

void
ex_spin_until(ex_word *w)
{

	while (ex_load(w) == 0)
		ex_spin(100);
}

long
ex_now(void)
{
	struct timespec ts;

	(void)CALL(clock_gettime, CLOCK_MONOTONIC, &ts);
	return (ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

int
ex_rounds(int n)
{

	return (n);
}

/* ---- Signals ------------------------------------------------------------- */

/* Handlers of this process that ran. */
static ex_word caught[NSIG];

static void
count_signal(int sig)
{

	ex_add(&caught[sig], 1);
}

void
live_signals_forked(void)
{

	for (int i = 0; i < NSIG; i++)
		ex_store(&caught[i], 0);
}

static int
set_action(int sig, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	return (live_errno(CALL(sigaction, sig, &action, NULL)));
}

int
ex_sigcatch(int sig, bool restart)
{

	return (set_action(sig, count_signal, restart ? SA_RESTART : 0));
}

u_int
ex_caught(int sig)
{

	return (ex_load(&caught[sig]));
}

int
ex_sigignore(int sig)
{

	return (set_action(sig, SIG_IGN, 0));
}

static int
mask(int how, int sig)
{
	sigset_t set = { { 0 } };

	set.__bits[_SIG_WORD(sig)] = _SIG_BIT(sig);
	return (live_errno(CALL(sigprocmask, how, &set, NULL)));
}

int
ex_sigblock(int sig)
{

	return (mask(SIG_BLOCK, sig));
}

int
ex_sigunblock(int sig)
{

	return (mask(SIG_UNBLOCK, sig));
}

int
ex_sigsuspend(void)
{
	sigset_t none = { { 0 } };

	return (live_errno(CALL(sigsuspend, &none)));
}

/* ---- Pipes --------------------------------------------------------------- */

/* Words of struct ex_pipe. */
#define	READ_END	0
#define	WRITE_END	1

int
ex_pipe(struct ex_pipe *p)
{
	int fds[2];
	int error;

	error = live_errno(CALL(pipe2, fds, 0));
	if (error == 0) {
		p->word[READ_END] = fds[0];
		p->word[WRITE_END] = fds[1];
	}
	return (error);
}

int
ex_pipe_read(struct ex_pipe *p)
{
	char byte;
	long n;

	n = CALL(read, p->word[READ_END], &byte, 1);
	return (n == 0 ? EPIPE : live_errno(n));
}

int
ex_pipe_write(struct ex_pipe *p)
{
	char byte = 0;

	return (live_errno(CALL(write, p->word[WRITE_END], &byte, 1)));
}

int
ex_poll(struct ex_pipe *p, int ms)
{
	struct pollfd fd = { .fd = p->word[READ_END], .events = POLLIN };
	long n;

	n = CALL(poll, &fd, 1, ms == 0 ? -1 : ms);
	return (n == 0 ? ETIMEDOUT : live_errno(n));
}

int
ex_select(struct ex_pipe *p, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	fd_set set = { { 0 } };
	long n;

	FD_SET(p->word[READ_END], &set);
	n = CALL(select, p->word[READ_END] + 1, &set, NULL, NULL,
	    ms == 0 ? NULL : &tv);
	return (n == 0 ? ETIMEDOUT : live_errno(n));
}
