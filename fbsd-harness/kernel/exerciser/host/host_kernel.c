/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Linux in place of FreeBSD's kernel, for tests of the runner: as many of
 * FreeBSD's system calls as that makes, for a user who is not root.  Time runs
 * fast, so that the watchdog barks soon.
 */
#include <sys/param.h>
#include <sys/mman.h>
#include <sys/time.h>
#include "../live/live.h"

/* How much faster than real time ex_now() runs. */
#define	HASTE		20

/* Linux's numbers. */
#define	LINUX_WRITE	1
#define	LINUX_CLOSE	3
#define	LINUX_MMAP	9
#define	LINUX_MUNMAP	11
#define	LINUX_DUP2	33
#define	LINUX_NANOSLEEP	35
#define	LINUX_GETPID	39
#define	LINUX_FORK	57
#define	LINUX_EXIT	231
#define	LINUX_WAIT4	61
#define	LINUX_KILL	62
#define	LINUX_FTRUNCATE	77
#define	LINUX_SETPGID	109
#define	LINUX_PRCTL	157
#define	LINUX_GETTID	186
#define	LINUX_CLOCK	228
#define	LINUX_MEMFD	319
#define	LINUX_ANON	0x20		/* MAP_ANON */
#define	LINUX_MONOTONIC	1
#define	LINUX_SUBREAPER	36		/* PR_SET_CHILD_SUBREAPER */

#define	NOBODY		65534

static long
linux(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall" : "=a" (result) : "a" (number), "D" (a),
	    "S" (b), "d" (c), "r" (r10), "r" (r8), "r" (r9) :
	    "rcx", "r11", "memory");
	return (result);
}

static long
map(long at, long size, long prot, long flags, long fd)
{
	long others;

	others = flags & (MAP_SHARED | MAP_PRIVATE | MAP_FIXED);
	if ((flags & MAP_ANON) != 0)
		others |= LINUX_ANON;
	return (linux(LINUX_MMAP, at, size, prot, others, fd, 0));
}

static long
hasty_clock(struct timespec *ts)
{
	long ms;

	(void)linux(LINUX_CLOCK, LINUX_MONOTONIC, (long)ts, 0, 0, 0, 0);
	ms = (ts->tv_sec * 1000 + ts->tv_nsec / 1000000) * HASTE;
	ts->tv_sec = ms / 1000;
	ts->tv_nsec = ms % 1000 * 1000000;
	return (0);
}

long
live_syscall(long number, long a, long b, long c, long d, long e,
    long f __unused)
{

	switch (number) {
	case SYS_write:
		return (linux(LINUX_WRITE, a, b, c, 0, 0, 0));
	case SYS_close:
		return (linux(LINUX_CLOSE, a, 0, 0, 0, 0, 0));
	case SYS_dup2:
		return (linux(LINUX_DUP2, a, b, 0, 0, 0, 0));
	case SYS_mmap:
		return (map(a, b, c, d, e));
	case SYS_munmap:
		return (linux(LINUX_MUNMAP, a, b, 0, 0, 0, 0));
	case SYS_shm_open2:
		return (linux(LINUX_MEMFD, (long)"tests", 0, 0, 0, 0, 0));
	case SYS_ftruncate:
		return (linux(LINUX_FTRUNCATE, a, b, 0, 0, 0, 0));
	case SYS_fork:
		return (linux(LINUX_FORK, 0, 0, 0, 0, 0, 0));
	case SYS_exit:
		return (linux(LINUX_EXIT, a, 0, 0, 0, 0, 0));
	case SYS_wait4:
		return (linux(LINUX_WAIT4, a, b, c, d, 0, 0));
	case SYS_kill:
		return (linux(LINUX_KILL, a, b, 0, 0, 0, 0));
	case SYS_getpid:
		return (linux(LINUX_GETPID, 0, 0, 0, 0, 0, 0));
	case SYS_setpgid:
		return (linux(LINUX_SETPGID, a, b, 0, 0, 0, 0));
	case SYS_nanosleep:
		return (linux(LINUX_NANOSLEEP, a, b, 0, 0, 0, 0));
	case SYS_clock_gettime:
		return (hasty_clock((struct timespec *)b));
	case SYS_procctl:
		return (linux(LINUX_PRCTL, LINUX_SUBREAPER, 1, 0, 0, 0, 0));
	case SYS_thr_self:
		*(long *)a = linux(LINUX_GETTID, 0, 0, 0, 0, 0, 0);
		return (0);
	case SYS_getuid:
		return (NOBODY);
	case SYS___sysctl:
	case SYS___sysctlbyname:
		return (-ENOENT);
	default:
		return (-ENOSYS);
	}
}

long
live_vfork(void *stack __unused, ex_body *body __unused, void *arg __unused)
{

	return (-ENOSYS);
}

/* Linux enters with argc, argv, environment and auxv at (%rsp). */
__asm__(
    ".text\n"
    ".globl _start\n"
    "_start:\n"
    "	xorl %ebp, %ebp\n"
    "	movq %rsp, %rdi\n"
    "	andq $-16, %rsp\n"
    "	call live_start\n"
    "	hlt\n");
