/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
/*
 * The catalogue of the scenarios: what SCENARIO() put into the linker set.
 */
#include "sim.h"

extern const struct sim_scenario __start_sim_scenarios[];
extern const struct sim_scenario __stop_sim_scenarios[];

const struct sim_scenario *
sim_catalogue(u_long *n)
{

	*n = __stop_sim_scenarios - __start_sim_scenarios;
	return (__start_sim_scenarios);
}
