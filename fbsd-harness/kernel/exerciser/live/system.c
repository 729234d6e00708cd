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

	return (live_errno(CALL(__sysctlbyname, name, live_strlen(name), NULL, NULL,
	    &number, sizeof(number))));
}

/* ---- Counting threads ---------------------------------------------------- */

/* The kernel gives a structure of kilobytes for each thread. */
#define	MOST_THREADS	2048

/*
 * The threads of one process or of all, as kinfo_procs; give_list() ends their
 * use.  How many, or -errno.
 */
static int
get_list(int what, int pid, struct kinfo_proc **list)
{
	int mib[] = { CTL_KERN, KERN_PROC, what | KERN_PROC_INC_THREAD, pid };
	size_t size = sizeof(**list) * MOST_THREADS;
	long error;

	*list = live_map(size);
	if (*list == NULL)
		return (-ENOMEM);
	error = CALL(__sysctl, mib, what == KERN_PROC_PROC ? 3 : 4, *list,
	    &size, NULL, 0);
	if (error < 0)
		return (error);
	return (size == 0 ? 0 : size / (*list)->ki_structsize);
}

static void
give_list(struct kinfo_proc *list)
{

	if (list != NULL)
		live_unmap(list, sizeof(*list) * MOST_THREADS);
}

static int
count_threads(int what, int pid)
{
	struct kinfo_proc *list;
	int n;

	n = get_list(what, pid, &list);
	give_list(list);
	return (n);
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
	struct kinfo_proc *list;
	int n;

	n = get_list(KERN_PROC_PGRP, group, &list);
	for (int i = 0; i < n; i++)
		live_say("#   process %d thread %d: %s%s, flags %lx",
		    list[i].ki_pid, list[i].ki_tid,
		    list[i].ki_stat == SRUN ? "runs" :
		    list[i].ki_stat == SSTOP ? "stopped in " :
		    list[i].ki_stat == SLOCK ? "waits for lock " :
		    list[i].ki_stat == SZOMB ? "zombie" : "sleeps in ",
		    list[i].ki_stat == SLOCK ? list[i].ki_lockname :
		    list[i].ki_wmesg, list[i].ki_flag);
	give_list(list);
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
	struct kinfo_proc *list;
	enum ex_state state;
	int n;

	state = EX_GONE;
	n = get_list(KERN_PROC_PID, pid, &list);
	for (int i = 0; i < n; i++)
		if (list[i].ki_tid == tid && list[i].ki_stat != SZOMB)
			state = state_of(list[i].ki_stat);
	give_list(list);
	return (state);
}
