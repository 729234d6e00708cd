/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * The simulated kernel as a backend of the exerciser: what the files of this
 * folder share.
 *
 * A test runs in a simulated process that the controller starts; what it calls
 * is done by the u_*() functions of sim.h, or by a handler here that u_syscall()
 * runs in kernel mode.
 */
#ifndef SIM_BACKEND_H
#define	SIM_BACKEND_H

#include "sim.h"
#include "sim_services.h"
#include "ex.h"

/* What this backend can do. */
#define	SIM_CAPS	(EX_CAP_FORK | EX_CAP_EXEC | EX_CAP_RFORK_SELF |	\
    EX_CAP_VFORK | EX_CAP_PTRACE | EX_CAP_PTRACE_LIST | EX_CAP_REAPER |	\
    EX_CAP_SUPERUSER | EX_CAP_LIMIT | EX_CAP_THREAD_LIMIT |		\
    EX_CAP_COUNT | EX_CAP_ALL_SIGNALS | EX_CAP_CRASH)

/* In kernel mode: the process with this id, locked, or NULL. */
struct proc *sim_lock_proc(int pid);

#endif /* !SIM_BACKEND_H */
