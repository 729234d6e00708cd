/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/* Credentials, limits, sysctls: what the kernel tells and lets set. */
#include <sys/param.h>
#include <sys/fcntl.h>
#include <sys/resource.h>
#include <sys/sysctl.h>
#include <sys/user.h>
#include "live.h"

int
ex_setuid(uid_t uid)
{

	return (live_errno(CALL(setuid, uid)));
}

uid_t
ex_getuid(void)
{

	return (CALL(getuid));
}

int
ex_setrlimit(int cur)
{
	struct rlimit limit;
	int error;

	error = live_errno(CALL(getrlimit, RLIMIT_NOFILE, &limit));
	if (error != 0)
		return (error);
	limit.rlim_cur = cur;
	return (live_errno(CALL(setrlimit, RLIMIT_NOFILE, &limit)));
}

bool
ex_fd_allowed(int fd)
{
	long copy;

	/* The limit is the thread's own, and checked before anything else. */
	copy = CALL(fcntl, 0, F_DUPFD, fd);
	if (copy >= 0)
		(void)CALL(close, copy);
	return (copy != -EINVAL);
}

int
ex_sysctl_get(const char *name, long *value)
{
	size_t size = sizeof(*value);
	int error;

	*value = 0;
	error = live_errno(CALL(__sysctlbyname, name, live_strlen(name), value,
	    &size, NULL, 0));
	if (error == 0 && size == sizeof(int))
		*value = *(int *)value;
	return (error);
}

int
ex_sysctl_set(const char *name, long value)
{
	int number = value;

	return (live_errno(CALL(__sysctlbyname, name, live_strlen(name), NULL,
	    NULL, &number, sizeof(number))));
}

/* ---- Counting threads ---------------------------------------------------- */

/* What the kernel tells about a set of threads. */
struct list {
	struct kinfo_proc *at;
	size_t	    size;	/* of the memory */
	int	    n;		/* threads, or -errno */
};

/*
 * Room for so many threads at first, and at most.  The kernel makes all of it
 * resident, and a structure has more than a kilobyte.
 */
#define	SOME_THREADS	32
#define	MOST_THREADS	2048

static void
give_list(struct list *l)
{

	if (l->at != NULL)
		live_unmap(l->at, l->size);
}

/* The threads of a process, a group or all; give_list() ends their use. */
static struct list
get_list(int what, int id)
{
	int mib[] = { CTL_KERN, KERN_PROC, what | KERN_PROC_INC_THREAD, id };
	struct list l;
	size_t got;

	l.size = sizeof(*l.at) * SOME_THREADS;
	for (;;) {
		l.at = live_map(l.size);
		if (l.at == NULL) {
			l.n = -ENOMEM;
			return (l);
		}
		got = l.size;
		l.n = CALL(__sysctl, mib, what == KERN_PROC_PROC ? 3 : 4, l.at,
		    &got, NULL, 0);
		if (l.n != -ENOMEM ||
		    l.size >= sizeof(*l.at) * MOST_THREADS)
			break;
		give_list(&l);
		l.size *= 4;
	}
	if (l.n == 0 && got > 0)
		l.n = got / l.at->ki_structsize;
	return (l);
}

static int
count_threads(int what, int id)
{
	struct list l;

	l = get_list(what, id);
	give_list(&l);
	return (l.n);
}

int
ex_thread_count(void)
{

	return (count_threads(KERN_PROC_PROC, 0));
}

int
ex_thread_count_of(int pid)
{

	return (count_threads(KERN_PROC_PID, pid));
}

void
live_say_group(int group)
{
	const struct kinfo_proc *k;
	struct list l;

	l = get_list(KERN_PROC_PGRP, group);
	for (int i = 0; i < l.n; i++) {
		k = &l.at[i];
		live_say("#   process %d thread %d: %s%s, flags %lx", k->ki_pid,
		    k->ki_tid,
		    k->ki_stat == SRUN ? "runs" :
		    k->ki_stat == SSTOP ? "stopped in " :
		    k->ki_stat == SLOCK ? "waits for lock " :
		    k->ki_stat == SZOMB ? "zombie" : "sleeps in ",
		    k->ki_stat == SLOCK ? k->ki_lockname : k->ki_wmesg,
		    k->ki_flag);
	}
	give_list(&l);
}

/* ---- States of threads --------------------------------------------------- */

static enum ex_state
state_of(int stat)
{

	switch (stat) {
	case SRUN:
		return (EX_RUNS);
	case SSLEEP:
		return (EX_SLEEPS);
	case SSTOP:
		return (EX_STOPPED);
	default:
		return (EX_OTHER);
	}
}

enum ex_state
ex_thr_state(int pid, int tid)
{
	enum ex_state state;
	struct list l;

	state = EX_GONE;
	l = get_list(KERN_PROC_PID, pid);
	for (int i = 0; i < l.n; i++)
		if (l.at[i].ki_tid == tid && l.at[i].ki_stat != SZOMB)
			state = state_of(l.at[i].ki_stat);
	give_list(&l);
	return (state);
}
