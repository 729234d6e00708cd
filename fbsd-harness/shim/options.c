/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * With which options the object under test was built.  Compiled with the
 * kernel's headers and those options, as the scenarios are.
 */
#include <sys/param.h>
#include <sys/lock.h>

extern const int sim_lock_debug, sim_invariants, sim_smp, sim_c_algorithms;

/* Do lock calls carry file and line? */
const int sim_lock_debug = LOCK_DEBUG;

/* Are assertions compiled in? */
#ifdef INVARIANTS
const int sim_invariants = 1;
#else
const int sim_invariants = 0;
#endif

/* Is it for several CPUs?  Without SMP spin mutexes are not atomic. */
#ifdef SMP
const int sim_smp = 1;
#else
const int sim_smp = 0;
#endif

/* Are the algorithms the C file's own, or has the object others? */
#ifdef C_ALGORITHMS
const int sim_c_algorithms = 1;
#else
const int sim_c_algorithms = 0;
#endif
