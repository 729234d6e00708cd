/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * What a scenario may ask of the simulated kernel's services, and change in
 * them: memory, ids, domains, probes.
 *
 * The services themselves are the kernel's own functions, under their own
 * names: uma_zalloc(), malloc(), crget(), crhold(), crfree(), lim_alloc(),
 * lim_hold(), cpuset_ref(), EVENTHANDLER_REGISTER(), printf() and so on.
 *
 * Names for sim_set(), in addition to those that sim.h lists:
 *	"stacks"	kernel stacks that can be allocated after boot until
 *			one allocation fails
 *	"suser_enabled"	0: real uid 0 has no privileges
 *	"policy"	a security policy vetoes (-1) or grants (1) privileges
 *	"pmc_samplers"	hwpmc's system-wide samplers (pmc_ss_count)
 */
#ifndef SIM_SERVICES_H
#define	SIM_SERVICES_H

#include "sim.h"

/* ---- Memory ------------------------------------------------------------ */

/* A UMA zone, as its creator asked for it, and what it holds now. */
struct sim_zone {
	size_t	size;
	size_t	align_mask;
	u_int	flags;
	bool	has_ctor, has_dtor, has_init, has_fini;
	size_t	items;			/* live or free */
	size_t	live;
};
/* The zone of this name; false if there is none. */
bool	sim_zone(const char *name, struct sim_zone *answer);
/* Blocks of malloc(9) that are held, by short description of their type. */
u_long	sim_blocks(const char *type);
/* Bytes of the nth oldest of them, 0 if there are fewer. */
u_long	sim_block_size(const char *type, u_long n);
/* Did malloc_init() register the type? */
bool	sim_type_registered(const char *type);
/* After `after` more kernel stacks the next n allocations fail. */
void	sim_fail_stacks(u_int after, u_int n);
u_long	sim_stacks_in_use(void);
/* Lets free items of the zone change from now on: no check of their bytes. */
void	sim_zone_unguard(const char *name);
/* Calls the zone's fini on an item, which UMA never does with NOFREE. */
void	sim_zone_fini(const char *name, void *item);

/* ---- Threads ----------------------------------------------------------- */

/* Where kern.<name> lives, a variable of the object under test. */
int	*sim_sysctl_int(const char *name);
/* The bitmap of ids. */
bool	sim_tid_used(lwpid_t tid);
u_long	sim_tids_used(void);
/*
 * Marks an id in the bitmap behind the object's back, which may go on by what
 * it knows besides: say nothing of other ids afterwards.
 */
void	sim_tid_mark(lwpid_t tid, bool used);
/*
 * Compares ids, users and references, stacks and blocks with the threads and
 * processes that exist.  Nothing may move; the harness does it when a scenario
 * ends.
 */
void	sim_check_leaks(void);
/*
 * Compares the object's number of threads with those that exist.  It is not
 * visible, so a few calls of thread_alloc() find it out; dead threads are
 * reaped.  Call it as root.
 */
void	sim_check_thread_count(void);

/*
 * The first lock, or other thing, that reports call by this name, or NULL:
 * "TID lock".
 */
void	*sim_named(const char *name);

/* ---- CPUs, domains, probes, privileges --------------------------------- */

/* Puts a CPU into a memory domain. */
void	sim_cpu_domain(int cpu, int domain);
/* vm_cnt.v_swtch. */
u_long	sim_switches(void);
/* Turns a probe on with this id, or off with id 0; counts what it saw. */
void	sim_sdt_enable(struct sdt_probe *probe, u_int id);
u_long	sim_sdt_count(void);
/*
 * Changes "suser_enabled", "policy" or "pmc_samplers" after boot.
 */
void	sim_change(const char *name, long value);

#endif /* !SIM_SERVICES_H */
