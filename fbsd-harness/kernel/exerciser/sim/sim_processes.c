/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * Processes of a test: how they start, change and end, signals, credentials
 * and limits.
 */
#include "sim_backend.h"

/* ---- Start and end ------------------------------------------------------- */

int
ex_spawn(ex_body *body, void *arg)
{

	return (u_fork(body, arg));
}

int
ex_vfork(ex_body *body, void *arg)
{

	return (u_vfork(body, arg));
}

int
ex_rfork_self(int flags)
{

	return (-u_rfork(flags & ~RFPROC, NULL, NULL));
}

int
ex_exec(ex_body *body, void *arg)
{

	return (u_execve(true, body, arg));
}

int
ex_exec_fails(void)
{

	return (u_execve(false, NULL, NULL));
}

void
ex_exit(int code)
{

	u_exit(code);
}

void
ex_crash(void)
{

	u_crash();
}

int
ex_getpid(void)
{

	return (u_getpid());
}

static int
getppid(void *arg)
{
	int *pid = arg;

	PROC_LOCK(curproc);
	*pid = curproc->p_pptr->p_pid;
	PROC_UNLOCK(curproc);
	return (0);
}

int
ex_getppid(void)
{
	int pid;

	(void)u_syscall(getppid, &pid);
	return (pid);
}

int
ex_wait(int pid, int *status, int options)
{

	return (u_wait4(pid, status, options));
}

/* ---- Signals ------------------------------------------------------------- */

int
ex_kill(int pid, int sig)
{

	return (u_kill(pid, sig));
}

int
ex_sigcatch(int sig, bool restart)
{

	return (u_sigcatch(sig, restart));
}

u_int
ex_caught(int sig)
{

	return (sim_caught(curproc, sig));
}

int
ex_sigignore(int sig)
{

	return (u_sigignore(sig));
}

int
ex_sigblock(int sig)
{

	return (u_sigblock(sig));
}

int
ex_sigunblock(int sig)
{

	return (u_sigunblock(sig));
}

int
ex_sigsuspend(void)
{

	return (u_sigsuspend());
}

/* ---- Credentials and limits ---------------------------------------------- */

static int
getuid(void *arg)
{

	*(uid_t *)arg = curthread->td_ucred->cr_uid;
	return (0);
}

uid_t
ex_getuid(void)
{
	uid_t uid;

	(void)u_syscall(getuid, &uid);
	return (uid);
}

int
ex_setuid(uid_t uid)
{
	uid_t mine;

	mine = ex_getuid();
	if (mine != 0 && mine != uid)
		return (EPERM);
	return (u_setuid(uid));
}

int
ex_setrlimit(int cur)
{

	return (u_setrlimit(cur));
}

static int
fd_limit(void *arg)
{

	*(rlim_t *)arg = curthread->td_limit->pl_rlimit[RLIMIT_NOFILE].rlim_cur;
	return (0);
}

bool
ex_fd_allowed(int fd)
{
	rlim_t limit;

	(void)u_syscall(fd_limit, &limit);
	return (fd < limit);
}
