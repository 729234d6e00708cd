/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/* ptrace(2) and the reaper of procctl(2). */
#include <sys/param.h>
#include <sys/procctl.h>
#include <sys/ptrace.h>
#include "live.h"

/* "Where it stopped", in place of an address to go on at. */
#define	AS_IT_IS	((caddr_t)1)

static long
trace(int request, int id, const void *addr, int data)
{

	return (CALL(ptrace, request, id, addr, data));
}

int
ex_ptrace_attach(int pid)
{

	return (live_errno(trace(PT_ATTACH, pid, NULL, 0)));
}

int
ex_ptrace_cont(int pid, int sig)
{

	return (live_errno(trace(PT_CONTINUE, pid, AS_IT_IS, sig)));
}

int
ex_ptrace_detach(int pid)
{

	return (live_errno(trace(PT_DETACH, pid, AS_IT_IS, 0)));
}

int
ex_ptrace_kill(int pid)
{

	return (live_errno(trace(PT_KILL, pid, NULL, 0)));
}

int
ex_ptrace_suspend(int pid __unused, int tid)
{

	return (live_errno(trace(PT_SUSPEND, tid, NULL, 0)));
}

int
ex_ptrace_resume(int pid __unused, int tid)
{

	return (live_errno(trace(PT_RESUME, tid, NULL, 0)));
}

int
ex_ptrace_step(int pid, int sig)
{

	return (live_errno(trace(PT_STEP, pid, AS_IT_IS, sig)));
}

int
ex_ptrace_lwp_events(int pid, bool on)
{

	return (live_errno(trace(PT_LWP_EVENTS, pid, NULL, on)));
}

int
ex_ptrace_lwps(int pid, int *tids, int max)
{
	long n, error;

	n = trace(PT_GETNUMLWPS, pid, NULL, 0);
	if (n < 0)
		return (n);
	error = trace(PT_GETLWPLIST, pid, tids, max);
	return (error < 0 ? error : n);
}

int
ex_ptrace_lwpinfo(int pid, struct ex_lwpinfo *info)
{
	struct ptrace_lwpinfo pl;
	int error;

	error = live_errno(trace(PT_LWPINFO, pid, &pl, sizeof(pl)));
	if (error == 0) {
		info->tid = pl.pl_lwpid;
		info->born = (pl.pl_flags & PL_FLAG_BORN) != 0;
		info->exited = (pl.pl_flags & PL_FLAG_EXITED) != 0;
	}
	return (error);
}

int
ex_reap_acquire(void)
{

	return (live_errno(CALL(procctl, P_PID, (long)ex_getpid(),
	    PROC_REAP_ACQUIRE, NULL)));
}

int
ex_reap_kill(int sig, int subtree, u_int *killed)
{
	struct procctl_reaper_kill how = {
		.rk_sig = sig,
		.rk_flags = subtree == 0 ? 0 : REAPER_KILL_SUBTREE,
		.rk_subtree = subtree,
	};
	int error;

	error = live_errno(CALL(procctl, P_PID, (long)ex_getpid(),
	    PROC_REAP_KILL, &how));
	*killed = how.rk_killed;
	return (error);
}
